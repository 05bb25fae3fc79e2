/* regression.h - errors of predicted values (sklearn.metrics: mean_squared_error,
 * root_mean_squared_error, mean_absolute_error). */
#ifndef GR_METRICS_REGRESSION_H
#define GR_METRICS_REGRESSION_H
#include <stddef.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Mean of (pred - ref)^2, its root, mean of |pred - ref|. GR_E_ARG: different lengths, or no row.
 * GR_E_NUMERIC: a value that is not finite. */
gr_status gr_mse(double *out, const double *pred, size_t n_pred, const double *ref, size_t n_ref, gr_err *err) GR_MUST_USE;
gr_status gr_rmse(double *out, const double *pred, size_t n_pred, const double *ref, size_t n_ref, gr_err *err) GR_MUST_USE;
gr_status gr_mae(double *out, const double *pred, size_t n_pred, const double *ref, size_t n_ref, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
