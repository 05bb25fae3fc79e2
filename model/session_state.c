/* session_state.c - a session's contents on their way in and out: weights, optimiser state, gradients,
 * hidden states; and what a batch costs. */
#include "model/session_internal.h"

#include <string.h>

void gr_session_to_double(const gr_session *s, double *out, size_t n)
{
    const float *f = s->host;

    if (gr_session_elem(s) == sizeof(double)) memcpy(out, s->host, n * sizeof *out);
    else
        for (size_t i = 0; i < n; i++) out[i] = (double)f[i];
}

gr_status gr_session_pull(gr_session *s, gr_err *err)
{
    gr_rows_settle(s);
    if (!s->in_place && !s->model->tensor) s->enc.op->download(s->enc.ctx, s->model->weights, s->enc.weights, gr_session_slab(s));
    return s->enc.op->sync(s->enc.ctx, err);
}

/* The tensors of a mapped model, which lie apart. */
static void upload_tensors(gr_session *s)
{
    const gr_params *t = &s->model->params;
    const size_t     elem = gr_session_elem(s);

    for (size_t i = 0; i < t->n; i++)
        s->enc.op->upload(s->enc.ctx, (char *)s->enc.weights + t->p[i].offset * elem, gr_model_tensor(s->model, i), t->p[i].count * elem);
}

gr_status gr_session_push(gr_session *s, gr_err *err)
{
    gr_rows_forget(s);
    if (s->kept) s->enc.op->keep_weights(s->enc.ctx, false);
    s->evaluated = s->kept = false;
    if (!s->in_place && s->model->tensor) upload_tensors(s);
    else if (!s->in_place) s->enc.op->upload(s->enc.ctx, s->enc.weights, s->model->weights, gr_session_slab(s));
    return s->enc.op->sync(s->enc.ctx, err);
}

static gr_status need_training(const gr_session *s, gr_err *err)
{
    if (s->o.train) return GR_OK;
    return gr_fail(err, GR_E_ARG, "the session was opened for evaluation alone");
}

size_t gr_session_state_bytes(const gr_session *s) { return s->o.train ? 2 * gr_session_slab(s) : 0; }

gr_status gr_session_state_read(gr_session *s, void *out, size_t at, size_t n, gr_err *err)
{
    const size_t half = gr_session_slab(s);
    size_t       first = 0; /* bytes of the first moments */

    if (at < half) first = n < half - at ? n : half - at;
    GR_TRY(need_training(s, err));
    if (at > 2 * half || n > 2 * half - at) return gr_fail(err, GR_E_ARG, "bytes %zu..%zu of an optimiser state of %zu", at, at + n, 2 * half);
    if (first) s->enc.op->download(s->enc.ctx, out, (const char *)s->m + at, first);
    if (n > first) s->enc.op->download(s->enc.ctx, (char *)out + first, (const char *)s->v + (at + first - half), n - first);
    return s->enc.op->sync(s->enc.ctx, err);
}

gr_status gr_session_state_load(gr_session *s, const void *m, const void *v, int64_t step, gr_err *err)
{
    GR_TRY(need_training(s, err));
    if (step < 0) return gr_fail(err, GR_E_ARG, "optimiser state of step %lld", (long long)step);
    if (s->pending) return gr_fail(err, GR_E_ARG, "optimiser state set between a batch and its step");
    gr_rows_restore(s, m, v);
    s->steps = step;
    return s->enc.op->sync(s->enc.ctx, err);
}

/* Frozen and unused tensors read as zero, whatever the product of a matrix that they are part of has left there. */
gr_status gr_session_grads(gr_session *s, void *out, gr_err *err)
{
    const size_t elem = gr_session_elem(s);
    size_t       at = 0;

    GR_TRY(need_training(s, err));
    s->enc.op->download(s->enc.ctx, out, s->enc.grads, gr_session_slab(s));
    GR_TRY(s->enc.op->sync(s->enc.ctx, err));
    for (size_t i = 0; i < s->n_seg; i++) {
        memset((char *)out + at * elem, 0, (s->seg[i].offset - at) * elem);
        at = s->seg[i].offset + s->seg[i].count;
    }
    memset((char *)out + at * elem, 0, (s->model->params.total - at) * elem);
    return GR_OK;
}

gr_status gr_session_tap(gr_session *s, int32_t i, double *out, gr_err *err)
{
    const gr_plan *k = &s->enc.plan;
    const int32_t  L = s->enc.c->layers;
    const size_t   H = (size_t)s->enc.c->hidden, state = (size_t)k->o.tokens * H * k->o.elem;
    const void    *src = k->tap;
    size_t         n;

    if (!s->o.tap_hidden || !s->last.b.n_tokens)
        return gr_fail(err, GR_E_ARG, "hidden states are kept by an evaluation of a session opened with tap_hidden");
    if (i < 0 || i > L + 1) return gr_fail(err, GR_E_ARG, "hidden state %d of a model with %d layers", (int)i, (int)L);
    if (i <= L) {
        src = (const char *)k->tap + (size_t)i * state;
        n = (size_t)s->last.b.n_tokens * H;
    } else {
        src = gr_head_per_token(s->enc.head.kind) ? NULL : k->pooled;
        n = (size_t)s->last.b.n_rows * H;
    }
    if (!src) return gr_fail(err, GR_E_ARG, "a token model has no pooled vector");
    s->enc.op->download(s->enc.ctx, s->host, src, n * k->o.elem);
    GR_TRY(s->enc.op->sync(s->enc.ctx, err));
    gr_session_to_double(s, out, n);
    return GR_OK;
}

