/* conll2003.c - CoNLL-2003 English: names of people, organisations, places and others in newswire.
 * Four columns a line (word, part of speech, chunk, tag), tags in IOB2. Scored over entities as seqeval does. */
#include "tasks/task.h"

enum { N_TAGS = 9, TAG_COLUMN = 4 };

static const char *const archives[] = { "conll2003.zip", "conll2003", NULL };
static const char *const labels[] = { "O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC", NULL };

static const gr_source train[] = {
    { .archives = archives, .member = "train.txt", .reader = GR_READ_CONLL, .word_column = 1, .tag_column = TAG_COLUMN }
};
static const gr_source valid[] = {
    { .archives = archives, .member = "valid.txt", .reader = GR_READ_CONLL, .word_column = 1, .tag_column = TAG_COLUMN }
};
static const gr_source test[] = {
    { .archives = archives, .member = "test.txt", .reader = GR_READ_CONLL, .word_column = 1, .tag_column = TAG_COLUMN }
};

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 14041, .labelled = true },
    { .name = "validation", .sources = valid, .n_sources = 1, .rows = 3250, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 3453, .labelled = true },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_seqeval_f1, true },      { &gr_metric_seqeval_precision, false }, { &gr_metric_seqeval_recall, false },
    { &gr_metric_seqeval_accuracy, false }, { NULL, false },
};

extern const gr_task gr_task_conll2003;
const gr_task gr_task_conll2003 = {
    .abi = GR_TASK_ABI,
    .name = "conll2003",
    .suite = "ner",
    .title = "CoNLL-2003",
    .about = "names of people, organisations, places and others in news",
    .head = { GR_HEAD_TOKEN, N_TAGS },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
