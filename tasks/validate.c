/* validate.c - is a task's table whole? Run over every task by `glue-run list --check` and by a test, and over a task made from the
 * user's files. Also the default decoding, which the table's head decides. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "data/reader.h"
#include "tasks/task.h"

enum { MAX_LEN_LO = 8, MAX_LEN_HI = 32768 };

#define fault(err, t, ...) gr_wrap((err), gr_fail((err), GR_E_INTERNAL, __VA_ARGS__), "task %s", (t)->name)

/* ---- names ---- */

static bool is_name(const char *s)
{
    if (s == NULL || *s == '\0') return false;
    for (; *s != '\0'; s++)
        if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '_') return false;
    return true;
}

static gr_status check_names(const gr_task *t, gr_err *err)
{
    if (t->abi != GR_TASK_ABI)
        return gr_fail(err, GR_E_UNSUPPORTED, "task %s: contract version %u, this build has %u", t->name ? t->name : "without a name",
                       t->abi, GR_TASK_ABI);
    if (!is_name(t->name)) return gr_fail(err, GR_E_INTERNAL, "task '%s': a name is made of a-z, 0-9 and _", t->name ? t->name : "");
    if (!is_name(t->suite)) return fault(err, t, "no suite");
    if (gr_suite_find(t->suite) == NULL && strcmp(t->suite, "custom") != 0) return fault(err, t, "suite '%s' is not listed", t->suite);
    if (t->title == NULL || t->title[0] == '\0') return fault(err, t, "no title");
    for (size_t i = 0; gr_task_at(i) != NULL; i++)
        if (gr_task_at(i) != t && strcmp(gr_task_at(i)->name, t->name) == 0) return fault(err, t, "two tasks have this name");
    if (t->max_len < MAX_LEN_LO || t->max_len > MAX_LEN_HI) return fault(err, t, "a maximum length of %d tokens", (int)t->max_len);
    return GR_OK;
}

/* ---- head and labels ---- */

static gr_status check_label(const gr_task *t, int32_t i, gr_err *err)
{
    const char *const name = t->labels[i];

    if (name == NULL) return fault(err, t, "%d labels where the head has %d outputs", (int)i, (int)t->head.n_out);
    if (name[0] == '\0') return fault(err, t, "label %d is empty", (int)i);
    for (int32_t k = 0; k < i; k++)
        if (strcmp(t->labels[k], name) == 0) return fault(err, t, "label '%s' stands twice", name);
    if (t->head.kind == GR_HEAD_TOKEN && strcmp(name, "O") != 0 && (strchr("BIES", name[0]) == NULL || name[1] != '-' || name[2] == '\0'))
        return fault(err, t, "tag '%s' is neither O nor of the form B-TYPE or I-TYPE", name);
    return GR_OK;
}

static gr_status check_head(const gr_task *t, gr_err *err)
{
    if (t->head.kind == GR_HEAD_REGRESSION) {
        if (t->labels != NULL || t->head.n_out != 1) return fault(err, t, "a regression has one output and no labels");
        if (!(t->lo <= t->hi)) return fault(err, t, "scores from %g to %g", t->lo, t->hi);
        return GR_OK;
    }
    if (t->head.kind == GR_HEAD_EMBED)
        return t->head.n_out == 0 && t->labels == NULL ? GR_OK : fault(err, t, "an embedding has no outputs to label");
    if (t->head.n_out < 2 || t->labels == NULL) return fault(err, t, "%d labelled outputs", (int)t->head.n_out);
    for (int32_t i = 0; i < t->head.n_out; i++) GR_TRY(check_label(t, i, err));
    if (t->labels[t->head.n_out] != NULL) return fault(err, t, "more labels than the head's %d outputs", (int)t->head.n_out);
    return GR_OK;
}

/* ---- splits ---- */

static size_t count_role(const gr_source *src, gr_role role)
{
    size_t n = 0;

    for (const gr_column *c = src->columns; c != NULL && c->name != NULL; c++) n += c->role == role;
    return n;
}

static size_t count_labels(const gr_source *src)
{
    return count_role(src, GR_COL_LABEL) + count_role(src, GR_COL_CLASS_ID) + count_role(src, GR_COL_CLASS_NTH);
}

/* The file of a GLUE submission: a plain name with its ending, of classes or values, and no other split's. */
static gr_status check_submission(const gr_task *t, const gr_split *sp, gr_err *err)
{
    const gr_sv name = gr_sv_from(sp->submission);

    if (sp->submission == NULL) return GR_OK;
    if (!gr_sv_ends(name, ".tsv") || strchr(sp->submission, '/') != NULL)
        return fault(err, t, "%s: a submission's file '%s' is no name that ends in .tsv", sp->name, sp->submission);
    if (t->head.kind != GR_HEAD_CLASS && t->head.kind != GR_HEAD_REGRESSION) return fault(err, t, "%s: a submission holds classes or values", sp->name);
    for (size_t i = 0; gr_task_at(i) != NULL; i++)
        for (const gr_split *o = gr_task_at(i)->splits; o->name != NULL; o++)
            if (o != sp && o->submission != NULL && strcmp(o->submission, sp->submission) == 0)
                return fault(err, t, "%s: '%s' is the submission of %s, %s too", sp->name, sp->submission, gr_task_at(i)->name, o->name);
    return GR_OK;
}

