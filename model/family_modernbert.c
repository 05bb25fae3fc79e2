/* family_modernbert.c - ModernBERT (Warner et al., 2024), as transformers' models/modernbert saves it.
 *
 * Pre-norm: the attention and feed-forward parts read a norm of the stream, and only their results are added to it. This engine
 * takes the norm before a layer for the norm behind the layer below; layer 0 has none, and final_norm follows the last layer.
 * Rotary positions. Every few layers see all tokens, the others a window. The feed-forward part has a gate; there are few biases.
 * Heads: dense, activation, norm, dropout, linear; sequence heads over the first token or the mean. */
#include <string.h>

#include "model/family_rows.h"

/*    name                                     rows        cols part   init              flags                   index             needs */
static const gr_param_row rows[] = {
    { "embeddings.tok_embeddings.weight",      V,             E, EMB,   GR_INIT_CUT,      ALL | DECAY,           IN_MODEL(word_emb),   0 },
    { "embeddings.norm.weight",                E,             O, EMB,   ONE,              ALL,                   IN_MODEL(emb_ln_w),   0 },
    { "embeddings.norm.bias",                  E,             O, EMB,   ZERO,             ALL,                   IN_MODEL(emb_ln_b),   GR_HAS_NORM_BIAS },
    { "layers.*.attn_norm.weight",             H,             O, LAYER, ONE,              ALL | GR_ROW_BELOW,    IN_LAYER(out_ln_w),   0 },
    { "layers.*.attn_norm.bias",               H,             O, LAYER, ZERO,             ALL | GR_ROW_BELOW,    IN_LAYER(out_ln_b),   GR_HAS_NORM_BIAS },
    { "layers.*.attn.Wqkv.weight",             GR_DIM_QKV,    H, LAYER, GR_INIT_CUT,      ALL | DECAY,           IN_LAYER(q_w),        0 },
    { "layers.*.attn.Wqkv.bias",               GR_DIM_QKV,    O, LAYER, ZERO,             ALL,                   IN_LAYER(q_b),        GR_HAS_ATTN_BIAS },
    { "layers.*.attn.Wo.weight",               H,             H, LAYER, GR_INIT_CUT_OUT,  ALL | DECAY,           IN_LAYER(attn_out_w), 0 },
    { "layers.*.attn.Wo.bias",                 H,             O, LAYER, ZERO,             ALL,                   IN_LAYER(attn_out_b), GR_HAS_ATTN_BIAS },
    { "layers.*.mlp_norm.weight",              H,             O, LAYER, ONE,              ALL,                   IN_LAYER(attn_ln_w),  0 },
    { "layers.*.mlp_norm.bias",                H,             O, LAYER, ZERO,             ALL,                   IN_LAYER(attn_ln_b),  GR_HAS_NORM_BIAS },
    { "layers.*.mlp.Wi.weight",                GR_DIM_GATED,  H, LAYER, GR_INIT_CUT,      ALL | DECAY,           IN_LAYER(up_w),       0 },
    { "layers.*.mlp.Wi.bias",                  GR_DIM_GATED,  O, LAYER, ZERO,             ALL,                   IN_LAYER(up_b),       GR_HAS_MLP_BIAS },
    { "layers.*.mlp.Wo.weight",                H,             F, LAYER, GR_INIT_CUT_OUT,  ALL | DECAY,           IN_LAYER(down_w),     0 },
    { "layers.*.mlp.Wo.bias",                  H,             O, LAYER, ZERO,             ALL,                   IN_LAYER(down_b),     GR_HAS_MLP_BIAS },
    { "final_norm.weight",                     H,             O, LAYER, ONE,              ALL | GR_ROW_TOP,      IN_LAYER(out_ln_w),   0 },
    { "final_norm.bias",                       H,             O, LAYER, ZERO,             ALL | GR_ROW_TOP,      IN_LAYER(out_ln_b),   GR_HAS_NORM_BIAS },
    { "head.dense.weight",                     H,             H, HEAD,  GR_INIT_CUT_OUT,  LABELS | MLM | DECAY,  IN_MODEL(dense_w),    0 },
    { "head.dense.bias",                       H,             O, HEAD,  ZERO,             LABELS | MLM,          IN_MODEL(dense_b),    GR_HAS_DENSE_BIAS },
    { "head.norm.weight",                      H,             O, HEAD,  ONE,              LABELS | MLM,          IN_MODEL(dense_ln_w), 0 },
    { "head.norm.bias",                        H,             O, HEAD,  ZERO,             LABELS | MLM,          IN_MODEL(dense_ln_b), GR_HAS_NORM_BIAS },
    { "classifier.weight",                     N,             H, HEAD,  GR_INIT_CUT_LAST, LABELS | DECAY,        IN_MODEL(head_w),     0 },
    { "classifier.bias",                       N,             O, HEAD,  ZERO,             LABELS,                IN_MODEL(head_b),     0 },
    { "decoder.weight",                        N,             H, HEAD,  GR_INIT_CUT_OUT,  MLM | DECAY,           IN_MODEL(head_w),     GR_HAS_DECODER },
    { "decoder.bias",                          N,             O, HEAD,  ZERO,             MLM,                   IN_MODEL(head_b),     GR_HAS_DECODER_BIAS },
};

