/* aside.c - see aside.h. */
#include "harness/aside.h"

#include <signal.h>
#include <stdlib.h>

typedef struct call { void (*fn)(void *arg); void *arg; } call;

static void *begin(void *p)
{
    const call c = *(const call *)p;

    free(p);
    c.fn(c.arg);
    return NULL;
}

/* An interrupt is for the thread that runs main. */
static bool start_thread(pthread_t *out, call *c)
{
    sigset_t all, before;
    bool ok;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = pthread_create(out, NULL, begin, c) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

void gr_aside_start(gr_aside *a, void (*fn)(void *arg), void *arg, bool alone)
{
    call *c = alone ? NULL : malloc(sizeof *c);

    a->running = false;
    if (c) {
        *c = (call){ fn, arg };
        a->running = start_thread(&a->thread, c);
    }
    if (a->running) return;
    free(c);
    fn(arg);
}

void gr_aside_join(gr_aside *a)
{
    if (a->running) (void)pthread_join(a->thread, NULL);
    a->running = false;
}
