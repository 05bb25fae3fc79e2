/* ops_test.c - every op of the float backends against ref64, over a sweep of shapes: ones, primes, one more
 * and one less than what vectors and tiles hold, ragged batches, no labels at all, every activation, dropout.
 *
 * The cpu backend runs with each set of kernels that this processor has, with OpenBLAS's products, and with 1, 2
 * and 3 threads, which must give the same bits. So must all instruction sets, but for plain kernels that were not asked to be
 * deterministic: they round a multiply-add twice. */
#include "tests/support/ops.h"
#include "tests/support/test.h"

#include <float.h>
#include <math.h>

#include "model/backend/cpu/isa.h"

static const gr_ops_case cases[] = {
    { .name = "linear 1x1x1", .kind = GR_OPS_LINEAR, .rows = 1, .in = 1, .out = 1 },
    { .name = "linear 1x127x3", .kind = GR_OPS_LINEAR, .rows = 1, .in = 127, .out = 3, .dx_add = true },
    { .name = "linear 17x13x31", .kind = GR_OPS_LINEAR, .rows = 17, .in = 13, .out = 31 },
    { .name = "linear 129x127x33", .kind = GR_OPS_LINEAR, .rows = 129, .in = 127, .out = 33, .dx_add = true },
    { .name = "linear 14x32x32", .kind = GR_OPS_LINEAR, .rows = 14, .in = 32, .out = 32, .no_bias = true },
    { .name = "linear 3x2053x2", .kind = GR_OPS_LINEAR, .rows = 3, .in = 2053, .out = 2 },
    { .name = "linear 2060x5x7", .kind = GR_OPS_LINEAR, .rows = 2060, .in = 5, .out = 7 },
    { .name = "linear 5x7x1543", .kind = GR_OPS_LINEAR, .rows = 5, .in = 7, .out = 1543 },
    { .name = "linear 61x331x523", .kind = GR_OPS_LINEAR, .rows = 61, .in = 331, .out = 523 },
    { .name = "linear 1811x389x17", .kind = GR_OPS_LINEAR, .rows = 1811, .in = 389, .out = 17 },
    { .name = "linear 9x401x1553", .kind = GR_OPS_LINEAR, .rows = 9, .in = 401, .out = 1553, .dx_add = true },
    { .name = "linear gelu over parts", .kind = GR_OPS_LINEAR, .rows = 13, .in = 777, .out = 67, .act = GR_ACT_GELU },
    { .name = "linear of gelu over parts", .kind = GR_OPS_LINEAR, .rows = 13, .in = 67, .out = 777, .x_act = GR_ACT_GELU },
    { .name = "linear of gelu over parts, made again", .kind = GR_OPS_LINEAR, .rows = 13, .in = 67, .out = 777, .x_act = GR_ACT_GELU, .remake = true },
    { .name = "linear of gelu over runs, made again", .kind = GR_OPS_LINEAR, .rows = 41, .in = 1201, .out = 401, .x_act = GR_ACT_GELU, .remake = true },
    { .name = "linear gelu", .kind = GR_OPS_LINEAR, .rows = 37, .in = 19, .out = 67, .act = GR_ACT_GELU },
    { .name = "linear gelu no bias", .kind = GR_OPS_LINEAR, .rows = 5, .in = 64, .out = 128, .act = GR_ACT_GELU, .no_bias = true },
    { .name = "linear gelu tanh", .kind = GR_OPS_LINEAR, .rows = 37, .in = 19, .out = 67, .act = GR_ACT_GELU_TANH },
    { .name = "linear of gelu", .kind = GR_OPS_LINEAR, .rows = 37, .in = 67, .out = 19, .x_act = GR_ACT_GELU },
    { .name = "linear of gelu, made again", .kind = GR_OPS_LINEAR, .rows = 37, .in = 67, .out = 19, .x_act = GR_ACT_GELU, .remake = true },
    { .name = "linear of gelu tanh", .kind = GR_OPS_LINEAR, .rows = 37, .in = 67, .out = 19, .x_act = GR_ACT_GELU_TANH },
    { .name = "linear of gelu tanh, made again", .kind = GR_OPS_LINEAR, .rows = 37, .in = 67, .out = 19, .x_act = GR_ACT_GELU_TANH, .remake = true },
    { .name = "linear of relu", .kind = GR_OPS_LINEAR, .rows = 37, .in = 67, .out = 19, .x_act = GR_ACT_RELU },
    { .name = "linear of relu, made again", .kind = GR_OPS_LINEAR, .rows = 37, .in = 67, .out = 19, .x_act = GR_ACT_RELU, .remake = true },
    { .name = "linear of tanh", .kind = GR_OPS_LINEAR, .rows = 37, .in = 67, .out = 19, .x_act = GR_ACT_TANH, .no_bias = true },
    { .name = "linear of tanh, made again", .kind = GR_OPS_LINEAR, .rows = 37, .in = 67, .out = 19, .x_act = GR_ACT_TANH, .remake = true },
    { .name = "linear relu", .kind = GR_OPS_LINEAR, .rows = 37, .in = 19, .out = 67, .act = GR_ACT_RELU },
    { .name = "linear tanh", .kind = GR_OPS_LINEAR, .rows = 37, .in = 19, .out = 67, .act = GR_ACT_TANH, .dx_add = true },
    { .name = "attention", .kind = GR_OPS_ATTENTION, .lens = { 7, 1, 54, 128 }, .hidden = 64, .heads = 2 },
    { .name = "attention dropout", .kind = GR_OPS_ATTENTION, .lens = { 1, 129, 17, 56, 57 }, .hidden = 96, .heads = 3, .drop = 0.1 },
    { .name = "attention head of 1", .kind = GR_OPS_ATTENTION, .lens = { 5, 1 }, .hidden = 3, .heads = 3, .drop = 0.5 },
    { .name = "attention head of 13", .kind = GR_OPS_ATTENTION, .lens = { 127, 2 }, .hidden = 26, .heads = 2, .drop = 0.2 },
    { .name = "attention head of 80", .kind = GR_OPS_ATTENTION, .lens = { 31, 33 }, .hidden = 80, .heads = 1 },
    { .name = "attention of first tokens", .kind = GR_OPS_ATTENTION, .lens = { 7, 1, 54, 128 }, .hidden = 64, .heads = 2, .first_only = true },
    { .name = "attention of first tokens, dropout", .kind = GR_OPS_ATTENTION, .lens = { 1, 129, 17, 56, 57 }, .hidden = 96, .heads = 3, .drop = 0.1, .first_only = true },
    { .name = "attention of first tokens, head of 13", .kind = GR_OPS_ATTENTION, .lens = { 127, 2 }, .hidden = 26, .heads = 2, .drop = 0.2, .first_only = true },
    { .name = "attention, window over several blocks", .kind = GR_OPS_ATTENTION, .lens = { 1, 65, 333, 511 }, .hidden = 48, .heads = 2, .window = 64, .drop = 0.1 },
    { .name = "attention, window of 1", .kind = GR_OPS_ATTENTION, .lens = { 1, 2, 90, 145 }, .hidden = 16, .heads = 1, .window = 1 },
    { .name = "attention, window as wide as a sequence", .kind = GR_OPS_ATTENTION, .lens = { 17, 18, 19 }, .hidden = 16, .heads = 1, .window = 17, .drop = 0.2 },
    { .name = "attention, buckets over several blocks", .kind = GR_OPS_ATTENTION, .lens = { 310, 1, 150 }, .hidden = 16, .heads = 2, .bias = GR_ATTN_BIAS_BUCKETS, .rel_rows = 32, .drop = 0.1 },
    { .name = "attention, disentangled over several blocks", .kind = GR_OPS_ATTENTION, .lens = { 310, 1, 150, 72, 145 }, .hidden = 48, .heads = 2,
      .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_rows = 96, .drop = 0.1 },
    { .name = "attention, disentangled, window over several blocks", .kind = GR_OPS_ATTENTION, .lens = { 310, 1, 400 }, .hidden = 48, .heads = 2,
      .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_rows = 96, .window = 33, .drop = 0.1 },
    { .name = "attention, disentangled, many sequences", .kind = GR_OPS_ATTENTION, .lens = { 3, 9, 1, 20, 7, 5, 5, 2, 33, 4, 6, 1, 1, 8, 30, 11 }, .hidden = 39, .heads = 3,
      .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_rows = 51 },
    { .name = "spread 1x1", .kind = GR_OPS_SPREAD, .rows = 1, .hidden = 1, .heads = 1 },
    { .name = "spread 9 of 12 heads", .kind = GR_OPS_SPREAD, .rows = 9, .hidden = 384, .heads = 12 },
    { .name = "spread 5 of heads of 13, no bias", .kind = GR_OPS_SPREAD, .rows = 5, .hidden = 39, .heads = 3, .no_bias = true },
    { .name = "spread over parts of rows", .kind = GR_OPS_SPREAD, .rows = 777, .hidden = 38, .heads = 2 },
    { .name = "spread a head over parts of its width", .kind = GR_OPS_SPREAD, .rows = 3, .hidden = 401, .heads = 1 },
    { .name = "collect 1x1", .kind = GR_OPS_COLLECT, .rows = 1, .hidden = 1, .heads = 1 },
    { .name = "collect 9 of 12 heads", .kind = GR_OPS_COLLECT, .rows = 9, .hidden = 384, .heads = 12 },
    { .name = "collect 5 of heads of 13, no bias", .kind = GR_OPS_COLLECT, .rows = 5, .hidden = 39, .heads = 3, .no_bias = true },
    { .name = "collect over several blocks of rows", .kind = GR_OPS_COLLECT, .rows = 130, .hidden = 402, .heads = 2 },
    { .name = "rotary", .kind = GR_OPS_ROTARY, .lens = { 1, 40, 17 }, .hidden = 128, .heads = 2 },
    { .name = "rotary, heads of 2", .kind = GR_OPS_ROTARY, .lens = { 5, 2 }, .hidden = 6, .heads = 3 },
    { .name = "rotary, heads of 26", .kind = GR_OPS_ROTARY, .lens = { 30, 1 }, .hidden = 78, .heads = 3 },
    { .name = "rotary, heads of 80", .kind = GR_OPS_ROTARY, .lens = { 31, 1 }, .hidden = 80, .heads = 1 },
    { .name = "gate gelu", .kind = GR_OPS_GATE, .rows = 37, .hidden = 67, .act = GR_ACT_GELU },
    { .name = "gate gelu tanh", .kind = GR_OPS_GATE, .rows = 37, .hidden = 67, .act = GR_ACT_GELU_TANH },
    { .name = "gate relu", .kind = GR_OPS_GATE, .rows = 5, .hidden = 129, .act = GR_ACT_RELU },
    { .name = "gate tanh", .kind = GR_OPS_GATE, .rows = 1, .hidden = 1, .act = GR_ACT_TANH },
    { .name = "gate none", .kind = GR_OPS_GATE, .rows = 17, .hidden = 16, .act = GR_ACT_NONE },
    { .name = "add norm 1", .kind = GR_OPS_ADD_NORM, .lens = { 2, 1 }, .hidden = 1, .drop = 0.1 },
    { .name = "add norm 5", .kind = GR_OPS_ADD_NORM, .lens = { 2, 1 }, .hidden = 5, .drop = 0.1 },
    { .name = "add norm 127", .kind = GR_OPS_ADD_NORM, .lens = { 19, 1, 30 }, .hidden = 127, .drop = 0.1 },
    { .name = "add norm 129", .kind = GR_OPS_ADD_NORM, .lens = { 19, 1, 30 }, .hidden = 129 },
    { .name = "add norm 384", .kind = GR_OPS_ADD_NORM, .lens = { 512, 600 }, .hidden = 384, .drop = 0.3 },
    { .name = "norm alone", .kind = GR_OPS_ADD_NORM, .lens = { 19, 1, 30 }, .hidden = 129, .no_residual = true },
    { .name = "norm alone, no bias, dropout", .kind = GR_OPS_ADD_NORM, .lens = { 19, 1, 30 }, .hidden = 127, .no_residual = true, .no_bias = true, .drop = 0.1 },
    { .name = "add norm, no bias", .kind = GR_OPS_ADD_NORM, .lens = { 19, 1, 30 }, .hidden = 127, .no_bias = true },
    { .name = "add norm, stream", .kind = GR_OPS_ADD_NORM, .lens = { 19, 1, 30 }, .hidden = 127, .stream = true, .drop = 0.1 },
    { .name = "add norm, stream, no bias", .kind = GR_OPS_ADD_NORM, .lens = { 19, 1, 30 }, .hidden = 64, .stream = true, .no_bias = true },
    { .name = "norm alone, stream", .kind = GR_OPS_ADD_NORM, .lens = { 19, 1, 30 }, .hidden = 127, .stream = true, .no_residual = true },
    { .name = "embed, no positions", .kind = GR_OPS_EMBED, .lens = { 19, 1, 30 }, .hidden = 127, .drop = 0.1, .no_pos = true },
    { .name = "embed, no bias, pads", .kind = GR_OPS_EMBED, .lens = { 19, 1, 300 }, .hidden = 129, .no_bias = true, .pads = true },
    { .name = "embed 127", .kind = GR_OPS_EMBED, .lens = { 19, 1, 30 }, .hidden = 127, .drop = 0.1 },
    { .name = "embed 129", .kind = GR_OPS_EMBED, .lens = { 100, 1, 130 }, .hidden = 129, .no_types = true },
    { .name = "embed 384", .kind = GR_OPS_EMBED, .lens = { 64, 64 }, .hidden = 384, .drop = 0.5 },
    { .name = "gather rows", .kind = GR_OPS_GATHER, .lens = { 3, 1, 20 }, .hidden = 127 },
    { .name = "gather rows, added", .kind = GR_OPS_GATHER, .lens = { 3, 1, 20 }, .hidden = 127, .dx_add = true },
    { .name = "mean pool", .kind = GR_OPS_MEAN, .lens = { 3, 1, 20 }, .hidden = 129 },
    { .name = "l2 normalise", .kind = GR_OPS_L2, .rows = 4, .hidden = 127 },
    { .name = "dropout rows", .kind = GR_OPS_DROPOUT, .lens = { 3, 1, 2 }, .hidden = 129, .drop = 0.4 },
    { .name = "dropout tokens", .kind = GR_OPS_DROPOUT, .lens = { 3, 1, 20 }, .hidden = 127, .drop = 0.4, .per_token = true },
    { .name = "softmax xent 2", .kind = GR_OPS_XENT, .rows = 129, .out = 2 },
    { .name = "softmax xent 9", .kind = GR_OPS_XENT, .rows = 67, .out = 9, .smoothing = 0.1, .ignore = 3 },
    { .name = "softmax xent 131", .kind = GR_OPS_XENT, .rows = 3, .out = 131, .smoothing = 0.2 },
    { .name = "softmax xent 1", .kind = GR_OPS_XENT, .rows = 3, .out = 1 },
    { .name = "softmax xent no label", .kind = GR_OPS_XENT, .rows = 3, .out = 5, .ignore = 1 },
    { .name = "mse", .kind = GR_OPS_MSE, .rows = 131 },
    { .name = "cosine", .kind = GR_OPS_COSINE, .rows = 17, .out = 127 },
};

