/* metrics_test.c - laws that hold for any input: order of rows does not matter, values stay in their
 * bounds, exchanging the sides exchanges precision and recall, a stream gives the bits of a batch. */
#include "tests/support/test.h"

#include <math.h>

#include "base/rng.h"
#include "metrics/classification.h"
#include "metrics/correlation.h"
#include "metrics/metric.h"
#include "metrics/regression.h"
#include "metrics/roc_auc.h"
#include "metrics/sequence.h"
#include "metrics/stats.h"

#define ROUNDS 300
#define MOST 64

typedef struct rows {
    int64_t  p[MOST], r[MOST];
    double   x[MOST], y[MOST];
    uint32_t order[MOST];
    size_t   n;
} rows;

static rows draw(gr_rng *g, uint64_t classes)
{
    rows d = { .n = 2 + (size_t)gr_rng_below(g, MOST - 1) };

    for (size_t i = 0; i < d.n; i++) {
        d.r[i] = (int64_t)gr_rng_below(g, classes);
        d.p[i] = gr_rng_below(g, 3) ? d.r[i] : (int64_t)gr_rng_below(g, classes);
        d.x[i] = floor(10 * gr_rng_normal(g)) / 4; /* ties on purpose */
        d.y[i] = d.x[i] + gr_rng_normal(g);
        d.order[i] = (uint32_t)i;
    }
    gr_rng_shuffle(g, d.order, d.n);
    return d;
}

static rows permuted(const rows *d)
{
    rows e = *d;

    for (size_t i = 0; i < d->n; i++) {
        e.p[i] = d->p[d->order[i]];
        e.r[i] = d->r[d->order[i]];
        e.x[i] = d->x[d->order[i]];
        e.y[i] = d->y[d->order[i]];
    }
    return e;
}

static gr_prf prf(const int64_t *p, const int64_t *r, size_t n, gr_average average, double *matthews, double *accuracy)
{
    gr_prf_options o = GR_PRF_DEFAULTS;
    gr_err err = GR_ERR_INIT;
    gr_tally t;
    gr_prf v;

    o.average = average;
    assert_ok(gr_tally_from_labels(&t, p, n, r, n, &err), &err);
    assert_ok(gr_class_prf(&v, &t, &o, &err), &err);
    assert_ok(gr_class_matthews(matthews, &t, &err), &err);
    assert_ok(gr_class_accuracy(accuracy, &t, &err), &err);
    gr_tally_free(&t);
    return v;
}

static void within(double x, double lo, double hi)
{
    assert_true(isnan(x) || (x >= lo && x <= hi));
}

static void classification_laws(void **state)
{
    gr_rng g;

    (void)state;
    gr_rng_init(&g, 1, GR_RNG_SAMPLE, 0);
    for (int k = 0; k < ROUNDS; k++) {
        const rows d = draw(&g, 1 + (uint64_t)k % 5), e = permuted(&d);
        double m, a, m2, a2;
        const gr_prf v = prf(d.p, d.r, d.n, GR_AVERAGE_MACRO, &m, &a), w = prf(e.p, e.r, e.n, GR_AVERAGE_MACRO, &m2, &a2);
        gr_prf s;
        assert_memory_equal(&v, &w, sizeof v); /* order */
        assert_true(m == m2 && a == a2);
        within(m, -1, 1);
        within(a, 0, 1);
        within(v.f1, 0, 1);
        within(v.precision, 0, 1);
        s = prf(d.r, d.p, d.n, GR_AVERAGE_MACRO, &m2, &a2); /* sides exchanged */
        assert_true(s.precision == v.recall && s.recall == v.precision && s.f1 == v.f1 && a == a2);
        assert_near(m2, m, 1e-15, "matthews is symmetric");
        s = prf(d.p, d.r, d.n, GR_AVERAGE_MICRO, &m2, &a2);
        assert_true(s.precision == a && s.recall == a); /* over all classes, micro is accuracy */
        s = prf(d.p, d.r, d.n, GR_AVERAGE_WEIGHTED, &m2, &a2);
        assert_near(s.recall, a, 1e-15, "weighted recall is accuracy");
        (void)prf(d.r, d.r, d.n, GR_AVERAGE_MACRO, &m2, &a2);
        assert_true(a2 == 1.0);
    }
}

/* With two classes, calling each by the other's name flips the sign of Matthews' correlation when it
 * is done on one side, and changes nothing when on both. */
