/* config.h - what a checkpoint's config.json says, reduced to what the engine needs.
 *
 * All families share one encoder; what differs between them is data, here and in the parameter table. */
#ifndef GR_MODEL_CONFIG_H
#define GR_MODEL_CONFIG_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The one list of encoder families: the value GR_FAMILY_<FIRST>, and the facts gr_family_<second> of family_<second>.c. */
#define GR_FAMILIES(X)                                                                                                          \
    X(BERT, bert) X(DISTILBERT, distilbert) X(ROBERTA, roberta) X(XLM_ROBERTA, xlm_roberta) X(CAMEMBERT, camembert)             \
    X(MPNET, mpnet) X(ELECTRA, electra) X(ALBERT, albert) X(DEBERTA_V2, deberta_v2) X(MODERNBERT, modernbert)

#define GR_FAMILY_VALUE(value, facts) GR_FAMILY_##value,
typedef enum gr_family { GR_FAMILIES(GR_FAMILY_VALUE) GR_FAMILY_COUNT } gr_family;
#undef GR_FAMILY_VALUE

typedef enum gr_act { GR_ACT_NONE, GR_ACT_GELU, GR_ACT_GELU_TANH, GR_ACT_RELU, GR_ACT_TANH } gr_act;

/* The places where dropout can act. A negative gr_config.drop means that the family has none there, whatever --dropout says. */
typedef enum gr_drop {
    GR_DROP_EMBED,    /* on the embeddings, behind their norm           */
    GR_DROP_ATTN,     /* on attention weights                           */
    GR_DROP_ATTN_OUT, /* on what attention's output projection gives    */
    GR_DROP_FFN,      /* inside the feed-forward part, behind its gate  */
    GR_DROP_FFN_OUT,  /* on what the feed-forward part gives            */
    GR_DROP_REL,      /* on embeddings of relative positions            */
    GR_DROP_POOL,     /* on the rows that a sequence head's dense layer reads */
    GR_DROP_HEAD,     /* before the last linear layer, sequence heads   */
    GR_DROP_TOKEN,    /* the same, token heads                          */
    GR_DROP_COUNT
} gr_drop;

/* What a model has or leaves out: tensors that some configurations of a family lack, and forms of its passes. */
enum {
    GR_HAS_PROJECTION = 1 << 0,  /* a linear layer behind the embeddings: where they are narrower than the encoder, and always in ALBERT */
    GR_HAS_POSITIONS = 1 << 1,   /* learned positions                               */
    GR_HAS_ATTN_BIAS = 1 << 2,   /* biases of the attention's linear layers         */
    GR_HAS_MLP_BIAS = 1 << 3,    /* of the feed-forward part's                      */
    GR_HAS_NORM_BIAS = 1 << 4,
    GR_HAS_DENSE_BIAS = 1 << 5,  /* of the head's dense layer                       */
    GR_HAS_DECODER_BIAS = 1 << 6, /* of the masked language model's last layer      */
    GR_HAS_REL = 1 << 7,         /* embeddings of relative positions                */
    GR_HAS_REL_NORM = 1 << 8,    /* a norm on them                                  */
    GR_HAS_REL_KEYS = 1 << 9,    /* a projection of them to keys, apart from the layer's own */
    GR_HAS_REL_QUERIES = 1 << 10, /* the same to queries                            */
    GR_HAS_DECODER = 1 << 11,    /* a last layer of the masked language model that is not the word table */
    GR_HAS_FIXED_POSITIONS = 1 << 12, /* positions that are never trained           */
    GR_HAS_LEGACY_HEAD = 1 << 13, /* DeBERTa's older masked language model ...      */
    GR_HAS_NEW_HEAD = 1 << 14    /* ... and its newer one                           */
};

/* How attention sees offsets between tokens; backend.h has the formulas. */
typedef enum gr_relative { GR_RELATIVE_NONE, GR_RELATIVE_BUCKETS, GR_RELATIVE_DISENTANGLED, GR_RELATIVE_ROTARY } gr_relative;

typedef struct gr_config {
    gr_family   family;
    int32_t     vocab_size, hidden, layers, heads, inter, max_positions;
    int32_t     embed;           /* width of the embedding tables                           */
    int32_t     layer_sets;      /* sets of layer tensors: layer l uses set l / (layers / sets). As many as layers, except in ALBERT */
    int32_t     type_vocab;      /* 0: the family has no segments                           */
    int32_t     pad_id;
    int32_t     position_offset; /* position of the first token (RoBERTa: pad_id + 1)       */
    gr_act      act;             /* of the feed-forward part                                */
    gr_act      head_act;        /* of a sequence head's dense layer                        */
    gr_act      mlm_act;         /* of a masked language model's                            */
    unsigned    has;             /* GR_HAS_*                                                */
    bool        pre_norm;        /* norms stand before attention and feed-forward part      */
    bool        gated;           /* the feed-forward part has a gate                        */
    bool        pool_mean;       /* sequence heads read the mean of all tokens              */
    gr_relative relative;
    int32_t     rel_buckets;     /* BUCKETS: rows of the table. DISENTANGLED: buckets each way, 0: none */
    int32_t     rel_distance;    /* DISENTANGLED: farther offsets count as this one         */
    bool        rel_c2p, rel_p2c; /* DISENTANGLED: which terms there are (queries to positions, keys to positions) */
    double      rope_theta[2];   /* ROTARY: of global and of local layers                   */
    int32_t     window;          /* local layers: how far a token sees each way             */
    const bool *local;           /* [layers] which layers are local; NULL: none. In the arena */
    double      ln_eps, init_range, init_cut;
    double      drop[GR_DROP_COUNT];
    int32_t     n_labels;        /* 0 when the file names none                              */
    const char *const *labels;   /* id2label in id order, NULL when absent; in the arena    */
    bool        has_head;        /* architectures[0] ends in ForSequence/TokenClassification */
    const char *architecture;    /* architectures[0] or ""                                  */
    gr_json    *source;          /* the whole document, kept for saving                     */
    gr_arena    arena;
} gr_config;

/* Read DIR/config.json (or a parsed document). An unknown model_type is GR_E_UNSUPPORTED and names
 * it and what is supported; a missing or nonsensical value is GR_E_FORMAT and names the key.
 * The caller frees with gr_config_free. */
gr_status gr_config_read(gr_config *out, const char *path, gr_err *err) GR_MUST_USE;
gr_status gr_config_parse(gr_config *out, const char *json, size_t n, gr_err *err) GR_MUST_USE;
void      gr_config_free(gr_config *c);

const char *gr_act_name(gr_act a); /* as config.json spells it: "gelu", "gelu_new", "relu", "tanh" */
const char *gr_family_name(gr_family f); /* "bert" */

/* Probability of dropout there; 0 where the family has none. */
static inline double gr_config_drop(const gr_config *c, gr_drop at) { return c->drop[at] > 0.0 ? c->drop[at] : 0.0; }
/* Rows of the table of relative positions: MPNet's buckets, or DeBERTa's span in both directions. */
int32_t gr_config_rel_rows(const gr_config *c);
/* The row for an offset o = (key's position) - (query's). */
int32_t gr_config_rel_row(const gr_config *c, int32_t offset);

#ifdef __cplusplus
}
#endif
#endif
