/* numeric.c - see numeric.h. */
#include "metrics/numeric.h"

/* numpy adds fewer than 8 values in turn, up to 128 in eight lanes that are then joined as a tree, and
 * cuts longer rows into two, the first a multiple of 8 long. */
double gr_sum_numpy(const double *x, size_t n)
{
    double lane[8], sum = 0.0;
    size_t i, half;

    if (n < 8) {
        for (i = 0; i < n; i++) sum += x[i];
        return sum;
    }
    if (n > 128) {
        half = n / 2;
        half -= half % 8;
        return gr_sum_numpy(x, half) + gr_sum_numpy(x + half, n - half);
    }
    for (i = 0; i < 8; i++) lane[i] = x[i];
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++) lane[j] += x[i + j];
    sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    for (; i < n; i++) sum += x[i];
    return sum;
}
