/* checked.c - any backend on the host, watched: guards around every allocation, and a scan of what each
 * op made for NaN and infinities. For tests ("checked-cpu", "checked-ref", "checked-ref64"): the first
 * op that writes outside its buffers or makes a non-finite number is named by sync.
 *
 * Between calls nobody may read or write its memory, as if it were on another device: an engine that follows one of its pointers
 * ends there. A backend on another device is watched the same way, at the price of downloads. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/checked.h"
#include "model/backend/host.h"

enum { GUARD = 256 };
static const unsigned char GUARD_BYTE = 0xC3;

typedef struct watched {
    struct watched *next;
    char           *p; /* payload; guards lie before and behind */
    size_t          bytes;
    char           *raw, *pages; /* as allocated; the first whole page, where the guard before p begins */
} watched;

/* gr_ctx is the host's; a checked context is passed around as one but is this. */
typedef struct checked_ctx {
    const gr_backend *op;
    gr_ctx           *in;
    watched          *list;
    int32_t          *flag; /* device */
    gr_err            first;
    size_t            guards; /* bytes */
} checked_ctx;

static checked_ctx *of(gr_ctx *c) { return (checked_ctx *)(void *)c; }

/* ---- memory ---- */

static size_t page(void) { return (size_t)sysconf(_SC_PAGESIZE); }
static size_t pages_of(size_t bytes) { return (bytes + 2 * (size_t)GUARD + page() - 1) / page() * page(); }

static void protect(checked_ctx *c, int how)
{
    if (!c->op->unified) return;
    for (watched *w = c->list; w; w = w->next)
        if (mprotect(w->pages, pages_of(w->bytes), how) != 0 && c->first.status == GR_OK)
            (void)gr_fail(&c->first, GR_E_INTERNAL, "memory of %zu bytes could not be protected", w->bytes);
}

/* Around every call of the backend that is watched. */
static void enter(checked_ctx *c) { protect(c, PROT_READ | PROT_WRITE); }
static void leave(checked_ctx *c) { protect(c, PROT_NONE); }

static gr_status open_checked(const gr_backend *op, gr_ctx **out, const gr_ctx_opts *o, gr_err *err)
{
    checked_ctx *c = calloc(1, sizeof *c);
    gr_status s;

    *out = NULL;
    if (!c) return gr_fail(err, GR_E_NOMEM, "out of memory for a checked context");
    c->op = op;
    if ((s = op->open(&c->in, o, err)) != GR_OK) {
        free(c);
        return s;
    }
    c->flag = op->alloc(c->in, sizeof *c->flag);
    *out = (gr_ctx *)(void *)c;
    return GR_OK;
}

/* Whether [from, to) holds guards alone */
static bool guards(checked_ctx *c, const char *from, const char *to)
{
    unsigned char bytes[GUARD];
    bool whole = true;

    for (size_t n; from < to; from += n) {
        n = (size_t)(to - from) < GUARD ? (size_t)(to - from) : GUARD;
        c->op->download(c->in, bytes, from, n);
        for (size_t i = 0; i < n; i++) whole = whole && bytes[i] == GUARD_BYTE;
    }
    return whole;
}

static void check_guards(checked_ctx *c, const char *op)
{
    for (watched *w = c->list; w; w = w->next) {
        const char *end = w->pages + pages_of(w->bytes);

        if (!guards(c, w->pages, w->p) && c->first.status == GR_OK)
            (void)gr_fail(&c->first, GR_E_INTERNAL, "%s wrote before a buffer of %zu bytes", op, w->bytes);
        if (!guards(c, w->p + w->bytes, end) && c->first.status == GR_OK)
            (void)gr_fail(&c->first, GR_E_INTERNAL, "%s wrote behind a buffer of %zu bytes", op, w->bytes);
    }
}

/* The payload begins GUARD behind the first whole page, and its pages hold nothing else but guards. */
static watched *take(checked_ctx *c, size_t bytes)
{
    watched *w = calloc(1, sizeof *w);
    size_t total;

    if (w && gr_add_size(&total, bytes, 2 * (size_t)GUARD + 2 * page())) w->raw = c->op->alloc(c->in, total);
    if (!w || !w->raw) {
        free(w);
        return NULL;
    }
    w->pages = w->raw + (page() - (size_t)((uintptr_t)w->raw % page())) % page();
    w->p = w->pages + GUARD;
    w->bytes = bytes;
    return w;
}

