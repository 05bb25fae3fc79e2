/* family_mpnet.c - MPNet (Song et al., 2020), as transformers' models/mpnet saves it.
 *
 * BERT's encoder without segments; positions count from pad_id + 1; one table of 32 buckets of offsets, shared by all layers, is
 * added to the scaled scores of attention. Its name holds "bias", so that it has no weight decay. Heads as RoBERTa's. */
#include "model/family_rows.h"

/*    name                                                 rows cols part   init    flags               index               needs */
static const gr_param_row rows[] = {
    { "embeddings.word_embeddings.weight",                 V, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(word_emb), 0 },
    { "embeddings.position_embeddings.weight",             P, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(pos_emb),  0 },
    { "embeddings.LayerNorm.weight",                       E, O, EMB,   ONE,    ALL,                IN_MODEL(emb_ln_w), 0 },
    { "embeddings.LayerNorm.bias",                         E, O, EMB,   ZERO,   ALL,                IN_MODEL(emb_ln_b), 0 },
    ROWS_ATTENTION("encoder.layer.*.attention.attn.q", "encoder.layer.*.attention.attn.k", "encoder.layer.*.attention.attn.v",
                   "encoder.layer.*.attention.attn.o", "encoder.layer.*.attention.LayerNorm"),
    ROWS_BERT_FEED_FORWARD,
    { "encoder.relative_attention_bias.weight",  GR_DIM_REL, GR_DIM_HEADS, LAYER, NORMAL, ALL | GR_ROW_SHARED, IN_MODEL(rel), 0 },
    { "pooler.dense.weight",                               H, H, POOL,  NORMAL, EMBED | DECAY,      IN_MODEL(dense_w),  0 },
    { "pooler.dense.bias",                                 H, O, POOL,  ZERO,   EMBED,              IN_MODEL(dense_b),  0 },
    ROWS_DENSE_CLASSIFIER,
    ROWS_MLM("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias"),
    ROW_MLM_DECODER_BIAS("lm_head.decoder"),
};

static const char *const other_heads[] = { "lm_head.", "classifier.", "qa_outputs.", "pooler.", NULL };

enum { BUCKETS = 32, PAD = 1 };

/* modeling_mpnet.py computes with 32 buckets whatever the table's size: rows beyond are never read, fewer cannot be. Its embeddings
 * take 1 for the pad id, whatever the file says. */
static gr_status read(gr_config *c, const gr_json *root, gr_err *err)
{
    c->relative = GR_RELATIVE_BUCKETS;
    c->pad_id = PAD;
    c->position_offset = PAD + 1;
    if (c->vocab_size <= PAD || c->max_positions <= PAD + 1) return gr_fail(err, GR_E_FORMAT, "no room for the pad id %d", PAD);
    return gr_config_int(&c->rel_buckets, root, "relative_attention_num_buckets", BUCKETS, BUCKETS, 1 << 16, err);
}

const gr_family_facts gr_family_mpnet = {
    .model_type = "mpnet",
    .class_prefix = "MPNet",
    .tensor_prefix = "mpnet.",
    .sizes = BERT_SIZES,
    .reals = BERT_REALS(1e-12),
    .drops = { BERT_ENCODER_DROPS(0.1), [GR_DROP_POOL] = HIDDEN_DROPOUT(0.1), [GR_DROP_HEAD] = HIDDEN_DROPOUT(0.1), [GR_DROP_TOKEN] = HIDDEN_DROPOUT(0.1) },
    .pad_fallback = 1,
    .positions_after_pad = true,
    .act = { "hidden_act", "gelu" },
    .head_act = { NULL, "tanh" },
    .mlm_act = { NULL, "gelu" },
    .has = HAS_BIASES | GR_HAS_POSITIONS | GR_HAS_REL,
    .read = read,
    .other_heads = other_heads,
    .rows = rows,
    .n_rows = N_ROWS(rows),
};
