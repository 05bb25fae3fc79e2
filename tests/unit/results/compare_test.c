/* compare_test.c - verdicts from made-up suites whose every example is known, and the exit code that a gate makes of them. */
#include "results/compare.h"

#include "base/log.h"
#include "tests/unit/results/made.h"

enum { N = 100 };

/* A class task of N rows whose truth is yes; the first `right` of them are predicted yes. */
static void write_classes(const char *dir, const gr_record *r, size_t right, int64_t first_id)
{
    gr_buf b = { 0 };
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    for (size_t i = 0; i < N; i++)
        gr_buf_addf(&b, "{\"id\":%lld,\"label\":\"yes\",\"prediction\":\"%s\",\"scores\":[0.5,0.5]}\n", (long long)(first_id + (int64_t)i),
                    i < right ? "yes" : "no");
    assert_true(gr_fs_join(path, sizeof path, dir, r->predictions));
    assert_ok(gr_fs_write(path, b.p, b.n, &err), &err);
    gr_buf_free(&b);
}

static const char *made_of = "m"; /* the model of add_run's runs */
static const char *made_on = "";  /* the digest of their validation rows */

/* Add a run to the folder; right < 0: no predictions file. */
static void add_run(const char *name, const char *task, uint64_t seed, int right, int64_t first_id, gr_run_status status)
{
    gr_records list = { 0 };
    gr_record *r = made_accuracy(&list, task, made_of, seed, 0, right >= 0 ? right / (double)N : -right / (double)N);
    char path[GR_PATH_MAX], file[100];
    const char *dir = made_path(name);
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    if (status != GR_RUN_OK) made_failed(r, status, "made to fail");
    MADE_COPY(r->splits[1].sha256, made_on);
    (void)snprintf(file, sizeof file, "%.40s-%s-%llu-%.8s.json", task, made_of, (unsigned long long)seed, r->key);
    (void)snprintf(r->predictions, sizeof r->predictions, "%.40s-%llu.predictions.jsonl", task, (unsigned long long)seed);
    if (right >= 0) write_classes(dir, r, (size_t)right, first_id);
    assert_true(gr_fs_join(path, sizeof path, dir, file));
    assert_ok(gr_record_write(r, path, &err), &err);
    gr_records_free(&list);
}

static gr_comparisons compare(const char *base, const char *next)
{
    gr_comparisons c;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_compare(&c, made_path(base), made_path(next), &err), &err);
    return c;
}

static void verdict(const char *base, const char *next, gr_verdict want, int code)
{
    gr_comparisons c = compare(base, next);

    if (c.n != 1 || c.c[0].verdict != want || gr_compare_exit_code(&c) != code)
        fail_msg("%s against %s: %s (%s), exit %d; want %s, exit %d", base, next, gr_verdict_name(c.c[0].verdict), c.c[0].note, gr_compare_exit_code(&c),
                 gr_verdict_name(want), code);
    gr_comparisons_free(&c);
}

