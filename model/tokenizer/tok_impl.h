/* tok_impl.h - the inside of a tokenizer, shared by the files of this folder alone.
 *
 * A tokenizer is a pipeline of five parts, each a struct that a reader fills from a file:
 *
 *   added tokens  ->  normalizer  ->  pre-tokenizer  ->  model  ->  post-processor
 *   (text cut at      (glyphs)        (words)            (ids)      (template, types)
 *    them first)
 *
 * A further kind of a part is one more row in the table of its reader (read_parts.c, read_model.c) and
 * one more file; the encoder calls a model through gr_tok_model.encode and knows nothing else of it. */
#ifndef GR_MODEL_TOKENIZER_TOK_IMPL_H
#define GR_MODEL_TOKENIZER_TOK_IMPL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "base/str.h"
#include "model/tokenizer/normalizer.h"
#include "model/tokenizer/pretok.h"
#include "model/tokenizer/spm.h"
#include "model/tokenizer/tokenizer.h"
#include "model/tokenizer/trie.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GR_TOK_ID_MAX ((1 << 22) - 1) /* cap on ids from files: bounds the table of tokens */
#define GR_TOK_TEXT_MAX ((size_t)INT32_MAX) /* bytes of one text: offsets are 32 bits */
#define GR_TOK_TOKEN_MAX ((size_t)1024) /* bytes of one token: a search walks so far from every place of a text */
#define GR_TOK_PATTERN_MAX ((size_t)256) /* characters that Split and Replace look for, that Replace and Prepend put in */

/* ---- parts ---- */

/* Tokens by id and ids by token. Strings live in the tokenizer's arena. */
typedef struct gr_vocab {
    gr_trie trie;
    gr_sv  *token; /* by id, n of them; .p NULL where the numbering has a gap */
    size_t  n;     /* largest id + 1 */
} gr_vocab;

/* One growing token of a text. */
typedef struct gr_tok_piece {
    int32_t  id, word;
    uint32_t c0, c1; /* code points */
    uint32_t b0, b1; /* bytes       */
    bool     added;  /* found as an added token: its offsets are final */
} gr_tok_piece;

typedef struct gr_tok_pieces {
    gr_tok_piece *v;
    size_t        n, cap;
} gr_tok_pieces;

/* Those from `at` on; an empty list has no memory yet. */
static inline gr_tok_piece *gr_tok_pieces_from(const gr_tok_pieces *p, size_t at)
{
    return p->v ? p->v + at : NULL;
}

/* A token over the glyphs [from, to) of its word, not yet tied to the text. */
static inline gr_tok_piece gr_tok_piece_at(int32_t id, size_t from, size_t to, int32_t word)
{
    const gr_tok_piece t = { id, word, (uint32_t)from, (uint32_t)to, 0, 0, false };

    return t;
}

/* Tie tokens of the word g to the text. */
static inline void gr_tok_pieces_place(gr_tok_piece *v, size_t n, const gr_glyph *g)
{
    for (size_t i = 0; i < n; i++) {
        const gr_glyph *first = &g[v[i].c0], *last = &g[v[i].c1 - 1];

        v[i].c0 = first->src;
        v[i].c1 = last->src + 1;
        v[i].b0 = first->b0;
        v[i].b1 = last->b1;
    }
}

/* Memory that a model works in, kept from word to word; zero it to start. */
typedef struct gr_tok_scratch {
    void  *p;
    size_t cap; /* bytes */
} gr_tok_scratch;

struct gr_tok_model;

/* Appends the tokens of the word g[0..n), n >= 1, all with this word number; their places are those in the
 * word, by gr_tok_piece_at. GR_E_NOMEM. */
typedef gr_status (*gr_tok_model_encode)(const struct gr_tok_model *m, gr_tok_scratch *s, gr_tok_pieces *out,
                                         const gr_glyph *g, size_t n, int32_t word, gr_err *err);

/* Two tokens that become one; a slot of an open hash table. */
typedef struct gr_merge {
    uint64_t pair; /* left id << 32 | right id; UINT64_MAX: empty */
    uint32_t rank; /* the lower, the sooner */
    int32_t  id;   /* what they become      */
} gr_merge;

