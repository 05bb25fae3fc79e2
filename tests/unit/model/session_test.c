/* session_test.c - what a session refuses, and how it says so; small facts worked out by hand. */
#include <math.h>

#include "model/backend/backend.h"
#include "model/backend/host.h"
#include "model/encoder_plan.h"
#include "model/session_internal.h"
#include "tests/support/engine.h"
#include "tests/support/large_pages.h"

typedef struct world {
    gr_tiny         t;
    gr_model       *m;
    gr_tb          *b;
    gr_session_opts o;
    gr_session     *s;
} world;

static world build(gr_head_kind kind)
{
    static const int32_t lengths[] = { 4, 2, 6, 3 };
    world  w = { .t = gr_tiny_default(kind, "ref64") };
    gr_err err = GR_ERR_INIT;

    w.m = gr_tiny_model(&w.t, 1);
    w.b = gr_tiny_batch(&w.t, lengths, 4, 2);
    w.o = gr_session_opts_for_test("ref64", w.m);
    assert_ok(gr_session_open(&w.s, w.m, &w.o, &err), &err);
    return w;
}

static void tear_down(world *w)
{
    gr_session_close(w->s);
    gr_model_close(w->m);
    free(w->b);
}

static void refuse_open(world *w, const gr_session_opts *o, const char *part)
{
    gr_session *s = (gr_session *)(void *)w; /* must be set to NULL */
    gr_err      err = GR_ERR_INIT;

    assert_status(gr_session_open(&s, w->m, o, &err), GR_E_ARG, &err, part);
    assert_null(s);
}

static void devices_are_the_backends(void **state)
{
    (void)state;
    for (size_t i = 0; i < gr_device_count() || gr_backend_at(i); i++) {
        const gr_device_info *d = gr_device_at(i);
        const gr_backend     *b = gr_backend_at(i);
        assert_true(d && b);
        assert_string_equal(d->name, b->name);
        assert_string_equal(d->about, b->about);
        assert_int_equal(d->elem, b->elem);
        assert_ptr_equal(gr_device_find(d->name), d);
    }
    assert_null(gr_device_find("abacus"));
    assert_null(gr_device_at(gr_device_count()));
}

static void open_refuses(void **state)
{
    world           w = build(GR_HEAD_CLASS);
    gr_session_opts o;

    (void)state;
    o = w.o, o.device = "abacus", refuse_open(&w, &o, "no device 'abacus'");
    o = w.o, o.device = NULL, refuse_open(&w, &o, "no device");
    o = w.o, o.device = "ref", refuse_open(&w, &o, "4 bytes a number");
    o = w.o, o.max_tokens = 0, refuse_open(&w, &o, "0 tokens");
    o = w.o, o.max_length = 25, refuse_open(&w, &o, "positions for 24 tokens");
    o = w.o, o.label_smoothing = 1.5, refuse_open(&w, &o, "smoothing 1.5");
    o = w.o, o.beta2 = 1.0, refuse_open(&w, &o, "betas");
    o = w.o, o.weight_decay = -0.1, refuse_open(&w, &o, "weight decay -0.1");
    o = w.o, o.max_grad_norm = (double)NAN, refuse_open(&w, &o, "negative");
    tear_down(&w);
}

static void refuse_batch(world *w, const char *part)
{
    double loss;
    gr_err err = GR_ERR_INIT;

    assert_status(gr_session_eval(w->s, &w->b->b, NULL, &loss, &err), GR_E_ARG, &err, part);
    assert_status(gr_session_accumulate(w->s, &w->b->b, 4.0, &loss, &err), GR_E_ARG, &err, part);
}

