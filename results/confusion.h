/* confusion.h - which classes a model takes for which, from the predictions beside its records. */
#ifndef GR_RESULTS_CONFUSION_H
#define GR_RESULTS_CONFUSION_H
#include "base/str.h"
#include "results/group.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GR_CONFUSION_CLASSES = 20 }; /* more than a page has room for */

typedef struct gr_confusion {
    uint64_t count[GR_CONFUSION_CLASSES * GR_CONFUSION_CLASSES]; /* [label * k + prediction], k the number of labels */
    uint64_t rows;                                               /* all of them */
    size_t   runs;                                               /* whose predictions are there */
} gr_confusion;

/* Count the rows of the split that scores the group, over its ok records (over the collapsed ones when there is no other) with the same
 * labels. There are no rows for another kind of task, for more than GR_CONFUSION_CLASSES classes, and when no predictions are there.
 * GR_E_FORMAT names a file of predictions that is broken; GR_E_NOMEM. */
gr_status gr_confusion_of(gr_confusion *out, const gr_group *g, gr_err *err) GR_MUST_USE;

/* The same as an HTML table: a row for each label, with its recall, and a column for each prediction, with its precision. Nothing when
 * there are no rows. Predictions that cannot be read are said to be so. GR_E_NOMEM. */
gr_status gr_confusion_html(gr_buf *out, const gr_group *g, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
