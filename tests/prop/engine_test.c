/* engine_test.c - laws of the engine, on every device: what packing, order, accumulation, threads, recomputation,
 * freezing and resuming may and may not change.
 *
 * "To rounding" is 1e-5 of the largest value in float, 1e-12 in double: a few hundred roundings of its
 * unit. Everything else is bit for bit. All training here has dropout on: a mask that moved would show at
 * once, as an error of a tenth and not of a rounding. */
#include <math.h>

#include "base/pool.h"
#include "model/backend/cpu/isa.h"
#include "tests/support/engine.h"

static const int32_t lengths[] = { 9, 1, 17, 5, 24, 2, 12, 3 };
enum { ROWS = sizeof lengths / sizeof lengths[0] };

typedef struct world {
    const char     *device;
    gr_tiny         t;
    gr_model       *m;
    gr_tb          *b;
    gr_session_opts o;
    double          tol;
} world;

static world build(const char *device, const char *family, gr_head_kind kind, int32_t layers)
{
    world w = { .device = device, .t = gr_tiny_default(kind, device) };

    w.t.family = family;
    w.t.hidden = 32;
    w.t.heads = 4;
    w.t.inter = 48;
    w.t.layers = layers;
    w.m = gr_tiny_model(&w.t, 11);
    w.b = gr_tiny_batch(&w.t, lengths, ROWS, 12);
    w.o = gr_session_opts_for_test(device, w.m);
    w.tol = w.t.elem == 8 ? 1e-12 : 1e-5;
    return w;
}

static void tear_down(world *w)
{
    free(w->b);
    gr_model_close(w->m);
}

static gr_session *session(world *w, const gr_session_opts *o)
{
    gr_session *s = NULL;
    gr_err      err = GR_ERR_INIT;

    assert_ok(gr_session_open(&s, w->m, o, &err), &err);
    return s;
}

static size_t slab_bytes(const world *w) { return w->m->params.total * (size_t)w->m->elem; }

static void accumulate(gr_session *s, const gr_tb *b, double normaliser)
{
    gr_err err = GR_ERR_INIT;
    assert_ok(gr_session_accumulate(s, &b->b, normaliser, NULL, &err), &err);
}

/* Gradients of one batch in a fresh session; free() them. */
static void *grads_of(world *w, const gr_session_opts *o, const gr_tb *b, double normaliser)
{
    gr_session *s = session(w, o);
    void       *g = malloc(slab_bytes(w));
    gr_err      err = GR_ERR_INIT;

    assert_non_null(g);
    accumulate(s, b, normaliser);
    assert_ok(gr_session_grads(s, g, &err), &err);
    gr_session_close(s);
    return g;
}

static void close_slabs(const world *w, const void *a, const void *b, const char *what)
{
    double top = 0.0, off = 0.0;

    for (size_t i = 0; i < w->m->params.total; i++) {
        const double x = gr_elem_at(a, w->m->elem, i), y = gr_elem_at(b, w->m->elem, i);
        top = fmax(top, fabs(y));
        if (!(fabs(x - y) <= off)) off = fabs(x - y);
    }
    assert_true(top > 0.0);
    assert_near(off, 0.0, w->tol * top, "%s on %s, largest %.3g", what, w->device, top);
}

/* Three optimiser steps of the batch; the weights as they are then (the model's own are restored). */
static void *train(world *w, gr_session *s, int steps)
{
    void  *out = malloc(slab_bytes(w)), *keep = malloc(slab_bytes(w));
    gr_err err = GR_ERR_INIT;

    assert_true(out && keep);
    memcpy(keep, w->m->weights, slab_bytes(w));
    for (int i = 0; i < steps; i++) {
        accumulate(s, w->b, gr_tb_labelled(w->b, w->t.head.kind));
        assert_ok(gr_session_step(s, 1e-3, NULL, &err), &err);
    }
    assert_ok(gr_session_pull(s, &err), &err);
    memcpy(out, w->m->weights, slab_bytes(w));
    memcpy(w->m->weights, keep, slab_bytes(w));
    free(keep);
    return out;
}

/* ---- the laws, each for one device and head ---- */

