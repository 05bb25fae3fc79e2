/* kernels.h - what the cpu backend asks of an instruction set: one table of inner loops, filled five
 * times from the same sources (k_*.inc) over three vector headers (vec_*.h).
 *
 * A kernel works on the rows, the tile or the head that one task owns. It allocates nothing, and its sums run in an
 * order that its arguments alone decide: neither the registers' width nor the tile's size changes a bit. AVX2, AVX-512 and
 * exact (plain C with fmaf) give the same bits; plain differs, since its multiply-adds round twice. */
#ifndef GR_MODEL_BACKEND_CPU_KERNELS_H
#define GR_MODEL_BACKEND_CPU_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/backend/backend.h"

/* c (m,n) = or += a (m,k) b (k,n), then y = act(c + bias). a and b by two strides, so that either may be
 * transposed; c and y have rows of ldc. */
typedef struct gr_cpu_gemm {
    size_t       m, n, k;
    const float *a;
    size_t       a_row, a_col;
    const float *b;
    size_t       b_row, b_col;
    const float *b_panels; /* all of b packed, part by part; NULL: it is packed as it is wanted   */
    float       *c;
    size_t       ldc;
    bool         add;  /* to what c holds                                                  */
    const float *bias; /* (n) or NULL                                                      */
    gr_act       act;
    bool         bf16; /* round a and b to bf16                                            */
    float       *y;    /* act's output; c itself, or another buffer when c (before act) is kept */
    gr_act       x_act;    /* then c *= slope of x_act, as gr_linear_args has it: all three lie as c does */
    float       *x_pre;
    const float *x;
    bool         x_remake;
    float       *row_sums; /* (m) += each row of a over k, as it was before rounding; a's rows lie side by side (a_row 1). NULL: not wanted */
} gr_cpu_gemm;

