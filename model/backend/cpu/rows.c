/* rows.c - ops that go row by row: dropout and LayerNorm, embeddings, gates, rotary positions, pooling.
 *
 * Forward tasks take ROWS rows. Backward tasks take the blocks of gr_cpu_block_rows, each with a row of
 * partial sums for the gains and biases, folded in block order. */
#include <string.h>

#include "model/backend/cpu/cpu.h"

enum { ROWS = 16, COLUMNS = 128 };

size_t gr_cpu_block_rows(size_t rows)
{
    const size_t share = (rows + GR_CPU_PARTIALS - 1) / GR_CPU_PARTIALS;

    return share > ROWS ? share : ROWS;
}

size_t gr_cpu_blocks(size_t rows)
{
    const size_t block = gr_cpu_block_rows(rows);

    return (rows + block - 1) / block;
}

bool gr_cpu_fits(gr_ctx *c, size_t partial_floats, const char *op)
{
    if (c->scratch && partial_floats <= gr_cpu_scratch_of(c).partial_floats) return true;
    gr_host_fail(c, GR_E_INTERNAL, "%s: rows of %zu were not reserved", op, partial_floats);
    return false;
}

/* ---- one way to run a row kernel over the pool ---- */

typedef enum op { EMBED_FWD, EMBED_BWD, NORM_FWD, NORM_BWD, DROPOUT, ROTARY, GATE_FWD, GATE_BWD } op;

typedef struct job {
    gr_ctx        *c;
    op             op;
    const void    *args;
    gr_cpu_scratch mem;
    size_t         rows, block;
    bool           sums; /* partial sums are wanted */
} job;

static void row_task(void *arg, size_t task, int thread)
{
    const job *j = arg;
    const gr_cpu_kernels *k = gr_cpu_k(j->c);
    const size_t from = task * j->block;
    const int32_t r0 = (int32_t)from, r1 = (int32_t)(from + j->block < j->rows ? from + j->block : j->rows);
    uint16_t *draws = gr_cpu_area(&j->mem, thread);
    float *partial = j->sums ? j->mem.partials + task * j->mem.partial_floats : NULL;

    switch (j->op) {
    case EMBED_FWD: k->embed_fwd(j->args, r0, r1, draws); break;
    case EMBED_BWD: k->embed_bwd(j->args, r0, r1, partial, draws); break;
    case NORM_FWD: k->add_norm_fwd(j->args, r0, r1, draws); break;
    case NORM_BWD: k->add_norm_bwd(j->args, r0, r1, partial, draws); break;
    case DROPOUT: k->dropout(j->args, r0, r1, draws); break;
    case ROTARY: k->rotary(j->args, r0, r1); break;
    case GATE_FWD: k->gate_fwd(j->args, j->c->bf16, r0, r1); break;
    case GATE_BWD: k->gate_bwd(j->args, j->c->bf16, r0, r1); break;
    }
}

/* Run an op over its rows. hidden 0: its kernel takes no scratch. False when the rows were not reserved. */
static bool run_rows(gr_ctx *c, op which, const void *args, int32_t rows, int32_t hidden, bool backward, bool sums)
{
    job j = { .c = c, .op = which, .args = args, .mem = gr_cpu_scratch_of(c), .rows = (size_t)rows, .sums = sums };

    if (hidden > 0 && !gr_cpu_fits(c, 2 * (size_t)hidden, "a row op")) return false;
    j.block = backward ? gr_cpu_block_rows(j.rows) : ROWS;
    gr_pool_run(c->pool, (j.rows + j.block - 1) / j.block, row_task, &j);
    return true;
}

typedef struct fold_job {
    gr_ctx        *c;
    gr_cpu_scratch mem;
    float         *out;
    size_t         n_blocks, at, n;
} fold_job;

static void fold_task(void *arg, size_t task, int thread)
{
    const fold_job *j = arg;
    const size_t from = task * COLUMNS, n = j->n - from < COLUMNS ? j->n - from : COLUMNS;

    (void)thread;
    gr_cpu_k(j->c)->fold(j->out + from, j->mem.partials + j->at + from, j->n_blocks, j->mem.partial_floats, n);
}

void gr_cpu_fold(gr_ctx *c, float *out, size_t n_blocks, size_t at, size_t n)
{
    fold_job j = { .c = c, .mem = gr_cpu_scratch_of(c), .out = out, .n_blocks = n_blocks, .at = at, .n = n };

    if (n_blocks > 0) gr_pool_run(c->pool, (n + COLUMNS - 1) / COLUMNS, fold_task, &j);
}

static void fold_norm(gr_ctx *c, int32_t rows, int32_t hidden, float *dgain, float *dbias)
{
    const size_t blocks = gr_cpu_blocks((size_t)rows), n = (size_t)hidden;

    if (dgain) gr_cpu_fold(c, dgain, blocks, 0, n);
    if (dbias) gr_cpu_fold(c, dbias, blocks, n, n);
}

/* ---- the ops ---- */

void gr_cpu_add_norm_fwd(gr_ctx *c, const gr_norm_args *a)
{
    (void)run_rows(c, NORM_FWD, a, a->b->n_tokens, a->hidden, false, false);
}

void gr_cpu_add_norm_bwd(gr_ctx *c, const gr_norm_args *a)
{
    const bool sums = a->dgain || a->dbias;

    if (run_rows(c, NORM_BWD, a, a->b->n_tokens, a->hidden, true, sums) && sums)
        fold_norm(c, a->b->n_tokens, a->hidden, a->dgain, a->dbias);
}

void gr_cpu_dropout(gr_ctx *c, const gr_drop_args *a)
{
    (void)run_rows(c, DROPOUT, a, a->per_token ? a->b->n_tokens : a->b->n_rows, a->hidden, false, false);
}

