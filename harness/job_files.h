/* job_files.h - what a finished run leaves on disk: record, predictions, and with --save-model the model's folder with
 * run_glue's result files. */
#ifndef GR_HARNESS_JOB_FILES_H
#define GR_HARNESS_JOB_FILES_H
#include "harness/job.h"

/* Predictions of the first evaluated split; with --save-model the model, all_results.json and friends (a diagnostic
 * task trained none). */
gr_status gr_job_write_files(gr_record *r, const gr_workroom *w, const gr_task *task, gr_model *m, gr_session *s,
                             const gr_eval_result *results, const gr_predictions *predictions, gr_err *err) GR_MUST_USE;
gr_status gr_job_write_record(gr_record *r, const gr_workroom *w, gr_err *err) GR_MUST_USE;

#endif
