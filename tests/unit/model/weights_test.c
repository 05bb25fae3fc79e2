/* gr_model: made, saved, opened again; strictness about tensors; warnings; names. */
#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "model/safetensors.h"
#include "model/weights.h"
#include "tests/support/large_pages.h"
#include "tests/support/test.h"

static const char config_json[] =
    "{\"architectures\":[\"BertModel\"],\"model_type\":\"bert\",\"vocab_size\":30,\"hidden_size\":8,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
    "\"glue_run_note\":\"made by hand\",\"intermediate_size\":12,\"max_position_embeddings\":10,\"pad_token_id\":3,\"torch_dtype\":\"float16\",\"transformers_version\":\"4.30.0\",\"x\":{\"y\":[1]}}";

static const char *in_tmp(const char *name)
{
    static char path[4][GR_PATH_MAX];
    static int turn;

    turn = (turn + 1) % 4;
    assert_true(gr_fs_join(path[turn], GR_PATH_MAX, gr_test_tmpdir(), name));
    return path[turn];
}

static gr_model_opts opts(gr_head_kind kind, int32_t n_out)
{
    return (gr_model_opts){ .head = { kind, n_out }, .seed = 7, .elem = 4, .dropout = -1.0 };
}

static gr_model *create_as(const char *json, const gr_model_opts *o)
{
    const char *dir = in_tmp("Source Model");
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_model *m = NULL;

    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "vocab.txt"));
    assert_ok(gr_fs_write(path, "[PAD]\n", 6, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "config.json"));
    assert_ok(gr_fs_write(path, json, strlen(json), &err), &err);
    assert_ok(gr_model_create(&m, path, o, &err), &err);
    return m;
}

static gr_model *create(const gr_model_opts *o) { return create_as(config_json, o); }

static const float *weights_of(const gr_model *m, const char *name, size_t *n)
{
    const int32_t i = gr_params_find(&m->params, name);

    if (i < 0) fail_msg("no parameter '%s'", name);
    if (n) *n = m->params.p[i].count;
    return (const float *)m->weights + m->params.p[i].offset;
}

static void test_init(void **state)
{
    gr_model_opts o = opts(GR_HEAD_CLASS, 3);
    gr_model *m = create(&o), *again, *more, *other;
    const float *w;
    size_t n;

    (void)state;
    w = weights_of(m, "bert.embeddings.word_embeddings.weight", &n);
    for (size_t k = 0; k < 8; k++) assert_near(w[3 * 8 + k], 0, 0, "the pad row is zero");
    assert_true(w[0] != 0.0f && fabsf(w[0]) < 0.02f * 8);
    assert_near(weights_of(m, "bert.encoder.layer.1.output.LayerNorm.weight", NULL)[5], 1, 0, "gain");
    assert_near(weights_of(m, "classifier.bias", NULL)[2], 0, 0, "bias");
    assert_true(m->head_is_new);
    assert_string_equal(m->labels[2], "LABEL_2");
    assert_int_equal((uintptr_t)m->weights % 64, 0);
    /* the same seed gives the same bits; a tensor does not depend on the others; another seed gives others */
    again = create(&o);
    assert_memory_equal(again->weights, m->weights, m->params.total * sizeof(float));
    o.head = (gr_head_spec){ GR_HEAD_TOKEN, 3 };
    more = create(&o);
    w = weights_of(m, "classifier.weight", &n);
    assert_memory_equal(weights_of(more, "classifier.weight", NULL), w, n * sizeof(float));
    o.seed = 8;
    other = create(&o);
    assert_memory_not_equal(weights_of(other, "classifier.weight", NULL), w, n * sizeof(float));
    gr_model_close(m);
    gr_model_close(again);
    gr_model_close(more);
    gr_model_close(other);
}

