/* saved_test.c - writes what the Python oracles read: for each head a tiny random model as gr_model_save leaves it, and
 * oracle.jsonl beside it with token ids and our outputs for a few rows. The folder is <build>/oracle/<case>.
 *
 * The model is opened again from its folder before it answers, so that the answers are those of the saved files. */
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "tests/support/engine.h"

typedef struct oracle_case {
    const char        *name, *act;
    gr_head_kind       kind;
    int32_t            hidden, heads, layers;
    const char *const *labels;
} oracle_case;

static const char *const sentiment[] = { "negative", "neutral", "pos\"itive" };
static const char *const tags[] = { "O", "B-PER", "I-PER", "B-LOC", "I-LOC" };

static const oracle_case cases[] = {
    { "class", "gelu", GR_HEAD_CLASS, 16, 2, 2, sentiment },
    { "regression", "relu", GR_HEAD_REGRESSION, 20, 5, 1, NULL },
    { "token", "gelu_new", GR_HEAD_TOKEN, 24, 3, 3, tags },
    { "embed", "gelu", GR_HEAD_EMBED, 16, 4, 2, NULL },
};

static const int32_t lengths[] = { 5, 1, 24, 9, 2, 16 };
enum { ROWS = sizeof lengths / sizeof *lengths };

static void put_ints(gr_buf *out, const char *key, const int32_t *x, int32_t n)
{
    gr_buf_addf(out, "\"%s\":[", key);
    for (int32_t i = 0; i < n; i++) gr_buf_addf(out, i ? ",%d" : "%d", (int)x[i]);
    gr_buf_adds(out, "],");
}

static void put_reals(gr_buf *out, const double *x, int32_t n)
{
    gr_buf_addc(out, '[');
    for (int32_t i = 0; i < n; i++) {
        if (i) gr_buf_addc(out, ',');
        gr_json_number(out, x[i]);
    }
    gr_buf_addc(out, ']');
}

static void put_row(gr_buf *out, const char *device, const gr_tb *b, int32_t r, const double *y, int32_t width, bool tokens)
{
    const int32_t at = b->cu[r], n = b->cu[r + 1] - at;

    gr_buf_addf(out, "{\"device\":\"%s\",", device);
    put_ints(out, "ids", b->ids + at, n);
    put_ints(out, "type_ids", b->types + at, n);
    gr_buf_adds(out, "\"logits\":");
    if (tokens) {
        for (int32_t i = 0; i < n; i++) {
            gr_buf_addc(out, i ? ',' : '[');
            put_reals(out, y + (size_t)(at + i) * (size_t)width, width);
        }
        gr_buf_addc(out, ']');
    } else {
        put_reals(out, y + (size_t)r * (size_t)width, width);
    }
    gr_buf_adds(out, "}\n");
}

/* The saved folder, opened for a device, answers the batch. */
static void answer(gr_buf *out, const char *dir, const oracle_case *c, gr_head_spec head, const gr_tb *b, const char *device)
{
    const gr_model_opts o = { .dir = dir, .head = head, .elem = gr_device_find(device)->elem, .dropout = -1.0, .require_head = c->kind != GR_HEAD_EMBED };
    const int32_t width = c->kind == GR_HEAD_EMBED ? c->hidden : head.n_out;
    double *y = calloc((size_t)b->b.n_tokens * (size_t)width, sizeof *y);
    gr_session_opts so;
    gr_session *s = NULL;
    gr_model *m = NULL;
    gr_err err = GR_ERR_INIT;

    assert_non_null(y);
    assert_ok(gr_model_open(&m, &o, &err), &err);
    assert_int_equal(m->n_warnings, 0);
    so = gr_session_opts_for_test(device, m);
    so.train = false;
    assert_ok(gr_session_open(&s, m, &so, &err), &err);
    assert_ok(gr_session_eval(s, &b->b, y, NULL, &err), &err);
    for (int32_t r = 0; r < ROWS; r++) put_row(out, device, b, r, y, width, c->kind == GR_HEAD_TOKEN);
    gr_session_close(s);
    gr_model_close(m);
    free(y);
}

static void write_case(const oracle_case *c)
{
    gr_tiny t = gr_tiny_default(c->kind, "cpu");
    char dir[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_buf out = { 0 };
    gr_model *m;
    gr_tb *b;

    t.hidden = c->hidden;
    t.heads = c->heads;
    t.layers = c->layers;
    t.act = c->act;
    m = gr_tiny_model(&t, 11);
    if (c->labels) m->labels = c->labels;
    assert_true(gr_fs_join(dir, sizeof dir, GR_BINARY_DIR "/oracle", c->name));
    assert_ok(gr_model_save(m, dir, &err), &err);
    gr_model_close(m);
    b = gr_tiny_batch(&t, lengths, ROWS, 5);
    answer(&out, dir, c, t.head, b, "ref64");
    answer(&out, dir, c, t.head, b, "cpu");
    assert_false(out.oom);
    assert_true(gr_fs_join(path, sizeof path, dir, "oracle.jsonl"));
    assert_ok(gr_fs_write(path, out.p, out.n, &err), &err);
    gr_buf_free(&out);
    free(b);
}

static void test_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) write_case(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_write) };

    gr_log_set_level(GR_LOG_WARN);
    return gr_test_main(tests);
}
