/* classification.c - see classification.h. Counts are exact integers; only the last division and the
 * means round. Formulas: scikit-learn's metrics/_classification.py, version 1.9. */
#include "metrics/classification.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "metrics/numeric.h"
#include "metrics/report.h"

/* ---- tallies --------------------------------------------------------------------------------- */

static int cmp_label(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Index of a label, or t->n when it has none. */
static size_t find_label(const gr_tally *t, int64_t label)
{
    const int64_t *p = bsearch(&label, t->label, t->n, sizeof label, cmp_label);

    return p ? (size_t)(p - t->label) : t->n;
}

static gr_status alloc_counts(gr_tally *t, size_t n, gr_err *err)
{
    t->hit = calloc(n, sizeof *t->hit);
    t->pred = calloc(n, sizeof *t->pred);
    t->ref = calloc(n, sizeof *t->ref);
    if (!t->hit || !t->pred || !t->ref) return gr_fail_nomem(err, "the counts of classes");
    t->n = n;
    return GR_OK;
}

/* *out = sorted distinct labels of both sides, malloc'd. */
static gr_status union_of(int64_t **out, size_t *n_out, const int64_t *pred, const int64_t *ref, size_t n, gr_err *err)
{
    size_t bytes, two, k = 0;
    int64_t *all;

    if (!gr_mul_size(&two, n, 2) || !gr_mul_size(&bytes, two, sizeof *all) || !(all = malloc(bytes ? bytes : 1)))
        return gr_fail_nomem(err, "labels");
    if (n) {
        memcpy(all, pred, n * sizeof *all);
        memcpy(all + n, ref, n * sizeof *all);
        qsort(all, two, sizeof *all, cmp_label);
    }
    for (size_t i = 0; i < two; i++)
        if (i == 0 || all[i] != all[i - 1]) all[k++] = all[i];
    *out = all;
    *n_out = k;
    return GR_OK;
}

static gr_status check_sides(size_t n_pred, size_t n_ref, gr_err *err)
{
    if (n_pred != n_ref)
        return gr_fail(err, GR_E_ARG, "%zu predictions for %zu references", n_pred, n_ref);
    if (n_pred == 0) return gr_fail(err, GR_E_ARG, "no rows to score");
    return GR_OK;
}

static void count_row(gr_tally *t, size_t p, size_t r)
{
    t->pred[p]++;
    t->ref[r]++;
    t->total++;
    if (p == r) {
        t->hit[p]++;
        t->correct++;
    }
}

gr_status gr_tally_from_labels(gr_tally *out, const int64_t *pred, size_t n_pred, const int64_t *ref, size_t n_ref,
                               gr_err *err)
{
    gr_tally t = { 0 };
    size_t k = 0;
    gr_status s;

    GR_TRY(check_sides(n_pred, n_ref, err));
    if ((s = union_of(&t.label, &k, pred, ref, n_pred, err)) != GR_OK) goto out;
    if ((s = alloc_counts(&t, k, err)) != GR_OK) goto out;
    for (size_t i = 0; i < n_pred; i++) count_row(&t, find_label(&t, pred[i]), find_label(&t, ref[i]));
    *out = t;
    return GR_OK;
out:
    gr_tally_free(&t);
    return s;
}

gr_status gr_tally_open(gr_tally *out, int32_t n_classes, gr_err *err)
{
    gr_tally t = { 0 };
    gr_status s;

    if (n_classes < 1) return gr_fail(err, GR_E_ARG, "%" PRId32 " classes: at least 1 is needed", n_classes);
    t.label = malloc((size_t)n_classes * sizeof *t.label);
    s = t.label ? alloc_counts(&t, (size_t)n_classes, err) : gr_fail_nomem(err, "labels");
    if (s != GR_OK) {
        gr_tally_free(&t);
        return s;
    }
    for (int32_t i = 0; i < n_classes; i++) t.label[i] = i;
    *out = t;
    return GR_OK;
}

gr_status gr_tally_add(gr_tally *t, int64_t pred, int64_t ref, gr_err *err)
{
    const size_t p = find_label(t, pred), r = find_label(t, ref);

    if (p == t->n) return gr_fail(err, GR_E_ARG, "predicted class %" PRId64 " is not one of the %zu classes", pred, t->n);
    if (r == t->n) return gr_fail(err, GR_E_ARG, "true class %" PRId64 " is not one of the %zu classes", ref, t->n);
    count_row(t, p, r);
    return GR_OK;
}

void gr_tally_free(gr_tally *t)
{
    free(t->label);
    free(t->hit);
    free(t->pred);
    free(t->ref);
    *t = (gr_tally){ 0 };
}

/* ---- which classes are scored ---------------------------------------------------------------- */

typedef struct class_count {
    int64_t  label;
    uint64_t hit, pred, ref;
} class_count;

static size_t occurring(const gr_tally *t)
{
    size_t k = 0;

    for (size_t i = 0; i < t->n; i++) k += t->pred[i] || t->ref[i];
    return k;
}

static class_count count_of(const gr_tally *t, int64_t label)
{
    const size_t i = find_label(t, label);

    return i == t->n ? (class_count){ label, 0, 0, 0 } : (class_count){ label, t->hit[i], t->pred[i], t->ref[i] };
}

static gr_status check_options(const gr_tally *t, const gr_prf_options *o, gr_err *err)
{
    const double z = o->zero_division;

    if (t->total == 0) return gr_fail(err, GR_E_ARG, "no rows to score");
    if (!(z == 0.0 || z == 1.0 || isnan(z))) return gr_fail(err, GR_E_ARG, "zero_division is %g, not 0, 1 or nan", z);
    return GR_OK;
}

/* The listed classes in their order (repeats stay), or the occurring ones. *out is malloc'd, never NULL. */
static gr_status select_classes(class_count **out, size_t *n, const gr_tally *t, const gr_prf_options *o, gr_err *err)
{
    const size_t k = o->labels ? o->n_labels : occurring(t);
    class_count *c = calloc(k ? k : 1, sizeof *c);
    size_t at = 0;

    if (!c) return gr_fail_nomem(err, "the counts of classes");
    if (o->labels)
        for (; at < k; at++) c[at] = count_of(t, o->labels[at]);
    else
        for (size_t i = 0; i < t->n; i++)
            if (t->pred[i] || t->ref[i]) c[at++] = (class_count){ t->label[i], t->hit[i], t->pred[i], t->ref[i] };
    *out = c;
    *n = k;
    return GR_OK;
}

/* ---- precision, recall, F1 ------------------------------------------------------------------- */

static double ratio(double num, double den, double zero_division)
{
    return den == 0.0 ? zero_division : num / den;
}

/* F1 = 2 hit / (true + predicted): not from P and R, which 0/0 may have replaced. */
static gr_prf score_of(class_count c, double z)
{
    const double hit = (double)c.hit, pred = (double)c.pred, ref = (double)c.ref;

    return (gr_prf){ ratio(hit, pred, z), ratio(hit, ref, z), ratio(2.0 * hit, pred + ref, z), ref };
}

static double precision_of(const gr_prf *p) { return p->precision; }
static double recall_of(const gr_prf *p) { return p->recall; }
static double f1_of(const gr_prf *p) { return p->f1; }

/* Mean of one score over the classes where it is not NaN; NaN when it is nowhere. Weights (true rows)
 * that add to 0 count as equal. work holds 2 n doubles. */
static double mean_of(double (*get)(const gr_prf *), const gr_prf *each, size_t n, bool weighted, double *work)
{
    double *v = work, *w = work + n, weight;
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        if (isnan(get(&each[i]))) continue;
        v[k] = get(&each[i]);
        w[k++] = each[i].support;
    }
    if (k == 0) return NAN;
    weight = gr_sum_numpy(w, k);
    if (!weighted || weight == 0.0) return gr_sum_numpy(v, k) / (double)k;
    for (size_t i = 0; i < k; i++) v[i] *= w[i];
    return gr_sum_numpy(v, k) / weight;
}

