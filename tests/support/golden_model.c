/* golden_model.c - see golden_model.h. */
#include "tests/support/golden_model.h"

#include <math.h>

/* ---- reading ---- */

gr_st *gr_gm_file(const gr_gm *g, const char *file)
{
    char   path[GR_PATH_MAX];
    gr_st *st = NULL;
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, g->dir, file));
    assert_ok(gr_st_open(&st, path, &err), &err);
    return st;
}

static gr_json *open_json(const gr_gm *g, const char *file)
{
    char     path[GR_PATH_MAX];
    gr_json *j = NULL;
    gr_err   err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, g->dir, file));
    assert_ok(gr_json_read(&j, path, 1 << 24, &err), &err);
    return j;
}

/* The rows of a padded batch, "a." or "b." or "" before the names; every second row of `out` for pairs. */
static void read_rows(gr_gm *g, const char *side, int32_t row, int32_t *ids, int32_t *types, int32_t *len)
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

static void read_labels(gr_gm *g)
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

static void read_batch(gr_gm *g)
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
static void read_micro(gr_gm *g)
{
    const gr_json *list = gr_json_get(gr_json_get(g->adamw, "accumulation"), "rows");

    for (const gr_json *part = gr_json_first(list); part; part = gr_json_next(part)) {
        assert_true(g->n_micro < GR_GM_MICRO);
        gr_tb *b = g->micro[g->n_micro++] = gr_tb_new();
        for (const gr_json *r = gr_json_first(part); r; r = gr_json_next(r)) gr_tb_copy_row(b, g->whole, (int32_t)gr_json_num(r, -1), g->kind);
    }
}


gr_session *gr_gm_session(const gr_gm *g, gr_gm_mode how, gr_precision precision)
{
    const gr_json  *o = gr_json_get(g->adamw, "optimizer");
    gr_session_opts so = gr_session_opts_for_test(g->device, g->model);
    gr_session     *s = NULL;
    gr_err          err = GR_ERR_INIT;

    so.tap_hidden = how == GR_GM_TAPS;
    so.recompute = how == GR_GM_RECOMPUTE;
    so.precision = precision;
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


double gr_gm_accumulate(const gr_gm *g, gr_session *s)
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


static bool ends_with(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}


static void freeze(gr_gm *g)
{
    gr_err err = GR_ERR_INIT;

    for (const gr_json *x = gr_json_first(gr_json_get(g->adamw, "frozen")); x; x = gr_json_next(x))
        assert_ok(gr_params_freeze(&g->model->params, gr_json_str(x, ""), &err), &err);
}

/* Head of the case from its files; false with a reason when this build has none such. */
static bool head_of(gr_gm *g, gr_head_spec *h, const char **why)
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


/* ---- a case ---- */

bool gr_gm_open(gr_gm *g, const char *root, const char *folder, const char *device)
{
    gr_head_spec head;
    const char  *why;
    gr_err       err = GR_ERR_INIT;
    gr_status    st;

    *g = (gr_gm){ .device = device };
    assert_true(gr_fs_join(g->dir, sizeof g->dir, root, folder));
    (void)snprintf(g->name, sizeof g->name, "%.200s on %s", folder, device);
    g->cs = gr_gm_file(g, "case.safetensors");
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

void gr_gm_close(gr_gm *g)
{
    for (int32_t i = 0; i < g->n_micro; i++) free(g->micro[i]);
    free(g->whole);
    gr_model_close(g->model);
    gr_json_free(g->adamw);
    gr_st_close(g->cs);
}

void gr_gm_each(const char *set, void (*visit)(const char *root, const char *folder, const void *arg), const void *arg)
{
    char       root[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_fs_list l;
    gr_err     err = GR_ERR_INIT;

    assert_true(gr_fs_join(root, sizeof root, set, "models"));
    assert_ok(gr_fs_list_dir(&l, root, &err), &err);
    for (size_t i = 0; i < l.n; i++)
        if (snprintf(path, sizeof path, "%s/%s/case.safetensors", root, l.names[i]) < (int)sizeof path && gr_fs_is_file(path))
            visit(root, l.names[i], arg);
    gr_fs_list_free(&l);
}

/* ---- tensors ---- */

double *gr_gm_golden(const gr_gm *g, const char *name, int32_t first, int32_t stride, size_t *n)
{
    double             *x = gr_tensor_f64(g->cs, name, n);
    const gr_st_tensor *t = gr_st_find(g->cs, name);
    const int32_t      *cu = g->whole->cu;

    if (t->ndim != 3) return x;
    const size_t width = (size_t)t->shape[1], cols = (size_t)t->shape[2];
    *n = 0;
    for (size_t i = 0; i < (size_t)t->shape[0]; i++) { /* towards the front: what is read has not been written */
        const size_t r = (size_t)first + i * (size_t)stride, len = (size_t)(cu[r + 1] - cu[r]);
        memmove(x + *n, x + i * width * cols, len * cols * sizeof *x);
        *n += len * cols;
    }
    return x;
}

double *gr_gm_rows(const gr_gm *g, const double *x, int32_t cols, bool per_token, int32_t first, int32_t stride, size_t *n)
{
    const gr_tb *b = g->whole;
    double      *out = calloc((size_t)b->b.n_tokens * (size_t)cols + 1, sizeof *out);

    assert_non_null(out);
    *n = 0;
    for (int32_t r = first; r < b->b.n_rows; r += stride) {
        const size_t from = (size_t)(per_token ? b->cu[r] : r), rows = per_token ? (size_t)(b->cu[r + 1] - b->cu[r]) : 1;
        memcpy(out + *n, x + from * (size_t)cols, rows * (size_t)cols * sizeof *x);
        *n += rows * (size_t)cols;
    }
    return out;
}

double *gr_gm_slice(const gr_gm *g, const void *slab, const gr_param *p)
{
    double *x = malloc(p->count * sizeof *x);

    assert_non_null(x);
    for (size_t i = 0; i < p->count; i++) x[i] = gr_elem_at(slab, g->model->elem, p->offset + i);
    return x;
}

double gr_gm_largest(const gr_st *st)
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
