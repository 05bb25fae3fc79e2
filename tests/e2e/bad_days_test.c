/* bad_days_test.c - what goes wrong on a user's machine: each day ends with one clear line on stderr and the exit code of docs/cli.md,
 * and nothing that was finished is lost. The sanitizer builds run this too: a report of theirs is a failure. */
#include <signal.h>
#include <unistd.h>

#include "model/safetensors.h"
#include "tests/e2e/program.h"

/* The call ended with this code, and one line on stderr says it with these words; warnings may stand beside it. */
static void ends(int got, int want, const char *a, const char *b)
{
    size_t errors = 0;
    const char *said = NULL;

    for (const char *p = last.err; *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : p + strlen(p))
        if (strncmp(p, "glue-run: ", 10) == 0 || strncmp(p, "error: ", 7) == 0) {
            errors++;
            said = p;
        }
    if (got != want || errors != 1 || !strstr(said, a) || !strstr(said, b))
        fail_msg("exit %d (want %d), %zu lines (want 1), '%s' and '%s' in:\n%s", got, want, errors, a, b, last.err);
}

/* A task that any tiny encoder can run. */
#define TINY_TASK "--train-file", make_csv("few.csv", 60, true, 50, 1), "--validation-file", make_csv("few2.csv", 30, true, 50, 2), "--max-steps", "80", \
                  "--learning-rate", "2e-3", "--dropout", "0"

static void usage(void **state)
{
    const char *m = tiny_model(), *data = GR_SOURCE_DIR "/data/demo";

    (void)state;
    ends(CALL("rum"), 2, "rum", "'run'");
    ends(CALL("run"), 2, "--all", "list tasks");
    ends(CALL("run", "mrcp", "--model", m, "--data", data), 2, "mrcp", "'mrpc'");
    ends(CALL("run", "nothing_like_it", "--model", m, "--data", data), 2, "nothing_like_it", "list tasks");
    ends(CALL("run", "--task_name", "COLA"), 3, "cola: not among the demo data", ""); /* run_glue takes capitals too */
    ends(CALL("run", "glue", "--model", m, "--data", data), 2, "'glue'", "a suite: --suite glue");
    ends(CALL("run", "mrpc", "--do_train", "--push_to_hub"), 2, "--push-to-hub", "--save-model");
    ends(CALL("run", "mrpc", "--epoch", "3"), 2, "--epoch", "--epochs");
    ends(CALL("run", "mrpc", "--fp16"), 2, "--fp16", "--precision");
    ends(CALL("run", "mrpc", "--data", data), 2, "--model", "demo");
    ends(CALL("run", "mrpc", "--model", m, "--data", data, "--device", "tpu"), 2, "tpu", "ref64");
    ends(CALL("run", "--suite", "gleu", "--model", m, "--data", data), 2, "gleu", "list suites");
    ends(CALL("run", "mrpc", "--model", m, "--data", data, "--seeds", "0"), 2, "--seeds", "42,43,44");
    ends(CALL("run", TINY_TASK, "--model", m, "--output-dir", at("u"), "--load-best", "--metric-for-best", "acc"), 2, "'acc'", "accuracy");
    ends(CALL("run", TINY_TASK, "--model", m, "--output-dir", at("u"), "--freeze", "nosuch"), 2, "nosuch", "embeddings");
    ends(CALL("run", TINY_TASK, "--model", m, "--output-dir", at("u"), "--freeze", "encoder,embeddings,pooler,head"), 2, "--freeze", "nothing is left to train");
    ends(CALL("run", TINY_TASK, "--model", m, "--output-dir", at("u"), "--eval-splits", "tests"), 2, "tests", "split");
    ends(CALL("run", TINY_TASK, "--model", m, "--output-dir", at("u"), "--max_seq_length", "2"), 2, "--max-length 2", "at least 3");
    ends(CALL("run", "mrpc", "--output-dir", at("u"), "--max_seq_length", "3"), 2, "--max-length 3", "of a pair: at least 4");
    ends(CALL("predict", "--model", "", "--text", "a"), 2, "--model is empty", "a variable that is not set?");
    (void)CALL("run", TINY_TASK, "--model", m, "--output-dir", at("u"), "--recipe", put("columns.json", "{\"text-column\": \"text\"}"));
    assert_null(strstr(last.err, "--text-column is for"));
    (void)CALL("run", "mrpc", "--max-steps", "1", "--output-dir", at("u"), "--recipe", put("columns.json", "{\"text-column\": \"text\"}"));
    assert_non_null(strstr(last.err, "--text-column is for a --train-file: a task knows its columns"));
    (void)CALL("run", "nothing_like_it", "--verbose");
    assert_non_null(strstr(last.err, "raised at suite.c:"));
    (void)CALL("run", TINY_TASK, "--model", m, "--output-dir", at("u"), "--freeze", "nosuch", "--verbose");
    assert_non_null(strstr(last.err, "raised at params.c:"));
    (void)CALL("run", "nothing_like_it");
    assert_null(strstr(last.err, "raised at"));
    ends(CALL("list", "modles"), 2, "modles", "'models'");
    ends(CALL("compare", "a"), 2, "BASE", "NEW");
    ends(CALL("table", "--format", "pdf"), 2, "pdf", "html");
    ends(CALL("leaderboard", "runs"), 2, "--out", "FILE.csv");
    ends(CALL("env", "--json", "now"), 2, "'now'", "--json");
    ends(CALL("help", "rum"), 2, "rum", "'run'");
    GOOD("help", "help");
    assert_non_null(strstr(last.out, "glue-run COMMAND --help"));
    GOOD("help", "--help");
    GOOD("help", "table");
    assert_non_null(strstr(last.out, "glue-run table "));
    ends(CALL("embed", "some text"), 2, "'some text'", "standard input");
}

