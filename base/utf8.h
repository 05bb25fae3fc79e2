/* utf8.h - strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef GR_BASE_UTF8_H
#define GR_BASE_UTF8_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Decode one code point at p (n >= 1 bytes left). Returns its length 1..4, or 0 when the bytes are
 * not valid; *cp is set only on success. */
size_t gr_utf8_next(uint32_t *cp, const char *p, size_t n);

/* Write cp (valid, not a surrogate) at out[4]; returns the length 1..4. */
size_t gr_utf8_put(char out[4], uint32_t cp);

/* Bytes that a code point has in UTF-8: 1..4. */
static inline size_t gr_utf8_length(uint32_t cp)
{
    if (cp < 0x80) return 1;
    if (cp < 0x800) return 2;
    return cp < 0x10000 ? 3 : 4;
}

/* Number of code points of a valid text. */
size_t gr_utf8_count(gr_sv s);

/* Columns of a terminal that a text takes: two a character of East Asian scripts and most emoji, none for what is drawn on the character
 * before it (base/width_table.h), one for all others and for each byte or sequence that is not valid. */
size_t gr_utf8_columns(gr_sv s);

/* GR_E_FORMAT "invalid UTF-8: overlong C0 AF" (or broken sequence, surrogate, above U+10FFFF, cut
 * off at the end), with the byte offset of the first bad byte in *at when `at` is not NULL. */
gr_status gr_utf8_check(gr_sv s, size_t *at, gr_err *err) GR_MUST_USE;

/* Append `s`, read as Windows-1252 (WHATWG's table: undefined bytes map to C1), as UTF-8. */
void gr_utf8_from_cp1252(gr_buf *out, gr_sv s);

/* In place: remove an incomplete sequence at the end, where a buffer was too short. */
void gr_utf8_drop_cut(char *s);

/* In place: a text that may come from outside as one line that a terminal shows as it stands. Control characters (C0, DEL, C1), line and
 * paragraph separators and what turns the direction of text round (UAX #9) become '?', one each; so does what is not valid UTF-8, such as a
 * sequence that a buffer's end cut off. */
void gr_utf8_one_line(char *s);

#ifdef __cplusplus
}
#endif
#endif
