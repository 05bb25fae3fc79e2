/* score.c - see score.h. Files are read once for each kind of input that the metrics need. The class
 * scores are score_classes.c's. */
#include "harness/score.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "harness/score_state.h"
#include "metrics/correlation.h"
#include "metrics/regression.h"
#include "metrics/roc_auc.h"
#include "metrics/suite.h"

/* ---- output ---------------------------------------------------------------------------------- */

void gr_score_emit(gr_score *s, const char *name, double v)
{
    gr_json_add_num(s->json, name, v);
    if (isnan(v)) gr_buf_addf(s->text, "%-24s nan\n", name);
    else gr_buf_addf(s->text, "%-24s %.10g\n", name, v);
}

void gr_score_add_prf(gr_json *o, const char *name, double p, double r, double f, const char *f_name, double support, const char *n_name)
{
    gr_json *v = gr_json_add_object(o, name);

    gr_json_add_num(v, "precision", p);
    gr_json_add_num(v, "recall", r);
    gr_json_add_num(v, f_name, f);
    gr_json_add_num(v, n_name, support);
}

/* A fault that the metric blames on its arguments, but that the user's files brought in. */
static gr_status data_fault(gr_status s, gr_err *err)
{
    if (s != GR_E_ARG) return s;
    if (err) err->status = GR_E_FORMAT;
    return GR_E_FORMAT;
}

/* ---- input ----------------------------------------------------------------------------------- */

gr_status gr_score_need(gr_score *s, gr_score_kind kind, gr_err *err)
{
    static const char *const names[] = { "auto", "lines", "sentences", "conll", "jsonl" };
    gr_score_spec spec = { kind, GR_SCORE_AUTO, s->o->suffix };

    if (s->read[kind]) return GR_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(s->o->format, names[i]) == 0) spec.format = (gr_score_format)i;
    if (kind == GR_SCORE_TAGS ? spec.format == GR_SCORE_LINES : spec.format == GR_SCORE_SENT || spec.format == GR_SCORE_CONLL)
        return gr_fail(err, GR_E_ARG, "--format %s does not hold what the metric reads", s->o->format);
    GR_TRY(gr_score_read(&s->mem, &s->pred[kind], &s->ref[kind], s->o->pred, s->o->ref, &spec, err));
    s->read[kind] = true;
    return GR_OK;
}

void *gr_score_take(gr_score *s, size_t n, size_t size)
{
    return gr_arena_calloc(&s->mem, n ? n : 1, size);
}

/* The items of a side as numbers. */
static gr_status numbers(double **out, gr_score *s, const gr_score_side *side, gr_err *err)
{
    double *v = gr_score_take(s, side->n, sizeof *v);

    if (!v) return gr_fail_nomem(err, "values");
    for (size_t i = 0; i < side->n; i++) {
        const gr_status st = gr_sv_double(&v[i], gr_sv_from(side->item[i].text), err);
        if (st != GR_OK) return gr_wrap(err, st, "%s: line %zu", side->path, side->item[i].line);
    }
    *out = v;
    return GR_OK;
}

/* ---- values ---------------------------------------------------------------------------------- */

static gr_status run_pair(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    double *p, *r, v;
    size_t n;

    GR_TRY(gr_score_need(s, GR_SCORE_VALUES, err));
    n = s->pred[GR_SCORE_VALUES].n;
    GR_TRY(numbers(&p, s, &s->pred[GR_SCORE_VALUES], err));
    GR_TRY(numbers(&r, s, &s->ref[GR_SCORE_VALUES], err));
    GR_TRY(data_fault(e->pair(&v, p, n, r, n, err), err));
    if (isinf(v)) return gr_fail(err, GR_E_FORMAT, "%s: %s is beyond the largest number, 1.8e308: scale the values of both files", s->o->pred, e->name);
    gr_score_emit(s, e->name, v);
    return GR_OK;
}

