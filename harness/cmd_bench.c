/* cmd_bench.c - `glue-run bench`: speed of training steps and inference, through the very sessions and batches that runs use.
 *
 * A case is a mode and a batch size. It runs `steps` batches, `repeats` times after a warm-up; the median over the repeats
 * counts, the spread is (max - min) / median. Tokens are real ones: there is no padding. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/rng.h"
#include "harness/cmd.h"
#include "harness/encoded.h"
#include "harness/locate.h"
#include "model/session.h"

typedef struct bench_opts {
    const char *model, *mode, *batch_size, *rows, *device, *precision;
    int64_t     steps, repeats, threads, max_length;
    bool        json, help;
} bench_opts;

#define AT(f) offsetof(bench_opts, f)
static const gr_opt options[] = {
    { .name = "model", .aliases = "model-name-or-path", .type = GR_OPT_STR, .offset = AT(model), .value = "NAME|DIR", .help = "encoder (default demo)" },
    { .name = "mode", .type = GR_OPT_STR, .offset = AT(mode), .fallback = "train,infer", .value = "A,B", .help = "train, infer or both" },
    { .name = "batch-size", .type = GR_OPT_STR, .offset = AT(batch_size), .fallback = "8,32", .value = "N,M", .help = "rows a batch" },
    { .name = "rows", .type = GR_OPT_STR, .offset = AT(rows), .value = "FILE.tsv", .help = "text or text TAB pair a line (default: a fixed synthetic length mix)" },
    { .name = "steps", .type = GR_OPT_INT, .offset = AT(steps), .fallback = "10", .value = "N", .lo = 1, .hi = 1e6, .help = "batches a repeat" },
    { .name = "repeats", .type = GR_OPT_INT, .offset = AT(repeats), .fallback = "5", .value = "N", .lo = 1, .hi = 1000, .help = "measurements a case" },
    { .name = "max-length", .aliases = "max-seq-length", .type = GR_OPT_INT, .offset = AT(max_length), .fallback = "128", .value = "N", .lo = 8, .hi = 1e5, .help = "tokens a row at most" },
    { .name = "device", .type = GR_OPT_STR, .offset = AT(device), .fallback = "cpu", .value = "NAME", .help = "see list devices" },
    { .name = "precision", .type = GR_OPT_CHOICE, .offset = AT(precision), .fallback = "f32", .value = "NAME", .choices = "f32", .help = "of matrix products" },
    { .name = "threads", .type = GR_OPT_INT, .offset = AT(threads), .value = "N", .hi = 1024, .help = "default: all cores" },
    { .name = "json", .type = GR_OPT_FLAG, .offset = AT(json), .help = "one JSON object" },
    { .name = "help", .type = GR_OPT_FLAG, .offset = AT(help), .help = "this text" },
    { .name = NULL },
};

enum { SYNTHETIC_ROWS = 512, MAX_CASES = 16, MAX_REPEATS = 1000 };

typedef struct bench {
    bench_opts  o;
    gr_pool    *pool;
    gr_tok     *tok;
    gr_model   *model;
    gr_encoded  rows;
    char        dir[GR_PATH_MAX];
} bench;

typedef struct result {
    const char *mode;
    int64_t     batch_size, steps;
    double      tokens, tokens_per_second, examples_per_second, gflops, median, spread, peak_memory_mb;
} result;

/* ---- rows ---- */

