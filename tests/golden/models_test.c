/* models_test.c - the golden models: hidden states, logits, loss, every gradient, ten AdamW steps.
 *
 * Every folder with a case.safetensors is a case; what it asks for (micro-batches, frozen tensors, label smoothing,
 * optimiser) is read from its files. Each runs on ref64, ref and cpu, three times: with taps, so that every layer is computed for
 * every token, without, as a program computes it, and with layers that are computed again in backward. A family or head that this build does not have fails by name.
 *
 * Tolerances, from the shared folder's README. Double: 1e-9 of the tensor's largest value, for gradients and
 * 1e-12 of the model's largest: summation order alone differs. Float: 1e-5 of the largest value of
 * the tensor (a few hundred roundings of 6e-8), gradients 1e-4 of it and 1e-6 of the model's largest, losses
 * 2e-5, norms 1e-4; the change of each tensor in ten steps 1e-3 in L2, since AdamW divides by gradients that are small. The
 * gradient of a key bias is zero in exact arithmetic, and so are others of DeBERTa: in float their noise decides their steps, so a
 * tensor whose golden gradient is rounding alone (1e-12 of the model's largest) is left out there. */
#include <math.h>

#include "tests/support/golden_model.h"

typedef struct tolerance { double value, grad, grad_floor, loss, norm, change; } tolerance;
static const tolerance DOUBLE_TOL = { 1e-9, 1e-9, 1e-12, 1e-9, 1e-9, 0.0 };
static const tolerance FLOAT_TOL = { 1e-5, 1e-4, 1e-6, 2e-5, 1e-4, 1e-3 };

typedef struct golden {
    gr_gm     m;
    tolerance tol;
    size_t    bad; /* findings so far */
} golden;

/* ---- comparing ---- */

static void finding(golden *g, const char *what, double off, double tol)
{
    if (g->bad++ < 3) gr_case_fail(g->m.name, "%s: off by %.3g, tolerance %.3g", what, off, tol);
}

static void compare(golden *g, const char *what, const double *got, const double *want, size_t n, double rel, double floor_abs)
{
    double worst = 0.0, top = 0.0;

    for (size_t i = 0; i < n; i++) {
        const double d = fabs(got[i] - want[i]);
        if (!(d <= worst)) worst = d;
        if (fabs(want[i]) > top) top = fabs(want[i]);
    }
    if (!(worst <= rel * top + floor_abs)) finding(g, what, worst, rel * top + floor_abs);
}

static void compare_one(golden *g, const char *what, int64_t step, double got, double want, double rel)
{
    char text[96];

    if (fabs(got - want) <= rel * fabs(want)) return;
    (void)snprintf(text, sizeof text, "%s of step %lld", what, (long long)step);
    finding(g, text, fabs(got - want), rel * fabs(want));
}

/* Rows first, first + stride, ... of what a session gave, (T, cols) or (B, cols), against a golden tensor of those rows. */
static void compare_rows(golden *g, const char *name, const double *rows, int32_t cols, bool per_token, int32_t first, int32_t stride)
{
    size_t  n, k;
    double *want = gr_gm_golden(&g->m, name, first, stride, &n), *got = gr_gm_rows(&g->m, rows, cols, per_token, first, stride, &k);

    assert_int_equal(n, k);
    compare(g, name, got, want, n, g->tol.value, 0.0);
    free(want);
    free(got);
}

/* ---- the parts of a case ---- */

/* Every hidden state and the pooled vectors. */
static void check_taps(golden *g, gr_session *s)
{
    const int32_t H = g->m.model->config.hidden, L = g->m.model->config.layers;
    const bool    pair = g->m.kind == GR_HEAD_EMBED;
    double       *x = calloc((size_t)g->m.whole->b.n_tokens * (size_t)H, sizeof *x);
    gr_err        err = GR_ERR_INIT;

    assert_non_null(x);
    for (int32_t i = 0; i <= L; i++)
        for (int side = 0; side < (pair ? 2 : 1); side++) {
            char name[64];
            (void)snprintf(name, sizeof name, "%shidden.%d", pair ? (side ? "b." : "a.") : "", (int)i);
            assert_ok(gr_session_tap(s, i, x, &err), &err);
            compare_rows(g, name, x, H, true, side, pair ? 2 : 1);
        }
    if (!gr_head_per_token(g->m.kind)) assert_ok(gr_session_tap(s, L + 1, x, &err), &err);
    if (pair) {
        compare_rows(g, "a.mean", x, H, false, 0, 2);
        compare_rows(g, "b.mean", x, H, false, 1, 2);
    } else if (!gr_head_per_token(g->m.kind)) compare_rows(g, "pooled", x, H, false, 0, 1);
    free(x);
}

