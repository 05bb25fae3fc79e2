/* backend.h - the table that a device fills, and what its operations mean.
 *
 * A backend is one const gr_backend. `open` makes a context: its memory, workspace, thread pool and
 * first failure. All pointers in the argument structs are device memory of that context unless said
 * otherwise; tensors are row-major, elements of `elem` bytes (float or double), and buffers start at
 * multiples of 64 bytes.
 *
 * Rules. Gradients of parameters are added to; gradients of activations are set. Ops return nothing:
 * the context keeps the first failure with the op's name and `sync` reports it. Sums run in an order
 * that depends on the shapes alone. Nothing allocates inside an op: scratch comes from `reserve`.
 * A member that is NULL is refused when the table is checked (gr_backend_check). */
#ifndef GR_MODEL_BACKEND_BACKEND_H
#define GR_MODEL_BACKEND_BACKEND_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "base/status.h"
#include "model/config.h"
#include "model/dropout.h"
#include "model/precision.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_ctx gr_ctx; /* each backend defines its own */

/* A packed batch on the device. */
typedef struct gr_dev_batch {
    int32_t         n_tokens, n_rows, max_len; /* T, B, longest sequence              */
    const int32_t  *ids, *types, *positions;   /* [T]; types NULL: no segments        */
    const int32_t  *cu_seqlens;                /* [B + 1]                             */
    const int32_t  *row_of, *pos_in;           /* [T] sequence of a token, position in it (from 0): dropout's keys */
    const uint32_t *slots;                     /* [B]                                 */
    const int32_t  *by_id;                     /* [T] token numbers sorted by (id, number): scatter in a fixed order */
} gr_dev_batch;

/* x = dropout(LayerNorm(word[id] + pos[position] + type[type])) */
typedef struct gr_embed_args {
    const gr_dev_batch *b;
    int32_t     hidden;              /* width of the tables (of some families less than the encoder's) */
    const void *word, *pos, *type;   /* (V,H), (P,H) or NULL, (S,H) or NULL */
    const void *gain, *bias;         /* (H), (H) or NULL                 */
    double      eps;
    gr_dropout  drop;
    void       *sum;                 /* (T,H) before the norm; kept for backward; NULL: not kept (inference) */
    void       *stats;               /* (T,2) mean, 1/sd; NULL with sum   */
    void       *out;                 /* (T,H)                            */
    /* backward */
    const void *dout;                /* (T,H); may be overwritten         */
    void       *dword, *dpos, *dtype, *dgain, *dbias; /* added to; each NULL: frozen or absent */
    int32_t     n_types, n_positions, vocab;
    int32_t     pad_id, pad_position; /* rows of word and pos that have no gradient (torch's padding_idx); -1: none */
} gr_embed_args;

/* y = act(x w^T + b) */
typedef struct gr_linear_args {
    int32_t     rows, in, out;       /* R, K, N                                           */
    const void *x;                   /* (R,K)                                             */
    const void *w, *bias;            /* (N,K), (N) or NULL                                */
    gr_act      act;
    void       *y;                   /* (R,N)                                             */
    void       *pre;                 /* (R,N) before act, kept for backward; NULL when act is none or in inference.
                                        GR_ACT_TANH and RELU may keep nothing: backward then reads y */
    /* backward: y and pre as forward left them */
    void       *dy;                  /* (R,N) in: d loss / d y; out: d loss / d pre-activation */
    void       *dx;                  /* (R,K) set, or NULL                                */
    bool        dx_add;              /* add to dx instead                                 */
    gr_act      x_act;               /* with dx: what x came out of; dx is then of what went in, and is not added to */
    void       *x_pre;               /* (R,K) what went in; NULL where x tells enough (see pre) */
    bool        x_remake;            /* x is x_pre, and is made again: it becomes x_act(x_pre) before dw reads it */
    void       *dw, *dbias;          /* added to; NULL: frozen                            */
} gr_linear_args;

/* What an offset o = (key's position) - (query's) adds to a score. rel_of[rel_zero + o] is its row r (r is the same for many o).
 *
 *   BUCKETS        rel[r][head]                                             (MPNet: rel is a parameter, unscaled)
 *   DISENTANGLED   scale * (q . rel_keys[r] + k . rel_queries[r])           (DeBERTa; either may be NULL: no such term) */
