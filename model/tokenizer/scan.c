/* scan.c - the fast way from text to tokens, for the BERT pre-tokenizer over a model whose tokens
 * depend on the word alone.
 *
 * The raw text is cut where words surely end: at blanks, and around characters that are a word by
 * themselves (signs, ideographs). What lies between is a stretch; it is normalised alone, which gives
 * the same as normalising it in place because every cut has a starter on its right side or ends a
 * character that is one (see gr_norm_run). Stretches repeat, so their tokens are remembered, keyed by
 * their raw bytes: for a known stretch nothing is decoded, normalised or looked up in the vocabulary. */
#include <string.h>

#include "base/utf8.h"
#include "model/tokenizer/tok_work.h"

/* ---- the cache ---- */

/* Remember the tokens v[0..n) of a stretch that starts at (char0, byte0), if they fit. */
static void remember(gr_tok_work *w, uint32_t hash, const char key[GR_CACHE_KEY], size_t key_len, const gr_tok_piece *v,
                     size_t n, size_t n_words, uint32_t char0, uint32_t byte0)
{
    gr_cache_slot *s;

    if (n > GR_CACHE_TOKENS || n_words > 1) return;
    s = gr_cache_take(w, hash, key, key_len);
    s->n_tokens = (uint8_t)n;
    s->n_words = (uint8_t)n_words;
    for (size_t i = 0; i < n; i++) {
        s->token[i].id = v[i].id;
        s->token[i].c0 = (uint8_t)(v[i].c0 - char0);
        s->token[i].c1 = (uint8_t)(v[i].c1 - char0);
        s->token[i].b0 = (uint8_t)(v[i].b0 - byte0);
        s->token[i].b1 = (uint8_t)(v[i].b1 - byte0);
    }
}

static void recall(gr_tok_run *r, const gr_cache_slot *s, uint32_t char0, uint32_t byte0)
{
    gr_tok_piece *v = r->out->v + r->out->n;

    for (size_t i = 0; i < s->n_tokens; i++)
        v[i] = (gr_tok_piece){ s->token[i].id,           r->word,
                               char0 + s->token[i].c0,   char0 + s->token[i].c1,
                               byte0 + s->token[i].b0,   byte0 + s->token[i].b1, false };
    r->out->n += s->n_tokens;
    r->word += s->n_words * r->word_step;
}

/* ---- stretches ---- */

gr_status gr_tok_glyph_words(gr_tok_run *r, const gr_glyph *g, size_t n, gr_err *err)
{
    size_t at = 0, from, to;

    while (gr_pretok_next(r->pretok->kind, g, n, &at, &from, &to)) {
        const size_t before = r->out->n;

        GR_TRY(r->t->model.encode(&r->t->model, &r->w->scratch, r->out, g + from, to - from, r->word, err));
        gr_tok_pieces_place(gr_tok_pieces_from(r->out, before), r->out->n - before, g + from);
        r->word += r->word_step;
        r->n_words++;
    }
    return GR_OK;
}

/* Normalise and encode text[from..to). */
static gr_status encode_afresh(gr_tok_run *r, size_t from, size_t to, uint32_t chars, gr_err *err)
{
    gr_glyphs *g = r->w->glyphs;

    GR_TRY(gr_norm_run(&r->t->norm, g, (gr_sv){ r->text.p + from, to - from }, chars, (uint32_t)from, err));
    return gr_tok_glyph_words(r, g[0].v, g[0].n, err);
}

/* text[from..to) is one stretch, with `chars` code points before it. */
static gr_status encode_stretch(gr_tok_run *r, size_t from, size_t to, uint32_t chars, gr_err *err)
{
    char key[GR_CACHE_KEY] = { 0 };
    const size_t len = to - from, n_before = r->out->n, words_before = r->n_words;
    const gr_cache_slot *s;
    uint32_t hash;

    if (len > GR_CACHE_KEY) return encode_afresh(r, from, to, chars, err);
    memcpy(key, r->text.p + from, len);
    hash = gr_cache_hash(key, len);
    s = gr_cache_find(r->w, hash, key, len);
    if (s) {
        GR_TRY(gr_tok_pieces_reserve(r->out, GR_CACHE_TOKENS, err));
        recall(r, s, chars, (uint32_t)from);
        return GR_OK;
    }
    GR_TRY(encode_afresh(r, from, to, chars, err));
    remember(r->w, hash, key, len, gr_tok_pieces_from(r->out, n_before), r->out->n - n_before, r->n_words - words_before, chars,
             (uint32_t)from);
    return GR_OK;
}

/* ---- the scanner ---- */

/* What the character at `at` is, its length in *len. */
static gr_scan classify_at(const gr_tok_run *r, size_t at, size_t *len)
{
    const unsigned char c = (unsigned char)r->text.p[at];
    uint32_t cp = 0;

    *len = 1;
    if (r->t->byte_class[c] != GR_SCAN_WIDE) return (gr_scan)r->t->byte_class[c];
    *len = gr_utf8_next(&cp, r->text.p + at, r->text.n - at);
    return gr_tok_classify(r->t, cp);
}

/* End of the stretch at `at`, whose first character is not a blank; its code points in *n_chars. */
static size_t stretch_end(const gr_tok_run *r, size_t at, size_t to, uint32_t *n_chars)
{
    uint32_t n = 0;
    size_t i = at, len;

    while (i < to) {
        const gr_scan c = classify_at(r, i, &len);
        if (c != GR_SCAN_WORD && n > 0) break;
        i += len;
        n++;
        if (c == GR_SCAN_ALONE) break;
    }
    *n_chars = n;
    return i;
}

/* An ASCII sign: its token is known beforehand. */
static gr_status push_sign(gr_tok_run *r, size_t at, uint32_t chars, gr_err *err)
{
    const uint32_t b = (uint32_t)at;

    GR_TRY(gr_tok_pieces_reserve(r->out, 1, err));
    r->out->v[r->out->n++] = (gr_tok_piece){ r->t->alone_id[(unsigned char)r->text.p[at]], r->word, chars, chars + 1,
                                             b, b + 1, false };
    r->word += r->word_step;
    return GR_OK;
}

gr_status gr_tok_scan(gr_tok_run *r, size_t from, size_t to, uint32_t *chars, gr_err *err)
{
    const uint8_t *class = r->t->byte_class;
    size_t at = from, len;

    while (at < to && r->out->n < r->limit) {
        const uint8_t c = class[(unsigned char)r->text.p[at]];
        uint32_t n_chars = 1;
        size_t end = at + 1;

        if (c == GR_SCAN_ALONE) {
            GR_TRY(push_sign(r, at, *chars, err));
        } else if (c == GR_SCAN_WIDE && classify_at(r, at, &len) == GR_SCAN_SPACE) {
            end = at + len;
        } else if (c != GR_SCAN_SPACE) {
            while (end < to && class[(unsigned char)r->text.p[end]] == GR_SCAN_WORD) end++;
            n_chars = (uint32_t)(end - at);
            if (c == GR_SCAN_WIDE || (end < to && class[(unsigned char)r->text.p[end]] == GR_SCAN_WIDE))
                end = stretch_end(r, at, to, &n_chars);
            GR_TRY(encode_stretch(r, at, end, *chars, err));
        }
        *chars += n_chars;
        at = end;
    }
    return GR_OK;
}
