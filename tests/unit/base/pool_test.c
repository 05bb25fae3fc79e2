/* pool_test.c - each task once, whoever runs it: 1 to 8 threads, many short runs, nested and shared use. */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "tests/support/test.h"

enum { TASKS = 1000 };

typedef struct count {
    _Atomic int hits[TASKS];
    _Atomic int per_thread[8];
    _Atomic int bad_thread;
    int         n_threads;
    gr_pool    *pool;
} count;

static void hit(void *arg, size_t task, int thread)
{
    count *c = arg;

    c->hits[task]++;
    if (thread < 0 || thread >= c->n_threads) c->bad_thread++;
    else c->per_thread[thread]++;
}

static void each_task_once(void **state)
{
    static const size_t sizes[] = { 0, 1, 2, 3, 7, 64, TASKS };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int n = 1; n <= 8; n++) {
        gr_pool *p = NULL;

        assert_ok(gr_pool_open(&p, n, &err), &err);
        assert_int_equal(gr_pool_threads(p), n);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            count c = { .n_threads = n };

            gr_pool_run(p, sizes[s], hit, &c);
            for (size_t i = 0; i < TASKS; i++) assert_int_equal(c.hits[i], i < sizes[s]);
            assert_int_equal(c.bad_thread, 0);
        }
        gr_pool_close(p);
    }
}

/* Runs that follow at once meet workers half asleep; runs after a pause meet sleeping ones. */
static void many_short_runs(void **state)
{
    gr_err err = GR_ERR_INIT;
    gr_pool *p = NULL;
    count c = { .n_threads = 4 };

    (void)state;
    assert_ok(gr_pool_open(&p, 4, &err), &err);
    for (int i = 0; i < 5000; i++) gr_pool_run(p, 5, hit, &c);
    for (int i = 0; i < 20; i++) {
        (void)usleep(2000);
        gr_pool_run(p, 5, hit, &c);
    }
    for (int i = 0; i < 5; i++) assert_int_equal(c.hits[i], 5020);
    assert_int_equal(c.bad_thread, 0);
    gr_pool_close(p);
}

static void inner(void *arg, size_t task, int thread)
{
    int *seen = arg;
    (void)task;
    seen[0]++;
    seen[1] = thread;
}

static void outer(void *arg, size_t task, int thread)
{
    count *c = arg;
    int seen[2] = { 0, -1 };

    gr_pool_run(c->pool, 10, inner, seen);
    c->hits[task] += seen[0];
    if (seen[1] != thread) c->bad_thread++; /* inline: same thread, same scratch */
}

static void nested_runs_inline(void **state)
{
    gr_err err = GR_ERR_INIT;
    count c = { .n_threads = 4 };

    (void)state;
    assert_ok(gr_pool_open(&c.pool, 4, &err), &err);
    for (int k = 0; k < 50; k++) gr_pool_run(c.pool, 20, outer, &c);
    for (int i = 0; i < 20; i++) assert_int_equal(c.hits[i], 500);
    assert_int_equal(c.bad_thread, 0);
    gr_pool_close(c.pool);
}

typedef struct turns {
    int        by[40];
    _Atomic int began; /* threads that have a task */
    bool       has[4]; /* a thread's own           */
} turns;

/* A thread's first task waits (two seconds at most) until every thread has one. */
static void note_thread(void *arg, size_t task, int thread)
{
    turns *t = arg;

    t->by[task] = thread;
    if (!t->has[thread]) (void)atomic_fetch_add(&t->began, 1);
    t->has[thread] = true;
    for (int i = 0; i < 2000 && atomic_load(&t->began) < 4; i++) (void)usleep(1000);
    (void)usleep(500);
}

/* A thread has the same share in every run; a task is another's only when that one was through before. */
static void shares_stay(void **state)
{
    gr_err err = GR_ERR_INIT;
    gr_pool *p = NULL;
    int own = 0, all = 0;

    (void)state;
    assert_ok(gr_pool_open(&p, 4, &err), &err);
    for (int run = 0; run < 5; run++) {
        turns t = { .began = 0 };

        gr_pool_run(p, 40, note_thread, &t);
        for (int i = 0; i < 40; i++) own += t.by[i] == i / 10;
        all += 40;
    }
    assert_true(own > all / 2); /* tasks that any thread takes as they come: a quarter */
    gr_pool_close(p);
}

static void *caller(void *arg)
{
    count *c = arg;

    for (int i = 0; i < 500; i++) gr_pool_run(c->pool, 8, hit, c);
    return NULL;
}

/* Two callers of one pool take turns. */
static void two_callers(void **state)
{
    gr_err err = GR_ERR_INIT;
    count c = { .n_threads = 3 };
    pthread_t t;

    (void)state;
    assert_ok(gr_pool_open(&c.pool, 3, &err), &err);
    assert_int_equal(pthread_create(&t, NULL, caller, &c), 0);
    (void)caller(&c);
    assert_int_equal(pthread_join(t, NULL), 0);
    for (int i = 0; i < 8; i++) assert_int_equal(c.hits[i], 1000);
    gr_pool_close(c.pool);
}

static void no_pool_and_bad_sizes(void **state)
{
    gr_err err = GR_ERR_INIT;
    count c = { .n_threads = 1 };
    gr_pool *p = NULL;

    (void)state;
    gr_pool_run(NULL, 10, hit, &c);
    assert_int_equal(c.per_thread[0], 10);
    assert_int_equal(gr_pool_threads(NULL), 1);
    gr_pool_close(NULL);
    assert_status(gr_pool_open(&p, 0, &err), GR_E_ARG, &err, "0 threads");
    assert_status(gr_pool_open(&p, 100000, &err), GR_E_ARG, &err, "100000 threads");
    assert_null(p);
    for (int i = 0; i < 50; i++) { /* opened and closed unused */
        assert_ok(gr_pool_open(&p, 4, &err), &err);
        gr_pool_close(p);
    }
}

static void default_threads(void **state)
{
    int cpus;

    (void)state;
    assert_int_equal(setenv("OMP_NUM_THREADS", "3", 1), 0);
    assert_int_equal(gr_pool_default_threads(), 3);
    assert_int_equal(setenv("OMP_NUM_THREADS", " 5,2", 1), 0);
    assert_int_equal(gr_pool_default_threads(), 5);
    assert_int_equal(unsetenv("OMP_NUM_THREADS"), 0);
    cpus = gr_pool_default_threads();
    assert_true(cpus >= 1);
    assert_int_equal(setenv("OMP_NUM_THREADS", "many", 1), 0);
    assert_int_equal(gr_pool_default_threads(), cpus);
    assert_int_equal(setenv("OMP_NUM_THREADS", "0", 1), 0);
    assert_int_equal(gr_pool_default_threads(), cpus);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_task_once), cmocka_unit_test(many_short_runs),
                                        cmocka_unit_test(nested_runs_inline), cmocka_unit_test(shares_stay), cmocka_unit_test(two_callers),
                                        cmocka_unit_test(no_pool_and_bad_sizes), cmocka_unit_test(default_threads) };
    return gr_test_main(tests);
}
