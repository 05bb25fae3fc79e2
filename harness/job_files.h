/* job_files.h - what a finished run leaves on disk: record, predictions, and with --save-model the model's folder with
 * run_glue's result files. */
#ifndef GR_HARNESS_JOB_FILES_H
#define GR_HARNESS_JOB_FILES_H
#include "harness/job.h"

/* Write the predictions of each split that was evaluated (for a task without labels: predicted); a table of each test split that was
 * predicted, named as its file in a GLUE submission; and with --save-model the model, all_results.json and friends (not for a
 * diagnostic task, which trains no model). */
gr_status gr_job_write_files(gr_record *r, const gr_workroom *w, const gr_task *task, gr_model *m, gr_session *s,
                             const gr_eval_result *results, const gr_predictions *predictions, gr_err *err) GR_MUST_USE;
/* Did the run of this record leave a table for each test split that is predicted now? Splits that --max-eval-samples cuts have none. */
bool gr_job_has_predictions(const gr_record *old, const gr_workroom *w);
gr_status gr_job_write_record(gr_record *r, const gr_workroom *w, gr_err *err) GR_MUST_USE;

#endif
