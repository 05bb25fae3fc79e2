/* gemm.c - the matrix product over the pool.
 *
 * c is cut into lanes, one for each thread: some of the rows and some of the columns. A lane goes through its columns in
 * runs, and through the sum in parts of at most GR_CPU_PART_K terms. For each run and part it packs its share of b into
 * memory of its own, which so stays in its thread's cache, and then works down its rows in tasks, each with its own rows
 * of a. Lanes do not wait for one another; a thread whose lane is finished takes tasks from the others.
 *
 * (With one packed b for all threads, lines were written that the other cores' caches held, and read out of theirs: an
 * eighth of the time.)
 *
 * The parts depend on the shape alone, and every element of c gets its parts in order, whichever thread adds them. So the
 * number of lanes changes no bit. */
#include <sched.h>
#include <stdatomic.h>

#include "model/backend/cpu/cpu.h"

typedef enum lane_state { LANE_WAITS, LANE_AT_WORK, LANE_OVER } lane_state;

typedef struct lane {
    size_t i0, i1, j0, j1;       /* of c                                             */
    float *packed;
    const float *pb;             /* panels of the current columns: packed here, or kept ones (kept.c) */
    size_t j, n, k0, k, n_tasks; /* the current columns j .. j + n, terms k0 .. k0 + k, and tasks down the rows */
    _Atomic size_t     left;     /* tasks that nobody has taken; 0 while b is being packed */
    _Atomic size_t     done;
    _Atomic lane_state state;
} lane;

typedef struct job {
    const gr_cpu_gemm     *g;
    const gr_cpu_kernels  *kern;
    const gr_cpu_provider *provider;
    const gr_cpu_scratch  *mem;
    size_t part;                  /* terms of a part                              */
    size_t rows, cols;            /* rows of a task, columns of a run             */
    size_t n_rows;                /* provider: tiles from top to bottom           */
    size_t down, across;          /* the grid of lanes                            */
    int    spins;                 /* turns that a waiting thread takes before it yields */
    lane   lane[GR_CPU_LANES];
} job;

enum { PART_UNIT = 8 }; /* terms of a part are a multiple of it, so that only the last part can split a pair of bf16 */

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static size_t pieces(size_t n, size_t of) { return (n + of - 1) / of; }

/* ---- a task ---- */

/* Are the rows of a contiguous in k? Then whole panels of them are copied side by side just before they are used (lay_rows); rows
 * that are not, and those behind the last whole panel, are packed. */
static bool rows_lie(const job *b) { return b->g->a_col == 1; }

/* The block's rows of a in the form that gemm_block takes: where they lie, or packed into the thread's area. Their sums are taken
 * once, with the first columns. */
static void take_rows(const job *b, size_t k0, gr_cpu_block *block, float *area)
{
    const gr_cpu_gemm *g = b->g;
    const gr_cpu_kernels *kern = b->kern;
    float *packed = area;

    block->a_rows = g->a + block->i * g->a_row + k0 * g->a_col;
    block->a_row = g->a_row;
    if (rows_lie(b)) block->n_rows = block->m / kern->mr * kern->mr;
    block->laid = area;
    if (block->n_rows > 0) packed += kern->mr * GR_CPU_ROW;
    block->pa = packed;
    if (block->n_rows < block->m)
        kern->pack_a[g->bf16](packed, block->a_rows + block->n_rows * g->a_row, g->a_row, g->a_col, block->m - block->n_rows, block->kc);
    if (g->row_sums && block->j == 0) kern->column_sums(g->row_sums + block->i, block->a_rows, g->a_col, block->kc, block->m);
}

static void tile_task(const job *b, const lane *l, size_t task, int thread)
{
    const size_t i = l->i0 + task * b->rows;
    gr_cpu_block block = { .i = i, .m = smaller(b->rows, l->i1 - i), .j = l->j, .n = l->n, .kc = l->k, .pb = l->pb,
                           .first = l->k0 == 0, .last = l->k0 + l->k == b->g->k };

    take_rows(b, l->k0, &block, gr_cpu_area(b->mem, thread));
    if (block.n_rows > 0 && i + b->rows + b->kern->mr <= l->i1) block.a_next = block.a_rows + b->rows * block.a_row;
    b->kern->gemm_block(b->g, &block);
}

