/* fault.c - see fault.h. The linker's --wrap sends malloc to __wrap_malloc and __real_malloc to malloc. */
#include "tests/torture/fault.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static _Thread_local size_t countdown; /* 0: never */
static _Thread_local bool   fired;
static atomic_bool          counting; /* on every thread */
static atomic_size_t        calls;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__real_aligned_alloc(size_t align, size_t n);
int   __real_posix_memalign(void **out, size_t align, size_t n);
void  __real_free(void *p);
void *__real_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset);
int   __real_munmap(void *at, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
void *__wrap_aligned_alloc(size_t align, size_t n);
int   __wrap_posix_memalign(void **out, size_t align, size_t n);
void  __wrap_free(void *p);
void *__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset);
int   __wrap_munmap(void *at, size_t n);

void fault_arm(size_t n)
{
    countdown = n;
    fired = false;
}

bool fault_disarm(void)
{
    countdown = 0;
    return fired;
}

void fault_count_begin(void)
{
    atomic_store(&calls, 0);
    atomic_store(&counting, true);
}

size_t fault_count_end(void)
{
    atomic_store(&counting, false);
    return atomic_load(&calls);
}

static void count(void)
{
    if (atomic_load_explicit(&counting, memory_order_relaxed)) (void)atomic_fetch_add(&calls, 1);
}

static bool strikes(void)
{
    count();
    if (countdown == 0 || --countdown > 0) return false;
    fired = true;
    return true;
}

void *__wrap_malloc(size_t n)
{
    return strikes() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return strikes() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return strikes() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
    return strikes() ? NULL : __real_strdup(s);
}

/* These never fail, but a map of no file; they are counted. */

void *__wrap_aligned_alloc(size_t align, size_t n)
{
    count();
    return __real_aligned_alloc(align, n);
}

int __wrap_posix_memalign(void **out, size_t align, size_t n)
{
    count();
    return __real_posix_memalign(out, align, n);
}

void __wrap_free(void *p)
{
    count();
    __real_free(p);
}

void *__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
    if (!(flags & MAP_ANONYMOUS)) {
        count();
    } else if (strikes()) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return __real_mmap(at, n, prot, flags, fd, offset);
}

int __wrap_munmap(void *at, size_t n)
{
    count();
    return __real_munmap(at, n);
}
