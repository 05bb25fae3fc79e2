/* pages.h - blocks of zeros, of which the large ones take no memory before they are touched, and large pages for what will be.
 *
 * A page of 4 KiB is 1,024 floats: matrices span more of them than a processor keeps addresses for. Pages of 2 MiB end that, but the first touch of one
 * takes all of it: only who knows that a region will be written whole, or nearly, asks for them. */
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

/* `bytes` zeros, aligned to 16; where mapped, blocks of GR_PAGES_LARGE bytes and more to GR_PAGES_LARGE. Of no bytes a valid pointer too. NULL when memory is
 * exhausted. */
void *gr_pages_alloc(size_t bytes);
/* p, NULL too, as alloc gave it, with the same bytes */
void gr_pages_free(void *p, size_t bytes);

/* p .. p + bytes, of a block of gr_pages_alloc, shall lie in large pages: all that it touches, its first and last one too. Less than GR_PAGES_LARGE is left
 * alone. A hint: it changes nothing of what is there, and is without effect where the system has none (Linux: transparent huge pages at "never"). */
void gr_pages_large(void *p, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
