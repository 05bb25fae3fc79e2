/* jsonl.c - one JSON object a line; see reader.h. The wanted columns are its keys, others are passed over, blank
 * lines too.
 *
 * Texts must be strings. Labels, scores and ids may be strings or numbers (a number is handed on as its shortest
 * decimal) or, as a label, true and false. */
#include <math.h>
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

static gr_status value(gr_reader *r, gr_sv *out, const gr_json *v, const gr_column *c, gr_err *err)
{
    const bool text = c->role == GR_COL_TEXT || c->role == GR_COL_PAIR;

    if (gr_json_is_string(v)) {
        const char *const p = gr_json_str(v, "");
        return keep(r, out, p, strlen(p), err);
    }
    if (text && gr_json_is_array(v))
        return gr_fail(err, GR_E_FORMAT, "line %zu: '%s' is a list, not a text: words with their tags are read from a .conll file, a word and its tag a line",
                       r->in.line, c->name);
    if (text) return gr_fail(err, GR_E_FORMAT, "line %zu: '%s' is not a string", r->in.line, c->name);
    if (gr_json_is_number(v)) return keep_number(r, out, gr_json_num(v, NAN), err);
    if (gr_json_is_bool(v) && (c->role == GR_COL_LABEL || c->role == GR_COL_OTHER)) {
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

/* The parser counts lines from the start of its text; the file's line number replaces its "line 1". */
static gr_status fail_json(const gr_reader *r, gr_status s, const gr_err *why, gr_err *err)
{
    const char *const own = "line 1";
    const char       *m = why->msg;

    if (s != GR_E_FORMAT) return gr_fail(err, s, "%s", m);
    m = strncmp(m, own, strlen(own)) == 0 ? m + strlen(own) : m;
    m += strspn(m, ":, ");
    return gr_fail(err, GR_E_FORMAT, "line %zu: broken JSON: %s", r->in.line, m);
}

gr_status gr_jsonl_next(gr_reader *r, gr_row *row, bool *more, gr_err *err)
{
    gr_json  *obj = NULL;
    gr_err    why = GR_ERR_INIT;
    gr_sv     line;
    gr_status s;

    do GR_TRY(gr_lines_next(&r->in, &line, more, err));
    while (*more && gr_sv_trim(line).n == 0);
    if (!*more) return GR_OK;
    row->line = r->in.line;
    row->n_col = r->n_want;
    row->columns = r->src->columns;
    if (has_nul_escape(line)) return gr_fail(err, GR_E_FORMAT, "line %zu: a string holds U+0000", r->in.line);
    s = gr_json_parse(&obj, line.p, line.n, &why);
    if (s != GR_OK) return fail_json(r, s, &why, err);
    s = columns(r, obj, err);
    gr_json_free(obj);
    return s;
}
