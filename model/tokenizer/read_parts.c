/* read_parts.c - the entry "post_processor" of tokenizer.json. */
#include <string.h>

#include "base/json.h"
#include "model/tokenizer/tok_impl.h"

static gr_status read_by_type(gr_tok *t, const gr_tok_kind *kinds, const gr_json *v, const char *what, gr_err *err)
{
    const char *type;

    GR_TRY(gr_json_need_str(&type, v, "type", err));
    return gr_tok_read_kind(t, kinds, type, v, what, err);
}

/* ---- post-processors ---- */

enum { ITEMS_MAX = 64 };

static gr_status check_special(const gr_tok *t, int64_t id, const char *name, gr_err *err)
{
    if (id < 0 || id > GR_TOK_ID_MAX || !gr_tok_token(t, (int32_t)id))
        return gr_fail(err, GR_E_FORMAT, "special token '%s': no token has the id %lld", name, (long long)id);
    return GR_OK;
}

/* ["[SEP]", 102] */
static gr_status read_name_and_id(int32_t *out, const gr_tok *t, const gr_json *obj, const char *key, gr_err *err)
{
    const gr_json *v = gr_json_get(obj, key);
    int64_t id = -1;

    if (gr_json_len(v) != 2 || !gr_json_is_string(gr_json_at(v, 0)) || !gr_json_int(&id, gr_json_at(v, 1)))
        return gr_fail(err, GR_E_FORMAT, "'%s' is not a pair of a token and its id", key);
    GR_TRY(check_special(t, id, key, err));
    *out = (int32_t)id;
    return GR_OK;
}

static gr_status read_bert_post(gr_tok *t, const gr_json *v, gr_err *err)
{
    int32_t cls = -1, sep = -1;

    GR_TRY(read_name_and_id(&cls, t, v, "cls", err));
    GR_TRY(read_name_and_id(&sep, t, v, "sep", err));
    return gr_post_bert(&t->post, &t->arena, cls, sep, err);
}

/* What RobertaProcessing and ByteLevel have in common. */
static gr_status read_trim(gr_tok *t, const gr_json *v, gr_err *err)
{
    bool trim = true, prefix_space = true;

    GR_TRY(gr_tok_read_flag(&trim, v, "trim_offsets", err));
    GR_TRY(gr_tok_read_flag(&prefix_space, v, "add_prefix_space", err));
    return trim ? gr_post_add_trim(&t->post, prefix_space, err) : GR_OK;
}

static gr_status read_roberta_post(gr_tok *t, const gr_json *v, gr_err *err)
{
    int32_t cls = -1, sep = -1;

    GR_TRY(read_name_and_id(&cls, t, v, "cls", err));
    GR_TRY(read_name_and_id(&sep, t, v, "sep", err));
    t->post.roberta = true;
    GR_TRY(read_trim(t, v, err));
    return gr_post_roberta(&t->post, &t->arena, cls, sep, err);
}

/* Template items as they are collected. */
typedef struct items {
    gr_post_item v[ITEMS_MAX];
    size_t       n, seen[2]; /* how often each sequence stands in it */
} items;

static gr_status push_item(items *out, gr_post_item item, gr_err *err)
{
    if (out->n == ITEMS_MAX) return gr_fail(err, GR_E_UNSUPPORTED, "more than %d items in a template", (int)ITEMS_MAX);
    out->v[out->n++] = item;
    return GR_OK;
}

static gr_status push_special(items *out, const gr_tok *t, const gr_json *tokens, const char *name, int32_t type, gr_err *err)
{
    const gr_json *ids = gr_json_get(gr_json_get(tokens, name), "ids");

    if (!gr_json_is_array(ids)) return gr_fail(err, GR_E_FORMAT, "special token '%s' is not described", name);
    for (const gr_json *v = gr_json_first(ids); v; v = gr_json_next(v)) {
        int64_t id = -1;

        if (!gr_json_int(&id, v)) return gr_fail(err, GR_E_FORMAT, "special token '%s': an id is not an integer", name);
        GR_TRY(check_special(t, id, name, err));
        GR_TRY(push_item(out, (gr_post_item){ (int32_t)id, 0, type }, err));
    }
    return GR_OK;
}

