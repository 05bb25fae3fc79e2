/* markup.h - text inside XML and HTML; a record may hold any text. */
#ifndef GR_RESULTS_MARKUP_H
#define GR_RESULTS_MARKUP_H
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Append s as character data or as a value in double quotes. & < > " become entities; control characters become blanks; invalid UTF-8
 * and whatever is no character of XML 1.0 become U+FFFD, one for each run of such bytes. */
void gr_markup_text(gr_buf *out, const char *s);
void gr_markup_sv(gr_buf *out, gr_sv s);

#ifdef __cplusplus
}
#endif
#endif
