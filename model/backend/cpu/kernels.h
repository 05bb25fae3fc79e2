/* kernels.h - what the cpu backend asks of an instruction set: one table of inner loops, filled five times from the same
 * sources (k_*.inc) over three vector headers (vec_*.h).
 *
 * A kernel works on the rows, the tile or the head that one task owns. It allocates nothing. The order of its sums follows
 * from its arguments alone: neither the width of the registers nor the size of a tile changes a bit. avx2, avx512 and exact
 * (plain C with fmaf) give the same bits; plain differs, since its multiply-adds round twice. */
#ifndef GR_MODEL_BACKEND_CPU_KERNELS_H
#define GR_MODEL_BACKEND_CPU_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/backend/backend.h"

/* A matrix product: c (m,n) = or += a (m,k) b (k,n), then y = act(c + bias). a and b are addressed by two strides each, so that
 * either may be transposed; rows of c and y lie ldc apart. */
typedef struct gr_cpu_gemm {
    size_t       m, n, k;
    const float *a;
    size_t       a_row, a_col;
    const float *b;
    size_t       b_row, b_col;
    const float *b_panels; /* all of b packed already, part by part; NULL: packed when needed     */
    float       *c;
    size_t       ldc;
    bool         add;  /* add to what c holds                                              */
    const float *bias; /* (n) or NULL                                                      */
    gr_act       act;
    bool         bf16; /* round a and b to bf16; act and x_act only as exact as that needs */
    float       *y;    /* result of act: c itself, or another buffer when c (before act) is kept */
    gr_act       x_act;    /* afterwards c *= the slope of x_act (gr_linear_args); x_pre and x lie as c does */
    float       *x_pre;
    const float *x;
    bool         x_remake;
    float       *row_sums; /* (m) += the sum of each row of a before rounding; needs a_row 1. NULL: not wanted */
} gr_cpu_gemm;

/* A block of c: rows i .. i + m - 1 and columns j .. j + n - 1, over one part of the sum, kc terms (at most GR_CPU_PART_K). The first
 * n_rows rows of a are taken from where they lie, the others come packed. */
typedef struct gr_cpu_block {
    size_t       i, m, j, n, kc;
    const float *pb;          /* packed b of these columns                                             */
    size_t       n_rows;      /* whole panels of rows, or 0                                            */
    const float *a_rows;      /* those rows, contiguous in k, from the part's first term on            */
    size_t       a_row;       /* floats from one of them to the next                                   */
    const float *a_next;      /* mr rows that the same thread is likely to lay next, or NULL           */
    float       *laid;        /* room for mr of them side by side: mr GR_CPU_ROW floats (lay_rows)     */
    const float *pa;          /* the other rows, packed                                                */
    bool         first, last; /* part of the sum: the first sets c (unless g->add); after the last act is applied */
} gr_cpu_block;

/* Scalars of one AdamW update, the same for every element of a segment. */
typedef struct gr_cpu_update {
    float clip, beta1, one_beta1, beta2, one_beta2; /* one_beta: 1 - beta                   */
    float keep;                                     /* 1 - lr decay                         */
    float rate;                                     /* lr / (1 - beta1^t)                   */
    float correct;                                  /* 1 / sqrt(1 - beta2^t)                */
    float eps;
} gr_cpu_update;

