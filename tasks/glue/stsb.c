/* stsb.c - Semantic Textual Similarity Benchmark: how near are two sentences in meaning, from 0 (unrelated) to 5 (the same)?
 * Its number in GLUE is the mean of Pearson's and Spearman's correlation. */
#include "tasks/task.h"

static const char *const archives[] = { "STS-B.zip", "STS-B", NULL };

static const gr_column columns[] = {
    { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { "score", GR_COL_SCORE }, { NULL, GR_COL_OTHER },
};
static const gr_column test_columns[] = {
    { "index", GR_COL_ID }, { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { NULL, GR_COL_OTHER },
};

static const gr_source train[] = { {
    .archives = archives, .member = "STS-B/train.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = columns,
} };
static const gr_source dev[] = { {
    .archives = archives, .member = "STS-B/dev.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = columns,
} };
static const gr_source test[] = { {
    .archives = archives, .member = "STS-B/test.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = test_columns,
} };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 5749, .labelled = true },
    { .name = "validation", .sources = dev, .n_sources = 1, .rows = 1500, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 1379, .submission = "STS-B.tsv" },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_pearson, true }, { &gr_metric_spearman, true }, { &gr_metric_mse, false },
    { &gr_metric_rmse, false },   { &gr_metric_mae, false },     { NULL, false },
};

extern const gr_task gr_task_stsb;
const gr_task gr_task_stsb = {
    .abi = GR_TASK_ABI,
    .name = "stsb",
    .suite = "glue",
    .title = "STS-B",
    .about = "how near are two sentences in meaning, 0 to 5?",
    .flags = GR_TASK_HIDDEN_TEST,
    .head = { GR_HEAD_REGRESSION, 1 },
    .lo = 0.0,
    .hi = 5.0,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
