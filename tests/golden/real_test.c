/* real_test.c - published sentence encoders (golden/real): ids of every text, first-token state, embedding, cosines.
 *
 * A file of the folder with "sentences" is one model; its checkpoint is looked for in GR_MINILM_DIR (all-MiniLM-L6-v2) or GR_MPNET_DIR
 * (all-mpnet-base-v2) and in models/<name> of the source tree, where ci/fetch_minilm and ci/fetch_mpnet put it. Without it the model is
 * counted as skipped. Embeddings are computed twice: by the engine, and by what `glue-run embed` runs.
 *
 * Tolerances, from the folder's README: embeddings and cosines 1e-8 in double (nine digits are stored), 2e-6 in float. */
#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "harness/infer.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/support/engine.h"

typedef struct real {
    const char  *name;
    const char  *dir;
    gr_json     *doc;
    gr_tok      *tok;
    gr_tok_work *work;
    gr_model    *model;
    gr_session  *session;
    gr_tb       *batch;
    double      *emb, *last; /* [rows, hidden], [tokens, hidden] */
    double       tol;
    size_t       bad;
} real;

static void finding(real *r, const char *what, size_t i, double off)
{
    if (r->bad++ < 5) gr_case_fail(r->name, "%s %zu: off by %.3g, tolerance %.3g", what, i, off, r->tol);
}

/* Our ids against the stored ones; the row goes into the batch. */
static void add_text(real *r, const gr_json *text, const gr_json *ids, size_t i)
{
    const char *p = gr_json_str(text, NULL);
    const size_t cap = (size_t)gr_json_num(gr_json_get(r->doc, "max_length"), 128);
    gr_encoding e;
    gr_err err = GR_ERR_INIT;
    size_t k = 0;

    assert_non_null(p);
    assert_ok(gr_tok_encode(r->work, &e, gr_sv_from(p), (gr_sv){ NULL, 0 }, cap, false, &err), &err);
    if (e.n != gr_json_len(ids)) finding(r, "number of ids of text", i, fabs((double)e.n - (double)gr_json_len(ids)));
    for (const gr_json *v = gr_json_first(ids); v && k < e.n; v = gr_json_next(v), k++)
        if ((double)e.ids[k] != gr_json_num(v, -1)) finding(r, "an id of text", i, 1);
    (void)gr_tb_row(r->batch, e.ids, e.type_ids, (int32_t)e.n, (uint32_t)i);
}

static void compare_list(real *r, const char *what, size_t i, const double *got, const gr_json *want, double tol)
{
    double worst = 0;
    size_t k = 0;

    for (const gr_json *v = gr_json_first(want); v; v = gr_json_next(v), k++) {
        const double off = fabs(got[k] - gr_json_num(v, NAN));
        if (!(off <= worst)) worst = off;
    }
    if (!(worst <= tol)) finding(r, what, i, worst);
}

