/* slab_test.c - passes over slabs: addition, the norm, AdamW over many steps, the search for NaN; the float
 * backends against ref64, with every set of kernels and 1, 2 and 3 threads; the same bits on all but plain kernels that were
 * not asked to be deterministic. */
#include "tests/support/test.h"

#include <float.h>
#include <math.h>

#include "model/backend/backend.h"
#include "model/backend/cpu/isa.h"

enum { TOTAL = 170000, STEPS = 5 };

/* Gaps between segments must stay as they are; 1, a prime, and more than one chunk. */
static const gr_segment segments[] = { { 16, 1, true, 0, NULL }, { 32, 127, false, 0, NULL }, { 176, 40009, true, 0, NULL },
                                       { 40192, 29000, false, 0, NULL }, { 69200, 100003, true, 0, NULL } };
enum { N_SEGMENTS = sizeof segments / sizeof *segments };

typedef struct state {
    double p[TOTAL], m[TOTAL], v[TOTAL], g[TOTAL], sumsq[STEPS];
} state;

static double number(uint32_t i, uint32_t salt)
{
    uint32_t x = i * 2654435761u + salt * 40503u;

    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return (double)(float)((double)(x ^ x >> 16) / 2147483648.0 - 1.0);
}

/* Gradients of word rows: a third of the runs of 100 is never seen, a third once, then stands still with its moments; and in
 * the decaying segment a zero gradient still decays. */
static bool idle(uint32_t i, uint32_t salt)
{
    const uint32_t run = i / 100 % 3;

    return salt >= 2 && (run == 0 || (run == 1 && salt != 3));
}

static void send(const gr_backend *op, gr_ctx *c, void *dev, uint32_t salt, double scale)
{
    void *host = calloc(TOTAL, sizeof(double));

    assert_non_null(host);
    for (uint32_t i = 0; i < TOTAL; i++) {
        const double x = idle(i, salt) ? 0.0 : (double)(float)(scale * number(i, salt));
        if (op->elem == 4) ((float *)host)[i] = (float)x;
        else ((double *)host)[i] = x;
    }
    op->upload(c, dev, host, TOTAL * (size_t)op->elem);
    free(host);
}

static void fetch(const gr_backend *op, gr_ctx *c, double *out, const void *dev)
{
    float *host = calloc(TOTAL, sizeof *host);

    assert_non_null(host);
    if (op->elem == 8) {
        op->download(c, out, dev, TOTAL * sizeof *out);
    } else {
        op->download(c, host, dev, TOTAL * sizeof *host);
        for (size_t i = 0; i < TOTAL; i++) out[i] = (double)host[i];
    }
    free(host);
}

static void train(state *out, const char *backend, const char *isa, int threads, bool deterministic)
{
    const gr_backend *op = gr_backend_find(backend);
    gr_err err = GR_ERR_INIT;
    gr_pool *pool = NULL;
    gr_ctx *c = NULL;
    void *p, *g, *m, *v;
    double *norm;

    if (isa) assert_int_equal(setenv("GR_CPU_ISA", isa, 1), 0);
    assert_ok(gr_pool_open(&pool, threads, &err), &err);
    assert_ok(op->open(&c, &(gr_ctx_opts){ .pool = pool, .deterministic = deterministic }, &err), &err);
    (void)unsetenv("GR_CPU_ISA");
    p = op->alloc(c, TOTAL * (size_t)op->elem);
    g = op->alloc(c, TOTAL * (size_t)op->elem);
    m = op->alloc(c, TOTAL * (size_t)op->elem);
    v = op->alloc(c, TOTAL * (size_t)op->elem);
    norm = op->alloc(c, sizeof *norm);
    assert_true(p && g && m && v && norm);
    send(op, c, p, 1, 1.0);
    for (uint32_t t = 0; t < STEPS; t++) {
        send(op, c, g, 2 + t, 0.01);
        op->add(c, g, g, TOTAL);
        op->sumsq(c, g, segments, N_SEGMENTS, norm);
        op->download(c, &out->sumsq[t], norm, sizeof *norm);
        op->adamw(c, &(gr_adamw_args){ .param = p, .grad = g, .m = m, .v = v, .seg = segments, .n_seg = N_SEGMENTS, .lr = 1e-3,
                                       .beta1 = 0.9, .beta2 = 0.98, .eps = 1e-6, .weight_decay = 0.01, .step = (int64_t)t + 1,
                                       .max_norm = 1.0, .sumsq = norm });
    }
    fetch(op, c, out->p, p);
    fetch(op, c, out->m, m);
    fetch(op, c, out->v, v);
    fetch(op, c, out->g, g);
    assert_ok(op->sync(c, &err), &err);
    op->close(c);
    gr_pool_close(pool);
}

