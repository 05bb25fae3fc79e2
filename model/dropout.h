/* dropout.h - dropout as a function of named counters. The masks are part of the reproducibility contract
 * and equal on every backend. (0x64726F70 below is "drop" in ASCII: it keeps these keys apart from other uses of Philox.)
 *
 * key   = first two words of Philox(counter {step_lo, step_hi, site, 0x64726F70}, key {seed_lo, seed_hi})
 * block = Philox(counter {feature / 8, position, example slot, lane}, key): eight 16-bit draws; draw
 *         i of the block (word i / 2, low half first) belongs to feature 8 * (feature / 8) + i.
 * For hidden vectors lane = 0 and feature is the column; for attention weights position is the
 * query's, feature the key's, lane = 1 + head. For a pooled vector position is 0.
 * An element is dropped when its draw < threshold = round(p * 65536); kept ones are scaled by
 * 65536 / (65536 - threshold), the inverse of the exact probability. */
#ifndef GR_MODEL_DROPOUT_H
#define GR_MODEL_DROPOUT_H
#include <stdint.h>

#include "base/rng.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_dropout {
    uint32_t key[2];
    uint32_t threshold; /* 0: no dropout */
    double   scale;
} gr_dropout;

/* Sites: the embeddings, before the last linear layer of the head, before its dense layer, and four in each layer. Never renumber. */
enum { GR_SITE_EMBED = 1, GR_SITE_HEAD = 2, GR_SITE_POOL = 3, GR_SITE_LAYER = 16 };
#define GR_SITE_ATTN(layer) (GR_SITE_LAYER + 4u * (uint32_t)(layer))
#define GR_SITE_ATTN_OUT(layer) (GR_SITE_LAYER + 4u * (uint32_t)(layer) + 1u)
#define GR_SITE_FFN_OUT(layer) (GR_SITE_LAYER + 4u * (uint32_t)(layer) + 2u)
#define GR_SITE_INNER(layer) (GR_SITE_LAYER + 4u * (uint32_t)(layer) + 3u) /* relative positions, or inside the feed-forward part: no family has both */

static inline gr_dropout gr_dropout_make(double p, uint64_t seed, uint64_t step, uint32_t site)
{
    const uint32_t ctr[4] = { (uint32_t)step, (uint32_t)(step >> 32), site, 0x64726F70u };
    const uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    uint32_t out[4];
    gr_dropout d;

    gr_philox(out, ctr, key);
    d.key[0] = out[0];
    d.key[1] = out[1];
    d.threshold = p > 0.0 ? (uint32_t)(p * 65536.0 + 0.5) : 0u;
    d.scale = 65536.0 / (65536.0 - (double)d.threshold);
    return d;
}

#ifdef __cplusplus
}
#endif
#endif
