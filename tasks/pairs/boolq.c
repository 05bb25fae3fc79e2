/* boolq.c - BoolQ: does a passage answer a question that somebody asked a search engine with yes or with no?
 * The files are those of SuperGLUE, whose test labels are not public. The classes are the label's true and false. */
#include "tasks/task.h"

static const char *const archives[] = { "BoolQ.zip", "BoolQ", NULL };
static const char *const labels[] = { "False", "True", NULL };

static const gr_column columns[] = {
    { "idx", GR_COL_ID }, { "question", GR_COL_TEXT }, { "passage", GR_COL_PAIR }, { "label", GR_COL_CLASS_ID }, { NULL, GR_COL_OTHER },
};
static const gr_column test_columns[] = {
    { "idx", GR_COL_ID }, { "question", GR_COL_TEXT }, { "passage", GR_COL_PAIR }, { NULL, GR_COL_OTHER },
};

static const gr_source train[] = { { .archives = archives, .member = "BoolQ/train.jsonl", .reader = GR_READ_JSONL, .columns = columns } };
static const gr_source val[] = { { .archives = archives, .member = "BoolQ/val.jsonl", .reader = GR_READ_JSONL, .columns = columns } };
static const gr_source test[] = { { .archives = archives, .member = "BoolQ/test.jsonl", .reader = GR_READ_JSONL, .columns = test_columns } };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 9427, .labelled = true },
    { .name = "validation", .sources = val, .n_sources = 1, .rows = 3270, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 3245 },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_f1, false },
    { NULL, false },
};

extern const gr_task gr_task_boolq;
const gr_task gr_task_boolq = {
    .abi = GR_TASK_ABI,
    .name = "boolq",
    .suite = "pairs",
    .title = "BoolQ",
    .about = "does a passage answer a question with yes or with no?",
    .flags = GR_TASK_HIDDEN_TEST | GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 256,
};
