/* tok_encode_fuzz.c - any bytes as a text, over ten small tokenizers. Invalid UTF-8 is refused; for
 * the rest the offsets must fit the text, the scanner with its cache must agree with the plain way,
 * and cutting must cut. The first byte chooses the tokenizer. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tok_check.h"

#define VOCAB "\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"[MASK]\":3,\"a\":4,\"b\":5,\"##a\":6,\"##b\":7,\".\":8,\"ab\":9,\"\\u4e2d\":10," \
              "\"e\":11,\"##e\":12,\"##\\u0301\":13,\"\\u0120\":14"
#define MODEL "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{" VOCAB "}},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}"

#define BPE "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"\\u0120\":3,\"\\u0120a\":4,\"\\u00c3\":5,\"[X]\":6,\"e\":7}," \
            "\"merges\":[\"a b\",\"\\u0120 a\"]"
#define UNIGRAM "{\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<u>\",0],[\"a\",-2],[\"b\",-2],[\"ab\",-3.5],[\"\\u2581\",-1]," \
                "[\"\\u2581a\",-2.5],[\"<0xC3>\",-9],[\"<0xA9>\",-9]]"

enum { N = 10 };

static const char *const tokenizers[N] = {
    MODEL ",\"normalizer\":{\"type\":\"BertNormalizer\"}}",
    MODEL ",\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":false},"
          "\"added_tokens\":[{\"id\":3,\"content\":\"[MASK]\",\"special\":true,\"lstrip\":true}],"
          "\"post_processor\":{\"type\":\"RobertaProcessing\",\"cls\":[\"[CLS]\",1],\"sep\":[\"[SEP]\",2]}}",
    MODEL ",\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":false,\"handle_chinese_chars\":false,\"strip_accents\":true},"
          "\"added_tokens\":[{\"id\":20,\"content\":\"E a\",\"rstrip\":true},{\"id\":9,\"content\":\"ab\",\"single_word\":true,\"normalized\":false}]}",
    MODEL "}",
    BPE "},\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true},\"normalizer\":{\"type\":\"NFC\"},"
        "\"added_tokens\":[{\"id\":6,\"content\":\"[X]\",\"lstrip\":true,\"normalized\":true}],\"post_processor\":{\"type\":\"ByteLevel\"}}",
    BPE ",\"unk_token\":\"[X]\",\"fuse_unk\":true},\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Whitespace\"},"
        "{\"type\":\"Digits\"},{\"type\":\"Punctuation\",\"behavior\":\"MergedWithNext\"}]},\"normalizer\":{\"type\":\"NFKC\"}}",
    UNIGRAM ",\"byte_fallback\":true},\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\\u2581\",\"prepend_scheme\":\"first\"},"
            "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFD\"},{\"type\":\"Strip\"}]}}",
    UNIGRAM "},\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFKD\"},{\"type\":\"StripAccents\"},"
            "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\\u2581\"},{\"type\":\"Prepend\",\"prepend\":\"\\u2581\"}]}}",
    BPE ",\"unk_token\":\"[X]\"},\"normalizer\":{\"type\":\"ByteLevel\"},\"pre_tokenizer\":{\"type\":\"FixedLength\",\"length\":2},"
        "\"post_processor\":{\"type\":\"Sequence\",\"processors\":[{\"type\":\"ByteLevel\"},{\"type\":\"ByteLevel\",\"add_prefix_space\":false}]}}",
    "{\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"[UNK]\",\"vocab\":{" VOCAB "}},\"normalizer\":{\"type\":\"Nmt\"},"
    "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"CharDelimiterSplit\",\"delimiter\":\".\"},{\"type\":\"UnicodeScripts\"}]}}",
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

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    const char *json = tokenizers[size ? (data[0] & 15) % N : 0];
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
        bad |= check(&e, text) | check_plain(t, text, &e) | gr_tok_fuzz_check(t, text);
        bad |= gr_tok_encode(w, &e, text, none, 5, true, NULL) != GR_OK || e.n > 5;
        bad |= gr_tok_encode(w, &e, text, text, 9, true, NULL) != GR_OK || e.n > 9;
        bad |= gr_tok_encode_words(w, &e, (gr_sv[2]){ text, text }, 2, 0, true, NULL) != GR_OK;
    }
    gr_tok_work_close(w);
    gr_tok_close(t);
    return bad;
}