/* 50 of 100 right; the same, 20 more, 20 fewer: exact p of 20 discordant examples on one side is 2^-19; of 2, 0.5. */
static void verdicts(void **state)
{
    gr_comparisons c;

    (void)state;
    add_run("base", "sst2", 42, 50, 0, GR_RUN_OK);
    add_run("same", "sst2", 42, 50, 0, GR_RUN_OK);
    add_run("better", "sst2", 42, 70, 0, GR_RUN_OK);
    add_run("worse", "sst2", 42, 30, 0, GR_RUN_OK);
    add_run("slightly", "sst2", 42, 48, 0, GR_RUN_OK);
    add_run("slightly-better", "sst2", 42, 52, 0, GR_RUN_OK);
    add_run("others", "sst2", 42, 30, 1000, GR_RUN_OK);
    add_run("no-file", "sst2", 42, -30, 0, GR_RUN_OK);
    add_run("failed", "sst2", 42, 50, 0, GR_RUN_FAILED);
    add_run("collapsed", "sst2", 42, 50, 0, GR_RUN_COLLAPSED);
    add_run("elsewhere", "rte", 42, 50, 0, GR_RUN_OK);
    add_run("seed", "sst2", 43, 50, 0, GR_RUN_OK);
    verdict("base", "same", GR_VERDICT_SAME, 0);
    verdict("base", "better", GR_VERDICT_IMPROVED, 0);
    verdict("base", "worse", GR_VERDICT_REGRESSED, 1);
    verdict("base", "slightly", GR_VERDICT_UNDECIDED, 5);
    verdict("base", "slightly-better", GR_VERDICT_SAME, 0);
    verdict("base", "others", GR_VERDICT_UNDECIDED, 5); /* other examples: a fall that no test can judge */
    verdict("base", "no-file", GR_VERDICT_UNDECIDED, 5);
    verdict("base", "failed", GR_VERDICT_REGRESSED, 1);
    verdict("base", "collapsed", GR_VERDICT_REGRESSED, 1);
    verdict("base", "elsewhere", GR_VERDICT_MISSING, 1);
    verdict("base", "seed", GR_VERDICT_MISSING, 1);
    c = compare("base", "worse");
    assert_near(c.c[0].delta, -0.2, 1e-12, "delta");
    assert_near(c.c[0].p, 1.0 / 524288, 1e-15, "McNemar's exact p");
    assert_string_equal(c.c[0].test, "mcnemar");
    assert_true(c.c[0].lo < -0.2 && c.c[0].hi > -0.2 && c.c[0].lo > -0.35 && c.c[0].hi < -0.05);
    assert_near(c.c[0].tolerance, 0.005, 0, "default tolerance");
    gr_comparisons_free(&c);
}

/* Two sets that have nothing but the task's name in common: values that come out alike are not the same, and better ones not better. */
static void other_rows(void **state)
{
    gr_comparisons c;

    (void)state;
    made_on = "aa";
    add_run("these", "sst2", 42, 50, 0, GR_RUN_OK);
    add_run("these-too", "sst2", 42, 50, 0, GR_RUN_OK);
    made_on = "bb";
    add_run("those", "sst2", 42, 50, 0, GR_RUN_OK); /* ids and labels are the same, the texts are not */
    add_run("those-better", "sst2", 42, 90, 0, GR_RUN_OK);
    made_on = "";
    add_run("of-old", "sst2", 42, 50, 0, GR_RUN_OK);
    add_run("of-old-others", "sst2", 42, 50, 1000, GR_RUN_OK);
    verdict("these", "these-too", GR_VERDICT_SAME, 0);
    verdict("these", "of-old", GR_VERDICT_SAME, 0); /* a record that knows no digest is judged by its examples */
    verdict("these", "those", GR_VERDICT_UNDECIDED, 5);
    verdict("these", "those-better", GR_VERDICT_UNDECIDED, 5);
    verdict("these", "of-old-others", GR_VERDICT_UNDECIDED, 5);
    c = compare("these", "those");
    assert_string_equal(c.c[0].note, "seed 42: split validation has other rows than in BASE");
    assert_string_equal(c.c[0].test, "values only");
    gr_comparisons_free(&c);
}

/* A run of two evaluated splits: so many right of each; second_file false: the second one's predictions are not there. */
static void add_two(const char *name, int first, int second, bool second_file)
{
    gr_records list = { 0 };
    gr_record *r = made_accuracy(&list, "mnli", "m", 42, 0, first / (double)N);
    const char *dir = made_path(name);
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    made_metric(r, "second", "accuracy", true, 0, second / (double)N);
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    MADE_COPY(r->predictions, "mnli.second.predictions.jsonl");
    if (second_file) write_classes(dir, r, (size_t)second, 500);
    MADE_COPY(r->predictions, "mnli.predictions.jsonl");
    write_classes(dir, r, (size_t)first, 0);
    assert_true(gr_fs_join(path, sizeof path, dir, "mnli-m-42-0.json"));
    assert_ok(gr_record_write(r, path, &err), &err);
    gr_records_free(&list);
}