/* The positive class is --pos-label, else the larger of the two labels, as scikit-learn has it. */
static gr_status rank_classes(int64_t *y, const gr_score *s, const gr_score_side *ref, gr_err *err)
{
    const char *low = ref->item[0].text, *high = low;
    bool all_whole = true;
    int64_t a, b;

    for (size_t i = 0; i < ref->n; i++) all_whole = all_whole && gr_score_whole_number(&y[i], ref->item[i].text);
    if (all_whole && !s->o->pos_label) return GR_OK;
    for (size_t i = 0; i < ref->n; i++) {
        if (strcmp(ref->item[i].text, low) < 0) low = ref->item[i].text;
        if (strcmp(ref->item[i].text, high) > 0) high = ref->item[i].text;
    }
    for (size_t i = 0; i < ref->n; i++) {
        const char *t = ref->item[i].text;
        if (strcmp(t, low) != 0 && strcmp(t, high) != 0)
            return gr_fail(err, GR_E_FORMAT, "%s: line %zu: '%.60s' is a third label: one score a row ranks two", ref->path, ref->item[i].line, t);
        y[i] = strcmp(t, high) == 0;
        if (s->o->pos_label) y[i] = all_whole && gr_score_whole_number(&a, t) && gr_score_whole_number(&b, s->o->pos_label) ? a == b : strcmp(t, s->o->pos_label) == 0;
    }
    return GR_OK;
}

static gr_status run_auc(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    const gr_score_side *ref = &s->ref[GR_SCORE_RANKS];
    double *p, v;
    int64_t *y;

    GR_TRY(gr_score_need(s, GR_SCORE_RANKS, err));
    GR_TRY(numbers(&p, s, &s->pred[GR_SCORE_RANKS], err));
    if (!(y = gr_score_take(s, ref->n, sizeof *y))) return gr_fail_nomem(err, "labels");
    GR_TRY(rank_classes(y, s, ref, err));
    GR_TRY(data_fault(gr_roc_auc(&v, p, s->pred[GR_SCORE_RANKS].n, y, ref->n, err), err));
    gr_score_emit(s, e->name, v);
    return GR_OK;
}

/* ---- tags ------------------------------------------------------------------------------------ */

static gr_status tag_options(gr_seqeval_options *q, const gr_score_options *o, gr_err *err)
{
    *q = (gr_seqeval_options){ GR_SCHEME_CONLL, o->suffix };
    if (strcmp(o->mode, "default") == 0) return GR_OK;
    if (!o->scheme && strcmp(o->mode, "auto") == 0) return GR_OK;
    if (!o->scheme) return gr_fail(err, GR_E_ARG, "--mode strict needs --scheme IOB1, IOB2, IOE1, IOE2, IOBES or BILOU");
    return gr_tag_scheme_find(&q->scheme, o->scheme) ? GR_OK : gr_fail(err, GR_E_ARG, "--scheme %.40s is not known", o->scheme);
}

static gr_status check_tags(const gr_score_side *side, const gr_seqeval_options *q, gr_err *err)
{
    for (size_t i = 0; i < side->n; i++) {
        const gr_status st = data_fault(gr_tag_check(side->item[i].text, q, err), err);
        if (st != GR_OK) return gr_wrap(err, st, "%s: line %zu", side->path, side->item[i].line);
    }
    return GR_OK;
}

static gr_status need_tags(gr_score *s, gr_err *err)
{
    const gr_score_side *p = &s->pred[GR_SCORE_TAGS], *r = &s->ref[GR_SCORE_TAGS];
    const char **tp, **tr;
    gr_seqeval_options q;

    if (s->tags) return GR_OK;
    GR_TRY(tag_options(&q, s->o, err));
    GR_TRY(gr_score_need(s, GR_SCORE_TAGS, err));
    GR_TRY(check_tags(p, &q, err));
    GR_TRY(check_tags(r, &q, err));
    tp = gr_score_take(s, p->n, sizeof *tp);
    tr = gr_score_take(s, r->n, sizeof *tr);
    if (!tp || !tr) return gr_fail_nomem(err, "tags");
    for (size_t i = 0; i < p->n; i++) {
        tp[i] = p->item[i].text;
        tr[i] = r->item[i].text;
    }
    GR_TRY(gr_seqeval_open(&s->tags, &q, err));
    for (size_t i = 0; i < p->n_unit; i++) GR_TRY(gr_seqeval_add(s->tags, tp + p->unit[i].first, tr + r->unit[i].first, p->unit[i].n, err));
    return p->n ? GR_OK : gr_fail(err, GR_E_FORMAT, "%s: no tag to score", p->path);
}

