/* ttc4900.c - TTC4900: what is a piece of Turkish news about? Seven classes of 700 texts.
 * One CSV without splits: its rows in the order of pandas' sample(frac=1, random_state=42), then a half to train, a quarter to
 * validate and a quarter to test. Class names in the file end in a blank. Some hold only an extract of 199 rows, published with class
 * numbers: that is the second table, which weights of the first can be tried on. */
#include "data/label.h"
#include "tasks/task.h"

enum { N_CLASSES = 7, SEED = 42 };

static const char *const archives[] = { "TTC4900.csv", "7allV03.csv", NULL };
static const char *const extract_archives[] = { "ttc4900_eval200.csv", NULL };
static const char *const labels[] = { "dunya", "ekonomi", "kultur", "saglik", "siyaset", "spor", "teknoloji", NULL };

enum { CATEGORY, TEXT };
static const gr_column columns[] = { { "category", GR_COL_OTHER }, { "text", GR_COL_OTHER }, { NULL, GR_COL_OTHER } };
static const gr_column extract_columns[] = { { "text", GR_COL_TEXT }, { "labels", GR_COL_CLASS_ID }, { NULL, GR_COL_OTHER } };

static gr_status parse(const gr_task *self, const gr_row *row, const gr_split *split, gr_example *out, gr_arena *a, gr_err *err)
{
    const gr_label_spec spec = { .names = self->labels, .n_names = self->head.n_out };

    (void)split;
    (void)a;
    out->text_a = row->col[TEXT];
    out->labelled = true;
    return gr_label_name(&out->label, gr_sv_trim(row->col[CATEGORY]), &spec, err);
}

static const gr_source all[] = { { .archives = archives, .reader = GR_READ_CSV, .has_header = true, .columns = columns } };
static const gr_source extract[] = {
    { .archives = extract_archives, .reader = GR_READ_CSV, .has_header = true, .columns = extract_columns }
};

static const gr_split splits[] = {
    { .name = "train", .sources = all, .n_sources = 1, .rows = 2450, .labelled = true,
      .rule = { .kind = GR_RULE_PART, .order = GR_ORDER_NUMPY, .seed = SEED, .from = 0.0, .to = 0.5 } },
    { .name = "validation", .sources = all, .n_sources = 1, .rows = 1225, .labelled = true,
      .rule = { .kind = GR_RULE_PART, .order = GR_ORDER_NUMPY, .seed = SEED, .from = 0.5, .to = 0.75 } },
    { .name = "test", .sources = all, .n_sources = 1, .rows = 1225, .labelled = true,
      .rule = { .kind = GR_RULE_PART, .order = GR_ORDER_NUMPY, .seed = SEED, .from = 0.75, .to = 1.0 } },
    { .name = NULL },
};
static const gr_split extract_splits[] = {
    { .name = "validation", .sources = extract, .n_sources = 1, .rows = 199, .labelled = true },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },  { &gr_metric_macro_precision, false }, { &gr_metric_macro_recall, false },
    { &gr_metric_macro_f1, false }, { NULL, false },
};

#define FACTS                                                                                                           \
    .abi = GR_TASK_ABI, .suite = "topic", .head = { GR_HEAD_CLASS, N_CLASSES }, .labels = labels, .metrics = metrics,   \
    .max_len = 128

extern const gr_task gr_task_ttc4900, gr_task_ttc4900_eval200;
const gr_task gr_task_ttc4900 = {
    FACTS,
    .name = "ttc4900",
    .title = "TTC4900",
    .about = "what is a piece of Turkish news about? 7 classes",
    .splits = splits,
    .parse = parse,
};
const gr_task gr_task_ttc4900_eval200 = {
    FACTS,
    .name = "ttc4900_eval200",
    .title = "TTC4900, 199 rows",
    .about = "an extract of TTC4900, scored with weights trained on the whole",
    .flags = GR_TASK_DIAGNOSTIC | GR_TASK_OUT_OF_MEAN | GR_TASK_NOT_DEFAULT,
    .weights_of = "ttc4900",
    .splits = extract_splits,
};
