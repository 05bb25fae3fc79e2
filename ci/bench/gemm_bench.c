/* gemm_bench.c - matrix products of an encoder's shapes in GFLOP/s: our kernels against OpenBLAS.
 *
 *   gemm_bench [TOKENS [HIDDEN [INTER [THREADS]]]]      defaults 864 384 1536 1
 *
 * Prints the best of several runs for forward (x w^T), dx (dy w) and dw (dy^T x) of the four products of a
 * layer. Environment: GR_CPU_ISA forces a set of kernels. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/progress.h"
#include "model/backend/backend.h"

typedef struct shape { const char *name; int32_t in, out; gr_act act; } shape;

/* A device buffer of n drawn values; NULL when memory is exhausted, and then *ok is false. */
static void *filled(const gr_backend *op, gr_ctx *c, size_t n, bool *ok)
{
    float *host = malloc(n * sizeof *host), *dev = op->alloc(c, n * sizeof *host);
    uint32_t x = 12345;

    if (!host || !dev) {
        free(host);
        *ok = false;
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        host[i] = (float)(x >> 8) / 16777216.0f - 0.5f;
    }
    op->upload(c, dev, host, n * sizeof *host);
    free(host);
    return dev;
}

typedef void (*op_fn)(gr_ctx *, const gr_linear_args *);

static double best_seconds(gr_ctx *c, op_fn fn, const gr_linear_args *a)
{
    double best = 1e9, spent = 0.0;

    for (int i = 0; i < 200 && (i < 5 || spent < 0.4); i++) {
        const double t = gr_clock_seconds();
        double s;

        fn(c, a);
        s = gr_clock_seconds() - t;
        spent += s;
        if (s < best) best = s;
    }
    return best;
}

static bool measure(const gr_backend *op, gr_pool *pool, const char *gemm, const shape *s, int32_t rows)
{
    const gr_ctx_opts o = { .pool = pool };
    const size_t R = (size_t)rows, K = (size_t)s->in, N = (size_t)s->out;
    const double flop = 2.0 * (double)R * (double)K * (double)N / 1e9;
    gr_linear_args a = { .rows = rows, .in = s->in, .out = s->out, .act = s->act };
    double fwd, dx, dw, all;
    void *grad_x, *grad_w, *grad_b;
    bool ok = true;
    gr_ctx *c;
    gr_err err = GR_ERR_INIT;

    if (setenv("GR_CPU_GEMM", gemm, 1) != 0 || op->open(&c, &o, &err) != GR_OK) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return false;
    }
    op->reserve(c, &(gr_capacity){ .tokens = rows, .rows = rows, .max_len = 1, .width = s->in > s->out ? s->in : s->out, .hidden = 1, .heads = 1 });
    a.x = filled(op, c, R * K, &ok);
    a.w = filled(op, c, N * K, &ok);
    a.bias = filled(op, c, N, &ok);
    a.y = filled(op, c, R * N, &ok);
    a.pre = filled(op, c, R * N, &ok);
    a.dy = filled(op, c, R * N, &ok);
    grad_x = filled(op, c, R * K, &ok);
    grad_w = filled(op, c, N * K, &ok);
    grad_b = filled(op, c, N, &ok);
    if (!ok) {
        (void)fprintf(stderr, "gemm_bench: out of memory\n");
        op->close(c);
        return false;
    }
    fwd = best_seconds(c, op->linear_fwd, &a);
    a.act = GR_ACT_NONE; /* dx and dw alone: no slope, no bias */
    a.dx = grad_x;
    dx = best_seconds(c, op->linear_bwd, &a);
    a.dx = NULL;
    a.dw = grad_w;
    dw = best_seconds(c, op->linear_bwd, &a);
    a.act = s->act;
    a.dx = grad_x;
    a.dbias = grad_b;
    all = best_seconds(c, op->linear_bwd, &a);
    printf("%-9s %-9s %5d x %5d x %5d  fwd %7.1f  dx %7.1f  dw %7.1f  whole backward %7.1f GFLOP/s\n", gemm, s->name, rows,
           s->in, s->out, flop / fwd, flop / dx, flop / dw, 2.0 * flop / all);
    op->close(c);
    return true;
}

int main(int argc, char **argv)
{
    const int32_t rows = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : 864;
    const int32_t H = argc > 2 ? (int32_t)strtol(argv[2], NULL, 10) : 384;
    const int32_t F = argc > 3 ? (int32_t)strtol(argv[3], NULL, 10) : 1536;
    const int threads = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 1;
    const shape shapes[] = { { "qkv", H, 3 * H, GR_ACT_NONE }, { "attn out", H, H, GR_ACT_NONE },
                             { "up gelu", H, F, GR_ACT_GELU }, { "down", F, H, GR_ACT_NONE } };
    const gr_backend *op = gr_backend_find("cpu");
    gr_pool *pool = NULL;
    gr_err err = GR_ERR_INIT;
    bool ok = true;

    if (!op || gr_pool_open(&pool, threads, &err) != GR_OK) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    for (size_t i = 0; ok && i < sizeof shapes / sizeof *shapes; i++)
        ok = measure(op, pool, "own", &shapes[i], rows) && measure(op, pool, "openblas", &shapes[i], rows);
    gr_pool_close(pool);
    return ok ? 0 : 1;
}
