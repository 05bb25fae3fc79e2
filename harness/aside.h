/* aside.h - one function that runs beside its caller, for reading and unpacking, which keep one core busy at most. Work for all
 * cores goes through the pool (base/pool.h). */
#ifndef GR_HARNESS_ASIDE_H
#define GR_HARNESS_ASIDE_H
#include <pthread.h>
#include <stdbool.h>

typedef struct gr_aside {
    pthread_t thread;
    bool      running;
} gr_aside;

/* Begin fn(arg) on a thread of its own, which takes no signals. When no thread can be had, or `alone` is set, fn is run to its end
 * before this returns; so the caller must not rely on fn running at the same time. */
void gr_aside_start(gr_aside *a, void (*fn)(void *arg), void *arg, bool alone);
/* Wait for its end. A second call, or one on a zeroed gr_aside, does nothing. */
void gr_aside_join(gr_aside *a);

#endif
