/* backend.h - the table that a device fills, and what its operations mean.
 *
 * A backend is one const gr_backend. Its `open` makes a context, which owns memory, workspace and the first
 * failure. All pointers in the argument structs are device memory of that context unless said otherwise. Tensors
 * are row-major, of elements of `elem` bytes (float or double); buffers begin at multiples of 64 bytes.
 *
 * Rules for every op:
 *   - Gradients of parameters are added to; gradients of activations are set.
 *   - Nothing is returned. The context keeps the first failure, with the op's name, and `sync` reports it.
 *   - Sums run in an order that depends on the shapes alone, never on threads.
 *   - Nothing is allocated. Scratch comes from `reserve`.
 * A member that is NULL is refused when the table is checked (gr_backend_check).
 *
 * Letters in shapes: T tokens, B sequences, H hidden width, F feed-forward width; V words, P positions and S segments
 * of the embedding tables; R rows, K inputs and N outputs of a linear layer. */
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
    const int32_t  *row_of, *pos_in;           /* [T] sequence of a token, and its place there (from 0): keys of dropout */
    const uint32_t *slots;                     /* [B]                                 */
    const int32_t  *by_id;                     /* [T] token numbers sorted by (id, number): the order in which gradients of rows are summed */
} gr_dev_batch;

/* x = dropout(LayerNorm(word[id] + pos[position] + type[type])) */
typedef struct gr_embed_args {
    const gr_dev_batch *b;
    int32_t     hidden;              /* width of the tables, in some families less than the encoder's */
    const void *word, *pos, *type;   /* (V,H), (P,H) or NULL, (S,H) or NULL */
    const void *gain, *bias;         /* (H), (H) or NULL                 */
    double      eps;
    gr_dropout  drop;
    void       *sum;                 /* (T,H) before the norm, kept for backward; NULL: not kept (inference) */
    void       *stats;               /* (T,2) mean and 1/sd; NULL when sum is */
    void       *out;                 /* (T,H)                            */
    /* backward */
    const void *dout;                /* (T,H); may be overwritten         */
    void       *dword, *dpos, *dtype, *dgain, *dbias; /* added to; each NULL: frozen or absent */
    int32_t     n_types, n_positions, vocab;
    int32_t     pad_id, pad_position; /* rows of word and pos that have no gradient (torch's padding_idx); -1: none */
} gr_embed_args;

/* y = act(x w^T + b). Backward: dw += dh^T x, dbias += the column sums of dh, dx = dh w, where dh is dy times the slope of act.
 *
 * Backward can fuse the activation below, where x = x_act(x_pre): dx is then multiplied by its slope and becomes the gradient of
 * x_pre. With x_remake x was not kept; it is made again in the memory of x_pre, before dw reads it. */
typedef struct gr_linear_args {
    int32_t     rows, in, out;       /* R, K, N                                           */
    const void *x;                   /* (R,K)                                             */
    const void *w, *bias;            /* (N,K), (N) or NULL                                */
    gr_act      act;
    void       *y;                   /* (R,N)                                             */
    void       *pre;                 /* (R,N) before act, kept for backward; NULL in inference, when act is none, and possibly
                                        for GR_ACT_TANH and GR_ACT_RELU, whose slope backward can take from y */
    /* backward: y and pre as forward left them */
    void       *dy;                  /* (R,N) in: gradient of y; out: dh                  */
    void       *dx;                  /* (R,K) set; NULL: not wanted                       */
    bool        dx_add;              /* add to dx instead                                 */
    gr_act      x_act;               /* used with dx, and not together with dx_add; GR_ACT_NONE: x is no activation's output */
    void       *x_pre;               /* (R,K); NULL where the slope follows from x (see pre) */
    bool        x_remake;            /* x == x_pre                                        */
    void       *dw, *dbias;          /* added to; NULL: frozen                            */
} gr_linear_args;

