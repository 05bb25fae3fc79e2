/* jsonl.c - one JSON object a line; see reader.h. The wanted columns are its keys, others are passed over, blank
 * lines too.
 *
 * Where the first column is GR_COL_WORDS a row is a sentence, made of two lists of strings. Else texts must be strings;
 * labels, scores and ids may be strings or numbers (a number is handed on as its shortest decimal, one that names a class
 * with the fraction it was written with: 2.0 is not 2) or, as a label, true and false. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "data/reader.h"

/* A text may not hold U+0000: views of JSON strings end there. Looks for the escape itself, not for an escaped
 * backslash. */
static bool has_nul_escape(gr_sv s)
{
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] != '\\') continue;
        if (s.n - i >= 6 && memcmp(s.p + i, "\\u0000", 6) == 0) return true;
        i++; /* the character behind the backslash */
    }
    return false;
}

static gr_status keep(gr_reader *r, gr_sv *out, const char *p, size_t n, gr_err *err)
{
    out->n = n;
    out->p = gr_arena_strndup(r->arena, p, n);
    return out->p != NULL ? GR_OK : gr_fail_nomem(err, "a text");
}

static gr_status keep_number(gr_reader *r, gr_sv *out, double x, gr_err *err)
{
    gr_buf    b = { NULL, 0, 0, false };
    gr_status s;

    gr_json_number(&b, x);
    s = b.oom ? gr_fail_nomem(err, "a number") : keep(r, out, b.p, b.n, err);
    gr_buf_free(&b);
    return s;
}

/* The same of what may name a class: whether it is one, or a value, is told by its point. */
static gr_status keep_written(gr_reader *r, gr_sv *out, const gr_json *v, gr_err *err)
{
    char     *text;
    gr_status s;

    GR_TRY(gr_json_print(&text, v, false, err));
    s = keep(r, out, text, strlen(text), err);
    free(text);
    return s;
}

static gr_status value(gr_reader *r, gr_sv *out, const gr_json *v, const gr_column *c, gr_err *err)
{
    const bool text = c->role == GR_COL_TEXT || c->role == GR_COL_PAIR, name = c->role == GR_COL_LABEL || c->role == GR_COL_OTHER;

    if (gr_json_is_string(v)) {
        const char *const p = gr_json_str(v, "");
        return keep(r, out, p, strlen(p), err);
    }
    if (text && gr_json_is_array(v))
        return gr_fail(err, GR_E_FORMAT, "line %zu: '%s' is a list, not a text", r->in.line, c->name);
    if (text) return gr_fail(err, GR_E_FORMAT, "line %zu: '%s' is not a string", r->in.line, c->name);
    if (gr_json_is_number(v) && name) return keep_written(r, out, v, err);
    if (gr_json_is_number(v)) return keep_number(r, out, gr_json_num(v, NAN), err);
    if (gr_json_is_bool(v) && name) {
        *out = gr_sv_from(gr_json_bool(v, false) ? "true" : "false");
        return GR_OK;
    }
    if (gr_json_is_bool(v) && c->role == GR_COL_CLASS_ID) {
        *out = gr_sv_from(gr_json_bool(v, false) ? "1" : "0");
        return GR_OK;
    }
    if (gr_json_is_null(v) && c->role == GR_COL_OTHER) {
        *out = gr_sv_from("");
        return GR_OK;
    }
    return gr_fail(err, GR_E_FORMAT, "line %zu: '%s' is neither a string nor a number", r->in.line, c->name);
}

static gr_status columns(gr_reader *r, const gr_json *obj, gr_err *err)
{
    if (!gr_json_is_object(obj)) return gr_fail(err, GR_E_FORMAT, "line %zu: not an object", r->in.line);
    GR_TRY(gr_reader_need_cols(r, r->n_want, err));
    for (size_t i = 0; i < r->n_want; i++) {
        const gr_column *const c = &r->src->columns[i];
        const gr_json *const   v = gr_json_get(obj, c->name);

        if (v == NULL) return gr_fail(err, GR_E_FORMAT, "line %zu: key '%s' is missing", r->in.line, c->name);
        GR_TRY(value(r, &r->col[i], v, c, err));
        if (r->src->strip && (c->role == GR_COL_TEXT || c->role == GR_COL_PAIR)) r->col[i] = gr_text_strip(r->col[i]);
    }
    return GR_OK;
}

