/* lines_test.c - physical lines: ends, marks, checks, stripping. */
#include "tests/support/test.h"

#include "data/lines.h"

static gr_sv sv(const char *s)
{
    return gr_sv_from(s);
}

/* The lines of `text` joined by '|', or the message. */
static const char *joined(gr_buf *b, gr_sv text)
{
    gr_lines l;
    gr_err   err = GR_ERR_INIT;
    gr_sv    line;
    bool     more = true;

    gr_buf_reset(b);
    gr_buf_adds(b, "");
    if (gr_lines_open(&l, text, &err) != GR_OK) more = false;
    while (more && gr_lines_next(&l, &line, &more, &err) == GR_OK && more) {
        gr_buf_add(b, line.p, line.n);
        gr_buf_addc(b, '|');
    }
    if (err.msg[0] != '\0') {
        gr_buf_reset(b);
        gr_buf_adds(b, err.msg);
    }
    assert_false(b->oom);
    return b->p;
}

static void ends_of_lines(void **state)
{
    gr_buf b = { NULL, 0, 0, false };

    (void)state;
    assert_string_equal(joined(&b, sv("a\nb\n")), "a|b|");
    assert_string_equal(joined(&b, sv("a\r\nb")), "a|b|");
    assert_string_equal(joined(&b, sv("a\rb\r")), "a|b|");
    assert_string_equal(joined(&b, sv("a\n\nb\r\r\nc")), "a||b||c|"); /* CR, CRLF: two ends */
    assert_string_equal(joined(&b, sv("\n")), "|");
    assert_string_equal(joined(&b, sv("")), "");
    /* neither NEL, LINE SEPARATOR, vertical tab nor form feed end a line */
    assert_string_equal(joined(&b, sv("a\xc2\x85" "b\xe2\x80\xa8" "c\vd\fe\n")), "a\xc2\x85" "b\xe2\x80\xa8" "c\vd\fe|");
    gr_buf_free(&b);
}

static void marks_and_faults(void **state)
{
    const gr_sv nul = { "ab\nc\0d\n", 7 };
    gr_buf      b = { NULL, 0, 0, false };

    (void)state;
    assert_string_equal(joined(&b, sv("\xef\xbb\xbf" "a\n")), "a|");
    assert_string_equal(joined(&b, sv("\xef\xbb\xbf")), "");
    assert_string_equal(joined(&b, sv("a\n\xef\xbb\xbf" "b")), "a|\xef\xbb\xbf" "b|"); /* only the first is a mark */
    assert_string_equal(joined(&b, sv("\xff\xfe" "a")), "line 1: UTF-16 byte order mark: the file is not UTF-8");
    assert_string_equal(joined(&b, sv("\xfe\xff")), "line 1: UTF-16 byte order mark: the file is not UTF-8");
    assert_string_equal(joined(&b, nul), "line 2: NUL byte at byte 2");
    assert_string_equal(joined(&b, sv("ok\nx\xc0\xaf")), "line 2: invalid UTF-8: overlong C0 AF at byte 2: save the file as UTF-8");
    gr_buf_free(&b);
}

static void fault_inside_a_piece(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_status(gr_text_check(sv("a\r\nb\rc\n\xff"), 10, &err), GR_E_FORMAT, &err, "line 13: invalid UTF-8");
    assert_ok(gr_text_check(sv(""), 1, &err), &err);
}

static void blank_rest(void **state)
{
    gr_lines l;
    gr_err   err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_lines_open(&l, sv("\n\r\r\n"), &err), &err);
    assert_true(gr_lines_only_blank(&l));
    assert_ok(gr_lines_open(&l, sv("\n \n"), &err), &err);
    assert_false(gr_lines_only_blank(&l));
}

static void stripping(void **state)
{
    static const struct { const char *in, *out; } cases[] = {
        { "  a b \t", "a b" },
        { "\xc2\xa0" "a\xc2\x85", "a" },                         /* U+00A0, U+0085 */
        { "\xe2\x80\x83" "a\xe3\x80\x80", "a" },                 /* U+2003, U+3000 */
        { "\x1c" "a\x1f", "a" },
        { "\xe2\x80\x8b" "a", "\xe2\x80\x8b" "a" },              /* U+200B is no white space */
        { "\xc3\xa9 ", "\xc3\xa9" },
        { " \t\r\n", "" },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const gr_sv got = gr_text_strip(sv(cases[i].in));
        assert_true(gr_sv_is(got, cases[i].out));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_of_lines), cmocka_unit_test(marks_and_faults), cmocka_unit_test(fault_inside_a_piece),
        cmocka_unit_test(blank_rest),    cmocka_unit_test(stripping),
    };

    return gr_test_main(tests);
}
