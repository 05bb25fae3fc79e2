/* The parts of a model folder against each other: more ids than embeddings, no special tokens, a length beyond the positions. */
#include <stdio.h>

#include "base/fs.h"
#include "harness/fit.h"
#include "tests/support/test.h"

static const char words[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nrain\nfalls\n";

static gr_config config_of(const char *family, int vocab, int positions)
{
    char text[512];
    gr_config c;
    gr_err err = GR_ERR_INIT;
    const int n = snprintf(text, sizeof text, "{\"model_type\":\"%s\",\"vocab_size\":%d,\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,"
                                              "\"intermediate_size\":8,\"max_position_embeddings\":%d}", family, vocab, positions);

    assert_ok(gr_config_parse(&c, text, (size_t)n, &err), &err);
    return c;
}

static gr_tok *tok_of_words(void)
{
    const gr_tok_opts o = GR_TOK_OPTS_DEFAULT;
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_tok_parse_vocab(&t, words, sizeof words - 1, &o, &err), &err);
    return t;
}

static gr_tok *tok_of_json(const char *post)
{
    char text[1024];
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;
    const int n = snprintf(text, sizeof text, "{\"added_tokens\":[],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":%s,\"decoder\":null,"
                                              "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":100,"
                                              "\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"rain\":3}}}", post);

    assert_ok(gr_tok_parse_json(&t, text, (size_t)n, &err), &err);
    return t;
}

static void ids_and_embeddings(void **state)
{
    gr_config fits = config_of("bert", 7, 16), small = config_of("bert", 6, 16);
    gr_tok *t = tok_of_words();
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fit_tokenizer(&fits, t, "folder", &err), &err);
    assert_status(gr_fit_tokenizer(&small, t, "folder", &err), GR_E_FORMAT, &err, "folder: the tokenizer has ids up to 6, the model only 6 embeddings");
    gr_tok_close(t);
    gr_config_free(&fits);
    gr_config_free(&small);
}

static void special_tokens(void **state)
{
    gr_config c = config_of("bert", 7, 16);
    gr_tok *bare = tok_of_json("null"), *whole = tok_of_json("{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",2],\"cls\":[\"[CLS]\",1]}");
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fit_tokenizer(&c, whole, "folder", &err), &err);
    assert_status(gr_fit_tokenizer(&c, bare, "folder", &err), GR_E_FORMAT, &err, "folder: the tokenizer puts no special tokens around a text");
    gr_tok_close(bare);
    gr_tok_close(whole);
    gr_config_free(&c);
}

static void lengths(void **state)
{
    gr_config c = config_of("bert", 7, 16);
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_int_equal(gr_fit_positions(&c), 16);
    assert_ok(gr_fit_length(&c, 0, "folder", &err), &err);
    assert_ok(gr_fit_length(&c, 16, "folder", &err), &err);
    assert_status(gr_fit_length(&c, 17, "folder", &err), GR_E_ARG, &err, "--max-length 17: the model has 16 positions (folder/config.json)");
    gr_config_free(&c);
}

/* Below this the tokenizer, as that of transformers, cuts nothing: a run would see whole texts. */
static void room_for_text(void **state)
{
    gr_tok *const t = tok_of_words();
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fit_room(t, 0, true, &err), &err);
    assert_ok(gr_fit_room(t, 4, true, &err), &err);
    assert_ok(gr_fit_room(t, 3, false, &err), &err); /* [CLS] word [SEP] */
    for (int n = 1; n < 4; n++)
        assert_status(gr_fit_room(t, n, true, &err), GR_E_ARG, &err, "leaves no room for text beside the special tokens of a pair: at least 4");
    for (int n = 1; n < 3; n++) assert_status(gr_fit_room(t, n, false, &err), GR_E_ARG, &err, "leaves no room for text beside the special tokens: at least 3");
    gr_tok_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ids_and_embeddings), cmocka_unit_test(special_tokens), cmocka_unit_test(lengths), cmocka_unit_test(room_for_text) };

    return gr_test_main(tests);
}
