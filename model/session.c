/* session.c - a model at work on a device: open, evaluate, accumulate, step; see session.h.
 *
 * Nothing comes back to the host between the micro-batches of a step unless the caller asks for it. A step waits once,
 * for the losses and the gradient norm; AdamW is started only when both are finite. */
#include "model/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "base/pages.h"
#include "model/session_internal.h"

/* ---- open and close ------------------------------------------------------------------------------- */

static gr_status check_opts(const gr_model *m, const gr_session_opts *o, const gr_backend *op, gr_err *err)
{
    const int32_t room = m->config.max_positions - m->config.position_offset;

    if (op->elem != m->elem)
        return gr_fail(err, GR_E_ARG, "device %s computes with %d bytes a number, the model was loaded with %d", op->name, op->elem, m->elem);
    if (o->max_tokens < 1 || o->max_rows < 1 || o->max_length < 1)
        return gr_fail(err, GR_E_ARG, "a session for %d tokens, %d rows, length %d", (int)o->max_tokens, (int)o->max_rows, (int)o->max_length);
    if (o->max_length > room)
        return gr_fail(err, GR_E_ARG, "length %d: the model has positions for %d tokens", (int)o->max_length, (int)room);
    if (!(o->label_smoothing >= 0.0 && o->label_smoothing <= 1.0))
        return gr_fail(err, GR_E_ARG, "label smoothing %g is not in 0..1", o->label_smoothing);
    if (!o->train) return GR_OK;
    if (m->tensor) return gr_fail(err, GR_E_ARG, "training needs a model that is not mapped");
    if (!(o->beta1 >= 0.0 && o->beta1 < 1.0) || !(o->beta2 >= 0.0 && o->beta2 < 1.0))
        return gr_fail(err, GR_E_ARG, "betas %g and %g are not in 0..1", o->beta1, o->beta2);
    if (!(o->epsilon >= 0.0) || !(o->weight_decay >= 0.0) || !(o->max_grad_norm >= 0.0))
        return gr_fail(err, GR_E_ARG, "epsilon %g, weight decay %g, gradient norm %g: one is negative", o->epsilon, o->weight_decay,
                       o->max_grad_norm);
    return GR_OK;
}

static gr_status take(gr_session *s, void **out, size_t bytes, const char *what, gr_err *err)
{
    *out = s->enc.op->alloc(s->enc.ctx, bytes ? bytes : 1);
    if (!*out) return gr_fail(err, GR_E_NOMEM, "device %s: out of memory for %zu bytes of %s", s->o.device, bytes, what);
    return GR_OK;
}

/* Ask for large pages: for memory of the host that will be written nearly whole. */
static void in_large_pages(const gr_session *s, void *p, size_t bytes)
{
    if (s->enc.op->unified) gr_pages_large(p, bytes);
}

/* A slab of zeros. The parts of trained tensors are written here once, except the word table when its rows may rest: the
 * system gives memory page by page as it is touched, and a page that is read before it is written costs two page faults
 * and a message to every core. */
static gr_status take_zeros(gr_session *s, void **out, const char *what, gr_err *err)
{
    const gr_segment *table = s->rows.table;
    const size_t elem = gr_session_elem(s), slab = gr_session_slab(s);
    const size_t from = table ? table->offset * elem : 0, to = table ? from + table->count * elem : 0;

    GR_TRY(take(s, out, slab, what, err));
    in_large_pages(s, *out, from);
    in_large_pages(s, (char *)*out + to, slab - to);
    for (size_t i = 0; i < s->n_seg; i++)
        if (&s->seg[i] != table) s->enc.op->zero(s->enc.ctx, (char *)*out + s->seg[i].offset * elem, s->seg[i].count * elem);
    return GR_OK;
}

static gr_status take_slabs(gr_session *s, gr_err *err)
{
    const size_t slab = gr_session_slab(s);

    s->in_place = s->o.in_place && s->enc.op->unified;
    if (s->in_place) {
        s->enc.weights = s->model->weights;
        s->enc.tensor = s->model->tensor;
    } else {
        GR_TRY(take(s, &s->enc.weights, slab, "weights", err));
        if (s->o.train) in_large_pages(s, s->enc.weights, slab);
    }
    if (!s->o.train) return GR_OK;
    GR_TRY(take_zeros(s, &s->enc.grads, "gradients", err));
    GR_TRY(take_zeros(s, &s->m, "first moments", err));
    return take_zeros(s, &s->v, "second moments", err);
}

