/* encoder_bwd.c - backward through the layers and the embeddings; see encoder.h.
 *
 * The gradient of the residual stream travels downwards in plan.grad. The backward pass of a norm leaves the
 * residual's share there; the matrices of the branch then add theirs (dx_add).
 *
 *   pre-norm      A branch reads another state than the stream, so its gradient has a buffer of its own,
 *                 plan.grad_branch; the norm's backward joins the two.
 *   short layer   The stream holds the first tokens alone and its gradient is plan.grad_b. Attention brings
 *                 gradients to all tokens, so from the layer below on it is plan.grad again.
 *
 * Before each product the pass asks whether anything below is trained (gr_plan_below), and ends where nothing is. */
#include "model/encoder.h"

/* ---- gradients of tensors that lie end to end ---- */

/* Query, key and value lie end to end and are one matrix to the backend. Their common gradient is computed when any of
 * the three is trained; it begins where the first one's does. The part that falls on a frozen tensor is in no segment of
 * the optimiser (gr_plan_segments) and is zeroed between steps (gr_encoder_zero_strays). */
static void *grad_of_three(const gr_encoder *e, int32_t a, int32_t b, int32_t c)
{
    const bool any = gr_encoder_grad(e, a) || gr_encoder_grad(e, b) || gr_encoder_grad(e, c);
    return any ? (char *)e->grads + e->t->p[a].offset * e->plan.o.elem : NULL;
}

static void *grad_of_two(const gr_encoder *e, int32_t a, int32_t b) { return grad_of_three(e, a, b, -1); }

/* Zero the gradient of tensor i, one of a, b and c, when it is frozen beside a trained one. */
static void zero_stray(const gr_encoder *e, int32_t a, int32_t b, int32_t c, int32_t i)
{
    if (i < 0 || gr_encoder_grad(e, i) || !grad_of_three(e, a, b, c)) return;
    e->op->zero(e->ctx, (char *)e->grads + e->t->p[i].offset * e->plan.o.elem, e->t->p[i].count * e->plan.o.elem);
}

void gr_encoder_zero_strays(const gr_encoder *e)
{
    for (int32_t l = 0; l < e->c->layers; l++) {
        const gr_layer_index *w = &e->t->layer[l];
        const int32_t         weights[] = { w->q_w, w->k_w, w->v_w }, biases[] = { w->q_b, w->k_b, w->v_b };
        for (int i = 0; i < 3; i++) {
            zero_stray(e, w->q_w, w->k_w, w->v_w, weights[i]);
            zero_stray(e, w->q_b, w->k_b, w->v_b, biases[i]);
        }
    }
}

/* ---- the pieces that both halves of a layer use ---- */

/* A linear layer as backward needs it; the fields mean what they mean in gr_linear_args. */
typedef struct matrix {
    int32_t     w;       /* index of the weight tensor */
    int32_t     in, out;
    const void *x;       /* (rows,in) forward's input; read for dw alone */
    gr_act      x_act;   /* the activation that made x, whose backward is fused into dx */
    void       *x_pre;
    bool        x_remake;
    void       *dw, *dbias;
} matrix;

/* The matrix p from column n on. */
static void *columns(const gr_encoder *e, void *p, int32_t n) { return (char *)p + (size_t)n * e->plan.o.elem; }

/* dy (rows,out) is overwritten; dx (rows,in) is set, or added to, or NULL. */
static void linear_bwd(const gr_encoder *e, const gr_dev_batch *rows, const matrix *m, void *dy, void *dx, bool add)
{
    if (!dx && !m->dw && !m->dbias) return;
    e->op->linear_bwd(e->ctx, &(gr_linear_args){
        .rows = rows->n_tokens, .in = m->in, .out = m->out, .x = m->x, .w = gr_encoder_weight(e, m->w), .dy = dy, .dx = dx, .dx_add = add,
        .x_act = m->x_act, .x_pre = m->x_pre, .x_remake = m->x_remake, .dw = m->dw, .dbias = m->dbias });
}

