/* read_model.c - the entries "model" and "added_tokens" of tokenizer.json. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "model/tokenizer/tok_impl.h"

gr_status gr_tok_read_kind(gr_tok *t, const gr_tok_kind *kinds, const char *type, const gr_json *v, const char *what,
                           gr_err *err)
{
    for (; kinds->type; kinds++) {
        if (strcmp(kinds->type, type) != 0) continue;
        if (kinds->read) return kinds->read(t, v, err);
        return gr_fail(err, GR_E_UNSUPPORTED, "%s '%s' is not supported by this version", what, type);
    }
    return gr_fail(err, GR_E_FORMAT, "unknown %s '%s'", what, type);
}

/* ---- vocabularies, WordPiece ---- */

static gr_status read_id(int32_t *out, const gr_json *v, const char *token, gr_err *err)
{
    int64_t id;

    if (!gr_json_int(&id, v)) return gr_fail(err, GR_E_FORMAT, "id of '%s' is not an integer", token);
    if (id < 0 || id > GR_TOK_ID_MAX)
        return gr_fail(err, GR_E_FORMAT, "id of '%s' is out of range: %lld", token, (long long)id);
    *out = (int32_t)id;
    return GR_OK;
}

static gr_status copy_entries(gr_sv *tokens, int32_t *ids, gr_arena *arena, const gr_json *vocab, gr_err *err)
{
    size_t i = 0;

    for (const gr_json *v = gr_json_first(vocab); v; v = gr_json_next(v), i++) {
        const gr_sv key = gr_sv_from(gr_json_key(v));

        GR_TRY(read_id(&ids[i], v, key.p, err));
        tokens[i].p = gr_arena_strndup(arena, key.p, key.n);
        tokens[i].n = key.n;
        if (!tokens[i].p) return gr_fail_nomem(err, "a vocabulary");
    }
    return GR_OK;
}

gr_status gr_tok_read_ids(gr_vocab *out, gr_arena *arena, const gr_json *vocab, gr_err *err)
{
    const size_t n = gr_json_len(vocab);
    gr_sv *tokens;
    int32_t *ids;
    gr_status s;

    if (!gr_json_is_object(vocab)) return gr_fail(err, GR_E_FORMAT, "'vocab' is missing or not an object");
    if (n == 0) return gr_fail(err, GR_E_FORMAT, "the vocabulary is empty");
    tokens = calloc(n, sizeof *tokens);
    ids = calloc(n, sizeof *ids);
    s = tokens && ids ? copy_entries(tokens, ids, arena, vocab, err) : gr_fail_nomem(err, "a vocabulary");
    if (s == GR_OK) s = gr_vocab_build(out, arena, tokens, ids, n, NULL, err);
    free(tokens);
    free(ids);
    return s;
}

gr_status gr_tok_read_text(gr_sv *out, const gr_json *obj, const char *key, const char *fallback, gr_err *err)
{
    const gr_json *v = gr_json_get(obj, key);

    *out = gr_sv_from(fallback);
    if (!v || gr_json_is_null(v)) return GR_OK;
    if (!gr_json_is_string(v)) return gr_fail(err, GR_E_FORMAT, "'%s' is not a string", key);
    *out = gr_json_sv(v);
    return GR_OK;
}

static gr_status read_wordpiece(gr_tok *t, const gr_json *v, gr_err *err)
{
    gr_sv unk, prefix;
    int64_t max_chars = 100;

    GR_TRY(gr_tok_read_text(&unk, v, "unk_token", "[UNK]", err));
    GR_TRY(gr_tok_read_text(&prefix, v, "continuing_subword_prefix", "##", err));
    if (gr_json_get(v, "max_input_chars_per_word"))
        GR_TRY(gr_json_need_int(&max_chars, v, "max_input_chars_per_word", 0, GR_TOK_ID_MAX, err));
    GR_TRY(gr_tok_read_ids(&t->model.vocab, &t->arena, gr_json_get(v, "vocab"), err));
    return gr_wordpiece_init(&t->model, unk, prefix, (size_t)max_chars, err);
}

