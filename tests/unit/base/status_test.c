/* status_test.c - failures as values: the message, the place, the names. */
#include "base/status.h"

#include "tests/support/test.h"

static void records_and_returns(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_int_equal(gr_fail(&err, GR_E_FORMAT, "line %d: %s", 37, "bad"), GR_E_FORMAT);
    assert_int_equal(err.status, GR_E_FORMAT);
    assert_string_equal(err.msg, "line 37: bad");
    assert_non_null(strstr(err.file, "status_test.c"));
    assert_true(err.line > 0);
    assert_int_equal(gr_fail(NULL, GR_E_IO, "nobody listens"), GR_E_IO);
}

static void wraps_outermost_first(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)gr_fail(&err, GR_E_FORMAT, "expected 5 columns, found 4");
    assert_int_equal(gr_wrap(&err, GR_E_FORMAT, "line %d", 37), GR_E_FORMAT);
    assert_int_equal(gr_wrap(&err, GR_E_FORMAT, "mrpc"), GR_E_FORMAT);
    assert_string_equal(err.msg, "mrpc: line 37: expected 5 columns, found 4");
    assert_int_equal(gr_wrap(NULL, GR_E_IO, "x"), GR_E_IO);
    assert_int_equal(gr_wrap(&err, GR_E_IO, "again"), GR_E_IO); /* a caller may say that it is another kind of failure */
    assert_int_equal(err.status, GR_E_IO);
}

static void stays_one_line_and_bounded(void **state)
{
    gr_err err = GR_ERR_INIT;
    char long_text[2000];

    (void)state;
    (void)gr_fail(&err, GR_E_ARG, "a\nb\tc\x1b[31m\x7f");
    assert_string_equal(err.msg, "a?b?c?[31m?");
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    (void)gr_fail(&err, GR_E_ARG, "%s", long_text);
    assert_int_equal(strlen(err.msg), GR_ERR_MSG_MAX - 1);
    (void)gr_wrap(&err, GR_E_ARG, "outer");
    assert_int_equal(strlen(err.msg), GR_ERR_MSG_MAX - 1);
    assert_memory_equal(err.msg, "outer: xxx", 10);
}

static void every_status_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(gr_status_name(GR_OK), "OK");
    assert_string_equal(gr_status_name(GR_E_INTERNAL), "INTERNAL");
    for (int i = 0; i < GR_STATUS_COUNT; i++) {
        assert_non_null(gr_status_name((gr_status)i));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(gr_status_name((gr_status)i), gr_status_name((gr_status)j));
    }
    assert_string_equal(gr_status_name(GR_STATUS_COUNT), "UNKNOWN");
}

static gr_status tries(gr_status inner)
{
    GR_TRY(inner);
    return GR_E_INTERNAL;
}

static void input_that_cannot_be_read(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_int_equal(gr_input_status(gr_fail(&err, GR_E_IO, "a.csv: no"), &err), GR_E_FORMAT);
    assert_int_equal(err.status, GR_E_FORMAT);
    assert_string_equal(err.msg, "a.csv: no");
    assert_int_equal(gr_input_status(GR_E_NOMEM, &err), GR_E_NOMEM);
    assert_int_equal(gr_input_status(GR_E_IO, NULL), GR_E_FORMAT);
    assert_int_equal(gr_input_status(GR_OK, NULL), GR_OK);
}

static void try_hands_up(void **state)
{
    (void)state;
    assert_int_equal(tries(GR_E_IO), GR_E_IO);
    assert_int_equal(tries(GR_OK), GR_E_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(records_and_returns), cmocka_unit_test(wraps_outermost_first), cmocka_unit_test(input_that_cannot_be_read),
                                        cmocka_unit_test(stays_one_line_and_bounded),
                                        cmocka_unit_test(every_status_has_its_name), cmocka_unit_test(try_hands_up) };
    return gr_test_main(tests);
}
