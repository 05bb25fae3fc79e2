/* markup.h - text inside XML and HTML: what stands in a record may be anything. */
#ifndef GR_RESULTS_MARKUP_H
#define GR_RESULTS_MARKUP_H
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends s as character data or as a value in double quotes: & < > " as entities; what XML 1.0 has no character for and
 * invalid UTF-8 as U+FFFD, one for bytes that follow one another; control characters as blanks. */
void gr_markup_text(gr_buf *out, const char *s);
void gr_markup_sv(gr_buf *out, gr_sv s);

#ifdef __cplusplus
}
#endif
#endif
