/* timed.c - see timed.h. Every op looks at the clock, runs the wrapped op, looks again, and books what was done. */
#include "model/backend/timed/timed.h"

#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "model/backend/host.h"

/* gr_ctx is the host's; a timed context is passed around as one but is this. */
typedef struct timed_ctx {
    const gr_backend *op;
    gr_ctx           *in;
    gr_timed          t;
} timed_ctx;

static timed_ctx *of(gr_ctx *c) { return (timed_ctx *)(void *)c; }

/* ---- the books ---- */

const char *gr_timed_op_name(gr_timed_op op)
{
    static const char *const names[GR_TIMED_OPS] = {
        [GR_TIMED_LINEAR_FWD] = "linear forward", [GR_TIMED_LINEAR_DX] = "linear dx", [GR_TIMED_LINEAR_DW] = "linear dw",
        [GR_TIMED_LINEAR_SLOPE] = "activation backward", [GR_TIMED_ATTENTION_FWD] = "attention forward",
        [GR_TIMED_ATTENTION_BWD] = "attention backward", [GR_TIMED_HEADS] = "products by head", [GR_TIMED_ROTARY] = "rotary positions",
        [GR_TIMED_GATE_FWD] = "gate forward", [GR_TIMED_GATE_BWD] = "gate backward", [GR_TIMED_NORM_FWD] = "norm forward", [GR_TIMED_NORM_BWD] = "norm backward",
        [GR_TIMED_EMBED_FWD] = "embeddings forward", [GR_TIMED_EMBED_BWD] = "embeddings backward", [GR_TIMED_POOL] = "pooling",
        [GR_TIMED_LOSS] = "loss", [GR_TIMED_SUMSQ] = "gradient norm", [GR_TIMED_ADAMW] = "AdamW", [GR_TIMED_COPY] = "copies",
    };

    return (unsigned)op < GR_TIMED_OPS ? names[op] : "?";
}

gr_timed *gr_timed_of(gr_ctx *c) { return &of(c)->t; }

void gr_timed_reset(gr_timed *t)
{
    memset(t->op, 0, sizeof t->op);
    t->n_products = 0;
    t->missed = 0;
}

double gr_timed_flops(const gr_timed *t)
{
    double sum = 0.0;

    for (int i = 0; i < GR_TIMED_OPS; i++) sum += t->op[i].flops;
    return sum;
}

static void book(timed_ctx *c, gr_timed_op op, double t0, double flops, double elements)
{
    gr_timed_sum *s = &c->t.op[op];

    s->seconds += gr_clock_seconds() - t0;
    s->calls++;
    s->flops += flops;
    s->bytes += elements * c->op->elem;
}

static void note_product(gr_timed *t, gr_timed_op op, const gr_linear_args *a)
{
    gr_timed_product *p = t->product, *const end = p + t->n_products;

    while (p < end && !(p->op == op && p->rows == a->rows && p->in == a->in && p->out == a->out)) p++;
    if (p == end) {
        if (t->n_products == GR_TIMED_PRODUCTS) {
            t->missed++;
            return;
        }
        t->n_products++;
        *p = (gr_timed_product){ op, a->rows, a->in, a->out, 0 };
    }
    p->calls++;
}

/* ---- products ---- */

static double product_flops(const gr_linear_args *a) { return 2.0 * a->rows * (double)a->in * a->out; }

static void linear_fwd(gr_ctx *x, const gr_linear_args *a)
{
    timed_ctx *c = of(x);
    const double R = a->rows, K = a->in, N = a->out, t0 = gr_clock_seconds();

    c->op->linear_fwd(c->in, a);
    book(c, GR_TIMED_LINEAR_FWD, t0, product_flops(a), R * K + N * K + R * N * (a->pre && a->act != GR_ACT_NONE ? 2.0 : 1.0));
    note_product(&c->t, GR_TIMED_LINEAR_FWD, a);
}

static void linear_part(timed_ctx *c, gr_timed_op op, const gr_linear_args *a, double flops, double elements)
{
    const double t0 = gr_clock_seconds();

    c->op->linear_bwd(c->in, a);
    book(c, op, t0, flops, elements);
    if (op != GR_TIMED_LINEAR_SLOPE) note_product(&c->t, op, a);
}

/* Three calls, so that each is timed apart. After the first, dy is the gradient before act, so the others see no activation. The gradient
 * of the bias is computed with dw, or with the slope when there is no dw. */
