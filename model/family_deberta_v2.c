/* family_deberta_v2.c - DeBERTa-v2 and v3 (He et al., 2021 and 2023), as transformers' models/deberta_v2 saves them.
 *
 * BERT's encoder, mostly without absolute positions and segments, and with disentangled attention. There is one table of embeddings
 * of relative positions, with one norm. Each layer projects it to queries and keys, by the same projections as the words
 * (share_att_key, v3) or by projections of its own. Sequence heads: dropout, dense, pooler_hidden_act, dropout, linear over the
 * first token. */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "model/family_rows.h"

/*    name                                                 rows cols part   init    flags               index               needs */
static const gr_param_row rows[] = {
    { "embeddings.word_embeddings.weight",                 V, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(word_emb), 0 },
    { "embeddings.position_embeddings.weight",             P, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(pos_emb),  GR_HAS_POSITIONS },
    { "embeddings.token_type_embeddings.weight",           S, E, EMB,   NORMAL, ALL | DECAY,        IN_MODEL(type_emb), 0 },
    { "embeddings.LayerNorm.weight",                       E, O, EMB,   ONE,    ALL,                IN_MODEL(emb_ln_w), 0 },
    { "embeddings.LayerNorm.bias",                         E, O, EMB,   ZERO,   ALL,                IN_MODEL(emb_ln_b), 0 },
    ROWS_ATTENTION("encoder.layer.*.attention.self.query_proj", "encoder.layer.*.attention.self.key_proj",
                   "encoder.layer.*.attention.self.value_proj", "encoder.layer.*.attention.output.dense", "encoder.layer.*.attention.output.LayerNorm"),
    { "encoder.layer.*.attention.self.pos_key_proj.weight",   H, H, LAYER, NORMAL, ALL | DECAY,     IN_LAYER(rel_k_w),  GR_HAS_REL_KEYS },
    { "encoder.layer.*.attention.self.pos_key_proj.bias",     H, O, LAYER, ZERO,   ALL,             IN_LAYER(rel_k_b),  GR_HAS_REL_KEYS },
    { "encoder.layer.*.attention.self.pos_query_proj.weight", H, H, LAYER, NORMAL, ALL | DECAY,     IN_LAYER(rel_q_w),  GR_HAS_REL_QUERIES },
    { "encoder.layer.*.attention.self.pos_query_proj.bias",   H, O, LAYER, ZERO,   ALL,             IN_LAYER(rel_q_b),  GR_HAS_REL_QUERIES },
    ROWS_BERT_FEED_FORWARD,
    { "encoder.rel_embeddings.weight",            GR_DIM_REL, H, LAYER, NORMAL, ALL | DECAY | GR_ROW_SHARED, IN_MODEL(rel), GR_HAS_REL },
    { "encoder.LayerNorm.weight",                          H, O, LAYER, ONE,    ALL | GR_ROW_SHARED, IN_MODEL(rel_ln_w), GR_HAS_REL_NORM },
    { "encoder.LayerNorm.bias",                            H, O, LAYER, ZERO,   ALL | GR_ROW_SHARED, IN_MODEL(rel_ln_b), GR_HAS_REL_NORM },
    { "pooler.dense.weight",                               H, H, HEAD,  NORMAL, SEQ | DECAY,        IN_MODEL(dense_w),  0 },
    { "pooler.dense.bias",                                 H, O, HEAD,  ZERO,   SEQ,                IN_MODEL(dense_b),  0 },
    { "classifier.weight",                                 N, H, HEAD,  NORMAL, LABELS | DECAY,     IN_MODEL(head_w),   0 },
    { "classifier.bias",                                   N, O, HEAD,  ZERO,   LABELS,             IN_MODEL(head_b),   0 },
    ROWS_MLM_OF("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder", "cls.predictions.bias",
                GR_HAS_LEGACY_HEAD),
    { "cls.predictions.decoder.bias",                      N, O, HEAD,  ZERO,   MLM,                IN_MODEL(head_b),   GR_HAS_LEGACY_HEAD | GR_HAS_DECODER },
    ROWS_MLM_OF("lm_predictions.lm_head.dense", "lm_predictions.lm_head.LayerNorm", "lm_predictions.lm_head.decoder", "lm_predictions.lm_head.bias",
                GR_HAS_NEW_HEAD),
};

static const char *const other_heads[] = { "cls.", "lm_predictions.", "mask_predictions.", "pooler.", "classifier.", "qa_outputs.", NULL };

/* " P2C | c2p" as transformers reads it: parts between bars, blanks and case apart. */
static bool names(const char *text, const char *what)
{
    gr_sv rest = gr_sv_from(text);

    for (;;) {
        const bool  last = !memchr(rest.p, '|', rest.n);
        const gr_sv part = gr_sv_trim(gr_sv_split(&rest, '|'));

        if (part.n == strlen(what) && strncasecmp(part.p, what, part.n) == 0) return true;
        if (last) return false;
    }
}

/* "p2c|c2p", ["p2c", "c2p"] or nothing: is `what` in it? */
static bool lists(const gr_json *v, const char *what)
{
    const char *text = gr_json_str(v, NULL);

    if (text) return names(text, what);
    for (const gr_json *x = gr_json_first(v); x; x = gr_json_next(x))
        if (strcmp(gr_json_str(x, ""), what) == 0) return true;
    return false;
}

