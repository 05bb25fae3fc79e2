/* Another order of classes is found where there is one, and nothing is found in noise, in a constant head, or in too little. */
#include "base/rng.h"
#include "harness/label_evidence.h"
#include "tests/support/test.h"

enum { N = 300 };

/* Predictions that are right (as output to[class]) with this probability, else drawn. */
static void draw(int32_t *predicted, int32_t *gold, size_t n, int32_t k, const int32_t *to, double right, uint64_t seed)
{
    gr_rng r;

    gr_rng_init(&r, seed, GR_RNG_DEMO, 0);
    for (size_t i = 0; i < n; i++) {
        gold[i] = (int32_t)(i % (size_t)k);
        predicted[i] = (double)gr_rng_below(&r, 1000) < 1000 * right ? to[gold[i]] : (int32_t)gr_rng_below(&r, (uint64_t)k);
    }
}

static void found(void **state)
{
    static const int32_t two[] = { 1, 0 }, three[] = { 1, 2, 0 }, six[] = { 5, 0, 4, 1, 2, 3 };
    static const struct { int32_t k; const int32_t *to; } cases[] = { { 2, two }, { 3, three }, { 6, six } };
    int32_t predicted[N], gold[N];
    gr_evidence e;

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        draw(predicted, gold, N, cases[c].k, cases[c].to, 0.8, c);
        assert_true(gr_evidence_find(&e, predicted, gold, N, cases[c].k));
        for (int32_t i = 0; i < cases[c].k; i++) assert_int_equal(e.place[i], cases[c].to[i]);
        assert_true(e.then > 0.7 && e.now < 0.3);
    }
}

static void not_found(void **state)
{
    static const int32_t same[] = { 0, 1, 2, 3, 4, 5, 6 }, swapped[] = { 1, 0, 2 };
    int32_t predicted[N], gold[N];
    gr_evidence e;

    (void)state;
    draw(predicted, gold, N, 3, same, 0.8, 1); /* in order */
    assert_false(gr_evidence_find(&e, predicted, gold, N, 3));
    for (uint64_t seed = 0; seed < 200; seed++) { /* knows nothing */
        draw(predicted, gold, N, 3, same, 0, seed);
        assert_false(gr_evidence_find(&e, predicted, gold, N, 3));
    }
    for (size_t i = 0; i < N; i++) { /* always the rare class: accuracy would be far better in another order, mean recall is not */
        predicted[i] = 1;
        gold[i] = i % 10 == 0;
    }
    assert_false(gr_evidence_find(&e, predicted, gold, N, 2));
    assert_near(e.now, 0.5, 1e-15, "mean recall of a constant");
    draw(predicted, gold, N, 3, swapped, 1, 1);
    assert_true(gr_evidence_find(&e, predicted, gold, GR_EVIDENCE_ROWS, 3));
    assert_false(gr_evidence_find(&e, predicted, gold, GR_EVIDENCE_ROWS - 1, 3));
    assert_false(gr_evidence_find(&e, predicted, gold, N, 4)); /* a class without a row */
    assert_false(gr_evidence_find(&e, predicted, gold, N, 7));
    assert_false(gr_evidence_find(&e, predicted, gold, N, 1));
    gold[3] = -1;
    assert_false(gr_evidence_find(&e, predicted, gold, N, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(found), cmocka_unit_test(not_found) };

    return gr_test_main(tests);
}
