/* norm_steps.c - the normalizers that are a step of their own: normal forms (by norm_unicode.c), lower
 * case, strip, strip accents, replace, prepend, charsmap, NMT's cleaning, byte signs; see normalizer.h. */
#include <string.h>

#include "base/utf8.h"
#include "model/tokenizer/byte_level.h"
#include "model/tokenizer/classes.h"
#include "model/tokenizer/normalizer.h"

/* Clusters of at most so many bytes are looked up whole. */
enum { CLUSTER_BYTES = 5 };

/* Character by character: final sigma is a sigma like any other. */
gr_status gr_norm_lower(gr_glyphs *out, const gr_glyphs *in, gr_err *err)
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

static bool is_white(const gr_glyph *g)
{
    return gr_uni_prop(g->cp) & GR_UNI_WHITE;
}

static void strip(const gr_norm *step, gr_glyphs *g)
{
    size_t from = 0;

    while (step->right && g->n > 0 && is_white(&g->v[g->n - 1])) g->n--;
    while (step->left && from < g->n && is_white(&g->v[from])) from++;
    g->n -= from;
    if (from) memmove(g->v, g->v + from, g->n * sizeof *g->v);
}

static void strip_accents(gr_glyphs *g)
{
    size_t n = 0;

    for (size_t i = 0; i < g->n; i++)
        if (!(gr_uni_class_of(g->v[i].cp) & GR_CLASS_COMBINING)) g->v[n++] = g->v[i];
    g->n = n;
}

/* Does the NMT normalizer drop a character, or make it a blank? */
static bool nmt_drops(uint32_t cp)
{
    return (cp >= 0x01 && cp <= 0x08) || cp == 0x0B || (cp >= 0x0E && cp <= 0x1F) || cp == 0x7F || cp == 0x8F || cp == 0x9F;
}

static bool nmt_blanks(uint32_t cp)
{
    return cp == '\t' || cp == '\n' || cp == '\f' || cp == '\r' || cp == 0x1680 || (cp >= 0x200B && cp <= 0x200F) || cp == 0x2028 ||
           cp == 0x2029 || cp == 0x2581 || cp == 0xFEFF || cp == 0xFFFD;
}

static void clean_nmt(gr_glyphs *g)
{
    size_t n = 0;

    for (size_t i = 0; i < g->n; i++) {
        if (nmt_drops(g->v[i].cp)) continue;
        g->v[n] = g->v[i];
        if (nmt_blanks(g->v[n].cp)) g->v[n].cp = ' ';
        n++;
    }
    g->n = n;
}

/* The signs of a character's bytes all have its place. */
static gr_status put_signs(gr_glyphs *out, const gr_glyphs *in, gr_err *err)
{
    out->n = 0;
    for (size_t i = 0; i < in->n; i++) {
        char utf8[4];
        const size_t len = gr_utf8_put(utf8, in->v[i].cp);

        GR_TRY(gr_glyphs_reserve(out, len, err));
        for (size_t k = 0; k < len; k++) {
            out->v[out->n] = in->v[i];
            out->v[out->n++].cp = gr_byte_sign((unsigned char)utf8[k]);
        }
    }
    return GR_OK;
}

/* Each match becomes the text, aligned with its last character. */
static gr_status replace(gr_glyphs *out, const gr_glyphs *in, const gr_norm *step, gr_err *err)
{
    size_t at = 0, from, to;

    out->n = 0;
    while (gr_pattern_next(&step->pattern, in->v, in->n, at, &from, &to)) {
        GR_TRY(gr_glyphs_reserve(out, from - at + step->n_text, err));
        if (from > at) memcpy(out->v + out->n, in->v + at, (from - at) * sizeof *in->v);
        out->n += from - at;
        for (size_t k = 0; k < step->n_text; k++) {
            out->v[out->n] = in->v[to - 1];
            out->v[out->n++].cp = step->text[k];
        }
        at = to;
    }
    GR_TRY(gr_glyphs_reserve(out, in->n - at, err));
    if (in->n > at) memcpy(out->v + out->n, in->v + at, (in->n - at) * sizeof *in->v);
    out->n += in->n - at;
    return GR_OK;
}

static gr_status prepend(gr_glyphs *g, const gr_norm *step, gr_err *err)
{
    if (g->n == 0) return GR_OK;
    GR_TRY(gr_glyphs_reserve(g, step->n_text, err));
    memmove(g->v + step->n_text, g->v, g->n * sizeof *g->v);
    for (size_t k = 0; k < step->n_text; k++) {
        g->v[k] = g->v[step->n_text];
        g->v[k].cp = step->text[k];
    }
    g->n += step->n_text;
    return GR_OK;
}

