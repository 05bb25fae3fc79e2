/* machine.c - see machine.h. */
#include "harness/machine.h"

#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "model/backend/backend.h"

void gr_machine_cpu(char *out, size_t cap)
{
    FILE *f = fopen("/proc/cpuinfo", "rb");
    char line[512];

    out[0] = '\0';
    while (f && !out[0] && fgets(line, sizeof line, f)) {
        const char *colon = strchr(line, ':');
        gr_sv v;
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        v = gr_sv_trim(gr_sv_from(colon + 1));
        (void)snprintf(out, cap, "%.*s", GR_SV_FMT(v));
    }
    if (f) (void)fclose(f);
}

void gr_machine_blas(char *out, size_t cap)
{
    const gr_backend *b = gr_backend_find("cpu");

    (void)snprintf(out, cap, "%s", b ? b->about : "");
}

#if defined(__x86_64__)
void gr_machine_features(char *out, size_t cap)
{
    const char *sets = "sse2";

    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets = "avx2";
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) sets = "avx512 avx2";
    (void)snprintf(out, cap, "%s", sets);
}
#else
void gr_machine_features(char *out, size_t cap)
{
    (void)snprintf(out, cap, "%s", "");
}
#endif
