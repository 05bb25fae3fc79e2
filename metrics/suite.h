/* suite.h - which metrics a GLUE task reports, and its combined score. */
#ifndef GR_METRICS_SUITE_H
#define GR_METRICS_SUITE_H
#include <stddef.h>

#include "base/status.h"
#include "metrics/metric.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GR_GLUE_METRICS_MAX 2

/* The metrics of a GLUE task in the order of the `glue` metric of evaluate: cola
 * matthews_correlation; stsb pearson, spearmanr; mrpc and qqp accuracy, f1; the others accuracy.
 * out[GR_GLUE_METRICS_MAX]; returns their number, 0 for a name that is no GLUE task. */
size_t gr_glue_metrics(const gr_metric *out[GR_GLUE_METRICS_MAX], const char *task);

/* Plain mean of n values: run_glue's combined_score of a task with several metrics. NaN when a value
 * is NaN (a missing number is never left out silently), or when n is 0. */
double gr_mean_of(const double *v, size_t n);

#ifdef __cplusplus
}
#endif
#endif
