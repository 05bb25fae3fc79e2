/* stats.h - how sure a number is, and whether two systems differ: intervals, paired tests, correction
 * for many tests. References: scipy.stats 1.17 where it has the test; formulas beside each.
 * All are pure; the bootstrap takes its randomness as an argument. */
#ifndef GR_METRICS_STATS_H
#define GR_METRICS_STATS_H
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_interval {
    double low, high;
} gr_interval;

/* Mean and sample standard deviation (n - 1). The mean of nothing and the deviation of fewer than two
 * values are NaN. */
void gr_mean_std(double *mean, double *std, const double *x, size_t n);

/* Wilson's score interval of k successes in n trials, without continuity correction; k = 0 gives low
 * exactly 0, k = n high exactly 1. GR_E_ARG: n = 0, k > n, confidence outside [0, 1]. */
gr_status gr_wilson(gr_interval *out, uint64_t k, uint64_t n, double confidence, gr_err *err) GR_MUST_USE;

/* Fisher's interval of a correlation r of n points: tanh(atanh r +- z / sqrt(n - 3)); [-1, 1] for
 * n <= 3 and [r, r] for |r| = 1. GR_E_ARG: r outside [-1, 1], confidence outside [0, 1]. */
gr_status gr_fisher_z(gr_interval *out, double r, uint64_t n, double confidence, gr_err *err) GR_MUST_USE;

/* adjusted (n): Holm's step-down correction of the p-values p (n), in their order, capped at 1 and
 * monotone. May be the same array. GR_E_ARG: a p outside [0, 1]. GR_E_NOMEM. */
gr_status gr_holm(double *adjusted, const double *p, size_t n, gr_err *err) GR_MUST_USE;

/* McNemar's test on what only the first (b) and only the second (c) of two systems got right. */
typedef struct gr_mcnemar_result {
    uint64_t b, c;
    double   exact_p;      /* min(1, 2 P(X <= min(b, c))), X ~ Bin(b + c, 1/2); 1 when b + c = 0 */
    double   chi2, chi2_p; /* max(0, |b - c| - 1)^2 / (b + c), one degree of freedom             */
} gr_mcnemar_result;

/* GR_E_ARG when b + c passes 1e9. */
gr_status gr_mcnemar(gr_mcnemar_result *out, uint64_t b, uint64_t c, gr_err *err) GR_MUST_USE;
/* The same from the classes that two systems gave to n rows. */
gr_status gr_mcnemar_labels(gr_mcnemar_result *out, const int64_t *first, const int64_t *second, const int64_t *ref,
                            size_t n, gr_err *err) GR_MUST_USE;

/* Student's paired t test of x (nx) against y (ny). All differences 0, or n = 1: t and p NaN; equal
 * non-zero differences: t = +-inf, p = 0. GR_E_ARG: different lengths or no pair. */
typedef struct gr_ttest_result {
    double t, df, p;
} gr_ttest_result;
gr_status gr_ttest_paired(gr_ttest_result *out, const double *x, size_t nx, const double *y, size_t ny, gr_err *err) GR_MUST_USE;

/* Wilcoxon's signed-rank test of x against y: zero differences dropped, mid-ranks for ties, p = min(1,
 * 2 P(W <= min(W+, W-))) over all sign patterns; no differences give p = 1. GR_E_ARG: different
 * lengths. GR_E_NUMERIC: a NaN difference. GR_E_UNSUPPORTED: over GR_WILCOXON_MAX differences. GR_E_NOMEM. */
#define GR_WILCOXON_MAX 2000
typedef struct gr_wilcoxon_result {
    size_t n; /* differences that are not 0 */
    double w_plus, w_minus, statistic, p;
} gr_wilcoxon_result;
gr_status gr_wilcoxon_exact(gr_wilcoxon_result *out, const double *x, size_t nx, const double *y, size_t ny,
                            gr_err *err) GR_MUST_USE;

/* A statistic of the rows idx (n), in which a row may stand several times: the metric of one system,
 * or the difference of two systems' metrics on the same rows. NaN when it is not defined for them. */
typedef double (*gr_bootstrap_fn)(const void *user, const size_t *idx, size_t n);

/* Bootstrap over rows: `resamples` draws of n rows with replacement. For a difference of two systems
 * the rows are drawn once for both, which is what makes the comparison paired. */
typedef struct gr_bootstrap_result {
    double      value;  /* of the rows as they are                                              */
    gr_interval range;  /* percentile interval                                                  */
    double      std;    /* sample deviation over resamples                                      */
    double      p;      /* two-sided for "is 0": 2 (1 + smaller tail) / (1 + defined), at most 1 */
    size_t      defined; /* resamples whose statistic is not NaN                                */
} gr_bootstrap_result;

/* GR_E_ARG: no row, no resample, confidence outside [0, 1]. GR_E_NOMEM. When no resample is defined,
 * range, std and p are NaN. */
gr_status gr_bootstrap(gr_bootstrap_result *out, gr_bootstrap_fn fn, const void *user, size_t n, size_t resamples,
                       double confidence, gr_rng *rng, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
