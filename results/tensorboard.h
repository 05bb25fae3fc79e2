/* tensorboard.h - a run's log as a TensorBoard event file, for those who watch runs there.
 *
 * gr_tensorboard_open -> gr_tensorboard_add (once for each line of log.jsonl) -> gr_tensorboard_close. The numbers of a line become scalars
 * at its step, under the tags that transformers gives them (integration_utils.py, rewrite_logs): eval_f1 is eval/f1, loss is train/loss. */
#ifndef GR_RESULTS_TENSORBOARD_H
#define GR_RESULTS_TENSORBOARD_H
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_tensorboard gr_tensorboard;

/* A new event file in dir, which is made when it is not there. GR_E_IO, GR_E_NOMEM. */
gr_status gr_tensorboard_open(gr_tensorboard **out, const char *dir, gr_err *err) GR_MUST_USE;
/* Add a line and write it at once, for those who watch. A line that is not one of a log is left out. Close returns the first failure.
 * t may be NULL. */
void      gr_tensorboard_add(gr_tensorboard *t, gr_sv line);
gr_status gr_tensorboard_close(gr_tensorboard *t, gr_err *err) GR_MUST_USE; /* t may be NULL */

/* One record of the file, appended to out: the first one of every file, and the one of a log line (nothing when the line has no number).
 * Times are seconds since 1970. Check out->oom. GR_E_FORMAT: not a line of a log; GR_E_NOMEM. */
void      gr_tensorboard_head(gr_buf *out, double time);
gr_status gr_tensorboard_event(gr_buf *out, gr_sv line, double time, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
