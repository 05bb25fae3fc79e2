/* head.c - the heads on top of the encoder; see encoder.h. They have the forms of transformers' modeling files and of
 * sentence-transformers' pooling:
 *
 *   class, regression     x = h[first token] or mean(h)          (B,H)
 *   token, masked words   x = h                                  (T,H)
 *     with a dense layer    x = norm(act(dropout(x) Wd))         (.,D)   the norm in some families
 *     logits = dropout(x) Wc                                     (.,n_out)
 *   embed                 logits = mean(h) / |mean(h)|           (B,H)   rows of unit length
 *
 * Which parts a family's head has follows from its tensors and dropouts (family.h). The losses are cross entropy,
 * mean-squared error, and for pairs of embeddings the squared error of their cosine. */
#include "model/encoder.h"

static bool is_sequence(const gr_encoder *e) { return gr_head_is_sequence(e->head.kind); }

static bool has_dense(const gr_encoder *e) { return e->t->dense_w >= 0 && e->head.kind != GR_HEAD_EMBED; }

/* Is the last layer a short one? Then the hidden state is that of the first tokens, in plan.rows_in, and its gradient goes
 * to plan.grad_b. */
static bool short_top(const gr_encoder *e) { return gr_plan_short(&e->plan, e->c->layers - 1); }

/* The rows that the head works on: all tokens, or one row a sequence. */
static const gr_dev_batch *rows_of(const gr_encoder *e, const gr_pass *p) { return gr_head_per_token(e->head.kind) ? &p->b : &p->firsts; }

/* Dropout before the last linear layer. */
static gr_dropout last_dropout(const gr_encoder *e, const gr_pass *p)
{
    double prob = 0.0;

    if (is_sequence(e)) prob = gr_config_drop(e->c, GR_DROP_HEAD);
    else if (e->head.kind == GR_HEAD_TOKEN) prob = gr_config_drop(e->c, GR_DROP_TOKEN);
    return gr_encoder_dropout(p, prob, GR_SITE_HEAD);
}

/* Dropout before the dense layer. */
static gr_dropout pool_dropout(const gr_encoder *e, const gr_pass *p)
{
    return gr_encoder_dropout(p, is_sequence(e) ? gr_config_drop(e->c, GR_DROP_POOL) : 0.0, GR_SITE_POOL);
}

static void drop(const gr_encoder *e, const gr_pass *p, gr_dropout d, int32_t cols, const void *x, void *out)
{
    e->op->dropout(e->ctx, &(gr_drop_args){ .b = &p->b, .hidden = cols, .per_token = gr_head_per_token(e->head.kind), .drop = d, .x = x, .out = out });
}

/* x after dropout; without dropout x itself. */
static const void *dropped(const gr_encoder *e, const gr_pass *p, gr_dropout d, int32_t cols, const void *x, void *out)
{
    if (d.threshold == 0) return x;
    drop(e, p, d, cols, x, out);
    return out;
}

static gr_linear_args dense(const gr_encoder *e, const gr_pass *p, const void *x)
{
    return (gr_linear_args){ .rows = rows_of(e, p)->n_tokens, .in = e->c->hidden, .out = gr_plan_dense_cols(e->t, e->c),
                             .act = e->head.kind == GR_HEAD_MLM ? e->c->mlm_act : e->c->head_act, .x = x,
                             .w = gr_encoder_weight(e, e->t->dense_w), .bias = gr_encoder_weight(e, e->t->dense_b),
                             .pre = e->plan.dense_pre, .y = e->plan.dense };
}

/* The norm of the dense layer's output, which is also its "sum": nothing is added. */
static gr_norm_args dense_norm(const gr_encoder *e, const gr_pass *p)
{
    return (gr_norm_args){ .b = rows_of(e, p), .hidden = gr_plan_dense_cols(e->t, e->c), .eps = e->c->ln_eps, .x = e->plan.dense,
                           .gain = gr_encoder_weight(e, e->t->dense_ln_w), .bias = gr_encoder_weight(e, e->t->dense_ln_b),
                           .sum = e->plan.dense, .stats = e->plan.dense_stats, .out = e->plan.dense_norm };
}

