/* attention.c - one task for each sequence and head. Lengths are not balanced, so in a batch of very unequal lengths
 * threads may wait for one another at the end.
 *
 * When the bias has a gradient, a task of backward is a group of sequences and a head. It has sums of its own, which are
 * added up group by group; the groups are cut by the number of sequences alone. */
#include <string.h>

#include "model/backend/cpu/cpu.h"

typedef struct job {
    gr_ctx             *c;
    const gr_attn_args *a;
    gr_cpu_scratch      mem;
    gr_cpu_relative     rel; /* parts 0: no sums */
} job;

static float *sums_of(const job *j, size_t part, size_t head)
{
    return gr_cpu_relative_sums(&j->mem, j->rel, (size_t)j->a->heads, part, head);
}

static void fwd_task(void *arg, size_t task, int thread)
{
    const job *j = arg;

    gr_cpu_k(j->c)->attention_fwd(j->a, (int32_t)(task / (size_t)j->a->heads), (int32_t)(task % (size_t)j->a->heads), gr_cpu_area(&j->mem, thread));
}

static void bwd_task(void *arg, size_t task, int thread)
{
    const job *j = arg;

    gr_cpu_k(j->c)->attention_bwd(j->a, (int32_t)(task / (size_t)j->a->heads), (int32_t)(task % (size_t)j->a->heads), gr_cpu_area(&j->mem, thread), NULL);
}

/* Backward of a group of sequences, one head. */
static void group_task(void *arg, size_t task, int thread)
{
    const job *j = arg;
    const size_t rows = (size_t)j->a->b->n_rows, part = task / (size_t)j->a->heads, head = task % (size_t)j->a->heads;
    float *sums = sums_of(j, part, head);

    memset(sums, 0, j->rel.stride * sizeof *sums);
    for (size_t row = part * rows / j->rel.parts; row < (part + 1) * rows / j->rel.parts; row++)
        gr_cpu_k(j->c)->attention_bwd(j->a, (int32_t)row, (int32_t)head, gr_cpu_area(&j->mem, thread), sums);
}

/* ---- the sums of the groups to the gradient ---- */

typedef struct bucket_job {
    gr_cpu_scratch  mem;
    gr_cpu_relative rel;
    float          *drel;
    size_t          heads;
} bucket_job;

/* Row r of the table of buckets. */
static void bucket_task(void *arg, size_t r, int thread)
{
    const bucket_job *j = arg;

    (void)thread;
    for (size_t head = 0; head < j->heads; head++) {
        float sum = 0.0f;

        for (size_t part = 0; part < j->rel.parts; part++) sum += gr_cpu_relative_sums(&j->mem, j->rel, j->heads, part, head)[r];
        j->drel[r * j->heads + head] += sum;
    }
}

void gr_cpu_add_buckets(gr_ctx *c, gr_cpu_relative rel, void *drel, size_t rel_rows, size_t heads)
{
    bucket_job j = { .mem = gr_cpu_scratch_of(c), .rel = rel, .drel = drel, .heads = heads };

    gr_pool_run(c->pool, rel_rows, bucket_task, &j);
}

/* Row r of drel_keys and of drel_queries, which are set. */
static void matrix_task(void *arg, size_t r, int thread)
{
    const job *j = arg;
    const gr_attn_args *a = j->a;
    const size_t d = (size_t)(a->hidden / a->heads);
    void *const to[2] = { a->drel_keys, a->drel_queries };

    (void)thread;
    for (size_t side = 0; side < 2; side++) {
        const size_t at = (side * (size_t)a->rel_rows + r) * d;

        for (size_t head = 0; to[side] && head < (size_t)a->heads; head++) {
            float *out = (float *)to[side] + r * (size_t)a->rel_stride + head * d;

            memcpy(out, sums_of(j, 0, head) + at, d * sizeof *out);
            for (size_t part = 1; part < j->rel.parts; part++) gr_cpu_k(j->c)->add(out, sums_of(j, part, head) + at, d);
        }
    }
}

static bool prepared(job *j, gr_ctx *c, const gr_attn_args *a, const char *op)
{
    const size_t d = (size_t)(a->hidden / a->heads), need = gr_cpu_k(c)->attention_scratch((size_t)a->b->max_len, d, a->bias);
    const bool wanted = a->drel || a->drel_keys || a->drel_queries;

    *j = (job){ .c = c, .a = a, .mem = gr_cpu_scratch_of(c) };
    if (wanted) j->rel = gr_cpu_relative_of(a->bias, (size_t)a->b->n_rows, (size_t)a->rel_rows, d);
    if (c->scratch && need * sizeof(float) <= j->mem.thread_bytes && j->rel.parts * (size_t)a->heads * j->rel.stride <= j->mem.relative_floats) return true;
    gr_host_fail(c, GR_E_INTERNAL, "%s: sequences of %d tokens, heads of %d and %d rows of a bias were not reserved", op, a->b->max_len, (int)d,
                 a->rel_rows);
    return false;
}

void gr_cpu_attention_fwd(gr_ctx *c, const gr_attn_args *a)
{
    job j;

    if (prepared(&j, c, a, "attention_fwd")) gr_pool_run(c->pool, (size_t)a->b->n_rows * (size_t)a->heads, fwd_task, &j);
}

void gr_cpu_attention_bwd(gr_ctx *c, const gr_attn_args *a)
{
    job j;

    if (!prepared(&j, c, a, "attention_bwd")) return;
    if (j.rel.parts == 0) {
        gr_pool_run(c->pool, (size_t)a->b->n_rows * (size_t)a->heads, bwd_task, &j);
        return;
    }
    gr_pool_run(c->pool, j.rel.parts * (size_t)a->heads, group_task, &j);
    if (a->bias == GR_ATTN_BIAS_BUCKETS) gr_cpu_add_buckets(c, j.rel, a->drel, (size_t)a->rel_rows, (size_t)a->heads);
    else gr_pool_run(c->pool, (size_t)a->rel_rows, matrix_task, &j);
}
