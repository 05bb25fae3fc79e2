/* sst2.c - Stanford Sentiment Treebank, two classes: is a phrase from a film review favourable?
 * Training rows are phrases, validation and test rows whole sentences; the blank at a sentence's end is kept. */
#include "tasks/task.h"

static const char *const archives[] = { "SST-2.zip", "SST-2", NULL };
static const char *const labels[] = { "negative", "positive", NULL };

static const gr_column columns[] = { { "sentence", GR_COL_TEXT }, { "label", GR_COL_CLASS_ID }, { NULL, GR_COL_OTHER } };
static const gr_column test_columns[] = { { "index", GR_COL_ID }, { "sentence", GR_COL_TEXT }, { NULL, GR_COL_OTHER } };

static const gr_source train[] = { {
    .archives = archives, .member = "SST-2/train.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = columns,
} };
static const gr_source dev[] = { {
    .archives = archives, .member = "SST-2/dev.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = columns,
} };
static const gr_source test[] = { {
    .archives = archives, .member = "SST-2/test.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = test_columns,
} };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 67349, .labelled = true },
    { .name = "validation", .sources = dev, .n_sources = 1, .rows = 872, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 1821, .submission = "SST-2.tsv" },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_f1, false },
    { NULL, false },
};

extern const gr_task gr_task_sst2;
const gr_task gr_task_sst2 = {
    .abi = GR_TASK_ABI,
    .name = "sst2",
    .suite = "glue",
    .title = "SST-2",
    .about = "is a phrase from a film review favourable?",
    .flags = GR_TASK_HIDDEN_TEST,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