/* What a run of a case gives: y, then the gradients. */
typedef struct result {
    double  top[1 + GR_OPS_MAX_IN]; /* largest absolute value of each */
    size_t  n[1 + GR_OPS_MAX_IN], parts;
    double *x[1 + GR_OPS_MAX_IN];
} result;

static void result_free(result *r)
{
    for (size_t i = 0; i < r->parts; i++) free(r->x[i]);
    r->parts = 0;
}

typedef struct way { /* of running a backend */
    const char *label, *backend, *isa, *gemm;
    bool        deterministic;
    bool        exact; /* the same bits as every other way of which this is said */
} way;

static double top_of(const double *x, size_t n)
{
    double top = 0.0;

    for (size_t i = 0; i < n; i++) top = fabs(x[i]) > top ? fabs(x[i]) : top;
    return top;
}

static void run(result *r, const gr_ops_case *k, const way *w, int threads, bool absolute)
{
    size_t n[GR_OPS_MAX_IN] = { 0 };
    const size_t n_in = gr_ops_inputs(k, n), ny = gr_ops_outputs(k);
    double *in[GR_OPS_MAX_IN] = { NULL }, *dy = calloc(ny, sizeof *dy);
    gr_ops_env e;

    assert_non_null(dy);
    gr_ops_fill(dy, ny, 99, 1.0);
    r->parts = 1 + n_in;
    r->n[0] = ny;
    r->x[0] = calloc(ny, sizeof *dy);
    for (size_t i = 0; i < n_in; i++) {
        in[i] = calloc(n[i], sizeof *in[i]);
        r->n[i + 1] = n[i];
        r->x[i + 1] = calloc(n[i], sizeof *dy);
        assert_true(in[i] && r->x[i + 1]);
        gr_ops_fill(in[i], n[i], (uint32_t)(i + 1), 1.0);
        for (size_t j = 0; absolute && j < n[i]; j++) in[i][j] = fabs(in[i][j]);
    }
    for (size_t j = 0; absolute && j < ny; j++) dy[j] = fabs(dy[j]);
    if (w->isa) assert_int_equal(setenv("GR_CPU_ISA", w->isa, 1), 0);
    if (w->gemm) assert_int_equal(setenv("GR_CPU_GEMM", w->gemm, 1), 0);
    gr_ops_open(&e, w->backend, threads, w->deterministic);
    (void)unsetenv("GR_CPU_ISA");
    (void)unsetenv("GR_CPU_GEMM");
    gr_ops_run(&e, k, in, r->x[0], dy, r->x + 1);
    gr_ops_close(&e);
    for (size_t p = 0; p < r->parts; p++) r->top[p] = top_of(r->x[p], r->n[p]);
    for (size_t i = 0; i < n_in; i++) free(in[i]);
    free(dy);
}

