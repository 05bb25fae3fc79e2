/* stats.c - see stats.h: means, intervals, Holm's correction, the bootstrap. Paired tests: paired.c. */
#include "metrics/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "metrics/numeric.h"
#include "metrics/special.h"

void gr_mean_std(double *mean, double *std, const double *x, size_t n)
{
    gr_sum sum = { 0 }, sq = { 0 };

    for (size_t i = 0; i < n; i++) gr_sum_add(&sum, x[i]);
    *mean = n ? gr_sum_value(&sum) / (double)n : NAN;
    for (size_t i = 0; i < n; i++) gr_sum_add(&sq, (x[i] - *mean) * (x[i] - *mean));
    *std = n > 1 ? sqrt(gr_sum_value(&sq) / (double)(n - 1)) : NAN;
}

/* ---- intervals ------------------------------------------------------------------------------- */

static gr_status check_confidence(double c, gr_err *err)
{
    return c >= 0.0 && c <= 1.0 ? GR_OK : gr_fail(err, GR_E_ARG, "confidence %g is not in 0..1", c);
}

/* scipy rounds 1/2 + c/2 before it takes the quantile; near c = 1 that rounding is felt in the 12th
 * digit, so it is made here too. The subtraction is exact. */
static double z_of(double confidence)
{
    const double p = 0.5 + 0.5 * confidence;

    return gr_normal_upper(1.0 - p);
}

/* Newcombe, Statistics in Medicine 17 (1998), method 3. */
gr_status gr_wilson(gr_interval *out, uint64_t k, uint64_t n, double confidence, gr_err *err)
{
    double z, p, m, half, center;

    GR_TRY(check_confidence(confidence, err));
    if (n == 0 || k > n)
        return gr_fail(err, GR_E_ARG, "%llu successes in %llu trials", (unsigned long long)k, (unsigned long long)n);
    z = z_of(confidence);
    if (isinf(z)) {
        *out = (gr_interval){ 0.0, 1.0 };
        return GR_OK;
    }
    m = (double)n;
    p = (double)k / m;
    center = (2.0 * m * p + z * z) / (2.0 * (m + z * z));
    half = z * sqrt(4.0 * m * p * (1.0 - p) + z * z) / (2.0 * (m + z * z));
    out->low = k == 0 ? 0.0 : center - half;
    out->high = k == n ? 1.0 : center + half;
    return GR_OK;
}

gr_status gr_fisher_z(gr_interval *out, double r, uint64_t n, double confidence, gr_err *err)
{
    double half;

    GR_TRY(check_confidence(confidence, err));
    if (!(r >= -1.0 && r <= 1.0)) return gr_fail(err, GR_E_ARG, "a correlation of %g is not in -1..1", r);
    if (n <= 3) {
        *out = (gr_interval){ -1.0, 1.0 };
        return GR_OK;
    }
    if (fabs(r) == 1.0) {
        *out = (gr_interval){ r, r };
        return GR_OK;
    }
    half = z_of(confidence) / sqrt((double)(n - 3));
    out->low = tanh(atanh(r) - half);
    out->high = tanh(atanh(r) + half);
    return GR_OK;
}

/* ---- Holm ------------------------------------------------------------------------------------ */

typedef struct entry {
    double p;
    size_t at;
} entry;

static int cmp_entry(const void *a, const void *b)
{
    const entry *x = a, *y = b;

    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Holm, Scandinavian Journal of Statistics 6 (1979): the k-th smallest of m is multiplied by m - k + 1,
 * and none is below the one before it. */
gr_status gr_holm(double *adjusted, const double *p, size_t n, gr_err *err)
{
    entry *e;
    double top = 0.0;

    for (size_t i = 0; i < n; i++)
        if (!(p[i] >= 0.0 && p[i] <= 1.0)) return gr_fail(err, GR_E_ARG, "p-value %zu is %g, not in 0..1", i + 1, p[i]);
    if (n == 0) return GR_OK;
    if (!(e = calloc(n, sizeof *e))) return gr_fail_nomem(err, "p-values");
    for (size_t i = 0; i < n; i++) e[i] = (entry){ p[i], i };
    qsort(e, n, sizeof *e, cmp_entry);
    for (size_t i = 0; i < n; i++) {
        top = fmax(top, fmin(1.0, (double)(n - i) * e[i].p));
        adjusted[e[i].at] = top;
    }
    free(e);
    return GR_OK;
}

/* ---- bootstrap ------------------------------------------------------------------------------- */

static int cmp_double(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Quantile of sorted values by linear interpolation between order statistics (numpy's default). */
static double quantile(const double *x, size_t n, double q)
{
    const double pos = q * (double)(n - 1), base = floor(pos);
    const size_t i = (size_t)base;

    return i + 1 < n ? x[i] + (pos - base) * (x[i + 1] - x[i]) : x[n - 1];
}

static void summarise(gr_bootstrap_result *out, double *v, size_t n, double confidence)
{
    size_t below = 0, above = 0;
    double mean;

    out->defined = n;
    out->range = (gr_interval){ NAN, NAN };
    out->std = out->p = NAN;
    if (n == 0) return;
    qsort(v, n, sizeof *v, cmp_double);
    for (size_t i = 0; i < n; i++) {
        below += v[i] <= 0.0;
        above += v[i] >= 0.0;
    }
    gr_mean_std(&mean, &out->std, v, n);
    out->range.low = quantile(v, n, 0.5 - 0.5 * confidence);
    out->range.high = quantile(v, n, 0.5 + 0.5 * confidence);
    out->p = fmin(1.0, 2.0 * (1.0 + (double)(below < above ? below : above)) / (1.0 + (double)n));
}

gr_status gr_bootstrap(gr_bootstrap_result *out, gr_bootstrap_fn fn, const void *user, size_t n, size_t resamples,
                       double confidence, gr_rng *rng, gr_err *err)
{
    size_t *idx = NULL, defined = 0;
    double *v = NULL;
    gr_status s = GR_OK;

    GR_TRY(check_confidence(confidence, err));
    if (n == 0 || resamples == 0) return gr_fail(err, GR_E_ARG, "%zu rows and %zu resamples: nothing to draw", n, resamples);
    idx = calloc(n, sizeof *idx);
    v = calloc(resamples, sizeof *v);
    if (!idx || !v) {
        s = gr_fail_nomem(err, "the bootstrap");
        goto out;
    }
    for (size_t i = 0; i < n; i++) idx[i] = i;
    out->value = fn(user, idx, n);
    for (size_t k = 0; k < resamples; k++) {
        for (size_t i = 0; i < n; i++) idx[i] = (size_t)gr_rng_below(rng, n);
        v[defined] = fn(user, idx, n);
        defined += !isnan(v[defined]);
    }
    summarise(out, v, defined, confidence);
out:
    free(idx);
    free(v);
    return s;
}
