/* vocab.c - tokens by id and ids by token; see tok_impl.h. */
#include "model/tokenizer/tok_impl.h"

gr_status gr_vocab_build(gr_vocab *out, gr_arena *arena, const gr_sv *tokens, const int32_t *ids, size_t n,
                         size_t dup[2], gr_err *err)
{
    gr_vocab v = { { NULL, NULL, 0 }, NULL, 0 };

    for (size_t i = 0; i < n; i++)
        if (tokens[i].n > GR_TOK_TOKEN_MAX)
            return gr_fail(err, GR_E_UNSUPPORTED, "the token of id %d has %zu bytes; at most %zu are supported", (int)ids[i], tokens[i].n,
                           GR_TOK_TOKEN_MAX);
    GR_TRY(gr_trie_build(&v.trie, arena, tokens, ids, n, dup, err));
    for (size_t i = 0; i < n; i++)
        if ((size_t)ids[i] >= v.n) v.n = (size_t)ids[i] + 1;
    v.token = gr_arena_calloc(arena, v.n, sizeof *v.token);
    if (!v.token) return gr_fail_nomem(err, "a vocabulary");
    for (size_t i = 0; i < n; i++) {
        gr_sv *slot = &v.token[ids[i]];
        if (slot->p)
            return gr_fail(err, GR_E_FORMAT, "'%.*s' and '%.*s' have the same id %d", GR_SV_FMT(*slot),
                           GR_SV_FMT(tokens[i]), (int)ids[i]);
        *slot = tokens[i];
    }
    *out = v;
    return GR_OK;
}