static void batches_are_checked(void **state)
{
    world   w = build(GR_HEAD_CLASS);
    gr_err  err = GR_ERR_INIT;
    double  loss;
    int32_t keep;

    (void)state;
    keep = w.b->ids[5], w.b->ids[5] = 29, refuse_batch(&w, "token 5 of the batch is 29, not in 0..28"), w.b->ids[5] = -1;
    refuse_batch(&w, "token 5 of the batch is -1");
    w.b->ids[5] = keep;
    w.b->types[0] = 2, refuse_batch(&w, "segment of token 0"), w.b->types[0] = 0;
    w.b->classes[3] = 3, refuse_batch(&w, "label of row 3 of the batch is 3, not in 0..2");
    w.b->classes[3] = GR_LABEL_IGNORE, refuse_batch(&w, "label of row 3"), w.b->classes[3] = 0;
    w.b->b.classes = NULL, refuse_batch(&w, "no classes"), w.b->b.classes = w.b->classes;
    keep = w.b->cu[1], w.b->cu[1] = 0, refuse_batch(&w, "row 0 of the batch has 0 tokens");
    w.b->cu[1] = 7, refuse_batch(&w, "row 1 of the batch has -1 tokens");
    w.b->cu[1] = 1 << 30, refuse_batch(&w, "row 0 of the batch has 1073741824 tokens"), w.b->cu[1] = keep;
    w.b->cu[0] = 1, refuse_batch(&w, "cu_seqlens runs from 1"), w.b->cu[0] = 0;
    w.b->b.n_rows = 0, refuse_batch(&w, "empty batch"), w.b->b.n_rows = 4;
    w.b->b.n_rows = 65, refuse_batch(&w, "opened for 64"), w.b->b.n_rows = 4;
    w.b->b.ids = NULL, refuse_batch(&w, "without ids"), w.b->b.ids = w.b->ids;
    w.b->b.slots = NULL;
    assert_status(gr_session_accumulate(w.s, &w.b->b, 4.0, NULL, &err), GR_E_ARG, &err, "without slots");
    assert_ok(gr_session_eval(w.s, &w.b->b, NULL, &loss, &err), &err);
    w.b->b.slots = w.b->slots;
    w.b->b.classes = NULL; /* fine when no loss is asked for */
    assert_ok(gr_session_eval(w.s, &w.b->b, NULL, NULL, &err), &err);
    tear_down(&w);
}

static void lengths_are_checked(void **state)
{
    static const int32_t lengths[] = { 3, 9 };
    world  w = build(GR_HEAD_TOKEN);
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_session_close(w.s);
    free(w.b);
    w.b = gr_tiny_batch(&w.t, lengths, 2, 3);
    w.o.max_length = 8;
    assert_ok(gr_session_open(&w.s, w.m, &w.o, &err), &err);
    refuse_batch(&w, "row 1 of the batch has 9 tokens, at most 8 fit");
    tear_down(&w);
}

static void targets_are_checked(void **state)
{
    world w = build(GR_HEAD_REGRESSION);

    (void)state;
    w.b->values[2] = (double)INFINITY, refuse_batch(&w, "value 2");
    w.b->b.values = NULL, refuse_batch(&w, "no values");
    tear_down(&w);
    w = build(GR_HEAD_EMBED);
    w.b->b.n_rows = 3, w.b->b.n_tokens = w.b->cu[3], refuse_batch(&w, "pairs of sentences in a batch of 3 rows");
    tear_down(&w);
}

