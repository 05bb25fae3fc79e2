/* sequence.c - see sequence.h. Both sides are walked side by side and an entity is counted at the
 * token where it closes, so no list of entities is kept.
 *
 * seqeval joins the sentences of the default reading with an O between them and lets its state run
 * on; an odd tag (one that opens no chunk after an O) can so leave a begin that belongs to an earlier
 * sentence. The walk therefore keeps positions in the joined text, and its state, across sentences. */
#include "metrics/sequence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "metrics/classification.h"
#include "metrics/numeric.h"
#include "metrics/report.h"
#include "metrics/tag_scheme.h"

typedef struct type_count {
    const char *type; /* in the arena */
    size_t      len;
    uint64_t    hit, pred, ref;
} type_count;

/* A side's walk through the joined text of the default reading. */
typedef struct walk {
    gr_tag   prev; /* after a sentence the O that closed it, whose type is static: no caller's bytes are kept */
    uint64_t begin;
} walk;

struct gr_seqeval {
    gr_seqeval_options opt;
    gr_arena           arena;
    type_count        *type; /* (n), room for cap; found through slot */
    size_t             n, cap;
    uint32_t          *slot; /* (n_slot) 1 + index into type, 0 empty; a power of two, at most half full */
    size_t             n_slot;
    walk               pred, ref;
    uint64_t           position;        /* in the joined text */
    uint64_t           tokens, correct, sentences;
};

/* ---- types ----------------------------------------------------------------------------------- */

static uint64_t hash_of(gr_sv s)
{
    const uint64_t h = gr_sv_hash(GR_SV_HASH, s);

    return h ^ (h >> 29);
}

static bool grow_types(gr_seqeval *s)
{
    const size_t cap = s->cap ? 2 * s->cap : 16, n_slot = 4 * cap;
    type_count *type;
    uint32_t *slot;

    if (cap > UINT32_MAX / 8) return false;
    if (!(type = realloc(s->type, cap * sizeof *type))) return false;
    s->type = type;
    if (!(slot = calloc(n_slot, sizeof *slot))) return false;
    for (size_t i = 0; i < s->n; i++) {
        size_t k = hash_of((gr_sv){ type[i].type, type[i].len }) & (n_slot - 1);
        while (slot[k]) k = (k + 1) & (n_slot - 1);
        slot[k] = (uint32_t)i + 1;
    }
    free(s->slot);
    s->slot = slot;
    s->n_slot = n_slot;
    s->cap = cap;
    return true;
}

/* The counts of a type, made when new. NULL when memory is exhausted. */
static type_count *count_for(gr_seqeval *s, gr_sv type)
{
    size_t k;
    type_count *c;
    char *name;

    if (s->n == s->cap && !grow_types(s)) return NULL;
    for (k = hash_of(type) & (s->n_slot - 1); s->slot[k]; k = (k + 1) & (s->n_slot - 1)) {
        c = &s->type[s->slot[k] - 1];
        if (gr_sv_eq((gr_sv){ c->type, c->len }, type)) return c;
    }
    if (!(name = gr_arena_strndup(&s->arena, type.p, type.n))) return NULL;
    c = &s->type[s->n++];
    *c = (type_count){ .type = name, .len = type.n };
    s->slot[k] = (uint32_t)s->n;
    return c;
}

/* ---- the default reading --------------------------------------------------------------------- */

typedef struct entity {
    bool     closed;
    gr_sv    type;
    uint64_t begin; /* the end is the token before the current one, the same for both sides */
} entity;

/* One step of one side: does an entity close before `cur`, and which. */
static entity step(walk *w, const gr_tag *cur, uint64_t position)
{
    const entity e = { gr_tag_conll_ends(&w->prev, cur), w->prev.type, w->begin };

    if (gr_tag_conll_starts(&w->prev, cur)) w->begin = position;
    w->prev = *cur;
    return e;
}

static bool count_closed(gr_seqeval *s, const entity *p, const entity *r)
{
    type_count *c;

    if (p->closed) {
        if (!(c = count_for(s, p->type))) return false;
        c->pred++;
        c->hit += r->closed && p->begin == r->begin && gr_sv_eq(p->type, r->type);
    }
    if (r->closed) {
        if (!(c = count_for(s, r->type))) return false;
        c->ref++;
    }
    return true;
}

