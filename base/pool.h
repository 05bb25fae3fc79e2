/* pool.h - the one thread pool. Work is a range of task numbers; a task must not care who runs it.
 *
 * gr_pool_run returns when all tasks are done. Which thread runs which task is not fixed, therefore
 * a task writes only places of its own and sums are laid out by task number, never by thread. */
#ifndef GR_BASE_POOL_H
#define GR_BASE_POOL_H
#include <stddef.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_pool gr_pool;
typedef void (*gr_pool_fn)(void *arg, size_t task, int thread); /* thread in 0..n_threads-1: index of scratch memory */

/* n_threads 1 starts no thread and runs inline. GR_E_NOMEM, GR_E_IO (thread could not start). */
gr_status gr_pool_open(gr_pool **out, int n_threads, gr_err *err) GR_MUST_USE;
void      gr_pool_close(gr_pool *p); /* NULL is fine */
int       gr_pool_threads(const gr_pool *p); /* 1 for NULL */
int       gr_pool_spins(const gr_pool *p);   /* turns of gr_pool_relax that a waiting thread may take; 0: more threads than processors, or NULL */
void      gr_pool_run(gr_pool *p, size_t n_tasks, gr_pool_fn fn, void *arg); /* NULL pool runs inline; calls from inside a task run inline */
int       gr_pool_default_threads(void); /* OMP_NUM_THREADS if valid, else the CPUs this process may use */

/* For the turns of a loop that waits for another thread's memory. */
#if defined(__x86_64__) || defined(__i386__)
static inline void gr_pool_relax(void) { __builtin_ia32_pause(); }
#else
static inline void gr_pool_relax(void) {}
#endif

#ifdef __cplusplus
}
#endif
#endif