static gr_linear_args classifier(const gr_encoder *e, const gr_pass *p, const void *x)
{
    return (gr_linear_args){ .rows = rows_of(e, p)->n_tokens, .in = gr_plan_dense_cols(e->t, e->c), .out = e->head.n_out,
                             .act = GR_ACT_NONE, .x = x, .w = gr_encoder_weight(e, e->t->head_w),
                             .bias = gr_encoder_weight(e, e->t->head_b), .y = e->plan.logits };
}

static gr_pool_args pool_of(const gr_encoder *e, const gr_pass *p, void *hidden)
{
    return (gr_pool_args){ .b = &p->b, .hidden = e->c->hidden, .at = p->first, .x = hidden, .out = e->plan.rows_in };
}

/* Input of the dense layer or, without one, of the last layer; before dropout. */
static void *input_of(const gr_encoder *e, void *hidden) { return gr_head_per_token(e->head.kind) ? hidden : e->plan.rows_in; }

static void dense_fwd(const gr_encoder *e, const gr_pass *p, void *hidden)
{
    const gr_linear_args a = dense(e, p, dropped(e, p, pool_dropout(e, p), e->c->hidden, input_of(e, hidden), e->plan.rows_dropped));

    e->op->linear_fwd(e->ctx, &a);
    gr_encoder_scan(e, p, -1, "pooler", e->plan.dense, a.rows, a.out);
    if (e->t->dense_ln_w >= 0) {
        const gr_norm_args norm = dense_norm(e, p);
        e->op->dropout_add_norm_fwd(e->ctx, &norm);
    }
}

void gr_head_fwd(const gr_encoder *e, const gr_pass *p, void *hidden)
{
    const gr_plan     *k = &e->plan;
    const int32_t      B = p->b.n_rows, H = e->c->hidden;
    const gr_pool_args rows = pool_of(e, p, hidden);

    if (e->head.kind == GR_HEAD_EMBED || (is_sequence(e) && e->c->pool_mean)) e->op->mean_pool_fwd(e->ctx, &rows);
    else if (is_sequence(e) && !short_top(e)) e->op->gather_rows_fwd(e->ctx, &rows);
    if (e->head.kind == GR_HEAD_EMBED) {
        e->op->l2_normalise_fwd(e->ctx, &(gr_l2_args){ .rows = B, .hidden = H, .x = k->rows_in, .y = k->logits, .norm = k->norms });
    } else {
        if (has_dense(e)) dense_fwd(e, p, hidden);
        const void *const    x = dropped(e, p, last_dropout(e, p), gr_plan_dense_cols(e->t, e->c), k->pooled ? k->pooled : hidden, k->dropped);
        const gr_linear_args last = classifier(e, p, x);
        e->op->linear_fwd(e->ctx, &last);
    }
    gr_encoder_scan(e, p, -1, "logits", k->logits, gr_plan_out_rows(e->head, p->b.n_tokens, B), gr_plan_out_cols(e->head, e->c));
}

void gr_head_loss(const gr_encoder *e, const gr_pass *p, double normaliser, double smoothing, bool with_grad, double *loss)
{
    gr_loss_args a = { .rows = gr_plan_out_rows(e->head, p->b.n_tokens, p->b.n_rows), .classes = gr_plan_out_cols(e->head, e->c),
                       .logits = e->plan.logits, .labels = p->labels, .values = p->values, .smoothing = smoothing,
                       .normaliser = normaliser, .dlogits = with_grad ? e->plan.dlogits : NULL, .loss = loss };

    switch (e->head.kind) {
    case GR_HEAD_CLASS:
    case GR_HEAD_TOKEN:
    case GR_HEAD_MLM:
        e->op->softmax_xent(e->ctx, &a);
        break;
    case GR_HEAD_REGRESSION:
        e->op->mse(e->ctx, &a);
        break;
    case GR_HEAD_EMBED:
        a.rows = p->b.n_rows / 2;
        e->op->cosine(e->ctx, &a);
        break;
    }
}

