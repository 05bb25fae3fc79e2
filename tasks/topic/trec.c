/* trec.c - TREC question classification (Li and Roth): what kind of answer does a question ask for? Six coarse classes.
 * A line is "COARSE:fine question"; the fine class is left aside. One line of the training file has a byte F0 between two words, in no
 * encoding; it is a blank to trec.py of Hugging Face datasets, from whose second version the order of the classes is too. There is no
 * validation part; the test rows are evaluated. */
#include "data/label.h"
#include "tasks/task.h"

static const char *const train_files[] = { "train_5500.label", NULL };
static const char *const test_files[] = { "TREC_10.label", NULL };
static const char *const labels[] = { "ABBR", "ENTY", "DESC", "HUM", "LOC", "NUM", NULL };

static const gr_source train[] = { { .archives = train_files, .reader = GR_READ_LINES, .as_blank = "\xf0", .strip = true } };
static const gr_source test[] = { { .archives = test_files, .reader = GR_READ_LINES, .as_blank = "\xf0", .strip = true } };

static gr_status parse(const gr_task *self, const gr_row *row, const gr_split *split, gr_example *out, gr_arena *a, gr_err *err)
{
    const gr_label_spec spec = { .names = self->labels, .n_names = self->head.n_out };
    gr_sv               fine, text = row->col[0];

    (void)split;
    (void)a;
    fine = gr_sv_split(&text, ' ');
    out->text_a = text;
    out->labelled = true;
    return gr_label_name(&out->label, gr_sv_split(&fine, ':'), &spec, err);
}

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 5452, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 500, .labelled = true },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },  { &gr_metric_macro_precision, false }, { &gr_metric_macro_recall, false },
    { &gr_metric_macro_f1, false }, { NULL, false },
};

extern const gr_task gr_task_trec;
const gr_task gr_task_trec = {
    .abi = GR_TASK_ABI,
    .name = "trec",
    .suite = "topic",
    .title = "TREC questions",
    .about = "what kind of answer does a question ask for? 6 classes",
    .flags = GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 6 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
    .parse = parse,
};
