/* vec_avx2.h - vectors of sixteen floats in two registers: AVX2 and FMA. See vec_plain.h for what each function
 * means and which bits it promises. */
#ifndef GR_MODEL_BACKEND_CPU_VEC_AVX2_H
#define GR_MODEL_BACKEND_CPU_VEC_AVX2_H
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum { VW = 16, MR = 6 };
#define VEC_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define VEC_NV 1 /* vectors across a tile: 12 of the 16 registers hold sums */
#define VEC_TABLE gr_cpu_avx2
#define VEC_NAME "avx2"

typedef struct vf { __m256 lo, hi; } vf;
typedef struct vq { __m256i lo, hi; } vq;
typedef struct vd { __m256d q[4]; } vd;

#define MAP1(name, op) \
    static inline vf name(vf a) { const vf r = { op(a.lo), op(a.hi) }; return r; }
#define MAP2(name, op) \
    static inline vf name(vf a, vf b) { const vf r = { op(a.lo, b.lo), op(a.hi, b.hi) }; return r; }
#define MAP3(name, op) \
    static inline vf name(vf a, vf b, vf c) { const vf r = { op(a.lo, b.lo, c.lo), op(a.hi, b.hi, c.hi) }; return r; }
#define MAP2Q(name, op) \
    static inline vq name(vq a, vq b) { const vq r = { op(a.lo, b.lo), op(a.hi, b.hi) }; return r; }

/* -1 in the first n lanes of sixteen: those of the lower half, those of the upper */
static inline __m256i lanes_lo(size_t n) { return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
static inline __m256i lanes_hi(size_t n) { return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)); }

static inline vf vf_load(const float *p) { const vf r = { _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8) }; return r; }
static inline vf vf_set(float x) { const vf r = { _mm256_set1_ps(x), _mm256_set1_ps(x) }; return r; }
static inline vf vf_zero(void) { const vf r = { _mm256_setzero_ps(), _mm256_setzero_ps() }; return r; }
static inline vf vf_loadn(const float *p, size_t n) { const vf r = { _mm256_maskload_ps(p, lanes_lo(n)), _mm256_maskload_ps(p + 8, lanes_hi(n)) }; return r; }

static inline void vf_store(float *p, vf a)
{
    _mm256_storeu_ps(p, a.lo);
    _mm256_storeu_ps(p + 8, a.hi);
}

static inline void vf_storen(float *p, vf a, size_t n)
{
    _mm256_maskstore_ps(p, lanes_lo(n), a.lo);
    _mm256_maskstore_ps(p + 8, lanes_hi(n), a.hi);
}

static inline __m256 absolute(__m256 a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
static inline __m256 with_sign(__m256 a, __m256 s) { return _mm256_or_ps(absolute(a), _mm256_and_ps(_mm256_set1_ps(-0.0f), s)); }

/* In two factors of which the first is exact */
static inline __m256 scaled(__m256 a, __m256 n)
{
    const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), bias = _mm256_set1_epi32(127);
    const __m256 s1 = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    const __m256 s2 = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(whole, half), bias), 23));
    return _mm256_mul_ps(_mm256_mul_ps(a, s1), s2);
}

static inline __m256 nearest_bf16(__m256 a)
{
    const __m256i u = _mm256_castps_si256(a), odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
    const __m256i near = _mm256_add_epi32(_mm256_add_epi32(u, _mm256_set1_epi32(0x7FFF)), odd), quiet = _mm256_or_si256(u, _mm256_set1_epi32(0x00400000));
    const __m256 r = _mm256_blendv_ps(_mm256_castsi256_ps(near), _mm256_castsi256_ps(quiet), _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
    return _mm256_and_ps(r, _mm256_castsi256_ps(_mm256_set1_epi32((int)0xFFFF0000u)));
}

static inline __m256 swapped_pairs(__m256 a) { return _mm256_permute_ps(a, 0xB1); }

MAP2(vf_add, _mm256_add_ps)
MAP2(vf_sub, _mm256_sub_ps)
MAP2(vf_mul, _mm256_mul_ps)
MAP2(vf_div, _mm256_div_ps)
MAP2(vf_min, _mm256_min_ps)
MAP2(vf_max, _mm256_max_ps)
MAP1(vf_sqrt, _mm256_sqrt_ps)
MAP1(vf_abs, absolute)
MAP1(vf_bf16, nearest_bf16)
MAP1(vf_swap_pairs, swapped_pairs)
MAP3(vf_fma, _mm256_fmadd_ps)
MAP3(vf_fnma, _mm256_fnmadd_ps)
static inline void vf_fma_to(vf *c, vf a, vf b) { *c = vf_fma(a, b, *c); }
static inline void vf_fma_from(vf *c, const float *a, vf b) { vf_fma_to(c, vf_set(*a), b); }
MAP2(vf_copysign, with_sign)
MAP2(vf_scale2, scaled)

static inline __m256 below(__m256 x, __m256 y, __m256 a, __m256 b) { return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, y, _CMP_LT_OQ)); }

static inline vf vf_select_lt(vf x, vf y, vf a, vf b)
{
    const vf r = { below(x.lo, y.lo, a.lo, b.lo), below(x.hi, y.hi, a.hi, b.hi) };
    return r;
}

static inline vf vf_fill(vf a, size_t n, float fill)
{
    const __m256 f = _mm256_set1_ps(fill);
    const vf r = { _mm256_blendv_ps(f, a.lo, _mm256_castsi256_ps(lanes_lo(n))), _mm256_blendv_ps(f, a.hi, _mm256_castsi256_ps(lanes_hi(n))) };
    return r;
}