static double zero_division(const gr_score *s)
{
    return strcmp(s->o->zero_division, "1") == 0 ? 1.0 : 0.0;
}

static gr_status run_overall(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    gr_seqeval_result r;

    GR_TRY(need_tags(s, err));
    GR_TRY(gr_seqeval_scores(&r, s->tags, zero_division(s), err));
    switch (e->part) {
    case 'p': gr_score_emit(s, e->name, r.precision); break;
    case 'r': gr_score_emit(s, e->name, r.recall); break;
    case 'f': gr_score_emit(s, e->name, r.f1); break;
    default: gr_score_emit(s, e->name, r.accuracy); break;
    }
    return GR_OK;
}

/* All that the seqeval metric of evaluate gives: each type, then the overall numbers. */
static gr_status run_seqeval(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    gr_seqeval_type *t = NULL;
    gr_seqeval_result r;
    size_t n = 0;

    (void)e;
    GR_TRY(need_tags(s, err));
    GR_TRY(gr_seqeval_scores(&r, s->tags, zero_division(s), err));
    GR_TRY(gr_seqeval_types(&t, &n, s->tags, zero_division(s), err));
    for (size_t i = 0; i < n; i++) {
        gr_score_add_prf(s->json, t[i].type, t[i].precision, t[i].recall, t[i].f1, "f1", (double)t[i].support, "number");
        gr_buf_addf(s->text, "%-24.100s precision %.10g recall %.10g f1 %.10g number %" PRIu64 "\n", t[i].type, t[i].precision, t[i].recall,
                    t[i].f1, t[i].support);
    }
    free(t);
    gr_score_emit(s, "overall_precision", r.precision);
    gr_score_emit(s, "overall_recall", r.recall);
    gr_score_emit(s, "overall_f1", r.f1);
    gr_score_emit(s, "overall_accuracy", r.accuracy);
    gr_score_emit(s, "macro_f1", r.macro_f1);
    gr_score_emit(s, "weighted_f1", r.weighted_f1);
    return GR_OK;
}

static gr_status run_seqeval_report(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    const size_t at = s->text->n;

    GR_TRY(need_tags(s, err));
    GR_TRY(data_fault(gr_seqeval_report(s->text, s->tags, (int)s->o->digits, zero_division(s), err), err));
    gr_json_add_str(s->json, e->name, s->text->p + at);
    return GR_OK;
}

/* ---- the table ------------------------------------------------------------------------------- */

static gr_status run_glue(gr_score *s, const gr_score_entry *e, gr_err *err);

static const gr_score_entry entries[] = {
    { "accuracy", NULL, "share of rows that are right", gr_score_accuracy, NULL, 0, NULL },
    { "precision", NULL, "precision (--average, --pos-label, --labels, --zero-division)", gr_score_prf, NULL, 'p', NULL },
    { "recall", NULL, "recall, with the same options", gr_score_prf, NULL, 'r', NULL },
    { "f1", NULL, "F1, with the same options", gr_score_prf, NULL, 'f', NULL },
    { "macro_precision", NULL, "plain mean of the classes' precision", gr_score_prf, "macro", 'p', NULL },
    { "macro_recall", NULL, "plain mean of the classes' recall", gr_score_prf, "macro", 'r', NULL },
    { "macro_f1", NULL, "plain mean of the classes' F1", gr_score_prf, "macro", 'f', NULL },
    { "micro_f1", NULL, "F1 of all classes' counts together", gr_score_prf, "micro", 'f', NULL },
    { "weighted_f1", NULL, "mean of the classes' F1, weighted by true rows", gr_score_prf, "weighted", 'f', NULL },
    { "matthews_correlation", "matthews", "Matthews correlation, any number of classes", gr_score_matthews, NULL, 0, NULL },
    { "confusion_matrix", NULL, "counts by true and predicted class (--labels)", gr_score_confusion, NULL, 0, NULL },
    { "classification_report", NULL, "scikit-learn's report (--digits, --labels)", gr_score_report, NULL, 0, NULL },
    { "pearson", NULL, "Pearson correlation", run_pair, NULL, 0, gr_pearson },
    { "spearmanr", "spearman", "Spearman rank correlation", run_pair, NULL, 0, gr_spearman },
    { "mse", NULL, "mean squared error", run_pair, NULL, 0, gr_mse },
    { "rmse", NULL, "root mean squared error", run_pair, NULL, 0, gr_rmse },
    { "mae", NULL, "mean absolute error", run_pair, NULL, 0, gr_mae },
    { "roc_auc", NULL, "area under the ROC curve: predictions are scores", run_auc, NULL, 0, NULL },
    { "glue", NULL, "the metrics of a GLUE task and their mean (--task)", run_glue, NULL, 0, NULL },
    { "seqeval", NULL, "entity scores: each type and overall (--mode, --scheme, --suffix)", run_seqeval, NULL, 0, NULL },
    { "seqeval_report", NULL, "seqeval's report (--digits)", run_seqeval_report, NULL, 0, NULL },
    { "overall_precision", NULL, "entity precision", run_overall, NULL, 'p', NULL },
    { "overall_recall", NULL, "entity recall", run_overall, NULL, 'r', NULL },
    { "overall_f1", NULL, "entity F1", run_overall, NULL, 'f', NULL },
    { "overall_accuracy", NULL, "share of tags that are right", run_overall, NULL, 'a', NULL },
};
enum { N_ENTRIES = sizeof entries / sizeof *entries };

