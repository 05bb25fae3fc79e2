/* family_bert.c - BERT (Devlin et al., 2019), as transformers' models/bert saves it.
 *
 * Post-norm encoder with learned positions and segments. Sequence heads read tanh(W h[CLS] + b), the
 * pooler; token heads read the last hidden state. The order of the rows is the order of the slab. */
#include "model/family.h"

#define IN_MODEL(field) offsetof(gr_params, field)
#define IN_LAYER(field) offsetof(gr_layer_index, field)

/* Short names for this table alone. */
#define V GR_DIM_VOCAB
#define P GR_DIM_POSITIONS
#define S GR_DIM_TYPES
#define H GR_DIM_HIDDEN
#define F GR_DIM_INTER
#define N GR_DIM_OUT
#define O GR_DIM_NONE
#define EMB GR_PART_EMBEDDINGS
#define LAYER GR_PART_LAYER
#define POOL GR_PART_POOLER
#define HEAD GR_PART_HEAD
#define NORMAL GR_INIT_NORMAL
#define ZERO GR_INIT_ZERO
#define ONE GR_INIT_ONE

enum {
    ALL = GR_ROW_ALL, DECAY = GR_ROW_DECAY, JOIN = GR_ROW_JOINED,
    POOLED = GR_ROW_SEQUENCE | GR_ROW_EMBED, HEADED = GR_ROW_SEQUENCE | GR_ROW_TOKEN
};

/*    name                                             rows cols part   init    flags               index */
static const gr_param_row rows[] = {
    { "embeddings.word_embeddings.weight",              V, H, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(word_emb) },
    { "embeddings.position_embeddings.weight",          P, H, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(pos_emb) },
    { "embeddings.token_type_embeddings.weight",        S, H, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(type_emb) },
    { "embeddings.LayerNorm.weight",                    H, O, EMB,   ONE,    ALL,                IN_MODEL(emb_ln_w) },
    { "embeddings.LayerNorm.bias",                      H, O, EMB,   ZERO,   ALL,                IN_MODEL(emb_ln_b) },
    { "encoder.layer.*.attention.self.query.weight",    H, H, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(q_w) },
    { "encoder.layer.*.attention.self.key.weight",      H, H, LAYER, NORMAL, ALL | DECAY | JOIN, IN_LAYER(k_w) },
    { "encoder.layer.*.attention.self.value.weight",    H, H, LAYER, NORMAL, ALL | DECAY | JOIN, IN_LAYER(v_w) },
    { "encoder.layer.*.attention.self.query.bias",      H, O, LAYER, ZERO,   ALL,                IN_LAYER(q_b) },
    { "encoder.layer.*.attention.self.key.bias",        H, O, LAYER, ZERO,   ALL | JOIN,         IN_LAYER(k_b) },
    { "encoder.layer.*.attention.self.value.bias",      H, O, LAYER, ZERO,   ALL | JOIN,         IN_LAYER(v_b) },
    { "encoder.layer.*.attention.output.dense.weight",  H, H, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(attn_out_w) },
    { "encoder.layer.*.attention.output.dense.bias",    H, O, LAYER, ZERO,   ALL,                IN_LAYER(attn_out_b) },
    { "encoder.layer.*.attention.output.LayerNorm.weight", H, O, LAYER, ONE, ALL,                IN_LAYER(attn_ln_w) },
    { "encoder.layer.*.attention.output.LayerNorm.bias", H, O, LAYER, ZERO,  ALL,                IN_LAYER(attn_ln_b) },
    { "encoder.layer.*.intermediate.dense.weight",      F, H, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(up_w) },
    { "encoder.layer.*.intermediate.dense.bias",        F, O, LAYER, ZERO,   ALL,                IN_LAYER(up_b) },
    { "encoder.layer.*.output.dense.weight",            H, F, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(down_w) },
    { "encoder.layer.*.output.dense.bias",              H, O, LAYER, ZERO,   ALL,                IN_LAYER(down_b) },
    { "encoder.layer.*.output.LayerNorm.weight",        H, O, LAYER, ONE,    ALL,                IN_LAYER(out_ln_w) },
    { "encoder.layer.*.output.LayerNorm.bias",          H, O, LAYER, ZERO,   ALL,                IN_LAYER(out_ln_b) },
    { "pooler.dense.weight",                            H, H, POOL,  NORMAL, POOLED | DECAY,     IN_MODEL(pooler_w) },
    { "pooler.dense.bias",                              H, O, POOL,  ZERO,   POOLED,             IN_MODEL(pooler_b) },
    { "classifier.weight",                              N, H, HEAD,  NORMAL, HEADED | DECAY,     IN_MODEL(head_w) },
    { "classifier.bias",                                N, O, HEAD,  ZERO,   HEADED,             IN_MODEL(head_b) },
};

const gr_family_facts gr_family_bert = {
    .model_type = "bert",
    .class_prefix = "Bert",
    .tensor_prefix = "bert.",
    .sizes = { [GR_SIZE_VOCAB] = "vocab_size", [GR_SIZE_HIDDEN] = "hidden_size", [GR_SIZE_LAYERS] = "num_hidden_layers",
               [GR_SIZE_HEADS] = "num_attention_heads", [GR_SIZE_INTER] = "intermediate_size",
               [GR_SIZE_POSITIONS] = "max_position_embeddings" },
    .reals = { [GR_REAL_LN_EPS] = { "layer_norm_eps", 1e-12 },
               [GR_REAL_INIT_RANGE] = { "initializer_range", 0.02 },
               [GR_REAL_HIDDEN_DROPOUT] = { "hidden_dropout_prob", 0.1 },
               [GR_REAL_ATTN_DROPOUT] = { "attention_probs_dropout_prob", 0.1 },
               [GR_REAL_CLASSIFIER_DROPOUT] = { "classifier_dropout", -1.0 } },
    .type_vocab_key = "type_vocab_size",
    .type_vocab_fallback = 2,
    .pad_fallback = 0,
    .positions_after_pad = false,
    .act_key = "hidden_act",
    .act_fallback = "gelu",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
};
