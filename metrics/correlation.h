/* correlation.h - Pearson and Spearman correlation and mid-ranks, as scipy.stats has them. */
#ifndef GR_METRICS_CORRELATION_H
#define GR_METRICS_CORRELATION_H
#include <stddef.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Pearson's r of x (nx) and y (ny), in [-1, 1]; NaN when a side is constant or holds a value that is
 * not finite. Scale-free: deviations are divided by the largest before they are squared. Two points
 * give exactly 1 or -1. GR_E_ARG: different lengths, or fewer than 2 points. GR_E_NOMEM. */
gr_status gr_pearson(double *out, const double *x, size_t nx, const double *y, size_t ny, gr_err *err) GR_MUST_USE;

/* Spearman's rho: Pearson's r of mid-ranks; NaN for fewer than 2 points, a constant side or a NaN.
 * GR_E_ARG: different lengths. GR_E_NOMEM. */
gr_status gr_spearman(double *out, const double *x, size_t nx, const double *y, size_t ny, gr_err *err) GR_MUST_USE;

/* ranks (n) of x (n): 1 for the smallest; tied values share the mean of their ranks. x holds no NaN
 * (GR_E_NUMERIC). GR_E_NOMEM. */
gr_status gr_rank_mid(double *ranks, const double *x, size_t n, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
