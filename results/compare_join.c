/* compare_join.c - see compare_join.h. */
#include "results/compare_join.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/str.h"
#include "metrics/metric.h"

enum { MAX_PREDICTIONS = 1 << 30 };

/* ---- memory ---- */

static gr_status reserve(gr_joined *j, size_t n, const gr_record *r, gr_err *err)
{
    const bool classes = strcmp(r->head, "classification") == 0, values = strcmp(r->head, "regression") == 0;

    j->n_classes = classes ? (int32_t)r->n_labels : 0;
    if (classes) {
        j->ref = calloc(n + 1, sizeof *j->ref);
        j->base_class = calloc(n + 1, sizeof *j->base_class);
        j->new_class = calloc(n + 1, sizeof *j->new_class);
        return j->ref && j->base_class && j->new_class ? GR_OK : gr_fail_nomem(err, "predictions");
    }
    if (values) {
        j->value = calloc(n + 1, sizeof *j->value);
        j->base_value = calloc(n + 1, sizeof *j->base_value);
        j->new_value = calloc(n + 1, sizeof *j->new_value);
        return j->value && j->base_value && j->new_value ? GR_OK : gr_fail_nomem(err, "predictions");
    }
    j->base_entities = calloc(n + 1, sizeof *j->base_entities);
    j->new_entities = calloc(n + 1, sizeof *j->new_entities);
    return j->base_entities && j->new_entities ? GR_OK : gr_fail_nomem(err, "predictions");
}

void gr_joined_free(gr_joined *j)
{
    free(j->ref);
    free(j->base_class);
    free(j->new_class);
    free(j->value);
    free(j->base_value);
    free(j->new_value);
    free(j->base_entities);
    free(j->new_entities);
    memset(j, 0, sizeof *j);
}

/* ---- one line of each file ---- */

static int32_t class_of(const gr_record *r, const gr_json *v)
{
    const char *name = gr_json_str(v, "");

    for (size_t i = 0; i < r->n_labels; i++)
        if (strcmp(r->labels[i], name) == 0) return (int32_t)i;
    return -1;
}

/* Entities of `of` in a sentence: the support that seqeval counts when they are the truth. */
static gr_status count(uint32_t *support, uint32_t *right, const char **pred, const char **ref, size_t n, gr_err *err)
{
    const gr_metric *const use[] = { &gr_metric_seqeval_f1 };
    gr_metric_acc *a = NULL;
    gr_metric_value *d = NULL;
    size_t nd = 0;
    double sum = 0, hit = 0;
    gr_status s = gr_metric_acc_open(&a, use, 1, 0, err);

    if (s == GR_OK) s = gr_metric_acc_tags(a, pred, ref, n, err);
    if (s == GR_OK) s = gr_metric_acc_detail(a, &d, &nd, err);
    for (size_t i = 0; i < nd; i++) { /* TYPE.precision, TYPE.recall, TYPE.f1, TYPE.support */
        const char *dot = strrchr(d[i].name, '.');
        double recall = 0;
        if (!dot || strcmp(dot, ".support") != 0) continue;
        sum += d[i].value;
        for (size_t k = 0; k < nd; k++) {
            const size_t type = (size_t)(dot - d[i].name);
            if (strncmp(d[k].name, d[i].name, type) == 0 && strcmp(d[k].name + type, ".recall") == 0) recall = d[k].value;
        }
        if (!isnan(recall)) hit += recall * d[i].value;
    }
    *support = (uint32_t)(sum + 0.5);
    *right = (uint32_t)(hit + 0.5);
    free(d);
    gr_metric_acc_close(a);
    return s;
}

/* NULL where there is no tag. */
static gr_status tags_of(const char ***out, size_t *n, const gr_json *list, gr_err *err)
{
    size_t i = 0;

    *n = gr_json_len(list);
    *out = malloc((*n + 1) * sizeof **out);
    if (!*out) return gr_fail_nomem(err, "tags");
    for (const gr_json *v = gr_json_first(list); v; v = gr_json_next(v)) (*out)[i++] = gr_json_str(v, NULL);
    return GR_OK;
}

