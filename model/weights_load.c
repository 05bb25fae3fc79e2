/* weights_load.c - a checkpoint folder into a model, strictly: every tensor of the model is found with its shape or
 * the load fails, and every tensor of the file is used or accounted for. See weights.h for what is only warned of. */
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
    bool                *used;    /* [gr_st_count] */
    bool                *missing; /* [params.n]    */
    const gr_st_tensor **src;     /* [params.n] where a tensor comes from; NULL: initialised */
    gr_err              *err;
} loader;

/* ---- names ---- */

/* Old checkpoints (TensorFlow's spelling) say LayerNorm.gamma and LayerNorm.beta. */
static bool old_spelling(char *out, size_t cap, const char *name)
{
    static const struct { const char *now, *old; } ends[] = {
        { "LayerNorm.weight", "LayerNorm.gamma" }, { "LayerNorm.bias", "LayerNorm.beta" },
    };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const size_t stem = strlen(name) - (gr_sv_ends(gr_sv_from(name), ends[i].now) ? strlen(ends[i].now) : strlen(name));

        if (!gr_sv_ends(gr_sv_from(name), ends[i].now) || stem + strlen(ends[i].old) >= cap) continue;
        memcpy(out, name, stem);
        memcpy(out + stem, ends[i].old, strlen(ends[i].old) + 1);
        return true;
    }
    return false;
}

static const gr_st_tensor *find_spelled(const gr_st *st, const char *name)
{
    char old[sizeof((gr_param *)0)->name + 8];
    const gr_st_tensor *t = gr_st_find(st, name);

    return t || !old_spelling(old, sizeof old, name) ? t : gr_st_find(st, old);
}

/* Without the model's prefix, if it has it. */
static const char *bare_name(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;
}

