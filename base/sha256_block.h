/* sha256_block.h - the block function of SHA-256 in its two forms. For sha256*.c only.
 * Both take n blocks of 64 bytes at p into h, and give the same digest. */
#ifndef GR_BASE_SHA256_BLOCK_H
#define GR_BASE_SHA256_BLOCK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const uint32_t gr_sha256_k[64];

void gr_sha256_plain(uint32_t h[8], const uint8_t *p, size_t n);

/* x86-64 only: with the processor's SHA instructions, and whether it has them. */
void gr_sha256_shani(uint32_t h[8], const uint8_t *p, size_t n);
bool gr_sha256_has_shani(void);

#ifdef __cplusplus
}
#endif
#endif
