/* tokenizer_test.c - every case of golden/tokenizer: ids, types, tokens, offsets, words, sequences, as
 * the Rust library gives them; every code point of bert-codepoints.json; the malformed tokenizer files. */
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/support/test.h"

enum { FILE_MAX = 64 << 20, WORDS_MAX = 512 };

/* ---- cases ---- */

/* The array of numbers `want` (pairs flattened) against got[0..n); false at the first difference. */
static bool same_numbers(const gr_json *want, const int32_t *got, size_t n)
{
    const gr_json *v = gr_json_first(want);

    for (size_t i = 0; i < n; v = gr_json_next(v)) {
        if (!v) return false;
        if (!gr_json_is_array(v)) {
            if (gr_json_num(v, -2) != got[i++]) return false;
            continue;
        }
        for (const gr_json *x = gr_json_first(v); x; x = gr_json_next(x))
            if (gr_json_num(x, -2) != got[i++]) return false;
    }
    return v == NULL;
}

static bool same_tokens(const gr_json *want, const gr_tok *t, const int32_t *ids, size_t n)
{
    const gr_json *v = gr_json_first(want);

    for (size_t i = 0; i < n; i++, v = gr_json_next(v)) {
        const char *token = gr_tok_token(t, ids[i]);
        if (!v || !token || !gr_sv_is(gr_json_sv(v), token)) return false;
    }
    return v == NULL;
}

/* NULL when the encoding is the expected one, else what differs. */
static const char *difference(const gr_json *c, const gr_tok *t, const gr_encoding *e)
{
    if (!same_numbers(gr_json_get(c, "ids"), e->ids, e->n)) return "ids";
    if (!same_numbers(gr_json_get(c, "type_ids"), e->type_ids, e->n)) return "type_ids";
    if (!same_tokens(gr_json_get(c, "tokens"), t, e->ids, e->n)) return "tokens";
    if (!same_numbers(gr_json_get(c, "word_ids"), e->word_ids, e->n)) return "word_ids";
    if (!same_numbers(gr_json_get(c, "sequence_ids"), e->sequence_ids, e->n)) return "sequence_ids";
    if (!e->offsets) return e->byte_offsets ? "byte_offsets without offsets" : NULL;
    if (!same_numbers(gr_json_get(c, "offsets"), e->offsets[0], 2 * e->n)) return "offsets";
    if (!same_numbers(gr_json_get(c, "byte_offsets"), e->byte_offsets[0], 2 * e->n)) return "byte_offsets";
    return NULL;
}

static gr_status encode_case(gr_encoding *e, gr_tok_work *w, const gr_json *c, bool offsets, gr_err *err)
{
    const size_t max_length = (size_t)gr_json_num(gr_json_get(c, "max_length"), 0);
    const gr_json *words = gr_json_get(c, "words");
    gr_sv list[WORDS_MAX];
    size_t n = 0;

    if (!words)
        return gr_tok_encode(w, e, gr_json_sv(gr_json_get(c, "text")), gr_json_sv(gr_json_get(c, "pair")), max_length,
                             offsets, err);
    for (const gr_json *v = gr_json_first(words); v; v = gr_json_next(v)) {
        assert_true(n < WORDS_MAX);
        list[n++] = gr_json_sv(v);
    }
    return gr_tok_encode_words(w, e, list, n, max_length, offsets, err);
}

/* Three times: fresh, from the word cache, and without offsets. */
static void run_case(const char *set, const gr_json *c, const gr_tok *t, gr_tok_work *w)
{
    char name[256];

    (void)snprintf(name, sizeof name, "%s/%s", set, gr_json_str(gr_json_get(c, "id"), "?"));
    for (int pass = 0; pass < 3; pass++) {
        gr_err err = GR_ERR_INIT;
        gr_encoding e;
        const char *what;

        if (encode_case(&e, w, c, pass < 2, &err) != GR_OK) {
            gr_case_fail(name, "pass %d: %s", pass, err.msg);
            return;
        }
        what = difference(c, t, &e);
        if (what) {
            gr_case_fail(name, "pass %d: %s differ (%zu tokens)", pass, what, e.n);
            return;
        }
    }
    gr_case_pass(name);
}

