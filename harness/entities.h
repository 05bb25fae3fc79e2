/* entities.h - spans from the word tags of one text, for `predict`. */
#ifndef GR_HARNESS_ENTITIES_H
#define GR_HARNESS_ENTITIES_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

typedef struct gr_entity {
    const char *type;               /* label without B- or I-; borrowed from the labels   */
    int32_t     start, end;         /* code points within the text                        */
    int32_t     start_byte, end_byte;
    double      score;              /* mean over words of their label's probability       */
} gr_entity;

/* The tokens of one text. */
typedef struct gr_tagged {
    size_t             n, n_out;
    const int32_t     *word_ids;            /* -1: added by the template    */
    const int32_t    (*offsets)[2], (*byte_offsets)[2];
    const double      *logits;              /* [n, n_out]                   */
    const char *const *labels;              /* [n_out]                      */
} gr_tagged;

/* A word's label is that of its first token (as it was trained). Words in a row of one type are one entity, until a B-.
 * "O" is no entity; a label without B- or I- counts as I-. *out is malloc'd. GR_E_NOMEM. */
gr_status gr_entities_find(gr_entity **out, size_t *n_out, const gr_tagged *t, gr_err *err) GR_MUST_USE;

#endif