static void calls_out_of_turn(void **state)
{
    world   w = build(GR_HEAD_CLASS);
    double  x[1024];
    int64_t step = 0;
    gr_err  err = GR_ERR_INIT;
    void   *mem;

    (void)state;
    mem = calloc(1, gr_session_state_bytes(w.s));
    assert_non_null(mem);
    assert_int_equal(gr_session_state_bytes(w.s), 2 * 8 * w.m->params.total);
    assert_status(gr_session_step(w.s, 1e-3, NULL, &err), GR_E_ARG, &err, "without a batch");
    assert_status(gr_session_accumulate(w.s, &w.b->b, 0.0, NULL, &err), GR_E_ARG, &err, "divided by 0");
    assert_status(gr_session_tap(w.s, 0, x, &err), GR_E_ARG, &err, "tap_hidden");
    assert_status(gr_state_set(w.s, mem, -1, &err), GR_E_ARG, &err, "step -1");
    assert_ok(gr_session_accumulate(w.s, &w.b->b, 4.0, NULL, &err), &err);
    assert_status(gr_state_set(w.s, mem, 0, &err), GR_E_ARG, &err, "between a batch and its step");
    assert_status(gr_session_step(w.s, (double)NAN, NULL, &err), GR_E_ARG, &err, "learning rate");
    gr_session_close(w.s);
    w.o.train = false;
    w.o.tap_hidden = true;
    assert_ok(gr_session_open(&w.s, w.m, &w.o, &err), &err);
    assert_status(gr_session_accumulate(w.s, &w.b->b, 4.0, NULL, &err), GR_E_ARG, &err, "evaluation alone");
    assert_status(gr_session_grads(w.s, mem, &err), GR_E_ARG, &err, "evaluation alone");
    assert_status(gr_state_get(w.s, mem, &step, &err), GR_E_ARG, &err, "evaluation alone");
    assert_status(gr_session_tap(w.s, 0, x, &err), GR_E_ARG, &err, NULL);
    assert_ok(gr_session_eval(w.s, &w.b->b, NULL, NULL, &err), &err);
    assert_ok(gr_session_tap(w.s, 3, x, &err), &err);
    assert_status(gr_session_tap(w.s, 4, x, &err), GR_E_ARG, &err, "2 layers");
    assert_int_equal(gr_session_state_bytes(w.s), 0);
    free(mem);
    tear_down(&w);
}

/* No label at all: the mean of nothing is not a number, and a micro-batch of them adds nothing. */
static void no_labels(void **state)
{
    world  w = build(GR_HEAD_TOKEN);
    double loss = 1.0;
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int32_t i = 0; i < w.b->b.n_tokens; i++) w.b->classes[i] = GR_LABEL_IGNORE;
    assert_ok(gr_session_eval(w.s, &w.b->b, NULL, &loss, &err), &err);
    assert_true(isnan(loss));
    assert_ok(gr_session_accumulate(w.s, &w.b->b, 7.0, &loss, &err), &err);
    assert_true(loss == 0.0);
    tear_down(&w);
}

/* A poisoned weight: the step is refused, names step, layer and place, and leaves the weights alone. */
static void poison(world *w, const char *name, size_t at, const char *part)
{
    const int32_t i = gr_params_find(&w->m->params, name);
    const size_t  bytes = w->m->params.total * sizeof(double);
    double       *x = (double *)w->m->weights, *before = malloc(bytes), keep;
    gr_step_result r;
    gr_err        err = GR_ERR_INIT;

    assert_true(i >= 0 && before);
    at += w->m->params.p[i].offset;
    keep = x[at];
    x[at] = (double)NAN;
    assert_ok(gr_session_push(w->s, &err), &err);
    memcpy(before, x, bytes);
    assert_ok(gr_session_accumulate(w->s, &w->b->b, 4.0, NULL, &err), &err);
    assert_status(gr_session_step(w->s, 1e-3, NULL, &err), GR_E_NUMERIC, &err, part);
    assert_ok(gr_session_pull(w->s, &err), &err);
    assert_memory_equal(before, x, bytes);
    x[at] = keep;
    assert_ok(gr_session_push(w->s, &err), &err);
    assert_ok(gr_session_accumulate(w->s, &w->b->b, 4.0, NULL, &err), &err);
    assert_ok(gr_session_step(w->s, 0.0, &r, &err), &err);
    assert_true(isfinite(r.grad_norm)); /* nothing of the failure is left in the gradients */
    free(before);
}

