/* process_test.c - what a process can suffer from outside: signals in the midst of a suite, readers that go away, standard streams that
 * are closed, limits. What was finished is kept, nothing that is meant for a person lands in a file, the exit code says what happened. */
#include <signal.h>

#include "harness/checkpoint.h"
#include "tests/e2e/program.h"

/* A script with the program as $0 and its words as "$@". */
static int call_script(const char *script, const gr_process_opts *o, const char *const *words)
{
    const char *all[MAX_WORDS] = { "-c", script, GR_PROGRAM };
    int n = 3;

    for (; words[n - 3]; n++) {
        assert_true(n < MAX_WORDS - 1);
        all[n] = words[n - 3];
    }
    all[n] = NULL;
    return call_with("sh", o, all);
}

#define LONG_SUITE(dir) (const char *const[]){ "run", "--train-file", make_csv("suite.csv", 400, true, 50, 3), "--model", tiny_model(), "--seeds", "1,2,3,4,5,6", \
                                               "--epochs", "12", "--learning-rate", "2e-3", "--dropout", "0", "--output-dir", at(dir), "--no-progress", NULL }

typedef struct trap { int signal; bool sent; } trap;

/* The first seed is finished, the others are not. */
static int after_the_first(void *user, const char *err)
{
    trap *t = user;

    if (t->sent || !strstr(err, "seed 1: ")) return 0;
    t->sent = true;
    return t->signal;
}

/* The exit code of interrupted work, and a suite that lists what was finished and what was not. */
static void suite_is_kept(const char *dir, const char *what)
{
    gr_records r = records_of(dir);

    if (r.n < 2 || r.r[0].status != GR_RUN_OK || r.r[r.n - 1].status != GR_RUN_INTERRUPTED) fail_msg("%s: %zu jobs, the last one is '%s'", what, r.n, gr_run_status_name(r.r[r.n - 1].status));
    gr_records_free(&r);
}

static void stopped_from_outside(void **state)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGXCPU };
    static const char *const names[] = { "int", "term", "hup", "xcpu" };

    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        trap t = { signals[i], false };
        const gr_process_opts o = { .poll = after_the_first, .user = &t };
        const int code = call_with(NULL, &o, LONG_SUITE(names[i]));
        if (code != 130) fail_msg("%s: exit %d: %s", names[i], code, last.err);
        suite_is_kept(at(names[i]), names[i]);
    }
}

/* nohup: who ignores the hang-up of a terminal goes on. */
static void hang_up_ignored(void **state)
{
    trap t = { SIGHUP, false };
    const gr_process_opts o = { .poll = after_the_first, .user = &t };

    (void)state;
    expect(call_script("trap '' HUP; exec \"$0\" \"$@\"", &o, LONG_SUITE("nohup")), 0);
    assert_true(t.sent);
}

/* `run ... 2>&1 | head -n 1`: the reader has enough after a line, and the suite is finished all the same. Lists end as others do. */
static void reader_gone(void **state)
{
    gr_records r;

    (void)state;
    (void)call_script("{ \"$0\" \"$@\" 2>&1; echo \"code $?\" >&2; } | head -n 1", NULL, LONG_SUITE("head"));
    assert_non_null(strstr(last.err, "code 4"));
    r = records_of(at("head"));
    assert_int_equal(r.n, 6);
    assert_true(r.r[5].status == GR_RUN_OK);
    gr_records_free(&r);
    (void)call_script("{ sleep 0.3; \"$0\" \"$@\" 2>&1; echo \"code $?\" >&2; } | sleep 0", NULL, LONG_SUITE("nobody")); /* gone before the first line */
    assert_non_null(strstr(last.err, "code 4"));
    (void)call_script("{ \"$0\" \"$@\" 2>&1; echo \"code $?\" >&2; } | sleep 0", NULL, (const char *const[]){ "list", "models", NULL });
    assert_null(strstr(last.err, "code 70"));
}

/* The first file that is opened would be the closed stream, and get its lines: a note on the log's second name stood in the log. */
static void closed_streams(void **state)
{
#define SHORT_RUN(dir) (const char *const[]){ "run", "--train-file", make_csv("short.csv", 60, true, 50, 4), "--model", tiny_model(), "--max-steps", "80", "--learning-rate", "2e-3", "--dropout", "0", "--output-dir", at(dir), \
                                              "--log-steps", "10", "--save-strategy", "steps", "--save-steps", "20", "--verbose", NULL }
    gr_records r;
    char path[GR_PATH_MAX], *text;
    size_t n;
    gr_err err = GR_ERR_INIT;

    (void)state;
    expect(call_with(NULL, NULL, SHORT_RUN("open")), 0);
    r = records_of(at("open"));
    (void)snprintf(path, sizeof path, "%s/checkpoints/%.*s/log.jsonl/in-the-way", at("shut"), (int)strcspn(gr_fs_basename(r.r[0].path), "."), gr_fs_basename(r.r[0].path));
    gr_records_free(&r);
    assert_ok(gr_fs_mkdirs(path, &err), &err);
    expect(call_script("exec \"$0\" \"$@\" 2>&-", NULL, SHORT_RUN("shut")), 0);
    assert_same_run(at("open"), at("shut"));
    r = records_of(at("shut"));
    text = beside(&r.r[0], ".log.jsonl", &n);
    if (strstr(text, "second name")) fail_msg("what was meant for stderr is in the log:\n%s", text);
    free(text);
    gr_records_free(&r);
    expect(call_script("exec \"$0\" \"$@\" >&-", NULL, (const char *const[]){ "list", NULL }), 4);
    assert_non_null(strstr(last.err, "standard output"));
    expect(call_script("exec \"$0\" \"$@\" <&-", NULL, (const char *const[]){ "tokenize", "--model", tiny_model(), NULL }), 3);
    assert_non_null(strstr(last.err, "standard input"));
