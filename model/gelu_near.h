/* gelu_near.h - gelu beside products of bf16: near enough to what it stands for, and without exponential or quotient.
 *
 * With --precision bf16 the value of gelu and the gradient that its slope is multiplied by are rounded to bf16 next, which moves a number by up
 * to 2^-9 to 2^-8 of itself. So both forms of gelu, x (1/2 + odd), and their slopes, 1/2 + odd, are computed there with polynomials: odd is
 * c P(2 (c / 5)^2 - 1), where c is x within -5 .. 5, beyond which it hardly changes. Every backend computes these functions, so that they
 * can be held against one another.
 *
 * Values are off by at most 2^-18, or 2^-20 of themselves, and slopes by 2^-17 (tests/unit/model/cpu_math_test.c). The polynomials are our
 * own fits: the least largest error in units of the value (near 0 and far left of 2^-8), of slopes in units of themselves or 2^-3, before the
 * coefficients were rounded to float. That costs more far left; the bounds are of the rounded ones. */
#ifndef GR_MODEL_GELU_NEAR_H
#define GR_MODEL_GELU_NEAR_H

#ifdef __cplusplus
extern "C" {
#endif

#define GR_GELU_BEND 5.0f
enum { GR_GELU_TERMS = 14 };

typedef float gr_gelu_curve[GR_GELU_TERMS]; /* coefficients of P, the constant first */

static const gr_gelu_curve gr_gelu_value = { 0.1413638f,      -0.0702968165f, 0.0515194051f,   -0.0404264815f, 0.0314532071f,
                                             -0.0234024581f,  0.0163719486f,  -0.010705105f,   0.00641851313f, -0.00341984211f,
                                             0.00177685986f,  -0.00107903476f, 0.000564814953f, -0.000138871648f };
static const gr_gelu_curve gr_gelu_slope = { 0.142134085f,   -0.0751092881f, 0.0665450618f,  -0.0717888251f, 0.0806984156f,
                                             -0.0844297186f, 0.0783178881f,  -0.0680216625f, 0.056334883f,   -0.0344321467f,
                                             0.0129102059f,  -0.010554608f,  0.0119995065f,  -0.00460249651f };
/* with tanh (gelu_new) */
static const gr_gelu_curve gr_gelu_tanh_value = { 0.141378537f,   -0.0703659281f,  0.0516554862f,   -0.0405375138f, 0.0313747786f,
                                                  -0.0230600554f, 0.0158828925f,   -0.0102656726f,  0.00617166795f, -0.00349183963f,
                                                  0.00218613376f, -0.00155812246f, 0.000823129551f, -0.000193488086f };
static const gr_gelu_curve gr_gelu_tanh_slope = { 0.142025113f,  -0.0748389512f, 0.0667143315f,  -0.0733917132f, 0.0830664262f,
                                                  -0.085336633f, 0.078982614f,   -0.0683992878f, 0.0476284437f,  -0.0210681036f,
                                                  0.0142764663f, -0.0217793733f, 0.0162548106f,  -0.00413365895f };

#ifdef __cplusplus
}
#endif
#endif