static const char *const other_heads[] = { "head.", "decoder.", "classifier.", "qa_outputs.", NULL };

/* Biases that a configuration may take away or bring. */
static gr_status read_biases(gr_config *c, const gr_json *root, gr_err *err)
{
    static const struct { const char *key; bool fallback; unsigned has; } flags[] = {
        { "attention_bias", false, GR_HAS_ATTN_BIAS }, { "mlp_bias", false, GR_HAS_MLP_BIAS }, { "norm_bias", false, GR_HAS_NORM_BIAS },
        { "classifier_bias", false, GR_HAS_DENSE_BIAS }, { "decoder_bias", true, GR_HAS_DECODER_BIAS },
    };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        bool on;

        GR_TRY(gr_config_flag(&on, root, flags[i].key, flags[i].fallback, err));
        if (on) c->has |= flags[i].has;
    }
    return GR_OK;
}

/* layer_types, or in older files every n-th layer is global. */
static gr_status read_layers(gr_config *c, const gr_json *root, gr_err *err)
{
    const gr_json *types = gr_json_get(root, "layer_types");
    bool          *local = gr_arena_calloc(&c->arena, (size_t)c->layers, sizeof *local);
    int32_t        every;

    if (!local) return gr_fail_nomem(err, "the layers");
    GR_TRY(gr_config_int(&every, root, "global_attn_every_n_layers", 3, 1, 1 << 16, err));
    for (int32_t l = 0; l < c->layers; l++) local[l] = l % every != 0;
    c->local = local;
    if (!types || gr_json_is_null(types)) return GR_OK;
    if (!gr_json_is_array(types) || gr_json_len(types) != (size_t)c->layers)
        return gr_fail(err, GR_E_FORMAT, "'layer_types' is not a list of %d names", (int)c->layers);
    for (int32_t l = 0; l < c->layers; l++) {
        const char *name = gr_json_str(gr_json_at(types, (size_t)l), "");

        local[l] = strcmp(name, "sliding_attention") == 0;
        if (!local[l] && strcmp(name, "full_attention") != 0)
            return gr_fail(err, GR_E_UNSUPPORTED, "'layer_types': '%s' is neither full_attention nor sliding_attention", name);
    }
    return GR_OK;
}

