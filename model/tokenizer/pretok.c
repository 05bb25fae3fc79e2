/* pretok.c - normalised characters to words; see tok_impl.h.
 *
 * BERT: blanks part words and are dropped, every punctuation sign is a word of its own. */
#include "model/tokenizer/tok_impl.h"
#include "model/tokenizer/unicode.h"

static bool next_bert(const gr_glyph *g, size_t n, size_t *at, size_t *from, size_t *to)
{
    size_t i = *at;

    while (i < n && gr_uni_prop(g[i].cp) & GR_UNI_WHITE) i++;
    *from = i;
    if (i < n && gr_uni_prop(g[i].cp) & GR_UNI_PUNCT) i++;
    else
        while (i < n && !(gr_uni_prop(g[i].cp) & (GR_UNI_WHITE | GR_UNI_PUNCT))) i++;
    *to = *at = i;
    return i > *from;
}

bool gr_pretok_next(gr_pretok_kind kind, const gr_glyph *g, size_t n, size_t *at, size_t *from, size_t *to)
{
    if (kind == GR_PRETOK_BERT) return next_bert(g, n, at, from, to);
    *from = *at;
    *to = *at = n;
    return *to > *from;
}