/* The gradient of the residual stream as layer l sees it. */
static void *stream(const gr_encoder *e, int32_t l) { return gr_plan_short(&e->plan, l) ? e->plan.grad_b : e->plan.grad; }

/* Where a branch of layer l leaves the gradient of its input, and whether it adds to what is there. */
static void *branch(const gr_encoder *e, int32_t l) { return e->c->pre_norm ? e->plan.grad_branch : stream(e, l); }
static bool  branch_adds(const gr_encoder *e) { return !e->c->pre_norm; }

/* Backward of a norm and the addition before it. The gradient of the norm's result comes in, that of its sum goes out to
 * the stream, and that of the branch through dropout to dx. With pre-norm the sum has a second reader, the stream above,
 * whose gradient joins here; `top` marks the last norm of the network, whose sum has no other reader. */
static void norm_bwd(const gr_encoder *e, const gr_pass *p, int32_t l, int32_t gain, int32_t bias, gr_drop drop, uint32_t site, void *sum,
                     void *stats, bool top, void *dx)
{
    const bool joins = e->c->pre_norm && !top;

    e->op->dropout_add_norm_bwd(e->ctx, &(gr_norm_args){
        .b = gr_encoder_rows(e, p, l), .hidden = e->c->hidden, .eps = e->c->ln_eps,
        .gain = gr_encoder_weight(e, gain), .bias = gr_encoder_weight(e, bias),
        .drop = gr_encoder_dropout(p, gr_config_drop(e->c, drop), site), .sum = sum, .stats = stats,
        .dout = joins ? e->plan.grad_branch : stream(e, l), .dsum = joins ? e->plan.grad : NULL, .dres = stream(e, l), .dx = dx,
        .dgain = gr_encoder_grad(e, gain), .dbias = gr_encoder_grad(e, bias) });
}

/* ---- the feed-forward half: out = LN(dropout(down) + mid), down = up W2, up = act(mid W1) ---- */

/* W2 of layer l with its input x. */
static matrix down_matrix(const gr_encoder *e, int32_t l, const void *x)
{
    const gr_layer_index *w = &e->t->layer[l];

    return (matrix){ .w = w->down_w, .in = e->c->inter, .out = e->c->hidden, .x = x,
                     .dw = gr_encoder_grad(e, w->down_w), .dbias = gr_encoder_grad(e, w->down_b) };
}

/* Backward through mid W1. dpre: gradient of the product, (rows,F), or (rows,2F) with a gate. */
static void up_bwd(const gr_encoder *e, const gr_pass *p, int32_t l, void *dpre)
{
    const gr_layer_index *w = &e->t->layer[l];
    matrix up = { .w = w->up_w, .in = e->c->hidden, .out = e->c->gated ? 2 * e->c->inter : e->c->inter,
                  .dw = gr_encoder_grad(e, w->up_w), .dbias = gr_encoder_grad(e, w->up_b) };

    if (up.dw) up.x = gr_encoder_mid(e, p, l);
    linear_bwd(e, gr_encoder_rows(e, p, l), &up, dpre, gr_plan_below(&e->plan, l, GR_STAGE_UP) ? branch(e, l) : NULL, branch_adds(e));
}

/* Without a gate: one call of the backend carries the gradient through W2 and the activation. Where forward kept only
 * the activation's input, pre, that call also makes up = act(pre) again, in the place of pre, for the gradient of W2. */
static void plain_ffn_bwd(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_plan       *k = &e->plan;
    const gr_layer_acts *a = &k->layer[l];
    matrix               down = down_matrix(e, l, a->pre ? a->pre : a->up);

    down.x_act = e->c->act;
    down.x_pre = a->pre;
    down.x_remake = a->pre && down.dw;
    linear_bwd(e, gr_encoder_rows(e, p, l), &down, k->grad_a, k->grad_wide, false);
    up_bwd(e, p, l, k->grad_wide);
}

