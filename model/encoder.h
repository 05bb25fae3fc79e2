/* encoder.h - the passes through the network, written out as lists of backend calls in the order of the
 * papers (Vaswani et al. 2017; Devlin et al. 2019), and the heads on top.
 *
 *   gr_encoder_fwd -> gr_head_fwd -> gr_head_loss [-> gr_head_bwd -> gr_encoder_bwd]
 *
 * Nothing here allocates or fails: ops report through the context (backend.h). Gradients of parameters are
 * added to; gradients of activations are set. The gradient of a frozen tensor is NULL and never computed, and
 * backward ends at the lowest trained tensor. Letters in shapes are those of encoder_plan.h. */
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
    const void *const *tensor;         /* of a mapped, read-only model: the address of each tensor, in place of `weights`; else NULL */
    const void       *rope[2][2];      /* rotary positions: cosines and sines, of global layers and of local ones, each (longest sequence, d/2); else NULL */
    gr_plan           plan;
} gr_encoder;

/* The search for the first NaN or infinity, while a failed pass is repeated. */
typedef struct gr_scan {
    int32_t    *flag;  /* one device int32, zero */
    int32_t     layer; /* -1: not in a layer     */
    const char *what;  /* NULL: none found       */
} gr_scan;

/* One pass over one batch. */
typedef struct gr_pass {
    gr_dev_batch   b;
    gr_dev_batch   firsts; /* the first tokens as a batch of their own: B sequences of one token, without ids */
    const int32_t *first;  /* [B] token number of each sequence's first token; on the device, as the next three */
    const int32_t *rel_of; /* rows of relative positions by offset (gr_attn_args); NULL: none */
    const int32_t *labels; /* [B] or [T] */
    const double  *values; /* [B] or [B/2] */
    int32_t        rel_zero;           /* as in gr_attn_args */
    int32_t        rel_from, rel_rows; /* this batch can reach rows rel_from .. rel_from + rel_rows - 1 of the table */
    gr_dev_batch   rel;    /* those rows as a batch, for ops that work row by row (DeBERTa) */
    bool           train;  /* with dropout, and keeping what backward reads */
    uint64_t       seed, step; /* of dropout */
    bool           tap;    /* copy every hidden state */
    gr_scan       *scan;   /* NULL: off */
} gr_pass;

/* Address of parameter i (an index into gr_params.p) and of its gradient. NULL for i = -1; the gradient is NULL too when the
 * tensor is frozen or unused. */
const void *gr_encoder_weight(const gr_encoder *e, int32_t i);
void       *gr_encoder_grad(const gr_encoder *e, int32_t i);

/* Dropout with this probability at a site (dropout.h) in this pass; none in evaluation. */
gr_dropout  gr_encoder_dropout(const gr_pass *p, double prob, uint32_t site);

/* While scanning: note `what` of this layer (-1: of none) when x (rows,cols) is the first result that is not finite. */
void        gr_encoder_scan(const gr_encoder *e, const gr_pass *p, int32_t layer, const char *what, const void *x, int32_t rows, int32_t cols);

/* The rows that layer l computes, keys and values apart: all tokens, or the first of each sequence. */
const gr_dev_batch *gr_encoder_rows(const gr_encoder *e, const gr_pass *p, int32_t layer);
/* The arguments of layer l's attention over its buffers, complete for forward. Backward adds dout, dq, dk, dv and the
 * gradients of relative positions. */
gr_attn_args gr_encoder_attention(const gr_encoder *e, const gr_pass *p, int32_t layer, const gr_layer_acts *a);
/* The same for a short layer without keys and values (gr_plan_absorbs), whose attention meets the layer's input x; backward
 * adds dt, dsums, du, dx and drel. And its two products by head: with the keys' projection, between q and u, and with the
 * values' projection, between the context and t. */
gr_firsts_args gr_encoder_firsts(const gr_encoder *e, const gr_pass *p, int32_t layer, const gr_layer_acts *a, const void *x);
gr_heads_args  gr_encoder_keys(const gr_encoder *e, const gr_pass *p, int32_t layer, const gr_layer_acts *a);
gr_heads_args  gr_encoder_values(const gr_encoder *e, const gr_pass *p, int32_t layer, const gr_layer_acts *a);

/* Rotary positions: turn q and k of layer l by their tokens' positions, in place; with `inverse` turn their gradients back.
 * Does nothing for families without them. */
void gr_encoder_rotate(const gr_encoder *e, const gr_pass *p, int32_t layer, void *q, void *k, bool inverse);
/* Dropout inside the feed-forward part, behind its gate: x (Q,F) in place, values or their gradient. */
void gr_encoder_drop_inner(const gr_encoder *e, const gr_pass *p, int32_t layer, void *x);

/* DeBERTa's relative positions. The rows of the table that are within this batch's reach: */
const void *gr_encoder_rel_table(const gr_encoder *e, const gr_pass *p);

/* The indices of layer l's projection of those rows to keys or to queries; -1 where the model has no such term. */
typedef struct gr_rel_side { int32_t w, b; } gr_rel_side;
gr_rel_side gr_encoder_rel_side(const gr_encoder *e, int32_t layer, bool keys);

/* The input of both projections of layer l, (R,H): the rows after their norm and dropout, the same in backward as in forward. */
const void *gr_encoder_rel_dropped(const gr_encoder *e, const gr_pass *p, int32_t layer);

/* From token ids to the last hidden state, (T,H), or (B,H) when the last layer is short. The memory is the plan's. */
void *gr_encoder_fwd(const gr_encoder *e, const gr_pass *p);

/* From the gradient of the last hidden state, in plan.grad (plan.grad_b when the last layer is short), to those of all trained
 * tensors. The gradient is overwritten. */
void  gr_encoder_bwd(const gr_encoder *e, const gr_pass *p);

/* Between two steps: query, key and value have one gradient in common; zero the parts of tensors that are frozen beside a
 * trained one. */
void  gr_encoder_zero_strays(const gr_encoder *e);
/* For backward: make again, bit for bit, what forward left in shared memory. The input of layer l; its state between the two
 * halves (both may lie in plan.hidden, one at a time); and everything that backward reads of a recomputed layer. */
void *gr_encoder_input(const gr_encoder *e, const gr_pass *p, int32_t layer);
void *gr_encoder_mid(const gr_encoder *e, const gr_pass *p, int32_t layer);
void  gr_encoder_recompute(const gr_encoder *e, const gr_pass *p, int32_t layer);

/* From the last hidden state, as gr_encoder_fwd returned it, to plan.logits. */
void gr_head_fwd(const gr_encoder *e, const gr_pass *p, void *hidden);
/* Add (sum of the batch's losses) / normaliser to *loss, a double on the device; set plan.dlogits when with_grad. */
void gr_head_loss(const gr_encoder *e, const gr_pass *p, double normaliser, double smoothing, bool with_grad, double *loss);
/* From plan.dlogits to the gradient where gr_encoder_bwd begins, unless nothing below the head is trained. `hidden` is what
 * gr_head_fwd was given. */
void gr_head_bwd(const gr_encoder *e, const gr_pass *p, void *hidden);

#ifdef __cplusplus
}
#endif
#endif
