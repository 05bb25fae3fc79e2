/* timed_test.c - the backend with a clock: the same bits as the one it wraps, and books that agree with a count by hand. */
#include "model/session_timed.h"
#include "tests/support/engine.h"

typedef struct world {
    gr_tiny     t;
    gr_model   *m;
    gr_tb      *b;
    gr_session *s;
} world;

/* Sequences of 4, 2, 6 and 3 tokens: 15 in all. A token head: every token of every layer is needed. */
static world build(const char *device, bool recompute, gr_precision precision)
{
    static const int32_t lengths[] = { 4, 2, 6, 3 };
    world  w = { .t = gr_tiny_default(GR_HEAD_TOKEN, "cpu") };
    gr_err err = GR_ERR_INIT;
    gr_session_opts o;

    w.m = gr_tiny_model(&w.t, 1);
    w.b = gr_tiny_batch(&w.t, lengths, 4, 2);
    o = gr_session_opts_for_test(device, w.m);
    o.recompute = recompute;
    o.precision = precision;
    assert_ok(gr_session_open(&w.s, w.m, &o, &err), &err);
    return w;
}

static void tear_down(world *w)
{
    gr_session_close(w->s);
    gr_model_close(w->m);
    free(w->b);
}

static double train(world *w, int steps)
{
    gr_err err = GR_ERR_INIT;
    gr_step_result r = { 0 };

    for (int i = 0; i < steps; i++) {
        assert_ok(gr_session_accumulate(w->s, &w->b->b, gr_tb_labelled(w->b, w->t.head.kind), NULL, &err), &err);
        assert_ok(gr_session_step(w->s, 1e-3, &r, &err), &err);
    }
    return r.loss;
}

static void results_are_the_plain_ones(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int i = 0; i < 4; i++) {
        const gr_precision precision = i % 2 ? GR_PRECISION_BF16 : GR_PRECISION_F32;
        world a = build("cpu", i / 2, precision), b = build("timed-cpu", i / 2, precision);

        assert_true(train(&a, 3) == train(&b, 3));
        assert_ok(gr_session_pull(a.s, &err), &err);
        assert_ok(gr_session_pull(b.s, &err), &err);
        assert_memory_equal(a.m->weights, b.m->weights, a.m->params.total * sizeof(float));
        assert_null(gr_session_timed(a.s));
        tear_down(&a);
        tear_down(&b);
    }
}

static void has(const gr_timed *t, gr_timed_op op, int64_t calls, double flops)
{
    assert_int_equal(t->op[op].calls, calls);
    assert_true(t->op[op].flops == flops);
    assert_true(t->op[op].seconds >= 0.0);
}

static void counts_are_those_of_the_model(void **state)
{
    world w = build("timed-cpu", false, GR_PRECISION_F32);
    gr_timed *t = gr_session_timed(w.s);
    const double T = 15, H = w.t.hidden, F = w.t.inter, N = w.t.head.n_out;
    const double linear = 2 * (2 * T * (3 * H * H + H * H + 2 * H * F)) + 2 * T * H * N; /* two layers and the head */
    const double product = 2 * (2 * (16 + 4 + 36 + 9) * H);                              /* one of attention's, both layers */
    double loss;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_int_equal(w.t.layers, 2);
    gr_timed_reset(t);
    assert_ok(gr_session_eval(w.s, &w.b->b, NULL, &loss, &err), &err);
    has(t, GR_TIMED_LINEAR_FWD, 9, linear); /* qkv, out, up, down twice, and the head */
    has(t, GR_TIMED_ATTENTION_FWD, 2, 2 * product);
    has(t, GR_TIMED_NORM_FWD, 4, 0);
    has(t, GR_TIMED_LINEAR_DX, 0, 0);
    assert_int_equal(t->n_products, 5);
    for (size_t i = 0; i < t->n_products; i++) {
        assert_true(t->product[i].op == GR_TIMED_LINEAR_FWD && t->product[i].rows == 15);
        assert_int_equal(t->product[i].calls, i < 4 ? 2 : 1);
    }
    /* norms: x, residual and the result, 15 H floats each, four times */
    assert_true(t->op[GR_TIMED_NORM_FWD].bytes == 4 * 3 * T * H * 4);

    gr_timed_reset(t);
    (void)train(&w, 1);
    has(t, GR_TIMED_LINEAR_FWD, 9, linear);
    has(t, GR_TIMED_LINEAR_DX, 9, linear); /* down to the embeddings: all of them */
    has(t, GR_TIMED_LINEAR_DW, 9, linear);
    has(t, GR_TIMED_LINEAR_SLOPE, 0, 0);   /* slopes go with dx, biases with dw */
    has(t, GR_TIMED_ATTENTION_BWD, 2, 4 * product);
    has(t, GR_TIMED_NORM_BWD, 4, 0);
    has(t, GR_TIMED_EMBED_BWD, 1, 0);
    has(t, GR_TIMED_LOSS, 1, 0);
    has(t, GR_TIMED_SUMSQ, 1, 0);
    has(t, GR_TIMED_ADAMW, 1, 0);
    assert_true(gr_timed_flops(t) == 3 * linear + 6 * product);
    assert_int_equal(t->n_products, 15);
    assert_int_equal(t->missed, 0);
    tear_down(&w);
}

