/* family_electra.c - ELECTRA (Clark et al., 2020), as transformers' models/electra saves discriminators and generators.
 *
 * BERT's encoder; the embeddings may be narrower, with a projection behind their norm. Sequence heads: dropout, dense, GELU,
 * dropout, linear over the first token. */
#include "model/family_rows.h"

/*    name                                                 rows cols part   init    flags               index               needs */
static const gr_param_row rows[] = {
    ROWS_BERT_EMBEDDINGS,
    { "embeddings_project.weight",                         H, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(proj_w),   GR_HAS_PROJECTION },
    { "embeddings_project.bias",                           H, O, EMB,   ZERO,   ALL,                IN_MODEL(proj_b),   GR_HAS_PROJECTION },
    ROWS_BERT_LAYER,
    ROWS_DENSE_CLASSIFIER,
    ROWS_MLM("generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head", "generator_lm_head.bias"),
};

static const char *const other_heads[] = { "discriminator_predictions.", "generator_predictions.", "generator_lm_head.", "classifier.", "qa_outputs.", NULL };

const gr_family_facts gr_family_electra = {
    .model_type = "electra",
    .class_prefix = "Electra",
    .tensor_prefix = "electra.",
    .sizes = BERT_SIZES,
    .embed_key = "embedding_size",
    .embed_fallback = 128,
    .reals = BERT_REALS(1e-12),
    .drops = { BERT_ENCODER_DROPS(0.1), [GR_DROP_POOL] = CLASSIFIER_DROPOUT, [GR_DROP_HEAD] = CLASSIFIER_DROPOUT, [GR_DROP_TOKEN] = CLASSIFIER_DROPOUT },
    .type_vocab_key = "type_vocab_size",
    .type_vocab_fallback = 2,
    .pad_fallback = 0,
    .act = { "hidden_act", "gelu" },
    .head_act = { NULL, "gelu" },
    .mlm_act = { NULL, "gelu" },
    .has = HAS_BIASES | GR_HAS_POSITIONS,
    .other_heads = other_heads,
    .rows = rows,
    .n_rows = N_ROWS(rows),
};
