/* read_norm.c - the entry "normalizer" of tokenizer.json. A sequence, and what is nested in it, becomes
 * one list of steps. */
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"

enum { STEPS_MAX = 64 };

/* One kind of a normalizer by its type. */
typedef struct norm_kind {
    const char  *type;
    gr_norm_kind kind;
    gr_status (*read)(gr_norm *out, gr_arena *arena, const gr_json *v, gr_err *err);
} norm_kind;

/* ---- parts ---- */

gr_status gr_tok_code_points(const uint32_t **out, size_t *n, gr_arena *arena, gr_sv text, gr_err *err)
{
    uint32_t *cp = gr_arena_calloc(arena, text.n + 1, sizeof *cp);
    size_t k = 0;

    if (!cp) return gr_fail_nomem(err, "a tokenizer");
    for (size_t i = 0; i < text.n; k++) {
        const size_t len = gr_utf8_next(&cp[k], text.p + i, text.n - i);

        if (len == 0) return gr_fail(err, GR_E_FORMAT, "invalid UTF-8");
        i += len;
    }
    if (k > GR_TOK_PATTERN_MAX)
        return gr_fail(err, GR_E_UNSUPPORTED, "a text of %zu characters; at most %zu are supported", k, GR_TOK_PATTERN_MAX);
    *out = cp;
    *n = k;
    return GR_OK;
}

gr_status gr_tok_read_pattern(gr_pattern *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    const gr_sv text = gr_json_sv(gr_json_get(v, "String")), regex = gr_json_sv(gr_json_get(v, "Regex"));
    gr_pattern p = { NULL, NULL, 0 };

    if (!text.p && !regex.p) return gr_fail(err, GR_E_FORMAT, "'pattern' is neither a String nor a Regex");
    if (regex.p) {
        p.match = gr_pattern_find(regex);
        if (!p.match) return gr_fail(err, GR_E_UNSUPPORTED, "the pattern '%.*s' is not among the known ones", GR_SV_FMT(regex));
    } else {
        GR_TRY(gr_tok_code_points(&p.text, &p.n_text, arena, text, err));
        if (p.n_text == 0) return gr_fail(err, GR_E_UNSUPPORTED, "an empty 'pattern'");
    }
    *out = p;
    return GR_OK;
}

static gr_status read_bert(gr_norm *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    (void)arena;
    out->clean = out->cjk = out->lower = true;
    GR_TRY(gr_tok_read_flag(&out->clean, v, "clean_text", err));
    GR_TRY(gr_tok_read_flag(&out->cjk, v, "handle_chinese_chars", err));
    GR_TRY(gr_tok_read_flag(&out->lower, v, "lowercase", err));
    out->strip = out->lower; /* unless the file says otherwise */
    return gr_tok_read_flag(&out->strip, v, "strip_accents", err);
}

static gr_status read_nothing(gr_norm *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    (void)out;
    (void)arena;
    (void)v;
    (void)err;
    return GR_OK;
}

static gr_status read_strip(gr_norm *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    (void)arena;
    out->left = out->right = true;
    GR_TRY(gr_tok_read_flag(&out->left, v, "strip_left", err));
    return gr_tok_read_flag(&out->right, v, "strip_right", err);
}

/* A string member as code points. */
static gr_status read_content(gr_norm *out, gr_arena *arena, const gr_json *v, const char *key, gr_err *err)
{
    const gr_sv s = gr_json_sv(gr_json_get(v, key));

    if (!s.p) return gr_fail(err, GR_E_FORMAT, "'%s' is missing or not a string", key);
    return gr_tok_code_points(&out->text, &out->n_text, arena, s, err);
}

static gr_status read_replace(gr_norm *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    GR_TRY(gr_tok_read_pattern(&out->pattern, arena, gr_json_get(v, "pattern"), err));
    return read_content(out, arena, v, "content", err);
}

static gr_status read_prepend(gr_norm *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    return read_content(out, arena, v, "prepend", err);
}

static gr_status read_charsmap(gr_norm *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    const gr_json *map = gr_json_get(v, "precompiled_charsmap");

    if (!gr_json_is_string(map)) return gr_fail(err, GR_E_FORMAT, "'precompiled_charsmap' is missing or not a string");
    return gr_charsmap_read_base64(&out->map, arena, gr_json_sv(map), err);
}

/* ---- the list ---- */

static const norm_kind kinds[] = {
    { "BertNormalizer", GR_NORM_BERT, read_bert },
    { "NFD", GR_NORM_NFD, read_nothing },
    { "NFC", GR_NORM_NFC, read_nothing },
    { "NFKD", GR_NORM_NFKD, read_nothing },
    { "NFKC", GR_NORM_NFKC, read_nothing },
    { "Lowercase", GR_NORM_LOWER, read_nothing },
    { "Strip", GR_NORM_STRIP, read_strip },
    { "StripAccents", GR_NORM_STRIP_ACCENTS, read_nothing },
    { "Replace", GR_NORM_REPLACE, read_replace },
    { "Prepend", GR_NORM_PREPEND, read_prepend },
    { "Precompiled", GR_NORM_CHARSMAP, read_charsmap },
    { "Nmt", GR_NORM_NMT, read_nothing },
    { "ByteLevel", GR_NORM_BYTE_LEVEL, read_nothing },
};

typedef struct steps {
    gr_norm v[STEPS_MAX];
    size_t  n;
} steps;

static gr_status read_one(steps *out, gr_arena *arena, const gr_json *v, const char *type, gr_err *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        gr_norm *step;

        if (strcmp(kinds[i].type, type) != 0) continue;
        if (out->n == STEPS_MAX) return gr_fail(err, GR_E_UNSUPPORTED, "more than %d normalizers", (int)STEPS_MAX);
        step = &out->v[out->n++];
        step->kind = kinds[i].kind;
        return kinds[i].read(step, arena, v, err);
    }
    return gr_fail(err, GR_E_FORMAT, "unknown normalizer '%s'", type);
}

/* A normalizer or a sequence; nesting is bounded by the JSON reader. */
static gr_status read_any(steps *out, gr_arena *arena, const gr_json *v, gr_err *err)
{
    const gr_json *list = gr_json_get(v, "normalizers");
    const char *type;

    GR_TRY(gr_json_need_str(&type, v, "type", err));
    if (strcmp(type, "Sequence") != 0) return read_one(out, arena, v, type, err);
    if (!gr_json_is_array(list)) return gr_fail(err, GR_E_FORMAT, "'normalizers' is missing or not an array");
    for (const gr_json *x = gr_json_first(list); x; x = gr_json_next(x)) GR_TRY(read_any(out, arena, x, err));
    return GR_OK;
}

gr_status gr_tok_read_normalizer(gr_tok *t, const gr_json *v, gr_err *err)
{
    steps s = { .n = 0 };
    gr_norm *copy;

    t->norm = (gr_norm){ .kind = GR_NORM_NONE };
    if (!v) return GR_OK;
    GR_TRY(read_any(&s, &t->arena, v, err));
    if (s.n == 1) t->norm = s.v[0];
    if (s.n <= 1) return GR_OK;
    copy = gr_arena_calloc(&t->arena, s.n, sizeof *copy);
    if (!copy) return gr_fail_nomem(err, "a tokenizer");
    memcpy(copy, s.v, s.n * sizeof *copy);
    t->norm = (gr_norm){ .kind = GR_NORM_STEPS, .step = copy, .n_steps = s.n };
    return GR_OK;
}