/* Each split is judged by its own predictions, never by the first one's. */
static void own_predictions(void **state)
{
    gr_comparisons c;

    (void)state;
    add_two("pair", 50, 50, true);
    add_two("pair-second-worse", 50, 30, true);
    add_two("pair-both-worse", 30, 30, false);
    c = compare("pair", "pair-second-worse");
    assert_true(c.n == 2 && c.c[0].verdict == GR_VERDICT_SAME && c.c[1].verdict == GR_VERDICT_REGRESSED);
    assert_string_equal(c.c[1].split, "second");
    assert_near(c.c[1].p, 1.0 / 524288, 1e-15, "McNemar's exact p");
    gr_comparisons_free(&c);
    c = compare("pair", "pair-both-worse");
    assert_true(c.n == 2 && c.c[0].verdict == GR_VERDICT_REGRESSED && c.c[1].verdict == GR_VERDICT_UNDECIDED);
    assert_string_equal(c.c[1].test, "values only");
    gr_comparisons_free(&c);
}

/* Both splits have the same task and metric: what people and CI servers read says which is which. */
static void split_is_named(void **state)
{
    const char *path = made_path("pair.xml");
    gr_comparisons c;
    gr_buf b = { 0 };
    char *text = NULL;
    size_t n;
    gr_err err = GR_ERR_INIT;

    (void)state;
    add_two("named", 50, 50, true);
    c = compare("named", "named");
    assert_ok(gr_compare_table(&b, &c, GR_TABLE_TEXT, &err), &err);
    assert_non_null(strstr(b.p, "\nmnli           accuracy"));
    assert_non_null(strstr(b.p, "\nmnli (second)  accuracy"));
    assert_ok(gr_compare_junit(path, &c, &err), &err);
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    assert_non_null(strstr(text, "classname=\"glue-run.mnli\" name=\"accuracy\""));
    assert_non_null(strstr(text, "classname=\"glue-run.mnli (second)\" name=\"accuracy\""));
    gr_buf_free(&b);
    gr_comparisons_free(&c);
    free(text);
}

/* A split that the new run did not evaluate is missing; its first one is judged all the same. */
static void split_is_missing(void **state)
{
    gr_comparisons c;
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    add_two("both", 50, 50, true);
    add_run("first-alone", "mnli", 42, 50, 0, GR_RUN_OK);
    c = compare("both", "first-alone");
    assert_true(c.n == 2 && c.c[0].verdict == GR_VERDICT_SAME && c.c[1].verdict == GR_VERDICT_MISSING);
    assert_string_equal(c.c[1].note, "seed 42: split second was not evaluated");
    for (int f = GR_TABLE_TEXT; f <= GR_TABLE_JSON; f++) {
        gr_buf_reset(&b);
        assert_ok(gr_compare_table(&b, &c, (gr_table_format)f, &err), &err);
        assert_null(strstr(b.p, "values only"));
    }
    gr_buf_free(&b);
    assert_int_equal(gr_compare_exit_code(&c), 1);
    gr_comparisons_free(&c);
}

/* Runs that were predicted only are finished, and nothing of them can be compared. */
static void predicted_only(void **state)
{
    gr_record r;
    char path[GR_PATH_MAX];
    const char *dir = made_path("predicted");
    gr_comparisons c;
    gr_err err = GR_ERR_INIT;

    (void)state;
    made_run(&r, "ax", "m", 42);
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "r.json"));
    assert_ok(gr_record_write(&r, path, &err), &err);
    gr_record_free(&r);
    assert_status(gr_compare(&c, dir, dir, &err), GR_E_NOTFOUND, &err, "no finished run with a headline metric");
}

