/* words.c - from normalised glyphs to tokens for every pre-tokenizer: cut into words, ask the cache, ask
 * the model. The tokens of a word depend on its characters alone, so they are remembered by them, with
 * the glyphs that each token covers. */
#include <string.h>

#include "base/utf8.h"
#include "model/tokenizer/tok_work.h"

/* The key of a word, zeros behind it; its length, or 0 when it is too long. */
static size_t make_key(char key[GR_CACHE_KEY], const gr_glyph *g, size_t n)
{
    size_t len = 0;

    memset(key, 0, GR_CACHE_KEY);
    for (size_t i = 0; i < n; i++) {
        char utf8[4];
        size_t k;

        if (g[i].cp < 0x80 && len < GR_CACHE_KEY) {
            key[len++] = (char)g[i].cp;
            continue;
        }
        k = gr_utf8_put(utf8, g[i].cp);
        if (len + k > GR_CACHE_KEY) return 0;
        memcpy(key + len, utf8, k);
        len += k;
    }
    return len;
}

/* Remember the tokens v[0..n) of a word, if they fit. */
static void remember(gr_tok_work *w, uint32_t hash, const char key[GR_CACHE_KEY], size_t len, const gr_tok_piece *v, size_t n)
{
    gr_cache_slot *s;

    if (n > GR_CACHE_TOKENS) return;
    s = gr_cache_take(w, hash, key, len);
    s->n_tokens = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        s->token[i].id = v[i].id;
        s->token[i].c0 = (uint8_t)v[i].c0;
        s->token[i].c1 = (uint8_t)v[i].c1;
    }
}

static gr_status recall(gr_tok_run *r, const gr_cache_slot *s, gr_err *err)
{
    gr_tok_piece *v;

    GR_TRY(gr_tok_pieces_reserve(r->out, GR_CACHE_TOKENS, err));
    v = r->out->v + r->out->n;
    for (size_t i = 0; i < s->n_tokens; i++) v[i] = gr_tok_piece_at(s->token[i].id, s->token[i].c0, s->token[i].c1, r->word);
    r->out->n += s->n_tokens;
    return GR_OK;
}

static gr_status encode_word(gr_tok_run *r, const gr_glyph *g, size_t n, gr_err *err)
{
    const gr_tok_model *m = &r->t->model;
    const size_t before = r->out->n;
    char key[GR_CACHE_KEY];
    const size_t len = make_key(key, g, n);
    const uint32_t hash = gr_cache_hash(key, len);
    const gr_cache_slot *s = len ? gr_cache_find(r->w, hash, key, len) : NULL;

    if (s) {
        GR_TRY(recall(r, s, err));
    } else {
        GR_TRY(m->encode(m, &r->w->scratch, r->out, g, n, r->word, err));
        if (len) remember(r->w, hash, key, len, gr_tok_pieces_from(r->out, before), r->out->n - before);
    }
    gr_tok_pieces_place(gr_tok_pieces_from(r->out, before), r->out->n - before, g);
    return GR_OK;
}

gr_status gr_tok_any_words(gr_tok_run *r, const gr_glyph *g, size_t n, gr_err *err)
{
    gr_glyphs *part = r->w->parts;
    const gr_spans *words = &r->w->spans[0];

    if (r->pretok->kind <= GR_PRETOK_BERT) return gr_tok_glyph_words(r, g, n, err);
    part[0].n = 0;
    GR_TRY(gr_glyphs_reserve(&part[0], n, err));
    if (n) memcpy(part[0].v, g, n * sizeof *g);
    part[0].n = n;
    GR_TRY(gr_pretok_run(r->pretok, part, r->w->spans, err));
    for (size_t i = 0; i < words->n && r->out->n < r->limit; i++) {
        GR_TRY(encode_word(r, part[0].v + words->v[i].from, words->v[i].to - words->v[i].from, err));
        r->word += r->word_step;
    }
    return GR_OK;
}