typedef struct gr_bpe {
    gr_merge *merge;   /* mask + 1 slots */
    uint64_t  mask;
    uint64_t  key[2];  /* of the hash, from the vocabulary: a file cannot choose its slots */
    bool      byte_level;    /* characters are bytes, written in the byte-level alphabet      */
    bool      byte_fallback; /* an unknown character becomes its bytes, when all are tokens   */
    bool      ignore_merges; /* a word that is a token is that token                          */
    bool      fuse_unk;      /* unknown characters in a row are one token                     */
    gr_sv     prefix;        /* of a character that does not begin a word                     */
    gr_sv     suffix;        /* of the last character of a word                               */
    int32_t   byte_id[256];  /* byte_level: token of the byte's sign; byte_fallback: of <0x..>; -1: none */
} gr_bpe;

typedef struct gr_unigram {
    const double *score; /* by id */
    double  unk_score;
    bool    byte_fallback;
    int32_t byte_id[256];
    bool    all_bytes; /* every byte has its token */
} gr_unigram;

typedef struct gr_tok_model {
    gr_tok_model_encode encode;
    gr_vocab            vocab;
    int32_t             unk_id;
    /* WordPiece */
    uint32_t inner;     /* trie node behind the continuing prefix; GR_TRIE_NONE when no token has it (WordLevel: always) */
    size_t   max_chars; /* longer words are unknown */
    gr_bpe     bpe;
    gr_unigram unigram;
} gr_tok_model;

typedef struct gr_added {
    gr_sv   name;    /* as the file has it                                                 */
    gr_sv   content; /* as it stands in the text: normalised already when `normalized` is set */
    int32_t id;
    bool    single_word, lstrip, rstrip, normalized, special;
    size_t  place;   /* in the caller's list: of two with one content and one id the first counts */
} gr_added;

/* Added tokens that are looked for together: all in raw text, or all in normalised text. */
typedef struct gr_added_set {
    gr_trie  trie;       /* values index `token` */
    gr_added *token;
    size_t   n;
    bool     starts[256];      /* first bytes of the tokens */
    bool     raw_starts[256];  /* ASCII bytes that may become one by normalisation */
    char     rare[4];          /* the first bytes, when there are at most four; else n_rare is 0 */
    size_t   n_rare;
} gr_added_set;

typedef struct gr_post_item {
    int32_t id;  /* of a special token; -1: a sequence stands here */
    int32_t seq; /* 0 or 1 */
    int32_t type;
} gr_post_item;

typedef struct gr_post_template {
    gr_post_item *item;
    size_t        n, n_special;
} gr_post_template;

enum { GR_TRIMS_MAX = 4 };

typedef struct gr_post {
    gr_post_template single, pair;
    size_t   n_trims;       /* how often blanks are taken out of offsets: once for each RobertaProcessing and ByteLevel that says so */
    bool     prefix_space[GR_TRIMS_MAX]; /* ... but for one at the start of the text */
    bool     roberta;       /* the template is RobertaProcessing's */
    uint8_t (*blanks)[2];   /* by id: blank characters at the start and end of the token; NULL: none has any */
} gr_post;

/* What the scanner does with a byte or character, worked out once from the normalizer's options. */
typedef enum gr_scan { GR_SCAN_WORD, GR_SCAN_SPACE, GR_SCAN_ALONE, GR_SCAN_WIDE } gr_scan;

struct gr_tok {
    gr_arena       arena;
    gr_norm        norm;
    gr_pretok      pretok;
    gr_tok_model   model;
    gr_added_set   added_raw, added_norm;
    gr_post        post;
    gr_pretok      word_pretok; /* the same two for words that the caller split: behind RobertaProcessing, */
    gr_post        word_post;   /* byte-level words begin with a blank, as the models were trained          */
    size_t         vocab_size; /* added tokens included */
    int32_t        pad_id, cls_id, sep_id, mask_id;
    int32_t        max_length; /* model_max_length; 0: not said */
    bool           cut_left;   /* truncation keeps the end of a text */
    bool           scan;       /* the word scanner of encode.c may be used */
    uint8_t        byte_class[256]; /* gr_scan */
    int32_t        alone_id[128];   /* the token of an ASCII sign that is a word by itself */
};

