/* interop.c - a model folder through the engine, for interop.py: oracle_interop DIR OUT STEPS
 *
 * Opens DIR with the head of its config.json, takes STEPS training steps on the batch of DIR/case.safetensors, saves the model in OUT, opens that
 * folder again and writes OUT/oracle.jsonl: for each sequence of the batch its ids and our outputs, in double and in float. Ends with 77
 * and the reason when this build has no such family or head. Not a test of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "tests/support/engine.h"

enum { SKIPPED = 77, WIDTH_MAX = 1024 };

static bool ends_with(const char *s, const char *end)
{
    return gr_sv_ends(gr_sv_from(s), end);
}

static gr_status open_file(gr_st **st, const char *dir, const char *name, gr_err *err)
{
    char path[GR_PATH_MAX];

    if (!gr_fs_join(path, sizeof path, dir, name)) return gr_fail(err, GR_E_ARG, "path too long: %s", dir);
    return gr_st_open(st, path, err);
}

/* The head that the folder's architecture names; outputs as the file counts its labels, two when it names none. */
static gr_status head_of(gr_head_spec *out, const char *dir, const gr_st *cs, gr_err *err)
{
    const gr_st_tensor *labels = gr_st_find(cs, "labels");
    char path[GR_PATH_MAX];
    gr_json *doc = NULL;
    gr_config c;
    const char *arch;
    int32_t n;
    gr_status s = GR_OK;

    GR_TRY(gr_config_read(&c, dir, err));
    n = c.n_labels > 0 ? c.n_labels : 2;
    gr_config_free(&c);
    if (!gr_fs_join(path, sizeof path, dir, "config.json")) return gr_fail(err, GR_E_ARG, "path too long: %s", dir);
    GR_TRY(gr_json_read(&doc, path, 1 << 20, err));
    arch = gr_json_str(gr_json_at(gr_json_get(doc, "architectures"), 0), "");
    if (ends_with(arch, "ForTokenClassification")) *out = (gr_head_spec){ GR_HEAD_TOKEN, n };
    else if (ends_with(arch, "ForSequenceClassification") && labels && labels->dtype == GR_DT_F64) *out = (gr_head_spec){ GR_HEAD_REGRESSION, 1 };
    else if (ends_with(arch, "ForSequenceClassification")) *out = (gr_head_spec){ GR_HEAD_CLASS, n };
    else if (ends_with(arch, "ForMaskedLM")) *out = (gr_head_spec){ GR_HEAD_MLM, 0 };
    else if (ends_with(arch, "Model")) *out = (gr_head_spec){ GR_HEAD_EMBED, 0 };
    else s = gr_fail(err, GR_E_UNSUPPORTED, "%s: no head for %s", dir, arch);
    gr_json_free(doc);
    return s;
}

/* ---- the batch ---- */

/* Column values of one row of a padded tensor, zeros when the case has no such tensor. */
static void row_of(int32_t *out, const gr_st *cs, const char *side, const char *name, int32_t row, int32_t width)
{
    char full[64];
    size_t n;

    memset(out, 0, (size_t)width * sizeof *out);
    (void)snprintf(full, sizeof full, "%s%s", side, name);
    if (!gr_st_find(cs, full)) return;
    int64_t *x = gr_tensor_i64(cs, full, &n);
    for (int32_t i = 0; i < width; i++) out[i] = (int32_t)x[(size_t)row * (size_t)width + (size_t)i];
    free(x);
}

/* Append a row up to its last attended token; returns its first token. */
static int32_t add_row(gr_tb *b, const gr_st *cs, const char *side, int32_t row, int32_t width)
{
    int32_t ids[WIDTH_MAX], types[WIDTH_MAX], mask[WIDTH_MAX], n = 0;

    row_of(ids, cs, side, "input_ids", row, width);
    row_of(types, cs, side, "token_type_ids", row, width);
    row_of(mask, cs, side, "attention_mask", row, width);
    while (n < width && mask[n]) n++;
    return gr_tb_row(b, ids, types, n, (uint32_t)b->b.n_rows);
}

static gr_tb *read_batch(const gr_st *cs, gr_head_kind kind)
{
    const bool pair = kind == GR_HEAD_EMBED;
    const gr_st_tensor *t = gr_st_find(cs, pair ? "a.input_ids" : "input_ids"), *labels = gr_st_find(cs, "labels");
    gr_tb *b = gr_tb_new();
    size_t n;

    assert_true(t && t->ndim == 2 && t->shape[1] <= WIDTH_MAX && labels);
    const int32_t rows = (int32_t)t->shape[0], width = (int32_t)t->shape[1];
    double *y = gr_tensor_f64(cs, "labels", &n);
    for (int32_t r = 0; r < rows; r++) {
        const int32_t at = add_row(b, cs, pair ? "a." : "", r, width), k = b->b.n_rows - 1;

        if (pair) (void)add_row(b, cs, "b.", r, (int32_t)gr_st_find(cs, "b.input_ids")->shape[1]);
        if (pair || kind == GR_HEAD_REGRESSION) b->values[r] = y[r];
        else if (kind == GR_HEAD_CLASS) b->classes[r] = (int32_t)y[r];
        else
            for (int32_t i = at; i < b->cu[k + 1]; i++) b->classes[i] = (int32_t)y[(size_t)r * (size_t)width + (size_t)(i - at)];
    }
    free(y);
    return b;
}

/* ---- training ---- */

