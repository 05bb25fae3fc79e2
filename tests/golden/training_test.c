/* training_test.c - the golden training runs, replayed on the engine: the same batches (rows of features.json in
 * the order of the log), learning rates from our own schedule, evaluation after each epoch.
 *
 * ref64 is held to the double log, cpu and ref to the float log. Tolerances, from the shared folder's README: double 1e-8
 * relative on loss and norm at every step; float 2e-5 on the loss, 1e-4 on the norm, 1e-4 absolute on logits (its own
 * two precisions differ by a tenth of that). Final norms: double 1e-8; float 1e-4 of the norm and 1e-3 of
 * the change, key biases left out (their gradient is rounding noise, which AdamW scales up). */
#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "model/schedule.h"
#include "tests/support/engine.h"

typedef struct tolerance { double loss, norm, lr, logits, final_norm, change; } tolerance;
static const tolerance DOUBLE_TOL = { 1e-8, 1e-8, 1e-12, 1e-8, 1e-8, 1e-8 };
static const tolerance FLOAT_TOL = { 2e-5, 1e-4, 1e-12, 1e-4, 1e-4, 1e-3 };

typedef struct replay {
    char           dir[GR_PATH_MAX], name[256];
    const char    *device;
    bool           wide; /* double */
    tolerance      tol;
    gr_json       *run, *features;
    const gr_json **train, **dev; /* rows by place */
    size_t         n_train, n_dev;
    gr_model      *model;
    gr_session    *s;
    gr_schedule    schedule;
    int64_t        first_index; /* of features.train */
    int64_t        epochs_seen;
    size_t         bad;
} replay;

static void finding(replay *r, const char *what, int64_t at, double got, double want)
{
    if (r->bad++ < 3) gr_case_fail(r->name, "%s at %lld: got %.12g, want %.12g", what, (long long)at, got, want);
}

static void near_rel(replay *r, const char *what, int64_t at, double got, double want, double tol)
{
    if (!(fabs(got - want) <= tol * fabs(want))) finding(r, what, at, got, want);
}

static gr_json *open_json(const replay *r, const char *file)
{
    char     path[GR_PATH_MAX];
    gr_json *j = NULL;
    gr_err   err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, r->dir, file));
    assert_ok(gr_json_read(&j, path, 1 << 26, &err), &err);
    return j;
}

static const gr_json **index_rows(const gr_json *list, size_t *n)
{
    const gr_json **rows = calloc(gr_json_len(list) + 1, sizeof *rows);

    assert_non_null(rows);
    *n = 0;
    for (const gr_json *x = gr_json_first(list); x; x = gr_json_next(x)) rows[(*n)++] = x;
    return rows;
}

/* ---- batches ---- */

static void add_row(gr_tb *t, const gr_json *row, gr_head_kind kind)
{
    int32_t        ids[512], types[512], n = 0;
    const gr_json *x, *labels = gr_json_get(row, "labels");

    for (x = gr_json_first(gr_json_get(row, "input_ids")); x && n < 512; x = gr_json_next(x)) ids[n++] = (int32_t)gr_json_num(x, -1);
    n = 0;
    for (x = gr_json_first(gr_json_get(row, "token_type_ids")); x && n < 512; x = gr_json_next(x)) types[n++] = (int32_t)gr_json_num(x, -1);
    const int32_t at = gr_tb_row(t, ids, types, n, (uint32_t)t->b.n_rows);
    /* A collator's target is a float32 tensor, in the double run too. */
    if (kind == GR_HEAD_REGRESSION) t->values[t->b.n_rows - 1] = (double)(float)gr_json_num(labels, NAN);
    else if (kind == GR_HEAD_TOKEN)
        for (x = gr_json_first(labels), n = 0; x; x = gr_json_next(x), n++) t->classes[at + n] = (int32_t)gr_json_num(x, -1);
}

