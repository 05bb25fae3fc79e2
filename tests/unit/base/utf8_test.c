/* utf8_test.c - strict decoding: every code point, and every way to be wrong (Unicode 15, table 3-7). */
#include "base/utf8.h"

#include "tests/support/test.h"

static void every_code_point(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char u[4];
        uint32_t back = 0;
        size_t n;

        if (cp == 0xD800) cp = 0xE000; /* surrogates are no characters */
        n = gr_utf8_put(u, cp);
        assert_int_equal(n, cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4);
        assert_int_equal(gr_utf8_next(&back, u, n), n);
        assert_int_equal(back, cp);
        if (n > 1) assert_int_equal(gr_utf8_next(&back, u, n - 1), 0);
    }
}

static void complaints(void **state)
{
    static const struct {
        const char *text, *msg;
        size_t      at;
    } bad[] = {
        { "ab\xC0\xAF", "invalid UTF-8: overlong C0 AF", 2 },
        { "\xC1\xBF", "invalid UTF-8: overlong C1 BF", 0 },
        { "\xE0\x80\xAF", "invalid UTF-8: overlong E0 80 AF", 0 },
        { "\xF0\x80\x80\xAF", "invalid UTF-8: overlong F0 80 80 AF", 0 },
        { "xy\xED\xA0\x80z", "invalid UTF-8: surrogate ED A0 80", 2 },
        { "\xED\xBF\xBF", "invalid UTF-8: surrogate ED BF BF", 0 },
        { "\xF4\x90\x80\x80", "invalid UTF-8: above U+10FFFF F4 90 80 80", 0 },
        { "\xF5\x80\x80\x80", "invalid UTF-8: above U+10FFFF F5 80 80 80", 0 },
        { "\xF8\x88\x80\x80\x80", "invalid UTF-8: broken sequence F8 88 80 80", 0 },
        { "\x80", "invalid UTF-8: broken sequence 80", 0 },
        { "0123456789\xFF", "invalid UTF-8: broken sequence FF", 10 },
        { "\xE2\x28\xA1", "invalid UTF-8: broken sequence E2", 0 },
        { "caf\xC3", "invalid UTF-8: cut off at the end C3", 3 },
        { "0123456789abcde\xF0\x9F\x98", "invalid UTF-8: cut off at the end F0 9F 98", 15 },
    };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t at = 99;
        assert_status(gr_utf8_check(gr_sv_from(bad[i].text), &at, &err), GR_E_FORMAT, &err, NULL);
        assert_string_equal(err.msg, bad[i].msg);
        assert_int_equal(at, bad[i].at);
        assert_int_equal(gr_utf8_check(gr_sv_from(bad[i].text), NULL, NULL), GR_E_FORMAT);
    }
}

static void good_text(void **state)
{
    const char *text = "plain ASCII of some length, \xC3\xA9, \xE4\xB8\xAD\xE6\x96\x87, \xF0\x9F\x98\x80 and \xEF\xBF\xBD";
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_utf8_check(gr_sv_from(text), NULL, &err), &err);
    assert_ok(gr_utf8_check(gr_sv_from(NULL), NULL, &err), &err);
    assert_int_equal(gr_utf8_count(gr_sv_from("a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80")), 4);
    assert_int_equal(gr_utf8_count(gr_sv_from("")), 0);
}

/* UAX #11; what takes no column is drawn on the character before it. */
static void columns(void **state)
{
    static const struct { const char *text; size_t columns; } v[] = {
        { "", 0 }, { "ascii 7", 7 }, { "caf\xC3\xA9", 4 }, { "cafe\xCC\x81", 4 },             /* U+0301 combining acute */
        { "\xD1\x8F\xD0\xB7\xD1\x8B\xD0\xBA", 4 },                                       /* Cyrillic */
        { "\xE6\xB1\xBD\xE8\xBD\xA6", 4 }, { "\xE3\x81\x8B\xE3\x82\x99", 2 },           /* two ideographs; U+304B and combining U+3099 */
        { "\xEF\xBC\xA1\xEF\xBD\xB1", 3 },                                               /* fullwidth A, halfwidth katakana */
        { "\xED\x95\x9C", 2 }, { "\xE1\x84\x80\xE1\x85\xA1", 2 },                       /* a Hangul syllable; another in two parts */
        { "\xF0\x9F\x98\x80", 2 }, { "\xF0\xA0\x80\x80", 2 }, { "\xF0\x9D\x92\x9C", 1 }, /* U+1F600, U+20000, U+1D49C */
        { "\xE2\x80\x8D", 0 }, { "\xC2\xAD", 1 }, { "\xE4\xB7\x80", 1 },                 /* joiner, soft hyphen, U+4DC0 */
        { "\xF3\xA0\x87\xAF", 0 },                                                      /* U+E01EF, the last of the table */
        { "a\xE6\xB1", 2 }, { "\xFF\xFE", 2 },                                            /* not valid */
    };

    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        if (gr_utf8_columns(gr_sv_from(v[i].text)) != v[i].columns) fail_msg("%zu: %zu columns", i, gr_utf8_columns(gr_sv_from(v[i].text)));
}