/* With a gate: the gradient of up, in plan.grad_wide, becomes up itself, made again; pre becomes its own gradient. */
static void gate_bwd(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    void *const up = e->plan.grad_wide;

    gr_encoder_drop_inner(e, p, l, up); /* dropout of the gradient ... */
    e->op->gate_bwd(e->ctx, &(gr_gate_args){ .rows = gr_encoder_rows(e, p, l)->n_tokens, .width = e->c->inter, .act = e->c->act,
                                             .pre = e->plan.layer[l].pre, .y = up });
    gr_encoder_drop_inner(e, p, l, up); /* ... and of up, as forward had it */
}

/* With a gate W2 is visited twice: first for the gradient of up, and for its own only once gate_bwd has made up again. */
static void gated_ffn_bwd(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_plan      *k = &e->plan;
    const gr_dev_batch *rows = gr_encoder_rows(e, p, l);
    const matrix        down = down_matrix(e, l, k->grad_wide);
    matrix              dx_alone = down;

    dx_alone.dw = dx_alone.dbias = NULL;
    linear_bwd(e, rows, &dx_alone, k->grad_a, k->grad_wide, false);
    gate_bwd(e, p, l);
    up_bwd(e, p, l, k->layer[l].pre);
    linear_bwd(e, rows, &down, k->grad_a, NULL, false);
}

static void ffn_bwd(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_plan        *k = &e->plan;
    const gr_layer_acts  *a = &k->layer[l];
    const gr_layer_index *w = &e->t->layer[l];

    norm_bwd(e, p, l, w->out_ln_w, w->out_ln_b, GR_DROP_FFN_OUT, GR_SITE_FFN_OUT(l), a->out_sum, a->out_stats, l == e->c->layers - 1, k->grad_a);
    if (!gr_plan_below(k, l, GR_STAGE_DOWN)) {
        const matrix down = down_matrix(e, l, a->up);
        linear_bwd(e, gr_encoder_rows(e, p, l), &down, k->grad_a, NULL, false);
    } else if (e->c->gated) {
        gated_ffn_bwd(e, p, l);
    } else {
        plain_ffn_bwd(e, p, l);
    }
}

/* ---- the attention half: from the projections' results down to the layer's input ---- */

/* Every layer but a short one: from dq, dk and dv, one matrix (T,3H) in plan.grad_wide, to the gradient of x. */
static void project_bwd(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_plan        *k = &e->plan;
    const gr_layer_index *w = &e->t->layer[l];
    const int32_t         H = e->c->hidden;
    matrix                qkv = { .w = w->q_w, .in = H, .out = 3 * H,
                                  .dw = grad_of_three(e, w->q_w, w->k_w, w->v_w), .dbias = grad_of_three(e, w->q_b, w->k_b, w->v_b) };

    gr_encoder_rotate(e, p, l, k->grad_wide, columns(e, k->grad_wide, H), true);
    if (qkv.dw) qkv.x = gr_encoder_input(e, p, l);
    linear_bwd(e, &p->b, &qkv, k->grad_wide, gr_plan_below(k, l, GR_STAGE_QKV) ? branch(e, l) : NULL, branch_adds(e));
}

/* A short layer's queries: from dq, (B,H) in plan.grad_a, to the gradient of the first tokens' stream, plan.grad_b. Its
 * rows are then added to plan.grad, which holds what attention has brought to all tokens. */
static void firsts_project_bwd(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_plan        *k = &e->plan;
    const gr_layer_index *w = &e->t->layer[l];
    const int32_t         H = e->c->hidden;
    const bool            below = gr_plan_below(k, l, GR_STAGE_QKV);
    const matrix          q = { .w = w->q_w, .in = H, .out = H, .x = k->layer[l].firsts,
                                .dw = gr_encoder_grad(e, w->q_w), .dbias = gr_encoder_grad(e, w->q_b) };

    linear_bwd(e, &p->firsts, &q, k->grad_a, below ? k->grad_b : NULL, true);
    if (below)
        e->op->gather_rows_bwd(e->ctx, &(gr_pool_args){ .b = &p->b, .hidden = H, .at = p->first, .dout = k->grad_b, .dx = k->grad,
                                                        .dx_add = true });
}

