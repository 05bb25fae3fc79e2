/* sha256.h - SHA-256 (FIPS 180-4), streaming. */
#ifndef GR_BASE_SHA256_H
#define GR_BASE_SHA256_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GR_SHA256_HEX 65 /* 64 digits and a NUL */

typedef struct gr_sha256 {
    uint32_t h[8];
    uint64_t bytes;
    uint8_t  block[64];
    void   (*blocks)(uint32_t h[8], const uint8_t *p, size_t n); /* the block function of this processor */
} gr_sha256;

void gr_sha256_init(gr_sha256 *s);
void gr_sha256_add(gr_sha256 *s, const void *p, size_t n);
void gr_sha256_hex(gr_sha256 *s, char out[GR_SHA256_HEX]); /* finishes; lower case */
void gr_sha256_of(char out[GR_SHA256_HEX], const void *p, size_t n);
gr_status gr_sha256_file(char out[GR_SHA256_HEX], const char *path, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
