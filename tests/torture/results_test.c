/* results_test.c - the n-th allocation fails, for all n, in records, stores, tables and comparisons: no crash, nothing lost (the leak
 * check of the sanitizer build), GR_E_NOMEM reported and never a table that lacks something. */
#include "base/log.h"
#include "results/compare.h"
#include "results/html.h"
#include "results/table.h"
#include "tests/torture/torture.h"
#include "tests/unit/results/made.h"

/* Each of the first allocations; then, among the many thousand of a bootstrap's draws, some. */
enum { EACH = 1200, STRIDE = 9973 };
static gr_records made;
static char       suite[GR_PATH_MAX];

static void torture(const char *name, gr_status (*f)(gr_err *err), size_t least)
{
    gr_torture_with(name, f, &(gr_torture_opts){ .least = least, .each = EACH, .stride = STRIDE });
}

static gr_status write_and_read(gr_err *err)
{
    char kept[GR_PATH_MAX];
    gr_record r;
    gr_status s;

    memcpy(kept, made.r[0].path, sizeof kept);
    s = gr_record_write(&made.r[0], made_path("t.json"), err);
    memcpy(made.r[0].path, kept, sizeof kept);
    if (s != GR_OK) return s;
    s = gr_record_read(&r, made_path("t.json"), err);
    if (s == GR_OK) gr_record_free(&r);
    return s;
}

static gr_status write_suite(gr_err *err)
{
    char *argv[] = { (char *)"run" };

    return gr_store_write_suite(suite, "id", 1, argv, &made, err);
}

static gr_status load(gr_err *err)
{
    const char *const paths[] = { suite, made_path("runs") };
    gr_records r;
    const gr_status s = gr_store_load_all(&r, paths, 2, err);

    if (s == GR_OK) gr_records_free(&r);
    return s;
}

static gr_status find(gr_err *err)
{
    gr_record r;
    bool found = false;
    const gr_status s = gr_store_find(&r, &found, made_path("runs"), made.r[0].key, err);

    if (found) gr_record_free(&r);
    return s;
}

static gr_status tables(gr_err *err)
{
    gr_status (*const make[])(gr_buf *, const gr_records *, gr_table_format, gr_err *) = { gr_table_comparison, gr_table_seeds, gr_table_history,
                                                                                           gr_table_leaderboard };
    gr_status s = GR_OK;

    for (int f = GR_TABLE_TEXT; f <= GR_TABLE_JSON && s == GR_OK; f++)
        for (size_t m = 0; m < 4 && s == GR_OK; m++) {
            gr_buf b = { 0 };
            s = make[m](&b, &made, (gr_table_format)f, err);
            gr_buf_free(&b);
        }
    return s;
}

static gr_status report(gr_err *err)
{
    gr_buf b = { 0 };
    const gr_status s = gr_html_report(&b, &made, err);

    gr_buf_free(&b);
    return s;
}

static gr_status compare(gr_err *err)
{
    gr_comparisons c;
    gr_buf b = { 0 };
    gr_status s = gr_compare(&c, suite, suite, err);

    if (s != GR_OK) return s;
    s = gr_compare_table(&b, &c, GR_TABLE_TEXT, err);
    if (s == GR_OK) s = gr_compare_junit(made_path("t.xml"), &c, err);
    gr_buf_free(&b);
    gr_comparisons_free(&c);
    return s;
}

static void test_all(void **state)
{
    static const char predictions[] = "{\"id\":0,\"label\":\"yes\",\"prediction\":\"no\"}\n{\"id\":1,\"label\":\"no\",\"prediction\":\"no\"}\n";
    char path[GR_PATH_MAX], name[100];
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_log_set_level(GR_LOG_QUIET);
    (void)snprintf(suite, sizeof suite, "%s", made_path("runs/20260101T000000-0000"));
    assert_ok(gr_fs_mkdirs(suite, &err), &err);
    for (uint64_t seed = 42; seed < 44; seed++) {
        gr_record *r = made_accuracy(&made, "mrpc", "m", seed, 0.1, 0.5);
        gr_rec_point *p = gr_record_point(r);
        p->n_metrics = 1;
        MADE_COPY(p->metric[0].name, "accuracy");
        MADE_COPY(r->predictions, "p.predictions.jsonl");
        made_recipe(r, "learning-rate", 2e-5, "command line");
        made_metric(r, "validation", "PER.f1", false, 0, 0.5);
        (void)snprintf(name, sizeof name, "mrpc-m-%d-%.8s.json", (int)seed, r->key);
        assert_true(gr_fs_join(path, sizeof path, suite, name));
        assert_ok(gr_record_write(r, path, &err), &err);
    }
    made_failed(made_accuracy(&made, "sst2", "m", 42, 0, 0), GR_RUN_FAILED, "why not");
    made.r[2].path[0] = '\0';
    assert_true(gr_fs_join(path, sizeof path, suite, "p.predictions.jsonl"));
    assert_ok(gr_fs_write(path, predictions, sizeof predictions - 1, &err), &err);
    torture("record", write_and_read, 50);
    torture("suite.json", write_suite, 20);
    torture("load", load, 100);
    torture("find", find, 20);
    torture("tables", tables, 100);
    torture("report", report, 30);
    torture("compare", compare, 100);
    gr_records_free(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all) };

    gr_torture_cjson();
    return gr_test_main(tests);
}
