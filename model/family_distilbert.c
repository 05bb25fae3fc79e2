/* family_distilbert.c - DistilBERT (Sanh et al., 2019), as transformers' models/distilbert saves it.
 *
 * BERT's encoder without segments and pooler. Sequence heads: dense, ReLU, dropout, linear over the first token. No dropout
 * behind attention's output projection; the norms' epsilon is fixed. */
#include "model/family_rows.h"

/*    name                                                 rows cols part   init    flags               index               needs */
static const gr_param_row rows[] = {
    { "embeddings.word_embeddings.weight",                 V, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(word_emb), 0 },
    { "embeddings.position_embeddings.weight",             P, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(pos_emb),  0 },
    { "embeddings.LayerNorm.weight",                       E, O, EMB,   ONE,    ALL,                IN_MODEL(emb_ln_w), 0 },
    { "embeddings.LayerNorm.bias",                         E, O, EMB,   ZERO,   ALL,                IN_MODEL(emb_ln_b), 0 },
    ROWS_ATTENTION("transformer.layer.*.attention.q_lin", "transformer.layer.*.attention.k_lin", "transformer.layer.*.attention.v_lin",
                   "transformer.layer.*.attention.out_lin", "transformer.layer.*.sa_layer_norm"),
    { "transformer.layer.*.ffn.lin1.weight",               F, H, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(up_w),     0 },
    { "transformer.layer.*.ffn.lin1.bias",                 F, O, LAYER, ZERO,   ALL,                IN_LAYER(up_b),     0 },
    { "transformer.layer.*.ffn.lin2.weight",               H, F, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(down_w),   0 },
    { "transformer.layer.*.ffn.lin2.bias",                 H, O, LAYER, ZERO,   ALL,                IN_LAYER(down_b),   0 },
    { "transformer.layer.*.output_layer_norm.weight",      H, O, LAYER, ONE,    ALL,                IN_LAYER(out_ln_w), 0 },
    { "transformer.layer.*.output_layer_norm.bias",        H, O, LAYER, ZERO,   ALL,                IN_LAYER(out_ln_b), 0 },
    { "pre_classifier.weight",                             H, H, HEAD,  NORMAL, SEQ | DECAY,        IN_MODEL(dense_w),  0 },
    { "pre_classifier.bias",                               H, O, HEAD,  ZERO,   SEQ,                IN_MODEL(dense_b),  0 },
    { "classifier.weight",                                 N, H, HEAD,  NORMAL, LABELS | DECAY,     IN_MODEL(head_w),   0 },
    { "classifier.bias",                                   N, O, HEAD,  ZERO,   LABELS,             IN_MODEL(head_b),   0 },
    ROWS_MLM("vocab_transform", "vocab_layer_norm", "vocab_projector", "vocab_projector.bias"),
};

static const char *const other_heads[] = { "vocab_transform.", "vocab_layer_norm.", "vocab_projector.", "pre_classifier.", "classifier.", "qa_outputs.", NULL };

static gr_status read(gr_config *c, const gr_json *root, gr_err *err)
{
    bool fixed;

    GR_TRY(gr_config_flag(&fixed, root, "sinusoidal_pos_embds", false, err));
    if (fixed) c->has |= GR_HAS_FIXED_POSITIONS;
    return GR_OK;
}

const gr_family_facts gr_family_distilbert = {
    .model_type = "distilbert",
    .class_prefix = "DistilBert",
    .tensor_prefix = "distilbert.",
    .sizes = { [GR_SIZE_VOCAB] = "vocab_size", [GR_SIZE_HIDDEN] = "dim", [GR_SIZE_LAYERS] = "n_layers", [GR_SIZE_HEADS] = "n_heads",
               [GR_SIZE_INTER] = "hidden_dim", [GR_SIZE_POSITIONS] = "max_position_embeddings" },
    .reals = { [GR_REAL_LN_EPS] = { NULL, NULL, 1e-12 }, [GR_REAL_INIT_RANGE] = { "initializer_range", NULL, 0.02 } },
    .drops = { [GR_DROP_EMBED] = { "dropout", NULL, 0.1 }, [GR_DROP_ATTN] = { "attention_dropout", NULL, 0.1 }, [GR_DROP_ATTN_OUT] = GR_NO_DROPOUT,
               [GR_DROP_FFN] = GR_NO_DROPOUT, [GR_DROP_FFN_OUT] = { "dropout", NULL, 0.1 }, [GR_DROP_REL] = GR_NO_DROPOUT, [GR_DROP_POOL] = GR_NO_DROPOUT,
               [GR_DROP_HEAD] = { "seq_classif_dropout", NULL, 0.2 }, [GR_DROP_TOKEN] = { "dropout", NULL, 0.1 } },
    .pad_fallback = 0,
    .act = { "activation", "gelu" },
    .head_act = { NULL, "relu" },
    .mlm_act = { "activation", "gelu" },
    .has = HAS_BIASES | GR_HAS_POSITIONS,
    .read = read,
    .other_heads = other_heads,
    .rows = rows,
    .n_rows = N_ROWS(rows),
};
