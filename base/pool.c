/* pool.c - the one thread pool; see pool.h.
 *
 * Each thread has a share of the tasks, the same part in every run: what a task left in a processor's cache is found there
 * by the task of that number in the next run. A thread that has finished its own share goes on with those of the others.
 *
 * The tasks of a share are claimed from a 64-bit ticket: the number of the run in the high half, the next task in the low
 * half. A claim is a compare-and-swap. So a worker that slept through a run and wakes in the next one cannot take a task of
 * the wrong run, and the caller need not wait for workers that got nothing. Between runs the low half is CLOSED, and the
 * fields of the job change only while all tickets are closed.
 *
 * A kernel takes 20 to 100 microseconds and a futex wake 5 to 50. So both sides spin for a short time before they sleep,
 * unless there are more threads than processors. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define CLOSED UINT32_MAX
enum { SPINS = 2000, THREADS_MAX = 1024, LINES = 128 /* bytes: two cache lines, since they are fetched in pairs */ };

typedef struct worker {
    gr_pool  *pool;
    pthread_t handle;
    int       index; /* 1.. ; the caller of run is 0 */
} worker;

typedef struct share {
    _Atomic uint64_t ticket;
    _Atomic uint32_t end;
    char             apart[LINES - sizeof(uint64_t) - sizeof(uint32_t)];
} share;

struct gr_pool {
    int             n_threads; /* that run; while they start fewer than n_shares */
    int             n_shares;  /* one for each thread */
    int             spins;     /* turns that a waiting thread takes before it sleeps */
    worker         *workers;   /* [n_threads - 1] */
    share          *shares;    /* [n_shares] */
    pthread_mutex_t caller;  /* one run at a time */
    pthread_mutex_t lock;    /* for the two conditions */
    pthread_cond_t  wake, finished;
    _Atomic int     sleepers;       /* workers that wait for `wake`, or are about to */
    _Atomic bool    caller_sleeps;
    _Atomic bool    stop;

    uint32_t         run;           /* number of the current run */
    _Atomic uint32_t n_tasks;       /* of this run, which may be a piece of what gr_pool_run was asked for */
    _Atomic uint32_t done;          /* of those */
    _Atomic(gr_pool_fn) fn;
    _Atomic(void *)  arg;
    _Atomic size_t   first;         /* number of the piece's first task */
};

/* The pool and index of this thread, so that a run that is started inside a task keeps that task's index. */
static _Thread_local struct {
    const gr_pool *pool;
    int            index;
} self;

static bool has_work(gr_pool *p)
{
    for (int i = 0; i < p->n_shares; i++) {
        const uint32_t next = (uint32_t)atomic_load(&p->shares[i].ticket);
        if (next != CLOSED && next < atomic_load(&p->shares[i].end)) return true;
    }
    return false;
}

static void finished(gr_pool *p, uint32_t n_tasks)
{
    if (atomic_fetch_add(&p->done, 1) + 1 != n_tasks || !atomic_load(&p->caller_sleeps)) return;
    (void)pthread_mutex_lock(&p->lock);
    (void)pthread_cond_signal(&p->finished);
    (void)pthread_mutex_unlock(&p->lock);
}

/* Take tasks of a share until none is left. */
static void work_share(gr_pool *p, share *s, int thread)
{
    uint64_t t = atomic_load(&s->ticket);

    for (;;) {
        const uint32_t next = (uint32_t)t, end = atomic_load(&s->end), n = atomic_load(&p->n_tasks);
        gr_pool_fn fn;
        void *arg;
        size_t first;

        if (next == CLOSED || next >= end) return;
        fn = atomic_load(&p->fn);
        arg = atomic_load(&p->arg);
        first = atomic_load(&p->first);
        if (!atomic_compare_exchange_weak(&s->ticket, &t, t + 1)) continue;
        /* the ticket had not changed, so the fields read above belong to its run */
        fn(arg, first + next, thread);
        finished(p, n);
        t = atomic_load(&s->ticket);
    }
}

static void work(gr_pool *p, int thread)
{
    for (int i = 0; i < p->n_shares; i++) work_share(p, &p->shares[(thread + i) % p->n_shares], thread);
}

