/* outputs_test.c - what the commands write and print: custom files of every form, saved models, tables, leaderboards, comparisons with
 * their gate, lists, env and bench. */
#include "tests/e2e/program.h"

static gr_json *printed(void)
{
    gr_json *j = NULL;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_json_parse(&j, last.out, last.n_out, &err), &err);
    return j;
}

/* The only record below a folder: its head, rows and labels. */
static void custom_is(const char *dir, const char *head, int64_t train, int64_t eval, size_t labels)
{
    gr_records r = records_of(dir);

    assert_int_equal(r.n, 1);
    if (r.r[0].status == GR_RUN_FAILED) fail_msg("%s", r.r[0].message);
    assert_string_equal(r.r[0].head, head);
    assert_string_equal(r.r[0].data, "custom");
    assert_true(r.r[0].n_train == train && r.r[0].n_eval == eval && r.r[0].n_labels == labels);
    gr_records_free(&r);
}

/* ---- the user's own files ---- */

static void custom_files(void **state)
{
    const char *csv = make_csv("rows.csv", 40, true, 50, 1), *tsv = at("pairs.tsv"), *jsonl = at("rows.jsonl"), *conll = at("names.conll");
    gr_buf p = { 0 }, j = { 0 }, c = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_buf_adds(&p, "sentence1\tsentence2\tscore\n");
    for (int i = 0; i < 40; i++) {
        gr_buf_addf(&p, "%s day\t%s day\t%d.%d\n", i % 2 ? "good" : "bad", i % 3 ? "kind" : "cold", i % 5, i % 10);
        gr_buf_addf(&j, "{\"text\": \"%s house\", \"label\": \"%s\"}\n", i % 2 ? "good" : "bad", i % 2 ? "a" : "b");
        gr_buf_addf(&c, "the O\n%s B-PER\n%sran O\n\n", i % 2 ? "Anna" : "Tom", i % 4 ? "" : "Smith I-PER\n");
    }
    assert_ok(gr_fs_write(tsv, p.p, p.n, &err), &err);
    assert_ok(gr_fs_write(jsonl, j.p, j.n, &err), &err);
    assert_ok(gr_fs_write(conll, c.p, c.n, &err), &err);
    gr_buf_free(&p);
    gr_buf_free(&j);
    gr_buf_free(&c);
#define CUSTOM(dir, ...) assert_true(CALL("run", "--model", tiny_model(), "--epochs", "1", "--output-dir", at(dir), __VA_ARGS__) <= 1)
    CUSTOM("c-csv", "--train-file", csv); /* one file: 80 of 100 rows train */
    custom_is(at("c-csv"), "classification", 32, 8, 2);
    CUSTOM("c-cut", "--train-file", csv, "--split", "50/25/25");
    custom_is(at("c-cut"), "classification", 20, 10, 2);
    CUSTOM("c-tsv", "--train-file", tsv, "--validation-file", tsv);
    custom_is(at("c-tsv"), "regression", 40, 40, 0);
    CUSTOM("c-jsonl", "--train-file", jsonl, "--validation-file", jsonl, "--text-column", "text", "--label-column", "label", "--labels", "b,a");
    custom_is(at("c-jsonl"), "classification", 40, 40, 2);
    CUSTOM("c-conll", "--train-file", conll, "--validation-file", conll, "--label-all-tokens");
    custom_is(at("c-conll"), "token", 40, 40, 3);
#undef CUSTOM
    assert_int_equal(CALL("run", "--train-file", csv, "--all"), 2);
}

/* ---- saved models ---- */

/* run_glue's --do_eval alone: no step is taken, which is said unless nothing is to be said. */
static void only_evaluated(void **state)
{
    const char *csv = make_csv("asked.csv", 40, true, 50, 1);

    (void)state;
#define EVALUATE(...) assert_true(CALL("run", "--train-file", csv, "--model", tiny_model(), "--do_eval", "--num_train_epochs", "2", "--output-dir", at("c-eval"), __VA_ARGS__) <= 1)
    EVALUATE("--no-progress");
    assert_non_null(strstr(last.err, "nothing is trained: --do-eval stands without --do-train\n"));
    custom_is(at("c-eval"), "classification", 0, 8, 2);
    EVALUATE("--quiet");
    assert_string_equal(last.err, "");
#undef EVALUATE
}

static size_t lines_out(void)
{
    size_t n = 0;

    for (const char *p = last.out; *p; p++) n += *p == '\n';
    return n;
}