/* A short layer with keys and values: from dk and dv, one matrix (T,2H) in plan.grad_wide, to the gradient of x in
 * plan.grad; then its queries. */
static void short_project_bwd(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_plan        *k = &e->plan;
    const gr_layer_index *w = &e->t->layer[l];
    const int32_t         H = e->c->hidden;
    matrix                kv = { .w = w->k_w, .in = H, .out = 2 * H,
                                 .dw = grad_of_two(e, w->k_w, w->v_w), .dbias = grad_of_two(e, w->k_b, w->v_b) };

    if (kv.dw) kv.x = gr_encoder_input(e, p, l);
    linear_bwd(e, &p->b, &kv, k->grad_wide, gr_plan_below(k, l, GR_STAGE_QKV) ? k->grad : NULL, false);
    firsts_project_bwd(e, p, l);
}

/* A short layer without keys and values (gr_plan_absorbs): from the gradient of the context, (B,H) in plan.grad, to that
 * of x in plan.grad and to dq in plan.grad_a. The buffers are used again: dt and dsums replace t and sums, and du replaces
 * dt. The keys' bias has no gradient, since it changes no attention weight. */
static void absorbed_bwd(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_plan        *k = &e->plan;
    const gr_layer_acts  *a = &k->layer[l];
    const gr_layer_index *w = &e->t->layer[l];
    gr_firsts_args        firsts = gr_encoder_firsts(e, p, l, a, gr_encoder_input(e, p, l));
    gr_heads_args         keys = gr_encoder_keys(e, p, l, a), values = gr_encoder_values(e, p, l, a);

    values.y = k->grad;
    values.dw = gr_encoder_grad(e, w->v_w);
    values.dbias = gr_encoder_grad(e, w->v_b);
    e->op->heads_grad(e->ctx, &values);
    e->op->heads_spread(e->ctx, &values);
    firsts.dt = firsts.du = a->t;
    firsts.dsums = a->sums;
    firsts.dx = gr_plan_below(k, l, GR_STAGE_QKV) ? k->grad : NULL;
    firsts.drel = firsts.rel ? gr_encoder_grad(e, e->t->rel) : NULL;
    e->op->attend_firsts_bwd(e->ctx, &firsts);
    keys.z = a->t;
    keys.dw = gr_encoder_grad(e, w->k_w);
    e->op->heads_grad(e->ctx, &keys);
    keys.y = k->grad_a;
    e->op->heads_collect(e->ctx, &keys);
    firsts_project_bwd(e, p, l);
}

/* ---- DeBERTa's relative positions ---- */

static bool rel_is_trained(const gr_encoder *e)
{
    return gr_encoder_grad(e, e->t->rel) || gr_encoder_grad(e, e->t->rel_ln_w) || gr_encoder_grad(e, e->t->rel_ln_b);
}

static void rel_begin(const gr_encoder *e, const gr_pass *p)
{
    if (e->c->relative == GR_RELATIVE_DISENTANGLED)
        e->op->zero(e->ctx, e->plan.rel_grad, (size_t)p->rel_rows * (size_t)e->c->hidden * e->plan.o.elem);
}

/* From the gradients that attention left for the projected rows of layer l to the projections' weights, and on to
 * plan.rel_grad, the gradient of the rows that all layers read. */
