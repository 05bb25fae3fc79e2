/* engine.c - see engine.h. */
#include "tests/support/engine.h"

#include "base/rng.h"

/* ---- batches ---- */

gr_tb *gr_tb_new(void)
{
    gr_tb *t = calloc(1, sizeof *t);

    assert_non_null(t);
    gr_tb_clear(t);
    return t;
}

void gr_tb_clear(gr_tb *t)
{
    t->b = (gr_batch){ .ids = t->ids, .type_ids = t->types, .cu_seqlens = t->cu, .slots = t->slots, .classes = t->classes, .values = t->values };
    t->cu[0] = 0;
}

int32_t gr_tb_row(gr_tb *t, const int32_t *ids, const int32_t *types, int32_t n, uint32_t slot)
{
    const int32_t at = t->b.n_tokens, r = t->b.n_rows;

    assert_true(n >= 0 && at + n <= GR_TB_TOKENS && r < GR_TB_ROWS);
    for (int32_t i = 0; i < n; i++) {
        t->ids[at + i] = ids[i];
        t->types[at + i] = types ? types[i] : 0;
        t->classes[at + i] = GR_LABEL_IGNORE;
    }
    t->slots[r] = slot;
    t->b.n_tokens = at + n;
    t->b.n_rows = r + 1;
    t->cu[r + 1] = at + n;
    return at;
}

void gr_tb_copy_row(gr_tb *t, const gr_tb *from, int32_t r, gr_head_kind kind)
{
    const int32_t a = from->cu[r], n = from->cu[r + 1] - a, row = t->b.n_rows;
    int32_t       kept[GR_TB_ROWS];

    /* appending a row marks its tokens as unlabelled, and a class head keeps its labels by row in the same array */
    memcpy(kept, t->classes, (size_t)row * sizeof *kept);
    const int32_t at = gr_tb_row(t, from->ids + a, from->types + a, n, from->slots[r]);
    if (gr_head_per_token(kind)) {
        memcpy(t->classes + at, from->classes + a, (size_t)n * sizeof *t->classes);
    } else {
        memcpy(t->classes, kept, (size_t)row * sizeof *kept);
        t->classes[row] = from->classes[r];
    }
    if (kind == GR_HEAD_EMBED) t->values[row / 2] = from->values[r / 2];
    else t->values[row] = from->values[r];
}

double gr_tb_labelled(const gr_tb *t, gr_head_kind kind)
{
    double n = 0.0;

    if (kind == GR_HEAD_EMBED) return t->b.n_rows / 2;
    if (!gr_head_per_token(kind)) return t->b.n_rows;
    for (int32_t i = 0; i < t->b.n_tokens; i++) n += t->classes[i] != GR_LABEL_IGNORE;
    return n;
}

/* ---- tensors ---- */

static const gr_st_tensor *need(const gr_st *st, const char *name)
{
    const gr_st_tensor *t = gr_st_find(st, name);

    if (!t) fail_msg("no tensor %s", name);
    return t;
}

double *gr_tensor_f64(const gr_st *st, const char *name, size_t *n)
{
    const gr_st_tensor *t = need(st, name);
    double             *x = malloc(t->count * sizeof *x + 1);
    gr_err              err = GR_ERR_INIT;

    assert_non_null(x);
    assert_ok(gr_st_to_f64(x, t, &err), &err);
    *n = t->count;
    return x;
}

int64_t *gr_tensor_i64(const gr_st *st, const char *name, size_t *n)
{
    const gr_st_tensor *t = need(st, name);
    int64_t            *x = malloc(t->count * sizeof *x + 1);
    gr_err              err = GR_ERR_INIT;

    assert_non_null(x);
    assert_ok(gr_st_to_i64(x, t, &err), &err);
    *n = t->count;
    return x;
}

/* ---- tiny models ---- */

