/* metric_test.c - the table, the accumulators, GLUE's bundles, and each status. */
#include "tests/support/test.h"

#include <ctype.h>
#include <math.h>

#include "metrics/metric.h"
#include "metrics/suite.h"

static void table(void **state)
{
    size_t n = 0;

    (void)state;
    for (const gr_metric *m; (m = gr_metric_at(n)); n++) {
        assert_ptr_equal(gr_metric_find(m->name), m); /* so names are unique */
        assert_true(m->name[0] && m->title[0] && m->lo < m->hi);
        assert_true(strlen(m->name) < sizeof((gr_metric_value *)0)->name);
        for (const char *p = m->name; *p; p++) assert_true(islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '_');
    }
    assert_int_equal(n, 17);
    assert_null(gr_metric_find("bleu"));
}

static gr_metric_acc *open_two(const gr_metric *a, const gr_metric *b, int32_t classes)
{
    const gr_metric *m[] = { a, b };
    gr_metric_acc *acc;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_metric_acc_open(&acc, m, 2, classes, &err), &err);
    return acc;
}

static void classes(void **state)
{
    gr_metric_acc *a = open_two(&gr_metric_f1, &gr_metric_accuracy, 2);
    gr_metric_value v[2], *detail;
    gr_err err = GR_ERR_INIT;
    size_t n;

    (void)state;
    assert_ok(gr_metric_acc_read(a, v, &err), &err);
    assert_string_equal(v[0].name, "f1");
    assert_true(isnan(v[0].value) && isnan(v[1].value)); /* no example yet */
    assert_ok(gr_metric_acc_class(a, 1, 1, &err), &err);
    assert_false(gr_metric_acc_constant(a)); /* one example says nothing */
    assert_ok(gr_metric_acc_class(a, 1, 0, &err), &err);
    assert_true(gr_metric_acc_constant(a));
    assert_ok(gr_metric_acc_class(a, 0, 0, &err), &err);
    assert_false(gr_metric_acc_constant(a));
    assert_ok(gr_metric_acc_read(a, v, &err), &err);
    assert_near(v[0].value, 2.0 / 3, 1e-15, "f1");
    assert_near(v[1].value, 2.0 / 3, 1e-15, "accuracy");
    assert_ok(gr_metric_acc_detail(a, &detail, &n, &err), &err);
    assert_int_equal(n, 8);
    assert_string_equal(detail[4].name, "class.1.precision");
    assert_near(detail[4].value, 0.5, 0, "precision of class 1");
    assert_string_equal(detail[3].name, "class.0.support");
    assert_near(detail[3].value, 2, 0, "support of class 0");
    free(detail);
    assert_status(gr_metric_acc_class(a, 2, 0, &err), GR_E_ARG, &err, "predicted class 2");
    assert_status(gr_metric_acc_value(a, 1, 1, &err), GR_E_ARG, &err, "values");
    gr_metric_acc_close(a);
}

static void values(void **state)
{
    gr_metric_acc *a = open_two(&gr_metric_pearson, &gr_metric_rmse, 0);
    gr_metric_value v[2], *detail;
    gr_err err = GR_ERR_INIT;
    size_t n;

    (void)state;
    assert_ok(gr_metric_acc_value(a, 2.5, 1, &err), &err);
    assert_ok(gr_metric_acc_read(a, v, &err), &err);
    assert_true(isnan(v[0].value)); /* one point has no correlation, but this is no failure of the run */
    assert_near(v[1].value, 1.5, 0, "rmse");
    assert_ok(gr_metric_acc_value(a, 2.5, 4, &err), &err);
    assert_true(gr_metric_acc_constant(a));
    assert_ok(gr_metric_acc_value(a, 3.5, 4, &err), &err);
    assert_false(gr_metric_acc_constant(a));
    assert_ok(gr_metric_acc_detail(a, &detail, &n, &err), &err);
    assert_true(n == 0 && !detail);
    assert_ok(gr_metric_acc_value(a, NAN, 4, &err), &err);
    assert_ok(gr_metric_acc_read(a, v, &err), &err);
    assert_true(isnan(v[0].value) && isnan(v[1].value)); /* a NaN is shown, not hidden */
    gr_metric_acc_close(a);
}