static void *alloc(gr_ctx *x, size_t bytes)
{
    checked_ctx *c = of(x);
    unsigned char guard[GUARD];
    watched *w = take(c, bytes);

    if (!w) {
        if (c->first.status == GR_OK) (void)gr_fail(&c->first, GR_E_NOMEM, "out of memory for %zu bytes", bytes);
        return NULL;
    }
    memset(guard, GUARD_BYTE, sizeof guard);
    c->op->upload(c->in, w->pages, guard, GUARD);
    for (size_t at = bytes + GUARD, n; at < pages_of(bytes); at += n) {
        n = pages_of(bytes) - at < GUARD ? pages_of(bytes) - at : GUARD;
        c->op->upload(c->in, w->pages + at, guard, n);
    }
    w->next = c->list;
    c->list = w;
    c->guards += 2 * GUARD + 2 * page();
    leave(c);
    return w->p;
}

static void release(gr_ctx *x, void *p)
{
    checked_ctx *c = of(x);

    if (!p) return;
    enter(c);
    check_guards(c, "something");
    for (watched **link = &c->list; *link; link = &(*link)->next)
        if ((*link)->p == p) {
            watched *w = *link;

            *link = w->next;
            c->op->release(c->in, w->raw);
            c->guards -= 2 * GUARD + 2 * page();
            free(w);
            leave(c);
            return;
        }
    leave(c);
    if (c->first.status == GR_OK) (void)gr_fail(&c->first, GR_E_INTERNAL, "release of a buffer that was not allocated");
}

static void close_checked(gr_ctx *x)
{
    checked_ctx *c = of(x);

    if (!c) return;
    while (c->list) release(x, c->list->p);
    c->op->release(c->in, c->flag);
    c->op->close(c->in);
    free(c);
}

static void reserve(gr_ctx *c, const gr_capacity *most) { of(c)->op->reserve(of(c)->in, most); }
static void upload(gr_ctx *x, void *dst, const void *host, size_t bytes)
{
    enter(of(x));
    of(x)->op->upload(of(x)->in, dst, host, bytes);
    leave(of(x));
}

static void download(gr_ctx *x, void *host, const void *src, size_t bytes)
{
    enter(of(x));
    of(x)->op->download(of(x)->in, host, src, bytes);
    leave(of(x));
}

static void copy(gr_ctx *x, void *dst, const void *src, size_t bytes)
{
    enter(of(x));
    of(x)->op->copy(of(x)->in, dst, src, bytes);
    leave(of(x));
}

static void zero(gr_ctx *x, void *dst, size_t bytes)
{
    enter(of(x));
    of(x)->op->zero(of(x)->in, dst, bytes);
    leave(of(x));
}

static gr_status sync_checked(gr_ctx *x, gr_err *err)
{
    checked_ctx *c = of(x);
    const gr_status s = c->op->sync(c->in, err);

    enter(c);
    check_guards(c, "something");
    leave(c);
    if (s != GR_OK) {
        c->first.status = GR_OK;
        return s;
    }
    if (c->first.status == GR_OK) return GR_OK;
    if (err) *err = c->first;
    c->first.status = GR_OK;
    return err ? err->status : GR_E_INTERNAL;
}

static size_t memory(const gr_ctx *x)
{
    const checked_ctx *c = (const checked_ctx *)(const void *)x;

    return c->op->memory(c->in) - c->guards;
}

/* ---- ops: run, scan what was made, look at the guards ---- */

static void scan(checked_ctx *c, const char *op, const char *what, const void *p, int64_t rows, int64_t cols)
{
    int32_t found = 0;

    if (!p || !c->flag || c->first.status != GR_OK || rows <= 0 || cols <= 0) return;
    c->op->upload(c->in, c->flag, &found, sizeof found);
    c->op->find_nonfinite(c->in, p, (size_t)rows * (size_t)cols, c->flag);
    c->op->download(c->in, &found, c->flag, sizeof found);
    if (found) (void)gr_fail(&c->first, GR_E_NUMERIC, "%s: %s holds a NaN or an infinity", op, what);
}

/* Rows of a wider matrix. */
static void scan_apart(checked_ctx *c, const char *op, const char *what, const void *p, int64_t rows, int64_t cols, int64_t stride)
{
    for (int64_t r = 0; p && r < rows; r++) scan(c, op, what, (const char *)p + (size_t)(r * stride) * (size_t)c->op->elem, 1, cols);
}

