/* gr_params: the table of BERT for each head, its layout in the slab, and freezing. */
#include "base/str.h"
#include "model/params.h"
#include "tests/support/test.h"

/* H = 20 is no multiple of 16, so that joined and aligned tensors can be told apart. */
static const char json[] = "{\"model_type\":\"bert\",\"vocab_size\":50,\"hidden_size\":20,\"num_hidden_layers\":3,\"num_attention_heads\":4,"
                           "\"intermediate_size\":36,\"max_position_embeddings\":16}";

typedef struct fixture {
    gr_config config;
    gr_params params;
} fixture;

static void make(fixture *f, gr_head_kind kind, int32_t n_out)
{
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_config_parse(&f->config, json, strlen(json), &err), &err);
    assert_ok(gr_params_build(&f->params, &f->config, (gr_head_spec){ kind, n_out }, &err), &err);
}

static void drop(fixture *f)
{
    gr_params_free(&f->params);
    gr_config_free(&f->config);
}

static const gr_param *named(const fixture *f, const char *name)
{
    const int32_t i = gr_params_find(&f->params, name);

    if (i < 0) fail_msg("no parameter '%s'", name);
    return &f->params.p[i];
}

static void test_counts(void **state)
{
    fixture f;
    /* words 50*20, positions 16*20, types 2*20, norm 2*20 = 1400; a layer 4*(400+20) + 36*20+36 + 20*36+20 + 4*20 = 3256;
     * pooler 420; head 3*20+3 = 63 */
    const size_t emb = 1400, layer = 3256, pooler = 420;

    (void)state;
    make(&f, GR_HEAD_CLASS, 3);
    assert_int_equal(f.params.n, 5 + 3 * 16 + 4);
    assert_int_equal(f.params.n_weights, emb + 3 * layer + pooler + 63);
    drop(&f);
    make(&f, GR_HEAD_TOKEN, 9);
    assert_int_equal(f.params.n, 5 + 3 * 16 + 2);
    assert_int_equal(f.params.dense_w, -1);
    assert_int_equal(f.params.n_weights, emb + 3 * layer + 9 * 21);
    drop(&f);
    make(&f, GR_HEAD_EMBED, 0);
    assert_int_equal(f.params.n, 5 + 3 * 16 + 2);
    assert_int_equal(f.params.head_w, -1);
    assert_false(named(&f, "pooler.dense.weight")->used);
    assert_true(named(&f, "encoder.layer.2.output.dense.bias")->used);
    drop(&f);
}

static void test_layout(void **state)
{
    fixture f;
    size_t end = 0;

    (void)state;
    make(&f, GR_HEAD_CLASS, 3);
    for (size_t i = 0; i < f.params.n; i++) {
        const gr_param *p = &f.params.p[i];
        const bool joined = strstr(p->name, ".key.") || strstr(p->name, ".value.");

        assert_int_equal(p->offset, joined ? end : (end + 15) / 16 * 16);
        assert_int_equal(p->count, p->cols ? p->rows * p->cols : p->rows);
        assert_int_equal(p->decay, !strstr(p->name, "bias") && !strstr(p->name, "LayerNorm"));
        assert_int_equal(p->init, strstr(p->name, "bias") ? GR_INIT_ZERO : strstr(p->name, "LayerNorm") ? GR_INIT_ONE : GR_INIT_NORMAL);
        assert_true(p->trainable);
        end = p->offset + p->count;
    }
    assert_int_equal(f.params.total, (end + 15) / 16 * 16);
    drop(&f);
}

static void test_indices(void **state)
{
    fixture f;

    (void)state;
    make(&f, GR_HEAD_REGRESSION, 1);
    for (int32_t l = 0; l < 3; l++) {
        const gr_layer_index *x = &f.params.layer[l];
        char name[112];

        (void)snprintf(name, sizeof name, "bert.encoder.layer.%d.attention.self.query.weight", (int)l);
        assert_int_equal(x->q_w, gr_params_find(&f.params, name));
        (void)snprintf(name, sizeof name, "bert.encoder.layer.%d.output.LayerNorm.bias", (int)l);
        assert_int_equal(x->out_ln_b, gr_params_find(&f.params, name));
        assert_int_equal(f.params.p[x->up_w].rows, 36);
        assert_int_equal(f.params.p[x->up_w].cols, 20);
        assert_int_equal(f.params.p[x->down_w].cols, 36);
        assert_int_equal(f.params.p[x->down_w].layer, l);
    }
    assert_string_equal(f.params.p[f.params.word_emb].name, "bert.embeddings.word_embeddings.weight");
    assert_string_equal(f.params.p[f.params.dense_b].name, "bert.pooler.dense.bias");
    assert_string_equal(f.params.p[f.params.head_w].name, "classifier.weight");
    assert_int_equal(f.params.p[f.params.head_w].rows, 1);
    assert_int_equal(f.params.p[f.params.head_b].part, GR_PART_HEAD);
    assert_int_equal(gr_params_find(&f.params, "bert.nothing"), -1);
    drop(&f);
}

