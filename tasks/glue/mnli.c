/* mnli.c - Multi-Genre NLI: does the second sentence follow from the first, contradict it, or neither?
 * Validation and test rows come twice: matched, of the genres that the training rows have, and mismatched, of others. The matched
 * rows are evaluated first and make the task's number; both test sets have a file in a submission. Rows are taken as glue.py of
 * Hugging Face datasets takes them (the number of annotators' columns differs by file, and the files are large). */
#include "tasks/task.h"

static const char *const archives[] = { "MNLI.zip", "MNLI", NULL };
static const char *const labels[] = { "entailment", "neutral", "contradiction", NULL };

static const gr_column columns[] = {
    { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { "gold_label", GR_COL_LABEL }, { NULL, GR_COL_OTHER },
};
static const gr_column test_columns[] = {
    { "index", GR_COL_ID }, { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { NULL, GR_COL_OTHER },
};

#define MNLI(file, cols) \
    { .archives = archives, .member = "MNLI/" file ".tsv", .reader = GR_READ_TSV, .has_header = true, .ragged = true, .columns = cols }

static const gr_source train[] = { MNLI("train", columns) };
static const gr_source dev[] = { MNLI("dev_matched", columns) }, dev_mm[] = { MNLI("dev_mismatched", columns) };
static const gr_source test[] = { MNLI("test_matched", test_columns) }, test_mm[] = { MNLI("test_mismatched", test_columns) };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 392702, .labelled = true },
    { .name = "validation_matched", .sources = dev, .n_sources = 1, .rows = 9815, .labelled = true },
    { .name = "validation_mismatched", .sources = dev_mm, .n_sources = 1, .rows = 9832, .labelled = true, .suffix = "mm" },
    { .name = "test_matched", .sources = test, .n_sources = 1, .rows = 9796, .submission = "MNLI-m.tsv" },
    { .name = "test_mismatched", .sources = test_mm, .n_sources = 1, .rows = 9847, .submission = "MNLI-mm.tsv", .suffix = "mm" },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { NULL, false },
};

extern const gr_task gr_task_mnli;
const gr_task gr_task_mnli = {
    .abi = GR_TASK_ABI,
    .name = "mnli",
    .suite = "glue",
    .title = "MNLI",
    .about = "does a sentence follow from another, contradict it, or neither?",
    .flags = GR_TASK_HIDDEN_TEST | GR_TASK_NOT_DEFAULT | GR_TASK_SUBMIT_NAMES,
    .head = { GR_HEAD_CLASS, 3 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
