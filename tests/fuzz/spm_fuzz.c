/* spm_fuzz.c - any bytes as a SentencePiece model of one of four families (the first byte chooses); what
 * is accepted must encode a text that touches every part of the pipeline, and name every id it gives. */
#include "model/tokenizer/tok_impl.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tok_check.h"

static int check(const gr_tok *t)
{
    static const char text[] = "[CLS] ab  \xC3\x89\xE4\xB8\xAD" "A.b <mask> ``q'' e\xCC\x81\xCC\xA7 \xEF\xBC\xA1\xE2\x81\x87";

    return gr_tok_fuzz_check(t, (gr_sv){ text, sizeof text - 1 });
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    static const char *const types[4] = { "albert", "deberta-v2", "xlm-roberta", "camembert" };
    const gr_tok_config config = GR_TOK_CONFIG_NONE;
    gr_tok *t = gr_tok_new();
    gr_err err = GR_ERR_INIT;
    gr_status s;
    int bad = 0;

    if (!t || size == 0) {
        gr_tok_close(t);
        return 0;
    }
    s = gr_tok_read_spm_text(t, (gr_sv){ (const char *)data + 1, size - 1 }, types[data[0] % 4], "spiece.model", &config, &err);
    if (s == GR_OK) s = gr_tok_finish(t, &err);
    if (s == GR_OK) bad = check(t);
    else bad = err.msg[0] == '\0';
    gr_tok_close(t);
    return bad;
}