static void packing_and_order(world *w)
{
    const size_t  n = w->t.head.kind == GR_HEAD_EMBED ? (size_t)w->t.hidden : (size_t)w->t.head.n_out;
    const bool    token = gr_head_per_token(w->t.head.kind);
    const size_t  rows = (size_t)(token ? w->b->b.n_tokens : ROWS);
    double       *all = malloc(rows * n * sizeof *all), *one = malloc(rows * n * sizeof *one);
    gr_session   *s = session(w, &w->o);
    gr_tb        *b = gr_tb_new();
    gr_err        err = GR_ERR_INIT;

    assert_true(all && one);
    assert_ok(gr_session_eval(s, &w->b->b, all, NULL, &err), &err);
    for (int32_t r = 0; r < ROWS; r++) { /* alone, and last of a batch in reverse order */
        const size_t at = (size_t)(token ? w->b->cu[r] : r), k = token ? (size_t)lengths[r] : 1;
        for (int reversed = 0; reversed < 2; reversed++) {
            gr_tb_clear(b);
            for (int32_t q = ROWS - 1; reversed && q > r; q--) gr_tb_copy_row(b, w->b, q, w->t.head.kind);
            const size_t skip = (size_t)(token ? b->b.n_tokens : b->b.n_rows);
            gr_tb_copy_row(b, w->b, r, w->t.head.kind);
            assert_ok(gr_session_eval(s, &b->b, one, NULL, &err), &err);
            for (size_t i = 0; i < k * n; i++)
                assert_near(one[skip * n + i], all[at * n + i], 4.0 * w->tol, "row %d alone, value %zu, on %s", (int)r, i, w->device);
        }
    }
    gr_session_close(s);
    free(all);
    free(one);
    free(b);
}

static void order_keeps_gradients(world *w)
{
    const bool   pair = w->t.head.kind == GR_HEAD_EMBED;
    const double norm = gr_tb_labelled(w->b, w->t.head.kind);
    gr_tb       *b = gr_tb_new();

    for (int32_t r = ROWS - 1; r >= 0; r--) gr_tb_copy_row(b, w->b, pair ? r ^ 1 : r, w->t.head.kind);
    void *x = grads_of(w, &w->o, w->b, norm), *y = grads_of(w, &w->o, b, norm);
    close_slabs(w, y, x, "gradients of the batch in reverse");
    free(x);
    free(y);
    free(b);
}

static void accumulation_is_the_big_batch(world *w)
{
    const double norm = gr_tb_labelled(w->b, w->t.head.kind);
    gr_session  *s = session(w, &w->o);
    gr_tb       *b = gr_tb_new();
    void        *whole = grads_of(w, &w->o, w->b, norm), *sum = malloc(slab_bytes(w));
    gr_err       err = GR_ERR_INIT;

    assert_non_null(sum);
    for (int32_t r = 0; r < ROWS; r += 2) {
        gr_tb_clear(b);
        gr_tb_copy_row(b, w->b, r, w->t.head.kind);
        gr_tb_copy_row(b, w->b, r + 1, w->t.head.kind);
        accumulate(s, b, norm);
        /* evaluation in between shares the activation memory and must leave no trace */
        assert_ok(gr_session_eval(s, &w->b->b, NULL, NULL, &err), &err);
    }
    assert_ok(gr_session_grads(s, sum, &err), &err);
    close_slabs(w, sum, whole, "accumulated gradients");
    gr_session_close(s);
    free(whole);
    free(sum);
    free(b);
}

/* The gradients of the step behind another one, of two micro-batches, are those of a session that begins there. */
static void steps_start_at_nothing(world *w)
{
    const double norm = gr_tb_labelled(w->b, w->t.head.kind);
    void        *grads[2] = { malloc(slab_bytes(w)), malloc(slab_bytes(w)) }, *state = NULL;
    gr_tb       *b = gr_tb_new();
    gr_err       err = GR_ERR_INIT;
    int64_t      step = 0;

    assert_true(grads[0] && grads[1]);
    gr_tb_copy_row(b, w->b, 0, w->t.head.kind);
    gr_tb_copy_row(b, w->b, 1, w->t.head.kind);
    for (int fresh = 0; fresh < 2; fresh++) {
        gr_session *s = session(w, &w->o);

        if (fresh) {
            assert_ok(gr_state_set(s, state, step, &err), &err);
        } else {
            accumulate(s, w->b, norm);
            assert_ok(gr_session_step(s, 0.0, NULL, &err), &err); /* the weights stay */
            assert_non_null(state = malloc(gr_session_state_bytes(s)));
            assert_ok(gr_state_get(s, state, &step, &err), &err);
        }
        accumulate(s, b, norm);
        accumulate(s, w->b, norm);
        assert_ok(gr_session_grads(s, grads[fresh], &err), &err);
        gr_session_close(s);
    }
    assert_memory_equal(grads[0], grads[1], slab_bytes(w));
    free(grads[0]);
    free(grads[1]);
    free(state);
    free(b);
}

