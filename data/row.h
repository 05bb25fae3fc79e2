/* row.h - what data hands to a task and a task hands back. Plain data, no functions.
 *
 * A split names its sources (files as their publisher packed them), the reader of each, what its columns mean,
 * and a rule that picks rows. Reading gives rows (records of a file); a row becomes an example (an item of a
 * task) by the roles of its columns, or by the task's own parse hook. Texts are UTF-8, whatever the file was. */
#ifndef GR_DATA_ROW_H
#define GR_DATA_ROW_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "data/order.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_reader_kind {
    GR_READ_TSV,    /* one record a line, columns between tabs, no quoting: a quote is a character  */
    GR_READ_CSV,    /* RFC 4180: quoted fields may hold commas, newlines and doubled quotes          */
    GR_READ_JSONL,  /* one JSON object a line; a column is a key                                     */
    GR_READ_CONLL,  /* a token a line, columns between blanks or tabs, a blank line ends a sentence  */
    GR_READ_LINES,  /* one text a line                                                               */
    GR_READ_FOLDER  /* one text a file, verbatim: `member` is a pattern                              */
} gr_reader_kind;

typedef enum gr_charset { GR_UTF8, GR_CP1252 } gr_charset;

/* What a column is for. The roles alone make an example of a row where the task has no parse hook. */
typedef enum gr_role {
    GR_COL_TEXT,     /* first text; for JSONL it must be a string. Several are one, joined by a blank */
    GR_COL_PAIR,     /* second text                                                                   */
    GR_COL_LABEL,    /* class by name: exactly one of the task's label names                          */
    GR_COL_CLASS_ID, /* class by number: 0..n_labels-1                                                */
    GR_COL_CLASS_NTH, /* class by number: 1..n_labels                                                */
    GR_COL_SCORE,    /* a finite decimal number in lo..hi                                             */
    GR_COL_ID,       /* whole number: gr_example.id, the name of the row in a submission              */
    GR_COL_KEY,      /* part of the key that GR_RULE_IDS compares                                     */
    GR_COL_WORDS,    /* JSONL, the first column: a list of words; the row is a sentence, as of CONLL  */
    GR_COL_TAGS,     /* JSONL, behind it: a list of their tags                                        */
    GR_COL_OTHER     /* presented to the parse hook, no meaning of its own                            */
} gr_role;

typedef struct gr_column {
    const char *name; /* in the header, or the JSON key; of a file without header: for messages only */
    gr_role     role;
} gr_column;

/* One file of a data set, as its publisher describes it. Zeroed fields are the defaults. */
typedef struct gr_source {
    /* Names below the data folder, tried in order, NULL-terminated: a zip, tar.gz or gz, or a folder. In a
     * folder F the member M is F/M, or F/../M (so that "RTE" finds "RTE/train.tsv" unpacked beside or inside). */
    const char *const *archives;
    const char        *member;   /* path inside; NULL: the archive name is the file itself ("AX.tsv", also "AX.tsv.gz").
                                  * GR_READ_FOLDER: a pattern such as "aclImdb/train/neg/" "*.txt": one '*', in the last
                                  * part only; files come in the order of the first number in their name, then by name. */
    gr_reader_kind     reader;
    gr_charset         encoding;
    const char        *as_blank;   /* bytes that are read as a blank, whatever the encoding; NULL: none        */
    bool               has_header; /* TSV, CSV: rows have exactly the header's columns                         */
    bool               ragged;     /* with a header: rows may differ from it, and are taken as glue.py of Hugging Face datasets takes
                                    * them (through csv.DictReader): one that ends before a wanted column, or whose label is empty,
                                    * is left out; columns beyond the header's are not looked at. Both are told of. */
    const char        *no_label;   /* TSV, CSV, JSONL: what the label's column holds in rows that have none; they are left out, and told of */
    bool               strip;      /* white space (Unicode's) off both ends of each text                       */
    /* TSV, CSV, JSONL: ends at .name == NULL. With a header (and in JSONL) the wanted columns, in the order a row
     * presents them; without one all columns of the file from the left, and a row presents all. Unused by LINES and
     * FOLDER (col[0] is the text; FOLDER: col[1] the file's base name) and CONLL. */
    const gr_column   *columns;
    int                extra_columns; /* without header: a row may have up to so many more, not presented     */
    int                word_column;   /* CONLL: 1-based; 0: the first                                          */
    int                tag_column;    /* CONLL: 1-based; 0: the last; -1: no tags in this file                 */
    bool               iob1;          /* CONLL: the tags are IOB1 (B- only between neighbours); handed on as IOB2          */
    const char        *label;         /* class name of every row of this source; NULL: a column says           */
} gr_source;

