/* regression.c - see regression.h. */
#include "metrics/regression.h"

#include <math.h>

#include "metrics/numeric.h"

static gr_status check(const double *pred, size_t n_pred, const double *ref, size_t n_ref, gr_err *err)
{
    if (n_pred != n_ref) return gr_fail(err, GR_E_ARG, "%zu predictions for %zu references", n_pred, n_ref);
    if (n_pred == 0) return gr_fail(err, GR_E_ARG, "no rows to score");
    for (size_t i = 0; i < n_pred; i++)
        if (!isfinite(pred[i]) || !isfinite(ref[i]))
            return gr_fail(err, GR_E_NUMERIC, "row %zu: %s value is not a finite number", i + 1,
                           isfinite(pred[i]) ? "the true" : "the predicted");
    return GR_OK;
}

gr_status gr_mse(double *out, const double *pred, size_t n_pred, const double *ref, size_t n_ref, gr_err *err)
{
    gr_sum s = { 0 };

    GR_TRY(check(pred, n_pred, ref, n_ref, err));
    for (size_t i = 0; i < n_pred; i++) gr_sum_add(&s, (pred[i] - ref[i]) * (pred[i] - ref[i]));
    *out = gr_sum_value(&s) / (double)n_pred;
    return GR_OK;
}

gr_status gr_rmse(double *out, const double *pred, size_t n_pred, const double *ref, size_t n_ref, gr_err *err)
{
    double mse;

    GR_TRY(gr_mse(&mse, pred, n_pred, ref, n_ref, err));
    *out = sqrt(mse);
    return GR_OK;
}

gr_status gr_mae(double *out, const double *pred, size_t n_pred, const double *ref, size_t n_ref, gr_err *err)
{
    gr_sum s = { 0 };

    GR_TRY(check(pred, n_pred, ref, n_ref, err));
    for (size_t i = 0; i < n_pred; i++) gr_sum_add(&s, fabs(pred[i] - ref[i]));
    *out = gr_sum_value(&s) / (double)n_pred;
    return GR_OK;
}
