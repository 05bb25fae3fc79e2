/* wnli.c - Winograd NLI: does the sentence still hold when its pronoun is replaced by the second text's reading?
 * Validation rows repeat hypotheses of the training rows with the other answer, so a model that remembers scores below chance:
 * GLUE reports the task and most publications leave it out of the mean. F1 is that of class 1, entailment. */
#include "tasks/task.h"

static const char *const archives[] = { "WNLI.zip", "WNLI", NULL };
static const char *const labels[] = { "not_entailment", "entailment", NULL };

static const gr_column columns[] = {
    { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { "label", GR_COL_CLASS_ID }, { NULL, GR_COL_OTHER },
};
static const gr_column test_columns[] = {
    { "index", GR_COL_ID }, { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { NULL, GR_COL_OTHER },
};

static const gr_source train[] = { {
    .archives = archives, .member = "WNLI/train.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = columns,
} };
static const gr_source dev[] = { {
    .archives = archives, .member = "WNLI/dev.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = columns,
} };
static const gr_source test[] = { {
    .archives = archives, .member = "WNLI/test.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = test_columns,
} };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 635, .labelled = true },
    { .name = "validation", .sources = dev, .n_sources = 1, .rows = 71, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 146, .submission = "WNLI.tsv" },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_f1, false },
    { NULL, false },
};

extern const gr_task gr_task_wnli;
const gr_task gr_task_wnli = {
    .abi = GR_TASK_ABI,
    .name = "wnli",
    .suite = "glue",
    .title = "WNLI",
    .about = "does a sentence follow when its pronoun is resolved so?",
    .flags = GR_TASK_OUT_OF_MEAN | GR_TASK_HIDDEN_TEST | GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