/* ---- rules: which rows of the sources, laid end to end, make the split ---- */

typedef enum gr_rule_kind {
    GR_RULE_ALL,     /* all rows in order                                                              */
    GR_RULE_IDS,     /* the rows whose GR_COL_KEY columns are (ids_in) or are not listed in `ids`       */
    GR_RULE_SLICES,  /* slices, joined in the order given                                              */
    GR_RULE_PART,    /* perm[floor(from * n) .. floor(to * n)) of a seeded permutation                 */
    GR_RULE_HOLDOUT  /* scikit-learn's train_test_split: the first ceil(test_size * n) of the permutation
                      * are the test rows (part_test), the rest the training rows                      */
} gr_rule_kind;

#define GR_SLICE_END INT64_MAX

typedef struct gr_slice {
    int64_t from, to; /* rows from..to-1; negative counts from the end; to = GR_SLICE_END: the end */
} gr_slice;

typedef struct gr_split_rule {
    gr_rule_kind                kind;
    const struct gr_split_rule *within;   /* applied first, this rule to what it leaves; NULL: none  */
    const gr_source            *ids;      /* IDS: a file whose columns are all GR_COL_KEY            */
    bool                        ids_in;
    const gr_slice             *slices;   /* SLICES */
    size_t                      n_slices;
    int64_t                     slices_of; /* the slices count rows of so many; of another number they are scaled; 0: as they stand */
    gr_order_kind               order;    /* PART, HOLDOUT (where GR_ORDER_FILE means GR_ORDER_NUMPY) */
    uint64_t                    seed;
    double                      from, to; /* PART: fractions 0..1 */
    double                      test_size;
    bool                        part_test;
} gr_split_rule;

typedef struct gr_split {
    /* "train", "validation", "test". Of several validation or test splits "validation_matched", "test_mismatched", ...: asked
     * for by the plain word, they stand together in the table's order. */
    const char      *name;
    const gr_source *sources;
    size_t           n_sources;
    gr_split_rule    rule;
    size_t           rows;     /* the published count of the split, checked; 0: not published          */
    bool             labelled;
    const char      *submission; /* its file in a GLUE submission ("MNLI-m.tsv"); NULL: none                     */
    const char      *suffix;     /* run_glue's for results of a second split of its kind: "mm" makes eval_accuracy_mm and
                                  * predict_results_mnli-mm.txt; NULL: none */
} gr_split;

/* ---- what reading gives ---- */

/* One record. Views live as long as the gr_examples being loaded. */
typedef struct gr_row {
    const gr_sv     *col;
    size_t           n_col;
    const gr_column *columns; /* the meaning of col[i]; NULL for LINES, FOLDER and sentences                 */
    /* CONLL and GR_COL_WORDS: a row is a sentence: col[0..n_words) its words, col[n_words..2 n_words) their tags (absent when the
     * source has none), word_line[i] the line of word i. n_words is 0 for the other readers. */
    size_t           n_words;
    const size_t    *word_line;
    const char      *label;   /* the source's fixed class name, or NULL                                      */
    size_t           line;    /* 1-based physical line the record begins on; FOLDER: 1                       */
    const char      *file;    /* member or file name, for messages                                           */
} gr_row;

/* One item of a task. */
typedef struct gr_example {
    gr_sv              text_a;
    gr_sv              text_b;    /* p == NULL: there is no second text                                        */
    size_t             n_words;   /* token tasks; 0 otherwise                                                  */
    const gr_sv       *words;     /* n_words, or NULL                                                          */
    const char *const *tags;      /* n_words tag names, or NULL when unlabelled                                */
    const int32_t     *tag_ids;   /* the same as indices of the task's labels, or NULL                         */
    int32_t            label;     /* class index; -1: unlabelled or not a class task                           */
    double             value;     /* regression target; NaN: unlabelled or not a regression task               */
    int64_t            id;        /* as the official scorer names the row; without one, its index in the split */
    bool               labelled;
} gr_example;

#ifdef __cplusplus
}
#endif
#endif
