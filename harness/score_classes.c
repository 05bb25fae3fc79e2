/* score_classes.c - the class scores of `glue-run score`. See score_state.h. Labels are coded once,
 * for all metrics of the command; the labels that options name are coded with them, so that a listed
 * label which no row has is a class without rows. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/score_state.h"
#include "results/grid.h"

bool gr_score_whole_number(int64_t *out, const char *text)
{
    const gr_sv t = gr_sv_from(text);
    double x;

    if (gr_sv_int(out, t, NULL) == GR_OK) return true;
    if (gr_sv_double(&x, t, NULL) != GR_OK || floor(x) != x || fabs(x) > 9007199254740992.0) return false;
    *out = (int64_t)x;
    return true;
}

static int cmp_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Label texts of --labels, in order; *out is NULL when the option is absent. */
static gr_status listed(const char ***out, size_t *n, gr_score *s, gr_err *err)
{
    const char *list = s->o->labels;
    size_t most = 1, k = 0;
    const char **v;
    gr_sv rest;

    *out = NULL;
    *n = 0;
    if (!list) return GR_OK;
    for (const char *p = list; *p; p++) most += *p == ',';
    if (!(v = gr_score_take(s, most, sizeof *v))) return gr_fail_nomem(err, "labels");
    rest = gr_sv_from(list);
    while (k < most) {
        const gr_sv one = gr_sv_trim(gr_sv_split(&rest, ','));
        if (one.n == 0) return gr_fail(err, GR_E_ARG, "--labels '%.100s': an empty label", list);
        if (!(v[k++] = gr_arena_strndup(&s->mem, one.p, one.n))) return gr_fail_nomem(err, "labels");
    }
    *out = v;
    *n = k;
    return GR_OK;
}

/* The class of a label; true when it has one. */
static bool class_of(int64_t *out, const gr_score *s, const char *text)
{
    const char **p;

    if (s->whole) return gr_score_whole_number(out, text);
    p = bsearch(&text, s->name, s->n_name, sizeof *s->name, cmp_text);
    if (p) *out = p - s->name;
    return p != NULL;
}

/* All texts that name a class, sorted and distinct: the files', the listed ones and the positive one. */
static gr_status gather_names(gr_score *s, const char **extra, size_t n_extra, gr_err *err)
{
    const gr_score_side *p = &s->pred[GR_SCORE_VALUES], *r = &s->ref[GR_SCORE_VALUES];
    const size_t most = p->n + r->n + n_extra + 1;
    size_t n = 0, k = 0;
    const char **v = gr_score_take(s, most, sizeof *v);
    int64_t unused;

    if (!v) return gr_fail_nomem(err, "labels");
    for (size_t i = 0; i < p->n; i++) v[n++] = p->item[i].text;
    for (size_t i = 0; i < r->n; i++) v[n++] = r->item[i].text;
    for (size_t i = 0; i < n_extra; i++) v[n++] = extra[i];
    if (s->o->pos_label) v[n++] = s->o->pos_label;
    s->whole = true;
    for (size_t i = 0; i < n && s->whole; i++) s->whole = gr_score_whole_number(&unused, v[i]);
    if (s->whole) return GR_OK;
    qsort(v, n, sizeof *v, cmp_text);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(v[i], v[i - 1]) != 0) v[k++] = v[i];
    s->name = v;
    s->n_name = k;
    return GR_OK;
}

static gr_status need_classes(gr_score *s, gr_err *err)
{
    const gr_score_side *p = &s->pred[GR_SCORE_VALUES], *r = &s->ref[GR_SCORE_VALUES];
    const char **extra;
    size_t n_extra;

    if (s->coded) return GR_OK;
    GR_TRY(gr_score_need(s, GR_SCORE_VALUES, err));
    GR_TRY(listed(&extra, &n_extra, s, err));
    GR_TRY(gather_names(s, extra, n_extra, err));
    s->n = p->n;
    s->pred_class = gr_score_take(s, s->n, sizeof *s->pred_class);
    s->ref_class = gr_score_take(s, s->n, sizeof *s->ref_class);
    if (!s->pred_class || !s->ref_class) return gr_fail_nomem(err, "labels");
    for (size_t i = 0; i < s->n; i++)
        if (!class_of(&s->pred_class[i], s, p->item[i].text) || !class_of(&s->ref_class[i], s, r->item[i].text))
            return gr_fail(err, GR_E_INTERNAL, "row %zu: a label without a class", i + 1);
    GR_TRY(gr_tally_from_labels(&s->tally, s->pred_class, s->n, s->ref_class, s->n, err));
    s->coded = true;
    return GR_OK;
}

