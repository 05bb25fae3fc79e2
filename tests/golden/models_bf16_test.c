/* models_bf16_test.c - the golden models with the operands of all matrix products rounded to bf16 (model/precision.h): hidden states, what
 * the heads answer, losses and every gradient, on ref and cpu; cpu in all three ways that a session computes.
 *
 * R is what ref64 gives in the same precision and the same way: operands rounded, sums in double. (A session that taps nothing may leave out
 * keys and values, and rounds other operands then.) G are the golden values, in double throughout. Of each tensor
 *
 *   D   is the largest |R - G| of the way that computes every row: what rounding the operands does to it, as ref64 computes it
 *   A   is the tensor in absolute values: the largest |G|; of a gradient the largest sum over the batch's rows of |the row's gradient|,
 *       as ref64 computes each in double, since what rounding does to a row stays where rows cancel
 *
 * Rule 1: |x - G| <= 4 max(D, A / 512) everywhere. Rounding to nearest moves a number by up to 1/512 to 1/256 of itself; the second term is
 * for tensors of a few elements, where R may be near G by chance. Where rounding does not reach (D below a thousandth of float's tolerance:
 * what lies before the first product) float's tolerance holds, as in models_test.c: 1e-5 of the largest |G|, of gradients
 * 1e-4 of it and 1e-6 of the model's largest.
 *
 * Rule 2: |x - R| <= |R - G| / 4 in L2, float's tolerance aside. Both round the same operands, but sums in float may put a number on the
 * other side of a tie. That passes where ref64 does the same: |x - R| <= 4 times the farthest, in L2, that R goes when
 * each weight is moved by up to 2^-22 of itself (8 draws).
 *
 * A kernel that does not round, or not to nearest, is as far from R as G is, or farther: rule 2. One that is wrong by a
 * factor moves some tensor by more than rounding does: rule 1 and, for small factors, rule 2. The last test holds the rules to that. It
 * computes each own case with products that do not round, with weights cut off instead of rounded, with scores and with a
 * layer's output a sixteenth too large, and without a bias; each must be found in every case. */
#include <math.h>

#include "base/rng.h"
#include "tests/support/golden_model.h"

/* ---- what a run gives, by name ---- */

typedef struct part {
    char    name[128];
    size_t  n;
    double *x;
    bool    gradient;
} part;

typedef struct values {
    part  *p;
    size_t n, cap;
} values;

static part *add(values *v, const char *name, double *x, size_t n)
{
    if (v->n == v->cap) {
        v->cap = v->cap ? 2 * v->cap : 32;
        assert_non_null(v->p = realloc(v->p, v->cap * sizeof *v->p));
    }
    part *p = &v->p[v->n++];
    (void)snprintf(p->name, sizeof p->name, "%s", name);
    p->x = x;
    p->n = n;
    p->gradient = false;
    return p;
}

static void values_free(values *v)
{
    for (size_t i = 0; i < v->n; i++) free(v->p[i].x);
    free(v->p);
    *v = (values){ .n = 0 };
}

static const part *find(const values *v, const char *name)
{
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->p[i].name, name) == 0) return &v->p[i];
    fail_msg("no tensor %s", name);
    return NULL;
}

static double *zeros(size_t n)
{
    double *x = calloc(n + 1, sizeof *x);

    assert_non_null(x);
    return x;
}

static double *one(double x)
{
    double *p = zeros(1);

    *p = x;
    return p;
}

/* Rows of a session's answer under the names of the golden files: `name`, or "a.name" and "b.name" of pairs. x NULL: the golden ones. */
static void add_rows(values *v, const gr_gm *g, const char *name, const double *x, int32_t cols, bool per_token)
{
    const bool pair = g->kind == GR_HEAD_EMBED;

    for (int32_t side = 0; side < (pair ? 2 : 1); side++) {
        char    full[64];
        size_t  n;
        double *rows;

        (void)snprintf(full, sizeof full, "%s%s", pair ? (side ? "b." : "a.") : "", name);
        rows = x ? gr_gm_rows(g, x, cols, per_token, side, pair ? 2 : 1, &n) : gr_gm_golden(g, full, side, pair ? 2 : 1, &n);
        add(v, full, rows, n);
    }
}