/* A block of c: rows i.. i + m, columns j.. j + n, over kc terms that are a part of the sum, GR_CPU_PART_K at most. */
typedef struct gr_cpu_block {
    size_t       i, m, j, n, kc;
    const float *pb;          /* packed b of these columns                                                  */
    size_t       n_rows;      /* rows that lay_rows takes where they lie: whole panels, or none             */
    const float *a_rows;      /* those, contiguous in k, from the first term on                             */
    size_t       a_row;       /* from one of them to the next                                               */
    float       *laid;        /* room for mr of them: mr GR_CPU_ROW floats                                  */
    const float *pa;          /* the other rows, packed                                                     */
    bool         first, last; /* parts: the first sets c (unless g->add), behind the last act is applied    */
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

    /* Panels of mr rows (nr columns), k-major, padded with zeros: a (m,k), b (k,n). A panel has gr_cpu_lines(kernels, bf16, k) lines of mr (nr) floats,
     * dst room for the lines of all panels and GR_CPU_PACK_SLACK floats. [1] is for g->bf16: rounded, in the form that gemm_block wants
     * then; of pairs an element is the even term, in its low half, and the odd one, GR_CPU_PART_K terms at most. */
    void (*pack_a[2])(float *dst, const float *a, size_t row, size_t col, size_t m, size_t k);
    void (*pack_b[2])(float *dst, const float *b, size_t row, size_t col, size_t k, size_t n);
    /* Rows of a, contiguous in k, GR_CPU_PART_K terms at most, into dst (m, GR_CPU_ROW) as gemm_block does with a_rows, while those at `next` are fetched
     * (NULL: none). [1] rounds them, and makes them pairs or lets the terms of a pair change places */
    void (*lay_rows[2])(float *dst, const float *a, const float *next, size_t row, size_t m, size_t k);
    void (*gemm_block)(const gr_cpu_gemm *g, const gr_cpu_block *b);
    /* act and x_act's slope alone, on a rectangle of c that is complete */
    void (*epilogue)(const gr_cpu_gemm *g, size_t i, size_t m, size_t j, size_t n);

    /* dy *= act' for n numbers, from pre, or from y where pre is NULL; with `remake` pre becomes act(pre) */
    void (*act_bwd)(gr_act act, float *dy, float *pre, const float *y, bool remake, size_t n);
    /* out[j] += x[0][j] + x[1][j] + ..., rows `row` apart: one chain of additions a column */
    void (*column_sums)(float *out, const float *x, size_t row, size_t rows, size_t n);
    /* Tokens t0.. t1. draws: room for GR_CPU_DRAWS(hidden). partial: dgain (hidden) then dbias (hidden), set. */
    void (*embed_fwd)(const gr_embed_args *a, int32_t t0, int32_t t1, uint16_t *draws);
    void (*embed_bwd)(const gr_embed_args *a, int32_t t0, int32_t t1, float *partial, uint16_t *draws);
    void (*add_norm_fwd)(const gr_norm_args *a, int32_t t0, int32_t t1, uint16_t *draws);
    void (*add_norm_bwd)(const gr_norm_args *a, int32_t t0, int32_t t1, float *partial, uint16_t *draws);
    void (*dropout)(const gr_drop_args *a, int32_t r0, int32_t r1, uint16_t *draws);
    void (*rotary)(const gr_rotary_args *a, int32_t t0, int32_t t1);
    void (*gate_fwd)(const gr_gate_args *a, int32_t r0, int32_t r1);
    void (*gate_bwd)(const gr_gate_args *a, int32_t r0, int32_t r1);

    /* One sequence, one head; scratch of attention_scratch(len, hidden / heads, bias) floats. The gradient of the bias is added to
     * `sums`, when it is wanted: (rel_rows) of buckets; (rel_rows, hidden / heads) of rel_keys, then of rel_queries. */
    size_t (*attention_scratch)(size_t len, size_t head_dim, gr_attn_bias bias);
    void (*attention_fwd)(const gr_attn_args *a, int32_t row, int32_t head, float *scratch);
    void (*attention_bwd)(const gr_attn_args *a, int32_t row, int32_t head, float *scratch, float *sums);

    /* One sequence, all heads; scratch of firsts_scratch(len, hidden, heads) floats. The gradient of the bias is added to `sums`, when it is wanted:
     * (heads) rows of rel_rows, `stride` apart. */
    size_t (*firsts_scratch)(size_t len, size_t hidden, size_t heads);
    void (*firsts_fwd)(const gr_firsts_args *a, int32_t row, float *scratch);
    void (*firsts_bwd)(const gr_firsts_args *a, int32_t row, float *scratch, float *sums, size_t stride);

    void   (*add)(float *dst, const float *src, size_t n);
    /* out[j] += partials[0][j] + partials[1][j] + ..., rows `stride` apart */
    void   (*fold)(float *out, const float *partials, size_t n_partials, size_t stride, size_t n);
    double (*sumsq)(const float *x, size_t n);
    void   (*adamw)(const gr_cpu_update *k, float *p, float *g, float *m, float *v, size_t n); /* zeroes g */
    /* Loss and gradient of one row of logits with a valid label; dx may be NULL. scale: 1 / normaliser */
    double (*xent_row)(const float *x, float *dx, int32_t n, int32_t label, double smoothing, double scale);

    /* out[i] = f(x[i]); for the tests of the elementary functions */
    void (*exp)(float *out, const float *x, size_t n);
    void (*log)(float *out, const float *x, size_t n); /* of positive normal numbers */
    void (*act_fwd)(gr_act act, float *out, const float *x, size_t n);
} gr_cpu_kernels;

enum {
    GR_CPU_PART_K = 384,            /* terms of one packed part, at most */
    GR_CPU_ROW = GR_CPU_PART_K + 4, /* floats from a row that was laid to the next: a term's elements in neighbouring rows then lie in different banks of
                                       the cache. Rows that are whole lines apart, as those of most models, have them in one: 0.96 of the loop */
    GR_CPU_PACK_SLACK = 64
};

/* Lines of a panel of k terms */
static inline size_t gr_cpu_lines(const gr_cpu_kernels *kern, bool bf16, size_t k)
{
    return (k + kern->line_terms[bf16] - 1) / kern->line_terms[bf16];
}

/* 16-bit draws of a row of n, rounded up to what one call of the generator makes */
#define GR_CPU_DRAWS(n) (((size_t)(n) + 127u) / 128u * 128u)

extern const gr_cpu_kernels gr_cpu_plain, gr_cpu_exact, gr_cpu_avx2, gr_cpu_avx512, gr_cpu_avx512bf16;
#endif
