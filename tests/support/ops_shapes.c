/* ops_shapes.c - how many numbers a case has, and what its inputs are called; see ops.h. */
#include "tests/support/ops.h"

static size_t area(int32_t a, int32_t b) { return (size_t)a * (size_t)b; }

int32_t gr_ops_rows(const gr_ops_case *k)
{
    int32_t n = 0;

    while (n < GR_OPS_MAX_ROWS && k->lens[n] > 0) n++;
    return n;
}

int32_t gr_ops_tokens(const gr_ops_case *k)
{
    int32_t n = 0;

    for (int32_t i = 0; i < gr_ops_rows(k); i++) n += k->lens[i];
    return n;
}

int32_t gr_ops_longest(const gr_ops_case *k)
{
    int32_t n = 0;

    for (int32_t i = 0; i < gr_ops_rows(k); i++) n = k->lens[i] > n ? k->lens[i] : n;
    return n;
}

int32_t gr_ops_rel_width(const gr_ops_case *k) { return k->hidden * (!k->no_rel_keys + !k->no_rel_queries); }

size_t gr_ops_inputs(const gr_ops_case *k, size_t n[GR_OPS_MAX_IN])
{
    const size_t h = (size_t)k->hidden, T = (size_t)gr_ops_tokens(k);

    switch (k->kind) {
    case GR_OPS_LINEAR:
        n[0] = area(k->rows, k->in);
        n[1] = area(k->out, k->in);
        n[2] = (size_t)k->out;
        return k->no_bias ? 2 : 3;
    case GR_OPS_ATTENTION:
        n[0] = k->first_only ? (size_t)gr_ops_rows(k) * h : 3 * T * h;
        n[1] = k->first_only ? 2 * T * h : 0;
        n[k->first_only ? 2 : 1] = (size_t)k->rel_rows * (size_t)(k->bias == GR_ATTN_BIAS_BUCKETS ? k->heads : gr_ops_rel_width(k));
        return (k->first_only ? 2 : 1) + (k->bias != GR_ATTN_BIAS_NONE);
    case GR_OPS_FIRSTS:
        n[0] = T * h;
        n[1] = area(gr_ops_rows(k), k->heads) * h;
        n[2] = area(k->rel_rows, k->heads);
        return k->bias == GR_ATTN_BIAS_BUCKETS ? 3 : 2;
    case GR_OPS_SPREAD:
        n[0] = area(k->rows, k->hidden);
        n[1] = h * h;
        n[2] = h;
        return k->no_bias ? 2 : 3;
    case GR_OPS_COLLECT:
        n[0] = area(k->rows, k->heads) * h;
        n[1] = area(k->rows, k->heads);
        n[2] = h * h;
        n[3] = h;
        return k->no_bias ? 3 : 4;
    case GR_OPS_ADD_NORM:
        n[0] = n[1] = T * h;
        n[2] = n[3] = h;
        return 4;
    case GR_OPS_EMBED:
        n[0] = (size_t)GR_OPS_VOCAB * h;
        n[1] = (size_t)gr_ops_longest(k) * h;
        n[2] = (size_t)GR_OPS_TYPES * h;
        n[3] = n[4] = h;
        return 5;
    case GR_OPS_ROTARY: n[0] = 3 * T * h; return 1;
    case GR_OPS_GATE: n[0] = 2 * area(k->rows, k->hidden); return 1;
    case GR_OPS_GATHER:
    case GR_OPS_MEAN: n[0] = T * h; return 1;
    case GR_OPS_DROPOUT: n[0] = (k->per_token ? T : (size_t)gr_ops_rows(k)) * h; return 1;
    case GR_OPS_L2: n[0] = area(k->rows, k->hidden); return 1;
    case GR_OPS_XENT: n[0] = area(k->rows, k->out); return 1;
    case GR_OPS_MSE: n[0] = (size_t)k->rows; return 1;
    case GR_OPS_COSINE: n[0] = 2 * area(k->rows, k->out); return 1;
    }
    return 0;
}

size_t gr_ops_outputs(const gr_ops_case *k)
{
    size_t n[GR_OPS_MAX_IN] = { 0 };

    (void)gr_ops_inputs(k, n);
    switch (k->kind) {
    case GR_OPS_LINEAR: return area(k->rows, k->out);
    case GR_OPS_ATTENTION: return k->first_only ? n[0] : n[0] / 3;
    case GR_OPS_EMBED: return area(gr_ops_tokens(k), k->hidden);
    case GR_OPS_FIRSTS: return area(gr_ops_rows(k), k->heads) * ((size_t)k->hidden + 1);
    case GR_OPS_SPREAD: return area(k->rows, k->heads) * ((size_t)k->hidden + !k->no_bias);
    case GR_OPS_COLLECT: return area(k->rows, k->hidden);
    case GR_OPS_ADD_NORM: return k->stream ? 2 * n[0] : n[0];
    case GR_OPS_GATE: return n[0] / 2;
    case GR_OPS_GATHER:
    case GR_OPS_MEAN: return area(gr_ops_rows(k), k->hidden);
    case GR_OPS_XENT:
    case GR_OPS_MSE:
    case GR_OPS_COSINE: return 1;
    default: return n[0];
    }
}

const char *gr_ops_input_name(const gr_ops_case *k, size_t i)
{
    static const char *const linear[] = { "x", "w", "bias" }, *const norm[] = { "x", "residual", "gain", "bias" };
    static const char *const attention[] = { "q", "k | v", "bias" };
    static const char *const embed[] = { "word", "pos", "type", "gain", "bias" };

    static const char *const firsts[] = { "x", "u", "bias" }, *const spread[] = { "y", "w", "bias" }, *const collect[] = { "z", "sums", "w", "bias" };

    switch (k->kind) {
    case GR_OPS_FIRSTS: return firsts[i];
    case GR_OPS_SPREAD: return spread[i];
    case GR_OPS_COLLECT: return collect[i];
    case GR_OPS_LINEAR: return linear[i];
    case GR_OPS_ADD_NORM: return norm[i];
    case GR_OPS_EMBED: return embed[i];
    case GR_OPS_ATTENTION: return k->first_only ? attention[i] : i ? attention[2] : "q | k | v";
    default: return "x";
    }
}
