/* suite.h - a command's jobs, one after the other, and the tables that they make. */
#ifndef GR_HARNESS_SUITE_H
#define GR_HARNESS_SUITE_H
#include "harness/job.h"
#include "results/store.h"

enum { GR_MAX_TASKS = 128 }; /* all of the registry and more; a test says so */

typedef struct gr_suite_run {
    gr_workroom    room;
    const gr_task *tasks[GR_MAX_TASKS];
    bool           has_data[GR_MAX_TASKS];
    bool           borrows[GR_MAX_TASKS]; /* a diagnostic task, evaluated with a model that this run fine-tunes on another task */
    int            n_tasks;
    uint64_t       seeds[GR_MAX_SEEDS];
    int            n_seeds;
    char           id[32];
    gr_records     records; /* one a job, in order; also those without data */
    size_t         capacity;
    gr_status      single;  /* status of the only job, when there is one */
    int            n_failed;
    bool           interrupted;
} gr_suite_run;

/* Which tasks: named ones, a suite, or all of the default suite. With `all`, a task without data is kept and marked unless
 * --require-all; a named one without data is GR_E_NOTFOUND. An unknown name is GR_E_ARG with the nearest one. */
gr_status gr_suite_plan(gr_suite_run *s, const char *const *names, int n_names, gr_err *err) GR_MUST_USE;

/* Run every job, write every record, suite.json, comparison.md, comparison.csv, leaderboard.csv. A failing job does not
 * stop the others. The status is that of the output files; jobs' failures are in the records and counts. */
gr_status gr_suite_execute(gr_suite_run *s, int argc, char **argv, gr_err *err) GR_MUST_USE;
void      gr_suite_close(gr_suite_run *s);

#endif