typedef enum gr_attn_bias { GR_ATTN_BIAS_NONE, GR_ATTN_BIAS_BUCKETS, GR_ATTN_BIAS_DISENTANGLED } gr_attn_bias;

/* context = softmax(scale * q k^T + bias) v within each sequence and head, over the keys within the window. A row of q, k and v is H wide; rows lie q_stride and kv_stride
 * elements apart, and so do those of their gradients. With first_only the first token of each sequence is its only query: Q = B rows
 * of q and of what belongs to queries, else Q = T. Queries do not meet, so a row has the same bits either way. */
typedef struct gr_attn_args {
    const gr_dev_batch *b;
    int32_t     hidden, heads;
    double      scale;               /* usually 1 / sqrt(hidden / heads)  */
    int32_t     window;              /* 0: none; else a query sees the keys at most so far from it (|o| <= window) */
    gr_attn_bias bias;
    const int32_t *rel_of;           /* device, rows by offset; bias NONE: NULL   */
    int32_t     rel_zero, rel_rows;  /* rel_of holds offsets -rel_zero .. rel_zero, all of b->max_len among them; rows r are 0 .. rel_rows - 1 */
    int32_t     rel_stride;          /* elements between rows of rel_keys and of rel_queries, and of their gradients */
    const void *rel;                 /* (rel_rows,heads)                  */
    const void *rel_keys, *rel_queries; /* (rel_rows,H) each              */
    gr_dropout  drop;                /* on the softmax weights            */
    bool        first_only;
    int32_t     q_stride, kv_stride; /* at least H                        */
    const void *q, *k, *v;           /* (Q,H), (T,H), (T,H)               */
    void       *out;                 /* (Q,H), rows end to end            */
    void       *lse;                 /* (Q,heads) log-sum-exp of the scaled scores; kept for backward; NULL in inference */
    /* backward */
    const void *dout;                /* (Q,H), rows end to end            */
    void       *dq, *dk, *dv;        /* (Q,H), (T,H), (T,H) set           */
    void       *drel;                /* (rel_rows,heads) added to; NULL: frozen */
    void       *drel_keys, *drel_queries; /* (rel_rows,H) set; NULL: not wanted (or no such term). Sums run over sequences in order */
} gr_attn_args;

/* Attention of the first token of each sequence to the rows of x as they are. What would turn x into keys and values stands before
 * it and behind: u is the query times the keys' projection, and the values' projection of t is the context (gr_heads_args). o is the key's
 * position, since the query's is 0; m are dropout's factors, those of attention_fwd with first_only.
 *
 *   p[j] = softmax over j of scale * u[b,h] . x[j] + rel[r(j)][h]    t[b,h] = sum_j p[j] m[j] x[j]    sums[b,h] = sum_j p[j] m[j] */
typedef struct gr_firsts_args {
    const gr_dev_batch *b;
    int32_t     hidden, heads;
    double      scale;
    const int32_t *rel_of;           /* as in gr_attn_args; NULL: no bias */
    int32_t     rel_zero, rel_rows;
    const void *rel;                 /* (rel_rows,heads) */
    gr_dropout  drop;
    const void *x, *u;               /* (T,H), (B heads,H)                */
    void       *t, *sums;            /* (B heads,H), (B,heads)            */
    void       *lse;                 /* (B,heads) log-sum-exp of the scores; kept for backward; NULL in inference */
    /* backward */
    const void *dt, *dsums;          /* (B heads,H), (B,heads)            */
    void       *du;                  /* (B heads,H) set; may be dt        */
    void       *dx;                  /* (T,H) set; NULL: not wanted       */
    void       *drel;                /* (rel_rows,heads) added to; NULL: frozen */
} gr_firsts_args;

