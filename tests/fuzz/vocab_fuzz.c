/* vocab_fuzz.c - any bytes as a vocab.txt; what is accepted has its tokens by line. */
#include <string.h>

#include "model/tokenizer/tokenizer.h"
#include "tests/fuzz/fuzz.h"

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;
    int bad = 0;

    if (gr_tok_parse_vocab(&t, (const char *)data, size, NULL, &err) != GR_OK) return err.msg[0] == '\0' || t != NULL;
    for (size_t i = 0; i < gr_tok_vocab_size(t); i++) {
        const char *token = gr_tok_token(t, (int32_t)i);
        bad |= !token || gr_tok_id(t, gr_sv_from(token)) != (int32_t)i;
    }
    gr_tok_close(t);
    return bad;
}
