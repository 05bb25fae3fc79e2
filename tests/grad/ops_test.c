/* ops_test.c - the backward of every op against central differences of its forward, in double; watched by the checked backend. */
#include "tests/support/ops.h"
#include "tests/support/test.h"

#include <math.h>

/* Central differences with step h lose about eps / h to rounding and h^2 to curvature; h = 1e-5 puts
 * both near 1e-10, far below the 1e-6 that a wrong formula would exceed. */
static const double STEP = 1e-5, TOLERANCE = 1e-6;
enum { PROBES = 60 }; /* elements of a tensor that are moved, spread over it */

static const gr_ops_case cases[] = {
    { .name = "linear", .kind = GR_OPS_LINEAR, .rows = 5, .in = 7, .out = 4 },
    { .name = "linear no bias", .kind = GR_OPS_LINEAR, .rows = 3, .in = 2, .out = 5, .no_bias = true, .dx_add = true },
    { .name = "linear 1 1 1", .kind = GR_OPS_LINEAR, .rows = 1, .in = 1, .out = 1 },
    { .name = "linear gelu", .kind = GR_OPS_LINEAR, .rows = 4, .in = 6, .out = 5, .act = GR_ACT_GELU },
    { .name = "linear gelu no bias", .kind = GR_OPS_LINEAR, .rows = 4, .in = 6, .out = 5, .act = GR_ACT_GELU, .no_bias = true },
    { .name = "linear gelu tanh", .kind = GR_OPS_LINEAR, .rows = 4, .in = 6, .out = 5, .act = GR_ACT_GELU_TANH },
    { .name = "linear of gelu", .kind = GR_OPS_LINEAR, .rows = 4, .in = 6, .out = 5, .x_act = GR_ACT_GELU },
    { .name = "linear of gelu, made again", .kind = GR_OPS_LINEAR, .rows = 4, .in = 6, .out = 5, .x_act = GR_ACT_GELU, .remake = true },
    { .name = "linear of gelu tanh, made again", .kind = GR_OPS_LINEAR, .rows = 4, .in = 6, .out = 5, .x_act = GR_ACT_GELU_TANH, .remake = true },
    { .name = "linear of relu", .kind = GR_OPS_LINEAR, .rows = 4, .in = 6, .out = 5, .x_act = GR_ACT_RELU },
    { .name = "linear gelu of tanh", .kind = GR_OPS_LINEAR, .rows = 4, .in = 6, .out = 5, .act = GR_ACT_GELU, .x_act = GR_ACT_TANH },
    { .name = "linear relu", .kind = GR_OPS_LINEAR, .rows = 4, .in = 6, .out = 5, .act = GR_ACT_RELU },
    { .name = "linear tanh", .kind = GR_OPS_LINEAR, .rows = 4, .in = 6, .out = 5, .act = GR_ACT_TANH, .dx_add = true },
    { .name = "attention", .kind = GR_OPS_ATTENTION, .lens = { 4, 1, 6 }, .hidden = 6, .heads = 2 },
    { .name = "attention dropout", .kind = GR_OPS_ATTENTION, .lens = { 9, 1, 3 }, .hidden = 10, .heads = 2, .drop = 0.3 },
    { .name = "attention head of 1", .kind = GR_OPS_ATTENTION, .lens = { 1, 2 }, .hidden = 3, .heads = 3, .drop = 0.1 },
    { .name = "attention head of 7", .kind = GR_OPS_ATTENTION, .lens = { 3, 5 }, .hidden = 7, .heads = 1 },
    { .name = "attention of first tokens", .kind = GR_OPS_ATTENTION, .lens = { 4, 1, 6 }, .hidden = 6, .heads = 2, .first_only = true },
    { .name = "attention of first tokens, dropout", .kind = GR_OPS_ATTENTION, .lens = { 9, 1, 3 }, .hidden = 10, .heads = 2, .drop = 0.3, .first_only = true },
    { .name = "attention, window", .kind = GR_OPS_ATTENTION, .lens = { 9, 1, 6 }, .hidden = 6, .heads = 2, .window = 2 },
    { .name = "attention, window, first tokens", .kind = GR_OPS_ATTENTION, .lens = { 9, 1, 6 }, .hidden = 6, .heads = 2, .window = 3, .first_only = true },
    { .name = "attention, buckets", .kind = GR_OPS_ATTENTION, .lens = { 4, 1, 6 }, .hidden = 6, .heads = 2, .bias = GR_ATTN_BIAS_BUCKETS, .rel_rows = 5 },
    { .name = "attention, buckets, dropout, first tokens", .kind = GR_OPS_ATTENTION, .lens = { 4, 1, 6 }, .hidden = 6, .heads = 2,
      .bias = GR_ATTN_BIAS_BUCKETS, .rel_rows = 9, .drop = 0.2, .first_only = true },
    { .name = "attention, buckets, window", .kind = GR_OPS_ATTENTION, .lens = { 9, 2 }, .hidden = 6, .heads = 2, .bias = GR_ATTN_BIAS_BUCKETS,
      .rel_rows = 13, .window = 3 },
    { .name = "attention, disentangled", .kind = GR_OPS_ATTENTION, .lens = { 4, 1, 6 }, .hidden = 6, .heads = 2, .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_rows = 7 },
    { .name = "attention, disentangled, dropout, first tokens", .kind = GR_OPS_ATTENTION, .lens = { 4, 1, 6 }, .hidden = 6, .heads = 2,
      .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_rows = 11, .drop = 0.2, .first_only = true },
    { .name = "attention, disentangled, keys", .kind = GR_OPS_ATTENTION, .lens = { 4, 1, 6 }, .hidden = 6, .heads = 2, .bias = GR_ATTN_BIAS_DISENTANGLED,
      .rel_rows = 4, .no_rel_queries = true },
    { .name = "attention, disentangled, queries, window", .kind = GR_OPS_ATTENTION, .lens = { 4, 1, 6 }, .hidden = 6, .heads = 2,
      .bias = GR_ATTN_BIAS_DISENTANGLED, .rel_rows = 9, .no_rel_keys = true, .window = 2, .drop = 0.3 },
    { .name = "first tokens on rows", .kind = GR_OPS_FIRSTS, .lens = { 4, 1, 6 }, .hidden = 6, .heads = 2 },
    { .name = "first tokens on rows, dropout", .kind = GR_OPS_FIRSTS, .lens = { 9, 1, 3 }, .hidden = 10, .heads = 5, .drop = 0.3 },
    { .name = "first tokens on rows, buckets, dropout", .kind = GR_OPS_FIRSTS, .lens = { 4, 1, 6 }, .hidden = 6, .heads = 3, .bias = GR_ATTN_BIAS_BUCKETS,
      .rel_rows = 9, .drop = 0.2 },
    { .name = "spread", .kind = GR_OPS_SPREAD, .rows = 4, .hidden = 6, .heads = 2 },
    { .name = "spread, no bias", .kind = GR_OPS_SPREAD, .rows = 2, .hidden = 6, .heads = 3, .no_bias = true },
    { .name = "collect", .kind = GR_OPS_COLLECT, .rows = 4, .hidden = 6, .heads = 2 },
    { .name = "rotary", .kind = GR_OPS_ROTARY, .lens = { 4, 1, 6 }, .hidden = 12, .heads = 2 },
    { .name = "gate gelu", .kind = GR_OPS_GATE, .rows = 4, .hidden = 5, .act = GR_ACT_GELU },
    { .name = "gate gelu tanh", .kind = GR_OPS_GATE, .rows = 4, .hidden = 5, .act = GR_ACT_GELU_TANH },
    { .name = "gate relu", .kind = GR_OPS_GATE, .rows = 4, .hidden = 5, .act = GR_ACT_RELU },
    { .name = "gate tanh", .kind = GR_OPS_GATE, .rows = 4, .hidden = 5, .act = GR_ACT_TANH },
    { .name = "gate none", .kind = GR_OPS_GATE, .rows = 1, .hidden = 3, .act = GR_ACT_NONE },
    { .name = "norm alone", .kind = GR_OPS_ADD_NORM, .lens = { 3, 1, 2 }, .hidden = 5, .no_residual = true },
    { .name = "norm alone, no bias, dropout", .kind = GR_OPS_ADD_NORM, .lens = { 3, 1, 2 }, .hidden = 5, .no_residual = true, .no_bias = true, .drop = 0.3 },
    { .name = "add norm, stream", .kind = GR_OPS_ADD_NORM, .lens = { 3, 1, 2 }, .hidden = 7, .stream = true, .drop = 0.2 },
    { .name = "norm alone, stream, no bias", .kind = GR_OPS_ADD_NORM, .lens = { 3, 1, 2 }, .hidden = 7, .stream = true, .no_residual = true, .no_bias = true },
    { .name = "embed, no positions, no bias", .kind = GR_OPS_EMBED, .lens = { 3, 1, 4 }, .hidden = 6, .no_pos = true, .no_bias = true },
    { .name = "add norm", .kind = GR_OPS_ADD_NORM, .lens = { 3, 1, 2 }, .hidden = 5 },
    { .name = "add norm dropout", .kind = GR_OPS_ADD_NORM, .lens = { 3, 1, 2 }, .hidden = 17, .drop = 0.2 },
    { .name = "embed", .kind = GR_OPS_EMBED, .lens = { 3, 1, 4 }, .hidden = 6 },
    { .name = "embed dropout", .kind = GR_OPS_EMBED, .lens = { 5, 1, 2 }, .hidden = 9, .drop = 0.25 },
    { .name = "embed no segments", .kind = GR_OPS_EMBED, .lens = { 5, 1, 2 }, .hidden = 4, .no_types = true },
    { .name = "gather rows", .kind = GR_OPS_GATHER, .lens = { 3, 1, 2 }, .hidden = 5 },
    { .name = "gather rows, added", .kind = GR_OPS_GATHER, .lens = { 3, 1, 2 }, .hidden = 5, .dx_add = true },
    { .name = "mean pool", .kind = GR_OPS_MEAN, .lens = { 3, 1, 2 }, .hidden = 5 },
    { .name = "l2 normalise", .kind = GR_OPS_L2, .rows = 4, .hidden = 7 },
    { .name = "dropout rows", .kind = GR_OPS_DROPOUT, .lens = { 3, 1, 2 }, .hidden = 11, .drop = 0.4 },
    { .name = "dropout tokens", .kind = GR_OPS_DROPOUT, .lens = { 3, 1, 2 }, .hidden = 11, .drop = 0.4, .per_token = true },
    { .name = "softmax xent", .kind = GR_OPS_XENT, .rows = 5, .out = 3 },
    { .name = "softmax xent smoothing", .kind = GR_OPS_XENT, .rows = 5, .out = 4, .smoothing = 0.1, .ignore = 3 },
    { .name = "softmax xent no label", .kind = GR_OPS_XENT, .rows = 3, .out = 2, .ignore = 1 },
    { .name = "mse", .kind = GR_OPS_MSE, .rows = 6 },
    { .name = "cosine", .kind = GR_OPS_COSINE, .rows = 4, .out = 5 },
};

