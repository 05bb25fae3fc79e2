/* softmax.h - probabilities of logits, in double: of records, predictions and entities alike. */
#ifndef GR_HARNESS_SOFTMAX_H
#define GR_HARNESS_SOFTMAX_H
#include <stddef.h>

/* out[n] and logits[n], n > 0; exp of differences from the largest. */
void gr_softmax(double *out, const double *logits, size_t n);

#endif
