/* classification_test.c - by-hand counts, and each status. */
#include "tests/support/test.h"

#include <math.h>

#include "metrics/classification.h"

/* pred 0 1 1 2, ref 0 1 0 2: class 0 has 1 of 2, class 1 1 of 1 with one false alarm, class 2 is whole. */
static const int64_t pred[] = { 0, 1, 1, 2 }, ref[] = { 0, 1, 0, 2 };

static gr_tally tally(const int64_t *p, const int64_t *r, size_t n)
{
    gr_tally t;
    gr_err err = GR_ERR_INIT;
    assert_ok(gr_tally_from_labels(&t, p, n, r, n, &err), &err);
    return t;
}

static void counts(void **state)
{
    gr_tally t = tally(pred, ref, 4);

    (void)state;
    assert_int_equal(t.n, 3);
    assert_int_equal(t.total, 4);
    assert_int_equal(t.correct, 3);
    assert_int_equal(t.ref[0], 2);
    assert_int_equal(t.pred[1], 2);
    assert_int_equal(t.hit[2], 1);
    gr_tally_free(&t);
}

static void averages(void **state)
{
    gr_tally t = tally(pred, ref, 4);
    gr_prf_options o = GR_PRF_DEFAULTS;
    gr_err err = GR_ERR_INIT;
    gr_prf v;
    double x;

    (void)state;
    o.average = GR_AVERAGE_MACRO;
    assert_ok(gr_class_prf(&v, &t, &o, &err), &err);
    assert_near(v.precision, (1.0 + 0.5 + 1.0) / 3, 1e-15, "macro precision");
    assert_near(v.recall, (0.5 + 1.0 + 1.0) / 3, 1e-15, "macro recall");
    assert_near(v.f1, (2.0 / 3 + 2.0 / 3 + 1.0) / 3, 1e-15, "macro f1");
    o.average = GR_AVERAGE_WEIGHTED;
    assert_ok(gr_class_prf(&v, &t, &o, &err), &err);
    assert_near(v.f1, (2 * 2.0 / 3 + 2.0 / 3 + 1.0) / 4, 1e-15, "weighted f1");
    o.average = GR_AVERAGE_MICRO;
    assert_ok(gr_class_prf(&v, &t, &o, &err), &err);
    assert_near(v.f1, 0.75, 0, "micro f1");
    assert_ok(gr_class_accuracy(&x, &t, &err), &err);
    assert_near(x, 0.75, 0, "accuracy");
    gr_tally_free(&t);
}

static void zero_division(void **state)
{
    static const int64_t p[] = { 1, 1 }, r[] = { 0, 0 };
    gr_tally t = tally(p, r, 2);
    gr_prf_options o = GR_PRF_DEFAULTS;
    gr_err err = GR_ERR_INIT;
    gr_prf v;

    (void)state;
    o.zero_division = NAN;
    assert_ok(gr_class_prf(&v, &t, &o, &err), &err); /* class 1: predicted twice, never true */
    assert_near(v.precision, 0, 0, "precision");
    assert_near(v.recall, NAN, 0, "recall");
    o.average = GR_AVERAGE_MACRO;
    assert_ok(gr_class_prf(&v, &t, &o, &err), &err); /* class 0: recall 0, precision 0/0 */
    assert_near(v.precision, 0, 0, "macro precision leaves NaN out");
    o.zero_division = 0.5;
    assert_status(gr_class_prf(&v, &t, &o, &err), GR_E_ARG, &err, "zero_division");
    gr_tally_free(&t);
}

static void refusals(void **state)
{
    gr_tally t, three = tally(pred, ref, 4), empty;
    static const int64_t even[] = { 0, 2 };
    gr_prf_options o = GR_PRF_DEFAULTS;
    gr_err err = GR_ERR_INIT;
    gr_prf v;
    double x;

    (void)state;
    assert_status(gr_tally_from_labels(&t, pred, 3, ref, 4, &err), GR_E_ARG, &err, "3 predictions for 4");
    assert_status(gr_tally_from_labels(&t, pred, 0, ref, 0, &err), GR_E_ARG, &err, "no rows");
    assert_status(gr_class_prf(&v, &three, &o, &err), GR_E_ARG, &err, "3 classes");
    t = tally(even, even, 2);
    assert_status(gr_class_prf(&v, &t, &o, &err), GR_E_ARG, &err, "positive label 1");
    gr_tally_free(&t);
    gr_tally_free(&three);
    assert_status(gr_tally_open(&empty, 0, &err), GR_E_ARG, &err, "0 classes");
    assert_ok(gr_tally_open(&empty, 2, &err), &err);
    assert_status(gr_class_accuracy(&x, &empty, &err), GR_E_ARG, &err, "no rows");
    assert_status(gr_class_matthews(&x, &empty, &err), GR_E_ARG, &err, "no rows");
    assert_status(gr_tally_add(&empty, 2, 0, &err), GR_E_ARG, &err, "predicted class 2");
    assert_status(gr_tally_add(&empty, 0, -1, &err), GR_E_ARG, &err, "true class -1");
    assert_int_equal(empty.total, 0);
    gr_tally_free(&empty);
}

