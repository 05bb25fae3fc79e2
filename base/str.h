/* str.h - string views (borrowed bytes with a length) and growing buffers (owned bytes).
 * A view may hold NUL bytes and need not end in one. */
#ifndef GR_BASE_STR_H
#define GR_BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_sv {
    const char *p;
    size_t      n;
} gr_sv;

/* For printf("%.*s"): the length is cut at 200 bytes, enough for any message. */
#define GR_SV_FMT(s) (int)((s).n > 200 ? 200 : (s).n), (s).p

gr_sv gr_sv_from(const char *cstr);                /* NULL gives {NULL, 0} */
bool  gr_sv_eq(gr_sv a, gr_sv b);
bool  gr_sv_is(gr_sv a, const char *cstr);         /* equal to a C string */
/* FNV-1a of 64 bits, for tables and digests that stay in memory. `from`: the hash of what came before, GR_SV_HASH at first. */
#define GR_SV_HASH UINT64_C(14695981039346656037)
uint64_t gr_sv_hash(uint64_t from, gr_sv a);
bool  gr_sv_starts(gr_sv s, const char *prefix);
bool  gr_sv_ends(gr_sv s, const char *suffix);
gr_sv gr_sv_trim(gr_sv s);                         /* ASCII blanks off both ends */
int   gr_sv_cmp(gr_sv a, gr_sv b);                 /* bytewise, shorter first: <0, 0, >0 */
gr_sv gr_sv_split(gr_sv *rest, char sep);          /* cut the part before sep off *rest; all of it when sep is absent */

/* Whole view as a decimal integer / a decimal number (no hex, no blanks, no "nan" or "inf").
 * GR_E_FORMAT says what is wrong with it: empty, not a number, out of range. Locale independent. */
gr_status gr_sv_int(int64_t *out, gr_sv s, gr_err *err) GR_MUST_USE;
gr_status gr_sv_double(double *out, gr_sv s, gr_err *err) GR_MUST_USE;

/* A growing byte buffer. Zero it to start; gr_buf_free at the end. `p` always ends in a NUL once
 * something was added. After a failed append `oom` stays set and further appends do nothing, so a
 * caller may check once at the end. */
typedef struct gr_buf {
    char  *p;
    size_t n, cap;
    bool   oom;
} gr_buf;

void  gr_buf_add(gr_buf *b, const void *p, size_t n);
void  gr_buf_adds(gr_buf *b, const char *cstr);
void  gr_buf_addc(gr_buf *b, char c);
void  gr_buf_addf(gr_buf *b, const char *fmt, ...) GR_PRINTF(2, 3);
void  gr_buf_reset(gr_buf *b);                     /* length 0, memory kept */
void  gr_buf_free(gr_buf *b);
gr_sv gr_buf_sv(const gr_buf *b);

/* Edit distance (Damerau-Levenshtein, capped at 63 bytes a side) for "did you mean". */
size_t gr_str_distance(const char *a, const char *b);

#ifdef __cplusplus
}
#endif
#endif
