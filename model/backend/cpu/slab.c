/* slab.c - passes over slabs: addition, the gradient's norm, AdamW; and the loss over classes. */
#include <math.h>
#include <string.h>

#include "model/backend/cpu/cpu.h"

enum { CHUNK = 16384, LONG_CHUNK = 4 * CHUNK /* long, as nobody fetches the first page of a task */, LINE_FLOATS = 16 };

/* The processor cannot know which row of a table comes next: its lines are fetched while one is worked on. */
static void fetch(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += LINE_FLOATS) __builtin_prefetch(x + i, 0, 3);
}

/* ---- addition ---- */

typedef struct add_job {
    gr_ctx      *c;
    float       *dst;
    const float *src;
    size_t       n;
} add_job;

static void add_task(void *arg, size_t task, int thread)
{
    const add_job *j = arg;
    const size_t from = task * CHUNK;

    (void)thread;
    gr_cpu_k(j->c)->add(j->dst + from, j->src + from, j->n - from < CHUNK ? j->n - from : CHUNK);
}

void gr_cpu_add(gr_ctx *c, void *dst, const void *src, size_t count)
{
    add_job j = { .c = c, .dst = dst, .src = src, .n = count };

    gr_pool_run(c->pool, (count + CHUNK - 1) / CHUNK, add_task, &j);
}

/* ---- sum of squares: the segments laid end to end, cut into SLAB_PARTS equal parts; and so the tables, by rows ---- */

typedef struct sumsq_job {
    gr_ctx           *c;
    const float      *slab;
    const gr_segment *seg;
    size_t            n_seg, part[2]; /* elements of a part; rows of a part of the tables */
    double           *sums;
} sumsq_job;

static size_t units(const gr_segment *s) { return s->width ? s->count / (size_t)s->width : s->count; }

/* The first named row in [r, end) */
static size_t named(const gr_segment *s, size_t r, size_t end)
{
    while (r < end && !gr_host_row(s, r)) r++;
    return r;
}

/* Rows [from, from + n) one by one: a row that is zero, and so may be left out, adds an exact zero. */
static double sum_rows(const sumsq_job *j, const gr_segment *s, size_t from, size_t n)
{
    const size_t width = (size_t)s->width, end = from + n;
    const float *x = j->slab + s->offset;
    double sum = 0.0;

    for (size_t r = named(s, from, end), next; r < end; r = next) {
        next = named(s, r + 1, end);
        if (next < end) fetch(x + next * width, width);
        sum += gr_cpu_k(j->c)->sumsq(x + r * width, width);
    }
    return sum;
}

static void sumsq_task(void *arg, size_t task, int thread)
{
    const sumsq_job *j = arg;
    const bool tables = task >= GR_CPU_SLAB_PARTS;
    const size_t part = j->part[tables];
    size_t skip = task % GR_CPU_SLAB_PARTS * part, left = part;
    double sum = 0.0;

    (void)thread;
    for (size_t s = 0; s < j->n_seg && left > 0; s++) {
        const gr_segment *seg = &j->seg[s];
        size_t n = units(seg);

        if ((seg->width != 0) != tables) continue;
        if (skip >= n) {
            skip -= n;
            continue;
        }
        n = n - skip < left ? n - skip : left;
        sum += tables ? sum_rows(j, seg, skip, n) : gr_cpu_k(j->c)->sumsq(j->slab + seg->offset + skip, n);
        left -= n;
        skip = 0;
    }
    j->sums[task] = sum;
}