static void linear_bwd(gr_ctx *x, const gr_linear_args *a)
{
    timed_ctx *c = of(x);
    const double R = a->rows, K = a->in, N = a->out;
    gr_linear_args slope = *a, dw = *a, dx = *a;

    slope.dx = slope.dw = NULL;
    if (a->dw) slope.dbias = NULL;
    if (a->act != GR_ACT_NONE || slope.dbias) linear_part(c, GR_TIMED_LINEAR_SLOPE, &slope, 0.0, R * N * (a->act != GR_ACT_NONE ? 3.0 : 1.0));
    dx.act = dw.act = GR_ACT_NONE;
    dx.dbias = NULL;
    dx.dw = dw.dx = NULL;
    if (a->dx)
        linear_part(c, GR_TIMED_LINEAR_DX, &dx, product_flops(a),
                    R * N + N * K + R * K * ((a->dx_add ? 2.0 : 1.0) + (a->x_act != GR_ACT_NONE ? 1.0 : 0.0) + (a->x_remake ? 1.0 : 0.0)));
    if (a->dw) linear_part(c, GR_TIMED_LINEAR_DW, &dw, product_flops(a), R * N + R * K + 2.0 * N * K);
}

/* Queries of a sequence of n tokens times the keys that each sees. */
static double pairs_of(int32_t n, bool first_only, int32_t window)
{
    const int32_t queries = first_only ? 1 : n;
    double pairs = 0.0;

    if (window <= 0 || window >= n) return (double)queries * n;
    for (int32_t i = 0; i < queries; i++) {
        const int32_t from = i > window ? i - window : 0, end = n - i > window ? i + window + 1 : n;
        pairs += end - from;
    }
    return pairs;
}

/* Each product has one multiply-add for each pair of query and key and each column; all heads together have `hidden` columns. */
static double attention_flops(const gr_attn_args *a, double products)
{
    double pairs = 0.0;

    for (int32_t r = 0; r < a->b->n_rows; r++) {
        const int32_t n = a->b->cu_seqlens[r + 1] - a->b->cu_seqlens[r]; /* host memory: the wrapped backend is the cpu's */
        pairs += pairs_of(n, a->first_only, a->window);
    }
    return 2.0 * products * pairs * a->hidden;
}

/* How many products more a disentangled bias needs: one for each term, and in backward one more for the gradient of its rows. */
static double relative_products(const gr_attn_args *a, bool backward)
{
    const double keys = a->rel_keys ? (backward ? 1.0 + (a->drel_keys ? 1.0 : 0.0) : 1.0) : 0.0;
    const double queries = a->rel_queries ? (backward ? 1.0 + (a->drel_queries ? 1.0 : 0.0) : 1.0) : 0.0;

    return a->bias == GR_ATTN_BIAS_DISENTANGLED ? keys + queries : 0.0;
}

/* Elements of the bias's table, `times` over: a row has `hidden` of them, a bucket's row one for each head. */
static double relative_elements(const gr_attn_args *a, double times)
{
    if (a->bias == GR_ATTN_BIAS_BUCKETS) return times * a->rel_rows * (double)a->heads;
    if (a->bias == GR_ATTN_BIAS_DISENTANGLED)
        return times * a->rel_rows * (double)a->hidden * ((a->rel_keys ? 1.0 : 0.0) + (a->rel_queries ? 1.0 : 0.0));
    return 0.0;
}

/* Elements of so many matrices with a row for each query, and with a row for each key. */
static double attention_elements(const gr_attn_args *a, double queries, double keys)
{
    return a->hidden * (queries * (a->first_only ? a->b->n_rows : a->b->n_tokens) + keys * a->b->n_tokens);
}

static double firsts_flops(const gr_firsts_args *a, double products) { return 2.0 * products * a->b->n_tokens * a->heads * (double)a->hidden; }

static double firsts_elements(const gr_firsts_args *a, double times) { return a->rel ? times * a->rel_rows * (double)a->heads : 0.0; }

static double heads_flops(const gr_heads_args *a) { return 2.0 * a->rows * (double)a->hidden * a->hidden; }

/* Elements of y, of z, and of w `times` over. */
static double heads_elements(const gr_heads_args *a, double times)
{
    return a->hidden * (a->rows * (1.0 + a->heads) + times * a->hidden);
}

/* ---- ops: OP(name, argument type, books, flops, elements moved) ---- */

#define OP(name, args, books, flops, elements)                         \
    static void name(gr_ctx *x, const args *a)                         \
    {                                                                  \
        timed_ctx *c = of(x);                                          \
        const double t0 = gr_clock_seconds();                          \
        c->op->name(c->in, a);                                         \
        book(c, books, t0, flops, elements);                           \
    }
#define TOKENS ((double)a->b->n_tokens * a->hidden)
#define ROWS   ((double)a->b->n_rows * a->hidden)

OP(attention_fwd, gr_attn_args, GR_TIMED_ATTENTION_FWD, attention_flops(a, 2.0 + relative_products(a, false)),
   attention_elements(a, 2.0, 2.0) + relative_elements(a, 1.0))
