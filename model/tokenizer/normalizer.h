/* normalizer.h - text to normalised characters, each tied to the source character it stands for. */
#ifndef GR_MODEL_TOKENIZER_NORMALIZER_H
#define GR_MODEL_TOKENIZER_NORMALIZER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "model/tokenizer/charsmap.h"
#include "model/tokenizer/glyph.h"
#include "model/tokenizer/pattern.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_norm_kind {
    GR_NORM_NONE,
    GR_NORM_BERT,
    GR_NORM_STEPS, /* the steps one after the other */
    GR_NORM_NFD,
    GR_NORM_NFC,
    GR_NORM_NFKD,
    GR_NORM_NFKC,
    GR_NORM_LOWER,
    GR_NORM_STRIP,
    GR_NORM_STRIP_ACCENTS,
    GR_NORM_REPLACE,
    GR_NORM_PREPEND,
    GR_NORM_CHARSMAP,
    GR_NORM_NMT,
    GR_NORM_BYTE_LEVEL /* each byte becomes its sign (byte_level.h) */
} gr_norm_kind;

typedef struct gr_norm {
    gr_norm_kind kind;
    bool         clean, cjk, strip, lower; /* GR_NORM_BERT: the four steps, in this order    */
    bool         left, right;              /* GR_NORM_STRIP: the ends that lose their blanks */
    const struct gr_norm *step;            /* GR_NORM_STEPS: n_steps of them, none GR_NORM_STEPS itself */
    size_t          n_steps;
    gr_pattern      pattern;               /* GR_NORM_REPLACE: what is replaced ...          */
    const uint32_t *text;                  /* ... by what; GR_NORM_PREPEND: what is put before */
    size_t          n_text;
    gr_charsmap     map;                   /* GR_NORM_CHARSMAP                               */
} gr_norm;

/* Normalise `text` (valid UTF-8) into out[0]; out[1] is scratch. Positions start at src0 and byte0.
 * The result for a text equals the joined results of its parts when each part after the first begins
 * with a starter (combining class 0 after decomposition) and the normalizer is none or BERT. GR_E_NOMEM. */
gr_status gr_norm_run(const gr_norm *norm, gr_glyphs out[2], gr_sv text, uint32_t src0, uint32_t byte0,
                      gr_err *err) GR_MUST_USE;

/* ---- norm_unicode.c, norm_steps.c: the steps, each from `in` to `out` (which it empties first) ---- */

/* While a step works, gr_glyph.src of its output says how the glyph stands to the input: 0 takes the
 * next input glyph, 1 is new and shares the one before it, -n takes the next and swallows n more. This
 * gives the alignments out, from left to right. */
void gr_norm_align(gr_glyphs *out, const gr_glyphs *in);

/* Decomposition (canonical, or compatibility) in canonical order. `in` is scratch behind its end. */
gr_status gr_norm_decompose(gr_glyphs *out, gr_glyphs *in, bool compat, gr_err *err) GR_MUST_USE;

/* GR_NORM_NFD to GR_NORM_NFKC on g[0]; g[1] is scratch. */
gr_status gr_norm_form(const gr_norm *norm, gr_glyphs g[2], gr_err *err) GR_MUST_USE;

gr_status gr_norm_lower(gr_glyphs *out, const gr_glyphs *in, gr_err *err) GR_MUST_USE;

/* Any step but GR_NORM_BERT and GR_NORM_STEPS, on g[0]; g[1] is scratch. */
gr_status gr_norm_step(const gr_norm *step, gr_glyphs g[2], gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
