/* train_log.h - what a run says of itself while it trains: log.jsonl has a line for every --log-steps steps and for every evaluation,
 * and with --report-to tensorboard an event file says the same.
 *
 * A resumed run writes into the folder of another suite. It finds the lines of the killed run by a second name of the log beside
 * the checkpoints, a hard link. Where the file system has no hard links, the log begins at the checkpoint. */
#ifndef GR_HARNESS_TRAIN_LOG_H
#define GR_HARNESS_TRAIN_LOG_H
#include <stdio.h>

#include "results/record.h"
#include "results/tensorboard.h"

/* Where it is written. All borrowed, each may be NULL: then that is not written. */
typedef struct gr_train_log_paths {
    const char *log;
    const char *checkpoints; /* folder of the run's checkpoints: its log is found there again */
    const char *board;       /* folder of the event file                                      */
} gr_train_log_paths;

typedef struct gr_train_log {
    gr_train_log_paths at;
    FILE              *f;
    gr_tensorboard    *board;
    gr_buf             line;
    bool               failed, linked;
} gr_train_log;

/* resumed: the lines of the run that was killed come first, up to `step`. Close it also when this failed. */
gr_status gr_train_log_open(gr_train_log *l, const gr_train_log_paths *at, bool resumed, int64_t step, gr_err *err) GR_MUST_USE;
/* The event file of a run that has finished, from its log. GR_E_NOMEM; what else goes wrong is warned of. */
gr_status gr_train_log_replay(const char *log, const char *board, gr_err *err) GR_MUST_USE;
/* What cannot be written is found when the log is closed. */
void gr_train_log_step(gr_train_log *l, int64_t step, double epoch, double loss, double grad_norm, double learning_rate);
void gr_train_log_eval(gr_train_log *l, const gr_rec_point *p);
/* Before a checkpoint: the lines of its steps are in the file, and the file will be found. */
void gr_train_log_settle(gr_train_log *l);
/* GR_E_IO, GR_E_NOMEM: of the log. An event file that is not whole is warned of: it says nothing that the log has not. */
gr_status gr_train_log_close(gr_train_log *l, gr_err *err) GR_MUST_USE;

#endif
