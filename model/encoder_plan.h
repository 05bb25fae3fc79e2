/* encoder_plan.h - the memory layout of a session's activations, made once when the session opens.
 *
 * The same code computes the layout twice: with base NULL it counts bytes, with the real base it hands out
 * addresses. All sizes are capacities (tokens, rows); a batch uses the front of each buffer.
 *
 * The places of the network that can be trained are numbered as stages, in forward order. So "the lowest trained
 * tensor" is one integer, and backward asks whether anything below a stage is trained with one comparison.
 *
 * Letters in shapes: T tokens, B sequences, H hidden width, E width of the embedding tables, F feed-forward width,
 * R rows of relative positions, D width of the head's dense layer. */
#ifndef GR_MODEL_ENCODER_PLAN_H
#define GR_MODEL_ENCODER_PLAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/backend/backend.h"
#include "model/config.h"
#include "model/head_spec.h"
#include "model/params.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Stages of one layer, in forward order. */
typedef enum gr_stage { GR_STAGE_QKV, GR_STAGE_ATTN_OUT, GR_STAGE_ATTN_NORM, GR_STAGE_UP, GR_STAGE_DOWN, GR_STAGE_OUT_NORM, GR_STAGE_COUNT } gr_stage;

/* Stages of the whole network, in order: embedding tables, embedding norm, projection of the embeddings, the layers, the
 * head's dense layer, the head's last layer, and one past the end for "nothing". Tensors that all layers share (relative
 * positions) count as part of layer 0. */
enum { GR_STAGE_TABLES = 0, GR_STAGE_EMBED_NORM = 1, GR_STAGE_PROJECT = 2, GR_STAGE_LAYERS = 3 };
static inline int32_t gr_stage_layer(int32_t layer, gr_stage s) { return GR_STAGE_LAYERS + GR_STAGE_COUNT * layer + (int32_t)s; }
static inline int32_t gr_stage_dense(const gr_config *c) { return gr_stage_layer(c->layers, GR_STAGE_QKV); }
static inline int32_t gr_stage_head(const gr_config *c) { return gr_stage_dense(c) + 1; }
static inline int32_t gr_stage_none(const gr_config *c) { return gr_stage_dense(c) + 2; }

/* The buffers of one layer. Q is the number of rows that the layer computes: T, or B in a short layer. G is F, or 2F with
 * a gate.
 *
 * In a layer that backward passes through, whatever backward reads has memory of its own, with two exceptions. A sum takes
 * the place of the matrix that it was made from (attn_sum is attn_out, out_sum is down). And what one pass over the rows
 * makes again is not kept:
 *
 *   mid, out   NULL: they go through plan.hidden; backward makes them again, as LayerNorm of the sum
 *   up         scratch where there is pre; backward makes it again, as the activation (or gate) of pre
 *
 * In a layer that keeps nothing (inference, or everything below it frozen: plan.scratch), lse and the stats are NULL. So are
 * the sums, except with pre-norm, where both are the running stream. There pre is NULL unless the layer has a gate.
 *
 * q, k and v are columns of one matrix (T,3H). v has no field: in each row it follows k, H elements on. In a short layer q is
 * a matrix of its own; k and v are one of (T,2H), or u, t and sums take their place (gr_plan_absorbs). */
typedef struct gr_layer_acts {
    void *firsts;                                   /* (B,H) the first tokens' rows of the input; short layer only */
    void *q, *k;                                    /* (Q,H), (T,H)            */
    void *u, *t, *sums;                             /* (B heads,H) twice, (B,heads): see gr_firsts_args */
    void *rel_q, *rel_k;                            /* (R,H) each: projected relative positions (DeBERTa) */
    void *ctx, *lse;                                /* (Q,H), (Q,heads)        */
    void *attn_out, *attn_sum, *attn_stats, *mid;   /* (Q,H) (Q,H) (Q,2) (Q,H) */
    void *pre, *up;                                 /* (Q,G), (Q,F)            */
    void *down, *out_sum, *out_stats, *out;         /* (Q,H) (Q,H) (Q,2) (Q,H) */
} gr_layer_acts;

typedef struct gr_plan_opts {
    int32_t tokens, rows; /* capacity */
    int32_t rel_rows;     /* most rows of relative positions that a batch can reach; 0: none (DeBERTa alone) */
    size_t  elem;
    bool    train, recompute, tap;
} gr_plan_opts;

