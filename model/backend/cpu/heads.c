/* heads.c - products by head: one task for each head and run of columns, which packs both sides for itself. */
#include "model/backend/cpu/cpu.h"

typedef struct job {
    gr_ctx              *c;
    const gr_heads_args *a;
    gr_cpu_scratch       mem;
    gr_cpu_gemm          g;                      /* of head 0                                 */
    size_t               a_head, b_head, c_head; /* from a head's matrices to the next head's */
    size_t               runs;
} job;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t pieces(size_t n, size_t of) { return (n + of - 1) / of; }

/* One task's share of a head's product: GR_CPU_HEAD_N columns. Returns the head. */
static size_t product(const job *j, size_t task, int thread)
{
    const gr_cpu_kernels *k = gr_cpu_k(j->c);
    const size_t head = task / j->runs, from = task % j->runs * GR_CPU_HEAD_N, n = smaller(GR_CPU_HEAD_N, j->g.n - from);
    const size_t part = pieces(j->g.k, pieces(j->g.k, GR_CPU_PART_K)), rows = GR_CPU_TILE_ROWS * k->mr;
    float *pb = gr_cpu_area(&j->mem, thread), *pa = pb + gr_cpu_head_floats();
    gr_cpu_gemm g = j->g;

    g.a += head * j->a_head;
    g.b += head * j->b_head;
    g.c += head * j->c_head;
    g.y = g.c;
    for (size_t k0 = 0, kc; k0 < g.k; k0 += kc) {
        kc = smaller(part, g.k - k0);
        k->pack_b[0](pb, g.b + k0 * g.b_row + from * g.b_col, g.b_row, g.b_col, kc, n);
        for (size_t i = 0; i < g.m; i += rows) {
            const size_t m = smaller(rows, g.m - i);

            k->pack_a[0](pa, g.a + i * g.a_row + k0 * g.a_col, g.a_row, g.a_col, m, kc);
            k->gemm_block(&g, &(gr_cpu_block){ .i = i, .m = m, .j = from, .n = n, .kc = kc, .pb = pb, .pa = pa, .first = k0 == 0, .last = k0 + kc == g.k });
        }
    }
    return head;
}

/* ---- the product, then the bias: one more column of w, with sums as that of z ---- */

static size_t head_dim(const gr_heads_args *a) { return (size_t)a->hidden / (size_t)a->heads; }
static size_t place(const gr_heads_args *a, size_t row, size_t head) { return row * (size_t)a->heads + head; }

static void spread_task(void *arg, size_t task, int thread)
{
    const job *j = arg;
    const gr_heads_args *a = j->a;
    const size_t head = product(j, task, thread), d = head_dim(a);

    if (!a->bias || task % j->runs > 0) return;
    for (size_t r = 0; r < (size_t)a->rows; r++) {
        const float *y = (const float *)a->y + place(a, r, head) * d, *bias = (const float *)a->bias + head * d;
        float sum = 0.0f;

        for (size_t c = 0; c < d; c++) sum += y[c] * bias[c];
        ((float *)a->sums)[place(a, r, head)] = sum;
    }
}

static void collect_task(void *arg, size_t task, int thread)
{
    const job *j = arg;
    const gr_heads_args *a = j->a;
    const size_t head = product(j, task, thread), d = head_dim(a), from = task % j->runs * GR_CPU_HEAD_N;

    for (size_t r = 0; a->bias && r < (size_t)a->rows; r++) {
        float *y = (float *)a->y + place(a, r, head) * d;
        const float *bias = (const float *)a->bias + head * d, sum = ((const float *)a->sums)[place(a, r, head)];

        for (size_t c = from; c < smaller(d, from + GR_CPU_HEAD_N); c++) y[c] += bias[c] * sum;
    }
}

static void grad_task(void *arg, size_t task, int thread)
{
    const job *j = arg;
    const gr_heads_args *a = j->a;
    const size_t head = a->dw ? product(j, task, thread) : task / j->runs, d = head_dim(a);

    for (size_t c = 0; a->dbias && task % j->runs == 0 && c < d; c++) {
        float sum = 0.0f;

        for (size_t r = 0; r < (size_t)a->rows; r++) sum += ((const float *)a->y)[place(a, r, head) * d + c] * ((const float *)a->sums)[place(a, r, head)];
        ((float *)a->dbias)[head * d + c] += sum;
    }
}

static void run(gr_ctx *c, const gr_heads_args *a, job *j, gr_pool_fn task, const char *op)
{
    j->c = c;
    j->a = a;
    j->mem = gr_cpu_scratch_of(c);
    j->runs = pieces(j->g.n, GR_CPU_HEAD_N);
    if (a->rows == 0) return;
    if (!c->scratch) {
        gr_host_fail(c, GR_E_INTERNAL, "%s: nothing was reserved", op);
        return;
    }
    gr_pool_run(c->pool, (size_t)a->heads * j->runs, task, j);
}

/* for each head: z (R,H) = y (R,d) w (d,H) */
void gr_cpu_heads_spread(gr_ctx *c, const gr_heads_args *a)
{
    const size_t H = (size_t)a->hidden, d = head_dim(a);
    job j = { .g = { .m = (size_t)a->rows, .n = H, .k = d, .a = a->y, .a_row = H, .a_col = 1, .b = a->w, .b_row = H, .b_col = 1,
                     .c = a->z, .ldc = (size_t)a->heads * H },
              .a_head = d, .b_head = d * H, .c_head = H };

    run(c, a, &j, spread_task, "heads_spread");
}

/* for each head: y (R,d) = z (R,H) w^T (H,d) */
void gr_cpu_heads_collect(gr_ctx *c, const gr_heads_args *a)
{
    const size_t H = (size_t)a->hidden, d = head_dim(a);
    job j = { .g = { .m = (size_t)a->rows, .n = d, .k = H, .a = a->z, .a_row = (size_t)a->heads * H, .a_col = 1, .b = a->w, .b_row = 1, .b_col = H,
                     .c = a->y, .ldc = H },
              .a_head = H, .b_head = d * H, .c_head = d };

    run(c, a, &j, collect_task, "heads_collect");
}

/* for each head: dw (d,H) += y^T (d,R) z (R,H) */
void gr_cpu_heads_grad(gr_ctx *c, const gr_heads_args *a)
{
    const size_t H = (size_t)a->hidden, d = head_dim(a);
    job j = { .g = { .m = d, .n = H, .k = (size_t)a->rows, .a = a->y, .a_row = 1, .a_col = H, .b = a->z, .b_row = (size_t)a->heads * H, .b_col = 1,
                     .c = a->dw, .ldc = H, .add = true },
              .a_head = d, .b_head = H, .c_head = d * H };

    if (a->dw || a->dbias) run(c, a, &j, grad_task, "heads_grad");
}
