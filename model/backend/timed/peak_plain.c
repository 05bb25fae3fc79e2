/* peak_plain.c - the peak probe with the plain vectors. */
#include "model/backend/cpu/vec_plain.h"

#define PEAK_TABLE gr_peak_plain
#define PEAK_CHAINS(X) X(0) X(1)
#include "model/backend/timed/peak.inc"
