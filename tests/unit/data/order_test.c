/* order_test.c - contracts of order.h; the values themselves are golden (tests/golden/order_test.c). */
#include "tests/support/test.h"

#include "data/order.h"

static void every_kind_permutes(void **state)
{
    enum { N = 1000 };
    static const gr_order_kind kinds[] = { GR_ORDER_FILE, GR_ORDER_TORCH, GR_ORDER_NUMPY, GR_ORDER_PCG64, GR_ORDER_PHILOX };
    gr_err                     err = GR_ERR_INIT;
    uint32_t                   x[N];

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        bool seen[N] = { false };

        assert_ok(gr_order_fill(x, N, kinds[k], 9, &err), &err);
        for (size_t i = 0; i < N; i++) {
            assert_true(x[i] < N && !seen[x[i]]);
            seen[x[i]] = true;
        }
        assert_ok(gr_order_fill(x, 0, kinds[k], 9, &err), &err);
        assert_string_not_equal(gr_order_name(kinds[k]), "unknown");
    }
}

/* By hand from the known first outputs of MT19937 seeded with 5489: 3499211612, 581869302, 3890346734. Torch, n = 4:
 * swap 0 with 3499211612 % 4 = 0, then 1 with 1 + 581869302 % 3 = 1, then 2 with 2 + 3890346734 % 2 = 2: the order
 * stays. */
static void torch_by_hand(void **state)
{
    static const uint32_t want[] = { 0, 1, 2, 3 };
    gr_err                err = GR_ERR_INIT;
    uint32_t              x[4];

    (void)state;
    assert_ok(gr_order_fill(x, 4, GR_ORDER_TORCH, 5489, &err), &err);
    assert_memory_equal(x, want, sizeof want);
}

static void seeds(void **state)
{
    gr_err   err = GR_ERR_INIT;
    uint32_t a[50], b[50];

    (void)state;
    assert_ok(gr_order_fill(a, 50, GR_ORDER_TORCH, 5, &err), &err);
    assert_ok(gr_order_fill(b, 50, GR_ORDER_TORCH, 5 + (UINT64_C(1) << 32), &err), &err);
    assert_memory_equal(a, b, sizeof a); /* torch keeps 32 bits */
    assert_ok(gr_order_trainer(b, 50, 2, 3, &err), &err);
    assert_memory_equal(a, b, sizeof a); /* seed + epoch */
    assert_ok(gr_order_fill(b, 50, GR_ORDER_PCG64, 5, &err), &err);
    assert_memory_not_equal(a, b, sizeof a);
    assert_status(gr_order_fill(a, 50, GR_ORDER_NUMPY, UINT64_C(1) << 32, &err), GR_E_ARG, &err, "2^32");
    assert_status(gr_order_fill(a, 50, (gr_order_kind)99, 0, &err), GR_E_ARG, &err, "unknown order");
    assert_status(gr_order_fill(NULL, GR_ORDER_MAX + 1, GR_ORDER_FILE, 0, &err), GR_E_ARG, &err, "the limit");
    assert_status(gr_order_fill(NULL, 300000000, GR_ORDER_TORCH, 0, &err), GR_E_ARG, &err, "torch draws otherwise");
}

static void holdout_sizes(void **state)
{
    (void)state;
    assert_int_equal(gr_order_holdout(10, 0.25), 3); /* ceil(2.5) */
    assert_int_equal(gr_order_holdout(11987, 0.2), 2398);
    assert_int_equal(gr_order_holdout(10, 0), 0);
    assert_int_equal(gr_order_holdout(10, 1), 10);
    assert_int_equal(gr_order_holdout(0, 0.5), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(every_kind_permutes), cmocka_unit_test(torch_by_hand),
                                               cmocka_unit_test(seeds), cmocka_unit_test(holdout_sizes) };

    return gr_test_main(tests);
}
