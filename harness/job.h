/* job.h - one run: one task, one model, one recipe, one seed; it makes one record and its files. */
#ifndef GR_HARNESS_JOB_H
#define GR_HARNESS_JOB_H
#include "base/fs.h"
#include "base/sha256.h"
#include "harness/run_options.h"
#include "harness/task_data.h"
#include "harness/trainer.h"
#include "results/record.h"

/* What the jobs of a command share. */
typedef struct gr_workroom {
    const gr_run_opts   *o;
    const gr_opt_origin *origins;
    gr_pool             *pool;
    const gr_tok        *tok;
    char                 model_dir[GR_PATH_MAX], data_dir[GR_PATH_MAX], suite_dir[GR_PATH_MAX];
    char                 tok_sha256[GR_SHA256_HEX]; /* of config.json and the tokenizer's files             */
    const char          *data_kind;   /* "demo", "published", "custom"                           */
    gr_progress_mode     progress;
    gr_token_cache       tokens;
    const gr_task *const *tasks;      /* n_tasks: all of the command, this one among them; may be NULL */
    int                  n_tasks;
    gr_task_data         data;        /* of the task at work; kept from seed to seed              */
    void (*on_step)(void *user, const gr_step_info *info); /* for tests; NULL                     */
    void *user;
} gr_workroom;

/* Run it, or read the finished record with the same content key (*reused). `r` comes initialised; it is filled and written, also
 * when the run fails (then the failure is returned and stands in it). */
gr_status gr_job_run(gr_workroom *room, const gr_task *task, uint64_t seed, gr_record *r, bool *reused, gr_err *err) GR_MUST_USE;

#endif