/* What the offset o = (key's position) - (query's position) adds to a score. rel_of[rel_zero + o] is its row r in a table of
 * relative positions; many offsets may have one row.
 *
 *   BUCKETS        rel[r][head]                                             (MPNet: a trained table, not scaled)
 *   DISENTANGLED   scale * (q . rel_keys[r] + k . rel_queries[r])           (DeBERTa: either is NULL where there is no such term) */
typedef enum gr_attn_bias { GR_ATTN_BIAS_NONE, GR_ATTN_BIAS_BUCKETS, GR_ATTN_BIAS_DISENTANGLED } gr_attn_bias;

/* context = softmax(scale * q k^T + bias) v, within each sequence and head, over the keys inside the window.
 *
 * A row of q, k or v is H wide. Rows of q lie q_stride elements apart, rows of k and v kv_stride, and their gradients likewise.
 * With first_only the first token of each sequence is its only query, and q and whatever belongs to queries has Q = B rows;
 * else Q = T. Queries do not influence one another, so a row has the same bits either way. */
typedef struct gr_attn_args {
    const gr_dev_batch *b;
    int32_t     hidden, heads;
    double      scale;               /* usually 1 / sqrt(hidden / heads)  */
    int32_t     window;              /* a query sees the keys with |o| <= window; 0: all */
    gr_attn_bias bias;
    const int32_t *rel_of;           /* [2 rel_zero + 1] row of each offset; bias NONE: NULL */
    int32_t     rel_zero;            /* rel_of holds the offsets -rel_zero .. rel_zero, at least max_len - 1 each way */
    int32_t     rel_rows;            /* rows are 0 .. rel_rows - 1        */
    int32_t     rel_stride;          /* elements between rows of rel_keys, of rel_queries, and of their gradients */
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
    void       *drel_keys, *drel_queries; /* (rel_rows,H) set, summed over sequences in order; NULL: not wanted, or no such term */
} gr_attn_args;

/* Attention of the first token of each sequence to the rows of x, without keys and values: u is the query times the keys'
 * projection, and the context is the values' projection of t (gr_heads_args makes both; docs/engine.md has the algebra).
 *
 *   p[j]      = softmax over j of  scale * u[b,h] . x[j] + rel[r(j)][h]
 *   t[b,h]    = sum_j p[j] m[j] x[j]
 *   sums[b,h] = sum_j p[j] m[j]
 *
 * j runs over the sequence and is also the offset, since the query stands at position 0. m are the factors of dropout, those
 * that attention_fwd with first_only would draw. */
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

/* Products with each head's part of a matrix w (H,H). With d = H / heads, head h owns rows h d .. h d + d - 1 of w and the same
 * columns of y. For each of R sequences y has one row of H, and z one row of H for each head. A bias acts as one more column
 * of w, with sums (R,heads) as the matching column of z; without a bias sums is not used.
 *
 *   heads_spread     z[r,h] = sum_c y[r,hd+c] w[hd+c]     sums[r,h] = sum_c y[r,hd+c] bias[hd+c]       sets z and sums
 *   heads_collect    y[r,hd+c] = w[hd+c] . z[r,h] + bias[hd+c] sums[r,h]                               sets y
 *   heads_grad       dw[hd+c] += sum_r y[r,hd+c] z[r,h]   dbias[hd+c] += sum_r y[r,hd+c] sums[r,h]
 *
 * The first two are each other's backward with respect to z and y, and the third is the backward of both with respect to w.
 * gr_ctx_opts.precision does not apply here: each of these vectors stands for all tokens of its sequence, so rounding it would
 * weigh as much as rounding all of them in the same direction. */
typedef struct gr_heads_args {
    int32_t     rows, hidden, heads;
    const void *w, *bias;            /* (H,H), (H) or NULL                */
    void       *y, *z, *sums;        /* (R,H), (R heads,H), (R,heads)     */
    void       *dw, *dbias;          /* each NULL: frozen                 */
} gr_heads_args;

