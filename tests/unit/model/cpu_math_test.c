/* cpu_math_test.c - exp and the activations of each set of kernels against libm in double: the errors
 * that k_math.inc promises, in units of the last place of the true value (beside products of bf16: in units of what those round); and that
 * exact, AVX2 and AVX-512 kernels give the same bits for any float. */
#include "tests/support/test.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "model/backend/cpu/isa.h"

enum { N = 1 << 12, SWEEPS = 64 };

static const char *const names[] = { "plain", "exact", "avx2", "avx512", "avx512bf16" };

static double log_true(double x) { return log(x); }
static double exp_true(double x) { return exp(x); }
static double tanh_true(double x) { return tanh(x); }
static double gelu_true(double x) { return 0.5 * x * erfc(-x * sqrt(0.5)); }
static double relu_true(double x) { return x > 0.0 ? x : 0.0; }
static double gelu_tanh_true(double x) { return x / (1.0 + exp(-2.0 * sqrt(2.0 / acos(-1.0)) * (x + 0.044715 * x * x * x))); }

typedef struct function {
    const char *name;
    double    (*truth)(double);
    gr_act      act; /* GR_ACT_NONE: exp or log, by name */
    double      lo, hi;
    double      ulps, per_square; /* allowed: ulps + per_square x^2 */
} function;

/* The argument of exp inside gelu is rounded: x^2 / 2 ulp more far left. The tanh form's is a cubic, twice
 * 0.7979 (x + 0.0447 x^3): its rounding reaches 3 x^2 ulp at -4. plain rounds a multiply-add twice. */
static const function functions[] = {
    { "exp", exp_true, GR_ACT_NONE, -87.0, 88.7, 2.0, 0.0 },
    { "log", log_true, GR_ACT_NONE, 0.5, 600.0, 2.0, 0.0 },
    { "log near 1", log_true, GR_ACT_NONE, 0.75, 1.5, 2.0, 0.0 },
    { "tanh", tanh_true, GR_ACT_TANH, -12.0, 12.0, 3.0, 0.0 },
    { "tanh near 0", tanh_true, GR_ACT_TANH, -0.7, 0.7, 3.0, 0.0 },
    { "gelu", gelu_true, GR_ACT_GELU, -12.0, 12.0, 8.0, 0.6 },
    { "gelu near 0", gelu_true, GR_ACT_GELU, -1.0, 1.0, 8.0, 0.0 },
    { "gelu tanh", gelu_tanh_true, GR_ACT_GELU_TANH, -5.0, 5.0, 5.0, 3.0 },
    { "relu", relu_true, GR_ACT_RELU, -5.0, 5.0, 0.0, 0.0 },
};

static double ulp_of(double x)
{
    const float f = fabsf((float)x);

    return f < FLT_MIN ? (double)FLT_TRUE_MIN : (double)(nextafterf(f, INFINITY) - f);
}

static void walk(const gr_cpu_kernels *k, const function *f)
{
    static float x[N], y[N];
    double worst = 0.0;

    for (int s = 0; s < SWEEPS; s++) {
        for (int i = 0; i < N; i++)
            x[i] = (float)(f->lo + (f->hi - f->lo) * ((double)i + (double)s / SWEEPS) / N);
        if (f->truth == log_true) k->log(y, x, N);
        else if (f->act == GR_ACT_NONE) k->exp(y, x, N);
        else k->act_fwd(f->act, false, y, x, N);
        for (int i = 0; i < N; i++) {
            const double want = f->truth((double)x[i]), off = fabs((double)y[i] - want) / ulp_of(want);
            const double allowed = f->ulps + f->per_square * (x[i] < 0.0f ? (double)x[i] * (double)x[i] : 0.0);

            worst = off > worst ? off : worst;
            if (off <= allowed) continue;
            gr_case_fail(f->name, "%s: f(%.9g) = %.9g, true %.9g: %.2f ulp, %.2f allowed\n", k->name, (double)x[i], (double)y[i], want, off, allowed);
            return;
        }
    }
    printf("%-7s %-12s worst %.2f ulp\n", k->name, f->name, worst);
    gr_case_pass(f->name);
}

static void errors_are_as_promised(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const gr_cpu_kernels *k = gr_cpu_isa_find(names[i]);

        if (!k) gr_case_skip(names[i], "this processor has not the instructions");
        for (size_t j = 0; k && j < sizeof functions / sizeof *functions; j++) walk(k, &functions[j]);
    }
    gr_cases_done("elementary functions", sizeof functions / sizeof *functions);
}