static gr_status average_of(gr_prf *out, const class_count *c, size_t n, bool weighted, double z, gr_err *err)
{
    gr_prf *each = calloc(n ? n : 1, sizeof *each);
    double *work = calloc(n ? n : 1, 2 * sizeof *work), support = 0.0;
    gr_status s = GR_OK;

    if (!each || !work) {
        s = gr_fail_nomem(err, "the scores of classes");
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        each[i] = score_of(c[i], z);
        support += each[i].support;
    }
    *out = (gr_prf){ mean_of(precision_of, each, n, weighted, work), mean_of(recall_of, each, n, weighted, work),
                     mean_of(f1_of, each, n, weighted, work), support };
out:
    free(each);
    free(work);
    return s;
}

static gr_prf micro_of(const class_count *c, size_t n, double z)
{
    class_count all = { 0 };

    for (size_t i = 0; i < n; i++) {
        all.hit += c[i].hit;
        all.pred += c[i].pred;
        all.ref += c[i].ref;
    }
    return score_of(all, z);
}

static gr_status binary_prf(gr_prf *out, const gr_tally *t, const gr_prf_options *o, gr_err *err)
{
    const size_t k = occurring(t);
    const class_count c = count_of(t, o->pos_label);

    if (k > 2) return gr_fail(err, GR_E_ARG, "%zu classes occur: a binary score needs two; choose micro, macro or weighted", k);
    if (k == 2 && c.pred == 0 && c.ref == 0)
        return gr_fail(err, GR_E_ARG, "the positive label %" PRId64 " is neither of the two labels that occur", o->pos_label);
    *out = score_of(c, o->zero_division);
    return GR_OK;
}

