/* cpu_math_test.c - exp and the activations of each set of kernels against libm in double: the errors
 * that k_math.inc promises, in units of the last place of the true value. */
#include "tests/support/test.h"

#include <float.h>
#include <math.h>

#include "model/backend/cpu/isa.h"

enum { N = 1 << 12, SWEEPS = 64 };

static const char *const names[] = { "plain", "avx2", "avx512" };

static double exp_true(double x) { return exp(x); }
static double tanh_true(double x) { return tanh(x); }
static double gelu_true(double x) { return 0.5 * x * erfc(-x * sqrt(0.5)); }
static double relu_true(double x) { return x > 0.0 ? x : 0.0; }
static double gelu_tanh_true(double x) { return x / (1.0 + exp(-2.0 * sqrt(2.0 / acos(-1.0)) * (x + 0.044715 * x * x * x))); }

typedef struct function {
    const char *name;
    double    (*truth)(double);
    gr_act      act; /* GR_ACT_NONE: exp */
    double      lo, hi;
    double      ulps, per_square; /* allowed: ulps + per_square x^2 */
} function;

/* The argument of exp inside gelu is rounded: x^2 / 2 ulp more far left. The tanh form's is a cubic, twice
 * 0.7979 (x + 0.0447 x^3): its rounding reaches 3 x^2 ulp at -4. plain rounds a multiply-add twice. */
static const function functions[] = {
    { "exp", exp_true, GR_ACT_NONE, -87.0, 88.7, 2.0, 0.0 },
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
        if (f->act == GR_ACT_NONE) k->exp(y, x, N);
        else k->act_fwd(f->act, y, x, N);
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
        k->act_fwd(GR_ACT_TANH, y, x, 9);
        assert_true(y[0] == 0.0f && y[3] == 1.0f && y[4] == 1.0f && y[6] == -1.0f && y[7] == -1.0f && isnan(y[8]));
        k->act_fwd(GR_ACT_GELU, y, x, 9);
        assert_true(y[0] == 0.0f && y[3] == 1e30f && isinf(y[4]) && fabsf(y[6]) == 0.0f && isnan(y[8]));
        k->act_fwd(GR_ACT_RELU, y, x, 9);
        assert_true(y[2] == 89.0f && y[6] == 0.0f && isnan(y[8]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(errors_are_as_promised), cmocka_unit_test(limits) };

    return gr_test_main(tests);
}
