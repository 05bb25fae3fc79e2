/* sha256.c - SHA-256 as FIPS 180-4 writes it; see sha256.h. The processor's own instructions do the blocks
 * where it has them (sha256_shani.c), a checkpoint of a gigabyte is then read in a second. */
#include "base/sha256.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256_block.h"

#ifdef GR_X86_64
#define best_blocks() (gr_sha256_has_shani() ? gr_sha256_shani : gr_sha256_plain)
#else
#define best_blocks() gr_sha256_plain
#endif

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const uint32_t gr_sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static uint32_t rotr(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void compress(uint32_t h[8], const uint8_t *p)
{
    uint32_t w[64], v[8];

    for (int t = 0; t < 16; t++) w[t] = big_endian(p + 4 * t);
    for (int t = 16; t < 64; t++) {
        const uint32_t s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
        const uint32_t s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    memcpy(v, h, sizeof v);
    for (int t = 0; t < 64; t++) { /* v = a b c d e f g h */
        const uint32_t s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
        const uint32_t ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
        const uint32_t t1 = v[7] + s1 + ch + gr_sha256_k[t] + w[t];
        const uint32_t s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
        const uint32_t maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

        v[7] = v[6];
        v[6] = v[5];
        v[5] = v[4];
        v[4] = v[3] + t1;
        v[3] = v[2];
        v[2] = v[1];
        v[1] = v[0];
        v[0] = t1 + s0 + maj;
    }
    for (int i = 0; i < 8; i++) h[i] += v[i];
}

void gr_sha256_plain(uint32_t h[8], const uint8_t *p, size_t n)
{
    for (; n; n--, p += 64) compress(h, p);
}

void gr_sha256_init(gr_sha256 *s)
{
    static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

    memcpy(s->h, start, sizeof start);
    s->bytes = 0;
    s->blocks = best_blocks();
}

void gr_sha256_add(gr_sha256 *s, const void *p, size_t n)
{
    const uint8_t *u = p;
    const size_t held = (size_t)(s->bytes % 64);

    if (n == 0) return;
    s->bytes += n;
    if (held) {
        const size_t take = n < 64 - held ? n : 64 - held;

        memcpy(s->block + held, u, take);
        u += take;
        n -= take;
        if (held + take < 64) return;
        s->blocks(s->h, s->block, 1);
    }
    s->blocks(s->h, u, n / 64);
    if (n % 64) memcpy(s->block, u + n - n % 64, n % 64);
}

void gr_sha256_hex(gr_sha256 *s, char out[GR_SHA256_HEX])
{
    static const char digits[] = "0123456789abcdef";
    static const uint8_t pad[64] = { 0x80 };
    const uint64_t bits = s->bytes * 8;
    const size_t held = (size_t)(s->bytes % 64);
    uint8_t length[8];

    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    gr_sha256_add(s, pad, held < 56 ? 56 - held : 120 - held);
    gr_sha256_add(s, length, sizeof length);
    for (int i = 0; i < 32; i++) {
        const unsigned byte = s->h[i / 4] >> (24 - 8 * (i % 4)) & 0xFF;
        out[2 * i] = digits[byte >> 4];
        out[2 * i + 1] = digits[byte & 15];
    }
    out[64] = '\0';
}

void gr_sha256_of(char out[GR_SHA256_HEX], const void *p, size_t n)
{
    gr_sha256 s;

    gr_sha256_init(&s);
    gr_sha256_add(&s, p, n);
    gr_sha256_hex(&s, out);
}

gr_status gr_sha256_file(char out[GR_SHA256_HEX], const char *path, gr_err *err)
{
    enum { PIECE = 256 * 1024 };
    FILE *f = fopen(path, "rb");
    unsigned char *piece = NULL;
    gr_status st = GR_OK;
    gr_sha256 s;
    size_t n;

    if (!f) {
        const int e = errno;
        return gr_fail(err, e == ENOENT || e == ENOTDIR ? GR_E_NOTFOUND : GR_E_IO, "%.300s: %s", path, strerror(e));
    }
    piece = malloc(PIECE);
    if (!piece) {
        st = gr_fail(err, GR_E_NOMEM, "%s: out of memory for its checksum", path);
        goto out;
    }
    gr_sha256_init(&s);
    while ((n = fread(piece, 1, PIECE, f)) > 0) gr_sha256_add(&s, piece, n);
    if (ferror(f)) {
        st = gr_fail(err, GR_E_IO, "%s: %s", path, strerror(errno));
        goto out;
    }
    gr_sha256_hex(&s, out);
out:
    free(piece);
    (void)fclose(f);
    return st;
}