static int32_t queries(const gr_attn_args *a) { return a->first_only ? a->b->n_rows : a->b->n_tokens; }

static int64_t rows_by_head(int32_t rows, int32_t heads) { return (int64_t)rows * heads; }

/* OP(name, argument type, scans): in the scans `a` is the argument and S(member, rows, cols) looks at one output */
#define S(member, rows, cols) scan(c, op_name, #member, a->member, (rows), (cols));
#define APART(member, rows, stride) scan_apart(c, op_name, #member, a->member, (rows), a->hidden, (stride));
#define OP(name, args, scans)                         \
    static void name(gr_ctx *x, const args *a)        \
    {                                                 \
        checked_ctx *c = of(x);                       \
        static const char op_name[] = #name;          \
        enter(c);                                     \
        c->op->name(c->in, a);                        \
        scans check_guards(c, op_name);               \
        leave(c);                                     \
    }

OP(embed_fwd, gr_embed_args, S(out, a->b->n_tokens, a->hidden) S(sum, a->b->n_tokens, a->hidden) S(stats, a->b->n_tokens, 2))
OP(embed_bwd, gr_embed_args, S(dout, a->b->n_tokens, a->hidden) S(dgain, 1, a->hidden) S(dbias, 1, a->hidden)
   S(dword, a->vocab, a->hidden) S(dpos, a->n_positions, a->hidden) S(dtype, a->n_types, a->hidden))
OP(linear_fwd, gr_linear_args, S(y, a->rows, a->out) S(pre, a->act == GR_ACT_NONE ? 0 : a->rows, a->out))
OP(linear_bwd, gr_linear_args, S(dy, a->rows, a->out) S(dx, a->rows, a->in) S(dw, a->out, a->in) S(dbias, 1, a->out) S(x, a->x_remake ? a->rows : 0, a->in))
OP(attention_fwd, gr_attn_args, S(out, queries(a), a->hidden) S(lse, queries(a), a->heads))
OP(attention_bwd, gr_attn_args, APART(dq, queries(a), a->q_stride) APART(dk, a->b->n_tokens, a->kv_stride)
   APART(dv, a->b->n_tokens, a->kv_stride) S(drel, a->rel_rows, a->heads) APART(drel_keys, a->rel_rows, a->rel_stride)
   APART(drel_queries, a->rel_rows, a->rel_stride))
OP(attend_firsts_fwd, gr_firsts_args, S(t, rows_by_head(a->b->n_rows, a->heads), a->hidden) S(sums, a->b->n_rows, a->heads) S(lse, a->b->n_rows, a->heads))
OP(attend_firsts_bwd, gr_firsts_args, S(du, rows_by_head(a->b->n_rows, a->heads), a->hidden) S(dx, a->b->n_tokens, a->hidden) S(drel, a->rel_rows, a->heads))
OP(heads_spread, gr_heads_args, S(z, rows_by_head(a->rows, a->heads), a->hidden) S(sums, a->bias ? a->rows : 0, a->heads))
OP(heads_collect, gr_heads_args, S(y, a->rows, a->hidden))
OP(heads_grad, gr_heads_args, S(dw, a->hidden, a->hidden) S(dbias, 1, a->hidden))
OP(rotary, gr_rotary_args, APART(q, a->b->n_tokens, a->stride) APART(k, a->b->n_tokens, a->stride))
OP(gate_fwd, gr_gate_args, S(y, a->rows, a->width))
OP(gate_bwd, gr_gate_args, S(y, a->rows, a->width) S(pre, a->rows, 2 * (int64_t)a->width))
OP(dropout_add_norm_fwd, gr_norm_args, S(out, a->b->n_tokens, a->hidden) S(sum, a->b->n_tokens, a->hidden) S(stats, a->b->n_tokens, 2))
OP(dropout_add_norm_bwd, gr_norm_args, S(dres, a->b->n_tokens, a->hidden) S(dx, a->b->n_tokens, a->hidden)
   S(dgain, 1, a->hidden) S(dbias, 1, a->hidden))
