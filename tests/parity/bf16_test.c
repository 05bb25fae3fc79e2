/* bf16_test.c - linear layers with operands rounded to bf16, and the gelu beside them (model/gelu_near.h): against ref64, which rounds the same
 * operands and sums in double; against ref64 without rounding, to a bound on absolute values; and bit by bit among the instruction
 * sets, pairs of bf16 included, and on 1, 2 and 3 threads. */
#include "tests/support/ops.h"
#include "tests/support/test.h"

#include <float.h>
#include <math.h>

#include "model/backend/cpu/isa.h"

static const gr_ops_case cases[] = {
    { .name = "1x1x1", .kind = GR_OPS_LINEAR, .rows = 1, .in = 1, .out = 1 },
    { .name = "1x127x3", .kind = GR_OPS_LINEAR, .rows = 1, .in = 127, .out = 3, .dx_add = true },
    { .name = "17x13x31", .kind = GR_OPS_LINEAR, .rows = 17, .in = 13, .out = 31 },
    { .name = "129x127x33", .kind = GR_OPS_LINEAR, .rows = 129, .in = 127, .out = 33, .dx_add = true },
    { .name = "14x32x32", .kind = GR_OPS_LINEAR, .rows = 14, .in = 32, .out = 32, .no_bias = true },
    { .name = "3x2053x2", .kind = GR_OPS_LINEAR, .rows = 3, .in = 2053, .out = 2 },
    { .name = "5x7x1543", .kind = GR_OPS_LINEAR, .rows = 5, .in = 7, .out = 1543 },
    { .name = "61x331x523", .kind = GR_OPS_LINEAR, .rows = 61, .in = 331, .out = 523 },
    { .name = "1811x389x17", .kind = GR_OPS_LINEAR, .rows = 1811, .in = 389, .out = 17 }, /* tasks of several panels and an odd rest; parts of a's rows */
    { .name = "19x16x33", .kind = GR_OPS_LINEAR, .rows = 19, .in = 16, .out = 33 },
    { .name = "9x401x1553", .kind = GR_OPS_LINEAR, .rows = 9, .in = 401, .out = 1553, .dx_add = true }, /* columns packed in two runs, in several parts */
    { .name = "5x385x2053", .kind = GR_OPS_LINEAR, .rows = 5, .in = 385, .out = 2053 }, /* the same of pairs, which take half of the room */
    { .name = "gelu over parts", .kind = GR_OPS_LINEAR, .rows = 13, .in = 777, .out = 67, .act = GR_ACT_GELU },
    { .name = "gelu", .kind = GR_OPS_LINEAR, .rows = 37, .in = 19, .out = 67, .act = GR_ACT_GELU },
    { .name = "gelu tanh", .kind = GR_OPS_LINEAR, .rows = 37, .in = 19, .out = 67, .act = GR_ACT_GELU_TANH },
    { .name = "of gelu", .kind = GR_OPS_LINEAR, .rows = 37, .in = 67, .out = 19, .x_act = GR_ACT_GELU },
    { .name = "of gelu, made again", .kind = GR_OPS_LINEAR, .rows = 41, .in = 67, .out = 397, .x_act = GR_ACT_GELU, .remake = true },
    { .name = "of gelu tanh, made again", .kind = GR_OPS_LINEAR, .rows = 37, .in = 67, .out = 19, .x_act = GR_ACT_GELU_TANH, .remake = true },
    { .name = "gate gelu", .kind = GR_OPS_GATE, .rows = 37, .hidden = 67, .act = GR_ACT_GELU },
    { .name = "gate gelu tanh", .kind = GR_OPS_GATE, .rows = 37, .hidden = 67, .act = GR_ACT_GELU_TANH },
    { .name = "tanh", .kind = GR_OPS_LINEAR, .rows = 37, .in = 19, .out = 67, .act = GR_ACT_TANH, .dx_add = true },
};
enum { CASES = sizeof cases / sizeof *cases, PARTS = 1 + GR_OPS_MAX_IN };

typedef struct result {
    size_t  n[PARTS], parts;
    double *x[PARTS]; /* y, then the gradients */
} result;

static void result_free(result *r)
{
    for (size_t i = 0; i < r->parts; i++) free(r->x[i]);
}