static gr_status take_activations(gr_session *s, gr_err *err)
{
    const gr_model    *m = s->model;
    const gr_plan_opts o = { .tokens = s->o.max_tokens, .rows = s->o.max_rows, .elem = (size_t)m->elem, .train = s->o.train,
                             .rel_rows = s->batch.rel_rows, .recompute = s->o.recompute, .tap = s->o.tap_hidden };

    GR_TRY(gr_plan_build(&s->enc.plan, &o, &m->params, &m->config, m->head, NULL, err));
    GR_TRY(take(s, &s->acts, s->enc.plan.bytes, "activations", err));
    in_large_pages(s, s->acts, s->enc.plan.bytes); /* one sentence touches a page of each: 8 MB in half a millisecond */
    return gr_plan_build(&s->enc.plan, &o, &m->params, &m->config, m->head, s->acts, err);
}

/* Host memory for logits, or for one tapped hidden state. */
static gr_status take_results(gr_session *s, gr_err *err)
{
    const gr_model *m = s->model;
    const size_t    T = (size_t)s->o.max_tokens, B = (size_t)s->o.max_rows, H = (size_t)m->config.hidden;
    const size_t    rows = gr_head_per_token(m->head.kind) ? T : B, N = (size_t)gr_plan_out_cols(m->head, &m->config);
    size_t          n, wide;

    if (!gr_mul_size(&n, rows, N * sizeof(double)) || !gr_mul_size(&wide, T > B ? T : B, H * sizeof(double)))
        return gr_fail_nomem(err, "logits");
    if (s->o.tap_hidden && wide > n) n = wide;
    s->host = malloc(n ? n : 1);
    return s->host ? GR_OK : gr_fail_nomem(err, "logits");
}

/* Memory for a batch, on the host and on the device. */
static gr_status take_batch(gr_session *s, gr_err *err)
{
    const gr_segment *table = s->rows.table;

    GR_TRY(gr_batch_store_plan(&s->batch, &s->o, table ? table->count / (size_t)table->width : 0, err));
    s->batch.host = calloc(1, s->batch.bytes);
    s->batch.count = calloc((size_t)s->model->config.vocab_size + 1, sizeof *s->batch.count);
    if (!s->batch.host || !s->batch.count) return gr_fail_nomem(err, "a batch");
    return take(s, &s->batch.dev, s->batch.bytes, "a batch", err);
}

static gr_status take_scalars(gr_session *s, gr_err *err)
{
    void *at = NULL;

    GR_TRY(take(s, &at, GR_SCALAR_COUNT * sizeof(double), "scalars", err));
    s->scalars = at;
    GR_TRY(take(s, &at, sizeof(int32_t), "a flag", err));
    s->flag = at;
    if (!s->rows.table) return GR_OK;
    GR_TRY(take(s, &at, GR_KEEPS * sizeof(double), "decays", err));
    s->rows.keep = at;
    return GR_OK;
}

static int32_t max32(int32_t a, int32_t b) { return a > b ? a : b; }

/* The largest shapes that ops of this session will see. */
static gr_capacity capacity_of(const gr_session *s)
{
    const gr_config *c = &s->model->config;
    gr_capacity most = { .tokens = max32(max32(s->o.max_tokens, s->o.max_rows), s->batch.rel_rows), .rows = s->o.max_rows,
                         .max_len = s->o.max_length, .hidden = c->hidden, .heads = c->heads };

    most.width = max32(max32(3 * c->hidden, 2 * c->embed), max32(c->gated ? 2 * c->inter : c->inter, s->model->head.n_out));
    if (c->relative == GR_RELATIVE_BUCKETS) {
        most.bias = GR_ATTN_BIAS_BUCKETS;
        most.rel_rows = s->batch.rel_used;
    } else if (c->relative == GR_RELATIVE_DISENTANGLED) {
        most.bias = GR_ATTN_BIAS_DISENTANGLED;
        most.rel_rows = s->batch.rel_rows;
    }
    return most;
}