OP(attention_bwd, gr_attn_args, GR_TIMED_ATTENTION_BWD, attention_flops(a, 4.0 + relative_products(a, true)),
   attention_elements(a, 4.0, 4.0) + relative_elements(a, 2.0))
OP(attend_firsts_fwd, gr_firsts_args, GR_TIMED_ATTENTION_FWD, firsts_flops(a, 2.0), TOKENS + 2.0 * ROWS * a->heads + firsts_elements(a, 1.0))
OP(attend_firsts_bwd, gr_firsts_args, GR_TIMED_ATTENTION_BWD, firsts_flops(a, a->dx ? 4.0 : 2.0),
   TOKENS * (a->dx ? 2.0 : 1.0) + 3.0 * ROWS * a->heads + firsts_elements(a, 2.0))
OP(heads_spread, gr_heads_args, GR_TIMED_HEADS, heads_flops(a), heads_elements(a, 1.0))
OP(heads_collect, gr_heads_args, GR_TIMED_HEADS, heads_flops(a), heads_elements(a, 1.0))
OP(heads_grad, gr_heads_args, GR_TIMED_HEADS, a->dw ? heads_flops(a) : 0.0, heads_elements(a, a->dw ? 2.0 : 0.0))
OP(rotary, gr_rotary_args, GR_TIMED_ROTARY, 0.0, TOKENS * (a->q && a->k ? 4.0 : 2.0))
OP(gate_fwd, gr_gate_args, GR_TIMED_GATE_FWD, 0.0, 3.0 * a->rows * (double)a->width)
OP(gate_bwd, gr_gate_args, GR_TIMED_GATE_BWD, 0.0, 6.0 * a->rows * (double)a->width)
OP(dropout_add_norm_fwd, gr_norm_args, GR_TIMED_NORM_FWD, 0.0, TOKENS * (2.0 + (a->x && a->residual ? 1.0 : 0.0) + (a->x && a->sum ? 1.0 : 0.0)))
OP(dropout_add_norm_bwd, gr_norm_args, GR_TIMED_NORM_BWD, 0.0, TOKENS * (2.0 + (a->dsum ? 1.0 : 0.0) + (a->dres ? 1.0 : 0.0) + (a->dx ? 1.0 : 0.0)))
OP(embed_fwd, gr_embed_args, GR_TIMED_EMBED_FWD, 0.0, TOKENS * (a->sum ? 3.0 : 2.0))
OP(embed_bwd, gr_embed_args, GR_TIMED_EMBED_BWD, 0.0, TOKENS * (a->dword ? 4.0 : 2.0))
OP(gather_rows_fwd, gr_pool_args, GR_TIMED_POOL, 0.0, 2.0 * ROWS)
OP(gather_rows_bwd, gr_pool_args, GR_TIMED_POOL, 0.0, a->dx_add ? 3.0 * ROWS : TOKENS + ROWS)
OP(mean_pool_fwd, gr_pool_args, GR_TIMED_POOL, 0.0, TOKENS + ROWS)
OP(mean_pool_bwd, gr_pool_args, GR_TIMED_POOL, 0.0, TOKENS + ROWS)
OP(l2_normalise_fwd, gr_l2_args, GR_TIMED_POOL, 0.0, 2.0 * a->rows * a->hidden)
OP(l2_normalise_bwd, gr_l2_args, GR_TIMED_POOL, 0.0, 3.0 * a->rows * a->hidden)
OP(dropout, gr_drop_args, GR_TIMED_POOL, 0.0, 2.0 * (a->per_token ? TOKENS : ROWS))
OP(softmax_xent, gr_loss_args, GR_TIMED_LOSS, 0.0, 2.0 * a->rows * a->classes)
OP(mse, gr_loss_args, GR_TIMED_LOSS, 0.0, 2.0 * a->rows)
OP(cosine, gr_loss_args, GR_TIMED_LOSS, 0.0, 4.0 * a->rows * a->classes)

static void add(gr_ctx *x, void *dst, const void *src, size_t count)
{
    timed_ctx *c = of(x);
    const double t0 = gr_clock_seconds();

    c->op->add(c->in, dst, src, count);
    book(c, GR_TIMED_POOL, t0, 0.0, 3.0 * (double)count);
}

static double elements_of(const gr_segment *seg, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) {
        const size_t width = seg[i].rows ? (size_t)seg[i].width : seg[i].count;

        for (size_t at = 0; at < seg[i].count; at += width)
            if (gr_host_row(&seg[i], at / width)) sum += (double)width;
    }
    return sum;
}

static void sumsq(gr_ctx *x, const void *slab, const gr_segment *seg, size_t n_seg, double *out)
{
    timed_ctx *c = of(x);
    const double t0 = gr_clock_seconds();

    c->op->sumsq(c->in, slab, seg, n_seg, out);
    book(c, GR_TIMED_SUMSQ, t0, 0.0, elements_of(seg, n_seg));
}

