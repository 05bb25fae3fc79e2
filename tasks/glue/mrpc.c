/* mrpc.c - Microsoft Research Paraphrase Corpus: do two sentences of news say the same?
 * The validation rows are the training file's rows whose two ids stand in GLUE's dev_ids.tsv. Its number in GLUE is the mean of
 * accuracy and the F1 of the paraphrases. */
#include "tasks/task.h"

static const char *const train_files[] = { "MRPC/msr_paraphrase_train.txt", "msr_paraphrase_train.txt", NULL };
static const char *const test_files[] = { "MRPC/msr_paraphrase_test.txt", "msr_paraphrase_test.txt", NULL };
static const char *const id_files[] = { "MRPC/dev_ids.tsv", "dev_ids.tsv", NULL };
static const char *const labels[] = { "not_equivalent", "equivalent", NULL };

static const gr_column columns[] = {
    { "Quality", GR_COL_CLASS_ID }, { "#1 ID", GR_COL_KEY },       { "#2 ID", GR_COL_KEY },
    { "#1 String", GR_COL_TEXT },   { "#2 String", GR_COL_PAIR }, { NULL, GR_COL_OTHER },
};
static const gr_column id_columns[] = { { "#1 ID", GR_COL_KEY }, { "#2 ID", GR_COL_KEY }, { NULL, GR_COL_OTHER } };

static const gr_source train[] = { { .archives = train_files, .reader = GR_READ_TSV, .has_header = true, .columns = columns } };
static const gr_source test[] = { { .archives = test_files, .reader = GR_READ_TSV, .has_header = true, .columns = columns } };
static const gr_source dev_ids = { .archives = id_files, .reader = GR_READ_TSV, .columns = id_columns };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 3668, .labelled = true,
      .rule = { .kind = GR_RULE_IDS, .ids = &dev_ids, .ids_in = false } },
    { .name = "validation", .sources = train, .n_sources = 1, .rows = 408, .labelled = true,
      .rule = { .kind = GR_RULE_IDS, .ids = &dev_ids, .ids_in = true } },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 1725, .labelled = true, .submission = "MRPC.tsv" },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_f1, true },
    { NULL, false },
};

extern const gr_task gr_task_mrpc;
const gr_task gr_task_mrpc = {
    .abi = GR_TASK_ABI,
    .name = "mrpc",
    .suite = "glue",
    .title = "MRPC",
    .about = "do two sentences of news mean the same?",
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
