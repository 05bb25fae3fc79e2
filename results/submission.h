/* submission.h - a GLUE submission. For each test set one of the files that runs left beside their records is chosen, read, checked and
 * put into a zip. What a file must hold is said by the record (gr_rec_split); no task is known here by name.
 *
 * Call order: choose, read, write and table as wanted, free. The records must outlive the submission. */
#ifndef GR_RESULTS_SUBMISSION_H
#define GR_RESULTS_SUBMISSION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "results/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One file of the zip: split->submission is its name there. */
typedef struct gr_submit_file {
    const gr_record    *record;
    const gr_rec_split *split;
    double              value;      /* mean of the run's headline metrics; NaN: none were measured */
    bool                follows;    /* its model is one that another chosen run saved              */
    size_t              n_runs;     /* runs that had such a file                                   */
    char               *text;       /* n bytes once it is read; owned                              */
    size_t              n;
} gr_submit_file;

typedef struct gr_submission { gr_submit_file *f; size_t n; } gr_submission; /* by name, bytewise */

/* Which runs are considered. A run of a diagnostic task is, too, when it has the model that such a run saved. */
typedef struct gr_submit_filter {
    const char     *model; /* as records name it; NULL: any */
    const uint64_t *seed;  /* NULL: any                     */
} gr_submit_filter;

/* Choose for each test set the file of one finished run. The order of preference: an ok run before a collapsed one; the highest value;
 * among runs without a value one with the model that a chosen run saved; the newest; the last of the list. Runs whose file is not there
 * are passed over, and finding none is no error. GR_E_NOMEM. */
gr_status gr_submission_choose(gr_submission *out, const gr_records *r, const gr_submit_filter *filter, gr_err *err) GR_MUST_USE;
/* Read and check each file. GR_E_FORMAT, GR_E_NOTFOUND, GR_E_IO: one line with path, line, column and what to do. */
gr_status gr_submission_read(gr_submission *s, gr_err *err) GR_MUST_USE;
/* Write the zip: the same bytes for the same files, and nothing under `path` before it is complete. GR_E_IO, GR_E_NOMEM. */
gr_status gr_submission_write(const gr_submission *s, const char *path, gr_err *err) GR_MUST_USE;
/* file, task, model, seed, validation, rows, record. */
gr_status gr_submission_table(gr_buf *out, const gr_submission *s, gr_table_format f, gr_err *err) GR_MUST_USE;
void      gr_submission_free(gr_submission *s);

/* Is `text` (which may be any bytes) a file for this split? It must be "index<TAB>prediction" and then rows 0, 1, ... examples - 1, each
 * with a prediction of the split's form and ended by "\n". GR_E_FORMAT names line and column. */
gr_status gr_submission_check(gr_sv text, const gr_record *r, const gr_rec_split *split, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
