/* fixtures_test.c - every task that can be trained runs by its name on its fixture, marked as demo data: from the files to a record with
 * the numbers of the task's own split. A task that is added is run here without being named. */
#include "tests/e2e/program.h"

#include "tasks/task.h"

/* A copy of the task's fixture with the marker that lets its row counts be its own. */
static const char *marked_fixture(const gr_task *t)
{
    char   from[GR_PATH_MAX], marker[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)snprintf(from, sizeof from, "%s/tests/fixtures/%s/.", GR_SOURCE_DIR, t->name);
    assert_ok(gr_fs_mkdirs(at(t->name), &err), &err);
    shell("cp", from, at(t->name));
    (void)snprintf(marker, sizeof marker, "%s/demo.json", t->name);
    (void)put(marker, "{\"kind\":\"demo\"}");
    return at(t->name);
}

static void runs(const gr_task *t)
{
    char       out[GR_PATH_MAX];
    gr_records r;

    (void)snprintf(out, sizeof out, "%s-runs", t->name);
    (void)CALL("run", t->name, "--model", tiny_model(), "--data", marked_fixture(t), "--max-steps", "2", "--output-dir", at(out));
    if (last.code > 1) expect(last.code, 0); /* so few rows may all fall into one class, which is marked and is not what is tested */
    r = records_of(at(out));
    if (r.n != 1) fail_msg("%s: %zu records\n%s", t->name, r.n, last.err);
    if (r.r[0].n_train == 0 || r.r[0].n_eval == 0 || r.r[0].n_metrics == 0) fail_msg("%s: nothing was trained or evaluated\n%s", t->name, last.err);
    assert_string_equal(r.r[0].task, t->name);
    assert_string_equal(r.r[0].data, "demo");
    assert_string_equal(r.r[0].metrics[0].split, r.r[0].main_split);
    gr_records_free(&r);
}

static void every_task_runs(void **state)
{
    (void)state;
    for (size_t i = 0; gr_task_at(i) != NULL; i++)
        if (!(gr_task_at(i)->flags & GR_TASK_DIAGNOSTIC)) runs(gr_task_at(i));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_task_runs) };

    return gr_test_main(tests);
}
