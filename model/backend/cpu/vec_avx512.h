/* vec_avx512.h - vectors of sixteen floats: AVX-512 F, BW, DQ, VL. See vec_plain.h for what each
 * function means. */
#ifndef GR_MODEL_BACKEND_CPU_VEC_AVX512_H
#define GR_MODEL_BACKEND_CPU_VEC_AVX512_H
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum { VW = 16, MR = 14, DRAW_BLOCKS = 16 };
#define VEC_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
#define VEC_TABLE gr_cpu_avx512
#define VEC_NAME "avx512"

typedef __m512 vf;
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
static inline vf vf_round(vf a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
static inline vf vf_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
static inline vf vf_select_lt(vf x, vf y, vf a, vf b) { return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, y, _CMP_LT_OQ), b, a); }
static inline vf vf_copysign(vf a, vf sign) { return _mm512_or_ps(_mm512_abs_ps(a), _mm512_and_ps(_mm512_set1_ps(-0.0f), sign)); }
static inline vf vf_scale2(vf a, vf n) { return _mm512_scalef_ps(a, n); }
static inline vf vf_fill(vf a, size_t n, float fill) { return _mm512_mask_blend_ps(first_lanes(n), vf_set(fill), a); }
static inline float vf_sum(vf a) { return _mm512_reduce_add_ps(a); }
static inline float vf_top(vf a) { return _mm512_reduce_max_ps(a); }

static inline vd vd_zero(void) { const vd r = { _mm512_setzero_pd(), _mm512_setzero_pd() }; return r; }

static inline vd vd_addsq(vd s, vf a)
{
    const __m512d lo = _mm512_cvtps_pd(_mm512_castps512_ps256(a)), hi = _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1));
    s.lo = _mm512_fmadd_pd(lo, lo, s.lo);
    s.hi = _mm512_fmadd_pd(hi, hi, s.hi);
    return s;
}

static inline double vd_sum(vd s) { return _mm512_reduce_add_pd(_mm512_add_pd(s.lo, s.hi)); }

static inline vf vf_keep(const uint16_t *draws, uint32_t threshold, vf scale)
{
    const __m512i d = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)draws));
    return _mm512_maskz_mov_ps(_mm512_cmpge_epi32_mask(d, _mm512_set1_epi32((int)threshold)), scale);
}

/* High and low halves of the 32 x 32 bit products */
static inline void mul_wide(__m512i *hi, __m512i *lo, __m512i a, __m512i m)
{
    const __m512i even = _mm512_mul_epu32(a, m), odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), m);
    *hi = _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd);
    *lo = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
}

static inline void philox_draws(uint16_t *out, uint32_t block, uint32_t position, uint32_t slot, uint32_t lane, const uint32_t key[2])
{
    /* The unpacks below leave block 4 j + i of the counters at place 4 i + j: number them so. */
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i c0 = _mm512_add_epi32(_mm512_set1_epi32((int)block), order);
    __m512i c1 = _mm512_set1_epi32((int)position), c2 = _mm512_set1_epi32((int)slot), c3 = _mm512_set1_epi32((int)lane);
    __m512i k0 = _mm512_set1_epi32((int)key[0]), k1 = _mm512_set1_epi32((int)key[1]), ab, cd, ef, gh;

    for (int r = 0; r < 10; r++) {
        __m512i h0, l0, h1, l1;
        mul_wide(&h0, &l0, c0, _mm512_set1_epi32((int)0xD2511F53u));
        mul_wide(&h1, &l1, c2, _mm512_set1_epi32((int)0xCD9E8D57u));
        c0 = _mm512_xor_si512(_mm512_xor_si512(h1, c1), k0);
        c2 = _mm512_xor_si512(_mm512_xor_si512(h0, c3), k1);
        c1 = l1;
        c3 = l0;
        k0 = _mm512_add_epi32(k0, _mm512_set1_epi32((int)0x9E3779B9u));
        k1 = _mm512_add_epi32(k1, _mm512_set1_epi32((int)0xBB67AE85u));
    }
    ab = _mm512_unpacklo_epi32(c0, c1);
    cd = _mm512_unpacklo_epi32(c2, c3);
    ef = _mm512_unpackhi_epi32(c0, c1);
    gh = _mm512_unpackhi_epi32(c2, c3);
    _mm512_storeu_si512(out, _mm512_unpacklo_epi64(ab, cd));
    _mm512_storeu_si512(out + 32, _mm512_unpackhi_epi64(ab, cd));
    _mm512_storeu_si512(out + 64, _mm512_unpacklo_epi64(ef, gh));
    _mm512_storeu_si512(out + 96, _mm512_unpackhi_epi64(ef, gh));
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
