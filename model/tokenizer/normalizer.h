/* normalizer.h - text to normalised characters, each tied to the source character it stands for. */
#ifndef GR_MODEL_TOKENIZER_NORMALIZER_H
#define GR_MODEL_TOKENIZER_NORMALIZER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One normalised character. The alignment is always one whole source character. */
typedef struct gr_glyph {
    uint32_t cp;
    uint32_t src;    /* place of the source character, in code points */
    uint32_t b0, b1; /* its bytes [b0, b1)                             */
} gr_glyph;

/* A growing list; zero it to start. */
typedef struct gr_glyphs {
    gr_glyph *v;
    size_t    n, cap;
} gr_glyphs;

/* Room for `more` glyphs behind n. GR_E_NOMEM. */
gr_status gr_glyphs_reserve(gr_glyphs *g, size_t more, gr_err *err) GR_MUST_USE;
void      gr_glyphs_free(gr_glyphs *g);

typedef enum gr_norm_kind { GR_NORM_NONE, GR_NORM_BERT } gr_norm_kind;

typedef struct gr_norm {
    gr_norm_kind kind;
    bool         clean, cjk, strip, lower; /* GR_NORM_BERT: the four steps, in this order */
} gr_norm;

/* Normalise `text` (valid UTF-8) into out[0]; out[1] is scratch. Positions start at src0 and byte0.
 * The result for a text equals the joined results of its parts when each part after the first begins
 * with a starter (combining class 0 after decomposition). GR_E_NOMEM. */
gr_status gr_norm_run(const gr_norm *norm, gr_glyphs out[2], gr_sv text, uint32_t src0, uint32_t byte0,
                      gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
