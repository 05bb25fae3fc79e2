/* stats_test.c - special functions against closed forms, tests and intervals by hand, and each status. */
#include "tests/support/test.h"

#include <math.h>

#include "metrics/special.h"
#include "metrics/stats.h"

static void special(void **state)
{
    const double pi = 3.14159265358979323846;

    (void)state;
    assert_near(gr_normal_upper(0.5), 0, 0, "median");
    assert_near(gr_normal_upper(0.5 * erfc(1.5 / sqrt(2.0))), 1.5, 1e-14, "tail of 1.5");
    assert_near(gr_normal_upper(0.5 * erfc(-3.0 / sqrt(2.0))), -3.0, 1e-12, "tail of -3"); /* 1 - q has 1e-16 / pdf(3) left */
    assert_near(gr_normal_upper(0.5 * erfc(30.0 / sqrt(2.0))), 30.0, 1e-12, "tail of 30");
    assert_true(isinf(gr_normal_upper(0.0)) && isinf(gr_normal_upper(1.0)) && isnan(gr_normal_upper(1.5)));
    /* the logarithms that cancel are near 50, each rounded: 1e-14 */
    assert_near(gr_log_beta(1, 1), 0, 1e-14, "B(1, 1) = 1");
    assert_near(gr_log_beta(0.5, 0.5), log(pi), 1e-14, "B(1/2, 1/2) = pi");
    assert_near(gr_log_beta(3, 4), -log(60.0), 1e-14, "B(3, 4) = 1/60");
    assert_near(gr_beta_inc(1, 3, 0.2, 0.8), 1 - 0.512, 1e-15, "I_x(1, b) = 1 - (1 - x)^b");
    assert_near(gr_beta_inc(4, 1, 0.9, 0.1), 0.6561, 1e-15, "I_x(a, 1) = x^a");
    assert_near(gr_beta_inc(2, 2, 0, 1), 0, 0, "x = 0");
    assert_near(gr_beta_inc(2, 2, 1, 0), 1, 0, "x = 1");
    assert_true(isnan(gr_beta_inc(2, 2, 1.5, -0.5)) && isnan(gr_beta_inc(0, 2, 0.5, 0.5)));
    /* df 1 is Cauchy: 1 - 2 atan(t) / pi; df 2: 1 - t / sqrt(2 + t^2) */
    assert_near(gr_student_two_sided(3, 1), 1 - 2 * atan(3.0) / pi, 1e-14, "df 1"); /* through ln B, see above */
    assert_near(gr_student_two_sided(-3, 2), 1 - 3 / sqrt(11.0), 1e-14, "df 2");
    assert_near(gr_student_two_sided(1.96, 1e7), erfc(1.96 / sqrt(2.0)), 1e-7, "df 1e7 is nearly normal");
    assert_near(gr_student_two_sided(INFINITY, 4), 0, 0, "t = inf");
    assert_true(isnan(gr_student_two_sided(NAN, 4)) && isnan(gr_student_two_sided(1, 0)));
    assert_near(gr_chi2_upper_1(0), 1, 0, "chi2 = 0");
    assert_near(gr_chi2_upper_1(4), erfc(sqrt(2.0)), 0, "chi2 = 2^2");
}

static void moments(void **state)
{
    static const double x[] = { 1e9 + 1, 1e9 + 2, 1e9 + 3 };
    double mean, std;

    (void)state;
    gr_mean_std(&mean, &std, x, 3);
    assert_near(mean, 1e9 + 2, 0, "mean");
    assert_near(std, 1, 1e-15, "std");
    gr_mean_std(&mean, &std, x, 1);
    assert_true(isnan(std));
    gr_mean_std(&mean, &std, x, 0);
    assert_true(isnan(mean) && isnan(std));
}

static void intervals(void **state)
{
    gr_err err = GR_ERR_INIT;
    gr_interval v;

    (void)state;
    assert_ok(gr_wilson(&v, 0, 10, 0.95, &err), &err);
    assert_true(v.low == 0.0);
    assert_near(v.high, 0.27753279986288926, 1e-13, "scipy's number");
    assert_ok(gr_wilson(&v, 10, 10, 0.95, &err), &err);
    assert_true(v.high == 1.0);
    assert_ok(gr_wilson(&v, 3, 10, 1.0, &err), &err);
    assert_true(v.low == 0.0 && v.high == 1.0);
    assert_status(gr_wilson(&v, 1, 0, 0.95, &err), GR_E_ARG, &err, "0 trials");
    assert_status(gr_wilson(&v, 3, 2, 0.95, &err), GR_E_ARG, &err, "3 successes");
    assert_status(gr_wilson(&v, 1, 2, 1.5, &err), GR_E_ARG, &err, "confidence");
    assert_ok(gr_fisher_z(&v, 0.0, 10, 0.95, &err), &err);
    assert_near(v.high, 0.6296263003883295, 1e-13, "tanh(z / sqrt 7)");
    assert_ok(gr_fisher_z(&v, 0.2, 3, 0.95, &err), &err);
    assert_true(v.low == -1.0 && v.high == 1.0);
    assert_ok(gr_fisher_z(&v, -1.0, 30, 0.95, &err), &err);
    assert_true(v.low == -1.0 && v.high == -1.0);
    assert_status(gr_fisher_z(&v, 1.01, 30, 0.95, &err), GR_E_ARG, &err, "correlation");
    assert_status(gr_fisher_z(&v, NAN, 30, 0.95, &err), GR_E_ARG, &err, "correlation");
    assert_status(gr_fisher_z(&v, 0.5, 30, -0.1, &err), GR_E_ARG, &err, "confidence");
}

