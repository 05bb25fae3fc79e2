/* qqp.c - Quora Question Pairs: do two questions ask the same?
 * Its number in GLUE is the mean of accuracy and the F1 of the duplicates. Some published rows lack columns; they are left out as
 * glue.py of Hugging Face datasets leaves them out, and `rows` counts what remains: a row that ends before a question or the label,
 * or whose label is empty, is no example; one with an empty question is, and columns beyond the header's do not matter. */
#include "tasks/task.h"

static const char *const archives[] = { "QQP-clean.zip", "QQP", NULL };
static const char *const labels[] = { "not_duplicate", "duplicate", NULL };

static const gr_column columns[] = {
    { "question1", GR_COL_TEXT }, { "question2", GR_COL_PAIR }, { "is_duplicate", GR_COL_CLASS_ID }, { NULL, GR_COL_OTHER },
};
static const gr_column test_columns[] = {
    { "id", GR_COL_ID }, { "question1", GR_COL_TEXT }, { "question2", GR_COL_PAIR }, { NULL, GR_COL_OTHER },
};

static const gr_source train[] = { {
    .archives = archives, .member = "QQP/train.tsv", .reader = GR_READ_TSV, .has_header = true, .ragged = true, .columns = columns,
} };
static const gr_source dev[] = { {
    .archives = archives, .member = "QQP/dev.tsv", .reader = GR_READ_TSV, .has_header = true, .ragged = true, .columns = columns,
} };
static const gr_source test[] = { {
    .archives = archives, .member = "QQP/test.tsv", .reader = GR_READ_TSV, .has_header = true, .ragged = true, .columns = test_columns,
} };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 363846, .labelled = true },
    { .name = "validation", .sources = dev, .n_sources = 1, .rows = 40430, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 390965, .submission = "QQP.tsv" },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_f1, true },
    { NULL, false },
};

extern const gr_task gr_task_qqp;
const gr_task gr_task_qqp = {
    .abi = GR_TASK_ABI,
    .name = "qqp",
    .suite = "glue",
    .title = "QQP",
    .about = "do two questions ask the same?",
    .flags = GR_TASK_HIDDEN_TEST | GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