static void non_finite_is_named(void **state)
{
    world w = build(GR_HEAD_CLASS);

    (void)state;
    poison(&w, "bert.encoder.layer.1.attention.output.dense.weight", 3, "step 1: loss is nan; first non-finite values in layer 1 (attention output)");
    poison(&w, "bert.encoder.layer.0.intermediate.dense.bias", 0, "step 2: loss is nan; first non-finite values in layer 0 (feed-forward activation)");
    poison(&w, "bert.embeddings.LayerNorm.weight", 0, "step 3: loss is nan; first non-finite values in the embeddings");
    poison(&w, "bert.encoder.layer.0.attention.self.value.weight", 0, "layer 0 (query, key, value)");
    poison(&w, "bert.encoder.layer.1.output.LayerNorm.bias", 0, "layer 1 (output norm)");
    poison(&w, "bert.pooler.dense.bias", 1, "in the pooler");
    poison(&w, "classifier.bias", 1, "in the logits");
    assert_int_equal(gr_session_steps(w.s), 7);
    tear_down(&w);
}

/* Forward is finite and the loss is not: the search goes on in the gradients. */
static void non_finite_gradient_is_named(void **state)
{
    world  w = build(GR_HEAD_REGRESSION);
    gr_err err = GR_ERR_INIT;

    (void)state;
    w.b->values[0] = 1e308;
    assert_ok(gr_session_accumulate(w.s, &w.b->b, 1.0, NULL, &err), &err);
    assert_status(gr_session_step(w.s, 1e-3, NULL, &err), GR_E_NUMERIC, &err, "step 1: loss is inf; first non-finite values in the gradient of classifier.bias");
    assert_int_equal(gr_session_steps(w.s), 0);
    tear_down(&w);
}

static void nothing_trainable(void **state)
{
    world          w = build(GR_HEAD_CLASS);
    gr_step_result r;
    gr_err         err = GR_ERR_INIT;

    (void)state;
    gr_session_close(w.s);
    assert_ok(gr_params_freeze(&w.m->params, "encoder,pooler,head", &err), &err);
    assert_ok(gr_session_open(&w.s, w.m, &w.o, &err), &err);
    assert_ok(gr_session_accumulate(w.s, &w.b->b, 4.0, NULL, &err), &err);
    assert_ok(gr_session_step(w.s, 1e-3, &r, &err), &err);
    assert_true(r.grad_norm == 0.0 && isfinite(r.loss));
    tear_down(&w);
}

/* H 16, F 20, 2 layers, rows of 4, 2, 6, 3 tokens (T 15, squares 65), B 4, 3 classes:
 *   a layer 2 * 15 * (4 * 256 + 2 * 320) + 4 * 65 * 16 = 49920 + 4160 = 54080
 *   the last one for first tokens alone: its matrices 2 * 4 * (4 * 256 + 2 * 320) = 13312, two heads on every token 4 * 15 * 2 * 16 = 1920,
 *   in all 15232
 *   pooler 2 * 4 * 256 = 2048, classifier 2 * 4 * 48 = 384; forward 54080 + 15232 + 2432 = 71744, training three times that.
 * With layer 0 and the embeddings frozen layer 0 counts once: 3 * 71744 - 2 * 54080 = 107072. With taps every layer is whole:
 * 2 * 54080 + 2432 = 110592. */
static void flops_by_hand(void **state)
{
    world  w = build(GR_HEAD_CLASS);
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_near(gr_session_flops(w.s, &w.b->b, false), 71744.0, 0.0, "forward");
    assert_near(gr_session_flops(w.s, &w.b->b, true), 215232.0, 0.0, "training");
    assert_ok(gr_params_freeze(&w.m->params, "embeddings,layer.0", &err), &err);
    assert_near(gr_session_flops(w.s, &w.b->b, true), 107072.0, 0.0, "frozen");
    gr_session_close(w.s);
    w.o.tap_hidden = true;
    assert_ok(gr_session_open(&w.s, w.m, &w.o, &err), &err);
    assert_near(gr_session_flops(w.s, &w.b->b, false), 110592.0, 0.0, "with taps");
    tear_down(&w);
}

