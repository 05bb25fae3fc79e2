/* pages.c - see pages.h. Large blocks come from the system, which provides a page when it is touched; small ones from calloc. */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/checked.h"

#ifndef MADV_HUGEPAGE
#define MADV_HUGEPAGE MADV_NORMAL
#endif

enum { LARGE = GR_PAGES_LARGE };

/* Bytes from n, an address or a size, up to the next multiple of a large page. */
static size_t gap(size_t n) { return (LARGE - n % LARGE) % LARGE; }

static bool mapped(size_t bytes) { return GR_PAGES_MAPPED && bytes >= LARGE; }

/* Whole large pages for `bytes`: map one page more than needed, and give back what lies before the first and behind the last. */
static void *map(size_t bytes)
{
    size_t size, room, before;
    char *p;

    if (!gr_add_size(&size, bytes, gap(bytes)) || !gr_add_size(&room, size, LARGE)) return NULL;
    p = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    before = gap((uintptr_t)p);
    if (before > 0) (void)munmap(p, before);
    if (before < LARGE) (void)munmap(p + before + size, LARGE - before);
    return p + before;
}

void *gr_pages_alloc(size_t bytes)
{
    return mapped(bytes) ? map(bytes) : calloc(1, bytes > 0 ? bytes : 1);
}

void gr_pages_free(void *p, size_t bytes)
{
    if (!p) return;
    if (mapped(bytes)) (void)munmap(p, bytes + gap(bytes));
    else free(p);
}

void gr_pages_large(void *p, size_t bytes)
{
    const size_t before = (uintptr_t)p % LARGE, size = before + bytes;

    if (mapped(bytes)) (void)madvise((char *)p - before, size + gap(size), MADV_HUGEPAGE);
}
