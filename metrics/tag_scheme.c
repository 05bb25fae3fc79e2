/* tag_scheme.c - see tag_scheme.h. The tables say the same as seqeval 1.2.2's scheme.py: a rule is
 * (previous prefix, prefix, relation of the types), and a step has a property when any rule fits. */
#include "metrics/tag_scheme.h"

#include <string.h>

#include "base/utf8.h"

enum { I = 1, O = 2, B = 4, E = 8, S = 16, U = 32, L = 64, ANY = 127 };
enum { SAME = 1, DIFF = 2, EITHER = 3 };
enum { RULES_MAX = 7 };

typedef struct rule {
    uint8_t prev, cur, types; /* prev 0 ends a list */
} rule;

typedef struct scheme {
    const char *name;
    uint8_t     allowed;
    rule        start[RULES_MAX], inside[RULES_MAX], end[RULES_MAX];
} scheme;

/* Indexed by gr_tag_scheme. The default has no table: conlleval's rules are functions below. */
static const scheme schemes[] = {
    [GR_SCHEME_CONLL] = { .name = "default", .allowed = ANY },
    [GR_SCHEME_IOB1] = {
        .name = "IOB1", .allowed = I | O | B,
        .start = { { O, I, EITHER }, { I, I, DIFF }, { B, I, EITHER }, { I, B, SAME }, { B, B, SAME } },
        .inside = { { B, I, SAME }, { I, I, SAME } },
        .end = { { I, I, DIFF }, { I, O, EITHER }, { I, B, EITHER }, { B, O, EITHER }, { B, I, DIFF }, { B, B, SAME } },
    },
    [GR_SCHEME_IOB2] = {
        .name = "IOB2", .allowed = I | O | B,
        .start = { { ANY, B, EITHER } },
        .inside = { { B, I, SAME }, { I, I, SAME } },
        .end = { { I, O, EITHER }, { I, I, DIFF }, { I, B, EITHER }, { B, O, EITHER }, { B, I, DIFF }, { B, B, EITHER } },
    },
    [GR_SCHEME_IOE1] = {
        .name = "IOE1", .allowed = I | O | E,
        .start = { { O, I, EITHER }, { I, I, DIFF }, { E, I, EITHER }, { E, E, SAME } },
        .inside = { { I, I, SAME }, { I, E, SAME } },
        .end = { { I, I, DIFF }, { I, O, EITHER }, { I, E, DIFF }, { E, I, SAME }, { E, E, SAME } },
    },
    [GR_SCHEME_IOE2] = {
        .name = "IOE2", .allowed = I | O | E,
        .start = { { O, I, EITHER }, { O, E, EITHER }, { E, I, EITHER }, { E, E, EITHER }, { I, I, DIFF }, { I, E, DIFF } },
        .inside = { { I, E, SAME }, { I, I, SAME } },
        .end = { { E, ANY, EITHER } },
    },
    [GR_SCHEME_IOBES] = {
        .name = "IOBES", .allowed = I | O | B | E | S,
        .start = { { ANY, B, EITHER }, { ANY, S, EITHER } },
        .inside = { { B, I, SAME }, { B, E, SAME }, { I, I, SAME }, { I, E, SAME } },
        .end = { { S, ANY, EITHER }, { E, ANY, EITHER } },
    },
    [GR_SCHEME_BILOU] = {
        .name = "BILOU", .allowed = I | O | B | U | L,
        .start = { { ANY, B, EITHER }, { ANY, U, EITHER } },
        .inside = { { B, I, SAME }, { B, L, SAME }, { I, I, SAME }, { I, L, SAME } },
        .end = { { U, ANY, EITHER }, { L, ANY, EITHER } },
    },
};
enum { N_SCHEMES = sizeof schemes / sizeof *schemes };

bool gr_tag_scheme_find(gr_tag_scheme *out, const char *name)
{
    for (size_t i = 0; i < N_SCHEMES; i++) {
        if (strcmp(name, schemes[i].name) != 0) continue;
        *out = (gr_tag_scheme)i;
        return true;
    }
    return false;
}

const char *gr_tag_scheme_name(gr_tag_scheme s)
{
    return (size_t)s < N_SCHEMES ? schemes[s].name : "unknown";
}

static uint8_t bit_of(uint32_t letter)
{
    static const struct { char letter; uint8_t bit; } bits[] = {
        { 'I', I }, { 'O', O }, { 'B', B }, { 'E', E }, { 'S', S }, { 'U', U }, { 'L', L },
    };

    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (letter == (uint32_t)bits[i].letter) return bits[i].bit;
    return 0;
}

/* ---- reading a tag --------------------------------------------------------------------------- */

/* Cuts the first (last, with suffixes) character off *text. A byte that is not valid UTF-8 counts as
 * a character of its own; it can equal no letter of a scheme. */