/* Seeds are pooled: a fall of 4 examples in each of three seeds is decided, in one it is not (p = 0.125 and 2^-11). */
static void pooled_seeds(void **state)
{
    gr_comparisons c;

    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        add_run("base3", "sst2", seed, 50, 0, GR_RUN_OK);
        add_run("worse3", "sst2", seed, 46, 0, GR_RUN_OK);
        if (seed == 1) add_run("worse1", "sst2", seed, 46, 0, GR_RUN_OK);
    }
    verdict("base3", "worse3", GR_VERDICT_REGRESSED, 1);
    verdict("base3", "worse1", GR_VERDICT_MISSING, 1);
    c = compare("base3", "worse3");
    assert_int_equal(c.c[0].n_seeds, 3);
    assert_near(c.c[0].p, 1.0 / 2048, 1e-12, "pooled p");
    gr_comparisons_free(&c);
}

/* A record that was made again counts once, with its last value. */
static void last_one_counts(void **state)
{
    gr_comparisons c;

    (void)state;
    add_run("twice/a", "sst2", 42, 10, 0, GR_RUN_OK);
    add_run("twice/b", "sst2", 42, 50, 0, GR_RUN_OK);
    add_run("once/a", "sst2", 42, 50, 0, GR_RUN_OK);
    verdict("twice", "once", GR_VERDICT_SAME, 0);
    verdict("once", "twice", GR_VERDICT_SAME, 0);
    c = compare("twice", "once");
    assert_true(c.c[0].n_seeds == 1 && c.c[0].base == 0.5);
    gr_comparisons_free(&c);
}

static char said[1024];

static void hear(void *user, gr_log_level level, const char *line)
{
    (void)user;
    (void)level;
    (void)snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", line);
}

/* Different runs of one task and seed, as a folder of several models has them: which of them was compared is said. */
static void rivals(void **state)
{
    gr_comparisons c;

    (void)state;
    add_run("mixed/a", "sst2", 42, 50, 0, GR_RUN_OK);
    made_of = "other";
    add_run("mixed/b", "sst2", 42, 10, 0, GR_RUN_OK);
    add_run("mixed/c", "sst2", 43, 10, 0, GR_RUN_OK); /* a seed more is no rival */
    made_of = "m";
    gr_log_set_level(GR_LOG_WARN);
    gr_log_set_sink(hear, NULL);
    c = compare("mixed", "once");
    gr_comparisons_free(&c);
    if (!strstr(said, "mixed: 2 runs of sst2 seed 42 are there: the last one counts, sst2-other-42-")) fail_msg("said '%s'", said);
    said[0] = '\0';
    c = compare("twice", "once"); /* one run, made again */
    gr_comparisons_free(&c);
    gr_log_set_sink(NULL, NULL);
    assert_string_equal(said, "");
}

/* For programs: every column at its place, six digits; for people a p that is not 0. */
static void formats(void **state)
{
    gr_comparisons c;
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    add_run("low", "sst2", 42, 50, 0, GR_RUN_OK);
    add_run("high", "sst2", 42, 90, 0, GR_RUN_OK);
    c = compare("low", "high");
    c.c[0].lo = 0.25;
    c.c[0].hi = 0.5;
    assert_ok(gr_compare_table(&b, &c, GR_TABLE_CSV, &err), &err);
    assert_text(&b, "task,metric,split,base,new,delta,low,high,p,test,tolerance,seeds,verdict,note\n"
                    "sst2,accuracy,validation,0.5,0.9,0.4,0.25,0.5,1.81899e-12,mcnemar,0.005,1,improved,\n");
    gr_buf_reset(&b);
    assert_ok(gr_compare_table(&b, &c, GR_TABLE_TEXT, &err), &err);
    assert_non_null(strstr(b.p, "  <0.0001  mcnemar"));
    gr_buf_free(&b);
    gr_comparisons_free(&c);
}