static void matthews(void **state)
{
    /* hits 2 and 1, one miss each way: (3*5 - (3*3 + 2*2)) / sqrt((25-13)(25-13)) = 2/12 */
    static const int64_t p[] = { 0, 0, 1, 1, 0 }, r[] = { 0, 0, 1, 0, 1 }, one[] = { 1, 1, 1, 1, 1 };
    gr_tally t = tally(p, r, 5);
    gr_err err = GR_ERR_INIT;
    double x;

    (void)state;
    assert_ok(gr_class_matthews(&x, &t, &err), &err);
    assert_near(x, 1.0 / 6, 1e-15, "two classes");
    gr_tally_free(&t);
    t = tally(one, r, 5);
    assert_ok(gr_class_matthews(&x, &t, &err), &err);
    assert_near(x, 0, 0, "a constant side");
    gr_tally_free(&t);
}

static void confusion(void **state)
{
    static const int64_t order[] = { 2, 0, 7 }, absent[] = { 7 };
    static const uint64_t want[] = { 1, 0, 0, 0, 1, 0, 0, 0, 0 };
    gr_err err = GR_ERR_INIT;
    uint64_t *m;
    size_t n;

    (void)state;
    assert_ok(gr_class_confusion(&m, &n, pred, 4, ref, 4, order, 3, &err), &err);
    assert_int_equal(n, 3);
    assert_memory_equal(m, want, sizeof want);
    free(m);
    assert_ok(gr_class_confusion(&m, &n, pred, 4, ref, 4, NULL, 0, &err), &err);
    assert_int_equal(m[0 * 3 + 1], 1); /* one row of class 0 was called 1 */
    free(m);
    assert_status(gr_class_confusion(&m, &n, pred, 4, ref, 4, absent, 1, &err), GR_E_ARG, &err, "listed");
    assert_status(gr_class_confusion(&m, &n, pred, 4, ref, 4, absent, 0, &err), GR_E_ARG, &err, "empty");
    assert_status(gr_class_confusion(&m, &n, pred, 4, ref, 3, NULL, 0, &err), GR_E_ARG, &err, "for 3");
}

static void report(void **state)
{
    static const int64_t p[] = { 0, 1, 1 }, r[] = { 0, 0, 0 }, zero[] = { 0 };
    static const char *const names[] = { "no", "\xC3\xA9t\xC3\xA9" }; /* two bytes a letter, one column */
    gr_tally t = tally(p, r, 3);
    gr_prf_options o = GR_PRF_DEFAULTS;
    gr_class_report rep;
    gr_err err = GR_ERR_INIT;
    gr_buf text = { 0 };

    (void)state;
    assert_ok(gr_class_report_make(&rep, &t, &o, names, 2, &err), &err);
    assert_true(rep.micro_is_accuracy);
    assert_ok(gr_class_report_text(&text, &rep, 2, &err), &err);
    assert_string_equal(text.p, "              precision    recall  f1-score   support\n\n"
                                "          no       1.00      0.33      0.50         3\n"
                                "         \xC3\xA9t\xC3\xA9       0.00      0.00      0.00         0\n\n"
                                "    accuracy                           0.33         3\n"
                                "   macro avg       0.50      0.17      0.25         3\n"
                                "weighted avg       1.00      0.33      0.50         3\n");
    assert_status(gr_class_report_text(&text, &rep, 18, &err), GR_E_ARG, &err, "digits");
    assert_status(gr_class_report_text(&text, &rep, -1, &err), GR_E_ARG, &err, "digits");
    gr_buf_free(&text);
    gr_class_report_free(&rep);
    assert_status(gr_class_report_make(&rep, &t, &o, names, 1, &err), GR_E_ARG, &err, "1 names");
    o.labels = zero;
    o.n_labels = 1;
    assert_ok(gr_class_report_make(&rep, &t, &o, NULL, 0, &err), &err);
    assert_false(rep.micro_is_accuracy);
    assert_string_equal(rep.row[0].name, "0");
    gr_class_report_free(&rep);
    assert_status(gr_class_report_make(&rep, &t, &o, names, 0, &err), GR_E_ARG, &err, "empty");
    o.n_labels = 0;
    assert_status(gr_class_report_make(&rep, &t, &o, NULL, 0, &err), GR_E_ARG, &err, "empty");
    gr_tally_free(&t);
}

/* A first label that is wider than `weighted avg` sets the width. */
static void wide_report(void **state)
{
    static const int64_t p[] = { -1234567890123, 5 }, r[] = { -1234567890123, 5 };
    gr_tally t = tally(p, r, 2);
    gr_prf_options o = GR_PRF_DEFAULTS;
    gr_class_report rep;
    gr_err err = GR_ERR_INIT;
    gr_buf text = { 0 };

    (void)state;
    assert_ok(gr_class_report_make(&rep, &t, &o, NULL, 0, &err), &err);
    assert_ok(gr_class_report_text(&text, &rep, 2, &err), &err);
    assert_string_equal(text.p, "                precision    recall  f1-score   support\n\n"
                                "-1234567890123       1.00      1.00      1.00         1\n"
                                "             5       1.00      1.00      1.00         1\n\n"
                                "      accuracy                           1.00         2\n"
                                "     macro avg       1.00      1.00      1.00         2\n"
                                "  weighted avg       1.00      1.00      1.00         2\n");
    gr_buf_free(&text);
    gr_class_report_free(&rep);
    gr_tally_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),   cmocka_unit_test(averages),  cmocka_unit_test(zero_division), cmocka_unit_test(refusals),
        cmocka_unit_test(matthews), cmocka_unit_test(confusion), cmocka_unit_test(report), cmocka_unit_test(wide_report),
    };
    return gr_test_main(tests);
}
