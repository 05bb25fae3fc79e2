/* snli.c - Stanford NLI: does the second sentence follow from the first, contradict it, or neither?
 * Where the annotators agreed on no label the files have "-": those rows are left out, as they are in all published results, and `rows`
 * counts what remains of 550,152, 10,000 and 10,000. The others are taken as snli.py of Hugging Face datasets takes them. */
#include "tasks/task.h"

static const char *const archives[] = { "snli_1.0.zip", "snli_1.0", NULL };
static const char *const labels[] = { "entailment", "neutral", "contradiction", NULL };

static const gr_column columns[] = {
    { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { "gold_label", GR_COL_LABEL }, { NULL, GR_COL_OTHER },
};

#define SNLI(part)                                                                                                                 \
    { .archives = archives, .member = "snli_1.0/snli_1.0_" part ".txt", .reader = GR_READ_TSV, .has_header = true, .ragged = true, \
      .columns = columns, .no_label = "-" }

static const gr_source train[] = { SNLI("train") }, dev[] = { SNLI("dev") }, test[] = { SNLI("test") };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 549367, .labelled = true },
    { .name = "validation", .sources = dev, .n_sources = 1, .rows = 9842, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 9824, .labelled = true },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_macro_f1, false },
    { NULL, false },
};

extern const gr_task gr_task_snli;
const gr_task gr_task_snli = {
    .abi = GR_TASK_ABI,
    .name = "snli",
    .suite = "pairs",
    .title = "SNLI",
    .about = "does a sentence follow from another, contradict it, or neither?",
    .flags = GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 3 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
