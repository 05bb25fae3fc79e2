/* label_evidence.h - does a head have its classes in another order than the task? Where its labels have no names, the only sign is
 * what it predicts: a head that knows the task but is read in a wrong order would be right in one other order, and in no other. */
#ifndef GR_HARNESS_LABEL_EVIDENCE_H
#define GR_HARNESS_LABEL_EVIDENCE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GR_EVIDENCE_CLASSES = 6, GR_EVIDENCE_ROWS = 30 };

typedef struct gr_evidence {
    int32_t place[GR_EVIDENCE_CLASSES]; /* output that stands for the task's class i   */
    double  now, then;                  /* mean recall over the classes as read and with `place` */
} gr_evidence;

/* Is there an order of the outputs in which the predictions are much better than as they were read?
 *
 * Mean recall over the classes is compared, not accuracy: a head that always says the same has 1/k in every order. True when another
 * order has at least 1/k + 0.2 (more for few rows, where chance reaches further), and at least 0.25 more than the one in use. False
 * for fewer than GR_EVIDENCE_ROWS rows, a class without a row, or more than GR_EVIDENCE_CLASSES classes. */
bool gr_evidence_find(gr_evidence *out, const int32_t *predicted, const int32_t *gold, size_t n, int32_t k);

#endif