gr_tiny gr_tiny_default(gr_head_kind kind, const char *device)
{
    const int32_t n_out[] = { [GR_HEAD_CLASS] = 3, [GR_HEAD_REGRESSION] = 1, [GR_HEAD_TOKEN] = 5, [GR_HEAD_EMBED] = 0, [GR_HEAD_MLM] = 29 };

    return (gr_tiny){ .hidden = 16, .heads = 2, .layers = 2, .inter = 20, .vocab = 29, .positions = 24, .dropout = 0.1, .act = "gelu", .family = "bert",
                      .head = { kind, n_out[kind] }, .elem = gr_device_find(device)->elem };
}

static void randomise(gr_model *m, uint64_t seed)
{
    for (size_t i = 0; i < m->params.n; i++) {
        const gr_param *p = &m->params.p[i];
        const double    sd = p->cols ? 0.3 : 0.1;
        gr_rng          r;

        gr_rng_init(&r, seed, GR_RNG_INIT, gr_rng_hash(p->name));
        for (size_t k = 0; k < p->count; k++) {
            const double x = (p->init == GR_INIT_ONE ? 1.0 : 0.0) + sd * gr_rng_normal(&r);
            if (m->elem == 8) ((double *)m->weights)[p->offset + k] = x;
            else ((float *)m->weights)[p->offset + k] = (float)x;
        }
    }
}

/* The tiny models of the tests: a family (and a variant), and what its config.json says besides the sizes. Embeddings are narrower than the
 * encoder where a family can have that; windows and buckets are small enough for sequences of ten tokens to reach beyond them. */
#define TINY_FAMILIES(X) \
    X("bert", "\"type_vocab_size\":2") \
    X("distilbert", "\"type_vocab_size\":0") \
    X("roberta", "\"type_vocab_size\":2,\"pad_token_id\":1") \
    X("xlm-roberta", "\"type_vocab_size\":2,\"pad_token_id\":1") \
    X("camembert", "\"type_vocab_size\":2,\"pad_token_id\":1") \
    X("mpnet", "\"relative_attention_num_buckets\":32,\"pad_token_id\":1") \
    X("electra", "\"type_vocab_size\":2,\"embedding_size\":12") \
    X("albert", "\"type_vocab_size\":2,\"embedding_size\":12,\"num_hidden_groups\":1") \
    X("deberta-v2", "\"relative_attention\":true,\"pos_att_type\":[\"p2c\",\"c2p\"],\"share_att_key\":true,\"position_buckets\":6,\"norm_rel_ebd\":\"layer_norm\"," \
                    "\"position_biased_input\":false") \
    X("deberta-v2/own-keys", "\"relative_attention\":true,\"pos_att_type\":\"c2p|p2c\",\"share_att_key\":false,\"max_relative_positions\":7,\"pooler_dropout\":0.2," \
                             "\"type_vocab_size\":2") \
    X("modernbert", "\"local_attention\":6,\"global_attn_every_n_layers\":2,\"embedding_dropout\":0.1,\"attention_dropout\":0.1,\"mlp_dropout\":0.2," \
                    "\"classifier_dropout\":0.1") \
    X("modernbert/biased", "\"local_attention\":6,\"global_attn_every_n_layers\":1,\"attention_bias\":true,\"mlp_bias\":true,\"norm_bias\":true," \
                           "\"classifier_bias\":true,\"classifier_pooling\":\"mean\",\"attention_dropout\":0.1,\"classifier_dropout\":0.2")

#define ENTRY(family, keys) { family, keys },
static const struct { const char *family, *keys; } extras[] = { TINY_FAMILIES(ENTRY) };
#undef ENTRY

#define NAME(family, keys) family,
const char *const gr_tiny_families[] = { TINY_FAMILIES(NAME) NULL };
#undef NAME

static const char *extra_keys(const char *family)
{
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++)
        if (strcmp(extras[i].family, family) == 0) return extras[i].keys;
    fail_msg("no tiny %s", family);
    return "";
}

