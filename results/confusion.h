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

/* Rows of the split that scores the group, over its ok records (over the collapsed ones when there is no other), whose labels are the same. No rows for another
 * kind of task, for more than GR_CONFUSION_CLASSES classes, and where no predictions are there. GR_E_FORMAT names a file of predictions that are
 * none; GR_E_NOMEM. */
gr_status gr_confusion_of(gr_confusion *out, const gr_group *g, gr_err *err) GR_MUST_USE;

/* The same as an HTML table, a row a label with its recall, a column a prediction with its precision; nothing where there are no rows. Predictions that
 * cannot be read are said to be so. GR_E_NOMEM. */
gr_status gr_confusion_html(gr_buf *out, const gr_group *g, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
