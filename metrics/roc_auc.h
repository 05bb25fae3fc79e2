/* roc_auc.h - area under the ROC curve of a binary score (sklearn.metrics.roc_auc_score). */
#ifndef GR_METRICS_ROC_AUC_H
#define GR_METRICS_ROC_AUC_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The chance that a row of the larger label has the larger score, ties counting one half; NaN when
 * one class alone occurs. GR_E_ARG: different lengths, no row, more than two labels. GR_E_NUMERIC: a
 * score that is not finite. GR_E_NOMEM. */
gr_status gr_roc_auc(double *out, const double *score, size_t n_score, const int64_t *ref, size_t n_ref,
                     gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
