/* cpu.c - the table of the cpu backend, its context and its scratch. An op that has no faster form here
 * is ref's.
 *
 * GR_CPU_ISA=plain|exact|avx2|avx512|avx512bf16 and GR_CPU_GEMM=own|openblas, read when a context opens, force a set of kernels
 * and the source of matrix products: for tests and measurements. What the processor lacks is refused. */
#include "model/backend/cpu/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "model/backend/cpu/isa.h"

/* ---- scratch ---- */

static size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }
static size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

gr_cpu_relative gr_cpu_relative_of(gr_attn_bias bias, size_t n_rows, size_t rel_rows, size_t head_dim)
{
    gr_cpu_relative r = { 0, 0 };

    if (bias == GR_ATTN_BIAS_BUCKETS) r = (gr_cpu_relative){ n_rows, round_up(rel_rows, 16) };
    if (bias == GR_ATTN_BIAS_DISENTANGLED) r = (gr_cpu_relative){ smaller(n_rows, GR_CPU_RELATIVE_PARTS), round_up(2 * rel_rows * head_dim, 16) };
    return r;
}

/* Floats for the sums of one head. An area that was reserved for a disentangled bias must do for buckets too. */
static size_t relative_floats(const gr_capacity *most, size_t head_dim)
{
    size_t floats = 0;

    for (int b = GR_ATTN_BIAS_NONE; b <= (int)most->bias; b++) {
        const gr_cpu_relative r = gr_cpu_relative_of((gr_attn_bias)b, (size_t)most->rows, (size_t)most->rel_rows, head_dim);
        floats = larger(floats, r.parts * r.stride);
    }
    return floats;
}

gr_cpu_scratch gr_cpu_scratch_of(const gr_ctx *c)
{
    const gr_cpu_kernels *k = gr_cpu_k(c);
    const size_t tokens = (size_t)c->most.tokens, width = (size_t)c->most.width, head_dim = (size_t)c->head_dim;
    const size_t terms = smaller(round_up(larger(tokens, width), 8), GR_CPU_PART_K), packed_b = terms * round_up(width, k->nr);
    const size_t packed_a = GR_CPU_TILE_ROWS * k->mr * GR_CPU_PART_K + GR_CPU_PACK_SLACK;
    const size_t firsts = k->firsts_scratch((size_t)c->most.max_len, (size_t)c->most.hidden, (size_t)c->most.heads);
    const size_t attention = head_dim > 0 ? k->attention_scratch((size_t)c->most.max_len, head_dim, c->most.bias) : 0;
    gr_cpu_scratch m = { .packed = NULL };
    char *const base = c->scratch;
    size_t packed, partials, threads; /* bytes */

    m.packed_floats = round_up(smaller(packed_b, GR_CPU_LANE_FLOATS) + GR_CPU_PACK_SLACK, 1024);
    m.partial_floats = round_up(larger(width, 2), 16);
    m.thread_bytes = round_up(larger(larger(gr_cpu_head_floats() + packed_a, larger(attention, firsts)), GR_CPU_DRAWS(width)) * sizeof(float), 4096);
    m.relative_floats = (size_t)c->most.heads * relative_floats(&c->most, head_dim);
    packed = smaller((size_t)c->threads, GR_CPU_LANES) * m.packed_floats * sizeof(float);
    partials = GR_CPU_PARTIALS * m.partial_floats * sizeof(float);
    threads = (size_t)c->threads * m.thread_bytes;
    m.total = packed + partials + threads + m.relative_floats * sizeof(float);
    if (!base) return m;
    m.packed = (float *)(void *)base;
    m.partials = (float *)(void *)(base + packed);
    m.thread = base + packed + partials;
    m.relative = (float *)(void *)(base + packed + partials + threads);
    return m;
}

static void reserve(gr_ctx *c, const gr_capacity *most)
{
    gr_ctx want;

    gr_host_widen(&want, c, most);
    gr_host_scratch(c, gr_cpu_scratch_of(&want).total, &want);
}

/* ---- context ---- */