static result run(const gr_ops_case *k, const char *backend, const char *isa, gr_precision precision, int threads, bool absolute)
{
    size_t n[GR_OPS_MAX_IN] = { 0 };
    const size_t n_in = gr_ops_inputs(k, n), ny = gr_ops_outputs(k);
    double *in[GR_OPS_MAX_IN] = { NULL }, *dy = calloc(ny, sizeof *dy);
    result r = { .parts = 1 + n_in, .n = { ny } };
    gr_ops_env e;

    assert_non_null(dy);
    gr_ops_fill(dy, ny, 99, 1.0);
    assert_non_null(r.x[0] = calloc(ny, sizeof *dy));
    for (size_t i = 0; i < n_in; i++) {
        assert_non_null(in[i] = calloc(n[i], sizeof *in[i]));
        assert_non_null(r.x[i + 1] = calloc(n[i], sizeof *dy));
        r.n[i + 1] = n[i];
        gr_ops_fill(in[i], n[i], (uint32_t)(i + 1), 1.0);
        for (size_t j = 0; absolute && j < n[i]; j++) in[i][j] = fabs(in[i][j]);
        /* x_act is applied by a layer with the identity for weights: its products must be exact */
        for (size_t j = 0; k->x_act && j < n[i]; j++) in[i][j] = (double)gr_bf16_round((float)in[i][j]);
    }
    for (size_t j = 0; absolute && j < ny; j++) dy[j] = fabs(dy[j]);
    if (isa) assert_int_equal(setenv("GR_CPU_ISA", isa, 1), 0);
    gr_ops_open_with(&e, backend, threads, (gr_ctx_opts){ .precision = precision });
    (void)unsetenv("GR_CPU_ISA");
    gr_ops_run(&e, k, in, r.x[0], dy, r.x + 1);
    gr_ops_close(&e);
    for (size_t i = 0; i < n_in; i++) free(in[i]);
    free(dy);
    return r;
}

/* |got - want| <= factor (sum of absolute products, by ref64 on absolute values without act) + floor */
static void within(const gr_ops_case *k, const char *what, const result *got, const result *want, const result *abs, double y_factor,
                   double grad_factor)
{
    for (size_t p = 0; p < want->parts; p++)
        for (size_t i = 0; i < want->n[p]; i++) {
            const double tol = (p ? grad_factor : y_factor) * (abs->x[p][i] + GR_OPS_BASE);

            if (fabs(got->x[p][i] - want->x[p][i]) <= tol) continue;
            gr_case_fail(k->name, "%s: %s[%zu]: got %.9g, want %.9g, tolerance %.3g\n", what, p ? gr_ops_input_name(k, p - 1) : "y", i,
                         got->x[p][i], want->x[p][i], tol);
            return;
        }
    gr_case_pass(k->name);
}

static void same_bits(const gr_ops_case *k, const char *what, const result *a, const result *b)
{
    for (size_t p = 0; p < a->parts; p++)
        if (memcmp(a->x[p], b->x[p], a->n[p] * sizeof(double)) != 0) {
            gr_case_fail(k->name, "%s: part %zu has not the same bits\n", what, p);
            return;
        }
    gr_case_pass(k->name);
}

/* Largest sum of |x||w| of one output, for the error that an activation's slope takes over */
static double top(const result *abs)
{
    double t = 0.0;

    for (size_t i = 0; i < abs->n[0]; i++) t = fmax(t, abs->x[0][i]);
    return t;
}

/* Unit roundoffs: a half of the spacing at 1. Two rounded operands move a product by at most 2 u (1 + u/2). */
static const double U_BF16 = 0x1p-8, U_FLOAT = 0.5 * FLT_EPSILON;

