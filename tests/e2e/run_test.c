/* run_test.c - `glue-run run` as a process: it learns what can be learned and nothing else, repeats its bits, survives being killed, keeps
 * what was finished. Models are tiny and seeded, data made up; nothing here takes longer than seconds. */
#include <signal.h>
#include <unistd.h>

#include "tests/e2e/program.h"

/* ---- learning ---- */

/* 16 rows whose labels are drawn by lot can only be learned by heart. */
static void overfits(void **state)
{
    const char *rows = make_csv("sixteen.csv", 16, false, 50, 3);
    gr_records r;

    (void)state;
    GOOD("run", "--train-file", rows, "--validation-file", rows, "--model", tiny_model(), "--epochs", "60", "--learning-rate", "3e-3", "--dropout", "0",
         "--output-dir", at("overfit"), "--eval-strategy", "no", "--recipe", put("none.json", "{}"));
    r = records_of(at("overfit"));
    assert_true(r.n == 1 && r.r[0].status == GR_RUN_OK);
    assert_near(value_of(&r.r[0], "accuracy"), 1, 0, "accuracy on the 16 rows");
    assert_true(r.r[0].steps == 120 && r.r[0].n_train == 16 && r.r[0].n_eval == 16);
    gr_records_free(&r);
}

/* A text that tells its label is learned to a level that labels drawn by lot never reach: what is measured is not leaked. The limits
 * are four standard deviations of a coin: 0.5 +- 4 sqrt(0.25 / 300). */
static void learns_what_is_there(void **state)
{
    const char *train = make_csv("told.csv", 300, true, 50, 1), *check = make_csv("told_check.csv", 300, true, 50, 2);
    const char *lot = make_csv("lot.csv", 300, false, 50, 4), *lot_check = make_csv("lot_check.csv", 300, false, 50, 5);
    gr_records r;

    (void)state;
    GOOD("run", "--train-file", train, "--validation-file", check, "--model", tiny_model(), "--epochs", "3", "--learning-rate", "2e-3", "--output-dir", at("told"));
    r = records_of(at("told"));
    assert_true(value_of(&r.r[0], "accuracy") > 0.95);
    assert_true(r.r[0].n_history == 3);
    gr_records_free(&r);
    GOOD("run", "--train-file", lot, "--validation-file", lot_check, "--model", tiny_model(), "--epochs", "12", "--learning-rate", "2e-3", "--output-dir", at("lot"), "--eval-splits", "validation,train");
    r = records_of(at("lot"));
    assert_true(r.r[0].metrics[0].value < 0.62 && strcmp(r.r[0].metrics[0].split, "validation") == 0);
    assert_near(value_of(&r.r[0], "accuracy"), 0.5, 0.1155, "accuracy where nothing can be known");
    gr_records_free(&r);
}

static void collapsed_is_marked(void **state)
{
    const char *rows = make_csv("lopsided.csv", 64, false, 20, 6);
    gr_records r;

    (void)state;
    expect(CALL("run", "--train-file", rows, "--validation-file", rows, "--model", tiny_model(), "--max-steps", "20", "--learning-rate", "1e-2", "--output-dir",
                at("collapsed")), 1);
    r = records_of(at("collapsed"));
    assert_true(r.r[0].status == GR_RUN_COLLAPSED);
    assert_non_null(strstr(last.out, "collapsed"));
    assert_non_null(strstr(last.out, "every prediction is the same class, 'neg'"));
    gr_records_free(&r);
}

static double first_value(const gr_record *r)
{
    char path[GR_PATH_MAX + 40], *text = NULL;
    gr_json *row = NULL;
    gr_err err = GR_ERR_INIT;
    double x;
    size_t n;

    (void)snprintf(path, sizeof path, "%.*s.predictions.jsonl", (int)(strlen(r->path) - 5), r->path);
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    assert_ok(gr_json_parse(&row, text, strcspn(text, "\n"), &err), &err);
    x = gr_json_num(gr_json_get(row, "prediction"), NAN);
    gr_json_free(row);
    free(text);
    return x;
}

