/* fit.h - do the parts of a model folder go together, and with what was asked? Found before anything is computed. */
#ifndef GR_HARNESS_FIT_H
#define GR_HARNESS_FIT_H
#include <stdint.h>

#include "base/status.h"
#include "model/config.h"
#include "model/tokenizer/tokenizer.h"

/* Tokens a row may have: positions that the first token does not skip. */
int32_t gr_fit_positions(const gr_config *c);

/* GR_E_FORMAT, one line with the folder and a remedy: the tokenizer has ids that the model has no embedding for, or it does not put the
 * special tokens around a text that every family here was trained with. */
gr_status gr_fit_tokenizer(const gr_config *c, const gr_tok *tok, const char *dir, gr_err *err) GR_MUST_USE;

/* --max-length as the user asked for it (0: not) against the model's positions: GR_E_ARG names both. */
gr_status gr_fit_length(const gr_config *c, int64_t asked, const char *dir, gr_err *err) GR_MUST_USE;

/* The tokenizer of a folder, with both checks. config.json is read first: what a model that is not supported has for a tokenizer does not
 * matter. The caller closes *out, which is NULL when it failed. */
gr_status gr_fit_open(gr_tok **out, const char *dir, int64_t asked, gr_err *err) GR_MUST_USE;

#endif
