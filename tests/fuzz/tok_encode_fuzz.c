/* tok_encode_fuzz.c - any bytes as a text, over four small tokenizers. Invalid UTF-8 is refused; for
 * the rest the offsets must fit the text, the scanner with its cache must agree with the plain way,
 * and cutting must cut. The first byte chooses the tokenizer. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/fuzz/fuzz.h"

#define VOCAB "\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"[MASK]\":3,\"a\":4,\"b\":5,\"##a\":6,\"##b\":7,\".\":8,\"ab\":9,\"\\u4e2d\":10," \
              "\"e\":11,\"##e\":12,\"##\\u0301\":13,\"\\u0120\":14"
#define MODEL "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{" VOCAB "}},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}"

static const char *const tokenizers[4] = {
    MODEL ",\"normalizer\":{\"type\":\"BertNormalizer\"}}",
    MODEL ",\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":false},"
          "\"added_tokens\":[{\"id\":3,\"content\":\"[MASK]\",\"special\":true,\"lstrip\":true}],"
          "\"post_processor\":{\"type\":\"RobertaProcessing\",\"cls\":[\"[CLS]\",1],\"sep\":[\"[SEP]\",2]}}",
    MODEL ",\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":false,\"handle_chinese_chars\":false,\"strip_accents\":true},"
          "\"added_tokens\":[{\"id\":20,\"content\":\"E a\",\"rstrip\":true},{\"id\":9,\"content\":\"ab\",\"single_word\":true,\"normalized\":false}]}",
    MODEL "}",
};

static int check(const gr_encoding *e, gr_sv text)
{
    int bad = 0;

    for (size_t i = 0; i < e->n; i++) {
        const int32_t b0 = e->byte_offsets[i][0], b1 = e->byte_offsets[i][1];

        if (e->sequence_ids[i] < 0) continue;
        bad |= b0 < 0 || b0 > b1 || (size_t)b1 > text.n || e->offsets[i][0] > e->offsets[i][1];
        if (bad) return bad;
        bad |= gr_utf8_count((gr_sv){ text.p, (size_t)b0 }) != (size_t)e->offsets[i][0];
        bad |= gr_utf8_count((gr_sv){ text.p, (size_t)b1 }) != (size_t)e->offsets[i][1];
        bad |= i > 0 && e->sequence_ids[i - 1] == 0 && e->word_ids[i] < e->word_ids[i - 1];
    }
    return bad;
}

/* The same text by the plain way. */
static int check_plain(const gr_tok *t, gr_sv text, const gr_encoding *e)
{
    gr_tok plain = *t;
    gr_tok_work *w = NULL;
    gr_encoding p;
    int bad = 0;

    plain.scan = false;
    if (gr_tok_work_open(&w, &plain, NULL) != GR_OK) return 0;
    if (gr_tok_encode(w, &p, text, (gr_sv){ NULL, 0 }, 0, true, NULL) == GR_OK) {
        bad = p.n != e->n || memcmp(p.ids, e->ids, p.n * sizeof *p.ids) != 0 ||
              memcmp(p.word_ids, e->word_ids, p.n * sizeof *p.word_ids) != 0 ||
              memcmp(p.offsets, e->offsets, p.n * sizeof *p.offsets) != 0 ||
              memcmp(p.byte_offsets, e->byte_offsets, p.n * sizeof *p.byte_offsets) != 0;
    }
    gr_tok_work_close(w);
    return bad;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *json = tokenizers[size ? data[0] % 4 : 0];
    const gr_sv text = { size ? (const char *)data + 1 : "", size ? size - 1 : 0 }, none = { NULL, 0 };
    const bool valid = gr_utf8_check(text, NULL, NULL) == GR_OK;
    gr_tok *t = NULL;
    gr_tok_work *w = NULL;
    gr_encoding e;
    int bad;

    if (gr_tok_parse_json(&t, json, strlen(json), NULL) != GR_OK || gr_tok_work_open(&w, t, NULL) != GR_OK) {
        gr_tok_close(t);
        return 1;
    }
    bad = (gr_tok_encode(w, &e, text, none, 0, true, NULL) == GR_OK) != valid;
    if (valid && !bad) {
        bad |= check(&e, text) | check_plain(t, text, &e);
        bad |= gr_tok_encode(w, &e, text, none, 5, true, NULL) != GR_OK || e.n > 5;
        bad |= gr_tok_encode(w, &e, text, text, 9, true, NULL) != GR_OK || e.n > 9;
        bad |= gr_tok_encode_words(w, &e, (gr_sv[2]){ text, text }, 2, 0, true, NULL) != GR_OK;
    }
    gr_tok_work_close(w);
    gr_tok_close(t);
    return bad;
}
