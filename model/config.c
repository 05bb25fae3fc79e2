/* config.c - config.json to gr_config; see config.h. The spelling of a family's keys is in its facts
 * (family.h); what a value may be is checked here, because a checkpoint folder comes from anywhere. */
#include "model/config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "model/family.h"

enum { CONFIG_BYTES_MAX = 16 * 1024 * 1024, LABELS_MAX = 1 << 20 };

/* ---- names ---- */

static const struct {
    const char *name;
    gr_act      act;
} acts[] = { /* the first name of an activation is the one that is written */
    { "none", GR_ACT_NONE },
    { "gelu", GR_ACT_GELU },
    { "gelu_python", GR_ACT_GELU },
    { "gelu_new", GR_ACT_GELU_TANH },
    { "gelu_pytorch_tanh", GR_ACT_GELU_TANH },
    { "gelu_python_tanh", GR_ACT_GELU_TANH },
    { "relu", GR_ACT_RELU },
    { "tanh", GR_ACT_TANH },
};

const char *gr_act_name(gr_act a)
{
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (acts[i].act == a) return acts[i].name;
    return "unknown";
}

static gr_status read_act(gr_act *out, const gr_json *root, gr_config_act_key k, gr_err *err)
{
    const gr_json *v = k.key ? gr_json_get(root, k.key) : NULL;
    const char *name = k.fallback;

    if (v && !gr_json_is_null(v)) {
        name = gr_json_str(v, NULL);
        if (!name) return gr_fail(err, GR_E_FORMAT, "'%s' is not a string", k.key);
    }
    for (size_t i = 1; i < sizeof acts / sizeof *acts; i++) {
        if (strcmp(acts[i].name, name) != 0) continue;
        *out = acts[i].act;
        return GR_OK;
    }
    return gr_fail(err, GR_E_UNSUPPORTED, "'%s': activation '%s' is not one of gelu, gelu_new, relu, tanh", k.key ? k.key : "the family", name);
}

/* ---- numbers ---- */

static gr_status read_sizes(gr_config *c, const gr_json *root, const gr_family_facts *f, gr_err *err)
{
    static const int64_t most[GR_SIZE_COUNT] = {
        [GR_SIZE_VOCAB] = 1 << 24, [GR_SIZE_HIDDEN] = 1 << 16, [GR_SIZE_LAYERS] = 1024,
        [GR_SIZE_HEADS] = 1024, [GR_SIZE_INTER] = 1 << 18, [GR_SIZE_POSITIONS] = 1 << 20,
    };
    int32_t *const field[GR_SIZE_COUNT] = {
        [GR_SIZE_VOCAB] = &c->vocab_size, [GR_SIZE_HIDDEN] = &c->hidden, [GR_SIZE_LAYERS] = &c->layers,
        [GR_SIZE_HEADS] = &c->heads, [GR_SIZE_INTER] = &c->inter, [GR_SIZE_POSITIONS] = &c->max_positions,
    };

    for (int i = 0; i < GR_SIZE_COUNT; i++) {
        int64_t x;

        GR_TRY(gr_json_need_int(&x, root, f->sizes[i], 1, most[i], err));
        *field[i] = (int32_t)x;
    }
    if (c->hidden % c->heads != 0)
        return gr_fail(err, GR_E_FORMAT, "'%s' %d is not a multiple of '%s' %d", f->sizes[GR_SIZE_HIDDEN], c->hidden,
                       f->sizes[GR_SIZE_HEADS], c->heads);
    return GR_OK;
}

gr_status gr_config_int(int32_t *out, const gr_json *root, const char *key, int32_t fallback, int32_t lo, int32_t hi, gr_err *err)
{
    const gr_json *v = key ? gr_json_get(root, key) : NULL;
    int64_t x;

    *out = fallback;
    if (!v || gr_json_is_null(v)) return GR_OK;
    GR_TRY(gr_json_need_int(&x, root, key, lo, hi, err));
    *out = (int32_t)x;
    return GR_OK;
}

