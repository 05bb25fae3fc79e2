/* merges_fuzz.c - any bytes as a vocab.json and a merges.txt (parted by the first NUL); what is accepted
 * must encode a text and name every id that it gives. */
#include <string.h>

#include "model/tokenizer/tok_impl.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tok_check.h"

static int check(const gr_tok *t)
{
    static const char text[] = "<s> ab aab \xC3\x89" " ba<mask>\n";

    return gr_tok_fuzz_check(t, (gr_sv){ text, sizeof text - 1 });
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    const gr_tok_config config = GR_TOK_CONFIG_NONE;
    const char *p = (const char *)data, *cut = size ? memchr(p, '\0', size) : NULL;
    const size_t n = cut ? (size_t)(cut - p) : size;
    gr_tok *t = gr_tok_new();
    gr_err err = GR_ERR_INIT;
    gr_status s;
    int bad = 0;

    if (!t) return 0;
    s = gr_tok_read_merges_text(t, (gr_sv){ p, n }, cut ? (gr_sv){ cut + 1, size - n - 1 } : (gr_sv){ "", 0 }, &config, &err);
    if (s == GR_OK) s = gr_tok_finish(t, &err);
    if (s == GR_OK) bad = check(t);
    else bad = err.msg[0] == '\0';
    gr_tok_close(t);
    return bad;
}
