/* lines.c - physical lines; see lines.h. */
#include "data/lines.h"

#include <string.h>

#include "base/utf8.h"

static bool starts(gr_sv s, const char *magic, size_t n)
{
    return s.n >= n && memcmp(s.p, magic, n) == 0;
}

gr_status gr_lines_open(gr_lines *l, gr_sv text, gr_err *err)
{
    if (starts(text, "\xff\xfe", 2) || starts(text, "\xfe\xff", 2))
        return gr_fail(err, GR_E_FORMAT, "line 1: UTF-16 byte order mark: the file is not UTF-8");
    if (starts(text, "\xef\xbb\xbf", 3)) {
        text.p += 3;
        text.n -= 3;
    }
    l->p = text.n ? text.p : "";
    l->end = l->p + text.n;
    l->line = 0;
    return GR_OK;
}

/* Lines that end before byte `at`: where inside a piece of several lines a fault lies. */
static size_t line_ends(gr_sv s, size_t at)
{
    size_t n = 0;

    for (size_t i = 0; i < at; i++) n += s.p[i] == '\n' || (s.p[i] == '\r' && !(i + 1 < s.n && s.p[i + 1] == '\n'));
    return n;
}

gr_status gr_text_check(gr_sv s, size_t line, gr_err *err)
{
    const char *const nul = s.n ? memchr(s.p, '\0', s.n) : NULL;
    gr_err            why = GR_ERR_INIT;
    size_t            at = 0;

    if (nul != NULL) {
        at = (size_t)(nul - s.p);
        return gr_fail(err, GR_E_FORMAT, "line %zu: NUL byte at byte %zu", line + line_ends(s, at), at + 1);
    }
    if (gr_utf8_check(s, &at, &why) == GR_OK) return GR_OK;
    return gr_fail(err, GR_E_FORMAT, "line %zu: %s at byte %zu: save the file as UTF-8", line + line_ends(s, at), why.msg, at + 1);
}

static const char *line_end(const char *p, const char *end)
{
    const char *const lf = memchr(p, '\n', (size_t)(end - p));
    const char *const stop = lf != NULL ? lf : end;
    const char *const cr = memchr(p, '\r', (size_t)(stop - p));

    return cr != NULL ? cr : stop;
}

gr_status gr_lines_next(gr_lines *l, gr_sv *out, bool *more, gr_err *err)
{
    const char *stop;

    out->p = l->p;
    out->n = 0;
    *more = l->p < l->end;
    if (!*more) return GR_OK;
    stop = line_end(l->p, l->end);
    out->n = (size_t)(stop - l->p);
    l->line++;
    if (stop < l->end && *stop == '\r') stop++;
    if (stop < l->end && *stop == '\n' && (stop == l->p + out->n || stop[-1] == '\r')) stop++;
    l->p = stop;
    return gr_text_check(*out, l->line, err);
}

bool gr_lines_only_blank(const gr_lines *l)
{
    for (const char *p = l->p; p < l->end; p++)
        if (*p != '\n' && *p != '\r') return false;
    return true;
}

/* ---- white space ---- */

static bool is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

gr_sv gr_text_strip(gr_sv s)
{
    uint32_t c;
    size_t   len;

    while (s.n > 0 && (len = gr_utf8_next(&c, s.p, s.n)) > 0 && is_space(c)) {
        s.p += len;
        s.n -= len;
    }
    while (s.n > 0) {
        size_t at = s.n - 1;

        while (at > 0 && ((unsigned char)s.p[at] & 0xC0) == 0x80) at--;
        if (gr_utf8_next(&c, s.p + at, s.n - at) == 0 || !is_space(c)) break;
        s.n = at;
    }
    return s;
}