static double weighed(const double *y, const double *dy, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) sum += y[i] * dy[i];
    return sum;
}

/* Compare single elements; the scale is the largest slope of the tensor, so that a true zero can be met. */
static void probe(gr_ops_env *e, const gr_ops_case *k, double **in, size_t which, size_t n, const double *grad, const double *dy, double *y)
{
    const size_t ny = gr_ops_outputs(k), step = n > PROBES ? n / PROBES : 1;
    double top = 1e-3;

    for (size_t i = 0; i < n; i++) top = fabs(grad[i]) > top ? fabs(grad[i]) : top;
    for (size_t i = 0; i < n; i += step) {
        const double x = in[which][i];
        double up, down, slope;

        in[which][i] = x + STEP;
        gr_ops_run(e, k, in, y, NULL, NULL);
        up = weighed(y, dy, ny);
        in[which][i] = x - STEP;
        gr_ops_run(e, k, in, y, NULL, NULL);
        down = weighed(y, dy, ny);
        in[which][i] = x;
        slope = (up - down) / (2.0 * STEP);
        if (!(fabs(slope - grad[i]) <= TOLERANCE * top)) {
            gr_case_fail(k->name, "d %s [%zu]: backward %.10g, difference %.10g\n", gr_ops_input_name(k, which), i, grad[i], slope);
            return;
        }
    }
    gr_case_pass(k->name);
}

