/* qnli.c - Question NLI, from SQuAD: does the sentence hold the answer to the question?
 * This is the second release (QNLIv2), whose splits keep apart the paragraphs that the first one shared. An archive that holds the
 * validation and test rows alone is accepted too: with --epochs 0 the training rows are not asked for. F1 is that of class 1,
 * not_entailment, as GLUE numbers the classes. */
#include "tasks/task.h"

static const char *const archives[] = { "QNLIv2.zip", "QNLI-dev-test-only.zip", "QNLI", NULL };
static const char *const labels[] = { "entailment", "not_entailment", NULL };

static const gr_column columns[] = {
    { "question", GR_COL_TEXT }, { "sentence", GR_COL_PAIR }, { "label", GR_COL_LABEL }, { NULL, GR_COL_OTHER },
};
static const gr_column test_columns[] = {
    { "index", GR_COL_ID }, { "question", GR_COL_TEXT }, { "sentence", GR_COL_PAIR }, { NULL, GR_COL_OTHER },
};

static const gr_source train[] = { {
    .archives = archives, .member = "QNLI/train.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = columns,
} };
static const gr_source dev[] = { {
    .archives = archives, .member = "QNLI/dev.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = columns,
} };
static const gr_source test[] = { {
    .archives = archives, .member = "QNLI/test.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = test_columns,
} };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 104743, .labelled = true },
    { .name = "validation", .sources = dev, .n_sources = 1, .rows = 5463, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 5463, .submission = "QNLI.tsv" },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_f1, false },
    { NULL, false },
};

extern const gr_task gr_task_qnli;
const gr_task gr_task_qnli = {
    .abi = GR_TASK_ABI,
    .name = "qnli",
    .suite = "glue",
    .title = "QNLI",
    .about = "does a sentence hold the answer to a question?",
    .flags = GR_TASK_HIDDEN_TEST | GR_TASK_NOT_DEFAULT | GR_TASK_SUBMIT_NAMES,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
