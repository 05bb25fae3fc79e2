/* gemm.c - the matrix product over the pool.
 *
 * b is packed whole (at most SUPER_K x SUPER_N at a time) by all threads, then tasks take tiles of c: a
 * block of rows times a run of columns, each packing its own rows of a. Tiles and parts of k depend on
 * the shape alone; a tile is written by one task, so the thread count cannot change a bit. */
#include "model/backend/cpu/cpu.h"

typedef struct job {
    const gr_cpu_gemm    *g;
    const gr_cpu_kernels *kern;
    const gr_cpu_provider *provider;
    const gr_cpu_scratch *mem;
    size_t k0, k, part, n_parts; /* terms of this super block, cut into parts */
    size_t j0, n;                /* its columns                               */
    size_t rows, cols, n_cols;   /* of a task's tile; tiles across            */
    size_t panels;               /* panels of b a packing task takes          */
} job;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t pieces(size_t n, size_t of) { return (n + of - 1) / of; }

/* Part p of the packed super block starts behind p parts of all its columns. */
static float *packed_at(const job *b, size_t p, size_t column)
{
    const size_t width = pieces(b->n, b->kern->nr) * b->kern->nr;

    return b->mem->packed + p * b->part * width + column * smaller(b->part, b->k - p * b->part);
}

static void pack_task(void *arg, size_t task, int thread)
{
    const job *b = arg;
    const gr_cpu_gemm *g = b->g;
    const size_t from = task * b->panels * b->kern->nr, n = smaller(b->panels * b->kern->nr, b->n - from);

    (void)thread;
    for (size_t p = 0; p < b->n_parts; p++) {
        const size_t k0 = b->k0 + p * b->part, kc = smaller(b->part, b->k - p * b->part);

        b->kern->pack_b(packed_at(b, p, from), g->b + k0 * g->b_row + (b->j0 + from) * g->b_col, g->b_row, g->b_col,
                        kc, n);
        if (g->bf16) b->kern->round_terms(packed_at(b, p, from), pieces(n, b->kern->nr), kc, b->kern->nr);
    }
}

static void tile_task(void *arg, size_t task, int thread)
{
    const job *b = arg;
    const gr_cpu_gemm *g = b->g;
    const size_t i = task / b->n_cols * b->rows, m = smaller(b->rows, g->m - i);
    const size_t j = task % b->n_cols * b->cols, n = smaller(b->cols, b->n - j);
    float *pa = (float *)(void *)(b->mem->thread + (size_t)thread * b->mem->thread_bytes);

    for (size_t p = 0; p < b->n_parts; p++) {
        const size_t k0 = b->k0 + p * b->part, kc = smaller(b->part, b->k - p * b->part);
        const float *a = g->a + i * g->a_row + k0 * g->a_col;
        const bool in_place = g->a_col == 1 && !g->bf16;
        const size_t whole = in_place ? m / b->kern->mr * b->kern->mr : 0; /* rows that need no packing */
        const gr_cpu_block block = { .i = i, .m = m, .j = b->j0 + j, .n = n, .kc = kc, .pb = packed_at(b, p, j),
                                     .a_rows = in_place ? a : NULL, .pa = pa, .first = k0 == 0, .last = k0 + kc == g->k };

        if (whole < m) b->kern->pack_a(pa, a + whole * g->a_row, g->a_row, g->a_col, m - whole, kc);
        if (g->bf16) b->kern->round_terms(pa, pieces(m, b->kern->mr), kc, b->kern->mr);
        b->kern->gemm_block(g, &block);
    }
}

static void provider_task(void *arg, size_t task, int thread)
{
    const job *b = arg;
    const size_t i = task / b->n_cols * b->rows, m = smaller(b->rows, b->g->m - i);
    const size_t j = task % b->n_cols * b->cols, n = smaller(b->cols, b->g->n - j);

    (void)thread;
    b->provider->tile(b->g, i, m, j, n);
    for (size_t r = i; b->g->bias && r < i + m; r++) b->kern->add(b->g->c + r * b->g->ldc + j, b->g->bias + j, n);
    b->kern->epilogue(b->g, i, m, j, n);
}

/* Rows of a tile: as many panels as leave at least 32 tiles, by the shape alone. */
static size_t tile_rows(size_t m, size_t tiles_across, size_t mr)
{
    size_t panels = GR_CPU_TILE_ROWS;

    while (panels > 1 && pieces(m, panels * mr) * tiles_across < 32) panels--;
    return panels * mr;
}

static void run_super_block(gr_ctx *c, job *b)
{
    const size_t nr = b->kern->nr;

    b->n_parts = pieces(b->k, GR_CPU_PART_K);
    b->part = pieces(pieces(b->k, b->n_parts), 8) * 8;
    b->n_parts = pieces(b->k, b->part);
    b->n_cols = pieces(b->n, GR_CPU_TILE_N);
    b->cols = pieces(pieces(b->n, b->n_cols), nr) * nr;
    b->n_cols = pieces(b->n, b->cols);
    b->rows = tile_rows(b->g->m, b->n_cols, b->kern->mr);
    b->panels = 4;
    gr_pool_run(c->pool, pieces(b->n, b->panels * nr), pack_task, b);
    gr_pool_run(c->pool, pieces(b->g->m, b->rows) * b->n_cols, tile_task, b);
}

static void run_provider(gr_ctx *c, job *b)
{
    b->n_cols = pieces(b->g->n, GR_CPU_TILE_N);
    b->cols = pieces(pieces(b->g->n, b->n_cols), 64) * 64;
    b->n_cols = pieces(b->g->n, b->cols);
    b->rows = tile_rows(b->g->m, b->n_cols, 16);
    gr_pool_run(c->pool, pieces(b->g->m, b->rows) * b->n_cols, provider_task, b);
}

void gr_cpu_gemm_run(gr_ctx *c, const gr_cpu_gemm *g, const char *op)
{
    const gr_cpu_scratch mem = gr_cpu_scratch_of(c);
    job b = { .g = g, .kern = gr_cpu_k(c), .provider = c->provider, .mem = &mem };
    const size_t width = pieces(smaller(g->n, GR_CPU_SUPER_N), b.kern->nr) * b.kern->nr;

    if (g->m == 0 || g->n == 0 || g->k == 0) return;
    if (b.provider) {
        run_provider(c, &b);
        return;
    }
    if (!c->scratch || width * smaller(g->k, GR_CPU_SUPER_K) + GR_CPU_PACK_SLACK > mem.packed_floats) {
        gr_host_fail(c, GR_E_INTERNAL, "%s: a product of %zu x %zu x %zu was not reserved", op, g->m, g->n, g->k);
        return;
    }
    for (b.j0 = 0; b.j0 < g->n; b.j0 += b.n) {
        b.n = smaller(GR_CPU_SUPER_N, g->n - b.j0);
        for (b.k0 = 0; b.k0 < g->k; b.k0 += b.k) {
            b.k = smaller(GR_CPU_SUPER_K, g->k - b.k0);
            run_super_block(c, &b);
        }
    }
}