static void check_forward(golden *g, gr_session *s)
{
    const int32_t H = g->m.model->config.hidden, T = g->m.whole->b.n_tokens;
    const bool    pair = g->m.kind == GR_HEAD_EMBED;
    const int32_t cols = pair ? H : g->m.model->head.n_out;
    double       *x = calloc((size_t)T * (size_t)(H > cols ? H : cols) + 1, sizeof *x), loss = 0.0;
    gr_err        err = GR_ERR_INIT;

    assert_non_null(x);
    assert_ok(gr_session_eval(s, &g->m.whole->b, x, &loss, &err), &err);
    if (pair) {
        compare_rows(g, "a.embedding", x, H, false, 0, 2);
        compare_rows(g, "b.embedding", x, H, false, 1, 2);
    } else if (gr_head_per_token(g->m.kind)) compare_rows(g, "logits", x, cols, true, 0, 1);
    else compare_rows(g, "logits", x, cols, false, 0, 1);
    if (!gr_json_get(g->m.adamw, "label_smoothing")) {
        size_t  n;
        double *want = gr_tensor_f64(g->m.cs, "loss", &n);
        compare_one(g, "evaluation loss", 0, loss, *want, g->tol.loss);
        free(want);
    }
    free(x);
}

static void check_gradients(golden *g, gr_session *s)
{
    gr_st       *st = gr_gm_file(&g->m, "grads.safetensors");
    void        *slab = malloc(g->m.model->params.total * (size_t)g->m.model->elem);
    const double top = gr_gm_largest(st), loss = gr_gm_accumulate(&g->m, s);
    size_t       n, matched = 0;
    gr_err       err = GR_ERR_INIT;
    double      *want = gr_tensor_f64(g->m.cs, "loss", &n);

    assert_non_null(slab);
    compare_one(g, "training loss", 0, loss, *want, g->tol.loss);
    free(want);
    assert_ok(gr_session_grads(s, slab, &err), &err);
    for (size_t i = 0; i < g->m.model->params.n; i++) {
        const gr_param *p = &g->m.model->params.p[i];
        double         *got = gr_gm_slice(&g->m, slab, p);

        if (gr_st_find(st, p->name)) {
            want = gr_tensor_f64(st, p->name, &n);
            matched++;
        } else {
            want = calloc(p->count, sizeof *want); /* frozen or unused: no gradient */
            n = p->count;
        }
        assert_non_null(want);
        if (n != p->count) finding(g, p->name, (double)n, 0.0);
        else compare(g, p->name, got, want, n, g->tol.grad, gr_st_find(st, p->name) ? g->tol.grad_floor * top : 0.0);
        free(got);
        free(want);
    }
    if (matched != gr_st_count(st)) finding(g, "gradients without a parameter", (double)(gr_st_count(st) - matched), 0.0);
    free(slab);
    gr_st_close(st);
}

/* No gradient above rounding: the loss does not depend on this tensor in exact arithmetic. */
static bool without_slope(const gr_st *grads, const char *name, double top)
{
    double worst = 0.0;
    size_t n;

    if (!gr_st_find(grads, name)) return false;
    double *x = gr_tensor_f64(grads, name, &n);
    for (size_t i = 0; i < n; i++)
        if (fabs(x[i]) > worst) worst = fabs(x[i]);
    free(x);
    return worst <= 1e-12 * top;
}

static void check_after(golden *g, const void *before)
{
    gr_st       *st = gr_gm_file(&g->m, "after.safetensors"), *grads = gr_gm_file(&g->m, "grads.safetensors");
    const double top = gr_gm_largest(grads);

    for (size_t i = 0; i < gr_st_count(st); i++) {
        const char   *name = gr_st_at(st, i)->name;
        const int32_t at = gr_params_find(&g->m.model->params, name);
        double        num = 0.0, den = 0.0;
        size_t        n;

        if (at < 0) {
            finding(g, name, 1.0, 0.0);
            continue;
        }
        double *want = gr_tensor_f64(st, name, &n), *got = gr_gm_slice(&g->m, g->m.model->weights, &g->m.model->params.p[at]);
        double *start = gr_gm_slice(&g->m, before, &g->m.model->params.p[at]);
        for (size_t k = 0; k < n; k++) {
            num += (got[k] - want[k]) * (got[k] - want[k]);
            den += (want[k] - start[k]) * (want[k] - start[k]);
        }
        if (g->tol.change == 0.0) compare(g, name, got, want, n, g->tol.value, 0.0);
        else if (!(sqrt(num) <= g->tol.change * sqrt(den)) && !without_slope(grads, name, top)) finding(g, name, sqrt(num / den), g->tol.change);
        free(want);
        free(got);
        free(start);
    }
    gr_st_close(st);
    gr_st_close(grads);
}

