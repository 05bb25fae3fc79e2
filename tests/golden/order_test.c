/* order_test.c - data orders to the last index: golden/order.json and the own set's order.json. Short orders are
 * given whole, long ones by their first and last indices and the SHA-256 of the decimals joined by commas. */
#include "tests/support/test.h"

#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/sha256.h"
#include "data/order.h"

static void digest(char hex[GR_SHA256_HEX], const uint32_t *x, size_t n)
{
    gr_buf b = { NULL, 0, 0, false };

    for (size_t i = 0; i < n; i++) gr_buf_addf(&b, i > 0 ? ",%u" : "%u", (unsigned)x[i]);
    assert_false(b.oom);
    gr_sha256_of(hex, b.p != NULL ? b.p : "", b.n);
    gr_buf_free(&b);
}

/* Indices of an array in the file against x from `at` on; the count of those that agree, -1 at the first that does
 * not. */
static long same(const gr_json *arr, const uint32_t *x, size_t n, size_t at)
{
    long k = 0;

    for (const gr_json *v = gr_json_first(arr); v != NULL; v = gr_json_next(v), at++, k++)
        if (at >= n || gr_json_num(v, -1) != (double)x[at]) return -1;
    return k;
}

static void compare(const char *name, const gr_json *want, const uint32_t *x, size_t n)
{
    const gr_json *const all = gr_json_get(want, "all"), *const last = gr_json_get(want, "last");
    const char *const    sha = gr_json_str(gr_json_get(want, "sha256"), NULL);
    char                 hex[GR_SHA256_HEX];

    if (gr_json_num(gr_json_get(want, "n"), -1) != (double)n) gr_case_fail(name, "%zu indices", n);
    else if (all != NULL && same(all, x, n, 0) != (long)n) gr_case_fail(name, "the order differs");
    else if (same(gr_json_get(want, "first"), x, n, 0) < 0) gr_case_fail(name, "the first indices differ");
    else if (last != NULL && same(last, x, n, n - gr_json_len(last)) < 0) gr_case_fail(name, "the last indices differ");
    else if (all == NULL && sha == NULL) gr_case_fail(name, "the file gives no order");
    else {
        digest(hex, x, n);
        if (sha == NULL || strcmp(sha, hex) == 0) gr_case_pass(name);
        else gr_case_fail(name, "the digest differs");
    }
}

static uint32_t *fill(size_t n, gr_order_kind kind, uint64_t seed)
{
    uint32_t *const x = malloc((n + 1) * sizeof *x);
    gr_err          err = GR_ERR_INIT;

    assert_non_null(x);
    assert_ok(gr_order_fill(x, n, kind, seed, &err), &err);
    return x;
}

static void each_order(const gr_json *list, gr_order_kind kind, const char *seed_key)
{
    for (const gr_json *c = gr_json_first(list); c != NULL; c = gr_json_next(c)) {
        const size_t    n = (size_t)gr_json_num(gr_json_get(c, "n"), 0);
        const double    seed = gr_json_num(gr_json_get(c, seed_key), -1);
        uint32_t *const x = fill(n, kind, (uint64_t)seed);
        char            name[96];

        (void)snprintf(name, sizeof name, "%s/seed-%.0f/n-%zu", gr_order_name(kind), seed, n);
        compare(name, c, x, n);
        free(x);
    }
}

static void each_trainer(const gr_json *list)
{
    for (const gr_json *c = gr_json_first(list); c != NULL; c = gr_json_next(c)) {
        const size_t    n = (size_t)gr_json_num(gr_json_get(c, "n"), 0);
        const double    seed = gr_json_num(gr_json_get(c, "data_seed"), gr_json_num(gr_json_get(c, "seed"), -1));
        const double    epoch = gr_json_num(gr_json_get(c, "epoch"), 0);
        uint32_t *const x = malloc((n + 1) * sizeof *x);
        gr_err          err = GR_ERR_INIT;
        char            name[96];

        assert_non_null(x);
        assert_ok(gr_order_trainer(x, n, (uint64_t)seed, (int64_t)epoch, &err), &err);
        (void)snprintf(name, sizeof name, "trainer/seed-%.0f/epoch-%.0f/n-%zu", seed, epoch, n);
        compare(name, c, x, n);
        free(x);
    }
}

static void each_holdout(const gr_json *list)
{
    for (const gr_json *c = gr_json_first(list); c != NULL; c = gr_json_next(c)) {
        const size_t    n = (size_t)gr_json_num(gr_json_get(c, "rows"), 0);
        const double    seed = gr_json_num(gr_json_get(c, "random_state"), -1);
        const size_t    n_test = gr_order_holdout(n, gr_json_num(gr_json_get(c, "test_size"), NAN));
        uint32_t *const x = fill(n, GR_ORDER_NUMPY, (uint64_t)seed);
        char            name[96];

        (void)snprintf(name, sizeof name, "train_test_split/seed-%.0f/n-%zu", seed, n);
        compare(name, gr_json_get(c, "test"), x, n_test);
        compare(name, gr_json_get(c, "train"), x + n_test, n - n_test);
        free(x);
    }
}

static void check_file(const char *dir)
{
    char     path[GR_PATH_MAX];
    gr_err   err = GR_ERR_INIT;
    gr_json *root;

    assert_true(gr_fs_join(path, sizeof path, dir, "order.json"));
    assert_ok(gr_json_read(&root, path, 0, &err), &err);
    each_order(gr_json_get(root, "torch_randperm"), GR_ORDER_TORCH, "seed");
    each_trainer(gr_json_get(gr_json_get(root, "trainer"), "orders"));
    each_holdout(gr_json_get(root, "train_test_split"));
    each_order(gr_json_get(root, "datasets_shuffle"), GR_ORDER_PCG64, "seed");
    each_order(gr_json_get(root, "pandas_sample"), GR_ORDER_NUMPY, "random_state");
    gr_json_free(root);
}

static void shared_orders(void **state)
{
    (void)state;
    if (gr_golden_dir() == NULL) {
        gr_case_skip("shared golden folder", "absent");
        gr_cases_done("shared orders", 0);
        return;
    }
    check_file(gr_golden_dir());
    gr_cases_done("shared orders", 1);
}

static void own_orders(void **state)
{
    (void)state;
    check_file(gr_own_golden_dir());
    gr_cases_done("own orders", 10);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(shared_orders), cmocka_unit_test(own_orders) };

    return gr_test_main(tests);
}