static void test_no_segments(void **state)
{
    static const char bare[] = "{\"model_type\":\"bert\",\"vocab_size\":50,\"hidden_size\":20,\"num_hidden_layers\":1,\"num_attention_heads\":4,"
                               "\"intermediate_size\":36,\"max_position_embeddings\":16,\"type_vocab_size\":0}";
    gr_err err = GR_ERR_INIT;
    gr_config c;
    gr_params p;

    (void)state;
    assert_ok(gr_config_parse(&c, bare, strlen(bare), &err), &err);
    assert_ok(gr_params_build(&p, &c, (gr_head_spec){ GR_HEAD_CLASS, 2 }, &err), &err);
    assert_int_equal(p.type_emb, -1);
    assert_int_equal(gr_params_find(&p, "bert.embeddings.token_type_embeddings.weight"), -1);
    gr_params_free(&p);
    assert_status(gr_params_build(&p, &c, (gr_head_spec){ GR_HEAD_CLASS, 0 }, &err), GR_E_ARG, &err, "output");
    gr_config_free(&c);
}

static size_t frozen(const gr_params *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) n += !t->p[i].trainable;
    return n;
}

static void test_freeze(void **state)
{
    static const struct { const char *pattern; size_t n; } cases[] = {
        { "embeddings", 5 }, { "encoder", 5 + 48 }, { "pooler", 2 }, { "head", 2 }, { "layer.1", 16 }, { "layer.0-1", 32 },
        { "bert.encoder.layer.0.", 16 }, { "bert.", 5 + 48 + 2 }, { "classifier.bias", 1 }, { "embeddings, layer.2", 21 },
    };
    static const char *const bad[] = { "", "embedding", "layer.3", "layer.1-3", "layer.2-1", "layer.", "layer.x", "embeddings,", "embeddings,nothing" };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;

        make(&f, GR_HEAD_CLASS, 2);
        assert_ok(gr_params_freeze(&f.params, cases[i].pattern, &err), &err);
        if (frozen(&f.params) != cases[i].n) fail_msg("'%s' froze %zu", cases[i].pattern, frozen(&f.params));
        drop(&f);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fixture f;

        make(&f, GR_HEAD_CLASS, 2);
        assert_status(gr_params_freeze(&f.params, bad[i], &err), GR_E_ARG, &err, "--freeze");
        drop(&f);
    }
    for (int head = 0; head < 2; head++) { /* the groups that are named are those that the model has */
        fixture f;

        make(&f, head ? GR_HEAD_CLASS : GR_HEAD_EMBED, head ? 2 : 0);
        assert_status(gr_params_freeze(&f.params, "x", &err), GR_E_ARG, &err, head ? "encoder, pooler, head, layer.0-2" : "encoder, pooler, layer.0-2");
        drop(&f);
    }
}

/* 18 layers in 14 groups: int(9 / (18 / 14)) is 6 in floats (modeling_albert.py), 7 in fractions. */
static void test_groups(void **state)
{
    static const char albert[] = "{\"model_type\":\"albert\",\"vocab_size\":50,\"hidden_size\":20,\"num_hidden_layers\":18,\"num_hidden_groups\":14,"
                                 "\"num_attention_heads\":4,\"intermediate_size\":36,\"max_position_embeddings\":16}";
    static const int32_t want[] = { 0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 10, 10, 11, 12, 13 };
    gr_err  err = GR_ERR_INIT;
    fixture f;

    (void)state;
    assert_ok(gr_config_parse(&f.config, albert, strlen(albert), &err), &err);
    assert_ok(gr_params_build(&f.params, &f.config, (gr_head_spec){ GR_HEAD_CLASS, 2 }, &err), &err);
    for (int32_t l = 0; l < 18; l++) assert_int_equal(f.params.p[f.params.layer[l].up_w].layer, want[l]);
    drop(&f);
}

static void test_outputs(void **state)
{
    gr_err    err = GR_ERR_INIT;
    gr_config c;
    gr_params t;

    (void)state;
    assert_ok(gr_config_parse(&c, json, strlen(json), &err), &err);
    assert_status(gr_params_build(&t, &c, (gr_head_spec){ GR_HEAD_CLASS, 0 }, &err), GR_E_ARG, &err, "at least one output, got 0");
    assert_status(gr_params_build(&t, &c, (gr_head_spec){ GR_HEAD_MLM, 51 }, &err), GR_E_ARG, &err, "51 outputs for a vocabulary of 50");
    gr_config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts), cmocka_unit_test(test_layout), cmocka_unit_test(test_indices),
        cmocka_unit_test(test_no_segments), cmocka_unit_test(test_freeze), cmocka_unit_test(test_groups), cmocka_unit_test(test_outputs),
    };
    return gr_test_main(tests);
}