/* ---- charsmap ---- */

static size_t put_all(char *out, const gr_glyph *g, size_t n)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) len += gr_utf8_put(out + len, g[i].cp);
    return len;
}

/* `old` glyphs become the text: the last ones are new where it is longer; what is missing is taken off
 * the mark of the last. (When nothing came before, the library forgets it, and so do we.) */
static gr_status put_mapped(gr_glyphs *out, gr_sv text, size_t old, gr_err *err)
{
    const size_t start = out->n;
    size_t n;

    GR_TRY(gr_glyphs_reserve(out, text.n, err));
    for (size_t i = 0; i < text.n;) {
        gr_glyph g = { 0, 0, 0, 0 };

        i += gr_utf8_next(&g.cp, text.p + i, text.n - i);
        out->v[out->n++] = g;
    }
    n = out->n - start;
    for (size_t k = old; k < n; k++) out->v[start + k].src = 1;
    if (n < old && out->n > 0) out->v[out->n - 1].src -= (uint32_t)(old - n);
    return GR_OK;
}

/* The n glyphs of one cluster, one by one. */
static gr_status map_single(gr_glyphs *out, const gr_glyph *g, size_t n, const gr_charsmap *map, gr_err *err)
{
    for (size_t i = 0; i < n; i++) {
        char utf8[4];
        gr_sv text;

        if (gr_charsmap_find(map, &text, (gr_sv){ utf8, put_all(utf8, &g[i], 1) })) {
            GR_TRY(put_mapped(out, text, 1, err));
            continue;
        }
        GR_TRY(gr_glyphs_reserve(out, 1, err));
        out->v[out->n++] = (gr_glyph){ g[i].cp, 0, 0, 0 };
    }
    return GR_OK;
}

/* The cluster g[0..n) as a whole when it is short and known. */
static bool find_cluster(const gr_charsmap *map, gr_sv *text, const gr_glyph *g, size_t n)
{
    char utf8[CLUSTER_BYTES];
    size_t len = 0;

    for (size_t i = 0; i < n && len <= CLUSTER_BYTES; i++) len += gr_utf8_length(g[i].cp);
    return len <= CLUSTER_BYTES && gr_charsmap_find(map, text, (gr_sv){ utf8, put_all(utf8, g, n) });
}

static gr_status apply_map(gr_glyphs *out, const gr_glyphs *in, const gr_charsmap *map, gr_err *err)
{
    out->n = 0;
    for (size_t at = 0, n; at < in->n; at += n) {
        const gr_glyph *g = in->v + at;
        gr_sv text;

        n = gr_uni_cluster(&g->cp, sizeof *g / sizeof g->cp, in->n - at);
        if (n > 1 && find_cluster(map, &text, g, n)) GR_TRY(put_mapped(out, text, n, err));
        else GR_TRY(map_single(out, g, n, map, err));
    }
    gr_norm_align(out, in);
    return GR_OK;
}

/* ---- all ---- */

gr_status gr_norm_step(const gr_norm *step, gr_glyphs g[2], gr_err *err)
{
    switch (step->kind) {
    case GR_NORM_NFD:
    case GR_NORM_NFC:
    case GR_NORM_NFKD:
    case GR_NORM_NFKC: return gr_norm_form(step, g, err);
    case GR_NORM_STRIP: strip(step, &g[0]); return GR_OK;
    case GR_NORM_STRIP_ACCENTS: strip_accents(&g[0]); return GR_OK;
    case GR_NORM_NMT: clean_nmt(&g[0]); return GR_OK;
    case GR_NORM_PREPEND: return prepend(&g[0], step, err);
    case GR_NORM_BYTE_LEVEL: GR_TRY(put_signs(&g[1], &g[0], err)); break;
    case GR_NORM_LOWER: GR_TRY(gr_norm_lower(&g[1], &g[0], err)); break;
    case GR_NORM_REPLACE: GR_TRY(replace(&g[1], &g[0], step, err)); break;
    case GR_NORM_CHARSMAP: GR_TRY(apply_map(&g[1], &g[0], &step->map, err)); break;
    case GR_NORM_NONE:
    case GR_NORM_BERT:
    case GR_NORM_STEPS: return GR_OK;
    }
    gr_glyphs_swap(g);
    return GR_OK;
}
