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

enum { VW = 16, MR = 2 };
#define VEC_ROWS(X) X(0) X(1)
#define VEC_NV 1 /* vectors across a tile */

#ifdef VEC_EXACT
#define VEC_TABLE gr_cpu_exact
#define VEC_NAME "exact"
#define MULTIPLY_ADD(x, y, z) fmaf(x, y, z)
#else
#define VEC_TABLE gr_cpu_plain
#define VEC_NAME "plain"
#define MULTIPLY_ADD(x, y, z) ((x) * (y) + (z))
#endif

typedef struct vf { float f[VW]; } vf;
typedef struct vd { double d[VW]; } vd;          /* as many doubles as a vf has floats */
typedef struct vq { uint64_t u[VW / 2]; } vq;

#define EACH for (int l_ = 0; l_ < VW; l_++)
#define LANE(v) (v).f[l_]
#define MAP1(name, expr) static inline vf name(vf a) { vf r; EACH { const float x = LANE(a); LANE(r) = (expr); } return r; }
#define MAP2(name, expr) \
    static inline vf name(vf a, vf b) { vf r; EACH { const float x = LANE(a), y = LANE(b); LANE(r) = (expr); } return r; }
#define MAP3(name, expr) \
    static inline vf name(vf a, vf b, vf c) { vf r; EACH { const float x = LANE(a), y = LANE(b), z = LANE(c); LANE(r) = (expr); } return r; }

static inline vf vf_load(const float *p) { vf r; memcpy(&r, p, sizeof r); return r; }
static inline void vf_store(float *p, vf a) { memcpy(p, &a, sizeof a); }
static inline vf vf_set(float x) { vf r; EACH LANE(r) = x; return r; }
static inline vf vf_zero(void) { return vf_set(0.0f); }
static inline vf vf_loadn(const float *p, size_t n) { vf r = vf_zero(); for (size_t i = 0; i < n; i++) r.f[i] = p[i]; return r; }
static inline void vf_storen(float *p, vf a, size_t n) { for (size_t i = 0; i < n; i++) p[i] = a.f[i]; }
MAP2(vf_add, x + y)
MAP2(vf_sub, x - y)
MAP2(vf_mul, x * y)
MAP2(vf_div, x / y)
MAP2(vf_min, x < y ? x : y)
MAP2(vf_max, x > y ? x : y)
MAP1(vf_sqrt, sqrtf(x))
MAP1(vf_abs, fabsf(x))
MAP3(vf_fma, MULTIPLY_ADD(x, y, z))   /* a b + c */
MAP3(vf_fnma, MULTIPLY_ADD(-x, y, z)) /* c - a b */
MAP2(vf_copysign, copysignf(x, y))
/* x < y ? a : b */
static inline vf vf_select_lt(vf x, vf y, vf a, vf b) { vf r; EACH LANE(r) = LANE(x) < LANE(y) ? LANE(a) : LANE(b); return r; }

/* The first n lanes of a, `fill` in the others */
static inline vf vf_fill(vf a, size_t n, float fill) { for (size_t i = n; i < VW; i++) a.f[i] = fill; return a; }

static inline float float_of(uint32_t bits) { float x; memcpy(&x, &bits, sizeof x); return x; }
static inline uint32_t bits_of(float x) { uint32_t bits; memcpy(&bits, &x, sizeof bits); return bits; }

/* a 2^n for whole n in -252..254 and a in 0.5..2, rounded once, also where the result is subnormal or overflows: of two
 * factors the first is exact. NaN where n is NaN and a too. */
static inline vf vf_scale2(vf a, vf n)
{
    vf r;

    EACH {
        const float w = LANE(n);
        const int32_t whole = w == w ? (int32_t)w : 0, half = whole / 2;
        LANE(r) = LANE(a) * float_of((uint32_t)(half + 127) << 23) * float_of((uint32_t)(whole - half + 127) << 23);
    }
    return r;
}

/* A positive normal a = m 2^power with m in 0.75..1.5; of any other only that something comes back */
static inline vf vf_split(vf a, vf *power)
{
    vf r;

    EACH {
        const uint32_t bits = bits_of(LANE(a));
        const int32_t e = (int32_t)(bits - 0x3F400000u) >> 23;
        LANE(*power) = (float)e;
        LANE(r) = float_of(bits - ((uint32_t)e << 23));
    }
    return r;
}

static inline float vf_sum(vf a)
{
    for (int half = VW / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) a.f[i] += a.f[i + half];
    return a.f[0];
}

static inline float vf_top(vf a) /* NaN lanes are not promised to win */
{
    for (int half = VW / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) a.f[i] = a.f[i] > a.f[i + half] ? a.f[i] : a.f[i + half];
    return a.f[0];
}

static inline int vf_any(vf a) { int any = 0; EACH any |= LANE(a) != 0.0f; return any; } /* some lane is not zero */

static inline vd vd_zero(void) { vd r; EACH r.d[l_] = 0.0; return r; }

/* The square of a float is exact in a double: nothing is rounded twice here. */
static inline vd vd_addsq(vd s, vf a) { EACH s.d[l_] += (double)a.f[l_] * (double)a.f[l_]; return s; }

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

    EACH LANE(r) = draws[l_] < threshold ? 0.0f : LANE(scale);
    return r;
}

/* ---- vq: eight words of 64 bits, for Philox: numbers of 32 bits in the lower halves, where not said the upper half is
 * whatever it is ---- */

#define EACHQ for (int l_ = 0; l_ < VW / 2; l_++)
static inline vq vq_set(uint64_t x) { vq r; EACHQ r.u[l_] = x; return r; }
static inline vq vq_load(const uint64_t *p) { vq r; memcpy(&r, p, sizeof r); return r; }
static inline vq vq_add(vq a, vq b) { EACHQ a.u[l_] += b.u[l_]; return a; }
static inline vq vq_sub(vq a, vq b) { EACHQ a.u[l_] -= b.u[l_]; return a; }
static inline vq vq_xor3(vq a, vq b, vq c) { EACHQ a.u[l_] ^= b.u[l_] ^ c.u[l_]; return a; }
/* The product of the lower halves, all 64 bits of it */
static inline vq vq_mul(vq a, vq b) { EACHQ a.u[l_] = (uint64_t)(uint32_t)a.u[l_] * (uint32_t)b.u[l_]; return a; }
static inline vq vq_high(vq a) { EACHQ a.u[l_] >>= 32; return a; }
static inline vq vq_sign(vq a) { EACHQ a.u[l_] >>= 63; return a; } /* the highest bit: 1 or 0 */
/* The lower halves of both, the second above the first */
static inline vq vq_join(vq low, vq high) { EACHQ low.u[l_] = (uint32_t)low.u[l_] | high.u[l_] << 32; return low; }

/* a[0], b[0], a[1], b[1], ... as 64 numbers of 16 bits, of each word the lowest first */
static inline void vq_store_pairs(uint16_t *p, vq a, vq b)
{
    EACHQ for (int i = 0; i < 4; i++) {
        p[8 * l_ + i] = (uint16_t)(a.u[l_] >> 16 * i);
        p[8 * l_ + 4 + i] = (uint16_t)(b.u[l_] >> 16 * i);
    }
}

static inline void vf_transpose(vf r[VW])
{
    for (int i = 0; i < VW; i++)
        for (int j = i + 1; j < VW; j++) {
            const float t = r[i].f[j];
            r[i].f[j] = r[j].f[i];
            r[j].f[i] = t;
        }
}
#endif
