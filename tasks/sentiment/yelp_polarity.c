/* yelp_polarity.c - Yelp reviews: is a review of a business favourable? Those with one or two stars are not, those with three or four are.
 * A line is "CLASS","TEXT". The text is what yelp_polarity.py of Hugging Face datasets makes of it, which is no reader of CSV: white space
 * at the ends is off, but doubled quotes stay doubled and line ends stay a backslash and an n. There is no validation part; the test
 * rows are evaluated. */
#include "data/label.h"
#include "data/lines.h"
#include "tasks/task.h"

static const char *const archives[] = { "yelp_review_polarity_csv.tgz", "yelp_review_polarity_csv.tar.gz", "yelp_review_polarity_csv", NULL };
static const char *const labels[] = { "negative", "positive", NULL };

static const gr_source train[] = { { .archives = archives, .member = "yelp_review_polarity_csv/train.csv", .reader = GR_READ_LINES } };
static const gr_source test[] = { { .archives = archives, .member = "yelp_review_polarity_csv/test.csv", .reader = GR_READ_LINES } };

static gr_status parse(const gr_task *self, const gr_row *row, const gr_split *split, gr_example *out, gr_arena *a, gr_err *err)
{
    enum { CLASS = 1, TEXT = 5 }; /* where they begin */
    const gr_label_spec spec = { .names = self->labels, .n_names = self->head.n_out };
    const gr_sv         s = row->col[0];

    (void)split;
    (void)a;
    if (s.n <= TEXT || s.p[0] != '"' || !gr_sv_starts((gr_sv){ s.p + 2, s.n - 2 }, "\",\"") || s.p[s.n - 1] != '"')
        return gr_fail(err, GR_E_FORMAT, "not of the form \"CLASS\",\"TEXT\"");
    out->text_a = gr_text_strip((gr_sv){ s.p + TEXT, s.n - 1 - TEXT });
    out->labelled = true;
    return gr_label_nth(&out->label, (gr_sv){ s.p + CLASS, 1 }, &spec, err);
}

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 560000, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 38000, .labelled = true },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_f1, false },
    { NULL, false },
};

extern const gr_task gr_task_yelp_polarity;
const gr_task gr_task_yelp_polarity = {
    .abi = GR_TASK_ABI,
    .name = "yelp_polarity",
    .suite = "sentiment",
    .title = "Yelp polarity",
    .about = "is a review of a business favourable?",
    .flags = GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 512,
    .parse = parse,
};