/* The spread of many draws: 30 * 8 - 8 values of sd 0.02; the standard error of their sd is 0.02 / sqrt(2 * 232) = 0.00093. */
static void test_spread(void **state)
{
    gr_model_opts o = opts(GR_HEAD_EMBED, 0);
    gr_model *m = create(&o);
    double sum = 0;
    size_t n;
    const float *w = weights_of(m, "embeddings.word_embeddings.weight", &n);

    (void)state;
    for (size_t i = 0; i < n; i++) sum += (double)w[i] * (double)w[i];
    assert_near(sqrt(sum / (double)(n - 8)), 0.02, 5 * 0.00093, "sd");
    gr_model_close(m);
}

static void test_save_and_open(void **state)
{
    static const char *const labels[] = { "no", "maybe", "yes" };
    gr_model_opts o = opts(GR_HEAD_CLASS, 3);
    const char *dir = in_tmp("saved");
    gr_err err = GR_ERR_INIT;
    char path[GR_PATH_MAX];
    gr_json *doc = NULL;
    gr_model *m, *back = NULL;
    gr_head_spec head;

    (void)state;
    o.labels = labels;
    m = create(&o);
    assert_string_equal(m->name, "source-model");
    assert_ok(gr_model_save(m, dir, &err), &err);
    o.labels = NULL;
    o.dir = dir;
    o.require_head = true;
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_memory_equal(back->weights, m->weights, m->params.total * sizeof(float));
    assert_int_equal(back->n_warnings, 0);
    assert_false(back->head_is_new);
    assert_string_equal(back->labels[1], "maybe");
    assert_string_equal(back->config.architecture, "BertForSequenceClassification");
    assert_int_equal(strlen(back->sha256), 64);
    assert_ok(gr_model_head_of(&head, &back->config, &err), &err);
    assert_int_equal(head.kind, GR_HEAD_CLASS);
    assert_int_equal(head.n_out, 3);
    assert_true(gr_fs_join(path, sizeof path, dir, "vocab.txt"));
    assert_true(gr_fs_is_file(path));
    assert_true(gr_fs_join(path, sizeof path, dir, "config.json"));
    assert_ok(gr_json_read(&doc, path, 0, &err), &err);
    assert_string_equal(gr_json_str(gr_json_get(doc, "dtype"), ""), "float32");
    assert_null(gr_json_get(doc, "glue_run_note")); /* of the encoder it came from, no longer true */
    assert_null(gr_json_get(doc, "torch_dtype"));
    assert_string_equal(gr_json_str(gr_json_get(doc, "transformers_version"), ""), "4.30.0");
    assert_string_equal(gr_json_str(gr_json_get(doc, "problem_type"), ""), "single_label_classification");
    assert_near(gr_json_num(gr_json_get(gr_json_get(doc, "label2id"), "yes"), -1), 2, 0, "label2id");
    assert_true(gr_json_is_array(gr_json_get(gr_json_get(doc, "x"), "y"))); /* unknown keys are kept */
    gr_json_free(doc);
    gr_model_close(back);
    gr_model_close(m);
}

static void test_heads_saved(void **state)
{
    static const struct { gr_head_spec head; const char *architecture; bool reopens; } cases[] = {
        { { GR_HEAD_REGRESSION, 1 }, "BertForSequenceClassification", true },
        { { GR_HEAD_TOKEN, 5 }, "BertForTokenClassification", true },
        { { GR_HEAD_EMBED, 0 }, "BertModel", false },
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        gr_model_opts o = opts(cases[i].head.kind, cases[i].head.n_out);
        const char *dir = in_tmp("heads");
        gr_err err = GR_ERR_INIT;
        gr_model *m = create(&o), *back = NULL;
        gr_head_spec head;

        assert_ok(gr_model_save(m, dir, &err), &err);
        o.dir = dir;
        o.elem = 8;
        assert_ok(gr_model_open(&back, &o, &err), &err);
        assert_string_equal(back->config.architecture, cases[i].architecture);
        for (size_t k = 0; k < m->params.total; k++)
            assert_near(((double *)back->weights)[k], (double)((float *)m->weights)[k], 0, "element %zu", k);
        if (cases[i].reopens) {
            assert_ok(gr_model_head_of(&head, &back->config, &err), &err);
            assert_int_equal(head.kind, cases[i].head.kind);
            assert_int_equal(head.n_out, cases[i].head.n_out);
        } else {
            assert_status(gr_model_head_of(&head, &back->config, &err), GR_E_FORMAT, &err, "fine-tune");
        }
        gr_model_close(back);
        gr_model_close(m);
    }
}