/* Rotary positions (Su et al., 2021), paired by halves as in GPT-NeoX: in each head of d columns, columns e and e + d/2 (e < d/2)
 * of a token's row turn together by the angle of (its place in the sequence, e). In place; rows lie `stride` elements apart. */
typedef struct gr_rotary_args {
    const gr_dev_batch *b;           /* pos_in                            */
    int32_t     hidden, heads, stride;
    const void *cos, *sin;           /* (positions, d/2)                  */
    bool        inverse;             /* turn the other way, which is the op's backward */
    void       *q, *k;               /* (T,H); either may be NULL         */
} gr_rotary_args;

/* y = act(a) g, where a and g are the left and the right half of pre (Shazeer, GLU Variants Improve Transformer, 2020).
 * Backward works in place: y comes in as the gradient of y and leaves as y made again; pre comes in as forward read it and leaves
 * as its gradient. */
typedef struct gr_gate_args {
    int32_t     rows, width;         /* R, F                              */
    gr_act      act;
    void       *pre;                 /* (R,2F); forward only reads it     */
    void       *y;                   /* (R,F)                             */
} gr_gate_args;

/* sum = dropout(x) + residual; out = LayerNorm(sum). residual NULL: sum = dropout(x). x NULL: only out is made, again and bit for
 * bit, from the sum and stats that forward left. */
typedef struct gr_norm_args {
    const gr_dev_batch *b;           /* rows are its tokens               */
    int32_t     hidden;
    const void *x, *residual;        /* (T,H)                             */
    const void *gain, *bias;         /* (H), (H) or NULL                  */
    double      eps;
    gr_dropout  drop;
    void       *sum, *stats;         /* (T,H), (T,2) mean and 1/sd: kept for backward; each may be NULL. sum may alias x, or a residual that
                                        nobody else reads */
    void       *out;                 /* (T,H); may alias residual or x, or a sum that nobody else reads */
    /* backward */
    const void *dout;                /* (T,H)                             */
    const void *dsum;                /* (T,H) the gradient of sum by its other reader, the stream of pre-norm; NULL: none */
    void       *dres;                /* (T,H) set: gradient of residual, dsum included; may alias dout and dsum; NULL: not wanted */
    void       *dx;                  /* (T,H) set: gradient of x; may alias dout only when drop is off and dres is NULL, and never dres */
    void       *dgain, *dbias;       /* added to; NULL: frozen            */
} gr_norm_args;

/* One row for each sequence of a packed matrix: the row of one token (gather), or the mean over the sequence (mean). */
typedef struct gr_pool_args {
    const gr_dev_batch *b;
    int32_t        hidden;
    const int32_t *at;               /* gather: [B] the token of each sequence */
    const void    *x;                /* (T,H)                             */
    void          *out;              /* (B,H)                             */
    const void    *dout;             /* (B,H)                             */
    void          *dx;               /* (T,H) set, zeros elsewhere        */
    bool           dx_add;           /* gather: add to those rows of dx, and leave the others alone */
} gr_pool_args;

/* Dropout on rows (R,H). Its keys are those of tokens (per_token), else of sequences at position 0: pooled vectors. */
typedef struct gr_drop_args {
    const gr_dev_batch *b;
    int32_t     hidden;
    bool        per_token;           /* R = T instead of B */
    gr_dropout  drop;
    const void *x;                   /* (R,H)              */
    void       *out;                 /* (R,H); may alias x. Backward is the same op on the gradient */
} gr_drop_args;

/* Losses: softmax_xent (cross entropy), mse (mean-squared error) and cosine (mean-squared error of the cosine of a pair). Each
 * adds loss / normaliser to *loss, one double on the device, and sets the gradient. */
typedef struct gr_loss_args {
    int32_t        rows, classes;
    const void    *logits;           /* (R,classes); mse: (R); cosine: (2R,classes) unit vectors, pairs in rows 2i and 2i + 1 */
    const int32_t *labels;           /* softmax_xent: [R], negative: ignored */
    const double  *values;           /* mse, cosine: [R]                  */
    double         smoothing, normaliser;
    void          *dlogits;          /* shaped as logits, set; NULL: the loss alone */
    double        *loss;
    void          *cosine;           /* cosine: (R) the cosines; NULL: not wanted */
} gr_loss_args;