static size_t plan_bytes(const world *w, int32_t tokens, bool recompute)
{
    const gr_plan_opts o = { .tokens = tokens, .rows = 8, .elem = 8, .train = true, .recompute = recompute };
    gr_plan            p = { 0 };
    gr_err             err = GR_ERR_INIT;
    size_t             bytes;

    assert_ok(gr_plan_build(&p, &o, &w->m->params, &w->m->config, w->m->head, NULL, &err), &err);
    bytes = p.bytes;
    gr_plan_free(&p);
    return bytes;
}

/* Numbers a token with H 16, F 20, 2 heads and a class head. Always 5 H + max(3H, F): the hidden state, the input of layer 0, three of
 * backward; H + 2 of the embeddings; nothing of the short layer, which keeps no keys and values. A layer 6H + F + 2 + 4; recomputed H + 2, and
 * 5H + F + 2 + 2 once. Three layers, of which one is short:
 *   80 + 48 + 18 + 2 (96 + 20 + 6) = 390; recomputed 146 + 2 * 18 + 80 + 20 + 4 = 286. */
static void activations_by_hand(void **state)
{
    world w = build(GR_HEAD_CLASS);

    (void)state;
    gr_session_close(w.s);
    gr_model_close(w.m);
    w.s = NULL;
    w.t.layers = 3;
    w.m = gr_tiny_model(&w.t, 1);
    assert_int_equal(plan_bytes(&w, 128, false) - plan_bytes(&w, 64, false), 64 * 8 * 390);
    assert_int_equal(plan_bytes(&w, 128, true) - plan_bytes(&w, 64, true), 64 * 8 * 286);
    tear_down(&w);
}

/* Nothing grows in a step. */
static void memory_is_taken_once(void **state)
{
    world        w = build(GR_HEAD_CLASS);
    const size_t all = gr_session_memory(w.s);
    gr_err       err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_session_accumulate(w.s, &w.b->b, 4.0, NULL, &err), &err);
    assert_ok(gr_session_step(w.s, 1e-3, NULL, &err), &err);
    assert_ok(gr_session_eval(w.s, &w.b->b, NULL, NULL, &err), &err);
    assert_int_equal(gr_session_memory(w.s), all);
    tear_down(&w);
}

/* Of gradients and moments all but the word table, whose rows rest; weights, activations, scratch. A session that trains nothing asks for
 * activations and scratch. */
static void large_pages_where_it_writes(void **state)
{
    gr_tiny         t = gr_tiny_default(GR_HEAD_CLASS, "cpu");
    gr_session_opts o;
    gr_session     *s;
    gr_err          err = GR_ERR_INIT;

    (void)state;
    if (!gr_test_sees_large_pages()) skip();
    t.hidden = 64;
    t.vocab = 60000; /* 15 MB */
    t.inter = 8192;  /* two matrices of 2 MB a layer */
    gr_model *m = gr_tiny_model(&t, 1);
    const gr_param *word = &m->params.p[m->params.word_emb], *down = &m->params.p[m->params.layer[0].down_w];

    for (int place = 0; place < 3; place++) {
        o = gr_session_opts_for_test("cpu", m);
        o.max_tokens = 512;
        o.in_place = place == 1;
        o.train = place < 2;
        assert_ok(gr_session_open(&s, m, &o, &err), &err);
        assert_true(gr_test_in_large_pages((const float *)m->weights + word->offset + word->count / 2));
        assert_int_equal(gr_test_in_large_pages((const float *)s->enc.weights + down->offset), place < 2);
        assert_true(gr_test_in_large_pages((const char *)s->acts + s->enc.plan.bytes / 2));
        assert_true(gr_test_in_large_pages((const char *)s->enc.ctx->scratch));
        if (o.train) {
            const float *const slab[] = { s->enc.grads, s->m, s->v };

            for (size_t i = 0; i < 3; i++) {
                assert_false(gr_test_in_large_pages(slab[i] + word->offset + word->count / 2));
                assert_true(gr_test_in_large_pages(slab[i] + down->offset));
            }
        }
        gr_session_close(s);
    }
    gr_model_close(m);
}