/* baseline.json: its tolerance and its reason; it is no record. */
static void written_tolerance(void **state)
{
    static const char text[] = "{\"schema\":1,\"entries\":[{\"task\":\"sst2\",\"metric\":\"accuracy\",\"split\":\"test\",\"tolerance\":0.9},"
                               "{\"task\":\"sst2\",\"metric\":\"accuracy\",\"split\":\"validation\",\"tolerance\":0.25,\"why\":\"made up\"}]}";
    char path[GR_PATH_MAX];
    gr_comparisons c;
    gr_err err = GR_ERR_INIT;

    (void)state;
    add_run("tolerant", "sst2", 42, 50, 0, GR_RUN_OK);
    assert_true(gr_fs_join(path, sizeof path, made_path("tolerant"), "baseline.json"));
    assert_ok(gr_fs_write(path, text, sizeof text - 1, &err), &err);
    add_run("less", "sst2", 42, 30, 0, GR_RUN_OK);
    add_run("least", "sst2", 42, 20, 0, GR_RUN_OK);
    verdict("tolerant", "less", GR_VERDICT_SAME, 0);
    verdict("tolerant", "least", GR_VERDICT_REGRESSED, 1);
    c = compare("tolerant", "less");
    assert_near(c.c[0].tolerance, 0.25, 0, "written tolerance");
    assert_string_equal(c.c[0].why, "made up");
    gr_comparisons_free(&c);
}

/* What is written there and means nothing would be the default tolerance, or a gate that always falls. */
static void nonsense_in_a_baseline(void **state)
{
    static const struct { const char *text, *part; } v[] = {
        { "{", "baseline.json" },
        { "{\"tolerances\":[]}", "'entries' is missing or not a list" },
        { "{\"entries\":[{\"task\":\"sst2\",\"metric\":\"accuracy\",\"tolerance\":-1}]}", "entry 1 (sst2 accuracy): 'tolerance' is not a number from 0 up" },
        { "{\"entries\":[{\"task\":\"sst2\",\"metric\":\"accuracy\",\"tolerance\":\"0.1\"}]}", "entry 1 (sst2 accuracy): 'tolerance'" },
        { "{\"entries\":[{\"task\":\"sst2\",\"metric\":\"accuracy\"}]}", "entry 1 (sst2 accuracy): 'tolerance'" },
    };
    static const char slip[] = "{\"entries\":[{\"task\":\"sst-2\",\"metric\":\"accuracy\",\"tolerance\":0.25}]}";
    char path[GR_PATH_MAX];
    gr_comparisons c;
    gr_err err = GR_ERR_INIT;

    (void)state;
    add_run("nonsense", "sst2", 42, 50, 0, GR_RUN_OK);
    assert_true(gr_fs_join(path, sizeof path, made_path("nonsense"), "baseline.json"));
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        assert_ok(gr_fs_write(path, v[i].text, strlen(v[i].text), &err), &err);
        assert_status(gr_compare(&c, made_path("nonsense"), made_path("nonsense"), &err), GR_E_FORMAT, &err, v[i].part);
    }
    assert_ok(gr_fs_write(path, slip, sizeof slip - 1, &err), &err);
    said[0] = '\0';
    gr_log_set_sink(hear, NULL);
    assert_ok(gr_compare(&c, made_path("nonsense"), made_path("nonsense"), &err), &err);
    gr_log_set_sink(NULL, NULL);
    assert_non_null(strstr(said, "the tolerance of sst-2 accuracy is of no use"));
    gr_comparisons_free(&c);
}