/* Products by head: y has a row of H for each of R sequences, z one for each of its heads; with d = H / heads a head has d columns of
 * y and d rows of w. A bias is one column more of w, and sums (R,heads) one more of z; without a bias sums is not used.
 *
 *   heads_spread     z[r,h] = sum_c y[r,hd+c] w[hd+c]     sums[r,h] = sum_c y[r,hd+c] bias[hd+c]       sets z and sums
 *   heads_collect    y[r,hd+c] = w[hd+c] . z[r,h] + bias[hd+c] sums[r,h]                               sets y
 *   heads_grad       dw[hd+c] += sum_r y[r,hd+c] z[r,h]   dbias[hd+c] += sum_r y[r,hd+c] sums[r,h]
 *
 * The first two are each other's backward pass, with respect to z and to y; the third is that of both, with respect to w. Nothing is rounded for
 * gr_ctx_opts.precision: a vector stands for all tokens of a sequence here, so that its rounding would weigh as much as theirs all in one direction. */
typedef struct gr_heads_args {
    int32_t     rows, hidden, heads;
    const void *w, *bias;            /* (H,H), (H) or NULL                */
    void       *y, *z, *sums;        /* (R,H), (R heads,H), (R,heads)     */
    void       *dw, *dbias;          /* each NULL: frozen                 */
} gr_heads_args;

/* Rotary positions (Su et al., 2021), halves as GPT-NeoX has them: within each head of d columns, column e < d/2 and column
 * e + d/2 of row t turn by the angle of (position of t in its sequence, e). q and k in place, rows `stride` elements apart. */
typedef struct gr_rotary_args {
    const gr_dev_batch *b;           /* pos_in                            */
    int32_t     hidden, heads, stride;
    const void *cos, *sin;           /* (positions, d/2)                  */
    bool        inverse;             /* turn back: the op's backward, on gradients */
    void       *q, *k;               /* (T,H); either may be NULL         */
} gr_rotary_args;

/* y = act(a) g, where a and g are the left and right half of pre (Shazeer, GLU Variants, 2020). Backward, in place: y comes as the
 * gradient of y and leaves as y; pre comes as forward read it and leaves as its gradient. */
typedef struct gr_gate_args {
    int32_t     rows, width;         /* R, F                              */
    gr_act      act;
    void       *pre;                 /* (R,2F); forward only reads it     */
    void       *y;                   /* (R,F)                             */
} gr_gate_args;

/* sum = dropout(x) + residual; out = LayerNorm(sum). residual NULL: sum = dropout(x). x NULL: out alone, once more from the sum and
 * stats that forward left; the same bits. */
typedef struct gr_norm_args {
    const gr_dev_batch *b;           /* rows are its tokens               */
    int32_t     hidden;
    const void *x, *residual;        /* (T,H)                             */
    const void *gain, *bias;         /* (H), (H) or NULL                  */
    double      eps;
    gr_dropout  drop;
    void       *sum, *stats;         /* (T,H), (T,2): kept, each NULL where nobody reads it; sum may alias x, or residual when it has no other reader */
    void       *out;                 /* (T,H); may alias residual, or x, or sum when that has no other reader */
    /* backward */
    const void *dout;                /* (T,H)                             */
    const void *dsum;                /* (T,H) a gradient of sum from elsewhere (pre-norm: the stream goes on); NULL: none */
    void       *dres;                /* (T,H) set: gradient of residual (dsum and all); may alias dout and dsum; NULL: not wanted */
    void       *dx;                  /* (T,H) set: gradient of x; may alias neither dout nor dres unless drop is off and dres NULL */
    void       *dgain, *dbias;       /* added to; NULL: frozen            */
} gr_norm_args;

/* Rows of a packed matrix: one a sequence (gather: the token at `at`[i]; mean: over the sequence). */
typedef struct gr_pool_args {
    const gr_dev_batch *b;
    int32_t        hidden;
    const int32_t *at;               /* gather: [B] token numbers         */
    const void    *x;                /* (T,H)                             */
    void          *out;              /* (B,H)                             */
    const void    *dout;             /* (B,H)                             */
    void          *dx;               /* (T,H) set, zeros elsewhere        */
    bool           dx_add;           /* gather: add to those rows of dx and leave the others */
} gr_pool_args;

/* Dropout on (R,H) rows keyed by the row's slot at position 0 (pooled vectors) or by token (per_token). */
typedef struct gr_drop_args {
    const gr_dev_batch *b;
    int32_t     hidden;
    bool        per_token;           /* R = T instead of B */
    gr_dropout  drop;
    const void *x;                   /* (R,H)              */
    void       *out;                 /* (R,H); may alias x; backward is the same op on the gradient */
} gr_drop_args;

