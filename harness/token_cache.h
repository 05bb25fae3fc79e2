/* token_cache.h - tokens of large splits kept on disk, so that the next run need not tokenise them again.
 *
 * A file's name is the digest of everything that its ids depend on: the texts, the tokenizer's files, the greatest length and
 * the program itself. Nothing is looked up by name or time, so nothing can go stale. A file is used only when its own digest
 * holds and every number in it is possible. Whatever goes wrong with the cache, the rows are tokenised as without one. */
#ifndef GR_HARNESS_TOKEN_CACHE_H
#define GR_HARNESS_TOKEN_CACHE_H
#include "base/fs.h"
#include "base/sha256.h"
#include "harness/tokens.h"

typedef struct gr_token_cache {
    char   dir[GR_PATH_MAX];            /* "": off. Made when the first file is written                        */
    char   tokenizer[GR_SHA256_HEX];    /* of the tokenizer's files                                            */
    char   program[GR_SHA256_HEX];      /* of the running program: another build may tokenise otherwise        */
    size_t least;                       /* bytes of text that a split has before it is worth a file            */
    size_t most;                        /* bytes that the folder may hold; the files used longest ago go first */
} gr_token_cache;

/* The cache below `home` ("tokens"), off when GLUE_RUN_CACHE is "off" or "0", or when the program cannot be read. */
void gr_token_cache_init(gr_token_cache *c, const char *home, const char *tokenizer_sha256);

/* Is this split large enough for a file? c NULL: never. */
bool gr_token_cache_wants(const gr_token_cache *c, const gr_texts *texts);

/* The name of a split's file. */
void gr_token_cache_key(char out[GR_SHA256_HEX], const gr_token_cache *c, const gr_texts *texts);

/* Read the file of that key for these rows. GR_E_NOTFOUND: there is none. GR_E_FORMAT, GR_E_CHECKSUM: it is damaged, which includes an
 * id that is not below vocab_size. */
gr_status gr_token_cache_read(gr_tokens *out, const gr_token_cache *c, const char *key, const gr_texts *texts, size_t vocab_size,
                              gr_err *err) GR_MUST_USE;
/* Write one, whole or not at all, and keep the folder within its bound. GR_E_UNSUPPORTED: these tokens do not fit the format. */
gr_status gr_token_cache_write(const gr_token_cache *c, const char *key, const gr_tokens *t, gr_err *err) GR_MUST_USE;

/* gr_tokens_make through the cache (NULL: without one), with the same result. A damaged file is warned of and written again; a folder
 * that cannot be written to is ignored. */
gr_status gr_token_cache_make(gr_tokens *out, const gr_token_cache *c, const gr_tok *tok, const gr_texts *texts, gr_pool *pool,
                              gr_err *err) GR_MUST_USE;

#endif