typedef struct gr_plan {
    gr_plan_opts o;
    int32_t      lowest;      /* stage of the lowest trained tensor; gr_stage_none when nothing is trained */
    int32_t      short_layer; /* the layer that is computed for first tokens alone: the last one, or -1: none */
    bool         absorbs;     /* the short layer makes no keys and values (gr_plan_absorbs) */
    size_t       bytes;       /* of the slab */

    /* the encoder */
    void *hidden;      /* (T,H) the running hidden state; in backward, the state that was made again last */
    void *stream;      /* (T,H) pre-norm: the running stream of layers that keep nothing, which the lowest layer that keeps its sums adds to */
    void *embed_sum, *embed_stats; /* (T,E), (T,2); NULL unless the embeddings are trained */
    void *embed_out;   /* (T,E) input of the projection; NULL: no projection */
    void *base;        /* (T,H) input of the lowest layer that backward passes through, and the running state below it; NULL: there is none */
    void *rel;         /* (R,H) relative positions after their norm (DeBERTa, as the next two) */
    void *rel_stats;   /* (R,2) of that norm */
    void *rel_dropped; /* (R,H) rel after a layer's dropout */
    gr_layer_acts  scratch, short_scratch; /* of a layer that keeps nothing */
    gr_layer_acts *layer;     /* [layers] of those that keep something; recomputed layers share all but out_sum and its stats. Host memory of the plan */

    /* the head; Q is T for heads per token, else B */
    void *rows_in;     /* (B,H) gathered or mean-pooled rows; the output of a short layer */
    void *rows_dropped; /* (B,H) those after dropout */
    void *dense_pre, *dense; /* (Q,D) the dense layer before and after its activation */
    void *dense_stats, *dense_norm; /* (Q,2), (Q,D) its norm */
    void *pooled;      /* input of the last linear layer before dropout: one of the above; NULL: the hidden state */
    void *dropped;     /* (Q,D) that after dropout */
    void *logits, *dlogits; /* (Q,outputs); embed: unit vectors (B,H) */
    void *norms;       /* (B) embed: lengths before they were made 1 */

    /* backward */
    void *grad;        /* (T,H) gradient of the hidden state; pre-norm: of the stream */
    void *grad_a, *grad_b; /* scratch, (T,H) or the head's (Q,D); grad_b is also the gradient of a short layer's stream, (B,H) */
    void *grad_wide;   /* scratch, (T,max(3H,G)) */
    void *grad_branch; /* (T,H) pre-norm: gradient of a branch's input */
    void *embed_grad;  /* (T,E) */
    void *rel_grad, *rel_dq, *rel_dk, *rel_dx; /* (R,H) each */

    void *tap;         /* (layers + 1) x (T,H) copies of the hidden states, when o.tap */
} gr_plan;

/* The lowest stage with a tensor that is trained (trainable and used). */
int32_t gr_plan_lowest(const gr_params *t, const gr_config *c);

/* Is anything trained below stage `s` of the layer? Only then must backward go on beyond that stage. */
static inline bool gr_plan_below(const gr_plan *p, int32_t layer, gr_stage s) { return p->lowest < gr_stage_layer(layer, s); }

/* Does backward pass through this layer? Then its forward keeps what backward reads. */
static inline bool gr_plan_keeps(const gr_plan *p, int32_t layer) { return gr_plan_below(p, layer + 1, GR_STAGE_QKV); }

/* Is this layer computed for the first token of each sequence alone? */
static inline bool gr_plan_short(const gr_plan *p, int32_t layer) { return layer == p->short_layer; }

/* Is it a short layer without keys and values, whose projections the query and the context absorb (docs/engine.md)? A short
 * layer that is not makes keys and values of all tokens. */
static inline bool gr_plan_absorbs(const gr_plan *p, int32_t layer) { return p->absorbs && gr_plan_short(p, layer); }

/* Count (base NULL) or place. `plan` is zeroed by the caller before the first call and freed with
 * gr_plan_free. GR_E_NOMEM, also when the sizes do not fit. */
gr_status gr_plan_build(gr_plan *plan, const gr_plan_opts *o, const gr_params *t, const gr_config *c, gr_head_spec head,
                        void *base, gr_err *err) GR_MUST_USE;
void      gr_plan_free(gr_plan *plan);

/* The trained segments of the slab. Neighbours of equal decay are merged, across the padding between them, which is zero in
 * every slab and stays so. The word table is a segment of its own, a table of rows. Tensors that are frozen or unused are
 * in no segment. *out is malloc'd. GR_E_NOMEM. */
gr_status gr_plan_segments(gr_segment **out, size_t *n, const gr_params *t, gr_err *err) GR_MUST_USE;

/* Width of the last linear layer's input. */
static inline int32_t gr_plan_dense_cols(const gr_params *t, const gr_config *c) { return t->dense_w >= 0 ? t->p[t->dense_w].rows : c->hidden; }

/* Shape of the logits of a batch: rows, and columns. */
static inline int32_t gr_plan_out_rows(gr_head_spec h, int32_t tokens, int32_t rows) { return gr_head_per_token(h.kind) ? tokens : rows; }
static inline int32_t gr_plan_out_cols(gr_head_spec h, const gr_config *c) { return h.kind == GR_HEAD_EMBED ? c->hidden : h.n_out; }

#ifdef __cplusplus
}
#endif
#endif