/* The label's text; whole numbers are written into buf. */
static const char *class_name(const gr_score *s, int64_t c, char buf[24])
{
    if (!s->whole) return s->name[c];
    (void)snprintf(buf, 24, "%" PRId64, c);
    return buf;
}

/* Options of class scores. */
static gr_status prf_options(gr_prf_options *o, gr_score *s, gr_err *err)
{
    const char *z = s->o->zero_division, **list;
    int64_t *labels;
    size_t n;

    *o = (gr_prf_options)GR_PRF_DEFAULTS;
    o->zero_division = strcmp(z, "nan") == 0 ? NAN : strcmp(z, "1") == 0 ? 1.0 : 0.0;
    GR_TRY(listed(&list, &n, s, err));
    if (list) {
        if (!(labels = gr_score_take(s, n, sizeof *labels))) return gr_fail_nomem(err, "labels");
        for (size_t i = 0; i < n; i++)
            if (!class_of(&labels[i], s, list[i])) return gr_fail(err, GR_E_INTERNAL, "label '%.100s' has no class", list[i]);
        o->labels = labels;
        o->n_labels = n;
    }
    if (s->o->pos_label && !class_of(&o->pos_label, s, s->o->pos_label))
        return gr_fail(err, GR_E_INTERNAL, "label '%.100s' has no class", s->o->pos_label);
    return GR_OK;
}

static double part_of(const gr_prf *v, char part)
{
    return part == 'p' ? v->precision : part == 'r' ? v->recall : v->f1;
}

/* One value a class: "f1.<label>" in text, a list beside the list of labels in JSON. */
static gr_status each_class(gr_score *s, const gr_score_entry *e, const gr_prf_options *o, gr_err *err)
{
    gr_json *list = gr_json_add_array(s->json, e->name), *labels = gr_json_get(s->json, "labels") ? NULL : gr_json_add_array(s->json, "labels");
    gr_prf *v = NULL;
    size_t n = 0;

    GR_TRY(gr_class_prf_each(&v, &n, &s->tally, o, err));
    for (size_t i = 0; i < n; i++) {
        const int64_t c = o->labels ? o->labels[i] : s->tally.label[i];
        char buf[24];
        gr_buf name = { 0 };

        gr_json_add_num(list, NULL, part_of(&v[i], e->part));
        if (labels) gr_json_add_str(labels, NULL, class_name(s, c, buf));
        gr_buf_addf(&name, "%s.%s", e->name, class_name(s, c, buf));
        if (!name.oom) gr_buf_addf(s->text, "%-24s %.10g\n", name.p, part_of(&v[i], e->part));
        gr_buf_free(&name);
    }
    free(v);
    return GR_OK;
}

gr_status gr_score_prf(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    const char *average = e->average ? e->average : s->o->average;
    gr_prf_options o;
    gr_prf v;

    GR_TRY(need_classes(s, err));
    GR_TRY(prf_options(&o, s, err));
    if (strcmp(average, "none") == 0) return each_class(s, e, &o, err);
    if (!gr_average_find(&o.average, average)) return gr_fail(err, GR_E_ARG, "--average %s", average);
    if (o.average == GR_AVERAGE_BINARY && !s->whole && !s->o->pos_label)
        return gr_fail(err, GR_E_ARG, "the labels are words ('%.60s', ...): --pos-label says which one is positive, or --average macro", s->name[0]);
    GR_TRY(gr_class_prf(&v, &s->tally, &o, err));
    gr_score_emit(s, e->name, part_of(&v, e->part));
    return GR_OK;
}

gr_status gr_score_accuracy(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    double v;

    GR_TRY(need_classes(s, err));
    GR_TRY(gr_class_accuracy(&v, &s->tally, err));
    gr_score_emit(s, e->name, v);
    return GR_OK;
}

gr_status gr_score_matthews(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    double v;

    GR_TRY(need_classes(s, err));
    GR_TRY(gr_class_matthews(&v, &s->tally, err));
    gr_score_emit(s, e->name, v);
    return GR_OK;
}

/* Names of the matrix's columns: one that says what rows and columns are, then the classes'. */
static gr_status confusion_heads(const char ***out, gr_score *s, const gr_prf_options *o, size_t n, gr_err *err)
{
    const char **v = gr_score_take(s, n + 1, sizeof *v);
    char buf[24];

    if (!v) return gr_fail_nomem(err, "the labels");
    v[0] = "true \\ predicted";
    for (size_t i = 0; i < n; i++) {
        const char *name = class_name(s, o->labels ? o->labels[i] : s->tally.label[i], buf);

        v[i + 1] = gr_arena_strndup(&s->mem, name, strlen(name));
        if (!v[i + 1]) return gr_fail_nomem(err, "the labels");
    }
    *out = v;
    return GR_OK;
}