/* Class labels lie by row in the array that token rows clear as they are appended: set last. */
static void set_classes(gr_tb *t, const gr_json **rows, gr_head_kind kind)
{
    for (int32_t i = 0; kind == GR_HEAD_CLASS && i < t->b.n_rows; i++) t->classes[i] = (int32_t)gr_json_num(gr_json_get(rows[i], "labels"), -1);
}

/* ---- the lines of a log ---- */

static void replay_step(replay *r, gr_tb *t, const gr_json *line)
{
    const gr_json *rows[GR_TB_ROWS];
    int32_t        n = 0;
    gr_step_result got;
    gr_err         err = GR_ERR_INIT;
    const int64_t  step = gr_session_steps(r->s);
    const double   lr = gr_json_num(gr_json_get(line, "lr"), NAN);

    gr_tb_clear(t);
    for (const gr_json *x = gr_json_first(gr_json_get(line, "rows")); x; x = gr_json_next(x)) {
        const int64_t at = (int64_t)gr_json_num(x, -1) - r->first_index;
        assert_true(at >= 0 && (size_t)at < r->n_train);
        rows[n] = r->train[at];
        add_row(t, rows[n++], r->model->head.kind);
    }
    set_classes(t, rows, r->model->head.kind);
    near_rel(r, "learning rate", step + 1, gr_schedule_lr(&r->schedule, step), lr, r->tol.lr);
    assert_ok(gr_session_accumulate(r->s, &t->b, gr_tb_labelled(t, r->model->head.kind), NULL, &err), &err);
    assert_ok(gr_session_step(r->s, lr, &got, &err), &err);
    near_rel(r, "loss", step + 1, got.loss, gr_json_num(gr_json_get(line, "loss"), NAN), r->tol.loss);
    near_rel(r, "grad_norm", step + 1, got.grad_norm, gr_json_num(gr_json_get(line, "grad_norm"), NAN), r->tol.norm);
}

/* Keep the logits that the file has: all rows, or the labelled tokens. Returns how many rows were kept. */
static size_t keep_logits(const replay *r, const gr_tb *t, const double *logits, double *out)
{
    const size_t c = (size_t)r->model->head.n_out;
    const bool   token = r->model->head.kind == GR_HEAD_TOKEN;
    size_t       n = 0;

    for (int32_t i = 0; i < (token ? t->b.n_tokens : t->b.n_rows); i++)
        if (!token || t->classes[i] != GR_LABEL_IGNORE) memcpy(out + c * n++, logits + (size_t)i * c, c * sizeof *out);
    return n;
}

static void compare_logits(replay *r, const double *got, size_t n)
{
    char    path[GR_PATH_MAX], name[64];
    gr_st  *st = NULL;
    gr_err  err = GR_ERR_INIT;
    size_t  have;

    assert_true(gr_fs_join(path, sizeof path, r->dir, "eval.safetensors"));
    assert_ok(gr_st_open(&st, path, &err), &err);
    (void)snprintf(name, sizeof name, "%s.epoch%lld.logits", r->wide ? "f64" : "f32", (long long)r->epochs_seen);
    double *want = gr_tensor_f64(st, name, &have);
    assert_int_equal(have, n);
    for (size_t i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= r->tol.logits)) finding(r, name, (int64_t)i, got[i], want[i]);
    free(want);
    gr_st_close(st);
}