static double dot(const double *a, const double *b, int32_t n)
{
    double s = 0;

    for (int32_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

static void open_session(real *r, const char *device)
{
    gr_model_opts o = { .dir = r->dir, .head = { GR_HEAD_EMBED, 0 }, .elem = gr_device_find(device)->elem, .dropout = -1.0 };
    gr_session_opts so = { .device = device, .max_tokens = GR_TB_TOKENS, .max_rows = GR_TB_ROWS, .max_length = 512, .tap_hidden = true };
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_model_open(&r->model, &o, &err), &err);
    assert_ok(gr_session_open(&r->session, r->model, &so, &err), &err);
    assert_string_equal(r->model->sha256, gr_json_str(gr_json_get(r->doc, "weights_sha256"), ""));
}

static void check_sentences(real *r)
{
    const gr_json *list = gr_json_get(r->doc, "sentences"), *row = gr_json_first(gr_json_get(r->doc, "cosine"));
    const int32_t h = r->model->config.hidden;
    gr_err err = GR_ERR_INIT;
    size_t i = 0;

    gr_tb_clear(r->batch);
    for (const gr_json *s = gr_json_first(list); s; s = gr_json_next(s)) add_text(r, gr_json_get(s, "text"), gr_json_get(s, "ids"), i++);
    assert_ok(gr_session_eval(r->session, &r->batch->b, r->emb, NULL, &err), &err);
    assert_ok(gr_session_tap(r->session, r->model->config.layers, r->last, &err), &err);
    i = 0;
    for (const gr_json *s = gr_json_first(list); s; s = gr_json_next(s), i++, row = gr_json_next(row)) {
        const double *cls = r->last + (size_t)r->batch->cu[i] * (size_t)h, norm = gr_json_num(gr_json_get(s, "cls_norm"), NAN);
        double cosine[GR_TB_ROWS];

        compare_list(r, "embedding", i, r->emb + i * (size_t)h, gr_json_get(s, "embedding"), r->tol);
        /* a state is not normalised: its values are up to a few tenths of its norm */
        compare_list(r, "first-token state", i, cls, gr_json_get(s, "cls_first8"), r->tol * norm);
        if (!(fabs(sqrt(dot(cls, cls, h)) - norm) <= r->tol * norm)) finding(r, "first-token norm", i, fabs(sqrt(dot(cls, cls, h)) - norm));
        for (int32_t k = 0; k < r->batch->b.n_rows; k++) cosine[k] = dot(r->emb + i * (size_t)h, r->emb + (size_t)(k * h), h);
        compare_list(r, "cosines", i, cosine, row, 2 * r->tol); /* each side brings its rounding */
    }
}

static void check_pairs(real *r)
{
    const gr_json *list = gr_json_get(r->doc, "pairs");
    const int32_t h = r->model->config.hidden;
    gr_err err = GR_ERR_INIT;
    size_t i = 0;

    gr_tb_clear(r->batch);
    for (const gr_json *p = gr_json_first(list); p; p = gr_json_next(p), i++) {
        add_text(r, gr_json_get(p, "a"), gr_json_get(p, "a_ids"), 2 * i);
        add_text(r, gr_json_get(p, "b"), gr_json_get(p, "b_ids"), 2 * i + 1);
    }
    assert_ok(gr_session_eval(r->session, &r->batch->b, r->emb, NULL, &err), &err);
    i = 0;
    for (const gr_json *p = gr_json_first(list); p; p = gr_json_next(p), i++) {
        const double got = dot(r->emb + 2 * i * (size_t)h, r->emb + (2 * i + 1) * (size_t)h, h);
        const double off = fabs(got - gr_json_num(gr_json_get(p, "cosine"), NAN));
        if (!(off <= 2 * r->tol)) finding(r, "cosine of pair", i, off);
    }
}

static void run_device(const char *file, const char *dir, gr_json *doc, const char *device, double tol)
{
    char name[256];
    gr_err err = GR_ERR_INIT;
    real r = { .name = name, .dir = dir, .doc = doc, .tol = tol, .batch = gr_tb_new() };

    (void)snprintf(name, sizeof name, "%s on %s", file, device);
    assert_ok(gr_tok_open(&r.tok, dir, NULL, &err), &err);
    assert_ok(gr_tok_work_open(&r.work, r.tok, &err), &err);
    open_session(&r, device);
    r.emb = calloc((size_t)GR_TB_ROWS * (size_t)r.model->config.hidden, sizeof *r.emb);
    r.last = calloc((size_t)GR_TB_TOKENS * (size_t)r.model->config.hidden, sizeof *r.last);
    assert_true(r.emb && r.last);
    check_sentences(&r);
    check_pairs(&r);
    if (r.bad == 0) gr_case_pass(name);
    free(r.emb);
    free(r.last);
    free(r.batch);
    gr_session_close(r.session);
    gr_model_close(r.model);
    gr_tok_work_close(r.work);
    gr_tok_close(r.tok);
}

/* The same embeddings through the whole of `embed`: its own batches, a mapped model. */
static void run_embed(const char *file, const char *dir, const gr_json *doc, double tol)
{
    const gr_infer_opts o = { .model = dir, .device = "cpu", .threads = 2, .max_length = (int64_t)gr_json_num(gr_json_get(doc, "max_length"), 128), .embed = true };
    char name[256];
    real r = { .name = name, .dir = dir, .tol = tol };
    gr_infer *f = NULL;
    gr_err err = GR_ERR_INIT;
    size_t i = 0;

    (void)snprintf(name, sizeof name, "%s by embed", file);
    assert_ok(gr_infer_open(&f, &o, &err), &err);
    for (const gr_json *s = gr_json_first(gr_json_get(doc, "sentences")); s; s = gr_json_next(s), i++) {
        assert_ok(gr_infer_add(f, gr_sv_from(gr_json_str(gr_json_get(s, "text"), "")), (gr_sv){ NULL, 0 }, &err), &err);
        assert_ok(gr_infer_run(f, &err), &err);
        compare_list(&r, "embedding", i, f->out, gr_json_get(s, "embedding"), r.tol);
        gr_infer_clear(f);
    }
    if (r.bad == 0) gr_case_pass(name);
    gr_infer_close(f);
}

/* The checkpoint of a model, in `out`; false when it is nowhere. */
static bool find_checkpoint(char out[GR_PATH_MAX], const char *model)
{
    static const struct { const char *model, *variable; } places[] = { { "all-MiniLM-L6-v2", "GR_MINILM_DIR" }, { "all-mpnet-base-v2", "GR_MPNET_DIR" } };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *given = strcmp(model, places[i].model) == 0 ? getenv(places[i].variable) : NULL;

        if (!given || !*given) continue;
        (void)snprintf(out, GR_PATH_MAX, "%s", given);
        return gr_fs_is_dir(out);
    }
    return gr_fs_join(out, GR_PATH_MAX, GR_SOURCE_DIR "/models", model) && gr_fs_is_dir(out);
}

