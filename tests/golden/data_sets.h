/* data_sets.h - tables for the golden data sets that no task has: the originals beside a GLUE set, tags as IOB1, whole
 * sets before a task splits them. Everything else is read through its task. */
#ifndef GR_TESTS_GOLDEN_DATA_SETS_H
#define GR_TESTS_GOLDEN_DATA_SETS_H
#include "data/dataset.h"

#define ONE(src) .sources = (src), .n_sources = 1
#define MANY(src) .sources = (src), .n_sources = sizeof(src) / sizeof((src)[0])

typedef struct data_set {
    const char     *name; /* as in expected.json */
    gr_dataset_spec spec;
} data_set;

/* ---- CoLA and STS-B as first published ---- */

static const char *const cola_files[] = { "CoLA.zip", "CoLA", NULL };
static const char *const cola_labels[] = { "unacceptable", "acceptable", NULL };
static const gr_column   cola_cols[] = {
    { "source", GR_COL_OTHER }, { "label", GR_COL_CLASS_ID }, { "star", GR_COL_OTHER }, { "sentence", GR_COL_TEXT }, { NULL, 0 }
};

#define COLA(kind, file) \
    { .archives = cola_files, .member = "CoLA/original/" kind "/" file ".tsv", .reader = GR_READ_TSV, .columns = cola_cols }

static const gr_source cola_raw[] = { COLA("raw", "in_domain_train"), COLA("raw", "in_domain_dev"), COLA("raw", "out_of_domain_dev") };
static const gr_source cola_tok[] = { COLA("tokenized", "in_domain_train"), COLA("tokenized", "in_domain_dev"),
                                      COLA("tokenized", "out_of_domain_dev") };

#define COLA_SPLITS(src)                                                               \
    {                                                                                  \
        { .name = "in_domain_train", ONE(&(src)[0]), .rows = 8551, .labelled = true }, \
        { .name = "in_domain_dev", ONE(&(src)[1]), .rows = 527, .labelled = true },    \
        { .name = "out_of_domain_dev", ONE(&(src)[2]), .rows = 516, .labelled = true },\
        { .name = NULL },                                                              \
    }
static const gr_split cola_raw_splits[] = COLA_SPLITS(cola_raw);
static const gr_split cola_tok_splits[] = COLA_SPLITS(cola_tok);

static const char *const stsb_files[] = { "STS-B.zip", "STS-B", NULL };
static const gr_column   stsb_cols[] = { { "genre", GR_COL_OTHER }, { "file", GR_COL_OTHER },  { "year", GR_COL_OTHER },
                                         { "index", GR_COL_OTHER }, { "score", GR_COL_SCORE }, { "sentence1", GR_COL_TEXT },
                                         { "sentence2", GR_COL_PAIR }, { NULL, 0 } };

#define STSB(file)                                                                                                       \
    { .archives = stsb_files, .member = "STS-B/original/sts-" file ".tsv", .reader = GR_READ_TSV, .columns = stsb_cols, \
      .extra_columns = 2 }

static const gr_source stsb_src[] = { STSB("train"), STSB("dev"), STSB("test") };
static const gr_split  stsb_splits[] = {
    { .name = "train", ONE(&stsb_src[0]), .rows = 5749, .labelled = true },
    { .name = "validation", ONE(&stsb_src[1]), .rows = 1500, .labelled = true },
    { .name = "test", ONE(&stsb_src[2]), .rows = 1379, .labelled = true },
    { .name = NULL },
};

/* ---- CoNLL-2003 with the tags of its first distribution ---- */

static const char *const iob1_files[] = { "conll2003-iob1.zip", NULL };

#define IOB1(file, turn) { .archives = iob1_files, .member = file, .reader = GR_READ_CONLL, .iob1 = turn }

static const gr_source iob1_src[] = { IOB1("eng.train", false), IOB1("eng.testa", false), IOB1("eng.testb", false) };
static const gr_source turned_src[] = { IOB1("eng.train", true), IOB1("eng.testa", true), IOB1("eng.testb", true) };

#define IOB1_SPLITS(src)                                       \
    {                                                          \
        { .name = "train", ONE(&(src)[0]), .labelled = true },      \
        { .name = "validation", ONE(&(src)[1]), .labelled = true }, \
        { .name = "test", ONE(&(src)[2]), .labelled = true },       \
        { .name = NULL },                                      \
    }