static uint32_t cut_letter(gr_sv *text, bool suffix)
{
    const char *end = text->p + text->n;
    uint32_t cp = 0;
    size_t n = 1;

    if (!suffix) {
        n = gr_utf8_next(&cp, text->p, text->n);
        if (n == 0) cp = 0x110000u + (unsigned char)*text->p, n = 1;
        *text = (gr_sv){ text->p + n, text->n - n };
        return cp;
    }
    while (n < 4 && n < text->n && ((unsigned char)end[-(ptrdiff_t)n] & 0xC0u) == 0x80u) n++;
    if (gr_utf8_next(&cp, end - n, n) != n) cp = 0x110000u + (unsigned char)end[-1], n = 1;
    text->n -= n;
    return cp;
}

static gr_sv or_nameless(gr_sv type)
{
    return type.n ? type : gr_sv_from("_");
}

bool gr_tag_read(gr_tag *out, gr_sv text, bool suffix)
{
    size_t at;

    if (text.n == 0) return false;
    out->letter = cut_letter(&text, suffix);
    if (suffix) {
        for (at = text.n; at > 0 && text.p[at - 1] != '-'; at--) { }
        if (at > 0) text.n = at - 1;
    } else {
        for (at = 0; at < text.n && text.p[at] != '-'; at++) { }
        if (at < text.n) text = (gr_sv){ text.p + at + 1, text.n - at - 1 };
    }
    out->type = or_nameless(text);
    return true;
}

gr_status gr_tag_read_strict(gr_tag *out, gr_sv text, bool suffix, gr_tag_scheme scheme_id, gr_err *err)
{
    const gr_sv whole = text;

    if (text.n == 0) return gr_fail(err, GR_E_ARG, "an empty tag");
    out->letter = cut_letter(&text, suffix);
    if (!(bit_of(out->letter) & schemes[scheme_id].allowed))
        return gr_fail(err, GR_E_ARG, "the tag '%.*s' is not of the scheme %s", GR_SV_FMT(whole), schemes[scheme_id].name);
    while (text.n && text.p[0] == '-') text = (gr_sv){ text.p + 1, text.n - 1 };
    while (text.n && text.p[text.n - 1] == '-') text.n--;
    out->type = or_nameless(text);
    return GR_OK;
}

gr_status gr_tag_check(const char *tag, const gr_seqeval_options *o, gr_err *err)
{
    gr_tag t;

    if (o->scheme != GR_SCHEME_CONLL) return gr_tag_read_strict(&t, gr_sv_from(tag), o->suffix, o->scheme, err);
    return *tag ? GR_OK : gr_fail(err, GR_E_ARG, "an empty tag");
}

/* ---- steps ----------------------------------------------------------------------------------- */

static bool any_rule(const rule *r, const gr_tag *prev, const gr_tag *cur)
{
    const uint8_t p = bit_of(prev->letter), c = bit_of(cur->letter);
    const uint8_t types = gr_sv_eq(prev->type, cur->type) ? SAME : DIFF;

    for (size_t i = 0; i < RULES_MAX && r[i].prev; i++)
        if ((r[i].prev & p) && (r[i].cur & c) && (r[i].types & types)) return true;
    return false;
}

bool gr_tag_starts(gr_tag_scheme s, const gr_tag *prev, const gr_tag *cur)
{
    return any_rule(schemes[s].start, prev, cur);
}

bool gr_tag_inside(gr_tag_scheme s, const gr_tag *prev, const gr_tag *cur)
{
    return any_rule(schemes[s].inside, prev, cur);
}

bool gr_tag_ends(gr_tag_scheme s, const gr_tag *prev, const gr_tag *cur)
{
    return any_rule(schemes[s].end, prev, cur);
}

/* O and the dot carry no chunk: a change of type beside them says nothing. */
static bool bare(uint32_t letter)
{
    return letter == 'O' || letter == '.';
}

bool gr_tag_conll_ends(const gr_tag *prev, const gr_tag *cur)
{
    const uint32_t p = prev->letter, c = cur->letter;

    if (p == 'E' || p == 'S') return true;
    if ((p == 'B' || p == 'I') && (c == 'B' || c == 'S' || c == 'O')) return true;
    return !bare(p) && !gr_sv_eq(prev->type, cur->type);
}

bool gr_tag_conll_starts(const gr_tag *prev, const gr_tag *cur)
{
    const uint32_t p = prev->letter, c = cur->letter;

    if (c == 'B' || c == 'S') return true;
    if ((p == 'E' || p == 'S' || p == 'O') && (c == 'E' || c == 'I')) return true;
    return !bare(c) && !gr_sv_eq(prev->type, cur->type);
}
