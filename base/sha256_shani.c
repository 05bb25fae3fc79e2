/* sha256_shani.c - SHA-256's block function with the SHA instructions of x86-64; the plain twin is
 * gr_sha256_plain. Built for that instruction set alone and called only where gr_sha256_has_shani says so. */
#include <cpuid.h>
#include <immintrin.h>

#include "base/sha256_block.h"

/* w[t] of four rounds from the sixteen before: w holds four vectors, in a ring. */
static inline __m128i schedule(const __m128i w[4], int i)
{
    const __m128i s0 = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
    const __m128i t7 = _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4);

    return _mm_sha256msg2_epu32(_mm_add_epi32(s0, t7), w[(i + 3) & 3]);
}

void gr_sha256_shani(uint32_t h[8], const uint8_t *p, size_t n)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203); /* big-endian words */
    const __m128i dcba = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)h), 0xB1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(h + 4)), 0x1B);
    __m128i abef = _mm_alignr_epi8(dcba, hgfe, 8), cdgh = _mm_blend_epi16(hgfe, dcba, 0xF0); /* as the instructions want them */
    __m128i t;

    for (; n; n--, p += 64) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w[4];

        for (int i = 0; i < 16; i++) { /* four rounds each */
            if (i < 4) w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(p + 16 * i)), swap);
            else w[i & 3] = schedule(w, i);
            t = _mm_add_epi32(w[i & 3], _mm_loadu_si128((const __m128i *)(gr_sha256_k + 4 * i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, t);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(t, 0x0E));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    abef = _mm_shuffle_epi32(abef, 0x1B); /* feba */
    cdgh = _mm_shuffle_epi32(cdgh, 0xB1); /* dchg */
    _mm_storeu_si128((__m128i *)h, _mm_blend_epi16(abef, cdgh, 0xF0));
    _mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(cdgh, abef, 8));
}

bool gr_sha256_has_shani(void)
{
    const unsigned ssse3 = 1u << 9, sse41 = 1u << 19, sha = 1u << 29;
    unsigned a, b, c, d;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & ssse3) || !(c & sse41)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sha);
}
