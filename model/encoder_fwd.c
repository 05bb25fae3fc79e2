/* encoder_fwd.c - forward through embeddings and layers; see encoder.h.
 *
 *   T tokens of the packed batch, H hidden, F feed-forward width, A heads
 *   x (T,H) -> qkv (T,3H) -> ctx (T,H) -> attn_out (T,H) -> mid = LN(dropout(attn_out) + x)
 *           -> up = act(mid W1) (T,F) -> down = up W2 (T,H) -> out = LN(dropout(down) + mid)
 *
 * The hidden state runs through one buffer: a layer replaces its input. Layers that backward passes through also
 * keep what backward cannot cheaply make again (gr_layer_acts), and the input of the lowest of them stays in
 * plan.base. A short layer (gr_plan_short) computes the rows of the first tokens alone; its attention still sees
 * all tokens. */
#include "model/encoder.h"

#include <math.h>

const gr_dev_batch *gr_encoder_rows(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    return gr_plan_short(&e->plan, l) ? &p->firsts : &p->b;
}

/* The bias that offsets between tokens add to the scores, if the family has one. */
static void set_bias(const gr_encoder *e, const gr_pass *p, const gr_layer_acts *a, gr_attn_args *x)
{
    if (!p->rel_of) return;
    x->rel_of = p->rel_of;
    x->rel_zero = p->rel_zero;
    x->rel_rows = p->rel_rows;
    if (e->c->relative == GR_RELATIVE_BUCKETS) {
        x->bias = GR_ATTN_BIAS_BUCKETS;
        x->rel = gr_encoder_weight(e, e->t->rel);
        return;
    }
    x->bias = GR_ATTN_BIAS_DISENTANGLED;
    x->rel_stride = e->c->hidden;
    x->rel_keys = e->c->rel_c2p ? a->rel_k : NULL;
    x->rel_queries = e->c->rel_p2c ? a->rel_q : NULL;
}

gr_attn_args gr_encoder_attention(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *a)
{
    const int32_t H = e->c->hidden;
    const bool    short_layer = gr_plan_short(&e->plan, l);
    const double  terms = 1.0 + e->c->rel_c2p + e->c->rel_p2c; /* of a score, as pos_att_type lists them: DeBERTa scales by 1 / sqrt(terms d) */
    gr_attn_args  x = {
        .b = &p->b, .hidden = H, .heads = e->c->heads, .scale = 1.0 / sqrt(terms * (double)H / (double)e->c->heads),
        .window = e->c->local && e->c->local[l] ? e->c->window : 0,
        .drop = gr_encoder_dropout(p, gr_config_drop(e->c, GR_DROP_ATTN), GR_SITE_ATTN(l)), .first_only = short_layer,
        .q_stride = short_layer ? H : 3 * H, .kv_stride = short_layer ? 2 * H : 3 * H,
        .q = a->q, .k = a->k, .v = a->k ? (const char *)a->k + (size_t)H * e->plan.o.elem : NULL, .out = a->ctx, .lse = a->lse };

    set_bias(e, p, a, &x);
    return x;
}

gr_firsts_args gr_encoder_firsts(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *a, const void *x)
{
    const gr_attn_args k = gr_encoder_attention(e, p, l, a);

    return (gr_firsts_args){ .b = k.b, .hidden = k.hidden, .heads = k.heads, .scale = k.scale, .rel_of = k.rel_of, .rel_zero = k.rel_zero,
                             .rel_rows = k.rel_rows, .rel = k.rel, .drop = k.drop, .x = x, .u = a->u, .t = a->t, .sums = a->sums, .lse = a->lse };
}

/* Without the keys' bias: it adds the same number to all scores of a query, which changes no softmax. */
gr_heads_args gr_encoder_keys(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *a)
{
    return (gr_heads_args){ .rows = p->b.n_rows, .hidden = e->c->hidden, .heads = e->c->heads, .w = gr_encoder_weight(e, e->t->layer[l].k_w), .y = a->q, .z = a->u };
}

gr_heads_args gr_encoder_values(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *a)
{
    return (gr_heads_args){ .rows = p->b.n_rows, .hidden = e->c->hidden, .heads = e->c->heads, .w = gr_encoder_weight(e, e->t->layer[l].v_w),
                            .bias = gr_encoder_weight(e, e->t->layer[l].v_b), .y = a->ctx, .z = a->t, .sums = a->sums };
}

