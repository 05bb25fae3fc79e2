/* family_rows.h - short names for the tables of family_*.c, and the rows that several families share. Included by those files alone. */
#ifndef GR_MODEL_FAMILY_ROWS_H
#define GR_MODEL_FAMILY_ROWS_H
#include "model/family.h"

#define IN_MODEL(field) offsetof(gr_params, field)
#define IN_LAYER(field) offsetof(gr_layer_index, field)

#define V GR_DIM_VOCAB
#define P GR_DIM_POSITIONS
#define S GR_DIM_TYPES
#define E GR_DIM_EMBED
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
#define ALL GR_ROW_ALL
#define DECAY GR_ROW_DECAY
#define JOIN GR_ROW_JOINED
#define SEQ GR_ROW_SEQUENCE
#define TOK GR_ROW_TOKEN
#define LABELS GR_ROW_LABELS
#define MLM GR_ROW_MLM
#define EMBED GR_ROW_EMBED

#define N_ROWS(table) (sizeof(table) / sizeof *(table))

/* clang-format off */
/* Word, position and segment tables and their norm, E wide (E is H where a family has no projection). */
#define ROWS_BERT_EMBEDDINGS \
    { "embeddings.word_embeddings.weight",                 V, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(word_emb), 0 }, \
    { "embeddings.position_embeddings.weight",             P, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(pos_emb),  0 }, \
    { "embeddings.token_type_embeddings.weight",           S, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(type_emb), 0 }, \
    { "embeddings.LayerNorm.weight",                       E, O, EMB,   ONE,    ALL,                IN_MODEL(emb_ln_w), 0 }, \
    { "embeddings.LayerNorm.bias",                         E, O, EMB,   ZERO,   ALL,                IN_MODEL(emb_ln_b), 0 }

/* The layer's second half, with the names that BERT gave it. */
#define ROWS_BERT_FEED_FORWARD \
    { "encoder.layer.*.intermediate.dense.weight",         F, H, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(up_w),     0 }, \
    { "encoder.layer.*.intermediate.dense.bias",           F, O, LAYER, ZERO,   ALL,                IN_LAYER(up_b),     0 }, \
    { "encoder.layer.*.output.dense.weight",               H, F, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(down_w),   0 }, \
    { "encoder.layer.*.output.dense.bias",                 H, O, LAYER, ZERO,   ALL,                IN_LAYER(down_b),   0 }, \
    { "encoder.layer.*.output.LayerNorm.weight",           H, O, LAYER, ONE,    ALL,                IN_LAYER(out_ln_w), 0 }, \
    { "encoder.layer.*.output.LayerNorm.bias",             H, O, LAYER, ZERO,   ALL,                IN_LAYER(out_ln_b), 0 }

/* Query, key, value, output and norm of attention; the six names differ. */
#define ROWS_ATTENTION(q, k, v, out, norm) \
    { q ".weight",                                         H, H, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(q_w),        0 }, \
    { k ".weight",                                         H, H, LAYER, NORMAL, ALL | DECAY | JOIN, IN_LAYER(k_w),        0 }, \
    { v ".weight",                                         H, H, LAYER, NORMAL, ALL | DECAY | JOIN, IN_LAYER(v_w),        0 }, \
    { q ".bias",                                           H, O, LAYER, ZERO,   ALL,                IN_LAYER(q_b),        0 }, \
    { k ".bias",                                           H, O, LAYER, ZERO,   ALL | JOIN,         IN_LAYER(k_b),        0 }, \
    { v ".bias",                                           H, O, LAYER, ZERO,   ALL | JOIN,         IN_LAYER(v_b),        0 }, \
    { out ".weight",                                       H, H, LAYER, NORMAL, ALL | DECAY,        IN_LAYER(attn_out_w), 0 }, \
    { out ".bias",                                         H, O, LAYER, ZERO,   ALL,                IN_LAYER(attn_out_b), 0 }, \
    { norm ".weight",                                      H, O, LAYER, ONE,    ALL,                IN_LAYER(attn_ln_w),  0 }, \
    { norm ".bias",                                        H, O, LAYER, ZERO,   ALL,                IN_LAYER(attn_ln_b),  0 }

#define ROWS_BERT_LAYER \
    ROWS_ATTENTION("encoder.layer.*.attention.self.query", "encoder.layer.*.attention.self.key", "encoder.layer.*.attention.self.value", \
                   "encoder.layer.*.attention.output.dense", "encoder.layer.*.attention.output.LayerNorm"), \
    ROWS_BERT_FEED_FORWARD