/* ---- sentences ---- */

static gr_status list_of(const gr_json **out, const gr_reader *r, const gr_json *obj, const gr_column *c, gr_err *err)
{
    *out = gr_json_get(obj, c->name);
    if (*out == NULL) return gr_fail(err, GR_E_FORMAT, "line %zu: key '%s' is missing", r->in.line, c->name);
    if (gr_json_is_array(*out)) return GR_OK;
    return gr_fail(err, GR_E_FORMAT, "line %zu: '%s' is not a list of %s", r->in.line, c->name, c->role == GR_COL_WORDS ? "words" : "tags");
}

/* The strings of a list, from r->col[at] on. */
static gr_status keep_list(gr_reader *r, size_t at, const gr_json *list, const gr_column *c, gr_err *err)
{
    for (const gr_json *v = gr_json_first(list); v != NULL; v = gr_json_next(v), at++) {
        const gr_sv s = gr_json_sv(v);

        if (c->role == GR_COL_TAGS && gr_json_is_number(v))
            return gr_fail(err, GR_E_FORMAT, "line %zu: '%s' holds a number: give the tag's name, such as B-PER", r->in.line, c->name);
        if (!gr_json_is_string(v)) return gr_fail(err, GR_E_FORMAT, "line %zu: '%s' holds what is no string", r->in.line, c->name);
        if (s.n == 0) return gr_fail(err, GR_E_FORMAT, "line %zu: '%s' holds an empty %s", r->in.line, c->name, c->role == GR_COL_WORDS ? "word" : "tag");
        GR_TRY(keep(r, &r->col[at], s.p, s.n, err));
    }
    return GR_OK;
}

static gr_status sentence(gr_reader *r, gr_row *row, const gr_json *obj, gr_err *err)
{
    const gr_column *const c = r->src->columns;
    const gr_json         *words, *tags = NULL;
    size_t                 n, n_tags;

    if (!gr_json_is_object(obj)) return gr_fail(err, GR_E_FORMAT, "line %zu: not an object", r->in.line);
    GR_TRY(list_of(&words, r, obj, &c[0], err));
    if (r->n_want > 1) GR_TRY(list_of(&tags, r, obj, &c[1], err));
    n = gr_json_len(words);
    n_tags = gr_json_len(tags);
    if (n == 0) return gr_fail(err, GR_E_FORMAT, "line %zu: '%s' holds no word", r->in.line, c[0].name);
    if (tags != NULL && n_tags != n)
        return gr_fail(err, GR_E_FORMAT, "line %zu: %zu word%s in '%s' and %zu tag%s in '%s'", r->in.line, n, n == 1 ? "" : "s", c[0].name, n_tags,
                       n_tags == 1 ? "" : "s", c[1].name);
    GR_TRY(gr_reader_need_cols(r, 2 * n, err));
    GR_TRY(keep_list(r, 0, words, &c[0], err));
    if (tags != NULL) GR_TRY(keep_list(r, n, tags, &c[1], err));
    for (size_t i = 0; i < n; i++) GR_TRY(gr_reader_note_line(r, i, err));
    row->n_words = n;
    row->n_col = tags != NULL ? 2 * n : n;
    row->columns = NULL;
    row->word_line = r->word_line;
    return GR_OK;
}

gr_status gr_jsonl_next(gr_reader *r, gr_row *row, bool *more, gr_err *err)
{
    gr_json  *obj = NULL;
    gr_sv     line;
    gr_status s;

    do GR_TRY(gr_lines_next(&r->in, &line, more, err));
    while (*more && gr_sv_trim(line).n == 0);
    if (!*more) return GR_OK;
    row->line = r->in.line;
    row->n_col = r->n_want;
    row->columns = r->src->columns;
    if (has_nul_escape(line)) return gr_fail(err, GR_E_FORMAT, "line %zu: a string holds U+0000", r->in.line);
    GR_TRY(gr_json_parse_line(&obj, line, r->in.line, err));
    s = gr_source_has_sentences(r->src) ? sentence(r, row, obj, err) : columns(r, obj, err);
    gr_json_free(obj);
    return s;
}