/* One text in every row: nothing but one value can come out, whatever is learned. */
static void collapsed_value(void **state)
{
    const char *rows = put("one_text.csv", "text,score\nthe day,1.5\nthe day,2.5\nthe day,1.5\nthe day,2.5\n");
    gr_records r;

    (void)state;
    expect(CALL("run", "--train-file", rows, "--validation-file", rows, "--model", tiny_model(), "--max-steps", "1", "--learning-rate", "0", "--output-dir", at("one-value")), 1);
    r = records_of(at("one-value"));
    assert_true(r.r[0].status == GR_RUN_COLLAPSED);
    assert_memory_equal(r.r[0].message, "every prediction is the same value, ", 36);
    assert_non_null(strstr(last.out, r.r[0].message));
    assert_near(strtod(r.r[0].message + 36, NULL), first_value(&r.r[0]), 5e-4, "the value, to four digits"); /* of about 1 */
    gr_records_free(&r);
}

/* ---- the same bits ---- */

static void repeats(void **state)
{
    const char *train = make_csv("bits.csv", 60, true, 50, 7), *check = make_csv("bits_check.csv", 40, true, 50, 8);

    (void)state;
#define SAME_RUN(dir, ...) \
    GOOD("run", "--train-file", train, "--validation-file", check, "--model", tiny_model(), "--epochs", "2", "--learning-rate", "1e-3", "--log-steps", "1", \
         "--output-dir", at(dir), __VA_ARGS__)
    SAME_RUN("bits1", "--threads", "1");
    SAME_RUN("bits2", "--threads", "2");
    SAME_RUN("bits3", "--threads", "2", "--quiet", "--eval-steps", "500");
    assert_same_run(at("bits1"), at("bits2"));
    assert_same_run(at("bits2"), at("bits3"));
#undef SAME_RUN
}

static size_t losses_of(double *out, size_t cap, const char *dir)
{
    gr_records r = records_of(dir);
    size_t n, k = 0;
    char *text = beside(&r.r[0], ".log.jsonl", &n);
    gr_sv rest = { text, n };
    gr_err err = GR_ERR_INIT;

    while (rest.n) {
        const gr_sv line = gr_sv_split(&rest, '\n');
        gr_json *j = NULL;
        if (!line.n) continue;
        assert_ok(gr_json_parse(&j, line.p, line.n, &err), &err);
        if (gr_json_get(j, "loss") && k < cap) out[k++] = gr_json_num(gr_json_get(j, "loss"), NAN);
        gr_json_free(j);
    }
    free(text);
    gr_records_free(&r);
    return k;
}

/* Eight rows at once, two times four, four times two: the same losses to rounding, dropout on, a short last batch. */
static void accumulation_is_the_big_batch(void **state)
{
    static const char *const sizes[] = { "8", "4", "2" }, *const times[] = { "1", "2", "4" }, *const dirs[] = { "acc1", "acc2", "acc4" };
    const char *train = make_csv("acc.csv", 30, true, 50, 9);
    double loss[3][32];

    (void)state;
    for (int i = 0; i < 3; i++) {
        GOOD("run", "--train-file", train, "--validation-file", train, "--model", tiny_model(), "--epochs", "2", "--learning-rate", "1e-3", "--log-steps", "1",
             "--output-dir", at(dirs[i]), "--batch-size", sizes[i], "--grad-accum", times[i], "--no-baseline");
        assert_int_equal(losses_of(loss[i], 32, at(dirs[i])), 8);
        for (int k = 0; k < 8; k++) assert_near(loss[i][k], loss[0][k], 2e-5 * fabs(loss[0][k]), "loss of step %d with %s rows at once", k + 1, sizes[i]);
    }
}

/* ---- killed, interrupted, done again ---- */

typedef struct trap { const char *dir; int64_t step; int signal; } trap;