/* {"Sequence": {"id": "A", "type_id": 0}} or {"SpecialToken": {"id": "[CLS]", "type_id": 0}} */
static gr_status read_item(items *out, const gr_tok *t, const gr_json *v, const gr_json *tokens, gr_err *err)
{
    const gr_json *seq = gr_json_get(v, "Sequence"), *special = gr_json_get(v, "SpecialToken");
    const char *name;
    int64_t type;
    int which;

    if (!seq && !special) return gr_fail(err, GR_E_FORMAT, "a template item is neither Sequence nor SpecialToken");
    GR_TRY(gr_json_need_str(&name, seq ? seq : special, "id", err));
    GR_TRY(gr_json_need_int(&type, seq ? seq : special, "type_id", 0, INT32_MAX, err));
    if (!seq) return push_special(out, t, tokens, name, (int32_t)type, err);
    if ((name[0] != 'A' && name[0] != 'B') || name[1])
        return gr_fail(err, GR_E_FORMAT, "a template's sequence is '%s', not A or B", name);
    which = name[0] - 'A';
    out->seen[which]++;
    return push_item(out, (gr_post_item){ -1, which, (int32_t)type }, err);
}

static gr_status read_template(gr_post_template *out, gr_tok *t, const gr_json *v, const char *key, bool pair, gr_err *err)
{
    const gr_json *list = gr_json_get(v, key), *tokens = gr_json_get(v, "special_tokens");
    items it = { .n = 0 };

    if (!gr_json_is_array(list)) return gr_fail(err, GR_E_FORMAT, "'%s' is missing or not an array", key);
    for (const gr_json *x = gr_json_first(list); x; x = gr_json_next(x)) GR_TRY(read_item(&it, t, x, tokens, err));
    if (it.seen[0] != 1 || it.seen[1] != (pair ? 1 : 0))
        return gr_fail(err, GR_E_UNSUPPORTED, "'%s' does not have each sequence once", key);
    return gr_post_set(out, &t->arena, it.v, it.n, err);
}

static gr_status read_template_post(gr_tok *t, const gr_json *v, gr_err *err)
{
    GR_TRY(read_template(&t->post.single, t, v, "single", false, err));
    return read_template(&t->post.pair, t, v, "pair", true, err);
}

static gr_status read_byte_level_post(gr_tok *t, const gr_json *v, gr_err *err)
{
    return read_trim(t, v, err);
}

static gr_status read_one_post(gr_tok *t, const gr_json *v, gr_err *err);

/* Trimming of offsets and one template, in this order; a second template would enclose the first. */
static gr_status read_sequence_post(gr_tok *t, const gr_json *v, gr_err *err)
{
    const gr_json *list = gr_json_get(v, "processors");

    if (!gr_json_is_array(list)) return gr_fail(err, GR_E_FORMAT, "'processors' is missing or not an array");
    for (const gr_json *x = gr_json_first(list); x; x = gr_json_next(x)) {
        const char *type = gr_json_str(gr_json_get(x, "type"), "");

        if (t->post.single.item && strcmp(type, "Sequence") != 0)
            return gr_fail(err, GR_E_UNSUPPORTED, "post-processor '%s' behind a template", type);
        GR_TRY(read_one_post(t, x, err));
    }
    return GR_OK;
}

static gr_status read_one_post(gr_tok *t, const gr_json *v, gr_err *err)
{
    static const gr_tok_kind kinds[] = {
        { "TemplateProcessing", read_template_post }, { "BertProcessing", read_bert_post },
        { "RobertaProcessing", read_roberta_post },   { "ByteLevel", read_byte_level_post },
        { "Sequence", read_sequence_post },           { NULL, NULL },
    };

    return read_by_type(t, kinds, v, "post-processor", err);
}

gr_status gr_tok_read_post(gr_tok *t, const gr_json *v, gr_err *err)
{
    if (v) GR_TRY(read_one_post(t, v, err));
    return t->post.single.item ? GR_OK : gr_post_none(&t->post, &t->arena, err);
}