/* A tokenizer, and the same with a blank before the text where the cases ask for it (NULL: none does). */
typedef struct pair {
    gr_tok *plain, *prefixed;
} pair;

static void run_line(const char *set, const gr_json *c, gr_tok_work *const w[2], const pair *t, const char *why)
{
    const bool prefixed = gr_json_bool(gr_json_get(c, "add_prefix_space"), false);
    char name[256];

    if (t) {
        assert_true(!prefixed || t->prefixed);
        run_case(set, c, prefixed ? t->prefixed : t->plain, w[prefixed]);
        return;
    }
    (void)snprintf(name, sizeof name, "%s/%s", set, gr_json_str(gr_json_get(c, "id"), "?"));
    gr_case_skip(name, why);
}

/* t NULL: skip all, by name, for the reason `why`. */
static void run_file(const char *path, const char *set, const pair *t, const char *why)
{
    char *bytes = NULL;
    size_t n = 0;
    gr_err err = GR_ERR_INIT;
    gr_tok_work *w[2] = { NULL, NULL };
    gr_sv rest;

    assert_ok(gr_fs_read(&bytes, &n, path, FILE_MAX, &err), &err);
    if (t) assert_ok(gr_tok_work_open(&w[0], t->plain, &err), &err);
    if (t && t->prefixed) assert_ok(gr_tok_work_open(&w[1], t->prefixed, &err), &err);
    rest = (gr_sv){ bytes, n };
    while (rest.n) {
        const gr_sv line = gr_sv_split(&rest, '\n');
        gr_json *c = NULL;

        assert_ok(gr_json_parse(&c, line.p, line.n, &err), &err);
        run_line(set, c, w, t, why);
        gr_json_free(c);
    }
    gr_tok_work_close(w[0]);
    gr_tok_work_close(w[1]);
    free(bytes);
}

static void run_vocabulary(const char *golden, const char *set, const char *file)
{
    char path[GR_PATH_MAX], all[GR_PATH_MAX], dir[GR_PATH_MAX];
    gr_tok_opts opts = GR_TOK_OPTS_DEFAULT;
    gr_err err = GR_ERR_INIT;
    pair t = { NULL, NULL };
    const char *shared = gr_shared_dir();

    assert_true(gr_fs_join(path, sizeof path, golden, file));
    assert_true(gr_fs_join(all, sizeof all, shared ? shared : "", "tokenizers") && gr_fs_join(dir, sizeof dir, all, set));
    if (!shared || !gr_fs_is_dir(dir)) {
        run_file(path, set, NULL, "its vocabulary is absent");
        return;
    }
    opts.lowercase = strstr(set, "uncased") != NULL; /* counts where vocab.txt stands alone */
    assert_ok(gr_tok_open(&t.plain, dir, &opts, &err), &err);
    opts.prefix_space = 1;
    if (strstr(set, "roberta")) assert_ok(gr_tok_open(&t.prefixed, dir, &opts, &err), &err);
    run_file(path, set, &t, NULL);
    gr_tok_close(t.plain);
    gr_tok_close(t.prefixed);
}

/* A folder with vocab.txt and files whose names say how it is read: uncased, cased. */
static void run_own(const char *dir)
{
    char path[GR_PATH_MAX], vocab[GR_PATH_MAX];
    static const char *const sets[] = { "uncased", "cased" }, *const files[] = { "uncased.jsonl", "cased.jsonl" };

    assert_true(gr_fs_join(vocab, sizeof vocab, dir, "vocab.txt"));
    for (size_t i = 0; i < 2; i++) {
        gr_tok_opts opts = GR_TOK_OPTS_DEFAULT;
        gr_err err = GR_ERR_INIT;
        pair t = { NULL, NULL };

        assert_true(gr_fs_join(path, sizeof path, dir, files[i]));
        if (!gr_fs_is_file(path)) continue;
        opts.lowercase = i == 0;
        assert_ok(gr_tok_open_vocab(&t.plain, vocab, &opts, &err), &err);
        run_file(path, sets[i], &t, NULL);
        gr_tok_close(t.plain);
    }
}

