/* order.c - permutations as PyTorch and NumPy draw them; see order.h.
 *
 * Sources: MT19937 of Matsumoto and Nishimura (init_genrand seeding, which torch and RandomState share); randperm of
 * ATen's CPU generator; NumPy's shuffle by masked rejection, over MT19937 (RandomState) or over PCG64
 * XSL-RR seeded through SeedSequence, O'Neill's seed_seq design (Generator). All arithmetic is modulo 2^32 or 2^64
 * on purpose. */
#include "data/order.h"

#include <math.h>
#include <stdbool.h>

#include "base/rng.h"

/* ---- MT19937 ---- */

enum { MT_N = 624, MT_M = 397 };

typedef struct mt19937 {
    uint32_t state[MT_N];
    int      at;
} mt19937;

static void mt_seed(mt19937 *g, uint32_t seed)
{
    g->state[0] = seed;
    for (uint32_t i = 1; i < MT_N; i++)
        g->state[i] = 1812433253u * (g->state[i - 1] ^ (g->state[i - 1] >> 30)) + i;
    g->at = MT_N;
}

static void mt_refill(mt19937 *g)
{
    for (int i = 0; i < MT_N; i++) {
        const uint32_t y = (g->state[i] & 0x80000000u) | (g->state[(i + 1) % MT_N] & 0x7fffffffu);
        g->state[i] = g->state[(i + MT_M) % MT_N] ^ (y >> 1) ^ ((y & 1u) ? 0x9908b0dfu : 0u);
    }
    g->at = 0;
}