static void rel_project_bwd(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_plan *k = &e->plan;
    const int32_t  H = e->c->hidden;
    const size_t   n = (size_t)p->rel_rows * (size_t)H;
    void *const    dx = rel_is_trained(e) ? k->rel_dx : NULL;
    const void    *x;
    bool           second = false;

    if (e->c->relative != GR_RELATIVE_DISENTANGLED) return;
    x = gr_encoder_rel_dropped(e, p, l);
    for (int keys = 0; keys < 2; keys++) {
        const gr_rel_side side = gr_encoder_rel_side(e, l, keys);
        const matrix      m = { .w = side.w, .in = H, .out = H, .x = x,
                                .dw = gr_encoder_grad(e, side.w), .dbias = gr_encoder_grad(e, side.b) };

        if (side.w < 0) continue;
        linear_bwd(e, &p->rel, &m, keys ? k->rel_dk : k->rel_dq, dx, second);
        second = true;
    }
    if (!dx || !second) return;
    if (x == k->rel_dropped)
        e->op->dropout(e->ctx, &(gr_drop_args){ .b = &p->rel, .hidden = H, .per_token = true, .x = dx, .out = dx,
                                                .drop = gr_encoder_dropout(p, gr_config_drop(e->c, GR_DROP_REL), GR_SITE_INNER(l)) });
    e->op->add(e->ctx, k->rel_grad, dx, n);
}

/* After the last layer: through the norm to the rows of the table that are within reach. */
static void rel_end(const gr_encoder *e, const gr_pass *p)
{
    const gr_params *t = e->t;
    const gr_plan   *k = &e->plan;
    const size_t     H = (size_t)e->c->hidden;
    char *const      table = gr_encoder_grad(e, t->rel);
    void            *dx = k->rel_grad;

    if (e->c->relative != GR_RELATIVE_DISENTANGLED || !rel_is_trained(e)) return;
    if (t->rel_ln_w >= 0) {
        dx = k->rel_dx;
        e->op->dropout_add_norm_bwd(e->ctx, &(gr_norm_args){
            .b = &p->rel, .hidden = e->c->hidden, .eps = e->c->ln_eps, .gain = gr_encoder_weight(e, t->rel_ln_w),
            .bias = gr_encoder_weight(e, t->rel_ln_b), .sum = (void *)(uintptr_t)gr_encoder_rel_table(e, p), .stats = k->rel_stats, .dout = k->rel_grad,
            .dx = dx, .dgain = gr_encoder_grad(e, t->rel_ln_w), .dbias = gr_encoder_grad(e, t->rel_ln_b) });
    }
    if (table) e->op->add(e->ctx, table + (size_t)p->rel_from * H * k->o.elem, dx, (size_t)p->rel_rows * H);
}

/* ---- whole passes ---- */

/* mid = LN(dropout(ctx Wo) + x), ctx = attention(x Wqkv) */
static void attention_bwd(const gr_encoder *e, const gr_pass *p, int32_t l)
{
    const gr_plan        *k = &e->plan;
    const gr_layer_acts  *a = &k->layer[l];
    const gr_layer_index *w = &e->t->layer[l];
    const gr_dev_batch   *rows = gr_encoder_rows(e, p, l);
    const int32_t         H = e->c->hidden;
    const bool            short_layer = gr_plan_short(k, l);
    gr_attn_args          attention = gr_encoder_attention(e, p, l, a);
    const matrix          out = { .w = w->attn_out_w, .in = H, .out = H, .x = a->ctx,
                                  .dw = gr_encoder_grad(e, w->attn_out_w), .dbias = gr_encoder_grad(e, w->attn_out_b) };
    void *const           dctx = short_layer ? k->grad : k->grad_b;

    norm_bwd(e, p, l, w->attn_ln_w, w->attn_ln_b, GR_DROP_ATTN_OUT, GR_SITE_ATTN_OUT(l), a->attn_sum, a->attn_stats, false, k->grad_a);
    linear_bwd(e, rows, &out, k->grad_a, gr_plan_below(k, l, GR_STAGE_ATTN_OUT) ? dctx : NULL, false);
    if (!gr_plan_below(k, l, GR_STAGE_ATTN_OUT)) return;
    if (gr_plan_absorbs(k, l)) {
        absorbed_bwd(e, p, l);
        return;
    }
    attention.dout = dctx;
    attention.dq = short_layer ? k->grad_a : k->grad_wide;
    attention.dk = short_layer ? k->grad_wide : columns(e, k->grad_wide, H);
    attention.dv = columns(e, attention.dk, H);
    attention.drel = attention.bias == GR_ATTN_BIAS_BUCKETS ? gr_encoder_grad(e, e->t->rel) : NULL;
    attention.drel_keys = attention.rel_keys ? k->rel_dk : NULL;
    attention.drel_queries = attention.rel_queries ? k->rel_dq : NULL;
    e->op->attention_bwd(e->ctx, &attention);
    rel_project_bwd(e, p, l);
    if (short_layer) short_project_bwd(e, p, l);
    else project_bwd(e, p, l);
}

