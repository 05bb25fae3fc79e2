/* task.h - the contract between the harness and a task module.
 *
 * A task module is ONE `const gr_task`: a table of facts plus at most three hooks. It says what its data is and how
 * it is scored; it never sees a tensor, a device, a file on disk or a command line. To add a task: write
 * tasks/<suite>/<name>.c, add one line to tasks/registry.c, add data/manifests/<name>.json and a fixture.
 *
 * Hooks run on one thread a run and keep no state. A hook that is NULL has the default written beside it. */
#ifndef GR_TASKS_TASK_H
#define GR_TASKS_TASK_H
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "data/row.h"
#include "metrics/metric.h"
#include "model/head_spec.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    GR_TASK_HIDDEN_TEST = 1 << 0, /* test labels are not public: write a submission, no score     */
    GR_TASK_DIAGNOSTIC = 1 << 1,  /* evaluated with another task's weights, never trained          */
    GR_TASK_OUT_OF_MEAN = 1 << 2, /* reported, not averaged into the suite score                   */
    GR_TASK_NOT_DEFAULT = 1 << 3, /* run when named, left out of --all                             */
    GR_TASK_SUBMIT_NAMES = 1 << 4 /* a GLUE submission has classes by name, not by number          */
};

/* One prediction, in the form that metrics and submission files want: a class or a value. */
typedef struct gr_pred {
    int32_t cls;
    double  value;
} gr_pred;

typedef struct gr_metric_use {
    const gr_metric *metric;
    bool             headline; /* part of the task's one-number score (the mean of its headline metrics) */
} gr_metric_use;

#define GR_TASK_ABI 2u
enum { GR_TASK_METRICS_MAX = 16 }; /* metrics that a task may have */

typedef struct gr_task {
    unsigned             abi;     /* GR_TASK_ABI; the registry refuses any other                       */
    const char          *name;    /* [a-z0-9_]+, unique: CLI argument, file stem, JSON key             */
    const char          *suite;   /* one of the suites of registry.c, or "custom"                      */
    const char          *title;   /* what a table or --help prints                                     */
    uint32_t             flags;   /* GR_TASK_*                                                         */
    gr_head_spec         head;
    const char *const   *labels;  /* head.n_out names in index order, then NULL; NULL for regression   */
    double               lo, hi;  /* regression: the interval of the scores                            */
    const gr_split      *splits;  /* ends at .name == NULL                                             */
    const gr_metric_use *metrics; /* ends at .metric == NULL                                           */
    int32_t              max_len; /* tokens, special ones included                                     */
    const char          *weights_of; /* DIAGNOSTIC only: the task whose weights it is evaluated with   */
    const char          *about;      /* one line for `list`, or NULL: the title                        */

    /* One row to one example; `out` comes zeroed but for label -1, value NaN, id -1. Memory that outlives the call
     * is taken from `a`. NULL: by the roles of the columns (data/dataset.h, gr_example_from_row). */
    gr_status (*parse)(const struct gr_task *self, const gr_row *row, const gr_split *split, gr_example *out, gr_arena *a,
                       gr_err *err);

    /* head.n_out logits (of a sequence, or of one word) to a prediction. NULL: argmax, first one wins a tie; identity for
     * regression. */
    gr_status (*decode)(const struct gr_task *self, const double *logits, gr_pred *out, gr_err *err);

    /* Extra self-checks of the table, run by `glue-run list --check` and ctest. NULL: none. */
    gr_status (*check)(const struct gr_task *self, gr_err *err);
} gr_task;

/* ---- registry (tasks/registry.c): one explicit list ---- */
const gr_task *gr_task_find(const char *name); /* NULL when unknown      */
const gr_task *gr_task_at(size_t i);           /* NULL past the end      */

/* A suite is a name that tasks carry plus how its one score is made. */
typedef struct gr_suite {
    const char *name;  /* "glue" */
    const char *title;
    const char *about;
} gr_suite;
const gr_suite *gr_suite_find(const char *name); /* NULL when unknown */
const gr_suite *gr_suite_at(size_t i);           /* NULL past the end */

/* Is the table whole: names, labels against head, splits, columns, metrics against head, its own check? GR_E_INTERNAL
 * with the first fault. */
gr_status gr_task_validate(const gr_task *t, gr_err *err) GR_MUST_USE;

/* The decode hook or its default. GR_E_NUMERIC when a logit is NaN. */
gr_status gr_task_decode(const gr_task *t, const double *logits, gr_pred *out, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
