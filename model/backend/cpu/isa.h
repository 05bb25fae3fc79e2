/* isa.h - which kernels this build has and this processor can run. */
#ifndef GR_MODEL_BACKEND_CPU_ISA_H
#define GR_MODEL_BACKEND_CPU_ISA_H
#include "model/backend/cpu/kernels.h"

const gr_cpu_kernels *gr_cpu_isa_best(void);
const gr_cpu_kernels *gr_cpu_isa_find(const char *name); /* NULL: unknown, or the processor lacks it */
const char           *gr_cpu_isa_names(void);            /* "plain, exact, avx2, avx512, avx512bf16" as far as they run here */
/* The kernels to use in k's place where bits must not depend on the processor: exact for plain, else k. */
const gr_cpu_kernels *gr_cpu_isa_exact(const gr_cpu_kernels *k);
/* Those for products of bf16: pairs at a time where the processor is quicker at that than at floats, else k. */
const gr_cpu_kernels *gr_cpu_isa_bf16(const gr_cpu_kernels *k);
#endif
