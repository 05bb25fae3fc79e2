/* correlation.c - see correlation.h. Two passes: mean, then deviations; every sum is compensated, so
 * that 1e-12 holds for thousands of rows far from zero. */
#include "metrics/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/checked.h"
#include "metrics/numeric.h"

static gr_status check_lengths(size_t nx, size_t ny, gr_err *err)
{
    return nx == ny ? GR_OK : gr_fail(err, GR_E_ARG, "%zu predictions for %zu references", nx, ny);
}

static bool all_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static bool constant(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (x[i] != x[0]) return false;
    return true;
}

/* Exponent e such that |x| * 2^-e <= 1/4 for all: differences from a mean then stay below 1. Powers
 * of two change no bit of a value, unless a tiny one next to a huge one goes subnormal. */
static int scale_of(const double *x, size_t n)
{
    double top = 0.0;
    int e = 0;

    for (size_t i = 0; i < n; i++) top = fmax(top, fabs(x[i]));
    (void)frexp(top, &e);
    return e + 2;
}

/* d (n) = x - mean(x), scaled so that the largest magnitude is about 1. False when nothing is left. */
static bool deviations(double *d, const double *x, size_t n)
{
    const int e = scale_of(x, n);
    gr_sum sum = { 0 };
    double mean, top = 0.0;

    for (size_t i = 0; i < n; i++) gr_sum_add(&sum, d[i] = ldexp(x[i], -e));
    mean = gr_sum_value(&sum) / (double)n;
    for (size_t i = 0; i < n; i++) {
        d[i] -= mean;
        top = fmax(top, fabs(d[i]));
    }
    for (size_t i = 0; top > 0.0 && i < n; i++) d[i] /= top;
    return top > 0.0;
}

static double dot(const double *a, const double *b, size_t n)
{
    gr_sum s = { 0 };

    for (size_t i = 0; i < n; i++) gr_sum_add(&s, a[i] * b[i]);
    return gr_sum_value(&s);
}

/* r = sum dx dy / (|dx| |dy|) of values that are finite and not constant. */
static double correlate(double *dx, double *dy, const double *x, const double *y, size_t n)
{
    double r;

    if (!deviations(dx, x, n) || !deviations(dy, y, n)) return NAN;
    r = dot(dx, dy, n) / (sqrt(dot(dx, dx, n)) * sqrt(dot(dy, dy, n)));
    if (n == 2) r = rint(r);
    return r > 1.0 ? 1.0 : r < -1.0 ? -1.0 : r;
}

/* Two work rows of n doubles in one block, freed by the caller. NULL when memory is exhausted. */
static double *two_rows(size_t n)
{
    size_t bytes;

    return gr_mul_size(&bytes, n, 2 * sizeof(double)) ? malloc(bytes ? bytes : 1) : NULL;
}

gr_status gr_pearson(double *out, const double *x, size_t nx, const double *y, size_t ny, gr_err *err)
{
    double *d;

    GR_TRY(check_lengths(nx, ny, err));
    if (nx < 2) return gr_fail(err, GR_E_ARG, "a correlation needs 2 points, here are %zu", nx);
    *out = NAN;
    if (!all_finite(x, nx) || !all_finite(y, ny) || constant(x, nx) || constant(y, ny)) return GR_OK;
    if (!(d = two_rows(nx))) return gr_fail_nomem(err, "a correlation");
    *out = correlate(d, d + nx, x, y, nx);
    free(d);
    return GR_OK;
}

/* ---- ranks ----------------------------------------------------------------------------------- */

typedef struct item {
    double x;
    size_t at;
} item;

static int cmp_item(const void *a, const void *b)
{
    const double x = ((const item *)a)->x, y = ((const item *)b)->x;

    return (x > y) - (x < y);
}

gr_status gr_rank_mid(double *ranks, const double *x, size_t n, gr_err *err)
{
    item *it = calloc(n ? n : 1, sizeof *it);

    if (!it) return gr_fail_nomem(err, "ranks");
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) {
            free(it);
            return gr_fail(err, GR_E_NUMERIC, "value %zu is NaN and has no rank", i + 1);
        }
        it[i] = (item){ x[i], i };
    }
    qsort(it, n, sizeof *it, cmp_item);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && it[end].x == it[i].x; end++) { }
        /* ranks i+1 .. end are shared */
        for (size_t j = i; j < end; j++) ranks[it[j].at] = 0.5 * ((double)i + 1.0 + (double)end);
    }
    free(it);
    return GR_OK;
}

static bool has_nan(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i])) return true;
    return false;
}

/* Tied values share the mean of their ranks (scipy's rankdata "average"): STS-B's gold scores repeat,
 * so any other rule misses the official number. */
gr_status gr_spearman(double *out, const double *x, size_t nx, const double *y, size_t ny, gr_err *err)
{
    double *rank = NULL, *d = NULL;
    gr_status s;

    GR_TRY(check_lengths(nx, ny, err));
    *out = NAN;
    if (nx < 2 || has_nan(x, nx) || has_nan(y, ny) || constant(x, nx) || constant(y, ny)) return GR_OK;
    rank = two_rows(nx);
    d = two_rows(nx);
    if (!rank || !d) {
        s = gr_fail_nomem(err, "ranks");
        goto out;
    }
    if ((s = gr_rank_mid(rank, x, nx, err)) != GR_OK) goto out;
    if ((s = gr_rank_mid(rank + nx, y, ny, err)) != GR_OK) goto out;
    *out = correlate(d, d + nx, rank, rank + nx, nx);
out:
    free(rank);
    free(d);
    return s;
}