static void add_hidden(values *v, const gr_gm *g, gr_session *s)
{
    const int32_t H = g->model->config.hidden, L = g->model->config.layers;
    double       *x = s ? zeros((size_t)g->whole->b.n_tokens * (size_t)H) : NULL;
    gr_err        err = GR_ERR_INIT;

    for (int32_t i = 0; i <= L; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "hidden.%d", (int)i);
        if (s) assert_ok(gr_session_tap(s, i, x, &err), &err);
        add_rows(v, g, name, x, H, true);
    }
    if (!gr_head_per_token(g->kind)) {
        if (s) assert_ok(gr_session_tap(s, L + 1, x, &err), &err);
        add_rows(v, g, g->kind == GR_HEAD_EMBED ? "mean" : "pooled", x, H, false);
    }
    free(x);
}

static const char *answer(const gr_gm *g) { return g->kind == GR_HEAD_EMBED ? "embedding" : "logits"; }

/* adamw.json's smoothing is in the golden loss, and not in that of evaluation */
static bool has_eval_loss(const gr_gm *g) { return !gr_json_get(g->adamw, "label_smoothing"); }

static void add_gradients(values *v, const gr_gm *g, const void *slab)
{
    for (size_t i = 0; i < g->model->params.n; i++) {
        const gr_param *p = &g->model->params.p[i];
        add(v, p->name, gr_gm_slice(g, slab, p), p->count)->gradient = true;
    }
}

static void *read_slab(const gr_gm *g, gr_session *s)
{
    void  *slab = malloc(g->model->params.total * (size_t)g->model->elem);
    gr_err err = GR_ERR_INIT;

    assert_non_null(slab);
    assert_ok(gr_session_grads(s, slab, &err), &err);
    return slab;
}

static values run(const gr_gm *g, gr_gm_mode how, gr_precision precision)
{
    const int32_t H = g->model->config.hidden, cols = g->kind == GR_HEAD_EMBED ? H : g->model->head.n_out;
    gr_session   *s = gr_gm_session(g, how, precision);
    double       *x = zeros((size_t)g->whole->b.n_tokens * (size_t)(H > cols ? H : cols)), loss = 0.0;
    values        v = { .n = 0 };
    gr_err        err = GR_ERR_INIT;

    assert_ok(gr_session_eval(s, &g->whole->b, x, &loss, &err), &err);
    add_rows(&v, g, answer(g), x, cols, gr_head_per_token(g->kind));
    if (has_eval_loss(g)) add(&v, "loss", one(loss), 1);
    if (how == GR_GM_TAPS) add_hidden(&v, g, s);
    add(&v, "training loss", one(gr_gm_accumulate(g, s)), 1);
    void *slab = read_slab(g, s);
    add_gradients(&v, g, slab);
    gr_session_close(s);
    free(slab);
    free(x);
    return v;
}

static values golden(const gr_gm *g)
{
    gr_st  *st = gr_gm_file(g, "grads.safetensors");
    values  v = { .n = 0 };
    size_t  n;
    double *loss = gr_tensor_f64(g->cs, "loss", &n);

    add_rows(&v, g, answer(g), NULL, 0, false);
    if (has_eval_loss(g)) add(&v, "loss", one(*loss), 1);
    add_hidden(&v, g, NULL);
    add(&v, "training loss", loss, 1);
    for (size_t i = 0; i < g->model->params.n; i++) {
        const gr_param *p = &g->model->params.p[i];
        double         *x = gr_st_find(st, p->name) ? gr_tensor_f64(st, p->name, &n) : zeros(n = p->count); /* frozen or unused */

        assert_int_equal(n, p->count);
        add(&v, p->name, x, n)->gradient = true;
    }
    gr_st_close(st);
    return v;
}

/* ---- the bound ---- */

typedef struct yardstick {
    gr_gm  m; /* on ref64 */
    values golden, absolute;      /* G; of gradients sums of absolute values     */
    values rounded[GR_GM_MODES];  /* R of each way                               */
    double top;                       /* the model's largest gradient */
} yardstick;

/* Gradients of each row alone (of each pair), as absolute values, added up */
static values absolute_gradients(const gr_gm *g)
{
    const double norm = gr_tb_labelled(g->whole, g->kind);
    const size_t total = g->model->params.total;
    gr_session  *s = gr_gm_session(g, GR_GM_PLAIN, GR_PRECISION_F32);
    double      *sum = zeros(total), *before = zeros(total);
    gr_tb       *b = gr_tb_new();
    values       v = { .n = 0 };
    gr_err       err = GR_ERR_INIT;

    for (int32_t r = 0; r < g->whole->b.n_rows;) {
        gr_tb_clear(b);
        for (int32_t end = r + (g->kind == GR_HEAD_EMBED ? 2 : 1); r < end; r++) gr_tb_copy_row(b, g->whole, r, g->kind);
        assert_ok(gr_session_accumulate(s, &b->b, norm, NULL, &err), &err);
        double *now = read_slab(g, s);
        for (size_t i = 0; i < total; i++) sum[i] += fabs(now[i] - before[i]);
        free(before);
        before = now;
    }
    add_gradients(&v, g, sum);
    gr_session_close(s);
    free(sum);
    free(before);
    free(b);
    return v;
}

