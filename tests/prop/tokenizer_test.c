/* tokenizer_test.c - laws of the tokenizer over random texts and the own vocabulary: offsets slice back
 * to the text, in code points and in bytes; joined texts give joined tokens; a limit takes a prefix;
 * split words and running text agree; the scanner agrees with the plain way. */
#include "tests/support/test.h"

#include <ctype.h>

#include "base/fs.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"

enum { ROUNDS = 2000, TEXT_MAX = 256, WORDS = 8 };

static const gr_sv NO_PAIR = { NULL, 0 };

typedef struct fixture {
    gr_tok      *t;
    gr_tok_work *w, *other;
} fixture;

static fixture open_own(int lowercase)
{
    fixture f = { NULL, NULL, NULL };
    const gr_tok_opts opts = { lowercase, -1, -1, -1 };
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, gr_own_golden_dir(), "tokenizer/vocab.txt"));
    assert_ok(gr_tok_open_vocab(&f.t, path, &opts, &err), &err);
    assert_ok(gr_tok_work_open(&f.w, f.t, &err), &err);
    assert_ok(gr_tok_work_open(&f.other, f.t, &err), &err);
    return f;
}

static void close_all(fixture f)
{
    gr_tok_work_close(f.w);
    gr_tok_work_close(f.other);
    gr_tok_close(f.t);
}

static gr_encoding encode(gr_tok_work *w, gr_sv text, size_t limit)
{
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_tok_encode(w, &e, text, NO_PAIR, limit, true, &err), &err);
    return e;
}

/* A random text: words of the vocabulary's letters, signs, blanks, and anything at all. */
static gr_sv draw(char out[TEXT_MAX], gr_rng *r)
{
    static const char *const bits[] = { "the", "Man", "un", "ing", "  ", "it's", "...", "[MASK]", "[SEP", "\xC3\xA9", "\xE4\xB8\xAD",
                                        "\xCC\x81", "\xE2\x80\x8B", "\xC2\xA0", "\xEC\x8B\xA0", "\xE2\x89\xA0", "\xF0\x9F\x98\x80", "42" };
    const size_t times = (size_t)gr_rng_below(r, 16);
    size_t n = 0;

    for (size_t i = 0; i < times; i++) {
        const uint64_t kind = gr_rng_below(r, 8);

        if (kind < 5) {
            const char *b = bits[gr_rng_below(r, sizeof bits / sizeof *bits)];
            memcpy(out + n, b, strlen(b));
            n += strlen(b);
        } else if (kind < 7) {
            out[n++] = (char)(kind == 5 ? 'a' + gr_rng_below(r, 26) : ' ');
        } else {
            const uint32_t cp = (uint32_t)gr_rng_below(r, 0x30000);
            if (cp < 0xD800 || cp > 0xDFFF) n += gr_utf8_put(out + n, cp);
        }
    }
    return (gr_sv){ out, n };
}

static void check_offsets(const gr_tok *t, gr_sv text, const gr_encoding *e)
{
    int32_t last = 0;

    for (size_t i = 0; i < e->n; i++) {
        const int32_t *c = e->offsets[i], *b = e->byte_offsets[i];
        const char *token = gr_tok_token(t, e->ids[i]);

        assert_non_null(token);
        if (e->sequence_ids[i] < 0) {
            assert_int_equal(e->word_ids[i], -1);
            assert_int_equal(b[1], 0);
            continue;
        }
        assert_true(b[0] >= 0 && b[0] < b[1] && (size_t)b[1] <= text.n);
        assert_int_equal(gr_utf8_count((gr_sv){ text.p, (size_t)b[0] }), c[0]);
        assert_int_equal(gr_utf8_count((gr_sv){ text.p, (size_t)b[1] }), c[1]);
        assert_true(b[0] >= last || b[1] > last); /* pieces of one character may share it */
        last = b[0];
    }
}

/* Where a piece of the text is plain ASCII, the token says the same, whatever its case. */
static void check_slices(const gr_tok *t, gr_sv text, const gr_encoding *e)
{
    for (size_t i = 0; i < e->n; i++) {
        const char *token = gr_tok_token(t, e->ids[i]), *slice = text.p + e->byte_offsets[i][0];
        const size_t n = (size_t)(e->byte_offsets[i][1] - e->byte_offsets[i][0]);
        bool ascii = true;

        if (e->sequence_ids[i] < 0 || e->ids[i] == gr_tok_unk_id(t)) continue;
        for (size_t k = 0; k < n; k++) ascii = ascii && isgraph((unsigned char)slice[k]);
        if (!ascii) continue;
        if (strncmp(token, "##", 2) == 0 && strlen(token) > 2) token += 2;
        assert_int_equal(strlen(token), n);
        for (size_t k = 0; k < n; k++) assert_int_equal(tolower((unsigned char)token[k]), tolower((unsigned char)slice[k]));
    }
}

static void offsets(void **state)
{
    (void)state;
    for (int lowercase = 0; lowercase < 2; lowercase++) {
        const fixture f = open_own(lowercase);
        gr_rng r;

        gr_rng_init(&r, 11, GR_RNG_SAMPLE, (uint32_t)lowercase);
        for (int i = 0; i < ROUNDS; i++) {
            char buf[TEXT_MAX];
            const gr_sv text = draw(buf, &r);
            const gr_encoding e = encode(f.w, text, 0);

            check_offsets(f.t, text, &e);
            check_slices(f.t, text, &e);
        }
        close_all(f);
    }
}

