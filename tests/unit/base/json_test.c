/* json_test.c - documents in and out, the place of every error, strings with NULs, whole numbers to the bit. */
#include "base/json.h"

#include <math.h>

#include "base/fs.h"
#include "base/json_text.h"
#include "tests/support/test.h"

static gr_json *parsed(const char *text)
{
    gr_json *v = NULL;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_json_parse(&v, text, strlen(text), &err), &err);
    return v;
}

static void round_trip(const char *text, const char *want)
{
    gr_json *v = parsed(text);
    gr_err err = GR_ERR_INIT;
    char *out = NULL;

    assert_ok(gr_json_print(&out, v, false, &err), &err);
    assert_string_equal(out, want);
    free(out);
    gr_json_free(v);
}

static void reads_and_prints(void **state)
{
    (void)state;
    round_trip(" { } ", "{}");
    round_trip("[\n]", "[]");
    round_trip("\xEF\xBB\xBF[1]", "[1]");
    round_trip("null", "null");
    round_trip("{\"a\":[true,false,null,{\"b\":\"c\"}],\"\":0}", "{\"a\":[true,false,null,{\"b\":\"c\"}],\"\":0}");
    round_trip("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00e9\\ud83d\\ude00\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\xC3\xA9\xF0\x9F\x98\x80\"");
    round_trip("[0,-0,1.5,1e3,-2E-2,123456789012]", "[0,-0,1.5,1000.0,-0.02,123456789012]");
    round_trip("[2.0,2,-0.0,1e300,160000.0]", "[2.0,2,-0.0,1e+300,160000.0]"); /* a reader with types tells them apart */
    round_trip("[9223372036854775807,-9223372036854775808,18446744073709551616,9007199254740993]",
               "[9223372036854775807,-9223372036854775808,18446744073709551616,9007199254740993]");
}

static void names_line_and_column(void **state)
{
    static const struct {
        const char *text, *msg;
    } bad[] = {
        { "", "line 1, column 1: expected a value, found the end of the text" },
        { "{\"a\":1,\n \"b\":}", "line 2, column 6: expected a value, found '}'" },
        { "[1 2]", "line 1, column 4: expected ',' or ']', found '2'" },
        { "[1,]", "line 1, column 4: expected a value, found ']'" },
        { "[1", "line 1, column 3: expected ',' or ']', found the end of the text" },
        { "{\"a\" 1}", "line 1, column 6: expected ':', found '1'" },
        { "{\"a\":1 \"b\":2}", "line 1, column 8: expected ',' or '}', found '\"'" },
        { "{\"a\":1,}", "line 1, column 8: expected a key in quotes, found '}'" },
        { "{a:1}", "line 1, column 2: expected a key in quotes, found 'a'" },
        { "{\"a\":1,\n\n  \"b\":2,\"a\":3}", "line 3, column 9: this key stands twice in its object" },
        { "{\"a\":{\"x\":1,\"x\":2}}", "line 1, column 13: this key stands twice in its object" },
        { "{\"a\":1,\"\\u0061\":2}", "line 1, column 8: this key stands twice in its object" },
        { "[1] x", "line 1, column 5: expected the end of the text, found 'x'" },
        { "[\"\xC3\xA9\", x]", "line 1, column 7: expected a value, found 'x'" }, /* columns count characters */
        { "[NaN]", "line 1, column 2: expected a value, found 'N'" },
        { "[\x01]", "line 1, column 2: expected a value, found byte 01" },
        { "[01]", "line 1, column 2: not a number as JSON writes it" },
        { "[-]", "line 1, column 2: not a number as JSON writes it" },
        { "[1.]", "line 1, column 2: not a number as JSON writes it" },
        { "[1.5e]", "line 1, column 2: not a number as JSON writes it" },
        { "[1x]", "line 1, column 2: not a number as JSON writes it" },
        { "[1e999]", "line 1, column 2: number out of range" },
        { "[\"ab", "line 1, column 2: string without its closing quote" },
        { "[\"ab\\\"", "line 1, column 2: string without its closing quote" },
        { "[\"a\nb\"]", "line 1, column 4: control character inside a string" },
        { "[\"a\\qb\"]", "line 1, column 4: unknown escape in a string" },
        { "[\"\\u12g4\"]", "line 1, column 3: \\u without four hex digits" },
        { "[\"\\u12\"]", "line 1, column 3: \\u without four hex digits" },
        { "[\"\\ud800\"]", "line 1, column 3: surrogate without its pair" },
        { "[\"\\ud800\\u0041\"]", "line 1, column 3: surrogate without its pair" },
        { "[\"\\udc00\"]", "line 1, column 3: surrogate without its pair" },
        { "{\"a\\u0000b\":1}", "line 1, column 2: a key may not hold \\u0000" },
        { "[1,\n\"\xED\xA0\x80\"]", "line 2, column 2: invalid UTF-8: surrogate ED A0 80" },
        { "[truth]", "line 1, column 2: expected a value, found 't'" },
    };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gr_json *v = NULL;
        assert_status(gr_json_parse(&v, bad[i].text, strlen(bad[i].text), &err), GR_E_FORMAT, &err, NULL);
        assert_string_equal(err.msg, bad[i].msg);
        assert_null(v);
    }
}

