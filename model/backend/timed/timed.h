/* timed.h - a backend that wraps the cpu's and keeps books: for each op calls, seconds, floating-point operations and bytes, and
 * every distinct matrix product. For `bench --roofline` and tests; gr_backend_find("timed-cpu").
 *
 * Its results are the wrapped table's, bit for bit. The backward pass of a linear layer is called in up to three parts (the
 * slope, dx, dw), so that each is timed apart; the contract of linear_bwd allows any of its outputs to be left out. */
#ifndef GR_MODEL_BACKEND_TIMED_TIMED_H
#define GR_MODEL_BACKEND_TIMED_TIMED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/backend/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_timed_op {
    GR_TIMED_LINEAR_FWD, GR_TIMED_LINEAR_DX, GR_TIMED_LINEAR_DW, /* products */
    GR_TIMED_LINEAR_SLOPE,                  /* through an activation that no product takes with it: the pooler's tanh; a bias whose weights are frozen */
    GR_TIMED_ATTENTION_FWD, GR_TIMED_ATTENTION_BWD, /* that of first tokens to plain rows, too */
    GR_TIMED_HEADS,                         /* products by head */
    GR_TIMED_ROTARY,                        /* both ways */
    GR_TIMED_GATE_FWD, GR_TIMED_GATE_BWD,
    GR_TIMED_NORM_FWD, GR_TIMED_NORM_BWD,   /* dropout, residual, LayerNorm */
    GR_TIMED_EMBED_FWD, GR_TIMED_EMBED_BWD,
    GR_TIMED_POOL,                          /* gathered rows, means, unit vectors, dropout of rows, additions */
    GR_TIMED_LOSS,
    GR_TIMED_SUMSQ, GR_TIMED_ADAMW,         /* the optimiser */
    GR_TIMED_COPY,                          /* uploads, downloads, copies, clearing, scans */
    GR_TIMED_OPS
} gr_timed_op;

const char *gr_timed_op_name(gr_timed_op op); /* "linear forward", ... */

/* The books of one op.
 *
 * flops: matrix products alone, 2 m n k each.
 *   attention            Queries and keys that do not see each other do not count. Backward has four products; the scores that it computes
 *                        again do not count.
 *   disentangled bias    Each term is one product more over the same pairs in forward; in backward one, and one more for the gradient of
 *                        its rows.
 *   first tokens         Attention to plain rows has H columns for each head: two products in forward, and two in backward (four when the
 *                        rows have a gradient), again without the scores.
 * bytes: what the op must read and write at least once, weights and activations alike, as if no cache held any of it. AdamW reads and
 * writes four slabs. */
typedef struct gr_timed_sum { int64_t calls; double seconds, flops, bytes; } gr_timed_sum;

/* One distinct call: forward (rows,in) (out,in)^T, dx (rows,out) (out,in), dw (rows,out)^T (rows,in). */
typedef struct gr_timed_product {
    gr_timed_op op; /* LINEAR_FWD, LINEAR_DX or LINEAR_DW */
    int32_t     rows, in, out;
    int64_t     calls;
} gr_timed_product;

enum { GR_TIMED_PRODUCTS = 4096 };

typedef struct gr_timed {
    gr_timed_sum     op[GR_TIMED_OPS];
    gr_timed_product product[GR_TIMED_PRODUCTS]; /* in the order of their first call                 */
    size_t           n_products;
    int64_t          missed;                     /* calls of products that found no room in the list */
} gr_timed;

/* The books of a context that "timed-cpu" opened. */
gr_timed *gr_timed_of(gr_ctx *c);
void      gr_timed_reset(gr_timed *t);
double    gr_timed_flops(const gr_timed *t); /* of all ops */

/* The same products back to back: what the machine could do if a step were nothing else. Buffers of its own, one set for each
 * (in, out); weights and gradients are therefore at least as warm as in a step. */
typedef struct gr_replay gr_replay;

/* Opens a context of backend "cpu" with `o` and takes the product list of `t` (copied). GR_E_NOMEM. */
gr_status gr_replay_open(gr_replay **out, const gr_timed *t, const gr_ctx_opts *o, gr_err *err) GR_MUST_USE;
void      gr_replay_close(gr_replay *r);
/* All calls of the list once; seconds. */
gr_status gr_replay_run(gr_replay *r, double *seconds, gr_err *err) GR_MUST_USE;
double    gr_replay_flops(const gr_replay *r); /* of one run */

/* What the machine can do at most, measured in about 0.2 s on the pool's threads. */
typedef struct gr_peak {
    const char *isa;     /* kernels in use: "avx512" */
    double gflops;       /* float multiply-adds on registers, all threads */
    double bf16_gflops;  /* products of pairs of bf16; 0: the processor has no such instruction */
    double read_gb, update_gb; /* 1e9 bytes/s from memory: summing; and x = a x + y in place (two reads, one write) */
} gr_peak;
gr_status gr_peak_measure(gr_peak *out, gr_pool *pool, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
