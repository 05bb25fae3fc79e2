/* firsts.c - attention of first tokens to plain rows: one task for each sequence, with all heads together, since they read
 * the same rows. */
#include <string.h>

#include "model/backend/cpu/cpu.h"

typedef struct job {
    gr_ctx               *c;
    const gr_firsts_args *a;
    gr_cpu_scratch        mem;
    gr_cpu_relative       rel; /* a group is one sequence; parts 0: no sums */
} job;

static void fwd_task(void *arg, size_t row, int thread)
{
    const job *j = arg;

    gr_cpu_k(j->c)->firsts_fwd(j->a, (int32_t)row, gr_cpu_area(&j->mem, thread));
}

static void bwd_task(void *arg, size_t row, int thread)
{
    const job *j = arg;
    float *sums = j->rel.parts > 0 ? gr_cpu_relative_sums(&j->mem, j->rel, (size_t)j->a->heads, row, 0) : NULL;

    if (sums) memset(sums, 0, (size_t)j->a->heads * j->rel.stride * sizeof *sums);
    gr_cpu_k(j->c)->firsts_bwd(j->a, (int32_t)row, gr_cpu_area(&j->mem, thread), sums, j->rel.stride);
}

static bool prepared(job *j, gr_ctx *c, const gr_firsts_args *a, bool backward, const char *op)
{
    const size_t need = gr_cpu_k(c)->firsts_scratch((size_t)a->b->max_len, (size_t)a->hidden, (size_t)a->heads);

    *j = (job){ .c = c, .a = a, .mem = gr_cpu_scratch_of(c) };
    if (backward && a->drel) j->rel = gr_cpu_relative_of(GR_ATTN_BIAS_BUCKETS, (size_t)a->b->n_rows, (size_t)a->rel_rows, 0);
    if (c->scratch && need * sizeof(float) <= j->mem.thread_bytes && j->rel.parts * (size_t)a->heads * j->rel.stride <= j->mem.relative_floats) return true;
    gr_host_fail(c, GR_E_INTERNAL, "%s: sequences of %d tokens, %d heads, rows of %d and %d rows of a bias were not reserved", op, a->b->max_len,
                 a->heads, a->hidden, a->rel_rows);
    return false;
}

void gr_cpu_attend_firsts_fwd(gr_ctx *c, const gr_firsts_args *a)
{
    job j;

    if (prepared(&j, c, a, false, "attend_firsts_fwd")) gr_pool_run(c->pool, (size_t)a->b->n_rows, fwd_task, &j);
}

void gr_cpu_attend_firsts_bwd(gr_ctx *c, const gr_firsts_args *a)
{
    job j;

    if (!prepared(&j, c, a, true, "attend_firsts_bwd")) return;
    gr_pool_run(c->pool, (size_t)a->b->n_rows, bwd_task, &j);
    if (j.rel.parts > 0) gr_cpu_add_buckets(c, j.rel, a->drel, (size_t)a->rel_rows, (size_t)a->heads);
}
