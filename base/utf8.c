/* utf8.c - the one decoder; see utf8.h. Well-formed sequences are those of RFC 3629, section 4. */
#include "base/utf8.h"

#include <string.h>

#include "base/width_table.h"

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Length that the first byte promises; 0 for a byte that starts nothing. */
static size_t promised(unsigned char c)
{
    if (c < 0x80) return 1;
    if (c >= 0xC2 && c <= 0xDF) return 2;
    if (c >= 0xE0 && c <= 0xEF) return 3;
    if (c >= 0xF0 && c <= 0xF4) return 4;
    return 0;
}

size_t gr_utf8_next(uint32_t *cp, const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    const size_t len = promised(u[0]);
    uint32_t c;

    if (len == 1) {
        *cp = u[0];
        return 1;
    }
    if (len == 0 || n < len) return 0;
    c = u[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (!is_tail(u[i])) return 0;
        c = c << 6 | (u[i] & 0x3Fu);
    }
    if (len == 3 && (c < 0x800 || (c >= 0xD800 && c <= 0xDFFF))) return 0;
    if (len == 4 && (c < 0x10000 || c > 0x10FFFF)) return 0;
    *cp = c;
    return len;
}

size_t gr_utf8_put(char out[4], uint32_t cp)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

size_t gr_utf8_count(gr_sv s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) n += !is_tail((unsigned char)s.p[i]);
    return n;
}

/* Bytes that look like one sequence: the first and the tails behind it, at most what it could promise. */
static size_t shown(const unsigned char *u, size_t n)
{
    const size_t most = u[0] >= 0xF0 ? 4 : u[0] >= 0xE0 ? 3 : u[0] >= 0xC0 ? 2 : 1;
    size_t k = 1;

    while (k < most && k < n && is_tail(u[k])) k++;
    return k;
}

static bool is_in(const uint32_t (*range)[2], size_t n, uint32_t cp)
{
    size_t low = 0;

    while (low < n) {
        const size_t at = low + (n - low) / 2;

        if (cp < range[at][0]) n = at;
        else if (cp > range[at][1]) low = at + 1;
        else return true;
    }
    return false;
}

size_t gr_utf8_columns(gr_sv s)
{
    size_t columns = 0;

    for (size_t i = 0, len; i < s.n; i += len) {
        uint32_t cp;

        len = gr_utf8_next(&cp, s.p + i, s.n - i);
        columns++;
        if (len == 0) len = shown((const unsigned char *)s.p + i, s.n - i);
        else if (is_in(two_columns, sizeof two_columns / sizeof *two_columns, cp)) columns++;
        else if (is_in(no_column, sizeof no_column / sizeof *no_column, cp)) columns--;
    }
    return columns;
}

static const char *reason(const unsigned char *u, size_t n, size_t k)
{
    const size_t len = promised(u[0]);

    if (u[0] == 0xC0 || u[0] == 0xC1) return "overlong";
    if (u[0] >= 0xF5 && u[0] <= 0xF7) return "above U+10FFFF";
    if (len == 0) return "broken sequence";
    if (k < len) return k == n ? "cut off at the end" : "broken sequence";
    if (u[0] == 0xE0 || u[0] == 0xF0) return "overlong";
    return u[0] == 0xED ? "surrogate" : "above U+10FFFF";
}

static gr_status complain(const char *p, size_t n, gr_err *err)
{
    const unsigned char *u = (const unsigned char *)p;
    const size_t k = shown(u, n);
    static const char digits[] = "0123456789ABCDEF";
    char hex[16] = "";
    size_t w = 0;

    for (size_t i = 0; i < k; i++) {
        hex[w++] = ' ';
        hex[w++] = digits[u[i] >> 4];
        hex[w++] = digits[u[i] & 15];
    }
    hex[w] = '\0';
    return gr_fail(err, GR_E_FORMAT, "invalid UTF-8: %s%s", reason(u, n, k), hex);
}

gr_status gr_utf8_check(gr_sv s, size_t *at, gr_err *err)
{
    size_t i = 0;

    while (i < s.n) {
        uint64_t eight;
        uint32_t cp;
        size_t len;

        if (s.n - i >= 8) { /* most text is ASCII: eight bytes at a time */
            memcpy(&eight, s.p + i, 8);
            if (!(eight & UINT64_C(0x8080808080808080))) {
                i += 8;
                continue;
            }
        }
        len = gr_utf8_next(&cp, s.p + i, s.n - i);
        if (len == 0) {
            if (at) *at = i;
            return complain(s.p + i, s.n - i, err);
        }
        i += len;
    }
    return GR_OK;
}

void gr_utf8_from_cp1252(gr_buf *out, gr_sv s)
{
    /* 80..9F by the WHATWG index "windows-1252"; 81, 8D, 8F, 90, 9D are the C1 controls. */
    static const uint16_t high[32] = { 0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                       0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                       0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                       0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178 };

    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        char u[4];

        gr_buf_add(out, u, gr_utf8_put(u, c >= 0x80 && c < 0xA0 ? high[c - 0x80] : c));
    }
}

void gr_utf8_drop_cut(char *s)
{
    const size_t n = strlen(s);
    size_t at = n;

    while (at > 0 && n - at < 3 && is_tail((unsigned char)s[at - 1])) at--;
    if (at > 0 && promised((unsigned char)s[at - 1]) > n - at + 1) s[at - 1] = '\0';
}

static bool may_be_shown(uint32_t cp)
{
    const bool control = cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x2028 || cp == 0x2029;
    const bool turns = cp == 0x061C || cp == 0x200E || cp == 0x200F || (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);

    return !control && !turns;
}

void gr_utf8_one_line(char *s)
{
    const size_t n = strlen(s);
    size_t to = 0;

    for (size_t i = 0, len; i < n; i += len) {
        uint32_t cp;

        len = gr_utf8_next(&cp, s + i, n - i);
        if (len > 0 && may_be_shown(cp)) {
            memmove(s + to, s + i, len);
            to += len;
        } else {
            if (len == 0) len = shown((const unsigned char *)s + i, n - i);
            s[to++] = '?';
        }
    }
    s[to] = '\0';
}
