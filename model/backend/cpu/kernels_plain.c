/* kernels_plain.c - the kernels for any processor: plain C, one order of operations. */
#include "model/backend/cpu/vec_plain.h"

#include "model/backend/cpu/kernels.inc"