static void data_not_there(void **state)
{
    const char *m = tiny_model(), *empty = at("no-data");
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fs_mkdirs(empty, &err), &err);
    ends(CALL("run", "mrpc", "--model", m, "--data", at("nowhere")), 3, "nowhere", "no such folder");
    ends(CALL("run", "mrpc", "--model", m, "--data", empty), 3, "mrpc: ", "no-data (`glue-run fetch mrpc --data DIR` gets it");
    ends(CALL("run", "cola"), 3, "cola: not among the demo data", "glue-run fetch cola");
    ends(CALL("run", "--all", "--model", m, "--data", empty), 3, "no-data", "no task");
    ends(CALL("list", "data", "--data", at("nowhere")), 3, "nowhere", "no such folder");
    ends(CALL("run", "--train-file", at("none.csv"), "--model", m), 3, "none.csv", "no such file");
    ends(CALL("run", "--train-file", put("odd.xyz", "a"), "--model", m), 2, "odd.xyz", ".csv");
    ends(CALL("run", "--train-file", put("short.csv", "text,label\na,x\nb\nc,y\n"), "--model", m, "--output-dir", at("d")), 3, "short.csv: line 3", "column");
    ends(CALL("run", "--train-file", put("bytes.csv", "text,label\na\xFF,x\nb,y\n"), "--model", m, "--output-dir", at("d")), 3, "bytes.csv: line 2", "UTF-8");
    ends(CALL("run", "--train-file", put("one.csv", "text,label\na,x\nb,x\n"), "--model", m), 3, "one.csv", "'x'");
    ends(CALL("run", "--train-file", put("t.csv", "text,label\na,x\nb,y\n"), "--text-column", "txt", "--model", m), 3, "txt", "text");
    ends(CALL("table", at("nowhere")), 3, "nowhere", "no such");
    ends(CALL("table", empty), 3, "no-data", "no record");
    ends(CALL("compare", at("nowhere"), empty), 3, "nowhere", "");
}

static void archives(void **state)
{
    const char *m = tiny_model(), *dir = at("cut");
    char *bytes = NULL;
    size_t n;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_ok(gr_fs_read(&bytes, &n, GR_SOURCE_DIR "/data/demo/aclImdb_v1.tar.gz", 0, &err), &err);
    assert_ok(gr_fs_write(at("cut/aclImdb_v1.tar.gz"), bytes, n / 2, &err), &err);
    free(bytes);
    (void)put("cut/RTE.zip", "PK\003\004 and no more");
    (void)put("cut/CoLA.zip", "");
    ends(CALL("run", "imdb", "--model", m, "--data", dir, "--output-dir", at("a")), 3, "imdb", "aclImdb_v1.tar.gz");
    ends(CALL("run", "rte", "--model", m, "--data", dir, "--output-dir", at("a")), 3, "rte", "RTE.zip");
    ends(CALL("run", "cola", "--model", m, "--data", dir, "--output-dir", at("a")), 3, "cola", "CoLA.zip");
    /* another MRPC where the published one is promised */
    shell("cp", GR_SOURCE_DIR "/data/demo/MRPC", at("cut/MRPC"));
    ends(CALL("run", "mrpc", "--model", m, "--data", dir, "--output-dir", at("a")), 3, "mrpc", "3668");
}

/* ---- models ---- */

/* A copy of the tiny model in its own folder. */
static const char *copy_model(const char *name)
{
    static const char *const files[] = { "config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json" };
    const char *dir = at(name);
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) gr_copy_file(tiny_model(), dir, files[i]);
    return dir;
}

