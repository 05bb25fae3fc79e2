/* ax.c - GLUE's diagnostic set: pairs written to show which kinds of inference a model of MNLI can and cannot make.
 * Its labels are not public: it is predicted with a model fine-tuned on MNLI, and GLUE's server scores it by Matthews' correlation,
 * outside the mean. */
#include "tasks/task.h"

static const char *const files[] = { "AX.tsv", "diagnostic.tsv", NULL };
static const char *const labels[] = { "entailment", "neutral", "contradiction", NULL };

static const gr_column columns[] = {
    { "index", GR_COL_ID }, { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { NULL, GR_COL_OTHER },
};

static const gr_source test[] = { { .archives = files, .reader = GR_READ_TSV, .has_header = true, .columns = columns } };

static const gr_split splits[] = {
    { .name = "test", .sources = test, .n_sources = 1, .rows = 1104, .submission = "AX.tsv" },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_matthews, true },
    { NULL, false },
};

extern const gr_task gr_task_ax;
const gr_task gr_task_ax = {
    .abi = GR_TASK_ABI,
    .name = "ax",
    .suite = "glue",
    .title = "GLUE diagnostics",
    .about = "which kinds of inference does a model of MNLI make?",
    .flags = GR_TASK_DIAGNOSTIC | GR_TASK_OUT_OF_MEAN | GR_TASK_HIDDEN_TEST | GR_TASK_NOT_DEFAULT | GR_TASK_SUBMIT_NAMES,
    .head = { GR_HEAD_CLASS, 3 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
    .weights_of = "mnli",
};