/* A table is read by its columns, not line by line: a header is no text, a text may hold a line end, and labels are passed over. */
static void predicted_table(const char *dir)
{
    const char *csv = put("new.csv", "id,text,label\n1,\"a good\nday\",\n2,\"bad, bad day\",x\n");
    static const struct { const char *name, *text, *why; } empty[] = {
        { "none.conll", "", "no row to predict" }, { "blank.conll", "\n\n", "no row to predict" }, { "none.jsonl", "", "no object" }, { "head.csv", "text\n", "no row to predict" },
    };
    const char *tsv = put("new.tsv", "a good day\na bad day\n"), *odd = put("odd.jsonl", "{\"body\": \"a good day\"}\n");

    GOOD("predict", "--model", dir, "--file", csv, "--json");
    assert_int_equal(lines_out(), 2);
    assert_memory_equal(last.out, "{\"text\":\"a good\\nday\"", 21);
    GOOD("predict", "--model", dir, "--file", tsv);
    assert_int_equal(lines_out(), 2);
    expect(CALL("predict", "--model", dir, "--file", odd), 3);
    assert_non_null(strstr(last.err, "which column? Say --text-column; there are: body"));
    GOOD("predict", "--model", dir, "--file", odd, "--text-column", "body");
    assert_int_equal(lines_out(), 1);
    expect(CALL("predict", "--model", dir, "--file", odd, "--text", "a"), 2);
    assert_non_null(strstr(last.err, "both given"));
    expect(CALL("predict", "--model", dir, "--file", "-", "--text-column", "a"), 2);
    assert_non_null(strstr(last.err, "standard input has lines"));
    expect(CALL("predict", "--model", dir, "--file", put("words.conll", "a O\ngood O\n")), 2); /* a label each for "a O" and "good O" would be nonsense */
    assert_non_null(strstr(last.err, "words.conll holds words to be tagged: the model has no tags"));
    expect(CALL("predict", "--model", dir, "--file", put("words.json", "{\"tokens\": [\"a\"], \"tags\": [\"O\"]}\n")), 2);
    assert_non_null(strstr(last.err, "words.json holds words to be tagged: the model has no tags"));
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) { /* a table without a row is a mistake in whatever form */
        expect(CALL("predict", "--model", dir, "--file", put(empty[i].name, empty[i].text)), 3);
        if (!strstr(last.err, empty[i].name) || !strstr(last.err, empty[i].why)) fail_msg("%s", last.err);
    }
    expect(CALL("predict", "--model", dir, "--file", gr_test_tmpdir()), 3);
    assert_non_null(strstr(last.err, "a folder, not a file"));
}

static void saved_model(void **state)
{
    static const char *const files[] = { "config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json", "train_results.json", "eval_results.json",
                                         "all_results.json", "predict_results_save.txt" };
    const char *train = make_csv("save.csv", 80, true, 50, 2), *test = put("save_test.csv", "text\ngood day\nbad day\n");
    char dir[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_json *j = NULL;
    gr_records r;
    gr_err err = GR_ERR_INIT;

    (void)state;
    GOOD("run", "--train-file", train, "--validation-file", train, "--test-file", test, "--model", tiny_model(), "--epochs", "6", "--learning-rate", "2e-3",
         "--save-model", "--output-dir", at("save"));
    r = records_of(at("save"));
    (void)snprintf(dir, sizeof dir, "%.*s", (int)(strlen(r.r[0].path) - 5), r.r[0].path);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_true(gr_fs_join(path, sizeof path, dir, files[i]));
        if (!gr_fs_is_file(path)) fail_msg("%s is not there", path);
    }
    assert_true(gr_fs_join(path, sizeof path, dir, "all_results.json"));
    assert_ok(gr_json_read(&j, path, 0, &err), &err);
    assert_near(gr_json_num(gr_json_get(j, "eval_accuracy"), NAN), value_of(&r.r[0], "accuracy"), 0, "eval_accuracy");
    assert_near(gr_json_num(gr_json_get(j, "train_samples"), NAN), 80, 0, "train_samples");
    assert_near(gr_json_num(gr_json_get(j, "eval_samples_per_second"), NAN) / gr_json_num(gr_json_get(j, "eval_steps_per_second"), NAN), 8, 1e-9,
                "rows of an evaluation's step"); /* 80 rows, --eval-batch-size 8 */
    gr_json_free(j);
    GOOD("predict", "--model", dir, "--text", "a good day");
    assert_non_null(strstr(last.out, "pos"));
    predicted_table(dir);
    gr_records_free(&r);
    GOOD("run", "--train-file", train, "--validation-file", train, "--model", tiny_model(), "--epochs", "6", "--learning-rate", "2e-3", "--output-dir", at("late"));
    GOOD("run", "--train-file", train, "--validation-file", train, "--model", tiny_model(), "--epochs", "6", "--learning-rate", "2e-3", "--output-dir", at("late"),
         "--save-model"); /* the finished run has no weights to save: it is done again */
    assert_null(strstr(last.err, "finished before"));
    GOOD("run", "--train-file", train, "--validation-file", train, "--model", tiny_model(), "--epochs", "6", "--learning-rate", "2e-3", "--output-dir", at("late"),
         "--save-model");
    assert_non_null(strstr(last.err, "finished before"));
}

