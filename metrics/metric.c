/* metric.c - see metric.h. One accumulator keeps just what its metrics need: three counts a class,
 * running error sums, rows (only for correlations, whose two passes are what keeps them exact), or
 * entity counts. Values are computed when read, so a stream and a batch give the same bits. */
#include "metrics/metric.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "base/str.h"
#include "metrics/classification.h"
#include "metrics/correlation.h"
#include "metrics/numeric.h"
#include "metrics/sequence.h"

/* ---- the table ------------------------------------------------------------------------------- */

enum need {
    NEED_ACCURACY, NEED_F1, NEED_PRECISION, NEED_RECALL, NEED_MACRO_F1, NEED_MACRO_PRECISION, NEED_MACRO_RECALL,
    NEED_MATTHEWS, NEED_PEARSON, NEED_SPEARMAN, NEED_MSE, NEED_RMSE, NEED_MAE,
    NEED_SEQ_PRECISION, NEED_SEQ_RECALL, NEED_SEQ_F1, NEED_SEQ_ACCURACY
};

/* symbol, name, title, input, higher is better, lo, hi, need */
#define METRICS(X)                                                                                             \
    X(accuracy, "accuracy", "accuracy", GR_METRIC_CLASSES, true, 0.0, 1.0, NEED_ACCURACY)                      \
    X(f1, "f1", "F1", GR_METRIC_CLASSES, true, 0.0, 1.0, NEED_F1)                                              \
    X(precision, "precision", "precision", GR_METRIC_CLASSES, true, 0.0, 1.0, NEED_PRECISION)                  \
    X(recall, "recall", "recall", GR_METRIC_CLASSES, true, 0.0, 1.0, NEED_RECALL)                              \
    X(macro_f1, "macro_f1", "macro F1", GR_METRIC_CLASSES, true, 0.0, 1.0, NEED_MACRO_F1)                      \
    X(macro_precision, "macro_precision", "macro precision", GR_METRIC_CLASSES, true, 0.0, 1.0, NEED_MACRO_PRECISION) \
    X(macro_recall, "macro_recall", "macro recall", GR_METRIC_CLASSES, true, 0.0, 1.0, NEED_MACRO_RECALL)      \
    X(matthews, "matthews_correlation", "Matthews", GR_METRIC_CLASSES, true, -1.0, 1.0, NEED_MATTHEWS)         \
    X(pearson, "pearson", "Pearson", GR_METRIC_VALUES, true, -1.0, 1.0, NEED_PEARSON)                          \
    X(spearman, "spearmanr", "Spearman", GR_METRIC_VALUES, true, -1.0, 1.0, NEED_SPEARMAN)                     \
    X(mse, "mse", "mean squared error", GR_METRIC_VALUES, false, 0.0, INFINITY, NEED_MSE)                      \
    X(rmse, "rmse", "root mean squared error", GR_METRIC_VALUES, false, 0.0, INFINITY, NEED_RMSE)              \
    X(mae, "mae", "mean absolute error", GR_METRIC_VALUES, false, 0.0, INFINITY, NEED_MAE)                     \
    X(seqeval_precision, "overall_precision", "entity precision", GR_METRIC_TAGS, true, 0.0, 1.0, NEED_SEQ_PRECISION) \
    X(seqeval_recall, "overall_recall", "entity recall", GR_METRIC_TAGS, true, 0.0, 1.0, NEED_SEQ_RECALL)      \
    X(seqeval_f1, "overall_f1", "entity F1", GR_METRIC_TAGS, true, 0.0, 1.0, NEED_SEQ_F1)                      \
    X(seqeval_accuracy, "overall_accuracy", "tag accuracy", GR_METRIC_TAGS, true, 0.0, 1.0, NEED_SEQ_ACCURACY)

#define DEFINE(symbol, ...) const gr_metric gr_metric_##symbol = { __VA_ARGS__ };
METRICS(DEFINE)
#undef DEFINE

#define ENTRY(symbol, ...) &gr_metric_##symbol,
static const gr_metric *const all_metrics[] = { METRICS(ENTRY) };
#undef ENTRY

const gr_metric *gr_metric_at(size_t i)
{
    return i < sizeof all_metrics / sizeof *all_metrics ? all_metrics[i] : NULL;
}

