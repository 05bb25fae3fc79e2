/* attention.c - one task a (sequence, head); the longest sequences are not told apart, so a batch of very
 * unequal lengths may leave a thread waiting at its end. */
#include "model/backend/cpu/cpu.h"

typedef struct job {
    gr_ctx             *c;
    const gr_attn_args *a;
    gr_cpu_scratch      mem;
} job;

static float *own(const job *j, int thread)
{
    return (float *)(void *)(j->mem.thread + (size_t)thread * j->mem.thread_bytes);
}

static void fwd_task(void *arg, size_t task, int thread)
{
    const job *j = arg;

    gr_cpu_k(j->c)->attention_fwd(j->a, (int32_t)(task / (size_t)j->a->heads), (int32_t)(task % (size_t)j->a->heads), own(j, thread));
}

static void bwd_task(void *arg, size_t task, int thread)
{
    const job *j = arg;

    gr_cpu_k(j->c)->attention_bwd(j->a, (int32_t)(task / (size_t)j->a->heads), (int32_t)(task % (size_t)j->a->heads), own(j, thread));
}

static void run(gr_ctx *c, const gr_attn_args *a, gr_pool_fn task, const char *op)
{
    job j = { .c = c, .a = a, .mem = gr_cpu_scratch_of(c) };
    const size_t need = gr_cpu_k(c)->attention_scratch((size_t)a->b->max_len, (size_t)(a->hidden / a->heads));

    if (!c->scratch || need * sizeof(float) > j.mem.thread_bytes) {
        gr_host_fail(c, GR_E_INTERNAL, "%s: sequences of %d tokens and heads of %d were not reserved", op, a->b->max_len,
                     a->hidden / a->heads);
        return;
    }
    gr_pool_run(c->pool, (size_t)a->b->n_rows * (size_t)a->heads, task, &j);
}

void gr_cpu_attention_fwd(gr_ctx *c, const gr_attn_args *a)
{
    run(c, a, fwd_task, "attention_fwd");
}

void gr_cpu_attention_bwd(gr_ctx *c, const gr_attn_args *a)
{
    run(c, a, bwd_task, "attention_bwd");
}