/* A double model is saved as floats; a table of 1.3 MB goes through the writer in two pieces. */
static void test_double_saved(void **state)
{
    static const char json[] = "{\"model_type\":\"bert\",\"vocab_size\":40000,\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,"
                               "\"intermediate_size\":12,\"max_position_embeddings\":10,\"type_vocab_size\":2}";
    gr_model_opts o = opts(GR_HEAD_CLASS, 2);
    const char *dir = in_tmp("double");
    gr_err err = GR_ERR_INIT;
    gr_model *m, *back = NULL;

    (void)state;
    o.elem = 8;
    m = create_as(json, &o);
    assert_ok(gr_model_save(m, dir, &err), &err);
    o.dir = dir;
    assert_ok(gr_model_open(&back, &o, &err), &err);
    for (size_t k = 0; k < m->params.total; k++)
        if (((double *)back->weights)[k] != (double)(float)((double *)m->weights)[k]) fail_msg("element %zu", k);
    gr_model_close(back);
    gr_model_close(m);
}

/* Tensor i of the model, as it is written to a file. */
static gr_st_tensor tensor_of(const gr_model *m, size_t i)
{
    const gr_param *p = &m->params.p[i];

    return (gr_st_tensor){ p->name, GR_DT_F32, p->cols ? 2 : 1, { p->rows, p->cols }, p->count,
                           (const unsigned char *)((const float *)m->weights + p->offset), p->count * 4 };
}

/* A folder with the model, whose file of weights holds these tensors instead. */
static const char *saved_with(const gr_model *m, const char *folder, const gr_st_tensor *t, size_t n)
{
    const char *dir = in_tmp(folder);
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_model_save(m, dir, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "model.safetensors"));
    assert_ok(gr_st_write(path, t, n, &err), &err);
    return dir;
}

enum { TENSORS_MAX = 64 };

/* The model saved without the tensor `skip` (NULL: none), and with one number more under the name `extra` (NULL: none). */
static const char *doctored(const gr_model *m, const char *extra, const char *skip, const float *value)
{
    gr_st_tensor t[TENSORS_MAX];
    size_t n = 0;

    assert_true(m->params.n < TENSORS_MAX);
    for (size_t i = 0; i < m->params.n; i++)
        if (!skip || strcmp(m->params.p[i].name, skip) != 0) t[n++] = tensor_of(m, i);
    if (extra) t[n++] = (gr_st_tensor){ extra, GR_DT_F32, 1, { 1 }, 1, (const unsigned char *)value, 4 };
    return saved_with(m, "doctored", t, n);
}

static void test_strict(void **state)
{
    gr_model_opts o = opts(GR_HEAD_CLASS, 2), wide;
    const float one = 1, bad = (float)NAN;
    gr_model *m = create(&o), *back = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    o.dir = doctored(m, "bert.encoder.layer.2.output.dense.bias", NULL, &one);
    assert_status(gr_model_open(&back, &o, &err), GR_E_FORMAT, &err, "layer.2.output.dense.bias");
    assert_null(back);
    o.ignore_unused = true;
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_int_equal(back->n_warnings, 1);
    gr_model_close(back);
    o.ignore_unused = false;

    o.dir = doctored(m, NULL, "bert.encoder.layer.1.output.dense.bias", NULL);
    assert_status(gr_model_open(&back, &o, &err), GR_E_FORMAT, &err, "'bert.encoder.layer.1.output.dense.bias' is missing");

    o.dir = doctored(m, "cls.predictions.bias", "classifier.bias", &one);
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_int_equal(back->n_warnings, 2);
    assert_non_null(strstr(back->warnings[0], "classifier.weight, classifier.bias"));
    assert_non_null(strstr(back->warnings[1], "cls.predictions.bias"));
    assert_true(back->head_is_new);
    gr_model_close(back);

    o.dir = doctored(m, "bert.embeddings.position_ids", NULL, &one);
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_non_null(strstr(back->warnings[0], "position_ids"));
    gr_model_close(back);

    /* the bias comes back as a lone NaN of the right shape for one output */
    wide = opts(GR_HEAD_REGRESSION, 1);
    gr_model_close(m);
    m = create(&wide);
    wide.dir = doctored(m, "classifier.bias", "classifier.bias", &bad);
    assert_status(gr_model_open(&back, &wide, &err), GR_E_NUMERIC, &err, "'classifier.bias'");
    gr_model_close(m);
}

