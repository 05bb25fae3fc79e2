/* fit.c - see fit.h. */
#include "harness/fit.h"

int32_t gr_fit_positions(const gr_config *c)
{
    return c->max_positions - c->position_offset;
}

int32_t gr_fit_most(const gr_config *c, const gr_tok *tok)
{
    const int32_t positions = gr_fit_positions(c), known = gr_tok_max_length(tok);

    return known < positions && known > 0 && (size_t)known > gr_tok_n_special(tok, true) ? known : positions;
}

gr_status gr_fit_tokenizer(const gr_config *c, const gr_tok *tok, const char *dir, gr_err *err)
{
    const size_t n = gr_tok_vocab_size(tok);

    if (n > (size_t)c->vocab_size)
        return gr_fail(err, GR_E_FORMAT, "%s: the tokenizer has ids up to %zu, the model only %d embeddings: put the tokenizer files there that the model was "
                                         "published with", dir, n - 1, (int)c->vocab_size);
    /* Two at least: one before a text and one behind it, whatever the family calls them. */
    if (gr_tok_cls_id(tok) < 0 || gr_tok_sep_id(tok) < 0 || gr_tok_n_special(tok, false) < 2)
        return gr_fail(err, GR_E_FORMAT, "%s: the tokenizer puts no special tokens around a text, and a %s model needs them ([CLS] and [SEP], or <s> and </s>): "
                                         "put the tokenizer files there that the model was published with", dir, gr_family_name(c->family));
    return GR_OK;
}

gr_status gr_fit_length(const gr_config *c, int64_t asked, const char *dir, gr_err *err)
{
    const int32_t most = gr_fit_positions(c);

    if (asked <= most) return GR_OK;
    return gr_fail(err, GR_E_ARG, "--max-length %lld: the model has %d positions (%s/config.json); ask for so many or fewer", (long long)asked, (int)most, dir);
}

gr_status gr_fit_room(const gr_tok *tok, int64_t asked, bool pair, gr_err *err)
{
    const size_t least = gr_tok_n_special(tok, pair) + 1;

    if (asked <= 0 || (size_t)asked >= least) return GR_OK;
    return gr_fail(err, GR_E_ARG, "--max-length %lld leaves no room for text beside the special tokens%s: at least %zu", (long long)asked,
                   pair ? " of a pair" : "", least);
}

gr_status gr_fit_open(gr_tok **out, const char *dir, int64_t asked, gr_err *err)
{
    gr_config c;
    gr_status s;

    *out = NULL;
    GR_TRY(gr_config_read(&c, dir, err));
    s = gr_tok_open(out, dir, NULL, err);
    if (s == GR_OK) s = gr_fit_tokenizer(&c, *out, dir, err);
    if (s == GR_OK) s = gr_fit_length(&c, asked, dir, err);
    if (s == GR_OK) s = gr_fit_room(*out, asked, false, err);
    gr_config_free(&c);
    if (s == GR_OK) return GR_OK;
    gr_tok_close(*out);
    *out = NULL;
    return s;
}
