/* tok_work.h - the inside of a gr_tok_work, shared by encode.c, scan.c and words.c. */
#ifndef GR_MODEL_TOKENIZER_TOK_WORK_H
#define GR_MODEL_TOKENIZER_TOK_WORK_H
#include <string.h>

#include "model/tokenizer/tok_impl.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GR_CACHE_KEY = 24, GR_CACHE_TOKENS = 4, GR_CACHE_SLOTS = 1 << 15 };

/* A stretch of text (scan.c) or a normalised word (words.c) that was seen before and its tokens; one cache
 * line. Positions count from the start of the stretch; a word's are those of its glyphs. */
typedef struct gr_cache_slot {
    uint32_t hash;
    uint8_t  key_len, n_tokens, n_words; /* key_len 0: empty; n_words 0 or 1, of the scanner alone */
    uint8_t  unused;
    char     key[GR_CACHE_KEY];                   /* zeros behind key_len */
    struct {
        int32_t id;
        uint8_t c0, c1, b0, b1;
    } token[GR_CACHE_TOKENS];
} gr_cache_slot;

struct gr_tok_work {
    const gr_tok  *t;
    gr_glyphs      glyphs[2];
    gr_glyphs      parts[2];  /* a part of a text while it is cut into words */
    gr_spans       spans[2];
    gr_tok_scratch scratch;   /* the model's */
    gr_tok_pieces  seq[2];
    gr_buf         text;     /* a normalised text, where added tokens are looked for */
    gr_cache_slot *cache;    /* GR_CACHE_SLOTS */
    int32_t       *block;    /* the arrays of the encoding, 8 * cap numbers */
    size_t         cap;
};

/* One text on its way to tokens. */
typedef struct gr_tok_run {
    gr_tok_work   *w;
    const gr_tok  *t;
    gr_tok_pieces *out;
    gr_sv          text;
    const gr_post *post;      /* and the pre-tokenizer: those for texts or those for words */
    const gr_pretok *pretok;
    int32_t        word;      /* number of the next word            */
    int32_t        word_step; /* 1; 0 where the caller gave a word  */
    size_t         n_words;   /* words found by the model, for the cache */
    size_t         limit;     /* as many tokens are enough           */
} gr_tok_run;

/* text[from..to) holds no added token: words by the scanner with its cache. *chars: code points before
 * `from`, then before `to` (unless the limit was reached). GR_E_NOMEM. */
gr_status gr_tok_scan(gr_tok_run *r, size_t from, size_t to, uint32_t *chars, gr_err *err) GR_MUST_USE;

/* Words and tokens of the glyphs g[0..n), without the cache: for pre-tokenizers that give one word at a
 * time. */
gr_status gr_tok_glyph_words(gr_tok_run *r, const gr_glyph *g, size_t n, gr_err *err) GR_MUST_USE;

/* ---- words.c ---- */

/* The same for every pre-tokenizer, with the cache. */
gr_status gr_tok_any_words(gr_tok_run *r, const gr_glyph *g, size_t n, gr_err *err) GR_MUST_USE;

/* ---- the cache: two ways, a slot and its neighbour. A new entry takes the slot, the entry there moves
 * to the neighbour; nothing is ever chained or cleared. ---- */

/* Multiply-and-fold over three words of 8 bytes; the multipliers are odd and otherwise arbitrary. */
static inline uint32_t gr_cache_hash(const char key[GR_CACHE_KEY], size_t n)
{
    uint64_t w[GR_CACHE_KEY / 8], h;

    memcpy(w, key, sizeof w);
    h = (w[0] + n) * 0x9E3779B97F4A7C15u;
    if (n > 8) {
        h = (h ^ h >> 29 ^ w[1]) * 0xBF58476D1CE4E5B9u;
        h = (h ^ h >> 29 ^ w[2]) * 0x94D049BB133111EBu;
    }
    return (uint32_t)(h >> 32);
}

static inline bool gr_cache_is(const gr_cache_slot *s, uint32_t hash, const char key[GR_CACHE_KEY], size_t n)
{
    return s->hash == hash && s->key_len == n && memcmp(s->key, key, GR_CACHE_KEY) == 0;
}

/* The entry of a key with zeros behind its n bytes, or NULL. */
static inline const gr_cache_slot *gr_cache_find(const gr_tok_work *w, uint32_t hash, const char key[GR_CACHE_KEY], size_t n)
{
    const size_t at = hash & (GR_CACHE_SLOTS - 1);

    if (gr_cache_is(&w->cache[at], hash, key, n)) return &w->cache[at];
    return gr_cache_is(&w->cache[at ^ 1], hash, key, n) ? &w->cache[at ^ 1] : NULL;
}

/* A slot for the key; its tokens are the caller's to fill. */
static inline gr_cache_slot *gr_cache_take(gr_tok_work *w, uint32_t hash, const char key[GR_CACHE_KEY], size_t n)
{
    gr_cache_slot *s = &w->cache[hash & (GR_CACHE_SLOTS - 1)];

    w->cache[(hash & (GR_CACHE_SLOTS - 1)) ^ 1] = *s;
    s->hash = hash;
    s->key_len = (uint8_t)n;
    memcpy(s->key, key, GR_CACHE_KEY);
    return s;
}

#ifdef __cplusplus
}
#endif
#endif
