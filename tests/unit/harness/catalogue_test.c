/* The published checkpoints of the catalogue against their own config.json: sizes, and as many parameters as our table of their family
 * makes of it. A family that is not built in is skipped by name. */
#include "harness/catalogue.h"
#include "model/family.h"
#include "tests/support/test.h"

/* What the published files say, as far as it has to do with shapes. */
#define BERT(layers, hidden, heads, inter, vocab) \
    "{\"model_type\":\"bert\",\"num_hidden_layers\":" #layers ",\"hidden_size\":" #hidden ",\"num_attention_heads\":" #heads ",\"intermediate_size\":" #inter \
    ",\"vocab_size\":" #vocab ",\"max_position_embeddings\":512,\"type_vocab_size\":2,\"hidden_act\":\"gelu\"}"
#define ROBERTA(type, layers, hidden, heads, inter, vocab) \
    "{\"model_type\":\"" type "\",\"num_hidden_layers\":" #layers ",\"hidden_size\":" #hidden ",\"num_attention_heads\":" #heads ",\"intermediate_size\":" #inter \
    ",\"vocab_size\":" #vocab ",\"max_position_embeddings\":514,\"type_vocab_size\":1,\"pad_token_id\":1,\"bos_token_id\":0,\"eos_token_id\":2,\"hidden_act\":\"gelu\"," \
    "\"layer_norm_eps\":1e-05}"
#define DISTILBERT(vocab) \
    "{\"model_type\":\"distilbert\",\"n_layers\":6,\"dim\":768,\"n_heads\":12,\"hidden_dim\":3072,\"vocab_size\":" #vocab ",\"max_position_embeddings\":512,\"activation\":\"gelu\"}"
#define MPNET                                                                                                                                    \
    "{\"model_type\":\"mpnet\",\"num_hidden_layers\":12,\"hidden_size\":768,\"num_attention_heads\":12,\"intermediate_size\":3072,\"vocab_size\":30527," \
    "\"max_position_embeddings\":514,\"relative_attention_num_buckets\":32,\"pad_token_id\":1,\"bos_token_id\":0,\"eos_token_id\":2,\"hidden_act\":\"gelu\","           \
    "\"layer_norm_eps\":1e-05}"
#define ELECTRA(embedding, hidden, heads, inter) \
    "{\"model_type\":\"electra\",\"num_hidden_layers\":12,\"embedding_size\":" #embedding ",\"hidden_size\":" #hidden ",\"num_attention_heads\":" #heads \
    ",\"intermediate_size\":" #inter ",\"vocab_size\":30522,\"max_position_embeddings\":512,\"type_vocab_size\":2,\"hidden_act\":\"gelu\"}"
#define ALBERT(layers, hidden, heads, inter) \
    "{\"model_type\":\"albert\",\"num_hidden_layers\":" #layers ",\"embedding_size\":128,\"hidden_size\":" #hidden ",\"num_attention_heads\":" #heads \
    ",\"intermediate_size\":" #inter ",\"vocab_size\":30000,\"max_position_embeddings\":512,\"type_vocab_size\":2,\"hidden_act\":\"gelu_new\",\"num_hidden_groups\":1," \
    "\"inner_group_num\":1}"
#define DEBERTA(layers, hidden, heads, inter) \
    "{\"model_type\":\"deberta-v2\",\"num_hidden_layers\":" #layers ",\"hidden_size\":" #hidden ",\"num_attention_heads\":" #heads ",\"intermediate_size\":" #inter \
    ",\"vocab_size\":128100,\"max_position_embeddings\":512,\"type_vocab_size\":0,\"hidden_act\":\"gelu\",\"relative_attention\":true,\"position_buckets\":256," \
    "\"norm_rel_ebd\":\"layer_norm\",\"share_att_key\":true,\"pos_att_type\":\"p2c|c2p\",\"max_relative_positions\":-1,\"position_biased_input\":false,\"layer_norm_eps\":1e-07}"
#define MODERNBERT(layers, hidden, heads, inter) \
    "{\"model_type\":\"modernbert\",\"num_hidden_layers\":" #layers ",\"hidden_size\":" #hidden ",\"num_attention_heads\":" #heads ",\"intermediate_size\":" #inter \
    ",\"vocab_size\":50368,\"max_position_embeddings\":8192,\"pad_token_id\":50283,\"hidden_activation\":\"gelu\",\"global_attn_every_n_layers\":3,\"local_attention\":128," \
    "\"global_rope_theta\":160000.0,\"local_rope_theta\":10000.0,\"attention_bias\":false,\"mlp_bias\":false,\"norm_bias\":false,\"norm_eps\":1e-05}"

