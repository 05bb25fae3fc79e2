/* encoder_plan.c - the memory layout of a session; see encoder_plan.h.
 *
 * One cursor walks the slab; every buffer starts at a multiple of 64 bytes. A layer that keeps nothing needs three buffers:
 * the hidden state, one (T,H) and one wide one. In training the last two are backward's scratch, which is idle while forward
 * runs. Some configurations need more: pre-norm a stream, a gate the activation's output, a projection its input, DeBERTa
 * its relative positions, a short layer its first tokens' rows.
 *
 * A batch has no more rows than tokens, so a (B,H) matrix fits wherever a (T,H) matrix does. */
#include "model/encoder_plan.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/checked.h"

enum { ALIGN = 64 };

typedef struct cursor {
    char  *base; /* NULL: count only */
    size_t used, elem;
    bool   overflow;
} cursor;

/* The address of the next (rows, cols) matrix of elements; NULL while counting. */
static void *take(cursor *c, int32_t rows, int32_t cols)
{
    const size_t at = c->used;
    size_t n = 0, end = 0;

    if (!gr_mul_size(&n, (size_t)rows, (size_t)cols) || !gr_mul_size(&n, n, c->elem) || !gr_add_size(&end, at, n) ||
        !gr_add_size(&end, end, ALIGN - 1)) {
        c->overflow = true;
        return NULL;
    }
    c->used = end / ALIGN * ALIGN;
    return c->base ? c->base + at : NULL;
}

static int32_t max32(int32_t a, int32_t b) { return a > b ? a : b; }
static int32_t min32(int32_t a, int32_t b) { return a < b ? a : b; }

/* ---- what is trained ------------------------------------------------------------------------------ */

static bool trained(const gr_params *t, int32_t i) { return i >= 0 && t->p[i].trainable && t->p[i].used; }

static int32_t lowest_in_layer(const gr_params *t, const gr_layer_index *x)
{
    if (trained(t, x->q_w) || trained(t, x->k_w) || trained(t, x->v_w) || trained(t, x->q_b) || trained(t, x->k_b) ||
        trained(t, x->v_b) || trained(t, x->rel_q_w) || trained(t, x->rel_q_b) || trained(t, x->rel_k_w) || trained(t, x->rel_k_b))
        return GR_STAGE_QKV;
    if (trained(t, x->attn_out_w) || trained(t, x->attn_out_b)) return GR_STAGE_ATTN_OUT;
    if (trained(t, x->attn_ln_w) || trained(t, x->attn_ln_b)) return GR_STAGE_ATTN_NORM;
    if (trained(t, x->up_w) || trained(t, x->up_b)) return GR_STAGE_UP;
    if (trained(t, x->down_w) || trained(t, x->down_b)) return GR_STAGE_DOWN;
    if (trained(t, x->out_ln_w) || trained(t, x->out_ln_b)) return GR_STAGE_OUT_NORM;
    return GR_STAGE_COUNT;
}

int32_t gr_plan_lowest(const gr_params *t, const gr_config *c)
{
    if (trained(t, t->word_emb) || trained(t, t->pos_emb) || trained(t, t->type_emb)) return GR_STAGE_TABLES;
    if (trained(t, t->emb_ln_w) || trained(t, t->emb_ln_b)) return GR_STAGE_EMBED_NORM;
    if (trained(t, t->proj_w) || trained(t, t->proj_b)) return GR_STAGE_PROJECT;
    if (trained(t, t->rel) || trained(t, t->rel_ln_w) || trained(t, t->rel_ln_b)) return gr_stage_layer(0, GR_STAGE_QKV);
    for (int32_t l = 0; l < c->layers; l++) {
        const int32_t s = lowest_in_layer(t, &t->layer[l]);
        if (s < GR_STAGE_COUNT) return gr_stage_layer(l, (gr_stage)s);
    }
    if (trained(t, t->dense_w) || trained(t, t->dense_b) || trained(t, t->dense_ln_w) || trained(t, t->dense_ln_b)) return gr_stage_dense(c);
    if (trained(t, t->head_w) || trained(t, t->head_b)) return gr_stage_head(c);
    return gr_stage_none(c);
}

