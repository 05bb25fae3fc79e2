/* session_diag.c - where did the first NaN or infinity come from? Runs only after a step has failed.
 *
 * The last micro-batch's forward is repeated with the same dropout and every intermediate result is
 * scanned in order. When forward is clean the gradients are scanned from the top of the network down,
 * since that is the order in which backward made them. */
#include "model/session_internal.h"

#include <math.h>
#include <stdio.h>

static bool grad_is_bad(const gr_session *s, const gr_param *q)
{
    const gr_encoder *e = &s->enc;
    int32_t           found = 0;

    if (!q->trainable || !q->used) return false;
    e->op->zero(e->ctx, s->flag, sizeof *s->flag);
    e->op->find_nonfinite(e->ctx, (const char *)e->grads + q->offset * gr_session_elem(s), q->count, s->flag);
    e->op->download(e->ctx, &found, s->flag, sizeof found);
    return found != 0;
}

/* Slab order is layer order, embeddings first: walk it from the end. */
static const char *first_bad_grad(const gr_session *s)
{
    for (size_t i = s->model->params.n; i-- > 0;)
        if (grad_is_bad(s, &s->model->params.p[i])) return s->model->params.p[i].name;
    return NULL;
}

static gr_scan scan_forward(gr_session *s)
{
    gr_scan scan = { .flag = s->flag, .layer = -1, .what = NULL };

    if (!s->last_valid) return scan;
    s->enc.op->zero(s->enc.ctx, s->flag, sizeof *s->flag);
    s->last.scan = &scan;
    gr_head_fwd(&s->enc, &s->last, gr_encoder_fwd(&s->enc, &s->last));
    s->last.scan = NULL;
    return scan;
}

gr_status gr_session_explain(gr_session *s, double loss, double sumsq, gr_err *err)
{
    const char   *tensor = first_bad_grad(s);
    const gr_scan scan = scan_forward(s);
    const double  bad = isfinite(loss) ? sqrt(sumsq) : loss;
    char          where[256];

    GR_TRY(s->enc.op->sync(s->enc.ctx, err));
    if (scan.what && scan.layer >= 0) (void)snprintf(where, sizeof where, "layer %d (%s)", (int)scan.layer, scan.what);
    else if (scan.what) (void)snprintf(where, sizeof where, "the %s", scan.what);
    else if (tensor) (void)snprintf(where, sizeof where, "the gradient of %s", tensor);
    else (void)snprintf(where, sizeof where, isfinite(loss) ? "the sum of squares" : "an earlier micro-batch");
    return gr_fail(err, GR_E_NUMERIC, "step %lld: %s is %s; first non-finite values in %s", (long long)s->steps + 1,
                   isfinite(loss) ? "gradient norm" : "loss", isnan(bad) ? "nan" : bad > 0 ? "inf" : "-inf", where);
}
