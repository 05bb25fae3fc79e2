/* weights_save.c - a model as a folder that transformers loads: config.json, model.safetensors, tokenizer files.
 *
 * The configuration is the document the model came from, with the keys replaced that fine-tuning settles. Every file is
 * written whole or not at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "model/family.h"
#include "model/weights_impl.h"

/* ---- config.json ---- */

static const char *architecture(char *out, size_t cap, const gr_model *m)
{
    static const char *const tails[] = {
        [GR_HEAD_CLASS] = "ForSequenceClassification", [GR_HEAD_REGRESSION] = "ForSequenceClassification",
        [GR_HEAD_TOKEN] = "ForTokenClassification", [GR_HEAD_EMBED] = "Model", [GR_HEAD_MLM] = "ForMaskedLM",
    };

    (void)snprintf(out, cap, "%s%s", gr_family_at(m->config.family)->class_prefix, tails[m->head.kind]);
    return out;
}

/* The name of output i; regression has one output and transformers' own name for it. */
static const char *label(const gr_model *m, int32_t i)
{
    return m->labels ? m->labels[i] : "LABEL_0";
}

typedef void (*put_fn)(gr_json *doc, const char *key, const gr_model *m);

static void put_architectures(gr_json *doc, const char *key, const gr_model *m)
{
    char name[96];
    gr_json_add_str(gr_json_add_array(doc, key), NULL, architecture(name, sizeof name, m));
}

static void put_id2label(gr_json *doc, const char *key, const gr_model *m)
{
    gr_json *map = gr_json_add_object(doc, key);

    for (int32_t i = 0; i < m->head.n_out; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "%d", (int)i);
        gr_json_add_str(map, id, label(m, i));
    }
}

static void put_label2id(gr_json *doc, const char *key, const gr_model *m)
{
    gr_json *map = gr_json_add_object(doc, key);

    for (int32_t i = 0; i < m->head.n_out; i++) gr_json_add_int(map, label(m, i), i);
}

static void put_problem(gr_json *doc, const char *key, const gr_model *m)
{
    if (m->head.kind == GR_HEAD_CLASS) gr_json_add_str(doc, key, "single_label_classification");
    if (m->head.kind == GR_HEAD_REGRESSION) gr_json_add_str(doc, key, "regression");
}

static void put_dtype(gr_json *doc, const char *key, const gr_model *m)
{
    (void)m;
    gr_json_add_str(doc, key, "float32");
}

static void put_nothing(gr_json *doc, const char *key, const gr_model *m)
{
    (void)doc;
    (void)key;
    (void)m;
}

/* Keys that are replaced; the others are copied as they stand. heads: where the replacement applies. */
static const struct {
    const char *key;
    unsigned    heads;
    put_fn      put;
} replaced[] = {
    { "architectures", GR_ROW_ALL, put_architectures },
    { "id2label", GR_ROW_SEQUENCE | GR_ROW_TOKEN, put_id2label },
    { "label2id", GR_ROW_SEQUENCE | GR_ROW_TOKEN, put_label2id },
    { "num_labels", GR_ROW_SEQUENCE | GR_ROW_TOKEN, put_nothing }, /* follows from id2label */
    { "problem_type", GR_ROW_SEQUENCE | GR_ROW_TOKEN, put_problem },
    { "dtype", GR_ROW_ALL, put_dtype },
    { "torch_dtype", GR_ROW_ALL, put_nothing }, /* the older spelling of dtype */
};
enum { N_REPLACED = sizeof replaced / sizeof *replaced };

static size_t replaced_index(const gr_model *m, const char *key)
{
    for (size_t i = 0; i < N_REPLACED; i++)
        if ((replaced[i].heads & (1u << m->head.kind)) && strcmp(replaced[i].key, key) == 0) return i;
    return N_REPLACED;
}

static gr_status write_config(const gr_model *m, const char *path, gr_err *err)
{
    gr_json *doc = gr_json_new_object();
    bool done[N_REPLACED] = { false };
    gr_status s;

    for (const gr_json *v = gr_json_first(m->config.source); v; v = gr_json_next(v)) {
        const size_t i = replaced_index(m, gr_json_key(v));

        if (strcmp(gr_json_key(v), "glue_run_note") == 0) continue; /* said of the weights that were loaded, not of these */
        if (i == N_REPLACED) {
            gr_json_add_copy(doc, gr_json_key(v), v);
        } else {
            replaced[i].put(doc, replaced[i].key, m);
            done[i] = true;
        }
    }
    for (size_t i = 0; i < N_REPLACED; i++)
        if (!done[i] && (replaced[i].heads & (1u << m->head.kind))) replaced[i].put(doc, replaced[i].key, m);
    s = gr_json_write(path, doc, err);
    gr_json_free(doc);
    return s;
}

/* ---- model.safetensors ---- */

/* Doubles are rounded on their way. */
static gr_status read_rounded(void *user, size_t i, size_t at, void *out, size_t n, gr_err *err)
{
    const gr_model *const *m = user;
    const double *w = (const double *)gr_model_tensor(*m, i) + at / sizeof(float);
    float *to = out;

    (void)err;
    for (size_t k = 0; k < n / sizeof *to; k++) to[k] = (float)w[k];
    return GR_OK;
}