bool gr_average_find(gr_average *out, const char *name)
{
    static const char *const names[] = { "binary", "micro", "macro", "weighted" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        *out = (gr_average)i;
        return true;
    }
    return false;
}

gr_status gr_class_prf(gr_prf *out, const gr_tally *t, const gr_prf_options *o, gr_err *err)
{
    class_count *c = NULL;
    size_t n = 0;
    gr_status s = GR_OK;

    GR_TRY(check_options(t, o, err));
    if (o->average == GR_AVERAGE_BINARY) return binary_prf(out, t, o, err);
    GR_TRY(select_classes(&c, &n, t, o, err));
    if (o->average == GR_AVERAGE_MICRO) *out = micro_of(c, n, o->zero_division);
    else s = average_of(out, c, n, o->average == GR_AVERAGE_WEIGHTED, o->zero_division, err);
    free(c);
    return s;
}

gr_status gr_class_prf_each(gr_prf **out, size_t *n, const gr_tally *t, const gr_prf_options *o, gr_err *err)
{
    class_count *c = NULL;
    gr_prf *p;
    size_t k = 0;

    GR_TRY(check_options(t, o, err));
    GR_TRY(select_classes(&c, &k, t, o, err));
    p = calloc(k ? k : 1, sizeof *p);
    for (size_t i = 0; p && i < k; i++) p[i] = score_of(c[i], o->zero_division);
    free(c);
    if (!p) return gr_fail_nomem(err, "the scores of classes");
    *out = p;
    *n = k;
    return GR_OK;
}

/* ---- accuracy, Matthews, confusion matrix ---------------------------------------------------- */

gr_status gr_class_accuracy(double *out, const gr_tally *t, gr_err *err)
{
    if (t->total == 0) return gr_fail(err, GR_E_ARG, "no rows to score");
    *out = (double)t->correct / (double)t->total;
    return GR_OK;
}

/* With c right of s rows, t_k true and p_k predicted rows of class k:
 * (c s - sum t_k p_k) / sqrt((s^2 - sum p_k^2) (s^2 - sum t_k^2)). */
