/* kernels_plain.c - the kernels for any processor: plain C; a multiply-add rounds twice. */
#include "model/backend/cpu/vec_plain.h"

#include "model/backend/cpu/kernels.inc"