static void limits(void **state)
{
    const float x[] = { 0.0f, -0.0f, 89.0f, 1e30f, INFINITY, -104.5f, -1e30f, -INFINITY, NAN };
    float y[9];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const gr_cpu_kernels *k = gr_cpu_isa_find(names[i]);

        if (!k) continue;
        k->exp(y, x, 9);
        assert_true(y[0] == 1.0f && y[1] == 1.0f);
        assert_true(isinf(y[2]) && isinf(y[3]) && isinf(y[4]));
        assert_true(y[5] == 0.0f && y[6] == 0.0f && y[7] == 0.0f);
        assert_true(isnan(y[8]));
        k->act_fwd(GR_ACT_TANH, false, y, x, 9);
        assert_true(y[0] == 0.0f && y[3] == 1.0f && y[4] == 1.0f && y[6] == -1.0f && y[7] == -1.0f && isnan(y[8]));
        k->act_fwd(GR_ACT_GELU, false, y, x, 9);
        assert_true(y[0] == 0.0f && y[3] == 1e30f && isinf(y[4]) && fabsf(y[6]) == 0.0f && isnan(y[8]));
        k->act_fwd(GR_ACT_RELU, false, y, x, 9);
        assert_true(y[2] == 89.0f && y[6] == 0.0f && isnan(y[8]));
    }
}

/* ---- beside products of bf16 ---- */

static double gelu_slope_true(double x) { return 0.5 * erfc(-x * sqrt(0.5)) + x * exp(-0.5 * x * x) / sqrt(2.0 * acos(-1.0)); }

static double gelu_tanh_slope_true(double x)
{
    const double k = 2.0 * sqrt(2.0 / acos(-1.0)), s = 1.0 / (1.0 + exp(-k * (x + 0.044715 * x * x * x)));

    return s + x * s * (1.0 - s) * k * (1.0 + 3.0 * 0.044715 * x * x);
}

typedef struct near_function {
    const char *name;
    gr_act      act;
    double    (*truth)(double), (*slope)(double);
} near_function;

/* Values are within 2^-18, or 2^-20 of themselves; slopes within 2^-17. */
static bool near_enough(const gr_cpu_kernels *k, const near_function *f, float x, float y, float slope)
{
    const double want = f->truth((double)x), of_slope = f->slope((double)x);

    if (fabs((double)y - want) <= fmax(0x1p-20 * fabs(want), 0x1p-18) && fabs((double)slope - of_slope) <= 0x1p-17) return true;
    gr_case_fail(f->name, "%s: f(%.9g) = %.9g, true %.9g; slope %.9g, true %.9g\n", k->name, (double)x, (double)y, want, (double)slope, of_slope);
    return false;
}

/* From -12 to 12, and far outside. What backward makes again has the bits of forward. */
static void walk_near(const gr_cpu_kernels *k, const near_function *f)
{
    static const float far[] = { -INFINITY, -1e30f, -1e5f, -13.0f, 13.0f, 1e5f, 1e30f };
    static float x[N], y[N], again[N], of_slope[N];

    for (int s = 0; s <= SWEEPS; s++) {
        for (int i = 0; i < N; i++) {
            x[i] = again[i] = s < SWEEPS ? (float)(-12.0 + 24.0 * ((double)i + (double)s / SWEEPS) / N) : far[(size_t)i % (sizeof far / sizeof *far)];
            of_slope[i] = 1.0f;
        }
        k->act_fwd(f->act, true, y, x, N);
        k->act_bwd(f->act, true, of_slope, again, NULL, true, N);
        assert_memory_equal(again, y, sizeof y);
        for (int i = 0; i < N; i++) {
            /* in double the slope of the tanh form at 1e30 is inf times 0: what is far right is set beside 13, as what is far left beside -13 */
            const float at = fmaxf(fminf(x[i], 13.0f), -13.0f);

            if (!near_enough(k, f, at, x[i] > 13.0f ? y[i] / x[i] * 13.0f : y[i], of_slope[i])) return;
        }
    }
    gr_case_pass(f->name);
}

static void near_errors_are_as_promised(void **state)
{
    static const near_function near[] = { { "gelu", GR_ACT_GELU, gelu_true, gelu_slope_true },
                                          { "gelu tanh", GR_ACT_GELU_TANH, gelu_tanh_true, gelu_tanh_slope_true } };
    const float odd[] = { NAN, INFINITY };
    float y[2], ones[2] = { 1.0f, 1.0f };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const gr_cpu_kernels *k = gr_cpu_isa_find(names[i]);

        if (!k) gr_case_skip(names[i], "this processor has not the instructions");
        for (size_t j = 0; k && j < 2; j++) {
            walk_near(k, &near[j]);
            k->act_fwd(near[j].act, true, y, odd, 2);
            assert_true(isnan(y[0]) && isinf(y[1]));
            k->act_bwd(near[j].act, true, ones, (float *)(uintptr_t)odd, NULL, false, 2);
            assert_true(isnan(ones[0]) && fabsf(ones[1] - 1.0f) <= 0x1p-17f);
            ones[0] = ones[1] = 1.0f;
        }
    }
    gr_cases_done("gelu beside products of bf16", 2);
}

/* ---- the same bits ---- */

typedef void (*row_fn)(const gr_cpu_kernels *k, float *y, const float *x, size_t n);