gr_status gr_config_num(double *out, const gr_json *root, const char *key, double fallback, double lo, double hi, gr_err *err)
{
    const gr_json *v = key ? gr_json_get(root, key) : NULL;

    *out = fallback;
    if (!v || gr_json_is_null(v)) return GR_OK;
    GR_TRY(gr_json_need_num(out, root, key, err));
    if (!(*out >= lo && *out <= hi)) return gr_fail(err, GR_E_FORMAT, "'%s' is %g, not in %g..%g", key, *out, lo, hi);
    return GR_OK;
}

gr_status gr_config_flag(bool *out, const gr_json *root, const char *key, bool fallback, gr_err *err)
{
    const gr_json *v = gr_json_get(root, key);

    *out = fallback;
    if (!v || gr_json_is_null(v)) return GR_OK;
    if (!gr_json_is_bool(v)) return gr_fail(err, GR_E_FORMAT, "'%s' is neither true nor false", key);
    *out = gr_json_bool(v, fallback);
    return GR_OK;
}

static gr_status read_real(double *out, const gr_json *root, gr_config_real_key k, double lo, double hi, gr_err *err)
{
    double second;

    GR_TRY(gr_config_num(&second, root, k.or_key, k.fallback, lo, hi, err));
    return gr_config_num(out, root, k.key, second, lo, hi, err);
}

static gr_status read_reals(gr_config *c, const gr_json *root, const gr_family_facts *f, gr_err *err)
{
    static const double largest_dropout = 0.999;

    GR_TRY(read_real(&c->ln_eps, root, f->reals[GR_REAL_LN_EPS], 0.0, 1.0, err));
    GR_TRY(read_real(&c->init_range, root, f->reals[GR_REAL_INIT_RANGE], 0.0, 10.0, err));
    for (int i = 0; i < GR_DROP_COUNT; i++) GR_TRY(read_real(&c->drop[i], root, f->drops[i], 0.0, largest_dropout, err));
    return GR_OK;
}

/* ---- labels and head ---- */

/* id2label: {"0": "NEG", "1": "POS"}: every id from 0 on, in any order. */
static gr_status read_labels(gr_config *c, const gr_json *root, gr_err *err)
{
    const gr_json *map = gr_json_get(root, "id2label");
    const size_t n = gr_json_len(map);
    const char **labels;

    if (!map || gr_json_is_null(map)) return gr_config_int(&c->n_labels, root, "num_labels", 0, 0, LABELS_MAX, err);
    if (!gr_json_is_object(map)) return gr_fail(err, GR_E_FORMAT, "'id2label' is not an object");
    if (n > LABELS_MAX) return gr_fail(err, GR_E_FORMAT, "'id2label' has more than %d entries", LABELS_MAX);
    if (n == 0) return GR_OK;
    labels = gr_arena_calloc(&c->arena, n + 1, sizeof *labels);
    if (!labels) return gr_fail_nomem(err, "the labels");
    for (const gr_json *v = gr_json_first(map); v; v = gr_json_next(v)) {
        const char *name = gr_json_str(v, NULL);
        int64_t id;

        if (gr_sv_int(&id, gr_sv_from(gr_json_key(v)), NULL) != GR_OK || id < 0 || (uint64_t)id >= n)
            return gr_fail(err, GR_E_FORMAT, "'id2label': '%s' is not an id in 0..%zu", gr_json_key(v), n - 1);
        if (!name) return gr_fail(err, GR_E_FORMAT, "'id2label': the name of %s is not a string", gr_json_key(v));
        if (labels[id]) return gr_fail(err, GR_E_FORMAT, "'id2label': id %d appears twice", (int)id);
        labels[id] = name;
    }
    c->n_labels = (int32_t)n;
    c->labels = labels;
    return GR_OK;
}

static gr_status read_architecture(gr_config *c, const gr_json *root, gr_err *err)
{
    const gr_json *list = gr_json_get(root, "architectures");

    c->architecture = "";
    if (!list || gr_json_is_null(list)) return GR_OK;
    if (!gr_json_is_array(list)) return gr_fail(err, GR_E_FORMAT, "'architectures' is not a list");
    if (gr_json_len(list) == 0) return GR_OK;
    c->architecture = gr_json_str(gr_json_first(list), NULL);
    if (!c->architecture) return gr_fail(err, GR_E_FORMAT, "'architectures' does not hold names");
    c->has_head = gr_sv_ends(gr_sv_from(c->architecture), "ForSequenceClassification") ||
                  gr_sv_ends(gr_sv_from(c->architecture), "ForTokenClassification");
    return GR_OK;
}