static void own_set(void **state)
{
    char dir[GR_PATH_MAX];

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_own_golden_dir(), "tokenizer"));
    run_own(dir);
    gr_cases_done("own tokenizer cases", 100);
}

static void shared_sets(void **state)
{
    char dir[GR_PATH_MAX], own[GR_PATH_MAX];
    gr_fs_list list = { NULL, 0 };
    gr_err err = GR_ERR_INIT;
    const char *golden = gr_golden_dir();

    (void)state;
    if (!golden) {
        gr_case_skip("shared golden folder", "absent");
        gr_cases_done("tokenizer cases", 0);
        return;
    }
    assert_true(gr_fs_join(dir, sizeof dir, golden, "tokenizer"));
    assert_ok(gr_fs_list_dir(&list, dir, &err), &err);
    for (size_t i = 0; i < list.n; i++) {
        char set[256];
        const gr_sv name = gr_sv_from(list.names[i]);

        if (!gr_sv_ends(name, ".jsonl") || name.n >= sizeof set) continue;
        (void)snprintf(set, sizeof set, "%.*s", (int)(name.n - 6), name.p);
        run_vocabulary(dir, set, list.names[i]);
    }
    gr_fs_list_free(&list);
    assert_true(gr_fs_join(own, sizeof own, dir, "own"));
    if (gr_fs_is_dir(own)) run_own(own);
    gr_cases_done("tokenizer cases", 1);
}

/* ---- single code points ---- */

static bool *read_ranges(const gr_json *root, const char *key)
{
    bool *in = calloc(0x110000, sizeof *in);
    const gr_json *v = gr_json_first(gr_json_get(root, key));

    assert_non_null(in);
    assert_non_null(v);
    for (; v; v = gr_json_next(v)) {
        unsigned a = 0, b = 0;
        const int got = sscanf(gr_json_str(v, ""), "%X-%X", &a, &b);

        assert_true(got >= 1);
        for (unsigned cp = a; cp <= (got == 2 ? b : a); cp++) in[cp] = true;
    }
    return in;
}

static size_t hex_sequence(uint32_t out[8], const char *s)
{
    size_t n = 0;

    for (const char *p = s; *p && n < 8; n++) {
        char *end;
        out[n] = (uint32_t)strtoul(p, &end, 16);
        p = *end ? end + 1 : end;
    }
    return n;
}

/* The normalizer turns cp into want[0..n). */
static void check_norm(const gr_norm *norm, gr_glyphs g[2], uint32_t cp, const uint32_t *want, size_t n, const char *what)
{
    char utf8[4], name[64];
    const size_t len = gr_utf8_put(utf8, cp);
    gr_err err = GR_ERR_INIT;
    bool same;

    (void)snprintf(name, sizeof name, "%s U+%04X", what, (unsigned)cp);
    assert_ok(gr_norm_run(norm, g, (gr_sv){ utf8, len }, 0, 0, &err), &err);
    same = g[0].n == n;
    for (size_t i = 0; same && i < n; i++) same = g[0].v[i].cp == want[i] && g[0].v[i].b1 == len;
    if (same) gr_case_pass(name);
    else gr_case_fail(name, "normalised to %zu characters, not the %zu expected", g[0].n, n);
}