static void wait_for_work(gr_pool *p)
{
    for (int i = 0; i < p->spins; i++) {
        if (has_work(p) || atomic_load(&p->stop)) return;
        gr_pool_relax();
    }
    (void)pthread_mutex_lock(&p->lock);
    (void)atomic_fetch_add(&p->sleepers, 1);
    while (!has_work(p) && !atomic_load(&p->stop)) (void)pthread_cond_wait(&p->wake, &p->lock);
    (void)atomic_fetch_sub(&p->sleepers, 1);
    (void)pthread_mutex_unlock(&p->lock);
}

static void *worker_main(void *arg)
{
    const worker *w = arg;

    self.pool = w->pool;
    self.index = w->index;
    while (!atomic_load(&w->pool->stop)) {
        wait_for_work(w->pool);
        work(w->pool, w->index);
    }
    return NULL;
}

static void wake_all(gr_pool *p)
{
    if (atomic_load(&p->sleepers) == 0) return;
    (void)pthread_mutex_lock(&p->lock);
    (void)pthread_cond_broadcast(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
}

static bool all_done(gr_pool *p)
{
    return atomic_load(&p->done) == atomic_load(&p->n_tasks);
}

static void wait_for_end(gr_pool *p)
{
    for (int i = 0; i < p->spins; i++) {
        if (all_done(p)) return;
        gr_pool_relax();
    }
    (void)pthread_mutex_lock(&p->lock);
    atomic_store(&p->caller_sleeps, true);
    while (!all_done(p)) (void)pthread_cond_wait(&p->finished, &p->lock);
    atomic_store(&p->caller_sleeps, false);
    (void)pthread_mutex_unlock(&p->lock);
}

/* The first task of a share. With fewer tasks than threads the caller gets the first one, since it is awake. */
static uint32_t first_of(uint64_t which, uint32_t n, uint64_t shares) { return (uint32_t)((which * n + shares - 1) / shares); }

static void run_piece(gr_pool *p, size_t first, uint32_t n, gr_pool_fn fn, void *arg)
{
    const uint64_t shares = (uint64_t)p->n_shares, run = (uint64_t)++p->run << 32; /* wraps; no worker sleeps through 2^32 runs */

    atomic_store(&p->n_tasks, n);
    atomic_store(&p->done, 0);
    atomic_store(&p->fn, fn);
    atomic_store(&p->arg, arg);
    atomic_store(&p->first, first);
    for (uint64_t i = 0; i < shares; i++) atomic_store(&p->shares[i].end, first_of(i + 1, n, shares));
    for (uint64_t i = 0; i < shares; i++) atomic_store(&p->shares[i].ticket, run | first_of(i, n, shares));
    wake_all(p);
    work(p, 0);
    wait_for_end(p);
    for (uint64_t i = 0; i < shares; i++) atomic_store(&p->shares[i].ticket, run | CLOSED);
}

static void run_inline(size_t n, gr_pool_fn fn, void *arg, int thread)
{
    for (size_t i = 0; i < n; i++) fn(arg, i, thread);
}

int gr_pool_spins(const gr_pool *p) { return p ? p->spins : 0; }

void gr_pool_run(gr_pool *p, size_t n_tasks, gr_pool_fn fn, void *arg)
{
    enum { PIECE = 1 << 30 };
    const gr_pool *outer = self.pool;
    const int outer_index = self.index;

    if (!p) {
        run_inline(n_tasks, fn, arg, 0);
        return;
    }
    if (outer == p) {
        run_inline(n_tasks, fn, arg, outer_index);
        return;
    }
    (void)pthread_mutex_lock(&p->caller);
    self.pool = p;
    self.index = 0;
    if (n_tasks < 2 || p->n_threads == 1) {
        run_inline(n_tasks, fn, arg, 0);
    } else {
        for (size_t i = 0; i < n_tasks; i += PIECE)
            run_piece(p, i, (uint32_t)(n_tasks - i < PIECE ? n_tasks - i : PIECE), fn, arg);
    }
    self.pool = outer;
    self.index = outer_index;
    (void)pthread_mutex_unlock(&p->caller);
}

/* ---- opening and closing ---- */

/* Workers take no signals: an interrupt is for the thread that runs main. */
static int start_thread(worker *w)
{
    sigset_t all, before;
    int e;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    e = pthread_create(&w->handle, NULL, worker_main, w);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e;
}

static gr_status start_workers(gr_pool *p, gr_err *err)
{
    const int n = p->n_threads;

    p->n_threads = 1; /* close joins the threads counted here */
    for (int i = 1; i < n; i++) {
        worker *w = &p->workers[i - 1];
        int e;

        w->pool = p;
        w->index = i;
        e = start_thread(w);
        if (e) return gr_fail(err, GR_E_IO, "thread %d of %d did not start: %s", i + 1, n, strerror(e));
        p->n_threads = i + 1;
    }
    return GR_OK;
}

static int usable_cpus(void)
{
    cpu_set_t set;
    int n;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

gr_status gr_pool_open(gr_pool **out, int n_threads, gr_err *err)
{
    gr_pool *p = NULL;
    gr_status s;

    if (n_threads < 1 || n_threads > THREADS_MAX)
        return gr_fail(err, GR_E_ARG, "%d threads: 1 to %d are possible", n_threads, THREADS_MAX);
    p = calloc(1, sizeof *p);
    if (p) p->workers = calloc((size_t)n_threads, sizeof *p->workers);
    if (p && p->workers) p->shares = calloc((size_t)n_threads, sizeof *p->shares);
    if (!p || !p->workers || !p->shares) {
        if (p) free(p->workers);
        free(p);
        return gr_fail_nomem(err, "a thread pool");
    }
    p->n_threads = p->n_shares = n_threads;
    p->spins = n_threads <= usable_cpus() ? SPINS : 0;
    for (int i = 0; i < n_threads; i++) atomic_init(&p->shares[i].ticket, (uint64_t)CLOSED);
    (void)pthread_mutex_init(&p->caller, NULL);
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->wake, NULL);
    (void)pthread_cond_init(&p->finished, NULL);
    s = start_workers(p, err);
    if (s == GR_OK) *out = p;
    else gr_pool_close(p);
    return s;
}

void gr_pool_close(gr_pool *p)
{
    if (!p) return;
    (void)pthread_mutex_lock(&p->lock);
    atomic_store(&p->stop, true);
    (void)pthread_cond_broadcast(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->n_threads - 1; i++) (void)pthread_join(p->workers[i].handle, NULL);
    (void)pthread_cond_destroy(&p->finished);
    (void)pthread_cond_destroy(&p->wake);
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_mutex_destroy(&p->caller);
    free(p->workers);
    free(p->shares);
    free(p);
}

int gr_pool_threads(const gr_pool *p)
{
    return p ? p->n_threads : 1;
}

/* A container may be given less time than its processors have: cgroup v2 says "quota period". */
static int quota_cpus(void)
{
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "r");
    char line[64] = "";
    gr_sv rest, quota;
    int64_t q, period;

    if (!f) return THREADS_MAX;
    if (!fgets(line, sizeof line, f)) line[0] = '\0';
    (void)fclose(f);
    rest = gr_sv_trim(gr_sv_from(line));
    quota = gr_sv_split(&rest, ' ');
    if (gr_sv_int(&q, quota, NULL) != GR_OK || gr_sv_int(&period, rest, NULL) != GR_OK) return THREADS_MAX;
    if (q <= 0 || period <= 0) return THREADS_MAX;
    q = q / period + (q % period != 0);
    return q < THREADS_MAX ? (int)q : THREADS_MAX;
}

int gr_pool_default_threads(void)
{
    const char *env = getenv("OMP_NUM_THREADS");
    gr_sv list = gr_sv_from(env ? env : "");
    const int cpus = usable_cpus(), quota = quota_cpus();
    int64_t n;

    /* OpenMP allows a list, one number a nesting level: the first is ours */
    if (gr_sv_int(&n, gr_sv_trim(gr_sv_split(&list, ',')), NULL) == GR_OK && n >= 1 && n <= THREADS_MAX) return (int)n;
    return cpus < quota ? cpus : quota;
}