static void recompute_same_bits(world *w)
{
    const double    norm = gr_tb_labelled(w->b, w->t.head.kind);
    gr_session_opts o = w->o;

    o.recompute = true;
    void *x = grads_of(w, &w->o, w->b, norm), *y = grads_of(w, &o, w->b, norm);
    assert_memory_equal(x, y, slab_bytes(w));
    free(x);
    free(y);
}

static void threads_same_bits(world *w)
{
    gr_session_opts o = w->o;
    gr_pool        *pool = NULL;
    gr_err          err = GR_ERR_INIT;

    gr_session *s = session(w, &o);
    void       *one = train(w, s, 3);
    gr_session_close(s);
    for (int n = 2; n <= 3; n++) {
        assert_ok(gr_pool_open(&pool, n, &err), &err);
        o.pool = pool;
        s = session(w, &o);
        void *many = train(w, s, 3);
        assert_memory_equal(one, many, slab_bytes(w));
        gr_session_close(s);
        gr_pool_close(pool);
        free(many);
    }
    free(one);
}

/* With `deterministic` neither the processor's instructions nor the threads change a bit of the weights; and vectors need not
 * be asked. */
static void processors_same_bits(world *w)
{
    static const struct { const char *isa; bool deterministic; } ways[] = { { "plain", true }, { "avx2", true }, { "avx2", false },
                                                                            { "avx512", true }, { "avx512", false }, { "avx512bf16", false } };
    void  *first = NULL;
    gr_err err = GR_ERR_INIT;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (!gr_cpu_isa_find(ways[i].isa)) {
            gr_case_skip(ways[i].isa, "this processor has not the instructions");
            continue;
        }
        for (int n = 1; n <= 3; n++) {
            gr_session_opts o = w->o;

            o.deterministic = ways[i].deterministic;
            assert_ok(gr_pool_open(&o.pool, n, &err), &err);
            assert_int_equal(setenv("GR_CPU_ISA", ways[i].isa, 1), 0);
            gr_session *s = session(w, &o);
            (void)unsetenv("GR_CPU_ISA");
            void *got = train(w, s, 5);
            if (first) assert_memory_equal(got, first, slab_bytes(w));
            else first = got;
            if (first != got) free(got);
            gr_session_close(s);
            gr_pool_close(o.pool);
        }
    }
    free(first);
}

static void resume_same_bits(world *w)
{
    gr_session *s = session(w, &w->o);
    void       *four = train(w, s, 4), *state, *half, *keep = malloc(slab_bytes(w));
    int64_t     step = 0;
    gr_err      err = GR_ERR_INIT;

    gr_session_close(s);
    s = session(w, &w->o);
    half = train(w, s, 2);
    state = malloc(gr_session_state_bytes(s));
    assert_true(state && keep);
    assert_ok(gr_state_get(s, state, &step, &err), &err);
    assert_int_equal(step, 2);
    gr_session_close(s);

    memcpy(keep, w->m->weights, slab_bytes(w));
    memcpy(w->m->weights, half, slab_bytes(w));
    s = session(w, &w->o);
    assert_ok(gr_state_set(s, state, step, &err), &err);
    memcpy(w->m->weights, keep, slab_bytes(w));
    void *rest = train(w, s, 2);
    assert_int_equal(gr_session_steps(s), 4);
    assert_memory_equal(four, rest, slab_bytes(w));
    gr_session_close(s);
    free(four);
    free(half);
    free(rest);
    free(state);
    free(keep);
}