void gr_encoder_rotate(const gr_encoder *e, const gr_pass *p, int32_t l, void *q, void *k, bool inverse)
{
    const int kind = e->c->local && e->c->local[l]; /* 0: global, 1: local */

    if (e->c->relative != GR_RELATIVE_ROTARY) return;
    e->op->rotary(e->ctx, &(gr_rotary_args){ .b = &p->b, .hidden = e->c->hidden, .heads = e->c->heads, .stride = 3 * e->c->hidden,
                                             .cos = e->rope[kind][0], .sin = e->rope[kind][1], .inverse = inverse, .q = q, .k = k });
}

const void *gr_encoder_weight(const gr_encoder *e, int32_t i)
{
    if (i < 0) return NULL;
    return e->tensor ? e->tensor[i] : (const char *)e->weights + e->t->p[i].offset * e->plan.o.elem;
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

static void linear(const gr_encoder *e, const gr_dev_batch *rows, int32_t w, int32_t b, int32_t in, int32_t out, gr_act act,
                   const void *x, void *pre, void *y)
{
    e->op->linear_fwd(e->ctx, &(gr_linear_args){
        .rows = rows->n_tokens, .in = in, .out = out, .x = x, .w = gr_encoder_weight(e, w), .bias = gr_encoder_weight(e, b),
        .act = act, .pre = pre, .y = y });
}

static void *embed_fwd(const gr_encoder *e, const gr_pass *p)
{
    const gr_params *t = e->t;
    const gr_config *c = e->c;
    const bool       keep = p->train && e->plan.embed_sum;
    void            *x = p->train && e->plan.base ? e->plan.base : e->plan.hidden;
    void            *out = e->plan.embed_out ? e->plan.embed_out : x;

    e->op->embed_fwd(e->ctx, &(gr_embed_args){
        .b = &p->b, .hidden = c->embed, .eps = c->ln_eps,
        .word = gr_encoder_weight(e, t->word_emb), .pos = gr_encoder_weight(e, t->pos_emb), .type = gr_encoder_weight(e, t->type_emb),
        .gain = gr_encoder_weight(e, t->emb_ln_w), .bias = gr_encoder_weight(e, t->emb_ln_b),
        .drop = gr_encoder_dropout(p, gr_config_drop(c, GR_DROP_EMBED), GR_SITE_EMBED),
        .sum = keep ? e->plan.embed_sum : NULL, .stats = keep ? e->plan.embed_stats : NULL, .out = out,
        .vocab = c->vocab_size, .n_positions = c->max_positions, .n_types = c->type_vocab, .pad_id = -1, .pad_position = -1 });
    if (e->plan.embed_out) linear(e, &p->b, t->proj_w, t->proj_b, c->embed, c->hidden, GR_ACT_NONE, out, NULL, x);
    gr_encoder_scan(e, p, -1, "embeddings", x, p->b.n_tokens, c->hidden);
    return x;
}

/* ---- relative positions as DeBERTa has them ------------------------------------------------------- */

static bool has_rel_rows(const gr_encoder *e) { return e->c->relative == GR_RELATIVE_DISENTANGLED; }

const void *gr_encoder_rel_table(const gr_encoder *e, const gr_pass *p)
{
    return (const char *)gr_encoder_weight(e, e->t->rel) + (size_t)p->rel_from * (size_t)e->c->hidden * e->plan.o.elem;
}

/* Once a pass: the rows within reach through their norm, to plan.rel. */
static void rel_fwd(const gr_encoder *e, const gr_pass *p)
{
    const gr_plan *k = &e->plan;

    if (!has_rel_rows(e)) return;
    if (e->t->rel_ln_w < 0) {
        e->op->copy(e->ctx, k->rel, gr_encoder_rel_table(e, p), (size_t)p->rel_rows * (size_t)e->c->hidden * k->o.elem);
        return;
    }
    e->op->dropout_add_norm_fwd(e->ctx, &(gr_norm_args){
        .b = &p->rel, .hidden = e->c->hidden, .eps = e->c->ln_eps, .x = gr_encoder_rel_table(e, p),
        .gain = gr_encoder_weight(e, e->t->rel_ln_w), .bias = gr_encoder_weight(e, e->t->rel_ln_b), .stats = p->train ? k->rel_stats : NULL,
        .out = k->rel });
}

gr_rel_side gr_encoder_rel_side(const gr_encoder *e, int32_t l, bool keys)
{
    const gr_layer_index *w = &e->t->layer[l];

    if (!(keys ? e->c->rel_c2p : e->c->rel_p2c)) return (gr_rel_side){ .w = -1, .b = -1 };
    if (keys) return w->rel_k_w >= 0 ? (gr_rel_side){ w->rel_k_w, w->rel_k_b } : (gr_rel_side){ w->k_w, w->k_b };
    return w->rel_q_w >= 0 ? (gr_rel_side){ w->rel_q_w, w->rel_q_b } : (gr_rel_side){ w->q_w, w->q_b };
}

const void *gr_encoder_rel_dropped(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_dropout d = gr_encoder_dropout(p, gr_config_drop(e->c, GR_DROP_REL), GR_SITE_INNER(l));

    if (!d.threshold) return e->plan.rel;
    e->op->dropout(e->ctx, &(gr_drop_args){ .b = &p->rel, .hidden = e->c->hidden, .per_token = true, .drop = d, .x = e->plan.rel,
                                            .out = e->plan.rel_dropped });
    return e->plan.rel_dropped;
}

/* Layer l's projections of them to keys and to queries. */
static void rel_project(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *k)
{
    const gr_rel_side keys = gr_encoder_rel_side(e, l, true), queries = gr_encoder_rel_side(e, l, false);
    const int32_t     H = e->c->hidden;
    const void       *x;

    if (!has_rel_rows(e)) return;
    x = gr_encoder_rel_dropped(e, p, l);
    if (keys.w >= 0) linear(e, &p->rel, keys.w, keys.b, H, H, GR_ACT_NONE, x, NULL, k->rel_k);
    if (queries.w >= 0) linear(e, &p->rel, queries.w, queries.b, H, H, GR_ACT_NONE, x, NULL, k->rel_q);
}

/* ---- layers --------------------------------------------------------------------------------------- */

/* The buffers of layer l in this pass. */
static const gr_layer_acts *buffers(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    if (p->train && gr_plan_keeps(&e->plan, l)) return &e->plan.layer[l];
    return gr_plan_short(&e->plan, l) ? &e->plan.short_scratch : &e->plan.scratch;
}

static void add_norm(const gr_encoder *e, const gr_pass *p, int32_t l, int32_t gain, int32_t bias, gr_drop drop, uint32_t site, void *x,
                     const void *residual, void *sum, void *stats, void *out)
{
    e->op->dropout_add_norm_fwd(e->ctx, &(gr_norm_args){
        .b = gr_encoder_rows(e, p, l), .hidden = e->c->hidden, .eps = e->c->ln_eps, .x = x, .residual = residual,
        .gain = gr_encoder_weight(e, gain), .bias = gr_encoder_weight(e, bias),
        .drop = gr_encoder_dropout(p, gr_config_drop(e->c, drop), site), .sum = sum, .stats = stats, .out = out });
}

/* What the first half of layer l adds its result to: the layer's input; with pre-norm the stream, which in layer 0 is the
 * input too. */
static const void *residual_of(const gr_encoder *e, const gr_pass *p, int32_t l, const void *input)
{
    if (!e->c->pre_norm || l == 0) return input;
    return p->train && gr_plan_keeps(&e->plan, l - 1) ? e->plan.layer[l - 1].out_sum : e->plan.stream;
}

/* A short layer: the first tokens' rows of x to q, and then either u or keys and values (T,2H). Returns those rows of x. */
static void *project_firsts(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *k, const void *x)
{
    const gr_layer_index *w = &e->t->layer[l];
    const int32_t         H = e->c->hidden;

    e->op->gather_rows_fwd(e->ctx, &(gr_pool_args){ .b = &p->b, .hidden = H, .at = p->first, .x = x, .out = k->firsts });
    linear(e, &p->firsts, w->q_w, w->q_b, H, H, GR_ACT_NONE, k->firsts, NULL, k->q);
    gr_encoder_scan(e, p, l, "query, key, value", k->q, p->b.n_rows, H);
    if (gr_plan_absorbs(&e->plan, l)) {
        const gr_heads_args keys = gr_encoder_keys(e, p, l, k);

        e->op->heads_spread(e->ctx, &keys);
        gr_encoder_scan(e, p, l, "query, key, value", k->u, p->b.n_rows, e->c->heads * H);
    } else {
        linear(e, &p->b, w->k_w, w->k_b, H, 2 * H, GR_ACT_NONE, x, NULL, k->k);
        gr_encoder_scan(e, p, l, "query, key, value", k->k, p->b.n_tokens, 2 * H);
    }
    return k->firsts;
}

/* x to q, k and v: one product, since the three weights lie end to end and are one (3H,H) matrix. Returns the rows of x that
 * the layer goes on with. A layer with rotary positions, or with the three weights in one tensor, is never short. */
static void *project(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *k, void *x)
{
    const gr_layer_index *w = &e->t->layer[l];
    const int32_t         T = p->b.n_tokens, H = e->c->hidden;

    rel_project(e, p, l, k);
    if (gr_plan_short(&e->plan, l)) return project_firsts(e, p, l, k, x);
    linear(e, &p->b, w->q_w, w->q_b, H, 3 * H, GR_ACT_NONE, x, NULL, k->q);
    gr_encoder_rotate(e, p, l, k->q, k->k, false);
    gr_encoder_scan(e, p, l, "query, key, value", k->q, T, 3 * H);
    return x;
}

/* Attention, from the projections to the context; x is the layer's input. */
static void attend(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *k, const void *x)
{
    if (gr_plan_absorbs(&e->plan, l)) {
        const gr_firsts_args firsts = gr_encoder_firsts(e, p, l, k, x);
        const gr_heads_args  values = gr_encoder_values(e, p, l, k);

        e->op->attend_firsts_fwd(e->ctx, &firsts);
        e->op->heads_collect(e->ctx, &values);
    } else {
        const gr_attn_args attention = gr_encoder_attention(e, p, l, k);

        e->op->attention_fwd(e->ctx, &attention);
    }
    gr_encoder_scan(e, p, l, "attention", k->ctx, gr_encoder_rows(e, p, l)->n_tokens, e->c->hidden);
}

/* Where the state between the halves goes: to a buffer of its own, else to plan.hidden, else (in a layer that keeps nothing)
 * in the place of the input. */
static void *mid_of(const gr_encoder *e, const gr_layer_acts *k, void *in)
{
    if (k->mid) return k->mid;
    return k->attn_stats ? e->plan.hidden : in;
}

/* mid = LN(dropout(attention(x Wqkv) Wo) + x). With pre-norm x is the result of a norm, and the stream is added instead of x. */
static void *attention_half(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *k, void *x)
{
    const gr_layer_index *w = &e->t->layer[l];
    const gr_dev_batch   *rows = gr_encoder_rows(e, p, l);
    const int32_t         Q = rows->n_tokens, H = e->c->hidden;
    void *const           in = project(e, p, l, k, x);
    void *const           mid = mid_of(e, k, in);

    attend(e, p, l, k, x);
    linear(e, rows, w->attn_out_w, w->attn_out_b, H, H, GR_ACT_NONE, k->ctx, NULL, k->attn_out);
    gr_encoder_scan(e, p, l, "attention output", k->attn_out, Q, H);
    add_norm(e, p, l, w->attn_ln_w, w->attn_ln_b, GR_DROP_ATTN_OUT, GR_SITE_ATTN_OUT(l), k->attn_out, residual_of(e, p, l, in), k->attn_sum,
             k->attn_stats, mid);
    gr_encoder_scan(e, p, l, "attention norm", mid, Q, H);
    return mid;
}

void gr_encoder_drop_inner(const gr_encoder *e, const gr_pass *p, int32_t l, void *x)
{
    const gr_dropout d = gr_encoder_dropout(p, gr_config_drop(e->c, GR_DROP_FFN), GR_SITE_INNER(l));

    if (!d.threshold) return;
    e->op->dropout(e->ctx, &(gr_drop_args){ .b = gr_encoder_rows(e, p, l), .hidden = e->c->inter, .per_token = true, .drop = d, .x = x, .out = x });
}

/* up = act(mid W1), gated or not. pre_alone: stop at pre = mid W1 where it is kept, since backward makes up again from it. */
static void activate(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *k, const void *mid, bool pre_alone)
{
    const gr_layer_index *w = &e->t->layer[l];
    const gr_dev_batch   *rows = gr_encoder_rows(e, p, l);
    const int32_t         Q = rows->n_tokens, H = e->c->hidden, F = e->c->inter;

    if (e->c->gated) {
        linear(e, rows, w->up_w, w->up_b, H, 2 * F, GR_ACT_NONE, mid, NULL, k->pre);
        gr_encoder_scan(e, p, l, "feed-forward gate", k->pre, Q, 2 * F);
        if (pre_alone) return;
        e->op->gate_fwd(e->ctx, &(gr_gate_args){ .rows = Q, .width = F, .act = e->c->act, .pre = k->pre, .y = k->up });
        gr_encoder_drop_inner(e, p, l, k->up);
    } else if (pre_alone && k->pre) {
        linear(e, rows, w->up_w, w->up_b, H, F, GR_ACT_NONE, mid, NULL, k->pre);
    } else {
        linear(e, rows, w->up_w, w->up_b, H, F, e->c->act, mid, k->pre, k->up);
    }
}

/* out = LN(dropout(act(mid W1) W2) + mid); with pre-norm the stream is added instead of mid. */
static void *ffn_half(const gr_encoder *e, const gr_pass *p, int32_t l, const gr_layer_acts *k, void *mid)
{
    const gr_layer_index *w = &e->t->layer[l];
    const gr_dev_batch   *rows = gr_encoder_rows(e, p, l);
    const int32_t         Q = rows->n_tokens, H = e->c->hidden, F = e->c->inter;
    void *const           out = k->out ? k->out : mid;

    activate(e, p, l, k, mid, false);
    gr_encoder_scan(e, p, l, "feed-forward activation", k->up, Q, F);
    linear(e, rows, w->down_w, w->down_b, F, H, GR_ACT_NONE, k->up, NULL, k->down);
    gr_encoder_scan(e, p, l, "feed-forward output", k->down, Q, H);
    add_norm(e, p, l, w->out_ln_w, w->out_ln_b, GR_DROP_FFN_OUT, GR_SITE_FFN_OUT(l), k->down, e->c->pre_norm ? k->attn_sum : mid, k->out_sum,
             k->out_stats, out);
    gr_encoder_scan(e, p, l, "output norm", out, Q, H);
    return out;
}

/* The hidden state behind layer l as transformers reports it: with pre-norm the stream, except at the end, where it is the
 * result of the last norm. */
static const void *state_of(const gr_encoder *e, const gr_layer_acts *k, int32_t l, const void *x)
{
    return e->c->pre_norm && l < e->c->layers - 1 ? k->out_sum : x;
}

void *gr_encoder_fwd(const gr_encoder *e, const gr_pass *p)
{
    void *x = embed_fwd(e, p);

    rel_fwd(e, p);
    tap(e, p, 0, x);
    for (int32_t l = 0; l < e->c->layers; l++) {
        const gr_layer_acts *k = buffers(e, p, l);
        x = ffn_half(e, p, l, k, attention_half(e, p, l, k, x));
        tap(e, p, l + 1, state_of(e, k, l, x));
    }
    return x;
}

/* ---- made again, for backward --------------------------------------------------------------------- */

/* LayerNorm of a sum that forward kept, to plan.hidden. */
static void *norm_again(const gr_encoder *e, const gr_pass *p, int32_t gain, int32_t bias, void *sum, void *stats)
{
    e->op->dropout_add_norm_fwd(e->ctx, &(gr_norm_args){
        .b = &p->b, .hidden = e->c->hidden, .eps = e->c->ln_eps, .gain = gr_encoder_weight(e, gain), .bias = gr_encoder_weight(e, bias),
        .sum = sum, .stats = stats, .out = e->plan.hidden });
    return e->plan.hidden;
}

void *gr_encoder_input(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_layer_acts  *below;
    const gr_layer_index *w;

    if (l == 0 || !gr_plan_keeps(&e->plan, l - 1)) return e->plan.base;
    below = &e->plan.layer[l - 1];
    w = &e->t->layer[l - 1];
    return norm_again(e, p, w->out_ln_w, w->out_ln_b, below->out_sum, below->out_stats);
}

void *gr_encoder_mid(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_layer_acts  *k = &e->plan.layer[l];
    const gr_layer_index *w = &e->t->layer[l];

    return k->mid ? k->mid : norm_again(e, p, w->attn_ln_w, w->attn_ln_b, k->attn_sum, k->attn_stats);
}

/* Without the second product of the feed-forward half and the norm behind it: their sum is kept. */
void gr_encoder_recompute(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_layer_acts *k = &e->plan.layer[l];

    activate(e, p, l, k, attention_half(e, p, l, k, gr_encoder_input(e, p, l)), k->up == e->plan.grad_wide);
}
