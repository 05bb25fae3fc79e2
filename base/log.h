/* log.h - notes for the person at the terminal, on stderr: level, one line each. Libraries log
 * warnings and progress here and never print elsewhere. The sink is the process's one piece of
 * shared state; it is set by main before threads start and is safe to call from any thread. */
#ifndef GR_BASE_LOG_H
#define GR_BASE_LOG_H
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_log_level { GR_LOG_QUIET, GR_LOG_ERROR, GR_LOG_WARN, GR_LOG_INFO, GR_LOG_DEBUG } gr_log_level;

void gr_log_set_level(gr_log_level level);
/* Drop a warning whose text was logged before. Off at the start; setting it forgets what was logged. */
void gr_log_set_once(bool on);
void gr_log(gr_log_level level, const char *fmt, ...) GR_PRINTF(2, 3);
/* At level DEBUG: the source place where an error was raised. */
void gr_log_place(const gr_err *err);
#define gr_warn(...) gr_log(GR_LOG_WARN, __VA_ARGS__)
#define gr_info(...) gr_log(GR_LOG_INFO, __VA_ARGS__)

/* A sink that sees every line that passes the level, in place of stderr; NULL restores stderr.
 * For tests, and for records that keep a run's warnings. */
typedef void (*gr_log_sink)(void *user, gr_log_level level, const char *line);
void gr_log_set_sink(gr_log_sink sink, void *user);

#ifdef __cplusplus
}
#endif
#endif
