/* wordpiece.c - the WordPiece model: from the left, always the longest token of the vocabulary; inner
 * pieces carry a prefix ("##"). A word that cannot be covered, or is longer than max_chars, is one
 * unknown token. Without inner pieces this is the WordLevel model: a word is a token or unknown. */
#include <stdlib.h>

#include "base/checked.h"
#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"

gr_status gr_tok_pieces_reserve(gr_tok_pieces *p, size_t n, gr_err *err)
{
    size_t want, bytes;
    gr_tok_piece *v;

    if (p->cap - p->n >= n) return GR_OK;
    if (!gr_add_size(&want, p->n, n) || !gr_add_size(&want, want, p->cap) || !gr_mul_size(&bytes, want, sizeof *v))
        return gr_fail_nomem(err, "the tokens of a text");
    v = realloc(p->v, bytes);
    if (!v) return gr_fail_nomem(err, "the tokens of a text");
    p->v = v;
    p->cap = want;
    return GR_OK;
}

gr_status gr_tok_scratch_reserve(gr_tok_scratch *s, size_t n, gr_err *err)
{
    void *p;

    if (n <= s->cap) return GR_OK;
    p = realloc(s->p, n + n / 2);
    if (!p) return gr_fail_nomem(err, "a word");
    s->p = p;
    s->cap = n + n / 2;
    return GR_OK;
}

/* The longest key from node `at` along g[0..n): number of glyphs (0: none), its value in *id. */
static size_t longest(const gr_trie *t, uint32_t at, const gr_glyph *g, size_t n, int32_t *id)
{
    size_t best = 0;

    for (size_t i = 0; i < n; i++) {
        char utf8[4];
        const size_t len = gr_utf8_put(utf8, g[i].cp);

        for (size_t k = 0; k < len; k++) {
            at = gr_trie_child(t, at, (uint8_t)utf8[k]);
            if (at == GR_TRIE_NONE) return best;
        }
        if (t->node[at].value != GR_TRIE_NO_VALUE) {
            best = i + 1;
            *id = t->node[at].value;
        }
    }
    return best;
}

static gr_status encode(const gr_tok_model *m, gr_tok_scratch *s, gr_tok_pieces *out, const gr_glyph *g, size_t n,
                        int32_t word, gr_err *err)
{
    const size_t start = out->n;
    size_t at = 0;

    (void)s;
    GR_TRY(gr_tok_pieces_reserve(out, n <= m->max_chars ? n : 1, err));
    while (n <= m->max_chars && at < n) {
        const uint32_t from = at ? m->inner : GR_TRIE_ROOT;
        int32_t id = -1;
        const size_t len = from == GR_TRIE_NONE ? 0 : longest(&m->vocab.trie, from, g + at, n - at, &id);

        if (len == 0) break;
        out->v[out->n++] = gr_tok_piece_at(id, at, at + len, word);
        at += len;
    }
    if (at == n) return GR_OK;
    out->n = start;
    out->v[out->n++] = gr_tok_piece_at(m->unk_id, 0, n, word);
    return GR_OK;
}

gr_status gr_wordpiece_init(gr_tok_model *m, gr_sv unk, gr_sv prefix, size_t max_chars, gr_err *err)
{
    m->encode = encode;
    m->unk_id = gr_trie_find(&m->vocab.trie, unk);
    if (m->unk_id < 0)
        return gr_fail(err, GR_E_FORMAT, "unknown token '%.*s' is not in the vocabulary", GR_SV_FMT(unk));
    m->inner = gr_trie_walk(&m->vocab.trie, prefix);
    m->max_chars = max_chars;
    return GR_OK;
}

gr_status gr_wordlevel_init(gr_tok_model *m, gr_sv unk, gr_err *err)
{
    GR_TRY(gr_wordpiece_init(m, unk, gr_sv_from(""), SIZE_MAX, err));
    m->inner = GR_TRIE_NONE;
    return GR_OK;
}
