/* pretok.c - normalised characters to words; see pretok.h.
 *
 * A step turns a list of words into another: each is cut into matches and what lies between, and the
 * step's rule says which of these become words. Byte-level and metaspace first put a blank or a sign
 * before each word; it has the place of the character behind it. */
#include "model/tokenizer/pretok.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "model/tokenizer/classes.h"

/* ---- one word at a time ---- */

static bool next_bert(const gr_glyph *g, size_t n, size_t *at, size_t *from, size_t *to)
{
    size_t i = *at;

    while (i < n && gr_uni_prop(g[i].cp) & GR_UNI_WHITE) i++;
    *from = i;
    if (i < n && gr_uni_prop(g[i].cp) & GR_UNI_PUNCT) i++;
    else
        while (i < n && !(gr_uni_prop(g[i].cp) & (GR_UNI_WHITE | GR_UNI_PUNCT))) i++;
    *to = *at = i;
    return i > *from;
}

bool gr_pretok_next(gr_pretok_kind kind, const gr_glyph *g, size_t n, size_t *at, size_t *from, size_t *to)
{
    if (kind == GR_PRETOK_BERT) return next_bert(g, n, at, from, to);
    *from = *at;
    *to = *at = n;
    return *to > *from;
}

/* ---- lists of words ---- */

void gr_spans_free(gr_spans *s)
{
    free(s->v);
    *s = (gr_spans){ NULL, 0, 0 };
}

static gr_status push_span(gr_spans *s, size_t from, size_t to, gr_err *err)
{
    if (from == to) return GR_OK;
    if (s->n == s->cap) {
        size_t bytes, cap = s->cap ? 2 * s->cap : 64;
        gr_span *v;

        if (s->n >= GR_GLYPHS_MAX) return gr_fail(err, GR_E_UNSUPPORTED, "a text of more than %d words", (int)GR_GLYPHS_MAX);
        v = gr_mul_size(&bytes, cap, sizeof *v) ? realloc(s->v, bytes) : NULL;
        if (!v) return gr_fail_nomem(err, "the words of a text");
        s->v = v;
        s->cap = cap;
    }
    s->v[s->n++] = (gr_span){ from, to };
    return GR_OK;
}

/* One word being cut: the words made of it begin at `start` in the list. */
typedef struct cutter {
    gr_spans *out;
    size_t    start;
    gr_cut    cut;
    bool      last; /* the piece before was a match */
} cutter;

/* The next piece of the word, a match or not. */
static gr_status cut_piece(cutter *c, size_t from, size_t to, bool match, gr_err *err)
{
    const bool last = c->last;
    bool join = false;

    if (from == to) return GR_OK;
    c->last = match;
    switch (c->cut) {
    case GR_CUT_REMOVED:
        if (match) return GR_OK;
        break;
    case GR_CUT_ISOLATED: break;
    case GR_CUT_PREVIOUS: join = match && !last; break;
    case GR_CUT_NEXT: join = !match && last; break;
    case GR_CUT_CONTIGUOUS: join = match == last; break;
    }
    if (!join || c->out->n == c->start) return push_span(c->out, from, to, err);
    c->out->v[c->out->n - 1].to = to;
    return GR_OK;
}

/* ---- matches ---- */

/* The next match of a step in g[at..n). */
static bool next_match(const gr_pretok *step, const gr_glyph *g, size_t n, size_t at, size_t *from, size_t *to)
{
    size_t i = at;

    switch (step->kind) {
    case GR_PRETOK_SPLIT: return gr_pattern_next(&step->pattern, g, n, at, from, to);
    case GR_PRETOK_BYTE_LEVEL:
        if (at == n) return false;
        *from = at;
        *to = at + gr_pattern_gpt2(g, n, at);
        return true;
    case GR_PRETOK_METASPACE:
        while (i < n && g[i].cp != step->sign) i++;
        break;
    case GR_PRETOK_PUNCTUATION:
        while (i < n && !(gr_uni_prop(g[i].cp) & GR_UNI_PUNCT)) i++;
        break;
    case GR_PRETOK_DIGITS:
        while (i < n && !(gr_uni_class_of(g[i].cp) & GR_CLASS_NUMERIC)) i++;
        break;
    default:
        while (i < n && !(gr_uni_prop(g[i].cp) & GR_UNI_WHITE)) i++;
        break;
    }
    *from = i;
    *to = i + 1;
    return i < n;
}

static gr_status cut_matches(const gr_pretok *step, const gr_glyphs *g, gr_span word, cutter *c, gr_err *err)
{
    const gr_glyph *v = g->v + word.from;
    const size_t n = word.to - word.from;
    size_t at = 0, from, to;

    while (next_match(step, v, n, at, &from, &to)) {
        GR_TRY(cut_piece(c, word.from + at, word.from + from, step->invert, err));
        GR_TRY(cut_piece(c, word.from + from, word.from + to, !step->invert, err));
        at = to;
    }
    return cut_piece(c, word.from + at, word.to, step->invert, err);
}

/* \w+|[^\w\s]+ */
static gr_status cut_whitespace(const gr_glyphs *g, gr_span word, gr_spans *out, gr_err *err)
{
    size_t at = word.from;

    while (at < word.to) {
        const bool white = gr_uni_prop(g->v[at].cp) & GR_UNI_WHITE, letter = gr_uni_class_of(g->v[at].cp) & GR_CLASS_WORD;
        const size_t from = at++;

        if (white) continue;
        while (at < word.to && !(gr_uni_prop(g->v[at].cp) & GR_UNI_WHITE) &&
               !(gr_uni_class_of(g->v[at].cp) & GR_CLASS_WORD) == !letter)
            at++;
        GR_TRY(push_span(out, from, at, err));
    }
    return GR_OK;
}