/* ---- lanes ---- */

/* The next task of a lane; false when none is left. The lane's current columns and terms do not change before this task is done, so
 * what is read of them after this call belongs to the task. */
static bool take(lane *l, size_t *task)
{
    size_t left = atomic_load(&l->left);

    while (left > 0) {
        if (!atomic_compare_exchange_weak(&l->left, &left, left - 1)) continue;
        *task = l->n_tasks - left;
        return true;
    }
    return false;
}

static void work(const job *b, lane *l, int thread)
{
    size_t task;

    while (take(l, &task)) {
        tile_task(b, l, task, thread);
        (void)atomic_fetch_add(&l->done, 1);
    }
}

/* Take tasks from the other lanes as long as there may be more. Return at once when a lane has not been begun: it is a task of the
 * pool, which this thread takes next. */
static void help(job *b, size_t own, int thread)
{
    const size_t n = b->down * b->across;

    for (int spin = 0; spin <= b->spins; spin++) {
        bool more = false;

        for (size_t i = 1; i < n; i++) {
            lane *l = &b->lane[(own + i) % n];
            const lane_state state = atomic_load(&l->state);

            if (state == LANE_WAITS) return;
            if (state != LANE_AT_WORK) continue;
            work(b, l, thread);
            more = true;
        }
        if (!more) return;
        gr_pool_relax();
    }
}

/* Wait until all tasks of the lane are done; other threads may be at the last ones. With more threads than processors one of those
 * may need this processor, so yield. */
static void wait_for(const job *b, const lane *l)
{
    for (int spin = 0; atomic_load(&l->done) < l->n_tasks; spin++) {
        if (spin < b->spins) gr_pool_relax();
        else (void)sched_yield();
    }
}

/* The panels of b for the lane's current columns and terms. */
static void take_columns(const job *b, lane *l)
{
    const gr_cpu_gemm *g = b->g;
    const size_t parts = l->k0 / b->part; /* whole parts before this one */

    l->pb = l->packed;
    if (g->b_panels) l->pb = g->b_panels + parts * gr_cpu_panel_floats(b->kern, g->bf16, g->n, b->part) + l->j * gr_cpu_lines(b->kern, g->bf16, l->k);
    else b->kern->pack_b[g->bf16](l->packed, g->b + l->k0 * g->b_row + l->j * g->b_col, g->b_row, g->b_col, l->k, l->n);
}

static void lane_task(void *arg, size_t own, int thread)
{
    job *b = arg;
    const gr_cpu_gemm *g = b->g;
    lane *l = &b->lane[own];

    atomic_store(&l->state, LANE_AT_WORK);
    l->n_tasks = pieces(l->i1 - l->i0, b->rows);
    for (l->j = l->j0; l->j < l->j1; l->j += l->n) {
        l->n = smaller(b->cols, l->j1 - l->j);
        for (l->k0 = 0; l->k0 < g->k; l->k0 += l->k) {
            l->k = smaller(b->part, g->k - l->k0);
            take_columns(b, l);
            atomic_store(&l->done, 0);
            atomic_store(&l->left, l->n_tasks);
            work(b, l, thread);
            wait_for(b, l);
        }
    }
    atomic_store(&l->state, LANE_OVER);
    help(b, own, thread);
}

/* Most columns of a run, so that its packed part of b stays in the second cache. */
static size_t most_columns(const job *b) { return GR_CPU_LANE_FLOATS / gr_cpu_lines(b->kern, b->g->bf16, b->part); }

/* The cost of a lane for each term of the sum, in multiply-adds. Every lane packs the columns of b that it uses, so lanes one below
 * another pack the same columns. Rows of a are packed or copied once for every run of columns. Where lanes beside one another share
 * rows, half of what the op before left in the caches lies in another core's. */
static size_t lane_cost(const job *b, size_t down, size_t across)
{
    enum { PACK = 20, ROUND = 8, COPY = 4, SHARE = 15 }; /* multiply-adds an element. Measured, except COPY: half the instructions of ROUND */
    const size_t m = pieces(pieces(b->g->m, b->kern->mr), down) * b->kern->mr, n = pieces(pieces(b->g->n, b->kern->nr), across) * b->kern->nr;
    size_t row = across > 1 ? SHARE : 0;

    if (!rows_lie(b)) row += PACK;
    else row += b->g->bf16 ? ROUND : COPY;
    return m * n + PACK * n + row * m * pieces(n, most_columns(b));
}