/* Values of four bytes under another name of their type: a quantised model's numbers are no weights without its scales. */
static void test_whole_numbers(void **state)
{
    static const char key[] = "\"bert.pooler.dense.weight\":{\"dtype\":\"";
    gr_model_opts o = opts(GR_HEAD_CLASS, 2);
    const char *dir = in_tmp("whole numbers");
    gr_model *m = create(&o), *back = NULL;
    char path[GR_PATH_MAX], *text = NULL;
    gr_err err = GR_ERR_INIT;
    size_t n = 0, at = 0;

    (void)state;
    assert_ok(gr_model_save(m, dir, &err), &err);
    gr_model_close(m);
    assert_true(gr_fs_join(path, sizeof path, dir, "model.safetensors"));
    assert_ok(gr_fs_read(&text, &n, path, 1 << 20, &err), &err);
    while (at + sizeof key < n && memcmp(text + at, key, sizeof key - 1) != 0) at++;
    assert_true(at + sizeof key < n);
    text[at + sizeof key - 1] = 'I';
    assert_ok(gr_fs_write(path, text, n, &err), &err);
    free(text);
    o.dir = dir;
    for (int map = 0; map < 2; map++) {
        o.map = map != 0;
        assert_status(gr_model_open(&back, &o, &err), GR_E_UNSUPPORTED, &err, "tensor 'bert.pooler.dense.weight' holds whole numbers");
    }
}

static void test_other_head(void **state)
{
    gr_model_opts o = opts(GR_HEAD_CLASS, 2);
    const char *dir = in_tmp("other head");
    gr_model *m = create(&o), *back = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_model_save(m, dir, &err), &err);
    o.dir = dir;
    o.head.n_out = 3;
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_true(back->head_is_new);
    assert_int_equal(back->n_warnings, 1);
    assert_non_null(strstr(back->warnings[0], "classifier.weight is [2, 8] in the file and [3, 8] for this task, classifier.bias is [2] in the file and [3] for this task: "
                                              "replaced by new ones"));
    gr_model_close(back);
    o.require_head = true;
    assert_status(gr_model_open(&back, &o, &err), GR_E_FORMAT, &err, "model.safetensors: tensor 'classifier.weight' has the shape [2, 8], the configuration asks for [3, 8]");
    o = opts(GR_HEAD_EMBED, 0);
    o.dir = dir;
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_non_null(strstr(back->warnings[0], "classifier."));
    gr_model_close(back);
    o = opts(GR_HEAD_TOKEN, 2);
    o.dir = dir;
    o.dropout = 0.25;
    assert_ok(gr_model_open(&back, &o, &err), &err); /* the pooler is left aside */
    assert_near(back->config.drop[GR_DROP_ATTN], 0.25, 0, "dropout replaced");
    assert_non_null(strstr(back->warnings[0], "is that of a BertForSequenceClassification")); /* kept, for it fits */
    assert_false(back->head_is_new);
    assert_non_null(strstr(back->warnings[1], "pooler"));
    gr_model_close(back);
    gr_model_close(m);
}

