/* cpu.h - what the files of the cpu backend share: scratch, the matrix product, the ops. */
#ifndef GR_MODEL_BACKEND_CPU_CPU_H
#define GR_MODEL_BACKEND_CPU_CPU_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/backend/cpu/kernels.h"
#include "model/backend/host.h"

enum {
    GR_CPU_LANE_FLOATS = 512 * 384, /* floats of b that a thread packs at a time: 768 KB, which the second cache holds */
    GR_CPU_LANES = 64,        /* most lanes that a product is cut into (gemm.c)                        */
    GR_CPU_TILE_ROWS = 8,     /* most panels of mr rows in a task of a product                         */
    GR_CPU_HEAD_N = 96,       /* columns of a task of a product by head: whole panels for every instruction set */
    GR_CPU_PARTIALS = 64,     /* most blocks that a sum over rows is cut into                          */
    GR_CPU_RELATIVE_PARTS = 4, /* groups of sequences whose gradients of a disentangled bias are summed apart */
    GR_CPU_SLAB_PARTS = 256   /* parts that a sum over a slab is cut into                              */
};

/* The scratch area of a context, part after part: packed b for each lane; partial sums; an area for each thread; gradients of an
 * attention's bias. All sizes are multiples of 64 bytes. */
typedef struct gr_cpu_scratch {
    float  *packed;
    size_t  packed_floats;    /* of one lane                              */
    float  *partials;         /* GR_CPU_PARTIALS rows                     */
    size_t  partial_floats;   /* of one row                               */
    char   *thread;
    size_t  thread_bytes;     /* of one thread                            */
    float  *relative;
    size_t  relative_floats;
    size_t  total;            /* bytes of all                             */
} gr_cpu_scratch;

/* Where the parts lie in c's scratch, for the shapes that were reserved. */
gr_cpu_scratch gr_cpu_scratch_of(const gr_ctx *c);

/* The area of one thread. */
static inline void *gr_cpu_area(const gr_cpu_scratch *m, int thread) { return m->thread + (size_t)thread * m->thread_bytes; }

static inline const gr_cpu_kernels *gr_cpu_k(const gr_ctx *c) { return (const gr_cpu_kernels *)c->kernels; }

/* Matrix products from a library. `tile` computes rows i .. i + m and columns j .. j + n of c, set or added to, on the calling
 * thread, without bias or activation. */
typedef struct gr_cpu_provider {
    const char *name;
    void (*tile)(const gr_cpu_gemm *g, size_t i, size_t m, size_t j, size_t n);
} gr_cpu_provider;
extern const gr_cpu_provider gr_cpu_openblas;
void gr_cpu_openblas_prepare(void); /* once before first use: OpenBLAS then computes on the calling thread */

/* Compute the product over the pool; `op` is named when it was not reserved. With a library's products g->row_sums is ignored. */
void gr_cpu_gemm_run(gr_ctx *c, const gr_cpu_gemm *g, const char *op);

/* A sum of k terms is computed in parts: terms of each part but the last. */
size_t gr_cpu_part(size_t k);

/* ---- kept.c: weights that are kept packed ---- */

typedef struct gr_cpu_kept gr_cpu_kept;
gr_cpu_kept *gr_cpu_kept_new(void); /* the table of a context; NULL when memory is exhausted */
void         gr_cpu_kept_free(gr_ctx *c);

/* The packed panels of w (n,k). NULL when they are not kept; then w is noted as a weight that may be. */
const float *gr_cpu_kept_panels(gr_ctx *c, const float *w, size_t n, size_t k);
void         gr_cpu_keep_weights(gr_ctx *c, bool keep); /* gr_backend.keep_weights */

/* Floats of the panels of n columns over k terms. */
size_t       gr_cpu_panel_floats(const gr_cpu_kernels *kern, bool bf16, size_t n, size_t k);

/* ---- the gradient of an attention's bias ---- */