/* ---- vocab.c ---- */

/* From n distinct tokens with their ids (0..GR_TOK_ID_MAX); the strings must already live in the
 * arena with a NUL behind them. dup as for gr_trie_build; two tokens of one id are GR_E_FORMAT, one of more
 * than GR_TOK_TOKEN_MAX bytes is GR_E_UNSUPPORTED. */
gr_status gr_vocab_build(gr_vocab *out, gr_arena *arena, const gr_sv *tokens, const int32_t *ids, size_t n,
                         size_t dup[2], gr_err *err) GR_MUST_USE;

/* ---- wordpiece.c ---- */

/* The model over a built vocabulary. GR_E_FORMAT when unk is not in it. */
gr_status gr_wordpiece_init(gr_tok_model *m, gr_sv unk, gr_sv prefix, size_t max_chars, gr_err *err) GR_MUST_USE;

/* Words as they stand in the vocabulary, none of them cut. GR_E_FORMAT when unk is not in it. */
gr_status gr_wordlevel_init(gr_tok_model *m, gr_sv unk, gr_err *err) GR_MUST_USE;

/* Room for n more pieces. GR_E_NOMEM. */
gr_status gr_tok_pieces_reserve(gr_tok_pieces *p, size_t n, gr_err *err) GR_MUST_USE;

/* At least n bytes in s->p, its content undefined. GR_E_NOMEM. */
gr_status gr_tok_scratch_reserve(gr_tok_scratch *s, size_t n, gr_err *err) GR_MUST_USE;

/* ---- bpe.c ---- */

/* The model over a built vocabulary; m->bpe's flags, prefix and suffix are set already (in the arena).
 * unk {NULL, 0}: none. GR_E_FORMAT when unk is not in the vocabulary. */
gr_status gr_bpe_init(gr_tok_model *m, gr_arena *arena, gr_sv unk, size_t n_merges, gr_err *err) GR_MUST_USE;

/* The next merge, of these two tokens, in the order of their rank. GR_E_FORMAT when one of them or the
 * result is no token, or when they were merged before; the message does not name the place. */
gr_status gr_bpe_add_merge(gr_tok_model *m, gr_sv left, gr_sv right, uint32_t rank, gr_err *err) GR_MUST_USE;

/* Turn the model into one over bytes, for the byte-level pre-tokenizer. */
void gr_bpe_set_byte_level(gr_tok_model *m);

/* ---- unigram.c ---- */

/* The model over a built vocabulary; scores by id (changed by gr_unigram_score). GR_E_FORMAT when unk is
 * out of range or a score is not finite. */
gr_status gr_unigram_init(gr_tok_model *m, double *score, int64_t unk, bool byte_fallback, gr_err *err) GR_MUST_USE;

/* A score as the library has it once it has read it from a tokenizer.json: its JSON reader turns the
 * shortest decimals of x into digits and a power of ten and divides, which may miss x by the last bit. Sums
 * of scores that are all but equal, as those of repeated letters, are decided by such bits. `text` is
 * scratch. */
double gr_unigram_score(gr_buf *text, double x);

/* Tokens "<0x00>" to "<0xFF>" of a vocabulary, -1 where one is missing; true when none is. */
bool gr_tok_byte_tokens(int32_t out[256], const gr_vocab *v);

/* ---- added.c ---- */

/* Where an added token stands in a text. */
typedef struct gr_added_hit {
    const gr_added *token;
    size_t from, to;  /* bytes of the text, blanks that it swallows included */
    size_t next;      /* where the search goes on: behind the token proper   */
} gr_added_hit;

/* Sort the tokens into the two sets of t (the normalised ones get their content normalised). GR_E_UNSUPPORTED
 * above GR_TOK_TOKEN_MAX bytes. */
gr_status gr_added_init(gr_tok *t, const gr_added *tokens, size_t n, gr_err *err) GR_MUST_USE;

/* The next token at or behind `at`; `done` is the end of the hit before. False when there is none. */
bool gr_added_next(gr_added_hit *hit, const gr_added_set *set, gr_sv text, size_t at, size_t done);

/* False when none of the set can occur once `text` is normalised; true when one might. */
bool gr_added_possible(const gr_added_set *set, gr_sv text, bool ascii);

