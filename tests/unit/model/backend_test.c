/* backend_test.c - the list of backends, the host's context, and that the checked backend does catch what it
 * is there for. */
#include "tests/support/test.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/backend/host.h"

static gr_ctx *opened(const gr_backend *op)
{
    gr_err err = GR_ERR_INIT;
    gr_ctx *c = NULL;

    assert_non_null(op);
    assert_ok(op->open(&c, &(gr_ctx_opts){ .pool = NULL }, &err), &err);
    return c;
}

static void every_backend_is_whole(void **state)
{
    gr_err err = GR_ERR_INIT;
    gr_backend cut;
    size_t n = 0;

    (void)state;
    for (; gr_backend_at(n); n++) {
        assert_ok(gr_backend_check(gr_backend_at(n), &err), &err);
        assert_ptr_equal(gr_backend_find(gr_backend_at(n)->name), gr_backend_at(n));
    }
    assert_true(n >= 3);
    assert_non_null(gr_backend_find("checked-cpu"));
    assert_null(gr_backend_find("abacus"));
    cut = *gr_backend_at(0);
    cut.mean_pool_bwd = NULL;
    assert_status(gr_backend_check(&cut, &err), GR_E_UNSUPPORTED, &err, "mean_pool_bwd is missing");
    cut = *gr_backend_at(0);
    cut.abi++;
    assert_status(gr_backend_check(&cut, &err), GR_E_UNSUPPORTED, &err, "contract version");
}

/* Over several tasks, from an odd place on, and not a byte besides. */
static void large_memory_is_cleared(void **state)
{
    enum { BYTES = 2 * (1 << 20) + 3 };
    const gr_backend *op = gr_backend_find("cpu");
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int threads = 1; threads <= 3; threads += 2) {
        gr_pool *pool = NULL;
        gr_ctx *c = NULL;
        static unsigned char set[BYTES + 2];
        unsigned char *p;
        size_t wrong = 0;

        assert_ok(gr_pool_open(&pool, threads, &err), &err);
        assert_ok(op->open(&c, &(gr_ctx_opts){ .pool = pool }, &err), &err);
        assert_non_null(p = op->alloc(c, BYTES + 2));
        memset(set, 0xFF, sizeof set);
        op->upload(c, p, set, sizeof set);
        op->zero(c, p + 1, 0);
        assert_int_equal(p[1], 0xFF);
        op->zero(c, p + 1, BYTES);
        for (size_t i = 0; i < BYTES; i++) wrong += p[1 + i] != 0;
        assert_int_equal(wrong, 0);
        assert_int_equal(p[0], 0xFF);
        assert_int_equal(p[BYTES + 1], 0xFF);
        op->close(c);
        gr_pool_close(pool);
    }
}

static void memory_is_counted_and_zeroed(void **state)
{
    static const char *const names[] = { "cpu", "ref", "ref64", "checked-cpu" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const gr_backend *op = gr_backend_find(names[i]);
        gr_ctx *c = opened(op);
        const size_t before = op->memory(c);
        float *a = op->alloc(c, 1000), *b = op->alloc(c, 24), *none = op->alloc(c, 0);
        float host[6] = { 1, 2, 3, 4, 5, 6 }, back[6];

        assert_true(a && b && none);
        assert_int_equal((uintptr_t)a % 64, 0);
        assert_int_equal(op->memory(c), before + 1024);
        op->download(c, back, a, sizeof back);
        for (size_t j = 0; j < 6; j++) assert_true(back[j] == 0.0f);
        op->upload(c, a, host, sizeof host);
        op->copy(c, b, a, sizeof host);
        op->download(c, back, b, sizeof back);
        assert_memory_equal(back, host, sizeof host);
        op->zero(c, b, 12);
        op->download(c, back, b, sizeof back);
        assert_true(back[2] == 0.0f && back[3] == 4.0f);
        op->release(c, a);
        assert_int_equal(op->memory(c), before + 24);
        op->release(c, NULL);
        op->close(c); /* releases b and none */
    }
}

static void the_first_failure_is_kept(void **state)
{
    const gr_backend *op = gr_backend_find("cpu");
    gr_ctx *c = opened(op);
    gr_err err = GR_ERR_INIT;
    int32_t cu[2] = { 0, 5 };
    uint32_t slot = 0;
    const gr_dev_batch b = { .n_tokens = 5, .n_rows = 1, .max_len = 5, .cu_seqlens = cu, .slots = &slot };

    (void)state;
    assert_null(op->alloc(c, SIZE_MAX - 4));
    op->attention_fwd(c, &(gr_attn_args){ .b = &b, .hidden = 2, .heads = 1 }); /* nothing was reserved */
    assert_status(op->sync(c, &err), GR_E_NOMEM, &err, "out of memory");
    assert_ok(op->sync(c, &err), &err); /* cleared */
    op->attention_fwd(c, &(gr_attn_args){ .b = &b, .hidden = 2, .heads = 1 });
    assert_status(op->sync(c, &err), GR_E_INTERNAL, &err, "attention_fwd");
    op->close(c);
}

