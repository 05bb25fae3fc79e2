/* tokenizer_kinds_test.c - the own set's kinds of tokenizers that no published vocabulary at hand has:
 * each case, over tokenizer.json and over every other spelling of the same tokenizer, must have the
 * hash of the Rust library's encoding. The format is told in tests/golden/set/tokenizer/README.md. */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/support/test.h"

enum { FILE_MAX = 16 << 20, TEXTS_MAX = 1024, WORDS_MAX = 128, CASES_LEAST = 600 };

/* The texts that all kinds share. */
typedef struct texts {
    gr_json       *root;
    gr_sv          text[TEXTS_MAX];
    const gr_json *words[TEXTS_MAX];
    size_t         n, n_words;
} texts;

static void read_texts(texts *out, const char *dir)
{
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    memset(out, 0, sizeof *out);
    assert_true(gr_fs_join(path, sizeof path, dir, "texts.json"));
    assert_ok(gr_json_read(&out->root, path, FILE_MAX, &err), &err);
    for (const gr_json *v = gr_json_first(gr_json_get(out->root, "texts")); v; v = gr_json_next(v)) {
        assert_true(out->n < TEXTS_MAX);
        out->text[out->n++] = gr_json_sv(v);
    }
    for (const gr_json *v = gr_json_first(gr_json_get(out->root, "words")); v; v = gr_json_next(v)) {
        assert_true(out->n_words < TEXTS_MAX);
        out->words[out->n_words++] = v;
    }
}

/* ---- one case ---- */

static uint64_t hash_number(uint64_t h, int32_t n)
{
    for (int i = 0; i < 4; i++) h = (h ^ ((uint32_t)n >> (8 * i) & 0xFF)) * 0x100000001B3u;
    return h;
}

static uint64_t hash_of(const gr_encoding *e)
{
    uint64_t h = 0xCBF29CE484222325u;

    for (size_t i = 0; i < e->n; i++) {
        const int32_t all[] = { e->ids[i], e->type_ids[i], e->offsets[i][0], e->offsets[i][1], e->byte_offsets[i][0],
                                e->byte_offsets[i][1], e->word_ids[i], e->sequence_ids[i] };

        for (size_t k = 0; k < sizeof all / sizeof *all; k++) h = hash_number(h, all[k]);
    }
    return h;
}

static gr_status encode(gr_encoding *e, gr_tok_work *w, const texts *t, const gr_json *c, gr_err *err)
{
    const size_t limit = (size_t)gr_json_num(gr_json_get(c, "m"), 0);
    const gr_json *list = gr_json_get(c, "w"), *pair = gr_json_get(c, "p");
    gr_sv words[WORDS_MAX];
    size_t n = 0, at;

    if (!list) {
        const size_t first = (size_t)gr_json_num(gr_json_get(c, "t"), TEXTS_MAX), second = (size_t)gr_json_num(pair, 0);

        assert_true(first < t->n && second < t->n);
        return gr_tok_encode(w, e, t->text[first], pair ? t->text[second] : (gr_sv){ NULL, 0 }, limit, true, err);
    }
    at = (size_t)gr_json_num(list, TEXTS_MAX);
    assert_true(at < t->n_words);
    for (const gr_json *v = gr_json_first(t->words[at]); v; v = gr_json_next(v)) {
        assert_true(n < WORDS_MAX);
        words[n++] = gr_json_sv(v);
    }
    return gr_tok_encode_words(w, e, words, n, limit, true, err);
}

/* The ids of a case, where it has them, tell more than a hash. */
static bool same_ids(const gr_json *c, const gr_encoding *e)
{
    const gr_json *v = gr_json_first(gr_json_get(c, "ids"));

    if (!gr_json_get(c, "ids")) return true;
    for (size_t i = 0; i < e->n; i++, v = gr_json_next(v))
        if (gr_json_num(v, -1) != e->ids[i]) return false;
    return v == NULL;
}

/* Twice: fresh, and from the word cache. */
static void run_case(const char *name, const gr_json *c, const texts *t, gr_tok_work *w)
{
    const uint64_t want = strtoull(gr_json_str(gr_json_get(c, "h"), "0"), NULL, 16);

    for (int pass = 0; pass < 2; pass++) {
        gr_err err = GR_ERR_INIT;
        gr_encoding e;

        if (encode(&e, w, t, c, &err) != GR_OK) {
            gr_case_fail(name, "%s", err.msg);
            return;
        }
        if ((double)e.n != gr_json_num(gr_json_get(c, "n"), -1)) {
            gr_case_fail(name, "pass %d: %zu tokens, not %g", pass, e.n, gr_json_num(gr_json_get(c, "n"), -1));
            return;
        }
        if (!same_ids(c, &e) || hash_of(&e) != want) {
            gr_case_fail(name, "pass %d: %s differ", pass, same_ids(c, &e) ? "ids, offsets, types or words" : "ids");
            return;
        }
    }
    gr_case_pass(name);
}

