/* job_record.h - filling a record: who, what, with which recipe, how fast. */
#ifndef GR_HARNESS_JOB_RECORD_H
#define GR_HARNESS_JOB_RECORD_H
#include "harness/job.h"

/* "classification", "regression", "token", "embedding": as records and lists call it. */
const char *gr_job_head_name(gr_head_kind k);

/* What is known before anything is opened: task, seed, machine, build. */
void      gr_job_record_facts(gr_record *r, const gr_workroom *w, const gr_task *task, uint64_t seed);
/* Data, model, recipe and the content key. The record of a diagnostic task says that nothing was trained. */
gr_status gr_job_record_begin(gr_record *r, const gr_workroom *w, const gr_task *task, const gr_model *m, size_t n_rows,
                              gr_err *err) GR_MUST_USE;
/* Fill in what the split's file in a GLUE submission must hold; nothing when the task's table names none. */
void      gr_job_record_submission(gr_rec_split *out, const gr_task *task, const gr_split *split);
/* The values of one evaluation, as baseline or as fine-tuned. */
gr_status gr_job_record_metrics(gr_record *r, const char *split, const gr_task *task, const gr_eval_result *e, bool baseline,
                                gr_err *err) GR_MUST_USE;
void      gr_job_record_speed(gr_record *r, const gr_train_state *st); /* of training */
void      gr_job_record_memory(gr_record *r);
/* "<task>-<model>-<seed>-<key8>" */
void      gr_job_file_stem(char *out, size_t cap, const gr_record *r);

#endif
