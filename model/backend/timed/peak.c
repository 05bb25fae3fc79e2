/* peak.c - what the machine can do at most: multiply-adds on registers, and memory; see timed.h. Each figure is the best of several
 * short bursts, because a neighbour on the same core only ever takes away. */
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"
#include "base/progress.h"
#include "model/backend/cpu/isa.h"
#include "model/backend/host.h"
#include "model/backend/timed/peak.h"
#include "model/backend/timed/timed.h"

enum { BURSTS = 12, ROUNDS = 400000, MAX_THREADS = 256, LINE_FLOATS = 16 };
static const size_t FLOATS = (size_t)16 << 20, BYTES = sizeof(float) << 24; /* a slab: larger than a cache */

typedef struct probe {
    const gr_peak_kernel *k;
    size_t  threads, count;  /* floats a slab */
    float  *x, *y, *sink;
    double  flops[MAX_THREADS];
} probe;

static void fma_task(void *arg, size_t task, int thread)
{
    probe *p = arg;

    (void)thread;
    p->flops[task] = p->k->multiply_adds(ROUNDS, p->sink + task * LINE_FLOATS);
}

static size_t part_of(const probe *p, size_t task, size_t *n)
{
    const size_t each = p->count / p->threads / LINE_FLOATS * LINE_FLOATS;

    *n = task + 1 == p->threads ? p->count - task * each : each;
    return task * each;
}

/* Four sums: the loads, not the additions, are what takes the time. */
static void read_task(void *arg, size_t task, int thread)
{
    const probe *p = arg;
    size_t n;
    const float *x = p->x + part_of(p, task, &n);
    float s[LINE_FLOATS] = { 0 };

    (void)thread;
    for (size_t i = 0; i + LINE_FLOATS <= n; i += LINE_FLOATS)
        for (size_t j = 0; j < LINE_FLOATS; j++) s[j] += x[i + j];
    for (size_t j = 0; j < LINE_FLOATS; j++) p->sink[task * LINE_FLOATS] += s[j];
}

static void update_task(void *arg, size_t task, int thread)
{
    const probe *p = arg;
    size_t n;
    const size_t at = part_of(p, task, &n);
    float *restrict x = p->x + at;
    const float *restrict y = p->y + at;

    (void)thread;
    for (size_t i = 0; i < n; i++) x[i] = 0.5f * x[i] + y[i];
}

static double best_seconds(gr_pool *pool, probe *p, gr_pool_fn fn)
{
    double best = 1e9;

    for (int i = 0; i < BURSTS; i++) {
        const double t0 = gr_clock_seconds();
        double s;

        gr_pool_run(pool, p->threads, fn, p);
        s = gr_clock_seconds() - t0;
        if (s < best) best = s;
    }
    return best;
}

#if defined(GR_X86_64)
const gr_peak_kernel *gr_peak_kernel_of(const char *isa)
{
    if (strcmp(isa, "avx512bf16") == 0) return &gr_peak_avx512bf16;
    if (strcmp(isa, "avx512") == 0) return &gr_peak_avx512;
    return strcmp(isa, "avx2") == 0 ? &gr_peak_avx2 : &gr_peak_plain;
}

const gr_peak_kernel *gr_peak_kernel_bf16(void) { return gr_cpu_isa_find("avx512bf16") ? &gr_peak_avx512bf16 : NULL; }
#else
const gr_peak_kernel *gr_peak_kernel_of(const char *isa)
{
    (void)isa;
    return &gr_peak_plain;
}

const gr_peak_kernel *gr_peak_kernel_bf16(void) { return NULL; }
#endif

static double multiply_rate(gr_pool *pool, probe *p, const gr_peak_kernel *k)
{
    double seconds, flops = 0.0;

    p->k = k;
    seconds = best_seconds(pool, p, fma_task);
    for (size_t i = 0; i < p->threads; i++) flops += p->flops[i];
    return flops / seconds / 1e9;
}

gr_status gr_peak_measure(gr_peak *out, gr_pool *pool, gr_err *err)
{
    const int threads = gr_pool_threads(pool);
    const gr_peak_kernel *const k = gr_peak_kernel_of(gr_cpu_isa_best()->name), *const bf16 = gr_peak_kernel_bf16();
    probe p = { .threads = (size_t)(threads < MAX_THREADS ? threads : MAX_THREADS), .count = FLOATS };

    p.x = gr_pages_alloc(BYTES);
    p.y = gr_pages_alloc(BYTES);
    p.sink = calloc(p.threads * LINE_FLOATS, sizeof *p.sink);
    if (!p.x || !p.y || !p.sink) {
        gr_pages_free(p.x, BYTES);
        gr_pages_free(p.y, BYTES);
        free(p.sink);
        return gr_fail(err, GR_E_NOMEM, "out of memory for the peak probe");
    }
    gr_pages_large(p.x, BYTES); /* as slabs lie */
    gr_pages_large(p.y, BYTES);
    for (size_t i = 0; i < FLOATS; i++) p.x[i] = p.y[i] = 1.0f; /* pages of their own, not the zero page */
    *out = (gr_peak){ .isa = k->name, .gflops = multiply_rate(pool, &p, k) };
    if (bf16) out->bf16_gflops = multiply_rate(pool, &p, bf16);
    out->read_gb = (double)FLOATS * sizeof(float) / best_seconds(pool, &p, read_task) / 1e9;
    out->update_gb = 3.0 * (double)FLOATS * sizeof(float) / best_seconds(pool, &p, update_task) / 1e9;
    gr_pages_free(p.x, BYTES);
    gr_pages_free(p.y, BYTES);
    free(p.sink);
    return GR_OK;
}