gr_status gr_plan_segments(gr_segment **out, size_t *n, const gr_params *t, gr_err *err)
{
    gr_segment *s = calloc(t->n ? t->n : 1, sizeof *s);
    size_t      k = 0;
    bool        open = false; /* the previous tensor ended in segment k - 1 */

    if (!s) return gr_fail_nomem(err, "the list of trained tensors");
    for (size_t i = 0; i < t->n; i++) {
        const gr_param *p = &t->p[i];
        if (!p->trainable || !p->used) {
            open = false;
        } else if ((int32_t)i == t->word_emb && t->head_w != t->word_emb) { /* a tied last layer gives every row a gradient: no table */
            s[k++] = (gr_segment){ .offset = p->offset, .count = p->count, .decay = p->decay, .width = p->cols };
            open = false;
        } else if (open && s[k - 1].decay == p->decay && p->offset >= s[k - 1].offset + s[k - 1].count) {
            s[k - 1].count = p->offset + p->count - s[k - 1].offset;
        } else {
            s[k++] = (gr_segment){ .offset = p->offset, .count = p->count, .decay = p->decay };
            open = true;
        }
    }
    *out = s;
    *n = k;
    return GR_OK;
}

/* ---- layout --------------------------------------------------------------------------------------- */

/* Does the slope of this activation follow from its input alone? That of the others follows from the output. */
static bool needs_pre(gr_act a) { return a == GR_ACT_GELU || a == GR_ACT_GELU_TANH; }

/* The matrix p from column n on. */
static void *columns(void *p, int32_t n, size_t elem) { return p ? (char *)p + (size_t)n * elem : NULL; }

/* The buffers from the context to the activation. `through`: backward passes through the activation; then its input is kept
 * and its output made again, where the slope wants the input. */
static void place_rows(gr_layer_acts *a, cursor *m, int32_t Q, const gr_config *c, void *wide, bool through)
{
    const int32_t H = c->hidden, F = c->inter, G = c->gated ? 2 * F : F;
    const bool    keep_pre = through && (c->gated || needs_pre(c->act));

    a->ctx = take(m, Q, H);
    a->lse = take(m, Q, c->heads);
    a->attn_sum = a->attn_out = take(m, Q, H);
    a->attn_stats = take(m, Q, 2);
    if (keep_pre) {
        a->pre = take(m, Q, G);
        a->up = wide;
    } else {
        a->pre = c->gated ? wide : NULL;
        a->up = take(m, Q, F);
    }
}

static void place_sum(gr_layer_acts *a, cursor *m, int32_t Q, const gr_config *c)
{
    a->out_sum = a->down = take(m, Q, c->hidden);
    a->out_stats = take(m, Q, 2);
}

static void place_rel(const gr_plan *p, gr_layer_acts *a, cursor *m, const gr_config *c)
{
    a->rel_q = take(m, p->o.rel_rows, c->hidden);
    a->rel_k = take(m, p->o.rel_rows, c->hidden);
}

/* One set of buffers serves training and evaluation. */
static void place_absorbed(const gr_plan *p, gr_layer_acts *a)
{
    a->u = p->short_scratch.u;
    a->t = p->short_scratch.t;
    a->sums = p->short_scratch.sums;
}

/* A short layer keeps everything: B rows are too few for making anything again. */
static void place_short(gr_plan *p, gr_layer_acts *a, cursor *m, const gr_config *c, bool through)
{
    const int32_t T = p->o.tokens, B = min32(p->o.tokens, p->o.rows), H = c->hidden;

    a->q = take(m, B, H);
    if (p->absorbs) place_absorbed(p, a);
    else a->k = take(m, T, 2 * H);
    place_rel(p, a, m, c);
    a->firsts = take(m, B, H);
    a->mid = take(m, B, H);
    place_rows(a, m, B, c, p->grad_wide, through);
    place_sum(a, m, B, c);
    a->out = p->rows_in;
}

