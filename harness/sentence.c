/* sentence.c - see sentence.h. The layout is that of sentence-transformers 2 to 5; older keys of the pooling are one flag a mode,
 * newer ones a name or a list of names. */
#include "harness/sentence.h"

#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"

enum { BYTES_MAX = 1 << 20, LENGTH_MAX = 1 << 20 };

/* dir/sub/name parsed, or *out NULL when there is no such file; `path` receives its place. */
static gr_status read_file(gr_json **out, char path[GR_PATH_MAX], const char *dir, const char *sub, const char *name, gr_err *err)
{
    char folder[GR_PATH_MAX];

    *out = NULL;
    if (!gr_fs_join(folder, sizeof folder, dir, sub) || !gr_fs_join(path, GR_PATH_MAX, folder, name))
        return gr_fail(err, GR_E_ARG, "path too long: %.400s", dir);
    return gr_fs_is_file(path) ? gr_json_read(out, path, BYTES_MAX, err) : GR_OK;
}

/* ---- pooling ---- */

/* The name of a mode that is on: "pooling_mode_cls_token": true. */
static const char *mode_that_is_on(const gr_json *v)
{
    static const char stem[] = "pooling_mode_";
    static const struct { const char *key, *name; } modes[] = { { "mean_tokens", "mean" }, { "cls_token", "cls" }, { "max_tokens", "max" } };
    const char *key = gr_json_key(v);

    if (!key || strncmp(key, stem, sizeof stem - 1) != 0 || !gr_json_bool(v, false)) return NULL;
    key += sizeof stem - 1;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(key, modes[i].key) == 0) return modes[i].name;
    return key;
}

static void add_mode(gr_buf *modes, const char *name)
{
    if (name) gr_buf_addf(modes, "%s%.60s", modes->n ? " + " : "", name);
}

/* The modes that are on, " + " between them; none that is named means the mean. */
static void collect_modes(gr_buf *modes, const gr_json *root)
{
    const gr_json *named = gr_json_get(root, "pooling_mode");

    if (named && !gr_json_is_null(named)) {
        add_mode(modes, gr_json_str(named, NULL));
        for (const gr_json *v = gr_json_is_array(named) ? gr_json_first(named) : NULL; v; v = gr_json_next(v)) add_mode(modes, gr_json_str(v, NULL));
    } else {
        for (const gr_json *v = gr_json_first(root); v; v = gr_json_next(v)) add_mode(modes, mode_that_is_on(v));
    }
    if (!modes->n) add_mode(modes, "mean");
}

static gr_status check_pooling(const gr_json *root, const char *path, int32_t hidden, gr_err *err)
{
    const gr_json *width = gr_json_get(root, "word_embedding_dimension");
    gr_buf modes = { 0 };
    gr_status s = GR_OK;

    if (!gr_json_is_object(root)) return gr_fail(err, GR_E_FORMAT, "%s: not a JSON object", path);
    if (!width) width = gr_json_get(root, "embedding_dimension");
    if (width && gr_json_num(width, -1) != hidden)
        return gr_fail(err, GR_E_FORMAT, "%s: the embeddings' dimension is %g, the model's hidden size %d", path, gr_json_num(width, -1), (int)hidden);
    collect_modes(&modes, root);
    if (modes.oom) s = gr_fail_nomem(err, "the pooling");
    else if (strcmp(modes.p, "mean") != 0)
        s = gr_fail(err, GR_E_UNSUPPORTED, "%s: the pooling is %s; supported: mean", path, modes.p);
    gr_buf_free(&modes);
    return s;
}

static gr_status read_pooling(const char *dir, const char *sub, bool needed, int32_t hidden, gr_err *err)
{
    char path[GR_PATH_MAX];
    gr_json *root = NULL;
    gr_status s;

    GR_TRY(read_file(&root, path, dir, sub, "config.json", err));
    if (!root) return needed ? gr_fail(err, GR_E_NOTFOUND, "%s: no such file, but modules.json names it", path) : GR_OK;
    s = check_pooling(root, path, hidden, err);
    gr_json_free(root);
    return s;
}

