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

#include "base/fs.h"
#include "base/json.h"
#include "tests/support/engine.h"

typedef struct tolerance { double value, grad, grad_floor, loss, norm, change; } tolerance;
static const tolerance DOUBLE_TOL = { 1e-9, 1e-9, 1e-12, 1e-9, 1e-9, 0.0 };
static const tolerance FLOAT_TOL = { 1e-5, 1e-4, 1e-6, 2e-5, 1e-4, 1e-3 };

enum { MICRO_MAX = 64 };

typedef struct golden {
    char         dir[GR_PATH_MAX], name[256]; /* name: folder and device */
    const char  *device;
    tolerance    tol;
    gr_st       *cs;
    gr_json     *adamw;
    gr_model    *model;
    gr_head_kind kind;
    gr_tb       *whole;
    gr_tb       *micro[MICRO_MAX];
    int32_t      n_micro;
    size_t       bad; /* findings so far */
} golden;

/* ---- reading ---- */

static gr_st *open_st(const golden *g, const char *file)
{
    char   path[GR_PATH_MAX];
    gr_st *st = NULL;
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, g->dir, file));
    assert_ok(gr_st_open(&st, path, &err), &err);
    return st;
}

static gr_json *open_json(const golden *g, const char *file)
{
    char     path[GR_PATH_MAX];
    gr_json *j = NULL;
    gr_err   err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, g->dir, file));
    assert_ok(gr_json_read(&j, path, 1 << 24, &err), &err);
    return j;
}

/* The rows of a padded batch, "a." or "b." or "" before the names; every second row of `out` for pairs. */
static void read_rows(golden *g, const char *side, int32_t row, int32_t *ids, int32_t *types, int32_t *len)
{
    char     name[64];
    size_t   n;
    int64_t *x, *mask, *seg;

    (void)snprintf(name, sizeof name, "%sinput_ids", side);
    const int64_t width = gr_st_find(g->cs, name)->shape[1];
    x = gr_tensor_i64(g->cs, name, &n);
    (void)snprintf(name, sizeof name, "%sattention_mask", side);
    mask = gr_tensor_i64(g->cs, name, &n);
    (void)snprintf(name, sizeof name, "%stoken_type_ids", side);
    seg = gr_st_find(g->cs, name) ? gr_tensor_i64(g->cs, name, &n) : NULL; /* some families have no segments */
    *len = 0;
    for (int64_t i = 0; i < width && mask[row * width + i]; i++, (*len)++) {
        ids[i] = (int32_t)x[row * width + i];
        types[i] = seg ? (int32_t)seg[row * width + i] : 0;
    }
    free(x);
    free(mask);
    free(seg);
}

static void read_labels(golden *g)
{
    const gr_st_tensor *t = gr_st_find(g->cs, "labels");
    gr_tb              *b = g->whole;
    size_t              n;

    assert_non_null(t);
    if (g->kind == GR_HEAD_REGRESSION || g->kind == GR_HEAD_EMBED) {
        double *v = gr_tensor_f64(g->cs, "labels", &n);
        memcpy(b->values, v, n * sizeof *v);
        free(v);
        return;
    }
    int64_t *v = gr_tensor_i64(g->cs, "labels", &n);
    for (int32_t r = 0; r < b->b.n_rows; r++) {
        if (g->kind == GR_HEAD_CLASS) b->classes[r] = (int32_t)v[r];
        else
            for (int32_t i = b->cu[r]; i < b->cu[r + 1]; i++) b->classes[i] = (int32_t)v[(int64_t)r * t->shape[1] + i - b->cu[r]];
    }
    free(v);
}

static void read_batch(golden *g)
{
    const bool          pair = g->kind == GR_HEAD_EMBED;
    const gr_st_tensor *t = gr_st_find(g->cs, pair ? "a.input_ids" : "input_ids");
    int32_t             ids[1024], types[1024], len;

    assert_non_null(t);
    assert_true(t->shape[1] <= 1024);
    g->whole = gr_tb_new();
    for (int32_t r = 0; r < (int32_t)t->shape[0]; r++)
        for (int side = 0; side < (pair ? 2 : 1); side++) {
            read_rows(g, pair ? (side ? "b." : "a.") : "", r, ids, types, &len);
            (void)gr_tb_row(g->whole, ids, types, len, (uint32_t)g->whole->b.n_rows);
        }
    read_labels(g);
}

