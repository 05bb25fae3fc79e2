/* imdb.c - Maas's film reviews: is a whole review favourable?
 * A file a review; the unfavourable ones come first, each folder in the order of the number in the file's name. The publisher has no
 * validation part: the second half of the unfavourable and the first half of the favourable test reviews serve as one, the rest is
 * the test split. */
#include "tasks/task.h"

enum { N_TEST = 25000, QUARTER = N_TEST / 4 };

static const char *const archives[] = { "aclImdb_v1.tar.gz", "aclImdb_v1-labelled.tar.gz", "aclImdb", NULL };
static const char *const labels[] = { "neg", "pos", NULL };

static const gr_source train[] = {
    { .archives = archives, .member = "aclImdb/train/neg/*.txt", .reader = GR_READ_FOLDER, .label = "neg" },
    { .archives = archives, .member = "aclImdb/train/pos/*.txt", .reader = GR_READ_FOLDER, .label = "pos" },
};
static const gr_source test[] = {
    { .archives = archives, .member = "aclImdb/test/neg/*.txt", .reader = GR_READ_FOLDER, .label = "neg" },
    { .archives = archives, .member = "aclImdb/test/pos/*.txt", .reader = GR_READ_FOLDER, .label = "pos" },
};

static const gr_slice middle[] = { { QUARTER, 2 * QUARTER }, { -2 * QUARTER, -QUARTER } };
static const gr_slice ends[] = { { 0, QUARTER }, { -QUARTER, GR_SLICE_END } };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 2, .rows = 25000, .labelled = true },
    { .name = "validation", .sources = test, .n_sources = 2, .rows = 12500, .labelled = true,
      .rule = { .kind = GR_RULE_SLICES, .slices = middle, .n_slices = 2, .slices_of = N_TEST } },
    { .name = "test", .sources = test, .n_sources = 2, .rows = 12500, .labelled = true,
      .rule = { .kind = GR_RULE_SLICES, .slices = ends, .n_slices = 2, .slices_of = N_TEST } },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },      { &gr_metric_macro_precision, false }, { &gr_metric_macro_recall, false },
    { &gr_metric_macro_f1, false },     { NULL, false },
};

extern const gr_task gr_task_imdb;
const gr_task gr_task_imdb = {
    .abi = GR_TASK_ABI,
    .name = "imdb",
    .suite = "sentiment",
    .title = "IMDb",
    .about = "is a whole film review favourable?",
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 512,
};