const gr_metric *gr_metric_find(const char *name)
{
    const gr_metric *m;

    for (size_t i = 0; (m = gr_metric_at(i)); i++)
        if (strcmp(m->name, name) == 0) return m;
    return NULL;
}

/* ---- the accumulator ------------------------------------------------------------------------- */

typedef struct value_rows {
    double *pred, *ref; /* (n), room for cap; kept only when `kept` */
    size_t  n, cap;
    bool    kept;
    gr_sum  square, absolute; /* of pred - ref */
    double  first;            /* the first prediction */
    bool    varied;           /* a later one differs */
} value_rows;

struct gr_metric_acc {
    const gr_metric **metric; /* (n) */
    size_t            n;
    bool              input[3]; /* by gr_metric_input: some metric reads it */
    gr_tally          classes;
    value_rows        values;
    gr_seqeval       *tags;
};

static bool binary_only(const gr_metric *m)
{
    return m->needs == NEED_F1 || m->needs == NEED_PRECISION || m->needs == NEED_RECALL;
}

static gr_status open_parts(gr_metric_acc *a, const gr_metric *const *metrics, int32_t n_classes, gr_err *err)
{
    for (size_t i = 0; i < a->n; i++) {
        const gr_metric *m = metrics[i];
        if (binary_only(m) && n_classes != 2)
            return gr_fail(err, GR_E_ARG, "%s is a score of two classes, not of %d; macro_%s takes any number", m->name,
                           (int)n_classes, m->name);
        a->metric[i] = m;
        a->input[m->input] = true;
        a->values.kept = a->values.kept || m->needs == NEED_PEARSON || m->needs == NEED_SPEARMAN;
    }
    if (a->input[GR_METRIC_CLASSES]) GR_TRY(gr_tally_open(&a->classes, n_classes, err));
    if (a->input[GR_METRIC_TAGS]) GR_TRY(gr_seqeval_open(&a->tags, NULL, err));
    return GR_OK;
}

gr_status gr_metric_acc_open(gr_metric_acc **out, const gr_metric *const *metrics, size_t n_metrics, int32_t n_classes,
                             gr_err *err)
{
    gr_metric_acc *a;
    gr_status s;

    if (n_metrics == 0) return gr_fail(err, GR_E_ARG, "no metric is asked for");
    if (!(a = calloc(1, sizeof *a))) return gr_fail_nomem(err, "metrics");
    a->n = n_metrics;
    a->metric = calloc(n_metrics, sizeof *a->metric);
    s = a->metric ? open_parts(a, metrics, n_classes, err) : gr_fail_nomem(err, "metrics");
    if (s != GR_OK) {
        gr_metric_acc_close(a);
        return s;
    }
    *out = a;
    return GR_OK;
}

void gr_metric_acc_close(gr_metric_acc *a)
{
    if (!a) return;
    gr_tally_free(&a->classes);
    gr_seqeval_close(a->tags);
    free(a->values.pred);
    free(a->values.ref);
    free(a->metric);
    free(a);
}

static gr_status check_input(const gr_metric_acc *a, gr_metric_input input, const char *what, gr_err *err)
{
    return a->input[input] ? GR_OK : gr_fail(err, GR_E_ARG, "none of the metrics reads %s", what);
}

gr_status gr_metric_acc_class(gr_metric_acc *a, int32_t pred, int32_t ref, gr_err *err)
{
    GR_TRY(check_input(a, GR_METRIC_CLASSES, "classes", err));
    return gr_tally_add(&a->classes, pred, ref, err);
}

static bool grow_rows(value_rows *v)
{
    const size_t cap = v->cap ? 2 * v->cap : 1024;
    size_t bytes;
    double *p;

    if (!gr_mul_size(&bytes, cap, sizeof *p)) return false;
    if (!(p = realloc(v->pred, bytes))) return false;
    v->pred = p;
    if (!(p = realloc(v->ref, bytes))) return false;
    v->ref = p;
    v->cap = cap;
    return true;
}