void gr_cpu_rotary(gr_ctx *c, const gr_rotary_args *a)
{
    (void)run_rows(c, ROTARY, a, a->b->n_tokens, 0, false, false);
}

void gr_cpu_gate_fwd(gr_ctx *c, const gr_gate_args *a)
{
    (void)run_rows(c, GATE_FWD, a, a->rows, 0, false, false);
}

void gr_cpu_gate_bwd(gr_ctx *c, const gr_gate_args *a)
{
    (void)run_rows(c, GATE_BWD, a, a->rows, 0, false, false);
}

void gr_cpu_embed_fwd(gr_ctx *c, const gr_embed_args *a)
{
    (void)run_rows(c, EMBED_FWD, a, a->b->n_tokens, a->hidden, false, false);
}

typedef struct scatter_job {
    gr_ctx              *c;
    const gr_embed_args *a;
} scatter_job;

enum { SCATTER = 64 }; /* sorted tokens of a task */

/* In the sorted tokens those of one id are a run. A task owns the runs that begin in its part, and follows the last one beyond it. */
static void word_task(void *arg, size_t task, int thread)
{
    const scatter_job *j = arg;
    const gr_dev_batch *b = j->a->b;
    const size_t n = (size_t)j->a->hidden, T = (size_t)b->n_tokens, end = (task + 1) * SCATTER;
    size_t i = task * SCATTER;

    (void)thread;
    if (i > 0)
        while (i < T && b->ids[b->by_id[i]] == b->ids[b->by_id[i - 1]]) i++;
    if (i >= end) return;
    for (; i < T && (i < end || b->ids[b->by_id[i]] == b->ids[b->by_id[i - 1]]); i++) {
        const size_t t = (size_t)b->by_id[i];

        if (b->ids[t] == j->a->pad_id) continue;
        gr_cpu_k(j->c)->add((float *)j->a->dword + (size_t)b->ids[t] * n, (const float *)j->a->dout + t * n, n);
    }
}

/* Most tokens share their rows of positions and types with others, so a task owns columns and passes over all tokens. */
static void table_task(void *arg, size_t task, int thread)
{
    const scatter_job *j = arg;
    const gr_embed_args *a = j->a;
    const size_t n = (size_t)a->hidden, from = task * COLUMNS, width = n - from < COLUMNS ? n - from : COLUMNS;

    (void)thread;
    for (size_t t = 0; t < (size_t)a->b->n_tokens; t++) {
        const float *g = (const float *)a->dout + t * n + from;

        if (a->dpos && a->b->positions[t] != a->pad_position) gr_cpu_k(j->c)->add((float *)a->dpos + (size_t)a->b->positions[t] * n + from, g, width);
        if (a->dtype) gr_cpu_k(j->c)->add((float *)a->dtype + (size_t)(a->b->types ? a->b->types[t] : 0) * n + from, g, width);
    }
}

void gr_cpu_embed_bwd(gr_ctx *c, const gr_embed_args *a)
{
    const bool sums = a->dgain || a->dbias;
    const size_t T = (size_t)a->b->n_tokens, n = (size_t)a->hidden;
    scatter_job j = { .c = c, .a = a };

    if (!run_rows(c, EMBED_BWD, a, a->b->n_tokens, a->hidden, true, sums)) return;
    if (sums) fold_norm(c, a->b->n_tokens, a->hidden, a->dgain, a->dbias);
    if (a->dword) gr_pool_run(c->pool, (T + SCATTER - 1) / SCATTER, word_task, &j);
    if (a->dpos || a->dtype) gr_pool_run(c->pool, (n + COLUMNS - 1) / COLUMNS, table_task, &j);
}

/* ---- mean over each sequence ---- */

typedef struct pool_job {
    gr_ctx             *c;
    const gr_pool_args *a;
} pool_job;

static void mean_fwd_task(void *arg, size_t row, int thread)
{
    const pool_job *j = arg;
    const gr_pool_args *a = j->a;
    const size_t n = (size_t)a->hidden, first = (size_t)a->b->cu_seqlens[row], end = (size_t)a->b->cu_seqlens[row + 1];
    float *out = (float *)a->out + row * n;

    (void)thread;
    memset(out, 0, n * sizeof *out);
    for (size_t t = first; t < end; t++) gr_cpu_k(j->c)->add(out, (const float *)a->x + t * n, n);
    for (size_t i = 0; end > first && i < n; i++) out[i] /= (float)(end - first);
}

static void mean_bwd_task(void *arg, size_t row, int thread)
{
    const pool_job *j = arg;
    const gr_pool_args *a = j->a;
    const size_t n = (size_t)a->hidden, first = (size_t)a->b->cu_seqlens[row], end = (size_t)a->b->cu_seqlens[row + 1];
    const float *dout = (const float *)a->dout + row * n;
    const float share = end > first ? 1.0f / (float)(end - first) : 0.0f;

    (void)thread;
    for (size_t t = first; t < end; t++)
        for (size_t i = 0; i < n; i++) ((float *)a->dx)[t * n + i] = dout[i] * share;
}

void gr_cpu_mean_pool_fwd(gr_ctx *c, const gr_pool_args *a)
{
    pool_job j = { .c = c, .a = a };

    gr_pool_run(c->pool, (size_t)a->b->n_rows, mean_fwd_task, &j);
}

void gr_cpu_mean_pool_bwd(gr_ctx *c, const gr_pool_args *a)
{
    pool_job j = { .c = c, .a = a };

    gr_pool_run(c->pool, (size_t)a->b->n_rows, mean_bwd_task, &j);
}
