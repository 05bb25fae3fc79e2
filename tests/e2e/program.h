/* program.h - for the end-to-end tests: the built glue-run as a process, files made up for it, its records read back. */
#ifndef GR_TESTS_E2E_PROGRAM_H
#define GR_TESTS_E2E_PROGRAM_H
#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/rng.h"
#include "results/store.h"
#include "tests/support/encoder.h"
#include "tests/support/process.h"
#include "tests/support/test.h"

enum { MAX_WORDS = 64 };

static gr_process last; /* of the last call */

/* A path below the test's folder. */
static inline const char *at(const char *name)
{
    static char path[16][GR_PATH_MAX];
    static size_t turn;
    char *p = path[turn++ % 16];

    assert_true(gr_fs_join(p, GR_PATH_MAX, gr_test_tmpdir(), name));
    return p;
}

static inline const char *put(const char *name, const char *text)
{
    const char *p = at(name);
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_fs_write(p, text, strlen(text), &err), &err);
    return p;
}

/* Run a program (NULL: the built one) with these words; the environment is bare of our variables. Returns the exit code. */
static inline int call_with(const char *program, const gr_process_opts *more, const char *const *words)
{
    const char *env[] = { "GLUE_RUN_DATA", "HF_HOME", "XDG_CACHE_HOME", "OMP_NUM_THREADS", "GLUE_RUN_HOME=/nonexistent", NULL };
    const char *argv[MAX_WORDS];
    gr_process_opts o = more ? *more : (gr_process_opts){ 0 };
    int n = 0;

    argv[n++] = program ? program : GR_PROGRAM;
    for (; words[n - 1]; n++) {
        assert_true(n < MAX_WORDS - 1);
        argv[n] = words[n - 1];
    }
    argv[n] = NULL;
    if (!o.env) o.env = env;
    gr_process_free(&last);
    assert_true(gr_process_run(&last, &o, argv));
    if (last.timed_out) fail_msg("%s ran too long: %s", argv[0], last.err);
    if (strstr(last.err, "Sanitizer") || strstr(last.err, "runtime error")) fail_msg("%s", last.err);
    return last.code;
}
#define CALL(...) call_with(NULL, NULL, (const char *const[]){ __VA_ARGS__, NULL })

static inline void expect(int got, int want)
{
    if (got != want) fail_msg("exit %d, want %d\n%s\n%s", got, want, last.out, last.err);
}
#define GOOD(...) expect(CALL(__VA_ARGS__), 0)

/* ---- made-up data ---- */

static const char *const bright[] = { "good", "great", "kind", "warm", "clear", "bright" };
static const char *const dull[] = { "bad", "poor", "cold", "dark", "late", "slow" };
static const char *const plain_words[] = { "the", "day", "was", "in", "a", "house", "and", "on", "with", "for", "this", "of" };

/* Rows of text,label. told: the text tells its label; otherwise labels are drawn apart from texts. share of "pos" in percent. */
static inline const char *make_csv(const char *name, size_t rows, bool told, int share, uint64_t seed)
{
    gr_buf b = { 0 };
    gr_rng r;
    const char *path;

    gr_rng_init(&r, seed, GR_RNG_DEMO, 0);
    gr_buf_adds(&b, "text,label\n");
    for (size_t i = 0; i < rows; i++) {
        const bool pos = gr_rng_below(&r, 100) < (uint64_t)share;
        const size_t n = 3 + gr_rng_below(&r, 6);
        for (size_t w = 0; w < n; w++) gr_buf_addf(&b, "%s ", plain_words[gr_rng_below(&r, 12)]);
        if (told) gr_buf_adds(&b, (pos ? bright : dull)[gr_rng_below(&r, 6)]);
        gr_buf_addf(&b, ",%s\n", pos ? "pos" : "neg");
    }
    assert_false(b.oom);
    path = put(name, b.p);
    gr_buf_free(&b);
    return path;
}

/* ---- what it wrote ---- */

static inline gr_records records_of(const char *dir)
{
    gr_records r;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_store_load(&r, dir, &err), &err);
    return r;
}

static inline double value_of(const gr_record *r, const char *metric)
{
    for (size_t i = 0; i < r->n_metrics; i++)
        if (strcmp(r->metrics[i].name, metric) == 0) return r->metrics[i].value;
    return NAN;
}

/* The numbers of a run as text: everything of its record that must be the same when the run is repeated. */
static inline char *numbers_of(const gr_record *r)
{
    static const char *const keys[] = { "status", "key", "metrics", "history", "steps", "epochs", "train_loss", "total_flops", "n_train", "n_eval" };
    gr_json *j = NULL, *kept = gr_json_new_object();
    char *text = NULL;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_record_to_json(&j, r, &err), &err);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) gr_json_add_copy(kept, keys[i], gr_json_get(j, keys[i]));
    assert_ok(gr_json_print(&text, kept, true, &err), &err);
    gr_json_free(j);
    gr_json_free(kept);
    return text;
}

/* The file beside a record with another ending, whole. */
static inline char *beside(const gr_record *r, const char *ending, size_t *n)
{
    char path[GR_PATH_MAX + 40], *text = NULL;
    gr_err err = GR_ERR_INIT;

    (void)snprintf(path, sizeof path, "%.*s%s", (int)(strlen(r->path) - strlen(".json")), r->path, ending);
    assert_ok(gr_fs_read(&text, n, path, 0, &err), &err);
    return text;
}

/* The first record of two folders: the same numbers, the same predictions, byte by byte. */
static inline void assert_same_run(const char *dir_a, const char *dir_b)
{
    gr_records a = records_of(dir_a), b = records_of(dir_b);
    char *x = numbers_of(&a.r[0]), *y = numbers_of(&b.r[0]);
    size_t n, m;

    assert_string_equal(x, y);
    free(x);
    free(y);
    x = beside(&a.r[0], ".predictions.jsonl", &n);
    y = beside(&b.r[0], ".predictions.jsonl", &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
    gr_records_free(&a);
    gr_records_free(&b);
}

static inline const char *tiny_model(void)
{
    static char path[GR_PATH_MAX];
    const gr_encoder_opts o = GR_ENCODER_TINY;

    if (!path[0]) (void)snprintf(path, sizeof path, "%s", gr_encoder_folder("tiny", &o));
    return path;
}

/* ---- an installation of its own: the program, the demo data, a tiny encoder as the demo's ---- */

static inline void shell(const char *command, const char *a, const char *b)
{
    expect(call_with(command, NULL, (const char *const[]){ "-r", a, b, NULL }), 0);
}

static inline const char *installed(void)
{
    static char program[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    if (program[0]) return program;
    assert_ok(gr_fs_mkdirs(at("inst/bin"), &err), &err);
    assert_ok(gr_fs_mkdirs(at("inst/data"), &err), &err);
    assert_ok(gr_fs_mkdirs(at("inst/model"), &err), &err);
    shell("cp", GR_PROGRAM, at("inst/bin/glue-run"));
    shell("cp", GR_SOURCE_DIR "/data/demo", at("inst/data/demo"));
    shell("cp", tiny_model(), at("inst/model/demo"));
    (void)snprintf(program, sizeof program, "%s", at("inst/bin/glue-run"));
    return program;
}

#endif
