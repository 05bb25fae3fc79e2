/* custom_check.h - what in a user's files looks like a mistake though it could be read, and a line about how they were understood. Used by
 * custom.c alone. */
#ifndef GR_TASKS_CUSTOM_CHECK_H
#define GR_TASKS_CUSTOM_CHECK_H
#include "tasks/custom_scan.h"
#include "tasks/task.h"

/* The labels of a further file against those of the training file, both unsorted: GR_E_FORMAT when they have none in common, a warning when
 * the training file lacks some. Scores are compared with nothing. */
gr_status gr_check_further_labels(const gr_label_set *own, const char *path, const gr_label_set *train, const char *train_path, bool values, gr_err *err) GR_MUST_USE;

/* Are these scores with a word among them, as where one is missing ("NA", "nan")? Nine numbers at least stand beside each word, and one has a
 * decimal point. */
bool gr_check_nearly_values(const gr_label_set *set);

/* values: the labels are scores, whatever they look like. Warns of labels that differ in case or blanks alone, and of about as many labels as rows. column NULL: tags, of which a row has many. */
void gr_check_labels(const gr_label_set *set, const char *path, const char *column, bool values);

/* "reviews: text column 'text', label column 'label': bad, good; cut 80/20" as a note. split NULL: the files were not cut. */
void gr_say_understood(const gr_task *t, const gr_source *train, const char *split);
#endif
