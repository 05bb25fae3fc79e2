/* kernels_avx2.c - the kernels for AVX2 and FMA. */
#include "model/backend/cpu/vec_avx2.h"

#include "model/backend/cpu/kernels.inc"
