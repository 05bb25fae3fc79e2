/* malformed_test.c - the small bad and tricky files of golden/data/malformed and of the own set: verdict, rows, line.
 * Files of readers that belong to other layers are counted as skipped here; their own tests read them. */
#include "tests/support/test.h"

#include "base/fs.h"
#include "base/json.h"
#include "data/archive.h"
#include "tasks/load.h"

static const char *const binary[] = { "0", "1", NULL };
static const gr_column   csv_cols[] = { { "label", GR_COL_CLASS_ID }, { "review", GR_COL_TEXT }, { NULL, 0 } };
static const gr_column   json_cols[] = { { "text", GR_COL_TEXT }, { "label", GR_COL_CLASS_ID }, { NULL, 0 } };
static const gr_source   csv_src = { .reader = GR_READ_CSV, .has_header = true, .columns = csv_cols };
static const gr_source   json_src = { .reader = GR_READ_JSONL, .columns = json_cols };

/* ---- reading one file as the source would read it ---- */

typedef struct reading {
    const gr_source *src; /* its place is replaced by the file */
    gr_label_spec    labels;
    bool             regression;
    const gr_task   *task; /* for its parse hook, or NULL */
} reading;

static gr_status task_parse(void *user, const gr_row *row, const gr_split *split, gr_example *out, gr_arena *a, gr_err *err)
{
    const gr_task *const t = ((const reading *)user)->task;

    return t->parse(t, row, split, out, a, err);
}

static gr_status read_as(reading *rd, const char *dir, const char *file, size_t *rows, gr_err *err)
{
    const char *const archives[] = { file, NULL };
    gr_source         src = *rd->src;
    gr_split          splits[2] = { { .name = "file", .n_sources = 1, .labelled = true }, { .name = NULL } };
    gr_dataset_spec   spec = { .splits = splits, .labels = rd->labels, .regression = rd->regression, .user = rd };
    gr_examples       ex;
    gr_status         s;

    src.archives = archives;
    src.member = NULL;
    splits[0].sources = &src;
    if (rd->task != NULL && rd->task->parse != NULL) spec.parse = task_parse;
    s = gr_dataset_load(&ex, &spec, "file", dir, NULL, err);
    *rows = ex.n;
    gr_examples_free(&ex);
    return s;
}

static bool by_task(reading *rd, const char *name)
{
    const gr_task *const t = gr_task_find(name);

    if (t == NULL) return false;
    rd->task = t;
    rd->src = t->splits[0].sources;
    rd->labels.names = t->labels;
    rd->labels.n_names = t->labels != NULL ? t->head.n_out : 0;
    rd->labels.lo = t->lo;
    rd->labels.hi = t->hi;
    rd->regression = t->head.kind == GR_HEAD_REGRESSION;
    return true;
}

static gr_status count_member(void *user, size_t want, const char *name, gr_sv bytes, gr_err *err)
{
    (void)want;
    (void)name;
    (void)bytes;
    (void)err;
    ++*(size_t *)user;
    return GR_OK;
}

/* False when the reader is another layer's. */
static bool read_file(const char *reader, const char *dir, const char *file, gr_status *s, size_t *rows, gr_err *err)
{
    reading rd = { .labels = { binary, 2, 0, 0 } };
    char    path[GR_PATH_MAX];

    *rows = 0;
    if (strcmp(reader, "zip") == 0 || strcmp(reader, "tar") == 0 || strcmp(reader, "gz") == 0) {
        assert_true(gr_fs_join(path, sizeof path, dir, file));
        *s = gr_archive_scan(path, NULL, 0, count_member, rows, err);
        return true;
    }
    if (strcmp(reader, "csv") == 0) rd.src = &csv_src;
    else if (strcmp(reader, "jsonl") == 0) rd.src = &json_src;
    else if (strncmp(reader, "glue/", 5) == 0) assert_true(by_task(&rd, reader + 5));
    else if (strcmp(reader, "conll") == 0) assert_true(by_task(&rd, "conll2003"));
    else return false;
    *s = read_as(&rd, dir, file, rows, err);
    return true;
}

/* ---- verdicts ---- */

static long line_in(const char *msg)
{
    const char *const at = strstr(msg, "line ");

    return at != NULL ? strtol(at + 5, NULL, 10) : 0;
}

static void check_case(const gr_json *c, const char *dir)
{
    const char *const file = gr_json_str(gr_json_get(c, "file"), "");
    const char *const reader = gr_json_str(gr_json_get(c, "reader"), "");
    const bool        accept = gr_json_bool(gr_json_get(c, "accept"), false);
    const double      rows = gr_json_num(gr_json_get(c, "rows"), -1), line = gr_json_num(gr_json_get(c, "line"), -1);
    gr_err            err = GR_ERR_INIT;
    gr_status         s = GR_OK;
    size_t            got;

    if (!read_file(reader, dir, file, &s, &got, &err)) gr_case_skip(file, "its reader has a test of its own");
    else if (accept && s != GR_OK) gr_case_fail(file, "refused: %s", err.msg);
    else if (accept && rows >= 0 && (double)got != rows) gr_case_fail(file, "got %zu rows, want %g", got, rows);
    else if (!accept && s == GR_OK) gr_case_fail(file, "accepted; it has: %s", gr_json_str(gr_json_get(c, "reason"), "a fault"));
    else if (!accept && s != GR_E_FORMAT) gr_case_fail(file, "status %s: %s", gr_status_name(s), err.msg);
    else if (!accept && line >= 0 && (double)line_in(err.msg) != line) gr_case_fail(file, "want line %g: %s", line, err.msg);
    else gr_case_pass(file);
}

static void check_folder(const char *dir)
{
    char           path[GR_PATH_MAX];
    gr_err         err = GR_ERR_INIT;
    gr_json       *root;

    assert_true(gr_fs_join(path, sizeof path, dir, "malformed.json"));
    assert_ok(gr_json_read(&root, path, 0, &err), &err);
    for (const gr_json *c = gr_json_first(root); c != NULL; c = gr_json_next(c)) check_case(c, dir);
    gr_json_free(root);
}

static void shared_files(void **state)
{
    char dir[GR_PATH_MAX];

    (void)state;
    if (gr_golden_dir() == NULL) {
        gr_case_skip("shared golden folder", "absent");
        gr_cases_done("shared malformed files", 0);
        return;
    }
    assert_true(gr_fs_join(dir, sizeof dir, gr_golden_dir(), "data/malformed"));
    check_folder(dir);
    gr_cases_done("shared malformed files", 1);
}

static void own_files(void **state)
{
    char dir[GR_PATH_MAX];

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_own_golden_dir(), "data/malformed"));
    check_folder(dir);
    gr_cases_done("own malformed files", 10);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(shared_files), cmocka_unit_test(own_files) };

    return gr_test_main(tests);
}
