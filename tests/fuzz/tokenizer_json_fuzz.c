/* tokenizer_json_fuzz.c - any bytes as a tokenizer.json; what is accepted must encode a text that
 * touches every part of the pipeline, and name every id that it gives. */
#include "model/tokenizer/tokenizer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tok_check.h"

static int check(const gr_tok *t)
{
    const gr_sv text = { "[CLS] ab <x> \xC3\x89\xE4\xB8\xAD" "A.b [MASK] \xE1\xBC\x80\xCC\x81 q", 37 }, pair = { "b", 1 };
    const size_t special = gr_tok_n_special(t, true);
    gr_tok_work *w = NULL;
    gr_encoding e;
    gr_status s;
    int bad = gr_tok_fuzz_check(t, text);

    if (gr_tok_work_open(&w, t, NULL) != GR_OK) return bad;
    s = gr_tok_encode(w, &e, text, pair, special + 4, true, NULL);
    if (s == GR_OK) bad |= e.n > special + 4 || gr_tok_fuzz_ids(t, &e, text.n);
    else bad |= s != GR_E_UNSUPPORTED;
    gr_tok_work_close(w);
    return bad;
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;
    int bad;

    if (gr_tok_parse_json(&t, (const char *)data, size, &err) != GR_OK) return err.msg[0] == '\0' || t != NULL;
    bad = check(t);
    gr_tok_close(t);
    return bad;
}