static gr_status add_conll(gr_seqeval *s, const char *const *pred, const char *const *ref, size_t n, gr_err *err)
{
    gr_tag p, r, o;

    for (size_t i = 0; i < n; i++)
        if (!*pred[i] || !*ref[i])
            return gr_fail(err, GR_E_ARG, "token %zu: the %s tag is empty", i + 1, *pred[i] ? "true" : "predicted");
    (void)gr_tag_read(&o, gr_sv_from("O"), s->opt.suffix);
    for (size_t i = 0; i <= n; i++) {
        entity ep, er;
        p = r = o;
        if (i < n) {
            (void)gr_tag_read(&p, gr_sv_from(pred[i]), s->opt.suffix);
            (void)gr_tag_read(&r, gr_sv_from(ref[i]), s->opt.suffix);
        }
        ep = step(&s->pred, &p, s->position);
        er = step(&s->ref, &r, s->position);
        s->position++;
        if (!count_closed(s, &ep, &er)) return gr_fail_nomem(err, "entity types");
    }
    return GR_OK;
}

/* ---- strict schemes -------------------------------------------------------------------------- */

typedef struct span {
    size_t begin, end; /* [begin, end) in tokens */
    gr_sv  type;
} span;

static gr_status read_all(gr_tag *out, const char *const *tags, size_t n, const gr_seqeval_options *opt, const char *side,
                          gr_err *err)
{
    for (size_t i = 0; i < n; i++) {
        const gr_status s = gr_tag_read_strict(&out[i], gr_sv_from(tags[i]), opt->suffix, opt->scheme, err);
        if (s != GR_OK) return gr_wrap(err, s, "token %zu (%s)", i + 1, side);
    }
    return GR_OK;
}

static const gr_tag outside = { 'O', { "_", 1 } };

static const gr_tag *tag_at(const gr_tag *t, size_t n, size_t i)
{
    return i < n ? &t[i] : &outside;
}

/* The next entity at or after token *at, or false. An O stands before and after the sentence. A chunk
 * opens at a start step, runs over inside steps, and counts only when the step out of it is an end. */
static bool next_span(span *out, size_t *at, const gr_tag *t, size_t n, gr_tag_scheme scheme)
{
    while (*at < n) {
        const size_t begin = *at;
        size_t end = begin + 1;

        if (!gr_tag_starts(scheme, begin ? &t[begin - 1] : &outside, &t[begin])) {
            *at = end;
            continue;
        }
        while (end < n && gr_tag_inside(scheme, &t[end - 1], &t[end])) end++;
        *at = end;
        if (!gr_tag_ends(scheme, &t[end - 1], tag_at(t, n, end))) continue;
        *out = (span){ begin, end, t[begin].type };
        return true;
    }
    return false;
}

/* Spans of a side come in order of their begins, which no two share: one merge finds the equal ones. */
static gr_status count_spans(gr_seqeval *s, const gr_tag *pred, const gr_tag *ref, size_t n, gr_err *err)
{
    size_t at_p = 0, at_r = 0;
    span p, r;
    bool has_p = next_span(&p, &at_p, pred, n, s->opt.scheme), has_r = next_span(&r, &at_r, ref, n, s->opt.scheme);

    while (has_p || has_r) {
        const bool take_p = has_p && (!has_r || p.begin <= r.begin), take_r = has_r && (!has_p || r.begin <= p.begin);
        type_count *c;

        if (take_p) {
            if (!(c = count_for(s, p.type))) return gr_fail_nomem(err, "entity types");
            c->pred++;
            c->hit += take_r && p.end == r.end && gr_sv_eq(p.type, r.type);
        }
        if (take_r) {
            if (!(c = count_for(s, r.type))) return gr_fail_nomem(err, "entity types");
            c->ref++;
        }
        if (take_p) has_p = next_span(&p, &at_p, pred, n, s->opt.scheme);
        if (take_r) has_r = next_span(&r, &at_r, ref, n, s->opt.scheme);
    }
    return GR_OK;
}