/* The newest checkpoint below <dir>/checkpoints, -1 when there is none. */
static int64_t newest(const char *dir)
{
    char path[GR_PATH_MAX], run[GR_PATH_MAX];
    gr_fs_list l = { 0 }, files = { 0 };
    int64_t step = -1;

    if (!gr_fs_join(path, sizeof path, dir, "checkpoints") || gr_fs_list_dir(&l, path, NULL) != GR_OK) return -1;
    if (l.n && gr_fs_join(run, sizeof run, path, l.names[0]) && gr_fs_list_dir(&files, run, NULL) == GR_OK)
        for (size_t i = 0; i < files.n; i++) {
            const long v = strncmp(files.names[i], "step-", 5) == 0 && !strstr(files.names[i], ".tmp") ? strtol(files.names[i] + 5, NULL, 10) : -1;
            if (v > step) step = v;
        }
    gr_fs_list_free(&files);
    gr_fs_list_free(&l);
    return step;
}

static int spring(void *user, const char *err)
{
    const trap *t = user;

    (void)err;
    return newest(t->dir) >= t->step ? t->signal : 0;
}

/* A run that was killed and went on has one log, from its first step to its last. */
static void assert_same_log(const char *dir_a, const char *dir_b)
{
    gr_records a = records_of(dir_a), b = records_of(dir_b);
    size_t n, m;
    char *x = beside(&a.r[0], ".log.jsonl", &n), *y = beside(&b.r[0], ".log.jsonl", &m);

    assert_true(n > 0);
    assert_string_equal(x, y);
    free(x);
    free(y);
    gr_records_free(&a);
    gr_records_free(&b);
}

/* A run's only event file without its times and what was computed from them (results/tensorboard.c says what a record is); free() it. */
static char *events_of(const char *dir, size_t *n)
{
    gr_records r = records_of(dir);
    char board[GR_PATH_MAX], path[GR_PATH_MAX], *bytes = NULL;
    const char *stem = gr_fs_basename(r.r[0].path), *end = strrchr(r.r[0].path, '/');
    gr_fs_list l = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)snprintf(board, sizeof board, "%.*s/tensorboard/%.*s", (int)(end - r.r[0].path), r.r[0].path, (int)(strlen(stem) - strlen(".json")), stem);
    assert_ok(gr_fs_list_dir(&l, board, &err), &err);
    assert_int_equal(l.n, 1);
    assert_true(gr_fs_join(path, sizeof path, board, l.names[0]));
    assert_ok(gr_fs_read(&bytes, n, path, 0, &err), &err);
    for (size_t at = 0, length = 0; at < *n; at += 12 + length + 4) {
        assert_true(at + sizeof length <= *n);
        memcpy(&length, bytes + at, sizeof length);
        assert_true(length >= 9 && at + 12 + length + 4 <= *n && bytes[at + 12] == 0x09);
        memset(bytes + at + 13, 0, 8);
        memset(bytes + at + 12 + length, 0, 4);
    }
    gr_fs_list_free(&l);
    gr_records_free(&r);
    return bytes;
}

static void assert_same_events(const char *dir_a, const char *dir_b)
{
    size_t n, m;
    char *a = events_of(dir_a, &n), *b = events_of(dir_b, &m);

    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    assert_true(n > 1000);
    free(a);
    free(b);
}

static void killed_and_resumed(void **state)
{
    static const int64_t kill_at[] = { 4, 10, 24 };
    const char *train = make_csv("kill.csv", 80, true, 50, 10), *check = make_csv("kill_check.csv", 40, true, 50, 11);
    const char *const words[] = { "run", "--train-file", train, "--validation-file", check, "--model", tiny_model(), "--epochs", "5", "--learning-rate", "1e-3",
                                  "--save-strategy", "steps", "--save-steps", "2", "--load-best", "--early-stopping", "5", "--log-steps", "3", "--report-to", "tensorboard", "--output-dir", at("killed"), NULL };
    size_t killed = 0;

    (void)state;
    GOOD("run", "--train-file", train, "--validation-file", check, "--model", tiny_model(), "--epochs", "5", "--learning-rate", "1e-3", "--load-best",
         "--early-stopping", "5", "--log-steps", "3", "--report_to", "tensorboard", "--output-dir", at("whole"));
    for (size_t i = 0; i < sizeof kill_at / sizeof *kill_at; i++) {
        trap t = { at("killed"), kill_at[i], SIGKILL };
        const gr_process_opts o = { .poll = spring, .user = &t };
        const int code = call_with(NULL, &o, words);
        if (code == 0) break; /* too quick for the trap: nothing is left to kill */
        expect(code, 128 + SIGKILL);
        killed++;
    }
    assert_true(killed > 0);
    expect(call_with(NULL, NULL, words), 0);
    assert_non_null(strstr(last.err, "resumed at step"));
    assert_same_run(at("whole"), at("killed"));
    assert_same_log(at("whole"), at("killed"));
    assert_same_events(at("whole"), at("killed"));
    assert_false(gr_fs_is_dir(at("killed/checkpoints"))); /* finished: they are gone */
}