/* On the model's own memory as on a copy of it: three steps with an evaluation between them. */
static void in_place_same_bits(world *w)
{
    gr_session_opts o = w->o;
    gr_session     *s = session(w, &w->o);
    void           *copied = train(w, s, 3), *start = malloc(slab_bytes(w));
    const size_t    held = gr_session_memory(s);
    gr_err          err = GR_ERR_INIT;

    assert_non_null(start);
    gr_session_close(s);
    memcpy(start, w->m->weights, slab_bytes(w));
    o.in_place = true;
    s = session(w, &o);
    assert_true(gr_session_memory(s) <= held - slab_bytes(w)); /* every device of these is the host */
    for (int i = 0; i < 3; i++) {
        accumulate(s, w->b, gr_tb_labelled(w->b, w->t.head.kind));
        assert_ok(gr_session_eval(s, &w->b->b, NULL, NULL, &err), &err);
        assert_ok(gr_session_step(s, 1e-3, NULL, &err), &err);
    }
    assert_ok(gr_session_pull(s, &err), &err);
    assert_memory_equal(w->m->weights, copied, slab_bytes(w));
    /* another's weights put in their place: training goes on from them */
    memcpy(w->m->weights, start, slab_bytes(w));
    assert_ok(gr_session_push(s, &err), &err);
    gr_session_close(s);
    s = session(w, &o);
    accumulate(s, w->b, gr_tb_labelled(w->b, w->t.head.kind));
    gr_session_close(s);
    assert_memory_equal(w->m->weights, start, slab_bytes(w));
    free(copied);
    free(start);
}

/* Steps of few words each, as a session takes them that keeps rows at rest (sparse) or updates all (dense): evaluations that read
 * resting rows, micro-batches, a pull in the middle, resuming on a fresh session. Everything it saw and left goes to *out. */
typedef struct rows_run { int steps, stop; bool dense, pulls; double decay; } rows_run;

static gr_session *moved(world *w, gr_session *s, const gr_session_opts *o)
{
    void   *state = malloc(gr_session_state_bytes(s));
    int64_t step = 0;
    gr_err  err = GR_ERR_INIT;

    assert_non_null(state);
    assert_ok(gr_session_pull(s, &err), &err);
    assert_ok(gr_state_get(s, state, &step, &err), &err);
    gr_session_close(s);
    s = session(w, o);
    assert_ok(gr_state_set(s, state, step, &err), &err);
    free(state);
    return s;
}

static void *run_rows(world *w, gr_session_opts o, rows_run r, double *seen)
{
    void       *start = malloc(slab_bytes(w)), *out = malloc(3 * slab_bytes(w));
    gr_session *s;
    int64_t     step;
    gr_err      err = GR_ERR_INIT;

    assert_true(start && out);
    memcpy(start, w->m->weights, slab_bytes(w));
    o.dense_table = r.dense;
    o.weight_decay = r.decay;
    s = session(w, &o);
    for (int i = 0; i < r.steps; i++) {
        gr_step_result result;
        for (int k = 0; k < 2; k++) {
            const int32_t n[2] = { 1 + i % 3, 2 };
            gr_tb *b = gr_tiny_batch(&w->t, n, 2, 1000 + (uint64_t)(i % 40) * 2 + (uint64_t)k);
            for (int32_t t = 0; t < b->b.n_tokens; t++) b->ids[t] = b->ids[t] % (1 + (i + 8) / 8); /* words appear one after the other */
            accumulate(s, b, 4.0);
            free(b);
        }
        assert_ok(gr_session_step(s, 1e-2 / (1.0 + i), &result, &err), &err);
        seen[2 * i] = result.grad_norm;
        if (i % 5 == 3) assert_ok(gr_session_eval(s, &w->b->b, NULL, &seen[2 * i + 1], &err), &err);
        if (r.pulls && i % 4 == 2) assert_ok(gr_session_pull(s, &err), &err);
        if (i == r.stop) s = moved(w, s, &o);
    }
    assert_ok(gr_session_pull(s, &err), &err);
    memcpy(out, w->m->weights, slab_bytes(w));
    assert_ok(gr_state_get(s, (char *)out + slab_bytes(w), &step, &err), &err);
    gr_session_close(s);
    memcpy(w->m->weights, start, slab_bytes(w));
    free(start);
    return out;
}

