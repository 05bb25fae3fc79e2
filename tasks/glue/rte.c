/* rte.c - Recognising Textual Entailment (RTE 1, 2, 3 and 5 as GLUE joins them): does the second text follow from the first?
 * F1 is that of class 1, not_entailment, as GLUE numbers the classes. */
#include "tasks/task.h"

static const char *const archives[] = { "RTE.zip", "RTE", NULL };
static const char *const labels[] = { "entailment", "not_entailment", NULL };

static const gr_column columns[] = {
    { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { "label", GR_COL_LABEL }, { NULL, GR_COL_OTHER },
};
static const gr_column test_columns[] = {
    { "index", GR_COL_ID }, { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { NULL, GR_COL_OTHER },
};

static const gr_source train[] = { {
    .archives = archives, .member = "RTE/train.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = columns,
} };
static const gr_source dev[] = { {
    .archives = archives, .member = "RTE/dev.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = columns,
} };
static const gr_source test[] = { {
    .archives = archives, .member = "RTE/test.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = test_columns,
} };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 2490, .labelled = true },
    { .name = "validation", .sources = dev, .n_sources = 1, .rows = 277, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 3000, .submission = "RTE.tsv" },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_f1, false },
    { NULL, false },
};

extern const gr_task gr_task_rte;
const gr_task gr_task_rte = {
    .abi = GR_TASK_ABI,
    .name = "rte",
    .suite = "glue",
    .title = "RTE",
    .about = "does the second text follow from the first?",
    .flags = GR_TASK_HIDDEN_TEST | GR_TASK_NOT_DEFAULT | GR_TASK_SUBMIT_NAMES,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
