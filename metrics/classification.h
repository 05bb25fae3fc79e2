/* classification.h - scores of predicted classes against true ones, as scikit-learn defines them
 * (sklearn.metrics: accuracy, precision_recall_fscore_support, matthews_corrcoef, confusion_matrix,
 * classification_report).
 *
 * Labels are any 64-bit integers. A gr_tally keeps three counts a class, which is all that the scores
 * need: gr_tally_from_labels (a batch) or gr_tally_open + gr_tally_add (a stream) -> scores ->
 * gr_tally_free. Everything here is a pure function of its arguments. */
#ifndef GR_METRICS_CLASSIFICATION_H
#define GR_METRICS_CLASSIFICATION_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_tally {
    size_t    n;                /* classes                                             */
    int64_t  *label;            /* (n) ascending                                       */
    uint64_t *hit, *pred, *ref; /* (n) rows right, rows predicted, rows true: a class  */
    uint64_t  total, correct;   /* rows                                                */
} gr_tally;

/* Count a batch; the classes are the sorted union of both sides. GR_E_ARG: sides of different
 * length, or no row. GR_E_NOMEM. The caller frees *out with gr_tally_free. */
gr_status gr_tally_from_labels(gr_tally *out, const int64_t *pred, size_t n_pred, const int64_t *ref,
                               size_t n_ref, gr_err *err) GR_MUST_USE;

/* An empty tally of the classes 0..n_classes-1, to be filled row by row. GR_E_ARG for n_classes < 1. */
gr_status gr_tally_open(gr_tally *out, int32_t n_classes, gr_err *err) GR_MUST_USE;
/* One row. GR_E_ARG when a class is not one of the tally's. */
gr_status gr_tally_add(gr_tally *t, int64_t pred, int64_t ref, gr_err *err) GR_MUST_USE;
void      gr_tally_free(gr_tally *t); /* accepts a zeroed tally */

typedef enum gr_average {
    GR_AVERAGE_BINARY,  /* the one class pos_label                        */
    GR_AVERAGE_MICRO,   /* counts of the classes added up, then one score */
    GR_AVERAGE_MACRO,   /* plain mean over classes                        */
    GR_AVERAGE_WEIGHTED /* mean over classes, weighted by true rows       */
} gr_average;

/* "binary", "micro", "macro", "weighted". False when `name` is none of them. */
bool gr_average_find(gr_average *out, const char *name);

typedef struct gr_prf_options {
    gr_average     average;
    int64_t        pos_label;     /* binary only                                                    */
    const int64_t *labels;        /* classes to score, in this order; NULL: all that occur, sorted  */
    size_t         n_labels;
    double         zero_division; /* what 0/0 gives: 0, 1, or NaN (then left out of averages)       */
} gr_prf_options;
#define GR_PRF_DEFAULTS { GR_AVERAGE_BINARY, 1, NULL, 0, 0.0 }

typedef struct gr_prf {
    double precision, recall, f1;
    double support; /* true rows of what was scored */
} gr_prf;

/* Share of rows that are right. GR_E_ARG on an empty tally. */
gr_status gr_class_accuracy(double *out, const gr_tally *t, gr_err *err) GR_MUST_USE;

/* Averaged precision, recall and F1; NaN for the mean over an empty list of labels. GR_E_ARG: empty
 * tally; zero_division not 0, 1 or NaN; binary with more than two classes, or with two classes of
 * which neither is pos_label. GR_E_NOMEM. */
gr_status gr_class_prf(gr_prf *out, const gr_tally *t, const gr_prf_options *o, gr_err *err) GR_MUST_USE;

/* The same for each class by itself (o->average is not read). *out is malloc'd, the caller frees it. */
gr_status gr_class_prf_each(gr_prf **out, size_t *n, const gr_tally *t, const gr_prf_options *o, gr_err *err) GR_MUST_USE;

/* Matthews correlation in Gorodkin's form for any number of classes; 0 when a side is constant.
 * GR_E_ARG on an empty tally. */
gr_status gr_class_matthews(double *out, const gr_tally *t, gr_err *err) GR_MUST_USE;

/* Counts (n,n) by true class (row) and predicted class (column). labels NULL: the sorted union; rows
 * with a label outside the list are left out. *out is malloc'd. GR_E_ARG: different lengths, no row,
 * empty list, or no listed label among the true ones. GR_E_NOMEM. */
gr_status gr_class_confusion(uint64_t **out, size_t *n, const int64_t *pred, size_t n_pred, const int64_t *ref,
                             size_t n_ref, const int64_t *labels, size_t n_labels, gr_err *err) GR_MUST_USE;

/* What classification_report shows. */
typedef struct gr_class_row {
    char  *name;
    gr_prf score;
} gr_class_row;

typedef struct gr_class_report {
    gr_class_row *row;
    size_t        n;
    size_t        width; /* of the widest name, in characters */
    gr_prf        micro, macro, weighted;
    bool          micro_is_accuracy; /* all occurring classes are listed: the row is called "accuracy" */
    bool          support_is_real;   /* scikit-learn prints supports as 2.0 when no row at all is right */
} gr_class_report;

/* names: one for each class, or NULL: the labels' digits. Without a list of labels (o->labels) there must be
 * as many names as classes (GR_E_ARG); with one, the shorter of the two lists sets the rows, as in
 * scikit-learn. GR_E_ARG also for an empty list of labels or of names. Other statuses as gr_class_prf. The
 * caller frees *out with gr_class_report_free. */
gr_status gr_class_report_make(gr_class_report *out, const gr_tally *t, const gr_prf_options *o,
                               const char *const *names, size_t n_names, gr_err *err) GR_MUST_USE;
void      gr_class_report_free(gr_class_report *r); /* accepts a zeroed report */

/* Its text, character for character scikit-learn's. digits 0..17 (GR_E_ARG). GR_E_NOMEM. */
gr_status gr_class_report_text(gr_buf *out, const gr_class_report *r, int digits, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
