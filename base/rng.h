/* rng.h - randomness as a function of named counters: Philox4x32-10 (Salmon et al., SC 2011).
 *
 * A draw depends on (seed, site, a, b, c) alone, never on what was drawn before: threads, packing,
 * accumulation and resume leave it unchanged (docs/architecture.md, The engine). */
#ifndef GR_BASE_RNG_H
#define GR_BASE_RNG_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The raw block function: 4 counter words, 2 key words, 4 words out. */
static inline void gr_philox(uint32_t out[4], const uint32_t ctr[4], const uint32_t key[2])
{
    uint32_t c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3], k0 = key[0], k1 = key[1];

    for (int r = 0; r < 10; r++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        const uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* What a draw is for. The values are part of the reproducibility contract: add, never renumber. */
typedef enum gr_rng_site {
    GR_RNG_INIT = 1,    /* a = tensor (hash of its name), b = element / 4           */
    GR_RNG_SHUFFLE = 2, /* a = epoch, b = draw                                      */
    GR_RNG_SAMPLE = 3,  /* --sample                                                 */
    GR_RNG_BOOTSTRAP = 4,
    GR_RNG_SPLIT = 5,
    GR_RNG_DEMO = 6,
    GR_RNG_DROPOUT = 64 /* + site in the network: see model/dropout.h               */
} gr_rng_site;

/* A sequential reader over one counter family, for shuffles, bootstraps and initialisers. */
typedef struct gr_rng {
    uint32_t key[2], ctr[4], buf[4]; /* buf: the current block of four draws */
    int      left;                   /* of them */
} gr_rng;

void     gr_rng_init(gr_rng *r, uint64_t seed, uint32_t site, uint32_t a);
uint32_t gr_rng_u32(gr_rng *r);
uint64_t gr_rng_below(gr_rng *r, uint64_t n);     /* unbiased, 0..n-1; n >= 1 */
double   gr_rng_uniform(gr_rng *r);               /* [0, 1), 53 bits */
double   gr_rng_normal(gr_rng *r);                /* mean 0, sd 1: Box-Muller, own log/cos so bits are the same everywhere */
void     gr_rng_shuffle(gr_rng *r, uint32_t *x, size_t n); /* Fisher-Yates */
uint32_t gr_rng_hash(const char *name);           /* FNV-1a 32: names to counter words */

#ifdef __cplusplus
}
#endif
#endif