/* A finished run whose event file is asked for afterwards: it is made of the log. */
/* A finished run gets its event file beside its record, once, however often it is asked for. */
static void events_afterwards(void **state)
{
    const char *train = make_csv("late.csv", 80, true, 50, 10), *check = make_csv("late_check.csv", 40, true, 50, 11);
    gr_fs_list l = { 0 };
    gr_err err = GR_ERR_INIT;
    size_t boards = 0, n;

    (void)state;
#define LATE(...) GOOD("run", "--train-file", train, "--validation-file", check, "--model", tiny_model(), "--epochs", "5", "--learning-rate", "1e-3", "--log-steps", "3", "--output-dir", at("late"), __VA_ARGS__)
    LATE("--no-progress");
    for (int i = 0; i < 2; i++) {
        LATE("--no-progress", "--report-to", "tensorboard");
        assert_non_null(strstr(last.err, "finished before"));
    }
#undef LATE
    assert_ok(gr_fs_list_dir(&l, at("late"), &err), &err);
    assert_int_equal(l.n, 3);
    for (size_t i = 0; i < l.n; i++) {
        char board[GR_PATH_MAX];
        (void)snprintf(board, sizeof board, "%s/%s/tensorboard", at("late"), l.names[i]);
        boards += gr_fs_is_dir(board);
    }
    gr_fs_list_free(&l);
    assert_int_equal(boards, 1);
    free(events_of(at("late"), &n)); /* the one, beside the record */
}

static int after_first(void *user, const char *err)
{
    int *sent = user;

    if (*sent || !strstr(err, "seed 42:")) return 0;
    *sent = 1;
    return SIGINT;
}

static void interrupted(void **state)
{
    const char *train = make_csv("int.csv", 200, true, 50, 12);
    int sent = 0;
    const gr_process_opts o = { .poll = after_first, .user = &sent };
    gr_records r;

    (void)state;
    expect(call_with(NULL, &o, (const char *const[]){ "run", "--train-file", train, "--validation-file", train, "--model", tiny_model(), "--epochs", "4",
                                                      "--seeds", "40", "--learning-rate", "1e-3", "--output-dir", at("int"), NULL }), 130);
    assert_int_equal(sent, 1);
    r = records_of(at("int"));
    assert_true(r.n >= 1 && r.n < 40 && r.r[0].status == GR_RUN_OK && r.r[0].seed == 42);
    if (r.r[r.n - 1].status == GR_RUN_INTERRUPTED) assert_non_null(strstr(r.r[r.n - 1].message, "stopped"));
    gr_records_free(&r);
    assert_null(strstr(last.err, "interrupted: interrupted"));
}