static gr_status check_table(const gr_task *t, const gr_split *sp, const gr_source *src, gr_err *err)
{
    const size_t labels = count_labels(src) + (src->label != NULL);
    const size_t scores = count_role(src, GR_COL_SCORE);

    if (src->columns == NULL || src->columns[0].name == NULL) return fault(err, t, "%s: a table without columns", sp->name);
    if (t->parse != NULL) return GR_OK;
    if (count_role(src, GR_COL_TEXT) == 0) return fault(err, t, "%s: no column is the text", sp->name);
    if (count_role(src, GR_COL_PAIR) > 1) return fault(err, t, "%s: two columns are the pair", sp->name);
    if (labels + scores > 1) return fault(err, t, "%s: more than one column is the label", sp->name);
    if (sp->labelled && (t->head.kind == GR_HEAD_REGRESSION ? scores : labels) != 1)
        return fault(err, t, "%s: no column is the %s", sp->name, t->head.kind == GR_HEAD_REGRESSION ? "score" : "label");
    if (!sp->labelled && labels + scores > 0) return fault(err, t, "%s: it has labels but says that it has none", sp->name);
    return GR_OK;
}

static gr_status check_words(const gr_task *t, const gr_split *sp, const gr_source *src, gr_err *err)
{
    if (src->reader != GR_READ_JSONL) return fault(err, t, "%s: lists of words are for JSON lines", sp->name);
    if (sp->labelled && count_role(src, GR_COL_TAGS) != 1) return fault(err, t, "%s: no column is the tags", sp->name);
    return GR_OK;
}

static gr_status check_source(const gr_task *t, const gr_split *sp, const gr_source *src, gr_err *err)
{
    bool known = src->label == NULL;

    if (src->archives == NULL || src->archives[0] == NULL) return fault(err, t, "%s: a source without a file", sp->name);
    for (int32_t i = 0; t->labels != NULL && i < t->head.n_out; i++) known |= src->label != NULL && strcmp(src->label, t->labels[i]) == 0;
    if (!known) return fault(err, t, "%s: a source's label '%s' is not one of the task's", sp->name, src->label);
    if (gr_source_has_sentences(src) != (t->head.kind == GR_HEAD_TOKEN) && t->parse == NULL)
        return fault(err, t, "%s: token columns go with a token head", sp->name);
    if (src->ragged && (!src->has_header || (src->reader != GR_READ_TSV && src->reader != GR_READ_CSV)))
        return fault(err, t, "%s: ragged rows are those of a table with a header", sp->name);
    if (src->no_label != NULL && count_labels(src) + count_role(src, GR_COL_SCORE) == 0)
        return fault(err, t, "%s: '%s' stands for no label, but no column is the label", sp->name, src->no_label);
    switch (src->reader) {
    case GR_READ_CONLL:
        return src->tag_column < 0 && sp->labelled ? fault(err, t, "%s: no column is the tag", sp->name) : GR_OK;
    case GR_READ_LINES:
    case GR_READ_FOLDER:
        if (src->reader == GR_READ_FOLDER && (src->member == NULL || strchr(src->member, '*') == NULL))
            return fault(err, t, "%s: a folder's member is a pattern", sp->name);
        return sp->labelled && src->label == NULL && t->parse == NULL ? fault(err, t, "%s: nothing says the label", sp->name) : GR_OK;
    default: return gr_source_has_sentences(src) ? check_words(t, sp, src, err) : check_table(t, sp, src, err);
    }
}

static gr_status check_rule(const gr_task *t, const gr_split *sp, const gr_split_rule *r, gr_err *err)
{
    switch (r->kind) {
    case GR_RULE_ALL: return GR_OK;
    case GR_RULE_IDS:
        if (r->ids == NULL || count_role(r->ids, GR_COL_KEY) == 0) return fault(err, t, "%s: no key columns in the id file", sp->name);
        for (size_t i = 0; i < sp->n_sources; i++)
            if (count_role(&sp->sources[i], GR_COL_KEY) != count_role(r->ids, GR_COL_KEY))
                return fault(err, t, "%s: the id file and the rows differ in their key columns", sp->name);
        return GR_OK;
    case GR_RULE_SLICES: return r->slices != NULL && r->n_slices > 0 ? GR_OK : fault(err, t, "%s: no slices", sp->name);
    case GR_RULE_PART:
        return r->from >= 0.0 && r->from < r->to && r->to <= 1.0 ? GR_OK : fault(err, t, "%s: a part from %g to %g", sp->name, r->from, r->to);
    case GR_RULE_HOLDOUT:
        return r->test_size > 0.0 && r->test_size < 1.0 ? GR_OK : fault(err, t, "%s: a test part of %g", sp->name, r->test_size);
    default: return fault(err, t, "%s: unknown rule", sp->name);
    }
}