/* Words that truncation cut off have no prediction and are on neither side, as in the run's own score. */
static size_t drop_unseen(const char **ref, const char **pred, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (!pred[i]) continue;
        ref[kept] = ref[i] ? ref[i] : "O";
        pred[kept++] = pred[i];
    }
    return kept;
}

static gr_status entities(gr_entity_counts *out, const gr_json *line, gr_err *err)
{
    const char **ref = NULL, **pred = NULL;
    size_t n = 0, m = 0;
    uint32_t none;
    gr_status s = tags_of(&ref, &n, gr_json_get(line, "labels"), err);

    if (s == GR_OK) s = tags_of(&pred, &m, gr_json_get(line, "predicted"), err);
    if (s == GR_OK && n != m) s = gr_fail(err, GR_E_FORMAT, "%zu labels and %zu predictions", n, m);
    if (s == GR_OK) n = drop_unseen(ref, pred, n);
    if (s == GR_OK) s = count(&out->truth, &out->right, pred, ref, n, err);
    if (s == GR_OK) s = count(&out->predicted, &none, ref, pred, n, err);
    free(ref);
    free(pred);
    return s;
}

static gr_status same_example(bool *same, const gr_json *a, const gr_json *b, gr_err *err)
{
    const char *const key = gr_json_get(a, "labels") ? "labels" : "label";
    char *x = NULL, *y = NULL;
    gr_status s;

    *same = gr_json_num(gr_json_get(a, "id"), -1) == gr_json_num(gr_json_get(b, "id"), -2) && gr_json_get(a, key) && gr_json_get(b, key);
    if (!*same) return GR_OK;
    s = gr_json_print(&x, gr_json_get(a, key), false, err);
    if (s == GR_OK) s = gr_json_print(&y, gr_json_get(b, key), false, err);
    *same = s == GR_OK && strcmp(x, y) == 0;
    free(x);
    free(y);
    return s;
}

static gr_status take(gr_joined *j, size_t i, const gr_record *r, const gr_json *a, const gr_json *b, gr_err *err)
{
    bool same;

    GR_TRY(same_example(&same, a, b, err));
    if (!same) return gr_fail(err, GR_E_FORMAT, "line %zu: not the same example", i + 1);
    if (j->ref) {
        j->ref[i] = class_of(r, gr_json_get(a, "label"));
        j->base_class[i] = class_of(r, gr_json_get(a, "prediction"));
        j->new_class[i] = class_of(r, gr_json_get(b, "prediction"));
        if (j->ref[i] < 0 || j->base_class[i] < 0 || j->new_class[i] < 0)
            return gr_fail(err, GR_E_FORMAT, "line %zu: a label that the record does not list", i + 1);
        return GR_OK;
    }
    if (j->value) {
        j->value[i] = gr_json_num(gr_json_get(a, "label"), NAN);
        j->base_value[i] = gr_json_num(gr_json_get(a, "prediction"), NAN);
        j->new_value[i] = gr_json_num(gr_json_get(b, "prediction"), NAN);
        return GR_OK;
    }
    GR_TRY(entities(&j->base_entities[i], a, err));
    return entities(&j->new_entities[i], b, err);
}

/* ---- the files ---- */

static gr_status read_beside(char **text, size_t *n, const gr_record *r, const char *split, gr_err *err)
{
    char path[GR_PATH_MAX], name[sizeof r->predictions + sizeof r->metrics->split];
    const char *slash = strrchr(r->path, '/');
    const int dir = slash ? (int)(slash - r->path) : 1;

    gr_record_predictions_of(name, sizeof name, r, split);
    if (!name[0]) return gr_fail(err, GR_E_NOTFOUND, "%s names no predictions", r->path);
    (void)snprintf(path, sizeof path, "%.*s/%s", dir > 3900 ? 3900 : dir, slash ? r->path : ".", name);
    return gr_fs_read(text, n, path, MAX_PREDICTIONS, err);
}