static void holm(void **state)
{
    static const double p[] = { 0.01, 0.04, 0.03, 0.005 }, want[] = { 0.03, 0.06, 0.06, 0.02 }, bad[] = { 0.5, NAN };
    gr_err err = GR_ERR_INIT;
    double q[4];

    (void)state;
    assert_ok(gr_holm(q, p, 4, &err), &err);
    for (size_t i = 0; i < 4; i++) assert_near(q[i], want[i], 1e-15, "p %zu", i);
    assert_ok(gr_holm(q, p, 0, &err), &err);
    assert_status(gr_holm(q, bad, 2, &err), GR_E_ARG, &err, "p-value 2");
}

static void mcnemar(void **state)
{
    static const int64_t a[] = { 1, 1, 1, 0, 0 }, b[] = { 0, 0, 1, 1, 0 }, y[] = { 1, 1, 1, 1, 1 };
    gr_err err = GR_ERR_INIT;
    gr_mcnemar_result r;

    (void)state;
    assert_ok(gr_mcnemar(&r, 5, 0, &err), &err);
    assert_near(r.exact_p, 2.0 / 32, 1e-16, "2 / 2^5");
    assert_near(r.chi2, 16.0 / 5, 0, "chi2");
    assert_ok(gr_mcnemar(&r, 9, 3, &err), &err); /* 2 (1 + 12 + 66 + 220) / 4096 */
    assert_near(r.exact_p, 598.0 / 4096, 1e-15, "12 discordant");
    assert_ok(gr_mcnemar(&r, 0, 0, &err), &err);
    assert_true(r.exact_p == 1.0 && r.chi2 == 0.0 && r.chi2_p == 1.0);
    assert_ok(gr_mcnemar(&r, 0, 20000, &err), &err);
    assert_near(r.exact_p, 0, 0, "far below the smallest double");
    assert_ok(gr_mcnemar_labels(&r, a, b, y, 5, &err), &err);
    assert_int_equal(r.b, 2);
    assert_int_equal(r.c, 1);
    assert_status(gr_mcnemar(&r, 1000000000u, 1, &err), GR_E_ARG, &err, "1e9");
    assert_status(gr_mcnemar(&r, UINT64_MAX, 2, &err), GR_E_ARG, &err, "1e9");
}

static void student(void **state)
{
    static const double x[] = { 1, 2, 3 }, y[] = { 2, 4, 8 }, z[] = { 2, 3, 4 };
    gr_err err = GR_ERR_INIT;
    gr_ttest_result t;

    (void)state;
    assert_ok(gr_ttest_paired(&t, x, 3, y, 3, &err), &err); /* d = -1 -2 -5: mean -8/3, variance 13/3 */
    assert_near(t.t, -8.0 / 3 / sqrt(13.0 / 9), 1e-15, "t");
    assert_near(t.df, 2, 0, "df");
    assert_near(t.p, 1 - fabs(t.t) / sqrt(2 + t.t * t.t), 1e-14, "p");
    assert_ok(gr_ttest_paired(&t, z, 3, x, 3, &err), &err);
    assert_true(isinf(t.t) && t.t > 0 && t.p == 0.0);
    assert_ok(gr_ttest_paired(&t, x, 3, x, 3, &err), &err);
    assert_true(isnan(t.t) && isnan(t.p));
    assert_ok(gr_ttest_paired(&t, x, 1, y, 1, &err), &err);
    assert_true(isnan(t.t) && t.df == 0.0);
    assert_status(gr_ttest_paired(&t, x, 3, y, 2, &err), GR_E_ARG, &err, "pairs");
    assert_status(gr_ttest_paired(&t, x, 0, y, 0, &err), GR_E_ARG, &err, "no pairs");
}

