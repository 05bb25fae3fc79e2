/* rows_test.c - a table of which most rows are zero: the norm, AdamW and decay over the rows that are named give the bits that
 * all rows give, on every device, with every set of kernels, on 1, 2 and 3 threads. */
#include "tests/support/test.h"

#include "model/backend/backend.h"
#include "model/backend/cpu/isa.h"

enum { STEPS = 7, ROWS = 331, BEHIND = 4099 };

typedef struct slabs {
    unsigned char *p, *m, *v, *g;
    double         sumsq[STEPS];
} slabs;

static double number(uint32_t i, uint32_t salt)
{
    uint32_t x = i * 2654435761u + salt * 40503u;

    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return (double)(float)((double)(x ^ x >> 16) / 2147483648.0 - 1.0);
}

/* Words of a step: few, some met again, neighbours among them, the last row too. */
static bool touched(uint32_t row, uint32_t step)
{
    return number(row, 100 + step) > 0.9 || (row % 50 < 3 && step % 2) || (row == ROWS - 1 && step == 4);
}

static bool live(uint32_t row, uint32_t step)
{
    for (uint32_t k = 0; k <= step; k++)
        if (touched(row, k)) return true;
    return false;
}

static void put(const gr_backend *op, void *to, size_t i, double x)
{
    if (op->elem == 4) ((float *)to)[i] = (float)x;
    else ((double *)to)[i] = x;
}

typedef struct setting {
    const char *backend, *isa;
    int         threads;
    int32_t     width;
    double      decay;
    bool        named;
} setting;

static void update(const gr_backend *op, gr_ctx *c, const gr_adamw_args *a, const setting *t, gr_segment *seg, uint32_t *bits, double *keep, slabs *out, uint32_t step)
{
    uint32_t seen[(ROWS + 31) / 32] = { 0 }, alive[(ROWS + 31) / 32] = { 0 }, fresh[(ROWS + 31) / 32] = { 0 };

    for (uint32_t r = 0; r < ROWS; r++) {
        seen[r / 32] |= (uint32_t)touched(r, step) << r % 32;
        alive[r / 32] |= (uint32_t)live(r, step) << r % 32;
        fresh[r / 32] |= (uint32_t)(live(r, step) && (step == 0 || !live(r, step - 1))) << r % 32;
    }
    seg[1].rows = t->named ? bits : NULL;
    if (t->named) {
        op->upload(c, bits, fresh, sizeof fresh);
        op->decay_rows(c, &(gr_decay_args){ .param = a->param, .table = &seg[1], .keep = keep, .n = (int32_t)step });
        op->upload(c, bits, seen, sizeof seen);
    }
    op->sumsq(c, a->grad, seg, 3, (double *)(uintptr_t)a->sumsq);
    op->download(c, &out->sumsq[step], a->sumsq, sizeof(double));
    if (t->named) op->upload(c, bits, alive, sizeof alive);
    op->adamw(c, a);
}

