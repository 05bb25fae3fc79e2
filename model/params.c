/* params.c - from a family's table of rows (family.h) to the parameters of one configuration and head; see params.h. */
#include "model/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/str.h"
#include "model/family.h"

enum { ALIGN = 16 }; /* elements: one 64-byte line of floats */

/* What a side of a shape comes to; 0: the row is absent, or the tensor is a vector. */
static int32_t dim(gr_dim d, const gr_config *c, gr_head_spec head)
{
    switch (d) {
    case GR_DIM_NONE: return 0;
    case GR_DIM_VOCAB: return c->vocab_size;
    case GR_DIM_POSITIONS: return c->max_positions;
    case GR_DIM_TYPES: return c->type_vocab;
    case GR_DIM_EMBED: return c->embed;
    case GR_DIM_HIDDEN: return c->hidden;
    case GR_DIM_QKV: return 3 * c->hidden;
    case GR_DIM_INTER: return c->inter;
    case GR_DIM_GATED: return 2 * c->inter;
    case GR_DIM_HEADS: return c->heads;
    case GR_DIM_REL: return gr_config_rel_rows(c);
    case GR_DIM_OUT: return head.n_out;
    }
    return 0;
}

static bool row_applies(const gr_param_row *r, const gr_config *c, gr_head_spec head)
{
    return (r->flags & (1u << head.kind)) && (r->needs & c->has) == r->needs && dim(r->rows, c, head) > 0;
}

/* The rows of a layer stand together in the table and are repeated for every layer: where those from row `from` on end. */
static size_t layer_end(const gr_family_facts *f, size_t from)
{
    while (from < f->n_rows && f->rows[from].part == GR_PART_LAYER && !(f->rows[from].flags & (GR_ROW_TOP | GR_ROW_SHARED))) from++;
    return from;
}

/* ---- building ---- */

/* The name in a checkpoint: the model's prefix, then "encoder.layer.*.output" with the layer's number in place of the star. Heads,
 * and models that are bare encoders, have no prefix. False when it is too long. */
static bool make_name(gr_param *p, const gr_param_row *r, const gr_family_facts *f, gr_head_spec head, int32_t layer)
{
    const char *prefix = r->part == GR_PART_HEAD || head.kind == GR_HEAD_EMBED ? "" : f->tensor_prefix;
    const char *star = strchr(r->name, '*');
    int n;

    if (star) {
        n = snprintf(p->name, sizeof p->name, "%s%.*s%d%s", prefix, (int)(star - r->name), r->name, (int)layer, star + 1);
    } else {
        n = snprintf(p->name, sizeof p->name, "%s%s", prefix, r->name);
    }
    return n > 0 && (size_t)n < sizeof p->name;
}

/* The set of tensors that layer l uses. In floats as modeling_albert.py does it, which matters: of 18 layers in 14 groups the tenth
 * is in group 6, where whole numbers would give 7. */
static int32_t set_of(const gr_config *c, int32_t l) { return (int32_t)((double)l / ((double)c->layers / (double)c->layer_sets)); }

/* Write the parameter's index where the encoder looks for it: in gr_params, or in gr_layer_index of every layer of the set. */
static void put_index(gr_params *t, const gr_param_row *r, const gr_config *c, int32_t set, int32_t index)
{
    gr_param *p = &t->p[index];

    p->home = -1;
    if (set < 0) {
        char *const at = (r->flags & GR_ROW_TOP ? (char *)&t->layer[c->layers - 1] : (char *)t) + r->slot;
        int32_t     before;

        memcpy(&before, at, sizeof before);
        if (before >= 0) t->p[before].used = false; /* two rows for one slot, as biases of a last layer: the later one counts */
        memcpy(at, &index, sizeof index);
        return;
    }
    for (int32_t l = c->layers - 1; l >= 0; l--) {
        if (set_of(c, l) != set) continue;
        p->home = r->flags & GR_ROW_BELOW ? l - 1 : l;
        memcpy((char *)&t->layer[p->home] + r->slot, &index, sizeof index);
    }
}

