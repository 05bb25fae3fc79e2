/* pretok.h - normalised characters to words. */
#ifndef GR_MODEL_TOKENIZER_PRETOK_H
#define GR_MODEL_TOKENIZER_PRETOK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/tokenizer/glyph.h"
#include "model/tokenizer/pattern.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_pretok_kind {
    GR_PRETOK_NONE,
    GR_PRETOK_BERT,
    GR_PRETOK_STEPS, /* the steps one after the other */
    GR_PRETOK_BYTE_LEVEL,
    GR_PRETOK_METASPACE,
    GR_PRETOK_WHITESPACE,
    GR_PRETOK_WHITESPACE_SPLIT,
    GR_PRETOK_PUNCTUATION,
    GR_PRETOK_DIGITS,
    GR_PRETOK_SPLIT,
    GR_PRETOK_SCRIPTS, /* where the script changes */
    GR_PRETOK_FIXED_LENGTH
} gr_pretok_kind;

/* What becomes of the matches that a text is cut at. */
typedef enum gr_cut { GR_CUT_REMOVED, GR_CUT_ISOLATED, GR_CUT_PREVIOUS, GR_CUT_NEXT, GR_CUT_CONTIGUOUS } gr_cut;

typedef enum gr_prefix { GR_PREFIX_NEVER, GR_PREFIX_FIRST, GR_PREFIX_ALWAYS } gr_prefix;

typedef struct gr_pretok {
    gr_pretok_kind kind;
    const struct gr_pretok *step; /* GR_PRETOK_STEPS: n_steps of them, none GR_PRETOK_STEPS itself */
    size_t     n_steps;
    gr_cut     cut;     /* PUNCTUATION, DIGITS, SPLIT */
    bool       invert;  /* SPLIT: what does not match counts as the match */
    bool       split;   /* BYTE_LEVEL: cut by its expression; METASPACE: cut at the sign */
    gr_prefix  prefix;  /* BYTE_LEVEL: a blank, METASPACE: its sign is put before the text */
    uint32_t   sign;    /* METASPACE: stands for a blank */
    gr_pattern pattern; /* SPLIT */
    size_t     length;  /* FIXED_LENGTH: characters of a word, >= 1 */
} gr_pretok;

/* A word: the glyphs [from, to). */
typedef struct gr_span {
    size_t from, to;
} gr_span;

typedef struct gr_spans {
    gr_span *v;
    size_t   n, cap;
} gr_spans;

void gr_spans_free(gr_spans *s);

/* Words of g[0] into s[0]; g[1] and s[1] are scratch. g[0] changes where a step puts something in.
 * GR_E_NOMEM. */
gr_status gr_pretok_run(const gr_pretok *p, gr_glyphs g[2], gr_spans s[2], gr_err *err) GR_MUST_USE;

/* GR_PRETOK_NONE and GR_PRETOK_BERT one word at a time: cut the next word out of g[*at..n): true with
 * [*from, *to), false when none is left. */
bool gr_pretok_next(gr_pretok_kind kind, const gr_glyph *g, size_t n, size_t *at, size_t *from, size_t *to);

#ifdef __cplusplus
}
#endif
#endif
