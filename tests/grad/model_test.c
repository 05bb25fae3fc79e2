/* model_test.c - the whole backward pass against central differences of the loss, in double on ref64: every head, with
 * dropout, label smoothing, recomputation, micro-batches and each activation, and every family with every head in turn.
 *
 * With h = 1e-5 the truncation error is h^2 f'''/6, about 1e-10, and rounding is 1e-16 / h = 1e-11 of the loss; entries are
 * compared to 1e-6 relative, of at least a thousandth of the model's largest gradient, where both vanish.
 * The masks are functions of (seed, step, slot, position), so each perturbed pass drops the same elements. */
#include <math.h>

#include "base/rng.h"
#include "tests/support/engine.h"

typedef struct setup {
    const char  *name;
    gr_head_kind kind;
    const char  *act;
    double       dropout, smoothing;
    bool         recompute, split; /* split: two micro-batches */
    const char  *family;
} setup;

static const setup setups[] = {
    { "class", GR_HEAD_CLASS, "gelu", 0.0, 0.0, false, false, "bert" },
    { "class, dropout", GR_HEAD_CLASS, "gelu", 0.2, 0.0, false, false, "bert" },
    { "class, dropout, smoothing, recompute", GR_HEAD_CLASS, "gelu_new", 0.2, 0.1, true, false, "bert" },
    { "class, dropout, relu, micro-batches", GR_HEAD_CLASS, "relu", 0.1, 0.0, false, true, "bert" },
    { "regression, dropout", GR_HEAD_REGRESSION, "gelu", 0.2, 0.0, false, false, "bert" },
    { "regression, recompute, micro-batches", GR_HEAD_REGRESSION, "gelu", 0.1, 0.0, true, true, "bert" },
    { "token, dropout", GR_HEAD_TOKEN, "gelu", 0.2, 0.0, false, false, "bert" },
    { "token, dropout, smoothing, recompute, micro-batches", GR_HEAD_TOKEN, "gelu_new", 0.2, 0.1, true, true, "bert" },
    { "embed, dropout", GR_HEAD_EMBED, "gelu", 0.1, 0.0, false, false, "bert" },
    { "embed, dropout, recompute", GR_HEAD_EMBED, "gelu", 0.1, 0.0, true, false, "bert" },
    { "masked words, dropout, micro-batches", GR_HEAD_MLM, "gelu", 0.1, 0.0, false, true, "bert" },
};

typedef struct probe {
    const setup *u;
    gr_model    *m;
    gr_session  *s;
    gr_tb       *whole, *part[2];
    double       normaliser;
} probe;

static double loss_of(probe *p)
{
    double sum = 0.0, share = 0.0;
    gr_err err = GR_ERR_INIT;

    if (!p->u->split) {
        assert_ok(gr_session_accumulate(p->s, &p->whole->b, p->normaliser, &share, &err), &err);
        return share;
    }
    for (int i = 0; i < 2; i++) {
        assert_ok(gr_session_accumulate(p->s, &p->part[i]->b, p->normaliser, &share, &err), &err);
        sum += share;
    }
    return sum;
}

static double slope(probe *p, size_t at)
{
    double *const w = (double *)p->m->weights + at;
    const double  keep = *w, h = 1e-5;
    double        f[2];
    gr_err        err = GR_ERR_INIT;

    for (int i = 0; i < 2; i++) {
        *w = i ? keep - h : keep + h;
        assert_ok(gr_session_push(p->s, &err), &err);
        f[i] = loss_of(p);
    }
    *w = keep;
    return (f[0] - f[1]) / (2.0 * h);
}

static void check_tensor(probe *p, const gr_param *q, const double *grad, double top, gr_rng *r)
{
    size_t big = q->offset, at[3];
    double worst = 0.0;

    for (size_t i = q->offset; i < q->offset + q->count; i++)
        if (fabs(grad[i]) > fabs(grad[big])) big = i;
    at[0] = big;
    at[1] = q->offset + (size_t)gr_rng_below(r, q->count);
    at[2] = q->offset + (size_t)gr_rng_below(r, q->count);
    for (int i = 0; i < 3; i++) {
        const double g = grad[at[i]], d = fabs(slope(p, at[i]) - g) / fmax(fabs(g), 1e-3 * top);
        if (d > worst) worst = d;
    }
    if (worst <= 1e-6) gr_case_pass(q->name);
    else gr_case_fail(q->name, "%s: relative error %.3g", p->u->name, worst);
}

static void check_setup(const setup *u)
{
    static const int32_t lengths[] = { 7, 1, 12, 3 };
    gr_tiny         t = gr_tiny_default(u->kind, "ref64");
    probe           p = { .u = u };
    gr_session_opts o;
    double         *grad, top = 0.0;
    gr_rng          r;
    gr_err          err = GR_ERR_INIT;

    t.family = u->family;
    t.act = u->act;
    t.dropout = u->dropout;
    p.m = gr_tiny_model(&t, 5);
    p.whole = gr_tiny_batch(&t, lengths, 4, 9);
    p.normaliser = gr_tb_labelled(p.whole, u->kind);
    for (int32_t i = 0; i < 2; i++) {
        p.part[i] = gr_tb_new();
        for (int32_t k = 2 * i; k < 2 * i + 2; k++) gr_tb_copy_row(p.part[i], p.whole, k, u->kind);
    }
    o = gr_session_opts_for_test("ref64", p.m);
    o.label_smoothing = u->smoothing;
    o.recompute = u->recompute;
    assert_ok(gr_session_open(&p.s, p.m, &o, &err), &err);
    grad = malloc(p.m->params.total * sizeof *grad);
    assert_non_null(grad);
    (void)loss_of(&p);
    assert_ok(gr_session_grads(p.s, grad, &err), &err);
    for (size_t i = 0; i < p.m->params.total; i++) top = fmax(top, fabs(grad[i]));
    assert_true(top > 1e-3);

    gr_rng_init(&r, 3, GR_RNG_SAMPLE, 1);
    for (size_t i = 0; i < p.m->params.n; i++)
        if (p.m->params.p[i].used) check_tensor(&p, &p.m->params.p[i], grad, top, &r);
    gr_session_close(p.s);
    gr_model_close(p.m);
    free(grad);
    free(p.whole);
    free(p.part[0]);
    free(p.part[1]);
}

static void backward_is_the_slope(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof setups / sizeof setups[0]; i++) check_setup(&setups[i]);
    gr_cases_done("tensors against differences", 300);
}

/* Every family with every head, half of them computing layers again. */
static void of_every_family(void **state)
{
    static const gr_head_kind kinds[] = { GR_HEAD_CLASS, GR_HEAD_TOKEN, GR_HEAD_EMBED, GR_HEAD_MLM };

    (void)state;
    for (size_t i = 1; gr_tiny_families[i]; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            check_setup(&(setup){ .name = gr_tiny_families[i], .kind = kinds[k], .act = i % 2 ? "gelu" : "gelu_new", .dropout = 0.1,
                                  .recompute = (i + k) % 2, .family = gr_tiny_families[i] });
    gr_cases_done("tensors of families against differences", 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(backward_is_the_slope), cmocka_unit_test(of_every_family) };
    return gr_test_main(tests);
}
