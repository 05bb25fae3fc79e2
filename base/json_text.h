/* json_text.h - strings, numbers and keys of JSON text, for json.c and json_print.c. None of this needs
 * cJSON or a tree. Not for use outside base. */
#ifndef GR_BASE_JSON_TEXT_H
#define GR_BASE_JSON_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "expected WHAT, found 'x'" for the character at p; "found the end of the text" when there is none. */
void gr_json_text_expected(char *out, size_t cap, const char *what, const char *p, bool there);

/* Resolve the escapes of a string's inside p..end into out, which has room for end - p bytes; *n is the
 * length. Returns NULL, or what is wrong, with *bad at the place. */
const char *gr_json_text_unescape(char *out, size_t *n, const char *p, const char *end, const char **bad);

/* Length of the number at p by JSON's grammar; 0 when there is none, or more letters or digits follow. */
size_t gr_json_text_number(const char *p, const char *end);

/* Append s with each byte that is no UTF-8 replaced by U+FFFD. */
void gr_json_text_repair(gr_buf *out, gr_sv s);

/* The number of the first key that its object had before; n when all differ. The caller fills in key and
 * i; the function uses hash and reorders e. Time is n log n, whatever the keys. */
typedef struct gr_json_key_entry {
    uint64_t    hash;
    const char *key;
    size_t      i;
} gr_json_key_entry;
size_t gr_json_text_twin(gr_json_key_entry *e, size_t n);

/* The digits of a whole number that no double holds (json.c), NULL for any other node. */
const char *gr_json_digits(const gr_json *v);
/* A number that its text wrote with a fraction or an exponent: readers with types tell 2.0 from 2. */
bool gr_json_written_real(const gr_json *v);

#ifdef __cplusplus
}
#endif
#endif
