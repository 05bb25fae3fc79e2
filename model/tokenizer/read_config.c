/* read_config.c - tokenizer_config.json: the few of its entries that change what a tokenizer gives. */
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "model/tokenizer/tok_impl.h"

enum { CONFIG_MAX = 16 << 20 }; /* large vocabularies list their added tokens here */

static gr_status read_flag(int *out, const gr_json *root, const char *key, gr_err *err)
{
    const gr_json *v = gr_json_get(root, key);

    if (!v || gr_json_is_null(v)) return GR_OK;
    if (!gr_json_is_bool(v)) return gr_fail(err, GR_E_FORMAT, "'%s' is not true or false", key);
    *out = gr_json_bool(v, false);
    return GR_OK;
}

/* A token is written as its text or as an object that holds it under "content". */
static gr_status read_token(gr_sv *out, gr_arena *arena, const gr_json *root, const char *key, gr_err *err)
{
    const gr_json *v = gr_json_get(root, key);
    gr_sv s;

    if (!v || gr_json_is_null(v)) return GR_OK;
    if (gr_json_is_object(v)) v = gr_json_get(v, "content");
    if (!gr_json_is_string(v)) return gr_fail(err, GR_E_FORMAT, "'%s' is not a token", key);
    s = gr_json_sv(v);
    out->p = gr_arena_strndup(arena, s.p, s.n);
    out->n = s.n;
    return out->p ? GR_OK : gr_fail_nomem(err, "a tokenizer");
}

/* The names of what the tokenizer gives a model: without token_type_ids among them the Python libraries give it no segments. */
static gr_status read_inputs(bool *no_segments, const gr_json *root, gr_err *err)
{
    const gr_json *names = gr_json_get(root, "model_input_names");

    if (!names || gr_json_is_null(names)) return GR_OK;
    if (!gr_json_is_array(names)) return gr_fail(err, GR_E_FORMAT, "'model_input_names' is not a list");
    *no_segments = true;
    for (const gr_json *v = gr_json_first(names); v; v = gr_json_next(v))
        if (strcmp(gr_json_str(v, ""), "token_type_ids") == 0) *no_segments = false;
    return GR_OK;
}

/* transformers writes 1e30 where nobody said a length. */
static void read_truncation(gr_tok_config *out, const gr_json *root)
{
    const double n = gr_json_num(gr_json_get(root, "model_max_length"), 0);

    out->max_length = n >= 1 && n <= INT32_MAX ? (int32_t)n : 0;
    out->cut_left = strcmp(gr_json_str(gr_json_get(root, "truncation_side"), ""), "left") == 0;
}

static gr_status read_root(gr_tok_config *out, gr_arena *arena, const gr_json *root, gr_err *err)
{
    if (!gr_json_is_object(root)) return gr_fail(err, GR_E_FORMAT, "not a JSON object");
    GR_TRY(read_token(&out->class_name, arena, root, "tokenizer_class", err));
    out->mpnet = strncmp(gr_json_str(gr_json_get(root, "tokenizer_class"), ""), "MPNet", 5) == 0;
    GR_TRY(read_flag(&out->lowercase, root, "do_lower_case", err));
    GR_TRY(read_flag(&out->keep_accents, root, "keep_accents", err));
    GR_TRY(read_flag(&out->split_by_punct, root, "split_by_punct", err));
    GR_TRY(read_flag(&out->prefix_space, root, "add_prefix_space", err));
    GR_TRY(read_flag(&out->strip_accents, root, "strip_accents", err));
    GR_TRY(read_flag(&out->chinese_chars, root, "tokenize_chinese_chars", err));
    GR_TRY(read_inputs(&out->no_segments, root, err));
    read_truncation(out, root);
    GR_TRY(read_token(&out->unk, arena, root, "unk_token", err));
    GR_TRY(read_token(&out->pad, arena, root, "pad_token", err));
    GR_TRY(read_token(&out->cls, arena, root, "cls_token", err));
    GR_TRY(read_token(&out->sep, arena, root, "sep_token", err));
    return read_token(&out->mask, arena, root, "mask_token", err);
}

gr_status gr_tok_config_read(gr_tok_config *out, gr_arena *arena, const char *path, gr_err *err)
{
    gr_tok_config c = GR_TOK_CONFIG_NONE;
    gr_json *root = NULL;
    gr_status s;

    if (gr_fs_is_file(path)) {
        GR_TRY(gr_json_read(&root, path, CONFIG_MAX, err));
        s = read_root(&c, arena, root, err);
        gr_json_free(root);
        if (s != GR_OK) return gr_wrap(err, s, "%s", path);
        c.path = (gr_sv){ gr_arena_strndup(arena, path, strlen(path)), strlen(path) };
        if (!c.path.p) return gr_fail_nomem(err, "a tokenizer");
    }
    *out = c;
    return GR_OK;
}

gr_sv gr_tok_name_or(gr_sv given, const char *fallback)
{
    return given.p ? given : gr_sv_from(fallback);
}

/* The Python libraries would give such a name a new id, for which no model has an embedding. */
static void apply(int32_t *id, const gr_tok *t, const gr_tok_config *c, gr_sv name, const char *key)
{
    if (!name.p) return;
    *id = gr_tok_id(t, name);
    if (*id < 0) gr_warn("%.*s: '%s' is '%.*s', which is no token of the vocabulary; it is passed over", GR_SV_FMT(c->path), key, GR_SV_FMT(name));
}

static void all_one_segment(gr_post_template *tm)
{
    for (size_t i = 0; i < tm->n; i++) tm->item[i].type = 0;
}

void gr_tok_config_apply(gr_tok *t, const gr_tok_config *c)
{
    apply(&t->pad_id, t, c, c->pad, "pad_token");
    apply(&t->cls_id, t, c, c->cls, "cls_token");
    apply(&t->sep_id, t, c, c->sep, "sep_token");
    apply(&t->mask_id, t, c, c->mask, "mask_token");
    t->max_length = c->max_length;
    t->cut_left = c->cut_left;
    if (!c->no_segments) return;
    all_one_segment(&t->post.single);
    all_one_segment(&t->post.pair);
}

/* Is the class this one, or its fast form, or not said? */
static bool is_class(gr_sv name, const char *const *classes)
{
    static const char fast[] = "Fast";
    const size_t tail = sizeof fast - 1;

    if (!name.n) return true;
    if (name.n > tail && memcmp(name.p + name.n - tail, fast, tail) == 0) name.n -= tail;
    for (; *classes; classes++)
        if (gr_sv_eq(name, gr_sv_from(*classes))) return true;
    return false;
}

gr_status gr_tok_config_override(gr_tok *t, const gr_tok_config *c, gr_err *err)
{
    static const char *const bert[] = { "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MPNetTokenizer", NULL };
    static const char *const roberta[] = { "RobertaTokenizer", NULL };
    gr_norm *n = &t->norm;

    if (n->kind == GR_NORM_BERT && is_class(c->class_name, bert)) {
        if (c->lowercase >= 0) n->lower = n->strip = c->lowercase;
        if (c->strip_accents >= 0) n->strip = c->strip_accents;
        if (c->chinese_chars >= 0) n->cjk = c->chinese_chars;
    }
    return t->post.roberta && is_class(c->class_name, roberta) ? gr_tok_set_prefix_space(t, c->prefix_space, err) : GR_OK;
}
