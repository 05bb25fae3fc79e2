/* weights_load.c - a checkpoint folder into a model, strictly: every tensor of the model must be found with its shape, and
 * every tensor of the file must be used or accounted for. See weights.h for what is only warned of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "model/family.h"
#include "model/weights_impl.h"

typedef struct loader {
    gr_model            *m;
    const gr_model_opts *o;
    const gr_st         *st;
    gr_weight_names      names;
    bool                *used;    /* [gr_st_count] */
    bool                *missing; /* [params.n]    */
    const gr_st_tensor **src;     /* [params.n] the file's tensor; NULL: to be initialised */
    gr_err              *err;
} loader;

/* ---- names ---- */

/* Tensors of masked language models that are the same as another one, their twin (`_tied_weights_keys` of transformers'
 * classes). Some programs store both. twin NULL: the word table. */
static const struct { const char *name, *twin; } tied[] = {
    { "cls.predictions.decoder.weight", NULL }, { "cls.predictions.decoder.bias", "cls.predictions.bias" },
    { "predictions.decoder.weight", NULL },     { "predictions.decoder.bias", "predictions.bias" },
    { "lm_head.decoder.weight", NULL },         { "lm_head.decoder.bias", "lm_head.bias" },
    { "vocab_projector.weight", NULL },         { "generator_lm_head.weight", NULL },
    { "decoder.weight", NULL },
};
enum { N_TIED = sizeof tied / sizeof *tied };

/* The name without the model's prefix, if it begins with that. */
static const char *bare_name(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;
}

/* A tensor of the head; a bias may be stored under its twin's name only. */
static const gr_st_tensor *find_head(const loader *l, const char *name)
{
    const gr_st_tensor *t = gr_weight_names_find(&l->names, name);

    for (size_t i = 0; !t && i < N_TIED; i++)
        if (tied[i].twin && strcmp(tied[i].twin, name) == 0) t = gr_weight_names_find(&l->names, tied[i].name);
    return t;
}

/* The file's tensor for p; NULL: none. Encoder tensors are found with the model's prefix and without, whatever the head. */
static const gr_st_tensor *find_tensor(const loader *l, const gr_param *p)
{
    const char *prefix = gr_family_at(l->m->config.family)->tensor_prefix;
    const char *bare = bare_name(p->name, prefix);
    char prefixed[sizeof p->name + 32];
    const gr_st_tensor *t;

    if (p->part == GR_PART_HEAD) return find_head(l, p->name);
    if ((size_t)snprintf(prefixed, sizeof prefixed, "%s%s", prefix, bare) >= sizeof prefixed) return NULL;
    t = gr_weight_names_find(&l->names, prefixed);
    return t ? t : gr_weight_names_find(&l->names, bare);
}

static void mark_used(const loader *l, const gr_st_tensor *t)
{
    l->used[t - gr_st_at(l->st, 0)] = true;
}

/* ---- values ---- */

static bool shape_fits(const gr_st_tensor *t, const gr_param *p)
{
    if (p->cols == 0) return t->ndim == 1 && t->shape[0] == p->rows;
    return t->ndim == 2 && t->shape[0] == p->rows && t->shape[1] == p->cols;
}

static void shape_text(char *out, size_t cap, const gr_st_tensor *t)
{
    size_t n = 0;

    out[0] = '\0';
    for (int i = 0; i < t->ndim && n < cap; i++) {
        const int w = snprintf(out + n, cap - n, "%s%lld", i ? ", " : "", (long long)t->shape[i]);
        n += w > 0 ? (size_t)w : 0;
    }
}

static void want_text(char *out, size_t cap, const gr_param *p)
{
    (void)snprintf(out, cap, p->cols ? "%d, %d" : "%d", (int)p->rows, (int)p->cols);
}

static gr_status fail_shape(const loader *l, const gr_param *p, const gr_st_tensor *t)
{
    char got[128], want[48];

    shape_text(got, sizeof got, t);
    want_text(want, sizeof want, p);
    return gr_fail(l->err, GR_E_FORMAT, "%s: tensor '%s' has the shape [%s], the configuration asks for [%s]", gr_st_file_of(l->st, t), t->name,
                   got, want);
}

static bool holds_whole_numbers(const gr_st_tensor *t)
{
    return t->dtype != GR_DT_F64 && t->dtype != GR_DT_F32 && t->dtype != GR_DT_F16 && t->dtype != GR_DT_BF16 && t->dtype != GR_DT_OTHER;
}

