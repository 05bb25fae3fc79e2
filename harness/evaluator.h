/* evaluator.h - one pass over a split: loss, metrics, predictions. */
#ifndef GR_HARNESS_EVALUATOR_H
#define GR_HARNESS_EVALUATOR_H
#include "harness/encoded.h"
#include "metrics/metric.h"
#include "model/session.h"
#include "tasks/task.h"

/* What was predicted, for the predictions file. Token heads: one class a word, -1 where truncation cut it off. */
typedef struct gr_predictions {
    size_t   n;       /* rows                                              */
    int32_t *classes; /* [n], or [words of the split] for token heads      */
    double  *values;  /* [n] regression                                    */
    double  *scores;  /* [n, n_out] class probabilities of class heads     */
} gr_predictions;
void gr_predictions_free(gr_predictions *p);

typedef struct gr_eval_opts {
    size_t  batch_size;      /* rows of a group: eval_loss is the mean of the groups' means, weighted by rows, as in Trainer */
    double  label_smoothing; /* counts in eval_loss, as in Trainer.prediction_step */
    int32_t max_tokens, max_rows; /* of one packed batch: the session's limits */
    size_t  max_samples;     /* first so many rows; 0: all */
} gr_eval_opts;

typedef struct gr_eval_result {
    double           loss;      /* NaN when the split has no labels         */
    gr_metric_value *metrics;   /* [n_metrics] in the task's order; owned   */
    size_t           n_metrics;
    gr_metric_value *detail;    /* per class or entity type; owned          */
    size_t           n_detail;
    bool             constant;  /* one class, value or "no entity" for all  */
    size_t           examples;
    double           seconds;
} gr_eval_result;
void gr_eval_result_free(gr_eval_result *r);
double gr_eval_metric(const gr_eval_result *r, const char *name); /* "loss" too; NaN when absent */

/* The task's metric of this name, with "eval_" before it or not; a token task's "f1" is its overall_f1, as in run_ner. And whether an
 * evaluation of the task gives a value of this name: one of its metrics, or "loss". */
const gr_metric *gr_eval_metric_find(const gr_task *t, const char *name); /* NULL: none, or the loss */
bool gr_eval_metric_known(const gr_task *t, const char *name);

/* predictions may be NULL. GR_E_CANCELLED when interrupted; GR_E_NUMERIC for a NaN logit, with the row. */
gr_status gr_evaluate(gr_eval_result *out, gr_predictions *predictions, gr_session *s, const gr_encoded *e,
                      const gr_examples *ex, const gr_task *task, const gr_eval_opts *o, gr_err *err) GR_MUST_USE;

/* Predictions as JSON lines (docs/cli.md, Files): id, label, prediction, scores; NER: words, labels, predicted. */
gr_status gr_predictions_write(const char *path, const gr_predictions *p, const gr_encoded *e, const gr_examples *ex,
                               const gr_task *task, gr_err *err) GR_MUST_USE;
/* run_glue's predict_results file: "index<TAB>prediction". */
gr_status gr_predictions_write_tsv(const char *path, const gr_predictions *p, const gr_encoded *e, const gr_examples *ex,
                                   const gr_task *task, gr_err *err) GR_MUST_USE;

/* A file of a GLUE submission: "index<TAB>prediction", rows by id, classes by number or (GR_TASK_SUBMIT_NAMES) by name, values in the
 * task's interval. */
gr_status gr_predictions_write_submission(const char *path, const gr_predictions *p, const gr_examples *ex, const gr_task *task,
                                          gr_err *err) GR_MUST_USE;

#endif
