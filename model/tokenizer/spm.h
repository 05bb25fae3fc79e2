/* spm.h - the file of a SentencePiece model (spiece.model): a message of Protocol Buffers, read as far as
 * a tokenizer needs it. The reader is our own: the format is four kinds of fields, and nothing in the
 * file is trusted. */
#ifndef GR_MODEL_TOKENIZER_SPM_H
#define GR_MODEL_TOKENIZER_SPM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_spm_type {
    GR_SPM_NORMAL = 1, GR_SPM_UNKNOWN = 2, GR_SPM_CONTROL = 3, GR_SPM_USER = 4, GR_SPM_UNUSED = 5, GR_SPM_BYTE = 6
} gr_spm_type;

enum { GR_SPM_UNIGRAM = 1 }; /* of model_type */

typedef struct gr_spm_piece {
    gr_sv       text; /* valid UTF-8, in the arena with a NUL behind it */
    float       score;
    gr_spm_type type;
} gr_spm_piece;

typedef struct gr_spm {
    gr_spm_piece *piece; /* n, in the order of their ids; in the arena */
    size_t        n;
    uint64_t      model_type;
    bool          byte_fallback;
    gr_sv         charsmap; /* of the normalizer; points into the file's bytes; empty: none */
} gr_spm;

/* Read the bytes of a model. GR_E_FORMAT names the place in bytes, GR_E_NOMEM. */
gr_status gr_spm_read(gr_spm *out, gr_arena *arena, gr_sv bytes, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
