/* replay.c - the recorded products back to back; see timed.h. */
#include <stdlib.h>

#include "base/pages.h"
#include "base/progress.h"
#include "model/backend/host.h"
#include "model/backend/timed/timed.h"

typedef struct buffers {
    int32_t in, out, rows; /* rows: the most of any product of this shape */
    void   *x, *w, *bias, *y, *dx, *dw;
} buffers;

struct gr_replay {
    const gr_backend *op;
    gr_ctx           *ctx;
    gr_timed_product *product;
    size_t            n;
    buffers          *set;
    size_t            n_sets;
    double            flops;
};

static buffers *set_of(gr_replay *r, const gr_timed_product *p)
{
    buffers *b = r->set, *const end = b + r->n_sets;

    while (b < end && !(b->in == p->in && b->out == p->out)) b++;
    if (b == end) {
        r->n_sets++;
        *b = (buffers){ .in = p->in, .out = p->out };
    }
    return b;
}

/* Small numbers that differ: products of zeros could be cheaper. */
static void *filled(gr_replay *r, size_t n, gr_err *err)
{
    float *host = malloc((n ? n : 1) * sizeof *host), *dev = host ? r->op->alloc(r->ctx, n * sizeof *host) : NULL;
    uint32_t x = 12345;

    if (!dev) {
        (void)gr_fail(err, GR_E_NOMEM, "out of memory for a product's buffers");
        free(host);
        return NULL;
    }
    gr_pages_large(dev, n * sizeof *dev); /* as a training session's lie */
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        host[i] = (float)(x >> 8) / 16777216.0f - 0.5f;
    }
    r->op->upload(r->ctx, dev, host, n * sizeof *host);
    free(host);
    return dev;
}

static gr_status fill_set(gr_replay *r, buffers *b, gr_err *err)
{
    const size_t R = (size_t)b->rows, K = (size_t)b->in, N = (size_t)b->out;

    b->x = filled(r, R * K, err);
    b->w = b->x ? filled(r, N * K, err) : NULL;
    b->bias = b->w ? filled(r, N, err) : NULL;
    b->y = b->bias ? filled(r, R * N, err) : NULL;
    b->dx = b->y ? filled(r, R * K, err) : NULL;
    b->dw = b->dx ? filled(r, N * K, err) : NULL;
    return b->dw ? GR_OK : GR_E_NOMEM;
}

static gr_status prepare(gr_replay *r, const gr_timed *t, const gr_ctx_opts *o, gr_err *err)
{
    int32_t rows = 1, width = 1;

    GR_TRY(r->op->open(&r->ctx, o, err));
    r->n = t->n_products;
    r->product = calloc(r->n + 1, sizeof *r->product);
    r->set = calloc(r->n + 1, sizeof *r->set);
    if (!r->product || !r->set) return gr_fail(err, GR_E_NOMEM, "out of memory for a list of products");
    for (size_t i = 0; i < r->n; i++) {
        const gr_timed_product *p = &t->product[i];
        buffers *b = set_of(r, p);

        r->product[i] = *p;
        r->flops += 2.0 * p->rows * (double)p->in * p->out * (double)p->calls;
        if (p->rows > b->rows) b->rows = p->rows;
        if (p->rows > rows) rows = p->rows;
        if (p->in > width) width = p->in;
        if (p->out > width) width = p->out;
    }
    r->op->reserve(r->ctx, &(gr_capacity){ .tokens = rows, .rows = rows, .max_len = 1, .width = width, .hidden = 1, .heads = 1 });
    for (size_t i = 0; i < r->n_sets; i++) GR_TRY(fill_set(r, &r->set[i], err));
    return r->op->sync(r->ctx, err);
}

/* Products of evaluation alone have their weights packed, as those of a session that only evaluates. */
static gr_status keep_weights(gr_replay *r, gr_err *err)
{
    double seconds;

    for (size_t i = 0; i < r->n; i++)
        if (r->product[i].op != GR_TIMED_LINEAR_FWD) return GR_OK;
    GR_TRY(gr_replay_run(r, &seconds, err));
    r->op->keep_weights(r->ctx, true);
    return GR_OK;
}

gr_status gr_replay_open(gr_replay **out, const gr_timed *t, const gr_ctx_opts *o, gr_err *err)
{
    gr_replay *r = calloc(1, sizeof *r);
    gr_status s;

    *out = NULL;
    if (!r) return gr_fail(err, GR_E_NOMEM, "out of memory for a replay");
    r->op = &gr_backend_cpu;
    s = prepare(r, t, o, err);
    if (s == GR_OK) s = keep_weights(r, err);
    if (s != GR_OK) {
        gr_replay_close(r);
        return s;
    }
    *out = r;
    return GR_OK;
}

void gr_replay_close(gr_replay *r)
{
    if (!r) return;
    if (r->ctx) r->op->close(r->ctx); /* and its buffers */
    free(r->product);
    free(r->set);
    free(r);
}

double gr_replay_flops(const gr_replay *r) { return r->flops; }

static void run_product(gr_replay *r, const gr_timed_product *p)
{
    const buffers *b = set_of(r, p);
    gr_linear_args a = { .rows = p->rows, .in = p->in, .out = p->out, .x = b->x, .w = b->w, .y = b->y };

    if (p->op == GR_TIMED_LINEAR_FWD) {
        a.bias = b->bias;
        for (int64_t i = 0; i < p->calls; i++) r->op->linear_fwd(r->ctx, &a);
        return;
    }
    a.dy = b->y;
    if (p->op == GR_TIMED_LINEAR_DX) a.dx = b->dx;
    else a.dw = b->dw;
    for (int64_t i = 0; i < p->calls; i++) r->op->linear_bwd(r->ctx, &a);
}

gr_status gr_replay_run(gr_replay *r, double *seconds, gr_err *err)
{
    const double t0 = gr_clock_seconds();

    for (size_t i = 0; i < r->n; i++) run_product(r, &r->product[i]);
    *seconds = gr_clock_seconds() - t0;
    return r->op->sync(r->ctx, err);
}