static const gr_split iob1_splits[] = IOB1_SPLITS(iob1_src);
static const gr_split turned_splits[] = IOB1_SPLITS(turned_src);
/* Turned into IOB2 they are to equal conll2003. */
static const gr_dataset_spec iob1_turned = { .splits = turned_splits };

/* ---- whole sets: a task may give out parts of them ---- */

static const char *const imdb_files[] = { "aclImdb_v1-labelled.tar.gz", "aclImdb_v1.tar.gz", NULL };
static const char *const imdb_labels[] = { "neg", "pos", NULL };

#define IMDB(topic) \
    { .archives = imdb_files, .member = "aclImdb/test/" topic "/*.txt", .reader = GR_READ_FOLDER, .label = topic }

static const gr_source imdb_src[] = { IMDB("neg"), IMDB("pos") };
static const gr_split  imdb_splits[] = { { .name = "test", MANY(imdb_src), .rows = 25000, .labelled = true }, { .name = NULL } };

static const char *const ttc3600_files[] = { "TTC-3600.tar.gz", "TTC-3600_Orj", NULL };
static const char *const ttc3600_labels[] = { "ekonomi", "kultursanat", "saglik", "siyaset", "spor", "teknoloji", NULL };

#define TTC(topic) \
    { .archives = ttc3600_files, .member = "TTC-3600_Orj/" topic "/*.txt", .reader = GR_READ_FOLDER, .label = topic }

static const gr_source ttc3600_src[] = { TTC("ekonomi"), TTC("kultursanat"), TTC("saglik"),
                                         TTC("siyaset"), TTC("spor"),        TTC("teknoloji") };
static const gr_split  ttc3600_splits[] = {
    { .name = "all", MANY(ttc3600_src), .rows = 3600, .labelled = true },
    { .name = NULL },
};

static const char *const waimai_files[] = { "waimai_10k.csv", NULL };
static const char *const waimai_labels[] = { "negative", "positive", NULL };
static const gr_column   waimai_cols[] = { { "label", GR_COL_CLASS_ID }, { "review", GR_COL_TEXT }, { NULL, 0 } };
static const gr_source   waimai_src = { .archives = waimai_files, .reader = GR_READ_CSV, .has_header = true, .columns = waimai_cols };
static const gr_split    waimai_splits[] = {
    { .name = "all", ONE(&waimai_src), .rows = 11987, .labelled = true },
    { .name = NULL },
};

static const char *const ttc4900_files[] = { "ttc4900_eval200.csv", NULL };
static const char *const ttc4900_labels[] = { "0", "1", "2", "3", "4", "5", "6", NULL };
static const gr_column   ttc4900_cols[] = { { "text", GR_COL_TEXT }, { "labels", GR_COL_CLASS_ID }, { NULL, 0 } };
static const gr_source   ttc4900_src = { .archives = ttc4900_files, .reader = GR_READ_CSV, .has_header = true, .columns = ttc4900_cols };
static const gr_split    ttc4900_splits[] = {
    { .name = "all", ONE(&ttc4900_src), .rows = 199, .labelled = true },
    { .name = NULL },
};

static const data_set data_sets[] = {
    { "cola-original-raw", { .splits = cola_raw_splits, .labels = { cola_labels, 2, 0, 0 } } },
    { "cola-original-tokenized", { .splits = cola_tok_splits, .labels = { cola_labels, 2, 0, 0 } } },
    { "stsb-original", { .splits = stsb_splits, .labels = { NULL, 0, 0, 5 }, .regression = true } },
    { "conll2003-iob1", { .splits = iob1_splits } },
    { "imdb", { .splits = imdb_splits, .labels = { imdb_labels, 2, 0, 0 } } },
    { "ttc3600", { .splits = ttc3600_splits, .labels = { ttc3600_labels, 6, 0, 0 } } },
    { "waimai_10k", { .splits = waimai_splits, .labels = { waimai_labels, 2, 0, 0 } } },
    { "ttc4900_eval200", { .splits = ttc4900_splits, .labels = { ttc4900_labels, 7, 0, 0 } } },
};
#endif
