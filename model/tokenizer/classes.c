/* classes.c - see classes.h. Composition by bisection in the sorted pairs, Hangul by arithmetic
 * (Unicode 3.12); grapheme clusters by the rules GB3 to GB13 of UAX 29. */
#include "model/tokenizer/classes.h"

enum { L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11A7, S_BASE = 0xAC00, L_COUNT = 19, V_COUNT = 21, T_COUNT = 28, S_COUNT = 11172 };

size_t gr_uni_decompose_compat(uint32_t out[GR_UNI_COMPAT_MAX], uint32_t cp)
{
    const uint32_t *entry = &gr_uni_compat_pool[gr_uni_compat_block[gr_uni_at(gr_uni_compat_index, cp)]];

    if (entry[0] == 0) return gr_uni_decompose(out, cp);
    for (size_t i = 0; i < entry[0]; i++) out[i] = entry[1 + i];
    return entry[0];
}

/* ---- composition ---- */

static uint32_t compose_hangul(uint32_t a, uint32_t b)
{
    const uint32_t l = a - L_BASE, v = b - V_BASE, s = a - S_BASE, t = b - T_BASE;

    if (l < L_COUNT && v < V_COUNT) return S_BASE + (l * V_COUNT + v) * T_COUNT;
    if (s < S_COUNT && s % T_COUNT == 0 && t > 0 && t < T_COUNT) return a + t;
    return 0;
}

uint32_t gr_uni_compose(uint32_t a, uint32_t b)
{
    size_t lo = 0, n = gr_uni_n_pairs;
    uint32_t hangul;

    if (!(gr_uni_class_of(b) & GR_CLASS_SECOND)) return 0;
    hangul = compose_hangul(a, b);
    if (hangul) return hangul;
    while (n > 0) {
        const size_t half = n / 2;
        const uint32_t *p = &gr_uni_pairs[3 * (lo + half)];

        if (p[0] == a && p[1] == b) return p[2];
        if (p[0] < a || (p[0] == a && p[1] < b)) {
            lo += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return 0;
}

/* ---- grapheme clusters ---- */

/* What has been seen of a cluster, as far as a rule asks for it. */
typedef struct cluster {
    gr_grapheme last;
    bool        pict;     /* a pictograph and then Extend* (GB11)                    */
    bool        pict_zwj; /* ... and a ZWJ                                           */
    int         conjunct; /* GB9c: 0, 1 after a consonant, 2 with a linker behind it */
    bool        odd;      /* regional indicators in a row: an odd number             */
} cluster;

static bool is_control(gr_grapheme g)
{
    return g == GR_GRAPHEME_CR || g == GR_GRAPHEME_LF || g == GR_GRAPHEME_CONTROL;
}

static bool hangul_joins(gr_grapheme a, gr_grapheme b)
{
    if (a == GR_GRAPHEME_L)
        return b == GR_GRAPHEME_L || b == GR_GRAPHEME_V || b == GR_GRAPHEME_LV || b == GR_GRAPHEME_LVT;
    if (a == GR_GRAPHEME_LV || a == GR_GRAPHEME_V) return b == GR_GRAPHEME_V || b == GR_GRAPHEME_T;
    return (a == GR_GRAPHEME_LVT || a == GR_GRAPHEME_T) && b == GR_GRAPHEME_T;
}

/* No boundary between what was seen and a character of this class. */
static bool joins(const cluster *c, unsigned class_of)
{
    const gr_grapheme g = gr_uni_grapheme(class_of);

    if (c->last == GR_GRAPHEME_CR && g == GR_GRAPHEME_LF) return true;
    if (is_control(c->last) || is_control(g)) return false;
    if (hangul_joins(c->last, g)) return true;
    if (g == GR_GRAPHEME_EXTEND || g == GR_GRAPHEME_ZWJ || g == GR_GRAPHEME_SPACING) return true;
    if (c->last == GR_GRAPHEME_PREPEND) return true;
    if (c->conjunct == 2 && class_of & GR_CLASS_CONSONANT) return true;
    if (c->pict_zwj && class_of & GR_CLASS_PICT) return true;
    return c->last == GR_GRAPHEME_REGIONAL && g == GR_GRAPHEME_REGIONAL && c->odd;
}

static void note(cluster *c, unsigned class_of)
{
    const gr_grapheme g = gr_uni_grapheme(class_of);
    const bool extends = g == GR_GRAPHEME_EXTEND || g == GR_GRAPHEME_ZWJ;

    c->pict_zwj = c->pict && g == GR_GRAPHEME_ZWJ;
    c->pict = class_of & GR_CLASS_PICT || (c->pict && g == GR_GRAPHEME_EXTEND);
    if (class_of & GR_CLASS_CONSONANT) c->conjunct = 1;
    else if (c->conjunct && class_of & GR_CLASS_LINKER) c->conjunct = 2;
    else if (!extends) c->conjunct = 0;
    c->odd = g == GR_GRAPHEME_REGIONAL && !(c->last == GR_GRAPHEME_REGIONAL && c->odd);
    c->last = g;
}

size_t gr_uni_cluster(const uint32_t *cp, size_t stride, size_t n)
{
    cluster c = { GR_GRAPHEME_OTHER, false, false, 0, false };
    size_t i = 1;

    note(&c, gr_uni_class_of(cp[0]));
    for (; i < n; i++) {
        const unsigned class_of = gr_uni_class_of(cp[i * stride]);

        if (!joins(&c, class_of)) break;
        note(&c, class_of);
    }
    return i;
}