/* ---- post.c ---- */

/* Templates by name; all ids of the special tokens are checked by the caller. */
gr_status gr_post_set(gr_post_template *out, gr_arena *arena, const gr_post_item *items, size_t n, gr_err *err) GR_MUST_USE;
gr_status gr_post_none(gr_post *p, gr_arena *arena, gr_err *err) GR_MUST_USE;
gr_status gr_post_bert(gr_post *p, gr_arena *arena, int32_t cls, int32_t sep, gr_err *err) GR_MUST_USE;
gr_status gr_post_roberta(gr_post *p, gr_arena *arena, int32_t cls, int32_t sep, gr_err *err) GR_MUST_USE;

/* Work out post.blanks for the vocabulary. */
gr_status gr_post_blanks(gr_tok *t, gr_err *err) GR_MUST_USE;

/* Is cp a blank for offset trimming? */
bool gr_post_is_blank(uint32_t cp);

/* One more trimming of offsets. GR_E_UNSUPPORTED above GR_TRIMS_MAX. */
gr_status gr_post_add_trim(gr_post *p, bool prefix_space, gr_err *err) GR_MUST_USE;

/* Take the blanks that a token's own text has at its ends out of its offsets within `text`, post->n_trims times: the
 * library does not look at what the time before has left. */
void gr_post_trim(const gr_post *post, gr_tok_piece *p, gr_sv text, size_t lead, size_t trail, bool first);

/* Lengths after truncation to `room` tokens, longest first. n[1] is 0 for a single text. */
void gr_post_truncate(size_t n[2], bool pair, size_t room);

/* ---- tokenizer.c ---- */

/* Everything that follows from the parts: classes of bytes, sets, special ids that are still -1. */
gr_status gr_tok_finish(gr_tok *t, gr_err *err) GR_MUST_USE;
gr_tok   *gr_tok_new(void); /* NULL when memory is exhausted */

/* Ids below the vocabulary's size that no token has, and the first of them. The library takes such files, and no text
 * gets these ids. */
size_t gr_tok_holes(const gr_tok *t, int32_t *first);

/* What the scanner does with code point cp (never GR_SCAN_WIDE). */
gr_scan gr_tok_classify(const gr_tok *t, uint32_t cp);

/* Let a byte-level pre-tokenizer, be it alone or the last of several, put a blank before what it gets (1) or not (0),
 * and the post-processors know of it; -1 leaves all as it is. GR_E_NOMEM. */
gr_status gr_tok_set_prefix_space(gr_tok *t, int on, gr_err *err) GR_MUST_USE;

/* ---- read_config.c ---- */

#define GR_TOK_CONFIG_NONE { .lowercase = -1, .strip_accents = -1, .chinese_chars = -1, .keep_accents = -1, .split_by_punct = -1, .prefix_space = -1 }

/* tokenizer_config.json as far as it matters here; unset names are {NULL, 0}. */
typedef struct gr_tok_config {
    int   lowercase, strip_accents, chinese_chars; /* -1: not said */
    int   keep_accents, split_by_punct, prefix_space; /* add_prefix_space */
    bool  mpnet;                                   /* the template of MPNetTokenizer */
    bool  no_segments;                             /* model_input_names without token_type_ids */
    bool  cut_left;                                /* truncation_side */
    int32_t max_length;                            /* model_max_length; 0: none */
    gr_sv class_name;                              /* tokenizer_class */
    gr_sv unk, pad, cls, sep, mask;
    gr_sv path;                                    /* for messages */
} gr_tok_config;

/* Strings go to the arena. An absent file leaves all unset. */
gr_status gr_tok_config_read(gr_tok_config *out, gr_arena *arena, const char *path, gr_err *err) GR_MUST_USE;

/* The name that the configuration gives a token, else its usual one. */
gr_sv gr_tok_name_or(gr_sv given, const char *fallback);

/* Set what the configuration says last: the special ids that it names (warn of names that are no tokens), what truncation does, and
 * that all is one segment. Behind the reading of the templates. */
void gr_tok_config_apply(gr_tok *t, const gr_tok_config *c);