/* Terms of the longest sum that one number of the op is made of. */
static double terms(const gr_ops_case *k)
{
    double tokens = 0.0, longest = 0.0;

    for (int i = 0; i < GR_OPS_MAX_ROWS; i++) {
        tokens += k->lens[i];
        longest = k->lens[i] > longest ? k->lens[i] : longest;
    }
    switch (k->kind) {
    case GR_OPS_FIRSTS: return k->hidden + longest + 2.0 * k->heads + (k->bias == GR_ATTN_BIAS_NONE ? 0.0 : tokens);
    case GR_OPS_ATTENTION:
        return k->bias == GR_ATTN_BIAS_NONE ? k->hidden / k->heads + longest : 3.0 * k->hidden / k->heads + longest + tokens;
    case GR_OPS_ADD_NORM:
    case GR_OPS_EMBED: return k->hidden + tokens;
    case GR_OPS_XENT:
    case GR_OPS_COSINE: return k->out + 8.0;
    default: return 8.0 + (k->kind == GR_OPS_L2 ? k->hidden : longest);
    }
}

/* Allowed error of element i of part p.
 *
 * A float sum of k products is off by at most k u sum |a||b| (u = half an epsilon; Higham, Accuracy and Stability,
 * section 3.1). For linear, and products by head, that sum is `abs`, the same op on absolute values without act, made by ref64; an act passes
 * an error of h on with a slope of at most 1.13, and its own slope, wrong by at most 0.8 times that of h, multiplies dy.
 * For the other ops the sum is bounded by the largest result. The factor 2 to 4 is for the elementary functions. */