/* Losses. Each adds loss / normaliser to *loss (one device double) and sets the gradient. */
typedef struct gr_loss_args {
    int32_t        rows, classes;
    const void    *logits;           /* (R,C); mse: (R); */
    const int32_t *labels;           /* xent: [R], negative = ignored     */
    const double  *values;           /* mse: [R]; cosine: [R]             */
    double         smoothing, normaliser;
    void          *dlogits;          /* (R,C) set; NULL: loss only        */
    double        *loss;
    /* cosine: R pairs of unit vectors, rows 2i and 2i+1 of `logits` (2R,classes); cos may be NULL */
    void          *cosine;           /* (R)                               */
} gr_loss_args;

/* y = x / max(|x|, 1e-12) by row (torch.nn.functional.normalize) */
typedef struct gr_l2_args {
    int32_t     rows, hidden;
    const void *x;                   /* (R,H)           */
    void       *y, *norm;            /* (R,H), (R) kept */
    const void *dy;
    void       *dx;                  /* (R,H) set       */
} gr_l2_args;

/* One run of the parameter slab that is updated alike. A table of rows (`width` elements each) may say which of its rows can
 * differ from zero in the slabs that an op reads (for adamw: in grad, m or v): an op passes over the others. Rows that are named
 * and zero change no bit. Sums go row by row in a table, named or not. */
typedef struct gr_segment {
    size_t          offset, count;
    bool            decay;
    int32_t         width;  /* 0: no table */
    const uint32_t *rows;   /* device bitmap: row r is bit r % 32 of word r / 32; NULL: all rows */
} gr_segment;

typedef struct gr_adamw_args {
    void *param, *grad, *m, *v;      /* slabs; grad is zeroed on the way  */
    const gr_segment *seg;           /* host memory                       */
    size_t  n_seg;
    double  lr, beta1, beta2, eps, weight_decay;
    int64_t step;                    /* of this update, from 1: bias correction */
    double  max_norm;                /* 0: no clipping                    */
    const double *sumsq;             /* device: squared norm of all gradients, from `sumsq`; when it is not finite nothing changes but grad is zeroed */
} gr_adamw_args;

/* What adamw left out: a row that it passed over was not multiplied by 1 - lr weight_decay. */
typedef struct gr_decay_args {
    void             *param; /* slab                                                            */
    const gr_segment *table; /* host memory; its rows are brought up to date                    */
    const double     *keep;  /* device, [n]: 1 - lr weight_decay of each step passed over, oldest first */
    int32_t           n;     /* the row is rounded after each, as adamw rounds: the same bits   */
} gr_decay_args;

/* Largest shapes to come. */
typedef struct gr_capacity {
    int32_t      tokens, rows, max_len; /* of a batch: T, B, longest sequence                     */
    int32_t      width;                 /* of the widest matrix row (that of q, k, v, 3 hidden, included), and twice that of the widest norm */
    int32_t      hidden, heads;
    gr_attn_bias bias;
    int32_t      rel_rows;
} gr_capacity;

#define GR_BACKEND_ABI 6u

typedef struct gr_ctx_opts {
    gr_pool *pool;          /* borrowed; NULL: one thread */
    bool     deterministic; /* bits do not depend on the processor model */
    gr_precision precision; /* of the linear layers' products */
} gr_ctx_opts;