/* Tagged sentences with overall_f1, or values with pearson or, where `errors`, their mean squared error, of which less is better. */
static void made_head_run(const char *name, double noise, bool tokens, bool errors)
{
    gr_record r;
    double squares = 0;
    gr_buf b = { 0 };
    char path[GR_PATH_MAX];
    const char *dir = made_path(name);
    gr_err err = GR_ERR_INIT;

    made_run(&r, tokens ? "conll2003" : "stsb", "m", 42);
    MADE_COPY(r.head, tokens ? "token" : "regression");
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    MADE_COPY(r.predictions, "p.predictions.jsonl");
    for (int i = 0; i < N; i++) squares += noise * noise * ((i * 7) % 11 - 5) * ((i * 7) % 11 - 5);
    for (int i = 0; i < N && !tokens; i++)
        gr_buf_addf(&b, "{\"id\":%d,\"label\":%d,\"prediction\":%.6f}\n", i, i % 6, i % 6 + noise * ((i * 7) % 11 - 5));
    /* sentences of one name each; noise is the share of names that are missed */
    for (int i = 0; i < N && tokens; i++)
        gr_buf_addf(&b, "{\"id\":%d,\"words\":[\"Mira\",\"Tolan\",\"ran\"],\"labels\":[\"B-PER\",\"I-PER\",\"O\"],\"predicted\":[%s,\"O\"]}\n", i,
                    i < noise * N ? "\"O\",null" : "\"B-PER\",\"I-PER\"");
    made_metric(&r, "validation", tokens ? "overall_f1" : errors ? "mse" : "pearson", true, 0,
                tokens ? 2 * (1 - noise) / (2 - noise) : errors ? squares / N : 0.9 - noise / 10);
    r.metrics[0].higher_is_better = !errors;
    assert_true(gr_fs_join(path, sizeof path, dir, r.predictions));
    assert_ok(gr_fs_write(path, b.p, b.n, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "r.json"));
    assert_ok(gr_record_write(&r, path, &err), &err);
    gr_record_free(&r);
    gr_buf_free(&b);
}

static void made_value_run(const char *name, double noise, bool tokens) { made_head_run(name, noise, tokens, false); }

/* A fall of an error is a gain: delta, its interval and the verdict say so. Errors are the same share of each other at every row. */
static void less_is_better(void **state)
{
    gr_comparisons c;

    (void)state;
    made_head_run("errors", 0.5, false, true);
    made_head_run("errors-more", 1, false, true);
    verdict("errors", "errors", GR_VERDICT_SAME, 0);
    verdict("errors", "errors-more", GR_VERDICT_REGRESSED, 1);
    verdict("errors-more", "errors", GR_VERDICT_IMPROVED, 0);
    c = compare("errors-more", "errors");
    assert_near(c.c[0].delta, 0.75 * c.c[0].base, 1e-9, "a gain of three quarters of the error");
    assert_true(0 < c.c[0].lo && c.c[0].lo < c.c[0].delta && c.c[0].delta < c.c[0].hi);
    gr_comparisons_free(&c);
}

static void other_heads(void **state)
{
    (void)state;
    made_value_run("values", 0.1, false);
    made_value_run("values-noisy", 1, false);
    made_value_run("tags", 0.1, true);
    made_value_run("tags-missed", 0.4, true);
    verdict("values", "values", GR_VERDICT_SAME, 0);
    verdict("values", "values-noisy", GR_VERDICT_REGRESSED, 1);
    verdict("values-noisy", "values", GR_VERDICT_IMPROVED, 0);
    verdict("tags", "tags-missed", GR_VERDICT_REGRESSED, 1);
    verdict("tags-missed", "tags", GR_VERDICT_IMPROVED, 0);
}

