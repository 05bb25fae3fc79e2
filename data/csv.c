/* csv.c - records of comma-separated files as RFC 4180 has them; see reader.h.
 *
 * A field that begins with a quote ends at the next single one; inside, a doubled quote is one, and commas and line
 * ends are text. A quote inside a field that did not begin with one is a character. Blank lines are no records.
 * Lines are counted physically, also inside quotes; a record's line is the one it begins on. */
#include <string.h>

#include "data/reader.h"

/* Past the line end at p; p when there is none. */
static const char *skip_end(const char *p, const char *end)
{
    if (p < end && *p == '\r') p++;
    else if (p < end && *p == '\n') return p + 1;
    else return p;
    return p < end && *p == '\n' ? p + 1 : p;
}

static size_t count_ends(const char *p, const char *end)
{
    size_t n = 0;

    while (p < end) {
        const char *const q = skip_end(p, end);
        n += q > p;
        p = q > p ? q : p + 1;
    }
    return n;
}

/* The text between the quotes, each doubled quote made one. */
static gr_status unquote(gr_reader *r, gr_sv *out, const char *p, const char *end, size_t n_double, gr_err *err)
{
    char *w;

    out->p = p;
    out->n = (size_t)(end - p);
    if (n_double == 0) return GR_OK;
    w = gr_arena_alloc(r->arena, out->n);
    if (w == NULL) return gr_fail_nomem(err, "a quoted field");
    out->p = w;
    while (p < end) {
        *w++ = *p;
        p += *p == '"' ? 2 : 1;
    }
    out->n = (size_t)(w - out->p);
    return GR_OK;
}

/* *at stands on the opening quote; leaves it behind the closing one. The record begins at `start`, on line `line`. */
static gr_status quoted(gr_reader *r, gr_sv *out, const char **at, const char *start, size_t line, gr_err *err)
{
    const char *const first = *at + 1;
    const char       *p = first;
    size_t            n_double = 0;

    for (;;) {
        p = p < r->in.end ? memchr(p, '"', (size_t)(r->in.end - p)) : NULL;
        if (p == NULL)
            return gr_fail(err, GR_E_FORMAT, "line %zu: quoted field is not closed before the end of the file",
                           line + count_ends(start, first));
        if (p + 1 >= r->in.end || p[1] != '"') break;
        n_double++;
        p += 2;
    }
    *at = p + 1;
    if (*at < r->in.end && **at != ',' && **at != '\n' && **at != '\r')
        return gr_fail(err, GR_E_FORMAT, "line %zu: text after a closing quote: the field opened on line %zu, and a quote within it is written twice",
                       line + count_ends(start, p), line + count_ends(start, first));
    return unquote(r, out, first, p, n_double, err);
}

static gr_status field(gr_reader *r, gr_sv *out, const char **at, const char *start, size_t line, gr_err *err)
{
    const char *p = *at;

    if (p < r->in.end && *p == '"') return quoted(r, out, at, start, line, err);
    while (p < r->in.end && *p != ',' && *p != '\n' && *p != '\r') p++;
    out->p = *at;
    out->n = (size_t)(p - *at);
    *at = p;
    return GR_OK;
}

gr_status gr_csv_record(gr_reader *r, size_t *line, bool *more, gr_err *err)
{
    const char *start = r->in.p, *p;
    gr_sv       f, all;
    gr_status   s = GR_OK;

    while (start < r->in.end && skip_end(start, r->in.end) > start) { /* blank lines */
        start = skip_end(start, r->in.end);
        r->in.line++;
    }
    *more = start < r->in.end;
    *line = r->in.line + 1;
    p = start;
    while (*more && s == GR_OK) {
        s = field(r, &f, &p, start, *line, err);
        if (s == GR_OK) s = gr_reader_push(r, f, err);
        if (s != GR_OK || p >= r->in.end || *p != ',') break;
        p++;
    }
    if (s != GR_OK || !*more) return s;
    all.p = start;
    all.n = (size_t)(p - start);
    GR_TRY(gr_text_check(all, *line, err));
    r->in.p = skip_end(p, r->in.end);
    r->in.line += count_ends(start, r->in.p);
    if (r->in.p == p) r->in.line++; /* the last line has no end */
    return GR_OK;
}