/* Forms that no published v2 or v3 encoder but the xlarge ones (convolution) has. */
static gr_status refuse(const gr_config *c, const gr_json *root, gr_err *err)
{
    static const char *const as_wide[] = { "embedding_size", "pooler_hidden_size" };
    int32_t x;

    GR_TRY(gr_config_int(&x, root, "conv_kernel_size", 0, 0, 1 << 16, err));
    if (x > 0) return gr_fail(err, GR_E_UNSUPPORTED, "'conv_kernel_size' is %d; supported: 0 (the xlarge models of DeBERTa-v2 have a convolution)", (int)x);
    GR_TRY(gr_config_int(&x, root, "attention_head_size", c->hidden / c->heads, 1, 1 << 16, err));
    if (x != c->hidden / c->heads)
        return gr_fail(err, GR_E_UNSUPPORTED, "'attention_head_size' is %d; supported: %d, hidden_size / num_attention_heads", (int)x, (int)(c->hidden / c->heads));
    for (size_t i = 0; i < sizeof as_wide / sizeof *as_wide; i++) {
        GR_TRY(gr_config_int(&x, root, as_wide[i], c->hidden, 1, 1 << 16, err));
        if (x != c->hidden) return gr_fail(err, GR_E_UNSUPPORTED, "'%s' is %d; supported: %d, the hidden size", as_wide[i], (int)x, (int)c->hidden);
    }
    return GR_OK;
}

static gr_status read_relative(gr_config *c, const gr_json *root, gr_err *err)
{
    const gr_json *norm = gr_json_get(root, "norm_rel_ebd");
    bool           on, shared;

    GR_TRY(gr_config_flag(&on, root, "relative_attention", false, err));
    c->rel_c2p = lists(gr_json_get(root, "pos_att_type"), "c2p");
    c->rel_p2c = lists(gr_json_get(root, "pos_att_type"), "p2c");
    if (lists(norm, "layer_norm")) c->has |= GR_HAS_REL_NORM;
    if (!on) return GR_OK;
    c->has |= GR_HAS_REL;
    c->relative = c->rel_c2p || c->rel_p2c ? GR_RELATIVE_DISENTANGLED : GR_RELATIVE_NONE;
    GR_TRY(gr_config_flag(&shared, root, "share_att_key", false, err));
    if (!shared && c->rel_c2p) c->has |= GR_HAS_REL_KEYS;
    if (!shared && c->rel_p2c) c->has |= GR_HAS_REL_QUERIES;
    GR_TRY(gr_config_int(&c->rel_buckets, root, "position_buckets", -1, -1, 1 << 20, err));
    GR_TRY(gr_config_int(&c->rel_distance, root, "max_relative_positions", -1, -1, 1 << 20, err));
    if (c->rel_distance < 1) c->rel_distance = c->max_positions;
    if (c->rel_buckets > 0 && c->rel_distance - 1 <= c->rel_buckets / 2)
        return gr_fail(err, GR_E_FORMAT, "'position_buckets' %d for offsets up to %d leaves nothing to bucket", (int)c->rel_buckets, (int)c->rel_distance);
    if (c->rel_buckets == 1) return gr_fail(err, GR_E_FORMAT, "'position_buckets' is 1");
    return GR_OK;
}

static gr_status read(gr_config *c, const gr_json *root, gr_err *err)
{
    bool positions, legacy;

    GR_TRY(refuse(c, root, err));
    GR_TRY(gr_config_flag(&positions, root, "position_biased_input", true, err));
    GR_TRY(gr_config_flag(&legacy, root, "legacy", true, err));
    if (positions) c->has |= GR_HAS_POSITIONS;
    c->has |= legacy ? GR_HAS_LEGACY_HEAD : GR_HAS_NEW_HEAD;
    return read_relative(c, root, err);
}

const gr_family_facts gr_family_deberta_v2 = {
    .model_type = "deberta-v2",
    .class_prefix = "DebertaV2",
    .tensor_prefix = "deberta.",
    .sizes = BERT_SIZES,
    .reals = BERT_REALS(1e-7),
    .drops = { [GR_DROP_EMBED] = HIDDEN_DROPOUT(0.1), [GR_DROP_ATTN] = { "attention_probs_dropout_prob", NULL, 0.1 },
               [GR_DROP_ATTN_OUT] = HIDDEN_DROPOUT(0.1), [GR_DROP_FFN] = GR_NO_DROPOUT, [GR_DROP_FFN_OUT] = HIDDEN_DROPOUT(0.1),
               [GR_DROP_REL] = HIDDEN_DROPOUT(0.1), [GR_DROP_POOL] = { "pooler_dropout", NULL, 0.0 },
               [GR_DROP_HEAD] = { "cls_dropout", "hidden_dropout_prob", 0.1 }, [GR_DROP_TOKEN] = HIDDEN_DROPOUT(0.1) },
    .type_vocab_key = "type_vocab_size",
    .type_vocab_fallback = 0,
    .pad_fallback = 0,
    .act = { "hidden_act", "gelu" },
    .head_act = { "pooler_hidden_act", "gelu" },
    .mlm_act = { "hidden_act", "gelu" },
    .has = HAS_BIASES,
    .read = read,
    .other_heads = other_heads,
    .rows = rows,
    .n_rows = N_ROWS(rows),
};