/* After layer 0: through the projection, if there is one, and the norm to the embedding tables. */
static void embed_bwd(const gr_encoder *e, const gr_pass *p)
{
    const gr_params *t = e->t;
    const gr_config *c = e->c;
    const gr_plan   *k = &e->plan;
    const matrix     project = { .w = t->proj_w, .in = c->embed, .out = c->hidden, .x = k->embed_out,
                                 .dw = gr_encoder_grad(e, t->proj_w), .dbias = gr_encoder_grad(e, t->proj_b) };

    if (c->pre_norm) e->op->add(e->ctx, k->grad, k->grad_branch, (size_t)p->b.n_tokens * (size_t)c->hidden);
    if (k->embed_out) linear_bwd(e, &p->b, &project, k->grad, k->lowest <= GR_STAGE_EMBED_NORM ? k->embed_grad : NULL, false);
    if (k->lowest > GR_STAGE_EMBED_NORM) return;
    e->op->embed_bwd(e->ctx, &(gr_embed_args){
        .b = &p->b, .hidden = c->embed, .eps = c->ln_eps,
        .gain = gr_encoder_weight(e, t->emb_ln_w), .bias = gr_encoder_weight(e, t->emb_ln_b),
        .drop = gr_encoder_dropout(p, gr_config_drop(c, GR_DROP_EMBED), GR_SITE_EMBED),
        .sum = k->embed_sum, .stats = k->embed_stats, .dout = k->embed_out ? k->embed_grad : k->grad,
        .dword = gr_encoder_grad(e, t->word_emb), .dpos = gr_encoder_grad(e, t->pos_emb), .dtype = gr_encoder_grad(e, t->type_emb),
        .dgain = gr_encoder_grad(e, t->emb_ln_w), .dbias = gr_encoder_grad(e, t->emb_ln_b),
        .vocab = c->vocab_size, .n_positions = c->max_positions, .n_types = c->type_vocab,
        .pad_id = c->pad_id, .pad_position = c->position_offset > 0 ? c->pad_id : -1 });
}

static void layers_bwd(const gr_encoder *e, const gr_pass *p)
{
    const gr_plan *k = &e->plan;
    /* Layers 0 .. recomputed - 1 must be computed again. The topmost layer that uses the shared buffers need not be: they
     * still hold its values. A short layer has buffers of its own. */
    const int32_t  recomputed = k->o.recompute ? e->c->layers - 1 - (k->short_layer >= 0) : 0;

    for (int32_t l = e->c->layers - 1; l >= 0; l--) {
        if (!gr_plan_keeps(k, l)) return;
        if (l < recomputed && gr_plan_below(k, l, GR_STAGE_DOWN)) gr_encoder_recompute(e, p, l); /* otherwise all that backward reads is there */
        ffn_bwd(e, p, l);
        if (!gr_plan_below(k, l, GR_STAGE_UP)) return;
        attention_bwd(e, p, l);
        if (!gr_plan_below(k, l, GR_STAGE_QKV)) return;
    }
}

void gr_encoder_bwd(const gr_encoder *e, const gr_pass *p)
{
    rel_begin(e, p);
    layers_bwd(e, p);
    rel_end(e, p);
    if (e->plan.lowest <= GR_STAGE_PROJECT) embed_bwd(e, p);
}
