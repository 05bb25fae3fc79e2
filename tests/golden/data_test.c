/* data_test.c - every data set of golden/data/expected.json: counts, labels, and the digests of all rows and of
 * single ones. Whole sets and those without a task are read through data_sets.h, the others through the task's
 * table. */
#include "tests/support/test.h"

#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "data/lines.h"
#include "tasks/load.h"
#include "tests/golden/data_sets.h"

static const gr_dataset_spec *table_of(const char *set)
{
    for (size_t i = 0; i < sizeof data_sets / sizeof data_sets[0]; i++)
        if (strcmp(data_sets[i].name, set) == 0) return &data_sets[i].spec;
    return NULL;
}

/* ---- what the file says, against what was read ---- */

static void want_count(const char *name, const gr_json *want, const char *key, double got)
{
    const double x = gr_json_num(gr_json_get(want, key), NAN);

    if (isnan(x) || x == got) gr_case_pass(name);
    else gr_case_fail(name, "%s: got %.17g, want %.17g", key, got, x);
}

static size_t text_bytes(const gr_example *e)
{
    size_t n = e->text_a.n;

    for (size_t i = 0; i < e->n_words; i++) n += e->words[i].n + (i > 0);
    return n;
}

static void check_sums(const char *name, const gr_json *want, const gr_examples *ex)
{
    double a = 0, b = 0, sum = 0, lo = INFINITY, hi = -INFINITY, tokens = 0, empty = 0;

    for (size_t i = 0; i < ex->n; i++) {
        const gr_example *const e = &ex->e[i];
        const double            v = isnan(e->value) ? -1.0 : e->value;

        a += (double)text_bytes(e);
        b += (double)e->text_b.n;
        empty += e->n_words == 0 && gr_text_strip(e->text_a).n == 0;
        tokens += (double)e->n_words;
        sum += v;
        lo = v < lo ? v : lo;
        hi = v > hi ? v : hi;
    }
    want_count(name, want, "examples", (double)ex->n);
    want_count(name, want, "text_a_bytes", a);
    want_count(name, want, "text_b_bytes", b);
    want_count(name, want, "empty_text", empty);
    want_count(name, want, "tokens", tokens);
    want_count(name, want, "score_sum", round(sum * 1000) / 1000); /* the file holds three decimals */
    want_count(name, want, "score_min", lo);
    want_count(name, want, "score_max", hi);
}

static size_t count_label(const gr_examples *ex, long id, const char *tag)
{
    size_t n = 0;

    for (size_t i = 0; i < ex->n; i++) {
        const gr_example *const e = &ex->e[i];

        n += e->n_words == 0 && tag == NULL && e->label == id;
        for (size_t k = 0; e->tags != NULL && k < e->n_words; k++)
            n += tag != NULL ? strcmp(e->tags[k], tag) == 0 : e->tag_ids != NULL && e->tag_ids[k] == id;
    }
    return n;
}

static void check_labels(const char *name, const gr_json *want, const gr_examples *ex)
{
    const gr_json *v;

    for (v = gr_json_first(gr_json_get(want, "labels")); v != NULL; v = gr_json_next(v)) {
        const size_t got = count_label(ex, strtol(gr_json_key(v), NULL, 10), NULL);
        if ((double)got == gr_json_num(v, -1)) gr_case_pass(name);
        else gr_case_fail(name, "label %s: got %zu, want %g", gr_json_key(v), got, gr_json_num(v, -1));
    }
    if (ex->n == 0 || ex->e[0].n_words == 0) return;
    for (v = gr_json_first(gr_json_get(want, "labels_by_name")); v != NULL; v = gr_json_next(v)) {
        const size_t got = count_label(ex, 0, gr_json_key(v));
        if ((double)got == gr_json_num(v, -1)) gr_case_pass(name);
        else gr_case_fail(name, "tag %s: got %zu, want %g", gr_json_key(v), got, gr_json_num(v, -1));
    }
}

static void check_rows(const char *name, const gr_json *want, const gr_examples *ex, bool regression)
{
    const char *const all = gr_json_str(gr_json_get(want, "sha256"), "");
    char              hex[GR_SHA256_HEX];

    if (strcmp(all, ex->sha256) == 0) gr_case_pass(name);
    else gr_case_fail(name, "digest of all rows: got %s, want %s", ex->sha256, all);
    for (const gr_json *v = gr_json_first(gr_json_get(want, "rows")); v != NULL; v = gr_json_next(v)) {
        const size_t i = (size_t)strtoul(gr_json_key(v), NULL, 10);

        if (i >= ex->n) {
            gr_case_fail(name, "row %zu is not there", i);
            continue;
        }
        if (gr_examples_digest(hex, &ex->e[i], 1, regression, NULL) != GR_OK) hex[0] = '\0';
        if (strcmp(hex, gr_json_str(v, "")) == 0) gr_case_pass(name);
        else gr_case_fail(name, "digest of row %zu differs", i);
    }
}

/* ---- one split ---- */

