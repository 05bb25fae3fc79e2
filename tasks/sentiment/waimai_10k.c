/* waimai_10k.c - Chinese reviews of delivered meals, for or against.
 * One file without splits; the parts are those that scikit-learn's train_test_split(test_size=0.2, random_state=2023) makes. */
#include "tasks/task.h"

static const char *const archives[] = { "waimai_10k.csv", NULL };
static const char *const labels[] = { "negative", "positive", NULL };

static const gr_column columns[] = { { "label", GR_COL_CLASS_ID }, { "review", GR_COL_TEXT }, { NULL, GR_COL_OTHER } };
static const gr_source all[] = { { .archives = archives, .reader = GR_READ_CSV, .has_header = true, .columns = columns } };

static const gr_split splits[] = {
    { .name = "train", .sources = all, .n_sources = 1, .rows = 9589, .labelled = true,
      .rule = { .kind = GR_RULE_HOLDOUT, .order = GR_ORDER_NUMPY, .seed = 2023, .test_size = 0.2 } },
    { .name = "test", .sources = all, .n_sources = 1, .rows = 2398, .labelled = true,
      .rule = { .kind = GR_RULE_HOLDOUT, .order = GR_ORDER_NUMPY, .seed = 2023, .test_size = 0.2, .part_test = true } },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },  { &gr_metric_macro_precision, false }, { &gr_metric_macro_recall, false },
    { &gr_metric_macro_f1, false }, { NULL, false },
};

extern const gr_task gr_task_waimai_10k;
const gr_task gr_task_waimai_10k = {
    .abi = GR_TASK_ABI,
    .name = "waimai_10k",
    .suite = "sentiment",
    .title = "waimai_10k",
    .about = "is a Chinese review of a meal favourable?",
    .flags = GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
