/* paired.c - the paired tests of stats.h: McNemar, Student, Wilcoxon. Exact where the sample allows it. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "metrics/correlation.h"
#include "metrics/numeric.h"
#include "metrics/special.h"
#include "metrics/stats.h"

/* ---- McNemar --------------------------------------------------------------------------------- */

/* P(X <= k) for X ~ Bin(n, 1/2), k < n / 2. Terms are taken relative to the largest, C(n, floor(n/2)),
 * and stepped by their ratios, so nothing overflows and no logarithm of a factorial is needed. */
static double binomial_half_lower(uint64_t k, uint64_t n)
{
    const uint64_t mode = n / 2;
    gr_sum low = { 0 }, half = { 0 };
    double term = 1.0, all;

    /* i runs down from the mode; term = C(n, i) / C(n, mode) */
    for (uint64_t i = mode;; i--) {
        gr_sum_add(&half, term);
        if (i <= k) gr_sum_add(&low, term);
        if (i == 0 || term == 0.0) break;
        term *= (double)i / (double)(n - i + 1);
    }
    /* By symmetry the terms above the mode mirror those below: with n even the mode stands once, with
     * n odd it has a twin. */
    all = 2.0 * gr_sum_value(&half) - (n % 2 == 0 ? 1.0 : 0.0);
    return gr_sum_value(&low) / all;
}

gr_status gr_mcnemar(gr_mcnemar_result *out, uint64_t b, uint64_t c, gr_err *err)
{
    const uint64_t most = 1000000000u, small = b < c ? b : c, n = b + c;
    const double gap = fabs((double)b - (double)c) - 1.0;

    if (b > most || c > most || n > most)
        return gr_fail(err, GR_E_ARG, "%" PRIu64 " and %" PRIu64 " discordant rows: at most 1e9 can be tested", b, c);
    out->b = b;
    out->c = c;
    out->exact_p = b == c ? 1.0 : fmin(1.0, 2.0 * binomial_half_lower(small, n));
    out->chi2 = n && gap > 0.0 ? gap * gap / (double)n : 0.0;
    out->chi2_p = gr_chi2_upper_1(out->chi2);
    return GR_OK;
}

gr_status gr_mcnemar_labels(gr_mcnemar_result *out, const int64_t *first, const int64_t *second, const int64_t *ref,
                            size_t n, gr_err *err)
{
    uint64_t b = 0, c = 0;

    for (size_t i = 0; i < n; i++) {
        b += first[i] == ref[i] && second[i] != ref[i];
        c += first[i] != ref[i] && second[i] == ref[i];
    }
    return gr_mcnemar(out, b, c, err);
}

/* ---- Student --------------------------------------------------------------------------------- */

static gr_status check_pairs(size_t nx, size_t ny, gr_err *err)
{
    return nx == ny ? GR_OK : gr_fail(err, GR_E_ARG, "%zu values against %zu: pairs are needed", nx, ny);
}

/* d (n) = x - y, malloc'd. */
static gr_status differences(double **out, const double *x, const double *y, size_t n, gr_err *err)
{
    double *d = calloc(n ? n : 1, sizeof *d);

    if (!d) return gr_fail_nomem(err, "differences");
    for (size_t i = 0; i < n; i++) d[i] = x[i] - y[i];
    *out = d;
    return GR_OK;
}

gr_status gr_ttest_paired(gr_ttest_result *out, const double *x, size_t nx, const double *y, size_t ny, gr_err *err)
{
    double *d, mean, std;
    size_t same = 0;

    GR_TRY(check_pairs(nx, ny, err));
    if (nx == 0) return gr_fail(err, GR_E_ARG, "no pairs to test");
    GR_TRY(differences(&d, x, y, nx, err));
    gr_mean_std(&mean, &std, d, nx);
    for (size_t i = 0; i < nx; i++) same += d[i] == d[0];
    out->df = (double)(nx - 1);
    /* Equal differences have no spread whatever the rounding of their mean says. */
    if (nx == 1 || (same == nx && d[0] == 0.0)) out->t = NAN;
    else if (same == nx) out->t = d[0] > 0.0 ? INFINITY : -INFINITY;
    else out->t = mean / (std / sqrt((double)nx));
    out->p = gr_student_two_sided(out->t, out->df);
    free(d);
    return GR_OK;
}

/* ---- Wilcoxon -------------------------------------------------------------------------------- */

/* P(W <= low) where every rank joins W with probability 1/2. Ranks come doubled (mid-ranks are
 * halves), so they are whole; way[s] is the probability of the sum s, and sums above `low` never come
 * back down, so they are not kept. */
static gr_status lower_tail(double *out, const double *rank, size_t n, size_t low, gr_err *err)
{
    double *way = calloc(low + 1, sizeof *way);
    gr_sum tail = { 0 };

    if (!way) return gr_fail_nomem(err, "the rank sums");
    way[0] = 1.0;
    for (size_t i = 0; i < n; i++) {
        const size_t r = (size_t)(2.0 * rank[i] + 0.5);
        for (size_t s = low + 1; s-- > 0;) way[s] = 0.5 * (way[s] + (s >= r ? way[s - r] : 0.0));
    }
    for (size_t s = 0; s <= low; s++) gr_sum_add(&tail, way[s]);
    *out = gr_sum_value(&tail);
    free(way);
    return GR_OK;
}

/* Moves the non-zero differences to the front and returns their number. */
static size_t drop_zeros(double *d, size_t n)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++)
        if (d[i] != 0.0) d[k++] = d[i];
    return k;
}

static gr_status rank_sums(gr_wilcoxon_result *out, double *rank, double *d, gr_err *err)
{
    double *size = calloc(out->n, sizeof *size), tail = 0.0;
    gr_status s;

    if (!size) return gr_fail_nomem(err, "differences");
    for (size_t i = 0; i < out->n; i++) size[i] = fabs(d[i]);
    s = gr_rank_mid(rank, size, out->n, err);
    free(size);
    if (s != GR_OK) return s;
    for (size_t i = 0; i < out->n; i++) {
        if (d[i] > 0.0) out->w_plus += rank[i];
        else out->w_minus += rank[i];
    }
    out->statistic = fmin(out->w_plus, out->w_minus);
    GR_TRY(lower_tail(&tail, rank, out->n, (size_t)(2.0 * out->statistic + 0.5), err));
    out->p = fmin(1.0, 2.0 * tail);
    return GR_OK;
}

gr_status gr_wilcoxon_exact(gr_wilcoxon_result *out, const double *x, size_t nx, const double *y, size_t ny, gr_err *err)
{
    gr_wilcoxon_result r = { 0, 0.0, 0.0, 0.0, 1.0 };
    double *d = NULL, *rank = NULL;
    gr_status s = GR_OK;

    GR_TRY(check_pairs(nx, ny, err));
    GR_TRY(differences(&d, x, y, nx, err));
    r.n = drop_zeros(d, nx);
    if (r.n > GR_WILCOXON_MAX) {
        s = gr_fail(err, GR_E_UNSUPPORTED, "%zu differences: the exact test takes at most %d", r.n, GR_WILCOXON_MAX);
        goto out;
    }
    if (r.n > 0) {
        if (!(rank = calloc(r.n, sizeof *rank))) {
            s = gr_fail_nomem(err, "ranks");
            goto out;
        }
        if ((s = rank_sums(&r, rank, d, err)) != GR_OK) goto out;
    }
    *out = r;
out:
    free(d);
    free(rank);
    return s;
}
