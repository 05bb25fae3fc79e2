/* trainer.h - one fine-tune: the recipe of transformers' Trainer over one session. It knows batches, steps and
 * evaluations; it knows no task by name, no files of data and no tables. */
#ifndef GR_HARNESS_TRAINER_H
#define GR_HARNESS_TRAINER_H
#include "base/progress.h"
#include "harness/encoded.h"
#include "harness/evaluator.h"
#include "harness/run_options.h"
#include "model/schedule.h"
#include "model/session.h"
#include "results/record.h"

/* What the loop carries from step to step, and a checkpoint keeps. */
typedef struct gr_train_state {
    int64_t step;                  /* finished optimiser steps                         */
    double  loss_sum;              /* over all steps                                   */
    double  point_sum;             /* since the last point of the history              */
    int64_t point_steps;
    double  log_sum;               /* since the last line of the log                   */
    int64_t log_steps;
    double  best;                  /* best value of --metric-for-best so far           */
    int64_t best_step;             /* 0: none yet                                      */
    int64_t stale;                 /* evaluations without improvement                  */
    double  tokens, samples, flops, seconds;
} gr_train_state;

typedef struct gr_step_info {
    int64_t         step;          /* from 1 */
    double          epoch;         /* of the training rows, counted in micro-batches */
    double          loss, grad_norm, lr;
    const uint32_t *rows;          /* row numbers of the step, in order */
    size_t          n_rows;
} gr_step_info;

/* What a run trains on. All borrowed. */
typedef struct gr_train_job {
    const gr_run_opts *o;
    const gr_task     *task;
    gr_model          *model;
    gr_session        *session;
    const gr_encoded  *train;
    const uint32_t    *train_rows;   /* which rows of `train` (after --sample, --max-train-samples) */
    size_t             n_train_rows;
    const gr_encoded  *eval;         /* first evaluation split; NULL: none */
    const gr_examples *eval_examples;
    gr_eval_opts       eval_opts;
    uint64_t           seed;
    gr_progress       *progress;     /* may be NULL */
    const char        *checkpoint_dir; /* NULL: no checkpoints, no resume */
    const char        *key;          /* content key: a checkpoint of another key is not resumed */
    const char        *log_path;     /* step log as JSON lines, or NULL */
    const char        *board_dir;    /* folder of its TensorBoard event file, or NULL */
    void             (*on_step)(void *user, const gr_step_info *info); /* NULL: none */
    void              *user;
} gr_train_job;

typedef struct gr_train_result {
    gr_train_state state;
    int64_t        total_steps, steps_per_epoch;
    bool           stopped_early;
    bool           restored_best;    /* the session holds the weights of state.best_step */
    gr_eval_result last_eval;        /* of the weights that the session holds, when has_eval */
    gr_predictions last_predictions;
    bool           has_eval;
} gr_train_result;
void gr_train_result_free(gr_train_result *r);

/* Train to the end (or to max_steps, early stopping, interruption); the history goes into `record`. Resumes from the newest
 * checkpoint of checkpoint_dir, if there is one. GR_E_CANCELLED, GR_E_NUMERIC ("step 37: loss is nan ..."). */
gr_status gr_train(gr_train_result *out, const gr_train_job *job, gr_record *record, gr_err *err) GR_MUST_USE;

/* Steps an epoch and in all, for n rows (transformers 5, Trainer.set_initial_training_values). */
void gr_train_steps(int64_t *per_epoch, int64_t *total, const gr_run_opts *o, size_t n_rows);

/* Largest micro-batch in tokens: the sum of the batch_size longest rows, capped (a micro-batch beyond the cap is
 * computed in pieces). */
int32_t gr_train_max_tokens(const gr_encoded *e, const uint32_t *rows, size_t n, int64_t batch_size);

#endif
