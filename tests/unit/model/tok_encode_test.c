/* gr_tok_encode: added tokens and their options, limits, errors, the word cache, the plain way. */
#include "base/fs.h"
#include "model/tokenizer/tok_work.h"
#include "tests/support/test.h"

#define VOCAB "\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"a\":3,\"b\":4,\"##a\":5,\"##b\":6,\".\":7,\"ab\":8,\"\\u4e2d\":9"
#define HEAD "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{" VOCAB "}},\"normalizer\":{\"type\":\"BertNormalizer\"}," \
             "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}"

typedef struct fixture {
    gr_tok      *t;
    gr_tok_work *w;
} fixture;

/* A tokenizer with these added tokens (JSON) and no template. */
static fixture open_with(const char *added)
{
    fixture f = { NULL, NULL };
    char path[GR_PATH_MAX];
    gr_buf b = { NULL, 0, 0, false };
    gr_err err = GR_ERR_INIT;

    gr_buf_addf(&b, HEAD ",\"added_tokens\":[%s]}", added);
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "t.json"));
    assert_ok(gr_fs_write(path, b.p, b.n, &err), &err);
    gr_buf_free(&b);
    assert_ok(gr_tok_open_json(&f.t, path, &err), &err);
    assert_ok(gr_tok_work_open(&f.w, f.t, &err), &err);
    return f;
}

static void close_all(fixture f)
{
    gr_tok_work_close(f.w);
    gr_tok_close(f.t);
}

/* want: id and byte offsets by turns. */
static void expect(fixture f, const char *text, size_t n, const int32_t (*want)[3])
{
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    for (int pass = 0; pass < 2; pass++) {
        assert_ok(gr_tok_encode(f.w, &e, gr_sv_from(text), (gr_sv){ NULL, 0 }, 0, true, &err), &err);
        assert_int_equal(e.n, n);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(e.ids[i], want[i][0]);
            assert_int_equal(e.byte_offsets[i][0], want[i][1]);
            assert_int_equal(e.byte_offsets[i][1], want[i][2]);
        }
    }
}

static void test_added_plain(void **state)
{
    const fixture f = open_with("{\"id\":20,\"content\":\"<x>\",\"special\":true},{\"id\":21,\"content\":\"<x>y\",\"special\":true}");

    (void)state;
    expect(f, "ab<x>a<x>y", 4, (const int32_t[][3]){ { 8, 0, 2 }, { 20, 2, 5 }, { 3, 5, 6 }, { 21, 6, 10 } });
    expect(f, "<X>", 3, (const int32_t[][3]){ { 0, 0, 1 }, { 0, 1, 2 }, { 0, 2, 3 } });
    close_all(f);
}

static void test_added_strip(void **state)
{
    const fixture f = open_with("{\"id\":20,\"content\":\"<x>\",\"special\":true,\"lstrip\":true,\"rstrip\":true},"
                                "{\"id\":21,\"content\":\"<w>\",\"special\":true,\"single_word\":true}");

    (void)state;
    expect(f, "a \xC2\xA0<x>  b", 3, (const int32_t[][3]){ { 3, 0, 1 }, { 20, 1, 9 }, { 4, 9, 10 } });
    expect(f, "<x> <x>", 2, (const int32_t[][3]){ { 20, 0, 4 }, { 20, 4, 7 } });
    expect(f, "<w> <w>.", 3, (const int32_t[][3]){ { 21, 0, 3 }, { 21, 4, 7 }, { 7, 7, 8 } });
    expect(f, "a<w>", 4, (const int32_t[][3]){ { 3, 0, 1 }, { 0, 1, 2 }, { 0, 2, 3 }, { 0, 3, 4 } });
    close_all(f);
}

/* Looked for after lower-casing, across a removed character; the accent of the token goes as well. The library names it as
 * it is looked for, and finds it by its spelling in the file. */
static void test_added_normalized(void **state)
{
    const fixture f = open_with("{\"id\":20,\"content\":\"\\u00c9A\",\"normalized\":true}");

    (void)state;
    expect(f, "bea", 2, (const int32_t[][3]){ { 4, 0, 1 }, { 20, 1, 3 } });
    expect(f, "BEA", 2, (const int32_t[][3]){ { 4, 0, 1 }, { 20, 1, 3 } });
    expect(f, "b\xC3\x89\xE2\x80\x8B" "A.", 3, (const int32_t[][3]){ { 4, 0, 1 }, { 20, 1, 7 }, { 7, 7, 8 } });
    assert_string_equal(gr_tok_token(f.t, 20), "ea");
    assert_int_equal(gr_tok_id(f.t, gr_sv_from("\xC3\x89" "A")), 20);
    assert_int_equal(gr_tok_id(f.t, gr_sv_from("ea")), -1);
    close_all(f);
}

