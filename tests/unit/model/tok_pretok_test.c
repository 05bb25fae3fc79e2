/* gr_pretok_run and the patterns: each way to cut, the expressions' corners, prefixes, grapheme clusters. */
#include "base/utf8.h"
#include "model/tokenizer/classes.h"
#include "model/tokenizer/normalizer.h"
#include "model/tokenizer/pretok.h"
#include "tests/support/test.h"

/* The words of `text` joined by '|'. */
static void check(const gr_pretok *p, const char *text, const char *want)
{
    gr_glyphs g[2] = { { .v = NULL }, { .v = NULL } };
    gr_spans s[2] = { { NULL, 0, 0 }, { NULL, 0, 0 } };
    const gr_norm none = { .kind = GR_NORM_NONE };
    gr_buf b = { NULL, 0, 0, false };
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_norm_run(&none, g, gr_sv_from(text), 0, 0, &err), &err);
    assert_ok(gr_pretok_run(p, g, s, &err), &err);
    gr_buf_adds(&b, "");
    for (size_t i = 0; i < s[0].n; i++) {
        if (i) gr_buf_addc(&b, '|');
        for (size_t k = s[0].v[i].from; k < s[0].v[i].to; k++) {
            char utf8[4];
            gr_buf_add(&b, utf8, gr_utf8_put(utf8, g[0].v[k].cp));
        }
    }
    assert_string_equal(b.p, want);
    gr_buf_free(&b);
    for (int i = 0; i < 2; i++) {
        gr_glyphs_free(&g[i]);
        gr_spans_free(&s[i]);
    }
}

static void test_cuts(void **state)
{
    static const uint32_t dash[] = { '-' };
    static const char *const want[] = { "the|final|countdown", "the|-|final|-|-|countdown", "the-|final-|-|countdown",
                                        "the|-final|-|-countdown", "the|-|final|--|countdown" };

    (void)state;
    for (int i = 0; i < 5; i++) {
        const gr_pretok p = { .kind = GR_PRETOK_SPLIT, .cut = (gr_cut)i, .pattern = { NULL, dash, 1 } };
        check(&p, "the-final--countdown", want[i]);
    }
    check(&(gr_pretok){ .kind = GR_PRETOK_SPLIT, .cut = GR_CUT_REMOVED, .invert = true, .pattern = { NULL, dash, 1 } }, "a-b--", "-|-|-");
    check(&(gr_pretok){ .kind = GR_PRETOK_WHITESPACE }, "a_1, b!? c", "a_1|,|b|!?|c");
    check(&(gr_pretok){ .kind = GR_PRETOK_WHITESPACE_SPLIT }, " a  b\t", "a|b");
    check(&(gr_pretok){ .kind = GR_PRETOK_DIGITS, .cut = GR_CUT_ISOLATED }, "a12b", "a|1|2|b");
    check(&(gr_pretok){ .kind = GR_PRETOK_DIGITS, .cut = GR_CUT_CONTIGUOUS }, "a12b", "a|12|b");
    check(&(gr_pretok){ .kind = GR_PRETOK_PUNCTUATION, .cut = GR_CUT_ISOLATED }, "a.b!!", "a|.|b|!|!");
}

static void test_byte_level(void **state)
{
    const gr_pretok plain = { .kind = GR_PRETOK_BYTE_LEVEL, .split = true };
    const gr_pretok prefix = { .kind = GR_PRETOK_BYTE_LEVEL, .split = true, .prefix = GR_PREFIX_ALWAYS };

    (void)state;
    check(&plain, "I'll don't 'x it's12 ab   c", "I|'ll| don|'t| '|x| it|'s|12| ab|  | c");
    check(&plain, "a\n\nb  ", "a|\n|\n|b|  ");
    check(&plain, "a \n", "a| \n");
    check(&plain, "", "");
    check(&prefix, "a b", " a| b");
    check(&prefix, " a", " a");
    check(&prefix, "\ta", " |\t|a");
}

