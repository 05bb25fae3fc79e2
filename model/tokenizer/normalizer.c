/* normalizer.c - the BERT normalizer: clean, pad ideographs, strip accents, lower-case.
 *
 * Alignment follows the library that published models were made with. Every step turns a list of
 * characters into another; a character is a replacement (it takes the next source character) or new (it
 * shares the one before it). Canonical ordering permutes characters together with that mark, and the
 * alignment is given out afterwards from left to right: a mark that moved has the position it moved to.
 * Dropped characters leave no trace in their neighbours' alignment. */
#include "model/tokenizer/normalizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "base/utf8.h"
#include "model/tokenizer/unicode.h"

enum { SHORT_RUN = 16 };          /* marks in a row that are sorted by insertion */
static const uint32_t IS_NEW = UINT32_MAX; /* in gr_glyph.src while a run is being ordered */

gr_status gr_glyphs_reserve(gr_glyphs *g, size_t more, gr_err *err)
{
    size_t want, bytes;
    gr_glyph *v;

    if (g->cap - g->n >= more) return GR_OK;
    if (!gr_add_size(&want, g->n, more) || !gr_add_size(&want, want, g->cap) || !gr_mul_size(&bytes, want, sizeof *v))
        return gr_fail_nomem(err, "a text");
    v = realloc(g->v, bytes);
    if (!v) return gr_fail_nomem(err, "a text");
    g->v = v;
    g->cap = want;
    return GR_OK;
}

void gr_glyphs_free(gr_glyphs *g)
{
    free(g->v);
    *g = (gr_glyphs){ NULL, 0, 0 };
}

/* Decode, with the steps that look at one character alone: clean and ideographs. */
static gr_status decode(gr_glyphs *out, const gr_norm *norm, gr_sv text, uint32_t src, uint32_t byte0, gr_err *err)
{
    const bool clean = norm->kind == GR_NORM_BERT && norm->clean, cjk = norm->kind == GR_NORM_BERT && norm->cjk;

    out->n = 0;
    for (size_t i = 0; i < text.n; src++) {
        gr_glyph g = { 0, src, byte0 + (uint32_t)i, 0 };
        const size_t len = gr_utf8_next(&g.cp, text.p + i, text.n - i);
        unsigned prop;

        if (len == 0) return gr_fail(err, GR_E_FORMAT, "invalid UTF-8 at byte %zu", i);
        i += len;
        g.b1 = byte0 + (uint32_t)i;
        prop = gr_uni_prop(g.cp);
        if (clean && prop & GR_UNI_REMOVED) continue;
        if (clean && prop & GR_UNI_SPACE) g.cp = ' ';
        GR_TRY(gr_glyphs_reserve(out, 3, err));
        if (cjk && prop & GR_UNI_CJK) {
            const gr_glyph blank = { ' ', g.src, g.b0, g.b1 };
            out->v[out->n++] = blank;
            out->v[out->n++] = g;
            out->v[out->n++] = blank;
        } else {
            out->v[out->n++] = g;
        }
    }
    return GR_OK;
}

static unsigned class_of(const gr_glyph *g)
{
    return gr_uni_ccc(gr_uni_prop(g->cp));
}

/* Stable sort of v[0..n) by combining class; tmp has room for n. */
static void order_run(gr_glyph *v, size_t n, gr_glyph *tmp)
{
    size_t start[257] = { 0 };

    if (n <= SHORT_RUN) {
        for (size_t i = 1; i < n; i++) {
            const gr_glyph g = v[i];
            size_t j = i;
            for (; j > 0 && class_of(&v[j - 1]) > class_of(&g); j--) v[j] = v[j - 1];
            v[j] = g;
        }
        return;
    }
    for (size_t i = 0; i < n; i++) start[class_of(&v[i]) + 1]++;
    for (size_t c = 1; c < 257; c++) start[c] += start[c - 1];
    for (size_t i = 0; i < n; i++) tmp[start[class_of(&v[i])]++] = v[i];
    memcpy(v, tmp, n * sizeof *v);
}

/* in -> out: full canonical decomposition with canonical ordering. in is used as scratch behind its end. */
static gr_status decompose(gr_glyphs *out, gr_glyphs *in, gr_err *err)
{
    size_t run = 0, taken = 0; /* where the marks being collected begin; source characters given out */

    out->n = 0;
    for (size_t i = 0; i <= in->n; i++) {
        uint32_t part[GR_UNI_DECOMP_MAX] = { 0 };
        const size_t n = i < in->n ? gr_uni_decompose(part, in->v[i].cp) : 1;

        GR_TRY(gr_glyphs_reserve(out, n + 1, err));
        for (size_t k = 0; k < n; k++) {
            if (i == in->n || gr_uni_ccc(gr_uni_prop(part[k])) == 0) {
                if (out->n - run > SHORT_RUN) GR_TRY(gr_glyphs_reserve(in, out->n - run, err));
                order_run(out->v + run, out->n - run, in->v ? in->v + in->n : NULL);
                run = out->n + 1;
            }
            if (i == in->n) break;
            out->v[out->n++] = (gr_glyph){ part[k], k ? IS_NEW : 0, 0, 0 };
        }
    }
    for (size_t i = 0; i < out->n; i++) {
        gr_glyph *g = &out->v[i];
        const gr_glyph *from;

        if (g->src != IS_NEW) taken++;
        from = &in->v[taken ? taken - 1 : 0];
        *g = (gr_glyph){ g->cp, from->src, from->b0, from->b1 };
    }
    return GR_OK;
}

static void drop_marks(gr_glyphs *g)
{
    size_t n = 0;

    for (size_t i = 0; i < g->n; i++)
        if (!(gr_uni_prop(g->v[i].cp) & GR_UNI_MARK)) g->v[n++] = g->v[i];
    g->n = n;
}

/* in -> out, character by character: final sigma is a sigma like any other. */
static gr_status lower(gr_glyphs *out, gr_glyphs *in, gr_err *err)
{
    out->n = 0;
    GR_TRY(gr_glyphs_reserve(out, 2 * in->n, err)); /* U+0130 becomes two */
    for (size_t i = 0; i < in->n; i++) {
        gr_glyph g = in->v[i];
        const bool dotted = g.cp == GR_UNI_I_DOT;

        g.cp = gr_uni_lower(g.cp);
        out->v[out->n++] = g;
        if (!dotted) continue;
        g.cp = GR_UNI_DOT_ABOVE;
        out->v[out->n++] = g;
    }
    return GR_OK;
}

static void swap(gr_glyphs g[2])
{
    const gr_glyphs t = g[0];

    g[0] = g[1];
    g[1] = t;
}

gr_status gr_norm_run(const gr_norm *norm, gr_glyphs out[2], gr_sv text, uint32_t src0, uint32_t byte0, gr_err *err)
{
    GR_TRY(decode(&out[0], norm, text, src0, byte0, err));
    if (norm->kind == GR_NORM_NONE) return GR_OK;
    if (norm->strip) {
        GR_TRY(decompose(&out[1], &out[0], err));
        swap(out);
        drop_marks(&out[0]);
    }
    if (norm->lower) {
        GR_TRY(lower(&out[1], &out[0], err));
        swap(out);
    }
    return GR_OK;
}