static gr_status copy_values(const loader *l, size_t i)
{
    const gr_param *p = &l->m->params.p[i];
    const gr_st_tensor *t = l->src[i];
    gr_status s;

    if (holds_whole_numbers(t)) /* without the scales that belong to them they mean nothing */
        return gr_fail(l->err, GR_E_UNSUPPORTED, "%s: tensor '%s' holds whole numbers, as a quantised model does; save the model in float32",
                       gr_st_file_of(l->st, t), t->name);
    if (l->m->elem == 8) s = gr_st_to_f64((double *)l->m->weights + p->offset, t, l->err);
    else s = gr_st_to_f32((float *)l->m->weights + p->offset, t, l->err);
    if (s == GR_OK && !l->o->map) s = gr_model_check_tensor(l->m, i, t->name, l->err);
    return s == GR_OK ? GR_OK : gr_wrap(l->err, s, "%s", gr_st_file_of(l->st, t));
}

/* ---- values that stay in the file ---- */

/* Can the model use the file's bytes as they are? */
static bool can_stay(const loader *l, int32_t i)
{
    const gr_st_tensor *t = l->src[i];

    return l->m->elem == 4 && t && t->dtype == GR_DT_F32 && gr_st_native() && (uintptr_t)t->data % sizeof(float) == 0;
}

/* The encoder reads these three tensors as one, so they can stay only when the file has them end to end, in this order. */
static bool three_stay(const loader *l, int32_t a, int32_t b, int32_t c)
{
    return can_stay(l, a) && can_stay(l, b) && can_stay(l, c) && l->src[a]->data + l->src[a]->bytes == l->src[b]->data &&
           l->src[b]->data + l->src[b]->bytes == l->src[c]->data;
}

static bool stays(const loader *l, int32_t i)
{
    const gr_param *p = &l->m->params.p[i];
    const gr_layer_index *x = p->home >= 0 ? &l->m->params.layer[p->home] : NULL;

    if (x && x->k_w < 0) return can_stay(l, i);
    if (x && (i == x->q_w || i == x->k_w || i == x->v_w)) return three_stay(l, x->q_w, x->k_w, x->v_w);
    if (x && (i == x->q_b || i == x->k_b || i == x->v_b)) return three_stay(l, x->q_b, x->k_b, x->v_b);
    return can_stay(l, i);
}

/* Give every tensor its values: copied to the slab or, in a mapped model, left in the file. */
static gr_status place_values(loader *l)
{
    gr_model *m = l->m;

    if (l->o->map && !(m->tensor = calloc(m->params.n + 1, sizeof *m->tensor))) return gr_fail_nomem(l->err, "the weights");
    for (size_t i = 0; i < m->params.n; i++) {
        const bool stay = l->o->map && stays(l, (int32_t)i);

        if (l->src[i] && !stay) GR_TRY(copy_values(l, i));
        if (m->tensor) m->tensor[i] = stay ? (const void *)l->src[i]->data : (const char *)m->weights + m->params.p[i].offset * (size_t)m->elem;
    }
    return GR_OK;
}

/* ---- the model's tensors ---- */

/* Do two tensors belong to the same layer of a head? Its name is theirs up to the last dot. */
static bool same_layer(const gr_param *a, const gr_param *b)
{
    const char *x = strrchr(a->name, '.'), *y = strrchr(b->name, '.');
    const size_t n = x ? (size_t)(x - a->name) : 0;

    return x && y && n == (size_t)(y - b->name) && memcmp(a->name, b->name, n) == 0;
}

/* Does the file have every tensor of p's layer, with its shape? If not, the whole layer is initialised, as transformers does
 * with ignore_mismatched_sizes. */
static bool layer_fits(const loader *l, const gr_param *p)
{
    for (size_t i = 0; i < l->m->params.n; i++) {
        const gr_param *q = &l->m->params.p[i];
        const gr_st_tensor *t;

        if (q->part != GR_PART_HEAD || !same_layer(p, q)) continue;
        t = find_tensor(l, q);
        if (!t || !shape_fits(t, q)) return false;
    }
    return true;
}