static void values_are_counted(void **state)
{
    enum { MOST = 4 * 1000 * 1000 };
    char *text = malloc(2 * (MOST + 1) + 2);
    gr_json *v = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 0; i <= MOST; i++) {
        text[1 + 2 * i] = '1';
        text[2 + 2 * i] = i == MOST ? ']' : ',';
    }
    assert_int_equal(gr_json_parse(&v, text, 2 * (MOST + 1) + 1, &err), GR_E_FORMAT);
    assert_non_null(strstr(err.msg, "more than 4,000,000 values"));
    free(text);
}

static void depth_is_capped(void **state)
{
    gr_buf b = { NULL, 0, 0, false };
    gr_err err = GR_ERR_INIT;
    gr_json *v = NULL;

    (void)state;
    for (int i = 0; i < 64; i++) gr_buf_addc(&b, '[');
    for (int i = 0; i < 64; i++) gr_buf_addc(&b, ']');
    assert_ok(gr_json_parse(&v, b.p, b.n, &err), &err);
    gr_json_free(v);
    gr_buf_reset(&b);
    for (int i = 0; i < 100000; i++) gr_buf_adds(&b, "{\"a\":");
    assert_status(gr_json_parse(&v, b.p, b.n, &err), GR_E_FORMAT, &err, "nested deeper than 64");
    gr_buf_free(&b);
}

/* The text ends where n says, whatever lies behind it. */
static void length_is_kept(void **state)
{
    gr_err err = GR_ERR_INIT;
    gr_json *v = NULL;

    (void)state;
    assert_ok(gr_json_parse(&v, "[1]garbage", 3, &err), &err);
    gr_json_free(v);
    assert_status(gr_json_parse(&v, "[12]", 3, &err), GR_E_FORMAT, &err, "end of the text");
    assert_status(gr_json_parse(&v, NULL, 0, &err), GR_E_FORMAT, &err, "end of the text");
    assert_status(gr_json_parse(&v, "[1]\0", 4, &err), GR_E_FORMAT, &err, "byte 00");
}

