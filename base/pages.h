/* pages.h - blocks of zeros that take no memory before they are touched, and large pages for what will be.
 *
 * A page of 4 KiB is 1,024 floats: matrices span more of them than a processor keeps addresses for, and what it fetches ahead of its own
 * accord ends with the page. Pages of 2 MiB end that, but the first touch of one takes all of it: only who knows that a region will be
 * written whole, or nearly, asks for them. */
#ifndef GR_BASE_PAGES_H
#define GR_BASE_PAGES_H
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether large blocks come from the system: not under AddressSanitizer, which sees what lies beside a block of the library's. */
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

/* `bytes` zeros, aligned to 16, and where mapped to a large page from GR_PAGES_LARGE on. NULL when memory is exhausted. */
void *gr_pages_alloc(size_t bytes);
/* p, NULL too, as alloc gave it, with the same bytes */
void gr_pages_free(void *p, size_t bytes);

/* p .. p + bytes, of a block of gr_pages_alloc, shall lie in large pages, its first and last one included; less than one is left alone. A hint:
 * it changes nothing of what is there, and is without effect where the system has none (Linux: transparent huge pages at "never"). */
void gr_pages_large(void *p, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