static double tolerance(const gr_ops_case *k, const result *want, const result *abs, size_t p, size_t i)
{
    const double u = 0.5 * FLT_EPSILON;

    if (k->kind == GR_OPS_SPREAD || k->kind == GR_OPS_COLLECT) return 2.0 * u * (k->rows + k->hidden + 8) * (abs->x[p][i] + (p ? GR_OPS_BASE : 0.0));
    if (k->kind != GR_OPS_LINEAR) return 4.0 * u * terms(k) * (want->top[p] + 0.01);
    if (p == 0) return 2.0 * u * (1.13 * (k->in + 2) * abs->x[0][i] + 4.0 * fabs(want->x[0][i]));
    return 2.0 * u * (1.13 * (k->rows + k->out + 8) + (k->act ? 0.8 * (k->in + 2) * abs->top[0] : 0.0)) * (abs->x[p][i] + GR_OPS_BASE);
}

static void compare(const gr_ops_case *k, const way *w, const result *got, const result *want, const result *abs)
{
    for (size_t p = 0; p < want->parts; p++)
        for (size_t i = 0; i < want->n[p]; i++) {
            const double g = got->x[p][i], r = want->x[p][i], tol = tolerance(k, want, abs, p, i);

            if (fabs(g - r) <= tol) continue;
            gr_case_fail(k->name, "%s: %s[%zu]: got %.9g, want %.9g, tolerance %.3g\n", w->label,
                         p ? gr_ops_input_name(k, p - 1) : "y", i, g, r, tol);
            return;
        }
    gr_case_pass(k->name);
}