static void linear_bwd(const gr_encoder *e, gr_linear_args *a, int32_t w, int32_t b, void *dy, void *dx)
{
    a->dy = dy;
    a->dx = dx;
    a->dw = gr_encoder_grad(e, w);
    a->dbias = gr_encoder_grad(e, b);
    if (a->dx || a->dw || a->dbias) e->op->linear_bwd(e->ctx, a);
}

/* The last linear layer: from the gradient of the logits to that of its weights and, through dropout, to dx, the gradient of
 * x. dx NULL: its weights alone. */
static void classifier_bwd(const gr_encoder *e, const gr_pass *p, const void *x, void *dx)
{
    const gr_dropout d = last_dropout(e, p);
    gr_linear_args   a = classifier(e, p, d.threshold ? e->plan.dropped : x);

    linear_bwd(e, &a, e->t->head_w, e->t->head_b, e->plan.dlogits, dx);
    if (dx && d.threshold) drop(e, p, d, a.in, dx, dx);
}

/* The same for the dense layer and its norm; dy is overwritten. */
static void dense_bwd(const gr_encoder *e, const gr_pass *p, void *hidden, void *dy, void *dx)
{
    const gr_dropout d = pool_dropout(e, p);
    gr_linear_args   a = dense(e, p, d.threshold ? e->plan.rows_dropped : input_of(e, hidden));

    if (e->t->dense_ln_w >= 0) {
        gr_norm_args norm = dense_norm(e, p);

        norm.dout = norm.dx = dy;
        norm.dgain = gr_encoder_grad(e, e->t->dense_ln_w);
        norm.dbias = gr_encoder_grad(e, e->t->dense_ln_b);
        e->op->dropout_add_norm_bwd(e->ctx, &norm);
    }
    linear_bwd(e, &a, e->t->dense_w, e->t->dense_b, dy, dx);
    if (dx && d.threshold) drop(e, p, d, e->c->hidden, dx, dx);
}

/* From drows, the gradient of the sequences' rows, to that of the hidden state. */
static void pool_bwd(const gr_encoder *e, const gr_pass *p, void *hidden, const void *drows)
{
    gr_pool_args rows = pool_of(e, p, hidden);

    rows.dout = drows;
    rows.dx = e->plan.grad;
    if (e->head.kind == GR_HEAD_EMBED || e->c->pool_mean) e->op->mean_pool_bwd(e->ctx, &rows);
    else if (!short_top(e)) e->op->gather_rows_bwd(e->ctx, &rows);
}

static void embed_head_bwd(const gr_encoder *e, const gr_pass *p, void *hidden)
{
    const gr_plan *k = &e->plan;

    e->op->l2_normalise_bwd(e->ctx, &(gr_l2_args){ .rows = p->b.n_rows, .hidden = e->c->hidden, .x = k->rows_in, .y = k->logits,
                                                   .norm = k->norms, .dy = k->dlogits, .dx = k->grad_a });
    pool_bwd(e, p, hidden, k->grad_a);
}

/* Where the gradient of the head's input goes; NULL when nothing below the head is trained. */
static void *input_grad(const gr_encoder *e)
{
    if (e->plan.lowest >= gr_stage_dense(e->c)) return NULL;
    return is_sequence(e) ? e->plan.grad_b : e->plan.grad;
}

void gr_head_bwd(const gr_encoder *e, const gr_pass *p, void *hidden)
{
    const gr_plan    *k = &e->plan;
    const void *const x = k->pooled ? k->pooled : hidden;
    void *const       dinput = input_grad(e);

    if (e->head.kind == GR_HEAD_EMBED) {
        embed_head_bwd(e, p, hidden);
        return;
    }
    if (!has_dense(e)) {
        classifier_bwd(e, p, x, dinput);
    } else if (k->lowest > gr_stage_dense(e->c)) { /* the dense layer is frozen too */
        classifier_bwd(e, p, x, NULL);
    } else {
        classifier_bwd(e, p, x, k->grad_a);
        dense_bwd(e, p, hidden, k->grad_a, dinput);
    }
    if (dinput && is_sequence(e)) pool_bwd(e, p, hidden, dinput);
}