/* Lengths drawn once and for all between 24 and 88 tokens, mean about 54: the shape of MRPC under a BERT vocabulary. */
static gr_status synthetic_rows(bench *b, gr_err *err)
{
    gr_encoded *e = &b->rows;
    const int64_t cap = b->o.max_length < b->model->config.max_positions ? b->o.max_length : b->model->config.max_positions;
    gr_rng r;
    size_t total = 0;

    e->n = SYNTHETIC_ROWS;
    e->start = calloc(e->n + 1, sizeof *e->start);
    e->classes = calloc(e->n, sizeof *e->classes);
    if (!e->start || !e->classes) return gr_fail_nomem(err, "rows");
    gr_rng_init(&r, 1, GR_RNG_SAMPLE, 1);
    for (size_t i = 0; i < e->n; i++) {
        const size_t drawn = (size_t)(24 + gr_rng_below(&r, 33) + gr_rng_below(&r, 33)), len = drawn < (size_t)cap ? drawn : (size_t)cap;
        total += len;
        e->start[i + 1] = total;
        e->classes[i] = (int32_t)(i % 2);
        if (len > e->max_len) e->max_len = len;
    }
    e->ids = calloc(total, sizeof *e->ids);
    e->types = calloc(total, sizeof *e->types);
    if (!e->ids || !e->types) return gr_fail_nomem(err, "rows");
    for (size_t t = 0; t < total; t++) e->ids[t] = (int32_t)gr_rng_below(&r, (uint64_t)b->model->config.vocab_size);
    e->labelled = true;
    return GR_OK;
}

static gr_status file_rows(bench *b, gr_err *err)
{
    static const char *const labels[] = { "0", "1", NULL };
    const gr_task task = { .name = "bench", .head = { GR_HEAD_CLASS, 2 }, .labels = labels };
    const gr_encode_opts eo = { (size_t)b->o.max_length, false };
    gr_examples ex = { 0 };
    char *text = NULL;
    size_t n = 0, cap = 0;
    gr_sv rest;
    gr_status s;

    GR_TRY(gr_fs_read(&text, &n, b->o.rows, (size_t)1 << 30, err));
    rest = (gr_sv){ text, n };
    s = GR_OK;
    while (rest.n && s == GR_OK) {
        gr_sv line = gr_sv_split(&rest, '\n'), first;
        if (line.n && line.p[line.n - 1] == '\r') line.n--;
        if (ex.n == cap) {
            gr_example *grown = realloc(ex.e, (cap = cap ? 2 * cap : 256) * sizeof *grown);
            if (!grown) {
                s = gr_fail_nomem(err, "rows");
                break;
            }
            ex.e = grown;
        }
        first = memchr(line.p, '\t', line.n) ? gr_sv_split(&line, '\t') : line;
        ex.e[ex.n] = (gr_example){ .text_a = first, .label = (int32_t)(ex.n % 2), .value = NAN, .labelled = true };
        if (first.p != line.p) ex.e[ex.n].text_b = line;
        ex.n++;
    }
    if (s == GR_OK && !ex.n) s = gr_fail(err, GR_E_FORMAT, "%s: no rows", b->o.rows);
    if (s == GR_OK) s = gr_encoded_make(&b->rows, b->tok, &ex, &task, &eo, b->pool, err);
    free(ex.e);
    free(text);
    return s;
}

/* ---- one case ---- */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

typedef struct running {
    gr_session *s;
    gr_batcher  batcher;
    uint32_t   *rows;
    double     *logits;
    size_t      at; /* next row: batches walk through the file in order and begin again */
    double      tokens, flops;
} running;

static gr_status one_batch(running *r, const gr_encoded *e, const result *c, bool train, gr_err *err)
{
    gr_step_result step;
    gr_batch b;

    for (int64_t i = 0; i < c->batch_size; i++) r->rows[i] = (uint32_t)((r->at + (size_t)i) % e->n);
    r->at = (r->at + (size_t)c->batch_size) % e->n;
    GR_TRY(gr_batcher_fill(&r->batcher, &b, r->rows, (size_t)c->batch_size, 0, err));
    r->tokens += b.n_tokens;
    r->flops += gr_session_flops(r->s, &b, train);
    if (train) {
        GR_TRY(gr_session_accumulate(r->s, &b, (double)c->batch_size, NULL, err));
        return gr_session_step(r->s, 1e-5, &step, err);
    }
    b.classes = NULL;
    return gr_session_eval(r->s, &b, r->logits, NULL, err);
}

