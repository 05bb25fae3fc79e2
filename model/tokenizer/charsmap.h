/* charsmap.h - the "precompiled charsmap" of SentencePiece: a double-array trie from UTF-8 strings to
 * their replacements. The bytes come from files, so every step of a walk is checked. */
#ifndef GR_MODEL_TOKENIZER_CHARSMAP_H
#define GR_MODEL_TOKENIZER_CHARSMAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_charsmap {
    const uint32_t *unit; /* n_units; NULL: an empty map */
    size_t          n_units;
    gr_sv           text; /* the replacements, each ended by a NUL; valid UTF-8 */
} gr_charsmap;

/* From the bytes of a map (none at all: an empty map), copied into the arena. GR_E_FORMAT, GR_E_NOMEM. */
gr_status gr_charsmap_read(gr_charsmap *out, gr_arena *arena, gr_sv bytes, gr_err *err) GR_MUST_USE;

/* The same from Base64, as tokenizer.json has it. */
gr_status gr_charsmap_read_base64(gr_charsmap *out, gr_arena *arena, gr_sv text, gr_err *err) GR_MUST_USE;

/* The replacement of the shortest key that `s` starts with: true with *out, which may be empty. (The
 * shortest, and for the whole of s: so does the published library, whatever s holds behind the key.) */
bool gr_charsmap_find(const gr_charsmap *m, gr_sv *out, gr_sv s);

#ifdef __cplusplus
}
#endif
#endif
