/* gr_config: what is read, what has a default, what is refused and how. */
#include "base/fs.h"
#include "model/config.h"
#include "tests/support/test.h"

#define SIZES "\"vocab_size\":100,\"hidden_size\":24,\"num_hidden_layers\":2,\"num_attention_heads\":4,\"intermediate_size\":48,\"max_position_embeddings\":32"
#define OF(family) "{\"model_type\":\"" family "\"," SIZES
#define BERT OF("bert")

static gr_status parse(gr_config *c, const char *json, gr_err *err)
{
    return gr_config_parse(c, json, strlen(json), err);
}

static void test_defaults(void **state)
{
    gr_err err = GR_ERR_INIT;
    gr_config c;

    (void)state;
    assert_ok(parse(&c, BERT "}", &err), &err);
    assert_int_equal(c.family, GR_FAMILY_BERT);
    assert_int_equal(c.vocab_size, 100);
    assert_int_equal(c.inter, 48);
    assert_int_equal(c.type_vocab, 2);
    assert_int_equal(c.pad_id, 0);
    assert_int_equal(c.position_offset, 0);
    assert_int_equal(c.act, GR_ACT_GELU);
    assert_near(c.ln_eps, 1e-12, 0, "layer_norm_eps");
    assert_near(c.init_range, 0.02, 0, "initializer_range");
    assert_near(c.drop[GR_DROP_HEAD], 0.1, 0, "classifier dropout follows hidden dropout");
    assert_int_equal(c.n_labels, 0);
    assert_null(c.labels);
    assert_false(c.has_head);
    assert_string_equal(c.architecture, "");
    assert_non_null(c.source);
    gr_config_free(&c);
}

static void test_values(void **state)
{
    static const char json[] = BERT ",\"hidden_act\":\"gelu_new\",\"hidden_dropout_prob\":0.2,\"attention_probs_dropout_prob\":0,"
                                    "\"classifier_dropout\":0.3,\"layer_norm_eps\":1e-5,\"type_vocab_size\":0,\"pad_token_id\":7,"
                                    "\"architectures\":[\"BertForTokenClassification\"],"
                                    "\"id2label\":{\"1\":\"B-PER\",\"0\":\"O\",\"2\":\"I-PER\"}}";
    gr_err err = GR_ERR_INIT;
    gr_config c;

    (void)state;
    assert_ok(parse(&c, json, &err), &err);
    assert_int_equal(c.act, GR_ACT_GELU_TANH);
    assert_near(c.drop[GR_DROP_EMBED], 0.2, 0, "hidden");
    assert_near(c.drop[GR_DROP_ATTN], 0.0, 0, "attention");
    assert_near(c.drop[GR_DROP_HEAD], 0.3, 0, "classifier");
    assert_int_equal(c.type_vocab, 0);
    assert_int_equal(c.pad_id, 7);
    assert_true(c.has_head);
    assert_int_equal(c.n_labels, 3);
    assert_string_equal(c.labels[0], "O");
    assert_string_equal(c.labels[1], "B-PER");
    assert_string_equal(c.labels[2], "I-PER");
    gr_config_free(&c);
}

