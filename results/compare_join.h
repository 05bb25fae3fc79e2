/* compare_join.h - two runs of one task and seed, joined example by example. */
#ifndef GR_RESULTS_COMPARE_JOIN_H
#define GR_RESULTS_COMPARE_JOIN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Entities of one sentence: right, predicted, true. */
typedef struct gr_entity_counts { uint32_t right, predicted, truth; } gr_entity_counts;

typedef struct gr_joined {
    size_t   n;
    int32_t  n_classes;                    /* class tasks, else 0                                   */
    int32_t *ref, *base_class, *new_class; /* class tasks                                           */
    double  *value, *base_value, *new_value; /* regression                                          */
    gr_entity_counts *base_entities, *new_entities; /* token tasks                                  */
} gr_joined;

/* Read both runs' predictions of a split, which lie beside the records, and join them line by line: ids, labels and order must agree.
 * GR_E_FORMAT when they are not of the same examples; GR_E_NOTFOUND when a file is absent; GR_E_NOMEM. */
gr_status gr_join(gr_joined *out, const gr_record *base, const gr_record *next, const char *split, gr_err *err) GR_MUST_USE;
void      gr_joined_free(gr_joined *j);

/* A metric of one side (0: base, 1: new) over rows idx (n). NaN when this kind of example cannot give it. *oom is set when memory was
 * exhausted. */
double gr_joined_metric(const gr_joined *j, const char *metric, int side, const size_t *idx, size_t n, bool *oom);

#ifdef __cplusplus
}
#endif
#endif
