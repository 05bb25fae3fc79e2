/* fault.c - see fault.h. The linker's --wrap sends malloc to __wrap_malloc and __real_malloc to malloc. */
#include "tests/torture/fault.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local size_t countdown; /* 0: never */
static _Thread_local bool   fired;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

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

static bool strikes(void)
{
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
