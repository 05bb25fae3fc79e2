/* checked.h - sizes that come from outside are multiplied and added here, never bare. */
#ifndef GR_BASE_CHECKED_H
#define GR_BASE_CHECKED_H
#include <stdbool.h>
#include <stddef.h>

/* *out = a * b, a + b. False, with *out untouched, when the result does not fit. */
static inline bool gr_mul_size(size_t *out, size_t a, size_t b)
{
    size_t r;
    if (__builtin_mul_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}

static inline bool gr_add_size(size_t *out, size_t a, size_t b)
{
    size_t r;
    if (__builtin_add_overflow(a, b, &r)) return false;
    *out = r;
    return true;
}
#endif