gr_status gr_metric_acc_value(gr_metric_acc *a, double pred, double ref, gr_err *err)
{
    value_rows *v = &a->values;

    GR_TRY(check_input(a, GR_METRIC_VALUES, "values", err));
    if (v->kept && v->n == v->cap && !grow_rows(v)) return gr_fail_nomem(err, "predicted values");
    if (v->kept) {
        v->pred[v->n] = pred;
        v->ref[v->n] = ref;
    }
    if (v->n == 0) v->first = pred;
    else if (pred != v->first && !(isnan(pred) && isnan(v->first))) v->varied = true;
    gr_sum_add(&v->square, (pred - ref) * (pred - ref));
    gr_sum_add(&v->absolute, fabs(pred - ref));
    v->n++;
    return GR_OK;
}

gr_status gr_metric_acc_tags(gr_metric_acc *a, const char *const *pred, const char *const *ref, size_t n, gr_err *err)
{
    GR_TRY(check_input(a, GR_METRIC_TAGS, "tags", err));
    return gr_seqeval_add(a->tags, pred, ref, n, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

static gr_status read_classes(double *out, const gr_metric_acc *a, int need, gr_err *err)
{
    gr_prf_options o = GR_PRF_DEFAULTS;
    gr_prf v;

    if (a->classes.total == 0) return GR_OK; /* stays NaN */
    if (need == NEED_ACCURACY) return gr_class_accuracy(out, &a->classes, err);
    if (need == NEED_MATTHEWS) return gr_class_matthews(out, &a->classes, err);
    if (need == NEED_MACRO_F1 || need == NEED_MACRO_PRECISION || need == NEED_MACRO_RECALL) o.average = GR_AVERAGE_MACRO;
    GR_TRY(gr_class_prf(&v, &a->classes, &o, err));
    switch (need) {
    case NEED_F1:
    case NEED_MACRO_F1: *out = v.f1; break;
    case NEED_PRECISION:
    case NEED_MACRO_PRECISION: *out = v.precision; break;
    default: *out = v.recall; break;
    }
    return GR_OK;
}

static gr_status read_values(double *out, const gr_metric_acc *a, int need, gr_err *err)
{
    const value_rows *v = &a->values;
    const double n = (double)v->n;

    switch (need) {
    case NEED_PEARSON: return v->n < 2 ? GR_OK : gr_pearson(out, v->pred, v->n, v->ref, v->n, err);
    case NEED_SPEARMAN: return gr_spearman(out, v->pred, v->n, v->ref, v->n, err);
    case NEED_MSE: *out = v->n ? gr_sum_value(&v->square) / n : NAN; break;
    case NEED_RMSE: *out = v->n ? sqrt(gr_sum_value(&v->square) / n) : NAN; break;
    default: *out = v->n ? gr_sum_value(&v->absolute) / n : NAN; break;
    }
    return GR_OK;
}

static gr_status read_tags(double *out, const gr_metric_acc *a, int need, gr_err *err)
{
    gr_seqeval_result r;

    GR_TRY(gr_seqeval_scores(&r, a->tags, 0.0, err));
    if (r.sentences == 0) return GR_OK; /* stays NaN */
    switch (need) {
    case NEED_SEQ_PRECISION: *out = r.precision; break;
    case NEED_SEQ_RECALL: *out = r.recall; break;
    case NEED_SEQ_F1: *out = r.f1; break;
    default: *out = r.accuracy; break;
    }
    return GR_OK;
}

static void name_value(gr_metric_value *v, const char *name, double x)
{
    const size_t n = strlen(name), room = sizeof v->name - 1;

    memset(v->name, 0, sizeof v->name);
    memcpy(v->name, name, n < room ? n : room);
    v->value = x;
}

gr_status gr_metric_acc_read(const gr_metric_acc *a, gr_metric_value *out, gr_err *err)
{
    static gr_status (*const readers[])(double *, const gr_metric_acc *, int, gr_err *) = {
        [GR_METRIC_CLASSES] = read_classes, [GR_METRIC_VALUES] = read_values, [GR_METRIC_TAGS] = read_tags
    };

    for (size_t i = 0; i < a->n; i++) {
        const gr_metric *m = a->metric[i];
        double x = NAN;
        const gr_status s = readers[m->input](&x, a, m->needs, err);
        if (s != GR_OK) return gr_wrap(err, s, "%s", m->name);
        name_value(&out[i], m->name, x);
    }
    return GR_OK;
}

/* Four values of one class or type: "<prefix>.precision" and so on. A prefix that does not fit is cut
 * (at a character, so that the name stays UTF-8), never the part that says what the value is. */
static void detail_of(gr_metric_value out[4], const char *prefix, const gr_prf *p)
{
    static const char *const parts[] = { ".precision", ".recall", ".f1", ".support" };
    const double v[] = { p->precision, p->recall, p->f1, p->support };
    size_t keep = strlen(prefix);
    const size_t most = sizeof out->name - 1 - sizeof ".precision";

    if (keep > most) {
        keep = most;
        while (keep && ((unsigned char)prefix[keep] & 0xC0u) == 0x80u) keep--;
    }
    for (size_t i = 0; i < 4; i++) {
        name_value(&out[i], "", v[i]);
        memcpy(out[i].name, prefix, keep);
        memcpy(out[i].name + keep, parts[i], strlen(parts[i]));
    }
}

static gr_status detail_classes(const gr_metric_acc *a, gr_metric_value **out, size_t *n, gr_err *err)
{
    gr_prf_options o = GR_PRF_DEFAULTS;
    gr_metric_value *v = NULL;
    gr_prf *each = NULL;
    size_t k = 0;
    gr_status s;

    if (a->classes.total == 0) return GR_OK;
    o.labels = a->classes.label; /* every class of the task, also one that does not occur */
    o.n_labels = a->classes.n;
    GR_TRY(gr_class_prf_each(&each, &k, &a->classes, &o, err));
    v = calloc(k, 4 * sizeof *v);
    s = v ? GR_OK : gr_fail_nomem(err, "details");
    for (size_t i = 0; v && i < k; i++) {
        gr_buf name = { 0 };
        gr_buf_addf(&name, "class.%lld", (long long)a->classes.label[i]);
        if (name.oom) s = gr_fail_nomem(err, "details");
        detail_of(&v[4 * i], name.p ? name.p : "", &each[i]);
        gr_buf_free(&name);
    }
    free(each);
    if (s != GR_OK) {
        free(v);
        return s;
    }
    *out = v;
    *n = 4 * k;
    return GR_OK;
}

static gr_status detail_tags(const gr_metric_acc *a, gr_metric_value **out, size_t *n, gr_err *err)
{
    gr_seqeval_type *t = NULL;
    gr_metric_value *v;
    size_t k = 0;

    GR_TRY(gr_seqeval_types(&t, &k, a->tags, 0.0, err));
    if (k == 0) return GR_OK;
    v = calloc(k, 4 * sizeof *v);
    for (size_t i = 0; v && i < k; i++) {
        const gr_prf p = { t[i].precision, t[i].recall, t[i].f1, (double)t[i].support };
        detail_of(&v[4 * i], t[i].type, &p);
    }
    free(t);
    if (!v) return gr_fail_nomem(err, "details");
    *out = v;
    *n = 4 * k;
    return GR_OK;
}

gr_status gr_metric_acc_detail(const gr_metric_acc *a, gr_metric_value **out, size_t *n, gr_err *err)
{
    *out = NULL;
    *n = 0;
    if (a->input[GR_METRIC_TAGS]) return detail_tags(a, out, n, err);
    if (a->input[GR_METRIC_CLASSES]) return detail_classes(a, out, n, err);
    return GR_OK;
}

static bool constant_classes(const gr_tally *t)
{
    size_t used = 0;

    for (size_t i = 0; i < t->n; i++) used += t->pred[i] > 0;
    return t->total >= 2 && used == 1;
}

static bool constant_tags(const gr_seqeval *s)
{
    gr_seqeval_result r;

    return gr_seqeval_scores(&r, s, 0.0, NULL) == GR_OK && r.sentences >= 2 && r.predicted == 0;
}

bool gr_metric_acc_constant(const gr_metric_acc *a)
{
    if (a->input[GR_METRIC_CLASSES]) return constant_classes(&a->classes);
    if (a->input[GR_METRIC_TAGS]) return constant_tags(a->tags);
    return a->values.n >= 2 && !a->values.varied;
}
