/* The forms in which one model may be saved (golden/checkpoints): each is loaded, its values must be the very numbers of the
 * file widened, what is missing must be named in a warning and made afresh, and the forward pass must give the stored
 * states, logits and loss. */
#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "tests/support/engine.h"

typedef struct form {
    const char *name;
    char        dir[GR_PATH_MAX], root[GR_PATH_MAX]; /* of the form; of the golden set */
    gr_json    *expected;
} form;

static void quiet(void *user, gr_log_level level, const char *line)
{
    (void)user;
    (void)level;
    (void)line;
}

static bool listed(const gr_json *missing, const char *name)
{
    for (const gr_json *v = gr_json_first(missing); v; v = gr_json_next(v))
        if (strcmp(gr_json_str(v, ""), name) == 0) return true;
    return false;
}

static bool warned(const gr_model *m, const char *name)
{
    for (size_t i = 0; i < m->n_warnings; i++)
        if (strstr(m->warnings[i], name)) return true;
    return false;
}

static gr_status open_form(gr_model **out, const form *f, bool require_head, gr_err *err)
{
    gr_model_opts o = { .dir = f->dir, .head = { GR_HEAD_CLASS, 2 }, .seed = 1, .elem = 8, .dropout = -1.0, .require_head = require_head };
    gr_config c;

    GR_TRY(gr_config_read(&c, f->dir, err));
    if (c.n_labels > 0) o.head.n_out = c.n_labels;
    gr_config_free(&c);
    return gr_model_open(out, &o, err);
}

/* The tensor of the file under any of the spellings that a checkpoint may use. */
static const gr_st_tensor *raw_tensor(const gr_st *st, const char *name)
{
    static const char *const swap[][2] = { { "LayerNorm.weight", "LayerNorm.gamma" }, { "LayerNorm.bias", "LayerNorm.beta" } };
    const char *bare = strncmp(name, "bert.", 5) == 0 ? name + 5 : name;
    char old[256], wrapped[256];
    const char *tries[] = { name, bare, wrapped };

    (void)snprintf(wrapped, sizeof wrapped, "module.%s", name);
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        const gr_st_tensor *t = gr_st_find(st, tries[i]);
        if (t) return t;
        for (size_t k = 0; k < 2; k++) {
            const char *at = strstr(tries[i], swap[k][0]);
            if (!at) continue;
            (void)snprintf(old, sizeof old, "%.*s%s", (int)(at - tries[i]), tries[i], swap[k][1]);
            if ((t = gr_st_find(st, old)) != NULL) return t;
        }
    }
    return NULL;
}

/* Every tensor of the model: the file's numbers, or named as missing and filled by its initialiser. */
static const char *compare_values(const gr_model *m, const gr_st *st, const gr_json *missing)
{
    for (size_t i = 0; i < m->params.n; i++) {
        const gr_param *p = &m->params.p[i];
        const double *w = (const double *)m->weights + p->offset;
        const gr_st_tensor *t = raw_tensor(st, p->name);
        double *want;
        bool same;

        if (listed(missing, p->name)) {
            if (t || !warned(m, p->name)) return "a missing tensor is not warned of";
            if (p->init == GR_INIT_ZERO && w[0] != 0.0) return "a new bias is not zero";
            if (p->init == GR_INIT_NORMAL && (w[0] == 0.0 || fabs(w[0]) > 8 * m->config.init_range)) return "a new weight is not drawn";
            continue;
        }
        if (!t || warned(m, p->name)) return "a tensor is not found in the file";
        want = malloc((t->count + 1) * sizeof *want);
        assert_non_null(want);
        assert_ok(gr_st_to_f64(want, t, NULL), NULL);
        same = t->count == p->count && memcmp(want, w, p->count * sizeof *w) == 0;
        free(want);
        if (!same) return "values differ from the file's";
    }
    return NULL;
}

static void check_form(const form *f)
{
    const gr_json *missing = gr_json_get(f->expected, "missing");
    gr_err err = GR_ERR_INIT;
    gr_model *m = NULL;
    gr_st *st = NULL;
    const char *wrong;

    if (gr_st_open_dir(&st, f->dir, &err) != GR_OK || open_form(&m, f, false, &err) != GR_OK) {
        gr_case_fail(f->name, "%s", err.msg);
        goto out;
    }
    wrong = compare_values(m, st, missing);
    if (wrong) {
        gr_case_fail(f->name, "%s", wrong);
        goto out;
    }
    gr_model_close(m);
    m = NULL;
    /* A prediction refuses what a fine-tune would make afresh. */
    if ((open_form(&m, f, true, &err) == GR_OK) != (gr_json_len(missing) == 0))
        gr_case_fail(f->name, "require_head: %s", m ? "accepted" : err.msg);
    else
        gr_case_pass(f->name);
out:
    gr_model_close(m);
    gr_st_close(st);
}