/* Write the weights again: `leave_out` is missing (NULL: none); every value of `fill` becomes `value`. */
static void rewrite(const char *dir, const char *leave_out, const char *fill, float value)
{
    gr_st_tensor t[64];
    char path[GR_PATH_MAX];
    float *made = NULL;
    gr_st *st = NULL;
    size_t n = 0;
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, dir, "model.safetensors"));
    assert_ok(gr_st_open(&st, path, &err), &err);
    for (size_t i = 0; i < gr_st_count(st); i++) {
        const gr_st_tensor *x = gr_st_at(st, i);
        assert_true(n < 64);
        if (leave_out && strstr(x->name, leave_out)) continue;
        t[n] = *x;
        if (fill && strstr(x->name, fill)) {
            made = realloc(made, x->bytes);
            assert_non_null(made);
            for (size_t k = 0; k < x->count; k++) made[k] = value;
            t[n].data = (const unsigned char *)made;
        }
        n++;
    }
    assert_ok(gr_st_write(path, t, n, &err), &err);
    gr_st_close(st);
    free(made);
}

static void models(void **state)
{
    const char *dir;
    char *bytes = NULL;
    size_t n;
    gr_err err = GR_ERR_INIT;

    (void)state;
#define MODEL_FAILS(a, b) ends(CALL("run", TINY_TASK, "--model", dir, "--output-dir", at("m")), 3, (a), (b))
    ends(CALL("run", "mrpc", "--model", "no-such-model", "--data", GR_SOURCE_DIR "/data/demo"), 3, "no-such-model", "list models");
    dir = at("no-data"); /* a folder without config.json */
    MODEL_FAILS("no-data", "config.json");
    dir = copy_model("m-nan");
    rewrite(dir, NULL, "layer.1.attention.self.query.weight", NAN);
    MODEL_FAILS("layer.1.attention.self.query.weight", "m-nan");
    dir = copy_model("m-missing");
    rewrite(dir, "layer.0.output.dense.weight", NULL, 0);
    MODEL_FAILS("layer.0.output.dense.weight", "m-missing");
    dir = copy_model("m-cut");
    assert_ok(gr_fs_read(&bytes, &n, at("m-cut/model.safetensors"), 0, &err), &err);
    assert_ok(gr_fs_write(at("m-cut/model.safetensors"), bytes, n / 2, &err), &err);
    free(bytes);
    MODEL_FAILS("m-cut/model.safetensors", "");
    dir = copy_model("m-vocab");
    assert_ok(gr_fs_read(&bytes, &n, at("m-vocab/vocab.txt"), 0, &err), &err);
    bytes = realloc(bytes, n + 20);
    memcpy(bytes + n, "one\ntoo\nmany1\n", 15);
    (void)put("m-vocab/vocab.txt", bytes);
    free(bytes);
    MODEL_FAILS("m-vocab", "embeddings");
    dir = copy_model("m-config");
    (void)put("m-config/config.json", "{\"model_type\": \"bert\",");
    MODEL_FAILS("config.json", "line 1");
    (void)put("m-config/config.json", "{\"model_type\": \"t5\"}");
    MODEL_FAILS("config.json", "t5");
    dir = copy_model("m-no-vocab");
    assert_int_equal(unlink(at("m-no-vocab/vocab.txt")), 0);
    MODEL_FAILS("m-no-vocab", "vocab.txt");
#undef MODEL_FAILS
}

/* A decay that multiplies every weight by -9999 a step: the loss leaves the numbers, the step and the layer are named. */
static void numbers(void **state)
{
    const char *lopsided = put("lopsided.csv", "text,label\na,x\nb,x\nc,x\nd,x\ne,x\nf,x\ng,x\nh,y\n");

    (void)state;
    expect(CALL("run", "--train-file", lopsided, "--validation-file", lopsided, "--model", tiny_model(), "--output-dir", at("n")), 1);
    assert_non_null(strstr(last.err, "every prediction is the same class, 'x': a lower --learning-rate"));
    ends(CALL("run", TINY_TASK, "--model", tiny_model(), "--output-dir", at("n"), "--learning-rate", "100", "--weight-decay", "100", "--scheduler", "constant"), 3,
         "step ", ": a lower --learning-rate or");
    ends(CALL("run", TINY_TASK, "--model", (copy_model("m-huge"), rewrite(at("m-huge"), NULL, "layer.0.intermediate.dense.weight", 3e38f), at("m-huge")),
              "--output-dir", at("n")), 3, "few", "");
}

/* ---- output ---- */

