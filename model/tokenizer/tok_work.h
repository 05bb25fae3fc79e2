/* tok_work.h - the inside of a gr_tok_work, shared by encode.c and scan.c. */
#ifndef GR_MODEL_TOKENIZER_TOK_WORK_H
#define GR_MODEL_TOKENIZER_TOK_WORK_H
#include "model/tokenizer/tok_impl.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GR_CACHE_KEY = 24, GR_CACHE_TOKENS = 4, GR_CACHE_SLOTS = 1 << 15 };

/* A stretch of text that was seen before and its tokens; one cache line. Positions count from the
 * start of the stretch. */
typedef struct gr_cache_slot {
    uint32_t hash;
    uint8_t  key_len, n_tokens, n_words; /* key_len 0: empty; n_words 0 or 1 */
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
    int32_t        word;      /* number of the next word            */
    int32_t        word_step; /* 1; 0 where the caller gave a word  */
    size_t         n_words;   /* words found by the model, for the cache */
    size_t         limit;     /* as many tokens are enough           */
} gr_tok_run;

/* text[from..to) holds no added token: words by the scanner with its cache. *chars: code points before
 * `from`, then before `to` (unless the limit was reached). GR_E_NOMEM. */
gr_status gr_tok_scan(gr_tok_run *r, size_t from, size_t to, uint32_t *chars, gr_err *err) GR_MUST_USE;

/* Words and tokens of the glyphs g[0..n). */
gr_status gr_tok_glyph_words(gr_tok_run *r, const gr_glyph *g, size_t n, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