typedef struct gr_cpu_kernels {
    const char *name; /* "plain", "exact", "avx2", "avx512", "avx512bf16" */
    size_t      mr, nr; /* tile that the innermost loop of the product holds in registers */
    size_t      line_terms[2]; /* terms of a line of a panel: one, two where a product of bf16 takes pairs */

    /* Packing. A panel holds mr rows of a (or nr columns of b), term after term, padded with zeros: gr_cpu_lines() lines of mr (nr)
     * floats. a is (m,k), b is (k,n); dst has room for the lines of all panels and GR_CPU_PACK_SLACK floats more.
     * [1] is for g->bf16: values are rounded, in the form that gemm_block then wants. Where that form is pairs, an element holds the
     * even term in its low half and the odd term in its high half, and k is at most GR_CPU_PART_K. */
    void (*pack_a[2])(float *dst, const float *a, size_t row, size_t col, size_t m, size_t k);
    void (*pack_b[2])(float *dst, const float *b, size_t row, size_t col, size_t k, size_t n);

    /* Copies m rows of a, contiguous in k (at most GR_CPU_PART_K terms), side by side into dst (m,GR_CPU_ROW), as gemm_block does
     * with a_rows. [1] rounds them, as pack_a[1] does. */
    void (*lay_rows[2])(float *dst, const float *a, size_t row, size_t m, size_t k);
    void (*gemm_block)(const gr_cpu_gemm *g, const gr_cpu_block *b);
    /* act and the slope of x_act alone, on a rectangle of c whose sums are complete */
    void (*epilogue)(const gr_cpu_gemm *g, size_t i, size_t m, size_t j, size_t n);

    /* dy *= slope of act for n numbers, taken from pre, or from y where pre is NULL; with `remake` pre becomes act(pre). bf16: beside
     * products of bf16, as g->bf16 has it for the epilogue; gelu and its slope are then those of model/gelu_near.h. */
    void (*act_bwd)(gr_act act, bool bf16, float *dy, float *pre, const float *y, bool remake, size_t n);
    /* out[j] += x[0][j] + x[1][j] + ..., rows `row` floats apart, each column one chain of additions */
    void (*column_sums)(float *out, const float *x, size_t row, size_t rows, size_t n);
    /* Rows t0 .. t1 - 1 of an op. draws: room for GR_CPU_DRAWS(hidden). partial: (2,hidden), set to this block's dgain and dbias. */
    void (*embed_fwd)(const gr_embed_args *a, int32_t t0, int32_t t1, uint16_t *draws);
    void (*embed_bwd)(const gr_embed_args *a, int32_t t0, int32_t t1, float *partial, uint16_t *draws);
    void (*add_norm_fwd)(const gr_norm_args *a, int32_t t0, int32_t t1, uint16_t *draws);
    void (*add_norm_bwd)(const gr_norm_args *a, int32_t t0, int32_t t1, float *partial, uint16_t *draws);
    void (*dropout)(const gr_drop_args *a, int32_t r0, int32_t r1, uint16_t *draws);
    void (*rotary)(const gr_rotary_args *a, int32_t t0, int32_t t1);
    void (*gate_fwd)(const gr_gate_args *a, bool bf16, int32_t r0, int32_t r1);
    void (*gate_bwd)(const gr_gate_args *a, bool bf16, int32_t r0, int32_t r1);

    /* One sequence and head; scratch has attention_scratch(len, hidden / heads, bias) floats. The gradient of the bias is added to
     * `sums` (NULL: not wanted): for buckets (rel_rows), else (rel_rows, hidden / heads) of rel_keys and then of rel_queries. */
    size_t (*attention_scratch)(size_t len, size_t head_dim, gr_attn_bias bias);
    void (*attention_fwd)(const gr_attn_args *a, int32_t row, int32_t head, float *scratch);
    void (*attention_bwd)(const gr_attn_args *a, int32_t row, int32_t head, float *scratch, float *sums);

    /* One sequence, all heads; scratch has firsts_scratch(len, hidden, heads) floats. The gradient of the bias is added to `sums` (NULL:
     * not wanted), for each head a row of rel_rows, `stride` floats apart. */
    size_t (*firsts_scratch)(size_t len, size_t hidden, size_t heads);
    void (*firsts_fwd)(const gr_firsts_args *a, int32_t row, float *scratch);
    void (*firsts_bwd)(const gr_firsts_args *a, int32_t row, float *scratch, float *sums, size_t stride);

    void   (*add)(float *dst, const float *src, size_t n);
    /* out[j] += partials[0][j] + partials[1][j] + ..., rows `stride` floats apart */
    void   (*fold)(float *out, const float *partials, size_t n_partials, size_t stride, size_t n);
    double (*sumsq)(const float *x, size_t n);
    void   (*adamw)(const gr_cpu_update *k, float *p, float *g, float *m, float *v, size_t n); /* zeroes g */
    /* Loss and gradient of one row of logits with a valid label; dx may be NULL. scale: 1 / normaliser */
    double (*xent_row)(const float *x, float *dx, int32_t n, int32_t label, double smoothing, double scale);

    /* out[i] = f(x[i]); for the tests of the elementary functions */
    void (*exp)(float *out, const float *x, size_t n);
    void (*log)(float *out, const float *x, size_t n); /* of positive normal numbers */
    void (*act_fwd)(gr_act act, bool bf16, float *out, const float *x, size_t n);
} gr_cpu_kernels;

enum {
    GR_CPU_PART_K = 384,            /* most terms of a packed part */
    GR_CPU_ROW = GR_CPU_PART_K + 4, /* floats from a row that lay_rows wrote to the next. The 4 more put the elements of one term into
                                       different banks of the cache. Rows that are whole cache lines apart, as most models' are, have
                                       them in one bank, which costs the inner loop about 4 % */
    GR_CPU_PACK_SLACK = 64          /* floats: vectors may be stored beyond the end of a panel */
};

/* Lines of a panel over k terms. */
static inline size_t gr_cpu_lines(const gr_cpu_kernels *kern, bool bf16, size_t k)
{
    return (k + kern->line_terms[bf16] - 1) / kern->line_terms[bf16];
}

/* 16-bit draws for a row of n, rounded up to what one call of the generator makes. */
#define GR_CPU_DRAWS(n) (((size_t)(n) + 127u) / 128u * 128u)

extern const gr_cpu_kernels gr_cpu_plain, gr_cpu_exact, gr_cpu_avx2, gr_cpu_avx512, gr_cpu_avx512bf16;
#endif