/* The weights are then as they were. */
static void check_steps(golden *g, gr_gm_mode how)
{
    const gr_json *list = gr_json_get(g->m.adamw, "steps");
    const size_t   bytes = g->m.model->params.total * (size_t)g->m.model->elem;
    void          *before = malloc(bytes);
    gr_session    *s = gr_gm_session(&g->m, how, GR_PRECISION_F32);
    gr_err         err = GR_ERR_INIT;

    assert_non_null(before);
    memcpy(before, g->m.model->weights, bytes);
    for (const gr_json *k = gr_json_first(list); k; k = gr_json_next(k)) {
        const double   loss = gr_gm_accumulate(&g->m, s);
        gr_step_result r;

        assert_ok(gr_session_step(s, gr_json_num(gr_json_get(k, "lr"), NAN), &r, &err), &err);
        compare_one(g, "loss", gr_session_steps(s), r.loss, gr_json_num(gr_json_get(k, "loss"), NAN), g->tol.loss);
        compare_one(g, "sum of shares", gr_session_steps(s), loss, r.loss, 1e-12);
        compare_one(g, "grad_norm", gr_session_steps(s), r.grad_norm, gr_json_num(gr_json_get(k, "grad_norm"), NAN), g->tol.norm);
    }
    assert_int_equal(gr_session_steps(s), gr_json_len(list));
    compare_one(g, "loss after", gr_session_steps(s), gr_gm_accumulate(&g->m, s), gr_json_num(gr_json_get(g->m.adamw, "loss_after"), NAN), g->tol.loss);
    assert_ok(gr_session_pull(s, &err), &err);
    gr_session_close(s);
    check_after(g, before);
    memcpy(g->m.model->weights, before, bytes);
    free(before);
}

/* The table's decay, trainable and used flags against the lists of adamw.json. */
static void check_lists(golden *g)
{
    static const struct { const char *list; bool trainable, decay; } lists[] = {
        { "decay", true, true }, { "no_decay", true, false } };

    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++)
        for (const gr_json *x = gr_json_first(gr_json_get(g->m.adamw, lists[k].list)); x; x = gr_json_next(x)) {
            const int32_t i = gr_params_find(&g->m.model->params, gr_json_str(x, ""));
            if (i < 0 || g->m.model->params.p[i].decay != lists[k].decay || !g->m.model->params.p[i].trainable) finding(g, gr_json_str(x, "?"), 1.0, 0.0);
        }
    for (const gr_json *x = gr_json_first(gr_json_get(g->m.adamw, "no_gradient")); x; x = gr_json_next(x)) {
        const int32_t i = gr_params_find(&g->m.model->params, gr_json_str(x, ""));
        if (i < 0 || g->m.model->params.p[i].used) finding(g, gr_json_str(x, "?"), 1.0, 0.0);
    }
}

/* ---- the driver ---- */

static void run_case(const char *root, const char *folder, const void *device)
{
    golden g = { .tol = gr_device_find(device)->elem == 8 ? DOUBLE_TOL : FLOAT_TOL };

    if (gr_gm_open(&g.m, root, folder, device)) {
        check_lists(&g);
        for (int how = GR_GM_PLAIN; how < GR_GM_MODES; how++) {
            gr_session *s = gr_gm_session(&g.m, (gr_gm_mode)how, GR_PRECISION_F32);
            check_forward(&g, s);
            if (how == GR_GM_TAPS) check_taps(&g, s);
            check_gradients(&g, s);
            gr_session_close(s);
            if (how != GR_GM_RECOMPUTE) check_steps(&g, (gr_gm_mode)how);
        }
        if (g.bad == 0) gr_case_pass(g.m.name);
    }
    gr_gm_close(&g.m);
}

static void run_set(const char *set, const char *device, size_t least, const char *what)
{
    gr_gm_each(set, run_case, device);
    gr_cases_done(what, least);
}

enum { OWN_MODELS = 60 }; /* folders of tests/golden/set/models */

static void own_ref64(void **state) { (void)state; run_set(gr_own_golden_dir(), "ref64", OWN_MODELS, "own models, ref64"); }
static void own_ref(void **state) { (void)state; run_set(gr_own_golden_dir(), "ref", OWN_MODELS, "own models, ref"); }
static void own_cpu(void **state) { (void)state; run_set(gr_own_golden_dir(), "cpu", OWN_MODELS, "own models, cpu"); }

static void shared_on(const char *device, const char *what)
{
    if (!gr_golden_dir()) {
        gr_case_skip("shared golden folder", "absent");
        gr_cases_done(what, 0);
        return;
    }
    run_set(gr_golden_dir(), device, 1, what);
}

static void shared_ref64(void **state) { (void)state; shared_on("ref64", "shared models, ref64"); }
static void shared_ref(void **state) { (void)state; shared_on("ref", "shared models, ref"); }
static void shared_cpu(void **state) { (void)state; shared_on("cpu", "shared models, cpu"); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_ref64), cmocka_unit_test(own_ref), cmocka_unit_test(own_cpu),
        cmocka_unit_test(shared_ref64), cmocka_unit_test(shared_ref), cmocka_unit_test(shared_cpu),
    };
    return gr_test_main(tests);
}