/* eval_loss is the mean of the batch means weighted by rows, in groups of eval_batch rows in file order. */
static void replay_eval(replay *r, gr_tb *t, const gr_json *line)
{
    const size_t group = (size_t)gr_json_num(gr_json_get(r->run, "eval_batch"), 0), c = (size_t)r->model->head.n_out;
    double      *logits = malloc(GR_TB_TOKENS * c * sizeof *logits), *kept = malloc(r->n_dev * 512 * c * sizeof *kept);
    double       sum = 0.0, loss;
    size_t       n = 0;
    gr_err       err = GR_ERR_INIT;

    assert_true(logits && kept && group > 0 && group <= GR_TB_ROWS);
    for (size_t at = 0; at < r->n_dev; at += group) {
        const size_t end = at + group < r->n_dev ? at + group : r->n_dev;
        gr_tb_clear(t);
        for (size_t i = at; i < end; i++) add_row(t, r->dev[i], r->model->head.kind);
        set_classes(t, r->dev + at, r->model->head.kind);
        assert_ok(gr_session_eval(r->s, &t->b, logits, &loss, &err), &err);
        sum += loss * (double)(end - at);
        n += keep_logits(r, t, logits, kept + n * c);
    }
    r->epochs_seen++;
    near_rel(r, "eval_loss", r->epochs_seen, sum / (double)r->n_dev, gr_json_num(gr_json_get(line, "eval_loss"), NAN), r->tol.loss);
    compare_logits(r, kept, n * c);
    free(logits);
    free(kept);
}

static int64_t replay_log(replay *r, const char *text, bool run)
{
    int64_t  steps = 0;
    gr_tb   *t = gr_tb_new();
    gr_err   err = GR_ERR_INIT;

    for (const char *p = text, *end; *p; p = *end ? end + 1 : end) {
        gr_json *line = NULL;
        end = strchr(p, '\n');
        if (!end) end = p + strlen(p);
        assert_ok(gr_json_parse(&line, p, (size_t)(end - p), &err), &err);
        if (gr_json_get(line, "rows")) {
            steps++;
            if (run) replay_step(r, t, line);
        } else if (run) replay_eval(r, t, line);
        gr_json_free(line);
    }
    free(t);
    return steps;
}

/* ---- the end of a run ---- */

static void check_norms(replay *r, const void *start)
{
    gr_json *norms = open_json(r, r->wide ? "final_norms64.json" : "final_norms.json");
    gr_err   err = GR_ERR_INIT;

    assert_ok(gr_session_pull(r->s, &err), &err);
    assert_int_equal(gr_json_len(norms), r->model->params.n);
    for (size_t i = 0; i < r->model->params.n; i++) {
        const gr_param *p = &r->model->params.p[i];
        const gr_json  *want = gr_json_get(norms, p->name);
        double          norm = 0.0, change = 0.0;

        if (strstr(p->name, ".key.bias")) continue;
        for (size_t k = p->offset; k < p->offset + p->count; k++) {
            const double x = gr_elem_at(r->model->weights, r->model->elem, k), d = x - gr_elem_at(start, r->model->elem, k);
            norm += x * x;
            change += d * d;
        }
        near_rel(r, p->name, (int64_t)i, sqrt(norm), gr_json_num(gr_json_at(want, 0), NAN), r->tol.final_norm);
        near_rel(r, p->name, (int64_t)i, sqrt(change), gr_json_num(gr_json_at(want, 1), NAN), r->tol.change);
    }
    gr_json_free(norms);
}

/* ---- opening ---- */

static gr_head_spec head_of(const replay *r)
{
    gr_json           *c = open_json(r, "config.json");
    const char        *arch = gr_json_str(gr_json_at(gr_json_get(c, "architectures"), 0), "");
    const gr_json     *names = gr_json_get(c, "id2label");
    const int32_t      n = names ? (int32_t)gr_json_len(names) : 2; /* transformers' default when the file names none */
    const gr_head_spec h = { strstr(arch, "TokenClassification") ? GR_HEAD_TOKEN : n == 1 ? GR_HEAD_REGRESSION : GR_HEAD_CLASS, n };

    gr_json_free(c);
    return h;
}