static void windows_1252(void **state)
{
    gr_buf b = { NULL, 0, 0, false };
    gr_err err = GR_ERR_INIT;
    char all[256];

    (void)state;
    gr_utf8_from_cp1252(&b, gr_sv_from("\x80 \x93q\x94 caf\xE9 \x81\xFF")); /* euro, quotes, e acute, C1, y diaeresis */
    assert_string_equal(b.p, "\xE2\x82\xAC \xE2\x80\x9Cq\xE2\x80\x9D caf\xC3\xA9 \xC2\x81\xC3\xBF");
    gr_buf_reset(&b);
    for (int i = 0; i < 256; i++) all[i] = (char)i;
    gr_utf8_from_cp1252(&b, (gr_sv){ all, sizeof all });
    assert_ok(gr_utf8_check(gr_buf_sv(&b), NULL, &err), &err);
    assert_int_equal(gr_utf8_count(gr_buf_sv(&b)), 256);
    gr_buf_free(&b);
}

static void one_line(void **state)
{
    static const struct { const char *from, *to; } v[] = {
        { "", "" },
        { "caf\xC3\xA9 \xF0\x9F\x98\x80 \xE6\x96\x87", "caf\xC3\xA9 \xF0\x9F\x98\x80 \xE6\x96\x87" },
        { "a\nb\tc\x1B[31md\x7F", "a?b?c?[31md?" },
        { "\xC2\x9B" "31m \xC2\x80\xC2\x9F\xC2\xA0", "?31m ??\xC2\xA0" },              /* C1, whose first is an escape code; U+00A0 is none */
        { "\xE2\x80\xA8\xE2\x80\xA9", "??" },                                          /* separators of lines and paragraphs */
        { "x\xE2\x80\xAEgpj.exe\xE2\x81\xA6\xE2\x80\x8F\xD8\x9C", "x?gpj.exe???" },     /* would read exe.jpg */
        { "\xE2\x80\x8B\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA", "\xE2\x80\x8B\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA" }, /* their neighbours */
        { "cut \xE6\x96", "cut ?" },
        { "\xFF\xC0\xAF" "z\xED\xA0\x80\xC3", "??z??" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        char text[64];

        (void)snprintf(text, sizeof text, "%s", v[i].from);
        gr_utf8_one_line(text);
        assert_string_equal(text, v[i].to);
    }
}

static void cut_ends(void **state)
{
    static const struct { const char *from, *to; } v[] = {
        { "", "" }, { "a", "a" }, { "\xC3\xA9", "\xC3\xA9" }, { "a\xC3", "a" }, { "a\xE6\x96", "a" }, { "a\xE6\x96\x87", "a\xE6\x96\x87" },
        { "\xF0\x9F\x98", "" }, { "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80" }, { "\x80\x80\x80\x80", "\x80\x80\x80\x80" }, /* never whole */
    };

    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        char text[16];

        (void)snprintf(text, sizeof text, "%s", v[i].from);
        gr_utf8_drop_cut(text);
        assert_string_equal(text, v[i].to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_code_point), cmocka_unit_test(complaints),
                                        cmocka_unit_test(good_text), cmocka_unit_test(columns), cmocka_unit_test(windows_1252),
                                        cmocka_unit_test(one_line), cmocka_unit_test(cut_ends) };
    return gr_test_main(tests);
}