OP(adamw, gr_adamw_args, GR_TIMED_ADAMW, 0.0, 8.0 * elements_of(a->seg, a->n_seg))
OP(decay_rows, gr_decay_args, GR_TIMED_ADAMW, 0.0, 2.0 * elements_of(a->table, 1))

/* ---- memory ---- */

#define MOVE(name, signature, call, bytes_moved)                                          \
    static void name signature                                                            \
    {                                                                                     \
        timed_ctx *c = of(x);                                                             \
        const double t0 = gr_clock_seconds();                                             \
        c->op->name call;                                                                 \
        book(c, GR_TIMED_COPY, t0, 0.0, (double)(bytes_moved) / c->op->elem);             \
    }

MOVE(upload, (gr_ctx *x, void *dst, const void *host, size_t bytes), (c->in, dst, host, bytes), 2.0 * (double)bytes)
MOVE(download, (gr_ctx *x, void *host, const void *src, size_t bytes), (c->in, host, src, bytes), 2.0 * (double)bytes)
MOVE(copy, (gr_ctx *x, void *dst, const void *src, size_t bytes), (c->in, dst, src, bytes), 2.0 * (double)bytes)
MOVE(zero, (gr_ctx *x, void *dst, size_t bytes), (c->in, dst, bytes), bytes)
MOVE(find_nonfinite, (gr_ctx *x, const void *p, size_t count, int32_t *out), (c->in, p, count, out), count * (size_t)c->op->elem)

static gr_status open_timed(gr_ctx **out, const gr_ctx_opts *o, gr_err *err)
{
    timed_ctx *c = calloc(1, sizeof *c);
    gr_status s;

    *out = NULL;
    if (!c) return gr_fail(err, GR_E_NOMEM, "out of memory for a timed context");
    c->op = &gr_backend_cpu;
    if ((s = c->op->open(&c->in, o, err)) != GR_OK) {
        free(c);
        return s;
    }
    *out = (gr_ctx *)(void *)c;
    return GR_OK;
}

static void close_timed(gr_ctx *x)
{
    if (!x) return;
    of(x)->op->close(of(x)->in);
    free(x);
}

static void *alloc(gr_ctx *x, size_t bytes) { return of(x)->op->alloc(of(x)->in, bytes); }
static void release(gr_ctx *x, void *p) { of(x)->op->release(of(x)->in, p); }
static void reserve(gr_ctx *x, const gr_capacity *most) { of(x)->op->reserve(of(x)->in, most); }
static gr_status sync_timed(gr_ctx *x, gr_err *err) { return of(x)->op->sync(of(x)->in, err); }

static size_t memory(const gr_ctx *x)
{
    const timed_ctx *c = (const timed_ctx *)(const void *)x;

    return c->op->memory(c->in);
}

static void keep_weights(gr_ctx *x, bool keep) { of(x)->op->keep_weights(of(x)->in, keep); }

const gr_backend gr_backend_timed_cpu = {
    .abi = GR_BACKEND_ABI,
    .name = "timed-cpu",
    .about = "the cpu with a clock, for bench and tests",
    .elem = 4,
    .unified = true,
    .open = open_timed,
    .close = close_timed,
    .alloc = alloc,
    .release = release,
    .reserve = reserve,
    .upload = upload,
    .download = download,
    .copy = copy,
    .zero = zero,
    .sync = sync_timed,
    .memory = memory,
    .keep_weights = keep_weights,
    .embed_fwd = embed_fwd,
    .embed_bwd = embed_bwd,
    .linear_fwd = linear_fwd,
    .linear_bwd = linear_bwd,
    .attention_fwd = attention_fwd,
    .attention_bwd = attention_bwd,
    .attend_firsts_fwd = attend_firsts_fwd,
    .attend_firsts_bwd = attend_firsts_bwd,
    .heads_spread = heads_spread,
    .heads_collect = heads_collect,
    .heads_grad = heads_grad,
    .rotary = rotary,
    .gate_fwd = gate_fwd,
    .gate_bwd = gate_bwd,
    .dropout_add_norm_fwd = dropout_add_norm_fwd,
    .dropout_add_norm_bwd = dropout_add_norm_bwd,
    .gather_rows_fwd = gather_rows_fwd,
    .gather_rows_bwd = gather_rows_bwd,
    .mean_pool_fwd = mean_pool_fwd,
    .mean_pool_bwd = mean_pool_bwd,
    .l2_normalise_fwd = l2_normalise_fwd,
    .l2_normalise_bwd = l2_normalise_bwd,
    .dropout = dropout,
    .add = add,
    .softmax_xent = softmax_xent,
    .mse = mse,
    .cosine = cosine,
    .sumsq = sumsq,
    .adamw = adamw,
    .decay_rows = decay_rows,
    .find_nonfinite = find_nonfinite,
};