static void output(void **state)
{
    const char *file = put("a-file", "x");
    char below[GR_PATH_MAX];
    const gr_process_opts full = { .output = "/dev/full" };

    (void)state;
    assert_true(gr_fs_join(below, sizeof below, file, "runs"));
    ends(CALL("run", TINY_TASK, "--model", tiny_model(), "--output-dir", below), 4, "a-file", "");
    ends(CALL("run", TINY_TASK, "--model", tiny_model(), "--output-dir", "/proc/nothing"), 4, "/proc/nothing", "");
    ends(call_with(NULL, &full, (const char *const[]){ "list", NULL }), 4, "standard output", "");
    ends(call_with(NULL, &full, (const char *const[]){ "--version", NULL }), 4, "standard output", "");
    ends(call_with(NULL, &full, (const char *const[]){ "--help", NULL }), 4, "standard output", "");
    ends(call_with(NULL, &full, (const char *const[]){ "env", "--json", NULL }), 4, "standard output", "");
    ends(call_with(NULL, &full, (const char *const[]){ "run", TINY_TASK, "--model", tiny_model(), "--output-dir", at("o"), "--json", "--no-progress", "--quiet", NULL }), 4,
         "standard output", "");
}

/* No file may grow beyond 3000 bytes: a record does not fit, the finished one stays whole, the small tables are still written. */
static void full_disk(void **state)
{
    const gr_process_opts full = { .max_file = 3000 };
    gr_records r;

    (void)state;
    GOOD("run", TINY_TASK, "--model", tiny_model(), "--output-dir", at("full"), "--no-progress");
    ends(call_with(NULL, &full, (const char *const[]){ "run", TINY_TASK, "--model", tiny_model(), "--output-dir", at("full"), "--seed", "43", NULL }), 4, "few",
         "large");
    (void)call_with(NULL, &full, (const char *const[]){ "run", TINY_TASK, "--model", tiny_model(), "--output-dir", at("full"), "--seeds", "42,43", NULL });
    ends(last.code, 1, "seed 43", "large");
    assert_non_null(strstr(last.out, "1 of 2 failed"));
    r = records_of(at("full"));
    assert_true(r.n >= 1 && r.r[0].status == GR_RUN_OK && r.r[0].seed == 42);
    gr_records_free(&r);
    GOOD("run", TINY_TASK, "--model", tiny_model(), "--output-dir", at("full"), "--seeds", "42,43"); /* with room again: the rest is done */
    assert_non_null(strstr(last.err, "seed 42: accuracy"));
    assert_non_null(strstr(last.err, "finished before"));
}

/* ---- interrupted, damaged ---- */

static int at_once(void *user, const char *err)
{
    int *turn = user;

    (void)err;
    return (*turn)++ == 3 ? SIGINT : 0;
}

static void interrupted(void **state)
{
    int turn = 0;
    const gr_process_opts o = { .poll = at_once, .user = &turn };
    const char *train = make_csv("long.csv", 2000, true, 50, 3);
    const int code = call_with(NULL, &o, (const char *const[]){ "run", "--train-file", train, "--model", tiny_model(), "--output-dir", at("int"), "--epochs", "50", NULL });

    (void)state;
    if (code != 130) fail_msg("exit %d: %s", code, last.err);
}

/* A checkpoint that is garbage, a record that is garbage: passed over with a warning, the run is done. */
static void damaged_leftovers(void **state)
{
    const char *const words[] = { "run", TINY_TASK, "--model", tiny_model(), "--output-dir", at("left"), "--save-strategy", "steps", "--save-steps", "5", NULL };
    gr_records r;
    char dir[GR_PATH_MAX], name[200];
    gr_err err = GR_ERR_INIT;

    (void)state;
    expect(call_with(NULL, NULL, words), 0);
    r = records_of(at("left"));
    (void)snprintf(name, sizeof name, "left/checkpoints/%.*s", (int)strcspn(gr_fs_basename(r.r[0].path), "."), gr_fs_basename(r.r[0].path));
    (void)snprintf(dir, sizeof dir, "%s", at(name));
    assert_ok(gr_fs_write(r.r[0].path, "{\"schema\": 1", 12, &err), &err);
    gr_records_free(&r);
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    (void)snprintf(name + strlen(name), sizeof name - strlen(name), "/step-10.safetensors");
    (void)put(name, "garbage");
    expect(call_with(NULL, NULL, words), 0);
    assert_non_null(strstr(last.err, "step-10.safetensors is passed over"));
    assert_null(strstr(last.err, "resumed"));
    assert_non_null(strstr(last.err, "seed 42: accuracy"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage),     cmocka_unit_test(data_not_there), cmocka_unit_test(archives),    cmocka_unit_test(models),           cmocka_unit_test(numbers),
        cmocka_unit_test(output),    cmocka_unit_test(full_disk),      cmocka_unit_test(interrupted), cmocka_unit_test(damaged_leftovers),
    };
    const int code = gr_test_main(tests);

    gr_process_free(&last);
    return code;
}
