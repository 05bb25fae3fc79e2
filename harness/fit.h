/* fit.h - do the parts of a model folder go together, and with what was asked? Found before anything is computed. */
#ifndef GR_HARNESS_FIT_H
#define GR_HARNESS_FIT_H
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "model/config.h"
#include "model/tokenizer/tokenizer.h"

/* Most tokens of a row: the model's positions, less those that its family skips at the start. */
int32_t gr_fit_positions(const gr_config *c);

/* Those, or the tokenizer's model_max_length where that is less and has room for a pair: where rows are cut when nobody says a length. */
int32_t gr_fit_most(const gr_config *c, const gr_tok *tok);

/* GR_E_FORMAT, with the folder and a remedy, when the tokenizer has ids without an embedding in the model, or does not put the
 * special tokens around a text with which every family here was trained. */
gr_status gr_fit_tokenizer(const gr_config *c, const gr_tok *tok, const char *dir, gr_err *err) GR_MUST_USE;

/* GR_E_ARG, naming both, when --max-length (0: not given) is more than the model's positions. */
gr_status gr_fit_length(const gr_config *c, int64_t asked, const char *dir, gr_err *err) GR_MUST_USE;

/* GR_E_ARG, naming both, when --max-length (0: not given) has no room for a token of text beside the special ones of a text, or of a pair:
 * the tokenizer would then cut nothing, as that of transformers does. */
gr_status gr_fit_room(const gr_tok *tok, int64_t asked, bool pair, gr_err *err) GR_MUST_USE;

/* Open the tokenizer of a folder, with these checks (room for one text: whether rows are pairs is not known yet). config.json is read first,
 * so that an unsupported model is named as such whatever its tokenizer is. The caller closes *out, which is NULL on failure. */
gr_status gr_fit_open(gr_tok **out, const char *dir, int64_t asked, gr_err *err) GR_MUST_USE;

#endif