/* Sequences of 4 and 3 tokens, 2 heads of 4, a bias of both terms: 16 + 9 pairs, 10 + 7 of them in a window of 1. */
static void attention_counts_what_is_seen(void **state)
{
    const gr_backend *op = gr_backend_find("timed-cpu");
    const int32_t cu[] = { 0, 4, 7 }, rows[] = { 0, 0, 1, 2, 3, 4, 4, 4, 4 };
    const uint32_t slots[] = { 0, 1 };
    const gr_dev_batch b = { .n_tokens = 7, .n_rows = 2, .max_len = 4, .cu_seqlens = cu, .slots = slots };
    float x[7 * 8] = { 0 }, out[7 * 8], lse[7 * 2], dq[7 * 8], dk[7 * 8], dv[7 * 8], table[5 * 8] = { 0 }, dkeys[5 * 8], dqueries[5 * 8];
    gr_attn_args a = { .b = &b, .hidden = 8, .heads = 2, .scale = 0.5, .q_stride = 8, .kv_stride = 8, .q = x, .k = x, .v = x, .out = out,
                       .lse = lse, .dout = x, .dq = dq, .dk = dk, .dv = dv, .rel_of = rows, .rel_zero = 4, .rel_rows = 5, .rel_stride = 8,
                       .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_keys = table, .rel_queries = table, .drel_keys = dkeys, .drel_queries = dqueries };
    gr_err err = GR_ERR_INIT;
    gr_ctx *c = NULL;

    (void)state;
    assert_ok(op->open(&c, &(gr_ctx_opts){ .pool = NULL }, &err), &err);
    op->reserve(c, &(gr_capacity){ .tokens = 7, .rows = 2, .max_len = 4, .width = 24, .hidden = 8, .heads = 2, .bias = a.bias, .rel_rows = 5 });
    op->attention_fwd(c, &a);
    op->attention_bwd(c, &a);
    has(gr_timed_of(c), GR_TIMED_ATTENTION_FWD, 1, 2 * 25 * 8 * (2 + 2));
    has(gr_timed_of(c), GR_TIMED_ATTENTION_BWD, 1, 2 * 25 * 8 * (4 + 4));
    a.window = 1;
    a.drel_keys = a.drel_queries = NULL;
    op->attention_fwd(c, &a);
    op->attention_bwd(c, &a);
    has(gr_timed_of(c), GR_TIMED_ATTENTION_FWD, 2, 2 * (25 + 17) * 8 * (2 + 2));
    has(gr_timed_of(c), GR_TIMED_ATTENTION_BWD, 2, 2 * 25 * 8 * (4 + 4) + 2 * 17 * 8 * (4 + 2));
    assert_ok(op->sync(c, &err), &err);
    op->close(c);
}

/* The same sequences with first tokens alone: 7 keys, each of two heads meets rows of 8; two sequences times (8,8) by head. */
static void first_tokens_count_rows_of_all_heads(void **state)
{
    const gr_backend *op = gr_backend_find("timed-cpu");
    const int32_t cu[] = { 0, 4, 7 };
    const uint32_t slots[] = { 0, 1 };
    const gr_dev_batch b = { .n_tokens = 7, .n_rows = 2, .max_len = 4, .cu_seqlens = cu, .slots = slots };
    float x[7 * 8] = { 0 }, w[8 * 8] = { 0 }, y[2 * 8] = { 0 }, u[4 * 8] = { 0 }, t[4 * 8], sums[4], lse[4], dx[7 * 8], dw[8 * 8] = { 0 };
    gr_firsts_args a = { .b = &b, .hidden = 8, .heads = 2, .scale = 0.5, .x = x, .u = u, .t = t, .sums = sums, .lse = lse, .dt = t, .dsums = sums,
                         .du = t, .dx = dx };
    const gr_heads_args h = { .rows = 2, .hidden = 8, .heads = 2, .w = w, .y = y, .z = u, .dw = dw };
    const double product = 2 * 7 * 2 * 8, by_head = 2 * 2 * 8 * 8;
    gr_timed *books;
    gr_err err = GR_ERR_INIT;
    gr_ctx *c = NULL;

    (void)state;
    assert_ok(op->open(&c, &(gr_ctx_opts){ .pool = NULL }, &err), &err);
    op->reserve(c, &(gr_capacity){ .tokens = 7, .rows = 2, .max_len = 4, .width = 24, .hidden = 8, .heads = 2 });
    books = gr_timed_of(c);
    op->heads_spread(c, &h);
    op->attend_firsts_fwd(c, &a);
    op->heads_collect(c, &h);
    has(books, GR_TIMED_ATTENTION_FWD, 1, 2 * product);
    has(books, GR_TIMED_HEADS, 2, 2 * by_head);
    assert_true(books->op[GR_TIMED_HEADS].bytes == 2 * 4 * (16 + 32 + 64)); /* y, z and w */
    assert_true(books->op[GR_TIMED_ATTENTION_FWD].bytes == 4 * (56 + 2 * 32)); /* x, u and t */
    op->heads_grad(c, &h);
    op->attend_firsts_bwd(c, &a);
    a.dx = NULL;
    op->attend_firsts_bwd(c, &a);
    has(books, GR_TIMED_HEADS, 3, 3 * by_head);
    has(books, GR_TIMED_ATTENTION_BWD, 2, (4 + 2) * product);
    assert_ok(op->sync(c, &err), &err);
    op->close(c);
}