static void resting_rows_same_bits(world *w)
{
    enum { FEW = 24, MANY = 1100 }; /* more than the list of factors holds */
    const bool   long_run = strcmp(w->device, "cpu") == 0 && w->t.head.kind == GR_HEAD_CLASS;
    const rows_run runs[] = { { FEW, -1, false, false, 0.01 }, { FEW, 9, false, false, 0.01 }, { FEW, 10, false, true, 0.01 } };
    double      *seen = calloc(2 * MANY, sizeof *seen), *twin = calloc(2 * MANY, sizeof *twin);
    gr_pool     *pool = NULL;
    gr_err       err = GR_ERR_INIT;

    assert_true(seen && twin);
    assert_ok(gr_pool_open(&pool, 3, &err), &err);
    for (int decayed = 0; decayed < 2; decayed++) {
        void *want = run_rows(w, w->o, (rows_run){ FEW, -1, true, false, decayed ? 0.01 : 0.0 }, twin);
        for (size_t i = 0; i < 2 * sizeof runs / sizeof *runs; i++) {
            gr_session_opts o = w->o;
            rows_run        r = runs[i / 2];

            o.pool = i % 2 ? pool : NULL;
            o.in_place = i / 2 == 1;
            r.decay = decayed ? r.decay : 0.0;
            void *got = run_rows(w, o, r, seen);
            assert_memory_equal(got, want, 3 * slab_bytes(w));
            assert_memory_equal(seen, twin, 2 * FEW * sizeof *seen);
            free(got);
        }
        free(want);
    }
    if (long_run) {
        void *want = run_rows(w, w->o, (rows_run){ MANY, -1, true, false, 0.1 }, twin), *got = run_rows(w, w->o, (rows_run){ MANY, -1, false, false, 0.1 }, seen);
        assert_memory_equal(got, want, 3 * slab_bytes(w));
        free(want);
        free(got);
    }
    gr_pool_close(pool);
    free(seen);
    free(twin);
}

/* What is not frozen has the very gradient it has without freezing; what is has none, and does not move. All is trainable afterwards. */
static void check_frozen(world *w, const void *free_grads)
{
    void       *g = grads_of(w, &w->o, w->b, gr_tb_labelled(w->b, w->t.head.kind));
    gr_session *s = session(w, &w->o);
    void       *after = train(w, s, 2);

    for (size_t k = 0; k < w->m->params.n; k++) {
        gr_param    *p = &w->m->params.p[k];
        const size_t e = (size_t)w->m->elem, at = p->offset * e;
        if (p->trainable) assert_memory_equal((char *)g + at, (const char *)free_grads + at, p->count * e);
        else {
            for (size_t q = 0; q < p->count; q++) assert_true(gr_elem_at(g, w->m->elem, p->offset + q) == 0.0);
            assert_memory_equal((char *)after + at, (char *)w->m->weights + at, p->count * e);
        }
        p->trainable = true;
    }
    gr_session_close(s);
    free(g);
    free(after);
}

static void freezing(world *w)
{
    static const char *const patterns[] = { "embeddings", "layer.0", "layer.1", "encoder", "layer.0-1", "head",
        "encoder,pooler", /* the head alone */
        "@embeddings.word_embeddings", "@encoder.layer.0.attention.self.key", "@encoder.layer.1.attention.self.value.weight",
        "@encoder.layer.0.attention.self.query,@encoder.layer.0.attention.self.key",
        "embeddings,@encoder.layer.0.attention.", "embeddings,@encoder.layer.0.attention.,@encoder.layer.0.intermediate.",
        "embeddings,@encoder.layer.0.attention.,@encoder.layer.0.intermediate.,@encoder.layer.0.output.dense",
        "embeddings,layer.0,@encoder.layer.1.attention.self", "@embeddings.word_embeddings,@embeddings.position,@embeddings.token" };
    void        *free_grads;
    const char  *prefix = w->t.head.kind == GR_HEAD_EMBED ? "" : "bert.";
    gr_err       err = GR_ERR_INIT;

    if (strcmp(w->t.family, "bert") != 0) return; /* the patterns are BERT's */
    free_grads = grads_of(w, &w->o, w->b, gr_tb_labelled(w->b, w->t.head.kind));
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        char   text[512] = "";
        size_t n = 0;
        if (w->t.head.kind == GR_HEAD_EMBED && strstr("head,encoder,pooler", patterns[i])) continue; /* nothing to train would be left */
        if (w->t.head.kind == GR_HEAD_TOKEN && strstr(patterns[i], "pooler")) continue;
        for (const char *c = patterns[i]; *c && n < sizeof text - 8; c++) { /* '@': the model's prefix */
            if (*c == '@') n += (size_t)snprintf(text + n, sizeof text - n, "%s", prefix);
            else text[n++] = *c;
        }
        text[n] = '\0';
        assert_ok(gr_params_freeze(&w->m->params, text, &err), &err);
        check_frozen(w, free_grads);
    }
    free(free_grads);
}

