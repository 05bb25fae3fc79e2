/* pages.h - large blocks of zeros that take no memory before they are touched, and large pages for those that will be.
 *
 * A page of 4 KiB holds 1,024 floats, and a matrix spans more such pages than a processor keeps addresses for. Pages of
 * 2 MiB solve that, but touching one byte takes the whole page. So they are asked for only where a region will be
 * written whole, or nearly. */
#ifndef GR_BASE_PAGES_H
#define GR_BASE_PAGES_H
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Do large blocks come straight from the system? Not under AddressSanitizer, which only watches the edges of malloc's blocks. */
#if defined(__SANITIZE_ADDRESS__)
#define GR_PAGES_MAPPED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GR_PAGES_MAPPED 0
#endif
#endif
#ifndef GR_PAGES_MAPPED
#define GR_PAGES_MAPPED 1
#endif

enum { GR_PAGES_LARGE = 2 << 20 }; /* bytes of a large page: of x86-64, and of 64-bit Arm with pages of 4 KiB */

/* `bytes` zeros; 0 bytes give a valid pointer too. Aligned to 16; blocks of GR_PAGES_LARGE bytes and more, where they are mapped,
 * to GR_PAGES_LARGE. NULL when memory is exhausted. */
void *gr_pages_alloc(size_t bytes);
/* Release a block of gr_pages_alloc, with the number of bytes it was asked for. NULL is fine. */
void gr_pages_free(void *p, size_t bytes);

/* Ask for large pages in p .. p + bytes, part of a block of gr_pages_alloc, and in the pages that its ends touch. Does nothing for
 * less than GR_PAGES_LARGE bytes. A hint: no content changes, and it has no effect where the system does not offer large pages
 * (on Linux, transparent huge pages set to "never"). */
void gr_pages_large(void *p, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
