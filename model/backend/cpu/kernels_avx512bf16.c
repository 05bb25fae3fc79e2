/* kernels_avx512bf16.c - the kernels for AVX-512 with products of pairs of bf16. */
#define VEC_DOT 1
#include "model/backend/cpu/vec_avx512.h"

#include "model/backend/cpu/kernels.inc"