static void label_swap(void **state)
{
    gr_rng g;

    (void)state;
    gr_rng_init(&g, 2, GR_RNG_SAMPLE, 0);
    for (int k = 0; k < ROUNDS; k++) {
        rows d = draw(&g, 2), e = d;
        double m, a, m2, a2;
        (void)prf(d.p, d.r, d.n, GR_AVERAGE_BINARY, &m, &a);
        for (size_t i = 0; i < d.n; i++) e.p[i] = 1 - d.p[i];
        (void)prf(e.p, d.r, d.n, GR_AVERAGE_BINARY, &m2, &a2);
        assert_near(m2, -m, 1e-15, "one side");
        assert_near(a2, 1 - a, 1e-15, "accuracy");
        for (size_t i = 0; i < d.n; i++) e.r[i] = 1 - d.r[i];
        (void)prf(e.p, e.r, d.n, GR_AVERAGE_BINARY, &m2, &a2);
        assert_near(m2, m, 1e-15, "both sides");
    }
}

static void value_laws(void **state)
{
    gr_rng g;
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_rng_init(&g, 3, GR_RNG_SAMPLE, 0);
    for (int k = 0; k < ROUNDS; k++) {
        const rows d = draw(&g, 2), e = permuted(&d);
        double scaled[MOST], r, r2, mse, mae;
        const double by = ldexp(1.0, (k % 40 - 20) * 16);

        assert_ok(gr_pearson(&r, d.x, d.n, d.y, d.n, &err), &err);
        within(r, -1, 1);
        assert_ok(gr_pearson(&r2, e.x, e.n, e.y, e.n, &err), &err);
        assert_near(r2, r, 1e-14, "pearson: order");
        for (size_t i = 0; i < d.n; i++) scaled[i] = -by * d.x[i];
        assert_ok(gr_pearson(&r2, scaled, d.n, d.y, d.n, &err), &err);
        assert_near(r2, -r, 1e-15, "pearson: scale %g", by);
        assert_ok(gr_spearman(&r, d.x, d.n, d.y, d.n, &err), &err);
        for (size_t i = 0; i < d.n; i++) scaled[i] = exp(d.x[i] / 10); /* monotone: the ranks stay */
        assert_ok(gr_spearman(&r2, scaled, d.n, d.y, d.n, &err), &err);
        assert_near(r2, r, 0, "spearman: a monotone map");
        assert_ok(gr_mse(&mse, d.x, d.n, d.y, d.n, &err), &err);
        assert_ok(gr_mae(&mae, d.x, d.n, d.y, d.n, &err), &err);
        assert_true(mae >= 0 && mae * mae <= mse * (1 + 1e-15)); /* Jensen */
        assert_ok(gr_roc_auc(&r, d.x, d.n, d.r, d.n, &err), &err);
        within(r, 0, 1);
        for (size_t i = 0; i < d.n; i++) scaled[i] = -d.x[i];
        assert_ok(gr_roc_auc(&r2, scaled, d.n, d.r, d.n, &err), &err);
        assert_near(r2, 1 - r, 1e-15, "auc: reversed scores"); /* NaN stays NaN */
    }
}

static const char *const tag_pool[] = { "O", "O", "B-A", "I-A", "B-B", "I-B", "E-A", "S-B", "X-A", "B", "I" };

static void draw_tags(gr_rng *g, const char **tags, size_t n, size_t pool)
{
    for (size_t i = 0; i < n; i++) tags[i] = tag_pool[gr_rng_below(g, pool)];
}

static void sequence_laws(void **state)
{
    static const size_t pools[] = { 11, 6 }; /* the default reads anything, IOB2 its own tags */
    static const gr_tag_scheme schemes[] = { GR_SCHEME_CONLL, GR_SCHEME_IOB2 };
    gr_rng g;
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_rng_init(&g, 4, GR_RNG_SAMPLE, 0);
    for (int k = 0; k < ROUNDS; k++) {
        const gr_seqeval_options o = { schemes[k % 2], false };
        gr_seqeval_result ab, ba, aa;
        gr_seqeval *s[3];

        for (size_t i = 0; i < 3; i++) assert_ok(gr_seqeval_open(&s[i], &o, &err), &err);
        for (size_t j = 0; j < 4; j++) {
            const char *p[12], *r[12];
            const size_t n = (size_t)gr_rng_below(&g, 13);
            draw_tags(&g, p, n, pools[k % 2]);
            draw_tags(&g, r, n, pools[k % 2]);
            assert_ok(gr_seqeval_add(s[0], p, r, n, &err), &err);
            assert_ok(gr_seqeval_add(s[1], r, p, n, &err), &err);
            assert_ok(gr_seqeval_add(s[2], p, p, n, &err), &err);
        }
        assert_ok(gr_seqeval_scores(&ab, s[0], 0.0, &err), &err);
        assert_ok(gr_seqeval_scores(&ba, s[1], 0.0, &err), &err);
        assert_ok(gr_seqeval_scores(&aa, s[2], 0.0, &err), &err);
        assert_true(ab.precision == ba.recall && ab.recall == ba.precision && ab.support == ba.predicted);
        assert_near(ab.f1, ba.f1, 1e-15, "f1 is symmetric");
        within(ab.f1, 0, 1);
        assert_true(aa.f1 == (aa.support ? 1.0 : 0.0)); /* a side against itself */
        for (size_t i = 0; i < 3; i++) gr_seqeval_close(s[i]);
    }
}