static void test_refusals(void **state)
{
    static const struct { const char *json; gr_status want; const char *part; } cases[] = {
        { "[]", GR_E_FORMAT, "not a JSON object" },
        { "{" SIZES "}", GR_E_FORMAT, "'model_type' is missing" },
        { "{\"model_type\":\"t5\"," SIZES "}", GR_E_UNSUPPORTED, "'t5'; supported: bert" },
        { "{\"model_type\":\"bert\"}", GR_E_FORMAT, "'vocab_size'" },
        { "{\"model_type\":\"bert\",\"vocab_size\":1e12}", GR_E_FORMAT, "'vocab_size'" },
        { "{\"model_type\":\"bert\",\"vocab_size\":9,\"hidden_size\":-4}", GR_E_FORMAT, "'hidden_size'" },
        { "{\"model_type\":\"bert\",\"vocab_size\":9,\"hidden_size\":4.5}", GR_E_FORMAT, "'hidden_size'" },
        { "{\"model_type\":\"bert\",\"vocab_size\":9,\"hidden_size\":10,\"num_hidden_layers\":1,\"num_attention_heads\":3,"
          "\"intermediate_size\":8,\"max_position_embeddings\":8}", GR_E_FORMAT, "not a multiple" },
        { BERT ",\"hidden_act\":\"swish\"}", GR_E_UNSUPPORTED, "'swish'" },
        { BERT ",\"hidden_act\":\"none\"}", GR_E_UNSUPPORTED, "'none'" },
        { BERT ",\"hidden_act\":3}", GR_E_FORMAT, "not a string" },
        { BERT ",\"hidden_dropout_prob\":1.0}", GR_E_FORMAT, "'hidden_dropout_prob'" },
        { BERT ",\"hidden_dropout_prob\":\"a\"}", GR_E_FORMAT, "'hidden_dropout_prob'" },
        { BERT ",\"pad_token_id\":100}", GR_E_FORMAT, "'pad_token_id'" },
        { BERT ",\"position_embedding_type\":\"relative_key\"}", GR_E_UNSUPPORTED, "'relative_key'" },
        { BERT ",\"is_decoder\":true}", GR_E_UNSUPPORTED, "decoder" },
        { BERT ",\"architectures\":\"x\"}", GR_E_FORMAT, "'architectures'" },
        { BERT ",\"id2label\":[\"a\"]}", GR_E_FORMAT, "'id2label'" },
        { BERT ",\"id2label\":{\"0\":\"a\",\"2\":\"b\"}}", GR_E_FORMAT, "'2' is not an id" },
        { BERT ",\"id2label\":{\"0\":\"a\",\"00\":\"b\"}}", GR_E_FORMAT, "twice" },
        { BERT ",\"id2label\":{\"0\":1}}", GR_E_FORMAT, "not a string" },
        { BERT, GR_E_FORMAT, "line 1" },
        { OF("modernbert") "}", GR_E_FORMAT, "'pad_token_id' is absent and the family's, 50283, is not in 0..99" },
        { OF("modernbert") ",\"pad_token_id\":null}", GR_E_FORMAT, "'pad_token_id' is absent" },
        { OF("modernbert") ",\"pad_token_id\":0,\"local_attention\":1}", GR_E_FORMAT, "'local_attention'" },
        { OF("distilbert") ",\"sinusoidal_pos_embds\":1,\"dim\":24,\"n_layers\":2,\"n_heads\":4,\"hidden_dim\":48}", GR_E_FORMAT, "'sinusoidal_pos_embds'" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gr_err err = GR_ERR_INIT;
        gr_config c;

        assert_status(parse(&c, cases[i].json, &err), cases[i].want, &err, cases[i].part);
        assert_null(c.source); /* nothing is left to free */
    }
}

/* Rows rise with the offset and stay in the table, however far: here the logarithm's divisor is 2e-6. */
static void test_far_offsets(void **state)
{
    static const char json[] = OF("deberta-v2") ",\"relative_attention\":true,\"pos_att_type\":\"c2p\",\"position_buckets\":1048576,"
                                                "\"max_relative_positions\":524290}";
    gr_err    err = GR_ERR_INIT;
    gr_config c;
    int32_t   last;

    (void)state;
    assert_ok(parse(&c, json, &err), &err);
    last = gr_config_rel_rows(&c) - 1;
    for (int32_t offset = -(1 << 20); offset <= 1 << 20; offset += 512) {
        const int32_t row = gr_config_rel_row(&c, offset);

        assert_true(row >= 0 && row <= last);
        last = row;
    }
    assert_int_equal(last, 0);
    gr_config_free(&c);
}

static void test_file(void **state)
{
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_config c;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "config.json"));
    assert_ok(gr_fs_write(path, BERT "}", strlen(BERT "}"), &err), &err);
    assert_ok(gr_config_read(&c, path, &err), &err);
    gr_config_free(&c);
    assert_ok(gr_config_read(&c, gr_test_tmpdir(), &err), &err); /* the folder will do */
    gr_config_free(&c);
    assert_ok(gr_fs_write(path, "{}", 2, &err), &err);
    assert_status(gr_config_read(&c, path, &err), GR_E_FORMAT, &err, "config.json: 'model_type' is missing");
    assert_status(gr_config_read(&c, "absent.json", &err), GR_E_NOTFOUND, &err, "absent.json");
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(gr_act_name(GR_ACT_GELU), "gelu");
    assert_string_equal(gr_act_name(GR_ACT_GELU_TANH), "gelu_new");
    assert_string_equal(gr_act_name(GR_ACT_RELU), "relu");
    assert_string_equal(gr_act_name(GR_ACT_TANH), "tanh");
    assert_string_equal(gr_family_name(GR_FAMILY_BERT), "bert");
    assert_string_equal(gr_family_name(GR_FAMILY_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_values), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_far_offsets), cmocka_unit_test(test_file), cmocka_unit_test(test_names),
    };
    return gr_test_main(tests);
}