static void same_bits(const gr_ops_case *k, const char *what, const result *a, const result *b)
{
    for (size_t p = 0; p < a->parts; p++)
        for (size_t i = 0; i < a->n[p]; i++)
            if (memcmp(&a->x[p][i], &b->x[p][i], sizeof a->x[p][i]) != 0) {
                gr_case_fail(k->name, "%s: %s[%zu]: %.9g and %.9g, not the same bits\n", what, p ? gr_ops_input_name(k, p - 1) : "y", i,
                             a->x[p][i], b->x[p][i]);
                return;
            }
    gr_case_pass(k->name);
}

static void other_threads(const gr_ops_case *k, const way *w, const result *got)
{
    for (int threads = 2; threads <= 3; threads++) {
        char   what[64];
        result again = { .parts = 0 };

        (void)snprintf(what, sizeof what, "%s, 1 and %d threads", w->label, threads);
        run(&again, k, w, threads, false);
        same_bits(k, what, got, &again);
        result_free(&again);
    }
}

static void check(const gr_ops_case *k, const way *ways, size_t n_ways)
{
    const way truth = { "ref64", "ref64", NULL, NULL, false, false }, *first = NULL;
    gr_ops_case linear = *k;
    result want = { .parts = 0 }, abs = { .parts = 0 }, exact = { .parts = 0 };

    linear.act = GR_ACT_NONE;
    linear.x_act = GR_ACT_NONE;
    linear.remake = false;
    linear.dx_add = false;
    run(&want, k, &truth, 1, false);
    run(&abs, &linear, &truth, 1, true);
    for (size_t i = 0; i < n_ways; i++) {
        result got = { .parts = 0 };

        run(&got, k, &ways[i], 1, false);
        compare(k, &ways[i], &got, &want, &abs);
        other_threads(k, &ways[i], &got);
        if (ways[i].exact && first) {
            char what[64];

            (void)snprintf(what, sizeof what, "%s and %s", first->label, ways[i].label);
            same_bits(k, what, &exact, &got);
        }
        if (ways[i].exact && !first) {
            first = &ways[i];
            exact = got;
        } else {
            result_free(&got);
        }
    }
    result_free(&exact);
    result_free(&want);
    result_free(&abs);
}

