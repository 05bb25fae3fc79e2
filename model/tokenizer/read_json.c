/* read_json.c - tokenizer.json: the whole pipeline in one file. The truncation and padding stored in it
 * are of no concern here: who encodes says how long a text may be, and nothing is ever padded. */
#include "base/json.h"
#include "model/tokenizer/tok_impl.h"

enum { JSON_MAX = 256 << 20 };

gr_status gr_tok_read_flag(bool *out, const gr_json *obj, const char *key, gr_err *err)
{
    const gr_json *v = gr_json_get(obj, key);

    if (!v || gr_json_is_null(v)) return GR_OK;
    if (!gr_json_is_bool(v)) return gr_fail(err, GR_E_FORMAT, "'%s' is not true or false", key);
    *out = gr_json_bool(v, false);
    return GR_OK;
}

static gr_status read_root(gr_tok *t, const gr_json *root, gr_err *err)
{
    typedef gr_status (*reader)(gr_tok *, const gr_json *, gr_err *);
    static const struct {
        const char *key;
        reader      read;
    } parts[] = {
        { "model", gr_tok_read_model },         { "normalizer", gr_tok_read_normalizer },
        { "pre_tokenizer", gr_tok_read_pretok }, { "added_tokens", gr_tok_read_added },
        { "post_processor", gr_tok_read_post },
    };

    if (!gr_json_is_object(root)) return gr_fail(err, GR_E_FORMAT, "not a JSON object");
    if (!gr_json_get(root, "model")) return gr_fail(err, GR_E_FORMAT, "key 'model' is missing");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const gr_json *v = gr_json_get(root, parts[i].key);
        const gr_status s = parts[i].read(t, gr_json_is_null(v) ? NULL : v, err);

        if (s != GR_OK) return gr_wrap(err, s, "%s", parts[i].key);
    }
    return GR_OK;
}

gr_status gr_tok_read_json_text(gr_tok *t, gr_sv text, gr_err *err)
{
    gr_json *root = NULL;
    gr_status s;

    GR_TRY(gr_json_parse(&root, text.p, text.n, err));
    s = read_root(t, root, err);
    gr_json_free(root);
    return s;
}

gr_status gr_tok_read_json(gr_tok *t, const char *path, gr_err *err)
{
    gr_json *root = NULL;
    gr_status s;

    GR_TRY(gr_json_read(&root, path, JSON_MAX, err));
    s = read_root(t, root, err);
    gr_json_free(root);
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", path);
}