static void check(const gr_ops_case *k, const char *backend, const char *isa, result *first)
{
    gr_ops_case linear = *k;
    result want, plain, abs, got;
    char what[64];
    double sums, slope;

    linear.act = GR_ACT_NONE;
    linear.dx_add = false;
    plain = run(k, "ref64", NULL, GR_PRECISION_F32, 1, false);
    want = run(k, "ref64", NULL, GR_PRECISION_BF16, 1, false);
    abs = run(&linear, "ref64", NULL, GR_PRECISION_F32, 1, true);
    got = run(k, backend, isa, GR_PRECISION_BF16, 1, false);
    (void)snprintf(what, sizeof what, "%s %s", backend, isa ? isa : "");
    /* the slope of act is at most 1.13 and changes by at most 0.8 times the change of its argument */
    slope = k->act ? 1.13 + 0.8 * top(&abs) : 1.0;
    sums = 2.0 * U_FLOAT * (k->rows + k->in + k->out + 8);
    within(k, what, &got, &plain, &abs, 1.13 * 2.5 * U_BF16 + sums, 2.5 * slope * U_BF16 + sums);
    /* the same rounded operands, but that a gradient on the way through act, or what x_act leaves, may fall to the other side of a tie */
    within(k, what, &got, &want, &abs, k->x_act ? 2.5 * U_BF16 : 1.13 * sums, k->act || k->x_act ? 2.5 * U_BF16 : sums);
    for (int threads = 2; threads <= 3; threads++) {
        result again = run(k, backend, isa, GR_PRECISION_BF16, threads, false);

        (void)snprintf(what, sizeof what, "%s, 1 and %d threads", isa ? isa : backend, threads);
        same_bits(k, what, &got, &again);
        result_free(&again);
    }
    if (first && !first->parts) {
        *first = got;
    } else {
        if (first) same_bits(k, isa, first, &got);
        result_free(&got);
    }
    result_free(&plain);
    result_free(&want);
    result_free(&abs);
}

static void products_of_bf16(void **state)
{
    static const struct { const char *backend, *isa; bool exact; } ways[] = {
        { "ref", NULL, false },           { "cpu", "plain", false },  { "cpu", "exact", true },
        { "cpu", "avx2", true },          { "cpu", "avx512", true },  { "cpu", "avx512bf16", true },
        { "cpu", NULL, true }, /* what the processor is given without being asked */
    };

    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        result first = { .parts = 0 };

        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            if (ways[i].isa && !gr_cpu_isa_find(ways[i].isa)) gr_case_skip(ways[i].isa, "this processor has not the instructions");
            else check(&cases[c], ways[i].backend, ways[i].isa, ways[i].exact ? &first : NULL);
        }
        result_free(&first);
    }
    gr_cases_done("linear layers in bf16", 4 * CASES);
}

/* ---- gelu and its slope by op: the near functions beside products of bf16, the others beside float's ---- */

enum { WIDE = 64, HIGH = 384, ALL = WIDE * HIGH };

typedef struct bench {
    gr_ops_env            e;
    const gr_cpu_kernels *k;
    gr_act                act;
    bool                  bf16;
    const char           *what;
    float x[ALL], value[ALL], slope[ALL]; /* of the kernels themselves */
} bench;

static void same_floats(const bench *b, const char *op, const float *got, const float *want)
{
    if (memcmp(got, want, ALL * sizeof *got) == 0) gr_case_pass(b->what);
    else gr_case_fail(b->what, "%s in %s, act %d, is not the kernels' function\n", op, b->bf16 ? "bf16" : "f32", (int)b->act);
}

/* A layer whose weights are the identity, on numbers that are bf16 already: nothing is rounded, and a gradient of ones leaves the slope. */
static void by_layers(bench *b)
{
    static float eye[WIDE * WIDE], y[ALL], pre[ALL], ones[ALL], dx[ALL];
    gr_linear_args a = { .rows = HIGH, .in = WIDE, .out = WIDE, .x = b->x, .w = eye, .act = b->act, .y = y, .pre = pre, .dy = ones };

    for (size_t i = 0; i < WIDE; i++) eye[i * WIDE + i] = 1.0f;
    for (size_t i = 0; i < ALL; i++) ones[i] = 1.0f;
    b->e.op->linear_fwd(b->e.ctx, &a);
    same_floats(b, "linear_fwd", y, b->value);
    b->e.op->linear_bwd(b->e.ctx, &a);
    same_floats(b, "linear_bwd through act", ones, b->slope);
    for (size_t i = 0; i < ALL; i++) ones[i] = 1.0f;
    memcpy(pre, b->x, sizeof pre);
    a = (gr_linear_args){ .rows = HIGH, .in = WIDE, .out = WIDE, .x = pre, .w = eye, .y = y, .dy = ones, .dx = dx, .x_act = b->act, .x_pre = pre, .x_remake = true };
    b->e.op->linear_bwd(b->e.ctx, &a);
    same_floats(b, "linear_bwd through x_act", dx, b->slope);
    same_floats(b, "x made again", pre, b->value);
}

