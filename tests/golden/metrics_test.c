/* metrics_test.c - every case of golden/metrics/cases.jsonl, of the shared folder and of our own set.
 *
 * A handler computes a case's metric into a JSON object of the same form as `expected`; one compare
 * then walks both, so no expected value can be left out. NaN and infinities are the strings "nan",
 * "inf", "-inf" there. Tolerance: 1e-12 absolute or relative, or the case's own `tol`. */
#include "tests/support/test.h"

#include <math.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"
#include "metrics/classification.h"
#include "metrics/correlation.h"
#include "metrics/regression.h"
#include "metrics/roc_auc.h"
#include "metrics/sequence.h"
#include "metrics/stats.h"
#include "metrics/suite.h"

typedef struct gcase {
    const char    *id;
    const gr_json *args, *pred, *ref;
    gr_json       *got;
    gr_arena       mem;
} gcase;

static void *take(gcase *c, size_t n, size_t size)
{
    void *p = gr_arena_calloc(&c->mem, n ? n : 1, size);
    assert_non_null(p);
    return p;
}

static double number(const gr_json *v)
{
    const char *s = gr_json_str(v, "");

    if (gr_json_is_number(v)) return gr_json_num(v, 0.0);
    if (strcmp(s, "inf") == 0) return INFINITY;
    if (strcmp(s, "-inf") == 0) return -INFINITY;
    return NAN;
}