/* ---- one kind ---- */

/* Returns how many cases it has. */
static size_t run_kind(const char *dir, const char *tok_dir, const char *kind, const texts *t)
{
    char path[GR_PATH_MAX], name[256], *bytes = NULL;
    size_t n = 0, number = 0;
    gr_err err = GR_ERR_INIT;
    gr_tok *tok = NULL;
    gr_tok_work *w = NULL;
    gr_sv rest;

    assert_true(gr_fs_join(path, sizeof path, dir, "cases.jsonl"));
    assert_ok(gr_fs_read(&bytes, &n, path, FILE_MAX, &err), &err);
    assert_ok(gr_tok_open(&tok, tok_dir, NULL, &err), &err);
    assert_ok(gr_tok_work_open(&w, tok, &err), &err);
    rest = (gr_sv){ bytes, n };
    for (; rest.n; number++) {
        const gr_sv line = gr_sv_split(&rest, '\n');
        gr_json *c = NULL;

        assert_ok(gr_json_parse(&c, line.p, line.n, &err), &err);
        (void)snprintf(name, sizeof name, "%s:%zu", kind, number);
        run_case(name, c, t, w);
        gr_json_free(c);
    }
    gr_tok_work_close(w);
    gr_tok_close(tok);
    free(bytes);
    return number;
}

/* Every kind of the own set and every other spelling of it, each with as many cases; a kind that is lost is noticed. */
static const char *const own_kinds[] = {
    "bpe_affixes", "bpe_bytes",       "bpe_drops",       "byte_norm",     "camembert",  "camembert/spm", "delimiter",
    "deberta_v3",  "deberta_v3/spm",  "fixed_length",    "llama3",        "modernbert", "nmt",           "roberta",
    "roberta/files", "roberta_steps", "scripts",         "unigram_bytes", "word_level", "word_level_bert", "wordpiece",
    "xlm_roberta", "xlm_roberta/spm",
};
enum { OWN_KINDS = sizeof own_kinds / sizeof *own_kinds, OWN_CASES = 768 };

/* A kind was run; `seen` counts those of the own set, NULL for another set. */
static void check_count(const char *name, size_t cases, size_t *seen)
{
    if (!seen) {
        assert_true(cases >= CASES_LEAST);
        return;
    }
    assert_int_equal(cases, OWN_CASES);
    for (size_t i = 0; i < OWN_KINDS; i++) *seen += strcmp(own_kinds[i], name) == 0;
}

static void run_kinds(const char *root, size_t *seen)
{
    static const char *const spellings[] = { "spm", "files" };
    static texts t;
    char all[GR_PATH_MAX], dir[GR_PATH_MAX], sub[GR_PATH_MAX], name[256];
    gr_fs_list list = { NULL, 0 };
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(all, sizeof all, root, "tokenizer/kinds"));
    if (!gr_fs_is_dir(all)) return;
    read_texts(&t, all);
    assert_ok(gr_fs_list_dir(&list, all, &err), &err);
    for (size_t i = 0; i < list.n; i++) {
        assert_true(gr_fs_join(dir, sizeof dir, all, list.names[i]));
        if (!gr_fs_is_dir(dir)) continue;
        check_count(list.names[i], run_kind(dir, dir, list.names[i], &t), seen);
        for (size_t k = 0; k < sizeof spellings / sizeof *spellings; k++) {
            assert_true(gr_fs_join(sub, sizeof sub, dir, spellings[k]));
            (void)snprintf(name, sizeof name, "%.100s/%s", list.names[i], spellings[k]);
            if (gr_fs_is_dir(sub)) check_count(name, run_kind(dir, sub, name, &t), seen);
        }
    }
    gr_fs_list_free(&list);
    gr_json_free(t.root);
}

static void kinds(void **state)
{
    size_t seen = 0;

    (void)state;
    run_kinds(gr_own_golden_dir(), &seen);
    assert_int_equal(seen, OWN_KINDS);
    if (gr_golden_dir()) run_kinds(gr_golden_dir(), NULL); /* another set in the same format */
    gr_cases_done("kinds of tokenizers", OWN_KINDS * OWN_CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(kinds) };
    return gr_test_main(tests);
}
