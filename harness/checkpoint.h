/* checkpoint.h - the state of a run between two steps, so that a killed run goes on with the same bits.
 *
 * One safetensors file a checkpoint, <dir>/step-<N>.safetensors: the weights, both moments, the best weights so far
 * (when there are any), the loop's state and history as a JSON text, and a digest over all of them. Written atomically. */
#ifndef GR_HARNESS_CHECKPOINT_H
#define GR_HARNESS_CHECKPOINT_H
#include "harness/trainer.h"

/* best: model->params.total elements or NULL. Older checkpoints beyond `keep` are removed. */
gr_status gr_checkpoint_save(const char *dir, const gr_train_job *job, const gr_train_state *st, const gr_record *record,
                             const void *best, int64_t keep, gr_err *err) GR_MUST_USE;

/* The newest one with the job's key into session, state, record history and best (allocated when the checkpoint has
 * it; the caller frees). *found false: none there. A damaged checkpoint is passed over with a warning. */
gr_status gr_checkpoint_load(const char *dir, const gr_train_job *job, gr_train_state *st, gr_record *record, void **best,
                             bool *found, gr_err *err) GR_MUST_USE;

/* The right to a run's checkpoints, which one process has at a time: two that were started alike would remove each other's. *held is a
 * descriptor, or -1: another process has it. A process that ends, however it ends, has it no more. Makes the folder. */
gr_status gr_checkpoint_hold(int *held, const char *dir, gr_err *err) GR_MUST_USE;
void      gr_checkpoint_release(int held, const char *dir); /* -1 is fine; a folder without a checkpoint goes */

void gr_checkpoint_remove(const char *dir); /* all of a run's checkpoints, the folder, and the "checkpoints" above it when it is empty */

#endif