static bool yardstick_open(yardstick *y, const char *root, const char *folder)
{
    gr_st *st;

    if (!gr_gm_open(&y->m, root, folder, "ref64")) {
        gr_gm_close(&y->m);
        return false;
    }
    y->golden = golden(&y->m);
    for (int how = 0; how < GR_GM_MODES; how++) y->rounded[how] = run(&y->m, (gr_gm_mode)how, GR_PRECISION_BF16);
    y->absolute = absolute_gradients(&y->m);
    st = gr_gm_file(&y->m, "grads.safetensors");
    y->top = gr_gm_largest(st);
    gr_st_close(st);
    return true;
}

static void yardstick_close(yardstick *y)
{
    values_free(&y->golden);
    for (int how = 0; how < GR_GM_MODES; how++) values_free(&y->rounded[how]);
    values_free(&y->absolute);
    gr_gm_close(&y->m);
}

static double top_of(const part *p)
{
    double top = 0.0;

    for (size_t i = 0; i < p->n; i++) top = fmax(top, fabs(p->x[i]));
    return top;
}

/* NaN counts as infinite. */
static double farthest(const part *a, const part *b)
{
    double top = 0.0;

    for (size_t i = 0; i < a->n; i++) {
        const double d = fabs(a->x[i] - b->x[i]);
        if (!(d <= top)) top = isnan(d) ? INFINITY : d;
    }
    return top;
}

static double l2(const part *a, const part *b)
{
    double sum = 0.0;

    for (size_t i = 0; i < a->n; i++) sum += (a->x[i] - b->x[i]) * (a->x[i] - b->x[i]);
    return sqrt(sum);
}

static double float_tolerance(const yardstick *y, const part *g)
{
    return g->gradient ? 1e-4 * top_of(g) + 1e-6 * y->top : 1e-5 * top_of(g);
}

/* What rule 1 allows */
static double bound(const yardstick *y, const part *g)
{
    const double D = farthest(find(&y->rounded[GR_GM_TAPS], g->name), g), A = top_of(g->gradient ? find(&y->absolute, g->name) : g);
    const double tol = float_tolerance(y, g);

    return D <= 1e-3 * tol ? tol : fmax(4.0 * fmax(D, A / 512.0), tol);
}

enum { DRAWS = 8 };

/* R with every weight moved by up to 2^-22 of itself */
static values moved(yardstick *y, gr_gm_mode how, uint64_t seed)
{
    double      *w = y->m.model->weights;
    const size_t bytes = y->m.model->params.total * sizeof *w;
    double      *kept = malloc(bytes);
    values       v;
    gr_rng       r;

    assert_non_null(kept);
    memcpy(kept, w, bytes);
    gr_rng_init(&r, seed, GR_RNG_SAMPLE, 0);
    for (size_t i = 0; i < y->m.model->params.total; i++) w[i] *= 1.0 + 0x1p-22 * (2.0 * gr_rng_uniform(&r) - 1.0);
    v = run(&y->m, how, GR_PRECISION_BF16);
    memcpy(w, kept, bytes);
    free(kept);
    return v;
}

/* The tensors of x against both rules: true, or false and the first finding. */
static bool keeps(yardstick *y, gr_gm_mode how, const values *x, char *finding, size_t cap)
{
    values draws[DRAWS] = { { .n = 0 } };
    bool   good = true;

    for (size_t i = 0; good && i < x->n; i++) {
        const part  *p = &x->p[i], *g = find(&y->golden, p->name), *r = find(&y->rounded[how], p->name);
        const double tol = bound(y, g);

        assert_int_equal(p->n, g->n);
        const double off = farthest(p, g), far = l2(p, r);
        double       near = l2(r, g) / 4.0 + float_tolerance(y, g) * sqrt((double)g->n);
        for (int k = 0; k < DRAWS && !(far <= near); k++) {
            if (draws[k].n == 0) draws[k] = moved(y, how, (uint64_t)k + 1);
            near = fmax(near, 4.0 * l2(find(&draws[k], p->name), r));
        }
        good = off <= tol && far <= near;
        if (!good) (void)snprintf(finding, cap, "%s: off by %.3g, rule 1 allows %.3g; in L2 %.3g, rule 2 allows %.3g", p->name, off, tol, far, near);
    }
    for (int k = 0; k < DRAWS; k++) values_free(&draws[k]);
    return good;
}

