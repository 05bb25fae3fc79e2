/* gr_model_save: the tokenizer's files go along as they came, but RoBERTa's word tagger says that its words have a blank before them. */
#include "base/fs.h"
#include "base/json.h"
#include "model/weights.h"
#include "tests/support/test.h"

static const char roberta[] = "{\"model_type\":\"roberta\",\"vocab_size\":30,\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":12,"
                              "\"max_position_embeddings\":12,\"type_vocab_size\":1,\"pad_token_id\":1}";
static const char bert[] = "{\"model_type\":\"bert\",\"vocab_size\":30,\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":12,"
                           "\"max_position_embeddings\":12,\"pad_token_id\":0}";

/* As transformers 5 writes it. */
static const char published[] = "{\n  \"add_prefix_space\": false,\n  \"model_max_length\": 1000000000000000019884624838656,\n  \"tokenizer_class\": \"RobertaTokenizer\"\n}\n";

static const char *at(const char *dir, const char *name)
{
    static char path[8][GR_PATH_MAX];
    static int turn;

    turn = (turn + 1) % 8;
    assert_true(gr_fs_join(path[turn], GR_PATH_MAX, dir, name));
    return path[turn];
}

/* A model of this configuration, made beside tokenizer_config.json (NULL: none) and saved: the folder. */
static const char *saved(const char *config, const char *tokenizer, gr_head_kind kind)
{
    static int n;
    char name[16];
    const char *from, *to;
    const gr_model_opts o = { .head = { kind, 3 }, .seed = 7, .elem = 4, .dropout = -1.0 };
    gr_model *m = NULL;
    gr_err err = GR_ERR_INIT;

    (void)snprintf(name, sizeof name, "from%d", ++n);
    from = at(gr_test_tmpdir(), name);
    (void)snprintf(name, sizeof name, "to%d", n);
    to = at(gr_test_tmpdir(), name);
    assert_ok(gr_fs_mkdirs(from, &err), &err);
    assert_ok(gr_fs_write(at(from, "config.json"), config, strlen(config), &err), &err);
    if (tokenizer) assert_ok(gr_fs_write(at(from, "tokenizer_config.json"), tokenizer, strlen(tokenizer), &err), &err);
    assert_ok(gr_model_create(&m, at(from, "config.json"), &o, &err), &err);
    assert_ok(gr_model_save(m, to, &err), &err);
    gr_model_close(m);
    return to;
}

/* AutoTokenizer of transformers 5.23 splits words as run_ner does with this key, and not without it. */
static void words_of_roberta(void **state)
{
    gr_json *doc = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_json_read(&doc, at(saved(roberta, published, GR_HEAD_TOKEN), "tokenizer_config.json"), 0, &err), &err);
    assert_true(gr_json_bool(gr_json_get(doc, "add_prefix_space"), false) && gr_json_len(doc) == 3);
    assert_string_equal(gr_json_str(gr_json_get(doc, "tokenizer_class"), ""), "RobertaTokenizer");
    assert_true(gr_json_num(gr_json_get(doc, "model_max_length"), 0) == 1e30);
    gr_json_free(doc);
    assert_ok(gr_json_read(&doc, at(saved(roberta, NULL, GR_HEAD_TOKEN), "tokenizer_config.json"), 0, &err), &err);
    assert_true(gr_json_bool(gr_json_get(doc, "add_prefix_space"), false) && gr_json_len(doc) == 1);
    gr_json_free(doc);
}

static void others_as_they_came(void **state)
{
    (void)state;
    assert_file(at(saved(roberta, published, GR_HEAD_CLASS), "tokenizer_config.json"), published);
    assert_file(at(saved(bert, published, GR_HEAD_TOKEN), "tokenizer_config.json"), published);
    assert_false(gr_fs_is_file(at(saved(bert, NULL, GR_HEAD_TOKEN), "tokenizer_config.json")));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(words_of_roberta), cmocka_unit_test(others_as_they_came) };

    return gr_test_main(tests);
}