/* Any subset of the tensors may be frozen: the lowest k, so that backward ends in each place in turn, and others at random. */
static void freezing_any(world *w)
{
    void        *free_grads = grads_of(w, &w->o, w->b, gr_tb_labelled(w->b, w->t.head.kind));
    const size_t n = w->m->params.n;
    gr_rng       r;

    gr_rng_init(&r, 77, GR_RNG_SAMPLE, n);
    for (size_t i = 0; i < 12; i++) {
        const size_t below = 1 + (size_t)gr_rng_below(&r, n - 1);
        bool         any = false;

        w->o.recompute = i % 3 == 0;
        for (size_t k = 0; k < n; k++) {
            gr_param *p = &w->m->params.p[k];
            p->trainable = i % 2 ? k >= below : gr_rng_below(&r, 3) > 0;
            any = any || (p->trainable && p->used);
        }
        if (any) check_frozen(w, free_grads);
        for (size_t k = 0; k < n; k++) w->m->params.p[k].trainable = true;
    }
    w->o.recompute = false;
    free(free_grads);
}

/* Evaluation is the same in a session that cannot train, and does not depend on what was trained before. */
static void inference_plan_same_bits(world *w)
{
    const size_t    n = (size_t)w->b->b.n_tokens * 64;
    gr_session_opts o = w->o;
    gr_session     *a = session(w, &w->o), *b;
    double         *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y), lx, ly;
    gr_err          err = GR_ERR_INIT;

    o.train = false;
    b = session(w, &o);
    assert_true(x && y && gr_session_memory(b) < gr_session_memory(a));
    accumulate(a, w->b, 4.0);
    assert_ok(gr_session_eval(a, &w->b->b, x, &lx, &err), &err);
    assert_ok(gr_session_eval(b, &w->b->b, y, &ly, &err), &err);
    assert_memory_equal(x, y, n * sizeof *x);
    assert_true(lx == ly && isfinite(lx));
    gr_session_close(a);
    gr_session_close(b);
    free(x);
    free(y);
}

/* With a rate of zero only the step number changes, and the masks with it; so for a seed and for a row's slot. */
static void masks_follow_step_seed_and_slot(world *w)
{
    gr_session_opts o = w->o;
    double          loss[4];
    gr_err          err = GR_ERR_INIT;

    gr_session *s = session(w, &o);
    for (int i = 0; i < 2; i++) {
        assert_ok(gr_session_accumulate(s, &w->b->b, 8.0, &loss[i], &err), &err);
        assert_ok(gr_session_step(s, 0.0, NULL, &err), &err);
    }
    gr_session_close(s);
    o.seed++;
    s = session(w, &o);
    assert_ok(gr_session_accumulate(s, &w->b->b, 8.0, &loss[2], &err), &err);
    w->b->slots[2] = 100;
    assert_ok(gr_session_accumulate(s, &w->b->b, 8.0, &loss[3], &err), &err);
    gr_session_close(s);
    assert_true(loss[0] != loss[1] && loss[0] != loss[2] && loss[1] != loss[2] && loss[2] != loss[3]);
}

/* The guards and scans of a checked device see nothing in training, evaluation, saving and resuming, and nobody follows its addresses. */
static void checked_devices_are_content(world *w)
{
    char            name[64];
    gr_session_opts o = w->o;
    gr_err          err = GR_ERR_INIT;
    const size_t    tokens = (size_t)w->b->b.n_tokens, width = (size_t)(w->t.hidden > w->t.head.n_out ? w->t.hidden : w->t.head.n_out);
    double         *logits = malloc(tokens * width * sizeof *logits), *hidden = malloc(tokens * width * sizeof *hidden), loss;
    int64_t         step;
    void           *state;

    assert_true(logits && hidden);
    (void)snprintf(name, sizeof name, "checked-%s", w->device);
    o.device = name;
    for (int taps = 0; taps < 2; taps++) {
        o.tap_hidden = taps;
        o.recompute = !taps;
        gr_session *s = session(w, &o);
        free(train(w, s, 2));
        assert_ok(gr_session_eval(s, &w->b->b, logits, &loss, &err), &err);
        if (taps) assert_ok(gr_session_tap(s, 0, hidden, &err), &err);
        assert_non_null(state = malloc(gr_session_state_bytes(s)));
        assert_ok(gr_state_get(s, state, &step, &err), &err);
        assert_ok(gr_state_set(s, state, step, &err), &err);
        assert_ok(gr_session_grads(s, state, &err), &err);
        free(state);
        gr_session_close(s);
    }
    free(logits);
    free(hidden);
}