static void a_bias_is_reserved(void **state)
{
    static const char *const names[] = { "cpu", "ref", "ref64" };
    const int32_t cu[2] = { 0, 1 }, row = 0;
    const uint32_t slot = 0;
    const gr_dev_batch b = { .n_tokens = 1, .n_rows = 1, .max_len = 1, .cu_seqlens = cu, .slots = &slot };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const gr_backend *op = gr_backend_find(names[i]);
        gr_ctx *c = opened(op);
        gr_err err = GR_ERR_INIT;
        gr_capacity most = { .tokens = 1, .rows = 1, .max_len = 1, .width = 128, .hidden = 2, .heads = 1 };
        double x[2] = { 0 }, out[2], table[64] = { 0 }, sums[64]; /* of either element */
        gr_attn_args a = { .b = &b, .hidden = 2, .heads = 1, .scale = 1.0, .q_stride = 2, .kv_stride = 2, .q = x, .k = x, .v = x, .out = out,
                           .lse = out, .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_of = &row, .rel_rows = 32, .rel_stride = 2, .rel_keys = table,
                           .dout = x, .dq = out, .dk = out, .dv = out, .drel_keys = sums };

        op->reserve(c, &most);
        op->attention_bwd(c, &a);
        assert_status(op->sync(c, &err), GR_E_INTERNAL, &err, "attention_bwd");
        most.bias = a.bias;
        most.rel_rows = a.rel_rows;
        op->reserve(c, &most);
        op->attention_bwd(c, &a);
        assert_ok(op->sync(c, &err), &err);
        op->close(c);
    }
}

/* A product wider than what was reserved is refused before b is packed. */
static void a_width_is_reserved(void **state)
{
    const gr_backend *op = gr_backend_find("cpu");
    const gr_capacity most = { .tokens = 400, .rows = 400, .max_len = 1, .width = 48, .hidden = 2, .heads = 1 };
    gr_ctx *c = opened(op);
    gr_err err = GR_ERR_INIT;
    float *x = calloc(384, sizeof *x), *w = calloc((size_t)384 * 1200, sizeof *w), *y = calloc(1200, sizeof *y);

    (void)state;
    assert_true(x && w && y);
    op->reserve(c, &most);
    op->linear_fwd(c, &(gr_linear_args){ .rows = 1, .in = 384, .out = 1200, .x = x, .w = w, .y = y });
    assert_status(op->sync(c, &err), GR_E_INTERNAL, &err, "linear_fwd: a product of 1 x 1200 x 384 was not reserved");
    op->close(c);
    free(x);
    free(w);
    free(y);
}

static void an_unknown_instruction_set_is_refused(void **state)
{
    gr_ctx *c = NULL;
    gr_err err = GR_ERR_INIT;
    const gr_ctx_opts o = { .pool = NULL };

    (void)state;
    assert_int_equal(setenv("GR_CPU_ISA", "mmx", 1), 0);
    assert_status(gr_backend_find("cpu")->open(&c, &o, &err), GR_E_ARG, &err, "plain");
    assert_int_equal(unsetenv("GR_CPU_ISA"), 0);
    assert_int_equal(setenv("GR_CPU_GEMM", "magic", 1), 0);
    assert_status(gr_backend_find("cpu")->open(&c, &o, &err), GR_E_ARG, &err, "openblas");
    assert_int_equal(unsetenv("GR_CPU_GEMM"), 0);
}

/* ---- checked ---- */

static void checked_sees_nan_and_writes_outside(void **state)
{
    const gr_backend *op = gr_backend_find("checked-ref");
    gr_ctx *c = opened(op);
    gr_err err = GR_ERR_INIT;
    float *x = op->alloc(c, 8 * sizeof *x), *y = op->alloc(c, 8 * sizeof *y);
    const float bad[8] = { 0, 0, 0, 0, 0, NAN, 0, 0 };

    (void)state;
    op->add(c, y, x, 8);
    assert_ok(op->sync(c, &err), &err);
    op->upload(c, x, bad, sizeof bad);
    op->add(c, y, x, 8);
    op->sumsq(c, y, NULL, 0, (double *)(void *)x);
    assert_status(op->sync(c, &err), GR_E_NUMERIC, &err, "add: dst");
    op->zero(c, x, 32);
    op->zero(c, y, 32);
    op->add(c, y, x, 9); /* one too many: reads x's guard, writes y's */
    assert_status(op->sync(c, &err), GR_E_INTERNAL, &err, "behind a buffer of 32 bytes");
    op->zero(c, (char *)y + 32, 4);
    op->zero(c, (char *)y + 2000, 1); /* far behind, in the same page */
    assert_status(op->sync(c, &err), GR_E_INTERNAL, &err, "behind a buffer of 32 bytes");
    op->close(c);
}

