/* cpu_lanes_test.c - products that threads share out: the bits of one thread, whatever the number of threads and the shape of their
 * lanes, with more threads than processors, so that threads come late to tasks that others have begun. Sentinels behind each result. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>

#include "base/pool.h"
#include "model/backend/backend.h"

enum { GUARD = 16 };

typedef struct shape { int32_t rows, in, out; } shape;

/* Rows and columns that make one lane, fewer lanes than threads, lanes of both kinds; sums of one part and of several; the last: runs of columns */
static const shape shapes[] = { { 1, 1, 1 }, { 8, 48, 2 }, { 3, 400, 96 }, { 40, 384, 49 }, { 430, 96, 384 }, { 33, 1000, 600 }, { 72, 384, 1600 } };
static const int   counts[] = { 2, 3, 4, 5, 8, 70 };

typedef struct result { float *y, *dx, *dw, *dbias; size_t n[4]; } result;

static float *numbers(size_t n, uint32_t seed)
{
    float *x = malloc((n + GUARD) * sizeof *x);

    assert_non_null(x);
    for (size_t i = 0; i < n + GUARD; i++) x[i] = (float)((i + seed) * 2654435761u % 20011u) / 10007.0f - 1.0f;
    return x;
}

static void *on(gr_ctx *c, const float *x, size_t n)
{
    void *d = gr_backend_find("cpu")->alloc(c, (n + GUARD) * sizeof *x);

    assert_non_null(d);
    gr_backend_find("cpu")->upload(c, d, x, (n + GUARD) * sizeof *x);
    return d;
}

static float *back(gr_ctx *c, const void *d, size_t n)
{
    float *x = malloc((n + GUARD) * sizeof *x);

    assert_non_null(x);
    gr_backend_find("cpu")->download(c, x, d, (n + GUARD) * sizeof *x);
    return x;
}

/* Forward and backward of one linear layer on `threads` threads */
static result linear(const shape *s, int threads, gr_precision precision)
{
    const gr_backend *op = gr_backend_find("cpu");
    const size_t R = (size_t)s->rows, K = (size_t)s->in, N = (size_t)s->out, size[] = { R * K, N * K, R * N, R * N, R * K, N * K, N };
    gr_err err = GR_ERR_INIT;
    gr_pool *pool = NULL;
    gr_ctx *c = NULL;
    void *d[7];
    result out = { .n = { R * N, R * K, N * K, N } };

    assert_ok(gr_pool_open(&pool, threads, &err), &err);
    assert_ok(op->open(&c, &(gr_ctx_opts){ .pool = pool, .precision = precision }, &err), &err);
    op->reserve(c, &(gr_capacity){ .tokens = s->rows, .rows = s->rows, .max_len = 1, .width = s->in > s->out ? s->in : s->out, .hidden = 1, .heads = 1 });
    for (int i = 0; i < 7; i++) {
        float *x = numbers(size[i], (uint32_t)i * 977u);

        d[i] = on(c, x, size[i]);
        free(x);
    }
    op->linear_fwd(c, &(gr_linear_args){ .rows = s->rows, .in = s->in, .out = s->out, .x = d[0], .w = d[1], .y = d[2] });
    op->linear_bwd(c, &(gr_linear_args){ .rows = s->rows, .in = s->in, .out = s->out, .x = d[0], .w = d[1], .dy = d[3], .dx = d[4], .dw = d[5],
                                           .dbias = d[6] });
    assert_ok(op->sync(c, &err), &err);
    out.y = back(c, d[2], size[2]);
    out.dx = back(c, d[4], size[4]);
    out.dw = back(c, d[5], size[5]);
    out.dbias = back(c, d[6], size[6]);
    for (int i = 0; i < 7; i++) op->release(c, d[i]);
    op->close(c);
    gr_pool_close(pool);
    return out;
}

static void drop(result *r)
{
    free(r->y);
    free(r->dx);
    free(r->dw);
    free(r->dbias);
}

/* Behind the n numbers of array `which` lies what `linear` put there. */
static void guarded(const float *x, size_t n, uint32_t which)
{
    float *before = numbers(n, which * 977u);

    assert_memory_equal(x + n, before + n, GUARD * sizeof *x);
    free(before);
}

static void check(const result *got, const result *want)
{
    assert_memory_equal(got->y, want->y, want->n[0] * sizeof(float));
    assert_memory_equal(got->dx, want->dx, want->n[1] * sizeof(float));
    assert_memory_equal(got->dw, want->dw, want->n[2] * sizeof(float));
    assert_memory_equal(got->dbias, want->dbias, want->n[3] * sizeof(float));
    guarded(got->y, got->n[0], 2);
    guarded(got->dx, got->n[1], 4);
    guarded(got->dw, got->n[2], 5);
    guarded(got->dbias, got->n[3], 6);
}

static void sweep(gr_precision precision)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        result one = linear(&shapes[i], 1, precision);

        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            result many = linear(&shapes[i], counts[k], precision);

            check(&many, &one);
            drop(&many);
        }
        drop(&one);
    }
}

static void floats(void **state)
{
    (void)state;
    sweep(GR_PRECISION_F32);
}

static void bf16(void **state)
{
    (void)state;
    sweep(GR_PRECISION_BF16);
}

/* One thread against a sum in double, so that what all agree on is the product */
static void is_the_product(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const shape *s = &shapes[i];
        const size_t K = (size_t)s->in, N = (size_t)s->out;
        result one = linear(s, 1, GR_PRECISION_F32);
        float *x = numbers((size_t)s->rows * K, 0), *w = numbers(N * K, 977u);

        for (size_t at = 0; at < one.n[0]; at += 1 + at / 7) {
            double sum = 0.0, most = 0.0;

            for (size_t k = 0; k < K; k++) {
                const double t = (double)x[at / N * K + k] * (double)w[at % N * K + k];
                sum += t;
                most += t < 0.0 ? -t : t;
            }
            assert_true(fabs((double)one.y[at] - sum) <= (double)(K + 2) * 0x1p-24 * most);
        }
        free(x);
        free(w);
        drop(&one);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(floats), cmocka_unit_test(bf16), cmocka_unit_test(is_the_product) };
    return gr_test_main(tests);
}
