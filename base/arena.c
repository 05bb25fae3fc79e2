/* arena.c - a chain of blocks; see arena.h. Large requests get a block of their own behind the head,
 * so that they do not waste the rest of the block being filled. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

struct gr_arena_block {
    gr_arena_block *next;
    size_t          size, used;
    unsigned char   bytes[];
};

enum { DEFAULT_BLOCK = 64 * 1024, BIG = 4096 };

static size_t padding(const unsigned char *p, size_t align)
{
    return (size_t)(-(uintptr_t)p & (align - 1));
}

void gr_arena_init(gr_arena *a, size_t block_size)
{
    a->head = NULL;
    a->block_size = block_size ? block_size : DEFAULT_BLOCK;
    a->used = 0;
}

/* The caller links it. */
static gr_arena_block *new_block(size_t payload)
{
    size_t total;
    gr_arena_block *b;

    if (!gr_add_size(&total, payload, sizeof *b)) return NULL;
    b = malloc(total);
    if (!b) return NULL;
    b->size = payload;
    b->used = 0;
    return b;
}

static void *take(gr_arena_block *b, size_t n, size_t align)
{
    const size_t pad = padding(b->bytes + b->used, align);
    unsigned char *p;

    if (b->size - b->used < pad || b->size - b->used - pad < n) return NULL;
    p = b->bytes + b->used + pad;
    b->used += pad + n;
    return p;
}

void *gr_arena_alloc(gr_arena *a, size_t n)
{
    const size_t align = n >= BIG ? 64 : 16;
    gr_arena_block *b;
    size_t need;
    void *p = NULL;

    if (!a->block_size) a->block_size = DEFAULT_BLOCK;
    if (a->head) p = take(a->head, n, align);
    if (!p) {
        if (!gr_add_size(&need, n, align)) return NULL;
        b = new_block(need > a->block_size ? need : a->block_size);
        if (!b) return NULL;
        if (a->head && need > a->block_size / 2) {
            b->next = a->head->next; /* the head keeps being filled */
            a->head->next = b;
        } else {
            b->next = a->head;
            a->head = b;
        }
        p = take(b, n, align);
    }
    if (p) a->used += n;
    return p;
}

void *gr_arena_calloc(gr_arena *a, size_t count, size_t size)
{
    size_t n;
    void *p;

    if (!gr_mul_size(&n, count, size)) return NULL;
    p = gr_arena_alloc(a, n);
    if (p) memset(p, 0, n);
    return p;
}

char *gr_arena_strndup(gr_arena *a, const char *p, size_t n)
{
    size_t total;
    char *s;

    if (!gr_add_size(&total, n, 1)) return NULL;
    s = gr_arena_alloc(a, total);
    if (!s) return NULL;
    if (n) memcpy(s, p, n);
    s[n] = '\0';
    return s;
}

static void free_chain(gr_arena_block *b)
{
    while (b) {
        gr_arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void gr_arena_free(gr_arena *a)
{
    free_chain(a->head);
    a->head = NULL;
    a->used = 0;
}
