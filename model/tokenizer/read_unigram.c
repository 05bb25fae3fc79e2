/* read_unigram.c - the entry "model" of tokenizer.json for Unigram: a list of tokens with their scores,
 * the place in the list being the id. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "model/tokenizer/tok_impl.h"

/* ["token", score] */
static gr_status read_entry(gr_sv *token, double *score, gr_arena *arena, const gr_json *v, size_t i, gr_err *err)
{
    const gr_sv s = gr_json_sv(gr_json_at(v, 0));

    if (gr_json_len(v) != 2 || !s.p || !gr_json_is_number(gr_json_at(v, 1)))
        return gr_fail(err, GR_E_FORMAT, "token %zu is not a pair of a text and a score", i);
    if (s.n && memchr(s.p, '\0', s.n)) return gr_fail(err, GR_E_FORMAT, "token %zu holds a NUL", i);
    *score = gr_json_num(gr_json_at(v, 1), 0);
    *token = (gr_sv){ gr_arena_strndup(arena, s.p, s.n), s.n };
    return token->p ? GR_OK : gr_fail_nomem(err, "a vocabulary");
}

static gr_status read_entries(gr_vocab *out, double *score, gr_arena *arena, const gr_json *list, size_t n, gr_err *err)
{
    gr_sv *tokens = calloc(n, sizeof *tokens);
    int32_t *ids = calloc(n, sizeof *ids);
    gr_status s = tokens && ids ? GR_OK : gr_fail_nomem(err, "a vocabulary");
    size_t i = 0, dup[2] = { 0, 0 };

    for (const gr_json *v = gr_json_first(list); v && s == GR_OK; v = gr_json_next(v), i++) {
        s = read_entry(&tokens[i], &score[i], arena, v, i, err);
        ids[i] = (int32_t)i;
    }
    if (s == GR_OK) {
        s = gr_vocab_build(out, arena, tokens, ids, n, dup, err);
        if (dup[1]) s = gr_fail(err, GR_E_FORMAT, "token %zu: '%.*s' occurs twice, as token %zu before", dup[1], GR_SV_FMT(tokens[dup[1]]), dup[0]);
    }
    free(tokens);
    free(ids);
    return s;
}

gr_status gr_tok_read_unigram(gr_tok *t, const gr_json *v, gr_err *err)
{
    const gr_json *list = gr_json_get(v, "vocab"), *unk = gr_json_get(v, "unk_id");
    const size_t n = gr_json_len(list);
    bool byte_fallback = false;
    int64_t unk_id = -1;
    double *score;

    if (!gr_json_is_array(list)) return gr_fail(err, GR_E_FORMAT, "'vocab' is missing or not an array");
    if (n == 0) return gr_fail(err, GR_E_FORMAT, "the vocabulary is empty");
    if (n > GR_TOK_ID_MAX) return gr_fail(err, GR_E_FORMAT, "%zu tokens are too many for a vocabulary", n);
    if (!gr_json_int(&unk_id, unk)) return gr_fail(err, GR_E_FORMAT, "'unk_id' is missing or not an integer");
    GR_TRY(gr_tok_read_flag(&byte_fallback, v, "byte_fallback", err));
    score = gr_arena_calloc(&t->arena, n, sizeof *score);
    if (!score) return gr_fail_nomem(err, "a vocabulary");
    GR_TRY(read_entries(&t->model.vocab, score, &t->arena, list, n, err));
    return gr_unigram_init(&t->model, score, unk_id, byte_fallback, err);
}
