/* short_layer_test.c - a last layer for first tokens alone is the full one, which a session with taps computes: the same logits, losses and
 * gradients, for every family, head and number of layers, with dropout.
 *
 * Nothing is left out, but where keys and values are not made their sums go another way, which changes numbers by their rounding; where they are
 * made, and of layers that are not short, a row has the same bits. A weight's gradient is a sum of T terms there, of B here, whose others are zeros.
 *
 * "To rounding" is 1e-5 of the largest value in float, 1e-12 in double, as in engine_test.c: the layer's longest sums have 32 + 24 terms, so
 * that a score is off by 56 units of 6e-8 at most, and what follows multiplies that by a few. A gradient has besides a tenth of it of
 * the model's largest, where all cancels: the keys' bias, whose gradient is rounding alone there and zero here. */
#include <math.h>

#include "tests/support/engine.h"

static const int32_t lengths[] = { 9, 1, 17, 5, 24, 2, 12, 3 };
enum { ROWS = sizeof lengths / sizeof lengths[0] };

typedef struct world {
    const char *device;
    gr_tiny     t;
    gr_model   *m;
    gr_tb      *b;
    double      tol;
} world;

typedef struct result {
    double *logits, loss, share;
    void   *grads;
} result;

static result run(const world *w, bool taps, bool recompute, size_t n)
{
    gr_session_opts o = gr_session_opts_for_test(w->device, w->m);
    result          r = { .logits = calloc(n, sizeof(double)), .grads = malloc(w->m->params.total * (size_t)w->m->elem) };
    gr_session     *s = NULL;
    gr_err          err = GR_ERR_INIT;

    assert_true(r.logits && r.grads);
    o.tap_hidden = taps;
    o.recompute = recompute;
    assert_ok(gr_session_open(&s, w->m, &o, &err), &err);
    assert_ok(gr_session_eval(s, &w->b->b, r.logits, &r.loss, &err), &err);
    assert_ok(gr_session_accumulate(s, &w->b->b, gr_tb_labelled(w->b, w->t.head.kind), &r.share, &err), &err);
    assert_ok(gr_session_grads(s, r.grads, &err), &err);
    gr_session_close(s);
    return r;
}

static void result_free(result *r)
{
    free(r->logits);
    free(r->grads);
}

/* How far elements [from, from + n) are apart at most, and the largest of them. */
static double off_by(const world *w, const void *a, const void *b, size_t from, size_t n, double *top)
{
    double off = 0.0;

    *top = 0.0;
    for (size_t i = from; i < from + n; i++) {
        const double x = gr_elem_at(a, w->m->elem, i), y = gr_elem_at(b, w->m->elem, i);

        *top = fmax(*top, fabs(y));
        if (!(fabs(x - y) <= off)) off = fabs(x - y);
    }
    return off;
}

static void close_grads(const world *w, const void *a, const void *b)
{
    double all, top;

    (void)off_by(w, a, b, 0, w->m->params.total, &all);
    assert_true(all > 0.0);
    for (size_t t = 0; t < w->m->params.n; t++) {
        const gr_param *p = &w->m->params.p[t];
        const double    off = off_by(w, a, b, p->offset, p->count, &top);

        assert_near(off, 0.0, w->tol * (top + 0.1 * all), "gradient of %s on %s, largest %.3g", p->name, w->device, top);
    }
}

static void law(const world *w, bool recompute)
{
    const size_t n = (size_t)w->b->b.n_tokens * 64; /* logits, and zeros */
    const bool   rows = w->t.head.kind == GR_HEAD_CLASS || w->t.head.kind == GR_HEAD_REGRESSION;
    const bool   other = rows && w->m->config.relative != GR_RELATIVE_DISENTANGLED && !w->m->config.pre_norm && !w->m->config.pool_mean;
    result       here = run(w, false, recompute, n), full = run(w, true, recompute, n);
    double       top = 0.0;

    for (size_t i = 0; i < n; i++) top = fmax(top, fabs(full.logits[i]));
    assert_true(top > 0.0);
    for (size_t i = 0; i < n; i++) assert_near(here.logits[i], full.logits[i], other ? w->tol * top : 0.0, "logit %zu on %s", i, w->device);
    assert_near(here.loss, full.loss, other ? w->tol * fmax(1.0, fabs(full.loss)) : 0.0, "loss on %s", w->device);
    assert_near(here.share, full.share, other ? w->tol * fmax(1.0, fabs(full.share)) : 0.0, "loss in training on %s", w->device);
    close_grads(w, here.grads, full.grads);
    result_free(&here);
    result_free(&full);
}

static void check(const char *device, const char *family, gr_head_kind kind, int32_t heads, int32_t layers)
{
    world w = { .device = device, .t = gr_tiny_default(kind, device) };

    w.t.family = family;
    w.t.hidden = 32;
    w.t.heads = heads;
    w.t.inter = 48;
    w.t.layers = layers;
    w.m = gr_tiny_model(&w.t, 11);
    w.b = gr_tiny_batch(&w.t, lengths, ROWS, 12);
    w.tol = w.t.elem == 8 ? 1e-12 : 1e-5;
    for (int recompute = 0; recompute < 2; recompute++) law(&w, recompute);
    free(w.b);
    gr_model_close(w.m);
}

/* Every family with each head that reads rows, and with one that does not. */
static void every_family(void **state)
{
    static const gr_head_kind kinds[] = { GR_HEAD_CLASS, GR_HEAD_REGRESSION, GR_HEAD_TOKEN, GR_HEAD_EMBED };

    (void)state;
    for (size_t d = 0; d < gr_device_count(); d++)
        for (size_t f = 0; gr_tiny_families[f]; f++)
            for (int32_t layers = 1; layers <= 3; layers++) {
                const size_t k = (f + (size_t)layers) % (sizeof kinds / sizeof *kinds);

                check(gr_device_at(d)->name, gr_tiny_families[f], GR_HEAD_CLASS, 4, layers);
                if (k > 0) check(gr_device_at(d)->name, gr_tiny_families[f], kinds[k], 4, layers);
            }
}

static void every_number_of_heads(void **state)
{
    (void)state;
    for (size_t d = 0; d < gr_device_count(); d++)
        for (int32_t heads = 1; heads <= 32; heads *= 2) check(gr_device_at(d)->name, "mpnet", GR_HEAD_CLASS, heads, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_family), cmocka_unit_test(every_number_of_heads) };

    return gr_test_main(tests);
}