/* A saved model of word tags: `predict` gives the file's words the tags that the run gave them, and `score` its score. */
static void saved_tagger(void **state)
{
    const char *conll = at("tagged.conll"), *out;
    char path[GR_PATH_MAX + 40], dir[GR_PATH_MAX];
    gr_buf b = { 0 };
    gr_records r;
    gr_json *j;
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int i = 0; i < 40; i++) gr_buf_addf(&b, "the O\n%s B-PER\n%sran O\n\n", i % 2 ? "good" : "kind", i % 4 ? "" : "day I-PER\n");
    assert_ok(gr_fs_write(conll, b.p, b.n, &err), &err);
    gr_buf_free(&b);
    GOOD("run", "--train-file", conll, "--validation-file", conll, "--model", tiny_model(), "--epochs", "4", "--learning-rate", "2e-3", "--save-model", "--output-dir", at("tagger"));
    r = records_of(at("tagger"));
    (void)snprintf(dir, sizeof dir, "%.*s", (int)(strlen(r.r[0].path) - 5), r.r[0].path);
    (void)snprintf(path, sizeof path, "%s.predictions.jsonl", dir);
    GOOD("score", "seqeval", "--pred", path, "--json");
    out = put("tagger.score", last.out);
    GOOD("predict", "--model", dir, "--file", conll);
    GOOD("score", "seqeval", "--pred", put("tagger.conll", last.out), "--json");
    GOOD("score", "seqeval", "--pred", at("tagger.conll"), "--ref", conll, "--json");
    assert_true(value_of(&r.r[0], "overall_f1") > 0.1);
    j = printed();
    assert_near(gr_json_num(gr_json_get(j, "overall_f1"), NAN), value_of(&r.r[0], "overall_f1"), 1e-15, "seqeval of the printed tags");
    gr_json_free(j);
    assert_ok(gr_json_read(&j, out, 0, &err), &err);
    assert_near(gr_json_num(gr_json_get(j, "overall_f1"), NAN), value_of(&r.r[0], "overall_f1"), 1e-15, "seqeval of the record's");
    gr_json_free(j);
    gr_records_free(&r);
}

/* `score` reads the predictions that a run wrote and finds the record's value. */
static void score_agrees(void **state)
{
    const char *train = make_csv("score.csv", 60, false, 50, 3);
    char path[GR_PATH_MAX + 40];
    gr_records r;
    gr_json *j;

    (void)state;
    assert_true(CALL("run", "--train-file", train, "--validation-file", train, "--model", tiny_model(), "--epochs", "8", "--learning-rate", "2e-3",
                     "--output-dir", at("score")) <= 1);
    r = records_of(at("score"));
    (void)snprintf(path, sizeof path, "%.*s.predictions.jsonl", (int)(strlen(r.r[0].path) - 5), r.r[0].path);
    GOOD("score", "accuracy", "--pred", path, "--json");
    j = printed();
    assert_near(gr_json_num(gr_json_get(j, "accuracy"), NAN), value_of(&r.r[0], "accuracy"), 0, "accuracy");
    gr_json_free(j);
    gr_records_free(&r);
}

/* ---- tables, leaderboards, comparisons ---- */

static const char *suite(const char *name, const char *seeds, const char *more, const char *value)
{
    const char *train = make_csv("suite.csv", 200, true, 50, 4), *check = make_csv("suite_check.csv", 200, true, 50, 5);

    assert_true(CALL("run", "--train-file", train, "--validation-file", check, "--model", tiny_model(), "--learning-rate", "2e-3", "--seeds", seeds,
                     "--output-dir", at(name), more ? more : "--epochs", value ? value : "3") <= 1);
    return at(name);
}

