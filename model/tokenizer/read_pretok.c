/* read_pretok.c - the entry "pre_tokenizer" of tokenizer.json. A sequence, and what is nested in it,
 * becomes one list of steps. The byte-level one turns the model into one over bytes, so it has to be
 * the last. */
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"

enum { STEPS_MAX = 64 };

/* One kind of a pre-tokenizer by its type. */
typedef struct pretok_kind {
    const char    *type;
    gr_pretok_kind kind;
    gr_status (*read)(gr_pretok *out, gr_arena *arena, const gr_json *v, gr_err *err);
} pretok_kind;

/* ---- parts ---- */

static gr_status read_nothing(gr_pretok *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    (void)out;
    (void)arena;
    (void)v;
    (void)err;
    return GR_OK;
}

static gr_status read_byte_level(gr_pretok *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    bool prefix = true;

    (void)arena;
    out->split = true;
    GR_TRY(gr_tok_read_flag(&prefix, v, "add_prefix_space", err));
    out->prefix = prefix ? GR_PREFIX_ALWAYS : GR_PREFIX_NEVER;
    return gr_tok_read_flag(&out->split, v, "use_regex", err);
}

/* Newer files name a scheme, older ones say yes or no. */
static gr_status read_metaspace(gr_pretok *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    static const char *const schemes[] = { "never", "first", "always" };
    const gr_sv sign = gr_json_sv(gr_json_get(v, "replacement"));
    const char *scheme = gr_json_str(gr_json_get(v, "prepend_scheme"), NULL);
    bool prefix = true;

    (void)arena;
    if (!sign.p || sign.n == 0 || gr_utf8_next(&out->sign, sign.p, sign.n) != sign.n)
        return gr_fail(err, GR_E_FORMAT, "'replacement' is not one character");
    out->split = true;
    GR_TRY(gr_tok_read_flag(&out->split, v, "split", err));
    GR_TRY(gr_tok_read_flag(&prefix, v, "add_prefix_space", err));
    out->prefix = prefix ? GR_PREFIX_ALWAYS : GR_PREFIX_NEVER;
    if (!scheme) return GR_OK;
    for (int i = 0; i < 3; i++)
        if (strcmp(scheme, schemes[i]) == 0) {
            out->prefix = (gr_prefix)i;
            return GR_OK;
        }
    return gr_fail(err, GR_E_FORMAT, "unknown 'prepend_scheme' '%s'", scheme);
}

static gr_status read_cut(gr_cut *out, const gr_json *v, const char *fallback, gr_err *err)
{
    static const char *const cuts[] = { "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous" };
    const char *name = gr_json_str(gr_json_get(v, "behavior"), fallback);

    if (!name) return gr_fail(err, GR_E_FORMAT, "'behavior' is missing");
    for (int i = 0; i < 5; i++)
        if (strcmp(name, cuts[i]) == 0) {
            *out = (gr_cut)i;
            return GR_OK;
        }
    return gr_fail(err, GR_E_FORMAT, "unknown 'behavior' '%s'", name);
}

static gr_status read_punctuation(gr_pretok *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    (void)arena;
    return read_cut(&out->cut, v, "Isolated", err);
}

static gr_status read_digits(gr_pretok *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    bool single = false;

    (void)arena;
    GR_TRY(gr_tok_read_flag(&single, v, "individual_digits", err));
    out->cut = single ? GR_CUT_ISOLATED : GR_CUT_CONTIGUOUS;
    return GR_OK;
}

static gr_status read_split(gr_pretok *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    GR_TRY(read_cut(&out->cut, v, NULL, err));
    GR_TRY(gr_tok_read_flag(&out->invert, v, "invert", err));
    return gr_tok_read_pattern(&out->pattern, arena, gr_json_get(v, "pattern"), err);
}

/* A text of one character, and what stands between them. */
static gr_status read_delimiter(gr_pretok *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    const gr_sv sign = gr_json_sv(gr_json_get(v, "delimiter"));

    out->cut = GR_CUT_REMOVED;
    if (!sign.p || sign.n > 4) return gr_fail(err, GR_E_FORMAT, "'delimiter' is not one character");
    GR_TRY(gr_tok_code_points(&out->pattern.text, &out->pattern.n_text, arena, sign, err));
    return out->pattern.n_text == 1 ? GR_OK : gr_fail(err, GR_E_FORMAT, "'delimiter' is not one character");
}

