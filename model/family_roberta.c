/* family_roberta.c - RoBERTa (Liu et al., 2019) and what is built like it: XLM-RoBERTa (Conneau et al., 2020) and CamemBERT (Martin
 * et al., 2020), as transformers saves them.
 *
 * BERT's encoder; positions count from pad_id + 1 and over what is not padding; one segment, whose row is added all the same.
 * Sequence heads: dropout, dense, tanh, dropout, linear over the first token. The three differ in vocabulary and in the names
 * of their classes alone. */
#include "model/family_rows.h"

/*    name                                                 rows cols part   init    flags               index               needs */
static const gr_param_row rows[] = {
    ROWS_BERT_EMBEDDINGS,
    ROWS_BERT_LAYER,
    { "pooler.dense.weight",                               H, H, POOL,  NORMAL, EMBED | DECAY,      IN_MODEL(dense_w),  0 },
    { "pooler.dense.bias",                                 H, O, POOL,  ZERO,   EMBED,              IN_MODEL(dense_b),  0 },
    ROWS_DENSE_CLASSIFIER,
    ROWS_MLM("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias"),
    ROW_MLM_DECODER_BIAS("lm_head.decoder"),
};

static const char *const other_heads[] = { "lm_head.", "classifier.", "qa_outputs.", "pooler.", NULL };

#define ROBERTA(type, classes, blank) { \
    .model_type = type, \
    .class_prefix = classes, \
    .tensor_prefix = "roberta.", \
    .sizes = BERT_SIZES, \
    .reals = BERT_REALS(1e-12), \
    .drops = { BERT_ENCODER_DROPS(0.1), [GR_DROP_POOL] = CLASSIFIER_DROPOUT, [GR_DROP_HEAD] = CLASSIFIER_DROPOUT, \
               [GR_DROP_TOKEN] = CLASSIFIER_DROPOUT }, \
    .type_vocab_key = "type_vocab_size", \
    .type_vocab_fallback = 2, \
    .pad_fallback = 1, \
    .positions_after_pad = true, \
    .act = { "hidden_act", "gelu" }, \
    .head_act = { NULL, "tanh" }, \
    .mlm_act = { NULL, "gelu" }, \
    .has = HAS_BIASES | GR_HAS_POSITIONS, \
    .words_after_blank = blank, \
    .other_heads = other_heads, \
    .rows = rows, \
    .n_rows = N_ROWS(rows), \
}

const gr_family_facts gr_family_roberta = ROBERTA("roberta", "Roberta", true);
const gr_family_facts gr_family_xlm_roberta = ROBERTA("xlm-roberta", "XLMRoberta", false);
const gr_family_facts gr_family_camembert = ROBERTA("camembert", "Camembert", false);