/* What a map or the sets say that cp becomes: mapped sequence, nothing, blanks around it, or itself. */
static void check_sets(const gr_norm *norm, const gr_json *root, const char *removed, const char *spaced, const char *padded,
                       const char *mapped)
{
    gr_glyphs g[2] = { { .v = NULL }, { .v = NULL } };
    bool *rem = removed ? read_ranges(root, removed) : NULL, *spc = spaced ? read_ranges(root, spaced) : NULL;
    bool *pad = padded ? read_ranges(root, padded) : NULL;
    const gr_json *map = mapped ? gr_json_get(root, mapped) : NULL;
    const char **text = calloc(0x110000, sizeof *text);

    assert_non_null(text);
    for (const gr_json *v = gr_json_first(map); v; v = gr_json_next(v))
        text[strtoul(gr_json_key(v), NULL, 16)] = gr_json_str(v, "");
    for (uint32_t cp = 0; cp < 0x110000; cp++) {
        const uint32_t s = cp - 0xAC00;
        uint32_t want[8] = { cp, 0, 0, 0, 0, 0, 0, 0 };
        size_t n = 1;

        if (cp >= 0xD800 && cp <= 0xDFFF) continue;
        if (rem && rem[cp]) n = 0;
        else if (spc && spc[cp]) want[0] = ' ';
        else if (pad && pad[cp]) want[0] = want[2] = ' ', want[1] = cp, n = 3;
        else if (text[cp]) n = hex_sequence(want, text[cp]);
        else if (norm->strip && s < 11172) {
            want[0] = 0x1100 + s / 588;
            want[1] = 0x1161 + s % 588 / 28;
            want[2] = 0x11A7 + s % 28;
            n = s % 28 ? 3 : 2;
        }
        check_norm(norm, g, cp, want, n, mapped ? mapped : removed ? removed : padded);
    }
    gr_glyphs_free(&g[0]);
    gr_glyphs_free(&g[1]);
    free(rem);
    free(spc);
    free(pad);
    free(text);
}

/* "a", cp, "b": how many words, as split_as_punctuation and split_as_whitespace say. */
static void check_splits(const gr_json *root)
{
    bool *punct = read_ranges(root, "split_as_punctuation"), *white = read_ranges(root, "split_as_whitespace");

    for (uint32_t cp = 0; cp < 0x110000; cp++) {
        const gr_glyph g[3] = { { 'a', 0, 0, 1 }, { cp, 1, 1, 2 }, { 'b', 2, 2, 3 } };
        const size_t want = punct[cp] ? 3 : white[cp] ? 2 : 1;
        size_t at = 0, from, to, n = 0, covered = 0;
        char name[64];

        if (cp >= 0xD800 && cp <= 0xDFFF) continue;
        (void)snprintf(name, sizeof name, "words U+%04X", (unsigned)cp);
        for (; gr_pretok_next(GR_PRETOK_BERT, g, 3, &at, &from, &to); n++) covered += to - from;
        if (n == want && covered == (white[cp] ? 2 : 3)) gr_case_pass(name);
        else gr_case_fail(name, "%zu words, not %zu", n, want);
    }
    free(punct);
    free(white);
}

/* A kept mark stands behind U+0334 (class 1) when it has a class, before it when it has none. */
static void check_classes(const gr_json *root)
{
    static const gr_norm strip = { .kind = GR_NORM_BERT, .strip = true };
    const gr_json *kept = gr_json_get(root, "kept_combining_classes");
    gr_glyphs g[2] = { { .v = NULL }, { .v = NULL } };

    assert_true(gr_json_len(kept) > 0);
    for (const gr_json *a = gr_json_first(kept); a; a = gr_json_next(a)) {
        for (const gr_json *b = gr_json_first(kept); b; b = gr_json_next(b)) {
            const uint32_t x = (uint32_t)strtoul(gr_json_key(a), NULL, 16), y = (uint32_t)strtoul(gr_json_key(b), NULL, 16);
            const bool swapped = gr_json_num(a, 0) > gr_json_num(b, 0);
            char text[9], name[64];
            size_t n = 1;
            gr_err err = GR_ERR_INIT;

            text[0] = 'a';
            n += gr_utf8_put(text + n, x);
            n += gr_utf8_put(text + n, y);
            (void)snprintf(name, sizeof name, "order U+%04X U+%04X", (unsigned)x, (unsigned)y);
            assert_ok(gr_norm_run(&strip, g, (gr_sv){ text, n }, 0, 0, &err), &err);
            if (g[0].n == 3 && g[0].v[1].cp == (swapped ? y : x) && g[0].v[2].cp == (swapped ? x : y) &&
                g[0].v[1].src == 1 && g[0].v[2].src == 2)
                gr_case_pass(name);
            else gr_case_fail(name, "wrong order or places");
        }
    }
    gr_glyphs_free(&g[0]);
    gr_glyphs_free(&g[1]);
}

