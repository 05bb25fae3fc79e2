/* rotten_tomatoes.c - Pang and Lee's sentence polarity data: one sentence of a film review, for or against.
 * The two files hold 5331 sentences each, in Windows-1252. The splits are those in common use: of each file the first 4265 lines
 * to train, the next 533 to validate, the last 533 to test, favourable ones first. */
#include "tasks/task.h"

enum { N_TRAIN = 4265, N_HELD = 533, N_FILE = N_TRAIN + 2 * N_HELD };

static const char *const archives[] = { "rt-polaritydata.tar.gz", "rt-polaritydata", NULL };
static const char *const labels[] = { "neg", "pos", NULL };

static const gr_source both[] = {
    { .archives = archives, .member = "rt-polaritydata/rt-polarity.pos", .reader = GR_READ_LINES, .encoding = GR_CP1252,
      .strip = true, .label = "pos" },
    { .archives = archives, .member = "rt-polaritydata/rt-polarity.neg", .reader = GR_READ_LINES, .encoding = GR_CP1252,
      .strip = true, .label = "neg" },
};

static const gr_slice train[] = { { 0, N_TRAIN }, { N_FILE, N_FILE + N_TRAIN } };
static const gr_slice validation[] = { { N_TRAIN, N_TRAIN + N_HELD }, { N_FILE + N_TRAIN, N_FILE + N_TRAIN + N_HELD } };
static const gr_slice test[] = { { N_TRAIN + N_HELD, N_FILE }, { N_FILE + N_TRAIN + N_HELD, GR_SLICE_END } };

static const gr_split splits[] = {
    { .name = "train", .sources = both, .n_sources = 2, .rows = 2 * N_TRAIN, .labelled = true,
      .rule = { .kind = GR_RULE_SLICES, .slices = train, .n_slices = 2, .slices_of = 2 * N_FILE } },
    { .name = "validation", .sources = both, .n_sources = 2, .rows = 2 * N_HELD, .labelled = true,
      .rule = { .kind = GR_RULE_SLICES, .slices = validation, .n_slices = 2, .slices_of = 2 * N_FILE } },
    { .name = "test", .sources = both, .n_sources = 2, .rows = 2 * N_HELD, .labelled = true,
      .rule = { .kind = GR_RULE_SLICES, .slices = test, .n_slices = 2, .slices_of = 2 * N_FILE } },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_f1, false },
    { NULL, false },
};

extern const gr_task gr_task_rotten_tomatoes;
const gr_task gr_task_rotten_tomatoes = {
    .abi = GR_TASK_ABI,
    .name = "rotten_tomatoes",
    .suite = "sentiment",
    .title = "Rotten Tomatoes",
    .about = "is a sentence of a film review favourable?",
    .flags = GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