enum { GR_WAYS = 11 };

/* The ways that this processor has. */
static size_t ways_here(way ways[GR_WAYS])
{
    static const way all[GR_WAYS] = {
        { "ref", "ref", NULL, NULL, false, false },
        { "cpu plain", "cpu", "plain", NULL, false, false },
        { "cpu plain deterministic", "cpu", "plain", NULL, true, true },
        { "cpu avx2", "cpu", "avx2", NULL, false, true },
        { "cpu avx2 deterministic", "cpu", "avx2", NULL, true, true },
        { "cpu avx512", "cpu", "avx512", NULL, false, true },
        { "cpu avx512 deterministic", "cpu", "avx512", NULL, true, true },
        { "cpu avx512bf16", "cpu", "avx512bf16", NULL, false, true },
        { "cpu openblas", "cpu", NULL, "openblas", false, false },
        { "cpu deterministic, openblas asked", "cpu", NULL, "openblas", true, true },
        { "checked cpu", "checked-cpu", NULL, NULL, true, true },
    };
    size_t n = 0;

    for (size_t i = 0; i < GR_WAYS; i++) {
        if (all[i].isa && !gr_cpu_isa_find(all[i].isa)) gr_case_skip(all[i].label, "this processor has not the instructions");
        else ways[n++] = all[i];
    }
    return n;
}