static gr_status build(gr_session *s, gr_err *err)
{
    const gr_backend *op = s->enc.op;
    const gr_ctx_opts co = { .pool = s->o.pool, .deterministic = s->o.deterministic, .precision = s->o.precision };
    gr_capacity       most;

    GR_TRY(op->open(&s->enc.ctx, &co, err));
    GR_TRY(gr_plan_segments(&s->seg, &s->n_seg, &s->model->params, err));
    s->enc.plan.o.elem = (size_t)s->model->elem;
    gr_rows_begin(s);
    GR_TRY(gr_batch_store_offsets(&s->batch, &s->o, &s->model->config, err));
    GR_TRY(take_slabs(s, err));
    GR_TRY(take_activations(s, err));
    GR_TRY(take_results(s, err));
    GR_TRY(take_batch(s, err));
    GR_TRY(take_scalars(s, err));
    GR_TRY(gr_session_rope(s, err));
    most = capacity_of(s);
    op->reserve(s->enc.ctx, &most);
    return gr_session_push(s, err);
}

gr_status gr_session_open(gr_session **out, gr_model *model, const gr_session_opts *o, gr_err *err)
{
    const gr_backend *op = o->device ? gr_backend_find(o->device) : NULL;
    gr_session       *s;
    gr_status         st;

    *out = NULL;
    if (!op) return gr_fail(err, GR_E_ARG, "no device '%s'", o->device ? o->device : "");
    GR_TRY(gr_backend_check(op, err));
    GR_TRY(check_opts(model, o, op, err));
    s = calloc(1, sizeof *s);
    if (!s) return gr_fail_nomem(err, "a session");
    s->model = model;
    s->o = *o;
    s->o.device = op->name;
    s->enc = (gr_encoder){ .op = op, .c = &model->config, .t = &model->params, .head = model->head };
    if ((st = build(s, err)) != GR_OK) {
        gr_session_close(s);
        return st;
    }
    *out = s;
    return GR_OK;
}

void gr_session_close(gr_session *s)
{
    if (!s) return;
    if (s->enc.ctx) {
        void *const held[] = { s->in_place ? NULL : s->enc.weights, s->enc.grads, s->m, s->v, s->acts, s->batch.dev, s->scalars, s->flag, s->rows.keep, s->rope };
        for (size_t i = 0; i < sizeof held / sizeof held[0]; i++)
            if (held[i]) s->enc.op->release(s->enc.ctx, held[i]);
        s->enc.op->close(s->enc.ctx);
    }
    gr_plan_free(&s->enc.plan);
    free(s->batch.host);
    free(s->batch.count);
    free(s->batch.rel_row);
    free(s->seg);
    free(s->host);
    free(s);
}

/* ---- evaluation ----------------------------------------------------------------------------------- */

gr_status gr_session_eval(gr_session *s, const gr_batch *b, double *logits, double *loss, gr_err *err)
{
    const gr_encoder *e = &s->enc;
    const size_t      N = (size_t)gr_plan_out_cols(e->head, e->c);
    double           *slot = s->scalars + GR_SCALAR_EVAL;
    int64_t           labelled;
    size_t            n;
    double            sum = 0.0;
    gr_pass           p;

    GR_TRY(gr_session_load(s, b, false, loss != NULL, &p, &labelled, err));
    if (s->evaluated && !s->kept) { /* from the second batch on: one batch would not repay the work */
        e->op->keep_weights(e->ctx, true);
        s->kept = true;
    }
    p.tap = s->o.tap_hidden;
    s->last = p;
    gr_head_fwd(e, &p, gr_encoder_fwd(e, &p));
    if (loss) {
        e->op->zero(e->ctx, slot, sizeof *slot);
        gr_head_loss(e, &p, 1.0, 0.0, false, slot);
        e->op->download(e->ctx, &sum, slot, sizeof sum);
    }
    n = (size_t)gr_plan_out_rows(e->head, b->n_tokens, b->n_rows) * N;
    if (logits) e->op->download(e->ctx, s->host, e->plan.logits, n * gr_session_elem(s));
    GR_TRY(e->op->sync(e->ctx, err));
    s->evaluated = !s->o.train;
    if (logits) gr_session_to_double(s, logits, n);
    if (loss) *loss = labelled ? sum / (double)labelled : (double)NAN;
    return GR_OK;
}