/* a, blank, b: the tokens of a, then those of b with everything moved on. */
static void joined(void **state)
{
    const fixture f = open_own(1);
    gr_rng r;

    (void)state;
    gr_rng_init(&r, 12, GR_RNG_SAMPLE, 0);
    for (int i = 0; i < ROUNDS; i++) {
        char a[TEXT_MAX], b[TEXT_MAX], both[2 * TEXT_MAX + 1];
        const gr_sv x = draw(a, &r), y = draw(b, &r);
        gr_encoding ex, ey, e;

        memcpy(both, x.p, x.n);
        both[x.n] = ' ';
        memcpy(both + x.n + 1, y.p, y.n);
        ex = encode(f.w, x, 0);
        e = encode(f.other, (gr_sv){ both, x.n + 1 + y.n }, 0);
        for (size_t k = 1; k + 1 < ex.n; k++) {
            assert_int_equal(e.ids[k], ex.ids[k]);
            assert_int_equal(e.byte_offsets[k][1], ex.byte_offsets[k][1]);
        }
        ey = encode(f.w, y, 0); /* ex is gone now */
        assert_true(e.n + 2 >= ey.n);
        for (size_t k = 1; k + 1 < ey.n; k++) {
            const size_t at = e.n - ey.n + k;

            assert_int_equal(e.ids[at], ey.ids[k]);
            assert_int_equal(e.byte_offsets[at][0], ey.byte_offsets[k][0] + (int32_t)x.n + 1);
        }
    }
    close_all(f);
}

static void limits(void **state)
{
    const fixture f = open_own(1);
    gr_rng r;

    (void)state;
    gr_rng_init(&r, 13, GR_RNG_SAMPLE, 0);
    for (int i = 0; i < ROUNDS; i++) {
        char buf[TEXT_MAX];
        const gr_sv text = draw(buf, &r);
        const size_t limit = 2 + (size_t)gr_rng_below(&r, 12);
        const gr_encoding all = encode(f.w, text, 0), cut = encode(f.other, text, limit);
        const size_t want = all.n < limit ? all.n : limit;

        assert_int_equal(cut.n, want);
        for (size_t k = 0; k + 1 < want; k++) {
            assert_int_equal(cut.ids[k], all.ids[k]);
            assert_int_equal(cut.word_ids[k], all.word_ids[k]);
            assert_int_equal(cut.offsets[k][0], all.offsets[k][0]);
        }
        assert_int_equal(cut.ids[want - 1], gr_tok_sep_id(f.t));
    }
    close_all(f);
}

/* Words between single blanks, as running text and as a list. */
static void split_words(void **state)
{
    static const char *const list[] = { "the", "people", "unhappy", "it's", "a.b", "\xC3\x89t\xC3\xA9", "zzz", "\xE4\xB8\xAD\xE6\x96\x87" };
    const fixture f = open_own(1);
    gr_rng r;

    (void)state;
    gr_rng_init(&r, 14, GR_RNG_SAMPLE, 0);
    for (int i = 0; i < ROUNDS; i++) {
        gr_sv words[WORDS];
        char text[TEXT_MAX];
        int32_t start[WORDS];
        size_t n = 0;
        gr_encoding a, b;
        gr_err err = GR_ERR_INIT;

        for (int k = 0; k < WORDS; k++) {
            words[k] = gr_sv_from(list[gr_rng_below(&r, sizeof list / sizeof *list)]);
            start[k] = (int32_t)n;
            memcpy(text + n, words[k].p, words[k].n);
            n += words[k].n;
            text[n++] = ' ';
        }
        a = encode(f.w, (gr_sv){ text, n }, 0);
        assert_ok(gr_tok_encode_words(f.other, &b, words, WORDS, 0, true, &err), &err);
        assert_int_equal(a.n, b.n);
        for (size_t k = 1; k + 1 < a.n; k++) {
            assert_int_equal(a.ids[k], b.ids[k]);
            assert_int_equal(a.byte_offsets[k][0], b.byte_offsets[k][0] + start[b.word_ids[k]]);
        }
    }
    close_all(f);
}

static void two_ways(void **state)
{
    (void)state;
    for (int lowercase = 0; lowercase < 2; lowercase++) {
        const fixture f = open_own(lowercase);
        gr_tok plain = *f.t;
        gr_tok_work *w = NULL;
        gr_rng r;
        gr_err err = GR_ERR_INIT;

        plain.scan = false;
        assert_ok(gr_tok_work_open(&w, &plain, &err), &err);
        gr_rng_init(&r, 15, GR_RNG_SAMPLE, (uint32_t)lowercase);
        for (int i = 0; i < ROUNDS; i++) {
            char buf[TEXT_MAX];
            const gr_sv text = draw(buf, &r);
            const gr_encoding a = encode(f.w, text, 0), b = encode(w, text, 0);

            assert_int_equal(a.n, b.n);
            assert_memory_equal(a.ids, b.ids, a.n * sizeof *a.ids);
            assert_memory_equal(a.word_ids, b.word_ids, a.n * sizeof *a.word_ids);
            assert_memory_equal(a.offsets, b.offsets, a.n * sizeof *a.offsets);
            assert_memory_equal(a.byte_offsets, b.byte_offsets, a.n * sizeof *a.byte_offsets);
        }
        gr_tok_work_close(w);
        close_all(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets), cmocka_unit_test(joined), cmocka_unit_test(limits), cmocka_unit_test(split_words), cmocka_unit_test(two_ways),
    };
    return gr_test_main(tests);
}