/* The same model under the names that other programs give: read as if they were ours. */
static const char *renamed(const gr_model *m, const char *wrapper, size_t from_prefix, const char *again)
{
    const char *dir = in_tmp("renamed");
    static char names[64][160];
    gr_st_tensor t[64];
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    size_t n = 0;

    assert_ok(gr_model_save(m, dir, &err), &err);
    for (size_t i = 0; i < m->params.n; i++) {
        const gr_param *p = &m->params.p[i];

        (void)snprintf(names[i], sizeof names[i], "%s%s", wrapper, p->part == GR_PART_HEAD ? p->name : p->name + from_prefix);
        t[n++] = (gr_st_tensor){ names[i], GR_DT_F32, p->cols ? 2 : 1, { p->rows, p->cols }, p->count,
                                 (const unsigned char *)((const float *)m->weights + p->offset), p->count * 4 };
    }
    if (again) {
        t[n] = t[0];
        t[n++].name = again;
    }
    assert_true(gr_fs_join(path, sizeof path, dir, "model.safetensors"));
    assert_ok(gr_st_write(path, t, n, &err), &err);
    return dir;
}

static void test_names(void **state)
{
    static const struct { const char *wrapper; size_t from_prefix; } cases[] = {
        { "", 0 }, { "", 5 }, { "module.", 0 }, { "_orig_mod.module.", 5 }, { "0.auto_model.", 5 }, { "auto_model.", 5 },
    };
    gr_model_opts o = opts(GR_HEAD_CLASS, 2);
    gr_model *m = create(&o), *back = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        o.dir = renamed(m, cases[i].wrapper, cases[i].from_prefix, NULL);
        assert_ok(gr_model_open(&back, &o, &err), &err);
        assert_int_equal(back->n_warnings, 0);
        assert_memory_equal(back->weights, m->weights, m->params.total * sizeof(float));
        gr_model_close(back);
    }
    o.dir = renamed(m, "module.", 0, m->params.p[0].name);
    assert_status(gr_model_open(&back, &o, &err), GR_E_FORMAT, &err, "have one place in the model");
    o.dir = renamed(m, "backbone.", 0, NULL);
    assert_status(gr_model_open(&back, &o, &err), GR_E_FORMAT, &err, "the file's first tensor is 'backbone.");
    gr_model_close(m);
}

/* Tensors that no model asks for, and why they are accepted. */
static void test_written_list(void **state)
{
    static const char *const fine[][2] = {
        { "bert.embeddings.position_ids", "buffers" },         { "embeddings.token_type_ids", "buffers" },
        { "bert.encoder.rotary_emb.inv_freq", "buffers" },     { "module.bert.embeddings.position_ids", "buffers" },
        { "cls.seq_relationship.weight", "does not use" },     { "qa_outputs.bias", "does not use" },
        { "cls.predictions.decoder.weight", "does not use" },
    };
    static const char *const unknown[] = { "bert.embeddings.position_ids_2", "2.linear.weight", "bert.cls_2.weight", "loss_fct.weight" };
    gr_model_opts o = opts(GR_HEAD_CLASS, 2);
    gr_model *m = create(&o), *back = NULL;
    const float one = 1;
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        o.dir = doctored(m, fine[i][0], NULL, &one);
        assert_ok(gr_model_open(&back, &o, &err), &err);
        assert_int_equal(back->n_warnings, 1);
        assert_non_null(strstr(back->warnings[0], fine[i][1]));
        assert_non_null(strstr(back->warnings[0], fine[i][0]));
        gr_model_close(back);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        o.dir = doctored(m, unknown[i], NULL, &one);
        assert_status(gr_model_open(&back, &o, &err), GR_E_FORMAT, &err, unknown[i]);
    }
    gr_model_close(m);
}