static gr_status load_head(loader *l, size_t i)
{
    const gr_param *p = &l->m->params.p[i];
    const gr_st_tensor *t = find_tensor(l, p);

    if (t) mark_used(l, t);
    if (t && !shape_fits(t, p) && l->o->require_head) return fail_shape(l, p, t);
    if (t && shape_fits(t, p) && layer_fits(l, p)) l->src[i] = t;
    else l->missing[i] = true;
    return GR_OK;
}

static gr_status load_one(loader *l, size_t i)
{
    const gr_param *p = &l->m->params.p[i];
    const gr_st_tensor *t = find_tensor(l, p);

    if (p->part == GR_PART_HEAD) return load_head(l, i);
    if (!t && p->part != GR_PART_POOLER)
        return gr_fail(l->err, GR_E_FORMAT, "tensor '%s' is missing (the file's first tensor is '%.150s')", p->name,
                       gr_st_count(l->st) ? gr_st_at(l->st, 0)->name : "");
    if (!t) {
        l->missing[i] = true;
        return GR_OK;
    }
    mark_used(l, t);
    if (!shape_fits(t, p)) return fail_shape(l, p, t);
    l->src[i] = t;
    return GR_OK;
}

/* ---- what is missing ---- */

/* "classifier.weight is [3, 8] in the file and [2, 8] for this task, classifier.bias ..." */
static gr_status report_replaced(loader *l)
{
    gr_buf text = { 0 };
    gr_status s = GR_OK;

    for (size_t i = 0; i < l->m->params.n; i++) {
        const gr_param *p = &l->m->params.p[i];
        const gr_st_tensor *t = l->missing[i] ? find_tensor(l, p) : NULL;
        char got[128], want[48];

        if (!t || shape_fits(t, p)) continue;
        shape_text(got, sizeof got, t);
        want_text(want, sizeof want, p);
        gr_buf_addf(&text, "%s%s is [%s] in the file and [%s] for this task", text.n ? ", " : "", p->name, got, want);
    }
    if (text.oom) s = gr_fail_nomem(l->err, "a list of names");
    else if (text.n) s = gr_model_warn(l->m, l->err, "%s: replaced by new ones", text.p);
    gr_buf_free(&text);
    return s;
}

/* What is missing of a part of the model. Tensors whose shapes differ are report_replaced's. */
typedef struct missing_part {
    gr_buf names;   /* "a, b": those to tell of                                */
    bool   needed;  /* one of them is used                                     */
    bool   halves;  /* one of them is in the file, the rest of its layer is not */
    bool   kept;    /* other tensors of the part came from the file            */
} missing_part;

/* Initialise the missing tensors of a part, and list them. */
static missing_part init_missing(loader *l, gr_param_part part)
{
    missing_part m = { .names = { 0 } };

    for (size_t i = 0; i < l->m->params.n; i++) {
        const gr_param *p = &l->m->params.p[i];
        const gr_st_tensor *t;

        if (p->part != part) continue;
        if (!l->missing[i]) {
            m.kept = true;
            continue;
        }
        gr_model_init_tensor(l->m, i, l->o->seed);
        t = find_tensor(l, p);
        if (t && !shape_fits(t, p)) continue;
        m.needed = m.needed || p->used;
        m.halves = m.halves || t;
        gr_buf_addf(&m.names, "%s%s", m.names.n ? ", " : "", p->name);
    }
    return m;
}

/* Initialise what is missing of a part and say so; in prediction a missing head is an error. */
static gr_status report_missing(loader *l, gr_param_part part)
{
    missing_part m = init_missing(l, part);
    gr_status s = GR_OK;

    if (m.names.oom)
        s = gr_fail_nomem(l->err, "a list of names");
    else if (m.needed && l->o->require_head)
        s = gr_fail(l->err, GR_E_FORMAT, "%s: %s; a prediction needs a fine-tuned head", m.names.p, m.halves ? "incomplete" : "missing");
    else if (m.needed)
        s = gr_model_warn(l->m, l->err, "%s are %s and were initialised afresh%s", m.names.p, m.halves ? "incomplete in the file" : "missing",
                          m.kept ? "; the rest of the head is the file's" : "");
    gr_buf_free(&m.names);
    return s;
}