void gr_cpu_sumsq(gr_ctx *c, const void *slab, const gr_segment *seg, size_t n_seg, double *out)
{
    double sums[2 * GR_CPU_SLAB_PARTS], total = 0.0;
    sumsq_job j = { .c = c, .slab = slab, .seg = seg, .n_seg = n_seg, .sums = sums };
    size_t n[2] = { 0 };

    for (size_t s = 0; s < n_seg; s++) n[seg[s].width != 0] += units(&seg[s]);
    for (int tables = 0; tables < 2; tables++) j.part[tables] = (n[tables] + GR_CPU_SLAB_PARTS - 1) / GR_CPU_SLAB_PARTS;
    gr_pool_run(c->pool, (size_t)(n[1] ? 2 : 1) * GR_CPU_SLAB_PARTS, sumsq_task, &j);
    for (size_t i = 0; i < (size_t)(n[1] ? 2 : 1) * GR_CPU_SLAB_PARTS; i++) total += sums[i];
    *out = total;
}

/* ---- AdamW ---- */

typedef struct adamw_job {
    gr_ctx              *c;
    const gr_adamw_args *a;
    gr_cpu_update        k[2]; /* without and with decay */
    bool                 skip; /* the norm is not finite: only the gradients are cleared */
} adamw_job;

/* Elements of a task: whole rows of a table. */
static size_t chunk(const gr_segment *s)
{
    const size_t width = (size_t)s->width;

    return width == 0 ? LONG_CHUNK : width > LONG_CHUNK ? width : LONG_CHUNK / width * width;
}

static size_t chunks(const gr_segment *s)
{
    return (s->count + chunk(s) - 1) / chunk(s);
}

static void adamw_run(const adamw_job *j, const gr_segment *s, size_t from, size_t n)
{
    const gr_adamw_args *a = j->a;
    const size_t at = s->offset + from;

    if (j->skip) memset((float *)a->grad + at, 0, n * sizeof(float));
    else gr_cpu_k(j->c)->adamw(&j->k[s->decay], (float *)a->param + at, (float *)a->grad + at, (float *)a->m + at, (float *)a->v + at, n);
}

/* The next run of named rows in [at, end); its end in *to. `end` when there is none. */
static size_t next_run(const gr_segment *s, size_t at, size_t end, size_t *to)
{
    const size_t width = (size_t)s->width;

    *to = end;
    if (!s->rows) return at;
    at = named(s, at / width, end / width) * width;
    for (*to = at; *to < end && gr_host_row(s, *to / width);) *to += width;
    return at;
}

static void fetch_row(const adamw_job *j, const gr_segment *s, size_t from)
{
    const gr_adamw_args *a = j->a;
    const size_t at = s->offset + from, width = (size_t)s->width;

    fetch((const float *)a->grad + at, width);
    fetch((const float *)a->m + at, width);
    fetch((const float *)a->v + at, width);
    fetch((const float *)a->param + at, width);
}

/* Task numbers run through the segments' chunks. */
static void adamw_task(void *arg, size_t task, int thread)
{
    const adamw_job *j = arg;
    const gr_segment *s = j->a->seg;
    size_t at, end, to;

    (void)thread;
    for (; task >= chunks(s); s++) task -= chunks(s);
    at = task * chunk(s);
    end = s->count - at < chunk(s) ? s->count : at + chunk(s);
    for (at = next_run(s, at, end, &to); at < end;) {
        const size_t n = to - at, next = next_run(s, to, end, &to);

        if (next < end) fetch_row(j, s, next);
        adamw_run(j, s, at, n);
        at = next;
    }
}

/* x^n by squaring: no library call, so the same bits everywhere */
static double int_power(double x, int64_t n)
{
    double r = 1.0;

    for (; n > 0; n >>= 1, x *= x)
        if (n & 1) r *= x;
    return r;
}