static void asking(void **state)
{
    gr_json *v = parsed("{\"s\":\"x\",\"n\":2.5,\"i\":-3,\"b\":true,\"z\":null,\"a\":[10,20,30],\"big\":9223372036854775807,"
                        "\"huge\":9223372036854775808,\"S\":1}");
    const gr_json *a = gr_json_get(v, "a");
    gr_err err = GR_ERR_INIT;
    const char *s = NULL;
    int64_t i = 0;
    double x = 0;

    (void)state;
    assert_true(gr_json_is_object(v) && gr_json_is_array(a) && gr_json_is_string(gr_json_get(v, "s")));
    assert_true(gr_json_is_number(gr_json_get(v, "n")) && gr_json_is_number(gr_json_get(v, "big")));
    assert_true(gr_json_is_bool(gr_json_get(v, "b")) && gr_json_is_null(gr_json_get(v, "z")) && !gr_json_is_null(NULL));
    assert_null(gr_json_get(v, "absent"));
    assert_null(gr_json_get(a, "s"));
    assert_null(gr_json_get(NULL, "s"));
    assert_true(gr_json_num(gr_json_at(a, 2), 0) == 30 && gr_json_at(a, 3) == NULL && gr_json_at(v, 0) == NULL);
    assert_true(gr_json_len(a) == 3 && gr_json_len(v) == 9 && gr_json_len(NULL) == 0 && gr_json_len(gr_json_get(v, "s")) == 0);
    assert_string_equal(gr_json_key(gr_json_first(v)), "s");
    assert_string_equal(gr_json_key(gr_json_next(gr_json_first(v))), "n");
    assert_null(gr_json_key(gr_json_first(a)));
    assert_true(gr_json_next(NULL) == NULL && gr_json_first(NULL) == NULL);
    assert_string_equal(gr_json_str(gr_json_get(v, "s"), "f"), "x");
    assert_string_equal(gr_json_str(gr_json_get(v, "n"), "f"), "f");
    assert_true(gr_json_num(NULL, 7) == 7 && gr_json_bool(gr_json_get(v, "b"), false) && gr_json_bool(NULL, true));
    assert_true(gr_json_num(gr_json_get(v, "big"), 0) == 0x1p63);

    assert_ok(gr_json_need_str(&s, v, "s", &err), &err);
    assert_status(gr_json_need_str(&s, v, "n", &err), GR_E_FORMAT, &err, "'n' is not a string");
    assert_status(gr_json_need_str(&s, v, "q", &err), GR_E_FORMAT, &err, "'q' is missing");
    assert_ok(gr_json_need_int(&i, v, "i", -3, 0, &err), &err);
    assert_true(i == -3);
    assert_ok(gr_json_need_int(&i, v, "big", 0, INT64_MAX, &err), &err);
    assert_true(i == INT64_MAX);
    assert_status(gr_json_need_int(&i, v, "i", 0, 9, &err), GR_E_FORMAT, &err, "'i' is not a whole number in 0..9");
    assert_status(gr_json_need_int(&i, v, "n", 0, 9, &err), GR_E_FORMAT, &err, "'n' is not a whole number");
    assert_status(gr_json_need_int(&i, v, "huge", 0, INT64_MAX, &err), GR_E_FORMAT, &err, "'huge' is not");
    assert_status(gr_json_need_int(&i, v, "q", 0, 9, &err), GR_E_FORMAT, &err, "'q' is missing");
    assert_ok(gr_json_need_num(&x, v, "n", &err), &err);
    assert_true(x == 2.5);
    assert_status(gr_json_need_num(&x, v, "s", &err), GR_E_FORMAT, &err, "'s' is not a number");
    gr_json_free(v);
}

static void nul_in_a_string(void **state)
{
    gr_json *v = parsed("[\"a\\u0000b\"]"), *root = gr_json_new_array();
    gr_err err = GR_ERR_INIT;
    char *text = NULL;
    gr_sv s;

    (void)state;
    s = gr_json_sv(gr_json_first(v));
    assert_int_equal(s.n, 3);
    assert_memory_equal(s.p, "a\0b", 4);
    assert_string_equal(gr_json_str(gr_json_first(v), ""), "a");
    assert_null(gr_json_sv(v).p);
    gr_json_add_copy(root, NULL, v);
    gr_json_add_sv(root, NULL, s);
    assert_ok(gr_json_print(&text, root, false, &err), &err);
    assert_string_equal(text, "[[\"a\\u0000b\"],\"a\\u0000b\"]");
    free(text);
    gr_json_free(v);
    gr_json_free(root);
}