/* More micro-batches than there are loss slots on the device. */
static void many_micro_batches(world *w)
{
    gr_session    *s = session(w, &w->o);
    double         share = 0.0, sum = 0.0;
    gr_step_result r;
    gr_err         err = GR_ERR_INIT;

    for (int i = 0; i < 300; i++) {
        assert_ok(gr_session_accumulate(s, &w->b->b, 2400.0, i % 3 ? NULL : &share, &err), &err);
        sum += share;
    }
    assert_ok(gr_session_step(s, 0.0, &r, &err), &err);
    assert_near(r.loss, sum, 1e-12 * fabs(sum), "loss of 300 micro-batches on %s", w->device);
    gr_session_close(s);
}

/* ---- every law on every device and head ---- */

static const gr_head_kind kinds[] = { GR_HEAD_CLASS, GR_HEAD_REGRESSION, GR_HEAD_TOKEN, GR_HEAD_EMBED, GR_HEAD_MLM };

/* BERT with the first n_kinds heads on every device; the other families with one of them each, on one device in double and one in float. */
static void everywhere(void (*law)(world *), size_t n_kinds, int32_t layers)
{
    for (size_t d = 0; d < gr_device_count(); d++)
        for (size_t f = 0; gr_tiny_families[f]; f++)
            for (size_t k = 0; k < n_kinds; k++) {
                const char *device = gr_device_at(d)->name;
                if (f > 0 && (k != (f + (size_t)layers) % n_kinds || strcmp(device, "ref") == 0)) continue;
                world w = build(device, gr_tiny_families[f], kinds[k], layers);
                law(&w);
                tear_down(&w);
            }
}

#define LAW(name, n_kinds) \
    static void test_##name(void **state) { (void)state; everywhere(name, n_kinds, 2); }
#define LAW_OF_LAYERS(name, n_kinds, least, most) \
    static void test_##name(void **state)         \
    {                                             \
        (void)state;                              \
        for (int32_t l = least; l <= most; l++) everywhere(name, n_kinds, l); \
    }
LAW(packing_and_order, 5)
LAW(order_keeps_gradients, 5)
LAW(accumulation_is_the_big_batch, 5)
LAW_OF_LAYERS(steps_start_at_nothing, 5, 1, 3)
LAW_OF_LAYERS(recompute_same_bits, 5, 1, 3)
LAW(threads_same_bits, 5)
LAW(resume_same_bits, 1)
LAW(in_place_same_bits, 5)
LAW(resting_rows_same_bits, 5)
LAW(freezing, 4)
LAW(freezing_any, 5)
LAW(inference_plan_same_bits, 5)
LAW(masks_follow_step_seed_and_slot, 1)
LAW(many_micro_batches, 1)
LAW_OF_LAYERS(checked_devices_are_content, 4, 1, 2)

static void test_processors_same_bits(void **state)
{
    (void)state;
    for (size_t f = 0; gr_tiny_families[f]; f++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            if (f > 0 && k != f % (sizeof kinds / sizeof kinds[0])) continue;
            world w = build("cpu", gr_tiny_families[f], kinds[k], 2);
            processors_same_bits(&w);
            tear_down(&w);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packing_and_order), cmocka_unit_test(test_order_keeps_gradients),
        cmocka_unit_test(test_accumulation_is_the_big_batch), cmocka_unit_test(test_steps_start_at_nothing), cmocka_unit_test(test_recompute_same_bits),
        cmocka_unit_test(test_threads_same_bits), cmocka_unit_test(test_processors_same_bits), cmocka_unit_test(test_resume_same_bits),
        cmocka_unit_test(test_in_place_same_bits), cmocka_unit_test(test_resting_rows_same_bits), cmocka_unit_test(test_freezing), cmocka_unit_test(test_freezing_any),
        cmocka_unit_test(test_inference_plan_same_bits), cmocka_unit_test(test_masks_follow_step_seed_and_slot),
        cmocka_unit_test(test_many_micro_batches), cmocka_unit_test(test_checked_devices_are_content),
    };
    return gr_test_main(tests);
}
