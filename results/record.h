/* record.h - one run, one record: everything that is ever printed is computed from these.
 *
 * A record is a struct in memory and one JSON file on disk (schema below in record.c, documented in
 * docs/file-formats.md). Unknown is written as null and read as NaN or "", never as 0. */
#ifndef GR_RESULTS_RECORD_H
#define GR_RESULTS_RECORD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GR_RECORD_SCHEMA 1

typedef enum gr_run_status { GR_RUN_OK, GR_RUN_FAILED, GR_RUN_COLLAPSED, GR_RUN_NO_DATA, GR_RUN_INTERRUPTED } gr_run_status;
const char *gr_run_status_name(gr_run_status s); /* "ok", "failed", "collapsed", "no data", "interrupted" */
bool        gr_run_status_find(gr_run_status *out, const char *name);

/* A value of one metric on one split, before and after training. NaN: not measured or not defined. */
typedef struct gr_rec_metric {
    char   split[40];
    char   name[64];
    bool   headline, higher_is_better;
    double baseline, value;
} gr_rec_metric;

/* What a split's file in a GLUE submission holds: there is none; class names; class numbers; values in lo..hi. */
typedef enum gr_submit_form { GR_SUBMIT_NONE, GR_SUBMIT_NAMES, GR_SUBMIT_NUMBERS, GR_SUBMIT_VALUES } gr_submit_form;

typedef struct gr_rec_split {
    char    name[40];
    int64_t examples;
    char    sha256[GR_SHA256_HEX]; /* over the rows, see data/dataset */
    gr_submit_form form;
    char    submission[40];        /* "MNLI-m.tsv": beside the record as <record>.MNLI-m.tsv; "" none */
    double  lo, hi;                /* of GR_SUBMIT_VALUES */
} gr_rec_split;

/* One evaluation during training. metrics: as measured, on the first evaluation split. */
typedef struct gr_rec_point {
    double  epoch;
    int64_t step;
    double  train_loss;  /* mean over the steps since the last point */
    double  grad_norm, learning_rate; /* of the last step */
    double  eval_loss;
    struct { char name[64]; double value; } metric[16];
    int     n_metrics;
} gr_rec_point;

typedef struct gr_record {
    gr_run_status status;
    char     message[480];           /* why, when status is not ok                        */
    char     key[17];                /* content key: 16 hex digits; the file name has 8   */
    char     created[32];            /* UTC, ISO 8601                                     */

    char     task[64], title[96], suite[64];
    char     head[24];               /* "classification", "regression", "token"           */
    char   **labels;                 /* NULL for regression; owned                        */
    size_t   n_labels;
    bool     out_of_mean;            /* reported, not averaged into a suite score         */

    char     data[24];               /* "demo", "published", "custom"                     */
    gr_rec_split splits[8];
    int      n_splits;
    char     main_split[40];         /* whose values make the task's number: its first validation set, evaluated or not; "" unknown */
    int64_t  n_train, n_eval;        /* rows trained on; rows of the first evaluated split */

    char     model[64], model_family[24], model_sha256[GR_SHA256_HEX];
    char     model_note[160];        /* "seeded initialisation", "pre-trained on generator output", "" */
    int64_t  model_params;           /* encoder and head                                  */

    gr_json *recipe;                 /* object: option -> {"value": v, "from": origin}; owned */
    uint64_t seed;
    char     device[24], precision[8];
    int      threads;
    bool     deterministic;

    char     version[32], git_revision[48], compiler[64], blas[96], cpu[96]; /* "" = unknown */

    gr_rec_metric *metrics;          /* owned */
    size_t   n_metrics;
    gr_rec_point  *history;          /* owned */
    size_t   n_history;

    int64_t  steps;
    double   epochs;
    double   train_loss;             /* mean over all steps, as Trainer reports it       */
    double   total_flops;            /* matmuls of training                              */
    double   train_seconds, eval_seconds, total_seconds;
    double   steps_per_second, samples_per_second, tokens_per_second; /* of training      */
    double   peak_memory_mb;         /* of the process                                   */
    char   **warnings;               /* owned */
    size_t   n_warnings;
    char     predictions[160];       /* file name beside the record, "" none             */
    char     path[GR_PATH_MAX];      /* where it was read from or written to; not stored */
} gr_record;

void gr_record_init(gr_record *r);   /* unknown everywhere: NaN, "" and 0 counts */
void gr_record_free(gr_record *r);

/* Set or find a metric's place (split + name); NULL when memory is exhausted. */
gr_rec_metric *gr_record_metric(gr_record *r, const char *split, const char *name);
gr_rec_point  *gr_record_point(gr_record *r); /* append an empty one; NULL when memory is exhausted */
gr_status      gr_record_warn(gr_record *r, const char *line, gr_err *err) GR_MUST_USE;

/* The name of the file beside the record with the predictions of an evaluated split. For the first split it is `predictions`; for another
 * split S it is that with "S." before its ending "predictions.jsonl". "" when there is none, or no room. */
void gr_record_predictions_of(char *out, size_t cap, const gr_record *r, const char *split);

/* The split that is called by the task's name alone: main_split, or in records without one the first evaluated split; "" for none. */
const char *gr_record_main_split(const gr_record *r);
/* The name of a table's row about a split: the task's name, and the split in brackets when it is not the main one ("" counts as that). */
void gr_record_row_name(char *out, size_t cap, const gr_record *r, const char *split);

gr_status gr_record_to_json(gr_json **out, const gr_record *r, gr_err *err) GR_MUST_USE;
gr_status gr_record_from_json(gr_record *out, const gr_json *j, gr_err *err) GR_MUST_USE; /* strict: GR_E_FORMAT names the key */
gr_status gr_record_write(gr_record *r, const char *path, gr_err *err) GR_MUST_USE;       /* atomic; sets r->path */
gr_status gr_record_read(gr_record *out, const char *path, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
