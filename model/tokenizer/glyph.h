/* glyph.h - a text on its way to tokens: characters, each tied to the source character it stands for. */
#ifndef GR_MODEL_TOKENIZER_GLYPH_H
#define GR_MODEL_TOKENIZER_GLYPH_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

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
    size_t    room; /* glyphs that v has memory for; cap is less where `most` is */
    size_t    most; /* glyphs that it may hold; 0: GR_GLYPHS_MAX */
} gr_glyphs;

/* A text may not grow beyond this on its way through the steps, nor beyond GR_GLYPHS_GROWTH times its bytes and
 * GR_GLYPHS_FREE besides: a file may ask for 2^64. (The longest decomposition is 18 characters of 3 bytes.) */
enum { GR_GLYPHS_MAX = 1 << 26, GR_GLYPHS_GROWTH = 32, GR_GLYPHS_FREE = 1 << 14 };

/* Room for `more` glyphs behind n. GR_E_NOMEM; GR_E_UNSUPPORTED above g->most. */
gr_status gr_glyphs_reserve(gr_glyphs *g, size_t more, gr_err *err) GR_MUST_USE;
/* Empty it, and let it hold at most so many from now on: the same for a list that has just been made and for one that has
 * held more. */
void      gr_glyphs_limit(gr_glyphs *g, size_t most);
void      gr_glyphs_free(gr_glyphs *g);
void      gr_glyphs_swap(gr_glyphs g[2]);

#ifdef __cplusplus
}
#endif
#endif
