/* custom_check.c - see custom_check.h. */
#include "tasks/custom_check.h"

#include <ctype.h>
#include <string.h>

#include "base/log.h"

enum { SHOWN = 8, COMPARED_MOST = 400, MANY = 20 };

/* "a, b and 3 more" */
static void list(gr_buf *out, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n && i < SHOWN; i++) gr_buf_addf(out, "%s%.40s", i ? ", " : "", names[i]);
    if (n > SHOWN) gr_buf_addf(out, " and %zu more", n - SHOWN);
}

/* ---- labels of a further file ---- */

gr_status gr_check_further_labels(const gr_label_set *own, const char *path, const gr_label_set *train, const char *train_path, bool values, gr_err *err)
{
    gr_buf    a = { NULL, 0, 0, false }, b = a;
    size_t    lacking = 0;
    gr_status s = GR_OK;

    if (own->numbers && train->numbers && (values || own->points || train->points)) return GR_OK; /* scores */
    for (size_t i = 0; i < own->n; i++) {
        if (gr_label_set_holds(train, own->names[i])) continue;
        if (lacking < SHOWN) gr_buf_addf(&a, "%s%.40s", lacking ? ", " : "", own->names[i]);
        lacking++;
    }
    list(&b, train->names, train->n);
    if (lacking == own->n)
        s = gr_fail(err, GR_E_FORMAT, "%s: none of its labels (%s%s) is among those of %s (%s)", path, a.p ? a.p : "", lacking > SHOWN ? ", ..." : "",
                    train_path, b.p ? b.p : "");
    else if (lacking > 0)
        gr_warn("%s: %s has no row of %s%s: what is not trained cannot be predicted", path, train_path, a.p ? a.p : "", lacking > SHOWN ? ", ..." : "");
    gr_buf_free(&a);
    gr_buf_free(&b);
    return s;
}

/* ---- labels for themselves ---- */

bool gr_check_nearly_values(const gr_label_set *set)
{
    size_t words = 0, points = 0;
    double x;

    for (size_t i = 0; i < set->n; i++) {
        if (gr_sv_double(&x, gr_sv_from(set->names[i]), NULL) != GR_OK) words++;
        else if (strpbrk(set->names[i], ".eE") != NULL) points++;
    }
    return words > 0 && points > 0 && set->n - words >= 9 * words;
}

static bool nearly_same(const char *x, const char *y)
{
    gr_sv a = gr_sv_trim(gr_sv_from(x)), b = gr_sv_trim(gr_sv_from(y));

    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++)
        if (tolower((unsigned char)a.p[i]) != tolower((unsigned char)b.p[i])) return false;
    return true;
}

/* The first pair is enough to make somebody look. */
static void warn_of_twins(const gr_label_set *set, const char *path)
{
    for (size_t i = 0; i < set->n && i < COMPARED_MOST; i++)
        for (size_t k = 0; k < i; k++)
            if (nearly_same(set->names[k], set->names[i])) {
                gr_warn("%s: the labels '%.40s' and '%.40s' are two classes: they differ in blanks or case alone", path, set->names[k], set->names[i]);
                return;
            }
}

void gr_check_labels(const gr_label_set *set, const char *path, const char *column, bool values)
{
    if (set->numbers && (values || set->points)) return;
    warn_of_twins(set, path);
    if (column != NULL && set->n > MANY && 2 * set->n > set->rows)
        gr_warn("%s: %zu different labels on %zu rows: is '%s' the label column (--label-column)?", path, set->n, set->rows, column);
}

/* ---- what was understood ---- */

static const char *what_is(gr_role role)
{
    switch (role) {
    case GR_COL_TEXT: return "text";
    case GR_COL_PAIR: return "pair";
    case GR_COL_WORDS: return "words";
    case GR_COL_TAGS: return "tags";
    default: return "label";
    }
}

static void add_columns(gr_buf *b, const gr_source *src)
{
    for (const gr_column *c = src->columns; c != NULL && c->name != NULL; c++) {
        gr_buf_addf(b, "%s%s column '%s'", c == src->columns ? "" : ", ", what_is(c->role), c->name);
    }
    if (src->columns == NULL) gr_buf_adds(b, "words and tags");
}

void gr_say_understood(const gr_task *t, const gr_source *train, const char *split)
{
    gr_buf b = { NULL, 0, 0, false };

    add_columns(&b, train);
    if (t->labels != NULL) {
        gr_buf_adds(&b, ": ");
        list(&b, t->labels, (size_t)t->head.n_out);
    } else gr_buf_adds(&b, ": numbers, a regression");
    if (t->head.kind == GR_HEAD_CLASS && t->head.n_out == 2) gr_buf_addf(&b, " (f1 is that of %.40s)", t->labels[1]);
    if (split != NULL) gr_buf_addf(&b, "; cut %s", split);
    gr_info("%s: %s", t->name, b.p != NULL ? b.p : "");
    gr_buf_free(&b);
}
