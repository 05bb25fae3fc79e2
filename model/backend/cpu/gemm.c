/* gemm.c - the matrix product over the pool.
 *
 * The sum is cut into parts of at most GR_CPU_PART_K terms, each of at most GR_CPU_PACK_N columns at a time: all threads pack b's
 * share of a part, then tasks add the part to tiles of c, each with its own rows of a. What a thread reads again and again
 * (b's panels of one run of columns) thus stays in its own cache, and tasks go down the rows before they change columns.
 * Tiles and parts depend on the shape alone; a tile is written by one task, so the thread count cannot change a bit. */
#include "model/backend/cpu/cpu.h"

typedef struct job {
    const gr_cpu_gemm    *g;
    const gr_cpu_kernels *kern;
    const gr_cpu_provider *provider;
    const gr_cpu_scratch *mem;
    size_t k0, k;                /* terms of this part           */
    size_t j0, n;                /* its columns                  */
    size_t rows, cols, n_rows;   /* of a task's tile; tiles down */
} job;

enum { PACK_PANELS = 4, PART_UNIT = 8 }; /* panels of b that a task packs; parts are multiples of it, so that only the last splits a pair */

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t pieces(size_t n, size_t of) { return (n + of - 1) / of; }

static void pack_task(void *arg, size_t task, int thread)
{
    const job *b = arg;
    const gr_cpu_gemm *g = b->g;
    const size_t from = task * PACK_PANELS * b->kern->nr, n = smaller(PACK_PANELS * b->kern->nr, b->n - from);

    (void)thread;
    b->kern->pack_b[g->bf16](b->mem->packed + from * b->k, g->b + b->k0 * g->b_row + (b->j0 + from) * g->b_col, g->b_row, g->b_col, b->k, n);
}

/* The block's rows of a as gemm_block reads them: where they lie, or packed into the thread's area. */
static void take_rows(const job *b, gr_cpu_block *block, float *area)
{
    const gr_cpu_gemm *g = b->g;
    const gr_cpu_kernels *kern = b->kern;
    float *packed = area;

    block->a_rows = g->a + block->i * g->a_row + b->k0 * g->a_col;
    block->a_row = g->a_row;
    if (g->a_col == 1 && (!g->bf16 || kern->round_rows)) block->n_rows = block->m / kern->mr * kern->mr;
    block->rounded = area;
    if (g->bf16 && block->n_rows > 0) packed += kern->mr * b->k;
    block->pa = packed;
    if (block->n_rows < block->m)
        kern->pack_a[g->bf16](packed, block->a_rows + block->n_rows * g->a_row, g->a_row, g->a_col, block->m - block->n_rows, b->k);
}

static void tile_task(void *arg, size_t task, int thread)
{
    const job *b = arg;
    const gr_cpu_gemm *g = b->g;
    const size_t i = task % b->n_rows * b->rows, j = task / b->n_rows * b->cols;
    gr_cpu_block block = { .i = i, .m = smaller(b->rows, g->m - i), .j = b->j0 + j, .n = smaller(b->cols, b->n - j), .kc = b->k,
                           .pb = b->mem->packed + j * b->k, .first = b->k0 == 0, .last = b->k0 + b->k == g->k };

    take_rows(b, &block, (float *)(void *)(b->mem->thread + (size_t)thread * b->mem->thread_bytes));
    b->kern->gemm_block(g, &block);
}

static void provider_task(void *arg, size_t task, int thread)
{
    const job *b = arg;
    const size_t i = task % b->n_rows * b->rows, m = smaller(b->rows, b->g->m - i);
    const size_t j = task / b->n_rows * b->cols, n = smaller(b->cols, b->g->n - j);

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

/* Sets rows, cols and n_rows: tiles for n columns, whose widths are multiples of `panel`. Gives their number. */
static size_t cut_tiles(job *b, size_t n, size_t panel, size_t mr)
{
    size_t across = pieces(n, GR_CPU_TILE_N);

    b->cols = pieces(pieces(n, across), panel) * panel;
    across = pieces(n, b->cols);
    b->rows = tile_rows(b->g->m, across, mr);
    b->n_rows = pieces(b->g->m, b->rows);
    return b->n_rows * across;
}

static void run_provider(gr_ctx *c, job *b)
{
    gr_pool_run(c->pool, cut_tiles(b, b->g->n, 64, 16), provider_task, b);
}

static void run_own(gr_ctx *c, job *b)
{
    const size_t k = b->g->k, part = pieces(pieces(k, pieces(k, GR_CPU_PART_K)), PART_UNIT) * PART_UNIT;

    for (b->j0 = 0; b->j0 < b->g->n; b->j0 += b->n) {
        b->n = smaller(GR_CPU_PACK_N, b->g->n - b->j0);
        for (b->k0 = 0; b->k0 < k; b->k0 += b->k) {
            b->k = smaller(part, k - b->k0);
            gr_pool_run(c->pool, pieces(b->n, PACK_PANELS * b->kern->nr), pack_task, b);
            gr_pool_run(c->pool, cut_tiles(b, b->n, b->kern->nr, b->kern->mr), tile_task, b);
        }
    }
}

void gr_cpu_gemm_run(gr_ctx *c, const gr_cpu_gemm *g, const char *op)
{
    const gr_cpu_scratch mem = gr_cpu_scratch_of(c);
    job b = { .g = g, .kern = gr_cpu_k(c), .provider = c->provider, .mem = &mem };
    const size_t width = pieces(smaller(g->n, GR_CPU_PACK_N), b.kern->nr) * b.kern->nr;

    if (g->m == 0 || g->n == 0 || g->k == 0) return;
    if (b.provider) {
        run_provider(c, &b);
        return;
    }
    if (!c->scratch || width * smaller(g->k, GR_CPU_PART_K) + GR_CPU_PACK_SLACK > mem.packed_floats) {
        gr_host_fail(c, GR_E_INTERNAL, "%s: a product of %zu x %zu x %zu was not reserved", op, g->m, g->n, g->k);
        return;
    }
    run_own(c, &b);
}