static gr_status repeat_case(running *r, const bench *b, result *c, bool train, gr_err *err)
{
    double seconds[MAX_REPEATS];
    struct rusage use;

    for (int i = 0; i < 2; i++) GR_TRY(one_batch(r, &b->rows, c, train, err));
    r->at = 0;
    for (int64_t k = 0; k < b->o.repeats; k++) {
        const double t0 = gr_clock_seconds();
        r->tokens = r->flops = 0;
        r->at = 0; /* each repeat has the same batches */
        for (int64_t i = 0; i < c->steps; i++) GR_TRY(one_batch(r, &b->rows, c, train, err));
        seconds[k] = gr_clock_seconds() - t0;
    }
    qsort(seconds, (size_t)b->o.repeats, sizeof *seconds, by_value);
    c->median = seconds[b->o.repeats / 2];
    c->spread = (seconds[b->o.repeats - 1] - seconds[0]) / c->median;
    c->tokens = r->tokens;
    c->tokens_per_second = r->tokens / c->median;
    c->examples_per_second = (double)(c->steps * c->batch_size) / c->median;
    c->gflops = r->flops / c->median / 1e9;
    if (getrusage(RUSAGE_SELF, &use) == 0) c->peak_memory_mb = (double)use.ru_maxrss / 1024.0;
    return GR_OK;
}

static gr_status run_case(const bench *b, result *c, gr_err *err)
{
    const bool train = strcmp(c->mode, "train") == 0;
    const int32_t tokens = (int32_t)(c->batch_size * (int64_t)b->rows.max_len);
    const gr_session_opts so = { .device = b->o.device, .pool = b->pool, .train = train, .max_tokens = tokens, .max_rows = (int32_t)c->batch_size,
                                 .max_length = (int32_t)b->rows.max_len, .seed = 42, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8,
                                 .max_grad_norm = 1.0 };
    running r = { 0 };
    gr_status s = gr_session_open(&r.s, b->model, &so, err);

    if (s == GR_OK) s = gr_batcher_open(&r.batcher, &b->rows, false, tokens, (int32_t)c->batch_size, err);
    r.rows = malloc((size_t)c->batch_size * sizeof *r.rows);
    r.logits = malloc((size_t)c->batch_size * 2 * sizeof *r.logits);
    if (s == GR_OK && (!r.rows || !r.logits)) s = gr_fail_nomem(err, "a batch");
    if (s == GR_OK) s = repeat_case(&r, b, c, train, err);
    free(r.rows);
    free(r.logits);
    gr_batcher_close(&r.batcher);
    gr_session_close(r.s);
    return s;
}

/* ---- the command ---- */

static gr_status plan_cases(result *out, size_t *n, const bench_opts *o, gr_err *err)
{
    gr_sv modes = gr_sv_from(o->mode);

    *n = 0;
    while (modes.n) {
        const gr_sv mode = gr_sv_trim(gr_sv_split(&modes, ','));
        gr_sv sizes = gr_sv_from(o->batch_size);
        if (!gr_sv_is(mode, "train") && !gr_sv_is(mode, "infer"))
            return gr_fail(err, GR_E_ARG, "--mode '%.*s': train, infer or train,infer", GR_SV_FMT(mode));
        while (sizes.n) {
            const gr_sv size = gr_sv_trim(gr_sv_split(&sizes, ','));
            int64_t v;
            if (gr_sv_int(&v, size, NULL) != GR_OK || v < 1 || v > 65536 || *n == MAX_CASES)
                return gr_fail(err, GR_E_ARG, "--batch-size '%.*s': whole numbers from 1 to 65536, at most %d cases", GR_SV_FMT(size), MAX_CASES);
            out[(*n)++] = (result){ .mode = gr_sv_is(mode, "train") ? "train" : "infer", .batch_size = v, .steps = o->steps };
        }
    }
    return GR_OK;
}

