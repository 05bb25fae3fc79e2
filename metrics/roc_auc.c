/* roc_auc.c - see roc_auc.h. The Mann-Whitney form: with R the sum of the positives' mid-ranks,
 * AUC = (R - P (P + 1) / 2) / (P N). Mid-ranks give ties their half, which is what the trapezoids of
 * the curve add up to; sums of halves are exact. */
#include "metrics/roc_auc.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "metrics/correlation.h"

/* lo <= hi: the two labels; equal when one alone occurs. */
static gr_status two_labels(int64_t *lo, int64_t *hi, const int64_t *ref, size_t n, gr_err *err)
{
    *lo = *hi = ref[0];
    for (size_t i = 1; i < n; i++) {
        if (ref[i] < *lo) *lo = ref[i];
        if (ref[i] > *hi) *hi = ref[i];
    }
    for (size_t i = 0; i < n; i++)
        if (ref[i] != *lo && ref[i] != *hi)
            return gr_fail(err, GR_E_ARG, "more than two labels occur: one score a row ranks two classes");
    return GR_OK;
}

gr_status gr_roc_auc(double *out, const double *score, size_t n_score, const int64_t *ref, size_t n_ref, gr_err *err)
{
    double *rank, sum = 0.0, pos = 0.0, neg;
    int64_t lo, hi;
    gr_status s;

    if (n_score != n_ref) return gr_fail(err, GR_E_ARG, "%zu scores for %zu references", n_score, n_ref);
    if (n_ref == 0) return gr_fail(err, GR_E_ARG, "no rows to score");
    for (size_t i = 0; i < n_score; i++)
        if (!isfinite(score[i])) return gr_fail(err, GR_E_NUMERIC, "row %zu: the score is not a finite number", i + 1);
    GR_TRY(two_labels(&lo, &hi, ref, n_ref, err));
    *out = NAN;
    if (lo == hi) return GR_OK;
    if (!(rank = calloc(n_ref, sizeof *rank))) return gr_fail_nomem(err, "ranks");
    if ((s = gr_rank_mid(rank, score, n_score, err)) != GR_OK) goto out;
    for (size_t i = 0; i < n_ref; i++) {
        if (ref[i] != hi) continue;
        pos += 1.0;
        sum += rank[i];
    }
    neg = (double)n_ref - pos;
    *out = (sum - 0.5 * pos * (pos + 1.0)) / (pos * neg);
out:
    free(rank);
    return s;
}
