/* steady_test.c - nothing is allocated, freed or mapped inside a step: every device and head, with and without recomputation, one
 * thread and three, batches that grow and shrink, evaluation between micro-batches; from the first step on. */
#include <math.h>
#include <sys/mman.h>

#include "base/pool.h"
#include "tests/support/engine.h"
#include "tests/torture/fault.h"

enum { STEPS = 4, BATCHES = 3 };

static const int32_t lengths[BATCHES][6] = { { 5, 9, 1, 3, 7, 2 }, { 22, 17, 24, 24, 8, 19 }, { 2, 1, 1, 4, 1, 1 } };

typedef struct set {
    gr_session *s;
    gr_tb      *b[BATCHES];
    double      norm[BATCHES];
    double     *logits;
} set;

/* No assertion in here: cmocka allocates, and the count is the test. */
static gr_status steps(set *x, gr_err *err)
{
    for (int i = 0; i < STEPS; i++) {
        for (int k = 0; k < BATCHES; k++) {
            GR_TRY(gr_session_accumulate(x->s, &x->b[k]->b, x->norm[k] + 1.0, NULL, err));
            GR_TRY(gr_session_eval(x->s, &x->b[(i + k) % BATCHES]->b, x->logits, NULL, err));
        }
        GR_TRY(gr_session_step(x->s, 1e-3, NULL, err));
        GR_TRY(gr_session_eval(x->s, &x->b[i % BATCHES]->b, x->logits, NULL, err));
    }
    return GR_OK;
}

static void one(const char *device, gr_head_kind kind, bool recompute, double decay, gr_pool *pool)
{
    const gr_tiny t = gr_tiny_default(kind, device);
    gr_model     *m = gr_tiny_model(&t, 3);
    set           x = { .logits = calloc(1024 * 64, sizeof(double)) };
    gr_err        err = GR_ERR_INIT;
    gr_status     s;
    size_t        n;

    assert_non_null(x.logits);
    for (int k = 0; k < BATCHES; k++) {
        x.b[k] = gr_tiny_batch(&t, lengths[k], 6, 4 + (uint64_t)k);
        x.norm[k] = gr_tb_labelled(x.b[k], kind);
    }
    gr_session_opts o = gr_session_opts_for_test(device, m);
    o.recompute = recompute;
    o.weight_decay = decay;
    o.pool = pool;
    o.in_place = decay > 0.0;
    assert_ok(gr_session_open(&x.s, m, &o, &err), &err);
    fault_count_begin();
    s = steps(&x, &err);
    n = fault_count_end();
    assert_ok(s, &err);
    if (n) fail_msg("%s, head %d, recompute %d: %zu calls of the allocator in %d steps", device, (int)kind, recompute, n, STEPS);
    gr_session_close(x.s);
    gr_model_close(m);
    for (int k = 0; k < BATCHES; k++) free(x.b[k]);
    free(x.logits);
}

static void nothing_in_a_step(void **state)
{
    static const gr_head_kind kinds[] = { GR_HEAD_CLASS, GR_HEAD_REGRESSION, GR_HEAD_TOKEN, GR_HEAD_EMBED };
    gr_pool *pool = NULL;
    gr_err   err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_pool_open(&pool, 3, &err), &err);
    for (size_t d = 0; d < gr_device_count(); d++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            for (int i = 0; i < 4; i++) one(gr_device_at(d)->name, kinds[k], i % 2 != 0, i < 2 ? 0.0 : 0.01, i == 1 ? NULL : pool);
    gr_pool_close(pool);
}

/* The counter sees what it shall see. */
static void the_count_counts(void **state)
{
    void *volatile p; /* the compiler must not leave the pair out */
    size_t n;

    (void)state;
    fault_count_begin();
    p = malloc(100);
    free(p);
    p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)munmap(p, 4096);
    n = fault_count_end();
    assert_int_equal(n, 4);
    p = malloc(1);
    free(p);
    assert_int_equal(fault_count_end(), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_count_counts), cmocka_unit_test(nothing_in_a_step) };

    return gr_test_main(tests);
}
