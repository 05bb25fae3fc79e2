/* special.h - the few special functions that the tests of stats.h need, in double precision. */
#ifndef GR_METRICS_SPECIAL_H
#define GR_METRICS_SPECIAL_H

#ifdef __cplusplus
extern "C" {
#endif

/* z such that a standard normal variable exceeds it with probability q, 0 < q < 1; +-inf at 0 and 1,
 * NaN outside. */
double gr_normal_upper(double q);

/* P(X > x) of a chi-square variable with one degree of freedom. */
double gr_chi2_upper_1(double x);

/* ln B(a, b), a and b > 0. */
double gr_log_beta(double a, double b);

/* The regularised incomplete beta function I_x(a, b), a and b > 0, with y = 1 - x given by the caller,
 * who often knows it without cancellation. NaN outside 0 <= x <= 1. */
double gr_beta_inc(double a, double b, double x, double y);

/* P(|T| >= |t|) of Student's t with df > 0 degrees of freedom; NaN for a NaN. */
double gr_student_two_sided(double t, double df);

#ifdef __cplusplus
}
#endif
#endif
