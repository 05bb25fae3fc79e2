/* peak_avx512bf16.c - the peak probe with AVX-512's products of pairs of bf16. */
#define VEC_DOT 1
#include "model/backend/cpu/vec_avx512.h"

#define PEAK_TABLE gr_peak_avx512bf16
#define PEAK_CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define PEAK_STEP(s, a, b) vf_dot(a, b, s)
#define PEAK_TERMS 2
#include "model/backend/timed/peak.inc"
