/* tokenizer_patterns_test.c - every expression that is known by its spelling, over every text of the own set: the words
 * that Split makes of it must begin and end where the Rust library's do. tests/golden/set/tokenizer/README.md has the format. */
#include <stdlib.h>

#include "base/fs.h"
#include "base/json.h"
#include "model/tokenizer/normalizer.h"
#include "model/tokenizer/pretok.h"
#include "tests/support/test.h"

enum { FILE_MAX = 16 << 20, PATTERNS = 10, CUTS = 2 };

typedef struct work {
    gr_glyphs g[2];
    gr_spans  s[2];
} work;

static uint64_t hash_number(uint64_t h, uint32_t n)
{
    for (int i = 0; i < 4; i++) h = (h ^ (n >> (8 * i) & 0xFF)) * 0x100000001B3u;
    return h;
}

static void run_text(work *w, const gr_pretok *p, gr_sv text, size_t n, const char *hash, const char *name)
{
    const gr_norm none = { .kind = GR_NORM_NONE };
    gr_err err = GR_ERR_INIT;
    uint64_t h = 0xCBF29CE484222325u;

    assert_ok(gr_norm_run(&none, w->g, text, 0, 0, &err), &err);
    assert_ok(gr_pretok_run(p, w->g, w->s, &err), &err);
    for (size_t i = 0; i < w->s[0].n; i++) {
        h = hash_number(h, (uint32_t)w->s[0].v[i].from);
        h = hash_number(h, (uint32_t)w->s[0].v[i].to);
    }
    if (w->s[0].n == n && (uint32_t)h == strtoull(hash, NULL, 16)) gr_case_pass(name);
    else gr_case_fail(name, "%zu words, not %zu, or others", w->s[0].n, n);
}

static void run_row(work *w, const gr_json *row, const gr_json *texts, size_t number)
{
    const gr_pretok p = { .kind = GR_PRETOK_SPLIT,
                          .cut = (gr_cut)gr_json_num(gr_json_get(row, "cut"), 0),
                          .pattern = { gr_pattern_find(gr_json_sv(gr_json_get(row, "regex"))), NULL, 0 } };
    const gr_json *n = gr_json_first(gr_json_get(row, "n")), *h = gr_json_first(gr_json_get(row, "h"));
    size_t at = 0;

    assert_non_null(p.pattern.match);
    for (const gr_json *t = gr_json_first(texts); t; t = gr_json_next(t), n = gr_json_next(n), h = gr_json_next(h)) {
        char name[64];

        (void)snprintf(name, sizeof name, "row %zu, text %zu", number, at++);
        run_text(w, &p, gr_json_sv(t), (size_t)gr_json_num(n, -1), gr_json_str(h, ""), name);
    }
}

static gr_json *read_own(const char *name)
{
    char path[GR_PATH_MAX], kinds[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_json *root = NULL;

    assert_true(gr_fs_join(kinds, sizeof kinds, gr_own_golden_dir(), "tokenizer/kinds"));
    assert_true(gr_fs_join(path, sizeof path, kinds, name));
    assert_ok(gr_json_read(&root, path, FILE_MAX, &err), &err);
    return root;
}

static void patterns(void **state)
{
    gr_json *root = read_own("patterns.json"), *all = read_own("texts.json");
    const gr_json *texts = gr_json_get(all, "texts");
    work w = { .g = { { .v = NULL }, { .v = NULL } } };
    size_t n = 0;

    (void)state;
    for (const gr_json *row = gr_json_first(root); row; row = gr_json_next(row)) run_row(&w, row, texts, n++);
    assert_int_equal(n, PATTERNS * CUTS);
    assert_int_equal(n, CUTS * gr_pattern_count()); /* a pattern without a row */
    gr_cases_done("split patterns", n * gr_json_len(texts));
    for (int i = 0; i < 2; i++) {
        gr_glyphs_free(&w.g[i]);
        gr_spans_free(&w.s[i]);
    }
    gr_json_free(all);
    gr_json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(patterns) };
    return gr_test_main(tests);
}
