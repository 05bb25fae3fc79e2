/* vec_plain.h - vectors of sixteen floats in plain C: the twin that runs everywhere, and what the other two
 * headers must equal.
 *
 * The same bits. A vector has sixteen lanes whatever the registers hold, every function below rounds as written
 * here, and sums over lanes go by halves: lane i with i + 8, then i + 4, i + 2, i + 1. So a kernel written in these
 * functions gives the same bits with every instruction set; of a NaN only that it is one. min and max give their
 * second operand when either is NaN or both are zeros.
 *
 * vf_fma is the one exception. A multiply-add that rounds once is slow on a processor that lacks it, so this header
 * makes two tables: by default it rounds twice; with VEC_EXACT (kernels_exact.c) once, as the processors that
 * have the instruction do. */
#ifndef GR_MODEL_BACKEND_CPU_VEC_PLAIN_H
#define GR_MODEL_BACKEND_CPU_VEC_PLAIN_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { VW = 16, MR = 3 };
#define VEC_ROWS(X) X(0) X(1) X(2)
#define VEC_NV 1 /* vectors across a tile: 12 of 16 registers of four floats hold sums */

/* Four lanes a quarter: the vector types that gcc and clang share, in registers where there are any. */
typedef float    f4 __attribute__((vector_size(16)));
typedef int32_t  i4 __attribute__((vector_size(16)));
typedef uint32_t u4 __attribute__((vector_size(16)));
typedef uint64_t u2 __attribute__((vector_size(16)));

typedef struct vf { f4 q[4]; } vf;
typedef struct vd { double d[VW]; } vd; /* as many doubles as a vf has floats */
typedef struct vq { u2 q[4]; } vq;

#define EACH4 for (int l_ = 0; l_ < 4; l_++)
#define MAP1(name, expr) static inline vf name(vf a) { vf r; EACH4 { const f4 x = a.q[l_]; r.q[l_] = (expr); } return r; }
#define MAP2(name, expr) \
    static inline vf name(vf a, vf b) { vf r; EACH4 { const f4 x = a.q[l_], y = b.q[l_]; r.q[l_] = (expr); } return r; }
#define MAP3(name, expr) \
    static inline vf name(vf a, vf b, vf c) { vf r; EACH4 { const f4 x = a.q[l_], y = b.q[l_], z = c.q[l_]; r.q[l_] = (expr); } return r; }

static inline f4 set4(float x) { const f4 r = { x, x, x, x }; return r; }
static inline f4 choose(u4 mask, f4 a, f4 b) { return (f4)((mask & (u4)a) | (~mask & (u4)b)); }
static inline f4 sqrt4(f4 x) { const f4 r = { sqrtf(x[0]), sqrtf(x[1]), sqrtf(x[2]), sqrtf(x[3]) }; return r; }

#ifdef VEC_EXACT
#define VEC_TABLE gr_cpu_exact
#define VEC_NAME "exact"
static inline f4 multiply_add(f4 x, f4 y, f4 z)
{
    const f4 r = { fmaf(x[0], y[0], z[0]), fmaf(x[1], y[1], z[1]), fmaf(x[2], y[2], z[2]), fmaf(x[3], y[3], z[3]) };
    return r;
}
#else
#define VEC_TABLE gr_cpu_plain
#define VEC_NAME "plain"
static inline f4 multiply_add(f4 x, f4 y, f4 z) { return x * y + z; }
#endif

/* a 2^n for whole n in -252..254 and a in 0.5..2, rounded once, also where the result is subnormal or overflows: of two
 * factors the first is exact. NaN where a is. */
static inline f4 scaled(f4 a, f4 n)
{
    const u4 whole = (u4)(n + set4(12583040.0f)) & 0x3FFu; /* n + 128 in the lowest bits of 1.5 2^23 + 128 + n */
    const u4 half = whole >> 1;                            /* n / 2 + 64 */

    return a * (f4)((half + 63u) << 23) * (f4)((whole - half + 63u) << 23);
}