/* Where tokenizer.json says otherwise: the classes of BERT's kind and RoBERTa's build their normalizer and pre-tokenizer by
 * tokenizer_config.json in the Python libraries. What it does not say is left as it is. GR_E_NOMEM. */
gr_status gr_tok_config_override(gr_tok *t, const gr_tok_config *c, gr_err *err) GR_MUST_USE;

/* ---- read_parts.c, read_model.c, read_norm.c, read_pretok.c, read_bpe.c, read_unigram.c ---- */

/* One kind of a part, by the "type" that tokenizer.json gives it. read NULL: known, of a later version. */
typedef struct gr_tok_kind {
    const char *type;
    gr_status (*read)(gr_tok *t, const gr_json *v, gr_err *err);
} gr_tok_kind;

/* Read part v by the row of its type; `what` names the part in messages. The table ends at type NULL.
 * GR_E_UNSUPPORTED for a later kind, GR_E_FORMAT for an unknown one. */
gr_status gr_tok_read_kind(gr_tok *t, const gr_tok_kind *kinds, const char *type, const gr_json *v,
                           const char *what, gr_err *err) GR_MUST_USE;

/* Each reads one entry of tokenizer.json, which may be absent or null but for the model. The model
 * comes first, the post-processor (whose tokens must exist) last. */
gr_status gr_tok_read_model(gr_tok *t, const gr_json *v, gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_normalizer(gr_tok *t, const gr_json *v, gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_pretok(gr_tok *t, const gr_json *v, gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_added(gr_tok *t, const gr_json *v, gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_post(gr_tok *t, const gr_json *v, gr_err *err) GR_MUST_USE;

/* The models that have files of their own, from the entry "model". */
gr_status gr_tok_read_bpe(gr_tok *t, const gr_json *v, gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_unigram(gr_tok *t, const gr_json *v, gr_err *err) GR_MUST_USE;

/* An object of tokens with their ids. */
gr_status gr_tok_read_ids(gr_vocab *out, gr_arena *arena, const gr_json *vocab, gr_err *err) GR_MUST_USE;

/* A string member, or the fallback (which may be NULL) when it is absent or null. */
gr_status gr_tok_read_text(gr_sv *out, const gr_json *obj, const char *key, const char *fallback, gr_err *err) GR_MUST_USE;

/* {"String": ".."} or {"Regex": ".."}, copied into the arena. GR_E_UNSUPPORTED for an unknown regex and for a text of
 * more than GR_TOK_PATTERN_MAX characters. */
gr_status gr_tok_read_pattern(gr_pattern *out, gr_arena *arena, const gr_json *v, gr_err *err) GR_MUST_USE;

/* Code points of a text, in the arena; GR_E_UNSUPPORTED above GR_TOK_PATTERN_MAX. */
gr_status gr_tok_code_points(const uint32_t **out, size_t *n, gr_arena *arena, gr_sv text, gr_err *err) GR_MUST_USE;

/* Member `key` of obj as true or false; *out is left alone when it is absent or null. */
gr_status gr_tok_read_flag(bool *out, const gr_json *obj, const char *key, gr_err *err) GR_MUST_USE;

/* ---- read_vocab.c, read_json.c ---- */

/* The shared ends of the openers: fill a fresh t from a text or from a file. */
gr_status gr_tok_read_vocab_text(gr_tok *t, gr_sv text, const gr_tok_opts *opts, const gr_tok_config *c, gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_vocab(gr_tok *t, const char *path, const gr_tok_opts *opts, const gr_tok_config *c, gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_merges_text(gr_tok *t, gr_sv vocab, gr_sv merges, const gr_tok_config *c, gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_merges(gr_tok *t, const char *vocab, const char *merges, const gr_tok_config *c, gr_err *err) GR_MUST_USE;

/* A SentencePiece model: its family by the configuration's class, else by model_type (may be ""), else by
 * the name of the file. */
gr_status gr_tok_read_spm_text(gr_tok *t, gr_sv bytes, const char *model_type, const char *file, const gr_tok_config *c,
                               gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_spm(gr_tok *t, const char *dir, const char *file, const gr_tok_config *c, gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_json_text(gr_tok *t, gr_sv text, gr_err *err) GR_MUST_USE;
gr_status gr_tok_read_json(gr_tok *t, const char *path, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