/* A batch without segment ids is one of segment 0 throughout. */
static void no_types_are_zeros(void **state)
{
    world  w = build(GR_HEAD_CLASS);
    double x[12], y[12];
    gr_err err = GR_ERR_INIT;

    (void)state;
    memset(w.b->types, 0, sizeof w.b->types);
    assert_ok(gr_session_eval(w.s, &w.b->b, x, NULL, &err), &err);
    w.b->b.type_ids = NULL;
    assert_ok(gr_session_eval(w.s, &w.b->b, y, NULL, &err), &err);
    assert_memory_equal(x, y, sizeof x);
    tear_down(&w);
}

/* A batch behind a larger one has the loss and the gradients, to the bit, that it has as the first: what lies behind its rows is nobody's. */
static void larger_batches_leave_nothing(void **state)
{
    static const int32_t few[] = { 4, 2 }, many[] = { 6, 7, 5, 8, 3, 9, 4, 6 };
    static const gr_head_kind kinds[] = { GR_HEAD_CLASS, GR_HEAD_REGRESSION, GR_HEAD_TOKEN, GR_HEAD_EMBED, GR_HEAD_MLM };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const gr_tiny t = gr_tiny_default(kinds[k], "ref64");
        gr_model *m = gr_tiny_model(&t, 1);
        const gr_session_opts o = gr_session_opts_for_test("ref64", m);
        const size_t bytes = m->params.total * sizeof(double);
        gr_tb *small = gr_tiny_batch(&t, few, 2, 2), *large = gr_tiny_batch(&t, many, 8, 3);
        double loss[2], aside, *grad[2] = { malloc(bytes), malloc(bytes) };

        assert_true(grad[0] && grad[1]);
        for (int behind = 0; behind < 2; behind++) {
            gr_session *s;

            assert_ok(gr_session_open(&s, m, &o, &err), &err);
            if (behind) assert_ok(gr_session_eval(s, &large->b, NULL, &aside, &err), &err);
            assert_ok(gr_session_accumulate(s, &small->b, gr_tb_labelled(small, kinds[k]), &loss[behind], &err), &err);
            assert_ok(gr_session_grads(s, grad[behind], &err), &err);
            gr_session_close(s);
        }
        assert_true(loss[0] == loss[1] && isfinite(loss[0]) && aside != loss[0]);
        assert_memory_equal(grad[0], grad[1], bytes);
        free(grad[0]);
        free(grad[1]);
        free(small);
        free(large);
        gr_model_close(m);
    }
}

/* From its second batch on a session that only evaluates keeps the weights in another form: the same bits, until they are pushed anew. One that trains
 * keeps none. */
