/* Labels of a head against those of a task: which names are the same, and that a head of another order gives each class its own row. */
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "model/weights_labels.h"
#include "tests/support/test.h"

enum { MOST = 5 };

static void compared(void **state)
{
    static const struct {
        const char   *name;
        int32_t       n;
        const char   *model[MOST], *task[MOST];
        gr_labels_fit want;
        int32_t       place[MOST];
    } cases[] = {
        { "same", 3, { "entailment", "neutral", "contradiction" }, { "entailment", "neutral", "contradiction" }, GR_LABELS_SAME, { 0, 1, 2 } },
        { "case", 2, { "Not Equivalent", "EQUIVALENT" }, { "not_equivalent", "equivalent" }, GR_LABELS_SAME, { 0, 1 } },
        { "the trap", 3, { "contradiction", "entailment", "neutral" }, { "entailment", "neutral", "contradiction" }, GR_LABELS_PERMUTED, { 1, 2, 0 } },
        { "the other trap", 3, { "CONTRADICTION", "NEUTRAL", "ENTAILMENT" }, { "entailment", "neutral", "contradiction" }, GR_LABELS_PERMUTED, { 2, 1, 0 } },
        { "generic", 3, { "LABEL_0", "LABEL_1", "LABEL_2" }, { "a", "b", "c" }, GR_LABELS_GENERIC, { 0, 1, 2 } },
        { "numbers", 2, { "0", "1" }, { "neg", "pos" }, GR_LABELS_GENERIC, { 0, 1 } },
        { "generic, not in order", 2, { "LABEL_1", "LABEL_0" }, { "neg", "pos" }, GR_LABELS_OTHER, { -1, -1 } },
        { "a task of numbers", 2, { "1", "0" }, { "0", "1" }, GR_LABELS_PERMUTED, { 1, 0 } },
        { "longer names", 2, { "POSITIVE", "NEGATIVE" }, { "neg", "pos" }, GR_LABELS_PERMUTED, { 1, 0 } },
        { "two beginnings", 3, { "positive", "posh", "negative" }, { "pos", "neg", "neu" }, GR_LABELS_MIXED, { -1, 2, -1 } },
        { "too short", 2, { "Business", "World" }, { "w", "b" }, GR_LABELS_OTHER, { -1, -1 } },
        { "not a beginning", 2, { "not_entailment", "entailment" }, { "entailment", "not_entailment" }, GR_LABELS_PERMUTED, { 1, 0 } },
        { "others", 2, { "ham", "spam" }, { "neg", "pos" }, GR_LABELS_OTHER, { -1, -1 } },
        { "one in its place", 2, { "neg", "spam" }, { "neg", "pos" }, GR_LABELS_OTHER, { 0, -1 } },
        { "one elsewhere", 2, { "spam", "neg" }, { "neg", "pos" }, GR_LABELS_MIXED, { 1, -1 } },
        { "one twice", 3, { "spor", "dunya", "spor" }, { "dunya", "x", "spor" }, GR_LABELS_MIXED, { 1, -1, 2 } },
        { "one twice, once in its place", 3, { "spor", "ekonomi", "spor" }, { "dunya", "ekonomi", "spor" }, GR_LABELS_MIXED, { -1, 1, 2 } },
        { "tags", 5, { "O", "B-LOC", "I-LOC", "B-PER", "I-PER" }, { "O", "B-PER", "I-PER", "B-LOC", "I-LOC" }, GR_LABELS_PERMUTED, { 0, 3, 4, 1, 2 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t place[MOST] = { 9, 9, 9, 9, 9 };
        const gr_labels_fit fit = gr_labels_compare(place, cases[i].model, cases[i].task, cases[i].n);

        if (fit != cases[i].want) fail_msg("%s: %d, want %d", cases[i].name, (int)fit, (int)cases[i].want);
        for (int32_t k = 0; k < cases[i].n; k++)
            if (place[k] != cases[i].place[k]) fail_msg("%s: class %d at %d, want %d", cases[i].name, (int)k, (int)place[k], (int)cases[i].place[k]);
    }
}

/* ---- heads ---- */

static const char config_json[] = "{\"architectures\":[\"BertModel\"],\"model_type\":\"bert\",\"vocab_size\":30,\"hidden_size\":8,\"num_hidden_layers\":1,"
                                  "\"num_attention_heads\":2,\"intermediate_size\":12,\"max_position_embeddings\":10,\"initializer_range\":0.5}";
static const char *const trap[] = { "contradiction", "entailment", "neutral" }, *const task[] = { "entailment", "neutral", "contradiction" };

/* A saved model whose head has these labels; row i of the matrix and value i of the vector are what its seed gave to class i. */
static const char *saved(const char *name, gr_head_kind kind, const char *const *labels, int32_t n)
{
    static char dir[GR_PATH_MAX];
    char path[GR_PATH_MAX];
    const gr_model_opts o = { .head = { kind, n }, .labels = labels, .seed = 3, .elem = 4, .dropout = -1.0 };
    gr_model *m = NULL;
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), name));
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "config.json"));
    assert_ok(gr_fs_write(path, config_json, strlen(config_json), &err), &err);
    assert_ok(gr_model_create(&m, path, &o, &err), &err);
    for (int32_t i = 0; i < n; i++) ((float *)m->weights)[m->params.p[m->params.head_b].offset + (size_t)i] = (float)(i + 1);
    assert_ok(gr_model_save(m, dir, &err), &err);
    gr_model_close(m);
    return dir;
}

