/* torture.h - run a function again and again while its n-th allocation fails, for n = 1, 2, ..., until it needs fewer than n. Each
 * failure must be reported as GR_E_NOMEM, nothing may be lost (the leak check of the sanitizer build), and the last round, in which
 * no allocation fails, must succeed.
 *
 * gr_torture_cjson (where JSON is read or written) -> gr_torture* */
#ifndef GR_TESTS_TORTURE_TORTURE_H
#define GR_TESTS_TORTURE_TORTURE_H
#include <stddef.h>

#include "base/status.h"

/* Which allocations fail. Zeroed fields are the defaults. */
typedef struct gr_torture_opts {
    size_t least;     /* so many allocations there must be, or the test is not what it claims to be   */
    size_t each;      /* every allocation up to this one fails in its turn; 0: all of them             */
    size_t stride;    /* beyond it every stride-th                                                     */
    size_t tolerated; /* so many failures may be survived with GR_OK: a shortcut had no memory, and the
                       * long way was taken                                                           */
} gr_torture_opts;

void gr_torture_with(const char *name, gr_status (*f)(gr_err *err), const gr_torture_opts *o);

/* Every allocation, of which there are at least `least`. */
void gr_torture(const char *name, gr_status (*f)(gr_err *err), size_t least);

/* Let cJSON's allocations go through the failing allocator too: the library itself is not linked through it. */
void gr_torture_cjson(void);

#endif
