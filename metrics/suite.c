/* suite.c - see suite.h. */
#include "metrics/suite.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "metrics/numeric.h"

typedef struct glue_task {
    const char      *name;
    const gr_metric *metric[GR_GLUE_METRICS_MAX];
    bool             counted; /* in the suite's mean */
} glue_task;

static const glue_task glue[] = {
    { "cola", { &gr_metric_matthews, NULL }, true },
    { "sst2", { &gr_metric_accuracy, NULL }, true },
    { "mrpc", { &gr_metric_accuracy, &gr_metric_f1 }, true },
    { "stsb", { &gr_metric_pearson, &gr_metric_spearman }, true },
    { "qqp", { &gr_metric_accuracy, &gr_metric_f1 }, true },
    { "mnli", { &gr_metric_accuracy, NULL }, true },
    { "mnli_mm", { &gr_metric_accuracy, NULL }, true },
    { "qnli", { &gr_metric_accuracy, NULL }, true },
    { "rte", { &gr_metric_accuracy, NULL }, true },
    { "wnli", { &gr_metric_accuracy, NULL }, false },
    { "ax", { &gr_metric_matthews, NULL }, false },
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

double gr_glue_score(const gr_task_score *s, size_t n, size_t *n_used)
{
    gr_sum sum = { 0 }, mnli = { 0 };
    size_t used = 0, n_mnli = 0;

    for (size_t i = 0; i < n; i++) {
        const glue_task *t = find_task(s[i].task);
        if (!t || !t->counted) continue;
        if (strncmp(t->name, "mnli", 4) == 0) {
            gr_sum_add(&mnli, s[i].score);
            n_mnli++;
            continue;
        }
        gr_sum_add(&sum, s[i].score);
        used++;
    }
    if (n_mnli) {
        gr_sum_add(&sum, gr_sum_value(&mnli) / (double)n_mnli);
        used++;
    }
    *n_used = used;
    return used ? gr_sum_value(&sum) / (double)used : NAN;
}