/* The model saved without the tensor `skip` (NULL: none), and with a copy of the tensor `of` under the name `as`. */
static const char *copied(const gr_model *m, const char *of, const char *as, const char *skip)
{
    gr_st_tensor t[TENSORS_MAX];
    size_t n = 0;

    assert_true(m->params.n < TENSORS_MAX);
    for (size_t i = 0; i < m->params.n; i++) {
        const gr_st_tensor one = tensor_of(m, i);

        if (!skip || strcmp(one.name, skip) != 0) t[n++] = one;
        if (strcmp(one.name, of) != 0) continue;
        t[n] = one;
        t[n++].name = as;
    }
    return saved_with(m, "copied", t, n);
}

/* A masked language model's last layer is the word embedding; files of some programs have both. */
static void test_tied(void **state)
{
    static const char words[] = "bert.embeddings.word_embeddings.weight", bias[] = "cls.predictions.bias";
    gr_model_opts o = opts(GR_HEAD_MLM, 0);
    gr_model *m = create(&o), *back = NULL;
    const float one = 1;
    gr_err err = GR_ERR_INIT;

    (void)state;
    o.require_head = true;
    o.dir = copied(m, words, "cls.predictions.decoder.weight", NULL);
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_int_equal(back->n_warnings, 0);
    gr_model_close(back);
    o.dir = doctored(m, "cls.predictions.decoder.weight", NULL, &one);
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_int_equal(back->n_warnings, 1);
    assert_non_null(strstr(back->warnings[0], "'cls.predictions.decoder.weight' differs from 'bert.embeddings.word_embeddings.weight'"));
    gr_model_close(back);
    o.dir = copied(m, bias, "cls.predictions.decoder.bias", NULL);
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_int_equal(back->n_warnings, 0);
    gr_model_close(back);
    o.dir = copied(m, bias, "cls.predictions.decoder.bias", bias); /* under that name alone */
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_int_equal(back->n_warnings, 0);
    gr_model_close(back);
    o.dir = doctored(m, NULL, bias, &one);
    assert_status(gr_model_open(&back, &o, &err), GR_E_FORMAT, &err, "cls.predictions.bias: missing; a prediction needs");
    gr_model_close(m);
}

static bool same_weights(const gr_model *a, const gr_model *b, const char *name)
{
    size_t n, of_b;
    const float *x = weights_of(a, name, &n), *y = weights_of(b, name, &of_b);

    assert_int_equal(n, of_b);
    return memcmp(x, y, n * sizeof *x) == 0;
}

/* RoBERTa's head has two layers: one that is missing or of another shape is made afresh, the other is kept. */
static void test_half_a_head(void **state)
{
    static const char roberta[] = "{\"architectures\":[\"RobertaModel\"],\"model_type\":\"roberta\",\"vocab_size\":30,\"hidden_size\":8,\"num_hidden_layers\":1,"
                                  "\"num_attention_heads\":2,\"intermediate_size\":12,\"max_position_embeddings\":10,\"type_vocab_size\":1,\"pad_token_id\":1}";
    gr_model_opts o = opts(GR_HEAD_CLASS, 2);
    gr_model *m = NULL, *back = NULL;
    const float one = 1;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_model_create_from(&m, roberta, "half", &o, &err), &err);
    o.seed = 8; /* what is made afresh differs from what was saved */
    o.dir = doctored(m, NULL, "classifier.out_proj.weight", &one);
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_int_equal(back->n_warnings, 1);
    assert_non_null(strstr(back->warnings[0], "classifier.out_proj.weight, classifier.out_proj.bias are incomplete in the file and were initialised afresh; "
                                              "the rest of the head is the file's"));
    assert_true(back->head_is_new);
    assert_true(same_weights(back, m, "classifier.dense.weight"));
    assert_false(same_weights(back, m, "classifier.out_proj.weight"));
    gr_model_close(back);
    o.dir = doctored(m, NULL, NULL, NULL);
    o.head.n_out = 3;
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_int_equal(back->n_warnings, 1);
    assert_non_null(strstr(back->warnings[0], "classifier.out_proj.weight is [2, 8] in the file and [3, 8] for this task"));
    assert_true(same_weights(back, m, "classifier.dense.weight"));
    gr_model_close(back);
    o.head = (gr_head_spec){ GR_HEAD_TOKEN, 3 }; /* other names: nothing fits, and nothing is unknown */
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_non_null(strstr(back->warnings[0], "classifier.weight, classifier.bias are missing and were initialised afresh"));
    assert_non_null(strstr(back->warnings[1], "heads that this task does not use"));
    gr_model_close(back);
    gr_model_close(m);
}