static void test_laws(void **state)
{
    gr_rng g;
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_rng_init(&g, 5, GR_RNG_SAMPLE, 0);
    for (int k = 0; k < ROUNDS; k++) {
        const rows d = draw(&g, 2);
        const uint64_t b = gr_rng_below(&g, 500), c = gr_rng_below(&g, 500), n = 1 + gr_rng_below(&g, 900), hit = gr_rng_below(&g, n + 1);
        gr_wilcoxon_result w, w2;
        gr_ttest_result t, t2;
        gr_mcnemar_result m, m2;
        gr_interval v, v2;
        double p[MOST], q[MOST];

        assert_ok(gr_wilcoxon_exact(&w, d.x, d.n, d.y, d.n, &err), &err);
        assert_ok(gr_wilcoxon_exact(&w2, d.y, d.n, d.x, d.n, &err), &err);
        assert_true(w.p == w2.p && w.w_plus == w2.w_minus && w.p > 0 && w.p <= 1);
        assert_ok(gr_ttest_paired(&t, d.x, d.n, d.y, d.n, &err), &err);
        assert_ok(gr_ttest_paired(&t2, d.y, d.n, d.x, d.n, &err), &err);
        assert_true(t.t == -t2.t && t.p == t2.p && t.p >= 0 && t.p <= 1);
        assert_ok(gr_mcnemar(&m, b, c, &err), &err);
        assert_ok(gr_mcnemar(&m2, c, b, &err), &err);
        assert_true(m.exact_p == m2.exact_p && m.chi2 == m2.chi2 && m.exact_p >= 0 && m.exact_p <= 1);
        assert_ok(gr_wilson(&v, hit, n, 0.95, &err), &err);
        assert_ok(gr_wilson(&v2, n - hit, n, 0.95, &err), &err);
        assert_true(v.low >= 0 && v.low <= (double)hit / (double)n && v.high >= (double)hit / (double)n && v.high <= 1);
        assert_near(v2.low, 1 - v.high, 1e-14, "wilson: failures mirror successes");
        for (size_t i = 0; i < d.n; i++) p[i] = gr_rng_uniform(&g);
        assert_ok(gr_holm(q, p, d.n, &err), &err);
        for (size_t i = 0; i < d.n; i++) assert_true(q[i] >= p[i] && q[i] <= 1);
    }
}

/* Every metric of the table, fed row by row, gives the bits of the function over the whole batch. */
static void streams(void **state)
{
    gr_rng g;
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_rng_init(&g, 6, GR_RNG_SAMPLE, 0);
    for (int k = 0; k < ROUNDS; k++) {
        const gr_metric *m[] = { &gr_metric_accuracy, &gr_metric_f1, &gr_metric_macro_f1, &gr_metric_matthews,
                                 &gr_metric_pearson, &gr_metric_spearman, &gr_metric_mse, &gr_metric_mae };
        const rows d = draw(&g, 2);
        gr_metric_value got[8];
        gr_metric_acc *a;
        double want[8], x, y;

        assert_ok(gr_metric_acc_open(&a, m, 8, 2, &err), &err);
        for (size_t i = 0; i < d.n; i++) {
            assert_ok(gr_metric_acc_class(a, (int32_t)d.p[i], (int32_t)d.r[i], &err), &err);
            assert_ok(gr_metric_acc_value(a, d.x[i], d.y[i], &err), &err);
        }
        assert_ok(gr_metric_acc_read(a, got, &err), &err);
        want[1] = prf(d.p, d.r, d.n, GR_AVERAGE_BINARY, &want[3], &want[0]).f1;
        want[2] = prf(d.p, d.r, d.n, GR_AVERAGE_MACRO, &x, &y).f1;
        assert_ok(gr_pearson(&want[4], d.x, d.n, d.y, d.n, &err), &err);
        assert_ok(gr_spearman(&want[5], d.x, d.n, d.y, d.n, &err), &err);
        assert_ok(gr_mse(&want[6], d.x, d.n, d.y, d.n, &err), &err);
        assert_ok(gr_mae(&want[7], d.x, d.n, d.y, d.n, &err), &err);
        for (size_t i = 0; i < 8; i++) {
            assert_near(got[i].value, want[i], 0, "%s", m[i]->name);
            assert_string_equal(got[i].name, m[i]->name);
            within(got[i].value, m[i]->lo, m[i]->hi);
        }
        gr_metric_acc_close(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(classification_laws), cmocka_unit_test(label_swap), cmocka_unit_test(value_laws),
                                        cmocka_unit_test(sequence_laws),       cmocka_unit_test(test_laws),  cmocka_unit_test(streams) };
    return gr_test_main(tests);
}