static gr_status write_weights(const gr_model *m, const char *path, gr_err *err)
{
    gr_st_tensor *t = calloc(m->params.n, sizeof *t);
    gr_status s;

    if (!t) return gr_fail_nomem(err, path);
    for (size_t i = 0; i < m->params.n; i++) {
        const gr_param *p = &m->params.p[i];

        t[i] = (gr_st_tensor){ .name = p->name, .dtype = GR_DT_F32, .ndim = p->cols ? 2 : 1, .shape = { p->rows, p->cols },
                               .count = p->count, .data = m->elem == 8 ? NULL : gr_model_tensor(m, i), .bytes = p->count * sizeof(float) };
    }
    s = gr_st_write_from(path, t, m->params.n, m->elem == 8 ? read_rounded : NULL, &m, err);
    free(t);
    return s;
}

/* ---- tokenizer ---- */

static const char *const tokenizer_files[] = {
    "vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "spiece.model", "spm.model", "sentencepiece.bpe.model",
};

/* How sentence-transformers pools; only an embedding model keeps it. */
static const char *const sentence_files[] = { "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json" };

static gr_status copy_file(const char *from_dir, const char *to_dir, const char *name, gr_err *err)
{
    char from[GR_PATH_MAX], to[GR_PATH_MAX];
    gr_map map = { 0 };
    gr_status s;

    if (!gr_fs_join(from, sizeof from, from_dir, name) || !gr_fs_join(to, sizeof to, to_dir, name))
        return gr_fail(err, GR_E_ARG, "path too long: %s", to_dir);
    if (!gr_fs_is_file(from)) return GR_OK;
    GR_TRY(gr_fs_map(&map, from, err));
    s = gr_fs_write(to, map.p, map.n, err);
    gr_fs_unmap(&map);
    return s;
}

/* RoBERTa's words are tagged with the blank before them, which the tokenizer of whoever loads the folder has to know; as published it
 * puts none before a word that was split off. */
static gr_status copy_word_config(const gr_model *m, const char *dir, gr_err *err)
{
    static const char name[] = "tokenizer_config.json", key[] = "add_prefix_space";
    char from[GR_PATH_MAX], to[GR_PATH_MAX];
    gr_json *old = NULL, *doc;
    gr_status s;

    if (!gr_fs_join(from, sizeof from, m->dir, name) || !gr_fs_join(to, sizeof to, dir, name)) return gr_fail(err, GR_E_ARG, "path too long: %s", dir);
    if (gr_fs_is_file(from)) GR_TRY(gr_json_read(&old, from, 0, err));
    doc = gr_json_new_object();
    for (const gr_json *v = gr_json_first(old); v; v = gr_json_next(v))
        if (strcmp(gr_json_key(v), key) != 0) gr_json_add_copy(doc, gr_json_key(v), v);
    gr_json_add_bool(doc, key, true);
    s = gr_json_write(to, doc, err);
    gr_json_free(old);
    gr_json_free(doc);
    return s;
}

static bool same_folder(const char *a, const char *b)
{
    char *x = realpath(a, NULL), *y = realpath(b, NULL);
    const bool same = x && y && strcmp(x, y) == 0;

    free(x);
    free(y);
    return same;
}

static gr_status copy_tokenizer(const gr_model *m, const char *dir, gr_err *err)
{
    char sub[GR_PATH_MAX];

    if (same_folder(m->dir, dir)) return GR_OK;
    for (size_t i = 0; i < sizeof tokenizer_files / sizeof *tokenizer_files; i++) GR_TRY(copy_file(m->dir, dir, tokenizer_files[i], err));
    if (m->head.kind == GR_HEAD_TOKEN && gr_family_at(m->config.family)->words_after_blank) GR_TRY(copy_word_config(m, dir, err));
    if (m->head.kind != GR_HEAD_EMBED) return GR_OK;
    if (gr_fs_join(sub, sizeof sub, m->dir, "1_Pooling/config.json") && gr_fs_is_file(sub)) {
        if (!gr_fs_join(sub, sizeof sub, dir, "1_Pooling")) return gr_fail(err, GR_E_ARG, "path too long: %s", dir);
        GR_TRY(gr_fs_mkdirs(sub, err));
    }
    for (size_t i = 0; i < sizeof sentence_files / sizeof *sentence_files; i++) GR_TRY(copy_file(m->dir, dir, sentence_files[i], err));
    return GR_OK;
}

gr_status gr_model_save(const gr_model *m, const char *dir, gr_err *err)
{
    char path[GR_PATH_MAX];

    GR_TRY(gr_fs_mkdirs(dir, err));
    if (!gr_fs_join(path, sizeof path, dir, "model.safetensors")) return gr_fail(err, GR_E_ARG, "path too long: %s", dir);
    GR_TRY(write_weights(m, path, err));
    GR_TRY(copy_tokenizer(m, dir, err));
    if (!gr_fs_join(path, sizeof path, dir, "config.json")) return gr_fail(err, GR_E_ARG, "path too long: %s", dir);
    return write_config(m, path, err); /* last: a folder with a config.json is complete */
}