#undef SHORT_RUN
}

/* ulimit -f in 512-byte blocks: a line and a code, not the end by a signal. */
static void file_limit(void **state)
{
    (void)state;
    expect(call_script("ulimit -f 6; exec \"$0\" \"$@\"", NULL, (const char *const[]){ "run", "--train-file", make_csv("lim.csv", 60, true, 50, 5), "--model", tiny_model(), "--max-steps", "6",
                                                                              "--output-dir", at("limit"), NULL }), 4);
    assert_non_null(strstr(last.err, "File too large"));
}

typedef struct broom { const char *dir; bool used; } broom;

static int sweep(void *user, const char *err)
{
    broom *b = user;

    if (b->used || !strstr(err, "seed 1: ")) return 0;
    b->used = true;
    assert_int_equal(rename(b->dir, at("swept-away")), 0);
    return 0;
}

/* Somebody moves the output away while the suite runs: what comes after is kept. */
static void folder_removed(void **state)
{
    broom b = { at("swept"), false };
    const gr_process_opts o = { .poll = sweep, .user = &b };
    gr_fs_list l = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_records r;
    char path[GR_PATH_MAX];

    (void)state;
    expect(call_with(NULL, &o, LONG_SUITE("swept")), 0);
    assert_true(b.used);
    assert_ok(gr_fs_list_dir(&l, at("swept"), &err), &err);
    assert_int_equal(l.n, 1);
    assert_true(gr_fs_join(path, sizeof path, at("swept"), l.names[0]));
    gr_fs_list_free(&l);
    assert_ok(gr_fs_list_dir(&l, path, &err), &err);
    for (size_t i = 0; i < l.n; i++)
        if (strncmp(l.names[i], "suite-tiny-6-", 13) == 0 && strstr(l.names[i], ".json") && !strstr(l.names[i], "jsonl")) {
            char last_one[GR_PATH_MAX];
            assert_true(gr_fs_join(last_one, sizeof last_one, path, l.names[i]));
            r = records_of(last_one);
            assert_true(r.n == 1 && r.r[0].status == GR_RUN_OK && r.r[0].seed == 6);
            gr_records_free(&r);
            b.used = false;
        }
    assert_false(b.used); /* it was there */
    gr_fs_list_free(&l);
}

/* Two processes with one command: the second removed the first one's checkpoints, which failed for it. Here the test has them. */
static void same_run_twice(void **state)
{
#define SAVING(dir) (const char *const[]){ "run", "--train-file", make_csv("two.csv", 60, true, 50, 6), "--model", tiny_model(), "--max-steps", "80", "--learning-rate", "2e-3", \
                                           "--dropout", "0", "--save-strategy", "steps", "--save-steps", "20", "--output-dir", at(dir), NULL }
    char dir[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_records r;
    int held;
    gr_err err = GR_ERR_INIT;

    (void)state;
    expect(call_with(NULL, NULL, SAVING("alone")), 0);
    r = records_of(at("alone"));
    (void)snprintf(dir, sizeof dir, "%s/checkpoints/%.*s", at("beside"), (int)strcspn(gr_fs_basename(r.r[0].path), "."), gr_fs_basename(r.r[0].path));
    gr_records_free(&r);
    assert_ok(gr_checkpoint_hold(&held, dir, &err), &err);
    assert_true(held >= 0 && gr_fs_join(path, sizeof path, dir, "step-20.safetensors"));
    assert_ok(gr_fs_write(path, "of the other", 12, &err), &err);
    expect(call_with(NULL, NULL, SAVING("beside")), 0);
    assert_non_null(strstr(last.err, "another process trains this very run"));
    assert_same_run(at("alone"), at("beside"));
    assert_int_equal(gr_fs_size(path), 12);
    gr_checkpoint_release(held, dir);
    expect(call_with(NULL, NULL, SAVING("beside")), 0); /* as a kill between the record and the end leaves it */
    assert_non_null(strstr(last.err, "finished before"));
    assert_false(gr_fs_is_dir(at("beside/checkpoints")));
    expect(call_script("\"$0\" \"$@\" 2>&1 & \"$0\" \"$@\" 2>&1 && wait $!", NULL, SAVING("both")), 0);
    assert_false(gr_fs_is_dir(at("both/checkpoints")));
    assert_same_run(at("alone"), at("both"));
#undef SAVING
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_from_outside), cmocka_unit_test(hang_up_ignored), cmocka_unit_test(reader_gone),
        cmocka_unit_test(closed_streams),       cmocka_unit_test(file_limit),          cmocka_unit_test(same_run_twice),      cmocka_unit_test(folder_removed),
    };
    const int code = gr_test_main(tests);

    gr_process_free(&last);
    return code;
}
