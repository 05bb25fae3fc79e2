/* gr_norm_run and gr_pretok_next: each step alone, alignment, canonical ordering, long runs of marks. */
#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"
#include "model/tokenizer/unicode.h"
#include "tests/support/test.h"

static const gr_norm NONE = { .kind = GR_NORM_NONE };
static const gr_norm CLEAN = { .kind = GR_NORM_BERT, .clean = true };
static const gr_norm CJK = { .kind = GR_NORM_BERT, .cjk = true };
static const gr_norm STRIP = { .kind = GR_NORM_BERT, .strip = true };
static const gr_norm LOWER = { .kind = GR_NORM_BERT, .lower = true };
static const gr_norm ALL = { .kind = GR_NORM_BERT, .clean = true, .cjk = true, .strip = true, .lower = true };

/* `text` becomes `want`, and its characters stand for the source characters src[]. */
static void check(const gr_norm *norm, const char *text, const char *want, const uint32_t *src)
{
    gr_glyphs g[2] = { { .v = NULL }, { .v = NULL } };
    gr_err err = GR_ERR_INIT;
    char got[256];
    size_t n = 0;

    assert_ok(gr_norm_run(norm, g, gr_sv_from(text), 0, 0, &err), &err);
    for (size_t i = 0; i < g[0].n; i++) {
        assert_true(n < sizeof got - 5);
        n += gr_utf8_put(got + n, g[0].v[i].cp);
        if (src) assert_int_equal(g[0].v[i].src, src[i]);
    }
    got[n] = '\0';
    assert_string_equal(got, want);
    gr_glyphs_free(&g[0]);
    gr_glyphs_free(&g[1]);
}

static void test_steps(void **state)
{
    (void)state;
    check(&NONE, "A\t\x01\xC3\xA9", "A\t\x01\xC3\xA9", (uint32_t[]){ 0, 1, 2, 3 });
    check(&CLEAN, "a\x01\x62\t\xC2\xA0" "c\xEF\xBF\xBD", "ab  c", (uint32_t[]){ 0, 2, 3, 4, 5 });
    check(&CJK, "a\xE4\xB8\xAD" "b", "a \xE4\xB8\xAD b", (uint32_t[]){ 0, 1, 1, 1, 2 });
    check(&STRIP, "\xC3\xA9" "e\xCC\x81x", "eex", (uint32_t[]){ 0, 1, 3 });
    check(&LOWER, "A\xC4\xB0Z\xCE\xA3", "ai\xCC\x87z\xCF\x83", (uint32_t[]){ 0, 1, 1, 2, 3 });
    check(&ALL, "\xC4\xB0\xC3\x89", "ie", (uint32_t[]){ 0, 1 });
    check(&ALL, "", "", NULL);
}

/* Of an empty text nothing is left, and nothing is read. */
static void test_empty(void **state)
{
    (void)state;
    for (int k = GR_NORM_NONE; k <= GR_NORM_BYTE_LEVEL; k++) check(&(gr_norm){ .kind = (gr_norm_kind)k, .left = true, .right = true }, "", "", NULL);
}

static void test_hangul(void **state)
{
    (void)state;
    check(&STRIP, "\xEA\xB0\x81", "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", (uint32_t[]){ 0, 0, 0 });
    check(&STRIP, "\xEA\xB0\x80", "\xE1\x84\x80\xE1\x85\xA1", (uint32_t[]){ 0, 0 });
    check(&STRIP, "\xED\x9E\xA3", "\xE1\x84\x92\xE1\x85\xB5\xE1\x87\x82", (uint32_t[]){ 0, 0, 0 });
}

/* U+302E (class 224, kept) before U+1B44 (class 9, kept) are exchanged; the places stay in order. The
 * acute accent (230) between them goes, and leaves the place it was sorted to. */
