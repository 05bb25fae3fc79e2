/* vec_avx512.h - vectors of sixteen floats in one register: AVX-512 F, BW, DQ, VL. See vec_plain.h for what
 * each function means and which bits it promises. */
#ifndef GR_MODEL_BACKEND_CPU_VEC_AVX512_H
#define GR_MODEL_BACKEND_CPU_VEC_AVX512_H
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum { VW = 16, MR = 14 };
#define VEC_SHORT 7
#define VEC_SHORT_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6)
#define VEC_ROWS(X) VEC_SHORT_ROWS(X) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
#define VEC_NV 2 /* vectors across a tile: 28 of the 32 registers hold sums */
#ifdef VEC_DOT
#define VEC_TABLE gr_cpu_avx512bf16
#define VEC_NAME "avx512bf16"
#else
#define VEC_TABLE gr_cpu_avx512
#define VEC_NAME "avx512"
#endif

typedef __m512 vf;
typedef __m512i vq;
typedef struct vd { __m512d lo, hi; } vd;

static inline __mmask16 first_lanes(size_t n) { return (__mmask16)((1u << n) - 1u); }

static inline vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vf_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
static inline vf vf_set(float x) { return _mm512_set1_ps(x); }
static inline vf vf_zero(void) { return _mm512_setzero_ps(); }
static inline vf vf_loadn(const float *p, size_t n) { return _mm512_maskz_loadu_ps(first_lanes(n), p); }
static inline void vf_storen(float *p, vf a, size_t n) { _mm512_mask_storeu_ps(p, first_lanes(n), a); }
static inline vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
static inline vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
static inline vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
static inline vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
static inline vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
static inline vf vf_abs(vf a) { return _mm512_abs_ps(a); }
static inline vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
/* Spelled out for the product's tiles: gcc 12 picks forms that overwrite a factor there, and then copies sums from register to register. */
static inline void vf_fma_to(vf *c, vf a, vf b) { __asm__("vfmadd231ps %2, %1, %0" : "+v"(*c) : "v"(a), "v"(b)); }
static inline void vf_fma_from(vf *c, const float *a, vf b) { __asm__("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(*c) : "v"(b), "m"(*a)); }
#ifdef VEC_DOT
/* c + a b where each lane of a and b is a pair of bf16: the odd term is added first */
static inline vf vf_dot(vf a, vf b, vf c) { return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b); }
/* Thirty-two numbers rounded to bf16, as sixteen pairs: those of `lo`, then those of `hi`. Subnormal numbers become zeros. */
static inline vf vf_pairs(vf lo, vf hi) { return (vf)_mm512_cvtne2ps_pbh(hi, lo); }
/* The same, lane by lane: `even` in the low halves, `odd` in the high ones */
static inline vf vf_pair(vf even, vf odd)
{
    static const uint16_t lanes[] = { 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31 };

    return _mm512_castsi512_ps(_mm512_permutexvar_epi16(_mm512_loadu_si512(lanes), (__m512i)vf_pairs(even, odd)));
}
#endif
static inline vf vf_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
static inline vf vf_select_lt(vf x, vf y, vf a, vf b) { return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, y, _CMP_LT_OQ), b, a); }
static inline vf vf_copysign(vf a, vf sign) { return _mm512_or_ps(_mm512_abs_ps(a), _mm512_and_ps(_mm512_set1_ps(-0.0f), sign)); }
static inline vf vf_scale2(vf a, vf n) { return _mm512_scalef_ps(a, n); }
static inline vf vf_fill(vf a, size_t n, float fill) { return _mm512_mask_blend_ps(first_lanes(n), vf_set(fill), a); }

static inline vf vf_bf16(vf a)
{
    const __m512i u = _mm512_castps_si512(a), odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
    const __m512i near = _mm512_add_epi32(_mm512_add_epi32(u, _mm512_set1_epi32(0x7FFF)), odd);
    const __m512i r = _mm512_mask_or_epi32(near, _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), u, _mm512_set1_epi32(0x00400000));
    return _mm512_castsi512_ps(_mm512_and_si512(r, _mm512_set1_epi32((int)0xFFFF0000u)));
}

static inline vf vf_swap_pairs(vf a) { return _mm512_permute_ps(a, 0xB1); }