/* The encoder may be saved with the model's prefix or alone, whatever the head. */
static const gr_st_tensor *find_tensor(const loader *l, const gr_param *p)
{
    const char *prefix = gr_family_at(l->m->config.family)->tensor_prefix;
    const char *bare = bare_name(p->name, prefix);
    char prefixed[sizeof p->name + 32];
    const gr_st_tensor *t;

    if (p->part == GR_PART_HEAD) return find_spelled(l->st, p->name);
    memcpy(prefixed, prefix, strlen(prefix));
    memcpy(prefixed + strlen(prefix), bare, strlen(bare) + 1);
    t = find_spelled(l->st, prefixed);
    return t ? t : find_spelled(l->st, bare);
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

static gr_status fail_shape(const loader *l, const gr_param *p, const gr_st_tensor *t)
{
    char got[128], want[48];

    shape_text(got, sizeof got, t);
    (void)snprintf(want, sizeof want, p->cols ? "%d, %d" : "%d", (int)p->rows, (int)p->cols);
    return gr_fail(l->err, GR_E_FORMAT, "tensor '%s' has the shape [%s], the configuration asks for [%s]", t->name, got, want);
}

static gr_status copy_values(const loader *l, size_t i)
{
    const gr_param *p = &l->m->params.p[i];
    const gr_st_tensor *t = l->src[i];

    if (l->m->elem == 8) GR_TRY(gr_st_to_f64((double *)l->m->weights + p->offset, t, l->err));
    else GR_TRY(gr_st_to_f32((float *)l->m->weights + p->offset, t, l->err));
    return l->o->map ? GR_OK : gr_model_check_tensor(l->m, i, t->name, l->err);
}

/* ---- values that stay in the file ---- */

static bool can_stay(const loader *l, int32_t i)
{
    const gr_st_tensor *t = l->src[i];

    return l->m->elem == 4 && t && t->dtype == GR_DT_F32 && gr_st_native() && (uintptr_t)t->data % sizeof(float) == 0;
}

/* The encoder reads three tensors as one: they stay only where the file has them end to end, in this order. */
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

/* Every tensor to its place: a copy in the slab, or the file's own bytes. */
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

/* The parts of a head come and go together: one that is missing or misshapen makes the whole head new. */
static gr_status check_head(loader *l, bool *take, const char **why)
{
    bool any = false, all = true, fits = true;

    for (size_t i = 0; i < l->m->params.n; i++) {
        const gr_param *p = &l->m->params.p[i];
        const gr_st_tensor *t;

        if (p->part != GR_PART_HEAD) continue;
        t = find_tensor(l, p);
        any = true;
        all = all && t;
        if (!t || shape_fits(t, p)) continue;
        fits = false;
        if (l->o->require_head) return fail_shape(l, p, t);
        l->used[t - gr_st_at(l->st, 0)] = true; /* seen and replaced */
    }
    *take = any && all && fits;
    *why = all ? "do not have the shape that the task wants and were replaced by new ones" : "are missing and were initialised afresh";
    return GR_OK;
}

static gr_status load_one(loader *l, size_t i, bool take_head)
{
    const gr_param *p = &l->m->params.p[i];
    const gr_st_tensor *t = find_tensor(l, p);

    if (p->part == GR_PART_HEAD && !take_head) {
        if (t) l->used[t - gr_st_at(l->st, 0)] = true;
        l->missing[i] = true;
        return GR_OK;
    }
    if (!t && p->part != GR_PART_POOLER) return gr_fail(l->err, GR_E_FORMAT, "tensor '%s' is missing", p->name);
    if (!t) {
        l->missing[i] = true;
        return GR_OK;
    }
    l->used[t - gr_st_at(l->st, 0)] = true;
    if (!shape_fits(t, p)) return fail_shape(l, p, t);
    l->src[i] = t;
    return GR_OK;
}

/* "classifier.weight, classifier.bias are missing and were initialised afresh", and do so. */
static gr_status report_part(loader *l, gr_param_part part, const char *why)
{
    gr_buf names = { 0 };
    gr_status s = GR_OK;

    for (size_t i = 0; i < l->m->params.n; i++) {
        if (!l->missing[i] || l->m->params.p[i].part != part) continue;
        gr_buf_addf(&names, "%s%s", names.n ? ", " : "", l->m->params.p[i].name);
        gr_model_init_tensor(l->m, i, l->o->seed);
    }
    if (names.oom) s = gr_fail_nomem(l->err, "a list of names");
    else if (names.n && l->o->require_head) s = gr_fail(l->err, GR_E_FORMAT, "%s: missing; a prediction needs a fine-tuned head", names.p);
    else if (names.n) s = gr_model_warn(l->m, l->err, "%s %s", names.p, why);
    gr_buf_free(&names);
    return s;
}

static gr_status load_params(loader *l)
{
    const char *why = "";
    bool take_head = false;

    GR_TRY(check_head(l, &take_head, &why));
    for (size_t i = 0; i < l->m->params.n; i++) GR_TRY(load_one(l, i, take_head));
    l->m->head_is_new = l->m->params.head_w >= 0 && !take_head;
    GR_TRY(place_values(l));
    GR_TRY(report_part(l, GR_PART_POOLER, "are missing and were initialised afresh"));
    return report_part(l, GR_PART_HEAD, why);
}

/* ---- the file's tensors that no one asked for ---- */

typedef enum unused_kind { UNUSED_BUFFER, UNUSED_HEAD, UNUSED_OTHER, UNUSED_KINDS } unused_kind;

static unused_kind kind_of(const loader *l, const char *name)
{
    static const char *const buffers[] = { "position_ids", "token_type_ids" };
    static const char *const heads[] = { "cls.", "classifier.", "qa_outputs.", "pooler." };
    const char *bare = bare_name(name, gr_family_at(l->m->config.family)->tensor_prefix);
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        if (strcmp(dot ? dot + 1 : name, buffers[i]) == 0) return UNUSED_BUFFER;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strncmp(bare, heads[i], strlen(heads[i])) == 0) return UNUSED_HEAD;
    return UNUSED_OTHER;
}

static gr_status check_unused(loader *l)
{
    static const char *const text[UNUSED_KINDS] = {
        [UNUSED_BUFFER] = "buffers that the model computes itself", [UNUSED_HEAD] = "heads that this task does not use", [UNUSED_OTHER] = "unknown tensors",
    };
    const char *first[UNUSED_KINDS] = { NULL };
    size_t count[UNUSED_KINDS] = { 0 };

    for (size_t i = 0; i < gr_st_count(l->st); i++) {
        const char *name = gr_st_at(l->st, i)->name;
        const unused_kind k = kind_of(l, name);

        if (l->used[i]) continue;
        if (!first[k]) first[k] = name;
        count[k]++;
    }
    if (first[UNUSED_OTHER] && !l->o->ignore_unused)
        return gr_fail(l->err, GR_E_FORMAT, "tensor '%s' (and %zu more) is not part of this model; --ignore-unused accepts that",
                       first[UNUSED_OTHER], count[UNUSED_OTHER] - 1);
    for (int k = 0; k < UNUSED_KINDS; k++)
        if (count[k])
            GR_TRY(gr_model_warn(l->m, l->err, "ignored %zu of the file's tensors: %s (%s%s)", count[k], text[k], first[k], count[k] > 1 ? ", ..." : ""));
    return GR_OK;
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
        s = load_params(&l);
        if (s == GR_OK) s = check_unused(&l);
    }
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