/* Words that truncation cut off count on neither side: what was predicted of the rest is the same as without them. */
static void cut_off_words(void **state)
{
    gr_buf b = { 0 };
    char path[GR_PATH_MAX];
    gr_comparisons c;
    gr_err err = GR_ERR_INIT;

    (void)state;
    made_value_run("whole", 0, true);
    made_value_run("cut", 0, true);
    for (int i = 0; i < N; i++)
        gr_buf_addf(&b, "{\"id\":%d,\"words\":[\"Mira\",\"Tolan\",\"ran\"],\"labels\":[\"B-PER\",\"I-PER\",\"O\"],\"predicted\":[\"B-PER\",null,null]}\n", i);
    assert_true(gr_fs_join(path, sizeof path, made_path("cut"), "p.predictions.jsonl"));
    assert_ok(gr_fs_write(path, b.p, b.n, &err), &err);
    gr_buf_free(&b);
    c = compare("whole", "cut");
    assert_true(c.n == 1 && c.c[0].verdict == GR_VERDICT_SAME);
    assert_near(c.c[0].lo, 0, 0, "low end");
    assert_near(c.c[0].hi, 0, 0, "high end");
    gr_comparisons_free(&c);
}

/* A file that was changed by hand is no ground for a verdict: the note says what is wrong with it. */
static void unequal_lists(void **state)
{
    gr_buf b = { 0 };
    char path[GR_PATH_MAX];
    gr_comparisons c;
    gr_err err = GR_ERR_INIT;

    (void)state;
    made_value_run("equal", 0, true);
    made_value_run("unequal", 0, true);
    for (int i = 0; i < N; i++) gr_buf_addf(&b, "{\"id\":%d,\"words\":[\"Mira\",\"Tolan\",\"ran\"],\"labels\":[\"B-PER\",\"I-PER\",\"O\"],\"predicted\":[\"B-PER\",\"I-PER\"]}\n", i);
    assert_true(gr_fs_join(path, sizeof path, made_path("unequal"), "p.predictions.jsonl"));
    assert_ok(gr_fs_write(path, b.p, b.n, &err), &err);
    gr_buf_free(&b);
    c = compare("equal", "unequal");
    assert_int_equal(c.n, 1);
    if (!strstr(c.c[0].note, "3 labels and 2 predictions")) fail_msg("the note is '%s'", c.c[0].note);
    gr_comparisons_free(&c);
}

/* The worst verdict makes the exit code; nothing to compare is an error. */
static void several(void **state)
{
    gr_comparisons c;
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    add_run("two", "sst2", 42, 50, 0, GR_RUN_OK);
    add_run("two", "rte", 42, 50, 0, GR_RUN_OK);
    add_run("two-new", "sst2", 42, 70, 0, GR_RUN_OK);
    add_run("two-new", "rte", 42, 48, 0, GR_RUN_OK);
    c = compare("two", "two-new");
    assert_int_equal(c.n, 2);
    assert_int_equal(gr_compare_exit_code(&c), 5);
    assert_ok(gr_compare_table(&b, &c, GR_TABLE_TEXT, &err), &err);
    assert_non_null(strstr(b.p, "improved"));
    assert_non_null(strstr(b.p, "accept it as the new baseline"));
    assert_non_null(strstr(b.p, "undecided"));
    gr_buf_free(&b);
    gr_comparisons_free(&c);
    add_run("nothing", "sst2", 42, 50, 0, GR_RUN_FAILED);
    assert_status(gr_compare(&c, made_path("nothing"), made_path("two"), &err), GR_E_NOTFOUND, &err, "no finished run");
    assert_status(gr_compare(&c, made_path("two"), made_path("not-there"), &err), GR_E_NOTFOUND, &err, "not-there");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(verdicts), cmocka_unit_test(other_rows), cmocka_unit_test(own_predictions),
                                        cmocka_unit_test(split_is_named), cmocka_unit_test(split_is_missing), cmocka_unit_test(predicted_only),
                                        cmocka_unit_test(pooled_seeds), cmocka_unit_test(last_one_counts), cmocka_unit_test(rivals), cmocka_unit_test(formats),
                                        cmocka_unit_test(written_tolerance), cmocka_unit_test(nonsense_in_a_baseline), cmocka_unit_test(less_is_better), cmocka_unit_test(unequal_lists), cmocka_unit_test(other_heads), cmocka_unit_test(cut_off_words), cmocka_unit_test(several) };
    return gr_test_main(tests);
}