static void check(const gr_ops_case *k)
{
    size_t n[GR_OPS_MAX_IN] = { 0 };
    const size_t n_in = gr_ops_inputs(k, n), ny = gr_ops_outputs(k);
    const bool loss = k->kind == GR_OPS_XENT || k->kind == GR_OPS_MSE || k->kind == GR_OPS_COSINE;
    double *in[GR_OPS_MAX_IN] = { NULL }, *grad[GR_OPS_MAX_IN] = { NULL };
    double *y = calloc(ny, sizeof *y), *dy = calloc(ny, sizeof *dy);
    gr_ops_env e;

    assert_non_null(y);
    assert_non_null(dy);
    gr_ops_open(&e, "checked-ref64", 1, false);
    gr_ops_fill(dy, ny, 99, 1.0);
    if (loss) dy[0] = 1.0;
    for (size_t i = 0; i < n_in; i++) {
        in[i] = calloc(n[i], sizeof *in[i]);
        grad[i] = calloc(n[i], sizeof *grad[i]);
        assert_true(in[i] && grad[i]);
        gr_ops_fill(in[i], n[i], (uint32_t)(i + 1), 1.5);
    }
    gr_ops_run(&e, k, in, y, dy, grad);
    for (size_t i = 0; i < n_in; i++) probe(&e, k, in, i, n[i], grad[i], dy, y);
    for (size_t i = 0; i < n_in; i++) {
        free(in[i]);
        free(grad[i]);
    }
    free(y);
    free(dy);
    gr_ops_close(&e);
}

static void every_op(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i]);
    gr_cases_done("finite differences", sizeof cases / sizeof *cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_op) };

    return gr_test_main(tests);
}
