/* aside.h - one function at work beside its caller: reading and unpacking, which keep one core busy at most. What keeps all of them busy
 * goes through the pool (base/pool.h). */
#ifndef GR_HARNESS_ASIDE_H
#define GR_HARNESS_ASIDE_H
#include <pthread.h>
#include <stdbool.h>

typedef struct gr_aside {
    pthread_t thread;
    bool      running;
} gr_aside;

/* Begin fn(arg) on a thread of its own, which takes no signals. Where none can be had, or `alone` asks for it, fn has run when this
 * returns: the caller relies on the order of events within fn alone. */
void gr_aside_start(gr_aside *a, void (*fn)(void *arg), void *arg, bool alone);
/* Wait for its end. A second call, or one on a zeroed gr_aside, does nothing. */
void gr_aside_join(gr_aside *a);

#endif