/* With a gate of ones the product is the value, and the gradient of its other half too. */
static void by_gates(bench *b)
{
    static float pre[2 * ALL], y[ALL], half[ALL];
    const gr_gate_args a = { .rows = HIGH, .width = WIDE, .act = b->act, .pre = pre, .y = y };

    for (size_t i = 0; i < 2 * ALL; i++) pre[i] = i % (2 * WIDE) < WIDE ? b->x[i / (2 * WIDE) * WIDE + i % WIDE] : 1.0f;
    b->e.op->gate_fwd(b->e.ctx, &a);
    same_floats(b, "gate_fwd", y, b->value);
    for (size_t i = 0; i < ALL; i++) y[i] = 1.0f;
    b->e.op->gate_bwd(b->e.ctx, &a);
    same_floats(b, "gate_bwd, y made again", y, b->value);
    for (size_t i = 0; i < ALL; i++) half[i] = pre[i / WIDE * 2 * WIDE + i % WIDE];
    same_floats(b, "gate_bwd, gradient", half, b->slope);
}

static void gelu_by_op(void **state)
{
    static const char *const isas[] = { "exact", "avx2", "avx512", "avx512bf16" };
    static bench b;

    (void)state;
    for (size_t i = 0; i < ALL; i++) b.x[i] = gr_bf16_round((float)(-12.0 + 24.0 * (double)i / ALL));
    for (size_t i = 0; i < 4 * sizeof isas / sizeof *isas; i++) {
        b.what = isas[i / 4];
        b.k = gr_cpu_isa_find(b.what);
        b.bf16 = i % 2;
        b.act = i / 2 % 2 ? GR_ACT_GELU_TANH : GR_ACT_GELU;
        if (!b.k) {
            if (i % 4 == 0) gr_case_skip(b.what, "this processor has not the instructions");
            continue;
        }
        for (size_t j = 0; j < ALL; j++) b.slope[j] = 1.0f;
        b.k->act_fwd(b.act, b.bf16, b.value, b.x, ALL);
        b.k->act_bwd(b.act, b.bf16, b.slope, b.x, NULL, false, ALL);
        assert_int_equal(setenv("GR_CPU_ISA", b.what, 1), 0);
        gr_ops_open_with(&b.e, "cpu", 2, (gr_ctx_opts){ .precision = b.bf16 ? GR_PRECISION_BF16 : GR_PRECISION_F32 });
        (void)unsetenv("GR_CPU_ISA");
        b.e.op->reserve(b.e.ctx, &(gr_capacity){ .tokens = HIGH, .rows = HIGH, .max_len = 1, .width = WIDE, .hidden = 1, .heads = 1 });
        by_layers(&b);
        by_gates(&b);
        gr_ops_done(&b.e, b.what);
        gr_ops_close(&b.e);
    }
    gr_cases_done("gelu by op", 2 * 2 * 7);
}

/* Ties go to even, infinities stay, NaN stays NaN, and what is a bf16 already is not touched. */
static void rounding(void **state)
{
    static const struct { uint32_t from, to; } t[] = {
        { 0x3F800000u, 0x3F800000u }, { 0x3F808000u, 0x3F800000u }, { 0x3F818000u, 0x3F820000u }, { 0x3F808001u, 0x3F810000u },
        { 0xBF807FFFu, 0xBF800000u }, { 0x7F7FFFFFu, 0x7F800000u }, { 0x7F800000u, 0x7F800000u }, { 0xFF800000u, 0xFF800000u },
        { 0x00000000u, 0x00000000u }, { 0x80000000u, 0x80000000u }, { 0x00008001u, 0x00010000u },
    };
    const uint32_t nan[] = { 0x7F800001u, 0x7FFFFFFFu, 0xFFFFFFFFu, 0xFF80FFFFu };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        float x;

        memcpy(&x, &t[i].from, sizeof x);
        assert_int_equal(gr_bf16_bits(x), t[i].to);
    }
    for (size_t i = 0; i < sizeof nan / sizeof *nan; i++) {
        float x;

        memcpy(&x, &nan[i], sizeof x);
        assert_true(isnan(gr_bf16_round(x)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(products_of_bf16), cmocka_unit_test(gelu_by_op), cmocka_unit_test(rounding) };

    return gr_test_main(tests);
}