static void test_metaspace(void **state)
{
    gr_pretok p = { .kind = GR_PRETOK_METASPACE, .split = true, .prefix = GR_PREFIX_ALWAYS, .sign = '_' };

    (void)state;
    check(&p, "a b  c", "_a|_b|_|_c");
    check(&p, " a", "_a");
    p.split = false;
    check(&p, "a b", "_a_b");
    p.prefix = GR_PREFIX_NEVER;
    check(&p, "a b", "a_b");
}

static void test_patterns(void **state)
{
    static const char llama[] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
                                "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    const gr_pretok p = { .kind = GR_PRETOK_SPLIT, .cut = GR_CUT_ISOLATED, .pattern = { gr_pattern_find(gr_sv_from(llama)), NULL, 0 } };

    (void)state;
    assert_non_null(p.pattern.match);
    assert_null(gr_pattern_find(gr_sv_from("(a+)+")));
    check(&p, "I'LL 12345 (x) a.\n\n b \n\n  c", "I|'LL| |123|45| (|x|)| a|.\n\n| b| \n\n| | c");
}

/* What lies behind a text, left there by a longer one, is no part of it. */
static void test_end(void **state)
{
    static const uint32_t ab[] = { 'a', 'b' };
    const gr_pattern p = { NULL, ab, 2 };
    const gr_glyph g[] = { { 'x', 0, 0, 1 }, { 'a', 1, 1, 2 }, { 'b', 2, 2, 3 } };
    size_t from = 0, to = 0;

    (void)state;
    assert_false(gr_pattern_next(&p, g, 2, 0, &from, &to));
    assert_true(gr_pattern_next(&p, g, 3, 0, &from, &to));
    assert_int_equal(from, 1);
    assert_int_equal(to, 3);
}

static void test_clusters(void **state)
{
    static const struct {
        uint32_t cp[6];
        size_t   n, want;
    } rows[] = {
        { { 'a', 0x301, 0x327, 'b' }, 4, 3 },          { { '\r', '\n', 'a' }, 3, 2 },
        { { '\n', 0x301 }, 2, 1 },                     { { 0x1F1E9, 0x1F1EA, 0x1F1EB }, 3, 2 },
        { { 0x1F468, 0x200D, 0x1F469, 'a' }, 4, 3 },   { { 'a', 0x200D, 0x1F469 }, 3, 2 },
        { { 0x1100, 0x1161, 0x11A8, 0x1100 }, 4, 3 },  { { 0x600, 'a' }, 2, 2 },
        { { 0x915, 0x94D, 0x937, 0x915 }, 4, 3 },      { { 0xAC00, 0x11A8, 0x1161 }, 3, 2 },
        { { 0x200D, 0x1F469 }, 2, 1 },                 { { 0x301, 0x200D, 0x1F469 }, 3, 2 }, /* GB11 begins at a pictograph */
        { { 'a', 0x94D, 0x937 }, 3, 2 },               { { 0x915, 'a', 0x94D }, 3, 1 },      /* GB9c at a consonant          */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_int_equal(gr_uni_cluster(rows[i].cp, 1, rows[i].n), rows[i].want);
}

static void test_forms(void **state)
{
    (void)state;
    assert_int_equal(gr_uni_compose('e', 0x301), 0xE9);
    assert_int_equal(gr_uni_compose(0x1100, 0x1161), 0xAC00);
    assert_int_equal(gr_uni_compose(0xAC00, 0x11A8), 0xAC01);
    assert_int_equal(gr_uni_compose('e', 'e'), 0);
    assert_int_equal(gr_uni_compose(0xAC00, 0x11A7), 0);
}

static void test_growth(void **state)
{
    gr_glyphs g = { .v = NULL };
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_status(gr_glyphs_reserve(&g, (size_t)GR_GLYPHS_MAX + 1, &err), GR_E_UNSUPPORTED, &err, "grows beyond");
    assert_null(g.v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),     cmocka_unit_test(test_byte_level), cmocka_unit_test(test_metaspace),
        cmocka_unit_test(test_patterns), cmocka_unit_test(test_clusters),   cmocka_unit_test(test_forms),
        cmocka_unit_test(test_growth),   cmocka_unit_test(test_end),
    };
    return gr_test_main(tests);
}
