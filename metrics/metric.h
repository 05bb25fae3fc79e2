/* metric.h - the metric table: what a task names, how the harness feeds it, what a record stores.
 *
 * A gr_metric is a const descriptor. The harness opens an accumulator for a task's set of metrics,
 * adds predictions one example at a time, and reads named values. Classification metrics share three
 * counts a class and entity metrics three counts a type; only correlations keep the rows. */
#ifndef GR_METRICS_METRIC_H
#define GR_METRICS_METRIC_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_metric_input {
    GR_METRIC_CLASSES, /* predicted and true class ids 0..n_classes-1         */
    GR_METRIC_VALUES,  /* predicted and true real values                      */
    GR_METRIC_TAGS     /* a sentence of predicted and true tag strings        */
} gr_metric_input;

typedef struct gr_metric {
    const char     *name;     /* [a-z0-9_]+, the key in records: "accuracy", "f1", "macro_f1", "pearson", "spearmanr", "overall_f1" */
    const char     *title;    /* what a table prints */
    gr_metric_input input;
    bool            higher_is_better; /* false: a loss, such as mse */
    double          lo, hi;   /* the interval that every finite value lies in; hi may be INFINITY */
    int             needs;    /* internal: which accumulator, see metric.c */
} gr_metric;

/* The built-in ones. Sources: scikit-learn's metrics, SciPy's stats, seqeval (see each family's header). */
extern const gr_metric gr_metric_accuracy;        /* "accuracy"         */
extern const gr_metric gr_metric_f1;              /* "f1": binary, positive class 1 */
extern const gr_metric gr_metric_precision;       /* "precision": binary */
extern const gr_metric gr_metric_recall;          /* "recall": binary    */
extern const gr_metric gr_metric_macro_f1;        /* "macro_f1"          */
extern const gr_metric gr_metric_macro_precision; /* "macro_precision"   */
extern const gr_metric gr_metric_macro_recall;    /* "macro_recall"      */
extern const gr_metric gr_metric_matthews;        /* "matthews_correlation" */
extern const gr_metric gr_metric_pearson;         /* "pearson"           */
extern const gr_metric gr_metric_spearman;        /* "spearmanr"         */
extern const gr_metric gr_metric_mse, gr_metric_rmse, gr_metric_mae;
extern const gr_metric gr_metric_seqeval_precision; /* "overall_precision" */
extern const gr_metric gr_metric_seqeval_recall;    /* "overall_recall"    */
extern const gr_metric gr_metric_seqeval_f1;        /* "overall_f1"        */
extern const gr_metric gr_metric_seqeval_accuracy;  /* "overall_accuracy"  */

const gr_metric *gr_metric_find(const char *name); /* NULL when unknown */
const gr_metric *gr_metric_at(size_t i);           /* NULL past the end */

/* One accumulator for all metrics of one evaluation. n_classes: for GR_METRIC_CLASSES (0 otherwise).
 * open: GR_E_ARG when no metric is asked for, or a binary one with other than two classes.
 * Adding: GR_E_ARG for a class outside 0..n_classes-1, an empty tag, or an input that none of the
 * metrics reads. A value may be NaN: the metrics are then NaN. All: GR_E_NOMEM. */
typedef struct gr_metric_acc gr_metric_acc;
gr_status gr_metric_acc_open(gr_metric_acc **out, const gr_metric *const *metrics, size_t n_metrics,
                             int32_t n_classes, gr_err *err) GR_MUST_USE;
void      gr_metric_acc_close(gr_metric_acc *a);
gr_status gr_metric_acc_class(gr_metric_acc *a, int32_t pred, int32_t ref, gr_err *err) GR_MUST_USE;
gr_status gr_metric_acc_value(gr_metric_acc *a, double pred, double ref, gr_err *err) GR_MUST_USE;
gr_status gr_metric_acc_tags(gr_metric_acc *a, const char *const *pred, const char *const *ref, size_t n, gr_err *err) GR_MUST_USE;

/* A named value, as it goes into a record. */
typedef struct gr_metric_value {
    char   name[64]; /* "accuracy", "f1"; details: "PER.f1", "PER.support", "class.3.f1" */
    double value;    /* NaN when not defined for the data */
} gr_metric_value;

/* Values of the metrics asked for, in the order asked for: out[n_metrics]. NaN without an example. */
gr_status gr_metric_acc_read(const gr_metric_acc *a, gr_metric_value *out, gr_err *err) GR_MUST_USE;

/* Detail values beyond them: per entity type for tags (TYPE.precision/recall/f1/support), per class
 * for classes (class.<id>.precision/recall/f1/support). *out is malloc'd, may be NULL with *n = 0. */
gr_status gr_metric_acc_detail(const gr_metric_acc *a, gr_metric_value **out, size_t *n, gr_err *err) GR_MUST_USE;

/* Whether at least two examples were added and every prediction is the same class or value (or, for tags, no entity was predicted):
 * what a record marks as collapsed. */
bool gr_metric_acc_constant(const gr_metric_acc *a);

#ifdef __cplusplus
}
#endif
#endif
