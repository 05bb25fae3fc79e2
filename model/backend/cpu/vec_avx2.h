/* vec_avx2.h - vectors of eight floats: AVX2 and FMA. See vec_plain.h for what each function means. */
#ifndef GR_MODEL_BACKEND_CPU_VEC_AVX2_H
#define GR_MODEL_BACKEND_CPU_VEC_AVX2_H
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum { VW = 8, MR = 6, DRAW_BLOCKS = 8 };
#define VEC_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define VEC_TABLE gr_cpu_avx2
#define VEC_NAME "avx2"

typedef __m256 vf;
typedef struct vd { __m256d lo, hi; } vd;

/* -1 in the first n lanes */
static inline __m256i first_lanes(size_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void vf_store(float *p, vf a) { _mm256_storeu_ps(p, a); }
static inline vf vf_set(float x) { return _mm256_set1_ps(x); }
static inline vf vf_zero(void) { return _mm256_setzero_ps(); }
static inline vf vf_loadn(const float *p, size_t n) { return _mm256_maskload_ps(p, first_lanes(n)); }
static inline void vf_storen(float *p, vf a, size_t n) { _mm256_maskstore_ps(p, first_lanes(n), a); }
static inline vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
static inline vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
static inline vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
static inline vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
static inline vf vf_sqrt(vf a) { return _mm256_sqrt_ps(a); }
static inline vf vf_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
static inline vf vf_round(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
static inline vf vf_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
static inline vf vf_select_lt(vf x, vf y, vf a, vf b) { return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, y, _CMP_LT_OQ)); }

static inline vf vf_fill(vf a, size_t n, float fill) { return _mm256_blendv_ps(vf_set(fill), a, _mm256_castsi256_ps(first_lanes(n))); }

static inline vf vf_copysign(vf a, vf sign)
{
    const vf bit = _mm256_set1_ps(-0.0f);
    return _mm256_or_ps(_mm256_andnot_ps(bit, a), _mm256_and_ps(bit, sign));
}

static inline vf vf_scale2(vf a, vf n)
{
    const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), bias = _mm256_set1_epi32(127);
    const vf s1 = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    const vf s2 = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(whole, half), bias), 23));
    return _mm256_mul_ps(_mm256_mul_ps(a, s1), s2);
}

static inline float vf_sum(vf a)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

static inline float vf_top(vf a)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

static inline vd vd_zero(void) { const vd r = { _mm256_setzero_pd(), _mm256_setzero_pd() }; return r; }

static inline vd vd_addsq(vd s, vf a)
{
    const __m256d lo = _mm256_cvtps_pd(_mm256_castps256_ps128(a)), hi = _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1));
    s.lo = _mm256_fmadd_pd(lo, lo, s.lo);
    s.hi = _mm256_fmadd_pd(hi, hi, s.hi);
    return s;
}

static inline double vd_sum(vd s)
{
    double d[4];
    _mm256_storeu_pd(d, _mm256_add_pd(s.lo, s.hi));
    return (d[0] + d[1]) + (d[2] + d[3]);
}

static inline vf vf_keep(const uint16_t *draws, uint32_t threshold, vf scale)
{
    const __m256i d = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)draws));
    const __m256i keep = _mm256_cmpgt_epi32(d, _mm256_set1_epi32((int)threshold - 1));
    return _mm256_and_ps(_mm256_castsi256_ps(keep), scale);
}

/* High and low halves of the 32 x 32 bit products */
static inline void mul_wide(__m256i *hi, __m256i *lo, __m256i a, __m256i m)
{
    const __m256i even = _mm256_mul_epu32(a, m), odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), m);
    *hi = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    *lo = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
}

static inline void philox_draws(uint16_t *out, uint32_t block, uint32_t position, uint32_t slot, uint32_t lane, const uint32_t key[2])
{
    /* The unpacks below leave block 4 j + i of the counters at place 2 i + j: number them so. */
    __m256i c0 = _mm256_add_epi32(_mm256_set1_epi32((int)block), _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7));
    __m256i c1 = _mm256_set1_epi32((int)position), c2 = _mm256_set1_epi32((int)slot), c3 = _mm256_set1_epi32((int)lane);
    __m256i k0 = _mm256_set1_epi32((int)key[0]), k1 = _mm256_set1_epi32((int)key[1]);
    __m256i *o = (__m256i *)(void *)out, ab, cd, ef, gh;

    for (int r = 0; r < 10; r++) {
        __m256i h0, l0, h1, l1;
        mul_wide(&h0, &l0, c0, _mm256_set1_epi32((int)0xD2511F53u));
        mul_wide(&h1, &l1, c2, _mm256_set1_epi32((int)0xCD9E8D57u));
        c0 = _mm256_xor_si256(_mm256_xor_si256(h1, c1), k0);
        c2 = _mm256_xor_si256(_mm256_xor_si256(h0, c3), k1);
        c1 = l1;
        c3 = l0;
        k0 = _mm256_add_epi32(k0, _mm256_set1_epi32((int)0x9E3779B9u));
        k1 = _mm256_add_epi32(k1, _mm256_set1_epi32((int)0xBB67AE85u));
    }
    ab = _mm256_unpacklo_epi32(c0, c1);
    cd = _mm256_unpacklo_epi32(c2, c3);
    ef = _mm256_unpackhi_epi32(c0, c1);
    gh = _mm256_unpackhi_epi32(c2, c3);
    _mm256_storeu_si256(o, _mm256_unpacklo_epi64(ab, cd));
    _mm256_storeu_si256(o + 1, _mm256_unpackhi_epi64(ab, cd));
    _mm256_storeu_si256(o + 2, _mm256_unpacklo_epi64(ef, gh));
    _mm256_storeu_si256(o + 3, _mm256_unpackhi_epi64(ef, gh));
}

static inline void vf_transpose(vf r[VW])
{
    vf t[VW], s[VW];

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
#endif
