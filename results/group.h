/* group.h - records of the same task, model, data and recipe, told apart by their seeds alone. */
#ifndef GR_RESULTS_GROUP_H
#define GR_RESULTS_GROUP_H
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "results/store.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_group {
    const gr_record **r; /* its records, in order */
    size_t            n, n_ok, n_failed, n_collapsed;
    gr_buf            recipe; /* of all of them, as gr_record_recipe_text has it */
} gr_group;

typedef struct gr_groups { gr_group *g; size_t n; } gr_groups;

/* Groups in the order of their first record; of several records with one content key the last counts. */
gr_status gr_groups_make(gr_groups *out, const gr_records *r, gr_err *err) GR_MUST_USE;
void      gr_groups_free(gr_groups *g);

/* Mean and sample standard deviation of a metric over the group's ok records (over the collapsed ones when there is no other). NaN when
 * nothing was measured; the deviation of a single value is NaN too. */
typedef struct gr_pooled { double baseline, value, std; size_t n; } gr_pooled;
gr_pooled gr_group_metric(const gr_group *g, const char *split, const char *name);

/* "ok", "failed", "collapsed", "no data", or "1 of 3 collapsed". */
void gr_group_status(char *out, size_t cap, const gr_group *g);
/* Its record to show facts from: the first ok one, else the first. */
const gr_record *gr_group_lead(const gr_group *g);
/* "42" or "42 43 44" */
void gr_group_seeds(char *out, size_t cap, const gr_group *g);
/* Rows of a split that the record's values are of: its examples, cut by --max-eval-samples. -1 when unknown. */
int64_t gr_record_rows(const gr_record *r, const char *split);
/* The split that scores a run: the task's main one if it was evaluated, else the first that was; "" for none. */
const char *gr_record_scored_split(const gr_record *r);
/* Mean of the headline metrics of that split; NaN without any. */
double gr_record_value(const gr_record *r);
/* The options of a recipe with their values, but not where these came from. per_task false leaves out those that the task set.
 * Check out->oom. */
void gr_record_recipe_text(gr_buf *out, const gr_record *r, bool per_task);
/* Mean of a numeric field over records that have it. */
double gr_group_mean(const gr_group *g, double (*field)(const gr_record *));

#ifdef __cplusplus
}
#endif
#endif
