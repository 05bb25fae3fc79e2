/* normalizer.c - text to glyphs, the BERT normalizer (clean, pad ideographs, strip accents, lower-case),
 * and normalizers of several steps; the other steps are in norm_steps.c and norm_unicode.c.
 *
 * Alignment follows the library that published models were made with. Every step turns a list of
 * characters into another; a character is a replacement (it takes the next source character) or new (it
 * shares the one before it). Dropped characters leave no trace in their neighbours' alignment. */
#include "model/tokenizer/normalizer.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/checked.h"
#include "base/utf8.h"
#include "model/tokenizer/unicode.h"

gr_status gr_glyphs_reserve(gr_glyphs *g, size_t more, gr_err *err)
{
    const size_t most = g->most ? g->most : GR_GLYPHS_MAX;
    size_t want, bytes;
    gr_glyph *v;

    if (g->cap - g->n >= more) return GR_OK;
    if (more > most - g->n) return gr_fail(err, GR_E_UNSUPPORTED, "a text that grows beyond %zu characters", most);
    if (!gr_add_size(&want, g->n, more) || !gr_add_size(&want, want, g->cap) || !gr_mul_size(&bytes, want, sizeof *v))
        return gr_fail_nomem(err, "a text");
    v = realloc(g->v, bytes);
    if (!v) return gr_fail_nomem(err, "a text");
    g->v = v;
    g->room = want;
    g->cap = want < most ? want : most;
    return GR_OK;
}

void gr_glyphs_limit(gr_glyphs *g, size_t most)
{
    g->n = 0;
    g->most = most;
    g->cap = g->room < most ? g->room : most;
}

void gr_glyphs_free(gr_glyphs *g)
{
    free(g->v);
    *g = (gr_glyphs){ .v = NULL };
}

void gr_glyphs_swap(gr_glyphs g[2])
{
    const gr_glyphs t = g[0];

    g[0] = g[1];
    g[1] = t;
}

/* Append a character, cleaned and with blanks around an ideograph as asked. */
static gr_status push_clean(gr_glyphs *out, bool clean, bool cjk, gr_glyph g, gr_err *err)
{
    const unsigned prop = gr_uni_prop(g.cp);

    if (clean && prop & GR_UNI_REMOVED) return GR_OK;
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
    return GR_OK;
}

/* Decode, character by character. */
static gr_status decode(gr_glyphs *out, gr_sv text, uint32_t src, uint32_t byte0, gr_err *err)
{
    out->n = 0;
    GR_TRY(gr_glyphs_reserve(out, text.n, err));
    for (size_t i = 0, len; i < text.n; i += len, src++) {
        gr_glyph *g = &out->v[out->n++];

        g->cp = (unsigned char)text.p[i];
        len = g->cp < 0x80 ? 1 : gr_utf8_next(&g->cp, text.p + i, text.n - i);
        if (len == 0) return gr_fail(err, GR_E_FORMAT, "invalid UTF-8 at byte %zu", i);
        g->src = src;
        g->b0 = byte0 + (uint32_t)i;
        g->b1 = g->b0 + (uint32_t)len;
    }
    return GR_OK;
}

/* The same with the steps of BERT that look at one character alone: clean and ideographs. */
static gr_status decode_bert(gr_glyphs *out, const gr_norm *norm, gr_sv text, uint32_t src, uint32_t byte0, gr_err *err)
{
    out->n = 0;
    for (size_t i = 0; i < text.n; src++) {
        gr_glyph g = { 0, src, byte0 + (uint32_t)i, 0 };
        const size_t len = gr_utf8_next(&g.cp, text.p + i, text.n - i);

        if (len == 0) return gr_fail(err, GR_E_FORMAT, "invalid UTF-8 at byte %zu", i);
        i += len;
        g.b1 = byte0 + (uint32_t)i;
        GR_TRY(push_clean(out, norm->clean, norm->cjk, g, err));
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

/* The steps of BERT that follow decoding. */
static gr_status finish_bert(const gr_norm *norm, gr_glyphs g[2], gr_err *err)
{
    if (norm->strip) {
        GR_TRY(gr_norm_decompose(&g[1], &g[0], false, err));
        gr_glyphs_swap(g);
        drop_marks(&g[0]);
    }
    if (norm->lower) {
        GR_TRY(gr_norm_lower(&g[1], &g[0], err));
        gr_glyphs_swap(g);
    }
    return GR_OK;
}

/* BERT as a step behind others: its first steps on glyphs. */
static gr_status run_bert(const gr_norm *norm, gr_glyphs g[2], gr_err *err)
{
    g[1].n = 0;
    for (size_t i = 0; i < g[0].n; i++) GR_TRY(push_clean(&g[1], norm->clean, norm->cjk, g[0].v[i], err));
    gr_glyphs_swap(g);
    return finish_bert(norm, g, err);
}

/* What a text of n bytes may grow to. */
static size_t growth_of(size_t n)
{
    return n < (GR_GLYPHS_MAX - GR_GLYPHS_FREE) / GR_GLYPHS_GROWTH ? n * GR_GLYPHS_GROWTH + GR_GLYPHS_FREE : GR_GLYPHS_MAX;
}

gr_status gr_norm_run(const gr_norm *norm, gr_glyphs out[2], gr_sv text, uint32_t src0, uint32_t byte0, gr_err *err)
{
    const size_t most = growth_of(text.n);

    for (int i = 0; i < 2; i++) gr_glyphs_limit(&out[i], most);
    if (norm->kind == GR_NORM_BERT) {
        GR_TRY(decode_bert(&out[0], norm, text, src0, byte0, err));
        return finish_bert(norm, out, err);
    }
    GR_TRY(decode(&out[0], text, src0, byte0, err));
    if (norm->kind != GR_NORM_STEPS) return gr_norm_step(norm, out, err);
    for (size_t i = 0; i < norm->n_steps; i++) {
        if (norm->step[i].kind == GR_NORM_BERT) GR_TRY(run_bert(&norm->step[i], out, err));
        else GR_TRY(gr_norm_step(&norm->step[i], out, err));
    }
    return GR_OK;
}
