/* sentence.h - what a folder that sentence-transformers wrote says about its embeddings: modules.json, the pooling's config.json,
 * sentence_bert_config.json, config_sentence_transformers.json. A folder without these files is a plain encoder. */
#ifndef GR_HARNESS_SENTENCE_H
#define GR_HARNESS_SENTENCE_H
#include <stdint.h>

#include "base/status.h"

/* Read the folder's max_seq_length into *max_length (0: it names none) and check the rest. `embed` computes the mean over all tokens,
 * scaled to length 1. So another pooling, another module (Dense) and vectors of another width than `hidden` are refused by name:
 * GR_E_UNSUPPORTED, or GR_E_FORMAT with the file. Warned of: a prompt that sentence-transformers would put before every text, and
 * lower-casing that the tokenizer's own files do not ask for. */
gr_status gr_sentence_read(int32_t *max_length, const char *dir, int32_t hidden, gr_err *err) GR_MUST_USE;

#endif