/* Warn when the head's last layer was kept although the checkpoint says that it was trained for another kind of task. */
static gr_status report_other_kind(loader *l)
{
    static const char *const tails[] = { "ForSequenceClassification", "ForTokenClassification" };
    const gr_sv name = gr_sv_from(l->m->config.architecture);
    const char *want = NULL;

    if (gr_head_is_sequence(l->m->head.kind)) want = tails[0];
    if (l->m->head.kind == GR_HEAD_TOKEN) want = tails[1];
    if (!want || l->m->params.head_w < 0 || l->missing[l->m->params.head_w] || gr_sv_ends(name, want)) return GR_OK;
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (gr_sv_ends(name, tails[i])) return gr_model_warn(l->m, l->err, "the head is that of a %.*s and begins as one of another kind", GR_SV_FMT(name));
    return GR_OK;
}

static gr_status load_params(loader *l)
{
    const int32_t head_w = l->m->params.head_w;

    for (size_t i = 0; i < l->m->params.n; i++) GR_TRY(load_one(l, i));
    l->m->head_is_new = head_w >= 0 && l->missing[head_w];
    GR_TRY(place_values(l));
    GR_TRY(report_missing(l, GR_PART_POOLER));
    GR_TRY(report_replaced(l));
    GR_TRY(report_missing(l, GR_PART_HEAD));
    return report_other_kind(l);
}

/* ---- the file's tensors that no one asked for ---- */

typedef enum unused_kind { UNUSED_TWIN, UNUSED_BUFFER, UNUSED_TABLE, UNUSED_HEAD, UNUSED_OTHER, UNUSED_KINDS } unused_kind;

/* Buffers that torch keeps with the weights, by the last part of their names. */
static const char *const buffers[] = { "position_ids", "token_type_ids", "inv_freq" };

/* Tables that old checkpoints hold even when the configuration leaves them out. */
static const char *const tables[] = { "embeddings.position_embeddings.weight", "embeddings.token_type_embeddings.weight" };

/* Does the model have a head whose names begin like this one, up to the first dot? */
static bool head_in_use(const loader *l, const char *name)
{
    const size_t n = strcspn(name, ".") + 1;

    for (size_t i = 0; i < l->m->params.n; i++)
        if (l->m->params.p[i].part == GR_PART_HEAD && strncmp(l->m->params.p[i].name, name, n) == 0) return true;
    return false;
}

/* The twin of a stored tensor. *is_tied: this model has such a pair; the twin may still be missing from the file (NULL). */
static const gr_st_tensor *twin_of(const loader *l, const char *name, bool *is_tied)
{
    *is_tied = false;
    for (size_t i = 0; i < N_TIED; i++) {
        int32_t at;

        if (strcmp(tied[i].name, name) != 0 || !head_in_use(l, name)) continue;
        *is_tied = true;
        at = tied[i].twin ? gr_params_find(&l->m->params, tied[i].twin) : l->m->params.word_emb;
        return at >= 0 ? l->src[at] : NULL;
    }
    return NULL;
}

static bool same_values(const gr_st_tensor *a, const gr_st_tensor *b)
{
    return a->dtype == b->dtype && a->ndim == b->ndim && memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape) == 0 &&
           a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0;
}

/* The model has one tensor for both; warn when the stored copy differs from it. */
static gr_status check_twin(loader *l, const gr_st_tensor *t, const gr_st_tensor *twin)
{
    if (twin && same_values(t, twin)) return GR_OK;
    return gr_model_warn(l->m, l->err, "'%s' differs from '%s', which is used in its place", t->name, twin ? twin->name : "its new twin");
}

/* Is this a tensor of a head or pooler that the family's checkpoints may have? Its table has a row for it, or its facts list it. */
static bool is_head(const loader *l, const char *name)
{
    const gr_family_facts *f = gr_family_at(l->m->config.family);
    const char *bare = bare_name(name, f->tensor_prefix);

    for (const char *const *h = f->other_heads; h && *h; h++)
        if (strncmp(bare, *h, strlen(*h)) == 0) return true;
    for (size_t i = 0; i < f->n_rows; i++)
        if ((f->rows[i].part == GR_PART_HEAD || f->rows[i].part == GR_PART_POOLER) && strcmp(bare, f->rows[i].name) == 0) return true;
    return false;
}

static unused_kind kind_of(const loader *l, const char *name)
{
    const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;
    bool is_tied;

    (void)twin_of(l, name, &is_tied);
    if (is_tied) return UNUSED_TWIN;
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        if (gr_sv_ends(gr_sv_from(last), buffers[i])) return UNUSED_BUFFER;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (gr_sv_ends(gr_sv_from(name), tables[i]) && (i ? l->m->params.type_emb : l->m->params.pos_emb) < 0) return UNUSED_TABLE;
    return is_head(l, name) ? UNUSED_HEAD : UNUSED_OTHER;
}

