/* kernels_avx512.c - the kernels for AVX-512. */
#include "model/backend/cpu/vec_avx512.h"

#include "model/backend/cpu/kernels.inc"
