/* precision.h - what matrix products of linear layers take in: floats, or floats rounded to bf16.
 *
 * With bf16 both operands of a product (x and w; in backward the gradient and w, the gradient and x) are rounded to
 * the nearest bf16, ties to even, and the sums are float. Weights, gradients, moments, activations and
 * everything else stay float: what torch.autocast calls mixed precision, with less rounded. Gelu is only as exact as that needs
 * (model/gelu_near.h). */
#ifndef GR_MODEL_PRECISION_H
#define GR_MODEL_PRECISION_H
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_precision { GR_PRECISION_F32, GR_PRECISION_BF16 } gr_precision;

/* "f32" or "bf16" */
static inline const char *gr_precision_name(gr_precision p) { return p == GR_PRECISION_BF16 ? "bf16" : "f32"; }

/* x rounded to bf16, as the bits of a float: the low half is zero. Infinities stay, a NaN stays one. */
static inline uint32_t gr_bf16_bits(float x)
{
    uint32_t u, even;

    memcpy(&u, &x, sizeof u);
    even = u + 0x7FFFu + (u >> 16 & 1u);
    return ((u & 0x7FFFFFFFu) > 0x7F800000u ? u | 0x00400000u : even) & 0xFFFF0000u;
}

static inline float gr_bf16_round(float x)
{
    const uint32_t u = gr_bf16_bits(x);

    memcpy(&x, &u, sizeof x);
    return x;
}

#ifdef __cplusplus
}
#endif
#endif