static size_t exact_of(const way *ways, size_t n)
{
    size_t exact = 0;

    for (size_t i = 0; i < n; i++) exact += ways[i].exact;
    return exact;
}

static void every_op_on_every_backend(void **state)
{
    way ways[GR_WAYS];
    const size_t n = ways_here(ways), exact = exact_of(ways, n);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i], ways, n);
    gr_cases_done("ops against ref64", (3 * n + exact - 1) * sizeof cases / sizeof *cases);
}

/* Every form of attention with and without dropout and with one query, at the widths of heads that encoders have. */
static void every_form_of_attention(void **state)
{
    static const gr_ops_case forms[] = {
        { .name = "window", .window = 20 },
        { .name = "buckets", .bias = GR_ATTN_BIAS_BUCKETS, .rel_rows = 32 },
        { .name = "buckets, window", .bias = GR_ATTN_BIAS_BUCKETS, .rel_rows = 9, .window = 7 },
        { .name = "disentangled", .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_rows = 80 },
        { .name = "disentangled, keys", .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_rows = 64, .no_rel_queries = true },
        { .name = "disentangled, queries", .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_rows = 9, .no_rel_keys = true },
        { .name = "disentangled, window", .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_rows = 80, .window = 13 },
    };
    static const int32_t widths[] = { 8, 24, 32, 64 };
    const size_t n_forms = sizeof forms / sizeof *forms;
    way ways[GR_WAYS];
    const size_t n = ways_here(ways), exact = exact_of(ways, n);
    size_t i = 0;

    (void)state;
    for (; i < 4 * n_forms; i++) {
        gr_ops_case k = forms[i / 4];
        char name[96];

        k.kind = GR_OPS_ATTENTION;
        k.lens[0] = 1, k.lens[1] = 17, k.lens[2] = 64, k.lens[3] = 130;
        k.heads = 2;
        k.hidden = 2 * widths[(i + i / 4) % 4];
        k.first_only = i % 2 > 0;
        k.drop = i % 4 >= 2 ? 0.1 : 0.0;
        (void)snprintf(name, sizeof name, "%s, heads of %d%s%s", forms[i / 4].name, k.hidden / 2, k.first_only ? ", first tokens" : "",
                       k.drop > 0.0 ? ", dropout" : "");
        k.name = name;
        check(&k, ways, n);
    }
    gr_cases_done("attention against ref64", (3 * n + exact - 1) * i);
}