static inline float vf_sum(vf a)
{
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline float vf_top(vf a)
{
    const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

static inline int vf_any(vf a) { return _mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_NEQ_UQ) != 0; }

static inline vd vd_zero(void) { const vd r = { _mm512_setzero_pd(), _mm512_setzero_pd() }; return r; }

static inline vd vd_addsq(vd s, vf a)
{
    const __m512d lo = _mm512_cvtps_pd(_mm512_castps512_ps256(a)), hi = _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1));
    s.lo = _mm512_fmadd_pd(lo, lo, s.lo);
    s.hi = _mm512_fmadd_pd(hi, hi, s.hi);
    return s;
}

static inline double vd_sum(vd s)
{
    const __m512d eight = _mm512_add_pd(s.lo, s.hi);
    const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

static inline vf vf_keep(const uint16_t *draws, uint32_t threshold, vf scale)
{
    const __m512i d = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)draws));
    return _mm512_maskz_mov_ps(_mm512_cmpge_epi32_mask(d, _mm512_set1_epi32((int)threshold)), scale);
}

static inline vf vf_split(vf a, vf *power)
{
    const __m512i bits = _mm512_castps_si512(a), e = _mm512_srai_epi32(_mm512_sub_epi32(bits, _mm512_set1_epi32(0x3F400000)), 23);
    *power = _mm512_cvtepi32_ps(e);
    return _mm512_castsi512_ps(_mm512_sub_epi32(bits, _mm512_slli_epi32(e, 23)));
}

static inline vq vq_set(uint64_t x) { return _mm512_set1_epi64((long long)x); }
static inline vq vq_load(const uint64_t *p) { return _mm512_loadu_si512(p); }
static inline vq vq_add(vq a, vq b) { return _mm512_add_epi64(a, b); }
static inline vq vq_sub(vq a, vq b) { return _mm512_sub_epi64(a, b); }
static inline vq vq_xor3(vq a, vq b, vq c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
static inline vq vq_mul(vq a, vq b) { return _mm512_mul_epu32(a, b); }
static inline vq vq_high(vq a) { return _mm512_srli_epi64(a, 32); }
static inline vq vq_sign(vq a) { return _mm512_srli_epi64(a, 63); }
static inline vq vq_join(vq low, vq high) { return _mm512_mask_blend_epi32(0xAAAA, low, _mm512_slli_epi64(high, 32)); }

static inline void vq_store_pairs(uint16_t *p, vq a, vq b)
{
    _mm512_storeu_si512(p, _mm512_permutex2var_epi64(a, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), b));
    _mm512_storeu_si512(p + 32, _mm512_permutex2var_epi64(a, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), b));
}

/* 4 x 4 blocks inside the 128-bit lanes first, then the lanes among themselves */
static inline void vf_transpose(vf r[VW])
{
    vf t[VW], s[VW];

    for (int i = 0; i < 16; i += 4) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
        t[i + 2] = _mm512_unpacklo_ps(r[i + 2], r[i + 3]);
        t[i + 3] = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
        s[i] = _mm512_shuffle_ps(t[i], t[i + 2], _MM_SHUFFLE(1, 0, 1, 0));
        s[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], _MM_SHUFFLE(3, 2, 3, 2));
        s[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], _MM_SHUFFLE(1, 0, 1, 0));
        s[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], _MM_SHUFFLE(3, 2, 3, 2));
    }
    for (int i = 0; i < 4; i++) { /* s[i], s[4+i], s[8+i], s[12+i]: lane j is rows 0-3, 4-7, .. of column 4j+i */
        const vf a = _mm512_shuffle_f32x4(s[i], s[4 + i], 0x88), b = _mm512_shuffle_f32x4(s[i], s[4 + i], 0xDD);
        const vf c = _mm512_shuffle_f32x4(s[8 + i], s[12 + i], 0x88), d = _mm512_shuffle_f32x4(s[8 + i], s[12 + i], 0xDD);
        r[i] = _mm512_shuffle_f32x4(a, c, 0x88);
        r[4 + i] = _mm512_shuffle_f32x4(b, d, 0x88);
        r[8 + i] = _mm512_shuffle_f32x4(a, c, 0xDD);
        r[12 + i] = _mm512_shuffle_f32x4(b, d, 0xDD);
    }
}
#endif