/* ---- what is judged ---- */

static void hold(const char *root, const char *folder, const void *device)
{
    const bool all = strcmp(device, "cpu") == 0;
    yardstick  y;
    gr_gm      g;
    char       text[300];
    bool       good = true;

    if (!yardstick_open(&y, root, folder)) return;
    assert_true(gr_gm_open(&g, root, folder, device));
    for (int how = 0; how < GR_GM_MODES; how++) {
        if (how != GR_GM_TAPS && !all) continue;
        values x = run(&g, (gr_gm_mode)how, GR_PRECISION_BF16);

        if (!keeps(&y, (gr_gm_mode)how, &x, text, sizeof text)) {
            gr_case_fail(g.name, "%s", text);
            good = false;
        }
        values_free(&x);
    }
    if (good) gr_case_pass(g.name);
    gr_gm_close(&g);
    yardstick_close(&y);
}

/* ---- what must be found ---- */

typedef enum fault { UNROUNDED, CUT_OFF, SCORES, OUTPUT, NO_BIAS, FAULTS } fault;
static void scale(const gr_gm *g, int32_t param, double by)
{
    const gr_param *p = &g->model->params.p[param];
    float          *w = g->model->weights;

    for (size_t i = 0; i < p->count; i++) w[p->offset + i] = (float)(w[p->offset + i] * by);
}

/* Towards zero: what keeping a float's upper half does */
static void cut_off(const gr_gm *g)
{
    float *w = g->model->weights;

    for (size_t k = 0; k < g->model->params.n; k++) {
        const gr_param *p = &g->model->params.p[k];
        for (size_t i = p->offset; p->cols && i < p->offset + p->count; i++) {
            uint32_t u;
            memcpy(&u, &w[i], sizeof u);
            u &= 0xFFFF0000u;
            memcpy(&w[i], &u, sizeof u);
        }
    }
}

/* False: the family has none such. */
static bool break_it(const gr_gm *g, fault f)
{
    const gr_layer_index *l = &g->model->params.layer[0];

    if (f == CUT_OFF) cut_off(g);
    if (f == SCORES) scale(g, l->q_w, 1.0625);
    if (f == OUTPUT) scale(g, l->down_w, 1.0625);
    if (f == NO_BIAS && l->down_b >= 0) scale(g, l->down_b, 0.0);
    return f != NO_BIAS || l->down_b >= 0;
}

static void must_find(const char *root, const char *folder, const void *arg)
{
    static const char *const names[FAULTS] = { "products not rounded", "weights cut off", "scores a sixteenth too large",
                                               "a layer's output a sixteenth too large", "no bias" };
    yardstick y;
    char      text[300];

    (void)arg;
    if (!yardstick_open(&y, root, folder)) return;
    for (int f = 0; f < FAULTS; f++) {
        gr_gm g;

        assert_true(gr_gm_open(&g, root, folder, "cpu"));
        if (break_it(&g, (fault)f)) {
            values x = run(&g, GR_GM_TAPS, f == UNROUNDED ? GR_PRECISION_F32 : GR_PRECISION_BF16);

            if (keeps(&y, GR_GM_TAPS, &x, text, sizeof text)) gr_case_fail(g.name, "%s: not found", names[f]);
            else gr_case_pass(g.name);
            values_free(&x);
        }
        gr_gm_close(&g);
    }
    yardstick_close(&y);
}

static void each_of(const char *set, const char *device, const char *what)
{
    if (set) gr_gm_each(set, hold, device);
    else gr_case_skip("shared golden folder", "absent");
    gr_cases_done(what, set ? 1 : 0);
}

static void own_ref(void **state) { (void)state; each_of(gr_own_golden_dir(), "ref", "own models, ref in bf16"); }
static void own_cpu(void **state) { (void)state; each_of(gr_own_golden_dir(), "cpu", "own models, cpu in bf16"); }
static void shared_ref(void **state) { (void)state; each_of(gr_golden_dir(), "ref", "shared models, ref in bf16"); }
static void shared_cpu(void **state) { (void)state; each_of(gr_golden_dir(), "cpu", "shared models, cpu in bf16"); }

static void faults_are_found(void **state)
{
    (void)state;
    gr_gm_each(gr_own_golden_dir(), must_find, NULL);
    gr_cases_done("faults in own models", FAULTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_ref), cmocka_unit_test(own_cpu), cmocka_unit_test(shared_ref), cmocka_unit_test(shared_cpu),
        cmocka_unit_test(faults_are_found),
    };
    return gr_test_main(tests);
}
