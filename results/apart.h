/* apart.h - in what runs of one task, model and data differ: the words that tell their rows apart. */
#ifndef GR_RESULTS_APART_H
#define GR_RESULTS_APART_H
#include "base/str.h"
#include "results/group.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What other groups of r's task, model and data have otherwise, as r has it: "learning-rate 1e-05, freeze embeddings, bf16, weights 0123abcd".
 * Options that have their defaults are left out, "defaults" where it is all of them.
 * Nothing is added where there is no such group or none differs. An option that a record does not know of differs from any value of it.
 * any_task: of groups of other tasks too, but for what a task itself sets. */
void gr_apart(gr_buf *out, const gr_groups *gs, const gr_record *r, bool any_task);

#ifdef __cplusplus
}
#endif
#endif
