/* What a crafted file could make slow or large is bounded: merges that fall on one another, long tokens and patterns,
 * texts that grow; and scores are read as the library reads them. */
#include <stdlib.h>

#include "model/tokenizer/tok_impl.h"
#include "tests/support/test.h"

static gr_tok *parse(const gr_buf *json)
{
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    assert_false(json->oom);
    assert_ok(gr_tok_parse_json(&t, json->p, json->n, &err), &err);
    return t;
}

static void refuse(const gr_buf *json, const char *part)
{
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    assert_false(json->oom);
    assert_status(gr_tok_parse_json(&t, json->p, json->n, &err), GR_E_UNSUPPORTED, &err, part);
    assert_null(t);
}

static void add_times(gr_buf *b, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) gr_buf_adds(b, s);
}

/* ---- merges ---- */

enum { TOKENS = 200, MERGES = 1024, SLOTS = 2048, CROWD = 105, RUN_MOST = 200 };

/* Where a merge of two ids fell while the hash had no key. */
static uint64_t bare_slot(int left, int right)
{
    uint64_t h = ((uint64_t)left << 32 | (uint64_t)right) * 0x9E3779B97F4A7C15u;

    h ^= h >> 32;
    return h % SLOTS;
}

/* Tokens a, aa, aaa...; all merges of two of them whose slots lie side by side. */
static void write_crowd(gr_buf *b)
{
    size_t n = 0;

    gr_buf_adds(b, "{\"model\":{\"type\":\"BPE\",\"vocab\":{");
    for (int i = 0; i < TOKENS; i++) {
        gr_buf_adds(b, i ? ",\"" : "\"");
        add_times(b, "a", (size_t)i + 1);
        gr_buf_addf(b, "\":%d", i);
    }
    gr_buf_adds(b, "},\"merges\":[");
    for (int i = 0; i < TOKENS; i++)
        for (int k = 0; i + k + 2 <= TOKENS && n < MERGES; k++) {
            if (bare_slot(i, k) >= CROWD) continue;
            gr_buf_adds(b, n++ ? ",\"" : "\"");
            add_times(b, "a", (size_t)i + 1);
            gr_buf_addc(b, ' ');
            add_times(b, "a", (size_t)k + 1);
            gr_buf_addc(b, '"');
        }
    gr_buf_adds(b, "]}}");
    assert_true(n > 900);
}

/* The longest row of taken slots: as many may have to be looked at for one pair. */
static size_t longest_run(const gr_bpe *b)
{
    size_t run = 0, most = 0;

    for (uint64_t i = 0; i <= b->mask; i++) {
        run = b->merge[i].pair == UINT64_MAX ? 0 : run + 1;
        if (run > most) most = run;
    }
    return most;
}

static void test_merges(void **state)
{
    gr_buf b = { NULL, 0, 0, false };
    gr_tok *t;

    (void)state;
    write_crowd(&b);
    t = parse(&b);
    assert_true(longest_run(&t->model.bpe) < RUN_MOST);
    gr_tok_close(t);
    gr_buf_free(&b);
}

/* Refused before memory is asked for. */
static void test_merge_count(void **state)
{
    gr_tok *t = gr_tok_new();
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_non_null(t);
    assert_status(gr_bpe_init(&t->model, &t->arena, (gr_sv){ NULL, 0 }, (size_t)GR_TOK_ID_MAX + 1, &err), GR_E_FORMAT, &err, "4194304 merges are too many");
    assert_int_equal(t->arena.used, 0);
    gr_tok_close(t);
}

/* ---- lengths ---- */

#define WORDPIECE "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0"

static void with_token(gr_buf *b, size_t n)
{
    gr_buf_reset(b);
    gr_buf_adds(b, WORDPIECE ",\"");
    add_times(b, "a", n);
    gr_buf_adds(b, "\":1}}}");
}

static void with_added(gr_buf *b, const char *before, size_t n)
{
    gr_buf_reset(b);
    gr_buf_adds(b, WORDPIECE "}}");
    gr_buf_adds(b, before);
    gr_buf_adds(b, ",\"added_tokens\":[{\"id\":1,\"content\":\"");
    add_times(b, "a", n);
    gr_buf_adds(b, "\",\"normalized\":true}]}");
}

static void with_replace(gr_buf *b, size_t n_pattern, size_t n_content)
{
    gr_buf_reset(b);
    gr_buf_adds(b, WORDPIECE "}},\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\"");
    add_times(b, "\xC3\xA9", n_pattern);
    gr_buf_adds(b, "\"},\"content\":\"");
    add_times(b, "b", n_content);
    gr_buf_adds(b, "\"}}");
}

