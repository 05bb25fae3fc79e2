/* demo_test.c - the demo data are read by the tables of the published sets, have the rows that their marker names, and no sentence that
 * was trained on is held out. */
#include "tests/support/test.h"

#include "base/json.h"
#include "tasks/load.h"

#define DEMO GR_SOURCE_DIR "/data/demo"

static const char *const six[] = { "mrpc", "sst2", "stsb", "imdb", "ttc4900", "conll2003" };
enum { N_SIX = sizeof six / sizeof *six, MIN_SENTENCE = 2 };

static gr_examples load(const char *task, const char *split)
{
    const gr_load_opts opts = { .any_rows = true };
    gr_err             err = GR_ERR_INIT;
    gr_examples        ex;

    assert_ok(gr_task_load_with(&ex, gr_task_find(task), split, DEMO, &opts, &err), &err);
    return ex;
}

static void rows_as_marked(void **state)
{
    gr_json *doc = NULL;
    gr_err   err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_json_read(&doc, DEMO "/demo.json", 1 << 16, &err), &err);
    assert_string_equal(gr_json_str(gr_json_get(doc, "kind"), ""), "demo");
    for (size_t k = 0; k < N_SIX; k++) {
        const gr_json *const rows = gr_json_get(gr_json_get(doc, "rows"), six[k]);
        for (const gr_split *sp = gr_task_find(six[k])->splits; sp->name != NULL; sp++) {
            gr_examples ex = load(six[k], sp->name);
            assert_near((double)ex.n, gr_json_num(gr_json_get(rows, sp->name), -1), 0.0, "rows of %s %s", six[k], sp->name);
            gr_examples_free(&ex);
        }
    }
    gr_json_free(doc);
}

/* ---- sentences ---- */

typedef struct bag {
    gr_sv *s;
    size_t n, cap;
} bag;

static void add(bag *b, gr_sv s)
{
    s = gr_sv_trim(s);
    while (gr_sv_starts(s, "<br /><br />")) {
        s.p += 12;
        s.n -= 12;
        s = gr_sv_trim(s);
    }
    if (s.n < MIN_SENTENCE) return;
    if (b->n == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 4096;
        b->s = realloc(b->s, b->cap * sizeof *b->s);
        assert_non_null(b->s);
    }
    b->s[b->n++] = s;
}

/* Every sentence of a row; a tagged row is one, joined in the examples' arena. */
static void add_sentences(bag *b, gr_examples *ex)
{
    for (size_t i = 0; i < ex->n; i++) {
        const gr_example *const e = &ex->e[i];
        gr_sv                   both[2] = { e->text_a, e->text_b };
        gr_buf                  words = { NULL, 0, 0, false };

        for (size_t k = 0; k < e->n_words; k++) gr_buf_addf(&words, "%.*s ", GR_SV_FMT(e->words[k]));
        if (words.n > 0) add(b, (gr_sv){ gr_arena_strndup(&ex->arena, words.p, words.n), words.n });
        gr_buf_free(&words);
        for (size_t k = 0; k < 2 && e->n_words == 0; k++)
            while (both[k].n > 0) add(b, gr_sv_split(&both[k], '.'));
    }
}

static int by_text(const void *a, const void *b)
{
    return gr_sv_cmp(*(const gr_sv *)a, *(const gr_sv *)b);
}

static void held_out_is_new(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_SIX; k++) {
        gr_examples train = load(six[k], "train"), held[2] = { load(six[k], "validation"), load(six[k], "test") };
        bag         seen = { NULL, 0, 0 }, other = { NULL, 0, 0 };

        add_sentences(&seen, &train);
        qsort(seen.s, seen.n, sizeof *seen.s, by_text);
        for (size_t h = 0; h < 2; h++) add_sentences(&other, &held[h]);
        assert_true(other.n >= 300);
        for (size_t i = 0; i < other.n; i++)
            if (bsearch(&other.s[i], seen.s, seen.n, sizeof *seen.s, by_text) != NULL)
                fail_msg("%s: trained on and held out: '%.*s'", six[k], GR_SV_FMT(other.s[i]));
        free(seen.s);
        free(other.s);
        gr_examples_free(&train);
        gr_examples_free(&held[0]);
        gr_examples_free(&held[1]);
    }
}

/* No class fills more than two thirds of a scored split: a run that predicts one class must show. */
static void classes_are_balanced(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_SIX; k++) {
        const gr_task *const t = gr_task_find(six[k]);
        gr_examples          ex;

        if (t->head.kind != GR_HEAD_CLASS) continue;
        ex = load(six[k], "validation");
        for (int32_t c = 0; c < t->head.n_out; c++) {
            size_t n = 0;
            for (size_t i = 0; i < ex.n; i++) n += ex.e[i].label == c;
            assert_true(n > 0 && 3 * n <= 2 * ex.n);
        }
        gr_examples_free(&ex);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_as_marked),
        cmocka_unit_test(held_out_is_new),
        cmocka_unit_test(classes_are_balanced),
    };
    return gr_test_main(tests);
}
