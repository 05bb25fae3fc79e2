/* fault.h - make the n-th allocation fail. Every torture program is linked with fault.c, whose malloc,
 * calloc, realloc and strdup stand before the C library's for all of glue-run's own code.
 *
 *     for (size_t n = 1; ; n++) {
 *         fault_arm(n);
 *         s = what_is_tortured(...);
 *         if (!fault_disarm()) break;      it needed fewer than n allocations: all failures are done
 *         s must be GR_E_NOMEM, nothing may be lost
 *     } */
#ifndef GR_TESTS_TORTURE_FAULT_H
#define GR_TESTS_TORTURE_FAULT_H
#include <stdbool.h>
#include <stddef.h>

/* From now on the n-th allocation of this thread fails, once. */
void fault_arm(size_t n);

/* Allocations work again; true when one had failed. */
bool fault_disarm(void);

/* Between these calls every allocation, release and mapping by glue-run's own code is counted, on all threads. */
void   fault_count_begin(void);
size_t fault_count_end(void);

#endif
