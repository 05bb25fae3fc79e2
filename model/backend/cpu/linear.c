/* linear.c - y = act(x w^T + b) and its backward: three matrix products. The slope of the activation that made x and the
 * gradient of the bias are computed within them. */
#include "model/backend/cpu/cpu.h"

typedef struct linear_job {
    gr_ctx               *c;
    const gr_linear_args *a;
} linear_job;

void gr_cpu_linear_fwd(gr_ctx *c, const gr_linear_args *a)
{
    const size_t K = (size_t)a->in, N = (size_t)a->out;
    const gr_cpu_gemm g = {
        .m = (size_t)a->rows, .n = N, .k = K,
        .a = a->x, .a_row = K, .a_col = 1,
        .b = a->w, .b_row = 1, .b_col = K, /* w^T */ .b_panels = gr_cpu_kept_panels(c, a->w, N, K),
        .c = a->pre && a->act != GR_ACT_NONE ? a->pre : a->y, .ldc = N,
        .bias = a->bias, .act = a->act, .bf16 = c->bf16, .y = a->y,
    };

    gr_cpu_gemm_run(c, &g, "linear_fwd");
}

/* ---- backward through act: dy *= slope ---- */

enum { ROWS = 16, COLUMNS = 128 };

static void slope_task(void *arg, size_t task, int thread)
{
    const linear_job     *j = arg;
    const gr_linear_args *a = j->a;
    const size_t N = (size_t)a->out, at = task * ROWS * N, end = (size_t)a->rows * N, n = end - at < ROWS * N ? end - at : ROWS * N;

    (void)thread;
    gr_cpu_k(j->c)->act_bwd(a->act, j->c->bf16, (float *)a->dy + at, a->pre ? (float *)a->pre + at : NULL, (const float *)a->y + at, false, n);
}

/* ---- the gradient of the bias when no product of ours passes over dy: the same sums, part by part ---- */

static void bias_task(void *arg, size_t task, int thread)
{
    const linear_job *j = arg;
    const size_t N = (size_t)j->a->out, R = (size_t)j->a->rows, from = task * COLUMNS, part = gr_cpu_part(R);

    (void)thread;
    for (size_t r = 0; r < R; r += part)
        gr_cpu_k(j->c)->column_sums((float *)j->a->dbias + from, (const float *)j->a->dy + r * N + from, N, R - r < part ? R - r : part,
                                    N - from < COLUMNS ? N - from : COLUMNS);
}

void gr_cpu_linear_bwd(gr_ctx *c, const gr_linear_args *a)
{
    const size_t R = (size_t)a->rows, K = (size_t)a->in, N = (size_t)a->out;
    const bool bias_with_dw = a->dw && !c->provider;
    const gr_cpu_gemm dx = {
        .m = R, .n = K, .k = N,
        .a = a->dy, .a_row = N, .a_col = 1,
        .b = a->w, .b_row = K, .b_col = 1,
        .c = a->dx, .ldc = K, .add = a->dx_add, .bf16 = c->bf16, .y = a->dx,
        .x_act = a->x_act, .x_pre = a->x_pre, .x = a->x, .x_remake = a->x_remake,
    };
    const gr_cpu_gemm dw = {
        .m = N, .n = K, .k = R,
        .a = a->dy, .a_row = 1, .a_col = N, /* dy^T */
        .b = a->x, .b_row = K, .b_col = 1,
        .c = a->dw, .ldc = K, .add = true, .bf16 = c->bf16, .y = a->dw,
        .row_sums = bias_with_dw ? a->dbias : NULL,
    };
    linear_job j = { c, a };

    if (R == 0) return;
    if (a->act != GR_ACT_NONE) gr_pool_run(c->pool, (R + ROWS - 1) / ROWS, slope_task, &j);
    if (a->dx) gr_cpu_gemm_run(c, &dx, "linear_bwd");
    if (a->dw) gr_cpu_gemm_run(c, &dw, "linear_bwd");
    if (a->dbias && !bias_with_dw) gr_pool_run(c->pool, (N + COLUMNS - 1) / COLUMNS, bias_task, &j);
}
