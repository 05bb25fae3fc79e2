/* suite.c - see suite.h. */
#include "metrics/suite.h"

#include <math.h>
#include <string.h>

#include "metrics/numeric.h"

typedef struct glue_task {
    const char      *name;
    const gr_metric *metric[GR_GLUE_METRICS_MAX];
} glue_task;

static const glue_task glue[] = {
    { "cola", { &gr_metric_matthews, NULL } },
    { "sst2", { &gr_metric_accuracy, NULL } },
    { "mrpc", { &gr_metric_accuracy, &gr_metric_f1 } },
    { "stsb", { &gr_metric_pearson, &gr_metric_spearman } },
    { "qqp", { &gr_metric_accuracy, &gr_metric_f1 } },
    { "mnli", { &gr_metric_accuracy, NULL } },
    { "mnli_mm", { &gr_metric_accuracy, NULL } },
    { "qnli", { &gr_metric_accuracy, NULL } },
    { "rte", { &gr_metric_accuracy, NULL } },
    { "wnli", { &gr_metric_accuracy, NULL } },
    { "ax", { &gr_metric_matthews, NULL } },
};

static const glue_task *find_task(const char *name)
{
    for (size_t i = 0; i < sizeof glue / sizeof *glue; i++)
        if (strcmp(glue[i].name, name) == 0) return &glue[i];
    return NULL;
}

size_t gr_glue_metrics(const gr_metric *out[GR_GLUE_METRICS_MAX], const char *task)
{
    const glue_task *t = find_task(task);
    size_t n = 0;

    while (t && n < GR_GLUE_METRICS_MAX && t->metric[n]) {
        out[n] = t->metric[n];
        n++;
    }
    return n;
}

double gr_mean_of(const double *v, size_t n)
{
    gr_sum s = { 0 };

    for (size_t i = 0; i < n; i++) gr_sum_add(&s, v[i]);
    return n ? gr_sum_value(&s) / (double)n : NAN;
}
