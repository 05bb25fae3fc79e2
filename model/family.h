/* family.h - an encoder family is data: how its config.json spells things, and one table of the tensors
 * that its checkpoints hold. config.c, params.c and weights_*.c read these facts and name no family.
 *
 * Adding a family: a file family_<name>.c with its table, a value of gr_family, a line in families.c. */
#ifndef GR_MODEL_FAMILY_H
#define GR_MODEL_FAMILY_H
#include <stdbool.h>
#include <stddef.h>

#include "model/config.h"
#include "model/params.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- config.json ---- */

/* Sizes the engine must know, in every family; the spelling differs ("hidden_size", "dim", "n_layers"). */
typedef enum gr_config_size {
    GR_SIZE_VOCAB, GR_SIZE_HIDDEN, GR_SIZE_LAYERS, GR_SIZE_HEADS, GR_SIZE_INTER, GR_SIZE_POSITIONS,
    GR_SIZE_COUNT
} gr_config_size;

/* Real values with a default. */
typedef enum gr_config_real {
    GR_REAL_LN_EPS, GR_REAL_INIT_RANGE, GR_REAL_HIDDEN_DROPOUT, GR_REAL_ATTN_DROPOUT, GR_REAL_CLASSIFIER_DROPOUT,
    GR_REAL_COUNT
} gr_config_real;

typedef struct gr_config_real_key {
    const char *key;     /* NULL: the family has no such key and the default is fixed    */
    double      fallback; /* negative, for the classifier's dropout: the hidden dropout  */
} gr_config_real_key;

/* ---- tensors ---- */

/* What one side of a shape is. A row with a side of 0 is absent (no segments: type_vocab 0). */
typedef enum gr_dim { GR_DIM_NONE, GR_DIM_VOCAB, GR_DIM_POSITIONS, GR_DIM_TYPES, GR_DIM_HIDDEN, GR_DIM_INTER, GR_DIM_OUT } gr_dim;

enum { /* head kinds that a row belongs to, and how it stands in the slab */
    GR_ROW_CLASS = 1 << GR_HEAD_CLASS,
    GR_ROW_REGRESSION = 1 << GR_HEAD_REGRESSION,
    GR_ROW_TOKEN = 1 << GR_HEAD_TOKEN,
    GR_ROW_EMBED = 1 << GR_HEAD_EMBED,
    GR_ROW_SEQUENCE = GR_ROW_CLASS | GR_ROW_REGRESSION,
    GR_ROW_ALL = GR_ROW_SEQUENCE | GR_ROW_TOKEN | GR_ROW_EMBED,
    GR_ROW_JOINED = 1 << 8, /* lies right behind the row before, without alignment */
    GR_ROW_DECAY = 1 << 9
};

typedef struct gr_param_row {
    const char   *name;   /* without the model's prefix; '*' stands for the layer's number      */
    gr_dim        rows, cols;
    gr_param_part part;
    gr_init       init;
    unsigned      flags;  /* GR_ROW_*                                                            */
    size_t        slot;   /* offsetof the index in gr_layer_index (layer rows) or in gr_params   */
} gr_param_row;

/* Classes of transformers by head, in the order of gr_head_kind: "BertForSequenceClassification". */
typedef struct gr_family_facts {
    const char         *model_type;    /* in config.json: "bert"                                 */
    const char         *class_prefix;  /* "Bert"                                                 */
    const char         *tensor_prefix; /* "bert."; heads and bare encoders have none             */
    const char         *sizes[GR_SIZE_COUNT];
    gr_config_real_key  reals[GR_REAL_COUNT];
    const char         *type_vocab_key;      /* NULL: no segments                                */
    int32_t             type_vocab_fallback;
    int32_t             pad_fallback;
    bool                positions_after_pad; /* the first position is pad_id + 1                 */
    const char         *act_key, *act_fallback;
    const gr_param_row *rows;                /* slab order; the rows of a layer stand together   */
    size_t              n_rows;
} gr_family_facts;

/* Facts of a family; by model_type (NULL when unknown). */
const gr_family_facts *gr_family_at(gr_family f);
const gr_family_facts *gr_family_find(gr_family *out, const char *model_type);

extern const gr_family_facts gr_family_bert;

#ifdef __cplusplus
}
#endif
#endif
