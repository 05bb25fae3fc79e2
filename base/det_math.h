/* det_math.h - elementary functions whose bits are the same on every machine.
 *
 * libm's exp or cos may differ in the last bit from one C library to the next; a seed must not. These
 * use only IEEE operations that are exactly rounded (+ - * / and comparisons), no FMA (the build says
 * -ffp-contract=off) and no library call. Errors against the true value: exp, log, expm1, sin, cos
 * and erf within 2 units in the last place, tanh within 3, over the whole range of double; sin and cos of |x| above 2^20
 * have the error that one unit in the last place of x makes. NaN gives NaN. */
#ifndef GR_BASE_DET_MATH_H
#define GR_BASE_DET_MATH_H

#ifdef __cplusplus
extern "C" {
#endif

double gr_det_exp(double x);   /* overflows to infinity above 709.78, reaches 0 below -745.13 */
double gr_det_expm1(double x); /* e^x - 1 without cancellation */
double gr_det_log(double x);   /* natural; -infinity for 0, NaN below */
double gr_det_sin(double x);   /* radians; NaN for infinities */
double gr_det_cos(double x);
double gr_det_erf(double x);
double gr_det_tanh(double x);

#ifdef __cplusplus
}
#endif
#endif
