/* ops.c - see ops.h. */
#include "tests/support/ops.h"

#include <math.h>

#include "tests/support/test.h"

enum { GUARD = 128 };
static const unsigned char GUARD_BYTE = 0xA5;

static size_t area(int32_t a, int32_t b) { return (size_t)a * (size_t)b; }

/* ---- device buffers ---- */

void gr_ops_open(gr_ops_env *e, const char *backend, int threads, bool deterministic)
{
    gr_ops_open_with(e, backend, threads, (gr_ctx_opts){ .deterministic = deterministic });
}

void gr_ops_open_with(gr_ops_env *e, const char *backend, int threads, gr_ctx_opts o)
{
    gr_err err = GR_ERR_INIT;

    memset(e, 0, sizeof *e);
    e->op = gr_backend_find(backend);
    assert_non_null(e->op);
    assert_ok(gr_backend_check(e->op, &err), &err);
    if (threads > 1) assert_ok(gr_pool_open(&e->pool, threads, &err), &err);
    o.pool = e->pool;
    assert_ok(e->op->open(&e->ctx, &o, &err), &err);
}

void gr_ops_close(gr_ops_env *e)
{
    e->op->close(e->ctx);
    gr_pool_close(e->pool);
}

static void *take(gr_ops_env *e, const void *host, size_t bytes)
{
    unsigned char *guard = malloc(bytes + 2 * GUARD), *p;

    assert_non_null(guard);
    assert_true(e->n_buffers < GR_OPS_MAX_BUFFERS);
    memset(guard, GUARD_BYTE, bytes + 2 * GUARD);
    if (host && bytes) memcpy(guard + GUARD, host, bytes);
    p = e->op->alloc(e->ctx, bytes + 2 * GUARD);
    assert_non_null(p);
    e->op->upload(e->ctx, p, guard, bytes + 2 * GUARD);
    free(guard);
    e->buffer[e->n_buffers].p = p + GUARD;
    e->buffer[e->n_buffers++].bytes = bytes;
    return p + GUARD;
}

/* Numbers to the device as the backend's elements; x NULL: filled with `value`. */
static void *put(gr_ops_env *e, const double *x, double value, size_t n)
{
    const size_t elem = (size_t)e->op->elem;
    void *tmp = malloc(n * elem + 1), *p;

    assert_non_null(tmp);
    for (size_t i = 0; i < n; i++) {
        const double v = x ? x[i] : value;
        if (elem == 4) ((float *)tmp)[i] = (float)v;
        else ((double *)tmp)[i] = v;
    }
    p = take(e, tmp, n * elem);
    free(tmp);
    return p;
}

static void get(gr_ops_env *e, double *out, const void *p, size_t n, double base)
{
    const size_t elem = (size_t)e->op->elem;
    void *tmp = malloc(n * elem + 1);

    assert_non_null(tmp);
    e->op->download(e->ctx, tmp, p, n * elem);
    for (size_t i = 0; i < n; i++) out[i] = (elem == 4 ? (double)((float *)tmp)[i] : ((double *)tmp)[i]) - base;
    free(tmp);
}

void gr_ops_done(gr_ops_env *e, const char *what)
{
    gr_err err = GR_ERR_INIT;

    gr_assert_ok(e->op->sync(e->ctx, &err), &err, what, __FILE__, __LINE__);
    while (e->n_buffers > 0) {
        unsigned char guard[2][GUARD], *p = e->buffer[--e->n_buffers].p;

        e->op->download(e->ctx, guard[0], p - GUARD, GUARD);
        e->op->download(e->ctx, guard[1], p + e->buffer[e->n_buffers].bytes, GUARD);
        for (size_t i = 0; i < 2 * GUARD; i++)
            if (guard[i / GUARD][i % GUARD] != GUARD_BYTE)
                fail_msg("%s: a byte %s buffer %zu was written", what, i < GUARD ? "before" : "behind", e->n_buffers);
        e->op->release(e->ctx, p - GUARD);
    }
}

