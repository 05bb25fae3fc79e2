/* dbpedia_14.c - DBpedia ontology classes: what kind of thing does the beginning of a Wikipedia article describe? Fourteen classes, 40,000
 * training and 5,000 test texts of each. The reference reader keeps title and content apart; here they are one text, title first, as in
 * the other sets of Zhang et al. The content begins with a blank in the files. There is no validation part; the test rows are evaluated. */
#include "tasks/task.h"

static const char *const archives[] = { "dbpedia_csv.tgz", "dbpedia_csv.tar.gz", "dbpedia_csv", NULL };
static const char *const labels[] = {
    "Company", "EducationalInstitution", "Artist", "Athlete", "OfficeHolder", "MeanOfTransportation", "Building",
    "NaturalPlace", "Village", "Animal", "Plant", "Album", "Film", "WrittenWork", NULL,
};

static const gr_column columns[] = {
    { "class", GR_COL_CLASS_NTH }, { "title", GR_COL_TEXT }, { "content", GR_COL_TEXT }, { NULL, GR_COL_OTHER },
};

static const gr_source train[] = { { .archives = archives, .member = "dbpedia_csv/train.csv", .reader = GR_READ_CSV, .columns = columns } };
static const gr_source test[] = { { .archives = archives, .member = "dbpedia_csv/test.csv", .reader = GR_READ_CSV, .columns = columns } };

static const gr_split splits[] = {
    { .name = "train", .sources = train, .n_sources = 1, .rows = 560000, .labelled = true },
    { .name = "test", .sources = test, .n_sources = 1, .rows = 70000, .labelled = true },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },  { &gr_metric_macro_precision, false }, { &gr_metric_macro_recall, false },
    { &gr_metric_macro_f1, false }, { NULL, false },
};

extern const gr_task gr_task_dbpedia_14;
const gr_task gr_task_dbpedia_14 = {
    .abi = GR_TASK_ABI,
    .name = "dbpedia_14",
    .suite = "topic",
    .title = "DBpedia-14",
    .about = "what kind of thing is an article about? 14 classes",
    .flags = GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 14 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
};