/* A token of lower-case letters is found in capitals, whichever letter it begins with. */
static void test_added_capitals(void **state)
{
    (void)state;
    for (char c = 'a'; c <= 'z'; c++) {
        char added[96], text[4];
        fixture f;

        (void)snprintf(added, sizeof added, "{\"id\":20,\"content\":\"%c-\",\"normalized\":true}", c);
        (void)snprintf(text, sizeof text, "%c-", c - 'a' + 'A');
        f = open_with(added);
        expect(f, text, 1, (const int32_t[][3]){ { 20, 0, 2 } });
        close_all(f);
    }
}

static void test_words_in_a_stretch(void **state)
{
    const fixture f = open_with("");

    (void)state;
    /* U+2260 falls apart into '=' and a mark: three words without a blank between them */
    expect(f, "a\xE2\x89\xA0" "b", 3, (const int32_t[][3]){ { 3, 0, 1 }, { 0, 1, 4 }, { 4, 4, 5 } });
    expect(f, "a\xE4\xB8\xAD" "b", 3, (const int32_t[][3]){ { 3, 0, 1 }, { 9, 1, 4 }, { 4, 4, 5 } });
    expect(f, "A\xCC\x81\x01" "B", 1, (const int32_t[][3]){ { 8, 0, 5 } });
    expect(f, "\xCC\x81 \x01", 0, NULL);
    expect(f, "aba", 2, (const int32_t[][3]){ { 8, 0, 2 }, { 5, 2, 3 } });
    close_all(f);
}

static void test_limits(void **state)
{
    const fixture f = open_with("");
    const gr_sv words[] = { { "ab", 2 }, { NULL, 0 }, { "a.a", 3 } };
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_tok_encode(f.w, &e, gr_sv_from("a.b.a.b"), gr_sv_from("a"), 4, false, &err), &err);
    assert_int_equal(e.n, 4);
    assert_null(e.offsets);
    assert_null(e.byte_offsets);
    assert_int_equal(e.type_ids[3], 1);
    assert_int_equal(e.sequence_ids[3], 1);
    assert_ok(gr_tok_encode(f.w, &e, (gr_sv){ NULL, 0 }, (gr_sv){ "", 0 }, 0, true, &err), &err);
    assert_int_equal(e.n, 0);
    assert_ok(gr_tok_encode_words(f.w, &e, words, 3, 3, true, &err), &err);
    assert_int_equal(e.n, 3);
    assert_int_equal(e.word_ids[0], 0);
    assert_int_equal(e.word_ids[1], 2);
    assert_int_equal(e.offsets[2][0], 1);
    assert_ok(gr_tok_encode_words(f.w, &e, NULL, 0, 0, true, &err), &err);
    assert_int_equal(e.n, 0);
    close_all(f);
}

static void test_invalid(void **state)
{
    const fixture f = open_with("");
    const gr_sv bad = { "ab\xED\xA0\x80", 5 };
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_status(gr_tok_encode(f.w, &e, bad, (gr_sv){ NULL, 0 }, 0, true, &err), GR_E_FORMAT, &err, "text: ");
    assert_status(gr_tok_encode(f.w, &e, gr_sv_from("a"), bad, 0, true, &err), GR_E_FORMAT, &err, "pair: ");
    assert_status(gr_tok_encode_words(f.w, &e, &bad, 1, 0, true, &err), GR_E_FORMAT, &err, "word: ");
    assert_ok(gr_tok_encode(f.w, &e, gr_sv_from("ab"), (gr_sv){ NULL, 0 }, 0, true, &err), &err);
    assert_int_equal(e.n, 1);
    close_all(f);
}

/* More different words than the cache has slots: every answer stays right. */
static void test_cache_turnover(void **state)
{
    enum { N = 3 * GR_CACHE_SLOTS };
    const fixture f = open_with("");
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (uint32_t i = 0; i < 2 * N; i++) {
        char word[18];
        size_t n = 0;

        for (uint32_t bits = i % N + 1; bits; bits >>= 1) word[n++] = bits & 1 ? 'a' : 'c';
        word[n] = '\0';
        assert_ok(gr_tok_encode(f.w, &e, (gr_sv){ word, n }, (gr_sv){ NULL, 0 }, 0, true, &err), &err);
        if (strchr(word, 'c')) {
            assert_int_equal(e.n, 1);
            assert_int_equal(e.ids[0], 0);
        } else {
            assert_int_equal(e.n, n);
            assert_int_equal(e.ids[n - 1], n == 1 ? 3 : 5);
        }
        assert_int_equal(e.byte_offsets[e.n - 1][1], n);
    }
    close_all(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_added_plain), cmocka_unit_test(test_added_strip), cmocka_unit_test(test_added_normalized), cmocka_unit_test(test_added_capitals),
        cmocka_unit_test(test_words_in_a_stretch), cmocka_unit_test(test_limits), cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_cache_turnover),
    };
    return gr_test_main(tests);
}