static uint32_t mt_next(mt19937 *g)
{
    uint32_t y;

    if (g->at == MT_N) mt_refill(g);
    y = g->state[g->at++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

/* ---- PCG64 (128-bit state as two words) ---- */

typedef struct u128 {
    uint64_t hi, lo;
} u128;

static u128 u128_add(u128 a, u128 b)
{
    u128 r;

    r.lo = a.lo + b.lo;
    r.hi = a.hi + b.hi + (r.lo < a.lo);
    return r;
}

/* High word of a 64 x 64 product, from 32-bit halves. */
static uint64_t mul_high(uint64_t a, uint64_t b)
{
    const uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    const uint64_t mid = ah * bl + ((al * bl) >> 32);
    const uint64_t mid2 = al * bh + (uint32_t)mid;

    return ah * bh + (mid >> 32) + (mid2 >> 32);
}

typedef struct pcg64 {
    u128     state, inc;
    uint32_t kept; /* upper half of the last draw: next_uint32 gives the lower half first */
    bool     has_kept;
} pcg64;

static void pcg_step(pcg64 *g)
{
    static const u128 mul = { 0x2360ED051FC65DA4u, 0x4385DF649FCCF645u };
    const u128        s = g->state;
    u128              r;

    r.lo = s.lo * mul.lo;
    r.hi = mul_high(s.lo, mul.lo) + s.hi * mul.lo + s.lo * mul.hi;
    g->state = u128_add(r, g->inc);
}

static uint64_t pcg_next64(pcg64 *g)
{
    unsigned rot;
    uint64_t x;

    pcg_step(g);
    rot = (unsigned)(g->state.hi >> 58);
    x = g->state.hi ^ g->state.lo;
    return (x >> rot) | (x << ((64u - rot) & 63u));
}

static uint32_t pcg_next32(pcg64 *g)
{
    uint64_t x;

    if (g->has_kept) {
        g->has_kept = false;
        return g->kept;
    }
    x = pcg_next64(g);
    g->kept = (uint32_t)(x >> 32);
    g->has_kept = true;
    return (uint32_t)x;
}

/* SeedSequence's hash: each call folds one word in and moves its constant on. */
static uint32_t seq_hash(uint32_t value, uint32_t *constant, uint32_t mul)
{
    value ^= *constant;
    *constant *= mul;
    value *= *constant;
    return value ^ (value >> 16);
}

static uint32_t seq_mix(uint32_t x, uint32_t y)
{
    const uint32_t r = 0xca01f9ddu * x - 0x4973f715u * y;

    return r ^ (r >> 16);
}

/* SeedSequence(seed).generate_state(4, uint64): a pool of four words mixed each into each, then hashed out. */
static void seq_state(uint64_t out[4], uint64_t seed)
{
    uint32_t pool[4] = { (uint32_t)seed, (uint32_t)(seed >> 32), 0, 0 };
    uint32_t constant = 0x43b0d7e5u, words[8];

    for (int i = 0; i < 4; i++) pool[i] = seq_hash(pool[i], &constant, 0x931e8875u);
    for (int src = 0; src < 4; src++)
        for (int dst = 0; dst < 4; dst++)
            if (src != dst) pool[dst] = seq_mix(pool[dst], seq_hash(pool[src], &constant, 0x931e8875u));
    constant = 0x8b51f9ddu;
    for (int i = 0; i < 8; i++) words[i] = seq_hash(pool[i % 4], &constant, 0x58f38dedu);
    for (int i = 0; i < 4; i++) out[i] = words[2 * i] | (uint64_t)words[2 * i + 1] << 32;
}

static void pcg_seed(pcg64 *g, uint64_t seed)
{
    uint64_t w[4];
    u128     start;

    seq_state(w, seed);
    start.hi = w[0];
    start.lo = w[1];
    g->inc.hi = w[2] << 1 | w[3] >> 63;
    g->inc.lo = w[3] << 1 | 1u;
    g->state.hi = g->state.lo = 0;
    g->has_kept = false;
    g->kept = 0;
    pcg_step(g);
    g->state = u128_add(g->state, start);
    pcg_step(g);
}

/* ---- shuffles ---- */

static void swap(uint32_t *x, size_t i, size_t j)
{
    const uint32_t t = x[i];

    x[i] = x[j];
    x[j] = t;
}

/* ATen's randperm for n below (2^32 - 1) / 20: forward, the draw taken modulo what is left. */
static void shuffle_torch(uint32_t *x, size_t n, uint64_t seed)
{
    mt19937 g;

    mt_seed(&g, (uint32_t)seed); /* torch keeps the low 32 bits too */
    for (size_t i = 0; i + 1 < n; i++) swap(x, i, i + mt_next(&g) % (n - i));
}

typedef uint32_t (*draw_fn)(void *generator);

static uint32_t draw_mt(void *g)
{
    return mt_next(g);
}

static uint32_t draw_pcg(void *g)
{
    return pcg_next32(g);
}

/* NumPy's shuffle, legacy and Generator alike: backward; a draw is masked to the bits of i and drawn again while it is
 * above i (random_interval). */
static void shuffle_masked(uint32_t *x, size_t n, draw_fn draw, void *generator)
{
    for (size_t i = n; i-- > 1;) {
        uint32_t mask = (uint32_t)i, j;

        for (unsigned k = 1; k < 32; k *= 2) mask |= mask >> k;
        do j = draw(generator) & mask;
        while (j > i);
        swap(x, i, j);
    }
}

static void shuffle_numpy(uint32_t *x, size_t n, uint64_t seed)
{
    mt19937 g;

    mt_seed(&g, (uint32_t)seed);
    shuffle_masked(x, n, draw_mt, &g);
}

static void shuffle_pcg64(uint32_t *x, size_t n, uint64_t seed)
{
    pcg64 g;

    pcg_seed(&g, seed);
    shuffle_masked(x, n, draw_pcg, &g);
}

/* ---- public ---- */

gr_status gr_order_fill(uint32_t *out, size_t n, gr_order_kind kind, uint64_t seed, gr_err *err)
{
    gr_rng r;

    if (n > GR_ORDER_MAX) return gr_fail(err, GR_E_ARG, "an order of %zu rows: the limit is %zu", n, GR_ORDER_MAX);
    if (kind == GR_ORDER_TORCH && n >= UINT32_MAX / 20u)
        return gr_fail(err, GR_E_ARG, "torch order of %zu rows: torch draws otherwise from %u rows on", n, UINT32_MAX / 20u);
    if (kind == GR_ORDER_NUMPY && seed > UINT32_MAX)
        return gr_fail(err, GR_E_ARG, "seed %llu: NumPy's RandomState takes seeds below 2^32", (unsigned long long)seed);
    for (size_t i = 0; i < n; i++) out[i] = (uint32_t)i;
    switch (kind) {
    case GR_ORDER_FILE: break;
    case GR_ORDER_TORCH: shuffle_torch(out, n, seed); break;
    case GR_ORDER_NUMPY: shuffle_numpy(out, n, seed); break;
    case GR_ORDER_PCG64: shuffle_pcg64(out, n, seed); break;
    case GR_ORDER_PHILOX:
        gr_rng_init(&r, seed, GR_RNG_SPLIT, 0);
        gr_rng_shuffle(&r, out, n);
        break;
    default: return gr_fail(err, GR_E_ARG, "unknown order %d", (int)kind);
    }
    return GR_OK;
}

gr_status gr_order_trainer(uint32_t *out, size_t n, uint64_t seed, int64_t epoch, gr_err *err)
{
    return gr_order_fill(out, n, GR_ORDER_TORCH, seed + (uint64_t)epoch, err);
}

size_t gr_order_holdout(size_t n, double test_size)
{
    const double k = ceil(test_size * (double)n);

    return !(k > 0.0) ? 0 : k >= (double)n ? n : (size_t)k;
}

const char *gr_order_name(gr_order_kind k)
{
    switch (k) {
    case GR_ORDER_FILE: return "file";
    case GR_ORDER_TORCH: return "torch";
    case GR_ORDER_NUMPY: return "numpy";
    case GR_ORDER_PCG64: return "pcg64";
    case GR_ORDER_PHILOX: return "philox";
    default: return "unknown";
    }
}