/* Sizes under every spelling there is: a family reads its own. */
static void write_config(const gr_tiny *t, const char *path)
{
    const bool pad_one = strstr(extra_keys(t->family), "\"pad_token_id\":1") != NULL;
    FILE      *f = fopen(path, "w");

    assert_non_null(f);
    fprintf(f, "{\"model_type\":\"%.*s\",%s,\"vocab_size\":%d,\"max_position_embeddings\":%d,\"initializer_range\":0.02,", (int)strcspn(t->family, "/"),
            t->family, extra_keys(t->family), (int)t->vocab, (int)t->positions + (pad_one ? 2 : 0)); /* positions begin behind the pad's */
    if (!pad_one) fprintf(f, "\"pad_token_id\":0,");
    fprintf(f, "\"hidden_size\":%d,\"num_hidden_layers\":%d,\"num_attention_heads\":%d,\"intermediate_size\":%d,\"layer_norm_eps\":1e-12,",
            (int)t->hidden, (int)t->layers, (int)t->heads, (int)t->inter);
    fprintf(f, "\"dim\":%d,\"n_layers\":%d,\"n_heads\":%d,\"hidden_dim\":%d,\"dropout\":%g,", (int)t->hidden, (int)t->layers, (int)t->heads, (int)t->inter,
            t->dropout);
    fprintf(f, "\"hidden_act\":\"%s\",\"activation\":\"%s\",\"hidden_activation\":\"%s\",\"hidden_dropout_prob\":%g,\"attention_probs_dropout_prob\":%g}\n",
            t->act, t->act, t->act, t->dropout, t->dropout);
    assert_int_equal(fclose(f), 0);
}

gr_model *gr_tiny_model(const gr_tiny *t, uint64_t seed)
{
    char      path[1024];
    gr_model *m = NULL;
    gr_err    err = GR_ERR_INIT;

    (void)snprintf(path, sizeof path, "%s/config.json", gr_test_tmpdir());
    write_config(t, path);
    assert_ok(gr_model_create(&m, path, &(gr_model_opts){ .head = t->head, .seed = seed, .elem = t->elem, .dropout = -1.0 }, &err), &err);
    randomise(m, seed);
    return m;
}

gr_tb *gr_tiny_batch(const gr_tiny *t, const int32_t *lengths, int32_t rows, uint64_t seed)
{
    gr_tb *b = gr_tb_new();
    gr_rng r;

    gr_rng_init(&r, seed, GR_RNG_SAMPLE, 0);
    for (int32_t i = 0; i < rows; i++) {
        int32_t ids[512], types[512];
        assert_true(lengths[i] <= 512);
        for (int32_t k = 0; k < lengths[i]; k++) {
            ids[k] = 2 + (int32_t)gr_rng_below(&r, (uint64_t)t->vocab - 2); /* no pad id: its row has no gradient */
            types[k] = 2 * k >= lengths[i];
        }
        (void)gr_tb_row(b, ids, types, lengths[i], (uint32_t)i);
    }
    for (int32_t i = 0; i < rows; i++) b->values[i] = 2.0 * gr_rng_uniform(&r) - 1.0;
    for (int32_t i = 0; t->head.n_out && i < (gr_head_per_token(t->head.kind) ? b->b.n_tokens : rows); i++) {
        const bool ignored = gr_head_per_token(t->head.kind) && gr_rng_below(&r, 4) == 0;
        b->classes[i] = ignored ? GR_LABEL_IGNORE : (int32_t)gr_rng_below(&r, (uint64_t)t->head.n_out);
    }
    return b;
}

gr_session_opts gr_session_opts_for_test(const char *device, const gr_model *m)
{
    return (gr_session_opts){ .device = device, .train = true, .max_tokens = 1024, .max_rows = 64,
                              .max_length = m->config.max_positions - m->config.position_offset, .seed = 17,
                              .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.01, .max_grad_norm = 1.0 };
}

double gr_elem_at(const void *slab, int elem, size_t i)
{
    return elem == 8 ? ((const double *)slab)[i] : (double)((const float *)slab)[i];
}

gr_status gr_state_get(gr_session *s, void *out, int64_t *step, gr_err *err)
{
    GR_TRY(gr_session_state_read(s, out, 0, gr_session_state_bytes(s), err));
    *step = gr_session_steps(s);
    return GR_OK;
}

gr_status gr_state_set(gr_session *s, const void *in, int64_t step, gr_err *err)
{
    return gr_session_state_load(s, in, (const char *)in + gr_session_state_bytes(s) / 2, step, err);
}