/* ---- training ------------------------------------------------------------------------------------- */

/* The sum of the losses since the last step, to the host; with the squared norm when sumsq is not NULL. */
static gr_status collect(gr_session *s, double *loss, double *sumsq, gr_err *err)
{
    double x[GR_SCALAR_COUNT];

    s->enc.op->download(s->enc.ctx, x, s->scalars, (size_t)(GR_SCALAR_LOSS + s->micro) * sizeof *x);
    GR_TRY(s->enc.op->sync(s->enc.ctx, err));
    *loss = s->folded;
    for (int32_t i = 0; i < s->micro; i++) *loss += x[GR_SCALAR_LOSS + i];
    if (sumsq) *sumsq = x[GR_SCALAR_SUMSQ];
    return GR_OK;
}

gr_status gr_session_accumulate(gr_session *s, const gr_batch *b, double normaliser, double *loss, gr_err *err)
{
    const gr_encoder *e = &s->enc;
    double           *slot;
    void             *hidden;
    int64_t           labelled;
    gr_pass           p;

    if (!s->o.train) return gr_fail(err, GR_E_ARG, "the session was opened for evaluation alone");
    if (!(normaliser > 0.0) || !isfinite(normaliser)) return gr_fail(err, GR_E_ARG, "a loss divided by %g", normaliser);
    if (s->micro == GR_LOSS_SLOTS) {
        GR_TRY(collect(s, &s->folded, NULL, err));
        s->micro = 0;
    }
    GR_TRY(gr_session_load(s, b, true, true, &p, &labelled, err));
    slot = s->scalars + GR_SCALAR_LOSS + s->micro++;
    s->pending = true;
    e->op->zero(e->ctx, slot, sizeof *slot);
    hidden = gr_encoder_fwd(e, &p);
    gr_head_fwd(e, &p, hidden);
    gr_head_loss(e, &p, normaliser, s->o.label_smoothing, true, slot);
    if (e->plan.lowest < gr_stage_none(e->c)) {
        gr_head_bwd(e, &p, hidden);
        gr_encoder_bwd(e, &p);
    }
    s->last = p;
    s->last_valid = true;
    if (!loss) return GR_OK;
    e->op->download(e->ctx, loss, slot, sizeof *loss);
    return e->op->sync(e->ctx, err);
}

/* Make ready for the next step. Its gradients are zero already: AdamW zeroes what it reads. */
static void start_over(gr_session *s)
{
    s->micro = 0;
    s->folded = 0.0;
    s->pending = false;
    s->last_valid = false;
}

gr_status gr_session_step(gr_session *s, double lr, gr_step_result *out, gr_err *err)
{
    const gr_encoder *e = &s->enc;
    double            loss, sumsq;

    if (!s->pending) return gr_fail(err, GR_E_ARG, "a step without a batch");
    if (!isfinite(lr)) return gr_fail(err, GR_E_ARG, "a learning rate of %g", lr);
    gr_rows_norm(s);
    e->op->sumsq(e->ctx, e->grads, s->seg, s->n_seg, s->scalars + GR_SCALAR_SUMSQ);
    GR_TRY(collect(s, &loss, &sumsq, err));
    if (!isfinite(loss) || !isfinite(sumsq)) {
        const gr_status st = gr_session_explain(s, loss, sumsq, err);
        e->op->zero(e->ctx, e->grads, gr_session_slab(s));
        start_over(s);
        return st;
    }
    gr_rows_update(s);
    e->op->adamw(e->ctx, &(gr_adamw_args){
        .param = e->weights, .grad = e->grads, .m = s->m, .v = s->v, .seg = s->seg, .n_seg = s->n_seg, .lr = lr,
        .beta1 = s->o.beta1, .beta2 = s->o.beta2, .eps = s->o.epsilon, .weight_decay = s->o.weight_decay,
        .step = s->steps + 1, .max_norm = s->o.max_grad_norm, .sumsq = s->scalars + GR_SCALAR_SUMSQ });
    gr_rows_done(s, lr);
    gr_encoder_zero_strays(e);
    start_over(s);
    s->steps++;
    if (out) *out = (gr_step_result){ .loss = loss, .grad_norm = sqrt(sumsq) };
    return GR_OK;
}

int64_t gr_session_steps(const gr_session *s) { return s->steps; }
