/* rng.c - the sequential reader over Philox counters; see rng.h.
 *
 * Layout of a draw: key = seed (low word, high word); counter = block (low, high), a, site. Block k gives
 * the words 4k .. 4k+3 of the sequence. */
#include "base/rng.h"

#include <math.h>
#include <string.h>

#include "base/det_math.h"

void gr_rng_init(gr_rng *r, uint64_t seed, uint32_t site, uint32_t a)
{
    r->key[0] = (uint32_t)seed;
    r->key[1] = (uint32_t)(seed >> 32);
    r->ctr[0] = r->ctr[1] = 0;
    r->ctr[2] = a;
    r->ctr[3] = site;
    memset(r->buf, 0, sizeof r->buf);
    r->left = 0;
}

uint32_t gr_rng_u32(gr_rng *r)
{
    if (r->left == 0) {
        gr_philox(r->buf, r->ctr, r->key);
        if (++r->ctr[0] == 0) r->ctr[1]++;
        r->left = 4;
    }
    return r->buf[4 - r->left--];
}

static uint64_t u64(gr_rng *r)
{
    const uint64_t low = gr_rng_u32(r);
    return low | (uint64_t)gr_rng_u32(r) << 32;
}

/* Lemire (2019): the high half of u * n, with the few u rejected that would favour small results. */
static uint32_t below32(gr_rng *r, uint32_t n)
{
    const uint32_t reject = (0u - n) % n; /* 2^32 mod n */
    uint64_t m;

    do m = (uint64_t)gr_rng_u32(r) * n;
    while ((uint32_t)m < reject);
    return (uint32_t)(m >> 32);
}

uint64_t gr_rng_below(gr_rng *r, uint64_t n)
{
    uint64_t reject, u;

    if (n <= UINT32_MAX) return below32(r, (uint32_t)n);
    reject = (0u - n) % n; /* 2^64 mod n */
    do u = u64(r);
    while (u < reject);
    return u % n;
}

double gr_rng_uniform(gr_rng *r)
{
    return (double)(u64(r) >> 11) * 0x1p-53;
}

/* Box and Muller (1958); the sine twin is left unused, so that draws do not come in pairs. */
double gr_rng_normal(gr_rng *r)
{
    const double radius = sqrt(-2.0 * gr_det_log(1.0 - gr_rng_uniform(r))); /* of (0, 1] */
    const double angle = 6.283185307179586 * gr_rng_uniform(r);

    return radius * gr_det_cos(angle);
}

void gr_rng_shuffle(gr_rng *r, uint32_t *x, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)gr_rng_below(r, i);
        const uint32_t t = x[i - 1];

        x[i - 1] = x[j];
        x[j] = t;
    }
}

uint32_t gr_rng_hash(const char *name)
{
    uint32_t h = 2166136261u;

    for (; *name; name++) h = (h ^ (unsigned char)*name) * 16777619u;
    return h;
}