static gr_status read_wordlevel(gr_tok *t, const gr_json *v, gr_err *err)
{
    gr_sv unk;

    GR_TRY(gr_tok_read_text(&unk, v, "unk_token", "<unk>", err));
    GR_TRY(gr_tok_read_ids(&t->model.vocab, &t->arena, gr_json_get(v, "vocab"), err));
    return gr_wordlevel_init(&t->model, unk, err);
}

/* Older files leave the type out; then the fields tell it. */
static const char *guess_type(const gr_json *v)
{
    if (gr_json_get(v, "merges")) return "BPE";
    if (gr_json_is_array(gr_json_get(v, "vocab"))) return "Unigram";
    if (gr_json_get(v, "continuing_subword_prefix") || gr_json_get(v, "max_input_chars_per_word")) return "WordPiece";
    return "WordLevel";
}

gr_status gr_tok_read_model(gr_tok *t, const gr_json *v, gr_err *err)
{
    static const gr_tok_kind kinds[] = {
        { "WordPiece", read_wordpiece }, { "BPE", gr_tok_read_bpe }, { "Unigram", gr_tok_read_unigram },
        { "WordLevel", read_wordlevel },
        { NULL, NULL },
    };
    const char *type;

    if (!gr_json_is_object(v)) return gr_fail(err, GR_E_FORMAT, "not an object");
    type = gr_json_str(gr_json_get(v, "type"), NULL);
    return gr_tok_read_kind(t, kinds, type ? type : guess_type(v), v, "model type", err);
}

/* ---- added tokens ---- */

static gr_status read_added(gr_added *out, gr_tok *t, const gr_json *v, gr_err *err)
{
    gr_added a = { .id = -1 };
    const gr_sv content = gr_json_sv(gr_json_get(v, "content"));
    int32_t known;

    if (!content.p) return gr_fail(err, GR_E_FORMAT, "'content' is missing or not a string");
    if (content.n && memchr(content.p, '\0', content.n)) return gr_fail(err, GR_E_FORMAT, "'content' holds a NUL");
    GR_TRY(read_id(&a.id, gr_json_get(v, "id"), content.p, err));
    GR_TRY(gr_tok_read_flag(&a.special, v, "special", err));
    a.normalized = !a.special;
    GR_TRY(gr_tok_read_flag(&a.normalized, v, "normalized", err));
    GR_TRY(gr_tok_read_flag(&a.single_word, v, "single_word", err));
    GR_TRY(gr_tok_read_flag(&a.lstrip, v, "lstrip", err));
    GR_TRY(gr_tok_read_flag(&a.rstrip, v, "rstrip", err));
    known = gr_trie_find(&t->model.vocab.trie, content);
    if (known >= 0 && known != a.id)
        return gr_fail(err, GR_E_FORMAT, "'%.*s' has id %d here and %d in the vocabulary", GR_SV_FMT(content), (int)a.id, (int)known);
    if (known < 0 && (size_t)a.id < t->model.vocab.n && t->model.vocab.token[a.id].p)
        return gr_fail(err, GR_E_FORMAT, "'%.*s' has id %d, which is that of '%.*s'", GR_SV_FMT(content), (int)a.id,
                       GR_SV_FMT(t->model.vocab.token[a.id]));
    a.name = (gr_sv){ gr_arena_strndup(&t->arena, content.p, content.n), content.n };
    if (!a.name.p) return gr_fail_nomem(err, "the added tokens");
    a.content = a.name;
    *out = a;
    return GR_OK;
}

gr_status gr_tok_read_added(gr_tok *t, const gr_json *v, gr_err *err)
{
    gr_added *a;
    size_t n = 0;
    gr_status s = GR_OK;

    if (v && !gr_json_is_array(v)) return gr_fail(err, GR_E_FORMAT, "not an array");
    a = calloc(gr_json_len(v) + 1, sizeof *a);
    if (!a) return gr_fail_nomem(err, "the added tokens");
    for (const gr_json *x = gr_json_first(v); x && s == GR_OK; x = gr_json_next(x), n++) {
        s = read_added(&a[n], t, x, err);
        if (s != GR_OK) (void)gr_wrap(err, s, "token %zu", n + 1);
    }
    if (s == GR_OK) s = gr_added_init(t, a, n, err);
    free(a);
    return s;
}
