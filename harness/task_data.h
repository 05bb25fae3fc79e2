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
    gr_task_split  split[GR_MAX_SPLITS]; /* [0] train (empty when nothing is trained), the evaluation splits in the order asked for, those only predicted */
    int            n_splits, n_eval;     /* n_eval of them, from [1] on, are evaluated */
    int            n_extra;              /* so many at the end are predicted on the side and change no number of the run */
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

/* Does a run of the task take steps? Not of a diagnostic task, nor with --epochs 0: then its training rows are not asked for. */
bool gr_task_trains(const gr_task *task, const gr_run_opts *o);

/* The split whose values make the task's number: its first validation set; "" of a task without labels. */
const char *gr_task_main_split(const gr_task *task);

/* Load and tokenise what the run's options ask for; while one split is tokenised, the next is read. `validation` and `test` stand for
 * all splits that begin so (validation_matched, ...) where a task has none of that very name; `validation` for the first labelled split
 * beside train when there is none of those either. A task without labels has its test splits predicted. GR_E_ARG: a split that the task
 * lacks, or without labels; a diagnostic task passes over one that another task of the command has.
 * With --save-model alone a test split that is absent is warned of and left out. */
gr_status gr_task_data_open(gr_task_data *out, const gr_task *task, const gr_task_data_opts *from, const gr_run_opts *o, gr_err *err) GR_MUST_USE;
void      gr_task_data_close(gr_task_data *d); /* accepts a zeroed one */

/* GR_E_ARG when --max-eval-samples leaves one class of a split to be told apart. */
gr_status gr_task_eval_check(const gr_task_data *d, const gr_run_opts *o, gr_err *err) GR_MUST_USE;

/* The training rows of one run: all, the first N (--max-train-samples; refused when one class is left), or a seeded stratified sample
 * in file order (--sample). *rows is malloc'd. */
gr_status gr_task_train_rows(uint32_t **rows, size_t *n, const gr_task_data *d, const gr_run_opts *o, uint64_t seed, gr_err *err) GR_MUST_USE;

#endif
