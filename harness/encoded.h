/* encoded.h - a split as tokens: what batches are cut from. Made once a run, read many times. */
#ifndef GR_HARNESS_ENCODED_H
#define GR_HARNESS_ENCODED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "data/dataset.h"
#include "harness/tokens.h"
#include "model/batch.h"
#include "model/tokenizer/tokenizer.h"
#include "tasks/task.h"

typedef struct gr_encoded {
    size_t   n;         /* rows                                                                   */
    size_t  *start;     /* [n + 1] first token of each row                                        */
    int32_t *ids;       /* [start[n]]                                                             */
    int32_t *types;     /* [start[n]]                                                             */
    int32_t *classes;   /* [n] (class heads), [start[n]] (token heads: GR_LABEL_IGNORE or a tag), or NULL */
    double  *values;    /* [n] regression targets, rounded to float32 as Trainer's collator does; or NULL */
    size_t  *word_start;/* [n + 1] token heads: first word of each row in word_token              */
    int32_t *word_token;/* token heads: token of a word's first piece within its row; -1: cut off  */
    size_t   max_len;   /* longest row                                                            */
    bool     labelled;  /* every row has its label                                                */
} gr_encoded;

typedef struct gr_encode_opts {
    size_t max_length;       /* 0: none */
    bool   label_all_tokens; /* sub-tokens after the first: the I- form of the word's label */
} gr_encode_opts;

/* Tokenise all rows, spread over the pool (the result does not depend on its size). GR_E_FORMAT names the row. */
gr_status gr_encoded_make(gr_encoded *out, const gr_tok *tok, const gr_examples *ex, const gr_task *task,
                          const gr_encode_opts *o, gr_pool *pool, gr_err *err) GR_MUST_USE;
/* The same for rows that are tokenised already. Takes *t over, even when it fails. */
gr_status gr_encoded_of(gr_encoded *out, gr_tokens *t, const gr_examples *ex, const gr_task *task, bool label_all_tokens, gr_err *err) GR_MUST_USE;
void      gr_encoded_free(gr_encoded *e); /* accepts a zeroed one */

/* Cuts batches from an encoded split: rows[] laid end to end, in that order. */
typedef struct gr_batcher {
    const gr_encoded *from;
    int32_t          *ids, *types, *cu, *classes;
    uint32_t         *slots;
    double           *values;
    int32_t           max_tokens, max_rows;
    bool              token_labels;
} gr_batcher;

gr_status gr_batcher_open(gr_batcher *out, const gr_encoded *e, bool token_labels, int32_t max_tokens, int32_t max_rows, gr_err *err) GR_MUST_USE;
void      gr_batcher_close(gr_batcher *b);
/* rows[n] -> *out, whose arrays live in the batcher until the next fill. slot0: the first row's place in
 * the optimiser step's batch. GR_E_INTERNAL when it does not fit. */
gr_status gr_batcher_fill(gr_batcher *b, gr_batch *out, const uint32_t *rows, size_t n, uint32_t slot0, gr_err *err) GR_MUST_USE;
/* How many of rows[0..n) fit in one batch of the batcher's limits (at least 1). */
size_t    gr_batcher_take(const gr_batcher *b, const uint32_t *rows, size_t n);
/* How many labels of these rows count in the loss: one for each row, or the tokens that are not ignored. */
size_t    gr_encoded_labels(const gr_encoded *e, const uint32_t *rows, size_t n, bool token_labels);

#endif
