/* cpu.h - what the files of the cpu backend share: scratch, the matrix product, the ops. */
#ifndef GR_MODEL_BACKEND_CPU_CPU_H
#define GR_MODEL_BACKEND_CPU_CPU_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/backend/cpu/kernels.h"
#include "model/backend/host.h"

enum {
    GR_CPU_LANE_FLOATS = 512 * 384, /* of b that are packed at a time: they lie in the second cache  */
    GR_CPU_LANES = 64,        /* parts that threads cut a product into, at most                    */
    GR_CPU_TILE_ROWS = 8,     /* rows of a task, in panels of mr, at most                          */
    GR_CPU_HEAD_N = 96,       /* columns of a task of a product by head: whole panels of any set of kernels */
    GR_CPU_PARTIALS = 64,     /* blocks that a sum over rows is cut into, at most                  */
    GR_CPU_RELATIVE_PARTS = 4, /* groups of sequences whose gradients of a disentangled bias are summed apart */
    GR_CPU_SLAB_PARTS = 256   /* parts that a sum over a slab is cut into                          */
};

/* The scratch area: packed b, an area a thread, partial sums, one more area a thread, then the bias's. Bytes, multiples of 64. */
typedef struct gr_cpu_scratch {
    float  *packed;
    size_t  packed_floats;    /* of one thread */
    float  *partials;
    size_t  partial_floats;   /* of one block */
    char   *thread;
    size_t  thread_bytes;
    float  *relative;         /* partial gradients of an attention's bias */
    size_t  relative_floats;
    size_t  total;
} gr_cpu_scratch;

/* Where the parts lie in c's scratch for the reserved shape. */
gr_cpu_scratch gr_cpu_scratch_of(const gr_ctx *c);

static inline const gr_cpu_kernels *gr_cpu_k(const gr_ctx *c) { return (const gr_cpu_kernels *)c->kernels; }

/* A matrix product from a library, for one tile on the calling thread: c tile = or += a b, no bias or act. */
typedef struct gr_cpu_provider {
    const char *name;
    void (*tile)(const gr_cpu_gemm *g, size_t i, size_t m, size_t j, size_t n);
} gr_cpu_provider;
extern const gr_cpu_provider gr_cpu_openblas;
void gr_cpu_openblas_prepare(void); /* one thread a call; once before first use */

/* With a provider g->row_sums is not looked at. */
void gr_cpu_gemm_run(gr_ctx *c, const gr_cpu_gemm *g, const char *op);
size_t gr_cpu_part(size_t k); /* terms of each part of a sum of k but the last */

/* kept.c: the table of a context's weights (NULL: no memory); the panels of one, or NULL where it is not kept, and then it is noted as one that may be;
 * those of n columns over k terms, in floats. */
typedef struct gr_cpu_kept gr_cpu_kept;
gr_cpu_kept *gr_cpu_kept_new(void);
void         gr_cpu_kept_free(gr_ctx *c);
const float *gr_cpu_kept_panels(gr_ctx *c, const float *w, size_t n, size_t k);
void         gr_cpu_keep_weights(gr_ctx *c, bool keep);
size_t       gr_cpu_panel_floats(const gr_cpu_kernels *kern, bool bf16, size_t n, size_t k);

/* How the gradient of an attention's bias is summed: (row of groups, head) each have `stride` floats. parts 0: not wanted. */
typedef struct gr_cpu_relative { size_t parts, stride; } gr_cpu_relative;
gr_cpu_relative gr_cpu_relative_of(gr_attn_bias bias, size_t n_rows, size_t rel_rows, size_t head_dim);

/* Packed columns of a task of a product by head */
static inline size_t gr_cpu_head_floats(void) { return (size_t)GR_CPU_HEAD_N * GR_CPU_PART_K + GR_CPU_PACK_SLACK; }

/* A sum over rows is cut into blocks by the number of rows alone. */
size_t gr_cpu_block_rows(size_t rows);
size_t gr_cpu_blocks(size_t rows);
/* out[j] += sum over the blocks of partials[block][at + j] */
void gr_cpu_fold(gr_ctx *c, float *out, size_t n_blocks, size_t at, size_t n);
/* False, and a failure kept, when a row of partial sums does not fit what was reserved. */
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
