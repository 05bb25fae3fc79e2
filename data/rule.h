/* rule.h - which rows of a split's sources the split takes: gr_split_rule carried out on row numbers. */
#ifndef GR_DATA_RULE_H
#define GR_DATA_RULE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "data/row.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Keys listed in an id file, sorted for look-up. */
typedef struct gr_key_set {
    gr_sv *keys;
    size_t n;
} gr_key_set;

void gr_key_set_sort(gr_key_set *k);
bool gr_key_set_has(const gr_key_set *k, gr_sv key);

typedef struct gr_selection {
    uint32_t *row; /* malloc'd by the caller of gr_rule_apply, which may replace it */
    size_t    n;
} gr_selection;

/* Narrow *sel by the rule (its `within` first). keys[i] is the key of row i, sets[d] the id list of the rule at
 * depth d (0: the rule itself, 1: its within, ...); both may be NULL when no rule of the chain is GR_RULE_IDS.
 * GR_E_ARG for a rule that does not fit (fractions outside 0..1, a seed its order does not take), GR_E_FORMAT for a
 * slice beyond the rows, GR_E_NOMEM. */
gr_status gr_rule_apply(gr_selection *sel, const gr_split_rule *rule, const gr_sv *keys, const gr_key_set *sets,
                        gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