typedef struct gr_backend {
    unsigned    abi;
    const char *name;  /* "cpu" */
    const char *about; /* "vectorised C and OpenBLAS, float" */
    int         elem;  /* 4 or 8 */
    bool        unified; /* device memory is the host's: ops take any address, of any alignment that suits an element, and
                            a session may compute on the model's own weights */

    gr_status (*open)(gr_ctx **out, const gr_ctx_opts *o, gr_err *err);
    void      (*close)(gr_ctx *c);
    /* Device memory, 64-byte aligned, zeroed. NULL and a failure kept in the context when exhausted. */
    void     *(*alloc)(gr_ctx *c, size_t bytes);
    void      (*release)(gr_ctx *c, void *p);
    /* Takes scratch memory once; an op that needs more than was reserved is a kept failure. */
    void      (*reserve)(gr_ctx *c, const gr_capacity *most);
    void      (*upload)(gr_ctx *c, void *dst, const void *host, size_t bytes); /* the host's memory is free again when it returns */
    void      (*download)(gr_ctx *c, void *host, const void *src, size_t bytes); /* waits for the data */
    void      (*copy)(gr_ctx *c, void *dst, const void *src, size_t bytes);
    void      (*zero)(gr_ctx *c, void *dst, size_t bytes);
    gr_status (*sync)(gr_ctx *c, gr_err *err); /* waits; reports and clears the first failure */
    size_t    (*memory)(const gr_ctx *c);      /* bytes held */
    /* true: the weights that linear_fwd has read so far stay as they are, so a backend may keep a form of them that its products want, and take memory
     * for it; where there is none it does without. The bits of no result change. false, also before such weights change: forget it. */
    void      (*keep_weights)(gr_ctx *c, bool keep);

    void (*embed_fwd)(gr_ctx *, const gr_embed_args *);
    void (*embed_bwd)(gr_ctx *, const gr_embed_args *);
    void (*linear_fwd)(gr_ctx *, const gr_linear_args *);
    void (*linear_bwd)(gr_ctx *, const gr_linear_args *);
    void (*attention_fwd)(gr_ctx *, const gr_attn_args *);
    void (*attention_bwd)(gr_ctx *, const gr_attn_args *);
    void (*attend_firsts_fwd)(gr_ctx *, const gr_firsts_args *);
    void (*attend_firsts_bwd)(gr_ctx *, const gr_firsts_args *);
    void (*heads_spread)(gr_ctx *, const gr_heads_args *);
    void (*heads_collect)(gr_ctx *, const gr_heads_args *);
    void (*heads_grad)(gr_ctx *, const gr_heads_args *);
    void (*rotary)(gr_ctx *, const gr_rotary_args *);
    void (*gate_fwd)(gr_ctx *, const gr_gate_args *);
    void (*gate_bwd)(gr_ctx *, const gr_gate_args *);
    void (*dropout_add_norm_fwd)(gr_ctx *, const gr_norm_args *);
    void (*dropout_add_norm_bwd)(gr_ctx *, const gr_norm_args *);
    void (*gather_rows_fwd)(gr_ctx *, const gr_pool_args *);
    void (*gather_rows_bwd)(gr_ctx *, const gr_pool_args *);
    void (*mean_pool_fwd)(gr_ctx *, const gr_pool_args *);
    void (*mean_pool_bwd)(gr_ctx *, const gr_pool_args *);
    void (*l2_normalise_fwd)(gr_ctx *, const gr_l2_args *);
    void (*l2_normalise_bwd)(gr_ctx *, const gr_l2_args *);
    void (*dropout)(gr_ctx *, const gr_drop_args *);
    void (*add)(gr_ctx *, void *dst, const void *src, size_t count); /* dst += src */
    void (*softmax_xent)(gr_ctx *, const gr_loss_args *);
    void (*mse)(gr_ctx *, const gr_loss_args *);
    void (*cosine)(gr_ctx *, const gr_loss_args *); /* mean-squared error of the cosine */
    /* *out (device) = sum of squares over the segments of a slab, in double */
    void (*sumsq)(gr_ctx *, const void *slab, const gr_segment *seg, size_t n_seg, double *out);
    void (*adamw)(gr_ctx *, const gr_adamw_args *);
    void (*decay_rows)(gr_ctx *, const gr_decay_args *);
    /* *out (device int32) = 1 when the buffer holds a NaN or an infinity, else unchanged */
    void (*find_nonfinite)(gr_ctx *, const void *x, size_t count, int32_t *out);
} gr_backend;

const gr_backend *gr_backend_find(const char *name); /* "cpu", "ref", "ref64"; for tests "checked-" before one of them, for bench "timed-cpu"; NULL when unknown */
const gr_backend *gr_backend_at(size_t i);           /* NULL past the end */
gr_status         gr_backend_check(const gr_backend *b, gr_err *err) GR_MUST_USE; /* GR_E_UNSUPPORTED names the missing member */

#ifdef __cplusplus
}
#endif
#endif
