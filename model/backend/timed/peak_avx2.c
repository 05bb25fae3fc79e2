/* peak_avx2.c - the peak probe with the avx2 vectors. */
#include "model/backend/cpu/vec_avx2.h"

#define PEAK_TABLE gr_peak_avx2
#define PEAK_CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5)
#include "model/backend/timed/peak.inc"