static void place_layer(gr_plan *p, gr_layer_acts *a, cursor *m, const gr_config *c, bool through)
{
    a->q = take(m, p->o.tokens, 3 * c->hidden);
    a->k = columns(a->q, c->hidden, m->elem);
    place_rel(p, a, m, c);
    place_rows(a, m, p->o.tokens, c, p->grad_wide, through);
}

static void place_layers(gr_plan *p, cursor *m, const gr_config *c)
{
    bool          shared = false;
    gr_layer_acts work = { 0 };

    for (int32_t l = 0; l < c->layers; l++) {
        gr_layer_acts *a = &p->layer[l];
        const bool     through = gr_plan_below(p, l, GR_STAGE_DOWN);

        if (!gr_plan_keeps(p, l)) continue;
        if (gr_plan_short(p, l)) {
            place_short(p, a, m, c, through);
            continue;
        }
        /* With recompute the layers share one set of buffers. Not the lowest one where backward ends inside it: it keeps other things. */
        if (!p->o.recompute || !shared) place_layer(p, &work, m, c, through);
        shared = through;
        *a = work;
        place_sum(a, m, p->o.tokens, c);
    }
}

static void place_encoder(gr_plan *p, cursor *m, const gr_config *c)
{
    const int32_t T = p->o.tokens, R = p->o.rel_rows, H = c->hidden;

    if (p->lowest <= GR_STAGE_EMBED_NORM) {
        p->embed_sum = take(m, T, c->embed);
        p->embed_stats = take(m, T, 2);
    }
    if (p->lowest <= GR_STAGE_PROJECT && (c->has & GR_HAS_PROJECTION)) p->embed_grad = take(m, T, c->embed);
    if (gr_plan_keeps(p, c->layers - 1)) p->base = take(m, T, H);
    p->rel_grad = take(m, R, H);
    p->rel_dq = take(m, R, H);
    p->rel_dk = take(m, R, H);
    p->rel_dx = take(m, R, H);
    place_layers(p, m, c);
}

/* Can the last layer be computed for first tokens alone? The head must read no other token, and the layer must add to its
 * own input, of which it has the rows; with pre-norm it adds to the stream. */
static bool can_be_short(const gr_config *c, gr_head_spec head) { return gr_head_is_sequence(head.kind) && !c->pool_mean && !c->pre_norm; }

/* Can a short layer do without keys and values? Not where a bias meets the keys themselves (DeBERTa), and not without a bias
 * of the values, by which backward gets the gradient of `sums`. */
static bool can_absorb(const gr_config *c, const gr_params *t)
{
    return c->relative != GR_RELATIVE_DISENTANGLED && t->layer[c->layers - 1].v_b >= 0;
}

static void place_dense(gr_plan *p, cursor *m, const gr_config *c, const gr_params *t, gr_head_spec head)
{
    const int32_t R = gr_plan_out_rows(head, p->o.tokens, p->o.rows), D = gr_plan_dense_cols(t, c);
    const gr_act  act = head.kind == GR_HEAD_MLM ? c->mlm_act : c->head_act;

    if (p->o.train && gr_head_is_sequence(head.kind) && c->drop[GR_DROP_POOL] >= 0.0) p->rows_dropped = take(m, p->o.rows, c->hidden);
    if (p->o.train && needs_pre(act)) p->dense_pre = take(m, R, D);
    p->pooled = p->dense = take(m, R, D);
    if (t->dense_ln_w < 0) return;
    p->dense_stats = take(m, R, 2);
    p->pooled = p->dense_norm = take(m, R, D);
}

static void place_head(gr_plan *p, cursor *m, const gr_config *c, const gr_params *t, gr_head_spec head)
{
    const int32_t R = gr_plan_out_rows(head, p->o.tokens, p->o.rows), N = gr_plan_out_cols(head, c);

    if (!gr_head_per_token(head.kind)) p->pooled = p->rows_in = take(m, p->o.rows, c->hidden);
    if (head.kind == GR_HEAD_EMBED) p->norms = take(m, p->o.rows, 1);
    else if (t->dense_w >= 0) place_dense(p, m, c, t, head);
    if (p->o.train && head.kind != GR_HEAD_EMBED && head.kind != GR_HEAD_MLM) p->dropped = take(m, R, gr_plan_dense_cols(t, c));
    p->logits = take(m, R, N);
    if (p->o.train) p->dlogits = take(m, R, N);
}

