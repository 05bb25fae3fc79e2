/* log_bar.h - how log lines and a progress bar share the terminal. For log.c and progress.c only. */
#ifndef GR_BASE_LOG_BAR_H
#define GR_BASE_LOG_BAR_H
#include "base/log.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The bar that stands on the last line of the terminal: clear blanks it, draw puts it back. Both are
 * called with the terminal held. */
typedef struct gr_log_bar {
    void (*clear)(void *user);
    void (*draw)(void *user);
    void *user;
} gr_log_bar;

/* Hold the terminal, from any thread; release it soon. gr_log must not be called in between. */
void gr_log_hold(void);
void gr_log_release(void);

/* With the terminal held: set the bar that log lines must make room for (NULL: none), and ask whether there is one. */
void gr_log_set_bar(const gr_log_bar *bar);
bool gr_log_has_bar(void);

/* With the terminal held: is the level too low for GR_LOG_INFO? */
bool gr_log_is_quiet(void);

#ifdef __cplusplus
}
#endif
#endif
