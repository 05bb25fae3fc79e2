/* load.h - the examples of a task's split from a data folder: data/dataset.h with the task's table filled in. */
#ifndef GR_TASKS_LOAD_H
#define GR_TASKS_LOAD_H
#include <stdbool.h>

#include "data/dataset.h"
#include "tasks/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One split. Statuses as gr_dataset_load; every message starts with the task's name. gr_examples_free releases. The
 * published row count is checked; gr_task_load_with and any_rows relax that (demo data). */
gr_status gr_task_load(gr_examples *out, const gr_task *t, const char *split, const char *data_dir, gr_err *err) GR_MUST_USE;
gr_status gr_task_load_with(gr_examples *out, const gr_task *t, const char *split, const char *data_dir,
                            const gr_load_opts *opts, gr_err *err) GR_MUST_USE;

/* Are the files of the task's labelled splits, or of one split, in the folder? *present false comes with GR_OK, and
 * *err (status GR_E_NOTFOUND) names the file and where it was looked for. */
gr_status gr_task_find_data(const gr_task *t, const char *data_dir, bool *present, gr_err *err) GR_MUST_USE;
gr_status gr_task_find_split(const gr_task *t, const char *split, const char *data_dir, bool *present, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