/* It is summed in `parts` groups of sequences, and for each group and head in `stride` floats. parts 0: it is not wanted. */
typedef struct gr_cpu_relative { size_t parts, stride; } gr_cpu_relative;
gr_cpu_relative gr_cpu_relative_of(gr_attn_bias bias, size_t n_rows, size_t rel_rows, size_t head_dim);

/* The sums of a group and head, in m->relative. */
static inline float *gr_cpu_relative_sums(const gr_cpu_scratch *m, gr_cpu_relative rel, size_t heads, size_t part, size_t head)
{
    return m->relative + (part * heads + head) * rel.stride;
}

/* drel (rel_rows,heads) += the groups' sums of buckets, group by group. */
void gr_cpu_add_buckets(gr_ctx *c, gr_cpu_relative rel, void *drel, size_t rel_rows, size_t heads);

/* Floats of the packed columns of a task of a product by head. */
static inline size_t gr_cpu_head_floats(void) { return (size_t)GR_CPU_HEAD_N * GR_CPU_PART_K + GR_CPU_PACK_SLACK; }

/* ---- sums over rows: cut into blocks by the number of rows alone, each block with a row of partial sums ---- */

size_t gr_cpu_block_rows(size_t rows);
size_t gr_cpu_blocks(size_t rows);
/* out[j] += sum over the blocks of partials[block][at + j] */
void gr_cpu_fold(gr_ctx *c, float *out, size_t n_blocks, size_t at, size_t n);
/* False, with a failure kept, when a row of so many partial sums was not reserved. */
bool gr_cpu_fits(gr_ctx *c, size_t partial_floats, const char *op);

void gr_cpu_linear_fwd(gr_ctx *c, const gr_linear_args *a);
void gr_cpu_linear_bwd(gr_ctx *c, const gr_linear_args *a);
void gr_cpu_attention_fwd(gr_ctx *c, const gr_attn_args *a);
void gr_cpu_attention_bwd(gr_ctx *c, const gr_attn_args *a);
void gr_cpu_attend_firsts_fwd(gr_ctx *c, const gr_firsts_args *a);
void gr_cpu_attend_firsts_bwd(gr_ctx *c, const gr_firsts_args *a);
void gr_cpu_heads_spread(gr_ctx *c, const gr_heads_args *a);
void gr_cpu_heads_collect(gr_ctx *c, const gr_heads_args *a);
void gr_cpu_heads_grad(gr_ctx *c, const gr_heads_args *a);
void gr_cpu_rotary(gr_ctx *c, const gr_rotary_args *a);
void gr_cpu_gate_fwd(gr_ctx *c, const gr_gate_args *a);
void gr_cpu_gate_bwd(gr_ctx *c, const gr_gate_args *a);
void gr_cpu_embed_fwd(gr_ctx *c, const gr_embed_args *a);
void gr_cpu_embed_bwd(gr_ctx *c, const gr_embed_args *a);
void gr_cpu_add_norm_fwd(gr_ctx *c, const gr_norm_args *a);
void gr_cpu_add_norm_bwd(gr_ctx *c, const gr_norm_args *a);
void gr_cpu_dropout(gr_ctx *c, const gr_drop_args *a);
void gr_cpu_mean_pool_fwd(gr_ctx *c, const gr_pool_args *a);
void gr_cpu_mean_pool_bwd(gr_ctx *c, const gr_pool_args *a);
void gr_cpu_add(gr_ctx *c, void *dst, const void *src, size_t count);
void gr_cpu_softmax_xent(gr_ctx *c, const gr_loss_args *a);
void gr_cpu_sumsq(gr_ctx *c, const void *slab, const gr_segment *seg, size_t n_seg, double *out);
void gr_cpu_adamw(gr_ctx *c, const gr_adamw_args *a);
void gr_cpu_decay_rows(gr_ctx *c, const gr_decay_args *a);
#endif
