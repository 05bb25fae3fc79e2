/* label.c - labels and scores; see label.h. The wording names the value, the caller names the place. */
#include "data/label.h"

#include <string.h>

static int32_t find(gr_sv s, const gr_label_spec *spec)
{
    for (int32_t i = 0; i < spec->n_names; i++)
        if (gr_sv_is(s, spec->names[i])) return i;
    return -1;
}

/* The labels that there are, as many as a line of a message holds. */
static gr_status fail_unknown(gr_sv s, const gr_label_spec *spec, gr_err *err)
{
    enum { SHOWN = 8 };
    gr_buf    b = { NULL, 0, 0, false };
    gr_status st;

    for (int32_t i = 0; i < spec->n_names && i < SHOWN; i++) gr_buf_addf(&b, "%s%.40s", i ? ", " : "", spec->names[i]);
    if (spec->n_names > SHOWN) gr_buf_addf(&b, " and %d more", (int)spec->n_names - SHOWN);
    st = gr_fail(err, GR_E_FORMAT, "unknown label '%.*s': there are %s", GR_SV_FMT(s), b.p != NULL ? b.p : "none");
    gr_buf_free(&b);
    return st;
}

gr_status gr_label_name(int32_t *out, gr_sv s, const gr_label_spec *spec, gr_err *err)
{
    const int32_t i = find(s, spec);

    if (s.n == 0) return gr_fail(err, GR_E_FORMAT, "empty label");
    if (i < 0) return fail_unknown(s, spec, err);
    *out = i;
    return GR_OK;
}

/* Digits alone or behind a sign; what does not fit 64 bits is a number all the same. */
static bool is_whole(gr_sv s)
{
    size_t i = s.n > 1 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;

    for (; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return s.n > 0;
}

static gr_status numbered(int32_t *out, gr_sv s, int32_t first, const gr_label_spec *spec, gr_err *err)
{
    const int32_t last = spec->n_names - 1 + first;
    int64_t       x;

    if (s.n == 0) return gr_fail(err, GR_E_FORMAT, "empty label");
    if (!is_whole(s)) return gr_fail(err, GR_E_FORMAT, "label '%.*s' is not a number", GR_SV_FMT(s));
    if (gr_sv_int(&x, s, NULL) != GR_OK || x < first || x > last)
        return gr_fail(err, GR_E_FORMAT, "label %.*s is out of range %d..%d", GR_SV_FMT(s), (int)first, (int)last);
    *out = (int32_t)x - first;
    return GR_OK;
}

gr_status gr_label_number(int32_t *out, gr_sv s, const gr_label_spec *spec, gr_err *err)
{
    return numbered(out, s, 0, spec, err);
}

gr_status gr_label_nth(int32_t *out, gr_sv s, const gr_label_spec *spec, gr_err *err)
{
    return numbered(out, s, 1, spec, err);
}

/* Spellings that C or Python would take for a number that is not finite. */
static bool is_not_finite(gr_sv s)
{
    static const char *const words[] = { "nan", "inf", "infinity" };
    char                     low[12];

    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) {
        s.p++;
        s.n--;
    }
    if (s.n >= sizeof low) return false;
    for (size_t i = 0; i < s.n; i++) low[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
    low[s.n] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(low, words[i]) == 0) return true;
    return false;
}

static bool is_hex(gr_sv s)
{
    const size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;

    return s.n > i + 1 && s.p[i] == '0' && (s.p[i + 1] == 'x' || s.p[i + 1] == 'X');
}

gr_status gr_label_score(double *out, gr_sv s, const gr_label_spec *spec, gr_err *err)
{
    gr_status r;
    double    x;

    if (s.n == 0) return gr_fail(err, GR_E_FORMAT, "score '' is empty");
    if (is_not_finite(s)) return gr_fail(err, GR_E_FORMAT, "score '%.*s' is not a finite number", GR_SV_FMT(s));
    if (is_hex(s)) return gr_fail(err, GR_E_FORMAT, "score '%.*s' is not a decimal number", GR_SV_FMT(s));
    if ((r = gr_sv_double(&x, s, err)) == GR_E_NOMEM) return r;
    if (r != GR_OK) return gr_fail(err, GR_E_FORMAT, "score '%.*s' is not a number", GR_SV_FMT(s));
    if (spec->lo < spec->hi && !(x >= spec->lo && x <= spec->hi))
        return gr_fail(err, GR_E_FORMAT, "score '%.*s' is out of range %g..%g", GR_SV_FMT(s), spec->lo, spec->hi);
    *out = x;
    return GR_OK;
}

gr_status gr_label_tag(int32_t *out, gr_sv s, const gr_label_spec *spec, gr_err *err)
{
    const int32_t i = find(s, spec);

    if (i < 0) return gr_fail(err, GR_E_FORMAT, "unknown tag '%.*s'", GR_SV_FMT(s));
    *out = i;
    return GR_OK;
}
