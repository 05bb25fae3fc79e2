/* pattern.h - what Split and Replace look for: a text, or one of the regular expressions that published
 * tokenizers use. There is no engine: an expression is known by its spelling and has a matcher written
 * for it, so a file cannot bring one that runs forever. */
#ifndef GR_MODEL_TOKENIZER_PATTERN_H
#define GR_MODEL_TOKENIZER_PATTERN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "model/tokenizer/glyph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Length of the match at g[at], at < n, or 0. */
typedef size_t (*gr_pattern_match)(const gr_glyph *g, size_t n, size_t at);

typedef struct gr_pattern {
    gr_pattern_match match; /* NULL: the text below */
    const uint32_t  *text;
    size_t           n_text; /* >= 1 */
} gr_pattern;

/* The matcher of an expression by its spelling; NULL when it is not among the known ones. */
gr_pattern_match gr_pattern_find(gr_sv regex);
size_t           gr_pattern_count(void); /* of the known ones */

/* The expression of the byte-level pre-tokenizer. */
size_t gr_pattern_gpt2(const gr_glyph *g, size_t n, size_t at);

/* The next match at or behind `at`: true with [*from, *to), never empty. */
bool gr_pattern_next(const gr_pattern *p, const gr_glyph *g, size_t n, size_t at, size_t *from, size_t *to);

#ifdef __cplusplus
}
#endif
#endif
