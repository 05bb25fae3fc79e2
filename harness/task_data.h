/* task_data.h - a task's splits loaded and tokenised, kept for all seeds of that task. */
#ifndef GR_HARNESS_TASK_DATA_H
#define GR_HARNESS_TASK_DATA_H
#include "harness/encoded.h"
#include "harness/run_options.h"
#include "harness/token_cache.h"

enum { GR_MAX_SPLITS = 8 };

typedef struct gr_task_split {
    char        name[40];
    gr_examples examples;
    gr_encoded  encoded;
} gr_task_split;

typedef struct gr_task_data {
    const gr_task *task;
    /* [0] is train (empty when nothing is trained); then those that are evaluated, in the order asked for; then those only predicted. */
    gr_task_split  split[GR_MAX_SPLITS];
    int            n_splits;
    int            n_eval;  /* evaluated: split[1] .. split[n_eval] */
    int            n_extra; /* the last n_extra are predicted besides, and change no number of the run */
} gr_task_data;

/* Where a task's rows come from and what becomes of their texts. All borrowed. */
typedef struct gr_task_data_opts {
    const char           *dir;        /* of the data                                                      */
    bool                  any_rows;   /* row counts other than the published ones are fine (demo data)      */
    const gr_tok         *tok;
    size_t                max_length; /* tokens a row                                                     */
    const gr_token_cache *cache;      /* NULL: none                                                       */
    gr_pool              *pool;
    const gr_task *const *tasks;      /* n_tasks: those of the same command; NULL: this one alone         */
    int                   n_tasks;
} gr_task_data_opts;

/* Does a run of the task take training steps? Not for a diagnostic task, nor with --epochs 0; then no training rows are needed. */
bool gr_task_trains(const gr_task *task, const gr_run_opts *o);

/* The split whose values make the task's number: its first validation set; "" for a task without labels. */
const char *gr_task_main_split(const gr_task *task);

/* Load and tokenise the splits that the run's options ask for. While one split is tokenised, the next one is read.
 *
 * A word of --eval-splits means the split of that name. Where the task has none, `validation` and `test` stand for all splits that
 * begin so (validation_matched, ...), and `validation` for the first labelled split besides train when there are none of those
 * either. A task without labels has its test splits predicted. With --save-model alone a test split that is absent is warned of
 * and left out.
 *
 * GR_E_ARG: a split that the task lacks or that has no labels (a diagnostic task passes over one that another task of the command
 * has); rows that are pairs, for which max_length has no room (fit.h). Statuses of gr_task_load and gr_tokens_make. */
gr_status gr_task_data_open(gr_task_data *out, const gr_task *task, const gr_task_data_opts *from, const gr_run_opts *o, gr_err *err) GR_MUST_USE;
void      gr_task_data_close(gr_task_data *d); /* accepts a zeroed one */

/* GR_E_ARG when --max-eval-samples leaves only one class in an evaluated split. */
gr_status gr_task_eval_check(const gr_task_data *d, const gr_run_opts *o, gr_err *err) GR_MUST_USE;

/* The training rows of one run: all, the first N (--max-train-samples; refused when one class is left), or a seeded stratified sample
 * in file order (--sample). *rows is malloc'd. */
gr_status gr_task_train_rows(uint32_t **rows, size_t *n, const gr_task_data *d, const gr_run_opts *o, uint64_t seed, gr_err *err) GR_MUST_USE;

#endif