static void reused_and_forced(void **state)
{
    const char *train = make_csv("again.csv", 40, true, 50, 13);
    gr_records r;

    (void)state;
#define AGAIN(...) GOOD("run", "--train-file", train, "--validation-file", train, "--model", tiny_model(), "--epochs", "8", "--learning-rate", "2e-3", \
                        "--output-dir", at("again"), __VA_ARGS__)
    AGAIN("--seed", "42");
    AGAIN("--threads", "1");
    assert_non_null(strstr(last.err, "finished before"));
    assert_non_null(strstr(last.out, "accuracy"));
    r = records_of(at("again"));
    assert_int_equal(r.n, 1);
    gr_records_free(&r);
    AGAIN("--force");
    assert_null(strstr(last.err, "finished before"));
    r = records_of(at("again"));
    assert_int_equal(r.n, 2);
    gr_records_free(&r);
    AGAIN("--learning-rate", "3e-3"); /* another recipe is another run */
    assert_null(strstr(last.err, "finished before"));
    AGAIN("--eval-splits", "validation,train");
    r = records_of(at("again"));
    assert_int_equal(r.n, 4);
    for (size_t i = 0; i < r.n; i++)
        if (r.r[i].n_splits == 3) assert_string_equal(r.r[i].splits[2].name, "train");
    gr_records_free(&r);
#undef AGAIN
}

/* ---- --all on an installation of its own ---- */

#define SHORT "--max-steps", "4", "--sample", "40"

static void all_of_the_demo(void **state)
{
    gr_json *j = NULL;
    gr_records r;
    size_t n_tasks;
    gr_err err = GR_ERR_INIT;
    const int code = call_with(installed(), NULL, (const char *const[]){ "--all", SHORT, "--json", "--output-dir", at("all"), NULL });

    (void)state;
    assert_true(code == 0 || code == 1); /* four steps may leave a task collapsed, never failed */
    assert_ok(gr_json_parse(&j, last.out, last.n_out, &err), &err);
    r = records_of(at("all"));
    n_tasks = r.n;
    assert_true(n_tasks >= 6 && gr_json_len(j) == n_tasks);
    for (size_t i = 0; i < r.n; i++) {
        if (r.r[i].status != GR_RUN_OK && r.r[i].status != GR_RUN_COLLAPSED) fail_msg("%s: %s", r.r[i].task, r.r[i].message);
        assert_string_equal(r.r[i].data, "demo");
        assert_int_equal(r.r[i].n_train, 40);
        assert_string_equal(gr_json_str(gr_json_get(gr_json_at(j, i), "task"), ""), r.r[i].task);
    }
    gr_json_free(j);
    gr_records_free(&r);
}

/* One damaged archive: its task fails and says why, the others run. */
static void one_broken_set(void **state)
{
    const char *archive = at("broken/data/demo/aclImdb_v1.tar.gz");
    char *bytes = NULL;
    size_t n, failed = 0;
    gr_records r;
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)installed();
    shell("cp", at("inst"), at("broken"));
    assert_ok(gr_fs_read(&bytes, &n, archive, 0, &err), &err);
    assert_ok(gr_fs_write(archive, bytes, n / 2, &err), &err);
    free(bytes);
    expect(call_with(at("broken/bin/glue-run"), NULL, (const char *const[]){ "--all", SHORT, "--output-dir", at("broken-runs"), NULL }), 1);
    r = records_of(at("broken-runs"));
    assert_true(r.n >= 6);
    for (size_t i = 0; i < r.n; i++) {
        if (r.r[i].status != GR_RUN_FAILED) continue;
        failed++;
        assert_string_equal(r.r[i].task, "imdb");
        assert_non_null(strstr(r.r[i].message, "aclImdb_v1.tar.gz"));
        assert_non_null(strstr(last.out, r.r[i].message)); /* below the table */
    }
    assert_int_equal(failed, 1);
    gr_records_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overfits), cmocka_unit_test(learns_what_is_there), cmocka_unit_test(collapsed_is_marked), cmocka_unit_test(collapsed_value), cmocka_unit_test(repeats),
        cmocka_unit_test(accumulation_is_the_big_batch), cmocka_unit_test(killed_and_resumed), cmocka_unit_test(events_afterwards), cmocka_unit_test(interrupted),
        cmocka_unit_test(reused_and_forced), cmocka_unit_test(all_of_the_demo), cmocka_unit_test(one_broken_set),
    };
    const int code = gr_test_main(tests);

    gr_process_free(&last);
    return code;
}
