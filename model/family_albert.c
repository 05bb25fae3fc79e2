/* family_albert.c - ALBERT (Lan et al., 2020), as transformers' models/albert saves it.
 *
 * BERT's encoder over narrow embeddings with a projection, and layers that share their tensors: `num_hidden_groups` sets of them, each
 * used by as many layers in turn. The gradient of a set is the sum over its uses. No dropout behind the feed-forward part. */
#include "model/family_rows.h"

#define GROUP "encoder.albert_layer_groups.*.albert_layers.0."

/*    name                                                 rows cols part   init    flags               index               needs */
static const gr_param_row rows[] = {
    ROWS_BERT_EMBEDDINGS,
    { "encoder.embedding_hidden_mapping_in.weight",        H, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(proj_w),   0 },
    { "encoder.embedding_hidden_mapping_in.bias",          H, O, EMB,   ZERO,   ALL,                IN_MODEL(proj_b),   0 },
    ROWS_ATTENTION(GROUP "attention.query", GROUP "attention.key", GROUP "attention.value", GROUP "attention.dense", GROUP "attention.LayerNorm"),
    { GROUP "ffn.weight",                                  F, H, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(up_w),     0 },
    { GROUP "ffn.bias",                                    F, O, LAYER, ZERO,   ALL,                IN_LAYER(up_b),     0 },
    { GROUP "ffn_output.weight",                           H, F, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(down_w),   0 },
    { GROUP "ffn_output.bias",                             H, O, LAYER, ZERO,   ALL,                IN_LAYER(down_b),   0 },
    { GROUP "full_layer_layer_norm.weight",                H, O, LAYER, ONE,    ALL,                IN_LAYER(out_ln_w), 0 },
    { GROUP "full_layer_layer_norm.bias",                  H, O, LAYER, ZERO,   ALL,                IN_LAYER(out_ln_b), 0 },
    { "pooler.weight",                                     H, H, POOL,  NORMAL, SEQ | EMBED | DECAY, IN_MODEL(dense_w), 0 },
    { "pooler.bias",                                       H, O, POOL,  ZERO,   SEQ | EMBED,        IN_MODEL(dense_b),  0 },
    { "classifier.weight",                                 N, H, HEAD,  NORMAL, LABELS | DECAY,     IN_MODEL(head_w),   0 },
    { "classifier.bias",                                   N, O, HEAD,  ZERO,   LABELS,             IN_MODEL(head_b),   0 },
    ROWS_MLM("predictions.dense", "predictions.LayerNorm", "predictions.decoder", "predictions.bias"),
    ROW_MLM_DECODER_BIAS("predictions.decoder"),
};

static const char *const other_heads[] = { "predictions.", "sop_classifier.", "classifier.", "qa_outputs.", NULL };

static gr_status read(gr_config *c, const gr_json *root, gr_err *err)
{
    int32_t inner;

    GR_TRY(gr_config_int(&c->layer_sets, root, "num_hidden_groups", 1, 1, c->layers, err));
    GR_TRY(gr_config_int(&inner, root, "inner_group_num", 1, 1, 1 << 16, err));
    if (inner != 1) return gr_fail(err, GR_E_UNSUPPORTED, "'inner_group_num' is %d; supported: 1", (int)inner);
    c->has |= GR_HAS_PROJECTION;
    return GR_OK;
}

const gr_family_facts gr_family_albert = {
    .model_type = "albert",
    .class_prefix = "Albert",
    .tensor_prefix = "albert.",
    .sizes = BERT_SIZES,
    .embed_key = "embedding_size",
    .embed_fallback = 128,
    .reals = BERT_REALS(1e-12),
    .drops = { [GR_DROP_EMBED] = HIDDEN_DROPOUT(0.0), [GR_DROP_ATTN] = { "attention_probs_dropout_prob", NULL, 0.0 },
               [GR_DROP_ATTN_OUT] = HIDDEN_DROPOUT(0.0), [GR_DROP_FFN] = GR_NO_DROPOUT, [GR_DROP_FFN_OUT] = GR_NO_DROPOUT, [GR_DROP_REL] = GR_NO_DROPOUT,
               [GR_DROP_POOL] = GR_NO_DROPOUT, [GR_DROP_HEAD] = { "classifier_dropout_prob", NULL, 0.1 },
               [GR_DROP_TOKEN] = { "classifier_dropout_prob", "hidden_dropout_prob", 0.1 } },
    .type_vocab_key = "type_vocab_size",
    .type_vocab_fallback = 2,
    .pad_fallback = 0,
    .act = { "hidden_act", "gelu_new" },
    .head_act = { NULL, "tanh" },
    .mlm_act = { "hidden_act", "gelu_new" },
    .has = HAS_BIASES | GR_HAS_POSITIONS,
    .read = read,
    .other_heads = other_heads,
    .rows = rows,
    .n_rows = N_ROWS(rows),
};
