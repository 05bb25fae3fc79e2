/* params.h - the one table of parameters: the loader, the optimiser, the saver, --freeze and the
 * tests all read it. Tensors lie in one slab; offsets and counts are in elements.
 *
 * Slab order is layer order. query/key/value weights of a layer lie end to end, and so do their
 * biases, so that the encoder sees one (3H, H) matrix and one (3H) vector. */
#ifndef GR_MODEL_PARAMS_H
#define GR_MODEL_PARAMS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/config.h"
#include "model/head_spec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a tensor that no file gives is filled. NORMAL: normal, standard deviation config.init_range. The CUT ones are ModernBERT's
 * (transformers, modeling_modernbert.py, _init_weights): normal, cut off at init_cut deviations, with a deviation of init_range (CUT),
 * init_range / sqrt(2 layers) (CUT_OUT), and 1 / sqrt(hidden) (CUT_LAST). */
typedef enum gr_init { GR_INIT_NORMAL, GR_INIT_ZERO, GR_INIT_ONE, GR_INIT_CUT, GR_INIT_CUT_OUT, GR_INIT_CUT_LAST } gr_init;

typedef enum gr_param_part { GR_PART_EMBEDDINGS, GR_PART_LAYER, GR_PART_POOLER, GR_PART_HEAD } gr_param_part;

typedef struct gr_param {
    char          name[112]; /* in the checkpoint, with the model's prefix: "bert.encoder.layer.0...." */
    int32_t       rows, cols; /* cols 0: a vector of `rows`                                         */
    size_t        offset, count;
    gr_param_part part;
    int32_t       layer;     /* the number in its name, for GR_PART_LAYER, else -1                  */
    int32_t       home;      /* the lowest layer that uses it; -1: it is no layer's own             */
    bool          decay;     /* no decay for LayerNorm and any name that contains "bias"            */
    bool          trainable; /* cleared by gr_params_freeze                                         */
    bool          used;      /* false: kept for saving, read by no pass (pooler of an embedding model) */
    gr_init       init;
} gr_param;

/* Where the encoder finds a layer's tensors: indices into gr_params.p, -1 for those that the family does not have. Where one tensor
 * holds query, key and value, q_w is its index and k_w and v_w are -1; in the slab that looks the same. Layers may share tensors. */
typedef struct gr_layer_index {
    int32_t q_w, k_w, v_w, q_b, k_b, v_b, attn_out_w, attn_out_b, attn_ln_w, attn_ln_b;
    int32_t up_w, up_b, down_w, down_b, out_ln_w, out_ln_b;
    int32_t rel_q_w, rel_k_w, rel_q_b, rel_k_b; /* projections of relative positions, where they are not the layer's own */
} gr_layer_index;

typedef struct gr_params {
    gr_param       *p;
    size_t          n;
    size_t          total; /* elements of the slab, padding included */
    size_t          n_weights; /* elements of all tensors, padding not counted: "params" in tables */
    int32_t         word_emb, pos_emb, type_emb, emb_ln_w, emb_ln_b, proj_w, proj_b;
    int32_t         rel, rel_ln_w, rel_ln_b;
    gr_layer_index *layer; /* [config.layers] */
    int32_t         dense_w, dense_b, dense_ln_w, dense_ln_b; /* the head's first layer: BERT's pooler, RoBERTa's classifier.dense, ... */
    int32_t         head_w, head_b;                           /* the last; of a masked language model head_w is word_emb, if it is tied */
} gr_params;

/* BERT's sequence heads have a pooler and a classifier; token heads a classifier alone (no pooler);
 * GR_HEAD_EMBED has the pooler as unused tensors and no classifier; other families as their tables say. GR_E_ARG for a number of
 * outputs that the head cannot have, GR_E_NOMEM. */
gr_status gr_params_build(gr_params *out, const gr_config *c, gr_head_spec head, gr_err *err) GR_MUST_USE;
void      gr_params_free(gr_params *t);
int32_t   gr_params_find(const gr_params *t, const char *name); /* -1 when absent */

/* Freeze by pattern: "embeddings", "encoder" (embeddings and layers), "pooler", "head", "layer.3",
 * "layer.0-8", or a name prefix ("bert.encoder.layer.0."). Comma separated. A pattern that matches
 * nothing is GR_E_ARG and lists the groups. */
gr_status gr_params_freeze(gr_params *t, const char *patterns, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