gr_status gr_class_matthews(double *out, const gr_tally *t, gr_err *err)
{
    const double s = (double)t->total;
    gr_sum cov = { 0 }, pp = { 0 }, tt = { 0 };
    double vp, vt;

    if (t->total == 0) return gr_fail(err, GR_E_ARG, "no rows to score");
    gr_sum_add(&cov, (double)t->correct * s);
    gr_sum_add(&pp, s * s);
    gr_sum_add(&tt, s * s);
    for (size_t i = 0; i < t->n; i++) {
        const double p = (double)t->pred[i], r = (double)t->ref[i];
        gr_sum_add(&cov, -p * r);
        gr_sum_add(&pp, -p * p);
        gr_sum_add(&tt, -r * r);
    }
    vp = gr_sum_value(&pp);
    vt = gr_sum_value(&tt);
    /* Two roots rather than one of the product: n^4 of a large set would overflow sooner. */
    *out = vp <= 0.0 || vt <= 0.0 ? 0.0 : gr_sum_value(&cov) / (sqrt(vp) * sqrt(vt));
    if (*out > 1.0) *out = 1.0;
    if (*out < -1.0) *out = -1.0;
    return GR_OK;
}

/* Sorted (label, position) pairs, so that a list in any order is searched in log time. */
typedef struct place {
    int64_t label;
    size_t  at;
} place;

static int cmp_place(const void *a, const void *b)
{
    const place *x = a, *y = b;

    if (x->label != y->label) return x->label < y->label ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Position of a label; of repeated ones the last, as a Python dict filled in order keeps it. n: none. */
static size_t find_place(const place *p, size_t n, int64_t label)
{
    size_t lo = 0, hi = n;

    while (lo < hi) { /* first entry above `label` */
        const size_t mid = lo + (hi - lo) / 2;
        if (p[mid].label <= label) lo = mid + 1;
        else hi = mid;
    }
    return lo > 0 && p[lo - 1].label == label ? p[lo - 1].at : n;
}

static gr_status fill_confusion(uint64_t *m, const place *p, size_t k, const int64_t *pred, const int64_t *ref, size_t n,
                                gr_err *err)
{
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        const size_t r = find_place(p, k, ref[i]), c = find_place(p, k, pred[i]);
        any = any || r < k;
        if (r < k && c < k) m[r * k + c]++;
    }
    return any ? GR_OK : gr_fail(err, GR_E_ARG, "none of the listed labels is among the true ones");
}

gr_status gr_class_confusion(uint64_t **out, size_t *n, const int64_t *pred, size_t n_pred, const int64_t *ref,
                             size_t n_ref, const int64_t *labels, size_t n_labels, gr_err *err)
{
    int64_t *own = NULL;
    place *p = NULL;
    uint64_t *m = NULL;
    size_t cells;
    gr_status s = GR_OK;

    GR_TRY(check_sides(n_pred, n_ref, err));
    if (labels && n_labels == 0) return gr_fail(err, GR_E_ARG, "the list of labels is empty");
    if (!labels) {
        GR_TRY(union_of(&own, &n_labels, pred, ref, n_ref, err));
        labels = own;
    }
    p = calloc(n_labels, sizeof *p);
    m = gr_mul_size(&cells, n_labels, n_labels) ? calloc(cells, sizeof *m) : NULL;
    if (!p || !m) {
        s = gr_fail_nomem(err, "the confusion matrix");
        goto out;
    }
    for (size_t i = 0; i < n_labels; i++) p[i] = (place){ labels[i], i };
    qsort(p, n_labels, sizeof *p, cmp_place);
    if ((s = fill_confusion(m, p, n_labels, pred, ref, n_ref, err)) != GR_OK) goto out;
    *out = m;
    *n = n_labels;
    m = NULL; /* the caller owns it now */
out:
    free(own);
    free(p);
    free(m);
    return s;
}

/* ---- the report ------------------------------------------------------------------------------ */

static bool lists_all(const gr_tally *t, const gr_prf_options *o)
{
    uint64_t ref = 0, pred = 0;

    if (!o->labels) return true;
    for (size_t i = 0; i < o->n_labels; i++) {
        bool repeated = false;
        for (size_t j = 0; j < i && !repeated; j++) repeated = o->labels[j] == o->labels[i];
        if (repeated) continue;
        ref += count_of(t, o->labels[i]).ref;
        pred += count_of(t, o->labels[i]).pred;
    }
    return ref == t->total && pred == t->total;
}

