/* tok_check.h - what must hold of a tokenizer that was accepted: it encodes the text, every id has a name, offsets
 * stay in the text, and a word that is met again gives the same tokens as when it was new. A text that a normalizer makes
 * too long may be refused, each time alike. */
#ifndef GR_TESTS_FUZZ_TOK_CHECK_H
#define GR_TESTS_FUZZ_TOK_CHECK_H
#include <string.h>

#include "model/tokenizer/tokenizer.h"

static inline int gr_tok_fuzz_ids(const gr_tok *t, const gr_encoding *e, size_t bytes)
{
    int bad = 0;

    for (size_t i = 0; i < e->n; i++) {
        bad |= !gr_tok_token(t, e->ids[i]) || (size_t)e->ids[i] >= gr_tok_vocab_size(t);
        bad |= e->byte_offsets[i][0] > e->byte_offsets[i][1] || e->byte_offsets[i][1] > (int32_t)bytes;
    }
    return bad;
}

static inline int gr_tok_fuzz_check(const gr_tok *t, gr_sv text)
{
    const gr_sv none = { NULL, 0 };
    gr_tok_work *fresh = NULL, *warm = NULL;
    gr_encoding a, b;
    int bad = 0;

    if (gr_tok_work_open(&fresh, t, NULL) == GR_OK && gr_tok_work_open(&warm, t, NULL) == GR_OK) {
        const gr_status s = gr_tok_encode(fresh, &a, text, none, 0, true, NULL);

        bad = (s != GR_OK && s != GR_E_UNSUPPORTED) || gr_tok_encode(warm, &b, text, none, 0, true, NULL) != s ||
              gr_tok_encode(warm, &b, text, none, 0, true, NULL) != s;
        if (!bad && s == GR_OK) bad = gr_tok_fuzz_ids(t, &a, text.n) || a.n != b.n || (a.n > 0 && memcmp(a.ids, b.ids, a.n * sizeof *a.ids) != 0);
    }
    gr_tok_work_close(warm);
    gr_tok_work_close(fresh);
    return bad;
}
#endif