/* A dense layer over the first token and a classifier over it (RoBERTa and those that follow it); tokens have a classifier alone. */
#define ROWS_DENSE_CLASSIFIER \
    { "classifier.dense.weight",                           H, H, HEAD,  NORMAL, SEQ | DECAY,        IN_MODEL(dense_w),  0 }, \
    { "classifier.dense.bias",                             H, O, HEAD,  ZERO,   SEQ,                IN_MODEL(dense_b),  0 }, \
    { "classifier.out_proj.weight",                        N, H, HEAD,  NORMAL, SEQ | DECAY,        IN_MODEL(head_w),   0 }, \
    { "classifier.out_proj.bias",                          N, O, HEAD,  ZERO,   SEQ,                IN_MODEL(head_b),   0 }, \
    { "classifier.weight",                                 N, H, HEAD,  NORMAL, TOK | DECAY,        IN_MODEL(head_w),   0 }, \
    { "classifier.bias",                                   N, O, HEAD,  ZERO,   TOK,                IN_MODEL(head_b),   0 }

/* A masked language model's transform to E, its norm, and the last layer's bias; its weight is the word table unless it has its own. */
#define ROWS_MLM_OF(dense, norm, decoder, bias, need) \
    { dense ".weight",                                     E, H, HEAD,  NORMAL, MLM | DECAY,        IN_MODEL(dense_w),    need }, \
    { dense ".bias",                                       E, O, HEAD,  ZERO,   MLM,                IN_MODEL(dense_b),    need }, \
    { norm ".weight",                                      E, O, HEAD,  ONE,    MLM,                IN_MODEL(dense_ln_w), need }, \
    { norm ".bias",                                        E, O, HEAD,  ZERO,   MLM,                IN_MODEL(dense_ln_b), need }, \
    { decoder ".weight",                                   N, E, HEAD,  NORMAL, MLM | DECAY,        IN_MODEL(head_w),     GR_HAS_DECODER | (need) }, \
    { bias,                                                N, O, HEAD,  ZERO,   MLM,                IN_MODEL(head_b),     need }
#define ROWS_MLM(dense, norm, decoder, bias) ROWS_MLM_OF(dense, norm, decoder, bias, 0)

/* Where the last layer's bias has a name of its own beside that layer's: when the two layers are not tied, nor are the biases, and this one counts. */
#define ROW_MLM_DECODER_BIAS(decoder) \
    { decoder ".bias",                                     N, O, HEAD,  ZERO,   MLM,                IN_MODEL(head_b),     GR_HAS_DECODER }
/* clang-format on */

/* Sizes as BERT's config.json spells them. */
#define BERT_SIZES \
    { [GR_SIZE_VOCAB] = "vocab_size", [GR_SIZE_HIDDEN] = "hidden_size", [GR_SIZE_LAYERS] = "num_hidden_layers", \
      [GR_SIZE_HEADS] = "num_attention_heads", [GR_SIZE_INTER] = "intermediate_size", [GR_SIZE_POSITIONS] = "max_position_embeddings" }

#define BERT_REALS(eps) { [GR_REAL_LN_EPS] = { "layer_norm_eps", NULL, eps }, [GR_REAL_INIT_RANGE] = { "initializer_range", NULL, 0.02 } }

/* Dropout p at each place of BERT's encoder. */
#define HIDDEN_DROPOUT(p) { "hidden_dropout_prob", NULL, p }
#define BERT_ENCODER_DROPS(p) \
    [GR_DROP_EMBED] = HIDDEN_DROPOUT(p), [GR_DROP_ATTN] = { "attention_probs_dropout_prob", NULL, p }, [GR_DROP_ATTN_OUT] = HIDDEN_DROPOUT(p), \
    [GR_DROP_FFN] = GR_NO_DROPOUT, [GR_DROP_FFN_OUT] = HIDDEN_DROPOUT(p), [GR_DROP_REL] = GR_NO_DROPOUT
#define CLASSIFIER_DROPOUT { "classifier_dropout", "hidden_dropout_prob", 0.1 }

/* What every encoder but ModernBERT has. */
#define HAS_BIASES (GR_HAS_ATTN_BIAS | GR_HAS_MLP_BIAS | GR_HAS_NORM_BIAS | GR_HAS_DENSE_BIAS | GR_HAS_DECODER_BIAS)

#endif
