/* custom.h - a task made from files that the user has. It is a gr_task like any other and takes the same path from then on.
 *
 * gr_task_custom(&t, &opts, &err) -> gr_task_load(&ex, t, "train", "", &err) ... -> gr_task_custom_free(t). Its files are named as the
 * user gave them, so the data folder of every load is "". */
#ifndef GR_TASKS_CUSTOM_H
#define GR_TASKS_CUSTOM_H
#include <stdbool.h>
#include <stdint.h>

#include "data/dataset.h"
#include "tasks/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the options of `run` say; NULL or "" is an option that was not given.
 *
 * The format follows from a file's name: .csv, .tsv, .jsonl, .ndjson or .json (one object a line), and token columns (CoNLL) for .conll, .iob, .iob2, .bio and
 * .txt; ".gz" behind it is looked through. CSV and TSV have a header. */
typedef struct gr_custom_opts {
    const char *train_file;      /* required                                                                       */
    const char *validation_file; /* } neither: parts of the training file, see split                               */
    const char *test_file;       /* } without the label column its rows are predicted, not scored                  */
    const char *text_column;     /* default: the first of text, sentence, sentence1, review, premise, question that is there */
    const char *pair_column;     /* default: of pair, text_pair, sentence2, hypothesis, none if absent; or of GLUE's pairs, docs/cli.md */
    const char *label_column;    /* default: the first of label, labels, score, category, class, target, sentiment */
    const char *labels;          /* "a,b,c" in index order; default: those found, sorted (as numbers when all are)  */
    bool        regression;      /* labels are values though none has a decimal point; not with labels             */
    const char *split;           /* "train/test" or "train/validation/test" in percent, summing to 100; default
                                  * "80/20" when only train_file is given: the second part validates then           */
    uint64_t    split_seed;      /* of the permutation that is cut                                                 */
} gr_custom_opts;

/* Build the task from the options and a look at the files. Every label a number and one of them with a point makes it a regression;
 * token columns make it a token task. Its name is the training file's, in [a-z0-9_], with "custom_" before it when a built-in task
 * has that name. GR_E_ARG (options that do not go together, an unknown ending), GR_E_NOTFOUND (a file or column, with the
 * columns that are there), GR_E_FORMAT (a broken file; one class only), GR_E_IO, GR_E_NOMEM. */
gr_status gr_task_custom(gr_task **out, const gr_custom_opts *opts, gr_err *err) GR_MUST_USE;
void      gr_task_custom_free(gr_task *t); /* only what gr_task_custom made; NULL is fine */

/* The texts of a table (text_a, text_b) with its columns found or named as above, whatever labels it has; or the sentences of a file of
 * tokens: words and, where there are any, tags by name, of any set. Of columns the last are the tags, unless there is one alone.
 * gr_examples_free releases. */
gr_status gr_custom_texts(gr_examples *out, const char *path, const char *text_column, const char *pair_column, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
