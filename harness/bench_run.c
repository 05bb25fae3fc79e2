/* bench_run.c - one case of bench: `steps` batches, `repeats` times after a warm-up, through the session and batcher of a run.
 *
 * With --roofline each repeat has three parts, so that a slow minute of the machine hits all alike: the steps on the plain device
 * (they alone make the case's figures), the same steps on the timed one (shares of the ops), and the steps' matrix products back to back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/progress.h"
#include "harness/bench.h"
#include "model/session_timed.h"

enum { MAX_REPEATS = 1000 };

/* A session with its batches; `at`: next row: batches walk through the rows in order and begin again. */
typedef struct runner {
    gr_session *s;
    gr_batcher  batcher;
    uint32_t   *rows;
    double     *logits;
    size_t      at;
    double      tokens, flops; /* of the last pass */
} runner;

typedef struct series { double x[MAX_REPEATS]; size_t n; } series;

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void sort_series(series *s) { qsort(s->x, s->n, sizeof *s->x, by_value); }

/* ---- a session at work ---- */

/* in_place: the session trains the model's own weights; a second one beside it has a copy. */
static gr_status open_runner(runner *r, const gr_bench *b, const gr_bench_case *c, const char *device, bool in_place, gr_err *err)
{
    const int32_t tokens = (int32_t)(c->batch_size * (int64_t)b->rows.max_len);
    const gr_session_opts so = { .device = device, .pool = b->pool, .train = strcmp(c->mode, "train") == 0, .max_tokens = tokens,
                                 .max_rows = (int32_t)c->batch_size, .max_length = (int32_t)b->rows.max_len, .seed = 42, .beta1 = 0.9, .beta2 = 0.999,
                                 .epsilon = 1e-8, .max_grad_norm = 1.0, .recompute = b->o.gradient_checkpointing, .deterministic = b->o.deterministic,
                                 .precision = gr_bench_precision(&b->o), .in_place = in_place };

    memset(r, 0, sizeof *r);
    if (c->batch_size * (int64_t)b->rows.max_len > INT32_MAX)
        return gr_fail(err, GR_E_ARG, "--batch-size %lld rows of %zu tokens: more than %d tokens", (long long)c->batch_size, (size_t)b->rows.max_len, INT32_MAX);
    GR_TRY(gr_session_open(&r->s, b->model, &so, err));
    GR_TRY(gr_batcher_open(&r->batcher, &b->rows, false, tokens, (int32_t)c->batch_size, err));
    r->rows = malloc((size_t)c->batch_size * sizeof *r->rows);
    r->logits = malloc((size_t)c->batch_size * 2 * sizeof *r->logits);
    return r->rows && r->logits ? GR_OK : gr_fail_nomem(err, "a batch");
}

static void close_runner(runner *r)
{
    free(r->rows);
    free(r->logits);
    gr_batcher_close(&r->batcher);
    gr_session_close(r->s);
}