static gr_status fill_rows(gr_class_report *r, const class_count *c, double z, const char *const *names, gr_err *err)
{
    for (size_t i = 0; i < r->n; i++) {
        gr_buf b = { 0 };
        if (names) gr_buf_adds(&b, names[i]);
        else gr_buf_addf(&b, "%" PRId64, c[i].label);
        r->row[i].name = b.p ? b.p : calloc(1, 1);
        r->row[i].score = score_of(c[i], z);
        if (b.oom || !r->row[i].name) return gr_fail_nomem(err, "the report");
    }
    return GR_OK;
}

/* Every name widens its column, also one that the list of labels leaves without a row. */
static size_t report_width(const gr_class_report *r, const char *const *names, size_t n_names)
{
    size_t w = 0;

    for (size_t i = 0; i < r->n; i++) w = gr_report_widen(w, r->row[i].name);
    for (size_t i = 0; names && i < n_names; i++) w = gr_report_widen(w, names[i]);
    return w;
}

gr_status gr_class_report_make(gr_class_report *out, const gr_tally *t, const gr_prf_options *o,
                               const char *const *names, size_t n_names, gr_err *err)
{
    gr_class_report r = { 0 };
    class_count *c = NULL;
    size_t n = 0;
    gr_status s;

    GR_TRY(check_options(t, o, err));
    if (o->labels && o->n_labels == 0) return gr_fail(err, GR_E_ARG, "the list of labels is empty");
    if (names && n_names == 0) return gr_fail(err, GR_E_ARG, "the list of names is empty");
    GR_TRY(select_classes(&c, &n, t, o, err));
    if (names && !o->labels && n_names != n) {
        s = gr_fail(err, GR_E_ARG, "%zu classes occur, but %zu names are given: list the labels", n, n_names);
        goto out;
    }
    r.n = names && n_names < n ? n_names : n;
    r.row = calloc(r.n ? r.n : 1, sizeof *r.row);
    s = r.row ? fill_rows(&r, c, o->zero_division, names, err) : gr_fail_nomem(err, "the report");
    if (s != GR_OK) goto out;
    r.width = report_width(&r, names, n_names);
    r.micro = micro_of(c, n, o->zero_division);
    if ((s = average_of(&r.macro, c, n, false, o->zero_division, err)) != GR_OK) goto out;
    if ((s = average_of(&r.weighted, c, n, true, o->zero_division, err)) != GR_OK) goto out;
    r.micro_is_accuracy = lists_all(t, o);
    r.support_is_real = t->correct == 0;
    *out = r;
    r = (gr_class_report){ 0 };
out:
    free(c);
    gr_class_report_free(&r);
    return s;
}

void gr_class_report_free(gr_class_report *r)
{
    for (size_t i = 0; r->row && i < r->n; i++) free(r->row[i].name);
    free(r->row);
    *r = (gr_class_report){ 0 };
}

gr_status gr_class_report_text(gr_buf *out, const gr_class_report *r, int digits, gr_err *err)
{
    const bool real = r->support_is_real, acc = r->micro_is_accuracy;
    size_t width;

    if (digits < 0 || digits > GR_REPORT_DIGITS_MAX)
        return gr_fail(err, GR_E_ARG, "%d digits: 0 to %d can be printed", digits, GR_REPORT_DIGITS_MAX);
    width = gr_report_width(digits);
    if (r->width > width) width = r->width;
    gr_report_head(out, width);
    for (size_t i = 0; i < r->n; i++) gr_report_row(out, width, digits, r->row[i].name, &r->row[i].score, false, real);
    gr_buf_addc(out, '\n');
    gr_report_row(out, width, digits, acc ? "accuracy" : "micro avg", &r->micro, acc, real);
    gr_report_row(out, width, digits, "macro avg", &r->macro, false, real);
    gr_report_row(out, width, digits, "weighted avg", &r->weighted, false, real);
    return out->oom ? gr_fail_nomem(err, "the report") : GR_OK;
}