static void exp_row(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { k->exp(y, x, n); }
static void log_row(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { k->log(y, x, n); }
static void tanh_row(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { k->act_fwd(GR_ACT_TANH, false, y, x, n); }
static void gelu_row(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { k->act_fwd(GR_ACT_GELU, false, y, x, n); }
static void gelu_tanh_row(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { k->act_fwd(GR_ACT_GELU_TANH, false, y, x, n); }
static void relu_row(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { k->act_fwd(GR_ACT_RELU, false, y, x, n); }

/* What backward multiplies by, of x as the value before or behind act */
static void slope(const gr_cpu_kernels *k, gr_act act, bool bf16, float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = 1.0f;
    k->act_bwd(act, bf16, y, (float *)(uintptr_t)x, x, false, n);
}

static void gelu_slope(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { slope(k, GR_ACT_GELU, false, y, x, n); }
static void gelu_tanh_slope(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { slope(k, GR_ACT_GELU_TANH, false, y, x, n); }
static void tanh_slope(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { slope(k, GR_ACT_TANH, false, y, x, n); }
static void relu_slope(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { slope(k, GR_ACT_RELU, false, y, x, n); }

static void gelu_bf16_row(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { k->act_fwd(GR_ACT_GELU, true, y, x, n); }
static void gelu_tanh_bf16_row(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { k->act_fwd(GR_ACT_GELU_TANH, true, y, x, n); }
static void gelu_bf16_slope(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { slope(k, GR_ACT_GELU, true, y, x, n); }
static void gelu_tanh_bf16_slope(const gr_cpu_kernels *k, float *y, const float *x, size_t n) { slope(k, GR_ACT_GELU_TANH, true, y, x, n); }

static const struct { const char *name; row_fn row; } rows[] = {
    { "exp", exp_row }, { "log", log_row }, { "tanh", tanh_row }, { "gelu", gelu_row }, { "gelu tanh", gelu_tanh_row }, { "relu", relu_row },
    { "slope of gelu", gelu_slope }, { "slope of gelu tanh", gelu_tanh_slope }, { "slope of tanh", tanh_slope },
    { "slope of relu", relu_slope }, { "gelu beside bf16", gelu_bf16_row }, { "gelu tanh beside bf16", gelu_tanh_bf16_row },
    { "slope of gelu beside bf16", gelu_bf16_slope }, { "slope of gelu tanh beside bf16", gelu_tanh_bf16_slope },
};

/* Floats by their bits, from..to in steps: all of them (both signs, zeros, subnormals, infinities, NaN), the neighbourhood of
 * exp's subnormal results (-104 to -87) and of its overflow, and where gelu's tail leaves the normal numbers (-13 to -14.3). */
static const struct { uint32_t from, to, step; } sweeps[] = {
    { 0, 0xFFFFFFFFu - 8191, 8191 }, { 0x7F7FFFF0u, 0x7F80000Fu, 1 }, { 0xFF7FFFF0u, 0xFF80000Fu, 1 }, { 0, 63, 1 },
    { 0x80000000u, 0x8000003Fu, 1 }, { 0xC2AE0000u, 0xC2D20000u, 67 }, { 0x42B00000u, 0x42B40000u, 61 }, { 0xC1500000u, 0xC1650000u, 127 },
};

static bool same_float(float a, float b) { return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)); }

static bool sweep_agrees(const gr_cpu_kernels *k, size_t f, size_t s)
{
    static float x[N], want[N], got[N];
    uint64_t bits = sweeps[s].from;

    while (bits <= sweeps[s].to) {
        size_t n = 0;

        for (; n < N && bits <= sweeps[s].to; n++, bits += sweeps[s].step) {
            const uint32_t u = (uint32_t)bits;
            memcpy(&x[n], &u, sizeof u);
        }
        rows[f].row(&gr_cpu_exact, want, x, n);
        rows[f].row(k, got, x, n);
        for (size_t i = 0; i < n; i++) {
            if (same_float(want[i], got[i])) continue;
            gr_case_fail(rows[f].name, "%s: f(%a) = %a, exact kernels %a\n", k->name, (double)x[i], (double)got[i], (double)want[i]);
            return false;
        }
    }
    return true;
}

static void same_bits(void **state)
{
    static const char *const vector[] = { "avx2", "avx512", "avx512bf16" };

    (void)state;
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        const gr_cpu_kernels *k = gr_cpu_isa_find(vector[i]);

        if (!k) {
            gr_case_skip(vector[i], "this processor has not the instructions");
            continue;
        }
        for (size_t f = 0; f < sizeof rows / sizeof *rows; f++) {
            bool good = true;

            for (size_t s = 0; good && s < sizeof sweeps / sizeof *sweeps; s++) good = sweep_agrees(k, f, s);
            if (good) gr_case_pass(rows[f].name);
        }
    }
    gr_cases_done("the same bits", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(errors_are_as_promised), cmocka_unit_test(limits),
                                        cmocka_unit_test(near_errors_are_as_promised), cmocka_unit_test(same_bits) };

    return gr_test_main(tests);
}
