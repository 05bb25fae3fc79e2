/* numeric.h - accurate sums, for the files of this folder.
 *
 * Neumaier's form of compensated summation (ZAMM 54, 1974): the rounding error of every addition is
 * kept beside the sum, so the result carries about one rounding whatever the order and the length. */
#ifndef GR_METRICS_NUMERIC_H
#define GR_METRICS_NUMERIC_H
#include <math.h>
#include <stddef.h>

/* Zero it to start. */
typedef struct gr_sum {
    double s, c; /* running sum, and what its roundings left out */
} gr_sum;

static inline void gr_sum_add(gr_sum *a, double x)
{
    const double t = a->s + x;

    /* Past an overflow, infinity or NaN there is no error to keep: it would turn inf into NaN. */
    if (isfinite(t)) a->c += fabs(a->s) >= fabs(x) ? (a->s - t) + x : (x - t) + a->s;
    a->s = t;
}

static inline double gr_sum_value(const gr_sum *a)
{
    return isfinite(a->s) ? a->s + a->c : a->s;
}

/* Sum of x (n) in the order of numpy's pairwise summation. For the means that a report prints: where
 * a mean lies on a rounding boundary, its last bit decides the printed digit. */
double gr_sum_numpy(const double *x, size_t n);
#endif
