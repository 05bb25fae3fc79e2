/* peak.h - the inner loop of the peak probe, one an instruction set. Private to model/backend/timed. */
#ifndef GR_MODEL_BACKEND_TIMED_PEAK_H
#define GR_MODEL_BACKEND_TIMED_PEAK_H
#include <stddef.h>

typedef struct gr_peak_kernel {
    const char *name;
    double (*multiply_adds)(size_t rounds, float *sink); /* returns the operations done */
} gr_peak_kernel;

extern const gr_peak_kernel gr_peak_plain, gr_peak_avx2, gr_peak_avx512, gr_peak_avx512bf16;
const gr_peak_kernel *gr_peak_kernel_of(const char *isa); /* by the name of a kernel table; the plain one when unknown */
const gr_peak_kernel *gr_peak_kernel_bf16(void);          /* NULL: this build or processor has none */
#endif