static const struct { const char *name, *config; } files[] = {
    { "bert-base-uncased", BERT(12, 768, 12, 3072, 30522) },
    { "bert-base-cased", BERT(12, 768, 12, 3072, 28996) },
    { "bert-large-uncased", BERT(24, 1024, 16, 4096, 30522) },
    { "bert-base-chinese", BERT(12, 768, 12, 3072, 21128) },
    { "bert-base-multilingual-cased", BERT(12, 768, 12, 3072, 119547) },
    { "prajjwal1/bert-tiny", BERT(2, 128, 2, 512, 30522) },
    { "sentence-transformers/all-MiniLM-L6-v2", BERT(6, 384, 12, 1536, 30522) },
    { "sentence-transformers/all-MiniLM-L12-v2", BERT(12, 384, 12, 1536, 30522) },
    { "distilbert-base-uncased", DISTILBERT(30522) },
    { "distilbert-base-cased", DISTILBERT(28996) },
    { "microsoft/mpnet-base", MPNET },
    { "sentence-transformers/all-mpnet-base-v2", MPNET },
    { "roberta-base", ROBERTA("roberta", 12, 768, 12, 3072, 50265) },
    { "roberta-large", ROBERTA("roberta", 24, 1024, 16, 4096, 50265) },
    { "distilroberta-base", ROBERTA("roberta", 6, 768, 12, 3072, 50265) },
    { "xlm-roberta-base", ROBERTA("xlm-roberta", 12, 768, 12, 3072, 250002) },
    { "xlm-roberta-large", ROBERTA("xlm-roberta", 24, 1024, 16, 4096, 250002) },
    { "camembert-base", ROBERTA("camembert", 12, 768, 12, 3072, 32005) },
    { "google/electra-small-discriminator", ELECTRA(128, 256, 4, 1024) },
    { "google/electra-base-discriminator", ELECTRA(768, 768, 12, 3072) },
    { "albert-base-v2", ALBERT(12, 768, 12, 3072) },
    { "albert-large-v2", ALBERT(24, 1024, 16, 4096) },
    { "microsoft/deberta-v3-small", DEBERTA(6, 768, 12, 3072) },
    { "microsoft/deberta-v3-base", DEBERTA(12, 768, 12, 3072) },
    { "microsoft/deberta-v3-large", DEBERTA(24, 1024, 16, 4096) },
    { "answerdotai/ModernBERT-base", MODERNBERT(22, 768, 12, 1152) },
    { "answerdotai/ModernBERT-large", MODERNBERT(28, 1024, 16, 2624) },
};

static void compare(const gr_published *p, const char *config)
{
    gr_config c;
    gr_params t;
    gr_err err = GR_ERR_INIT;
    bool same;

    assert_ok(gr_config_parse(&c, config, strlen(config), &err), &err);
    assert_ok(gr_params_build(&t, &c, (gr_head_spec){ GR_HEAD_EMBED, 0 }, &err), &err);
    same = c.layers == p->layers && c.hidden == p->hidden && c.heads == p->heads && c.vocab_size == p->vocab_size && (int64_t)t.n_weights == p->params;
    if (same) gr_case_pass(p->name);
    else gr_case_fail(p->name, "%d x %d, %d heads, %d words, %zu parameters", (int)c.layers, (int)c.hidden, (int)c.heads, (int)c.vocab_size, t.n_weights);
    gr_params_free(&t);
    gr_config_free(&c);
}

static void sizes(void **state)
{
    gr_family family;
    size_t n = 0;

    (void)state;
    for (const gr_published *p; (p = gr_published_at(n)) != NULL; n++) {
        assert_true(n < sizeof files / sizeof *files);
        assert_string_equal(p->name, files[n].name); /* the two lists go side by side */
        if (gr_family_find(&family, p->model_type)) compare(p, files[n].config);
        else gr_case_skip(p->name, "its family is not built in");
    }
    assert_int_equal(n, sizeof files / sizeof *files);
    gr_cases_done("published checkpoints", 0);
}

/* Every family has a checkpoint that people know. */
static void families(void **state)
{
    (void)state;
    for (int f = 0; f < GR_FAMILY_COUNT; f++) {
        bool found = false;

        for (size_t i = 0; gr_published_at(i); i++) found = found || strcmp(gr_published_at(i)->model_type, gr_family_name((gr_family)f)) == 0;
        if (!found) fail_msg("no published checkpoint of the family %s", gr_family_name((gr_family)f));
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(gr_published_find("all-minilm-l6-v2")->name, "sentence-transformers/all-MiniLM-L6-v2");
    assert_string_equal(gr_published_find("Microsoft/mpnet-base")->name, "microsoft/mpnet-base");
    assert_null(gr_published_find("someone/mpnet-base"));
    assert_null(gr_published_find("demo"));
    assert_null(gr_published_at(sizeof files / sizeof *files));
    for (size_t i = 0; gr_published_at(i); i++) assert_true(gr_published_find(gr_published_base(gr_published_at(i)->name)) == gr_published_at(i)); /* none twice */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(sizes), cmocka_unit_test(families), cmocka_unit_test(names) };

    return gr_test_main(tests);
}