/* How many pairs of a query and a key that it sees layer l has. A short layer has one query a sequence. */
static double layer_pairs(const gr_encoder *e, const gr_batch *b, int32_t l)
{
    const double reach = e->c->local && e->c->local[l] ? e->c->window : -1.0;
    double       pairs = 0.0;

    if (gr_plan_short(&e->plan, l)) return b->n_tokens;
    for (int32_t r = 0; r < b->n_rows; r++) {
        const double n = (double)b->cu_seqlens[r + 1] - (double)b->cu_seqlens[r];

        if (reach < 0.0 || reach >= n) pairs += n * n;
        else pairs += n * (2.0 * reach + 1.0) - reach * (reach + 1.0); /* less what the window has beyond the ends */
    }
    return pairs;
}

/* Forward of layer l, relative positions apart. G is F, or 2F with a gate. A multiply-add is two operations.
 *
 *   every token            2 (3HH + HH + HG + FH)   query, key, value; output; feed-forward
 *   every pair             4 H                      score, and the value's share of the context
 *   short layer            the first line for B rows alone, with
 *     keys and values      2 (2HH) for every token; 4 H a pair
 *     without (absorbs)    the keys' and values' projections for B rows too; 4 H a pair and head */
static double layer_flops(const gr_encoder *e, const gr_batch *b, int32_t l)
{
    const gr_config *c = e->c;
    const double     H = c->hidden, F = c->inter, G = c->gated ? 2.0 * F : F, T = b->n_tokens, B = b->n_rows, pairs = layer_pairs(e, b, l);

    if (gr_plan_absorbs(&e->plan, l)) return 2.0 * B * (4.0 * H * H + H * G + F * H) + 4.0 * pairs * (double)c->heads * H;
    if (gr_plan_short(&e->plan, l)) return 2.0 * T * 2.0 * H * H + 2.0 * B * (2.0 * H * H + H * G + F * H) + 4.0 * pairs * H;
    return 2.0 * T * (4.0 * H * H + H * G + F * H) + 4.0 * pairs * H;
}

/* DeBERTa's relative positions in layer l: each term projects R rows, 2 RHH, and has 2 H a pair. */
static double rel_flops(const gr_encoder *e, const gr_batch *b, int32_t l)
{
    const double H = e->c->hidden, terms = (double)e->c->rel_c2p + (double)e->c->rel_p2c;
    int32_t      longest = 0;
    double       R;

    if (e->c->relative != GR_RELATIVE_DISENTANGLED) return 0.0;
    for (int32_t r = 0; r < b->n_rows; r++)
        if (b->cu_seqlens[r + 1] - b->cu_seqlens[r] > longest) longest = b->cu_seqlens[r + 1] - b->cu_seqlens[r];
    R = (double)gr_config_rel_row(e->c, 1 - longest) - (double)gr_config_rel_row(e->c, longest - 1) + 1.0;
    return terms * (2.0 * R * H * H + 2.0 * layer_pairs(e, b, l) * H);
}

/* Backward costs twice what forward does, so a part that it passes through counts three times. Recomputation is not counted. */
double gr_session_flops(const gr_session *s, const gr_batch *b, bool train)
{
    const gr_encoder  *e = &s->enc;
    const gr_config   *c = e->c;
    const double       H = c->hidden, rows = gr_plan_out_rows(e->head, b->n_tokens, b->n_rows), D = gr_plan_dense_cols(e->t, c);
    const int32_t      lowest = train ? gr_plan_lowest(e->t, c) : gr_stage_none(c);
    double             total = 0.0;

    if (c->has & GR_HAS_PROJECTION) total += 2.0 * (double)b->n_tokens * (double)c->embed * H * (lowest <= GR_STAGE_PROJECT ? 3.0 : 1.0);
    for (int32_t l = 0; l < c->layers; l++)
        total += (layer_flops(e, b, l) + rel_flops(e, b, l)) * (lowest < gr_stage_layer(l + 1, GR_STAGE_QKV) ? 3.0 : 1.0);
    if (e->head.kind == GR_HEAD_EMBED) return total;
    if (e->t->dense_w >= 0) total += 2.0 * rows * H * D * (lowest <= gr_stage_dense(c) ? 3.0 : 1.0);
    return total + 2.0 * rows * D * (double)e->head.n_out * (lowest <= gr_stage_head(c) ? 3.0 : 1.0);
}

size_t gr_session_memory(const gr_session *s) { return s->enc.op->memory(s->enc.ctx); }