static void products_are_replayed(void **state)
{
    world w = build("timed-cpu", false, GR_PRECISION_F32);
    gr_timed *t = gr_session_timed(w.s);
    gr_replay *r = NULL;
    double seconds = -1.0;
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_timed_reset(t);
    (void)train(&w, 2);
    assert_ok(gr_replay_open(&r, t, &(gr_ctx_opts){ .pool = NULL }, &err), &err);
    assert_ok(gr_replay_run(r, &seconds, &err), &err);
    assert_true(seconds >= 0.0);
    assert_true(gr_replay_flops(r) == t->op[GR_TIMED_LINEAR_FWD].flops + t->op[GR_TIMED_LINEAR_DX].flops + t->op[GR_TIMED_LINEAR_DW].flops);
    gr_replay_close(r);
    gr_replay_close(NULL);
    tear_down(&w);
}

static void peak_is_measured(void **state)
{
    gr_peak p = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_peak_measure(&p, NULL, &err), &err);
    assert_non_null(p.isa);
    assert_true(p.gflops > 0.0 && p.read_gb > 0.0 && p.update_gb > 0.0);
    for (int i = 0; i < GR_TIMED_OPS; i++) assert_true(strlen(gr_timed_op_name((gr_timed_op)i)) > 2);
    assert_string_equal(gr_timed_op_name(GR_TIMED_LINEAR_SLOPE), "activation backward");
}

/* ---- a session's own count ---- */

/* What a session says of a batch before it is run, and what its ops book when it is. */
typedef struct counts { double said, booked; } counts;

static counts count(const char *family, gr_head_kind head, bool training)
{
    static const int32_t lengths[] = { 4, 12, 6, 3 };
    gr_err err = GR_ERR_INIT;
    gr_session_opts o;
    double out[2048];
    counts c;
    world w = { .t = gr_tiny_default(head, "cpu") };

    w.t.family = family;
    w.m = gr_tiny_model(&w.t, 1);
    w.b = gr_tiny_batch(&w.t, lengths, 4, 2);
    o = gr_session_opts_for_test("timed-cpu", w.m);
    o.train = training;
    assert_ok(gr_session_open(&w.s, w.m, &o, &err), &err);
    if (training) (void)train(&w, 1);
    else assert_ok(gr_session_eval(w.s, &w.b->b, out, NULL, &err), &err);
    c = (counts){ gr_session_flops(w.s, &w.b->b, training), gr_timed_flops(gr_session_timed(w.s)) };
    tear_down(&w);
    return c;
}

/* Sums of whole numbers below 2^53: equal to the last digit. */
static void two_counts_agree(void **state)
{
    static const gr_head_kind heads[] = { GR_HEAD_CLASS, GR_HEAD_TOKEN, GR_HEAD_EMBED };

    (void)state;
    for (size_t f = 0; gr_tiny_families[f]; f++)
        for (size_t h = 0; h < 3; h++)
            for (int training = 0; training < 2; training++) {
                const counts c = count(gr_tiny_families[f], heads[h], training);

                if (c.said != c.booked || !(c.said > 0.0))
                    fail_msg("%s, head %d, %s: %.0f said, %.0f booked", gr_tiny_families[f], (int)heads[h], training ? "training" : "forward", c.said, c.booked);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_the_plain_ones),
        cmocka_unit_test(two_counts_agree), cmocka_unit_test(counts_are_those_of_the_model),
        cmocka_unit_test(attention_counts_what_is_seen),
        cmocka_unit_test(first_tokens_count_rows_of_all_heads),
        cmocka_unit_test(products_are_replayed),
        cmocka_unit_test(peak_is_measured),
    };
    return gr_test_main(tests);
}
