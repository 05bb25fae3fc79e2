/* linear.c - y = act(x w^T + b): three products, and the slope of act with the bias's gradient in one pass. */
#include "model/backend/cpu/cpu.h"

void gr_cpu_linear_fwd(gr_ctx *c, const gr_linear_args *a)
{
    const size_t K = (size_t)a->in, N = (size_t)a->out;
    const gr_cpu_gemm g = {
        .m = (size_t)a->rows, .n = N, .k = K,
        .a = a->x, .a_row = K, .a_col = 1,
        .b = a->w, .b_row = 1, .b_col = K, /* w^T */
        .c = a->pre && a->act != GR_ACT_NONE ? a->pre : a->y, .ldc = N,
        .bias = a->bias, .act = a->act, .bf16 = c->bf16, .y = a->y,
    };

    gr_cpu_gemm_run(c, &g, "linear_fwd");
}

typedef struct slope_job {
    gr_ctx               *c;
    const gr_linear_args *a;
    gr_cpu_scratch        mem;
    size_t                block;
} slope_job;

static void slope_task(void *arg, size_t task, int thread)
{
    const slope_job *j = arg;
    const size_t r0 = task * j->block, rows = (size_t)j->a->rows, r1 = r0 + j->block < rows ? r0 + j->block : rows;

    (void)thread;
    gr_cpu_k(j->c)->act_bwd(j->a, (int32_t)r0, (int32_t)r1,
                            j->a->dbias ? j->mem.partials + task * j->mem.partial_floats : NULL);
}

/* dy becomes the gradient before act; dbias takes its column sums */
static void slope_and_bias(gr_ctx *c, const gr_linear_args *a)
{
    const size_t rows = (size_t)a->rows, blocks = gr_cpu_blocks(rows);
    slope_job j = { .c = c, .a = a, .mem = gr_cpu_scratch_of(c), .block = gr_cpu_block_rows(rows) };

    if (a->act == GR_ACT_NONE && !a->dbias) return;
    if (!gr_cpu_fits(c, (size_t)a->out, "linear_bwd")) return;
    gr_pool_run(c->pool, blocks, slope_task, &j);
    if (a->dbias) gr_cpu_fold(c, a->dbias, blocks, 0, (size_t)a->out);
}

void gr_cpu_linear_bwd(gr_ctx *c, const gr_linear_args *a)
{
    const size_t R = (size_t)a->rows, K = (size_t)a->in, N = (size_t)a->out;
    const gr_cpu_gemm dx = {
        .m = R, .n = K, .k = N,
        .a = a->dy, .a_row = N, .a_col = 1,
        .b = a->w, .b_row = K, .b_col = 1,
        .c = a->dx, .ldc = K, .add = a->dx_add, .bf16 = c->bf16, .y = a->dx,
    };
    const gr_cpu_gemm dw = {
        .m = N, .n = K, .k = R,
        .a = a->dy, .a_row = 1, .a_col = N, /* dy^T */
        .b = a->x, .b_row = K, .b_col = 1,
        .c = a->dw, .ldc = K, .add = true, .bf16 = c->bf16, .y = a->dw,
    };

    if (R == 0) return;
    slope_and_bias(c, a);
    if (a->dx) gr_cpu_gemm_run(c, &dx, "linear_bwd");
    if (a->dw) gr_cpu_gemm_run(c, &dw, "linear_bwd");
}
