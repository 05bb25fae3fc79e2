/* weights_labels.h - the names of a checkpoint's classes against those of a task: a head that was trained elsewhere may have its
 * outputs in another order. Published MNLI heads do: (entailment, neutral, contradiction) is the data's order,
 * (contradiction, entailment, neutral) that of many heads, and a head read in the wrong order scores below chance. */
#ifndef GR_MODEL_WEIGHTS_LABELS_H
#define GR_MODEL_WEIGHTS_LABELS_H
#include <stdint.h>

#include "base/status.h"
#include "model/weights.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_labels_fit {
    GR_LABELS_SAME,     /* the task's names in the task's order                                      */
    GR_LABELS_GENERIC,  /* no names to go by: none, LABEL_0 LABEL_1 ..., or 0 1 ...                  */
    GR_LABELS_PERMUTED, /* the task's names in another order                                         */
    GR_LABELS_MIXED,    /* one of the task's names stands at another place, and not all names match  */
    GR_LABELS_OTHER     /* names of which none stands at a wrong place, but not all match            */
} gr_labels_fit;

/* place[i] = number of the model's class that is the task's class i, or -1; all are set when SAME, GENERIC or PERMUTED.
 * Names are the same when they are in lower case, with '-' and ' ' as '_'; a name that is left over also stands for
 * the only left-over one that it begins or that begins it ("neg" and "NEGATIVE"), from three letters on. */
gr_labels_fit gr_labels_compare(int32_t *place, const char *const *model, const char *const *task, int32_t n);

/* After gr_model_open with a task's labels: a head that came from the file is put into the task's order by name, rows of its
 * last matrix and vector, and a warning names both orders. A head with other names is kept as it stands, with a warning. *fit
 * (may be NULL) receives what was found: SAME for a new head and for a head without classes. GR_E_NOMEM; GR_E_INTERNAL for a
 * mapped model, whose values are read only. */
gr_status gr_labels_align(gr_labels_fit *fit, gr_model *m, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