static void tables(void **state)
{
    const char *dir = suite("good", "2", NULL, NULL);
    gr_json *j;
    char *text = NULL;
    size_t n;
    gr_err err = GR_ERR_INIT;

    (void)state;
    GOOD("table", dir);
    assert_non_null(strstr(last.out, "2 seeds"));
    GOOD("table", dir, "--format", "md");
    assert_memory_equal(last.out, "| task |", 8);
    GOOD("table", dir, "--format", "json", "--kind", "seeds");
    j = printed();
    assert_int_equal(gr_json_len(j), 2); /* a row a seed and headline metric */
    gr_json_free(j);
    GOOD("table", dir, "--kind", "history", "--format", "csv");
    assert_memory_equal(last.out, "task,model,seed,epoch,step,", 27);
    GOOD("leaderboard", dir, "--out", at("board.csv"));
    assert_ok(gr_fs_read(&text, &n, at("board.csv"), 0, &err), &err);
    assert_memory_equal(text, "rank,model,params,suite,score,score_rule,n_tasks,suite,seeds,", 60);
    free(text);
    GOOD("export", "leaderboard", dir, "--out", at("board2.csv"));
    GOOD("leaderboard", dir, "--out", "-");
    assert_memory_equal(last.out, "rank,model,", 11);
    assert_false(gr_fs_is_file("-"));
    GOOD("table", dir, "--kind", "leaderboard", "--format", "text", "--out", at("board.txt"));
    assert_string_equal(last.out, "");
    GOOD("table", dir, "--kind", "report");
    assert_memory_equal(last.out, "<!DOCTYPE html>", 15);
    assert_non_null(strstr(last.out, "<h2>Seeds</h2>"));
    assert_non_null(strstr(last.out, "<polyline"));
    assert_non_null(strstr(last.out, "<td>precision</td>"));
}

/* A gate: the same suite is green; one whose model was spoiled (never trained) is red, with JUnit for the server. */
static void gate(void **state)
{
    const char *good = suite("gate-good", "2", NULL, NULL), *spoiled = suite("gate-spoiled", "2", "--epochs", "0"), *one = suite("gate-one", "1", NULL, NULL);
    char *xml = NULL;
    size_t n;
    gr_err err = GR_ERR_INIT;

    (void)state;
    GOOD("compare", good, good, "--gate");
    assert_non_null(strstr(last.out, "same"));
    GOOD("compare", good, spoiled); /* without --gate a comparison is no failure */
    expect(CALL("compare", good, spoiled, "--gate", "--junit", at("gate.xml")), 1);
    assert_non_null(strstr(last.out, "regressed"));
    assert_ok(gr_fs_read(&xml, &n, at("gate.xml"), 0, &err), &err);
    assert_non_null(strstr(xml, "<failure message=\"regressed"));
    free(xml);
    expect(CALL("compare", good, spoiled, "--gate", "--json"), 1); /* one JSON array, whatever the verdict */
    gr_json_free(printed());
    assert_non_null(strstr(last.out, "\"verdict\": \"regressed\""));
    GOOD("compare", spoiled, good, "--gate");
    assert_true(strstr(last.out, "improved") || strstr(last.out, "same")); /* collapsed runs of the base are no base */
    expect(CALL("compare", good, one, "--gate"), 1); /* a seed is missing */
    assert_non_null(strstr(last.out, "missing"));
}

/* A --help on a terminal of 100 columns, each of its options in docs/cli.md or, of score, docs/metrics.md. */
static void help_fits(const char *command, const char *docs, const char *metrics)
{
    gr_sv rest = gr_sv_from(last.out);

    while (rest.n) {
        gr_sv line = gr_sv_split(&rest, '\n');
        char name[60];
        if (line.n > 100) fail_msg("%s --help: %zu columns: %.*s", command, line.n, GR_SV_FMT(line));
        if (!gr_sv_starts(line, "  --")) continue;
        line = (gr_sv){ line.p + 4, line.n - 4 };
        if (gr_sv_starts(line, "[no-]")) line = (gr_sv){ line.p + 5, line.n - 5 };
        (void)snprintf(name, sizeof name, "--%.*s", (int)strcspn(line.p, " \n"), line.p);
        if (strcmp(name, "--help") == 0 || strstr(docs, name) || strstr(metrics, name)) continue;
        for (char *p = name + 2; *p; p++)
            if (*p == '-') *p = '_';
        if (!strstr(docs, name)) fail_msg("%s %s is not in docs/cli.md", command, name);
    }
}

/* ---- the small commands ---- */