static inline f4 nearest_bf16(f4 a)
{
    const u4 u = (u4)a, near = u + 0x7FFFu + (u >> 16 & 1u);

    return (f4)((u4)choose((u & 0x7FFFFFFFu) > 0x7F800000u, (f4)(u | 0x00400000u), (f4)near) & 0xFFFF0000u);
}

static inline f4 swapped_pairs(f4 a) { const f4 r = { a[1], a[0], a[3], a[2] }; return r; }

static inline vf vf_load(const float *p) { vf r; EACH4 memcpy(&r.q[l_], p + 4 * l_, sizeof(f4)); return r; }
static inline void vf_store(float *p, vf a) { EACH4 memcpy(p + 4 * l_, &a.q[l_], sizeof(f4)); }
static inline vf vf_set(float x) { vf r; EACH4 r.q[l_] = set4(x); return r; }
static inline vf vf_zero(void) { return vf_set(0.0f); }
static inline vf vf_loadn(const float *p, size_t n) { float t[VW] = { 0.0f }; memcpy(t, p, n * sizeof *p); return vf_load(t); }
static inline void vf_storen(float *p, vf a, size_t n) { float t[VW]; vf_store(t, a); memcpy(p, t, n * sizeof *p); }
MAP2(vf_add, x + y)
MAP2(vf_sub, x - y)
MAP2(vf_mul, x * y)
MAP2(vf_div, x / y)
MAP2(vf_min, choose((u4)(x < y), x, y))
MAP2(vf_max, choose((u4)(x > y), x, y))
MAP1(vf_sqrt, sqrt4(x))
MAP1(vf_abs, (f4)((u4)x & 0x7FFFFFFFu))
MAP1(vf_bf16, nearest_bf16(x))        /* gr_bf16_round */
MAP1(vf_swap_pairs, swapped_pairs(x)) /* lanes 1, 0, 3, 2, .. */
MAP3(vf_fma, multiply_add(x, y, z))   /* a b + c */
MAP3(vf_fnma, multiply_add(-x, y, z)) /* c - a b */
static inline void vf_fma_to(vf *c, vf a, vf b) { *c = vf_fma(a, b, *c); } /* c + a b */
static inline void vf_fma_from(vf *c, const float *a, vf b) { vf_fma_to(c, vf_set(*a), b); } /* c + *a b, a in every lane */
MAP2(vf_copysign, (f4)(((u4)x & 0x7FFFFFFFu) | ((u4)y & 0x80000000u)))
MAP2(vf_scale2, scaled(x, y))

/* x < y ? a : b */
static inline vf vf_select_lt(vf x, vf y, vf a, vf b)
{
    vf r;

    EACH4 r.q[l_] = choose((u4)(x.q[l_] < y.q[l_]), a.q[l_], b.q[l_]);
    return r;
}

/* The first n lanes of a, `fill` in the others */
static inline vf vf_fill(vf a, size_t n, float fill)
{
    float t[VW];

    vf_store(t, a);
    for (size_t i = n; i < VW; i++) t[i] = fill;
    return vf_load(t);
}

/* A positive normal a = m 2^power with m in 0.75..1.5; of any other only that something comes back */
static inline vf vf_split(vf a, vf *power)
{
    vf r;

    EACH4 {
        const u4 bits = (u4)a.q[l_], e = (u4)((i4)(bits - 0x3F400000u) >> 23);
        power->q[l_] = (f4)(e + 0x4B400000u) - set4(12582912.0f);
        r.q[l_] = (f4)(bits - (e << 23));
    }
    return r;
}

static inline float vf_sum(vf a)
{
    const f4 four = (a.q[0] + a.q[2]) + (a.q[1] + a.q[3]);
    return (four[0] + four[2]) + (four[1] + four[3]);
}

static inline float vf_top(vf a) /* NaN lanes are not promised to win */
{
    const f4 low = choose((u4)(a.q[0] > a.q[2]), a.q[0], a.q[2]), high = choose((u4)(a.q[1] > a.q[3]), a.q[1], a.q[3]);
    const f4 four = choose((u4)(low > high), low, high);
    const float even = four[0] > four[2] ? four[0] : four[2], odd = four[1] > four[3] ? four[1] : four[3];
    return even > odd ? even : odd;
}

