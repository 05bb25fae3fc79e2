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

/* Tokenise rows[n], spread over the pool (the result does not depend on its size): texts, or with `words` set the words of each.
 * max_length 0: rows are not cut. GR_E_FORMAT names the row; GR_E_CANCELLED. */
gr_status gr_tokens_make(gr_tokens *out, const gr_tok *tok, const gr_example *rows, size_t n, bool words, size_t max_length,
                         gr_pool *pool, gr_err *err) GR_MUST_USE;
void      gr_tokens_free(gr_tokens *t); /* accepts a zeroed one */

#endif