static void tags(void **state)
{
    static const char *const ref[] = { "B-PER", "I-PER", "O" }, *const none[] = { "O", "O", "O" };
    gr_metric_acc *a = open_two(&gr_metric_seqeval_f1, &gr_metric_seqeval_accuracy, 0);
    gr_metric_value v[2], *detail;
    gr_err err = GR_ERR_INIT;
    size_t n;

    (void)state;
    assert_ok(gr_metric_acc_tags(a, none, ref, 3, &err), &err);
    assert_ok(gr_metric_acc_tags(a, none, none, 3, &err), &err);
    assert_true(gr_metric_acc_constant(a));
    assert_ok(gr_metric_acc_tags(a, ref, ref, 3, &err), &err);
    assert_false(gr_metric_acc_constant(a));
    assert_ok(gr_metric_acc_read(a, v, &err), &err);
    assert_near(v[0].value, 2.0 / 3, 1e-15, "f1");
    assert_near(v[1].value, 7.0 / 9, 1e-15, "accuracy");
    assert_ok(gr_metric_acc_detail(a, &detail, &n, &err), &err);
    assert_int_equal(n, 4);
    assert_string_equal(detail[3].name, "PER.support");
    assert_near(detail[3].value, 2, 0, "support");
    free(detail);
    gr_metric_acc_close(a);
}

static void long_names(void **state)
{
    /* 40 letters of two bytes: the name is cut between letters, the part that says what it is stays */
    char tag[96] = "B-";
    const char *one[] = { tag };
    const gr_metric *m = &gr_metric_seqeval_f1;
    gr_metric_value *detail;
    gr_metric_acc *a;
    gr_err err = GR_ERR_INIT;
    size_t n;

    (void)state;
    for (size_t i = 0; i < 40; i++) memcpy(tag + 2 + 2 * i, "\xC3\xA9", 3);
    assert_ok(gr_metric_acc_open(&a, &m, 1, 0, &err), &err);
    assert_ok(gr_metric_acc_tags(a, one, one, 1, &err), &err);
    assert_ok(gr_metric_acc_detail(a, &detail, &n, &err), &err);
    assert_int_equal(n, 4);
    assert_non_null(strstr(detail[0].name, "\xC3\xA9.precision"));
    free(detail);
    gr_metric_acc_close(a);
}

static void refusals(void **state)
{
    const gr_metric *f1 = &gr_metric_f1, *acc = &gr_metric_accuracy;
    gr_metric_acc *a;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_status(gr_metric_acc_open(&a, NULL, 0, 2, &err), GR_E_ARG, &err, "no metric");
    assert_status(gr_metric_acc_open(&a, &f1, 1, 3, &err), GR_E_ARG, &err, "macro_f1");
    assert_status(gr_metric_acc_open(&a, &acc, 1, 0, &err), GR_E_ARG, &err, "0 classes");
    gr_metric_acc_close(NULL);
}

static void glue(void **state)
{
    static const double pair[] = { 0.25, 0.75 }, holed[] = { 0.25, NAN };
    const gr_metric *m[GR_GLUE_METRICS_MAX];

    (void)state;
    assert_int_equal(gr_glue_metrics(m, "stsb"), 2);
    assert_ptr_equal(m[0], &gr_metric_pearson);
    assert_ptr_equal(m[1], &gr_metric_spearman);
    assert_int_equal(gr_glue_metrics(m, "cola"), 1);
    assert_ptr_equal(m[0], &gr_metric_matthews);
    assert_int_equal(gr_glue_metrics(m, "imdb"), 0);
    assert_near(gr_mean_of(pair, 2), 0.5, 0, "mean");
    assert_true(isnan(gr_mean_of(holed, 2)) && isnan(gr_mean_of(pair, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(table),      cmocka_unit_test(classes),  cmocka_unit_test(values), cmocka_unit_test(tags),
                                        cmocka_unit_test(long_names), cmocka_unit_test(refusals), cmocka_unit_test(glue) };
    return gr_test_main(tests);
}