static void open_all(replay *r, int64_t steps)
{
    gr_session_opts so;
    gr_err          err = GR_ERR_INIT;
    const gr_json  *run = r->run;

    assert_ok(gr_model_open(&r->model, &(gr_model_opts){ .dir = r->dir, .head = head_of(r), .elem = r->wide ? 8 : 4,
                                                         .require_head = true, .dropout = -1.0 }, &err), &err);
    so = gr_session_opts_for_test(r->device, r->model);
    so.max_tokens = GR_TB_TOKENS;
    so.max_rows = GR_TB_ROWS;
    so.weight_decay = gr_json_num(gr_json_get(run, "weight_decay"), NAN);
    so.max_grad_norm = gr_json_num(gr_json_get(run, "max_grad_norm"), NAN);
    assert_ok(gr_session_open(&r->s, r->model, &so, &err), &err);
    assert_ok(gr_schedule_init(&r->schedule, gr_json_str(gr_json_get(run, "schedule"), ""), (int64_t)gr_json_num(gr_json_get(run, "warmup"), -1),
                               steps, gr_json_num(gr_json_get(run, "lr"), NAN), &err), &err);
}

static void replay_run(const char *root, const char *folder, const char *device)
{
    replay r = { .device = device, .wide = gr_device_find(device)->elem == 8 };
    char   path[GR_PATH_MAX], *text = NULL;
    void  *start;
    size_t n;
    gr_err err = GR_ERR_INIT;

    r.tol = r.wide ? DOUBLE_TOL : FLOAT_TOL;
    assert_true(gr_fs_join(r.dir, sizeof r.dir, root, folder));
    (void)snprintf(r.name, sizeof r.name, "%.200s on %s", folder, device);
    r.run = open_json(&r, "run.json");
    r.features = open_json(&r, "features.json");
    r.train = index_rows(gr_json_get(r.features, "train"), &r.n_train);
    r.dev = index_rows(gr_json_get(r.features, "dev"), &r.n_dev);
    r.first_index = (int64_t)gr_json_num(gr_json_get(r.train[0], "index"), 0);
    assert_true(gr_fs_join(path, sizeof path, r.dir, r.wide ? "log64.jsonl" : "log.jsonl"));
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    open_all(&r, replay_log(&r, text, false));
    start = malloc(r.model->params.total * (size_t)r.model->elem);
    assert_non_null(start);
    memcpy(start, r.model->weights, r.model->params.total * (size_t)r.model->elem);

    (void)replay_log(&r, text, true);
    check_norms(&r, start);
    if (r.bad == 0) gr_case_pass(r.name);

    gr_session_close(r.s);
    gr_model_close(r.model);
    free(start);
    free(text);
    free((void *)r.train);
    free((void *)r.dev);
    gr_json_free(r.run);
    gr_json_free(r.features);
}

static void run_set(const char *set, const char *device, size_t least, const char *what)
{
    char       root[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_fs_list l;
    gr_err     err = GR_ERR_INIT;

    assert_true(gr_fs_join(root, sizeof root, set, "training"));
    assert_ok(gr_fs_list_dir(&l, root, &err), &err);
    for (size_t i = 0; i < l.n; i++)
        if (snprintf(path, sizeof path, "%s/%s/run.json", root, l.names[i]) < (int)sizeof path && gr_fs_is_file(path))
            replay_run(root, l.names[i], device);
    gr_fs_list_free(&l);
    gr_cases_done(what, least);
}

static void shared_on(const char *device, const char *what)
{
    if (!gr_golden_dir()) {
        gr_case_skip("shared golden folder", "absent");
        gr_cases_done(what, 0);
        return;
    }
    run_set(gr_golden_dir(), device, 1, what);
}

static void own_ref64(void **state) { (void)state; run_set(gr_own_golden_dir(), "ref64", 3, "own runs, ref64"); }
static void own_ref(void **state) { (void)state; run_set(gr_own_golden_dir(), "ref", 3, "own runs, ref"); }
static void own_cpu(void **state) { (void)state; run_set(gr_own_golden_dir(), "cpu", 3, "own runs, cpu"); }
static void shared_ref64(void **state) { (void)state; shared_on("ref64", "shared runs, ref64"); }
static void shared_cpu(void **state) { (void)state; shared_on("cpu", "shared runs, cpu"); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_ref64), cmocka_unit_test(own_ref), cmocka_unit_test(own_cpu),
        cmocka_unit_test(shared_ref64), cmocka_unit_test(shared_cpu),
    };
    return gr_test_main(tests);
}
