/* family.h - an encoder family is data: how its config.json spells things, and one table of the tensors
 * that its checkpoints hold. config.c, params.c and weights_*.c read these facts and name no family.
 *
 * Adding a family: a file family_<name>.c with its table, and its name in the list GR_FAMILIES of config.h (docs/adding-an-encoder.md). */
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

typedef enum gr_config_real { GR_REAL_LN_EPS, GR_REAL_INIT_RANGE, GR_REAL_COUNT } gr_config_real;

/* A real value: under `key`, else (absent or null) under `or_key`, else the fallback. Keys may be NULL: the file has none such. */
typedef struct gr_config_real_key {
    const char *key, *or_key;
    double      fallback;
} gr_config_real_key;

/* No dropout at this place, whatever the file says. */
#define GR_NO_DROPOUT { NULL, NULL, -1.0 }

/* An activation: under `key` (NULL: no such key), else the fallback, in config.json's spelling. */
typedef struct gr_config_act_key { const char *key, *fallback; } gr_config_act_key;

/* ---- tensors ---- */

/* What one side of a shape is. A row with a side of 0 is absent (no segments: type_vocab 0). */
typedef enum gr_dim {
    GR_DIM_NONE, GR_DIM_VOCAB, GR_DIM_POSITIONS, GR_DIM_TYPES, GR_DIM_EMBED, GR_DIM_HIDDEN, GR_DIM_QKV, GR_DIM_INTER, GR_DIM_GATED, GR_DIM_HEADS,
    GR_DIM_REL, GR_DIM_OUT
} gr_dim;

enum { /* head kinds that a row belongs to, and how it stands in the slab */
    GR_ROW_CLASS = 1 << GR_HEAD_CLASS,
    GR_ROW_REGRESSION = 1 << GR_HEAD_REGRESSION,
    GR_ROW_TOKEN = 1 << GR_HEAD_TOKEN,
    GR_ROW_EMBED = 1 << GR_HEAD_EMBED,
    GR_ROW_MLM = 1 << GR_HEAD_MLM,
    GR_ROW_SEQUENCE = GR_ROW_CLASS | GR_ROW_REGRESSION,
    GR_ROW_LABELS = GR_ROW_SEQUENCE | GR_ROW_TOKEN,
    GR_ROW_ALL = GR_ROW_LABELS | GR_ROW_EMBED | GR_ROW_MLM,
    GR_ROW_JOINED = 1 << 8, /* lies right behind the row before, without alignment */
    GR_ROW_DECAY = 1 << 9,
    GR_ROW_BELOW = 1 << 10, /* a norm before a layer, which is the norm behind the layer below: absent in layer 0 */
    GR_ROW_TOP = 1 << 11,   /* of no layer, though its index stands with the last layer's */
    GR_ROW_SHARED = 1 << 12 /* of no layer, though all of them read it */
};

typedef struct gr_param_row {
    const char   *name;   /* without the model's prefix; '*' stands for the layer's number      */
    gr_dim        rows, cols;
    gr_param_part part;
    gr_init       init;
    unsigned      flags;  /* GR_ROW_*                                                            */
    size_t        slot;   /* offsetof the index in gr_layer_index (layer rows) or in gr_params   */
    unsigned      needs;  /* GR_HAS_*: there only when the model has all of them                 */
} gr_param_row;

typedef struct gr_family_facts {
    const char         *model_type;    /* in config.json: "bert"                                 */
    const char         *class_prefix;  /* of the classes of transformers: "Bert"                 */
    const char         *tensor_prefix; /* "bert."; heads and bare encoders have none             */
    const char         *sizes[GR_SIZE_COUNT];
    const char         *embed_key;     /* width of the embedding tables; NULL: the encoder's     */
    int32_t             embed_fallback; /* when the key is absent; 0: the encoder's              */
    gr_config_real_key  reals[GR_REAL_COUNT];
    gr_config_real_key  drops[GR_DROP_COUNT];
    const char         *type_vocab_key;      /* NULL: no segments                                */
    int32_t             type_vocab_fallback;
    int32_t             pad_fallback;
    bool                positions_after_pad; /* positions count what is not padding, from pad_id + 1; a pad has position pad_id */
    gr_config_act_key   act, head_act, mlm_act;
    unsigned            has;                 /* GR_HAS_* of every configuration                  */
    /* What else config.json says of this family; has set the fields it knows before. NULL: nothing. */
    gr_status         (*read)(gr_config *c, const gr_json *root, gr_err *err);
    bool                words_after_blank;   /* taggers read each word with a blank before it: run_ner's add_prefix_space */
    const char *const  *other_heads;         /* beginnings of the names of heads that are left aside; ends with NULL */
    const gr_param_row *rows;                /* slab order; the rows of a layer stand together   */
    size_t              n_rows;
} gr_family_facts;

/* Bounds for numbers of a config.json: read one that may be absent or null. Other values are GR_E_FORMAT with the key's name. */
gr_status gr_config_int(int32_t *out, const gr_json *root, const char *key, int32_t fallback, int32_t lo, int32_t hi, gr_err *err) GR_MUST_USE;
gr_status gr_config_num(double *out, const gr_json *root, const char *key, double fallback, double lo, double hi, gr_err *err) GR_MUST_USE;
gr_status gr_config_flag(bool *out, const gr_json *root, const char *key, bool fallback, gr_err *err) GR_MUST_USE;

/* Facts of a family; by model_type (NULL when unknown). */
const gr_family_facts *gr_family_at(gr_family f);
const gr_family_facts *gr_family_find(gr_family *out, const char *model_type);

#define GR_FAMILY_FACTS(value, facts) extern const gr_family_facts gr_family_##facts;
GR_FAMILIES(GR_FAMILY_FACTS)
#undef GR_FAMILY_FACTS

#ifdef __cplusplus
}
#endif
#endif