/* A segment before, the table, and one behind it; between them nothing may change. */
static void run(slabs *out, const setting *t)
{
    const gr_backend *op = gr_backend_find(t->backend);
    const size_t count = (size_t)ROWS * (size_t)t->width, total = 64 + count + 16 + BEHIND, bytes = total * (size_t)op->elem;
    gr_segment seg[] = { { 16, 33, false, 0, NULL }, { 64, count, true, t->width, NULL }, { 64 + count + 16, BEHIND, true, 0, NULL } };
    unsigned char *host = calloc(1, bytes);
    uint32_t rest[(ROWS + 31) / 32], *bits;
    double *norm, *keep;
    gr_err err = GR_ERR_INIT;
    gr_pool *pool = NULL;
    gr_ctx *c = NULL;
    void *p, *g, *m, *v;

    if (t->isa) assert_int_equal(setenv("GR_CPU_ISA", t->isa, 1), 0);
    assert_ok(gr_pool_open(&pool, t->threads, &err), &err);
    assert_ok(op->open(&c, &(gr_ctx_opts){ .pool = pool }, &err), &err);
    (void)unsetenv("GR_CPU_ISA");
    p = op->alloc(c, bytes);
    g = op->alloc(c, bytes);
    m = op->alloc(c, bytes);
    v = op->alloc(c, bytes);
    norm = op->alloc(c, sizeof *norm);
    keep = op->alloc(c, STEPS * sizeof *keep);
    bits = op->alloc(c, sizeof rest);
    assert_true(host && p && g && m && v && norm && keep && bits);
    for (size_t i = 0; i < total; i++) put(op, host, i, number((uint32_t)i, 1));
    op->upload(c, p, host, bytes);
    for (uint32_t step = 0; step < STEPS; step++) {
        const double lr = 1e-2 / (1.0 + step), k = 1.0 - lr * t->decay;

        memset(host, 0, bytes);
        for (uint32_t i = 0; i < total; i++) {
            const bool in_table = i >= 64 && i < 64 + count, between = i < 16 || (i >= 49 && i < 64) || (i >= 64 + count && i < 80 + count);
            if (between || (in_table && !touched((uint32_t)((i - 64) / (uint32_t)t->width), step))) continue;
            put(op, host, i, 0.01 * number(i, 2 + step));
        }
        op->upload(c, g, host, bytes);
        op->upload(c, keep + step, &k, sizeof k);
        update(op, c, &(gr_adamw_args){ .param = p, .grad = g, .m = m, .v = v, .seg = seg, .n_seg = 3, .lr = lr, .beta1 = 0.9, .beta2 = 0.98,
                                        .eps = 1e-6, .weight_decay = t->decay, .step = (int64_t)step + 1, .max_norm = 0.5, .sumsq = norm },
               t, seg, bits, keep, out, step);
    }
    memset(rest, 0, sizeof rest);
    for (uint32_t r = 0; r < ROWS; r++) rest[r / 32] |= (uint32_t)!live(r, STEPS - 1) << r % 32;
    op->upload(c, bits, rest, sizeof rest);
    seg[1].rows = bits;
    if (t->named) op->decay_rows(c, &(gr_decay_args){ .param = p, .table = &seg[1], .keep = keep, .n = STEPS });
    unsigned char **to[] = { &out->p, &out->m, &out->v, &out->g };
    void *const from[] = { p, m, v, g };
    for (int i = 0; i < 4; i++) {
        *to[i] = calloc(1, bytes);
        assert_non_null(*to[i]);
        op->download(c, *to[i], from[i], bytes);
    }
    assert_ok(op->sync(c, &err), &err);
    op->close(c);
    gr_pool_close(pool);
    free(host);
}

static void drop(slabs *s)
{
    free(s->p);
    free(s->m);
    free(s->v);
    free(s->g);
}

static void same(const setting *all)
{
    const size_t bytes = (64 + (size_t)ROWS * (size_t)all->width + 16 + BEHIND) * (size_t)gr_backend_find(all->backend)->elem;
    setting named = *all;
    slabs want, got;
    char name[96];

    (void)snprintf(name, sizeof name, "%s %s, rows of %d, decay %g", all->backend, all->isa ? all->isa : "", (int)all->width, all->decay);
    run(&want, all);
    for (named.threads = 1; named.threads <= 3; named.threads++) {
        named.named = true;
        run(&got, &named);
        assert_memory_equal(got.sumsq, want.sumsq, sizeof want.sumsq);
        assert_memory_equal(got.m, want.m, bytes);
        assert_memory_equal(got.v, want.v, bytes);
        assert_memory_equal(got.g, want.g, bytes);
        assert_memory_equal(got.p, want.p, bytes);
        drop(&got);
    }
    drop(&want);
    gr_case_pass(name);
}

static void named_rows_same_bits(void **state)
{
    static const int32_t widths[] = { 1, 24, 128, 384 };
    static const double decays[] = { 0.0, 0.1 };
    static const struct { const char *backend, *isa; } devices[] = {
        { "ref", NULL }, { "ref64", NULL }, { "checked-cpu", NULL }, { "cpu", "plain" }, { "cpu", "avx2" }, { "cpu", "avx512" },
        { "cpu", "avx512bf16" },
    };

    (void)state;
    for (size_t d = 0; d < sizeof devices / sizeof *devices; d++) {
        if (devices[d].isa && !gr_cpu_isa_find(devices[d].isa)) {
            gr_case_skip(devices[d].isa, "this processor has not the instructions");
            continue;
        }
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
            for (size_t k = 0; k < 2; k++) same(&(setting){ devices[d].backend, devices[d].isa, 1, widths[w], decays[k], false });
    }
    same(&(setting){ "cpu", NULL, 1, 65600, 0.1, false }); /* a row longer than a task */
    gr_cases_done("named rows against all rows", 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(named_rows_same_bits) };

    return gr_test_main(tests);
}