/* ---- modules.json ---- */

static gr_status check_module(const gr_json *m, const char *path, const char *dir, int32_t hidden, gr_err *err)
{
    const char *type = gr_json_str(gr_json_get(m, "type"), NULL), *sub = gr_json_str(gr_json_get(m, "path"), ""), *name;

    if (!type) return gr_fail(err, GR_E_FORMAT, "%s: a module without a type", path);
    name = strrchr(type, '.') ? strrchr(type, '.') + 1 : type;
    if (strcmp(name, "Pooling") == 0) {
        if (!*sub || *sub == '/' || strstr(sub, "..")) return gr_fail(err, GR_E_FORMAT, "%s: '%.100s' is no folder of a module", path, sub);
        return read_pooling(dir, sub, true, hidden, err);
    }
    if (strcmp(name, "Normalize") == 0) return GR_OK;
    if (strcmp(name, "Transformer") != 0)
        return gr_fail(err, GR_E_UNSUPPORTED, "%s: the module '%.100s' is not supported; supported: Transformer, Pooling (mean), Normalize", path, name);
    if (*sub) return gr_fail(err, GR_E_UNSUPPORTED, "%s: the encoder lies in '%.100s'; pass that folder with --model", path, sub);
    return GR_OK;
}

static gr_status read_modules(const char *dir, int32_t hidden, gr_err *err)
{
    char path[GR_PATH_MAX];
    gr_json *root = NULL;
    gr_status s;

    GR_TRY(read_file(&root, path, dir, "", "modules.json", err));
    if (!root) return read_pooling(dir, "1_Pooling", false, hidden, err);
    s = gr_json_is_array(root) ? GR_OK : gr_fail(err, GR_E_FORMAT, "%s: not a list of modules", path);
    for (const gr_json *m = gr_json_first(root); s == GR_OK && m; m = gr_json_next(m)) s = check_module(m, path, dir, hidden, err);
    gr_json_free(root);
    return s;
}

/* ---- the two other files ---- */

static gr_status read_length(int32_t *out, const char *dir, gr_err *err)
{
    char path[GR_PATH_MAX];
    const gr_json *v;
    gr_json *root = NULL;
    int64_t n = 0;
    gr_status s = GR_OK;

    GR_TRY(read_file(&root, path, dir, "", "sentence_bert_config.json", err));
    v = gr_json_get(root, "max_seq_length");
    if (v && !gr_json_is_null(v)) s = gr_json_need_int(&n, root, "max_seq_length", 1, LENGTH_MAX, err);
    if (s == GR_OK && gr_json_bool(gr_json_get(root, "do_lower_case"), false))
        gr_warn("%s: 'do_lower_case' is not read: texts keep their case unless the tokenizer's own files lower it", path);
    gr_json_free(root);
    *out = (int32_t)n;
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", path);
}

static gr_status read_prompts(const char *dir, gr_err *err)
{
    char path[GR_PATH_MAX];
    gr_json *root = NULL;
    const char *name, *prompt;

    GR_TRY(read_file(&root, path, dir, "", "config_sentence_transformers.json", err));
    name = gr_json_str(gr_json_get(root, "default_prompt_name"), NULL);
    prompt = name ? gr_json_str(gr_json_get(gr_json_get(root, "prompts"), name), "") : "";
    if (*prompt) gr_warn("%s: its default prompt '%.60s' is not put before the texts: put it there yourself", path, prompt);
    gr_json_free(root);
    return GR_OK;
}

gr_status gr_sentence_read(int32_t *max_length, const char *dir, int32_t hidden, gr_err *err)
{
    *max_length = 0;
    GR_TRY(read_modules(dir, hidden, err));
    GR_TRY(read_length(max_length, dir, err));
    return read_prompts(dir, err);
}