/* What a device's memory is to the host: a program that follows such a pointer ends there. */
static void checked_memory_is_not_the_hosts(void **state)
{
    const gr_backend *op = gr_backend_find("checked-cpu");
    gr_ctx *c = opened(op);
    float *other = op->alloc(c, sizeof(double)), value = 1.0f;
    volatile float *x = op->alloc(c, sizeof *x);
    gr_err err = GR_ERR_INIT;
    int how = 0;
    pid_t child;

    (void)state;
    assert_true(x && other);
    op->upload(c, (float *)x, &value, sizeof value);
    op->add(c, other, (const float *)x, 1);
    op->sumsq(c, other, NULL, 0, (double *)(void *)other);
    op->download(c, &value, other, sizeof value);
    op->release(c, other);
    assert_ok(op->sync(c, &err), &err);
    assert_true((child = fork()) >= 0);
    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL);
        value = *x;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGSEGV);
    op->close(c);
}

/* One step by hand: g = (3, 4), norm 5, max_norm 1 -> clip 1 / (5 + 1e-6), g' = (0.6, 0.8) nearly. Step 1: m / (1 - b1) = g',
 * sqrt(v / (1 - b2)) = |g'|, so p moves by lr g' / (|g'| + eps) = lr; decay first takes lr wd p. */
static void adamw_by_hand(void **state)
{
    static const char *const names[] = { "cpu", "ref", "ref64" };
    const gr_segment seg[] = { { 0, 1, true, 0, NULL }, { 1, 1, false, 0, NULL } };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const gr_backend *op = gr_backend_find(names[i]);
        gr_ctx *c = opened(op);
        gr_err err = GR_ERR_INIT;
        double p8[2] = { 1.0, 1.0 }, g8[2] = { 3.0, 4.0 }, m8[2] = { 0 }, v8[2] = { 0 }, norm = 0.0;
        float p4[2] = { 1.0f, 1.0f }, g4[2] = { 3.0f, 4.0f }, m4[2] = { 0 }, v4[2] = { 0 };
        const bool wide = op->elem == 8;
        gr_adamw_args a = { .param = wide ? (void *)p8 : p4, .grad = wide ? (void *)g8 : g4, .m = wide ? (void *)m8 : m4,
                            .v = wide ? (void *)v8 : v4, .seg = seg, .n_seg = 2, .lr = 0.1, .beta1 = 0.9, .beta2 = 0.999,
                            .eps = 1e-8, .weight_decay = 0.5, .step = 1, .max_norm = 1.0, .sumsq = &norm };

        op->sumsq(c, a.grad, seg, 2, &norm);
        assert_near(norm, 25.0, 0.0, "%s: norm", names[i]);
        op->adamw(c, &a);
        assert_near(wide ? p8[0] : (double)p4[0], 1.0 - 0.05 - 0.1, wide ? 1e-8 : 3e-7, "%s: with decay", names[i]);
        assert_near(wide ? p8[1] : (double)p4[1], 1.0 - 0.1, wide ? 1e-8 : 3e-7, "%s: without", names[i]);
        assert_true((wide ? g8[0] : (double)g4[0]) == 0.0 && (wide ? g8[1] : (double)g4[1]) == 0.0);

        norm = NAN; /* nothing but the gradients may change */
        if (wide) g8[0] = 1.0;
        else g4[0] = 1.0f;
        a.step = 2;
        op->adamw(c, &a);
        assert_near(wide ? p8[1] : (double)p4[1], 0.9, wide ? 1e-8 : 3e-7, "%s: after NaN", names[i]);
        assert_true((wide ? g8[0] : (double)g4[0]) == 0.0);
        assert_ok(op->sync(c, &err), &err);
        op->close(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_backend_is_whole),          cmocka_unit_test(memory_is_counted_and_zeroed), cmocka_unit_test(large_memory_is_cleared),
        cmocka_unit_test(the_first_failure_is_kept),       cmocka_unit_test(an_unknown_instruction_set_is_refused),
        cmocka_unit_test(a_bias_is_reserved), cmocka_unit_test(a_width_is_reserved),
        cmocka_unit_test(checked_sees_nan_and_writes_outside), cmocka_unit_test(checked_memory_is_not_the_hosts), cmocka_unit_test(adamw_by_hand),
    };

    return gr_test_main(tests);
}