static size_t lines(gr_sv s)
{
    size_t n = 0;

    while (s.n) n += gr_sv_split(&s, '\n').n > 0;
    return n;
}

static gr_status join_lines(gr_joined *j, gr_sv a, gr_sv b, const gr_record *r, gr_err *err)
{
    gr_status s = GR_OK;

    while (a.n && b.n && s == GR_OK) {
        const gr_sv la = gr_sv_split(&a, '\n'), lb = gr_sv_split(&b, '\n');
        gr_json *ja = NULL, *jb = NULL;
        s = gr_json_parse(&ja, la.p, la.n, err);
        if (s == GR_OK) s = gr_json_parse(&jb, lb.p, lb.n, err);
        if (s != GR_OK) s = gr_wrap(err, s, "row %zu", j->n + 1);
        if (s == GR_OK) s = take(j, j->n, r, ja, jb, err);
        if (s == GR_OK) j->n++;
        gr_json_free(ja);
        gr_json_free(jb);
    }
    return s;
}

gr_status gr_join(gr_joined *out, const gr_record *base, const gr_record *next, const char *split, gr_err *err)
{
    char *a = NULL, *b = NULL;
    size_t na = 0, nb = 0, n;
    gr_status s;

    memset(out, 0, sizeof *out);
    s = read_beside(&a, &na, base, split, err);
    if (s == GR_OK) s = read_beside(&b, &nb, next, split, err);
    if (s == GR_OK) {
        n = lines((gr_sv){ a, na });
        if (n != lines((gr_sv){ b, nb })) s = gr_fail(err, GR_E_FORMAT, "the runs predict different numbers of examples");
        else if ((s = reserve(out, n, base, err)) == GR_OK) s = join_lines(out, (gr_sv){ a, na }, (gr_sv){ b, nb }, base, err);
    }
    free(a);
    free(b);
    if (s != GR_OK) gr_joined_free(out);
    return s;
}

/* ---- metrics over chosen rows ---- */

static double from_entities(const gr_entity_counts *e, const char *metric, const size_t *idx, size_t n)
{
    double right = 0, predicted = 0, truth = 0;

    for (size_t i = 0; i < n; i++) {
        right += e[idx[i]].right;
        predicted += e[idx[i]].predicted;
        truth += e[idx[i]].truth;
    }
    if (strcmp(metric, "overall_f1") == 0) return predicted + truth > 0 ? 2 * right / (predicted + truth) : 0;
    if (strcmp(metric, "overall_precision") == 0) return predicted > 0 ? right / predicted : 0;
    if (strcmp(metric, "overall_recall") == 0) return truth > 0 ? right / truth : 0;
    return NAN;
}

double gr_joined_metric(const gr_joined *j, const char *metric, int side, const size_t *idx, size_t n, bool *oom)
{
    const gr_metric *const use[] = { gr_metric_find(metric) };
    const int32_t *cls = side ? j->new_class : j->base_class;
    const double *val = side ? j->new_value : j->base_value;
    gr_metric_acc *a = NULL;
    gr_metric_value v = { "", NAN };
    gr_status s;

    if (j->base_entities) return from_entities(side ? j->new_entities : j->base_entities, metric, idx, n);
    if (!use[0] || use[0]->input != (j->ref ? GR_METRIC_CLASSES : GR_METRIC_VALUES)) return NAN;
    s = gr_metric_acc_open(&a, use, 1, j->n_classes, NULL);
    for (size_t i = 0; s == GR_OK && i < n; i++)
        s = j->ref ? gr_metric_acc_class(a, cls[idx[i]], j->ref[idx[i]], NULL) : gr_metric_acc_value(a, val[idx[i]], j->value[idx[i]], NULL);
    if (s == GR_OK) s = gr_metric_acc_read(a, &v, NULL);
    gr_metric_acc_close(a);
    *oom = *oom || s == GR_E_NOMEM;
    return s == GR_OK ? v.value : NAN;
}