static void lists(void **state)
{
    static const char *const kinds[] = { "tasks", "models", "metrics", "data", "suites", "devices" };
    static const char *const commands[] = { "run", "list", "table", "leaderboard", "compare", "predict", "score", "tokenize", "embed", "bench", "env", "submit", "fetch" };
    static const char *const first[] = { "task", "model", "metric", "task", "suite", "device" };
    gr_json *j;
    char *docs = NULL, *metrics = NULL;
    size_t n;
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        GOOD("list", kinds[i]);
        GOOD("list", kinds[i], "--json");
        j = printed();
        assert_true(gr_json_is_array(j) && gr_json_len(j) > 0 && gr_json_get(gr_json_at(j, 0), first[i]));
        if (strcmp(kinds[i], "tasks") == 0)
            assert_string_equal(gr_json_str(gr_json_get(gr_json_at(j, 0), "about"), ""), "do two sentences of news mean the same?");
        gr_json_free(j);
    }
    GOOD("list", "--check");
    assert_ok(gr_fs_read(&docs, &n, GR_SOURCE_DIR "/docs/cli.md", 0, &err), &err);
    assert_ok(gr_fs_read(&metrics, &n, GR_SOURCE_DIR "/docs/metrics.md", 0, &err), &err);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char head[40];
        (void)snprintf(head, sizeof head, "glue-run %s", commands[i]);
        GOOD(commands[i], "--help");
        help_fits(commands[i], docs, metrics);
        if (strncmp(last.out, head, strlen(head)) != 0 || !strstr(last.out, "--help")) fail_msg("%s --help: %s", commands[i], last.out);
        GOOD(commands[i], "-h");
        assert_memory_equal(last.out, head, strlen(head));
    }
    free(docs);
    free(metrics);
    GOOD("leaderboard", "--help");
    assert_null(strstr(last.out, "--kind"));
    GOOD("--version");
    assert_memory_equal(last.out, "glue-run ", 9);
    GOOD("--help");
    assert_non_null(strstr(last.out, "leaderboard"));
    GOOD("run", "--help");
    assert_non_null(strstr(last.out, "num-train-epochs"));
}

/* Refused with exit code 2, and says so. */
#define REFUSED(part, ...)                                                                       \
    do {                                                                                         \
        expect(CALL(__VA_ARGS__), 2);                                                            \
        if (!strstr(last.err, part)) fail_msg("no \"%s\" in: %s", part, last.err);               \
    } while (0)

/* As text, `env` has a line for each key of its JSON, and on it what a string says. */
static void env_text(void **state)
{
    char *text;
    gr_json *j;

    (void)state;
    GOOD("env");
    text = strdup(last.out);
    assert_non_null(text);
    GOOD("env", "--json");
    j = printed();
    for (const gr_json *v = gr_json_first(j); v; v = gr_json_next(v)) {
        char line[512];

        (void)snprintf(line, sizeof line, "%-14s %.480s", gr_json_key(v), gr_json_str(v, gr_json_is_null(v) ? "-" : ""));
        if (!strstr(text, line)) fail_msg("no \"%s\" in: %s", line, text);
    }
    assert_non_null(strstr(text, "\ndata           -\n")); /* not told */
    gr_json_free(j);
    free(text);
}

