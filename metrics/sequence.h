/* sequence.h - entity scores of tag sequences, as seqeval 1.2 (and the `seqeval` metric of evaluate)
 * defines them: a predicted entity is right when its type and both its ends are.
 *
 * gr_seqeval_open -> gr_seqeval_add (a sentence at a time, in order) -> gr_seqeval_scores,
 * gr_seqeval_types, gr_seqeval_report -> gr_seqeval_close. Memory is O(types). */
#ifndef GR_METRICS_SEQUENCE_H
#define GR_METRICS_SEQUENCE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* GR_SCHEME_CONLL is seqeval's default, conlleval's lenient reading of any tags; the others are its
 * strict mode with that scheme, where a tag of another scheme is an error. */
typedef enum gr_tag_scheme {
    GR_SCHEME_CONLL,
    GR_SCHEME_IOB1,
    GR_SCHEME_IOB2,
    GR_SCHEME_IOE1,
    GR_SCHEME_IOE2,
    GR_SCHEME_IOBES,
    GR_SCHEME_BILOU
} gr_tag_scheme;

/* "default", "IOB1", ..., "BILOU". False when `name` is none of them. */
bool        gr_tag_scheme_find(gr_tag_scheme *out, const char *name);
const char *gr_tag_scheme_name(gr_tag_scheme s);

typedef struct gr_seqeval_options {
    gr_tag_scheme scheme;
    bool          suffix; /* the letter stands last: PER-B */
} gr_seqeval_options;

/* Can a tag be read? GR_E_ARG: empty, or not of the scheme. For callers that know where a tag stands. */
gr_status gr_tag_check(const char *tag, const gr_seqeval_options *options, gr_err *err) GR_MUST_USE;

typedef struct gr_seqeval gr_seqeval;
/* options may be NULL: the default. GR_E_NOMEM. */
gr_status gr_seqeval_open(gr_seqeval **out, const gr_seqeval_options *options, gr_err *err) GR_MUST_USE;
void      gr_seqeval_close(gr_seqeval *s); /* NULL is fine */

/* One sentence of n tags on both sides; n may be 0. GR_E_ARG names the first bad tag: empty, or not of
 * the scheme; nothing is counted then. GR_E_NOMEM. */
gr_status gr_seqeval_add(gr_seqeval *s, const char *const *pred, const char *const *ref, size_t n, gr_err *err) GR_MUST_USE;

/* Overall numbers. zero_division (0 or 1) is what 0/0 gives. */
typedef struct gr_seqeval_result {
    double precision, recall, f1;                            /* micro: all entities together        */
    double accuracy;                                         /* of tags; NaN without a tag          */
    double macro_precision, macro_recall, macro_f1;          /* mean over types; NaN without a type */
    double weighted_precision, weighted_recall, weighted_f1; /* by true entities                    */
    uint64_t support;                                        /* true entities                       */
    uint64_t predicted;                                      /* predicted entities                  */
    uint64_t tokens, sentences;
} gr_seqeval_result;

/* GR_E_ARG: zero_division neither 0 nor 1. GR_E_NOMEM. */
gr_status gr_seqeval_scores(gr_seqeval_result *out, const gr_seqeval *s, double zero_division, gr_err *err) GR_MUST_USE;

/* One entity type that occurs on either side. `type` belongs to the gr_seqeval. */
typedef struct gr_seqeval_type {
    const char *type;
    double      precision, recall, f1;
    uint64_t    support;
} gr_seqeval_type;

/* All types, sorted bytewise (which is by code point). *out is malloc'd, NULL with *n = 0 when no
 * entity occurs. GR_E_ARG as above. GR_E_NOMEM. */
gr_status gr_seqeval_types(gr_seqeval_type **out, size_t *n, const gr_seqeval *s, double zero_division, gr_err *err) GR_MUST_USE;

/* seqeval's classification_report, character for character. GR_E_ARG: no entity occurs, digits not in
 * 0..17, zero_division. GR_E_NOMEM. */
gr_status gr_seqeval_report(gr_buf *out, const gr_seqeval *s, int digits, double zero_division, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
