/* vec_plain.h - vectors of four floats in plain C: the twin that runs everywhere, with the same bits
 * everywhere. A multiply-add here rounds twice. */
#ifndef GR_MODEL_BACKEND_CPU_VEC_PLAIN_H
#define GR_MODEL_BACKEND_CPU_VEC_PLAIN_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rng.h"

enum { VW = 4, MR = 4, DRAW_BLOCKS = 1 };
#define VEC_ROWS(X) X(0) X(1) X(2) X(3)
#define VEC_TABLE gr_cpu_plain
#define VEC_NAME "plain"

typedef struct vf { float f[VW]; } vf;
typedef struct vd { double d[VW]; } vd; /* as many doubles as a vf has floats */

#define EACH for (int l_ = 0; l_ < VW; l_++)
#define LANE(v) (v).f[l_]
#define MAP1(name, expr) static inline vf name(vf a) { vf r; EACH { const float x = LANE(a); LANE(r) = (expr); } return r; }
#define MAP2(name, expr) \
    static inline vf name(vf a, vf b) { vf r; EACH { const float x = LANE(a), y = LANE(b); LANE(r) = (expr); } return r; }

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
MAP2(vf_min, x < y ? x : y) /* y when either is NaN, as the instruction */
MAP2(vf_max, x > y ? x : y)
MAP1(vf_sqrt, sqrtf(x))
MAP1(vf_abs, fabsf(x))
MAP1(vf_round, (x + 12582912.0f) - 12582912.0f) /* to the nearest whole number, for |x| < 2^22 */
static inline vf vf_fma(vf a, vf b, vf c) { return vf_add(vf_mul(a, b), c); }  /* a b + c */
static inline vf vf_fnma(vf a, vf b, vf c) { return vf_sub(c, vf_mul(a, b)); } /* c - a b */
/* x < y ? a : b */
static inline vf vf_select_lt(vf x, vf y, vf a, vf b) { vf r; EACH LANE(r) = LANE(x) < LANE(y) ? LANE(a) : LANE(b); return r; }
static inline vf vf_copysign(vf a, vf sign) { vf r; EACH LANE(r) = copysignf(LANE(a), LANE(sign)); return r; }

/* The first n lanes of a, `fill` in the others */
static inline vf vf_fill(vf a, size_t n, float fill) { for (size_t i = n; i < VW; i++) a.f[i] = fill; return a; }

/* a 2^n for whole n in -252..254: in two factors, so that the result may be subnormal or overflow */
static inline vf vf_scale2(vf a, vf n)
{
    vf r;

    EACH {
        const float w = LANE(n);
        const int32_t whole = w == w ? (int32_t)w : 0, half = whole / 2;
        const uint32_t u1 = (uint32_t)(half + 127) << 23, u2 = (uint32_t)(whole - half + 127) << 23;
        float s1, s2;
        memcpy(&s1, &u1, sizeof s1);
        memcpy(&s2, &u2, sizeof s2);
        LANE(r) = LANE(a) * s1 * s2;
    }
    return r;
}

static inline float vf_sum(vf a) { return (a.f[0] + a.f[1]) + (a.f[2] + a.f[3]); }
static inline float vf_top(vf a) /* NaN lanes are not promised to win */
{
    const float x = a.f[0] > a.f[1] ? a.f[0] : a.f[1], y = a.f[2] > a.f[3] ? a.f[2] : a.f[3];
    return x > y ? x : y;
}

static inline vd vd_zero(void) { vd r; EACH r.d[l_] = 0.0; return r; }
static inline vd vd_addsq(vd s, vf a) { EACH s.d[l_] += (double)a.f[l_] * (double)a.f[l_]; return s; }
static inline double vd_sum(vd s) { return (s.d[0] + s.d[1]) + (s.d[2] + s.d[3]); }

/* Lane i: scale where draw i is at least the threshold, else 0 */
static inline vf vf_keep(const uint16_t *draws, uint32_t threshold, vf scale)
{
    vf r;

    EACH LANE(r) = draws[l_] < threshold ? 0.0f : LANE(scale);
    return r;
}

/* DRAW_BLOCKS Philox blocks from `block` on, eight 16-bit draws each, in order */
static inline void philox_draws(uint16_t *out, uint32_t block, uint32_t position, uint32_t slot, uint32_t lane, const uint32_t key[2])
{
    const uint32_t ctr[4] = { block, position, slot, lane };
    uint32_t w[4];

    gr_philox(w, ctr, key);
    for (int i = 0; i < 4; i++) {
        out[2 * i] = (uint16_t)(w[i] & 0xFFFFu);
        out[2 * i + 1] = (uint16_t)(w[i] >> 16);
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