static uint32_t mix(uint32_t x) /* 32-bit finaliser of MurmurHash3 */
{
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

void gr_ops_fill(double *x, size_t n, uint32_t seed, double scale)
{
    for (size_t i = 0; i < n; i++) {
        const double u = (double)mix(mix(seed) + (uint32_t)i) / 4294967296.0;
        x[i] = (double)(float)(scale * (2.0 * u - 1.0));
    }
}

/* ---- a packed batch ---- */

static int32_t *host_ints(size_t n)
{
    int32_t *p = calloc(n + 1, sizeof *p);
    assert_non_null(p);
    return p;
}

static const int32_t *send_ints(gr_ops_env *e, int32_t *p, size_t n)
{
    const int32_t *d = take(e, p, n * sizeof *p);
    free(p);
    return d;
}

static gr_dev_batch batch_of(gr_ops_env *e, const gr_ops_case *k)
{
    const int32_t B = gr_ops_rows(k), T = gr_ops_tokens(k);
    int32_t *ids = host_ints((size_t)T), *types = host_ints((size_t)T), *cu = host_ints((size_t)B + 1), *row = host_ints((size_t)T);
    int32_t *at = host_ints((size_t)T), *slots = host_ints((size_t)B), *by_id = host_ints((size_t)T), *pos = host_ints((size_t)T);
    gr_dev_batch b = { .n_tokens = T, .n_rows = B, .max_len = gr_ops_longest(k) };

    for (int32_t r = 0; r < B; r++) {
        cu[r + 1] = cu[r] + k->lens[r];
        slots[r] = (int32_t)(mix((uint32_t)r) % 1000u);
        for (int32_t t = cu[r]; t < cu[r + 1]; t++) {
            ids[t] = (int32_t)(mix(77u + (uint32_t)t) % (uint32_t)GR_OPS_VOCAB);
            types[t] = (t - cu[r]) * 2 >= k->lens[r];
            row[t] = r;
            pos[t] = at[t] = t - cu[r];
        }
    }
    for (int32_t id = 0, n = 0; id < GR_OPS_VOCAB; id++)
        for (int32_t t = 0; t < T; t++)
            if (ids[t] == id) by_id[n++] = t;
    b.ids = send_ints(e, ids, (size_t)T);
    b.types = k->no_types ? (free(types), NULL) : send_ints(e, types, (size_t)T);
    b.positions = send_ints(e, pos, (size_t)T);
    b.cu_seqlens = send_ints(e, cu, (size_t)B + 1);
    b.row_of = send_ints(e, row, (size_t)T);
    b.pos_in = send_ints(e, at, (size_t)T);
    b.slots = (const uint32_t *)send_ints(e, slots, (size_t)B);
    b.by_id = send_ints(e, by_id, (size_t)T);
    return b;
}

/* ---- the ops ---- */

typedef struct run {
    gr_ops_env        *e;
    const gr_ops_case *k;
    double *const     *in;
    double            *y;
    const double      *dy;
    double *const     *grad;
    gr_dropout         drop;
    size_t             n[GR_OPS_MAX_IN];
    void              *x[GR_OPS_MAX_IN]; /* inputs on the device */
    void              *g[GR_OPS_MAX_IN]; /* their gradients      */
} run;

static void *nans(run *r, size_t n) { return put(r->e, NULL, NAN, n); }

/* What was made once more is the same bit for bit. */
static void same_as_from(run *r, const double *once, const void *again, double base, size_t n, const char *what)
{
    double *x = calloc(n + 1, sizeof *x);

    assert_non_null(x);
    get(r->e, x, again, n, base);
    for (size_t i = 0; i < n; i++)
        if (x[i] != once[i]) fail_msg("%s: %s[%zu] is %.17g, once more %.17g", r->k->name, what, i, once[i], x[i]);
    free(x);
}

static void same_as(run *r, const double *once, const void *again, size_t n, const char *what) { same_as_from(r, once, again, 0.0, n, what); }
static void same_as_y(run *r, const void *again, const char *what) { same_as(r, r->y, again, gr_ops_outputs(r->k), what); }

/* x = x_act of the case's input: a layer with the identity for its weights. */
static void *act_of_input(run *r, int32_t n)
{
    const size_t N = (size_t)n;
    double *eye = calloc(N * N, sizeof *eye);
    void *x = nans(r, r->n[0]);

    assert_non_null(eye);
    for (size_t i = 0; i < N; i++) eye[i * N + i] = 1.0;
    r->e->op->linear_fwd(r->e->ctx, &(gr_linear_args){ .rows = r->k->rows, .in = n, .out = n, .x = r->x[0], .w = put(r->e, eye, 0.0, N * N),
                                                       .act = r->k->x_act, .y = x });
    free(eye);
    return x;
}

static void same_x(run *r, const void *x, const void *again)
{
    double *once = calloc(r->n[0] + 1, sizeof *once);

    assert_non_null(once);
    get(r->e, once, x, r->n[0], 0.0);
    same_as(r, once, again, r->n[0], "x made again");
    free(once);
}

/* Backward once more for the bias alone: the same bits. */
static void bias_again(run *r, gr_linear_args a)
{
    if (!a.dbias || a.act != GR_ACT_NONE) return;
    a.dx = a.dw = NULL;
    a.dbias = put(r->e, NULL, GR_OPS_BASE, r->n[2]);
    r->e->op->linear_bwd(r->e->ctx, &a);
    same_as_from(r, r->grad[2], a.dbias, GR_OPS_BASE, r->n[2], "dbias alone");
}

static void run_linear(run *r)
{
    const gr_ops_case *k = r->k;
    const size_t ny = gr_ops_outputs(k);
    const bool keep = k->act == GR_ACT_GELU || k->act == GR_ACT_GELU_TANH;
    void *x = k->x_act != GR_ACT_NONE ? act_of_input(r, k->in) : r->x[0];
    gr_linear_args a = { .rows = k->rows, .in = k->in, .out = k->out, .x = x, .w = r->x[1],
                         .bias = k->no_bias ? NULL : r->x[2], .act = k->act };

    a.y = nans(r, ny);
    a.pre = keep ? nans(r, ny) : NULL;
    r->e->op->linear_fwd(r->e->ctx, &a);
    get(r->e, r->y, a.y, ny, 0.0);
    if (!r->grad) return;
    a.dy = put(r->e, r->dy, 0.0, ny);
    a.dx_add = k->dx_add;
    a.x_act = k->x_act;
    a.x_pre = k->x_act == GR_ACT_RELU || k->x_act == GR_ACT_TANH ? NULL : r->x[0];
    a.x_remake = k->remake;
    if (a.x_remake) a.x = a.x_pre = r->x[0];
    a.dx = r->g[0] = k->dx_add ? put(r->e, NULL, GR_OPS_BASE, r->n[0]) : nans(r, r->n[0]);
    a.dw = r->g[1] = put(r->e, NULL, GR_OPS_BASE, r->n[1]);
    if (!k->no_bias) a.dbias = r->g[2] = put(r->e, NULL, GR_OPS_BASE, r->n[2]);
    r->e->op->linear_bwd(r->e->ctx, &a);
    if (a.x_remake) same_x(r, x, a.x);
    get(r->e, r->grad[0], a.dx, r->n[0], k->dx_add ? GR_OPS_BASE : 0.0);
    get(r->e, r->grad[1], a.dw, r->n[1], GR_OPS_BASE);
    if (!k->no_bias) get(r->e, r->grad[2], a.dbias, r->n[2], GR_OPS_BASE);
    bias_again(r, a);
}

static void *columns(const run *r, void *p, int32_t n) { return (char *)p + (size_t)n * (size_t)r->e->op->elem; }

/* Rows of the bias by offset: each its own near 0, then three to a row, up to the last; keys behind a query first when `falling`. More
 * offsets than the batch has. */
static const int32_t *put_offsets(run *r, int32_t longest_row, bool falling, int32_t *rel_zero)
{
    const int32_t zero = longest_row + 2, middle = r->k->rel_rows / 2;
    int32_t *rows = host_ints(2 * (size_t)zero + 1);

    for (int32_t o = -zero; o <= zero; o++) {
        const int32_t far = o < 0 ? -o : o, step = far < 20 ? far : 20 + (far - 20) / 3, row = middle + ((o < 0) == falling ? step : -step);
        rows[zero + o] = row < 0 ? 0 : row < r->k->rel_rows ? row : r->k->rel_rows - 1;
    }
    *rel_zero = zero;
    return send_ints(r->e, rows, 2 * (size_t)zero + 1);
}

/* The table's two parts, of values or of gradients */
static void rel_parts(const run *r, void *table, void **keys, void **queries)
{
    *keys = r->k->no_rel_keys ? NULL : table;
    *queries = r->k->no_rel_queries ? NULL : r->k->no_rel_keys ? table : columns(r, table, r->k->hidden);
}

static gr_attn_args attention_of(run *r, const gr_dev_batch *b)
{
    const gr_ops_case *k = r->k;
    const int32_t H = k->hidden;
    const bool first = k->first_only;
    void *table = r->x[first ? 2 : 1], *keys, *queries;
    gr_attn_args a = { .b = b, .hidden = H, .heads = k->heads, .scale = 1.0 / sqrt((double)(H / k->heads)), .drop = r->drop,
                       .first_only = first, .q_stride = first ? H : 3 * H, .kv_stride = first ? 2 * H : 3 * H, .q = r->x[0],
                       .window = k->window, .bias = k->bias };

    a.k = first ? r->x[1] : columns(r, r->x[0], H);
    a.v = columns(r, (void *)(uintptr_t)a.k, H);
    if (k->bias == GR_ATTN_BIAS_NONE) return a;
    a.rel_of = put_offsets(r, b->max_len, k->bias == GR_ATTN_BIAS_DISENTANGLED, &a.rel_zero);
    a.rel_rows = k->rel_rows;
    if (k->bias == GR_ATTN_BIAS_BUCKETS) {
        a.rel = table;
        return a;
    }
    a.rel_stride = gr_ops_rel_width(k);
    rel_parts(r, table, &keys, &queries);
    a.rel_keys = keys;
    a.rel_queries = queries;
    return a;
}

static void run_attention(run *r, const gr_dev_batch *b)
{
    const gr_ops_case *k = r->k;
    const size_t ny = gr_ops_outputs(k), rel = k->first_only ? 2 : 1;
    const int32_t H = k->hidden;
    const bool first = k->first_only;
    gr_attn_args a = attention_of(r, b);

    a.out = nans(r, ny);
    a.lse = r->grad ? nans(r, (size_t)(first ? b->n_rows : b->n_tokens) * (size_t)k->heads) : NULL;
    r->e->op->attention_fwd(r->e->ctx, &a);
    get(r->e, r->y, a.out, ny, 0.0);
    if (!r->grad) return;
    a.dout = put(r->e, r->dy, 0.0, ny);
    a.dq = r->g[0] = nans(r, r->n[0]);
    a.dk = r->g[1] = first ? nans(r, r->n[1]) : columns(r, r->g[0], H);
    a.dv = columns(r, a.dk, H);
    if (k->bias == GR_ATTN_BIAS_BUCKETS) a.drel = r->g[rel] = put(r->e, NULL, GR_OPS_BASE, r->n[rel]);
    if (k->bias == GR_ATTN_BIAS_DISENTANGLED) rel_parts(r, r->g[rel] = nans(r, r->n[rel]), &a.drel_keys, &a.drel_queries);
    r->e->op->attention_bwd(r->e->ctx, &a);
    get(r->e, r->grad[0], r->g[0], r->n[0], 0.0);
    if (first) get(r->e, r->grad[1], r->g[1], r->n[1], 0.0);
    if (k->bias != GR_ATTN_BIAS_NONE) get(r->e, r->grad[rel], r->g[rel], r->n[rel], a.drel ? GR_OPS_BASE : 0.0);
}

/* Backward once more, without dx; and with du in the place of dt: the same bits. */
static void firsts_again(run *r, gr_firsts_args a)
{
    void *const dt = (void *)(uintptr_t)a.dt;

    a.drel = NULL;
    a.dx = NULL;
    a.du = nans(r, r->n[1]);
    r->e->op->attend_firsts_bwd(r->e->ctx, &a);
    same_as(r, r->grad[1], a.du, r->n[1], "du alone");
    a.dx = nans(r, r->n[0]);
    a.du = dt;
    r->e->op->attend_firsts_bwd(r->e->ctx, &a);
    same_as(r, r->grad[0], a.dx, r->n[0], "dx beside du in place");
    same_as(r, r->grad[1], a.du, r->n[1], "du in place");
}

/* y is t, then sums. */
static void run_firsts(run *r, const gr_dev_batch *b)
{
    const gr_ops_case *k = r->k;
    const size_t n_sums = area(b->n_rows, k->heads);
    gr_firsts_args a = { .b = b, .hidden = k->hidden, .heads = k->heads, .scale = 1.0 / sqrt((double)(k->hidden / k->heads)), .drop = r->drop,
                         .x = r->x[0], .u = r->x[1] };

    if (k->bias == GR_ATTN_BIAS_BUCKETS) {
        a.rel = r->x[2];
        a.rel_rows = k->rel_rows;
        a.rel_of = put_offsets(r, b->max_len, false, &a.rel_zero);
    }
    a.t = nans(r, r->n[1]);
    a.sums = nans(r, n_sums);
    a.lse = r->grad ? nans(r, n_sums) : NULL;
    r->e->op->attend_firsts_fwd(r->e->ctx, &a);
    get(r->e, r->y, a.t, r->n[1], 0.0);
    get(r->e, r->y + r->n[1], a.sums, n_sums, 0.0);
    if (!r->grad) return;
    a.dt = put(r->e, r->dy, 0.0, r->n[1]);
    a.dsums = put(r->e, r->dy + r->n[1], 0.0, n_sums);
    a.dx = r->g[0] = nans(r, r->n[0]);
    a.du = r->g[1] = nans(r, r->n[1]);
    if (a.rel) a.drel = r->g[2] = put(r->e, NULL, GR_OPS_BASE, r->n[2]);
    r->e->op->attend_firsts_bwd(r->e->ctx, &a);
    for (size_t i = 0; i < 2; i++) get(r->e, r->grad[i], r->g[i], r->n[i], 0.0);
    if (a.rel) get(r->e, r->grad[2], a.drel, r->n[2], GR_OPS_BASE);
    firsts_again(r, a);
}

/* The bias and sums are a column of w and of z: spread is y to z | sums, collect z, sums to y. */
static void run_heads(run *r)
{
    const gr_ops_case *k = r->k;
    const gr_backend *op = r->e->op;
    const bool spread = k->kind == GR_OPS_SPREAD;
    const size_t w = spread ? 1 : 2, ny = area(k->rows, k->hidden), n_sums = area(k->rows, k->heads), nz = ny * (size_t)k->heads;
    gr_heads_args a = { .rows = k->rows, .hidden = k->hidden, .heads = k->heads, .w = r->x[w], .bias = k->no_bias ? NULL : r->x[w + 1] };

    a.y = spread ? r->x[0] : nans(r, ny);
    a.z = spread ? nans(r, nz) : r->x[0];
    a.sums = k->no_bias ? NULL : spread ? nans(r, n_sums) : r->x[1];
    (spread ? op->heads_spread : op->heads_collect)(r->e->ctx, &a);
    get(r->e, r->y, spread ? a.z : a.y, spread ? nz : ny, 0.0);
    if (spread && a.sums) get(r->e, r->y + nz, a.sums, n_sums, 0.0);
    if (!r->grad) return;
    if (spread) a.z = put(r->e, r->dy, 0.0, nz);
    else a.y = put(r->e, r->dy, 0.0, ny);
    if (spread && a.sums) a.sums = put(r->e, r->dy + nz, 0.0, n_sums);
    a.dw = r->g[w] = put(r->e, NULL, GR_OPS_BASE, r->n[w]);
    if (a.bias) a.dbias = put(r->e, NULL, GR_OPS_BASE, r->n[w + 1]);
    op->heads_grad(r->e->ctx, &a);
    get(r->e, r->grad[w], a.dw, r->n[w], GR_OPS_BASE);
    if (a.bias) get(r->e, r->grad[w + 1], a.dbias, r->n[w + 1], GR_OPS_BASE);
    *(spread ? &a.y : &a.z) = r->g[0] = nans(r, r->n[0]);
    if (!spread && a.sums) a.sums = r->g[1] = nans(r, n_sums);
    (spread ? op->heads_collect : op->heads_spread)(r->e->ctx, &a);
    get(r->e, r->grad[0], r->g[0], r->n[0], 0.0);
    if (!spread && a.sums) get(r->e, r->grad[1], a.sums, n_sums, 0.0);
}

/* q and k of q | k | v turn by angles that are the same floats on every backend. */
static void run_rotary(run *r, const gr_dev_batch *b)
{
    const gr_ops_case *k = r->k;
    const size_t half = (size_t)(k->hidden / k->heads / 2), n = (size_t)b->max_len * half, ny = gr_ops_outputs(k);
    double *cosine = calloc(n + 1, sizeof *cosine), *sine = calloc(n + 1, sizeof *sine);
    gr_rotary_args a = { .b = b, .hidden = k->hidden, .heads = k->heads, .stride = 3 * k->hidden };

    assert_true(cosine && sine);
    for (size_t i = 0; i < n; i++) {
        const double angle = (double)(i / half) * pow(10000.0, -(double)(i % half) / (double)half);
        cosine[i] = (double)(float)cos(angle);
        sine[i] = (double)(float)sin(angle);
    }
    a.cos = put(r->e, cosine, 0.0, n);
    a.sin = put(r->e, sine, 0.0, n);
    free(cosine);
    free(sine);
    a.q = r->x[0];
    a.k = columns(r, a.q, k->hidden);
    r->e->op->rotary(r->e->ctx, &a);
    get(r->e, r->y, r->x[0], ny, 0.0);
    if (!r->grad) return;
    a.inverse = true;
    a.q = put(r->e, r->dy, 0.0, ny);
    a.k = NULL; /* one, then the other */
    r->e->op->rotary(r->e->ctx, &a);
    a.k = columns(r, a.q, k->hidden);
    r->g[0] = a.q;
    a.q = NULL;
    r->e->op->rotary(r->e->ctx, &a);
    get(r->e, r->grad[0], r->g[0], r->n[0], 0.0);
}

static void run_gate(run *r)
{
    const size_t ny = gr_ops_outputs(r->k);
    gr_gate_args a = { .rows = r->k->rows, .width = r->k->hidden, .act = r->k->act, .pre = r->x[0] };

    a.y = nans(r, ny);
    r->e->op->gate_fwd(r->e->ctx, &a);
    get(r->e, r->y, a.y, ny, 0.0);
    if (!r->grad) return;
    a.y = put(r->e, r->dy, 0.0, ny);
    r->e->op->gate_bwd(r->e->ctx, &a);
    same_as_y(r, a.y, "gated once more");
    get(r->e, r->grad[0], a.pre, r->n[0], 0.0);
}

static void run_add_norm(run *r, const gr_dev_batch *b)
{
    const gr_ops_case *k = r->k;
    const size_t n = r->n[0];
    gr_norm_args a = { .b = b, .hidden = k->hidden, .eps = 1e-12, .x = r->x[0], .residual = k->no_residual ? NULL : r->x[1], .gain = r->x[2],
                       .bias = k->no_bias ? NULL : r->x[3], .drop = r->drop };

    a.out = nans(r, n);
    a.sum = r->grad || k->stream ? nans(r, n) : NULL;
    a.stats = r->grad ? nans(r, 2 * (size_t)b->n_tokens) : NULL;
    r->e->op->dropout_add_norm_fwd(r->e->ctx, &a);
    get(r->e, r->y, a.out, n, 0.0);
    if (k->stream) get(r->e, r->y + n, a.sum, n, 0.0);
    if (!r->grad) return;
    a.x = NULL;
    a.out = nans(r, n);
    r->e->op->dropout_add_norm_fwd(r->e->ctx, &a);
    same_as(r, r->y, a.out, n, "norm of the sums");
    a.dout = put(r->e, r->dy, 0.0, n);
    if (k->stream) a.dsum = put(r->e, r->dy + n, 0.0, n);
    if (!k->no_residual) a.dres = (void *)(uintptr_t)(k->stream ? a.dsum : a.dout); /* in place */
    a.dx = k->no_residual && k->drop == 0.0 ? (void *)(uintptr_t)a.dout : nans(r, n);
    a.dgain = put(r->e, NULL, GR_OPS_BASE, r->n[2]);
    if (!k->no_bias) a.dbias = put(r->e, NULL, GR_OPS_BASE, r->n[3]);
    r->e->op->dropout_add_norm_bwd(r->e->ctx, &a);
    get(r->e, r->grad[0], a.dx, n, 0.0);
    if (a.dres) get(r->e, r->grad[1], a.dres, n, 0.0);
    get(r->e, r->grad[2], a.dgain, r->n[2], GR_OPS_BASE);
    if (a.dbias) get(r->e, r->grad[3], a.dbias, r->n[3], GR_OPS_BASE);
}

enum { PAD_ID = 3, PAD_POSITION = 1 };

static void no_gradient(const run *r, size_t input, size_t row)
{
    const size_t n = (size_t)r->k->hidden;

    for (size_t j = 0; (row + 1) * n <= r->n[input] && j < n; j++)
        if (r->grad[input][row * n + j] != 0.0) fail_msg("%s: row %zu of %s has a gradient", r->k->name, row, gr_ops_input_name(r->k, input));
}

static void run_embed(run *r, const gr_dev_batch *b)
{
    const gr_ops_case *k = r->k;
    const size_t ny = gr_ops_outputs(k);
    gr_embed_args a = { .b = b, .hidden = k->hidden, .eps = 1e-12, .word = r->x[0], .pos = k->no_pos ? NULL : r->x[1], .type = r->x[2],
                        .gain = r->x[3], .bias = k->no_bias ? NULL : r->x[4], .drop = r->drop, .vocab = GR_OPS_VOCAB, .n_types = GR_OPS_TYPES,
                        .n_positions = b->max_len, .pad_id = k->pads ? PAD_ID : -1, .pad_position = k->pads ? PAD_POSITION : -1 };
    void *g[5];

    a.out = nans(r, ny);
    a.sum = r->grad ? nans(r, ny) : NULL;
    a.stats = r->grad ? nans(r, 2 * (size_t)b->n_tokens) : NULL;
    r->e->op->embed_fwd(r->e->ctx, &a);
    get(r->e, r->y, a.out, ny, 0.0);
    if (!r->grad) return;
    a.dout = put(r->e, r->dy, 0.0, ny);
    for (size_t i = 0; i < 5; i++) g[i] = put(r->e, NULL, GR_OPS_BASE, r->n[i]);
    a.dword = g[0];
    a.dpos = k->no_pos ? NULL : g[1];
    a.dtype = g[2];
    a.dgain = g[3];
    a.dbias = k->no_bias ? NULL : g[4];
    r->e->op->embed_bwd(r->e->ctx, &a);
    for (size_t i = 0; i < 5; i++) get(r->e, r->grad[i], g[i], r->n[i], GR_OPS_BASE);
    if (k->pads) no_gradient(r, 0, PAD_ID);
    if (k->pads) no_gradient(r, 1, PAD_POSITION);
}

static void run_pool(run *r, const gr_dev_batch *b)
{
    const gr_backend *op = r->e->op;
    const size_t ny = gr_ops_outputs(r->k);
    gr_pool_args a = { .b = b, .hidden = r->k->hidden, .x = r->x[0] };
    int32_t *at = host_ints((size_t)b->n_rows), first = 0;

    for (int32_t i = 0; i < b->n_rows; first += r->k->lens[i++]) at[i] = first + r->k->lens[i] / 2;
    a.at = send_ints(r->e, at, (size_t)b->n_rows);
    a.out = nans(r, ny);
    (r->k->kind == GR_OPS_GATHER ? op->gather_rows_fwd : op->mean_pool_fwd)(r->e->ctx, &a);
    get(r->e, r->y, a.out, ny, 0.0);
    if (!r->grad) return;
    a.dout = put(r->e, r->dy, 0.0, ny);
    a.dx_add = r->k->dx_add;
    a.dx = a.dx_add ? put(r->e, NULL, GR_OPS_BASE, r->n[0]) : nans(r, r->n[0]);
    (r->k->kind == GR_OPS_GATHER ? op->gather_rows_bwd : op->mean_pool_bwd)(r->e->ctx, &a);
    get(r->e, r->grad[0], a.dx, r->n[0], a.dx_add ? GR_OPS_BASE : 0.0);
}

static void run_l2(run *r)
{
    const size_t ny = gr_ops_outputs(r->k);
    gr_l2_args a = { .rows = r->k->rows, .hidden = r->k->hidden, .x = r->x[0] };

    a.y = nans(r, ny);
    a.norm = nans(r, (size_t)a.rows);
    r->e->op->l2_normalise_fwd(r->e->ctx, &a);
    get(r->e, r->y, a.y, ny, 0.0);
    if (!r->grad) return;
    a.dy = put(r->e, r->dy, 0.0, ny);
    a.dx = nans(r, ny);
    r->e->op->l2_normalise_bwd(r->e->ctx, &a);
    get(r->e, r->grad[0], a.dx, ny, 0.0);
}

static void run_dropout(run *r, const gr_dev_batch *b)
{
    const size_t ny = gr_ops_outputs(r->k);
    gr_drop_args a = { .b = b, .hidden = r->k->hidden, .per_token = r->k->per_token, .drop = r->drop, .x = r->x[0] };

    a.out = nans(r, ny);
    r->e->op->dropout(r->e->ctx, &a);
    get(r->e, r->y, a.out, ny, 0.0);
    if (!r->grad) return;
    a.x = a.out = put(r->e, r->dy, 0.0, ny); /* in place */
    r->e->op->dropout(r->e->ctx, &a);
    get(r->e, r->grad[0], a.out, ny, 0.0);
}

static void run_loss(run *r)
{
    const gr_backend *op = r->e->op;
    const gr_ops_case *k = r->k;
    int32_t *labels = host_ints((size_t)k->rows);
    double *values = calloc((size_t)k->rows + 1, sizeof *values);
    const double zero = 0.0;
    gr_loss_args a = { .rows = k->rows, .classes = k->kind == GR_OPS_MSE ? 1 : k->out, .logits = r->x[0],
                       .smoothing = k->smoothing, .normaliser = 7.0 };

    assert_non_null(values);
    gr_ops_fill(values, (size_t)k->rows, 5, 1.0);
    for (int32_t i = 0; i < k->rows; i++)
        labels[i] = k->ignore && i % k->ignore == 0 ? -100 : k->kind == GR_OPS_XENT ? (int32_t)(mix((uint32_t)i) % (uint32_t)k->out) : 0;
    a.labels = send_ints(r->e, labels, (size_t)k->rows);
    a.values = take(r->e, values, (size_t)k->rows * sizeof *values);
    free(values);
    a.loss = take(r->e, &zero, sizeof zero);
    a.dlogits = r->grad ? nans(r, r->n[0]) : NULL;
    a.cosine = k->kind == GR_OPS_COSINE ? nans(r, (size_t)k->rows) : NULL;
    (k->kind == GR_OPS_XENT ? op->softmax_xent : k->kind == GR_OPS_MSE ? op->mse : op->cosine)(r->e->ctx, &a);
    op->download(r->e->ctx, r->y, a.loss, sizeof *r->y);
    if (r->grad) get(r->e, r->grad[0], a.dlogits, r->n[0], 0.0);
}

void gr_ops_run(gr_ops_env *e, const gr_ops_case *k, double *const *in, double *y, const double *dy, double *const *grad)
{
    run r = { .e = e, .k = k, .in = in, .y = y, .dy = dy, .grad = grad };
    const size_t n_in = gr_ops_inputs(k, r.n);
    gr_dev_batch b = { 0 };

    for (size_t i = 0; i < n_in; i++) r.x[i] = put(e, in[i], 0.0, r.n[i]);
    r.drop = gr_dropout_make(k->drop, 42, 3, GR_SITE_FFN_OUT(1));
    if (gr_ops_rows(k) > 0) {
        b = batch_of(e, k);
        e->op->reserve(e->ctx, &(gr_capacity){ .tokens = b.n_tokens, .rows = b.n_rows, .max_len = b.max_len, .width = 3 * k->hidden,
                                               .hidden = k->hidden, .heads = k->heads ? k->heads : 1, .bias = k->bias, .rel_rows = k->rel_rows });
    } else {
        const int32_t width = k->in > k->out ? k->in : k->out;
        e->op->reserve(e->ctx, &(gr_capacity){ .tokens = k->rows, .rows = k->rows, .max_len = 1, .width = width > k->hidden ? width : k->hidden,
                                               .hidden = 1, .heads = 1 });
    }
    switch (k->kind) {
    case GR_OPS_LINEAR: run_linear(&r); break;
    case GR_OPS_ATTENTION: run_attention(&r, &b); break;
    case GR_OPS_FIRSTS: run_firsts(&r, &b); break;
    case GR_OPS_SPREAD:
    case GR_OPS_COLLECT: run_heads(&r); break;
    case GR_OPS_ADD_NORM: run_add_norm(&r, &b); break;
    case GR_OPS_EMBED: run_embed(&r, &b); break;
    case GR_OPS_GATHER:
    case GR_OPS_MEAN: run_pool(&r, &b); break;
    case GR_OPS_L2: run_l2(&r); break;
    case GR_OPS_DROPOUT: run_dropout(&r, &b); break;
    case GR_OPS_ROTARY: run_rotary(&r, &b); break;
    case GR_OPS_GATE: run_gate(&r); break;
    case GR_OPS_XENT:
    case GR_OPS_MSE:
    case GR_OPS_COSINE: run_loss(&r); break;
    }
    gr_ops_done(e, k->name);
}