const char *gr_score_name(size_t i)
{
    return i < N_ENTRIES ? entries[i].name : NULL;
}

const char *gr_score_about(size_t i)
{
    return i < N_ENTRIES ? entries[i].about : NULL;
}

static const gr_score_entry *find(const char *name)
{
    for (size_t i = 0; i < N_ENTRIES; i++)
        if (strcmp(entries[i].name, name) == 0 || (entries[i].alias && strcmp(entries[i].alias, name) == 0)) return &entries[i];
    return NULL;
}

static gr_status run_glue(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    const gr_metric *m[GR_GLUE_METRICS_MAX];
    double v[GR_GLUE_METRICS_MAX];
    size_t n;

    (void)e;
    if (!s->o->task) return gr_fail(err, GR_E_ARG, "glue needs --task cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte or wnli");
    n = gr_glue_metrics(m, s->o->task);
    if (n == 0) return gr_fail(err, GR_E_ARG, "--task %.60s is no GLUE task", s->o->task);
    for (size_t i = 0; i < n; i++) {
        const gr_score_entry *part = find(m[i]->name);
        if (!part) return gr_fail(err, GR_E_INTERNAL, "no metric %s", m[i]->name);
        GR_TRY(part->run(s, part, err));
        v[i] = gr_json_num(gr_json_get(s->json, m[i]->name), NAN);
    }
    if (n > 1) gr_score_emit(s, "combined_score", gr_mean_of(v, n));
    return GR_OK;
}

static gr_status unknown(const char *name, gr_err *err)
{
    const char *names[N_ENTRIES + 1], *near;

    for (size_t i = 0; i < N_ENTRIES; i++) names[i] = entries[i].name;
    names[N_ENTRIES] = NULL;
    near = gr_opt_suggest(name, names);
    if (near) return gr_fail(err, GR_E_ARG, "no metric is called '%.60s': did you mean '%s'?", name, near);
    return gr_fail(err, GR_E_ARG, "no metric is called '%.60s' (glue-run score --help lists them)", name);
}

gr_status gr_score_run(gr_json *json, gr_buf *text, const char *const *names, size_t n, const gr_score_options *o, gr_err *err)
{
    gr_score s = { .o = o, .json = json, .text = text };
    gr_status st = GR_OK;

    gr_arena_init(&s.mem, 0);
    for (size_t i = 0; i < n && st == GR_OK; i++)
        if (!find(names[i])) st = unknown(names[i], err);
    for (size_t i = 0; i < n && st == GR_OK; i++) {
        const gr_score_entry *e = find(names[i]);
        if (!gr_json_get(json, e->name)) st = e->run(&s, e, err);
    }
    if (st == GR_OK && text->oom) st = gr_fail_nomem(err, "the output");
    for (size_t k = 0; k < GR_SCORE_KINDS; k++) {
        gr_score_side_free(&s.pred[k]);
        gr_score_side_free(&s.ref[k]);
    }
    gr_seqeval_close(s.tags);
    gr_tally_free(&s.tally);
    gr_arena_free(&s.mem);
    return st;
}