/* ---- the whole document ---- */

static gr_status find_family(gr_config *c, const gr_family_facts **out, const gr_json *root, gr_err *err)
{
    const char *type = NULL;
    gr_buf known = { 0 };
    gr_status s = GR_OK;

    if (gr_json_get(root, "model_type")) GR_TRY(gr_json_need_str(&type, root, "model_type", err));
    *out = type ? gr_family_find(&c->family, type) : NULL;
    if (*out) return GR_OK;
    for (int i = 0; i < GR_FAMILY_COUNT; i++) gr_buf_addf(&known, "%s%s", i ? ", " : "", gr_family_name((gr_family)i));
    if (known.oom) s = gr_fail_nomem(err, "a list of names");
    else if (type) s = gr_fail(err, GR_E_UNSUPPORTED, "'model_type' is '%s'; supported: %s", type, known.p);
    else s = gr_fail(err, GR_E_FORMAT, "'model_type' is missing: older files do without; add the model's, which is one of %s", known.p);
    gr_buf_free(&known);
    return s;
}

/* Refuse variants that change the mathematics in ways that the engine does not have. */
static gr_status refuse_variants(const gr_json *root, gr_err *err)
{
    const char *positions = gr_json_str(gr_json_get(root, "position_embedding_type"), "absolute");

    if (strcmp(positions, "absolute") != 0)
        return gr_fail(err, GR_E_UNSUPPORTED, "'position_embedding_type' is '%s'; supported: absolute", positions);
    if (gr_json_bool(gr_json_get(root, "is_decoder"), false) || gr_json_bool(gr_json_get(root, "add_cross_attention"), false))
        return gr_fail(err, GR_E_UNSUPPORTED, "a decoder ('is_decoder', 'add_cross_attention') is not supported");
    return GR_OK;
}

static gr_status read_document(gr_config *c, const gr_json *root, gr_err *err)
{
    const gr_family_facts *f = NULL;
    bool tied;

    if (!gr_json_is_object(root)) return gr_fail(err, GR_E_FORMAT, "not a JSON object");
    GR_TRY(find_family(c, &f, root, err));
    GR_TRY(refuse_variants(root, err));
    GR_TRY(read_sizes(c, root, f, err));
    GR_TRY(gr_config_int(&c->embed, root, f->embed_key, f->embed_fallback ? f->embed_fallback : c->hidden, 1, 1 << 16, err));
    GR_TRY(gr_config_int(&c->type_vocab, root, f->type_vocab_key, f->type_vocab_fallback, 0, 1 << 16, err));
    GR_TRY(gr_config_int(&c->pad_id, root, "pad_token_id", f->pad_fallback, 0, c->vocab_size - 1, err));
    if (c->pad_id >= c->vocab_size) /* the family's default, since the file names none */
        return gr_fail(err, GR_E_FORMAT, "'pad_token_id' is absent and the family's, %d, is not in 0..%d", c->pad_id, c->vocab_size - 1);
    c->position_offset = f->positions_after_pad ? c->pad_id + 1 : 0;
    if (c->position_offset >= c->max_positions)
        return gr_fail(err, GR_E_FORMAT, "'%s' %d leaves no position behind the pad id", f->sizes[GR_SIZE_POSITIONS], c->max_positions);
    c->layer_sets = c->layers;
    c->has = f->has;
    if (c->embed != c->hidden) c->has |= GR_HAS_PROJECTION;
    GR_TRY(read_act(&c->act, root, f->act, err));
    GR_TRY(read_act(&c->head_act, root, f->head_act, err));
    GR_TRY(read_act(&c->mlm_act, root, f->mlm_act, err));
    GR_TRY(read_reals(c, root, f, err));
    GR_TRY(gr_config_flag(&tied, root, "tie_word_embeddings", true, err));
    if (!tied) c->has |= GR_HAS_DECODER;
    if (f->read) GR_TRY(f->read(c, root, err));
    GR_TRY(read_architecture(c, root, err));
    return read_labels(c, root, err);
}

