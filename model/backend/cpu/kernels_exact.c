/* kernels_exact.c - the plain kernels with multiply-adds that round once: the same bits as AVX2 and AVX-512,
 * for --deterministic on a processor that has neither. */
#define VEC_EXACT
#include "model/backend/cpu/vec_plain.h"

#include "model/backend/cpu/kernels.inc"
