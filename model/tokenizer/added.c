/* added.c - added tokens: found in the text by themselves, before any other step sees it (or, those
 * marked `normalized`, in the normalised text).
 *
 * The search is leftmost, then longest, and goes on behind the match. A match that has to be a whole
 * word and is not one is passed over together with its characters. `lstrip` and `rstrip` take the
 * blanks beside a match into it. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"
#include "model/tokenizer/unicode.h"

/* ---- building ---- */

static int by_content(const void *a, const void *b)
{
    const gr_added *x = a, *y = b;
    const int c = gr_sv_cmp(x->content, y->content);

    if (c) return c;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Bytes at which a search has to look closer. */
static void note_starts(gr_added_set *set, const gr_norm *norm)
{
    const bool lower = norm->kind == GR_NORM_BERT && norm->lower;
    size_t distinct = 0;

    for (size_t i = 0; i < set->n; i++) set->starts[(unsigned char)set->token[i].content.p[0]] = true;
    memcpy(set->raw_starts, set->starts, sizeof set->starts);
    if (lower)
        for (int c = 'a'; c <= 'z'; c++)
            if (set->starts[c]) set->raw_starts[c - 'a' + 'A'] = true;
    if (norm->kind > GR_NORM_BERT) memset(set->raw_starts, true, sizeof set->raw_starts); /* any byte may become any */
    if (set->starts[' ']) set->raw_starts['\t'] = set->raw_starts['\n'] = set->raw_starts['\r'] = true;
    for (int c = 0; c < 256; c++) {
        if (!set->starts[c]) continue;
        if (distinct < sizeof set->rare) set->rare[distinct] = (char)c;
        distinct++;
    }
    set->n_rare = distinct <= sizeof set->rare ? distinct : 0;
}

/* Take over set->token[0..set->n), unsorted: order, drop repetitions, index. */
static gr_status build(gr_added_set *set, gr_arena *arena, const gr_norm *norm, gr_err *err)
{
    gr_sv *keys = NULL;
    int32_t *values = NULL;
    size_t n = 0;
    gr_status s;

    if (set->n == 0) return GR_OK;
    qsort(set->token, set->n, sizeof *set->token, by_content);
    for (size_t i = 0; i < set->n; i++)
        if (n == 0 || !gr_sv_eq(set->token[n - 1].content, set->token[i].content)) set->token[n++] = set->token[i];
    set->n = n;
    keys = calloc(n, sizeof *keys);
    values = calloc(n, sizeof *values);
    if (!keys || !values) {
        s = gr_fail_nomem(err, "the added tokens");
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        keys[i] = set->token[i].content;
        values[i] = (int32_t)i;
    }
    s = gr_trie_build(&set->trie, arena, keys, values, n, NULL, err);
    note_starts(set, norm);
out:
    free(keys);
    free(values);
    return s;
}

/* The text of glyphs, in the arena. */
static gr_status glyphs_text(gr_sv *out, gr_arena *arena, const gr_glyphs *g, gr_err *err)
{
    char *p = gr_arena_alloc(arena, 4 * g->n + 1);
    size_t n = 0;

    if (!p) return gr_fail_nomem(err, "the added tokens");
    for (size_t i = 0; i < g->n; i++) n += gr_utf8_put(p + n, g->v[i].cp);
    p[n] = '\0';
    *out = (gr_sv){ p, n };
    return GR_OK;
}

static gr_status refuse_length(const gr_added *a, gr_err *err)
{
    return gr_fail(err, GR_E_UNSUPPORTED, "the added token of id %d has %zu bytes; at most %zu are supported", (int)a->id, a->content.n,
                   GR_TOK_TOKEN_MAX);
}

gr_status gr_added_init(gr_tok *t, const gr_added *tokens, size_t n, gr_err *err)
{
    gr_added *raw = gr_arena_calloc(&t->arena, n, sizeof *raw), *norm = gr_arena_calloc(&t->arena, n, sizeof *norm);
    gr_glyphs g[2] = { { .v = NULL }, { .v = NULL } };
    const gr_norm none = { .kind = GR_NORM_NONE };
    size_t n_raw = 0, n_norm = 0;
    gr_status s = GR_OK;

    if (!raw || !norm) return gr_fail_nomem(err, "the added tokens");
    for (size_t i = 0; i < n && s == GR_OK; i++) {
        gr_added a = tokens[i];

        a.place = i;
        if (a.content.n > GR_TOK_TOKEN_MAX) s = refuse_length(&a, err);
        if (s == GR_OK && a.normalized) {
            s = gr_norm_run(&t->norm, g, a.content, 0, 0, err);
            if (s == GR_OK) s = glyphs_text(&a.content, &t->arena, &g[0], err);
            if (s == GR_OK && a.content.n > GR_TOK_TOKEN_MAX) s = refuse_length(&a, err);
        }
        if (s != GR_OK || a.content.n == 0) continue; /* nothing is left to look for */
        if (a.normalized) norm[n_norm++] = a;
        else raw[n_raw++] = a;
    }
    gr_glyphs_free(&g[0]);
    gr_glyphs_free(&g[1]);
    if (s != GR_OK) return s;
    t->added_raw.token = raw;
    t->added_raw.n = n_raw;
    t->added_norm.token = norm;
    t->added_norm.n = n_norm;
    GR_TRY(build(&t->added_raw, &t->arena, &none, err));
    return build(&t->added_norm, &t->arena, &t->norm, err);
}

/* ---- searching ---- */

/* Properties of the character that ends at `at` (> 0). */
static unsigned prop_before(gr_sv text, size_t at, size_t *from)
{
    uint32_t cp = 0;
    size_t i = at - 1;

    while (i > 0 && ((unsigned char)text.p[i] & 0xC0) == 0x80) i--;
    (void)gr_utf8_next(&cp, text.p + i, at - i);
    *from = i;
    return gr_uni_prop(cp);
}

static unsigned prop_at(gr_sv text, size_t at, size_t *to)
{
    uint32_t cp = 0;

    *to = at + gr_utf8_next(&cp, text.p + at, text.n - at);
    return gr_uni_prop(cp);
}

static bool stands_alone(gr_sv text, size_t from, size_t to)
{
    size_t unused;

    if (from > 0 && prop_before(text, from, &unused) & GR_UNI_WORD) return false;
    return to == text.n || !(prop_at(text, to, &unused) & GR_UNI_WORD);
}

/* No further than `least`: a token that is a blank itself would look at those before it again and again. */
static size_t blanks_before(gr_sv text, size_t at, size_t least)
{
    size_t from;

    while (at > least && prop_before(text, at, &from) & GR_UNI_WHITE) at = from;
    return at;
}

static size_t blanks_behind(gr_sv text, size_t at)
{
    size_t to;

    while (at < text.n && prop_at(text, at, &to) & GR_UNI_WHITE) at = to;
    return at;
}

/* The longest token at `at`, or NULL. */
static const gr_added *match(const gr_added_set *set, gr_sv text, size_t at)
{
    const gr_added *best = NULL;
    uint32_t node = GR_TRIE_ROOT;

    for (; at < text.n; at++) {
        node = gr_trie_child(&set->trie, node, (uint8_t)text.p[at]);
        if (node == GR_TRIE_NONE) break;
        if (set->trie.node[node].value != GR_TRIE_NO_VALUE) best = &set->token[set->trie.node[node].value];
    }
    return best;
}

/* No first byte of a token in the text: the usual case, left to memchr. */
static bool surely_none(const gr_added_set *set, gr_sv text)
{
    if (text.n == 0) return true;
    for (size_t i = 0; i < set->n_rare; i++)
        if (memchr(text.p, set->rare[i], text.n)) return false;
    return set->n_rare > 0;
}

bool gr_added_next(gr_added_hit *hit, const gr_added_set *set, gr_sv text, size_t at, size_t done)
{
    /* Asked once a text: asking again behind every hit would read the rest of the text each time. */
    if (set->n == 0 || (at == 0 && surely_none(set, text))) return false;
    while (at < text.n) {
        const gr_added *a = set->starts[(unsigned char)text.p[at]] ? match(set, text, at) : NULL;
        size_t end;

        if (!a) {
            at++;
            continue;
        }
        end = at + a->content.n;
        if (a->single_word && !stands_alone(text, at, end)) {
            at = end;
            continue;
        }
        hit->token = a;
        hit->next = end;
        hit->from = a->lstrip ? blanks_before(text, at, done) : at;
        if (hit->from < done) hit->from = done; /* the hit before took these blanks */
        hit->to = a->rstrip ? blanks_behind(text, end) : end;
        return true;
    }
    return false;
}

bool gr_added_possible(const gr_added_set *set, gr_sv text, bool ascii)
{
    if (set->n == 0) return false;
    if (!ascii) return true;
    for (size_t i = 0; i < text.n; i++)
        if (set->raw_starts[(unsigned char)text.p[i]]) return true;
    return false;
}