/* An embedding model never reads its pooler: a checkpoint without one is complete. */
static void test_unread_pooler(void **state)
{
    gr_model_opts o = opts(GR_HEAD_EMBED, 0);
    gr_model *m = create(&o), *back = NULL;
    const float one = 1;
    gr_err err = GR_ERR_INIT;

    (void)state;
    o.dir = doctored(m, NULL, "pooler.dense.bias", &one);
    o.require_head = true;
    assert_ok(gr_model_open(&back, &o, &err), &err);
    assert_int_equal(back->n_warnings, 0);
    gr_model_close(back);
    gr_model_close(m);
}

/* A mapped model has the very values of a loaded one; query, key and value are one matrix whatever the file's order;
 * values that need a conversion are converted. */
static void same_when_mapped(const char *dir, gr_model_opts o, bool in_file)
{
    gr_model *loaded = NULL, *mapped = NULL;
    gr_err err = GR_ERR_INIT;
    size_t kept = 0;

    o.dir = dir;
    assert_ok(gr_model_open(&loaded, &o, &err), &err);
    o.map = true;
    assert_ok(gr_model_open(&mapped, &o, &err), &err);
    assert_non_null(mapped->tensor);
    assert_string_equal(mapped->sha256, loaded->sha256);
    for (size_t i = 0; i < mapped->params.n; i++) {
        const gr_param *p = &mapped->params.p[i];
        const char *at = gr_model_tensor(mapped, i), *slab = mapped->weights;
        const size_t bytes = p->count * (size_t)mapped->elem;

        assert_memory_equal(at, gr_model_tensor(loaded, i), bytes);
        kept += at < slab || at >= slab + mapped->params.total * (size_t)mapped->elem;
    }
    for (int32_t l = 0; l < mapped->config.layers; l++) {
        const gr_layer_index *x = &mapped->params.layer[l];
        const int32_t three[2][3] = { { x->q_w, x->k_w, x->v_w }, { x->q_b, x->k_b, x->v_b } };

        for (int k = 0; k < 2; k++)
            for (int i = 1; i < 3; i++)
                assert_ptr_equal(gr_model_tensor(mapped, (size_t)three[k][i]),
                                 (const char *)gr_model_tensor(mapped, (size_t)three[k][i - 1]) + mapped->params.p[three[k][i - 1]].count * (size_t)mapped->elem);
    }
    assert_int_equal(kept > 0, in_file);
    assert_ok(gr_model_check(mapped, &err), &err);
    gr_model_close(loaded);
    gr_model_close(mapped);
}

static void test_mapped(void **state)
{
    static const char *const sets[] = { "checkpoints/bare", "checkpoints/bin", "checkpoints/sharded", "checkpoints/f16", "checkpoints/bf16", "checkpoints/no_pooler" };
    gr_model_opts o = opts(GR_HEAD_CLASS, 3);
    const char *dir = in_tmp("mapped"), *again = in_tmp("mapped-again");
    char path[GR_PATH_MAX], other[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_model *m = create(&o), *mapped = NULL;
    gr_map a = { 0 }, b = { 0 };

    (void)state;
    assert_ok(gr_model_save(m, dir, &err), &err);
    gr_model_close(m);
    same_when_mapped(dir, o, true);
    /* saved from the mapped one, the file is the same */
    o.dir = dir;
    o.map = true;
    assert_ok(gr_model_open(&mapped, &o, &err), &err);
    assert_ok(gr_model_save(mapped, again, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "model.safetensors") && gr_fs_join(other, sizeof other, again, "model.safetensors"));
    assert_ok(gr_fs_map(&a, path, &err), &err);
    assert_ok(gr_fs_map(&b, other, &err), &err);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    gr_fs_unmap(&a);
    gr_fs_unmap(&b);
    gr_model_close(mapped);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        assert_true(gr_fs_join(path, sizeof path, gr_own_golden_dir(), sets[i]));
        for (o.elem = 4; o.elem <= 8; o.elem += 4) same_when_mapped(path, o, o.elem == 4 && !strstr(sets[i], "f16"));
    }
}