static void run_file(const char *folder, const char *file)
{
    char path[GR_PATH_MAX], dir[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_json *doc = NULL;
    gr_config c = { 0 };

    assert_true(gr_fs_join(path, sizeof path, folder, file));
    assert_ok(gr_json_read(&doc, path, 0, &err), &err);
    if (gr_json_get(doc, "sentences")) {
        if (!find_checkpoint(dir, gr_json_str(gr_json_get(doc, "model"), "?"))) gr_case_skip(file, "the checkpoint is not here: ci/fetch_minilm, ci/fetch_mpnet");
        else if (gr_config_read(&c, dir, &err) == GR_E_UNSUPPORTED) gr_case_skip(file, err.msg);
        else {
            run_device(file, dir, doc, "ref64", 1e-8);
            run_device(file, dir, doc, "cpu", 2e-6);
            run_embed(file, dir, doc, 2e-6);
        }
        gr_config_free(&c);
    }
    gr_json_free(doc);
}

static void test_real(void **state)
{
    char folder[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_fs_list files = { 0 };

    (void)state;
    if (!gr_golden_dir() || !gr_fs_join(folder, sizeof folder, gr_golden_dir(), "real") || !gr_fs_is_dir(folder)) {
        gr_case_skip("shared golden folder", "absent");
    } else {
        assert_ok(gr_fs_list_dir(&files, folder, &err), &err);
        for (size_t i = 0; i < files.n; i++)
            if (gr_sv_ends(gr_sv_from(files.names[i]), ".json")) run_file(folder, files.names[i]);
        gr_fs_list_free(&files);
    }
    gr_cases_done("published encoders", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_real) };

    gr_log_set_level(GR_LOG_ERROR);
    return gr_test_main(tests);
}