static inline int vf_any(vf a) /* some lane is not zero */
{
    const f4 zero = set4(0.0f);
    const u4 any = (u4)(a.q[0] != zero) | (u4)(a.q[1] != zero) | (u4)(a.q[2] != zero) | (u4)(a.q[3] != zero);
    return (any[0] | any[1] | any[2] | any[3]) != 0;
}

static inline vd vd_zero(void) { const vd r = { { 0.0 } }; return r; }

/* The square of a float is exact in a double: nothing is rounded twice here. */
static inline vd vd_addsq(vd s, vf a)
{
    float t[VW];

    vf_store(t, a);
    for (int i = 0; i < VW; i++) s.d[i] += (double)t[i] * (double)t[i];
    return s;
}

static inline double vd_sum(vd s)
{
    for (int half = VW / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) s.d[i] += s.d[i + half];
    return s.d[0];
}

/* Lane i: scale where draw i is at least the threshold, else 0 */
static inline vf vf_keep(const uint16_t *draws, uint32_t threshold, vf scale)
{
    vf r;

    EACH4 {
        const u4 d = { draws[4 * l_], draws[4 * l_ + 1], draws[4 * l_ + 2], draws[4 * l_ + 3] };
        r.q[l_] = (f4)((u4)(d >= threshold) & (u4)scale.q[l_]);
    }
    return r;
}

/* ---- vq: eight words of 64 bits, for Philox: numbers of 32 bits in the lower halves, where not said the upper half is
 * whatever it is ---- */

#define MAP2Q(name, expr) \
    static inline vq name(vq a, vq b) { vq r; EACH4 { const u2 x = a.q[l_], y = b.q[l_]; r.q[l_] = (expr); } return r; }
#define MAP1Q(name, expr) static inline vq name(vq a) { vq r; EACH4 { const u2 x = a.q[l_]; r.q[l_] = (expr); } return r; }

static inline u2 product2(u2 x, u2 y)
{
    const u2 r = { (x[0] & 0xFFFFFFFFu) * (y[0] & 0xFFFFFFFFu), (x[1] & 0xFFFFFFFFu) * (y[1] & 0xFFFFFFFFu) };
    return r;
}

static inline vq vq_set(uint64_t x) { vq r; const u2 both = { x, x }; EACH4 r.q[l_] = both; return r; }
static inline vq vq_load(const uint64_t *p) { vq r; memcpy(&r, p, sizeof r); return r; }
MAP2Q(vq_add, x + y)
MAP2Q(vq_sub, x - y)
MAP2Q(vq_mul, product2(x, y)) /* of the lower halves, all 64 bits */
MAP1Q(vq_high, x >> 32)
MAP1Q(vq_sign, x >> 63)       /* the highest bit: 1 or 0 */
MAP2Q(vq_join, (x & 0xFFFFFFFFu) | y << 32) /* the lower halves of both, the second above the first */
static inline vq vq_xor3(vq a, vq b, vq c) { EACH4 a.q[l_] ^= b.q[l_] ^ c.q[l_]; return a; }

/* a[0], b[0], a[1], b[1], ... as 64 numbers of 16 bits, of each word the lowest first */
static inline void vq_store_pairs(uint16_t *p, vq a, vq b)
{
    for (int l = 0; l < VW / 2; l++)
        for (int i = 0; i < 4; i++) {
            p[8 * l + i] = (uint16_t)(a.q[l / 2][l % 2] >> 16 * i);
            p[8 * l + 4 + i] = (uint16_t)(b.q[l / 2][l % 2] >> 16 * i);
        }
}

static inline void vf_transpose(vf r[VW])
{
    float t[VW][VW];

    for (int i = 0; i < VW; i++) vf_store(t[i], r[i]);
    for (int i = 0; i < VW; i++) {
        float row[VW];

        for (int j = 0; j < VW; j++) row[j] = t[j][i];
        r[i] = vf_load(row);
    }
}

#undef EACH4
#undef MAP1
#undef MAP2
#undef MAP3
#undef MAP1Q
#undef MAP2Q
#endif
