/* glue_test.c - the suite glue: two validation and two test sets of one task, a part of the published data, evaluation without training
 * rows, the diagnostics with the model that the run made, and the files of a submission. */
#include <unistd.h>

#include "tests/e2e/program.h"

static const char fixtures[] = GR_SOURCE_DIR "/tests/fixtures";

/* The fixtures of these tasks in one folder; its marker lets their row counts be their own. */
static const char *data_of(const char *name, const char *const *tasks)
{
    static char path[4][GR_PATH_MAX];
    static size_t turn;
    char *to = path[turn++ % 4], from[GR_PATH_MAX], marker[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)snprintf(to, GR_PATH_MAX, "%s", at(name));
    assert_ok(gr_fs_mkdirs(to, &err), &err);
    for (; *tasks; tasks++) {
        (void)snprintf(from, sizeof from, "%s/%s/.", fixtures, *tasks);
        shell("cp", from, to);
    }
    (void)snprintf(marker, sizeof marker, "%s/demo.json", name);
    (void)put(marker, "{\"kind\":\"demo\"}");
    return to;
}
#define DATA(name, ...) data_of((name), (const char *const[]){ __VA_ARGS__, NULL })

/* So few rows may all fall into one class: such a run is marked, and is not what is tested. */
static void ran(int code)
{
    if (code > 1) expect(code, 0);
}

static const gr_record *record_of(const gr_records *r, const char *task)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->r[i].task, task) == 0) return &r->r[i];
    fail_msg("no record of %s", task);
    return NULL;
}

static size_t lines_of(const char *text)
{
    size_t n = 0;

    for (; *text; text++) n += *text == '\n';
    return n;
}

/* The folder of the model that a run saved. */
static const char *beside_dir(const gr_record *r)
{
    static char path[GR_PATH_MAX];

    (void)snprintf(path, sizeof path, "%.*s", (int)(strlen(r->path) - strlen(".json")), r->path);
    return path;
}

static void check_lines(const gr_record *r, const char *ending, size_t rows)
{
    size_t n;
    char *text = beside(r, ending, &n);

    assert_int_equal(lines_of(text), rows);
    free(text);
}

/* A table beside a record: its header, so many rows, in each the id that `ids` counts from 0 and one of the values. */
static void check_submission(const gr_record *r, const char *ending, size_t rows, const char *const *values)
{
    size_t n;
    char *text = beside(r, ending, &n);
    gr_sv rest = gr_sv_from(text), line = gr_sv_split(&rest, '\n');

    assert_true(gr_sv_is(line, "index\tprediction"));
    assert_int_equal(lines_of(text), rows + 1);
    for (size_t i = 0; i < rows; i++) {
        char want[64];
        bool known = false;
        line = gr_sv_split(&rest, '\n');
        for (size_t v = 0; values[v]; v++) {
            (void)snprintf(want, sizeof want, "%zu\t%s", i, values[v]);
            known = known || gr_sv_is(line, want);
        }
        if (!known) fail_msg("%s: line %zu is '%.*s'", ending, i + 2, GR_SV_FMT(line));
    }
    free(text);
}

static const char *const nli[] = { "entailment", "neutral", "contradiction", NULL };
static const char *const two[] = { "entailment", "not_entailment", NULL };
static const char *const numbers[] = { "0", "1", NULL };

/* ---- MNLI ---- */

static const gr_rec_metric *metric_on(const gr_record *r, const char *split)
{
    for (size_t i = 0; i < r->n_metrics; i++)
        if (strcmp(r->metrics[i].split, split) == 0 && strcmp(r->metrics[i].name, "accuracy") == 0) return &r->metrics[i];
    return NULL;
}