/* Takes `root` over, also on failure. */
static gr_status take_document(gr_config *out, gr_json *root, gr_err *err)
{
    gr_status s;

    memset(out, 0, sizeof *out);
    gr_arena_init(&out->arena, 4096);
    out->source = root;
    s = read_document(out, root, err);
    if (s != GR_OK) gr_config_free(out);
    return s;
}

gr_status gr_config_parse(gr_config *out, const char *json, size_t n, gr_err *err)
{
    gr_json *root = NULL;

    memset(out, 0, sizeof *out);
    if (n > CONFIG_BYTES_MAX) return gr_fail(err, GR_E_FORMAT, "larger than the %d bytes allowed", CONFIG_BYTES_MAX);
    GR_TRY(gr_json_parse(&root, json, n, err));
    return take_document(out, root, err);
}

gr_status gr_config_read(gr_config *out, const char *path, gr_err *err)
{
    char joined[GR_PATH_MAX];
    gr_json *root = NULL;
    gr_status s;

    memset(out, 0, sizeof *out);
    if (gr_fs_is_dir(path)) {
        if (!gr_fs_join(joined, sizeof joined, path, "config.json")) return gr_fail(err, GR_E_ARG, "path too long: %s", path);
        path = joined;
    }
    GR_TRY(gr_json_read(&root, path, CONFIG_BYTES_MAX, err));
    s = take_document(out, root, err);
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", path);
}

void gr_config_free(gr_config *c)
{
    gr_json_free(c->source);
    gr_arena_free(&c->arena);
    memset(c, 0, sizeof *c);
}

/* ---- relative positions ---- */

enum { MPNET_BUCKETS = 32, MPNET_DISTANCE = 128 }; /* fixed in modeling_mpnet.py, whatever the table's size */

int32_t gr_config_rel_rows(const gr_config *c)
{
    if (c->relative == GR_RELATIVE_BUCKETS) return c->rel_buckets;
    return 2 * (c->rel_buckets > 0 ? c->rel_buckets : c->rel_distance); /* DeBERTa's, whether or not attention reads them; else 0 */
}

/* T5's buckets (modeling_mpnet.py, relative_position_bucket). Half of the buckets are for keys behind the query. In each half the
 * first half have one offset each, and the rest grow logarithmically. The original computes the logarithm in float, which decides
 * where a bucket ends, so this does too. */
static int32_t mpnet_row(int32_t offset)
{
    const int32_t half = MPNET_BUCKETS / 2, exact = half / 2, n = offset < 0 ? -offset : offset;
    const int32_t side = offset > 0 ? half : 0;
    float         x;

    if (n < exact) return side + n;
    x = (float)log((double)((float)n / (float)exact)) / (float)log((double)MPNET_DISTANCE / (double)exact) * (float)(half - exact);
    return side + (exact + (int32_t)x < half - 1 ? exact + (int32_t)x : half - 1);
}

/* modeling_deberta_v2.py, make_log_bucket_position, of the query's position minus the key's; in float where that is. */
static int32_t deberta_row(const gr_config *c, int32_t offset)
{
    const int32_t back = -offset, n = back < 0 ? -back : back, mid = c->rel_buckets / 2, rows = gr_config_rel_rows(c);
    int32_t       bucket = back;
    float         x;

    if (c->rel_buckets > 0 && n > mid) {
        x = (float)log((double)((float)n / (float)mid)) / (float)log((double)(float)((double)(c->rel_distance - 1) / (double)mid)) * (float)(mid - 1);
        bucket = ((int32_t)fminf(ceilf(x), (float)rows) + mid) * (back < 0 ? -1 : 1); /* x has no bound where rel_distance is close to mid */
    }
    bucket += rows / 2;
    if (bucket < 0) return 0;
    return bucket < rows - 1 ? bucket : rows - 1;
}

int32_t gr_config_rel_row(const gr_config *c, int32_t offset)
{
    return c->relative == GR_RELATIVE_BUCKETS ? mpnet_row(offset) : deberta_row(c, offset);
}