/* Append the parameter of a row. set: that of the layers, for rows of a layer; else -1. */
static gr_status add(gr_params *t, const gr_param_row *r, const gr_config *c, gr_head_spec head, int32_t set, gr_err *err)
{
    gr_param *p = &t->p[t->n];

    memset(p, 0, sizeof *p);
    if (!make_name(p, r, gr_family_at(c->family), head, set)) return gr_fail(err, GR_E_INTERNAL, "name too long: %s", r->name);
    p->rows = dim(r->rows, c, head);
    p->cols = dim(r->cols, c, head);
    if (!gr_mul_size(&p->count, (size_t)p->rows, p->cols ? (size_t)p->cols : 1)) return gr_fail_nomem(err, p->name);
    if (!(r->flags & GR_ROW_JOINED) && !gr_add_size(&t->total, t->total, (size_t)(-t->total & (ALIGN - 1))))
        return gr_fail_nomem(err, p->name);
    p->offset = t->total;
    if (!gr_add_size(&t->total, t->total, p->count)) return gr_fail_nomem(err, p->name);
    t->n_weights += p->count;
    p->part = r->part;
    p->layer = set;
    p->decay = (r->flags & GR_ROW_DECAY) != 0;
    p->trainable = !(r->slot == offsetof(gr_params, pos_emb) && set < 0 && (c->has & GR_HAS_FIXED_POSITIONS));
    /* A sentence embedding is the mean of the last states, so a pooler is kept for saving and never read. */
    p->used = !(head.kind == GR_HEAD_EMBED && r->part == GR_PART_POOLER);
    if ((r->flags & GR_ROW_SHARED) && c->relative == GR_RELATIVE_NONE) p->used = false;
    p->init = r->init;
    put_index(t, r, c, set, (int32_t)t->n);
    t->n++;
    return GR_OK;
}

static gr_status add_all(gr_params *t, const gr_family_facts *f, const gr_config *c, gr_head_spec head, gr_err *err)
{
    for (size_t i = 0; i < f->n_rows; i++) {
        const size_t end = layer_end(f, i);

        if (end == i) {
            if (row_applies(&f->rows[i], c, head)) GR_TRY(add(t, &f->rows[i], c, head, -1, err));
            continue;
        }
        for (int32_t l = 0; l < c->layer_sets; l++)
            for (size_t k = i; k < end; k++)
                if (row_applies(&f->rows[k], c, head) && !(l == 0 && (f->rows[k].flags & GR_ROW_BELOW)))
                    GR_TRY(add(t, &f->rows[k], c, head, l, err));
        i = end - 1;
    }
    t->total += (size_t)(-t->total & (ALIGN - 1));
    if (head.kind == GR_HEAD_MLM && t->head_w < 0) t->head_w = t->word_emb; /* tied */
    return GR_OK;
}

static void no_index(gr_params *t, const gr_config *c)
{
    t->word_emb = t->pos_emb = t->type_emb = t->emb_ln_w = t->emb_ln_b = t->proj_w = t->proj_b = -1;
    t->rel = t->rel_ln_w = t->rel_ln_b = -1;
    t->dense_w = t->dense_b = t->dense_ln_w = t->dense_ln_b = t->head_w = t->head_b = -1;
    memset(t->layer, 0xff, (size_t)c->layers * sizeof *t->layer); /* every index -1 */
}

gr_status gr_params_build(gr_params *out, const gr_config *c, gr_head_spec head, gr_err *err)
{
    const gr_family_facts *f = gr_family_at(c->family);
    size_t most;
    gr_status s;

    memset(out, 0, sizeof *out);
    if (!f) return gr_fail(err, GR_E_INTERNAL, "family %d has no table", (int)c->family);
    if (head.kind == GR_HEAD_MLM && head.n_out == 0) head.n_out = c->vocab_size;
    if (head.kind == GR_HEAD_MLM && head.n_out != c->vocab_size)
        return gr_fail(err, GR_E_ARG, "a masked language model with %d outputs for a vocabulary of %d", (int)head.n_out, (int)c->vocab_size);
    if (head.kind != GR_HEAD_EMBED && head.n_out < 1) return gr_fail(err, GR_E_ARG, "a head needs at least one output, got %d", (int)head.n_out);
    if (!gr_mul_size(&most, f->n_rows, (size_t)c->layers + 1)) return gr_fail_nomem(err, "the parameter table");
    out->p = calloc(most, sizeof *out->p);
    out->layer = calloc((size_t)c->layers, sizeof *out->layer);
    if (!out->p || !out->layer) {
        s = gr_fail_nomem(err, "the parameter table");
    } else {
        no_index(out, c);
        s = add_all(out, f, c, head, err);
    }
    if (s != GR_OK) gr_params_free(out);
    return s;
}

