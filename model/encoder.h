/* encoder.h - the network's explicit passes: lists of backend calls in the order of the paper
 * (Devlin et al. 2019; Vaswani et al. 2017), and the heads on top.
 *
 *   gr_encoder_fwd -> gr_head_fwd -> gr_head_loss [-> gr_head_bwd -> gr_encoder_bwd]
 *
 * Nothing here allocates or fails: ops report through the context (backend.h). Gradients of
 * parameters are added to, gradients of activations are set; a frozen tensor's gradient is never
 * asked for (NULL), and backward ends at the lowest trained tensor. */
#ifndef GR_MODEL_ENCODER_H
#define GR_MODEL_ENCODER_H
#include <stdbool.h>
#include <stdint.h>

#include "model/backend/backend.h"
#include "model/encoder_plan.h"
#include "model/params.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What stays the same from batch to batch. All borrowed from the session. */
typedef struct gr_encoder {
    const gr_backend *op;
    gr_ctx           *ctx;
    const gr_config  *c;
    const gr_params  *t;
    gr_head_spec      head;
    void             *weights, *grads; /* slabs on the device; grads NULL without training */
    const void *const *tensor;         /* NULL, or where each tensor lies (a mapped model, read only); then weights is not used */
    const void       *rope[2][2];      /* cosines and sines of global and of local layers, (longest sequence, d/2); NULL: no rotary positions */
    gr_plan           plan;
} gr_encoder;

/* Looks for the first NaN or infinity while a pass is repeated (after a failure). */
typedef struct gr_scan {
    int32_t    *flag;  /* one device int32, zero */
    int32_t     layer; /* -1: not in a layer     */
    const char *what;  /* NULL: none found       */
} gr_scan;

/* One pass over one batch. */
typedef struct gr_pass {
    gr_dev_batch   b;
    gr_dev_batch   firsts; /* the first tokens alone, as rows of one token: B tokens, no ids */
    const int32_t *first;  /* [B] token number of each sequence's first token; device, as the next two */
    const int32_t *rel_of; /* device: rows of relative positions by offset (backend.h); NULL: none */
    int32_t        rel_zero, rel_from, rel_rows; /* rows [from, from + rows) of the table are within this batch's reach */
    gr_dev_batch   rel;    /* those rows, as ops see it that work on rows alone (DeBERTa) */
    const int32_t *labels; /* [B] or [T]            */
    const double  *values; /* [B] or [B/2]          */
    bool           train;  /* dropout, and keep what backward reads */
    uint64_t       seed, step; /* of dropout        */
    bool           tap;    /* copy every hidden state */
    gr_scan       *scan;   /* NULL: off             */
} gr_pass;

/* Address of a parameter and of its gradient; NULL for index -1, and for a gradient that is not wanted. */
const void *gr_encoder_weight(const gr_encoder *e, int32_t i);
void       *gr_encoder_grad(const gr_encoder *e, int32_t i);
gr_dropout  gr_encoder_dropout(const gr_pass *p, double prob, uint32_t site);
void        gr_encoder_scan(const gr_encoder *e, const gr_pass *p, int32_t layer, const char *what, const void *x, int32_t rows, int32_t cols);

/* The rows that layer l has, keys and values apart: all tokens, or the first of each sequence. */
const gr_dev_batch *gr_encoder_rows(const gr_encoder *e, const gr_pass *p, int32_t layer);
/* Attention of layer l over its buffers, for forward; backward sets dout, dq, dk and dv. */
gr_attn_args gr_encoder_attention(const gr_encoder *e, const gr_pass *p, int32_t layer, const gr_layer_acts *a);
/* The same where a short layer's attention meets x, its input (gr_plan_absorbs); backward sets dt, dsums, du, dx and drel. The product by head with
 * the keys' projection: q and u; with the values': the context and t. */
gr_firsts_args gr_encoder_firsts(const gr_encoder *e, const gr_pass *p, int32_t layer, const gr_layer_acts *a, const void *x);
gr_heads_args  gr_encoder_keys(const gr_encoder *e, const gr_pass *p, int32_t layer, const gr_layer_acts *a);
gr_heads_args  gr_encoder_values(const gr_encoder *e, const gr_pass *p, int32_t layer, const gr_layer_acts *a);

/* Turns q and k of layer l by their tokens' positions, in place, or gradients of them back; nothing unless the family has rotary positions. */
void gr_encoder_rotate(const gr_encoder *e, const gr_pass *p, int32_t layer, void *q, void *k, bool inverse);
/* Dropout inside the feed-forward part, (Q,F) in place: of what the gate gave, and of its gradient. */
void gr_encoder_drop_inner(const gr_encoder *e, const gr_pass *p, int32_t layer, void *x);

/* DeBERTa's relative positions: the first row of the table within reach; the projection of layer l to keys or to queries (-1: no such term);
 * and what both projections of a layer read, (R,H), the same in backward as in forward. */
typedef struct gr_rel_side { int32_t w, b; } gr_rel_side;
const void *gr_encoder_rel_table(const gr_encoder *e, const gr_pass *p);
gr_rel_side gr_encoder_rel_side(const gr_encoder *e, int32_t layer, bool keys);
const void *gr_encoder_rel_dropped(const gr_encoder *e, const gr_pass *p, int32_t layer);

/* ids to the last hidden state, (T,H), of a short layer (B,H); the address is the plan's. */
void *gr_encoder_fwd(const gr_encoder *e, const gr_pass *p);
/* From plan.grad, the gradient of the last hidden state (overwritten); of a short layer's from plan.grad_b. */
void  gr_encoder_bwd(const gr_encoder *e, const gr_pass *p);
/* Query, key and value have one gradient in common: zero the part of those that are frozen beside a trained one. */
void  gr_encoder_zero_strays(const gr_encoder *e);
/* For backward: what a layer's forward left in shared memory, made again, the same bits. The input of layer l and its state between
 * the halves, both of which may lie in plan.hidden; and of a recomputed layer all that backward reads. */
void *gr_encoder_input(const gr_encoder *e, const gr_pass *p, int32_t layer);
void *gr_encoder_mid(const gr_encoder *e, const gr_pass *p, int32_t layer);
void  gr_encoder_recompute(const gr_encoder *e, const gr_pass *p, int32_t layer);

/* Last hidden state, as gr_encoder_fwd returned it, to plan.logits. */
void gr_head_fwd(const gr_encoder *e, const gr_pass *p, void *hidden);
/* Adds (sum of the batch's losses) / normaliser to *loss (device); sets plan.dlogits when with_grad. */
void gr_head_loss(const gr_encoder *e, const gr_pass *p, double normaliser, double smoothing, bool with_grad, double *loss);
/* plan.dlogits to where gr_encoder_bwd begins, unless nothing below the head is trained. `hidden` as given to forward. */
void gr_head_bwd(const gr_encoder *e, const gr_pass *p, void *hidden);

#ifdef __cplusplus
}
#endif
#endif