/* Heads of every width in one, two and twelve; from one sequence to nine, of lengths about those of vectors and tiles. */
static void first_tokens_on_rows(void **state)
{
    static const int32_t lens[][GR_OPS_MAX_ROWS] = { { 1 }, { 130 }, { 2, 17 }, { 16, 1, 15, 64 }, { 3, 129, 1, 33, 48, 7, 8, 9, 31 } };
    static const int32_t widths[] = { 4, 32, 64 }, heads[] = { 1, 2, 12, 17 };
    way ways[GR_WAYS];
    const size_t n = ways_here(ways), exact = exact_of(ways, n);
    size_t i = 0;

    (void)state;
    for (; i < 4 * 12; i++) {
        gr_ops_case k = { .kind = GR_OPS_FIRSTS, .heads = heads[i / 4 % 4], .drop = i % 2 ? 0.1 : 0.0, .rel_rows = 32 };
        char name[96];

        memcpy(k.lens, lens[i % 5], sizeof k.lens);
        k.hidden = k.heads * widths[i / 16];
        k.bias = i % 4 >= 2 ? GR_ATTN_BIAS_BUCKETS : GR_ATTN_BIAS_NONE;
        (void)snprintf(name, sizeof name, "first tokens on rows, %d heads of %d, %d tokens and on%s%s", k.heads, k.hidden / k.heads, k.lens[0],
                       k.bias ? ", buckets" : "", i % 2 ? ", dropout" : "");
        k.name = name;
        check(&k, ways, n);
    }
    gr_cases_done("first tokens against ref64", (3 * n + exact - 1) * i);
}

/* Every number of rows up to three panels of the tallest tiles and one more, and widths about its columns: whole panels, short ones, and what is left. */
static void rows_about_panels(void **state)
{
    static const int32_t out[] = { 31, 32, 33, 65 };
    enum { ROWS = 3 * 14 + 1 };
    way ways[GR_WAYS];
    const size_t n = ways_here(ways), exact = exact_of(ways, n);

    (void)state;
    for (int32_t rows = 1; rows <= ROWS; rows++) {
        gr_ops_case k = { .kind = GR_OPS_LINEAR, .rows = rows, .in = 19 + rows, .out = out[rows % 4], .dx_add = rows % 3 == 0 };
        char name[48];

        (void)snprintf(name, sizeof name, "linear, %d rows of %d to %d", rows, k.in, k.out);
        k.name = name;
        check(&k, ways, n);
    }
    gr_cases_done("rows about panels against ref64", (3 * n + exact - 1) * ROWS);
}

/* Ones through dropout show the mask itself: the same on every backend, element by element. */
static void masks_are_equal(void **state)
{
    static const gr_ops_case k = { .name = "mask", .kind = GR_OPS_DROPOUT, .lens = { 13, 1, 40 }, .hidden = 131, .drop = 0.37, .per_token = true };
    static const char *const isa[] = { "plain", "avx2", "avx512", "avx512bf16" };
    const way truth = { "ref64", "ref64", NULL, NULL, false, false };
    result want = { .parts = 0 };

    (void)state;
    run(&want, &k, &truth, 1, false);
    for (size_t i = 0; i < sizeof isa / sizeof *isa; i++) {
        const way w = { isa[i], "cpu", isa[i], NULL, false, false };
        result got = { .parts = 0 };
        size_t differ = 0, dropped = 0;

        if (!gr_cpu_isa_find(isa[i])) continue;
        run(&got, &k, &w, 1, false);
        for (size_t j = 0; j < want.n[0]; j++) {
            differ += (got.x[0][j] == 0.0) != (want.x[0][j] == 0.0);
            dropped += got.x[0][j] == 0.0;
        }
        assert_int_equal(differ, 0);
        assert_true(fabs((double)dropped / (double)want.n[0] - 0.37) < 0.02); /* 7074 draws: 3.5 sd */
        result_free(&got);
    }
    result_free(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_op_on_every_backend), cmocka_unit_test(every_form_of_attention),
                                        cmocka_unit_test(first_tokens_on_rows), cmocka_unit_test(rows_about_panels),
                                        cmocka_unit_test(masks_are_equal) };

    return gr_test_main(tests);
}
