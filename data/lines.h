/* lines.h - physical lines of a text in memory, checked as they pass: the cursor under every reader.
 *
 * LF, CRLF and a lone CR end a line, nothing else does (U+0085, U+2028 and form feeds are text). A UTF-8 BOM at the
 * start is skipped. NUL bytes and invalid UTF-8 are errors that name the line. */
#ifndef GR_DATA_LINES_H
#define GR_DATA_LINES_H
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_lines {
    const char *p, *end; /* what is left */
    size_t      line;    /* number of the line given last; 0 before the first */
} gr_lines;

/* GR_E_FORMAT "line 1: UTF-16 byte order mark: the file is not UTF-8". The text must outlive the cursor. */
gr_status gr_lines_open(gr_lines *l, gr_sv text, gr_err *err) GR_MUST_USE;

/* The next line without its end; *more false (and *out empty) after the last. A text that ends in a line end has no
 * empty line behind it. GR_E_FORMAT "line 7: NUL byte at byte 12", "line 7: invalid UTF-8: ... at byte 12". */
gr_status gr_lines_next(gr_lines *l, gr_sv *out, bool *more, gr_err *err) GR_MUST_USE;

/* Is everything left made of line ends alone? */
bool gr_lines_only_blank(const gr_lines *l);

/* The checks of a line for any piece of text that begins on line `line`; counts lines inside it. */
gr_status gr_text_check(gr_sv s, size_t line, gr_err *err) GR_MUST_USE;

/* White space as Unicode has it (White_Space, plus U+001C..1F, the set of Python's str.strip) off both ends of valid
 * UTF-8. */
gr_sv gr_text_strip(gr_sv s);

#ifdef __cplusplus
}
#endif
#endif