/* Choose the grid of lanes that costs least, with as many lanes as threads or a few less; no more than there are panels, and no more
 * than GR_CPU_LANES, beyond which threads take no part in a product. */
static void lay_lanes(job *b, size_t threads)
{
    const size_t panels = pieces(b->g->n, b->kern->nr), limit = smaller(threads, GR_CPU_LANES);
    size_t least = SIZE_MAX;

    for (size_t across = smaller(limit, panels); across > 0; across--) {
        const size_t down = smaller(limit / across, pieces(b->g->m, b->kern->mr)), cost = lane_cost(b, down, across);

        if (cost >= least) continue;
        least = cost;
        b->down = down;
        b->across = across;
    }
}

/* The rows and columns of each lane, the size of its runs, and that of its tasks, which are small enough to be shared at the end. */
static void cut_lanes(job *b)
{
    /* TASKS: of the whole height. PACKED_PANELS: least height where rows are packed, since neighbouring tasks then read the same cache lines. */
    enum { TASKS = 64, PACKED_PANELS = 4 };
    const size_t mr = b->kern->mr, nr = b->kern->nr, tall = pieces(b->g->m, mr), wide = pieces(b->g->n, nr);
    const size_t panels = larger(pieces(tall, b->down * TASKS), rows_lie(b) ? 1 : PACKED_PANELS);
    const size_t columns = pieces(wide, b->across), most = most_columns(b) / nr;

    b->rows = smaller(panels, GR_CPU_TILE_ROWS) * mr;
    b->cols = pieces(columns, pieces(columns, most)) * nr;
    for (size_t i = 0; i < b->down * b->across; i++) {
        const size_t r = i / b->across, c = i % b->across;
        lane *l = &b->lane[i];

        *l = (lane){ .i0 = tall * r / b->down * mr, .i1 = smaller(tall * (r + 1) / b->down * mr, b->g->m), .j0 = wide * c / b->across * nr,
                     .j1 = smaller(wide * (c + 1) / b->across * nr, b->g->n), .packed = b->mem->packed + i * b->mem->packed_floats };
    }
}

static void not_reserved(gr_ctx *c, const gr_cpu_gemm *g, const char *op)
{
    gr_host_fail(c, GR_E_INTERNAL, "%s: a product of %zu x %zu x %zu was not reserved", op, g->m, g->n, g->k);
}

size_t gr_cpu_part(size_t k) { return pieces(pieces(k, pieces(k, GR_CPU_PART_K)), PART_UNIT) * PART_UNIT; }

static void run_own(gr_ctx *c, job *b, const char *op)
{
    b->part = gr_cpu_part(b->g->k);
    b->spins = gr_pool_spins(c->pool);
    lay_lanes(b, (size_t)gr_pool_threads(c->pool));
    cut_lanes(b);
    if (b->cols * gr_cpu_lines(b->kern, b->g->bf16, smaller(b->part, b->g->k)) + GR_CPU_PACK_SLACK > b->mem->packed_floats) {
        not_reserved(c, b->g, op);
        return;
    }
    gr_pool_run(c->pool, b->down * b->across, lane_task, b);
}

/* ---- a library's products ---- */

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

static void run_provider(gr_ctx *c, job *b)
{
    enum { ROWS = 192, COLUMNS = 512 };

    b->rows = ROWS;
    b->cols = COLUMNS;
    b->n_rows = pieces(b->g->m, b->rows);
    gr_pool_run(c->pool, b->n_rows * pieces(b->g->n, b->cols), provider_task, b);
}

void gr_cpu_gemm_run(gr_ctx *c, const gr_cpu_gemm *g, const char *op)
{
    const gr_cpu_scratch mem = gr_cpu_scratch_of(c);
    job b = { .g = g, .kern = gr_cpu_k(c), .provider = c->provider, .mem = &mem };

    if (g->m == 0 || g->n == 0 || g->k == 0) return;
    if (b.provider) {
        run_provider(c, &b);
        return;
    }
    if (c->scratch) run_own(c, &b, op);
    else not_reserved(c, g, op);
}
