/* softmax.c - see softmax.h. */
#include "harness/softmax.h"

#include <math.h>

void gr_softmax(double *out, const double *logits, size_t n)
{
    double top = logits[0], sum = 0;

    for (size_t i = 1; i < n; i++) top = logits[i] > top ? logits[i] : top;
    for (size_t i = 0; i < n; i++) sum += out[i] = exp(logits[i] - top);
    for (size_t i = 0; i < n; i++) out[i] /= sum;
}