static void test_order(void **state)
{
    (void)state;
    check(&STRIP, "a\xE3\x80\xAE\xE1\xAD\x84", "a\xE1\xAD\x84\xE3\x80\xAE", (uint32_t[]){ 0, 1, 2 });
    check(&STRIP, "a\xCC\x81\xE1\xAD\x84", "a\xE1\xAD\x84", (uint32_t[]){ 0, 1 });
    check(&STRIP, "a\xE1\xAD\x84\xCC\x81", "a\xE1\xAD\x84", (uint32_t[]){ 0, 1 });
    check(&STRIP, "\xC3\xA9\xE1\xAD\x84", "e\xE1\xAD\x84", (uint32_t[]){ 0, 1 });
}

/* A run of marks too long for the insertion sort: classes 224 and 9 by turns. */
static void test_long_run(void **state)
{
    enum { N = 5000 };
    static char text[6 * N];
    gr_glyphs g[2] = { { .v = NULL }, { .v = NULL } };
    gr_err err = GR_ERR_INIT;
    size_t n = 0;

    (void)state;
    for (int i = 0; i < N; i++) {
        n += gr_utf8_put(text + n, 0x302E);
        n += gr_utf8_put(text + n, 0x1B44);
    }
    assert_ok(gr_norm_run(&STRIP, g, (gr_sv){ text, n }, 5, 7, &err), &err);
    assert_int_equal(g[0].n, 2 * N);
    for (uint32_t i = 0; i < 2 * N; i++) {
        assert_int_equal(g[0].v[i].cp, i < N ? 0x1B44 : 0x302E);
        assert_int_equal(g[0].v[i].src, 5 + i);
        assert_int_equal(g[0].v[i].b0, 7 + 3 * i);
    }
    gr_glyphs_free(&g[0]);
    gr_glyphs_free(&g[1]);
}

static void test_invalid(void **state)
{
    gr_glyphs g[2] = { { .v = NULL }, { .v = NULL } };
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_status(gr_norm_run(&ALL, g, (gr_sv){ "ab\xFF", 3 }, 0, 0, &err), GR_E_FORMAT, &err, "byte 2");
    gr_glyphs_free(&g[0]);
    gr_glyphs_free(&g[1]);
}

static void test_words(void **state)
{
    static const char text[] = " it's  a.b ";
    static const char *const want[] = { "it", "'", "s", "a", ".", "b" };
    gr_glyph g[sizeof text];
    size_t at = 0, from, to, n = 0;

    (void)state;
    for (uint32_t i = 0; i + 1 < sizeof text; i++) g[i] = (gr_glyph){ (unsigned char)text[i], i, i, i + 1 };
    while (gr_pretok_next(GR_PRETOK_BERT, g, sizeof text - 1, &at, &from, &to)) {
        assert_true(n < 6);
        assert_true(gr_sv_is((gr_sv){ text + from, to - from }, want[n++]));
    }
    assert_int_equal(n, 6);
    at = 0;
    assert_true(gr_pretok_next(GR_PRETOK_NONE, g, 3, &at, &from, &to));
    assert_int_equal(to, 3);
    assert_false(gr_pretok_next(GR_PRETOK_NONE, g, 3, &at, &from, &to));
}

static void test_properties(void **state)
{
    (void)state;
    assert_true(gr_uni_prop('_') & GR_UNI_PUNCT && gr_uni_prop('_') & GR_UNI_WORD);
    assert_true(gr_uni_prop('$') & GR_UNI_PUNCT); /* a sign by its place in ASCII, not by its category */
    assert_true(gr_uni_prop(0x2B820) == 0 || !(gr_uni_prop(0x2B820) & GR_UNI_CJK));
    assert_true(gr_uni_prop(0x4E2D) & GR_UNI_CJK);
    assert_int_equal(gr_uni_lower(0x10FFFF), 0x10FFFF);
    assert_int_equal(gr_uni_lower(0x1E9E), 0xDF);
    assert_int_equal(gr_uni_ccc(gr_uni_prop(0x301)), 230);
    assert_int_equal(gr_uni_ccc(gr_uni_prop('a')), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),    cmocka_unit_test(test_empty), cmocka_unit_test(test_hangul),  cmocka_unit_test(test_order), cmocka_unit_test(test_long_run),
        cmocka_unit_test(test_invalid),  cmocka_unit_test(test_words),   cmocka_unit_test(test_properties),
    };
    return gr_test_main(tests);
}