static void test_lengths(void **state)
{
    static const char twice[] = ",\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"bb\"}";
    gr_buf b = { NULL, 0, 0, false };

    (void)state;
    with_token(&b, GR_TOK_TOKEN_MAX);
    gr_tok_close(parse(&b));
    with_token(&b, GR_TOK_TOKEN_MAX + 1);
    refuse(&b, "model: the token of id 1 has 1025 bytes; at most 1024");
    with_added(&b, "", GR_TOK_TOKEN_MAX);
    gr_tok_close(parse(&b));
    with_added(&b, "", GR_TOK_TOKEN_MAX + 1);
    refuse(&b, "added_tokens: the added token of id 1 has 1025 bytes");
    with_added(&b, twice, GR_TOK_TOKEN_MAX / 2);
    gr_tok_close(parse(&b));
    with_added(&b, twice, GR_TOK_TOKEN_MAX / 2 + 1);
    refuse(&b, "the added token of id 1 has 1026 bytes");
    with_replace(&b, GR_TOK_PATTERN_MAX, GR_TOK_PATTERN_MAX);
    gr_tok_close(parse(&b));
    with_replace(&b, GR_TOK_PATTERN_MAX + 1, 1);
    refuse(&b, "normalizer: a text of 257 characters; at most 256");
    with_replace(&b, 1, GR_TOK_PATTERN_MAX + 1);
    refuse(&b, "a text of 257 characters");
    gr_buf_free(&b);
}

/* Eight steps that each make 16 characters of one: 2^32 of "a", and not one of a text without it. */
static void test_growth(void **state)
{
    gr_buf b = { NULL, 0, 0, false };
    gr_tok *t;
    gr_tok_work *w = NULL;
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_buf_adds(&b, WORDPIECE "}},\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[");
    for (int i = 0; i < 8; i++)
        gr_buf_addf(&b, "%s{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aaaaaaaaaaaaaaaa\"}", i ? "," : "");
    gr_buf_adds(&b, "]}}");
    t = parse(&b);
    assert_ok(gr_tok_work_open(&w, t, &err), &err);
    for (int i = 0; i < 2; i++) {
        assert_status(gr_tok_encode(w, &e, gr_sv_from("a"), (gr_sv){ NULL, 0 }, 0, true, &err), GR_E_UNSUPPORTED, &err, "grows beyond 16416 characters");
        assert_ok(gr_tok_encode(w, &e, gr_sv_from("b"), (gr_sv){ NULL, 0 }, 0, true, &err), &err);
    }
    gr_tok_work_close(w);
    gr_tok_close(t);
    gr_buf_free(&b);
}

/* A token that is a blank and takes blanks before it: each hit begins behind the one before. */
static void test_blanks(void **state)
{
    gr_buf b = { NULL, 0, 0, false };
    gr_tok *t;
    gr_tok_work *w = NULL;
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_buf_adds(&b, WORDPIECE "}},\"added_tokens\":[{\"id\":1,\"content\":\" \",\"lstrip\":true,\"normalized\":false}]}");
    t = parse(&b);
    assert_ok(gr_tok_work_open(&w, t, &err), &err);
    assert_ok(gr_tok_encode(w, &e, gr_sv_from("   "), (gr_sv){ NULL, 0 }, 0, true, &err), &err);
    assert_int_equal(e.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(e.offsets[i][0], i);
        assert_int_equal(e.offsets[i][1], i + 1);
    }
    gr_tok_work_close(w);
    gr_tok_close(t);
    gr_buf_free(&b);
}

/* ---- scores ---- */

static void test_scores(void **state)
{
    /* What the library makes of these digits in a tokenizer.json (tokenizers 0.23.3). */
    static const struct {
        double in, out;
    } rows[] = {
        { -0.012345678901234567, -0.012345678901234568 },     { -9.391670189485865e-05, -9.391670189485864e-05 },
        { -0.0009265066237858661, -0.000926506623785866 },    { -2.8347476522006307e-08, -2.834747652200631e-08 },
        { -0.9221885624698875, -0.9221885624698876 },         { -0.0018984972911602637, -0.0018984972911602635 },
        { -1.2345678901234567e-250, -1.2345678901234568e-250 }, { 0.012345678901234567, 0.012345678901234568 },
        { -1e-300, -1e-300 },                                 { -3.5e-320, -3.5e-320 },
        { -0.1, -0.1 },                                       { -12.5, -12.5 },
        { 0, 0 },                                             { -5e-324, -5e-324 },
    };
    gr_buf text = { NULL, 0, 0, false };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (gr_unigram_score(&text, rows[i].in) != rows[i].out)
            fail_msg("row %zu: %.17g, not %.17g", i, gr_unigram_score(&text, rows[i].in), rows[i].out);
    gr_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merges), cmocka_unit_test(test_merge_count), cmocka_unit_test(test_lengths), cmocka_unit_test(test_growth),
        cmocka_unit_test(test_blanks), cmocka_unit_test(test_scores),
    };
    return gr_test_main(tests);
}
