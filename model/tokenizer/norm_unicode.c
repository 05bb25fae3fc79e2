/* norm_unicode.c - the four normal forms of Unicode, with alignment; see normalizer.h.
 *
 * Canonical ordering permutes characters together with the mark that says how they stand to the input,
 * and the alignment is given out afterwards from left to right: a character that moved has the position
 * it moved to. Composing takes the marks of its two parts together. */
#include <string.h>

#include "model/tokenizer/classes.h"
#include "model/tokenizer/normalizer.h"

enum { SHORT_RUN = 16 }; /* marks in a row that are sorted by insertion */

void gr_norm_align(gr_glyphs *out, const gr_glyphs *in)
{
    size_t taken = 0; /* input glyphs given out */

    for (size_t i = 0; i < out->n; i++) {
        gr_glyph *g = &out->v[i];
        const int32_t change = (int32_t)g->src;
        const size_t at = change > 0 ? (taken ? taken - 1 : 0) : taken;
        const gr_glyph *from = &in->v[at < in->n ? at : in->n - 1];

        if (change <= 0) taken += 1 + (size_t)-change;
        *g = (gr_glyph){ g->cp, from->src, from->b0, from->b1 };
    }
}

/* ---- decomposition ---- */

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

/* Decomposed and ordered, with marks instead of alignments. */
static gr_status decompose(gr_glyphs *out, gr_glyphs *in, bool compat, gr_err *err)
{
    size_t run = 0; /* where the marks being collected begin */

    out->n = 0;
    for (size_t i = 0; i <= in->n; i++) {
        uint32_t part[GR_UNI_COMPAT_MAX] = { 0 };
        const size_t n = i == in->n ? 1
                         : compat   ? gr_uni_decompose_compat(part, in->v[i].cp)
                                    : gr_uni_decompose(part, in->v[i].cp);

        GR_TRY(gr_glyphs_reserve(out, n + 1, err));
        for (size_t k = 0; k < n; k++) {
            if (i == in->n || gr_uni_ccc(gr_uni_prop(part[k])) == 0) {
                if (out->n - run > SHORT_RUN) GR_TRY(gr_glyphs_reserve(in, out->n - run, err));
                order_run(out->v + run, out->n - run, in->v ? in->v + in->n : NULL);
                run = out->n + 1;
            }
            if (i == in->n) break;
            out->v[out->n++] = (gr_glyph){ part[k], k ? 1 : 0, 0, 0 };
        }
    }
    return GR_OK;
}

gr_status gr_norm_decompose(gr_glyphs *out, gr_glyphs *in, bool compat, gr_err *err)
{
    GR_TRY(decompose(out, in, compat, err));
    gr_norm_align(out, in);
    return GR_OK;
}

/* ---- composition ---- */

/* In place: a starter takes in every mark behind it that no mark of its class or a higher one parts
 * from it (Unicode 3.11, D117). */
static void compose(gr_glyphs *g)
{
    size_t n = 0, starter = 0;
    bool has_starter = false;
    unsigned last = 0; /* class of the character before, 0 right behind the starter */

    for (size_t i = 0; i < g->n; i++) {
        const gr_glyph x = g->v[i];
        const unsigned class = class_of(&x);
        const bool blocked = last != 0 && last >= class;
        const uint32_t whole = has_starter && !blocked && (last == 0 || class != 0) ? gr_uni_compose(g->v[starter].cp, x.cp) : 0;

        if (whole) {
            g->v[starter].cp = whole;
            g->v[starter].src = (uint32_t)((int32_t)g->v[starter].src + (int32_t)x.src - 1);
            continue;
        }
        if (class == 0) {
            starter = n;
            has_starter = true;
        }
        last = class;
        g->v[n++] = x;
    }
    g->n = n;
}

/* Nothing below this code point changes or takes part in a change. */
static uint32_t first_changed(gr_norm_kind kind)
{
    return kind == GR_NORM_NFC ? 0x300 : kind == GR_NORM_NFD ? 0xC0 : 0xA0;
}

gr_status gr_norm_form(const gr_norm *norm, gr_glyphs g[2], gr_err *err)
{
    const bool compat = norm->kind == GR_NORM_NFKC || norm->kind == GR_NORM_NFKD;
    const uint32_t first = first_changed(norm->kind);
    size_t i = 0;

    while (i < g[0].n && g[0].v[i].cp < first) i++;
    if (i == g[0].n) return GR_OK;
    GR_TRY(decompose(&g[1], &g[0], compat, err));
    if (norm->kind == GR_NORM_NFC || norm->kind == GR_NORM_NFKC) compose(&g[1]);
    gr_norm_align(&g[1], &g[0]);
    gr_glyphs_swap(g);
    return GR_OK;
}
