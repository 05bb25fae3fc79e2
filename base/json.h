/* json.h - JSON documents: read with caps, ask with types, build, print. The only door to cJSON.
 *
 * A gr_json is a node; a parsed or newly made root is owned by the caller (gr_json_free), every
 * other node belongs to its root. */
#ifndef GR_BASE_JSON_H
#define GR_BASE_JSON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cJSON gr_json;

/* Parse exactly one document. GR_E_FORMAT names line and column (in characters, from 1); duplicate keys,
 * invalid UTF-8, unpaired surrogates, numbers beyond a double, trailing text and nesting beyond 64 are
 * errors. A UTF-8 BOM is skipped. Time is n log n whatever the text. GR_E_NOMEM. */
gr_status gr_json_parse(gr_json **out, const char *p, size_t n, gr_err *err) GR_MUST_USE;
/* The same for one line of a file: a fault is "line 7: broken JSON: column 12: ...", by the number that the caller knows. */
gr_status gr_json_parse_line(gr_json **out, gr_sv line, size_t number, gr_err *err) GR_MUST_USE;
gr_status gr_json_read(gr_json **out, const char *path, size_t max, gr_err *err) GR_MUST_USE;
void      gr_json_free(gr_json *root);

bool gr_json_is_object(const gr_json *v);
bool gr_json_is_array(const gr_json *v);
bool gr_json_is_string(const gr_json *v);
bool gr_json_is_number(const gr_json *v);
bool gr_json_is_bool(const gr_json *v);
bool gr_json_is_null(const gr_json *v); /* JSON null; false for a NULL pointer */

/* Member, element, iteration. NULL when absent; NULL nodes are accepted and give NULL / 0. */
const gr_json *gr_json_get(const gr_json *obj, const char *key);
const gr_json *gr_json_at(const gr_json *arr, size_t i); /* O(i): iterate with first/next */
const gr_json *gr_json_first(const gr_json *parent);     /* of an array or object */
const gr_json *gr_json_next(const gr_json *child);
const char    *gr_json_key(const gr_json *child);        /* its name in its object, or NULL */
size_t         gr_json_len(const gr_json *parent);

/* Values. The lenient ones give the fallback when the node is absent or of another type. */
const char *gr_json_str(const gr_json *v, const char *fallback); /* ends at a \u0000 in it; gr_json_sv does not */
gr_sv       gr_json_sv(const gr_json *v);                        /* {NULL, 0} when not a string */
double      gr_json_num(const gr_json *v, double fallback);
bool        gr_json_bool(const gr_json *v, bool fallback);
/* True when v is a whole number within 64 bits, exactly as it was written. */
bool gr_json_int(int64_t *out, const gr_json *v);
/* The strict ones: GR_E_FORMAT "'key' is missing" / "'key' is not a whole number in lo..hi". */
gr_status gr_json_need_str(const char **out, const gr_json *obj, const char *key, gr_err *err) GR_MUST_USE;
gr_status gr_json_need_int(int64_t *out, const gr_json *obj, const char *key, int64_t lo, int64_t hi, gr_err *err) GR_MUST_USE;
gr_status gr_json_need_num(double *out, const gr_json *obj, const char *key, gr_err *err) GR_MUST_USE;

/* Building. NULL when memory is exhausted; adding to NULL gives NULL, so check the root once with
 * gr_json_ok at the end. A NaN or infinite number is written as null. `key` NULL appends to an array. */
gr_json *gr_json_new_object(void);
gr_json *gr_json_new_array(void);
gr_json *gr_json_add_object(gr_json *parent, const char *key);
gr_json *gr_json_add_array(gr_json *parent, const char *key);
void     gr_json_add_str(gr_json *parent, const char *key, const char *s);    /* NULL adds null; invalid UTF-8 becomes U+FFFD */
void     gr_json_add_sv(gr_json *parent, const char *key, gr_sv s);
void     gr_json_add_num(gr_json *parent, const char *key, double x);
void     gr_json_add_int(gr_json *parent, const char *key, int64_t x);        /* exact to 64 bits */
void     gr_json_add_bool(gr_json *parent, const char *key, bool x);
void     gr_json_add_null(gr_json *parent, const char *key);
void     gr_json_add_copy(gr_json *parent, const char *key, const gr_json *v); /* deep copy; NULL adds null */

/* True when the whole tree was built: nothing below root ran out of memory. False for NULL. */
bool gr_json_ok(const gr_json *root);

/* The text of a tree, indented (2 blanks) or on one line. Numbers are the shortest decimals that read back
 * to the same double; one that was read with a fraction or an exponent keeps it (2.0 is not 2). *out is
 * malloc'd. GR_E_NOMEM, also when building the tree ran out of memory. */
gr_status gr_json_print(char **out, const gr_json *root, bool indented, gr_err *err) GR_MUST_USE;
gr_status gr_json_write(const char *path, const gr_json *root, gr_err *err) GR_MUST_USE; /* indented, atomic */

/* Append a JSON string literal with quotes, or a number, to a buffer: for streamed JSONL. */
void gr_json_quote(gr_buf *out, gr_sv s);
void gr_json_number(gr_buf *out, double x);

#ifdef __cplusplus
}
#endif
#endif