/* Weights that are read in lie in large pages; of a mapped model's slab little is written, and shall take no more. */
static void test_large_pages(void **state)
{
    static const char wide[] =
        "{\"model_type\":\"bert\",\"vocab_size\":300000,\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":12,"
        "\"max_position_embeddings\":10}";
    gr_model_opts o = opts(GR_HEAD_CLASS, 3);
    const char *dir = in_tmp("wide");
    gr_err err = GR_ERR_INIT;
    gr_model *m;

    (void)state;
    if (!gr_test_sees_large_pages()) skip();
    m = create_as(wide, &o);
    assert_ok(gr_model_save(m, dir, &err), &err);
    gr_model_close(m);
    o.dir = dir;
    for (int map = 0; map < 2; map++) {
        o.map = map;
        assert_ok(gr_model_open(&m, &o, &err), &err);
        assert_int_equal(gr_test_in_large_pages((const float *)m->weights + m->params.total / 2), !map);
        gr_model_close(m);
    }
}

/* Opening searches what it copies, mapping does not: gr_model_check names the tensor. */
static void test_not_finite(void **state)
{
    gr_model_opts o = opts(GR_HEAD_CLASS, 2);
    const char *dir = in_tmp("nan");
    gr_err err = GR_ERR_INIT;
    gr_model *m = create(&o);

    (void)state;
    ((float *)m->weights)[m->params.p[m->params.layer[1].up_w].offset + 3] = -INFINITY;
    assert_ok(gr_model_save(m, dir, &err), &err);
    gr_model_close(m);
    m = NULL;
    o.dir = dir;
    assert_status(gr_model_open(&m, &o, &err), GR_E_NUMERIC, &err, "encoder.layer.1.intermediate.dense.weight' holds NaN");
    o.map = true;
    assert_ok(gr_model_open(&m, &o, &err), &err);
    assert_status(gr_model_check(m, &err), GR_E_NUMERIC, &err, "encoder.layer.1.intermediate.dense.weight' holds NaN");
    gr_model_close(m);
}

static void test_refusals(void **state)
{
    gr_model_opts o = opts(GR_HEAD_CLASS, 2);
    gr_err err = GR_ERR_INIT;
    gr_model *m = NULL;

    (void)state;
    assert_status(gr_model_open(&m, &o, &err), GR_E_ARG, &err, "no model folder");
    o.dir = "absent-folder";
    assert_status(gr_model_open(&m, &o, &err), GR_E_NOTFOUND, &err, "absent-folder");
    o.dir = gr_test_tmpdir();
    assert_status(gr_model_open(&m, &o, &err), GR_E_NOTFOUND, &err, "config.json");
    assert_null(m);
    gr_model_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init), cmocka_unit_test(test_spread), cmocka_unit_test(test_save_and_open), cmocka_unit_test(test_heads_saved), cmocka_unit_test(test_double_saved),
        cmocka_unit_test(test_strict), cmocka_unit_test(test_whole_numbers), cmocka_unit_test(test_other_head), cmocka_unit_test(test_names), cmocka_unit_test(test_written_list),
        cmocka_unit_test(test_unread_pooler), cmocka_unit_test(test_tied), cmocka_unit_test(test_half_a_head), cmocka_unit_test(test_mapped), cmocka_unit_test(test_large_pages), cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_refusals),
    };

    gr_log_set_level(GR_LOG_QUIET);
    return gr_test_main(tests);
}