static gr_status check_splits(const gr_task *t, gr_err *err)
{
    bool train = false, scored = false;

    if (t->splits == NULL || t->splits[0].name == NULL) return fault(err, t, "no splits");
    for (const gr_split *sp = t->splits; sp->name != NULL; sp++) {
        if (!is_name(sp->name)) return fault(err, t, "a split named '%s'", sp->name);
        for (const gr_split *o = t->splits; o != sp; o++)
            if (strcmp(o->name, sp->name) == 0) return fault(err, t, "two splits are named '%s'", sp->name);
        if (sp->sources == NULL || sp->n_sources == 0) return fault(err, t, "%s: no sources", sp->name);
        for (size_t i = 0; i < sp->n_sources; i++) GR_TRY(check_source(t, sp, &sp->sources[i], err));
        GR_TRY(check_submission(t, sp, err));
        for (const gr_split_rule *r = &sp->rule; r != NULL; r = r->within) GR_TRY(check_rule(t, sp, r, err));
        if (strcmp(sp->name, "train") == 0) train = sp->labelled;
        else scored |= sp->labelled;
    }
    if (t->flags & GR_TASK_DIAGNOSTIC) return train ? fault(err, t, "a diagnostic task is not trained") : GR_OK;
    if (!train) return fault(err, t, "no labelled split 'train'");
    return scored ? GR_OK : fault(err, t, "no labelled split to score on");
}

/* ---- metrics ---- */

static gr_metric_input input_of(gr_head_kind k)
{
    if (k == GR_HEAD_CLASS) return GR_METRIC_CLASSES;
    return k == GR_HEAD_TOKEN ? GR_METRIC_TAGS : GR_METRIC_VALUES;
}

static gr_status check_metrics(const gr_task *t, gr_err *err)
{
    const gr_metric *set[GR_TASK_METRICS_MAX];
    gr_metric_acc   *acc = NULL;
    size_t           n = 0, headlines = 0;
    gr_status        s;

    for (const gr_metric_use *u = t->metrics; u != NULL && u->metric != NULL; u++) {
        if (n == GR_TASK_METRICS_MAX) return fault(err, t, "more than %d metrics", GR_TASK_METRICS_MAX);
        for (size_t i = 0; i < n; i++)
            if (set[i] == u->metric) return fault(err, t, "metric '%s' stands twice", u->metric->name);
        if (u->metric->input != input_of(t->head.kind)) return fault(err, t, "metric '%s' does not fit the head", u->metric->name);
        if (u->headline && !u->metric->higher_is_better) return fault(err, t, "'%s' is a loss and cannot be a headline", u->metric->name);
        headlines += u->headline;
        set[n++] = u->metric;
    }
    if (headlines == 0) return fault(err, t, "no headline metric");
    /* the accumulator knows which metrics take two classes alone */
    s = gr_metric_acc_open(&acc, set, n, t->head.kind == GR_HEAD_CLASS ? t->head.n_out : 0, err);
    gr_metric_acc_close(acc);
    if (s == GR_E_NOMEM) return s;
    return s == GR_OK ? GR_OK : gr_wrap(err, GR_E_INTERNAL, "task %s", t->name);
}

/* ---- the whole ---- */

static gr_status check_diagnostic(const gr_task *t, gr_err *err)
{
    const gr_task *const of = t->weights_of != NULL ? gr_task_find(t->weights_of) : NULL;

    if (!(t->flags & GR_TASK_DIAGNOSTIC))
        return t->weights_of == NULL ? GR_OK : fault(err, t, "weights of '%s', but it is not marked diagnostic", t->weights_of);
    if (of == NULL || of == t || of->flags & GR_TASK_DIAGNOSTIC)
        return fault(err, t, "diagnostic, with the weights of '%s'", t->weights_of != NULL ? t->weights_of : "");
    if (of->head.kind != t->head.kind || of->head.n_out != t->head.n_out)
        return fault(err, t, "its head differs from that of '%s'", of->name);
    return GR_OK;
}

gr_status gr_task_validate(const gr_task *t, gr_err *err)
{
    GR_TRY(check_names(t, err));
    GR_TRY(check_head(t, err));
    GR_TRY(check_splits(t, err));
    GR_TRY(check_metrics(t, err));
    GR_TRY(check_diagnostic(t, err));
    return t->check != NULL ? t->check(t, err) : GR_OK;
}

/* ---- decoding ---- */

gr_status gr_task_decode(const gr_task *t, const double *logits, gr_pred *out, gr_err *err)
{
    int32_t best = 0;

    for (int32_t i = 0; i < t->head.n_out; i++)
        if (isnan(logits[i])) return gr_fail(err, GR_E_NUMERIC, "logit %d is not a number", (int)i);
    if (t->decode != NULL) return t->decode(t, logits, out, err);
    for (int32_t i = 1; i < t->head.n_out; i++)
        if (logits[i] > logits[best]) best = i;
    out->cls = t->head.kind == GR_HEAD_REGRESSION ? -1 : best;
    out->value = t->head.kind == GR_HEAD_REGRESSION ? logits[0] : NAN;
    return GR_OK;
}
