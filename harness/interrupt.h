/* interrupt.h - Ctrl-C and termination as a question that long work asks between steps. */
#ifndef GR_HARNESS_INTERRUPT_H
#define GR_HARNESS_INTERRUPT_H
#include <stdbool.h>

/* SIGINT, SIGTERM, SIGHUP (a terminal that closed; not under nohup) and SIGXCPU (a limit of CPU time); a second SIGINT ends the process
 * at once. */
void gr_interrupt_install(void);
/* Whoever read our output is gone: writing fails from now on, and the work goes on. For hours of training, not for a list. */
void gr_interrupt_not_by_readers(void);
bool gr_interrupted(void);

#endif
