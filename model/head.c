/* head.c - what stands on the encoder; see encoder.h. Forms as in transformers' modeling_bert.py and
 * sentence-transformers' pooling:
 *
 *   class, regression   logits = dropout(tanh(h[CLS] Wp)) Wc         (B, n_out)
 *   token               logits = dropout(h) Wc                       (T, n_out)
 *   embed               logits = mean(h) / |mean(h)|                 (B, H), unit rows
 *
 * Losses: cross entropy, mean-squared error, and for pairs the squared error of the cosine. */
#include "model/encoder.h"

static bool has_pooler(const gr_encoder *e) { return e->head.kind == GR_HEAD_CLASS || e->head.kind == GR_HEAD_REGRESSION; }

/* The hidden state is that of the first tokens alone, in plan.rows_in, and its gradient goes to plan.grad_b. */
static bool short_top(const gr_encoder *e) { return gr_plan_short(&e->plan, e->c->layers - 1); }

/* Dropout before the last linear layer. Without dropout x itself is the result. */
static void *drop_fwd(const gr_encoder *e, const gr_pass *p, void *x)
{
    const gr_dropout d = gr_encoder_dropout(p, e->c->classifier_dropout, GR_SITE_HEAD);

    if (d.threshold == 0) return x;
    e->op->dropout(e->ctx, &(gr_drop_args){ .b = &p->b, .hidden = e->c->hidden, .per_token = e->head.kind == GR_HEAD_TOKEN,
                                            .drop = d, .x = x, .out = e->plan.dropped });
    return e->plan.dropped;
}

static gr_linear_args pooler(const gr_encoder *e, const gr_pass *p)
{
    return (gr_linear_args){ .rows = p->b.n_rows, .in = e->c->hidden, .out = e->c->hidden, .act = GR_ACT_TANH,
                             .x = e->plan.rows_in, .w = gr_encoder_weight(e, e->t->pooler_w),
                             .bias = gr_encoder_weight(e, e->t->pooler_b), .y = e->plan.pooled };
}

static gr_linear_args classifier(const gr_encoder *e, const gr_pass *p, const void *x)
{
    return (gr_linear_args){ .rows = gr_plan_out_rows(e->head, p->b.n_tokens, p->b.n_rows), .in = e->c->hidden, .out = e->head.n_out,
                             .act = GR_ACT_NONE, .x = x, .w = gr_encoder_weight(e, e->t->head_w),
                             .bias = gr_encoder_weight(e, e->t->head_b), .y = e->plan.logits };
}

static gr_pool_args pool_of(const gr_encoder *e, const gr_pass *p, void *hidden)
{
    return (gr_pool_args){ .b = &p->b, .hidden = e->c->hidden, .at = p->first, .x = hidden, .out = e->plan.rows_in };
}

void gr_head_fwd(const gr_encoder *e, const gr_pass *p, void *hidden)
{
    const gr_plan       *k = &e->plan;
    const int32_t        B = p->b.n_rows, H = e->c->hidden;
    const gr_pool_args   rows = pool_of(e, p, hidden);
    const gr_linear_args pool = pooler(e, p);

    if (e->head.kind == GR_HEAD_EMBED) {
        e->op->mean_pool_fwd(e->ctx, &rows);
        e->op->l2_normalise_fwd(e->ctx, &(gr_l2_args){ .rows = B, .hidden = H, .x = k->rows_in, .y = k->logits, .norm = k->norms });
    } else if (has_pooler(e)) {
        if (!short_top(e)) e->op->gather_rows_fwd(e->ctx, &rows);
        e->op->linear_fwd(e->ctx, &pool);
        gr_encoder_scan(e, p, -1, "pooler", k->pooled, B, H);
        const gr_linear_args last = classifier(e, p, drop_fwd(e, p, k->pooled));
        e->op->linear_fwd(e->ctx, &last);
    } else {
        const gr_linear_args last = classifier(e, p, drop_fwd(e, p, hidden));
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

/* d logits to d (the last linear layer's input), through dropout, into dx; NULL: its weights alone. */
static void classifier_bwd(const gr_encoder *e, const gr_pass *p, void *x, void *dx)
{
    const gr_dropout d = gr_encoder_dropout(p, e->c->classifier_dropout, GR_SITE_HEAD);
    gr_linear_args   a = classifier(e, p, d.threshold ? e->plan.dropped : x);

    a.dy = e->plan.dlogits;
    a.dx = dx;
    a.dw = gr_encoder_grad(e, e->t->head_w);
    a.dbias = gr_encoder_grad(e, e->t->head_b);
    if (a.dx || a.dw || a.dbias) e->op->linear_bwd(e->ctx, &a);
    if (dx && d.threshold)
        e->op->dropout(e->ctx, &(gr_drop_args){ .b = &p->b, .hidden = e->c->hidden, .per_token = e->head.kind == GR_HEAD_TOKEN,
                                                .drop = d, .x = dx, .out = dx });
}

void gr_head_bwd(const gr_encoder *e, const gr_pass *p, void *hidden)
{
    const gr_plan *k = &e->plan;
    const int32_t  pooler_stage = gr_stage_pooler(e->c);
    gr_pool_args   rows = pool_of(e, p, hidden);

    rows.dx = k->grad;
    if (e->head.kind == GR_HEAD_EMBED) {
        e->op->l2_normalise_bwd(e->ctx, &(gr_l2_args){ .rows = p->b.n_rows, .hidden = e->c->hidden, .x = k->rows_in, .y = k->logits,
                                                       .norm = k->norms, .dy = k->dlogits, .dx = k->grad_a });
        rows.dout = k->grad_a;
        e->op->mean_pool_bwd(e->ctx, &rows);
    } else if (has_pooler(e)) {
        gr_linear_args pool = pooler(e, p);

        classifier_bwd(e, p, k->pooled, k->lowest <= pooler_stage ? k->grad_a : NULL);
        if (k->lowest > pooler_stage) return;
        pool.dy = k->grad_a;
        pool.dx = k->lowest < pooler_stage ? k->grad_b : NULL;
        pool.dw = gr_encoder_grad(e, e->t->pooler_w);
        pool.dbias = gr_encoder_grad(e, e->t->pooler_b);
        if (pool.dx || pool.dw || pool.dbias) e->op->linear_bwd(e->ctx, &pool);
        rows.dout = k->grad_b;
        if (pool.dx && !short_top(e)) e->op->gather_rows_bwd(e->ctx, &rows);
    } else {
        classifier_bwd(e, p, hidden, k->lowest < pooler_stage ? k->grad : NULL);
    }
}
