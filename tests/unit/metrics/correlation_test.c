/* correlation_test.c - correlations, ranks, regression errors and AUC by hand, and each status. */
#include "tests/support/test.h"

#include <math.h>

#include "metrics/correlation.h"
#include "metrics/regression.h"
#include "metrics/roc_auc.h"

static void pearson(void **state)
{
    static const double x[] = { 1, 2, 3, 4 }, y[] = { 2, 1, 4, 3 }, flat[] = { 5, 5, 5, 5 };
    static const double huge[] = { 1e150, 2e150, 3e150, 4e150 }, tiny[] = { 2e-300, 1e-300, 4e-300, 3e-300 };
    static const double holed[] = { 1, NAN, 3, 4 }, endless[] = { 1, INFINITY, 3, 4 };
    gr_err err = GR_ERR_INIT;
    double r;

    (void)state;
    assert_ok(gr_pearson(&r, x, 4, y, 4, &err), &err); /* sum dx dy = 3, sum dx^2 = sum dy^2 = 5 */
    assert_near(r, 0.6, 1e-15, "r");
    assert_ok(gr_pearson(&r, huge, 4, tiny, 4, &err), &err);
    assert_near(r, 0.6, 1e-15, "r of 1e150 and 1e-300");
    assert_ok(gr_pearson(&r, x, 4, flat, 4, &err), &err);
    assert_near(r, NAN, 0, "constant");
    assert_ok(gr_pearson(&r, x, 4, holed, 4, &err), &err);
    assert_near(r, NAN, 0, "NaN");
    assert_ok(gr_pearson(&r, x, 4, endless, 4, &err), &err);
    assert_near(r, NAN, 0, "inf");
    assert_ok(gr_pearson(&r, x, 2, y, 2, &err), &err);
    assert_true(r == -1.0);
    assert_status(gr_pearson(&r, x, 1, y, 1, &err), GR_E_ARG, &err, "2 points");
    assert_status(gr_pearson(&r, x, 3, y, 4, &err), GR_E_ARG, &err, "3 predictions for 4");
}

static void spearman(void **state)
{
    static const double x[] = { 1, 2, 2, 3 }, y[] = { 1, 3, 3, 2 }, holed[] = { 1, NAN, 3, 4 };
    gr_err err = GR_ERR_INIT;
    double r;

    (void)state;
    /* ranks 1 2.5 2.5 4 and 1 3.5 3.5 2: deviations give 1.5 / 4.5 */
    assert_ok(gr_spearman(&r, x, 4, y, 4, &err), &err);
    assert_near(r, 1.0 / 3, 1e-15, "rho");
    assert_ok(gr_spearman(&r, x, 1, y, 1, &err), &err);
    assert_near(r, NAN, 0, "one point");
    assert_ok(gr_spearman(&r, holed, 4, y, 4, &err), &err);
    assert_near(r, NAN, 0, "NaN");
    assert_status(gr_spearman(&r, x, 4, y, 3, &err), GR_E_ARG, &err, "for 3");
}

static void ranks(void **state)
{
    static const double x[] = { 3, -0.0, 7, 0.0, 3, 3 }, want[] = { 4, 1.5, 6, 1.5, 4, 4 }, holed[] = { 1, NAN };
    gr_err err = GR_ERR_INIT;
    double got[6];

    (void)state;
    assert_ok(gr_rank_mid(got, x, 6, &err), &err);
    for (size_t i = 0; i < 6; i++) assert_near(got[i], want[i], 0, "rank %zu", i);
    assert_status(gr_rank_mid(got, holed, 2, &err), GR_E_NUMERIC, &err, "value 2");
}

static void regression(void **state)
{
    static const double p[] = { 1, 2, 4 }, r[] = { 2, 2, 1 }, holed[] = { 1, NAN, 4 };
    gr_err err = GR_ERR_INIT;
    double x;

    (void)state;
    assert_ok(gr_mse(&x, p, 3, r, 3, &err), &err);
    assert_near(x, 10.0 / 3, 1e-15, "mse");
    assert_ok(gr_rmse(&x, p, 3, r, 3, &err), &err);
    assert_near(x, sqrt(10.0 / 3), 1e-15, "rmse");
    assert_ok(gr_mae(&x, p, 3, r, 3, &err), &err);
    assert_near(x, 4.0 / 3, 1e-15, "mae");
    assert_status(gr_mse(&x, p, 0, r, 0, &err), GR_E_ARG, &err, "no rows");
    assert_status(gr_rmse(&x, p, 3, r, 2, &err), GR_E_ARG, &err, "for 2");
    assert_status(gr_mae(&x, holed, 3, r, 3, &err), GR_E_NUMERIC, &err, "row 2: the predicted");
    assert_status(gr_mae(&x, r, 3, holed, 3, &err), GR_E_NUMERIC, &err, "row 2: the true");
}

static void auc(void **state)
{
    static const double s[] = { 0.1, 0.4, 0.35, 0.8 }, tied[] = { 1, 1, 1, 1 }, endless[] = { 1, 2, INFINITY, 0 };
    static const int64_t y[] = { 0, 0, 1, 1 }, signs[] = { -1, -1, 5, 5 }, one[] = { 1, 1, 1, 1 }, three[] = { 0, 1, 2, 1 };
    gr_err err = GR_ERR_INIT;
    double x;

    (void)state;
    assert_ok(gr_roc_auc(&x, s, 4, y, 4, &err), &err); /* 3 of 4 pairs in order */
    assert_near(x, 0.75, 0, "auc");
    assert_ok(gr_roc_auc(&x, s, 4, signs, 4, &err), &err);
    assert_near(x, 0.75, 0, "other labels");
    assert_ok(gr_roc_auc(&x, tied, 4, y, 4, &err), &err);
    assert_near(x, 0.5, 0, "ties");
    assert_ok(gr_roc_auc(&x, s, 4, one, 4, &err), &err);
    assert_near(x, NAN, 0, "one class");
    assert_status(gr_roc_auc(&x, s, 4, three, 4, &err), GR_E_ARG, &err, "two labels");
    assert_status(gr_roc_auc(&x, s, 0, y, 0, &err), GR_E_ARG, &err, "no rows");
    assert_status(gr_roc_auc(&x, s, 4, y, 3, &err), GR_E_ARG, &err, "for 3");
    assert_status(gr_roc_auc(&x, endless, 4, y, 4, &err), GR_E_NUMERIC, &err, "row 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(pearson), cmocka_unit_test(spearman), cmocka_unit_test(ranks),
                                        cmocka_unit_test(regression), cmocka_unit_test(auc) };
    return gr_test_main(tests);
}