static void builds(void **state)
{
    gr_json *root = gr_json_new_object(), *arr;
    gr_err err = GR_ERR_INIT;
    char *text = NULL;

    (void)state;
    gr_json_add_str(root, "s", "x\xFFy"); /* no UTF-8: U+FFFD */
    gr_json_add_str(root, "null", NULL);
    gr_json_add_num(root, "n", 0.1);
    gr_json_add_num(root, "nan", NAN);
    gr_json_add_num(root, "inf", -INFINITY);
    gr_json_add_int(root, "i", INT64_MIN);
    gr_json_add_int(root, "j", 5);
    gr_json_add_bool(root, "b", true);
    arr = gr_json_add_array(root, "a");
    gr_json_add_num(arr, NULL, 1);
    gr_json_add_null(arr, NULL);
    gr_json_add_bool(gr_json_add_object(arr, NULL), "k", false);
    gr_json_add_copy(root, "copy", arr);
    gr_json_add_copy(root, "none", NULL);
    assert_true(gr_json_ok(root));
    assert_ok(gr_json_print(&text, root, false, &err), &err);
    assert_string_equal(text, "{\"s\":\"x\xEF\xBF\xBDy\",\"null\":null,\"n\":0.1,\"nan\":null,\"inf\":null,"
                              "\"i\":-9223372036854775808,\"j\":5,\"b\":true,\"a\":[1,null,{\"k\":false}],"
                              "\"copy\":[1,null,{\"k\":false}],\"none\":null}");
    free(text);
    gr_json_free(root);

    root = parsed("{\"a\":[1,{}],\"b\":[]}");
    assert_ok(gr_json_print(&text, root, true, &err), &err);
    assert_string_equal(text, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
    free(text);
    gr_json_free(root);
}

/* What could not be built is reported at the end. */
static void null_parents(void **state)
{
    gr_err err = GR_ERR_INIT;
    char *text = NULL;

    (void)state;
    assert_null(gr_json_add_object(NULL, "x"));
    assert_null(gr_json_add_array(NULL, NULL));
    gr_json_add_str(NULL, "x", "y");
    gr_json_add_num(NULL, "x", 1);
    gr_json_add_int(NULL, "x", INT64_MAX);
    gr_json_add_null(NULL, "x");
    assert_false(gr_json_ok(NULL));
    assert_status(gr_json_print(&text, NULL, false, &err), GR_E_NOMEM, &err, NULL);
    assert_status(gr_json_write("/nonexistent", NULL, &err), GR_E_NOMEM, &err, NULL);
    gr_json_free(NULL);
}

/* A document ends where its length says, whatever stands behind it. */
static void ends(void **state)
{
    static const struct {
        const char *text;
        size_t      n;
        double      want; /* NAN: refused */
    } v[] = { { "1.5", 1, 1 },     { "1e5", 1, 1 },     { "12", 1, 1 },      { "1.5e3", 3, 1.5 }, { "1.5e31", 5, 1500 }, { "-0x", 2, 0 }, { "17 x", 3, 17 },
              { "1.5", 2, NAN },   { "1e+5", 2, NAN },  { "1e+5", 3, NAN },  { "-1", 1, NAN },    { "true", 3, NAN },    { "\"a\"", 2, NAN }, { "[1]", 2, NAN },
              { "\"\\u0041\"", 6, NAN }, { "", 0, NAN } };

    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        gr_err   err = GR_ERR_INIT;
        gr_json *root = NULL;

        if (isnan(v[i].want)) {
            assert_status(gr_json_parse(&root, v[i].text, v[i].n, &err), GR_E_FORMAT, &err, "line 1");
            continue;
        }
        assert_ok(gr_json_parse(&root, v[i].text, v[i].n, &err), &err);
        assert_true(gr_json_num(root, NAN) == v[i].want);
        gr_json_free(root);
    }
}

