/* cpu.c - the table of the cpu backend. An op that has no faster form here is ref's. */
#include "model/backend/host.h"

static void reserve(gr_ctx *c, int32_t tokens, int32_t width, int32_t heads, int32_t max_len)
{
    gr_backend_ref.reserve(c, tokens, width, heads, max_len);
}

#define FROM_REF(op, args) \
    static void op(gr_ctx *c, const args *a) { gr_backend_ref.op(c, a); }
FROM_REF(embed_fwd, gr_embed_args)
FROM_REF(embed_bwd, gr_embed_args)
FROM_REF(linear_fwd, gr_linear_args)
FROM_REF(linear_bwd, gr_linear_args)
FROM_REF(attention_fwd, gr_attn_args)
FROM_REF(attention_bwd, gr_attn_args)
FROM_REF(dropout_add_norm_fwd, gr_norm_args)
FROM_REF(dropout_add_norm_bwd, gr_norm_args)
FROM_REF(gather_rows_fwd, gr_pool_args)
FROM_REF(gather_rows_bwd, gr_pool_args)
FROM_REF(mean_pool_fwd, gr_pool_args)
FROM_REF(mean_pool_bwd, gr_pool_args)
FROM_REF(l2_normalise_fwd, gr_l2_args)
FROM_REF(l2_normalise_bwd, gr_l2_args)
FROM_REF(dropout, gr_drop_args)
FROM_REF(softmax_xent, gr_loss_args)
FROM_REF(mse, gr_loss_args)
FROM_REF(cosine, gr_loss_args)
FROM_REF(adamw, gr_adamw_args)

static void add(gr_ctx *c, void *dst, const void *src, size_t count)
{
    gr_backend_ref.add(c, dst, src, count);
}

static void sumsq(gr_ctx *c, const void *slab, const gr_segment *seg, size_t n_seg, double *out)
{
    gr_backend_ref.sumsq(c, slab, seg, n_seg, out);
}

static void find_nonfinite(gr_ctx *c, const void *x, size_t count, int32_t *out)
{
    gr_backend_ref.find_nonfinite(c, x, count, out);
}

const gr_backend gr_backend_cpu = {
    .abi = GR_BACKEND_ABI,
    .name = "cpu",
    .about = "vectorised C and OpenBLAS, float",
    .elem = 4,
    .open = gr_host_open,
    .close = gr_host_close,
    .alloc = gr_host_alloc,
    .release = gr_host_release,
    .reserve = reserve,
    .upload = gr_host_copy,
    .download = gr_host_copy,
    .copy = gr_host_copy,
    .zero = gr_host_zero,
    .sync = gr_host_sync,
    .memory = gr_host_memory,
    .embed_fwd = embed_fwd,
    .embed_bwd = embed_bwd,
    .linear_fwd = linear_fwd,
    .linear_bwd = linear_bwd,
    .attention_fwd = attention_fwd,
    .attention_bwd = attention_bwd,
    .dropout_add_norm_fwd = dropout_add_norm_fwd,
    .dropout_add_norm_bwd = dropout_add_norm_bwd,
    .gather_rows_fwd = gather_rows_fwd,
    .gather_rows_bwd = gather_rows_bwd,
    .mean_pool_fwd = mean_pool_fwd,
    .mean_pool_bwd = mean_pool_bwd,
    .l2_normalise_fwd = l2_normalise_fwd,
    .l2_normalise_bwd = l2_normalise_bwd,
    .dropout = dropout,
    .add = add,
    .softmax_xent = softmax_xent,
    .mse = mse,
    .cosine = cosine,
    .sumsq = sumsq,
    .adamw = adamw,
    .find_nonfinite = find_nonfinite,
};