static void wilcoxon(void **state)
{
    static const double x[] = { 1, 2, 3, 4, 5 }, y[] = { 1, 1, 5, 3, 9 }, holed[] = { 1, NAN, 3, 4, 5 };
    static double many[GR_WILCOXON_MAX + 1], zeros[GR_WILCOXON_MAX + 1];
    gr_err err = GR_ERR_INIT;
    gr_wilcoxon_result w;

    (void)state;
    /* d = 0 1 -2 1 -4: ranks 1.5 3 1.5 4; W+ = 3, W- = 7; of 16 patterns 5 give W <= 3 */
    assert_ok(gr_wilcoxon_exact(&w, x, 5, y, 5, &err), &err);
    assert_int_equal(w.n, 4);
    assert_true(w.w_plus == 3 && w.w_minus == 7 && w.statistic == 3);
    assert_near(w.p, 10.0 / 16, 1e-15, "p");
    assert_ok(gr_wilcoxon_exact(&w, x, 5, x, 5, &err), &err);
    assert_true(w.n == 0 && w.p == 1.0);
    assert_status(gr_wilcoxon_exact(&w, holed, 5, y, 5, &err), GR_E_NUMERIC, &err, "NaN");
    assert_status(gr_wilcoxon_exact(&w, x, 5, y, 4, &err), GR_E_ARG, &err, "pairs");
    for (size_t i = 0; i <= GR_WILCOXON_MAX; i++) many[i] = 1.0;
    assert_status(gr_wilcoxon_exact(&w, many, GR_WILCOXON_MAX + 1, zeros, GR_WILCOXON_MAX + 1, &err), GR_E_UNSUPPORTED, &err, "2000");
}

static double mean_diff(const void *user, const size_t *idx, size_t n)
{
    const double *d = user;
    double s = 0;

    for (size_t i = 0; i < n; i++) s += d[idx[i]];
    return s / (double)n;
}

static double never(const void *user, const size_t *idx, size_t n)
{
    (void)user;
    (void)idx;
    (void)n;
    return NAN;
}

static void bootstrap(void **state)
{
    double d[200];
    gr_bootstrap_result b, again;
    gr_err err = GR_ERR_INIT;
    gr_rng rng;

    (void)state;
    for (size_t i = 0; i < 200; i++) d[i] = i % 4 ? 1.0 : -1.0; /* mean 1/2, sd sqrt(3)/2: standard error 0.0612 */
    gr_rng_init(&rng, 7, GR_RNG_BOOTSTRAP, 0);
    assert_ok(gr_bootstrap(&b, mean_diff, d, 200, 2000, 0.95, &rng, &err), &err);
    assert_near(b.value, 0.5, 0, "value");
    assert_near(b.std, 0.0612, 0.006, "standard error"); /* 6 sd of a deviation over 2000 draws */
    assert_near(b.range.low, 0.38, 0.03, "low");
    assert_near(b.range.high, 0.62, 0.03, "high");
    assert_near(b.p, 2.0 / 2001, 1e-15, "no resample is at or below 0");
    gr_rng_init(&rng, 7, GR_RNG_BOOTSTRAP, 0);
    assert_ok(gr_bootstrap(&again, mean_diff, d, 200, 2000, 0.95, &rng, &err), &err);
    assert_memory_equal(&b, &again, sizeof b);
    assert_ok(gr_bootstrap(&b, never, d, 200, 10, 0.95, &rng, &err), &err);
    assert_true(b.defined == 0 && isnan(b.p) && isnan(b.range.low) && isnan(b.std));
    assert_status(gr_bootstrap(&b, mean_diff, d, 0, 10, 0.95, &rng, &err), GR_E_ARG, &err, "0 rows");
    assert_status(gr_bootstrap(&b, mean_diff, d, 5, 0, 0.95, &rng, &err), GR_E_ARG, &err, "0 resamples");
    assert_status(gr_bootstrap(&b, mean_diff, d, 5, 5, NAN, &rng, &err), GR_E_ARG, &err, "confidence");
}

/* The values of the resamples, in the order in which they are asked for; the first call is that of the data itself. */
typedef struct script { size_t at; double value[6]; } script;

static double next_value(const void *user, const size_t *idx, size_t n)
{
    script *s = (script *)(uintptr_t)user;

    (void)idx;
    (void)n;
    return s->value[s->at++];
}

/* numpy.quantile([-1, 1, 3, 4, 9], [0.2, 0.8]): places 0.8 and 3.2 of the sorted values, -1 + 0.8 2 and 4 + 0.2 5 */
static void bootstrap_between(void **state)
{
    script s = { 0, { 7, 3, -1, 9, 4, 1 } };
    gr_bootstrap_result b;
    gr_err err = GR_ERR_INIT;
    gr_rng rng;

    (void)state;
    gr_rng_init(&rng, 7, GR_RNG_BOOTSTRAP, 0);
    assert_ok(gr_bootstrap(&b, next_value, &s, 3, 5, 0.6, &rng, &err), &err);
    assert_near(b.value, 7, 0, "value");
    assert_near(b.range.low, 0.6, 1e-15, "low");
    assert_near(b.range.high, 5, 1e-14, "high");
    assert_near(b.p, 4.0 / 6, 1e-15, "one of five is below 0: 2 (1 + 1) / (1 + 5)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special), cmocka_unit_test(moments), cmocka_unit_test(intervals), cmocka_unit_test(holm),
        cmocka_unit_test(mcnemar), cmocka_unit_test(student), cmocka_unit_test(wilcoxon),  cmocka_unit_test(bootstrap),
        cmocka_unit_test(bootstrap_between),
    };
    return gr_test_main(tests);
}