static gr_status add_strict(gr_seqeval *s, const char *const *pred, const char *const *ref, size_t n, gr_err *err)
{
    size_t bytes;
    gr_tag *t;
    gr_status st;

    if (n == 0) return GR_OK;
    if (!gr_mul_size(&bytes, n, 2 * sizeof *t) || !(t = malloc(bytes))) return gr_fail_nomem(err, "tags");
    if ((st = read_all(t, ref, n, &s->opt, "true", err)) != GR_OK) goto out;
    if ((st = read_all(t + n, pred, n, &s->opt, "predicted", err)) != GR_OK) goto out;
    st = count_spans(s, t + n, t, n, err);
out:
    free(t);
    return st;
}

/* ---- the accumulator ------------------------------------------------------------------------- */

gr_status gr_seqeval_open(gr_seqeval **out, const gr_seqeval_options *options, gr_err *err)
{
    gr_seqeval *s = calloc(1, sizeof *s);

    if (!s) return gr_fail_nomem(err, "entity scores");
    if (options) s->opt = *options;
    gr_arena_init(&s->arena, 4096);
    /* Before the first tag the type is the empty string, which no tag has: seqeval's own start. */
    s->pred.prev = s->ref.prev = (gr_tag){ 'O', { "", 0 } };
    *out = s;
    return GR_OK;
}

void gr_seqeval_close(gr_seqeval *s)
{
    if (!s) return;
    free(s->type);
    free(s->slot);
    gr_arena_free(&s->arena);
    free(s);
}

gr_status gr_seqeval_add(gr_seqeval *s, const char *const *pred, const char *const *ref, size_t n, gr_err *err)
{
    GR_TRY(s->opt.scheme == GR_SCHEME_CONLL ? add_conll(s, pred, ref, n, err) : add_strict(s, pred, ref, n, err));
    for (size_t i = 0; i < n; i++) s->correct += strcmp(pred[i], ref[i]) == 0;
    s->tokens += n;
    s->sentences++;
    return GR_OK;
}

/* ---- scores ---------------------------------------------------------------------------------- */

/* seqeval takes F1 from the precision and recall that zero_division may have replaced. */
static gr_prf score_of(uint64_t hit, uint64_t pred, uint64_t ref, double z)
{
    const double p = pred ? (double)hit / (double)pred : z, r = ref ? (double)hit / (double)ref : z;

    return (gr_prf){ p, r, p + r > 0.0 ? 2.0 * p * r / (p + r) : 0.0, (double)ref };
}

static gr_status check_zero_division(double z, gr_err *err)
{
    return z == 0.0 || z == 1.0 ? GR_OK : gr_fail(err, GR_E_ARG, "zero_division is %g, not 0 or 1", z);
}

static type_count total_of(const gr_seqeval *s)
{
    type_count all = { 0 };

    for (size_t i = 0; i < s->n; i++) {
        all.hit += s->type[i].hit;
        all.pred += s->type[i].pred;
        all.ref += s->type[i].ref;
    }
    return all;
}

static int cmp_type(const void *a, const void *b)
{
    return strcmp(((const gr_seqeval_type *)a)->type, ((const gr_seqeval_type *)b)->type);
}

gr_status gr_seqeval_types(gr_seqeval_type **out, size_t *n, const gr_seqeval *s, double z, gr_err *err)
{
    gr_seqeval_type *t = NULL;

    GR_TRY(check_zero_division(z, err));
    if (s->n && !(t = calloc(s->n, sizeof *t))) return gr_fail_nomem(err, "entity types");
    for (size_t i = 0; i < s->n; i++) {
        const type_count *c = &s->type[i];
        const gr_prf v = score_of(c->hit, c->pred, c->ref, z);
        t[i] = (gr_seqeval_type){ c->type, v.precision, v.recall, v.f1, c->ref };
    }
    if (t) qsort(t, s->n, sizeof *t, cmp_type);
    *out = t;
    *n = s->n;
    return GR_OK;
}

static double precision_of(const gr_seqeval_type *t) { return t->precision; }
static double recall_of(const gr_seqeval_type *t) { return t->recall; }
static double f1_of(const gr_seqeval_type *t) { return t->f1; }