OP(gather_rows_fwd, gr_pool_args, S(out, a->b->n_rows, a->hidden))
OP(gather_rows_bwd, gr_pool_args, S(dx, a->b->n_tokens, a->hidden))
OP(mean_pool_fwd, gr_pool_args, S(out, a->b->n_rows, a->hidden))
OP(mean_pool_bwd, gr_pool_args, S(dx, a->b->n_tokens, a->hidden))
OP(l2_normalise_fwd, gr_l2_args, S(y, a->rows, a->hidden) S(norm, a->rows, 1))
OP(l2_normalise_bwd, gr_l2_args, S(dx, a->rows, a->hidden))
OP(dropout, gr_drop_args, S(out, a->per_token ? a->b->n_tokens : a->b->n_rows, a->hidden))
OP(softmax_xent, gr_loss_args, S(dlogits, a->rows, a->classes))
OP(mse, gr_loss_args, S(dlogits, a->rows, 1))
OP(cosine, gr_loss_args, S(dlogits, 2 * (int64_t)a->rows, a->classes) S(cosine, a->rows, 1))
OP(adamw, gr_adamw_args, )
OP(decay_rows, gr_decay_args, )

static void add(gr_ctx *x, void *dst, const void *src, size_t count)
{
    checked_ctx *c = of(x);

    enter(c);
    c->op->add(c->in, dst, src, count);
    scan(c, "add", "dst", dst, 1, (int64_t)count);
    check_guards(c, "add");
    leave(c);
}

static void sumsq(gr_ctx *x, const void *slab, const gr_segment *seg, size_t n_seg, double *out)
{
    enter(of(x));
    of(x)->op->sumsq(of(x)->in, slab, seg, n_seg, out);
    check_guards(of(x), "sumsq");
    leave(of(x));
}

static void find_nonfinite(gr_ctx *x, const void *p, size_t count, int32_t *out)
{
    enter(of(x));
    of(x)->op->find_nonfinite(of(x)->in, p, count, out);
    leave(of(x));
}

static void keep_weights(gr_ctx *x, bool keep)
{
    enter(of(x));
    of(x)->op->keep_weights(of(x)->in, keep);
    leave(of(x));
}

/* ---- one table a watched backend ---- */

#define TABLE(which, name_, elem_)                                                                                   \
    static gr_status open_##which(gr_ctx **out, const gr_ctx_opts *o, gr_err *err)                                   \
    {                                                                                                                \
        return open_checked(&gr_backend_##which, out, o, err);                                                       \
    }                                                                                                                \
    const gr_backend gr_backend_checked_##which = {                                                                  \
        .abi = GR_BACKEND_ABI, .name = name_, .about = "guards and NaN scans, for tests", .elem = elem_,             \
        .open = open_##which, .close = close_checked, .alloc = alloc, .release = release, .reserve = reserve,        \
        .upload = upload, .download = download, .copy = copy, .zero = zero, .sync = sync_checked, .memory = memory,  \
        .keep_weights = keep_weights,                                                                                \
        .embed_fwd = embed_fwd, .embed_bwd = embed_bwd, .linear_fwd = linear_fwd, .linear_bwd = linear_bwd,          \
        .attention_fwd = attention_fwd, .attention_bwd = attention_bwd, .attend_firsts_fwd = attend_firsts_fwd,      \
        .attend_firsts_bwd = attend_firsts_bwd, .heads_spread = heads_spread, .heads_collect = heads_collect,        \
        .heads_grad = heads_grad, .rotary = rotary, .gate_fwd = gate_fwd, .gate_bwd = gate_bwd,                      \
        .dropout_add_norm_fwd = dropout_add_norm_fwd, .dropout_add_norm_bwd = dropout_add_norm_bwd,                  \
        .gather_rows_fwd = gather_rows_fwd, .gather_rows_bwd = gather_rows_bwd, .mean_pool_fwd = mean_pool_fwd,      \
        .mean_pool_bwd = mean_pool_bwd, .l2_normalise_fwd = l2_normalise_fwd, .l2_normalise_bwd = l2_normalise_bwd,  \
        .dropout = dropout, .add = add, .softmax_xent = softmax_xent, .mse = mse, .cosine = cosine, .sumsq = sumsq,  \
        .adamw = adamw, .decay_rows = decay_rows, .find_nonfinite = find_nonfinite,                                                            \
    }

TABLE(cpu, "checked-cpu", 4);
TABLE(ref, "checked-ref", 4);
TABLE(ref64, "checked-ref64", 8);