/* rope_parameters of each kind of layer, or in older files global_rope_theta and local_rope_theta. */
static gr_status read_rope(gr_config *c, const gr_json *root, gr_err *err)
{
    static const struct { const char *kind, *old; double fallback; } layers[] = {
        { "full_attention", "global_rope_theta", 160000.0 }, { "sliding_attention", "local_rope_theta", 10000.0 },
    };
    const gr_json *scaling = gr_json_get(root, "rope_scaling");

    if (scaling && !gr_json_is_null(scaling)) return gr_fail(err, GR_E_UNSUPPORTED, "'rope_scaling' is not supported");
    for (int i = 0; i < 2; i++) {
        const gr_json *rope = gr_json_get(gr_json_get(root, "rope_parameters"), layers[i].kind);
        const char    *type = gr_json_str(gr_json_get(rope, "rope_type"), "default");

        if (strcmp(type, "default") != 0) return gr_fail(err, GR_E_UNSUPPORTED, "'rope_type' is '%s'; supported: default", type);
        GR_TRY(gr_config_num(&c->rope_theta[i], root, layers[i].old, layers[i].fallback, 1.0, 1e12, err));
        if (rope) GR_TRY(gr_config_num(&c->rope_theta[i], rope, "rope_theta", c->rope_theta[i], 1.0, 1e12, err));
    }
    return GR_OK;
}

static gr_status read(gr_config *c, const gr_json *root, gr_err *err)
{
    const char *pooling = gr_json_str(gr_json_get(root, "classifier_pooling"), "cls");
    int32_t     both_ways;

    c->pre_norm = c->gated = true;
    c->relative = GR_RELATIVE_ROTARY;
    if (c->hidden / c->heads % 2 != 0) return gr_fail(err, GR_E_FORMAT, "heads %d wide: rotary positions need an even width", (int)(c->hidden / c->heads));
    if (strcmp(pooling, "cls") != 0 && strcmp(pooling, "mean") != 0)
        return gr_fail(err, GR_E_UNSUPPORTED, "'classifier_pooling' is '%s'; supported: cls, mean", pooling);
    c->pool_mean = strcmp(pooling, "mean") == 0;
    GR_TRY(gr_config_num(&c->init_cut, root, "initializer_cutoff_factor", 2.0, 0.1, 100.0, err));
    GR_TRY(gr_config_int(&both_ways, root, "local_attention", 128, 2, 1 << 24, err)); /* window 0 would mean none */
    c->window = both_ways / 2;
    GR_TRY(read_biases(c, root, err));
    GR_TRY(read_layers(c, root, err));
    return read_rope(c, root, err);
}

const gr_family_facts gr_family_modernbert = {
    .model_type = "modernbert",
    .class_prefix = "ModernBert",
    .tensor_prefix = "model.",
    .sizes = BERT_SIZES,
    .reals = { [GR_REAL_LN_EPS] = { "norm_eps", NULL, 1e-5 }, [GR_REAL_INIT_RANGE] = { "initializer_range", NULL, 0.02 } },
    .drops = { [GR_DROP_EMBED] = { "embedding_dropout", NULL, 0.0 }, [GR_DROP_ATTN] = { "attention_dropout", NULL, 0.0 },
               [GR_DROP_ATTN_OUT] = { "attention_dropout", NULL, 0.0 }, [GR_DROP_FFN] = { "mlp_dropout", NULL, 0.0 }, [GR_DROP_FFN_OUT] = GR_NO_DROPOUT,
               [GR_DROP_REL] = GR_NO_DROPOUT, [GR_DROP_POOL] = GR_NO_DROPOUT, [GR_DROP_HEAD] = { "classifier_dropout", NULL, 0.0 },
               [GR_DROP_TOKEN] = { "classifier_dropout", NULL, 0.0 } },
    .pad_fallback = 50283,
    .act = { "hidden_activation", "gelu" },
    .head_act = { "classifier_activation", "gelu" },
    .mlm_act = { "classifier_activation", "gelu" },
    .has = 0,
    .read = read,
    .other_heads = other_heads,
    .rows = rows,
    .n_rows = N_ROWS(rows),
};
