/* str.c - views and buffers; see str.h.
 *
 * Numbers are checked against our own grammar first, so that strtod's extras (hex, "inf", blanks, the
 * locale's decimal point) never decide what a file may hold. */
#include "base/str.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

/* ---- views ---- */

gr_sv gr_sv_from(const char *cstr)
{
    const gr_sv s = { cstr, cstr ? strlen(cstr) : 0 };
    return s;
}

bool gr_sv_eq(gr_sv a, gr_sv b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

uint64_t gr_sv_hash(uint64_t from, gr_sv a)
{
    for (size_t i = 0; i < a.n; i++) from = (from ^ (unsigned char)a.p[i]) * UINT64_C(1099511628211);
    return from;
}

bool gr_sv_is(gr_sv a, const char *cstr)
{
    return gr_sv_eq(a, gr_sv_from(cstr));
}

bool gr_sv_starts(gr_sv s, const char *prefix)
{
    const size_t n = strlen(prefix);
    return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool gr_sv_ends(gr_sv s, const char *suffix)
{
    const size_t n = strlen(suffix);
    return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

gr_sv gr_sv_trim(gr_sv s)
{
    while (s.n && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_blank(s.p[s.n - 1])) s.n--;
    return s;
}

int gr_sv_cmp(gr_sv a, gr_sv b)
{
    const size_t n = a.n < b.n ? a.n : b.n;
    const int c = n ? memcmp(a.p, b.p, n) : 0;

    if (c) return c;
    return (a.n > b.n) - (a.n < b.n);
}

gr_sv gr_sv_split(gr_sv *rest, char sep)
{
    const char *hit = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
    gr_sv part = *rest;

    if (!hit) {
        rest->p = rest->p ? rest->p + rest->n : NULL;
        rest->n = 0;
        return part;
    }
    part.n = (size_t)(hit - rest->p);
    rest->p = hit + 1;
    rest->n -= part.n + 1;
    return part;
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

gr_status gr_sv_int(int64_t *out, gr_sv s, gr_err *err)
{
    const bool neg = s.n && s.p[0] == '-';
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    int64_t x = 0;

    if (s.n == 0) return gr_fail(err, GR_E_FORMAT, "empty where a whole number is expected");
    if (i == s.n) return gr_fail(err, GR_E_FORMAT, "'%.*s' is not a whole number", GR_SV_FMT(s));
    for (size_t k = i; k < s.n; k++)
        if (!is_digit(s.p[k])) return gr_fail(err, GR_E_FORMAT, "'%.*s' is not a whole number", GR_SV_FMT(s));
    for (; i < s.n; i++) { /* downwards, because -2^63 has no positive twin */
        const int d = s.p[i] - '0';
        if (__builtin_mul_overflow(x, (int64_t)10, &x) || __builtin_sub_overflow(x, (int64_t)d, &x))
            return gr_fail(err, GR_E_FORMAT, "'%.*s' is out of range", GR_SV_FMT(s));
    }
    if (!neg && x == INT64_MIN) return gr_fail(err, GR_E_FORMAT, "'%.*s' is out of range", GR_SV_FMT(s));
    *out = neg ? x : -x;
    return GR_OK;
}

/* What the grammar sees: digits without the point, as long as they fit, and the power of ten. */
typedef struct decimal {
    uint64_t mantissa;
    int      exp10;
    bool     exact; /* the mantissa holds all digits */
} decimal;

static bool scan_digits(decimal *d, gr_sv s, size_t *i, int exp_step)
{
    const size_t start = *i;

    for (; *i < s.n && is_digit(s.p[*i]); (*i)++) {
        if (d->mantissa < UINT64_MAX / 10 - 1) {
            d->mantissa = d->mantissa * 10 + (uint64_t)(s.p[*i] - '0');
            d->exp10 += exp_step;
        } else {
            d->exact = false;
        }
    }
    return *i > start;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or behind the point. */
static bool scan_decimal(decimal *d, gr_sv s)
{
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    bool any = scan_digits(d, s, &i, 0), neg;
    int e = 0;

    if (i < s.n && s.p[i] == '.') {
        i++;
        any = scan_digits(d, s, &i, -1) || any;
    }
    if (!any) return false;
    if (i == s.n) return true;
    if (s.p[i] != 'e' && s.p[i] != 'E') return false;
    i++;
    neg = i < s.n && s.p[i] == '-';
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+')) i++;
    if (i == s.n) return false;
    for (; i < s.n; i++) {
        if (!is_digit(s.p[i])) return false;
        if (e < 100000) e = e * 10 + (s.p[i] - '0');
    }
    d->exp10 += neg ? -e : e;
    return true;
}

/* The rare rest goes to strtod, with the point that the locale wants. */
static bool slow_double(double *out, gr_sv s)
{
    const char *point = localeconv()->decimal_point;
    gr_buf b = { NULL, 0, 0, false };
    bool ok;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.') gr_buf_adds(&b, point);
        else gr_buf_addc(&b, s.p[i]);
    }
    ok = !b.oom;
    if (ok) *out = strtod(b.p, NULL);
    gr_buf_free(&b);
    return ok;
}

gr_status gr_sv_double(double *out, gr_sv s, gr_err *err)
{
    static const double pow10[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    decimal d = { 0, 0, true };
    double x;

    if (s.n == 0) return gr_fail(err, GR_E_FORMAT, "empty where a number is expected");
    if (!scan_decimal(&d, s)) return gr_fail(err, GR_E_FORMAT, "'%.*s' is not a number", GR_SV_FMT(s));
    if (d.exact && d.mantissa <= (UINT64_C(1) << 53) && d.exp10 >= -22 && d.exp10 <= 22) {
        /* both factors are exact doubles, so one rounding gives the nearest (Clinger 1990) */
        x = (double)d.mantissa;
        x = d.exp10 < 0 ? x / pow10[-d.exp10] : x * pow10[d.exp10];
        *out = s.p[0] == '-' ? -x : x;
        return GR_OK;
    }
    if (!slow_double(&x, s)) return gr_fail(err, GR_E_NOMEM, "out of memory for a number of %zu digits", s.n);
    if (isinf(x)) return gr_fail(err, GR_E_FORMAT, "'%.*s' is out of range", GR_SV_FMT(s));
    *out = x;
    return GR_OK;
}

/* ---- buffers ---- */

/* Room for n more bytes and a NUL. */
static bool reserve(gr_buf *b, size_t n)
{
    size_t need, cap;
    char *p;

    if (b->oom) return false;
    if (!gr_add_size(&need, b->n, n) || !gr_add_size(&need, need, 1)) {
        b->oom = true;
        return false;
    }
    if (need <= b->cap) return true;
    cap = b->cap > SIZE_MAX / 2 ? need : b->cap * 2;
    if (cap < need) cap = need;
    if (cap < 64) cap = 64;
    p = realloc(b->p, cap);
    if (!p) {
        b->oom = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void gr_buf_add(gr_buf *b, const void *p, size_t n)
{
    if (!reserve(b, n)) return;
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void gr_buf_adds(gr_buf *b, const char *cstr)
{
    gr_buf_add(b, cstr, strlen(cstr));
}

void gr_buf_addc(gr_buf *b, char c)
{
    gr_buf_add(b, &c, 1);
}

void gr_buf_addf(gr_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    if (n >= 0 && reserve(b, (size_t)n)) {
        (void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
    va_end(ap);
}

void gr_buf_reset(gr_buf *b)
{
    b->n = 0;
    if (b->p) b->p[0] = '\0';
}

void gr_buf_free(gr_buf *b)
{
    free(b->p);
    b->p = NULL;
    b->n = b->cap = 0;
    b->oom = false;
}

gr_sv gr_buf_sv(const gr_buf *b)
{
    const gr_sv s = { b->p ? b->p : "", b->n };
    return s;
}

/* ---- distance ---- */

/* Optimal string alignment: insert, delete, replace, and swap of neighbours cost 1 each.
 * Three rows of the table are kept: the current one and the two above it. */
size_t gr_str_distance(const char *a, const char *b)
{
    enum { CAP = 63 };
    unsigned rows[3][CAP + 1];
    unsigned *older = rows[0], *above = rows[1], *row = rows[2];
    const size_t na = strnlen(a, CAP), nb = strnlen(b, CAP);

    for (size_t j = 0; j <= nb; j++) above[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned *recycled = older;

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best) best = above[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && older[j - 2] + 1 < best)
                best = older[j - 2] + 1;
            row[j] = best;
        }
        older = above;
        above = row;
        row = recycled;
    }
    return above[nb];
}
