/* encoder_plan.h - where everything lies: the activation slab of a session, laid out once.
 *
 * The plan is computed twice by the same code: with base NULL it counts, with the real base it hands
 * out addresses. All sizes are capacities (tokens, rows); a batch uses the front of each buffer.
 *
 * Stages number the trainable places of the network in forward order, so that "the lowest trainable
 * tensor" is one integer and backward reads `if (plan->lowest < stage)`. */
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

/* Stage numbers in the whole network: tables, embedding norm, projection of the embeddings, the layers, the head's dense layer and its last
 * one, none. What all layers share (relative positions) is trained where layer 0 reads it. */
enum { GR_STAGE_TABLES = 0, GR_STAGE_EMBED_NORM = 1, GR_STAGE_PROJECT = 2, GR_STAGE_LAYERS = 3 };
static inline int32_t gr_stage_layer(int32_t layer, gr_stage s) { return GR_STAGE_LAYERS + GR_STAGE_COUNT * layer + (int32_t)s; }
static inline int32_t gr_stage_dense(const gr_config *c) { return gr_stage_layer(c->layers, GR_STAGE_QKV); }
static inline int32_t gr_stage_head(const gr_config *c) { return gr_stage_dense(c) + 1; }
static inline int32_t gr_stage_none(const gr_config *c) { return gr_stage_dense(c) + 2; }

/* The buffers of one layer. What backward reads has memory of its own, except that a sum replaces the matrix it was made from;
 * what one pass over the rest makes again shares memory: mid and out NULL stand for the running hidden state (LayerNorm of
 * the sums), and beside pre up is scratch (act of pre, gated or not). Scratch (inference and frozen layers): stats and lse are NULL; so are
 * the sums, but for pre-norm, where they are the running stream; pre is NULL unless gated.
 *
 * Q rows are T, and q, k and v columns of one (T,3H) matrix; in the short layer Q = B, q has its own matrix, and instead of k and v there are u, t
 * and sums (gr_plan_absorbs) or k and v are one matrix of (T,2H). v stands H behind k in each row. G is F, or 2F with a gate; R rows of relative
 * positions. */
typedef struct gr_layer_acts {
    void *firsts;                                   /* (B,H) rows of the layer's input; short layer alone */
    void *q, *k;                                    /* (Q,H), (T,H)            */
    void *u, *t, *sums;                             /* (B heads,H) twice, (B,heads): as in gr_firsts_args */
    void *rel_q, *rel_k;                            /* (R,H) each: DeBERTa     */
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
    int32_t      lowest;      /* stage of the lowest trainable tensor; gr_stage_none when there is none or no training */
    int32_t      short_layer; /* the last layer, when its head reads first tokens alone and nobody taps; else -1 */
    bool         absorbs;     /* and its keys and values are not made */
    size_t       bytes;       /* of the slab */
    void *hidden;      /* (T,H) the running hidden state; in backward what is made again of it */
    void *stream;      /* (T,H) pre-norm: the running stream of the layers that backward does not pass through; what the lowest of the others adds to */
    void *embed_sum, *embed_stats; /* (T,E) (T,2); NULL unless the embeddings are trained */
    void *embed_out;   /* (T,E) what the projection reads; NULL: none */
    void *base;        /* (T,H) input of the lowest layer that backward passes through; below it, the running state; NULL: none */
    void *rel, *rel_stats, *rel_dropped; /* (R,H) (R,2) (R,H): relative positions behind their norm, and behind a layer's dropout */
    gr_layer_acts  scratch, short_scratch;
    gr_layer_acts *layer;     /* [layers] host memory of the plan; recomputed layers share all but out_sum and its stats */
    /* head: gathered or mean-pooled rows (a short layer's output), after dropout, dense layer before and after act, after its norm, after dropout,
     * logits (embed: unit vectors). pooled: what the last linear layer reads, dropout apart; NULL when that is the hidden state */
    void *rows_in, *rows_dropped, *dense_pre, *dense, *dense_stats, *dense_norm, *pooled, *dropped, *logits, *dlogits, *norms;
    /* backward: gradient of the hidden state (pre-norm: of the stream), two more (T,H), one (T,max(3H,G)); pre-norm: gradient of what a branch reads */
    void *grad, *grad_a, *grad_b, *grad_wide, *grad_branch;
    void *embed_grad;                          /* (T,E) */
    void *rel_grad, *rel_dq, *rel_dk, *rel_dx; /* (R,H) each */
    void *tap;                /* (layers + 1) x (T,H) when o.tap */
} gr_plan;

/* The lowest stage with a tensor that is trained (trainable and used). */
int32_t gr_plan_lowest(const gr_params *t, const gr_config *c);

/* Is anything trained below stage `s` of the layer? Only then must backward go on beyond that stage. */
static inline bool gr_plan_below(const gr_plan *p, int32_t layer, gr_stage s) { return p->lowest < gr_stage_layer(layer, s); }

/* Does backward pass through this layer? Then its forward keeps what backward reads. */
static inline bool gr_plan_keeps(const gr_plan *p, int32_t layer) { return gr_plan_below(p, layer + 1, GR_STAGE_QKV); }

/* Is this layer computed for the first token of each sequence alone? */
static inline bool gr_plan_short(const gr_plan *p, int32_t layer) { return layer == p->short_layer; }

/* And are the projections to keys and values absorbed by the query and the context? Else keys and values are of all tokens (a bias that meets keys). */
static inline bool gr_plan_absorbs(const gr_plan *p, int32_t layer) { return p->absorbs && gr_plan_short(p, layer); }

/* Count (base NULL) or place. `plan` is zeroed by the caller before the first call and freed with
 * gr_plan_free. GR_E_NOMEM, also when the sizes do not fit. */
gr_status gr_plan_build(gr_plan *plan, const gr_plan_opts *o, const gr_params *t, const gr_config *c, gr_head_spec head,
                        void *base, gr_err *err) GR_MUST_USE;
void      gr_plan_free(gr_plan *plan);

/* Trained segments of the slab: neighbours of equal decay merged over the padding between them (it
 * is zero in every slab and stays so); the word table stands alone, as a table of rows. Tensors that are
 * frozen or unused are in no segment. *out is malloc'd. */
gr_status gr_plan_segments(gr_segment **out, size_t *n, const gr_params *t, gr_err *err) GR_MUST_USE;

/* Width of what the last linear layer reads. */
static inline int32_t gr_plan_dense_cols(const gr_params *t, const gr_config *c) { return t->dense_w >= 0 ? t->p[t->dense_w].rows : c->hidden; }

/* Logits' shape: rows of a batch of T tokens and B rows, and columns. */
static inline int32_t gr_plan_out_rows(gr_head_spec h, int32_t tokens, int32_t rows) { return gr_head_per_token(h.kind) ? tokens : rows; }
static inline int32_t gr_plan_out_cols(gr_head_spec h, const gr_config *c) { return h.kind == GR_HEAD_EMBED ? c->hidden : h.n_out; }

#ifdef __cplusplus
}
#endif
#endif
