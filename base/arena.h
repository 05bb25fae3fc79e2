/* arena.h - memory with one lifetime: allocate many, release all at once.
 *
 * gr_arena a; gr_arena_init(&a, block) -> gr_arena_alloc ... -> gr_arena_free. Not thread safe: an arena has one owner
 * at a time. */
#ifndef GR_BASE_ARENA_H
#define GR_BASE_ARENA_H
#include <stddef.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_arena_block gr_arena_block;

typedef struct gr_arena {
    gr_arena_block *head;       /* the block being filled; older ones are linked behind it */
    size_t          block_size; /* bytes of an ordinary block                              */
    size_t          used;       /* bytes handed out                                       */
} gr_arena;

/* block_size 0 takes 64 KiB. Allocates nothing, cannot fail. */
void gr_arena_init(gr_arena *a, size_t block_size);

/* n bytes aligned to 16 (64 for n >= 4096), uninitialised; n = 0 gives a valid pointer. NULL when memory is exhausted. */
void *gr_arena_alloc(gr_arena *a, size_t n);

/* count * size zeroed bytes; NULL when memory is exhausted or the product does not fit. */
void *gr_arena_calloc(gr_arena *a, size_t count, size_t size);

/* A copy of n bytes with a NUL behind it. NULL when memory is exhausted. */
char *gr_arena_strndup(gr_arena *a, const char *p, size_t n);

/* Give everything back; the arena is ready for use again. Accepts a zeroed one. */
void gr_arena_free(gr_arena *a);

/* The one sentence for an allocation that failed. */
#define gr_fail_nomem(err, what) gr_fail((err), GR_E_NOMEM, "out of memory for %s", (what))

#ifdef __cplusplus
}
#endif
#endif
