/* progress.h - one line that shows how far a long job is: a bar redrawn in place on a terminal, a
 * plain line every `interval` seconds otherwise, nothing when quiet. Writes to stderr; log lines
 * clear the bar first and redraw it after. */
#ifndef GR_BASE_PROGRESS_H
#define GR_BASE_PROGRESS_H
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_progress_mode { GR_PROGRESS_AUTO, GR_PROGRESS_OFF, GR_PROGRESS_LINES, GR_PROGRESS_BAR } gr_progress_mode;

typedef struct gr_progress gr_progress;

/* AUTO: a bar when stderr is a terminal and NO_PROGRESS is unset, lines otherwise. Returns NULL
 * when memory is exhausted or the mode is OFF; every call below accepts NULL. */
gr_progress *gr_progress_start(gr_progress_mode mode, const char *title, int64_t total, double interval_s);
/* note: short text behind the count ("loss 0.412  lr 3.1e-05  82 ex/s"); may be NULL. */
void gr_progress_update(gr_progress *p, int64_t done, const char *note);
void gr_progress_finish(gr_progress *p, const char *summary); /* prints one closing line when summary is given; frees p */

double gr_clock_seconds(void); /* monotonic */

#ifdef __cplusplus
}
#endif
#endif