static void numbers_are_shortest(void **state)
{
    static const struct {
        double      x;
        const char *want;
    } v[] = { { 0.1, "0.1" }, { 0.1 + 0.2, "0.30000000000000004" }, { 1.0 / 3, "0.3333333333333333" }, { 5e-324, "5e-324" },
              { 1e22, "1e+22" }, { 1e15, "1e+15" }, { 123456, "123456" }, { 1.7976931348623157e308, "1.7976931348623157e+308" },
              { 2.5e-310, "2.5e-310" }, { -0.0, "-0" }, { 9007199254740992, "9007199254740992" } };
    gr_buf b = { NULL, 0, 0, false };

    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        gr_buf_reset(&b);
        gr_json_number(&b, v[i].x);
        assert_string_equal(b.p, v[i].want);
    }
    gr_buf_free(&b);
}

static void quotes(void **state)
{
    gr_buf b = { NULL, 0, 0, false };

    (void)state;
    gr_json_quote(&b, gr_sv_from("a\"b\\\n\x1f\x7f"));
    assert_string_equal(b.p, "\"a\\\"b\\\\\\n\\u001f\x7f\"");
    gr_buf_reset(&b);
    gr_json_quote(&b, (gr_sv){ "\0\xC3", 2 });
    assert_string_equal(b.p, "\"\\u0000\xEF\xBF\xBD\"");
    gr_buf_reset(&b);
    gr_json_quote(&b, gr_sv_from(NULL));
    assert_string_equal(b.p, "\"\"");
    gr_buf_free(&b);
}

/* A vocabulary: 250000 keys, and a second one of the same name at the end. */
static void many_keys(void **state)
{
    gr_buf b = { NULL, 0, 0, false };
    gr_err err = GR_ERR_INIT;
    gr_json *v = NULL;
    size_t n = 0;

    (void)state;
    gr_buf_addc(&b, '{');
    for (int i = 0; i < 250000; i++) gr_buf_addf(&b, "%s\"token%d\":%d", i ? "," : "", i, i);
    gr_buf_addc(&b, '}');
    assert_ok(gr_json_parse(&v, b.p, b.n, &err), &err);
    for (const gr_json *c = gr_json_first(v); c; c = gr_json_next(c)) assert_true(gr_json_num(c, -1) == (double)n++);
    assert_int_equal(n, 250000);
    gr_json_free(v);
    b.n--;
    gr_buf_adds(&b, ",\"token77\":0}");
    assert_status(gr_json_parse(&v, b.p, b.n, &err), GR_E_FORMAT, &err, "stands twice");
    gr_buf_free(&b);
}

static void files(void **state)
{
    char path[GR_PATH_MAX];
    gr_json *v = parsed("{\"a\":1}"), *back = NULL;
    gr_err err = GR_ERR_INIT;
    char *text = NULL;
    size_t n = 0;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "x.json"));
    assert_ok(gr_json_write(path, v, &err), &err);
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    assert_string_equal(text, "{\n  \"a\": 1\n}\n");
    free(text);
    assert_ok(gr_json_read(&back, path, 0, &err), &err);
    gr_json_free(back);
    assert_status(gr_json_read(&back, path, 5, &err), GR_E_FORMAT, &err, "larger than");
    assert_ok(gr_fs_write(path, "{", 1, &err), &err);
    assert_status(gr_json_read(&back, path, 0, &err), GR_E_FORMAT, &err, "x.json: line 1, column 2: ");
    assert_status(gr_json_read(&back, "/nonexistent/x", 0, &err), GR_E_NOTFOUND, &err, "/nonexistent/x: ");
    assert_status(gr_json_write("/nonexistent/x", v, &err), GR_E_IO, &err, "/nonexistent/x: ");
    gr_json_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(reads_and_prints), cmocka_unit_test(names_line_and_column),
                                        cmocka_unit_test(depth_is_capped), cmocka_unit_test(values_are_counted),  cmocka_unit_test(length_is_kept),
                                        cmocka_unit_test(asking),           cmocka_unit_test(nul_in_a_string),
                                        cmocka_unit_test(builds),           cmocka_unit_test(null_parents),
                                        cmocka_unit_test(numbers_are_shortest), cmocka_unit_test(ends), cmocka_unit_test(quotes),
                                        cmocka_unit_test(many_keys),        cmocka_unit_test(files) };
    return gr_test_main(tests);
}