static gr_status open_cpu(gr_ctx **out, const gr_ctx_opts *o, gr_err *err)
{
    const char *isa = getenv("GR_CPU_ISA"), *gemm = getenv("GR_CPU_GEMM");
    const gr_cpu_kernels *k = NULL;
    gr_status s;

    *out = NULL;
    k = isa && *isa ? gr_cpu_isa_find(isa) : gr_cpu_isa_best();
    if (!k) return gr_fail(err, GR_E_ARG, "GR_CPU_ISA is '%s': this build and processor have %s", isa, gr_cpu_isa_names());
    if (o && o->deterministic) k = gr_cpu_isa_exact(k);
    if (gemm && *gemm && strcmp(gemm, "own") != 0 && strcmp(gemm, "openblas") != 0)
        return gr_fail(err, GR_E_ARG, "GR_CPU_GEMM is '%s': own or openblas", gemm);
    if (o && o->precision == GR_PRECISION_BF16 && !o->deterministic && !(isa && *isa)) k = gr_cpu_isa_bf16(k);
    if ((s = gr_host_open(out, o, err)) != GR_OK) return s;
    (*out)->kernels = k;
    (*out)->kept = gr_cpu_kept_new();
    if (!(*out)->kept) {
        gr_host_close(*out);
        *out = NULL;
        return gr_fail(err, GR_E_NOMEM, "out of memory for a device context");
    }
    if (gemm && strcmp(gemm, "openblas") == 0 && !(o && (o->deterministic || o->precision == GR_PRECISION_BF16))) {
        gr_cpu_openblas_prepare();
        (*out)->provider = &gr_cpu_openblas;
    }
    return GR_OK;
}

static void close_cpu(gr_ctx *c)
{
    if (!c) return;
    gr_cpu_kept_free(c);
    gr_host_close(c);
}

#define FROM_REF(op, args) \
    static void op(gr_ctx *c, const args *a) { gr_backend_ref.op(c, a); }
FROM_REF(gather_rows_fwd, gr_pool_args)
FROM_REF(gather_rows_bwd, gr_pool_args)
FROM_REF(l2_normalise_fwd, gr_l2_args)
FROM_REF(l2_normalise_bwd, gr_l2_args)
FROM_REF(mse, gr_loss_args)
FROM_REF(cosine, gr_loss_args)

static void find_nonfinite(gr_ctx *c, const void *x, size_t count, int32_t *out)
{
    gr_backend_ref.find_nonfinite(c, x, count, out);
}

const gr_backend gr_backend_cpu = {
    .abi = GR_BACKEND_ABI,
    .name = "cpu",
    .about = "vectorised C, float",
    .elem = 4,
    .unified = true,
    .open = open_cpu,
    .close = close_cpu,
    .alloc = gr_host_alloc,
    .release = gr_host_release,
    .reserve = reserve,
    .upload = gr_host_copy,
    .download = gr_host_copy,
    .copy = gr_host_copy,
    .zero = gr_host_zero,
    .sync = gr_host_sync,
    .memory = gr_host_memory,
    .keep_weights = gr_cpu_keep_weights,
    .embed_fwd = gr_cpu_embed_fwd,
    .embed_bwd = gr_cpu_embed_bwd,
    .linear_fwd = gr_cpu_linear_fwd,
    .linear_bwd = gr_cpu_linear_bwd,
    .attention_fwd = gr_cpu_attention_fwd,
    .attention_bwd = gr_cpu_attention_bwd,
    .attend_firsts_fwd = gr_cpu_attend_firsts_fwd,
    .attend_firsts_bwd = gr_cpu_attend_firsts_bwd,
    .heads_spread = gr_cpu_heads_spread,
    .heads_collect = gr_cpu_heads_collect,
    .heads_grad = gr_cpu_heads_grad,
    .rotary = gr_cpu_rotary,
    .gate_fwd = gr_cpu_gate_fwd,
    .gate_bwd = gr_cpu_gate_bwd,
    .dropout_add_norm_fwd = gr_cpu_add_norm_fwd,
    .dropout_add_norm_bwd = gr_cpu_add_norm_bwd,
    .gather_rows_fwd = gather_rows_fwd,
    .gather_rows_bwd = gather_rows_bwd,
    .mean_pool_fwd = gr_cpu_mean_pool_fwd,
    .mean_pool_bwd = gr_cpu_mean_pool_bwd,
    .l2_normalise_fwd = l2_normalise_fwd,
    .l2_normalise_bwd = l2_normalise_bwd,
    .dropout = gr_cpu_dropout,
    .add = gr_cpu_add,
    .softmax_xent = gr_cpu_softmax_xent,
    .mse = mse,
    .cosine = cosine,
    .sumsq = gr_cpu_sumsq,
    .adamw = gr_cpu_adamw,
    .decay_rows = gr_cpu_decay_rows,
    .find_nonfinite = find_nonfinite,
};
