/* json_text.c - letters, escapes and numbers of JSON (RFC 8259); see json_text.h, and json.h for the
 * two functions that append to a buffer. */
#include "base/json_text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

void gr_json_text_expected(char *out, size_t cap, const char *what, const char *p, bool there)
{
    const unsigned char c = there ? (unsigned char)*p : 0;

    if (!there) (void)snprintf(out, cap, "expected %s, found the end of the text", what);
    else if (c > 0x20 && c < 0x7f) (void)snprintf(out, cap, "expected %s, found '%c'", what, c);
    else (void)snprintf(out, cap, "expected %s, found byte %02X", what, c);
}

/* ---- strings ---- */

static bool hex4(uint32_t *out, const char *p, const char *end)
{
    uint32_t x = 0;

    if (end - p < 4) return false;
    for (int i = 0; i < 4; i++) {
        const char c = p[i];
        uint32_t d;

        if (c >= '0' && c <= '9') d = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f') d = (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F') d = (uint32_t)(c - 'A' + 10);
        else return false;
        x = x << 4 | d;
    }
    *out = x;
    return true;
}

/* p is behind "\u". Two escapes make one code point above U+FFFF; returns the bytes read, 0 when wrong. */
static size_t unicode_escape(uint32_t *cp, const char *p, const char *end, const char **why)
{
    uint32_t low;

    *why = "\\u without four hex digits";
    if (!hex4(cp, p, end)) return 0;
    if (*cp < 0xD800 || *cp > 0xDFFF) return 4;
    *why = "surrogate without its pair";
    if (*cp > 0xDBFF || end - p < 10 || p[4] != '\\' || p[5] != 'u' || !hex4(&low, p + 6, end)) return 0;
    if (low < 0xDC00 || low > 0xDFFF) return 0;
    *cp = 0x10000 + ((*cp - 0xD800) << 10) + (low - 0xDC00);
    return 10;
}

const char *gr_json_text_unescape(char *out, size_t *n, const char *p, const char *end, const char **bad)
{
    static const char letters[] = "\"\\/bfnrt", stands_for[] = "\"\\/\b\f\n\r\t";
    char *w = out;

    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p)), *letter, *why = NULL;
        const size_t plain = (size_t)((slash ? slash : end) - p);

        memcpy(w, p, plain);
        w += plain;
        p += plain;
        if (!slash) break;
        if (p + 1 < end && p[1] == 'u') {
            uint32_t cp;
            const size_t len = unicode_escape(&cp, p + 2, end, &why);

            *bad = p;
            if (len == 0) return why;
            w += gr_utf8_put(w, cp);
            p += 2 + len;
            continue;
        }
        letter = p + 1 < end && p[1] ? strchr(letters, p[1]) : NULL;
        *bad = p;
        if (!letter) return "unknown escape in a string";
        *w++ = stands_for[letter - letters];
        p += 2;
    }
    *n = (size_t)(w - out);
    return NULL;
}

void gr_json_text_repair(gr_buf *out, gr_sv s)
{
    for (size_t i = 0; i < s.n;) {
        uint32_t cp;
        const size_t len = gr_utf8_next(&cp, s.p + i, s.n - i);

        if (len) gr_buf_add(out, s.p + i, len);
        else gr_buf_adds(out, "\xEF\xBF\xBD");
        i += len ? len : 1;
    }
}

/* The short escape's letter for a byte that has one, 1 for one that needs \u00XX, 0 for a plain one. */
static char escape_of(unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return c < 0x20 ? 1 : 0;
    }
}

void gr_json_quote(gr_buf *out, gr_sv s)
{
    gr_buf clean = { NULL, 0, 0, false };
    size_t from = 0;

    if (gr_utf8_check(s, NULL, NULL) != GR_OK) {
        gr_json_text_repair(&clean, s);
        s = gr_buf_sv(&clean);
    }
    gr_buf_addc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        const char e = escape_of((unsigned char)s.p[i]);

        if (!e) continue;
        gr_buf_add(out, s.p + from, i - from);
        if (e == 1) gr_buf_addf(out, "\\u%04x", (unsigned char)s.p[i]);
        else gr_buf_addf(out, "\\%c", e);
        from = i + 1;
    }
    if (s.n > from) gr_buf_add(out, s.p + from, s.n - from);
    gr_buf_addc(out, '"');
    if (clean.oom) out->oom = true;
    gr_buf_free(&clean);
}

/* ---- numbers ---- */

static size_t digits(const char *p, const char *end)
{
    size_t n = 0;

    while (p + n < end && p[n] >= '0' && p[n] <= '9') n++;
    return n;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '+' || c == '-';
}

size_t gr_json_text_number(const char *p, const char *end)
{
    const char *q = p;
    size_t n;

    if (q < end && *q == '-') q++;
    n = digits(q, end);
    if (n == 0 || (n > 1 && *q == '0')) return 0;
    q += n;
    if (q < end && *q == '.') {
        n = digits(q + 1, end);
        if (n == 0) return 0;
        q += 1 + n;
    }
    if (q < end && (*q == 'e' || *q == 'E')) {
        q++;
        if (q < end && (*q == '+' || *q == '-')) q++;
        n = digits(q, end);
        if (n == 0) return 0;
        q += n;
    }
    return q < end && is_word(*q) ? 0 : (size_t)(q - p);
}

void gr_json_number(gr_buf *out, double x)
{
    char s[40] = "";
    /* 15 digits name every shorter decimal, 17 every double; below DBL_MIN fewer may do */
    int precision = fabs(x) < DBL_MIN ? 1 : 15;

    if (!isfinite(x)) {
        gr_buf_adds(out, "null");
        return;
    }
    for (; precision <= 17; precision++) {
        (void)snprintf(s, sizeof s, "%.*g", precision, x);
        if (strtod(s, NULL) == x) break; /* both in the same locale */
    }
    for (char *c = s; *c; c++)
        if (!is_word(*c)) *c = '.';
    gr_buf_adds(out, s);
}

/* ---- keys ---- */

static int by_hash_and_key(const void *a, const void *b)
{
    const gr_json_key_entry *x = a, *y = b;
    int c;

    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    c = strcmp(x->key, y->key);
    return c ? c : (x->i > y->i) - (x->i < y->i);
}

/* A vocabulary has 250000 keys. Sorted by hash, and by text where hashes agree, equal keys become
 * neighbours, and no choice of keys makes that slow, as it would a hash table. */
size_t gr_json_text_twin(gr_json_key_entry *e, size_t n)
{
    size_t twin = n;

    for (size_t i = 0; i < n; i++) e[i].hash = gr_sv_hash(GR_SV_HASH, gr_sv_from(e[i].key));
    qsort(e, n, sizeof *e, by_hash_and_key);
    for (size_t i = 1; i < n; i++)
        if (e[i].hash == e[i - 1].hash && strcmp(e[i].key, e[i - 1].key) == 0 && e[i].i < twin) twin = e[i].i;
    return twin;
}
