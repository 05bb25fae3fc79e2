/* det_math_test.c - against libm over sweeps, in units of the last place, and at the edges. */
#include "base/det_math.h"

#include <float.h>
#include <math.h>

#include "tests/support/test.h"

/* det_math.h promises 2 (tanh 3); libm's own error is below 1 unit (tanh 2), and may be the other way. */
static const double allowed = 4.0;

static double unit(double x)
{
    const double a = fabs(x);
    return a < DBL_MIN ? 0x1p-1074 : nextafter(a, INFINITY) - a;
}

static void sweep(const char *name, double (*f)(double), double (*libm)(double), double lo, double hi)
{
    enum { POINTS = 200001 };
    double worst = 0, at = 0;

    for (int i = 0; i < POINTS; i++) {
        const double x = lo + (hi - lo) * ((double)i + 0.37) / POINTS, want = libm(x);
        const double off = fabs(f(x) - want) / unit(want);

        if (off > worst) {
            worst = off;
            at = x;
        }
    }
    printf("%-6s on %.6g..%.6g: %.2f units at %.17g\n", name, lo, hi, worst, at);
    if (!(worst <= allowed)) gr_case_fail(name, "%.2f units off at %.17g", worst, at);
    else gr_case_pass(name);
}

static void matches_libm(void **state)
{
    (void)state;
    sweep("exp", gr_det_exp, exp, -1, 1);
    sweep("exp", gr_det_exp, exp, -708, 709.7);
    sweep("exp", gr_det_exp, exp, -745.1, -708);
    sweep("expm1", gr_det_expm1, expm1, -1, 1);
    sweep("expm1", gr_det_expm1, expm1, -1e-5, 1e-5);
    sweep("expm1", gr_det_expm1, expm1, -50, 700);
    sweep("log", gr_det_log, log, 0.5, 2);
    sweep("log", gr_det_log, log, 0.999, 1.001);
    sweep("log", gr_det_log, log, 1e-3, 1e6);
    sweep("log", gr_det_log, log, 1e-320, 1e-300);
    sweep("log", gr_det_log, log, 1e300, 1e308);
    sweep("sin", gr_det_sin, sin, -7, 7);
    sweep("sin", gr_det_sin, sin, -1e6, 1e6);
    sweep("cos", gr_det_cos, cos, -7, 7);
    sweep("cos", gr_det_cos, cos, -1e6, 1e6);
    sweep("erf", gr_det_erf, erf, -6.5, 6.5);
    sweep("erf", gr_det_erf, erf, -1e-3, 1e-3);
    sweep("tanh", gr_det_tanh, tanh, -1, 1);
    sweep("tanh", gr_det_tanh, tanh, -25, 25);
    sweep("tanh", gr_det_tanh, tanh, -1e-7, 1e-7);
    gr_cases_done("sweeps against libm", 20);
}

/* Multiples of pi/2 leave almost nothing after the reduction: the third part of pi/2 must take part. */
static void near_quarters(void **state)
{
    (void)state;
    for (int k = 1; k < 600000; k += 7) {
        const double x = k * 1.5707963267948966;
        assert_near(gr_det_sin(x), sin(x), allowed * unit(sin(x)), "sin(%.17g)", x);
        assert_near(gr_det_cos(x), cos(x), allowed * unit(cos(x)), "cos(%.17g)", x);
    }
}

/* Beyond 2^20 the error may be what one unit in the last place of x makes, and neither function is steeper than 1. */
static void far_out(void **state)
{
    (void)state;
    for (double x = 0x1p20; x < 0x1p53; x *= 1.0009) {
        const double off = unit(x) + 0x1p-51;

        assert_near(gr_det_sin(x), sin(x), off, "sin(%.17g)", x);
        assert_near(gr_det_cos(x), cos(x), off, "cos(%.17g)", x);
        assert_near(gr_det_sin(-x), sin(-x), off, "sin(%.17g)", -x);
    }
}

static void edges(void **state)
{
    (void)state;
    assert_true(gr_det_exp(0) == 1 && gr_det_exp(INFINITY) == INFINITY && gr_det_exp(-INFINITY) == 0);
    assert_true(gr_det_exp(709.782712893384) < INFINITY && gr_det_exp(709.79) == INFINITY);
    assert_true(gr_det_exp(-745.1) == 0x1p-1074 && gr_det_exp(-745.2) == 0);
    assert_true(gr_det_expm1(0) == 0 && gr_det_expm1(-100) == -1 && gr_det_expm1(INFINITY) == INFINITY);
    assert_true(gr_det_log(1) == 0 && gr_det_log(0) == -INFINITY && gr_det_log(INFINITY) == INFINITY);
    assert_true(isnan(gr_det_log(-1)) && isnan(gr_det_sin(INFINITY)) && isnan(gr_det_cos(-INFINITY)));
    assert_true(gr_det_cos(0) == 1 && gr_det_sin(0) == 0 && signbit(gr_det_sin(-0.0)));
    assert_true(gr_det_erf(0) == 0 && gr_det_erf(7) == 1 && gr_det_erf(-INFINITY) == -1);
    assert_true(gr_det_tanh(0) == 0 && gr_det_tanh(30) == 1 && gr_det_tanh(-INFINITY) == -1);
    assert_true(isnan(gr_det_exp(NAN)) && isnan(gr_det_expm1(NAN)) && isnan(gr_det_log(NAN)) && isnan(gr_det_sin(NAN)));
    assert_true(isnan(gr_det_cos(NAN)) && isnan(gr_det_erf(NAN)) && isnan(gr_det_tanh(NAN)));
    for (double x = 0x1p21; x < 1e300; x *= 3) /* far out: bounded, and on the circle */
        assert_near(gr_det_sin(x) * gr_det_sin(x) + gr_det_cos(x) * gr_det_cos(x), 1.0, 1e-15, "circle at %g", x);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(matches_libm), cmocka_unit_test(near_quarters), cmocka_unit_test(far_out),
                                        cmocka_unit_test(edges) };
    return gr_test_main(tests);
}