static gr_model *opened(const char *dir, gr_head_kind kind, const char *const *labels, int32_t n, int elem, bool map)
{
    const gr_model_opts o = { .dir = dir, .head = { kind, n }, .labels = labels, .seed = 4, .elem = elem, .dropout = -1.0, .map = map };
    gr_model *m = NULL;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_model_open(&m, &o, &err), &err);
    return m;
}

static double at(const gr_model *m, int32_t tensor, size_t i)
{
    const void *x = gr_model_tensor(m, (size_t)tensor);
    return m->elem == 8 ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

static void assert_rows(const gr_model *m, const gr_model *before, const int32_t *place, int32_t n)
{
    const size_t h = (size_t)m->config.hidden;

    for (int32_t i = 0; i < n; i++) {
        assert_near(at(m, m->params.head_b, (size_t)i), place[i] + 1, 0, "value %d", (int)i);
        for (size_t k = 0; k < h; k++)
            assert_near(at(m, m->params.head_w, (size_t)i * h + k), at(before, before->params.head_w, (size_t)place[i] * h + k), 0, "row %d", (int)i);
    }
}

static void swapped_heads(void **state)
{
    static const int32_t place[] = { 1, 2, 0 };
    static const struct { gr_head_kind kind; int elem; } cases[] = { { GR_HEAD_CLASS, 4 }, { GR_HEAD_CLASS, 8 }, { GR_HEAD_TOKEN, 4 } };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *dir = saved("swapped", cases[i].kind, trap, 3);
        gr_model *before = opened(dir, cases[i].kind, task, 3, cases[i].elem, false), *m = opened(dir, cases[i].kind, task, 3, cases[i].elem, false);
        gr_labels_fit fit;

        assert_ok(gr_labels_align(&fit, m, &err), &err);
        assert_int_equal(fit, GR_LABELS_PERMUTED);
        assert_rows(m, before, place, 3);
        assert_int_equal(m->n_warnings, 1);
        assert_non_null(strstr(m->warnings[0], "contradiction, entailment, neutral"));
        assert_non_null(strstr(m->warnings[0], "entailment, neutral, contradiction"));
        gr_model_close(before);
        gr_model_close(m);
    }
}

static void heads_left_alone(void **state)
{
    static const int32_t place[] = { 0, 1, 2 };
    static const char *const generic[] = { "LABEL_0", "LABEL_1", "LABEL_2" }, *const other[] = { "ham", "spam", "eggs" };
    static const struct { const char *name; const char *const *labels; gr_labels_fit want; size_t warnings; } cases[] = {
        { "same", task, GR_LABELS_SAME, 0 }, { "generic", generic, GR_LABELS_GENERIC, 0 }, { "other", other, GR_LABELS_OTHER, 1 },
    };
    gr_err err = GR_ERR_INIT;
    gr_labels_fit fit;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gr_model *m = opened(saved(cases[i].name, GR_HEAD_CLASS, cases[i].labels, 3), GR_HEAD_CLASS, task, 3, 4, false);

        assert_ok(gr_labels_align(&fit, m, &err), &err);
        assert_int_equal(fit, cases[i].want);
        assert_int_equal(m->n_warnings, cases[i].warnings);
        if (m->n_warnings) assert_non_null(strstr(m->warnings[0], "ham, spam, eggs"));
        assert_rows(m, m, place, 3);
        gr_model_close(m);
    }
}

/* A head that was made afresh has the task's order; a value has no order; a mapped model cannot be changed. */
static void nothing_to_align(void **state)
{
    const char *dir = saved("three", GR_HEAD_CLASS, trap, 3);
    static const char *const two[] = { "entailment", "not_entailment" };
    gr_model *m = opened(dir, GR_HEAD_CLASS, two, 2, 4, false);
    gr_labels_fit fit = GR_LABELS_OTHER;
    gr_err err = GR_ERR_INIT;
    size_t before;

    (void)state;
    assert_true(m->head_is_new);
    before = m->n_warnings;
    assert_ok(gr_labels_align(&fit, m, &err), &err);
    assert_true(fit == GR_LABELS_SAME && m->n_warnings == before);
    gr_model_close(m);
    m = opened(dir, GR_HEAD_REGRESSION, NULL, 1, 4, false);
    assert_ok(gr_labels_align(NULL, m, &err), &err);
    gr_model_close(m);
    m = opened(dir, GR_HEAD_CLASS, task, 3, 4, true);
    assert_status(gr_labels_align(&fit, m, &err), GR_E_INTERNAL, &err, "mapped");
    gr_model_close(m);
}

/* Many names: the line says how many and stays a line. */
static void many_names(void **state)
{
    enum { N = 60 };
    static char text[N][24];
    const char *have[N], *want[N];
    gr_model *m;
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int i = 0; i < N; i++) {
        (void)snprintf(text[i], sizeof text[i], "class-%d.", i);
        want[i] = text[i];
    }
    for (int i = 0; i < N; i++) have[i] = want[N - 1 - i];
    m = opened(saved("many", GR_HEAD_CLASS, have, N), GR_HEAD_CLASS, want, N, 4, false);
    assert_ok(gr_labels_align(NULL, m, &err), &err);
    assert_non_null(strstr(m->warnings[0], "... (60 names)"));
    assert_true(strlen(m->warnings[0]) < 450);
    gr_model_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compared), cmocka_unit_test(swapped_heads), cmocka_unit_test(heads_left_alone), cmocka_unit_test(nothing_to_align), cmocka_unit_test(many_names),
    };

    gr_log_set_level(GR_LOG_ERROR);
    return gr_test_main(tests);
}
