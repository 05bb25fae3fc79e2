/* tokenizer.h - text to ids, as the Hugging Face `tokenizers` library gives them.
 *
 * gr_tok_open(folder) -> gr_tok_encode* -> gr_tok_close. A gr_tok is immutable after opening and may
 * be shared by threads; each thread has a gr_tok_work of its own (scratch memory and a word cache). */
#ifndef GR_MODEL_TOKENIZER_TOKENIZER_H
#define GR_MODEL_TOKENIZER_TOKENIZER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_tok      gr_tok;
typedef struct gr_tok_work gr_tok_work;

/* -1 = as the folder's files say, else the default. The first three are for a vocab.txt alone. */
typedef struct gr_tok_opts {
    int lowercase;       /* default 1 */
    int strip_accents;   /* default: as lowercase */
    int chinese_chars;   /* default 1 */
    int prefix_space;    /* byte-level: a blank before the text (RoBERTa on split words: 1); default 0 */
} gr_tok_opts;
#define GR_TOK_OPTS_DEFAULT { -1, -1, -1, -1 }

/* Open from a folder: tokenizer.json when there, else vocab.txt, else vocab.json with merges.txt, else a
 * SentencePiece model (spiece.model, spm.model, sentencepiece.bpe.model); tokenizer_config.json, if any, says
 * the rest. GR_E_NOTFOUND, GR_E_FORMAT with place, GR_E_UNSUPPORTED with the name of what is not. Oddities that the library
 * takes and that change no token are warned of: ids without a token, special names without one. */
gr_status gr_tok_open(gr_tok **out, const char *dir, const gr_tok_opts *opts, gr_err *err) GR_MUST_USE;
gr_status gr_tok_open_json(gr_tok **out, const char *path, gr_err *err) GR_MUST_USE;
gr_status gr_tok_open_vocab(gr_tok **out, const char *path, const gr_tok_opts *opts, gr_err *err) GR_MUST_USE;

/* The same from the bytes of a tokenizer.json or a vocab.txt; they are not kept. */
gr_status gr_tok_parse_json(gr_tok **out, const char *p, size_t n, gr_err *err) GR_MUST_USE;
gr_status gr_tok_parse_vocab(gr_tok **out, const char *p, size_t n, const gr_tok_opts *opts, gr_err *err) GR_MUST_USE;
void      gr_tok_close(gr_tok *t);

gr_status gr_tok_work_open(gr_tok_work **out, const gr_tok *t, gr_err *err) GR_MUST_USE;
void      gr_tok_work_close(gr_tok_work *w);

/* Largest id + 1, added tokens included and ids that no token has: as many embeddings a model must have, or texts may
 * hold ids beyond them. */
size_t      gr_tok_vocab_size(const gr_tok *t);
/* NUL-terminated; NULL when out of range. An added token marked `normalized` has the spelling it has in normalised text, as the
 * library's id_to_token gives it; gr_tok_id knows it by that of the file. */
const char *gr_tok_token(const gr_tok *t, int32_t id);
int32_t     gr_tok_id(const gr_tok *t, gr_sv token);           /* -1 when absent */
int32_t     gr_tok_pad_id(const gr_tok *t);
int32_t     gr_tok_unk_id(const gr_tok *t);
int32_t     gr_tok_cls_id(const gr_tok *t);
int32_t     gr_tok_sep_id(const gr_tok *t);
int32_t     gr_tok_mask_id(const gr_tok *t);                   /* -1 when the vocabulary has none */
int32_t     gr_tok_max_length(const gr_tok *t);                /* model_max_length of tokenizer_config.json; 0: not said */
size_t      gr_tok_n_special(const gr_tok *t, bool pair);      /* tokens that the template adds */

/* One encoded text. Arrays of n; owned by the work, valid until its next encode. Arrays that were
 * not asked for (want_offsets false) are NULL. */
typedef struct gr_encoding {
    size_t   n;
    int32_t *ids;
    int32_t *type_ids;
    int32_t *word_ids;     /* -1 for tokens that the template added */
    int32_t *sequence_ids; /* 0, 1, or -1 */
    int32_t (*offsets)[2];      /* code points within the text, the pair, or the word */
    int32_t (*byte_offsets)[2]; /* UTF-8 bytes, likewise */
} gr_encoding;

/* text (and pair, when pair.p is not NULL: an empty view with p != NULL is an empty pair).
 * max_length 0: no truncation; else longest_first, by the Rust library's rule. The text must be valid
 * UTF-8 (GR_E_FORMAT otherwise). */
gr_status gr_tok_encode(gr_tok_work *w, gr_encoding *out, gr_sv text, gr_sv pair, size_t max_length,
                        bool want_offsets, gr_err *err) GR_MUST_USE;

/* Pre-split words, as NER uses; word_ids index `words`, offsets count within the word. RoBERTa's words begin
 * with a blank, whatever the files say of texts: so the models were trained. */
gr_status gr_tok_encode_words(gr_tok_work *w, gr_encoding *out, const gr_sv *words, size_t n_words, size_t max_length,
                              bool want_offsets, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
