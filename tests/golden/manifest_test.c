/* manifest_test.c - every manifest of the project against the published files that are at hand, and every task
 * against its manifest. */
#include "tests/support/test.h"

#include "base/fs.h"
#include "data/manifest.h"
#include "tasks/task.h"

static void path_of(char out[GR_PATH_MAX], const char *name)
{
    assert_true((size_t)snprintf(out, GR_PATH_MAX, "%s/data/manifests/%s", GR_SOURCE_DIR, name) < GR_PATH_MAX);
}

static void check_one(const char *file, const char *data_dir)
{
    char        path[GR_PATH_MAX], want[128];
    gr_err      err = GR_ERR_INIT;
    gr_manifest m;
    size_t      checked = 0;

    path_of(path, file);
    if (gr_manifest_read(&m, path, &err) != GR_OK) {
        gr_case_fail(file, "%s", err.msg);
        return;
    }
    (void)snprintf(want, sizeof want, "%s.json", m.name);
    if (strcmp(want, file) != 0) gr_case_fail(file, "its name is %s", m.name);
    else if (data_dir == NULL) gr_case_pass(file);
    else if (gr_manifest_check(&m, data_dir, &checked, &err) != GR_OK) gr_case_fail(file, "%s", err.msg);
    else if (checked == 0) gr_case_skip(file, "its files are not at hand");
    else gr_case_pass(file);
    gr_manifest_free(&m);
}

static void every_manifest(void **state)
{
    char       dir[GR_PATH_MAX], data[GR_PATH_MAX];
    gr_err     err = GR_ERR_INIT;
    gr_fs_list list;
    const bool have = gr_shared_dir() != NULL && gr_fs_join(data, sizeof data, gr_shared_dir(), "data");

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, GR_SOURCE_DIR, "data/manifests"));
    assert_ok(gr_fs_list_dir(&list, dir, &err), &err);
    if (!have) gr_case_skip("published files", "absent");
    for (size_t i = 0; i < list.n; i++) check_one(list.names[i], have ? data : NULL);
    gr_fs_list_free(&list);
    gr_cases_done("manifests", 12);
}

/* Rows that the manifest gives to a split, over all its members; -1: unknown. */
static int64_t rows_of(const gr_manifest *m, const char *split)
{
    int64_t sum = -1;

    for (size_t i = 0; i < m->n_members; i++) {
        const gr_member *const x = &m->members[i];
        if (x->split == NULL || strcmp(x->split, split) != 0) continue;
        if (x->rows < 0) return -1;
        sum = (sum < 0 ? 0 : sum) + x->rows;
    }
    return sum;
}

/* The counts stand in the task's table and in its manifest: they are the same. */
static void counts_agree(void **state)
{
    const gr_task *t;

    (void)state;
    for (size_t i = 0; (t = gr_task_at(i)) != NULL; i++) {
        char        file[128], path[GR_PATH_MAX];
        gr_err      err = GR_ERR_INIT;
        gr_manifest m;

        (void)snprintf(file, sizeof file, "%s.json", t->name);
        path_of(path, file);
        assert_ok(gr_manifest_read(&m, path, &err), &err);
        for (const gr_split *sp = t->splits; sp->name != NULL; sp++) {
            const int64_t rows = rows_of(&m, sp->name);
            if (rows < 0 || sp->rule.kind != GR_RULE_ALL) continue;
            if ((size_t)rows == sp->rows) gr_case_pass(sp->name);
            else gr_case_fail(t->name, "%s: %lld rows in the manifest, %zu in the table", sp->name, (long long)rows, sp->rows);
        }
        gr_manifest_free(&m);
    }
    gr_cases_done("row counts", 25);
}

static void every_task_has_one(void **state)
{
    const gr_task *t;

    (void)state;
    for (size_t i = 0; (t = gr_task_at(i)) != NULL; i++) {
        char file[128], path[GR_PATH_MAX];

        (void)snprintf(file, sizeof file, "%s.json", t->name);
        path_of(path, file);
        if (gr_fs_is_file(path)) gr_case_pass(t->name);
        else gr_case_fail(t->name, "no manifest");
    }
    gr_cases_done("tasks with a manifest", 5);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(every_manifest), cmocka_unit_test(every_task_has_one), cmocka_unit_test(counts_agree) };

    return gr_test_main(tests);
}