static void two_of_each(void **state)
{
    const char *data = DATA("mnli", "mnli");
    char path[GR_PATH_MAX];
    gr_records r;
    gr_json *j = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    ran(CALL("run", "mnli", "--model", tiny_model(), "--data", data, "--epochs", "2", "--output-dir", at("mnli-runs"), "--save-model"));
    assert_non_null(strstr(last.out, "mnli (validation_mismatched)"));
    assert_null(strstr(last.out, "mnli (validation_matched)")); /* the first one is the task's */
    r = records_of(at("mnli-runs"));
    assert_true(r.r[0].n_splits == 5 && r.r[0].n_eval == 2);
    assert_string_equal(r.r[0].metrics[0].split, "validation_matched");
    assert_non_null(metric_on(&r.r[0], "validation_mismatched"));
    check_submission(&r.r[0], ".MNLI-m.tsv", 2, nli);
    check_submission(&r.r[0], ".MNLI-mm.tsv", 3, nli);
    (void)snprintf(path, sizeof path, "%.*s/eval_results.json", (int)(strlen(r.r[0].path) - strlen(".json")), r.r[0].path);
    assert_ok(gr_json_read(&j, path, 0, &err), &err);
    assert_near(gr_json_num(gr_json_get(j, "eval_accuracy"), -1), metric_on(&r.r[0], "validation_matched")->value, 0, "matched");
    assert_near(gr_json_num(gr_json_get(j, "eval_accuracy_mm"), -1), metric_on(&r.r[0], "validation_mismatched")->value, 0, "mismatched");
    assert_near(gr_json_num(gr_json_get(j, "eval_samples_mm"), -1), 3, 0, "rows");
    gr_json_free(j);
    check_lines(&r.r[0], ".predictions.jsonl", 2);
    check_lines(&r.r[0], ".validation_mismatched.predictions.jsonl", 3);
    free(beside(&r.r[0], "/predict_results_mnli.txt", &(size_t){ 0 }));
    free(beside(&r.r[0], "/predict_results_mnli-mm.txt", &(size_t){ 0 }));
    gr_records_free(&r);
    ran(CALL("run", "mnli", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--eval-splits", "validation_mismatched", "--output-dir", at("mnli-mm")));
    r = records_of(at("mnli-mm"));
    assert_true(r.r[0].n_eval == 3 && !metric_on(&r.r[0], "validation_matched"));
    gr_records_free(&r);
    assert_non_null(strstr(last.out, "mnli (validation_mismatched)")); /* also where it stands alone */
    expect(CALL("run", "mnli", "--model", tiny_model(), "--data", data, "--eval-splits", "test", "--output-dir", at("mnli-t")), 3 - 1);
    assert_non_null(strstr(last.err, "the labels of split 'test_matched' are not public"));
}

/* The number of run_glue's file of results beside the only record of a folder; -1: not there. */
static double eval_result(const char *runs, const char *key)
{
    char path[GR_PATH_MAX];
    gr_records r = records_of(runs);
    gr_json *j = NULL;
    double v;
    gr_err err = GR_ERR_INIT;

    (void)snprintf(path, sizeof path, "%.4000s/eval_results.json", beside_dir(&r.r[0]));
    assert_ok(gr_json_read(&j, path, 0, &err), &err);
    v = gr_json_num(gr_json_get(j, key), -1);
    gr_json_free(j);
    gr_records_free(&r);
    return v;
}

/* In run_glue's files the matched rows have the plain names, the others their suffix, whichever come first. */
static void order_of_splits(void **state)
{
    const char *data = DATA("order", "mnli");

    (void)state;
    ran(CALL("run", "mnli", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--eval-splits", "validation_mismatched,validation_matched",
             "--output-dir", at("order-runs"), "--save-model"));
    assert_near(eval_result(at("order-runs"), "eval_samples"), 2, 0, "matched");
    assert_near(eval_result(at("order-runs"), "eval_samples_mm"), 3, 0, "mismatched");
    assert_non_null(strstr(last.out, "\nmnli (validation_mismatched)"));
    assert_non_null(strstr(last.out, "\nmnli  "));
    ran(CALL("run", "mnli", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--eval-splits", "validation_mismatched", "--output-dir", at("order-mm"),
             "--save-model"));
    assert_near(eval_result(at("order-mm"), "eval_samples"), -1, 0, "matched");
    assert_near(eval_result(at("order-mm"), "eval_samples_mm"), 3, 0, "mismatched");
    ran(CALL("run", "mnli", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--eval-splits", "train,validation_matched", "--output-dir", at("order-t"),
             "--save-model"));
    assert_near(eval_result(at("order-t"), "eval_samples"), 2, 0, "matched");
}

/* Rows that a reader left out are told of with their task, split and file. */
static void ragged_rows(void **state)
{
    (void)state;
    ran(CALL("run", "qqp", "--model", tiny_model(), "--data", DATA("ragged", "qqp"), "--max-steps", "1", "--output-dir", at("ragged-runs"), "--verbose"));
    assert_non_null(strstr(last.err, "qqp: train: 3 rows left out for want of a column or of a label, the first at line 3 of QQP/train.tsv\n"));
    assert_non_null(strstr(last.err, "qqp: validation: "));
}

/* ---- the diagnostics ---- */

/* With --save-model the suite predicts them with its own model of MNLI; without it says why not. */
static void diagnostics(void **state)
{
    const char *data = DATA("ax", "mnli", "ax");
    const gr_record *ax;
    gr_records r;

    (void)state;
    ran(CALL("run", "--suite", "glue", "--model", tiny_model(), "--data", data, "--max-steps", "2", "--seeds", "2", "--output-dir", at("ax-runs"), "--save-model"));
    assert_non_null(strstr(last.out, "predicted only"));
    r = records_of(at("ax-runs"));
    assert_int_equal(r.n, 4); /* two seeds of each */
    ax = record_of(&r, "ax");
    assert_true(ax->status == GR_RUN_OK && ax->n_metrics == 0 && ax->n_train == 0 && ax->out_of_mean && ax->n_splits == 1);
    assert_non_null(strstr(ax->model, "mnli-tiny-42"));
    assert_non_null(strstr(r.r[3].model, "mnli-tiny-43")); /* each seed by its own */
    check_submission(ax, ".AX.tsv", 3, nli);
    free(beside(ax, ".predictions.jsonl", &(size_t){ 0 }));
    gr_records_free(&r);
    GOOD("leaderboard", at("ax-runs"), "--out", at("board.csv"));
    ran(CALL("run", "--suite", "glue", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--output-dir", at("ax-not")));
    assert_non_null(strstr(last.err, "ax is left out: it wants a model fine-tuned on mnli; with --save-model"));
    r = records_of(at("ax-not"));
    assert_int_equal(r.n, 1);
    gr_records_free(&r);
    expect(CALL("run", "ax", "--model", tiny_model(), "--data", data, "--output-dir", at("ax-bare")), 3);
    assert_non_null(strstr(last.err, "ax wants a model fine-tuned on mnli"));
}

/* Named before the suite, it still waits for the model that the run makes; words that only other tasks have are not for it. */
static void diagnostics_wait(void **state)
{
    const char *data = DATA("wait", "mnli", "ax");
    gr_records r;

    (void)state;
    ran(CALL("run", "ax", "--suite", "glue", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--output-dir", at("wait-runs"), "--save-model"));
    r = records_of(at("wait-runs"));
    assert_true(r.n == 2 && strcmp(r.r[0].task, "mnli") == 0 && strcmp(r.r[1].task, "ax") == 0);
    if (r.r[1].status != GR_RUN_OK) fail_msg("ax: %s", r.r[1].message);
    assert_non_null(strstr(r.r[1].model, "mnli-tiny-42"));
    gr_records_free(&r);
    ran(CALL("run", "--suite", "glue", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--eval-splits", "validation,train", "--output-dir", at("words"),
             "--save-model"));
    r = records_of(at("words"));
    assert_int_equal(r.n, 2);
    if (record_of(&r, "ax")->status != GR_RUN_OK) fail_msg("ax: %s", record_of(&r, "ax")->message);
    assert_true(record_of(&r, "mnli")->status != GR_RUN_FAILED);
    expect(CALL("run", "ax", "--model", beside_dir(record_of(&r, "mnli")), "--data", data, "--eval-splits", "train", "--output-dir", at("words-alone")), 2);
    assert_non_null(strstr(last.err, "ax has no split 'train'"));
    gr_records_free(&r);
}

/* Why a diagnostic task is not run is said where its rows are there, and only there. */
static void left_out_aloud(void **state)
{
    (void)state;
    ran(CALL("run", "--suite", "glue", "--model", tiny_model(), "--data", DATA("aloud", "mnli", "ax"), "--epochs", "0", "--output-dir", at("aloud-runs")));
    assert_non_null(strstr(last.err, "ax is left out: it wants a model fine-tuned on mnli, and this run trains none; `run ax --model DIR` takes one\n"));
    ran(CALL("run", "--suite", "glue", "--model", tiny_model(), "--data", DATA("silent", "mnli"), "--epochs", "0", "--output-dir", at("silent-runs")));
    assert_null(strstr(last.err, "ax is left out"));
    ran(CALL("run", "--suite", "glue", "--model", tiny_model(), "--data", DATA("silent", "mnli"), "--max-steps", "1", "--output-dir", at("silent-runs")));
    assert_null(strstr(last.err, "ax is left out"));
}

/* ---- predictions without a saved model ---- */

static void predict_test(void **state)
{
    const char *data = DATA("predict", "rte", "stsb", "mrpc");
    gr_records r;
    char *text;
    size_t n;

    (void)state;
    ran(CALL("run", "rte", "stsb", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--output-dir", at("plain")));
    ran(CALL("run", "rte", "stsb", "mrpc", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--output-dir", at("plain"), "--do_train", "--do_predict"));
    assert_null(strstr(last.err, "finished before")); /* the first time it had not predicted */
    r = records_of(at("plain"));
    check_submission(&r.r[r.n - 3], ".RTE.tsv", 1, two);
    check_submission(&r.r[r.n - 1], ".MRPC.tsv", 2, numbers);
    text = beside(&r.r[r.n - 2], ".STS-B.tsv", &n);
    assert_true(strncmp(text, "index\tprediction\n0\t", 19) == 0 && strtod(text + 19, NULL) >= 0 && strtod(text + 19, NULL) <= 5 && strlen(text + 19) == 6);
    free(text);
    assert_false(gr_fs_is_dir(at("plain/checkpoints")));
    gr_records_free(&r);
    ran(CALL("run", "rte", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--output-dir", at("plain"), "--predict-test"));
    assert_non_null(strstr(last.err, last.code ? "collapsed" : "finished before"));
    ran(CALL("run", "mrpc", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--max-eval-samples", "2", "--eval-splits", "", "--sample", "2", "--output-dir",
             at("cut"), "--predict-test"));
}

/* A cut test set leaves no table, and the run is finished all the same; what was trained alone is not called predicted. */
static void cut_and_unevaluated(void **state)
{
    const char *data = DATA("cuts", "mnli", "mrpc");

    (void)state;
    for (int i = 0; i < 2; i++)
        ran(CALL("run", "mnli", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--max-eval-samples", "2", "--eval-splits", "", "--output-dir", at("cuts-runs"),
                 "--predict-test"));
    assert_non_null(strstr(last.err, "finished before"));
    ran(CALL("run", "mrpc", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--eval-splits", "", "--output-dir", at("unevaluated"), "--save-model"));
    assert_non_null(strstr(last.out, "not evaluated"));
    assert_null(strstr(last.out, "predicted only"));
}

/* The test rows are looked for before anything is read: asked for by name they must be there, beside a saved model they may be absent. */
static void absent_test_rows(void **state)
{
    const char *data = DATA("no-test", "rte", "wnli");
    char path[GR_PATH_MAX];
    gr_records r;

    (void)state;
    assert_int_equal(unlink(at("no-test/RTE/test.tsv")), 0);
    expect(CALL("run", "rte", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--output-dir", at("no-test-runs"), "--predict-test"), 3);
    assert_true(strncmp(last.err, "glue-run: rte: no test rows: ", 29) == 0 && lines_of(last.err) == 1);
    assert_non_null(strstr(last.err, "RTE/test.tsv"));
    assert_non_null(strstr(last.err, "; without --predict-test the task runs (`glue-run fetch "));
    ran(CALL("run", "--suite", "glue", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--output-dir", at("no-test-suite"), "--predict-test"));
    assert_non_null(strstr(last.out, "\nrte: no data: no test rows: "));
    r = records_of(at("no-test-suite"));
    check_submission(record_of(&r, "wnli"), ".WNLI.tsv", 2, numbers);
    gr_records_free(&r);
    ran(CALL("run", "rte", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--output-dir", at("no-test-model"), "--save-model"));
    assert_non_null(strstr(last.err, "rte: test is not predicted: "));
    r = records_of(at("no-test-model"));
    assert_true(r.n == 1 && r.r[0].n_splits == 2);
    (void)snprintf(path, sizeof path, "%.4000s/predict_results_rte.txt", beside_dir(&r.r[0]));
    assert_true(gr_fs_is_file(path)); /* of the validation rows */
    gr_records_free(&r);
}

/* ---- a part of the published data ---- */

static void without_training_rows(void **state)
{
    char data[GR_PATH_MAX];
    gr_records r;

    (void)state;
    if (!gr_shared_dir()) {
        gr_case_skip("published QNLI", "absent");
        skip();
    }
    (void)snprintf(data, sizeof data, "%s/data", gr_shared_dir());
    expect(CALL("run", "qnli", "--model", tiny_model(), "--data", data, "--output-dir", at("qnli")), 3);
    assert_non_null(strstr(last.err, "QNLI-dev-test-only.zip: no member 'QNLI/train.tsv' (QNLIv2.zip has it); --epochs 0 evaluates without them (`glue-run fetch qnli "));
    assert_true(strncmp(last.err, "glue-run: qnli: no training rows: ", 34) == 0 && lines_of(last.err) == 1);
    ran(CALL("run", "qnli", "--model", tiny_model(), "--data", data, "--epochs", "0", "--max-length", "16", "--predict-test", "--output-dir", at("qnli")));
    r = records_of(at("qnli"));
    assert_true(r.r[0].n_eval == 5463 && r.r[0].n_train == 0 && r.r[0].steps == 0 && isnan(r.r[0].metrics[0].baseline) && !isnan(r.r[0].metrics[0].value));
    check_submission(&r.r[0], ".QNLI.tsv", 5463, two);
    gr_records_free(&r);
}

static void part_of_the_data(void **state)
{
    char data[GR_PATH_MAX];
    gr_records r;

    (void)state;
    if (!gr_shared_dir()) {
        gr_case_skip("published sets", "absent");
        skip();
    }
    (void)snprintf(data, sizeof data, "%s/data", gr_shared_dir());
    ran(CALL("run", "--suite", "glue", "--model", tiny_model(), "--data", data, "--max-steps", "1", "--sample", "8", "--max-eval-samples", "20", "--no-baseline",
             "--max-length", "16", "--output-dir", at("part")));
    r = records_of(at("part"));
    assert_int_equal(r.n, 9);
    for (size_t i = 0; i < r.n; i++) {
        const bool absent = strcmp(r.r[i].task, "mnli") == 0 || strcmp(r.r[i].task, "qqp") == 0 || strcmp(r.r[i].task, "qnli") == 0;
        if ((r.r[i].status == GR_RUN_NO_DATA) != absent) fail_msg("%s: %s", r.r[i].task, gr_run_status_name(r.r[i].status));
    }
    gr_records_free(&r);
    assert_non_null(strstr(last.out, "\nmnli: no data: MNLI.zip or MNLI with MNLI/train.tsv: not found in "));
    assert_non_null(strstr(last.out, "\nqqp: no data: QQP-clean.zip or QQP with QQP/train.tsv: not found in "));
    assert_non_null(strstr(last.out, "\nqnli: no data: no training rows: "));
    expect(CALL("run", "--suite", "glue", "--model", tiny_model(), "--data", data, "--require-all", "--output-dir", at("all")), 3);
    expect(CALL("run", "ax", "--model", tiny_model(), "--data", at("nowhere"), "--output-dir", at("none")), 3);
}

/* The published WNLI, whole: its labels are numbers in a submission. */
static void wnli(void **state)
{
    char data[GR_PATH_MAX];
    gr_records r;

    (void)state;
    if (!gr_shared_dir()) {
        gr_case_skip("published WNLI", "absent");
        skip();
    }
    (void)snprintf(data, sizeof data, "%s/data", gr_shared_dir());
    ran(CALL("run", "wnli", "--model", tiny_model(), "--data", data, "--epochs", "1", "--predict-test", "--output-dir", at("wnli")));
    r = records_of(at("wnli"));
    assert_true(r.r[0].n_train == 635 && r.r[0].n_eval == 71 && r.r[0].out_of_mean);
    check_submission(&r.r[0], ".WNLI.tsv", 146, numbers);
    gr_records_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_of_each), cmocka_unit_test(order_of_splits), cmocka_unit_test(ragged_rows), cmocka_unit_test(diagnostics),
        cmocka_unit_test(diagnostics_wait), cmocka_unit_test(left_out_aloud), cmocka_unit_test(predict_test), cmocka_unit_test(cut_and_unevaluated),
        cmocka_unit_test(absent_test_rows), cmocka_unit_test(without_training_rows),
        cmocka_unit_test(part_of_the_data), cmocka_unit_test(wnli),
    };
    const int failed = gr_test_main(tests);

    gr_process_free(&last);
    return failed;
}