void gr_params_free(gr_params *t)
{
    free(t->p);
    free(t->layer);
    memset(t, 0, sizeof *t);
}

int32_t gr_params_find(const gr_params *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->p[i].name, name) == 0) return (int32_t)i;
    return -1;
}

/* ---- freezing ---- */

/* "layer.3" or "layer.0-8"; false when the text is neither. */
static bool layer_range(gr_sv text, int64_t *from, int64_t *to)
{
    gr_sv rest, first;

    if (!gr_sv_starts(text, "layer.")) return false;
    rest = (gr_sv){ text.p + 6, text.n - 6 };
    first = gr_sv_split(&rest, '-');
    if (gr_sv_int(from, first, NULL) != GR_OK) return false;
    *to = *from;
    if (first.n + 6 == text.n) return true;
    return gr_sv_int(to, rest, NULL) == GR_OK && *from <= *to;
}

static bool pattern_hits(const gr_param *p, gr_sv pattern)
{
    int64_t from, to;

    if (gr_sv_is(pattern, "embeddings")) return p->part == GR_PART_EMBEDDINGS;
    if (gr_sv_is(pattern, "encoder")) return p->part == GR_PART_EMBEDDINGS || p->part == GR_PART_LAYER;
    if (gr_sv_is(pattern, "pooler")) return p->part == GR_PART_POOLER;
    if (gr_sv_is(pattern, "head")) return p->part == GR_PART_HEAD;
    if (layer_range(pattern, &from, &to)) return p->part == GR_PART_LAYER && p->layer >= from && p->layer <= to;
    return strlen(p->name) >= pattern.n && memcmp(p->name, pattern.p, pattern.n) == 0;
}

static gr_status fail_freeze(const gr_params *t, gr_sv pattern, int32_t layers, gr_err *err)
{
    bool has[GR_PART_HEAD + 1] = { false };

    for (size_t i = 0; i < t->n; i++) has[t->p[i].part] = true;
    return gr_fail(err, GR_E_ARG, "--freeze: '%.*s' names no parameter of this model; groups: embeddings, encoder, %s%slayer.0-%d, or the start of a tensor's name",
                   GR_SV_FMT(pattern), has[GR_PART_POOLER] ? "pooler, " : "", has[GR_PART_HEAD] ? "head, " : "", (int)layers - 1);
}

static gr_status freeze_one(gr_params *t, gr_sv pattern, gr_err *err)
{
    int64_t from, to;
    int32_t layers = 0;
    size_t hits = 0;

    for (size_t i = 0; i < t->n; i++) {
        if (t->p[i].layer >= layers) layers = t->p[i].layer + 1;
        if (pattern.n == 0 || !pattern_hits(&t->p[i], pattern)) continue;
        t->p[i].trainable = false;
        hits++;
    }
    if (hits && !(layer_range(pattern, &from, &to) && to >= layers)) return GR_OK;
    return fail_freeze(t, pattern, layers, err);
}

gr_status gr_params_freeze(gr_params *t, const char *patterns, gr_err *err)
{
    gr_sv rest = gr_sv_from(patterns);

    if (rest.n == 0) return gr_fail(err, GR_E_ARG, "--freeze: no pattern given");
    for (;;) {
        const bool last = !memchr(rest.p, ',', rest.n);

        GR_TRY(freeze_one(t, gr_sv_trim(gr_sv_split(&rest, ',')), err));
        if (last) return GR_OK;
    }
}
