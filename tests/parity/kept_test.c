/* kept_test.c - linear layers whose weights are kept packed give the bits that they give otherwise, with every set of kernels, in float and in
 * bf16, on 1, 2 and 3 threads; what is kept is used until it is forgotten, and then no more. */
#include "tests/support/test.h"

#include "model/backend/backend.h"
#include "model/backend/cpu/isa.h"

typedef struct shape { int32_t rows, out, in; } shape;

/* Parts of 384 terms, one with an odd last term; fewer columns than a panel, whole panels, columns beyond; more columns than a run. */
static const shape shapes[] = { { 1, 2, 33 }, { 5, 70, 385 }, { 40, 96, 770 }, { 200, 101, 1155 }, { 29, 2053, 24 }, { 33, 1100, 385 } };

enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct setting { const char *backend, *isa; gr_precision precision; int threads; } setting;

static double number(size_t i, uint32_t salt)
{
    uint32_t x = (uint32_t)i * 2654435761u + salt * 40503u;

    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return (double)(float)((double)(x ^ x >> 16) / 2147483648.0 - 1.0);
}

typedef struct layer {
    const gr_backend *op;
    gr_ctx           *c;
    void             *x, *w, *y;
    shape             of;
} layer;

static size_t bytes_of(const layer *l, size_t count) { return count * (size_t)l->op->elem; }

static void *filled(const layer *l, size_t count, uint32_t salt)
{
    unsigned char *host = calloc(count, (size_t)l->op->elem);
    void *p = l->op->alloc(l->c, bytes_of(l, count));

    assert_true(host && p);
    for (size_t i = 0; i < count; i++) {
        const double v = number(i, salt);
        if (l->op->elem == 4) ((float *)(void *)host)[i] = (float)v;
        else ((double *)(void *)host)[i] = v;
    }
    l->op->upload(l->c, p, host, bytes_of(l, count));
    free(host);
    return p;
}

/* y of a layer; free() it */
static void *forward(const layer *l)
{
    const size_t count = (size_t)l->of.rows * (size_t)l->of.out;
    void *y = malloc(bytes_of(l, count));
    gr_err err = GR_ERR_INIT;

    assert_non_null(y);
    l->op->linear_fwd(l->c, &(gr_linear_args){ .rows = l->of.rows, .in = l->of.in, .out = l->of.out, .x = l->x, .w = l->w, .act = GR_ACT_GELU, .y = l->y });
    l->op->download(l->c, y, l->y, bytes_of(l, count));
    assert_ok(l->op->sync(l->c, &err), &err);
    return y;
}

static bool same(const layer *l, const void *a, const void *b) { return memcmp(a, b, bytes_of(l, (size_t)l->of.rows * (size_t)l->of.out)) == 0; }

static void replace_weights(layer *l)
{
    const size_t count = (size_t)l->of.out * (size_t)l->of.in;
    void *other = filled(l, count, 9);

    l->op->copy(l->c, l->w, other, bytes_of(l, count));
    l->op->release(l->c, other);
}

static void open_layers(layer l[SHAPES], gr_pool **pool, const setting *t)
{
    const gr_backend *op = gr_backend_find(t->backend);
    gr_err err = GR_ERR_INIT;
    gr_ctx *c;

    if (t->isa) assert_int_equal(setenv("GR_CPU_ISA", t->isa, 1), 0);
    assert_ok(gr_pool_open(pool, t->threads, &err), &err);
    assert_ok(op->open(&c, &(gr_ctx_opts){ .pool = *pool, .precision = t->precision }, &err), &err);
    (void)unsetenv("GR_CPU_ISA");
    op->reserve(c, &(gr_capacity){ .tokens = 256, .rows = 256, .max_len = 1, .width = 2053, .hidden = 1, .heads = 1 });
    for (size_t i = 0; i < SHAPES; i++) {
        l[i] = (layer){ .op = op, .c = c, .of = shapes[i] };
        l[i].x = filled(&l[i], (size_t)shapes[i].rows * (size_t)shapes[i].in, 1);
        l[i].w = filled(&l[i], (size_t)shapes[i].out * (size_t)shapes[i].in, 2);
        l[i].y = filled(&l[i], (size_t)shapes[i].rows * (size_t)shapes[i].out, 3);
    }
}

static void one(const setting *t, bool keeps)
{
    layer l[SHAPES];
    void *first[SHAPES], *y;
    gr_pool *pool;
    size_t held;
    char name[96];

    open_layers(l, &pool, t);
    for (size_t i = 0; i < SHAPES; i++) first[i] = forward(&l[i]);
    held = l->op->memory(l->c);
    l->op->keep_weights(l->c, true);
    assert_true((l->op->memory(l->c) > held) == keeps);
    for (size_t i = 0; i < SHAPES; i++) {
        y = forward(&l[i]);
        if (!same(&l[i], y, first[i])) fail_msg("%s %s: layer %zu differs", t->backend, t->isa ? t->isa : "", i);
        free(y);
        replace_weights(&l[i]);
        y = forward(&l[i]);
        assert_true(same(&l[i], y, first[i]) == keeps); /* the promise was broken: what is kept is what is used */
        free(y);
    }
    l->op->keep_weights(l->c, false);
    assert_int_equal(l->op->memory(l->c), held);
    for (size_t i = 0; i < SHAPES; i++) {
        y = forward(&l[i]);
        assert_false(same(&l[i], y, first[i]));
        free(y);
        free(first[i]);
    }
    l->op->close(l->c);
    gr_pool_close(pool);
    (void)snprintf(name, sizeof name, "%s %s, %d threads", t->backend, t->isa ? t->isa : "", t->threads);
    gr_case_pass(name);
}

static void same_bits(void **state)
{
    static const char *const isas[] = { "plain", "exact", "avx2", "avx512", "avx512bf16" };

    (void)state;
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
        if (!gr_cpu_isa_find(isas[i])) {
            gr_case_skip(isas[i], "this processor has not the instructions");
            continue;
        }
        for (int threads = 1; threads <= 3; threads++)
            for (int p = GR_PRECISION_F32; p <= GR_PRECISION_BF16; p++) one(&(setting){ "cpu", isas[i], (gr_precision)p, threads }, true);
    }
    one(&(setting){ "checked-cpu", NULL, GR_PRECISION_F32, 2 }, true);
    one(&(setting){ "timed-cpu", NULL, GR_PRECISION_BF16, 2 }, true);
    one(&(setting){ "ref", NULL, GR_PRECISION_F32, 1 }, false);
    one(&(setting){ "ref64", NULL, GR_PRECISION_F32, 1 }, false);
    gr_cases_done("kept weights", 16); /* plain, exact and the four others run everywhere */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(same_bits) };

    return gr_test_main(tests);
}