static void compare(const char *name, const state *got, const state *want)
{
    const double u = 0.5 * FLT_EPSILON;

    for (size_t t = 0; t < STEPS; t++) /* squares of floats add up in double */
        if (fabs(got->sumsq[t] - want->sumsq[t]) > 1e-12 * want->sumsq[t])
            gr_case_fail(name, "sumsq of step %zu: %.17g, want %.17g\n", t + 1, got->sumsq[t], want->sumsq[t]);
    for (size_t i = 0; i < TOTAL; i++) {
        /* a step is at most lr / (1 - beta1) long and made of ten roundings; p itself is rounded twice where there is no fused multiply-add */
        const double tol = STEPS * (2.0 * u * fabs(want->p[i]) + 10.0 * u * 1e-2);

        if (fabs(got->p[i] - want->p[i]) <= tol && fabs(got->m[i] - want->m[i]) <= 1e-7 * 1.0 && got->g[i] == want->g[i]) continue;
        gr_case_fail(name, "[%zu]: p %.9g want %.9g, m %.9g want %.9g, g %.9g want %.9g\n", i, got->p[i], want->p[i], got->m[i], want->m[i], got->g[i], want->g[i]);
        return;
    }
    gr_case_pass(name);
}

static void training_steps(void **unused)
{
    static const char *const isa[] = { "plain", "plain", "avx2", "avx512", "avx512bf16" };
    state *want = calloc(1, sizeof *want), *got = calloc(1, sizeof *got), *again = calloc(1, sizeof *again), *exact = calloc(1, sizeof *exact);

    (void)unused;
    assert_true(want && got && again && exact);
    train(want, "ref64", NULL, 1, false);
    train(got, "ref", NULL, 1, false);
    compare("ref", got, want);
    for (size_t i = 0; i < sizeof isa / sizeof *isa; i++) {
        if (!gr_cpu_isa_find(isa[i])) {
            gr_case_skip(isa[i], "this processor has not the instructions");
            continue;
        }
        train(got, "cpu", isa[i], 1, i > 0);
        compare(isa[i], got, want);
        for (int threads = 2; threads <= 3; threads++) {
            train(again, "cpu", isa[i], threads, i > 0);
            assert_memory_equal(again, got, sizeof *got);
        }
        if (i == 1) *exact = *got;
        if (i > 0) assert_memory_equal(got, exact, sizeof *got);
        if (i < 2) continue;
        train(again, "cpu", isa[i], 1, false); /* deterministic is what vectors are anyway */
        assert_memory_equal(again, exact, sizeof *exact);
    }
    free(want);
    free(got);
    free(again);
    free(exact);
    gr_cases_done("AdamW against ref64", 3);
}

static void nonfinite_is_found(void **unused)
{
    static const char *const names[] = { "cpu", "ref", "ref64" };

    (void)unused;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const gr_backend *op = gr_backend_find(names[i]);
        const size_t n = 1001;
        gr_err err = GR_ERR_INIT;
        gr_ctx *c = NULL;
        char *x;
        int32_t *flag, found = 0;
        const float f = INFINITY;
        const double d = NAN;

        assert_ok(op->open(&c, &(gr_ctx_opts){ .pool = NULL }, &err), &err);
        x = op->alloc(c, n * (size_t)op->elem);
        flag = op->alloc(c, sizeof *flag);
        assert_true(x && flag);
        op->find_nonfinite(c, x, n, flag);
        op->download(c, &found, flag, sizeof found);
        assert_int_equal(found, 0);
        op->upload(c, x + (n - 1) * (size_t)op->elem, op->elem == 4 ? (const void *)&f : &d, (size_t)op->elem);
        op->find_nonfinite(c, x, n, flag);
        op->download(c, &found, flag, sizeof found);
        assert_int_equal(found, 1);
        op->close(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(training_steps), cmocka_unit_test(nonfinite_is_found) };

    return gr_test_main(tests);
}