static gr_status cut_bert(const gr_glyphs *g, gr_span word, gr_spans *out, gr_err *err)
{
    size_t at = 0, from, to;

    while (next_bert(g->v + word.from, word.to - word.from, &at, &from, &to))
        GR_TRY(push_span(out, word.from + from, word.from + to, err));
    return GR_OK;
}

/* A word ends before each character whose script is another than that of the last one that has any; what stands before
 * the first of these is dropped. */
static gr_status cut_scripts(const gr_glyphs *g, gr_span word, gr_spans *out, gr_err *err)
{
    unsigned last = GR_SCRIPT_ANY;
    size_t from = word.to;

    for (size_t i = word.from; i < word.to; i++) {
        const unsigned script = gr_uni_script(g->v[i].cp);

        if (script == GR_SCRIPT_ANY || script == last) continue;
        if (last != GR_SCRIPT_ANY) GR_TRY(push_span(out, from, i, err));
        last = script;
        from = i;
    }
    return push_span(out, from, word.to, err);
}

static gr_status cut_lengths(size_t length, gr_span word, gr_spans *out, gr_err *err)
{
    size_t at = word.from;

    for (; word.to - at > length; at += length) GR_TRY(push_span(out, at, at + length, err));
    return push_span(out, at, word.to, err);
}

static gr_status cut_word(const gr_pretok *step, const gr_glyphs *g, gr_span word, gr_spans *out, gr_err *err)
{
    cutter c = { out, out->n, step->cut, false };

    switch (step->kind) {
    case GR_PRETOK_BERT: return cut_bert(g, word, out, err);
    case GR_PRETOK_WHITESPACE: return cut_whitespace(g, word, out, err);
    case GR_PRETOK_SCRIPTS: return cut_scripts(g, word, out, err);
    case GR_PRETOK_FIXED_LENGTH: return cut_lengths(step->length, word, out, err);
    case GR_PRETOK_BYTE_LEVEL:
    case GR_PRETOK_METASPACE:
        if (!step->split) return push_span(out, word.from, word.to, err);
        c.cut = step->kind == GR_PRETOK_METASPACE ? GR_CUT_NEXT : GR_CUT_ISOLATED;
        return cut_matches(step, g, word, &c, err);
    case GR_PRETOK_WHITESPACE_SPLIT:
    case GR_PRETOK_PUNCTUATION:
    case GR_PRETOK_DIGITS:
    case GR_PRETOK_SPLIT: return cut_matches(step, g, word, &c, err);
    case GR_PRETOK_NONE:
    case GR_PRETOK_STEPS: break;
    }
    return push_span(out, word.from, word.to, err);
}

/* ---- what is put before a word ---- */

/* Does the step put its sign before the word that begins with g? */
static bool wants_prefix(const gr_pretok *step, const gr_glyph *g)
{
    const uint32_t sign = step->kind == GR_PRETOK_METASPACE ? step->sign : ' ';

    if (g->cp == sign || step->prefix == GR_PREFIX_NEVER) return false;
    return step->prefix == GR_PREFIX_ALWAYS || g->b0 == 0;
}

/* Copy g[0] with the prefixes to g[1], move the words along, swap. */
static gr_status add_prefixes(const gr_pretok *step, gr_glyphs g[2], gr_spans *words, gr_err *err)
{
    const uint32_t sign = step->kind == GR_PRETOK_METASPACE ? step->sign : ' ';

    g[1].n = 0;
    GR_TRY(gr_glyphs_reserve(&g[1], g[0].n + words->n, err));
    for (size_t i = 0; i < words->n; i++) {
        gr_span *w = &words->v[i];
        const gr_glyph *from = g[0].v + w->from;
        const size_t n = w->to - w->from;

        w->from = g[1].n;
        if (wants_prefix(step, from)) {
            g[1].v[g[1].n] = *from;
            g[1].v[g[1].n++].cp = sign;
        }
        memcpy(g[1].v + g[1].n, from, n * sizeof *from);
        w->to = g[1].n += n;
    }
    gr_glyphs_swap(g);
    return GR_OK;
}

static gr_status prepare(const gr_pretok *step, gr_glyphs g[2], gr_spans *words, gr_err *err)
{
    bool any = false;

    if (step->kind != GR_PRETOK_METASPACE && step->kind != GR_PRETOK_BYTE_LEVEL) return GR_OK;
    if (step->kind == GR_PRETOK_METASPACE)
        for (size_t i = 0; i < g[0].n; i++)
            if (g[0].v[i].cp == ' ') g[0].v[i].cp = step->sign;
    for (size_t i = 0; i < words->n && !any; i++) any = wants_prefix(step, g[0].v + words->v[i].from);
    return any ? add_prefixes(step, g, words, err) : GR_OK;
}

static gr_status run_step(const gr_pretok *step, gr_glyphs g[2], gr_spans s[2], gr_err *err)
{
    gr_spans t;

    GR_TRY(prepare(step, g, &s[0], err));
    s[1].n = 0;
    for (size_t i = 0; i < s[0].n; i++) GR_TRY(cut_word(step, &g[0], s[0].v[i], &s[1], err));
    t = s[0];
    s[0] = s[1];
    s[1] = t;
    return GR_OK;
}

gr_status gr_pretok_run(const gr_pretok *p, gr_glyphs g[2], gr_spans s[2], gr_err *err)
{
    s[0].n = 0;
    GR_TRY(push_span(&s[0], 0, g[0].n, err));
    if (p->kind != GR_PRETOK_STEPS) return run_step(p, g, s, err);
    for (size_t i = 0; i < p->n_steps; i++) GR_TRY(run_step(&p->step[i], g, s, err));
    return GR_OK;
}