static gr_status read_fixed_length(gr_pretok *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    int64_t length = 5;

    (void)arena;
    if (gr_json_get(v, "length")) GR_TRY(gr_json_need_int(&length, v, "length", 1, GR_GLYPHS_MAX, err));
    out->length = (size_t)length;
    return GR_OK;
}

/* ---- the list ---- */

static const pretok_kind kinds[] = {
    { "BertPreTokenizer", GR_PRETOK_BERT, read_nothing },
    { "ByteLevel", GR_PRETOK_BYTE_LEVEL, read_byte_level },
    { "Metaspace", GR_PRETOK_METASPACE, read_metaspace },
    { "Whitespace", GR_PRETOK_WHITESPACE, read_nothing },
    { "WhitespaceSplit", GR_PRETOK_WHITESPACE_SPLIT, read_nothing },
    { "Punctuation", GR_PRETOK_PUNCTUATION, read_punctuation },
    { "Digits", GR_PRETOK_DIGITS, read_digits },
    { "Split", GR_PRETOK_SPLIT, read_split },
    { "CharDelimiterSplit", GR_PRETOK_SPLIT, read_delimiter },
    { "UnicodeScripts", GR_PRETOK_SCRIPTS, read_nothing },
    { "FixedLength", GR_PRETOK_FIXED_LENGTH, read_fixed_length },
};

typedef struct steps {
    gr_pretok v[STEPS_MAX];
    size_t    n;
} steps;

static gr_status read_one(steps *out, gr_arena *arena, const gr_json *v, const char *type, gr_err *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        gr_pretok *step;

        if (strcmp(kinds[i].type, type) != 0) continue;
        if (out->n == STEPS_MAX) return gr_fail(err, GR_E_UNSUPPORTED, "more than %d pre-tokenizers", (int)STEPS_MAX);
        if (out->n > 0 && out->v[out->n - 1].kind == GR_PRETOK_BYTE_LEVEL)
            return gr_fail(err, GR_E_UNSUPPORTED, "pre-tokenizer '%s' behind ByteLevel", type);
        step = &out->v[out->n++];
        step->kind = kinds[i].kind;
        return kinds[i].read(step, arena, v, err);
    }
    return gr_fail(err, GR_E_FORMAT, "unknown pre-tokenizer '%s'", type);
}

/* A pre-tokenizer or a sequence; nesting is bounded by the JSON reader. */
static gr_status read_any(steps *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    const gr_json *list = gr_json_get(v, "pretokenizers");
    const char *type;

    GR_TRY(gr_json_need_str(&type, v, "type", err));
    if (strcmp(type, "Sequence") != 0) return read_one(out, arena, v, type, err);
    if (!gr_json_is_array(list)) return gr_fail(err, GR_E_FORMAT, "'pretokenizers' is missing or not an array");
    for (const gr_json *x = gr_json_first(list); x; x = gr_json_next(x)) GR_TRY(read_any(out, arena, x, err));
    return GR_OK;
}

gr_status gr_tok_read_pretok(gr_tok *t, const gr_json *v, gr_err *err)
{
    steps s = { .n = 0 };
    gr_pretok *copy;

    t->pretok = (gr_pretok){ .kind = GR_PRETOK_NONE };
    if (!v) return GR_OK;
    GR_TRY(read_any(&s, &t->arena, v, err));
    if (s.n == 0) return GR_OK;
    if (s.v[s.n - 1].kind == GR_PRETOK_BYTE_LEVEL) {
        if (!t->model.bpe.merge) return gr_fail(err, GR_E_UNSUPPORTED, "pre-tokenizer 'ByteLevel' before a model that is not BPE");
        if (t->model.bpe.prefix.n || t->model.bpe.suffix.n || t->model.bpe.byte_fallback)
            return gr_fail(err, GR_E_UNSUPPORTED, "pre-tokenizer 'ByteLevel' with continuing_subword_prefix, end_of_word_suffix or byte_fallback");
        gr_bpe_set_byte_level(&t->model);
    }
    t->pretok = s.v[0];
    if (s.n == 1) return GR_OK;
    copy = gr_arena_calloc(&t->arena, s.n, sizeof *copy);
    if (!copy) return gr_fail_nomem(err, "a tokenizer");
    memcpy(copy, s.v, s.n * sizeof *copy);
    t->pretok = (gr_pretok){ .kind = GR_PRETOK_STEPS, .step = copy, .n_steps = s.n };
    return GR_OK;
}
