/* peak_avx512.c - the peak probe with the avx512 vectors. */
#include "model/backend/cpu/vec_avx512.h"

#define PEAK_TABLE gr_peak_avx512
#define PEAK_CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#include "model/backend/timed/peak.inc"