static void put(gr_json *o, const char *key, double x)
{
    if (isfinite(x)) gr_json_add_num(o, key, x);
    else gr_json_add_str(o, key, isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
}

static int64_t *ints(gcase *c, const gr_json *a, size_t *n)
{
    int64_t *out = take(c, gr_json_len(a), sizeof *out);

    *n = 0;
    for (const gr_json *v = gr_json_first(a); v; v = gr_json_next(v)) out[(*n)++] = (int64_t)gr_json_num(v, 0.0);
    return out;
}

static double *reals(gcase *c, const gr_json *a, size_t *n)
{
    double *out = take(c, gr_json_len(a), sizeof *out);

    *n = 0;
    for (const gr_json *v = gr_json_first(a); v; v = gr_json_next(v)) out[(*n)++] = number(v);
    return out;
}

static const char **strings(gcase *c, const gr_json *a, size_t *n)
{
    const char **out = take(c, gr_json_len(a), sizeof *out);

    *n = 0;
    for (const gr_json *v = gr_json_first(a); v; v = gr_json_next(v)) out[(*n)++] = gr_json_str(v, "");
    return out;
}

/* ---- classification -------------------------------------------------------------------------- */

static gr_status tally_of(gcase *c, gr_tally *t, gr_err *err)
{
    size_t np, nr;
    const int64_t *p = ints(c, c->pred, &np), *r = ints(c, c->ref, &nr);

    return gr_tally_from_labels(t, p, np, r, nr, err);
}

static void options_of(gcase *c, gr_prf_options *o)
{
    const gr_json *labels = gr_json_get(c->args, "labels"), *zero = gr_json_get(c->args, "zero_division");

    *o = (gr_prf_options)GR_PRF_DEFAULTS;
    o->pos_label = (int64_t)gr_json_num(gr_json_get(c->args, "pos_label"), 1.0);
    if (gr_json_is_array(labels)) o->labels = ints(c, labels, &o->n_labels);
    if (zero) o->zero_division = number(zero);
}

static gr_status run_accuracy(gcase *c, gr_err *err)
{
    gr_tally t = { 0 };
    double x = 0;
    gr_status s = tally_of(c, &t, err);

    if (s == GR_OK) s = gr_class_accuracy(&x, &t, err);
    gr_tally_free(&t);
    put(c->got, "accuracy", x);
    return s;
}

static gr_status run_matthews(gcase *c, gr_err *err)
{
    gr_tally t = { 0 };
    double x = 0;
    gr_status s = tally_of(c, &t, err);

    if (s == GR_OK) s = gr_class_matthews(&x, &t, err);
    gr_tally_free(&t);
    put(c->got, "matthews_correlation", x);
    return s;
}

static double part(const gr_prf *v, char which)
{
    return which == 'p' ? v->precision : which == 'r' ? v->recall : v->f1;
}

static gr_status run_prf(gcase *c, const char *name, gr_err *err)
{
    const char *average = gr_json_str(gr_json_get(c->args, "average"), "binary");
    gr_tally t = { 0 };
    gr_prf_options o;
    gr_prf one = { 0 }, *each = NULL;
    size_t n = 0;
    gr_status s = tally_of(c, &t, err);

    options_of(c, &o);
    if (s == GR_OK && strcmp(average, "none") == 0) {
        s = gr_class_prf_each(&each, &n, &t, &o, err);
        if (s == GR_OK) {
            gr_json *list = gr_json_add_array(c->got, name);
            for (size_t i = 0; i < n; i++) put(list, NULL, part(&each[i], name[0]));
        }
    } else if (s == GR_OK) {
        s = gr_average_find(&o.average, average) ? gr_class_prf(&one, &t, &o, err)
                                                 : gr_fail(err, GR_E_ARG, "average %s", average);
        put(c->got, name, part(&one, name[0]));
    }
    free(each);
    gr_tally_free(&t);
    return s;
}

static gr_status run_precision(gcase *c, gr_err *err) { return run_prf(c, "precision", err); }
static gr_status run_recall(gcase *c, gr_err *err) { return run_prf(c, "recall", err); }
static gr_status run_f1(gcase *c, gr_err *err) { return run_prf(c, "f1", err); }

static gr_status run_confusion(gcase *c, gr_err *err)
{
    const gr_json *list = gr_json_get(c->args, "labels");
    size_t np, nr, nl = 0, n = 0;
    const int64_t *p = ints(c, c->pred, &np), *r = ints(c, c->ref, &nr);
    const int64_t *labels = gr_json_is_array(list) ? ints(c, list, &nl) : NULL;
    uint64_t *m = NULL;
    gr_json *rows;

    GR_TRY(gr_class_confusion(&m, &n, p, np, r, nr, labels, nl, err));
    rows = gr_json_add_array(c->got, "matrix");
    for (size_t i = 0; i < n; i++) {
        gr_json *row = gr_json_add_array(rows, NULL);
        for (size_t j = 0; j < n; j++) gr_json_add_int(row, NULL, (int64_t)m[i * n + j]);
    }
    free(m);
    return GR_OK;
}

static void put_report_row(gr_json *table, const char *name, const gr_prf *v)
{
    gr_json *o = gr_json_add_object(table, name);

    put(o, "precision", v->precision);
    put(o, "recall", v->recall);
    put(o, "f1-score", v->f1);
    put(o, "support", v->support);
}

static void put_report(gcase *c, const gr_class_report *r, const gr_buf *text)
{
    gr_json *table = gr_json_add_object(c->got, "table");

    for (size_t i = 0; i < r->n; i++) put_report_row(table, r->row[i].name, &r->row[i].score);
    if (r->micro_is_accuracy) put(table, "accuracy", r->micro.precision);
    else put_report_row(table, "micro avg", &r->micro);
    put_report_row(table, "macro avg", &r->macro);
    put_report_row(table, "weighted avg", &r->weighted);
    gr_json_add_str(c->got, "text", text->p);
}

static gr_status run_report(gcase *c, gr_err *err)
{
    const gr_json *list = gr_json_get(c->args, "target_names");
    gr_class_report r = { 0 };
    gr_tally t = { 0 };
    gr_prf_options o;
    gr_buf text = { 0 };
    size_t n = 0;
    const char **names = gr_json_is_array(list) ? strings(c, list, &n) : NULL;
    gr_status s = tally_of(c, &t, err);

    options_of(c, &o);
    if (s == GR_OK) s = gr_class_report_make(&r, &t, &o, names, n, err);
    if (s == GR_OK) s = gr_class_report_text(&text, &r, (int)gr_json_num(gr_json_get(c->args, "digits"), 2), err);
    if (s == GR_OK) put_report(c, &r, &text);
    gr_buf_free(&text);
    gr_class_report_free(&r);
    gr_tally_free(&t);
    return s;
}

/* ---- values ---------------------------------------------------------------------------------- */

typedef gr_status (*pair_fn)(double *, const double *, size_t, const double *, size_t, gr_err *);

static gr_status run_pair(gcase *c, const char *key, pair_fn fn, gr_err *err)
{
    size_t np, nr;
    const double *p = reals(c, c->pred, &np), *r = reals(c, c->ref, &nr);
    double x = 0;
    const gr_status s = fn(&x, p, np, r, nr, err);

    put(c->got, key, x);
    return s;
}

static gr_status run_pearson(gcase *c, gr_err *err) { return run_pair(c, "pearson", gr_pearson, err); }
static gr_status run_spearman(gcase *c, gr_err *err) { return run_pair(c, "spearmanr", gr_spearman, err); }
static gr_status run_mse(gcase *c, gr_err *err) { return run_pair(c, "mse", gr_mse, err); }
static gr_status run_rmse(gcase *c, gr_err *err) { return run_pair(c, "rmse", gr_rmse, err); }
static gr_status run_mae(gcase *c, gr_err *err) { return run_pair(c, "mae", gr_mae, err); }

static gr_status run_roc(gcase *c, gr_err *err)
{
    size_t np, nr;
    const double *p = reals(c, c->pred, &np);
    const int64_t *r = ints(c, c->ref, &nr);
    double x = 0;
    const gr_status s = gr_roc_auc(&x, p, np, r, nr, err);

    put(c->got, "roc_auc", x);
    return s;
}

/* One metric of a GLUE task: the case's own handlers, each of which adds its value. */
static gr_status run_glue(gcase *c, gr_err *err)
{
    const char *task = gr_json_str(gr_json_get(c->args, "task"), "");
    const gr_metric *m[GR_GLUE_METRICS_MAX];
    const size_t n = gr_glue_metrics(m, task);
    double v[GR_GLUE_METRICS_MAX];

    if (n == 0) return gr_fail(err, GR_E_NOTFOUND, "task %s", task);
    for (size_t i = 0; i < n; i++) {
        if (m[i] == &gr_metric_matthews) GR_TRY(run_matthews(c, err));
        else if (m[i] == &gr_metric_accuracy) GR_TRY(run_accuracy(c, err));
        else if (m[i] == &gr_metric_f1) GR_TRY(run_f1(c, err));
        else if (m[i] == &gr_metric_pearson) GR_TRY(run_pearson(c, err));
        else GR_TRY(run_spearman(c, err));
        v[i] = number(gr_json_get(c->got, m[i]->name));
    }
    if (n > 1) put(c->got, "combined_score", gr_mean_of(v, n));
    return GR_OK;
}

/* ---- sequences ------------------------------------------------------------------------------- */

static gr_status add_sentences(gcase *c, gr_seqeval *q, gr_err *err)
{
    const gr_json *p = gr_json_first(c->pred), *r = gr_json_first(c->ref);

    if (!p && !r) return gr_fail(err, GR_E_ARG, "no sentences");
    for (; p && r; p = gr_json_next(p), r = gr_json_next(r)) {
        size_t np, nr;
        const char **tp = strings(c, p, &np), **tr = strings(c, r, &nr);
        if (np != nr) return gr_fail(err, GR_E_ARG, "sentences of different length");
        GR_TRY(gr_seqeval_add(q, tp, tr, np, err));
    }
    return p || r ? gr_fail(err, GR_E_ARG, "different numbers of sentences") : GR_OK;
}

static gr_status put_seqeval(gcase *c, const gr_seqeval *q, double zero, gr_err *err)
{
    gr_seqeval_result r;
    gr_seqeval_type *t = NULL;
    size_t n = 0;

    GR_TRY(gr_seqeval_scores(&r, q, zero, err));
    if (r.tokens == 0) return gr_fail(err, GR_E_ARG, "no tokens");
    GR_TRY(gr_seqeval_types(&t, &n, q, zero, err));
    for (size_t i = 0; i < n; i++) {
        gr_json *o = gr_json_add_object(c->got, t[i].type);
        put(o, "precision", t[i].precision);
        put(o, "recall", t[i].recall);
        put(o, "f1", t[i].f1);
        gr_json_add_int(o, "number", (int64_t)t[i].support);
    }
    free(t);
    put(c->got, "overall_precision", r.precision);
    put(c->got, "overall_recall", r.recall);
    put(c->got, "overall_f1", r.f1);
    put(c->got, "overall_accuracy", r.accuracy);
    put(c->got, "macro_f1", r.macro_f1);
    put(c->got, "weighted_f1", r.weighted_f1);
    return GR_OK;
}

static gr_status run_seqeval(gcase *c, gr_err *err)
{
    const char *mode = gr_json_str(gr_json_get(c->args, "mode"), "");
    const char *scheme = gr_json_str(gr_json_get(c->args, "scheme"), "");
    gr_seqeval_options o = { GR_SCHEME_CONLL, gr_json_bool(gr_json_get(c->args, "suffix"), false) };
    gr_seqeval *q = NULL;
    gr_status s;

    if (strcmp(mode, "strict") == 0 && !gr_tag_scheme_find(&o.scheme, scheme)) return gr_fail(err, GR_E_ARG, "scheme %s", scheme);
    GR_TRY(gr_seqeval_open(&q, &o, err));
    s = add_sentences(c, q, err);
    if (s == GR_OK) s = put_seqeval(c, q, gr_json_num(gr_json_get(c->args, "zero_division"), 0.0), err);
    gr_seqeval_close(q);
    return s;
}

static gr_status run_seqeval_report(gcase *c, gr_err *err)
{
    gr_seqeval *q = NULL;
    gr_buf text = { 0 };
    gr_status s;

    GR_TRY(gr_seqeval_open(&q, NULL, err));
    s = add_sentences(c, q, err);
    if (s == GR_OK) s = gr_seqeval_report(&text, q, (int)gr_json_num(gr_json_get(c->args, "digits"), 2), 0.0, err);
    if (s == GR_OK) gr_json_add_str(c->got, "text", text.p);
    gr_buf_free(&text);
    gr_seqeval_close(q);
    return s;
}

/* ---- statistics ------------------------------------------------------------------------------ */

static gr_status run_mcnemar(gcase *c, gr_err *err)
{
    const gr_json *second = gr_json_get(c->args, "pred_b");
    gr_mcnemar_result r;

    if (gr_json_is_array(second)) {
        size_t n, n2, n3;
        const int64_t *p = ints(c, c->pred, &n), *q = ints(c, second, &n2), *y = ints(c, c->ref, &n3);
        GR_TRY(gr_mcnemar_labels(&r, p, q, y, n, err));
    } else {
        GR_TRY(gr_mcnemar(&r, (uint64_t)gr_json_num(gr_json_get(c->args, "b"), 0),
                          (uint64_t)gr_json_num(gr_json_get(c->args, "c"), 0), err));
    }
    put(c->got, "b", (double)r.b);
    put(c->got, "c", (double)r.c);
    put(c->got, "exact_p", r.exact_p);
    put(c->got, "chi2", r.chi2);
    put(c->got, "chi2_p", r.chi2_p);
    return GR_OK;
}

static gr_status put_interval(gcase *c, gr_interval v, gr_status s)
{
    put(c->got, "low", v.low);
    put(c->got, "high", v.high);
    return s;
}

static gr_status run_wilson(gcase *c, gr_err *err)
{
    gr_interval v = { 0, 0 };
    const gr_status s = gr_wilson(&v, (uint64_t)gr_json_num(gr_json_get(c->args, "k"), 0), (uint64_t)gr_json_num(gr_json_get(c->args, "n"), 0),
                                  gr_json_num(gr_json_get(c->args, "confidence"), 0.95), err);

    return put_interval(c, v, s);
}

static gr_status run_fisher(gcase *c, gr_err *err)
{
    gr_interval v = { 0, 0 };
    const gr_status s = gr_fisher_z(&v, number(gr_json_get(c->args, "r")), (uint64_t)gr_json_num(gr_json_get(c->args, "n"), 0),
                                    gr_json_num(gr_json_get(c->args, "confidence"), 0.95), err);

    return put_interval(c, v, s);
}

static gr_status run_holm(gcase *c, gr_err *err)
{
    size_t n;
    double *p = reals(c, c->pred, &n);
    gr_json *list = gr_json_add_array(c->got, "adjusted");

    GR_TRY(gr_holm(p, p, n, err));
    for (size_t i = 0; i < n; i++) put(list, NULL, p[i]);
    return GR_OK;
}

static gr_status run_ttest(gcase *c, gr_err *err)
{
    size_t np, nr;
    const double *p = reals(c, c->pred, &np), *r = reals(c, c->ref, &nr);
    gr_ttest_result t;

    GR_TRY(gr_ttest_paired(&t, p, np, r, nr, err));
    put(c->got, "t", t.t);
    put(c->got, "df", t.df);
    put(c->got, "p", t.p);
    return GR_OK;
}

static gr_status run_wilcoxon(gcase *c, gr_err *err)
{
    size_t np, nr;
    const double *p = reals(c, c->pred, &np), *r = reals(c, c->ref, &nr);
    gr_wilcoxon_result w;

    GR_TRY(gr_wilcoxon_exact(&w, p, np, r, nr, err));
    put(c->got, "n", (double)w.n);
    put(c->got, "w_plus", w.w_plus);
    put(c->got, "w_minus", w.w_minus);
    put(c->got, "statistic", w.statistic);
    put(c->got, "p", w.p);
    return GR_OK;
}

static gr_status run_mean_std(gcase *c, gr_err *err)
{
    size_t n;
    const double *p = reals(c, c->pred, &n);
    double mean, std;

    (void)err;
    gr_mean_std(&mean, &std, p, n);
    put(c->got, "mean", mean);
    put(c->got, "std", std);
    return GR_OK;
}

/* ---- the driver ------------------------------------------------------------------------------ */

static const struct { const char *metric; gr_status (*run)(gcase *, gr_err *); } handlers[] = {
    { "accuracy", run_accuracy }, { "precision", run_precision }, { "recall", run_recall }, { "f1", run_f1 },
    { "matthews", run_matthews }, { "confusion_matrix", run_confusion }, { "classification_report", run_report },
    { "pearson", run_pearson }, { "spearman", run_spearman }, { "mse", run_mse }, { "rmse", run_rmse }, { "mae", run_mae },
    { "roc_auc", run_roc }, { "glue", run_glue }, { "seqeval", run_seqeval }, { "seqeval_report", run_seqeval_report },
    { "mcnemar", run_mcnemar }, { "wilson", run_wilson }, { "fisher_z", run_fisher }, { "holm", run_holm },
    { "ttest_paired", run_ttest }, { "wilcoxon_exact", run_wilcoxon }, { "mean_std", run_mean_std },
};

static bool is_number(const gr_json *v)
{
    const char *s = gr_json_str(v, "");

    return gr_json_is_number(v) || strcmp(s, "nan") == 0 || strcmp(s, "inf") == 0 || strcmp(s, "-inf") == 0;
}

static bool same_number(double got, double want, double tol)
{
    if (isnan(want)) return isnan(got);
    return got == want || fabs(got - want) <= tol * fmax(1.0, fabs(want));
}

/* True when both trees agree; otherwise *where and *what name the first place that does not. */
static bool same(const gr_json *got, const gr_json *want, double tol, const char *key, char *why, size_t cap)
{
    if (is_number(want)) {
        if (is_number(got) && same_number(number(got), number(want), tol)) return true;
        (void)snprintf(why, cap, "%s: got %.17g, want %.17g", key, number(got), number(want));
        return false;
    }
    if (gr_json_is_string(want)) {
        if (strcmp(gr_json_str(got, ""), gr_json_str(want, "")) == 0) return true;
        (void)snprintf(why, cap, "%s: got\n%s\nwant\n%s", key, gr_json_str(got, "no text"), gr_json_str(want, ""));
        return false;
    }
    if (gr_json_len(got) != gr_json_len(want)) {
        (void)snprintf(why, cap, "%s: got %zu members, want %zu", key, gr_json_len(got), gr_json_len(want));
        return false;
    }
    for (const gr_json *w = gr_json_first(want), *g = gr_json_first(got); w; w = gr_json_next(w), g = gr_json_next(g)) {
        const char *k = gr_json_key(w);
        if (!same(k ? gr_json_get(got, k) : g, w, tol, k ? k : key, why, cap)) return false;
    }
    return true;
}

static void run_case(const gr_json *row)
{
    gcase c = { .id = gr_json_str(gr_json_get(row, "id"), "no id"), .args = gr_json_get(row, "args"),
                .pred = gr_json_get(row, "pred"), .ref = gr_json_get(row, "ref") };
    const char *metric = gr_json_str(gr_json_get(row, "metric"), "");
    const gr_json *want = gr_json_get(row, "expected");
    gr_err err = GR_ERR_INIT;
    gr_status s = GR_E_NOTFOUND;
    char why[4000] = "";
    size_t i = 0;

    while (i < sizeof handlers / sizeof *handlers && strcmp(handlers[i].metric, metric) != 0) i++;
    if (i == sizeof handlers / sizeof *handlers) {
        gr_case_fail(c.id, "unknown metric '%s'", metric);
        return;
    }
    gr_arena_init(&c.mem, 0);
    c.got = gr_json_new_object();
    s = handlers[i].run(&c, &err);
    if (!want) {
        if (s == GR_OK) gr_case_fail(c.id, "accepted, but the reference refuses it: %s", gr_json_str(gr_json_get(row, "error"), "?"));
        else gr_case_pass(c.id);
    } else if (s != GR_OK) {
        gr_case_fail(c.id, "refused: %s", err.msg);
    } else if (!same(c.got, want, gr_json_num(gr_json_get(row, "tol"), 1e-12), "expected", why, sizeof why)) {
        gr_case_fail(c.id, "%s", why);
    } else {
        gr_case_pass(c.id);
    }
    gr_json_free(c.got);
    gr_arena_free(&c.mem);
}

static void run_file(const char *dir, size_t least)
{
    char path[GR_PATH_MAX], *text = NULL;
    gr_err err = GR_ERR_INIT;
    size_t n = 0;
    gr_sv rest;

    assert_true(gr_fs_join(path, sizeof path, dir, "metrics/cases.jsonl"));
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    rest = (gr_sv){ text, n };
    while (rest.n) {
        const gr_sv line = gr_sv_trim(gr_sv_split(&rest, '\n'));
        gr_json *row = NULL;
        if (!line.n) continue;
        assert_ok(gr_json_parse(&row, line.p, line.n, &err), &err);
        run_case(row);
        gr_json_free(row);
    }
    free(text);
    gr_cases_done(path, least);
}

static void shared_cases(void **state)
{
    const char *dir = gr_golden_dir();

    (void)state;
    if (!dir) {
        gr_case_skip("shared golden folder", "absent");
        return;
    }
    run_file(dir, 1);
}

static void own_cases(void **state)
{
    (void)state;
    run_file(gr_own_golden_dir(), 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(own_cases), cmocka_unit_test(shared_cases) };

    return gr_test_main(tests);
}
