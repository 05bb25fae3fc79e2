/* encoder_fwd.c - forward through embeddings and layers; see encoder.h.
 *
 *   T tokens of the packed batch, H hidden, F feed-forward width, A heads
 *   x (T,H) -> qkv (T,3H) -> ctx (T,H) -> attn_out (T,H) -> mid = LN(dropout(attn_out) + x)
 *           -> up = act(mid W1) (T,F) -> down = up W2 (T,H) -> out = LN(dropout(down) + mid)
 *
 * Layers that backward passes through write into buffers of their own; the others share scratch
 * and replace their input (gr_layer_acts). */
#include "model/encoder.h"

#include <math.h>

double gr_encoder_scale(const gr_config *c) { return 1.0 / sqrt((double)c->hidden / (double)c->heads); }

const void *gr_encoder_weight(const gr_encoder *e, int32_t i)
{
    return i < 0 ? NULL : (const char *)e->weights + e->t->p[i].offset * e->plan.o.elem;
}

void *gr_encoder_grad(const gr_encoder *e, int32_t i)
{
    if (i < 0 || !e->t->p[i].trainable || !e->t->p[i].used) return NULL;
    return (char *)e->grads + e->t->p[i].offset * e->plan.o.elem;
}

gr_dropout gr_encoder_dropout(const gr_pass *p, double prob, uint32_t site)
{
    return gr_dropout_make(p->train ? prob : 0.0, p->seed, p->step, site);
}

void gr_encoder_scan(const gr_encoder *e, const gr_pass *p, int32_t layer, const char *what, const void *x, int32_t rows, int32_t cols)
{
    int32_t found = 0;

    if (!p->scan || p->scan->what) return;
    e->op->find_nonfinite(e->ctx, x, (size_t)rows * (size_t)cols, p->scan->flag);
    e->op->download(e->ctx, &found, p->scan->flag, sizeof found);
    if (!found) return;
    p->scan->layer = layer;
    p->scan->what = what;
}

static void tap(const gr_encoder *e, const gr_pass *p, int32_t i, const void *x)
{
    const size_t state = (size_t)e->plan.o.tokens * (size_t)e->c->hidden * e->plan.o.elem;

    if (!p->tap) return;
    e->op->copy(e->ctx, (char *)e->plan.tap + (size_t)i * state, x, (size_t)p->b.n_tokens * (size_t)e->c->hidden * e->plan.o.elem);
}

static void *embed_fwd(const gr_encoder *e, const gr_pass *p)
{
    const gr_params *t = e->t;
    const bool       keep = p->train && e->plan.embed_out;
    void            *out = keep ? e->plan.embed_out : e->plan.hidden;

    e->op->embed_fwd(e->ctx, &(gr_embed_args){
        .b = &p->b, .hidden = e->c->hidden, .eps = e->c->ln_eps,
        .word = gr_encoder_weight(e, t->word_emb), .pos = gr_encoder_weight(e, t->pos_emb), .type = gr_encoder_weight(e, t->type_emb),
        .gain = gr_encoder_weight(e, t->emb_ln_w), .bias = gr_encoder_weight(e, t->emb_ln_b),
        .drop = gr_encoder_dropout(p, e->c->hidden_dropout, GR_SITE_EMBED),
        .sum = keep ? e->plan.embed_sum : NULL, .stats = keep ? e->plan.embed_stats : NULL, .out = out,
        .vocab = e->c->vocab_size, .n_positions = e->c->max_positions, .n_types = e->c->type_vocab });
    gr_encoder_scan(e, p, -1, "embeddings", out, p->b.n_tokens, e->c->hidden);
    return out;
}

static void linear(const gr_encoder *e, const gr_pass *p, int32_t w, int32_t b, int32_t in, int32_t out, gr_act act,
                   const void *x, void *pre, void *y)
{
    e->op->linear_fwd(e->ctx, &(gr_linear_args){
        .rows = p->b.n_tokens, .in = in, .out = out, .x = x, .w = gr_encoder_weight(e, w), .bias = gr_encoder_weight(e, b),
        .act = act, .pre = pre, .y = y });
}

static void add_norm(const gr_encoder *e, const gr_pass *p, int32_t gain, int32_t bias, uint32_t site, void *x, const void *residual,
                     void *sum, void *stats, void *out)
{
    e->op->dropout_add_norm_fwd(e->ctx, &(gr_norm_args){
        .b = &p->b, .hidden = e->c->hidden, .eps = e->c->ln_eps, .x = x, .residual = residual,
        .gain = gr_encoder_weight(e, gain), .bias = gr_encoder_weight(e, bias),
        .drop = gr_encoder_dropout(p, e->c->hidden_dropout, site), .sum = sum, .stats = stats, .out = out });
}

void *gr_encoder_layer_fwd(const gr_encoder *e, const gr_pass *p, int32_t l, void *x)
{
    const gr_layer_acts  *k = p->train && gr_plan_keeps(&e->plan, l) ? &e->plan.layer[l] : &e->plan.scratch;
    const gr_layer_index *w = &e->t->layer[l];
    const int32_t         T = p->b.n_tokens, H = e->c->hidden, F = e->c->inter;
    void *const           mid = k->mid ? k->mid : x;
    void *const           out = k->out ? k->out : x;

    /* q, k and v lie end to end in the slab: one (3H,H) matrix */
    linear(e, p, w->q_w, w->q_b, H, 3 * H, GR_ACT_NONE, x, NULL, k->qkv);
    gr_encoder_scan(e, p, l, "query, key, value", k->qkv, T, 3 * H);
    e->op->attention_fwd(e->ctx, &(gr_attn_args){
        .b = &p->b, .hidden = H, .heads = e->c->heads, .scale = gr_encoder_scale(e->c),
        .drop = gr_encoder_dropout(p, e->c->attn_dropout, GR_SITE_ATTN(l)), .qkv = k->qkv, .out = k->ctx, .lse = k->lse });
    gr_encoder_scan(e, p, l, "attention", k->ctx, T, H);
    linear(e, p, w->attn_out_w, w->attn_out_b, H, H, GR_ACT_NONE, k->ctx, NULL, k->attn_out);
    gr_encoder_scan(e, p, l, "attention output", k->attn_out, T, H);
    add_norm(e, p, w->attn_ln_w, w->attn_ln_b, GR_SITE_ATTN_OUT(l), k->attn_out, x, k->attn_sum, k->attn_stats, mid);
    gr_encoder_scan(e, p, l, "attention norm", mid, T, H);

    linear(e, p, w->up_w, w->up_b, H, F, e->c->act, mid, k->pre, k->up);
    gr_encoder_scan(e, p, l, "feed-forward activation", k->up, T, F);
    linear(e, p, w->down_w, w->down_b, F, H, GR_ACT_NONE, k->up, NULL, k->down);
    gr_encoder_scan(e, p, l, "feed-forward output", k->down, T, H);
    add_norm(e, p, w->out_ln_w, w->out_ln_b, GR_SITE_FFN_OUT(l), k->down, mid, k->out_sum, k->out_stats, out);
    gr_encoder_scan(e, p, l, "output norm", out, T, H);
    return out;
}

void *gr_encoder_fwd(const gr_encoder *e, const gr_pass *p)
{
    void *x = embed_fwd(e, p);

    tap(e, p, 0, x);
    for (int32_t l = 0; l < e->c->layers; l++) {
        x = gr_encoder_layer_fwd(e, p, l, x);
        tap(e, p, l + 1, x);
    }
    return x;
}