static gr_status train(gr_model *m, const gr_tb *b, int steps, gr_err *err)
{
    gr_session_opts so = gr_session_opts_for_test("cpu", m);
    const double normaliser = gr_tb_labelled(b, m->head.kind);
    gr_session *s = NULL;
    gr_step_result r;
    gr_status st = gr_session_open(&s, m, &so, err);

    for (int i = 0; st == GR_OK && i < steps; i++) {
        st = gr_session_accumulate(s, &b->b, normaliser, NULL, err);
        if (st == GR_OK) st = gr_session_step(s, 1e-3, &r, err);
    }
    if (st == GR_OK) st = gr_session_pull(s, err);
    gr_session_close(s);
    return st;
}

/* ---- answers ---- */

static void put_reals(gr_buf *out, const double *x, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        gr_buf_addc(out, i ? ',' : '[');
        gr_json_number(out, x[i]);
    }
    gr_buf_addc(out, ']');
}

static void put_row(gr_buf *out, const char *device, const gr_tb *b, int32_t r, const double *y, int32_t width, bool tokens)
{
    const int32_t at = b->cu[r], n = b->cu[r + 1] - at;

    gr_buf_addf(out, "{\"device\":\"%s\",\"ids\":", device);
    for (int32_t i = 0; i < n; i++) gr_buf_addf(out, i ? ",%d" : "[%d", (int)b->ids[at + i]);
    gr_buf_adds(out, "],\"type_ids\":");
    for (int32_t i = 0; i < n; i++) gr_buf_addf(out, i ? ",%d" : "[%d", (int)b->types[at + i]);
    gr_buf_adds(out, "],\"logits\":");
    for (int32_t i = 0; tokens && i < n; i++) {
        gr_buf_addc(out, i ? ',' : '[');
        put_reals(out, y + (size_t)(at + i) * (size_t)width, width);
    }
    if (tokens) gr_buf_addc(out, ']');
    else put_reals(out, y + (size_t)r * (size_t)width, width);
    gr_buf_adds(out, "}\n");
}

static gr_status answer(gr_buf *out, const char *dir, gr_head_spec head, const gr_tb *b, const char *device, gr_err *err)
{
    const gr_model_opts o = { .dir = dir, .head = head, .elem = gr_device_find(device)->elem, .dropout = -1.0, .require_head = true };
    gr_session *s = NULL;
    gr_model *m = NULL;
    double *y = NULL;
    gr_status st = gr_model_open(&m, &o, err);

    if (st == GR_OK) {
        const bool embed = head.kind == GR_HEAD_EMBED, tokens = !embed && head.kind != GR_HEAD_CLASS && head.kind != GR_HEAD_REGRESSION;
        const int32_t width = embed ? m->config.hidden : m->head.n_out;
        gr_session_opts so = gr_session_opts_for_test(device, m);

        so.train = false;
        y = calloc((size_t)b->b.n_tokens * (size_t)width, sizeof *y);
        assert_non_null(y);
        st = gr_session_open(&s, m, &so, err);
        if (st == GR_OK) st = gr_session_eval(s, &b->b, y, NULL, err);
        for (int32_t r = 0; st == GR_OK && r < b->b.n_rows; r++) put_row(out, device, b, r, y, width, tokens);
    }
    free(y);
    gr_session_close(s);
    gr_model_close(m);
    return st;
}

static gr_status write_answers(const char *dir, gr_head_spec head, const gr_tb *b, gr_err *err)
{
    char path[GR_PATH_MAX];
    gr_buf out = { 0 };
    gr_status st = answer(&out, dir, head, b, "ref64", err);

    if (st == GR_OK) st = answer(&out, dir, head, b, "cpu", err);
    if (st == GR_OK && out.oom) st = gr_fail_nomem(err, dir);
    if (st == GR_OK && !gr_fs_join(path, sizeof path, dir, "oracle.jsonl")) st = gr_fail(err, GR_E_ARG, "path too long: %s", dir);
    if (st == GR_OK) st = gr_fs_write(path, out.p, out.n, err);
    gr_buf_free(&out);
    return st;
}

static gr_status pass_through(const char *dir, const char *out, int steps, gr_err *err)
{
    gr_model_opts o = { .dir = dir, .seed = 1, .elem = 4, .dropout = -1.0, .require_head = true };
    gr_model *m = NULL;
    gr_st *cs = NULL;
    gr_tb *b = NULL;
    gr_status st = open_file(&cs, dir, "case.safetensors", err);

    if (st == GR_OK) st = head_of(&o.head, dir, cs, err);
    if (st == GR_OK) st = gr_model_open(&m, &o, err);
    if (st == GR_OK) {
        b = read_batch(cs, o.head.kind);
        if (steps > 0) st = train(m, b, steps, err);
    }
    if (st == GR_OK) st = gr_model_save(m, out, err);
    if (st == GR_OK) st = write_answers(out, o.head, b, err);
    free(b);
    gr_model_close(m);
    gr_st_close(cs);
    return st;
}

int main(int argc, char **argv)
{
    gr_err err = GR_ERR_INIT;
    gr_status st;

    if (argc != 4) {
        (void)fprintf(stderr, "usage: oracle_interop DIR OUT STEPS\n");
        return 2;
    }
    gr_log_set_level(GR_LOG_ERROR);
    st = pass_through(argv[1], argv[2], (int)strtol(argv[3], NULL, 10), &err);
    if (st != GR_OK) (void)fprintf(stderr, "%s\n", err.msg);
    return st == GR_OK ? 0 : st == GR_E_UNSUPPORTED ? SKIPPED : 1;
}