static void place_short_scratch(gr_plan *p, cursor *m, const gr_config *c)
{
    const int32_t  B = min32(p->o.tokens, p->o.rows);
    gr_layer_acts *a = &p->short_scratch;

    *a = p->scratch;
    a->q = take(m, B, c->hidden);
    a->k = p->absorbs ? NULL : p->grad_wide;
    a->firsts = a->mid = a->out = p->rows_in;
    if (!p->absorbs) return;
    a->u = take(m, B, c->heads * c->hidden);
    a->t = take(m, B, c->heads * c->hidden);
    a->sums = take(m, B, c->heads);
}

/* Buffers of layers that keep nothing. */
static void place_scratch(gr_plan *p, cursor *m, const gr_config *c)
{
    p->scratch = (gr_layer_acts){ .q = p->grad_wide, .k = columns(p->grad_wide, c->hidden, m->elem), .ctx = p->grad_a,
                                  .attn_out = p->grad_wide, .up = p->grad_wide, .down = p->grad_a };
    if (c->pre_norm) p->stream = p->scratch.attn_sum = p->scratch.out_sum = take(m, p->o.tokens, c->hidden);
    if (c->gated) {
        p->scratch.pre = p->grad_wide;
        p->scratch.up = take(m, p->o.tokens, c->inter);
    }
    place_rel(p, &p->scratch, m, c);
    if (p->short_layer >= 0) place_short_scratch(p, m, c);
}

gr_status gr_plan_build(gr_plan *plan, const gr_plan_opts *o, const gr_params *t, const gr_config *c, gr_head_spec head,
                        void *base, gr_err *err)
{
    cursor        m = { .base = base, .elem = o->elem };
    const int32_t T = o->tokens, H = c->hidden;
    const int32_t wide = max32(3 * H, c->gated ? 2 * c->inter : c->inter);
    const int32_t grad_rows = max32(T, o->rows), grad_cols = max32(H, gr_plan_dense_cols(t, c)); /* the head's backward uses grad_a and grad_b too */

    if (!plan->layer) plan->layer = calloc((size_t)c->layers + 1, sizeof *plan->layer);
    if (!plan->layer) return gr_fail_nomem(err, "the activation plan");
    plan->o = *o;
    plan->lowest = o->train ? gr_plan_lowest(t, c) : gr_stage_none(c);
    plan->short_layer = can_be_short(c, head) && !o->tap ? c->layers - 1 : -1;
    plan->absorbs = plan->short_layer >= 0 && can_absorb(c, t);
    plan->hidden = take(&m, T, H);
    plan->grad_a = take(&m, grad_rows, grad_cols);
    plan->grad_wide = take(&m, T, wide);
    if (c->has & GR_HAS_PROJECTION) plan->embed_out = take(&m, T, c->embed);
    plan->rel = take(&m, o->rel_rows, H);
    plan->rel_dropped = take(&m, o->rel_rows, H);
    plan->rel_stats = take(&m, o->rel_rows, 2);
    place_head(plan, &m, c, t, head);
    place_scratch(plan, &m, c);
    if (o->train) {
        plan->grad = take(&m, T, H);
        plan->grad_b = take(&m, grad_rows, grad_cols);
        if (c->pre_norm) plan->grad_branch = take(&m, T, H);
        place_encoder(plan, &m, c);
    }
    if (o->tap) plan->tap = take(&m, T, (c->layers + 1) * H);
    if (m.overflow) return gr_fail(err, GR_E_NOMEM, "activations of %d tokens do not fit in memory", (int)T);
    plan->bytes = m.used;
    return GR_OK;
}

void gr_plan_free(gr_plan *plan)
{
    free(plan->layer);
    *plan = (gr_plan){ 0 };
}
