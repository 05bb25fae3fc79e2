/* cola.c - Corpus of Linguistic Acceptability: is a sentence of the linguistics literature acceptable English?
 * train.tsv and dev.tsv have no header: source, label, the author's own mark, sentence. */
#include "tasks/task.h"

static const char *const archives[] = { "CoLA.zip", "CoLA", NULL };
static const char *const labels[] = { "unacceptable", "acceptable", NULL };

static const gr_column columns[] = {
    { "source", GR_COL_OTHER },  { "label", GR_COL_CLASS_ID }, { "mark", GR_COL_OTHER },
    { "sentence", GR_COL_TEXT }, { NULL, GR_COL_OTHER },
};
static const gr_column test_columns[] = { { "index", GR_COL_ID }, { "sentence", GR_COL_TEXT }, { NULL, GR_COL_OTHER } };

static const gr_source train[] = { {
    .archives = archives, .member = "CoLA/train.tsv", .reader = GR_READ_TSV, .columns = columns,
} };
static const gr_source dev[] = { {
    .archives = archives, .member = "CoLA/dev.tsv", .reader = GR_READ_TSV, .columns = columns,
} };
static const gr_source test[] = { {
    .archives = archives, .member = "CoLA/test.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = test_columns,
} };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 8551, .labelled = true },
    { .name = "validation", .sources = dev, .n_sources = 1, .rows = 1043, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 1063, .submission = "CoLA.tsv" },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_matthews, true },
    { &gr_metric_accuracy, false },
    { NULL, false },
};

extern const gr_task gr_task_cola;
const gr_task gr_task_cola = {
    .abi = GR_TASK_ABI,
    .name = "cola",
    .suite = "glue",
    .title = "CoLA",
    .about = "is a sentence acceptable English?",
    .flags = GR_TASK_HIDDEN_TEST | GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
