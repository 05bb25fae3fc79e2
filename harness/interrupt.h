/* interrupt.h - Ctrl-C and termination as a question that long work asks between steps. */
#ifndef GR_HARNESS_INTERRUPT_H
#define GR_HARNESS_INTERRUPT_H
#include <stdbool.h>

void gr_interrupt_install(void); /* SIGINT and SIGTERM; a second SIGINT ends the process at once */
bool gr_interrupted(void);

#endif