static void check_split(const char *set, const gr_json *want, const char *dir, const gr_load_opts *opts)
{
    const char *const            split = gr_json_key(want);
    const gr_task *const         task = gr_task_find(set);
    const gr_dataset_spec *const table = table_of(set);
    const bool                   by_table = table != NULL && gr_split_find(table->splits, split) != NULL;
    gr_err                       err = GR_ERR_INIT;
    gr_examples                  ex;
    char                         name[128];
    gr_status                    s;

    (void)snprintf(name, sizeof name, "%s/%s", set, split);
    if (!by_table && (task == NULL || gr_split_find(task->splits, split) == NULL)) {
        gr_case_fail(name, "neither a task nor a table of the test has this split");
        return;
    }
    s = by_table ? gr_dataset_load(&ex, table, split, dir, opts, &err) : gr_task_load_with(&ex, task, split, dir, opts, &err);
    if (s != GR_OK) {
        gr_case_fail(name, "%s: %s", gr_status_name(s), err.msg);
        return;
    }
    check_sums(name, want, &ex);
    check_labels(name, want, &ex);
    check_rows(name, want, &ex, by_table ? table->regression : task->head.kind == GR_HEAD_REGRESSION);
    gr_examples_free(&ex);
}

static void check_names(const char *set, const gr_json *want)
{
    const gr_task *const task = gr_task_find(set);
    size_t               i = 0;

    if (task == NULL || !gr_json_is_array(want)) return;
    for (const gr_json *v = gr_json_first(want); v != NULL; v = gr_json_next(v), i++) {
        const char *const got = task->labels != NULL && (int32_t)i < task->head.n_out ? task->labels[i] : "none";
        if (strcmp(got, gr_json_str(v, "")) == 0) gr_case_pass(set);
        else gr_case_fail(set, "label %zu: got %s, want %s", i, got, gr_json_str(v, ""));
    }
}

static void check_file(const char *golden, const char *dir, const gr_load_opts *opts)
{
    char     path[GR_PATH_MAX];
    gr_err   err = GR_ERR_INIT;
    gr_json *root;

    assert_true(gr_fs_join(path, sizeof path, golden, "data/expected.json"));
    assert_ok(gr_json_read(&root, path, 0, &err), &err);
    for (const gr_json *set = gr_json_first(root); set != NULL; set = gr_json_next(set)) {
        check_names(gr_json_key(set), gr_json_get(set, "label_names"));
        for (const gr_json *sp = gr_json_first(gr_json_get(set, "splits")); sp != NULL; sp = gr_json_next(sp))
            check_split(gr_json_key(set), sp, dir, opts);
    }
    gr_json_free(root);
}

static void published_sets(void **state)
{
    char dir[GR_PATH_MAX];

    (void)state;
    if (gr_golden_dir() == NULL || gr_shared_dir() == NULL) {
        gr_case_skip("shared golden folder", "absent");
        gr_cases_done("published data sets", 0);
        return;
    }
    assert_true(gr_fs_join(dir, sizeof dir, gr_shared_dir(), "data"));
    check_file(gr_golden_dir(), dir, NULL);
    gr_cases_done("published data sets", 1);
}

/* The first distribution's tags, turned into IOB2, are those of conll2003 to the last row. */
static void iob1_becomes_iob2(void **state)
{
    char     dir[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_err   err = GR_ERR_INIT;
    gr_json *root;

    (void)state;
    if (gr_golden_dir() == NULL || gr_shared_dir() == NULL) {
        gr_case_skip("shared golden folder", "absent");
        gr_cases_done("IOB1 as IOB2", 0);
        return;
    }
    assert_true(gr_fs_join(dir, sizeof dir, gr_shared_dir(), "data") && gr_fs_join(path, sizeof path, gr_golden_dir(), "data/expected.json"));
    assert_ok(gr_json_read(&root, path, 0, &err), &err);
    for (const gr_split *sp = iob1_turned.splits; sp->name != NULL; sp++) {
        const gr_json *const want = gr_json_get(gr_json_get(gr_json_get(root, "conll2003"), "splits"), sp->name);
        gr_examples          ex;

        if (want == NULL) {
            gr_case_skip(sp->name, "no conll2003 among the expectations");
            continue;
        }
        assert_ok(gr_dataset_load(&ex, &iob1_turned, sp->name, dir, NULL, &err), &err);
        check_rows(sp->name, want, &ex, false);
        gr_examples_free(&ex);
    }
    gr_json_free(root);
    gr_cases_done("IOB1 as IOB2", 0);
}

/* A few rows in the very formats of the published sets: their counts are their own. */
static void own_sets(void **state)
{
    static const gr_load_opts any = { .any_rows = true };
    char                      dir[GR_PATH_MAX];

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_own_golden_dir(), "data/sets"));
    check_file(gr_own_golden_dir(), dir, &any);
    gr_cases_done("own data sets", 50);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(published_sets), cmocka_unit_test(iob1_becomes_iob2),
                                               cmocka_unit_test(own_sets) };

    return gr_test_main(tests);
}
