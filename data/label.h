/* label.h - labels and scores as they stand in files, for the default parse and for parse hooks.
 * Nothing is trimmed, folded or guessed: "Entailment" is not "entailment". */
#ifndef GR_DATA_LABEL_H
#define GR_DATA_LABEL_H
#include <stdint.h>

#include "base/str.h"
#include "data/row.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a label may be: names for classes and tags, an interval for scores. */
typedef struct gr_label_spec {
    const char *const *names; /* n_names in index order; NULL for regression */
    int32_t            n_names;
    double             lo, hi; /* scores; lo == hi: any finite number */
} gr_label_spec;

/* Class index by name. GR_E_FORMAT "unknown label 'maybe'" or "empty label". */
gr_status gr_label_name(int32_t *out, gr_sv s, const gr_label_spec *spec, gr_err *err) GR_MUST_USE;

/* Class index by number. GR_E_FORMAT "label '7up' is not a number", "label 2 is out of range 0..1", "empty label". */
gr_status gr_label_number(int32_t *out, gr_sv s, const gr_label_spec *spec, gr_err *err) GR_MUST_USE;

/* The same of a file that counts its classes from 1. GR_E_FORMAT "label 0 is out of range 1..2". */
gr_status gr_label_nth(int32_t *out, gr_sv s, const gr_label_spec *spec, gr_err *err) GR_MUST_USE;

/* A score. GR_E_FORMAT "score 'nan' is not a finite number", "score '5.2' is out of range 0..5", "score '0x1p1' is
 * not a decimal number", "score '' is empty", "score '5,0' is not a number". */
gr_status gr_label_score(double *out, gr_sv s, const gr_label_spec *spec, gr_err *err) GR_MUST_USE;

/* Index of a tag. GR_E_FORMAT "unknown tag 'X-PER'". */
gr_status gr_label_tag(int32_t *out, gr_sv s, const gr_label_spec *spec, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
