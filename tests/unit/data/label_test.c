/* label_test.c - labels, numbers, scores and tags as they stand in files. */
#include "tests/support/test.h"

#include "data/label.h"

static const char *const   names[] = { "entailment", "not_entailment", NULL };
static const gr_label_spec spec = { names, 2, 0, 5 };

static void by_name(void **state)
{
    gr_err  err = GR_ERR_INIT;
    int32_t i = -7;

    (void)state;
    assert_ok(gr_label_name(&i, gr_sv_from("not_entailment"), &spec, &err), &err);
    assert_int_equal(i, 1);
    i = -7;
    assert_status(gr_label_name(&i, gr_sv_from("Entailment"), &spec, &err), GR_E_FORMAT, &err, "unknown label 'Entailment'");
    assert_status(gr_label_name(&i, gr_sv_from(" entailment"), &spec, &err), GR_E_FORMAT, &err, "unknown label");
    assert_status(gr_label_name(&i, gr_sv_from(""), &spec, &err), GR_E_FORMAT, &err, "empty label");
    assert_int_equal(i, -7); /* untouched by a failure */
}

static void by_number(void **state)
{
    static const struct { const char *in, *why; } bad[] = {
        { "", "empty label" },
        { "x", "label 'x' is not a number" },
        { "7up", "label '7up' is not a number" },
        { "1.0", "label '1.0' is not a number" },
        { " 1", "is not a number" },
        { "-", "label '-' is not a number" },
        { "-x", "label '-x' is not a number" },
        { "2", "label 2 is out of range 0..1" },
        { "-1", "label -1 is out of range 0..1" },
        { "18446744073709551617", "label 18446744073709551617 is out of range 0..1" },
    };
    gr_err  err = GR_ERR_INIT;
    int32_t i = -7;

    (void)state;
    assert_ok(gr_label_number(&i, gr_sv_from("1"), &spec, &err), &err);
    assert_int_equal(i, 1);
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
        assert_status(gr_label_number(&i, gr_sv_from(bad[k].in), &spec, &err), GR_E_FORMAT, &err, bad[k].why);
}

/* Of a file that counts its classes from 1. */
static void by_place(void **state)
{
    gr_err  err = GR_ERR_INIT;
    int32_t i = -7;

    (void)state;
    assert_ok(gr_label_nth(&i, gr_sv_from("1"), &spec, &err), &err);
    assert_int_equal(i, 0);
    assert_ok(gr_label_nth(&i, gr_sv_from("2"), &spec, &err), &err);
    assert_int_equal(i, 1);
    assert_status(gr_label_nth(&i, gr_sv_from("0"), &spec, &err), GR_E_FORMAT, &err, "label 0 is out of range 1..2");
    assert_status(gr_label_nth(&i, gr_sv_from("3"), &spec, &err), GR_E_FORMAT, &err, "label 3 is out of range 1..2");
    assert_status(gr_label_nth(&i, gr_sv_from("first"), &spec, &err), GR_E_FORMAT, &err, "label 'first' is not a number");
    assert_int_equal(i, 1); /* untouched by a failure */
}

static void scores(void **state)
{
    static const struct { const char *in, *why; } bad[] = {
        { "", "score '' is empty" },
        { "nan", "score 'nan' is not a finite number" },
        { "-Infinity", "is not a finite number" },
        { "5,0", "score '5,0' is not a number" },
        { "3.0x", "score '3.0x' is not a number" },
        { "0x1p1", "score '0x1p1' is not a decimal number" },
        { "5.2", "score '5.2' is out of range 0..5" },
        { "-0.5", "score '-0.5' is out of range 0..5" },
        { "1e999", "score '1e999' is not a number" },
    };
    const gr_label_spec any = { NULL, 0, 0, 0 };
    gr_err              err = GR_ERR_INIT;
    double              x = -7;

    (void)state;
    assert_ok(gr_label_score(&x, gr_sv_from("3.800"), &spec, &err), &err);
    assert_true(x == 3.8);
    assert_ok(gr_label_score(&x, gr_sv_from("5"), &spec, &err), &err);
    assert_ok(gr_label_score(&x, gr_sv_from("-12.5e1"), &any, &err), &err); /* no interval: any finite number */
    assert_true(x == -125);
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
        assert_status(gr_label_score(&x, gr_sv_from(bad[k].in), &spec, &err), GR_E_FORMAT, &err, bad[k].why);
}

static void tags(void **state)
{
    static const char *const tag_names[] = { "O", "B-PER", NULL };
    const gr_label_spec      t = { tag_names, 2, 0, 0 };
    gr_err                   err = GR_ERR_INIT;
    int32_t                  i;

    (void)state;
    assert_ok(gr_label_tag(&i, gr_sv_from("B-PER"), &t, &err), &err);
    assert_int_equal(i, 1);
    assert_status(gr_label_tag(&i, gr_sv_from("X-PER"), &t, &err), GR_E_FORMAT, &err, "unknown tag 'X-PER'");
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(by_name), cmocka_unit_test(by_number), cmocka_unit_test(by_place), cmocka_unit_test(scores),
                                               cmocka_unit_test(tags) };

    return gr_test_main(tests);
}