/* m (n,n): rows are the true classes, columns the predicted ones */
static gr_status confusion_text(gr_buf *out, const char *const *heads, const uint64_t *m, size_t n, gr_err *err)
{
    gr_grid g;
    gr_status s;

    gr_grid_open(&g, heads, n + 1);
    for (size_t i = 0; i < n; i++) {
        gr_grid_row(&g);
        gr_grid_text(&g, 0, "%s", heads[i + 1]);
        for (size_t j = 0; j < n; j++) gr_grid_number(&g, j + 1, "%.0f", (double)m[i * n + j]);
    }
    s = gr_grid_write(out, &g, GR_TABLE_TEXT, err);
    gr_grid_close(&g);
    return s;
}

static void confusion_json(gr_json *to, const char *name, const char *const *heads, const uint64_t *m, size_t n)
{
    gr_json *rows = gr_json_add_array(to, name), *labels = gr_json_get(to, "labels") ? NULL : gr_json_add_array(to, "labels");

    for (size_t i = 0; i < n; i++) {
        gr_json *row = gr_json_add_array(rows, NULL);

        if (labels) gr_json_add_str(labels, NULL, heads[i + 1]);
        for (size_t j = 0; j < n; j++) gr_json_add_int(row, NULL, (int64_t)m[i * n + j]);
    }
}

gr_status gr_score_confusion(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    gr_prf_options o;
    const char **heads;
    uint64_t *m = NULL;
    size_t n = 0;
    gr_status st;

    GR_TRY(need_classes(s, err));
    GR_TRY(prf_options(&o, s, err));
    GR_TRY(gr_class_confusion(&m, &n, s->pred_class, s->n, s->ref_class, s->n, o.labels, o.n_labels, err));
    st = confusion_heads(&heads, s, &o, n, err);
    if (st == GR_OK) {
        gr_buf_addf(s->text, "%s\n", e->name);
        confusion_json(s->json, e->name, heads, m, n);
        st = confusion_text(s->text, heads, m, n, err);
    }
    free(m);
    return st;
}

/* Names of the report's rows when the labels are words; NULL for whole numbers. */
static gr_status report_names(const char ***out, size_t *n, gr_score *s, const gr_prf_options *o, gr_err *err)
{
    const char **v;

    *out = NULL;
    *n = o->labels ? o->n_labels : s->tally.n;
    if (s->whole) return GR_OK;
    if (!(v = gr_score_take(s, *n, sizeof *v))) return gr_fail_nomem(err, "labels");
    for (size_t i = 0; i < *n; i++) v[i] = s->name[o->labels ? o->labels[i] : s->tally.label[i]];
    *out = v;
    return GR_OK;
}

gr_status gr_score_report(gr_score *s, const gr_score_entry *e, gr_err *err)
{
    gr_class_report r = { 0 };
    gr_prf_options o;
    const char **names;
    gr_json *table;
    size_t n;
    gr_status st;

    GR_TRY(need_classes(s, err));
    GR_TRY(prf_options(&o, s, err));
    GR_TRY(report_names(&names, &n, s, &o, err));
    GR_TRY(gr_class_report_make(&r, &s->tally, &o, names, n, err));
    table = gr_json_add_object(s->json, e->name);
    for (size_t i = 0; i < r.n; i++) {
        const gr_prf *v = &r.row[i].score;
        gr_score_add_prf(table, r.row[i].name, v->precision, v->recall, v->f1, "f1-score", v->support, "support");
    }
    if (r.micro_is_accuracy) gr_json_add_num(table, "accuracy", r.micro.precision);
    else gr_score_add_prf(table, "micro avg", r.micro.precision, r.micro.recall, r.micro.f1, "f1-score", r.micro.support, "support");
    gr_score_add_prf(table, "macro avg", r.macro.precision, r.macro.recall, r.macro.f1, "f1-score", r.macro.support, "support");
    gr_score_add_prf(table, "weighted avg", r.weighted.precision, r.weighted.recall, r.weighted.f1, "f1-score", r.weighted.support, "support");
    st = gr_class_report_text(s->text, &r, (int)s->o->digits, err);
    gr_class_report_free(&r);
    return st;
}
