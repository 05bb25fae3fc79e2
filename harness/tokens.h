/* tokens.h - the texts of a split as token ids: what depends on the texts, the tokenizer and the cut alone, and on no label. */
#ifndef GR_HARNESS_TOKENS_H
#define GR_HARNESS_TOKENS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "data/row.h"
#include "model/tokenizer/tokenizer.h"

typedef struct gr_tokens {
    size_t   n;     /* rows                                                                             */
    size_t  *start; /* [n + 1] first token of each row                                                  */
    int32_t *ids;   /* [start[n]]                                                                       */
    int32_t *types; /* [start[n]]                                                                       */
    int32_t *words; /* [start[n]] which word of the row a token is of, -1: none; NULL where rows are texts */
} gr_tokens;

/* What is tokenised: rows[n], borrowed. */
typedef struct gr_texts {
    const gr_example *rows;
    size_t            n;
    bool              words;      /* the words of each row; else its text, and its pair where it has one */
    size_t            max_length; /* tokens that a row is cut to; 0: rows are not cut                     */
} gr_texts;

/* Tokenise, spread over the pool (the result does not depend on its size). GR_E_FORMAT names the row; GR_E_CANCELLED; GR_E_NOMEM. */
gr_status gr_tokens_make(gr_tokens *out, const gr_tok *tok, const gr_texts *texts, gr_pool *pool, gr_err *err) GR_MUST_USE;
void      gr_tokens_free(gr_tokens *t); /* accepts a zeroed one */

#endif
