/* tag_scheme.h - how tags spell chunks: reading one tag, and seqeval's strict schemes as data.
 * Internal to metrics/; sequence.h is the door. */
#ifndef GR_METRICS_TAG_SCHEME_H
#define GR_METRICS_TAG_SCHEME_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "metrics/sequence.h"

/* A tag cut into its letter (a code point) and its type (borrowed from the tag, "_" when empty). */
typedef struct gr_tag {
    uint32_t letter;
    gr_sv    type;
} gr_tag;

/* The default reading: the letter, then what follows the first hyphen of the rest (what precedes the
 * last one, with suffixes). False for an empty tag. */
bool gr_tag_read(gr_tag *out, gr_sv text, bool suffix);

/* The strict reading: hyphens are stripped off both ends of the rest. GR_E_ARG, naming the tag, when
 * its letter is not one of the scheme's. */
gr_status gr_tag_read_strict(gr_tag *out, gr_sv text, bool suffix, gr_tag_scheme scheme, gr_err *err) GR_MUST_USE;

/* What the step from one tag to the next does, by the scheme's tables. */
bool gr_tag_starts(gr_tag_scheme scheme, const gr_tag *prev, const gr_tag *cur);
bool gr_tag_inside(gr_tag_scheme scheme, const gr_tag *prev, const gr_tag *cur);
bool gr_tag_ends(gr_tag_scheme scheme, const gr_tag *prev, const gr_tag *cur);

/* The same for the default reading (CoNLL-2000's conlleval): does a chunk that reached prev end before
 * cur, and does one begin at cur. */
bool gr_tag_conll_ends(const gr_tag *prev, const gr_tag *cur);
bool gr_tag_conll_starts(const gr_tag *prev, const gr_tag *cur);
#endif
