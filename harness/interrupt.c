/* interrupt.c - the one signal flag of the process. */
#include "harness/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t pending;

static void on_signal(int sig)
{
    if (pending && sig == SIGINT) _exit(130);
    pending = 1;
}

void gr_interrupt_install(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGXCPU };
    struct sigaction sa, old;

    memset(&sa, 0, sizeof sa);
    sa.sa_handler = on_signal;
    (void)sigemptyset(&sa.sa_mask);
    sa.sa_flags = SA_RESTART;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        const bool nohup = signals[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler == SIG_IGN;
        if (!nohup) (void)sigaction(signals[i], &sa, NULL);
    }
}

void gr_interrupt_not_by_readers(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
}

bool gr_interrupted(void)
{
    return pending != 0;
}
