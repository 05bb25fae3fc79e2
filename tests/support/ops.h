/* ops.h - single ops of a backend as cases: inputs and gradients as doubles, whatever the backend's
 * element. One list of cases serves the finite differences (tests/grad) and the comparison of backends
 * (tests/parity).
 *
 * Every device buffer lies between two guards; gr_ops_done asserts that they are untouched. Buffers that
 * an op sets start as NaN; parameter gradients, which an op adds to, start at GR_OPS_BASE. */
#ifndef GR_TESTS_SUPPORT_OPS_H
#define GR_TESTS_SUPPORT_OPS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/backend/backend.h"

enum { GR_OPS_MAX_IN = 6, GR_OPS_MAX_BUFFERS = 64, GR_OPS_MAX_ROWS = 16, GR_OPS_VOCAB = 11, GR_OPS_TYPES = 2 };
#define GR_OPS_BASE 0.25

typedef struct gr_ops_env {
    const gr_backend *op;
    gr_ctx           *ctx;
    gr_pool          *pool;
    struct { unsigned char *p; size_t bytes; } buffer[GR_OPS_MAX_BUFFERS]; /* payloads; guards lie around them */
    size_t            n_buffers;
} gr_ops_env;

void gr_ops_open(gr_ops_env *e, const char *backend, int threads, bool deterministic);
void gr_ops_open_with(gr_ops_env *e, const char *backend, int threads, gr_ctx_opts o); /* o.pool is made here */
void gr_ops_close(gr_ops_env *e);
/* sync is GR_OK, guards are whole; the buffers are released. */
void gr_ops_done(gr_ops_env *e, const char *what);

typedef enum gr_ops_kind {
    GR_OPS_LINEAR, GR_OPS_ATTENTION, GR_OPS_ADD_NORM, GR_OPS_EMBED, GR_OPS_GATHER, GR_OPS_MEAN, GR_OPS_L2,
    GR_OPS_DROPOUT, GR_OPS_XENT, GR_OPS_MSE, GR_OPS_COSINE, GR_OPS_ROTARY, GR_OPS_GATE, GR_OPS_FIRSTS, GR_OPS_SPREAD, GR_OPS_COLLECT
} gr_ops_kind;

typedef struct gr_ops_case {
    const char *name;
    gr_ops_kind kind;
    int32_t     lens[GR_OPS_MAX_ROWS]; /* of the packed sequences, ends at 0 (or a full array) */
    int32_t     rows, in, out;         /* linear; losses: rows, out = classes; l2: rows        */
    int32_t     hidden, heads;         /* gate: rows of 2 hidden, y of hidden; spread, collect: rows of hidden and of heads hidden */
    gr_act      act;
    bool        no_bias, dx_add, no_types, per_token;
    gr_act      x_act;                 /* linear: x is x_act of the input                      */
    bool        remake;                /* linear: backward makes x again in the input's place  */
    bool        first_only;            /* attention: inputs q (B,H) and k | v (T,2H); else q | k | v (T,3H) */
    gr_attn_bias bias;                 /* attention, firsts: one more input, the table of rel_rows rows */
    int32_t     window, rel_rows;
    bool        no_rel_keys, no_rel_queries; /* disentangled: a term is missing; else the table's rows are keys | queries */
    bool        no_residual, stream;   /* add norm; stream: y is out, then the sum, which goes on and has a gradient of its own */
    bool        no_pos, pads;          /* embed; pads: rows without a gradient                 */
    double      drop, smoothing;
    double      scale;                 /* of the random inputs; 0: 1                           */
    int32_t     ignore;                /* xent: every n-th label is ignored, 1: all            */
} gr_ops_case;

/* Tables of a case: how many inputs, their sizes, the size of the output. */
size_t gr_ops_inputs(const gr_ops_case *k, size_t n[GR_OPS_MAX_IN]);
size_t gr_ops_outputs(const gr_ops_case *k);
const char *gr_ops_input_name(const gr_ops_case *k, size_t i);
int32_t gr_ops_rows(const gr_ops_case *k);      /* of the packed batch: sequences, tokens, the longest sequence */
int32_t gr_ops_tokens(const gr_ops_case *k);
int32_t gr_ops_longest(const gr_ops_case *k);
int32_t gr_ops_rel_width(const gr_ops_case *k); /* columns of the table of a disentangled bias */

/* Forward; and backward when grad is not NULL: grad[i] is d (y . dy) / d in[i]. Losses: y is one number and dy is 1. */
void gr_ops_run(gr_ops_env *e, const gr_ops_case *k, double *const *in, double *y, const double *dy, double *const *grad);

/* Repeatable numbers in about [-scale, scale], exactly representable as float. */
void gr_ops_fill(double *x, size_t n, uint32_t seed, double scale);
#endif
