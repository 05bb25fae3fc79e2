/* ttc3600.c - TTC-3600: what is a piece of Turkish news about? Six classes of 600 texts, a file a text.
 * The publisher names no splits. The files in the order of folder and number are put in the order of NumPy's
 * RandomState(42).permutation, then a half trains, a quarter validates and a quarter tests, as for TTC4900. */
#include "tasks/task.h"

enum { N_CLASSES = 6, SEED = 42 };

static const char *const archives[] = { "TTC-3600.tar.gz", "TTC-3600_Orj", NULL };
static const char *const labels[] = { "ekonomi", "kultursanat", "saglik", "siyaset", "spor", "teknoloji", NULL };

#define FOLDER(name)                                                                                             \
    { .archives = archives, .member = "TTC-3600_Orj/" name "/*.txt", .reader = GR_READ_FOLDER, .label = name }
static const gr_source all[N_CLASSES] = {
    FOLDER("ekonomi"), FOLDER("kultursanat"), FOLDER("saglik"), FOLDER("siyaset"), FOLDER("spor"), FOLDER("teknoloji"),
};
#undef FOLDER

static const gr_split splits[] = {
    { .name = "train", .sources = all, .n_sources = N_CLASSES, .rows = 1800, .labelled = true,
      .rule = { .kind = GR_RULE_PART, .order = GR_ORDER_NUMPY, .seed = SEED, .from = 0.0, .to = 0.5 } },
    { .name = "validation", .sources = all, .n_sources = N_CLASSES, .rows = 900, .labelled = true,
      .rule = { .kind = GR_RULE_PART, .order = GR_ORDER_NUMPY, .seed = SEED, .from = 0.5, .to = 0.75 } },
    { .name = "test", .sources = all, .n_sources = N_CLASSES, .rows = 900, .labelled = true,
      .rule = { .kind = GR_RULE_PART, .order = GR_ORDER_NUMPY, .seed = SEED, .from = 0.75, .to = 1.0 } },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },  { &gr_metric_macro_precision, false }, { &gr_metric_macro_recall, false },
    { &gr_metric_macro_f1, false }, { NULL, false },
};

extern const gr_task gr_task_ttc3600;
const gr_task gr_task_ttc3600 = {
    .abi = GR_TASK_ABI,
    .name = "ttc3600",
    .suite = "topic",
    .title = "TTC-3600",
    .about = "what is a piece of Turkish news about? 6 classes",
    .flags = GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, N_CLASSES },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