static gr_status open_bench(bench *b, gr_err *err)
{
    const gr_device_info *device = gr_device_find(b->o.device);
    gr_model_opts mo = { .dir = b->dir, .head = { GR_HEAD_CLASS, 2 }, .seed = 42, .dropout = -1 };

    if (!device) return gr_fail(err, GR_E_ARG, "--device '%s': not one of `glue-run list devices`", b->o.device);
    mo.elem = device->elem;
    GR_TRY(gr_locate_model(b->dir, b->o.model, err));
    GR_TRY(gr_pool_open(&b->pool, b->o.threads > 0 ? (int)b->o.threads : gr_pool_default_threads(), err));
    GR_TRY(gr_model_open(&b->model, &mo, err));
    if (!b->o.rows) return synthetic_rows(b, err);
    GR_TRY(gr_tok_open(&b->tok, b->dir, NULL, err));
    return file_rows(b, err);
}

static gr_status print_json(const bench *b, const result *c, size_t n, gr_err *err)
{
    gr_json *j = gr_json_new_object(), *cases, *o;
    char *text = NULL;
    gr_status s;

    gr_json_add_str(j, "model", b->model->name);
    gr_json_add_int(j, "params", (int64_t)b->model->params.n_weights);
    gr_json_add_str(j, "device", b->o.device);
    gr_json_add_str(j, "precision", b->o.precision);
    gr_json_add_int(j, "threads", gr_pool_threads(b->pool));
    cases = gr_json_add_array(j, "cases");
    for (size_t i = 0; i < n; i++) {
        o = gr_json_add_object(cases, NULL);
        gr_json_add_str(o, "mode", c[i].mode);
        gr_json_add_int(o, "batch_size", c[i].batch_size);
        gr_json_add_int(o, "steps", c[i].steps);
        gr_json_add_num(o, "tokens", c[i].tokens);
        gr_json_add_num(o, "tokens_per_second", c[i].tokens_per_second);
        gr_json_add_num(o, "examples_per_second", c[i].examples_per_second);
        gr_json_add_num(o, "gflops", c[i].gflops);
        gr_json_add_num(o, "peak_memory_mb", c[i].peak_memory_mb);
        gr_json_add_num(o, "median", c[i].median);
        gr_json_add_num(o, "spread", c[i].spread);
    }
    s = gr_json_print(&text, j, true, err);
    if (s == GR_OK) puts(text);
    free(text);
    gr_json_free(j);
    return s;
}

static void print_text(const bench *b, const result *c, size_t n)
{
    printf("%s, %s, %s, %d thread%s, medians of %lld\n\n", b->model->name, b->o.device, b->o.precision, gr_pool_threads(b->pool),
           gr_pool_threads(b->pool) == 1 ? "" : "s", (long long)b->o.repeats);
    printf("mode   batch  tokens/s  examples/s  GFLOP/s  peak MB  spread\n");
    for (size_t i = 0; i < n; i++)
        printf("%-5s %6lld %9.0f %11.1f %8.1f %8.0f  %5.1f%%\n", c[i].mode, (long long)c[i].batch_size, c[i].tokens_per_second,
               c[i].examples_per_second, c[i].gflops, c[i].peak_memory_mb, 100 * c[i].spread);
}

static gr_status measure(bench *b, gr_err *err)
{
    result c[MAX_CASES];
    size_t n = 0;

    gr_log_set_level(GR_LOG_ERROR);
    GR_TRY(plan_cases(c, &n, &b->o, err));
    GR_TRY(open_bench(b, err));
    for (size_t i = 0; i < n; i++) GR_TRY(run_case(b, &c[i], err));
    if (b->o.json) return print_json(b, c, n, err);
    print_text(b, c, n);
    return GR_OK;
}

int gr_cmd_bench(int argc, char **argv)
{
    static const gr_cmd_spec spec = { "glue-run bench [options]\n", options, "bench takes options only" };
    gr_cmd_words w;
    bench b = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_status s = gr_cmd_begin(&w, &b.o, NULL, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help) s = measure(&b, &err);
    gr_encoded_free(&b.rows);
    gr_model_close(b.model);
    gr_tok_close(b.tok);
    gr_pool_close(b.pool);
    return gr_cmd_end(&w, s, &err);
}
