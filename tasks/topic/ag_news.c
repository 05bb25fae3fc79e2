/* ag_news.c - AG's News: what is a piece of English news about? Four classes, 30,000 training and 1,900 test texts of each.
 * The text is the title, a blank and the description, as in ag_news.py of Hugging Face datasets: backslashes, which stand for line
 * ends in the files, and character references stay as they are. The publisher has no validation part; the test rows are evaluated. */
#include "tasks/task.h"

static const char *const archives[] = { "ag_news_csv.tgz", "ag_news_csv.tar.gz", "ag_news_csv", NULL };
static const char *const labels[] = { "World", "Sports", "Business", "Sci/Tech", NULL };

static const gr_column columns[] = {
    { "class", GR_COL_CLASS_NTH }, { "title", GR_COL_TEXT }, { "description", GR_COL_TEXT }, { NULL, GR_COL_OTHER },
};

static const gr_source train[] = { { .archives = archives, .member = "ag_news_csv/train.csv", .reader = GR_READ_CSV, .columns = columns } };
static const gr_source test[] = { { .archives = archives, .member = "ag_news_csv/test.csv", .reader = GR_READ_CSV, .columns = columns } };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 120000, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 7600, .labelled = true },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },  { &gr_metric_macro_precision, false }, { &gr_metric_macro_recall, false },
    { &gr_metric_macro_f1, false }, { NULL, false },
};

extern const gr_task gr_task_ag_news;
const gr_task gr_task_ag_news = {
    .abi = GR_TASK_ABI,
    .name = "ag_news",
    .suite = "topic",
    .title = "AG's News",
    .about = "what is a piece of English news about? 4 classes",
    .flags = GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 4 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
