/* suite_test.c - which jobs a command has, what becomes of those that fail, what is written; and what a content key is made of. */
#include "harness/suite.h"
#include "tests/unit/harness/stage.h"

static const char demo_data[] = GR_SOURCE_DIR "/data/demo";

typedef struct play { stage s; gr_suite_run suite; } play;

static play *open_play(const char *data, const char *kind, const char *const *words)
{
    static size_t turn;
    play *p = calloc(1, sizeof *p);
    char out[GR_PATH_MAX], name[40];

    assert_non_null(p);
    stage_open(&p->s, words);
    gr_log_set_level(GR_LOG_QUIET);
    (void)snprintf(name, sizeof name, "out-%zu", turn++);
    assert_true(gr_fs_join(out, sizeof out, gr_test_tmpdir(), name));
    p->s.o.output_dir = strdup(out);
    p->suite.room = (gr_workroom){ .o = &p->s.o, .origins = p->s.origins, .pool = p->s.pool, .tok = p->s.tok, .data_kind = kind,
                                   .progress = GR_PROGRESS_OFF };
    (void)snprintf(p->suite.id, sizeof p->suite.id, "20260101T000000-0000");
    (void)snprintf(p->suite.room.model_dir, sizeof p->suite.room.model_dir, "%s", p->s.dir);
    (void)snprintf(p->suite.room.data_dir, sizeof p->suite.room.data_dir, "%s", data);
    (void)snprintf(p->suite.room.suite_dir, sizeof p->suite.room.suite_dir, "%.4000s/%s", out, p->suite.id);
    return p;
}
#define PLAY(data, kind, ...) open_play((data), (kind), (const char *const[]){ __VA_ARGS__, NULL })

static void close_play(play *p)
{
    gr_suite_close(&p->suite);
    free((char *)p->s.o.output_dir);
    stage_close(&p->s);
    free(p);
}

static const char *empty_dir(void)
{
    static char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "empty"));
    assert_ok(gr_fs_mkdirs(path, &err), &err);
    return path;
}

/* ---- plan ---- */

static void plan(const char *data, const char *kind, const char *const *words, const char *const *names, gr_status want, const char *part, int n_tasks)
{
    play *p = open_play(data, kind, words);
    int n = 0;
    gr_err err = GR_ERR_INIT;

    while (names[n]) n++;
    assert_status(gr_suite_plan(&p->suite, names, n, &err), want, &err, part);
    if (want == GR_OK) assert_int_equal(p->suite.n_tasks, n_tasks);
    close_play(p);
}
#define PLAN(data, kind, words, want, part, n_tasks, ...) \
    plan((data), (kind), (const char *const[]){ words, NULL }, (const char *const[]){ __VA_ARGS__, NULL }, (want), (part), (n_tasks))

static void plans(void **state)
{
    (void)state;
    PLAN(demo_data, "demo", "x", GR_OK, NULL, 2, "mrpc", "sst2", "mrpc"); /* named twice is named once */
    PLAN(demo_data, "demo", "x", GR_E_ARG, "did you mean 'mrpc'", 0, "mrcp");
    PLAN(demo_data, "demo", "x", GR_E_ARG, "list tasks", 0, "something_else");
    PLAN(demo_data, "demo", "x", GR_E_NOTFOUND, "rte: ", 0, "rte");
    PLAN(demo_data, "demo", "--suite=glue", GR_OK, NULL, 3, "sst2"); /* mrpc, sst2, stsb: the demo covers part of the tasks */
    PLAN(demo_data, "demo", "--suite=gleu", GR_E_ARG, "gleu", 0, "sst2");
    PLAN(empty_dir(), "published", "--all", GR_E_NOTFOUND, "no task", 0, NULL);
    PLAN(demo_data, "published", "--require-all", GR_E_NOTFOUND, "rte: ", 0, "mrpc", "rte");
}

/* The whole registry fits into one run, and one task too many is told before it is written anywhere. */
static void too_many_tasks(void **state)
{
    static const gr_task other = { .name = "other" };
    play *p = PLAY(demo_data, "demo", "x");
    const char *const names[] = { "mrpc" };
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_null(gr_task_at(GR_MAX_TASKS));
    for (p->suite.n_tasks = 0; p->suite.n_tasks < GR_MAX_TASKS; p->suite.n_tasks++) p->suite.tasks[p->suite.n_tasks] = &other;
    assert_status(gr_suite_plan(&p->suite, names, 1, &err), GR_E_ARG, &err, "mrpc: a run has 128 tasks at most: run the others by themselves");
    assert_int_equal(p->suite.n_tasks, GR_MAX_TASKS);
    p->suite.n_tasks = 0;
    close_play(p);
}

/* ---- execute ---- */

static void failing_job(void **state)
{
    play *p = PLAY(empty_dir(), "published", "--max-steps", "2", "--sample", "16", "--max-eval-samples", "10");
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    static const char *const files[] = { "suite.json", "comparison.md", "comparison.csv", "leaderboard.csv", "report.html" };

    (void)state;
    /* sst2's files vanish between plan and run; mrpc is there; wnli-like tasks without data stand as such */
    p->suite.tasks[0] = gr_task_find("sst2");
    p->suite.tasks[1] = gr_task_find("rte");
    p->suite.has_data[0] = true;
    p->suite.n_tasks = 2;
    p->suite.seeds[0] = 1;
    p->suite.seeds[1] = 2;
    p->suite.n_seeds = 2;
    assert_ok(gr_suite_execute(&p->suite, 0, NULL, &err), &err);
    assert_true(p->suite.records.n == 3 && p->suite.n_failed == 2 && !p->suite.interrupted);
    assert_true(p->suite.records.r[0].status == GR_RUN_FAILED && p->suite.records.r[1].status == GR_RUN_FAILED);
    assert_true(p->suite.records.r[2].status == GR_RUN_NO_DATA);
    assert_string_equal(p->suite.records.r[0].model, "tiny");
    assert_true(strncmp(p->suite.records.r[0].message, "sst2: ", 6) != 0 && strstr(p->suite.records.r[0].message, "SST-2"));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_true(gr_fs_join(path, sizeof path, p->suite.room.suite_dir, files[i]));
        assert_true(gr_fs_is_file(path));
    }
    assert_true(gr_fs_is_file(p->suite.records.r[0].path)); /* a failed run has its record */
    close_play(p);
}