/* y = x / max(|x|, 1e-12) by row (torch.nn.functional.normalize) */
typedef struct gr_l2_args {
    int32_t     rows, hidden;
    const void *x;                   /* (R,H)           */
    void       *y, *norm;            /* (R,H), (R) kept */
    const void *dy;
    void       *dx;                  /* (R,H) set       */
} gr_l2_args;

/* A run of the parameter slab whose elements are updated alike. A segment may be a table of rows, of `width` elements each, and
 * may say which rows can differ from zero in the slabs that an op reads (for adamw: in grad, m or v); the op passes over the
 * others. A named row that is zero changes no bit. Sums over a table go row by row, whether or not rows are named. */
typedef struct gr_segment {
    size_t          offset, count;
    bool            decay;
    int32_t         width;  /* 0: not a table */
    const uint32_t *rows;   /* bitmap on the device, row r being bit r % 32 of word r / 32; NULL: all rows */
} gr_segment;

typedef struct gr_adamw_args {
    void *param, *grad, *m, *v;      /* slabs; grad is zeroed on the way  */
    const gr_segment *seg;           /* host memory                       */
    size_t  n_seg;
    double  lr, beta1, beta2, eps, weight_decay;
    int64_t step;                    /* of this update, from 1: bias correction */
    double  max_norm;                /* 0: no clipping                    */
    const double *sumsq;             /* device: squared norm of all gradients, from `sumsq`. When it is not finite, grad is zeroed and nothing else changes */
} gr_adamw_args;

/* Make up for what adamw left out: a row that it passed over was not multiplied by 1 - lr weight_decay. */
typedef struct gr_decay_args {
    void             *param; /* slab                                                            */
    const gr_segment *table; /* host memory; its rows are brought up to date                    */
    const double     *keep;  /* device, [n]: 1 - lr weight_decay of each step passed over, oldest first */
    int32_t           n;     /* the row is rounded after each factor, as adamw rounds: the same bits */
} gr_decay_args;

/* The largest shapes that ops will be given. */
typedef struct gr_capacity {
    int32_t      tokens, rows, max_len; /* of a batch: T, B, longest sequence                     */
    int32_t      width;                 /* of the widest matrix (q, k and v together are one of 3 hidden), and at least twice that of the widest norm */
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
    bool        unified; /* device memory is the host's memory: ops take any address that is aligned for an element, and a
                            session may compute on the model's own weights */

    gr_status (*open)(gr_ctx **out, const gr_ctx_opts *o, gr_err *err);
    void      (*close)(gr_ctx *c);
    /* Device memory, 64-byte aligned, zeroed. NULL, and a kept failure, when memory is exhausted. */
    void     *(*alloc)(gr_ctx *c, size_t bytes);
    void      (*release)(gr_ctx *c, void *p);
    /* Takes the scratch memory. An op that needs more than was reserved is a kept failure. */
    void      (*reserve)(gr_ctx *c, const gr_capacity *most);
    void      (*upload)(gr_ctx *c, void *dst, const void *host, size_t bytes); /* the host's memory may be used again when it returns */
    void      (*download)(gr_ctx *c, void *host, const void *src, size_t bytes); /* waits for the data */
    void      (*copy)(gr_ctx *c, void *dst, const void *src, size_t bytes);
    void      (*zero)(gr_ctx *c, void *dst, size_t bytes);
    gr_status (*sync)(gr_ctx *c, gr_err *err); /* waits; reports and clears the first failure */
    size_t    (*memory)(const gr_ctx *c);      /* bytes held */
    /* true: the weights that linear_fwd has read so far will not change, so the backend may keep a copy in the form that its
     * products want (it takes memory for that, and does without when there is none). No result changes by a bit. false: drop
     * that copy; also needed before such weights change. */
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
