/* kept.c - weights that will not change, packed once for all products to come.
 *
 * linear_fwd notes the weights that it reads; keep_weights packs the noted ones as the lanes of gemm.c would: the same
 * numbers in the same panels, so the bits of a product are the same. In a product of few rows most of the time goes into
 * packing the weights. */
#include <stdlib.h>

#include "base/pages.h"
#include "model/backend/cpu/cpu.h"

enum { MOST = 512 }; /* weights; further ones are packed anew by each product */

typedef struct weight {
    const float *w; /* (n,k) */
    size_t       n, k;
    float       *panels;
} weight;

struct gr_cpu_kept {
    weight weight[MOST];
    size_t n;
    void  *memory; /* of all panels; NULL: nothing is kept yet, and weights are noted */
    size_t bytes;
};

gr_cpu_kept *gr_cpu_kept_new(void) { return calloc(1, sizeof(gr_cpu_kept)); }

size_t gr_cpu_panel_floats(const gr_cpu_kernels *kern, bool bf16, size_t n, size_t k)
{
    return (n + kern->nr - 1) / kern->nr * kern->nr * gr_cpu_lines(kern, bf16, k);
}

/* Floats of a whole weight: the panels of one part after another. */
static size_t floats_of(const gr_ctx *c, const weight *w)
{
    const size_t part = gr_cpu_part(w->k);
    size_t floats = GR_CPU_PACK_SLACK;

    for (size_t k0 = 0; k0 < w->k; k0 += part) floats += gr_cpu_panel_floats(gr_cpu_k(c), c->bf16, w->n, w->k - k0 < part ? w->k - k0 : part);
    return (floats + 15) / 16 * 16;
}

const float *gr_cpu_kept_panels(gr_ctx *c, const float *w, size_t n, size_t k)
{
    gr_cpu_kept *kept = c->kept;

    if (c->provider) return NULL;
    for (size_t i = 0; i < kept->n; i++)
        if (kept->weight[i].w == w && kept->weight[i].n == n && kept->weight[i].k == k) return kept->weight[i].panels;
    if (!kept->memory && kept->n < MOST) kept->weight[kept->n++] = (weight){ .w = w, .n = n, .k = k };
    return NULL;
}

static void pack_task(void *arg, size_t i, int thread)
{
    gr_ctx *c = arg;
    const weight *w = &((gr_cpu_kept *)c->kept)->weight[i];
    const size_t part = gr_cpu_part(w->k);
    float *to = w->panels;

    (void)thread;
    for (size_t k0 = 0; k0 < w->k; k0 += part) {
        const size_t k = w->k - k0 < part ? w->k - k0 : part;

        gr_cpu_k(c)->pack_b[c->bf16](to, w->w + k0, 1, w->k, k, w->n);
        to += gr_cpu_panel_floats(gr_cpu_k(c), c->bf16, w->n, k);
    }
}

static void forget(gr_ctx *c, gr_cpu_kept *kept)
{
    if (kept->memory) gr_pages_free(kept->memory, kept->bytes);
    c->bytes -= kept->bytes;
    *kept = (gr_cpu_kept){ .n = 0 };
}

void gr_cpu_keep_weights(gr_ctx *c, bool keep)
{
    gr_cpu_kept *kept = c->kept;
    size_t floats = 0;
    float *to;

    if (!keep) {
        forget(c, kept);
        return;
    }
    if (kept->memory || kept->n == 0) return;
    for (size_t i = 0; i < kept->n; i++) floats += floats_of(c, &kept->weight[i]);
    kept->memory = gr_pages_alloc(floats * sizeof(float));
    if (!kept->memory) return; /* then each product goes on packing for itself */
    kept->bytes = floats * sizeof(float);
    c->bytes += kept->bytes;
    gr_pages_large(kept->memory, kept->bytes);
    to = kept->memory;
    for (size_t i = 0; i < kept->n; i++) {
        kept->weight[i].panels = to;
        to += floats_of(c, &kept->weight[i]);
    }
    gr_pool_run(c->pool, kept->n, pack_task, c);
}

void gr_cpu_kept_free(gr_ctx *c)
{
    if (!c->kept) return;
    forget(c, c->kept);
    free(c->kept);
    c->kept = NULL;
}
