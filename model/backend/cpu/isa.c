/* isa.c - see isa.h. */
#include "model/backend/cpu/isa.h"

#include <string.h>

#if defined(GR_X86_64)

/* The compiler's check includes whether the system saves the wide registers. */
static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static int has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

static int has_avx512bf16(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512bf16");
}

const gr_cpu_kernels *gr_cpu_isa_find(const char *name)
{
    if (strcmp(name, "plain") == 0) return &gr_cpu_plain;
    if (strcmp(name, "exact") == 0) return &gr_cpu_exact;
    if (strcmp(name, "avx2") == 0 && has_avx2()) return &gr_cpu_avx2;
    if (strcmp(name, "avx512") == 0 && has_avx512()) return &gr_cpu_avx512;
    if (strcmp(name, "avx512bf16") == 0 && has_avx512bf16()) return &gr_cpu_avx512bf16;
    return NULL;
}

const gr_cpu_kernels *gr_cpu_isa_best(void)
{
    return has_avx512() ? &gr_cpu_avx512 : has_avx2() ? &gr_cpu_avx2 : &gr_cpu_plain;
}

/* Pairs run at twice the rate of floats on Zen 4 and 5 and at half of it on Sapphire and Emerald Rapids (measured: 85
 * against 174 GFLOP/s a core), where floats rounded to bf16 are the quicker way to the same bits. */
const gr_cpu_kernels *gr_cpu_isa_bf16(const gr_cpu_kernels *k)
{
    return k == &gr_cpu_avx512 && has_avx512bf16() && __builtin_cpu_is("amd") ? &gr_cpu_avx512bf16 : k;
}

const char *gr_cpu_isa_names(void)
{
    if (has_avx512bf16()) return "plain, exact, avx2, avx512, avx512bf16";
    return has_avx512() ? "plain, exact, avx2, avx512" : has_avx2() ? "plain, exact, avx2" : "plain, exact";
}

#else

const gr_cpu_kernels *gr_cpu_isa_find(const char *name)
{
    return strcmp(name, "plain") == 0 ? &gr_cpu_plain : strcmp(name, "exact") == 0 ? &gr_cpu_exact : NULL;
}

const gr_cpu_kernels *gr_cpu_isa_best(void) { return &gr_cpu_plain; }
const gr_cpu_kernels *gr_cpu_isa_bf16(const gr_cpu_kernels *k) { return k; }
const char *gr_cpu_isa_names(void) { return "plain, exact"; }

#endif

const gr_cpu_kernels *gr_cpu_isa_exact(const gr_cpu_kernels *k) { return k == &gr_cpu_plain ? &gr_cpu_exact : k; }