static gr_status one_batch(runner *r, const gr_encoded *e, const gr_bench_case *c, gr_err *err)
{
    const bool train = strcmp(c->mode, "train") == 0;
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

/* n batches from the first row on: each pass has the same ones. */
static gr_status pass(runner *r, const gr_bench *b, const gr_bench_case *c, int64_t n, double *seconds, gr_err *err)
{
    const double t0 = gr_clock_seconds();

    r->tokens = r->flops = 0;
    r->at = 0;
    for (int64_t i = 0; i < n; i++) GR_TRY(one_batch(r, &b->rows, c, err));
    *seconds = gr_clock_seconds() - t0;
    return GR_OK;
}

/* ---- the roofline ---- */

typedef struct roofline {
    char       device[64];
    runner     timed;
    gr_replay *replay;
    double     flops, linear; /* of all products of a pass, as the ops count them; of linear layers alone */
    series     timed_s, replay_s, fraction;
} roofline;

/* One timed pass finds the products; the replay takes them from its books. */
static gr_status open_roofline(roofline *f, const gr_bench *b, gr_bench_case *c, gr_err *err)
{
    const gr_ctx_opts co = { .pool = b->pool, .deterministic = b->o.deterministic, .precision = gr_bench_precision(&b->o) };
    gr_timed *books;
    double s;

    (void)snprintf(f->device, sizeof f->device, "timed-%s", b->o.device);
    if (!gr_backend_find(f->device)) return gr_fail(err, GR_E_ARG, "--roofline: device %s has no timed form", b->o.device);
    GR_TRY(open_runner(&f->timed, b, c, f->device, false, err));
    books = gr_session_timed(f->timed.s);
    gr_timed_reset(books);
    GR_TRY(pass(&f->timed, b, c, c->steps, &s, err));
    if (books->missed) return gr_fail(err, GR_E_ARG, "--roofline: more distinct products than it keeps; take fewer --steps");
    f->flops = gr_timed_flops(books);
    f->linear = books->op[GR_TIMED_LINEAR_FWD].flops + books->op[GR_TIMED_LINEAR_DX].flops + books->op[GR_TIMED_LINEAR_DW].flops;
    GR_TRY(gr_replay_open(&f->replay, books, &co, err));
    GR_TRY(gr_replay_run(f->replay, &s, err));
    gr_timed_reset(books);
    return GR_OK;
}

static gr_status roofline_round(roofline *f, const gr_bench *b, const gr_bench_case *c, double plain, gr_err *err)
{
    double s;

    GR_TRY(gr_replay_run(f->replay, &s, err));
    f->replay_s.x[f->replay_s.n++] = s;
    f->fraction.x[f->fraction.n++] = (f->linear / plain) / (gr_replay_flops(f->replay) / s);
    GR_TRY(pass(&f->timed, b, c, c->steps, &s, err));
    f->timed_s.x[f->timed_s.n++] = s;
    return GR_OK;
}

static gr_status close_books(roofline *f, gr_bench_case *c, const series *plain, gr_err *err)
{
    gr_roofline *r = &c->roof;
    const double products = gr_replay_flops(f->replay);

    r->books = malloc(sizeof *r->books);
    if (!r->books) return gr_fail_nomem(err, "a roofline");
    *r->books = *gr_session_timed(f->timed.s);
    for (size_t i = 0; i < f->timed_s.n; i++) r->seconds += f->timed_s.x[i];
    r->steps = c->steps * (int64_t)f->timed_s.n;
    sort_series(&f->timed_s);
    sort_series(&f->replay_s);
    sort_series(&f->fraction);
    r->step_gflops = f->flops / c->median / 1e9;
    r->product_gflops = products / f->replay_s.x[f->replay_s.n / 2] / 1e9;
    r->fraction = f->fraction.x[f->fraction.n / 2];
    r->fraction_best = (f->linear / plain->x[0]) / (products / f->replay_s.x[0]);
    r->slowdown = f->timed_s.x[f->timed_s.n / 2] / c->median;
    return GR_OK;
}

/* ---- the case ---- */

static void summarise(gr_bench_case *c, series *plain, const runner *r)
{
    sort_series(plain);
    c->median = plain->x[plain->n / 2];
    c->spread = (plain->x[plain->n - 1] - plain->x[0]) / c->median;
    c->tokens = r->tokens;
    c->flops = r->flops;
    c->tokens_per_second = r->tokens / c->median;
    c->examples_per_second = (double)(c->steps * c->batch_size) / c->median;
    c->gflops = r->flops / c->median / 1e9;
}

static double peak_mb(void)
{
    struct rusage use;

    return getrusage(RUSAGE_SELF, &use) == 0 ? (double)use.ru_maxrss / 1024.0 : 0.0;
}

static gr_status measure(runner *r, roofline *f, series *plain, const gr_bench *b, gr_bench_case *c, gr_err *err)
{
    double s;

    if (b->o.warmup) GR_TRY(pass(r, b, c, b->o.warmup, &s, err));
    if (b->o.roofline) { /* the roofline's own memory is not the case's */
        GR_TRY(pass(r, b, c, c->steps, &s, err));
        c->peak_memory_mb = peak_mb();
        GR_TRY(open_roofline(f, b, c, err));
    }
    for (int64_t k = 0; k < b->o.repeats; k++) {
        GR_TRY(pass(r, b, c, c->steps, &s, err));
        plain->x[plain->n++] = s;
        if (b->o.roofline) GR_TRY(roofline_round(f, b, c, s, err));
    }
    if (!b->o.roofline) c->peak_memory_mb = peak_mb();
    summarise(c, plain, r);
    return b->o.roofline ? close_books(f, c, plain, err) : GR_OK;
}

gr_status gr_bench_run(const gr_bench *b, gr_bench_case *c, gr_err *err)
{
    runner r = { 0 };
    roofline *f = calloc(1, sizeof *f);
    series *plain = calloc(1, sizeof *plain);
    gr_status s = f && plain ? GR_OK : gr_fail_nomem(err, "a case");

    if (s == GR_OK) s = open_runner(&r, b, c, b->o.device, true, err);
    if (s == GR_OK) s = measure(&r, f, plain, b, c, err);
    if (f) {
        gr_replay_close(f->replay);
        close_runner(&f->timed);
    }
    close_runner(&r);
    free(f);
    free(plain);
    return s;
}