static void env_and_bench(void **state)
{
    static const char *const env_keys[] = { "version", "git_revision", "compiler", "build_type", "cpu", "cpu_features", "threads", "memory_mb", "blas", "devices" };
    static const char *const bench_keys[] = { "model", "params", "device", "precision", "threads", "cases" };
    static const char *const case_keys[] = { "mode", "batch_size", "steps", "tokens", "tokens_per_second", "examples_per_second", "gflops", "peak_memory_mb",
                                             "median", "spread" };
    gr_json *j;

    (void)state;
    GOOD("env", "--json");
    j = printed();
    for (size_t i = 0; i < sizeof env_keys / sizeof *env_keys; i++) assert_non_null(gr_json_get(j, env_keys[i]));
    gr_json_free(j);
    GOOD("bench", "--model", tiny_model(), "--batch-size", "2,4", "--steps", "2", "--repeats", "2", "--max-length", "32", "--json");
    j = printed();
    for (size_t i = 0; i < sizeof bench_keys / sizeof *bench_keys; i++) assert_non_null(gr_json_get(j, bench_keys[i]));
    assert_int_equal(gr_json_len(gr_json_get(j, "cases")), 4);
    for (const gr_json *c = gr_json_first(gr_json_get(j, "cases")); c; c = gr_json_next(c))
        for (size_t i = 0; i < sizeof case_keys / sizeof *case_keys; i++) assert_non_null(gr_json_get(c, case_keys[i]));
    gr_json_free(j);
    /* the same rows for a rival: 3 rows and one pair, in batches of 2 */
    GOOD("bench", "--model", tiny_model(), "--rows", put("rows.tsv", "a good day\nthe house\tthe day\nwarm\n"), "--batch-size", "2", "--mode", "infer", "--steps", "2",
         "--repeats", "1", "--json");
    j = printed();
    assert_int_equal(gr_json_len(gr_json_get(j, "cases")), 1);
    gr_json_free(j);
    REFUSED("--batch-size '0': whole numbers from 1 to 65536", "bench", "--model", tiny_model(), "--batch-size", "4,0");
    REFUSED("--batch-size '65537': whole numbers", "bench", "--model", tiny_model(), "--batch-size", "65537");
    REFUSED("--batch-size 'x': whole numbers", "bench", "--model", tiny_model(), "--batch-size", "x");
    REFUSED("at most 16 cases", "bench", "--model", tiny_model(), "--mode", "infer", "--batch-size", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17");
    REFUSED("--mode 'fly'", "bench", "--model", tiny_model(), "--mode", "infer,fly");
    REFUSED("--shape 2,33,2,64: 'hidden_size' 33", "bench", "--shape", "2,33,2,64");
    expect(CALL("bench", "--model", tiny_model(), "--rows", gr_test_tmpdir()), 3);
    REFUSED("--length is for synthetic rows", "bench", "--model", tiny_model(), "--rows", at("rows.tsv"), "--length", "16");
}

/* The roofline of a made shape: its fields, and the parts of a step that sum to it. */
static void bench_roofline(void **state)
{
    static const char *const keys[] = { "step_gflops", "product_gflops", "fraction", "fraction_best", "peak_gflops", "peak_bf16_gflops", "memory_read_gb_s", "memory_update_gb_s",
                                        "optimizer_bytes_per_step", "optimizer_gb_s", "flops_per_step", "timing_slowdown", "outside_share", "ops" };
    static const char *const op_keys[] = { "op", "calls_per_step", "ms_per_step", "share", "gflops", "gb_s" };
    const gr_json *c, *roof;
    double shares;
    gr_json *j;

    (void)state;
    GOOD("bench", "--shape", "1,32,2,64", "--length", "12", "--mode", "train", "--batch-size", "3", "--steps", "2", "--repeats", "2", "--roofline", "--json");
    j = printed();
    c = gr_json_at(gr_json_get(j, "cases"), 0);
    roof = gr_json_get(c, "roofline");
    assert_true(gr_json_num(gr_json_get(c, "tokens"), 0) == 2 * 3 * 12);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) assert_non_null(gr_json_get(roof, keys[i]));
    shares = gr_json_num(gr_json_get(roof, "outside_share"), NAN);
    for (const gr_json *o = gr_json_first(gr_json_get(roof, "ops")); o; o = gr_json_next(o)) {
        for (size_t i = 0; i < sizeof op_keys / sizeof *op_keys; i++) assert_non_null(gr_json_get(o, op_keys[i]));
        shares += gr_json_num(gr_json_get(o, "share"), NAN);
    }
    assert_near(shares, 1.0, 1e-9, "shares of the ops and of what lies outside of them");
    gr_json_free(j);
    GOOD("bench", "--shape", "1,32,2,64", "--mode", "train,infer", "--batch-size", "2", "--steps", "1", "--repeats", "1", "--roofline", "--gradient-checkpointing");
    assert_non_null(strstr(last.out, "matrix products back to back"));
    assert_non_null(strstr(last.out, "AdamW"));
    REFUSED("--shape '1,32,2'", "bench", "--shape", "1,32,2");
    REFUSED("four numbers", "bench", "--shape", "1,32,2,64,5");
    REFUSED("without a tokenizer", "bench", "--shape", "1,32,2,64", "--model", tiny_model());
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(custom_files), cmocka_unit_test(only_evaluated), cmocka_unit_test(saved_model), cmocka_unit_test(saved_tagger), cmocka_unit_test(score_agrees), cmocka_unit_test(tables),
                                        cmocka_unit_test(gate), cmocka_unit_test(lists), cmocka_unit_test(env_text), cmocka_unit_test(env_and_bench),
                                        cmocka_unit_test(bench_roofline) };
    const int code = gr_test_main(tests);

    gr_process_free(&last);
    return code;
}
