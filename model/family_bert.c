/* family_bert.c - BERT (Devlin et al., 2019), as transformers' models/bert saves it.
 *
 * Post-norm encoder with learned positions and segments. Sequence heads read tanh(W h[CLS] + b), the
 * pooler; token heads read the last hidden state. The order of the rows is the order of the slab. */
#include "model/family_rows.h"

/*    name                                                 rows cols part   init    flags               index               needs */
static const gr_param_row rows[] = {
    ROWS_BERT_EMBEDDINGS,
    ROWS_BERT_LAYER,
    { "pooler.dense.weight",                               H, H, POOL,  NORMAL, SEQ | EMBED | DECAY, IN_MODEL(dense_w), 0 },
    { "pooler.dense.bias",                                 H, O, POOL,  ZERO,   SEQ | EMBED,         IN_MODEL(dense_b), 0 },
    { "classifier.weight",                                 N, H, HEAD,  NORMAL, LABELS | DECAY,      IN_MODEL(head_w),  0 },
    { "classifier.bias",                                   N, O, HEAD,  ZERO,   LABELS,              IN_MODEL(head_b),  0 },
    ROWS_MLM("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder", "cls.predictions.bias"),
    ROW_MLM_DECODER_BIAS("cls.predictions.decoder"),
};

static const char *const other_heads[] = { "cls.", "classifier.", "qa_outputs.", NULL };

const gr_family_facts gr_family_bert = {
    .model_type = "bert",
    .class_prefix = "Bert",
    .tensor_prefix = "bert.",
    .sizes = BERT_SIZES,
    .reals = BERT_REALS(1e-12),
    .drops = { BERT_ENCODER_DROPS(0.1), [GR_DROP_POOL] = GR_NO_DROPOUT, [GR_DROP_HEAD] = CLASSIFIER_DROPOUT, [GR_DROP_TOKEN] = CLASSIFIER_DROPOUT },
    .type_vocab_key = "type_vocab_size",
    .type_vocab_fallback = 2,
    .pad_fallback = 0,
    .act = { "hidden_act", "gelu" },
    .head_act = { NULL, "tanh" },
    .mlm_act = { "hidden_act", "gelu" },
    .has = HAS_BIASES | GR_HAS_POSITIONS,
    .other_heads = other_heads,
    .rows = rows,
    .n_rows = N_ROWS(rows),
};