/* Mean over types in their order; work holds n doubles. */
static double mean_of(double (*get)(const gr_seqeval_type *), const gr_seqeval_type *t, size_t n, bool weighted,
                      double den, double *work)
{
    for (size_t i = 0; i < n; i++) work[i] = weighted ? get(&t[i]) * (double)t[i].support : get(&t[i]);
    return n ? gr_sum_numpy(work, n) / den : NAN;
}

/* Micro, macro and weighted averages, as they stand in the report. */
typedef struct averages {
    gr_prf micro, macro, weighted;
} averages;

static gr_status average_types(averages *out, const gr_seqeval_type *t, size_t n, const type_count *all, double z,
                               gr_err *err)
{
    double *work = calloc(n ? n : 1, sizeof *work);
    const double ref = (double)all->ref, none = all->pred == 0 ? z : 0.0;

    if (!work) return gr_fail_nomem(err, "entity types");
    out->micro = score_of(all->hit, all->pred, all->ref, z);
    out->macro = (gr_prf){ mean_of(precision_of, t, n, false, (double)n, work), mean_of(recall_of, t, n, false, (double)n, work),
                           mean_of(f1_of, t, n, false, (double)n, work), ref };
    /* Without a true entity recall is 0/0 by itself, the others only when nothing was predicted either. */
    if (all->ref == 0) out->weighted = (gr_prf){ none, z, none, ref };
    else out->weighted = (gr_prf){ mean_of(precision_of, t, n, true, ref, work), mean_of(recall_of, t, n, true, ref, work),
                                   mean_of(f1_of, t, n, true, ref, work), ref };
    free(work);
    return GR_OK;
}

gr_status gr_seqeval_scores(gr_seqeval_result *out, const gr_seqeval *s, double z, gr_err *err)
{
    const type_count all = total_of(s);
    gr_seqeval_type *t = NULL;
    averages avg = { 0 };
    size_t n = 0;
    gr_status st;

    GR_TRY(gr_seqeval_types(&t, &n, s, z, err));
    if ((st = average_types(&avg, t, n, &all, z, err)) != GR_OK) goto out;
    *out = (gr_seqeval_result){
        .precision = avg.micro.precision, .recall = avg.micro.recall, .f1 = avg.micro.f1,
        .accuracy = s->tokens ? (double)s->correct / (double)s->tokens : NAN,
        .macro_precision = avg.macro.precision, .macro_recall = avg.macro.recall, .macro_f1 = avg.macro.f1,
        .weighted_precision = avg.weighted.precision, .weighted_recall = avg.weighted.recall, .weighted_f1 = avg.weighted.f1,
        .support = all.ref, .predicted = all.pred, .tokens = s->tokens, .sentences = s->sentences,
    };
out:
    free(t);
    return st;
}

gr_status gr_seqeval_report(gr_buf *out, const gr_seqeval *s, int digits, double z, gr_err *err)
{
    const type_count all = total_of(s);
    gr_seqeval_type *t = NULL;
    averages avg = { 0 };
    size_t n = 0, width;
    gr_status st;

    if (digits < 0 || digits > GR_REPORT_DIGITS_MAX)
        return gr_fail(err, GR_E_ARG, "%d digits: 0 to %d can be printed", digits, GR_REPORT_DIGITS_MAX);
    if (s->n == 0) return gr_fail(err, GR_E_ARG, "no entity occurs on either side: there is nothing to report");
    GR_TRY(gr_seqeval_types(&t, &n, s, z, err));
    if ((st = average_types(&avg, t, n, &all, z, err)) != GR_OK) goto out;
    width = gr_report_width(digits);
    for (size_t i = 0; i < n; i++) width = gr_report_widen(width, t[i].type);
    gr_report_head(out, width);
    for (size_t i = 0; i < n; i++) {
        const gr_prf v = { t[i].precision, t[i].recall, t[i].f1, (double)t[i].support };
        gr_report_row(out, width, digits, t[i].type, &v, false, false);
    }
    gr_buf_addc(out, '\n');
    gr_report_row(out, width, digits, "micro avg", &avg.micro, false, false);
    gr_report_row(out, width, digits, "macro avg", &avg.macro, false, false);
    gr_report_row(out, width, digits, "weighted avg", &avg.weighted, false, false);
    if (out->oom) st = gr_fail_nomem(err, "the report");
out:
    free(t);
    return st;
}