static inline float vf_sum(vf a)
{
    const __m256 eight = _mm256_add_ps(a.lo, a.hi);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline float vf_top(vf a)
{
    const __m256 eight = _mm256_max_ps(a.lo, a.hi);
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

static inline int vf_any(vf a)
{
    const __m256 z = _mm256_setzero_ps();
    return _mm256_movemask_ps(_mm256_or_ps(_mm256_cmp_ps(a.lo, z, _CMP_NEQ_UQ), _mm256_cmp_ps(a.hi, z, _CMP_NEQ_UQ))) != 0;
}

static inline __m256 split(__m256 a, __m256 *power)
{
    const __m256i bits = _mm256_castps_si256(a), e = _mm256_srai_epi32(_mm256_sub_epi32(bits, _mm256_set1_epi32(0x3F400000)), 23);
    *power = _mm256_cvtepi32_ps(e);
    return _mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32(e, 23)));
}

static inline vf vf_split(vf a, vf *power)
{
    const vf r = { split(a.lo, &power->lo), split(a.hi, &power->hi) };
    return r;
}

static inline vd vd_zero(void)
{
    const __m256d z = _mm256_setzero_pd();
    const vd r = { { z, z, z, z } };
    return r;
}

static inline __m256d add_square(__m256d s, __m128 a)
{
    const __m256d x = _mm256_cvtps_pd(a);
    return _mm256_fmadd_pd(x, x, s);
}

static inline vd vd_addsq(vd s, vf a)
{
    s.q[0] = add_square(s.q[0], _mm256_castps256_ps128(a.lo));
    s.q[1] = add_square(s.q[1], _mm256_extractf128_ps(a.lo, 1));
    s.q[2] = add_square(s.q[2], _mm256_castps256_ps128(a.hi));
    s.q[3] = add_square(s.q[3], _mm256_extractf128_ps(a.hi, 1));
    return s;
}

static inline double vd_sum(vd s)
{
    const __m256d four = _mm256_add_pd(_mm256_add_pd(s.q[0], s.q[2]), _mm256_add_pd(s.q[1], s.q[3]));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

static inline __m256 kept(const uint16_t *draws, uint32_t threshold, __m256 scale)
{
    const __m256i d = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)draws));
    return _mm256_and_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(d, _mm256_set1_epi32((int)threshold - 1))), scale);
}

static inline vf vf_keep(const uint16_t *draws, uint32_t threshold, vf scale)
{
    const vf r = { kept(draws, threshold, scale.lo), kept(draws + 8, threshold, scale.hi) };
    return r;
}

static inline __m256i high_half(__m256i a) { return _mm256_srli_epi64(a, 32); }
static inline __m256i joined(__m256i low, __m256i high) { return _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xAA); }

static inline vq vq_set(uint64_t x) { const vq r = { _mm256_set1_epi64x((long long)x), _mm256_set1_epi64x((long long)x) }; return r; }
static inline vq vq_sign(vq a) { const vq r = { _mm256_srli_epi64(a.lo, 63), _mm256_srli_epi64(a.hi, 63) }; return r; }
static inline vq vq_high(vq a) { const vq r = { high_half(a.lo), high_half(a.hi) }; return r; }
MAP2Q(vq_add, _mm256_add_epi64)
MAP2Q(vq_sub, _mm256_sub_epi64)
MAP2Q(vq_xor, _mm256_xor_si256)
MAP2Q(vq_mul, _mm256_mul_epu32)
MAP2Q(vq_join, joined)
static inline vq vq_xor3(vq a, vq b, vq c) { return vq_xor(vq_xor(a, b), c); }

static inline vq vq_load(const uint64_t *p)
{
    const __m256i *q = (const __m256i *)(const void *)p;
    const vq r = { _mm256_loadu_si256(q), _mm256_loadu_si256(q + 1) };
    return r;
}

static inline void store_pairs(__m256i *p, __m256i a, __m256i b)
{
    const __m256i even = _mm256_unpacklo_epi64(a, b), odd = _mm256_unpackhi_epi64(a, b);
    _mm256_storeu_si256(p, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256(p + 1, _mm256_permute2x128_si256(even, odd, 0x31));
}

static inline void vq_store_pairs(uint16_t *p, vq a, vq b)
{
    store_pairs((__m256i *)(void *)p, a.lo, b.lo);
    store_pairs((__m256i *)(void *)p + 2, a.hi, b.hi);
}

static inline void transpose8(__m256 r[8])
{
    __m256 t[8], s[8];

    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        s[i] = _mm256_shuffle_ps(t[i], t[i + 2], _MM_SHUFFLE(1, 0, 1, 0));
        s[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], _MM_SHUFFLE(3, 2, 3, 2));
        s[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], _MM_SHUFFLE(1, 0, 1, 0));
        s[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], _MM_SHUFFLE(3, 2, 3, 2));
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2f128_ps(s[i], s[i + 4], 0x20);
        r[i + 4] = _mm256_permute2f128_ps(s[i], s[i + 4], 0x31);
    }
}

/* By quarters, the two off the diagonal change places */
static inline void vf_transpose(vf r[VW])
{
    __m256 a[8], b[8];

    for (int i = 0; i < 8; i++) a[i] = r[i].lo;
    transpose8(a);
    for (int i = 0; i < 8; i++) r[i].lo = a[i];
    for (int i = 0; i < 8; i++) a[i] = r[i].hi, b[i] = r[8 + i].lo;
    transpose8(a);
    transpose8(b);
    for (int i = 0; i < 8; i++) r[i].hi = b[i], r[8 + i].lo = a[i];
    for (int i = 0; i < 8; i++) a[i] = r[8 + i].hi;
    transpose8(a);
    for (int i = 0; i < 8; i++) r[8 + i].hi = a[i];
}

#undef MAP1
#undef MAP2
#undef MAP3
#undef MAP2Q
#endif