/* A file of the shared golden folder, and its own folder in dir. NULL, with the case counted as skipped, where that folder is absent. */
static gr_json *shared_json(char dir[GR_PATH_MAX], const char *folder, const char *file, const char *what)
{
    const char *golden = gr_golden_dir();
    char path[GR_PATH_MAX];
    gr_json *root = NULL;
    gr_err err = GR_ERR_INIT;

    if (!golden) {
        gr_case_skip("shared golden folder", "absent");
        gr_cases_done(what, 0);
        return NULL;
    }
    assert_true(gr_fs_join(dir, GR_PATH_MAX, golden, folder) && gr_fs_join(path, sizeof path, dir, file));
    assert_ok(gr_json_read(&root, path, FILE_MAX, &err), &err);
    return root;
}

static void code_points(void **state)
{
    static const gr_norm clean = { .kind = GR_NORM_BERT, .clean = true }, cjk = { .kind = GR_NORM_BERT, .cjk = true };
    static const gr_norm strip = { .kind = GR_NORM_BERT, .strip = true }, lower = { .kind = GR_NORM_BERT, .lower = true };
    char dir[GR_PATH_MAX];
    gr_json *root = shared_json(dir, "tokenizer", "bert-codepoints.json", "code points");

    (void)state;
    if (!root) return;
    check_sets(&clean, root, "removed_by_clean_text", "space_by_clean_text", NULL, NULL);
    check_sets(&cjk, root, NULL, NULL, "cjk_padded", NULL);
    check_sets(&strip, root, "removed_by_strip_accents", NULL, NULL, "strip_accents");
    check_sets(&lower, root, NULL, NULL, NULL, "lowercase");
    check_splits(root);
    check_classes(root);
    gr_json_free(root);
    gr_cases_done("code points", 5 * 1000000);
}

/* ---- malformed files ---- */

static void run_malformed(const char *dir, const gr_json *c)
{
    const char *file = gr_json_str(gr_json_get(c, "file"), ""), *reader = gr_json_str(gr_json_get(c, "reader"), "");
    const bool is_json = strcmp(reader, "tokenizer.json") == 0, accept = gr_json_bool(gr_json_get(c, "accept"), false);
    const double line = gr_json_num(gr_json_get(c, "line"), 0), rows = gr_json_num(gr_json_get(c, "rows"), -1);
    char path[GR_PATH_MAX], place[32];
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;
    gr_status s;

    if (!is_json && strcmp(reader, "vocab.txt") != 0) return;
    assert_true(gr_fs_join(path, sizeof path, dir, file));
    s = is_json ? gr_tok_open_json(&t, path, &err) : gr_tok_open_vocab(&t, path, NULL, &err);
    (void)snprintf(place, sizeof place, "line %d:", (int)line);
    if (accept != (s == GR_OK)) gr_case_fail(file, "accepted: %d, should be: %d (%s)", s == GR_OK, accept, err.msg);
    else if (accept && rows >= 0 && (double)gr_tok_vocab_size(t) != rows)
        gr_case_fail(file, "%zu tokens, not %g", gr_tok_vocab_size(t), rows);
    else if (!accept && line > 0 && !strstr(err.msg, place)) gr_case_fail(file, "'%s' lacks '%s'", err.msg, place);
    else gr_case_pass(file);
    gr_tok_close(t);
}

static void malformed(void **state)
{
    static const char what[] = "malformed tokenizer files";
    char dir[GR_PATH_MAX];
    gr_json *root = shared_json(dir, "data/malformed", "malformed.json", what);

    (void)state;
    if (!root) return;
    for (const gr_json *c = gr_json_first(root); c; c = gr_json_next(c)) run_malformed(dir, c);
    gr_json_free(root);
    gr_cases_done(what, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_set),
        cmocka_unit_test(shared_sets),
        cmocka_unit_test(code_points),
        cmocka_unit_test(malformed),
    };
    return gr_test_main(tests);
}