/* adamw.json's accumulation.rows, or the whole batch as one. */
static void read_micro(golden *g)
{
    const gr_json *list = gr_json_get(gr_json_get(g->adamw, "accumulation"), "rows");

    for (const gr_json *part = gr_json_first(list); part; part = gr_json_next(part)) {
        assert_true(g->n_micro < MICRO_MAX);
        gr_tb *b = g->micro[g->n_micro++] = gr_tb_new();
        for (const gr_json *r = gr_json_first(part); r; r = gr_json_next(r)) gr_tb_copy_row(b, g->whole, (int32_t)gr_json_num(r, -1), g->kind);
    }
}

/* ---- comparing ---- */

static void finding(golden *g, const char *what, double off, double tol)
{
    if (g->bad++ < 3) gr_case_fail(g->name, "%s: off by %.3g, tolerance %.3g", what, off, tol);
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

/* A padded (rows, width, cols) tensor of side `side` against packed rows `first`, first + stride, ... */
static void compare_packed(golden *g, const char *name, const double *packed, int32_t cols, int32_t first, int32_t stride)
{
    const gr_st_tensor *t = gr_st_find(g->cs, name);
    const gr_tb        *b = g->whole;
    size_t              n, k = 0;
    double             *want = gr_tensor_f64(g->cs, name, &n), *a = calloc(n, sizeof *a), *w = calloc(n, sizeof *w);

    assert_true(a && w && t->ndim == 3 && t->shape[2] == cols);
    for (int32_t i = 0; i < (int32_t)t->shape[0]; i++) {
        const int32_t r = first + i * stride;
        for (int32_t at = b->cu[r]; at < b->cu[r + 1]; at++)
            for (int32_t j = 0; j < cols; j++, k++) {
                a[k] = packed[(size_t)at * (size_t)cols + (size_t)j];
                w[k] = want[((size_t)i * (size_t)t->shape[1] + (size_t)(at - b->cu[r])) * (size_t)cols + (size_t)j];
            }
    }
    compare(g, name, a, w, k, g->tol.value, 0.0);
    free(want);
    free(a);
    free(w);
}

/* A (rows, cols) tensor against rows first, first + stride, ... */
static void compare_rows(golden *g, const char *name, const double *rows, int32_t cols, int32_t first, int32_t stride)
{
    size_t  n;
    double *want = gr_tensor_f64(g->cs, name, &n), *a = calloc(n, sizeof *a);

    assert_non_null(a);
    for (size_t i = 0; i < n / (size_t)cols; i++)
        memcpy(a + i * (size_t)cols, rows + ((size_t)first + i * (size_t)stride) * (size_t)cols, (size_t)cols * sizeof *a);
    compare(g, name, a, want, n, g->tol.value, 0.0);
    free(want);
    free(a);
}

/* ---- the parts of a case ---- */

typedef enum mode { PLAIN, TAPS, RECOMPUTE, MODES } mode;

static gr_session *open_session(golden *g, mode how)
{
    const gr_json  *o = gr_json_get(g->adamw, "optimizer");
    gr_session_opts so = gr_session_opts_for_test(g->device, g->model);
    gr_session     *s = NULL;
    gr_err          err = GR_ERR_INIT;

    so.tap_hidden = how == TAPS;
    so.recompute = how == RECOMPUTE;
    so.max_tokens = GR_TB_TOKENS;
    so.max_rows = GR_TB_ROWS;
    so.beta1 = gr_json_num(gr_json_at(gr_json_get(o, "betas"), 0), -1);
    so.beta2 = gr_json_num(gr_json_at(gr_json_get(o, "betas"), 1), -1);
    so.epsilon = gr_json_num(gr_json_get(o, "eps"), -1);
    so.weight_decay = gr_json_num(gr_json_get(o, "weight_decay"), -1);
    so.max_grad_norm = gr_json_num(gr_json_get(o, "max_grad_norm"), -1);
    so.label_smoothing = gr_json_num(gr_json_get(g->adamw, "label_smoothing"), 0.0);
    assert_ok(gr_session_open(&s, g->model, &so, &err), &err);
    return s;
}

/* Every hidden state and the pooled vectors. */
static void check_taps(golden *g, gr_session *s)
{
    const int32_t H = g->model->config.hidden, L = g->model->config.layers;
    const bool    pair = g->kind == GR_HEAD_EMBED;
    double       *x = calloc((size_t)g->whole->b.n_tokens * (size_t)H, sizeof *x);
    gr_err        err = GR_ERR_INIT;

    assert_non_null(x);
    for (int32_t i = 0; i <= L; i++)
        for (int side = 0; side < (pair ? 2 : 1); side++) {
            char name[64];
            (void)snprintf(name, sizeof name, "%shidden.%d", pair ? (side ? "b." : "a.") : "", (int)i);
            assert_ok(gr_session_tap(s, i, x, &err), &err);
            compare_packed(g, name, x, H, side, pair ? 2 : 1);
        }
    if (!gr_head_per_token(g->kind)) assert_ok(gr_session_tap(s, L + 1, x, &err), &err);
    if (pair) {
        compare_rows(g, "a.mean", x, H, 0, 2);
        compare_rows(g, "b.mean", x, H, 1, 2);
    } else if (!gr_head_per_token(g->kind)) compare_rows(g, "pooled", x, H, 0, 1);
    free(x);
}

static void check_forward(golden *g, gr_session *s)
{
    const int32_t H = g->model->config.hidden, T = g->whole->b.n_tokens;
    const bool    pair = g->kind == GR_HEAD_EMBED;
    const int32_t cols = pair ? H : g->model->head.n_out;
    double       *x = calloc((size_t)T * (size_t)(H > cols ? H : cols) + 1, sizeof *x), loss = 0.0;
    gr_err        err = GR_ERR_INIT;

    assert_non_null(x);
    assert_ok(gr_session_eval(s, &g->whole->b, x, &loss, &err), &err);
    if (pair) {
        compare_rows(g, "a.embedding", x, H, 0, 2);
        compare_rows(g, "b.embedding", x, H, 1, 2);
    } else if (gr_head_per_token(g->kind)) compare_packed(g, "logits", x, cols, 0, 1);
    else compare_rows(g, "logits", x, cols, 0, 1);
    if (!gr_json_get(g->adamw, "label_smoothing")) {
        size_t  n;
        double *want = gr_tensor_f64(g->cs, "loss", &n);
        compare_one(g, "evaluation loss", 0, loss, *want, g->tol.loss);
        free(want);
    }
    free(x);
}

/* The step's micro-batches; returns the sum of their shares of the loss. */
static double accumulate(golden *g, gr_session *s)
{
    const double norm = gr_tb_labelled(g->whole, g->kind);
    double       sum = 0.0, share = 0.0;
    gr_err       err = GR_ERR_INIT;

    if (g->n_micro == 0) {
        assert_ok(gr_session_accumulate(s, &g->whole->b, norm, &share, &err), &err);
        return share;
    }
    for (int32_t i = 0; i < g->n_micro; i++) {
        assert_ok(gr_session_accumulate(s, &g->micro[i]->b, norm, &share, &err), &err);
        sum += share;
    }
    return sum;
}

static double largest(const gr_st *st)
{
    double top = 0.0;

    for (size_t i = 0; i < gr_st_count(st); i++) {
        size_t  n;
        double *x = gr_tensor_f64(st, gr_st_at(st, i)->name, &n);
        for (size_t k = 0; k < n; k++)
            if (fabs(x[k]) > top) top = fabs(x[k]);
        free(x);
    }
    return top;
}

/* Elements of one parameter in a host slab, as doubles. */
static double *slice(const golden *g, const void *slab, const gr_param *p)
{
    double *x = malloc(p->count * sizeof *x);

    assert_non_null(x);
    for (size_t i = 0; i < p->count; i++) x[i] = gr_elem_at(slab, g->model->elem, p->offset + i);
    return x;
}

static void check_gradients(golden *g, gr_session *s)
{
    gr_st       *st = open_st(g, "grads.safetensors");
    void        *slab = malloc(g->model->params.total * (size_t)g->model->elem);
    const double top = largest(st), loss = accumulate(g, s);
    size_t       n, matched = 0;
    gr_err       err = GR_ERR_INIT;
    double      *want = gr_tensor_f64(g->cs, "loss", &n);

    assert_non_null(slab);
    compare_one(g, "training loss", 0, loss, *want, g->tol.loss);
    free(want);
    assert_ok(gr_session_grads(s, slab, &err), &err);
    for (size_t i = 0; i < g->model->params.n; i++) {
        const gr_param *p = &g->model->params.p[i];
        double         *got = slice(g, slab, p);

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

static bool ends_with(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
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
    gr_st       *st = open_st(g, "after.safetensors"), *grads = open_st(g, "grads.safetensors");
    const double top = largest(grads);

    for (size_t i = 0; i < gr_st_count(st); i++) {
        const char   *name = gr_st_at(st, i)->name;
        const int32_t at = gr_params_find(&g->model->params, name);
        double        num = 0.0, den = 0.0;
        size_t        n;

        if (at < 0) {
            finding(g, name, 1.0, 0.0);
            continue;
        }
        double *want = gr_tensor_f64(st, name, &n), *got = slice(g, g->model->weights, &g->model->params.p[at]);
        double *start = slice(g, before, &g->model->params.p[at]);
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
static void check_steps(golden *g, mode how)
{
    const gr_json *list = gr_json_get(g->adamw, "steps");
    const size_t   bytes = g->model->params.total * (size_t)g->model->elem;
    void          *before = malloc(bytes);
    gr_session    *s = open_session(g, how);
    gr_err         err = GR_ERR_INIT;

    assert_non_null(before);
    memcpy(before, g->model->weights, bytes);
    for (const gr_json *k = gr_json_first(list); k; k = gr_json_next(k)) {
        const double   loss = accumulate(g, s);
        gr_step_result r;

        assert_ok(gr_session_step(s, gr_json_num(gr_json_get(k, "lr"), NAN), &r, &err), &err);
        compare_one(g, "loss", gr_session_steps(s), r.loss, gr_json_num(gr_json_get(k, "loss"), NAN), g->tol.loss);
        compare_one(g, "sum of shares", gr_session_steps(s), loss, r.loss, 1e-12);
        compare_one(g, "grad_norm", gr_session_steps(s), r.grad_norm, gr_json_num(gr_json_get(k, "grad_norm"), NAN), g->tol.norm);
    }
    assert_int_equal(gr_session_steps(s), gr_json_len(list));
    compare_one(g, "loss after", gr_session_steps(s), accumulate(g, s), gr_json_num(gr_json_get(g->adamw, "loss_after"), NAN), g->tol.loss);
    assert_ok(gr_session_pull(s, &err), &err);
    gr_session_close(s);
    check_after(g, before);
    memcpy(g->model->weights, before, bytes);
    free(before);
}

/* The table's decay, trainable and used flags against the lists of adamw.json. */
static void check_lists(golden *g)
{
    static const struct { const char *list; bool trainable, decay; } lists[] = {
        { "decay", true, true }, { "no_decay", true, false } };

    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++)
        for (const gr_json *x = gr_json_first(gr_json_get(g->adamw, lists[k].list)); x; x = gr_json_next(x)) {
            const int32_t i = gr_params_find(&g->model->params, gr_json_str(x, ""));
            if (i < 0 || g->model->params.p[i].decay != lists[k].decay || !g->model->params.p[i].trainable) finding(g, gr_json_str(x, "?"), 1.0, 0.0);
        }
    for (const gr_json *x = gr_json_first(gr_json_get(g->adamw, "no_gradient")); x; x = gr_json_next(x)) {
        const int32_t i = gr_params_find(&g->model->params, gr_json_str(x, ""));
        if (i < 0 || g->model->params.p[i].used) finding(g, gr_json_str(x, "?"), 1.0, 0.0);
    }
}

static void freeze(golden *g)
{
    gr_err err = GR_ERR_INIT;

    for (const gr_json *x = gr_json_first(gr_json_get(g->adamw, "frozen")); x; x = gr_json_next(x))
        assert_ok(gr_params_freeze(&g->model->params, gr_json_str(x, ""), &err), &err);
}

/* Head of the case from its files; false with a reason when this build has none such. */
static bool head_of(golden *g, gr_head_spec *h, const char **why)
{
    gr_json            *c = open_json(g, "config.json");
    const char         *arch = gr_json_str(gr_json_at(gr_json_get(c, "architectures"), 0), "");
    const gr_st_tensor *logits = gr_st_find(g->cs, "logits"), *labels = gr_st_find(g->cs, "labels");
    bool                known = true;

    *why = "a head of no known kind";
    if (ends_with(arch, "ForTokenClassification")) *h = (gr_head_spec){ GR_HEAD_TOKEN, (int32_t)logits->shape[2] };
    else if (ends_with(arch, "ForSequenceClassification"))
        *h = (gr_head_spec){ labels->dtype == GR_DT_F64 ? GR_HEAD_REGRESSION : GR_HEAD_CLASS, (int32_t)logits->shape[1] };
    else if (ends_with(arch, "Model")) *h = (gr_head_spec){ GR_HEAD_EMBED, 0 };
    else if (ends_with(arch, "ForMaskedLM")) *h = (gr_head_spec){ GR_HEAD_MLM, 0 };
    else known = false;
    gr_json_free(c);
    return known;
}

/* ---- the driver ---- */

static bool prepare(golden *g)
{
    gr_head_spec head;
    const char  *why;
    gr_err       err = GR_ERR_INIT;
    gr_status    st;

    g->cs = open_st(g, "case.safetensors");
    if (!head_of(g, &head, &why)) {
        gr_case_fail(g->name, "%s", why);
        return false;
    }
    st = gr_model_open(&g->model, &(gr_model_opts){ .dir = g->dir, .head = head, .elem = gr_device_find(g->device)->elem,
                                                    .require_head = true, .dropout = -1.0 }, &err);
    if (st == GR_E_UNSUPPORTED) { /* every family of the sets is one of ours: none may get lost */
        gr_case_fail(g->name, "%s", err.msg);
        return false;
    }
    assert_ok(st, &err);
    g->kind = head.kind;
    g->adamw = open_json(g, "adamw.json");
    read_batch(g);
    read_micro(g);
    freeze(g);
    return true;
}

static void run_case(const char *root, const char *folder, const char *device)
{
    golden g = { .device = device, .tol = gr_device_find(device)->elem == 8 ? DOUBLE_TOL : FLOAT_TOL };

    assert_true(gr_fs_join(g.dir, sizeof g.dir, root, folder));
    (void)snprintf(g.name, sizeof g.name, "%.200s on %s", folder, device);
    if (prepare(&g)) {
        check_lists(&g);
        for (int how = PLAIN; how < MODES; how++) {
            gr_session *s = open_session(&g, (mode)how);
            check_forward(&g, s);
            if (how == TAPS) check_taps(&g, s);
            check_gradients(&g, s);
            gr_session_close(s);
            if (how != RECOMPUTE) check_steps(&g, (mode)how);
        }
        if (g.bad == 0) gr_case_pass(g.name);
    }
    for (int32_t i = 0; i < g.n_micro; i++) free(g.micro[i]);
    free(g.whole);
    gr_model_close(g.model);
    gr_json_free(g.adamw);
    gr_st_close(g.cs);
}

static void run_set(const char *set, const char *device, size_t least, const char *what)
{
    char       root[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_fs_list l;
    gr_err     err = GR_ERR_INIT;

    assert_true(gr_fs_join(root, sizeof root, set, "models"));
    assert_ok(gr_fs_list_dir(&l, root, &err), &err);
    for (size_t i = 0; i < l.n; i++)
        if (snprintf(path, sizeof path, "%s/%s/case.safetensors", root, l.names[i]) < (int)sizeof path && gr_fs_is_file(path))
            run_case(root, l.names[i], device);
    gr_fs_list_free(&l);
    gr_cases_done(what, least);
}

enum { OWN_MODELS = 59 }; /* folders of tests/golden/set/models */

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