void gr_cpu_adamw(gr_ctx *c, const gr_adamw_args *a)
{
    const double norm = a->sumsq ? sqrt(*a->sumsq) : 0.0;
    const double clip = a->max_norm > 0.0 ? a->max_norm / (norm + 1e-6) : 1.0;
    adamw_job j = { .c = c, .a = a, .skip = !isfinite(norm) };
    size_t tasks = 0;

    for (int decay = 0; decay < 2; decay++) {
        gr_cpu_update *k = &j.k[decay];

        k->clip = (float)(clip < 1.0 ? clip : 1.0);
        k->beta1 = (float)a->beta1;
        k->one_beta1 = (float)(1.0 - a->beta1);
        k->beta2 = (float)a->beta2;
        k->one_beta2 = (float)(1.0 - a->beta2);
        k->keep = (float)(decay ? 1.0 - a->lr * a->weight_decay : 1.0);
        k->rate = (float)(a->lr / (1.0 - int_power(a->beta1, a->step)));
        k->correct = (float)(1.0 / sqrt(1.0 - int_power(a->beta2, a->step)));
        k->eps = (float)a->eps;
    }
    for (size_t s = 0; s < a->n_seg; s++) tasks += chunks(&a->seg[s]);
    gr_pool_run(c->pool, tasks, adamw_task, &j);
}

typedef struct decay_job { const gr_decay_args *a; } decay_job;

/* A block of numbers stays in registers for all factors. Adding zero is what the update does: -0 becomes 0. */
static void decay_run(const gr_decay_args *a, float *p, size_t n)
{
    enum { BLOCK = 32 };

    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t m = n - at < BLOCK ? n - at : BLOCK;
        float x[BLOCK] = { 0 };

        memcpy(x, p + at, m * sizeof *x);
        for (int32_t k = 0; k < a->n; k++) {
            const float keep = (float)a->keep[k];
            for (size_t i = 0; i < BLOCK; i++) x[i] = x[i] * keep + 0.0f;
        }
        memcpy(p + at, x, m * sizeof *x);
    }
}

static void decay_task(void *arg, size_t task, int thread)
{
    const gr_decay_args *a = ((const decay_job *)arg)->a;
    const gr_segment *s = a->table;
    const size_t end = s->count - task * chunk(s) < chunk(s) ? s->count : (task + 1) * chunk(s);
    size_t to;

    (void)thread;
    for (size_t at = next_run(s, task * chunk(s), end, &to); at < end; at = next_run(s, to, end, &to))
        decay_run(a, (float *)a->param + s->offset + at, to - at);
}

void gr_cpu_decay_rows(gr_ctx *c, const gr_decay_args *a)
{
    decay_job j = { a };

    gr_pool_run(c->pool, chunks(a->table), decay_task, &j);
}

/* ---- softmax and cross-entropy ---- */

typedef struct xent_job {
    gr_ctx             *c;
    const gr_loss_args *a;
    double              loss[GR_CPU_PARTIALS];
    size_t              block;
    bool                bad[GR_CPU_PARTIALS];
} xent_job;

static void xent_task(void *arg, size_t task, int thread)
{
    xent_job *j = arg;
    const gr_loss_args *a = j->a;
    const size_t C = (size_t)a->classes, r0 = task * j->block;
    double sum = 0.0;

    (void)thread;
    for (size_t r = r0; r < r0 + j->block && r < (size_t)a->rows; r++) {
        float *dx = a->dlogits ? (float *)a->dlogits + r * C : NULL;

        if (a->labels[r] >= 0 && a->labels[r] < a->classes) {
            sum += gr_cpu_k(j->c)->xent_row((const float *)a->logits + r * C, dx, a->classes, a->labels[r], a->smoothing, 1.0 / a->normaliser);
        } else {
            if (dx) memset(dx, 0, C * sizeof *dx);
            j->bad[task] = j->bad[task] || a->labels[r] >= a->classes;
        }
    }
    j->loss[task] = sum;
}

void gr_cpu_softmax_xent(gr_ctx *c, const gr_loss_args *a)
{
    xent_job j = { .c = c, .a = a, .block = gr_cpu_block_rows((size_t)a->rows) };
    const size_t blocks = gr_cpu_blocks((size_t)a->rows);
    double total = 0.0;

    gr_pool_run(c->pool, blocks, xent_task, &j);
    for (size_t i = 0; i < blocks; i++) {
        total += j.loss[i];
        if (j.bad[i]) gr_host_fail(c, GR_E_ARG, "softmax_xent: a label is not below the %d classes", a->classes);
    }
    *a->loss += total / a->normaliser;
}