/* One task of the demo, a few steps; the second time it is found again, the third it is forced. */
static void found_again(void **state)
{
    play *p = PLAY(demo_data, "demo", "--max-steps", "2", "--sample", "16", "--max-eval-samples", "20");
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_suite_plan(&p->suite, (const char *const[]){ "sst2" }, 1, &err), &err);
    for (int i = 0; i < 3; i++) {
        (void)snprintf(p->suite.room.suite_dir, sizeof p->suite.room.suite_dir, "%.4000s/20260101T00000%d-0000", p->s.o.output_dir, i);
        p->s.o.force = i == 2;
        assert_ok(gr_suite_execute(&p->suite, 0, NULL, &err), &err);
    }
    assert_int_equal(p->suite.records.n, 3);
    assert_string_equal(p->suite.records.r[0].path, p->suite.records.r[1].path);
    assert_string_not_equal(p->suite.records.r[0].path, p->suite.records.r[2].path);
    assert_string_equal(p->suite.records.r[0].key, p->suite.records.r[2].key);
    assert_true(p->suite.records.r[0].metrics[0].value == p->suite.records.r[2].metrics[0].value);
    close_play(p);
}

/* ---- the content key ---- */

static void key_with(char out[17], const char *const *words)
{
    play *p = open_play(demo_data, "demo", words);
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_suite_plan(&p->suite, (const char *const[]){ "sst2" }, 1, &err), &err);
    assert_ok(gr_suite_execute(&p->suite, 0, NULL, &err), &err);
    (void)snprintf(out, 17, "%s", p->suite.records.r[0].key);
    assert_int_equal(strlen(out), 16);
    close_play(p);
}
#define KEY(out, ...) key_with((out), (const char *const[]){ "--sample", "12", "--max-eval-samples", "20", __VA_ARGS__, NULL })

static void content_key(void **state)
{
    /* what changes a number changes the key */
    static const char *const other[][2] = {
        { "--max-steps", "2" }, { "--learning-rate", "1e-4" }, { "--batch-size", "4" }, { "--seed", "7" }, { "--dropout", "0.2" }, { "--scheduler", "cosine" },
        { "--weight-decay", "0.1" }, { "--max-length", "32" }, { "--order", "torch" }, { "--freeze", "embeddings" }, { "--eval-batch-size", "4" },
        { "--grad-accum", "2" }, { "--label-smoothing", "0.1" }, { "--eval-strategy", "no" }, { "--baseline", "false" }, { "--warmup-ratio", "0.5" },
        { "--adam-beta2", "0.99" }, { "--max-grad-norm", "0" }, { "--deterministic", "true" }, { "--device", "ref" },
    };
    /* what does not, does not */
    static const char *const same[][2] = {
        { "--threads", "1" }, { "--log-steps", "1" }, { "--save-strategy", "epoch" }, { "--no-progress", "true" }, { "--quiet", "true" }, { "--save-steps", "3" },
        { "--learning-rate", "5e-5" }, { "--seeds", "1" }, { "--save-model", "true" }, { "--json", "true" },
    };
    char base[17], k[17], seen[32][17];
    size_t n = 0;

    (void)state;
    KEY(base, "--epochs", "1");
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        KEY(k, "--epochs", "1", other[i][0], other[i][1]);
        if (strcmp(k, base) == 0) fail_msg("%s %s does not count in the key", other[i][0], other[i][1]);
        for (size_t j = 0; j < n; j++) assert_string_not_equal(k, seen[j]);
        memcpy(seen[n++], k, sizeof k);
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        KEY(k, "--epochs", "1", same[i][0], same[i][1]);
        if (strcmp(k, base) != 0) fail_msg("%s %s counts in the key", same[i][0], same[i][1]);
    }
}

/* The same rows under other class names: numbers of classes are the same, what is predicted is not. */
static void label_names_count(void **state)
{
    static const char *const texts[] = { "text,label\na day,cold\na house,warm\n", "text,label\na day,x\na house,y\n" };
    char key[2][17];
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int i = 0; i < 2; i++) {
        play *p = PLAY("", "custom", "--max-steps", "1");
        const char *rows = stage_file("named.csv", texts[i]);
        stage_task(&p->s, rows, rows);
        p->suite.tasks[p->suite.n_tasks++] = p->s.task;
        p->suite.has_data[0] = true;
        p->suite.seeds[p->suite.n_seeds++] = 1;
        assert_ok(gr_suite_execute(&p->suite, 0, NULL, &err), &err);
        (void)snprintf(key[i], sizeof key[i], "%s", p->suite.records.r[0].key);
        assert_true(key[i][0] != 0);
        close_play(p);
    }
    assert_string_not_equal(key[0], key[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(plans), cmocka_unit_test(too_many_tasks), cmocka_unit_test(failing_job), cmocka_unit_test(found_again), cmocka_unit_test(content_key),
                                        cmocka_unit_test(label_names_count) };
    return gr_test_main(tests);
}