static size_t run_folder(const char *golden, void (*check)(const form *f))
{
    char root[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_fs_list names = { 0 };
    size_t n = 0;

    if (!golden || !gr_fs_join(root, sizeof root, golden, "checkpoints") || !gr_fs_is_dir(root)) {
        gr_case_skip(golden ? golden : "shared golden folder", "no checkpoints");
        return 0;
    }
    assert_ok(gr_fs_list_dir(&names, root, &err), &err);
    for (size_t i = 0; i < names.n; i++) {
        form f = { .name = names.names[i] };
        char path[GR_PATH_MAX];

        (void)snprintf(f.root, sizeof f.root, "%s", golden);
        assert_true(gr_fs_join(f.dir, sizeof f.dir, root, f.name));
        if (!gr_fs_join(path, sizeof path, f.dir, "expected.json") || !gr_fs_is_file(path)) continue;
        assert_ok(gr_json_read(&f.expected, path, 0, &err), &err);
        check(&f);
        gr_json_free(f.expected);
        n++;
    }
    gr_fs_list_free(&names);
    return n;
}

/* ---- the forward pass, in double ---- */

/* The batch of the model that all forms come from: padded rows cut to their lengths. */
static gr_tb *read_batch(const form *f)
{
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_tb *b = gr_tb_new();
    gr_st *st = NULL;
    int64_t *ids, *mask, *types, *labels;
    size_t n, rows, width;

    assert_true(gr_fs_join(path, sizeof path, f->root, "models/bert_seqcls/case.safetensors"));
    assert_ok(gr_st_open(&st, path, &err), &err);
    ids = gr_tensor_i64(st, "input_ids", &n);
    mask = gr_tensor_i64(st, "attention_mask", &n);
    types = gr_tensor_i64(st, "token_type_ids", &n);
    labels = gr_tensor_i64(st, "labels", &rows);
    width = n / rows;
    assert_true(width <= 1024);
    for (size_t r = 0; r < rows; r++) {
        int32_t row_ids[1024], row_types[1024], len = 0;

        for (size_t i = r * width; i < (r + 1) * width && mask[i]; i++, len++) {
            row_ids[len] = (int32_t)ids[i];
            row_types[len] = (int32_t)types[i];
        }
        (void)gr_tb_row(b, row_ids, row_types, len, (uint32_t)r);
    }
    for (size_t r = 0; r < rows; r++) b->classes[r] = (int32_t)labels[r];
    free(ids);
    free(mask);
    free(types);
    free(labels);
    gr_st_close(st);
    return b;
}

/* 1e-9 of the largest value: a double forward pass differs by its summation order alone. */
static double worst_share(const double *got, const gr_json *want, size_t *n)
{
    double worst = 0.0, top = 0.0;

    *n = 0;
    for (const gr_json *v = gr_json_first(want); v; v = gr_json_next(v)) {
        for (const gr_json *x = gr_json_is_array(v) ? gr_json_first(v) : v; x; x = gr_json_is_array(v) ? gr_json_next(x) : NULL, (*n)++) {
            const double w = gr_json_num(x, NAN), off = fabs(got[*n] - w);

            if (!(off <= worst)) worst = off;
            if (fabs(w) > top) top = fabs(w);
        }
    }
    return *n ? worst / top : NAN;
}

static const char *compare_forward(const form *f, gr_model *m, const gr_tb *b)
{
    static const double tol = 1e-9;
    const bool complete = gr_json_len(gr_json_get(f->expected, "missing")) == 0;
    gr_session_opts o = gr_session_opts_for_test("ref64", m);
    double *hidden = calloc((size_t)b->b.n_tokens * (size_t)m->config.hidden, sizeof *hidden);
    double *logits = calloc((size_t)b->b.n_rows * (size_t)m->head.n_out, sizeof *logits), loss = NAN;
    const double want_loss = gr_json_num(gr_json_get(f->expected, "loss"), NAN);
    const char *wrong = NULL;
    gr_session *s = NULL;
    gr_err err = GR_ERR_INIT;
    size_t n;

    assert_true(hidden && logits);
    o.tap_hidden = true;
    assert_ok(gr_session_open(&s, m, &o, &err), &err);
    assert_ok(gr_session_eval(s, &b->b, logits, &loss, &err), &err);
    assert_ok(gr_session_tap(s, m->config.layers, hidden, &err), &err);
    if (!(worst_share(hidden, gr_json_get(f->expected, "last_hidden_row0_head"), &n) <= tol)) wrong = "last hidden state";
    else if (complete && !(worst_share(logits, gr_json_get(f->expected, "logits"), &n) <= tol)) wrong = "logits";
    else if (complete && n != (size_t)b->b.n_rows * (size_t)m->head.n_out) wrong = "number of logits";
    else if (complete && !(fabs(loss - want_loss) <= tol * want_loss)) wrong = "loss";
    gr_session_close(s);
    free(hidden);
    free(logits);
    return wrong;
}

static void check_forward(const form *f)
{
    gr_err err = GR_ERR_INIT;
    gr_model *m = NULL;
    gr_tb *b = NULL;
    const char *wrong;

    if (open_form(&m, f, false, &err) != GR_OK) {
        gr_case_fail(f->name, "%s", err.msg);
        return;
    }
    b = read_batch(f);
    wrong = compare_forward(f, m, b);
    if (wrong) gr_case_fail(f->name, "%s differs", wrong);
    else gr_case_pass(f->name);
    free(b);
    gr_model_close(m);
}

static void run_both(const char *what, void (*check)(const form *f))
{
    size_t n;

    gr_log_set_sink(quiet, NULL);
    n = run_folder(gr_golden_dir(), check) + run_folder(gr_own_golden_dir(), check);
    gr_log_set_sink(NULL, NULL);
    gr_cases_done(what, n ? 1 : 0);
}

static void test_loading(void **state)
{
    (void)state;
    run_both("checkpoint forms", check_form);
}

static void test_forward(void **state)
{
    (void)state;
    run_both("forward passes of checkpoint forms", check_forward);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_loading), cmocka_unit_test(test_forward) };
    return gr_test_main(tests);
}