static void evaluation_keeps_weights(void **state)
{
    static const int32_t lengths[] = { 4, 2, 6, 3 };
    double x[64], y[64];
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t f = 0; gr_tiny_families[f]; f++) {
        gr_tiny t = gr_tiny_default(GR_HEAD_CLASS, "cpu");
        gr_session_opts o;
        gr_session *s, *fresh;
        gr_model *m;
        gr_tb *b;
        size_t held;

        t.family = gr_tiny_families[f];
        m = gr_tiny_model(&t, 1);
        b = gr_tiny_batch(&t, lengths, 4, 2);
        o = gr_session_opts_for_test("cpu", m);
        for (int train = 1; train >= 0; train--) {
            o.train = train == 1;
            assert_ok(gr_session_open(&s, m, &o, &err), &err);
            held = gr_session_memory(s);
            assert_ok(gr_session_eval(s, &b->b, x, NULL, &err), &err);
            assert_int_equal(gr_session_memory(s), held);
            for (int again = 0; again < 2; again++) {
                assert_ok(gr_session_eval(s, &b->b, y, NULL, &err), &err);
                assert_memory_equal(x, y, 4 * (size_t)t.head.n_out * sizeof *x);
            }
            assert_true((gr_session_memory(s) > held) == !o.train);
            if (!o.train) break;
            gr_session_close(s);
        }
        for (size_t i = 0; i < m->params.total; i++) ((float *)m->weights)[i] *= 1.25f;
        assert_ok(gr_session_push(s, &err), &err);
        assert_int_equal(gr_session_memory(s), held);
        assert_ok(gr_session_open(&fresh, m, &o, &err), &err);
        assert_ok(gr_session_eval(fresh, &b->b, x, NULL, &err), &err);
        for (int again = 0; again < 2; again++) {
            assert_memory_not_equal(x, y, 4 * (size_t)t.head.n_out * sizeof *x);
            assert_ok(gr_session_eval(s, &b->b, y, NULL, &err), &err);
            assert_memory_equal(x, y, 4 * (size_t)t.head.n_out * sizeof *x);
            memset(y, 0, sizeof y);
        }
        gr_session_close(fresh);
        gr_session_close(s);
        gr_model_close(m);
        free(b);
    }
}

/* Embeddings may be wider than the encoder: ELECTRA's and ALBERT's are 128 when the file does not say. */
static void wide_embeddings(void **state)
{
    static const char json[] = "{\"model_type\":\"electra\",\"vocab_size\":29,\"hidden_size\":16,\"num_hidden_layers\":1,\"num_attention_heads\":2,"
                               "\"intermediate_size\":20,\"max_position_embeddings\":24}";
    static const int32_t lengths[] = { 4, 2, 6, 3 };
    gr_session_opts o;
    gr_session     *s;
    gr_err          err = GR_ERR_INIT;

    (void)state;
    for (int kind = GR_HEAD_CLASS; kind <= GR_HEAD_MLM; kind++) {
        const gr_tiny t = gr_tiny_default((gr_head_kind)kind, "cpu");
        gr_tb        *b = gr_tiny_batch(&t, lengths, 4, 2);
        gr_model     *m;

        assert_ok(gr_model_create_from(&m, json, "wide", &(gr_model_opts){ .head = t.head, .seed = 1, .elem = t.elem, .dropout = -1.0 }, &err), &err);
        o = gr_session_opts_for_test("cpu", m);
        assert_ok(gr_session_open(&s, m, &o, &err), &err);
        assert_ok(gr_session_accumulate(s, &b->b, 4.0, NULL, &err), &err);
        assert_ok(gr_session_step(s, 1e-3, NULL, &err), &err);
        gr_session_close(s);
        gr_model_close(m);
        free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_the_backends), cmocka_unit_test(open_refuses), cmocka_unit_test(batches_are_checked),
        cmocka_unit_test(lengths_are_checked), cmocka_unit_test(targets_are_checked), cmocka_unit_test(calls_out_of_turn),
        cmocka_unit_test(no_labels), cmocka_unit_test(non_finite_is_named), cmocka_unit_test(non_finite_gradient_is_named),
        cmocka_unit_test(larger_batches_leave_nothing), cmocka_unit_test(nothing_trainable), cmocka_unit_test(flops_by_hand), cmocka_unit_test(activations_by_hand), cmocka_unit_test(memory_is_taken_once),
        cmocka_unit_test(large_pages_where_it_writes),
        cmocka_unit_test(no_types_are_zeros), cmocka_unit_test(evaluation_keeps_weights), cmocka_unit_test(wide_embeddings),
    };
    return gr_test_main(tests);
}