static gr_status report_unused(loader *l, const char *const first[], const size_t count[])
{
    static const char *const text[UNUSED_KINDS] = {
        [UNUSED_BUFFER] = "buffers that the model computes itself", [UNUSED_TABLE] = "tables that the configuration leaves out",
        [UNUSED_HEAD] = "heads that this task does not use", [UNUSED_OTHER] = "unknown tensors",
    };

    if (first[UNUSED_OTHER] && !l->o->ignore_unused)
        return gr_fail(l->err, GR_E_FORMAT, "%s: tensor '%s' (and %zu more) is not part of this model; --ignore-unused accepts that",
                       gr_st_file_of(l->st, gr_st_find(l->st, first[UNUSED_OTHER])), first[UNUSED_OTHER], count[UNUSED_OTHER] - 1);
    for (int k = 0; k < UNUSED_KINDS; k++)
        if (count[k] && text[k])
            GR_TRY(gr_model_warn(l->m, l->err, "ignored %zu of the file's tensors: %s (%s%s)", count[k], text[k], first[k], count[k] > 1 ? ", ..." : ""));
    return GR_OK;
}

static gr_status check_unused(loader *l)
{
    const char *first[UNUSED_KINDS] = { NULL };
    size_t count[UNUSED_KINDS] = { 0 };

    for (size_t i = 0; i < gr_st_count(l->st); i++) {
        const gr_st_tensor *t = gr_st_at(l->st, i);
        unused_kind k;
        bool is_tied;

        if (l->used[i]) continue;
        k = kind_of(l, l->names.of[i]);
        if (k == UNUSED_TWIN) GR_TRY(check_twin(l, t, twin_of(l, l->names.of[i], &is_tied)));
        if (!first[k]) first[k] = t->name;
        count[k]++;
    }
    return report_unused(l, first, count);
}

/* ---- the folder ---- */

static gr_status load_all(gr_model *m, const gr_st *st, const gr_model_opts *o, gr_err *err)
{
    loader l = { .m = m, .o = o, .st = st, .err = err };
    gr_status s;

    l.used = calloc(gr_st_count(st) + 1, sizeof *l.used);
    l.missing = calloc(m->params.n + 1, sizeof *l.missing);
    l.src = calloc(m->params.n + 1, sizeof *l.src);
    if (!l.used || !l.missing || !l.src) {
        s = gr_fail_nomem(err, "the loader");
    } else {
        s = gr_weight_names_build(&l.names, st, err);
        if (s == GR_OK) s = load_params(&l);
        if (s == GR_OK) s = check_unused(&l);
    }
    gr_weight_names_free(&l.names);
    free(l.used);
    free(l.missing);
    free(l.src);
    if (s == GR_OK && !o->skip_sha256) gr_st_sha256(st, m->sha256);
    return s;
}

gr_status gr_model_open(gr_model **out, const gr_model_opts *o, gr_err *err)
{
    char path[GR_PATH_MAX];
    gr_model *m = NULL;
    gr_st *st = NULL;
    gr_config c;
    gr_status s;

    *out = NULL;
    memset(&c, 0, sizeof c);
    if (!o->dir || !*o->dir) return gr_fail(err, GR_E_ARG, "no model folder given");
    if (!gr_fs_join(path, sizeof path, o->dir, "config.json")) return gr_fail(err, GR_E_ARG, "path too long: %s", o->dir);
    if (!gr_fs_is_dir(o->dir)) return gr_fail(err, GR_E_NOTFOUND, "%s: no such model folder", o->dir);
    if ((s = gr_config_read(&c, path, err)) != GR_OK) goto out;
    if ((s = gr_st_open_dir(&st, o->dir, err)) != GR_OK) goto out;
    if ((s = gr_model_new(&m, &c, o->dir, o, err)) == GR_OK) s = load_all(m, st, o, err);
    if (s != GR_OK) {
        (void)gr_wrap(err, s, "%s", o->dir);
        goto out;
    }
    if (o->map) {
        m->file = st;
        st = NULL;
    }
    *out = m;
    m = NULL;
out:
    gr_model_close(m);
    gr_st_close(st);
    gr_config_free(&c);
    return s;
}
