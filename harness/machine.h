/* machine.h - what the machine says of itself, for records and `glue-run env`. */
#ifndef GR_HARNESS_MACHINE_H
#define GR_HARNESS_MACHINE_H
#include <stddef.h>

void gr_machine_cpu(char *out, size_t cap);  /* model name, "" when unknown */
void gr_machine_features(char *out, size_t cap); /* instruction sets that kernels exist for: "avx512 avx2" */
void gr_machine_blas(char *out, size_t cap); /* "OpenBLAS 0.3.21 ... SkylakeX", "" when unknown */

#endif
