/* weights_labels.c - see weights_labels.h. Names decide, never numbers: a head is moved only where each of its names is one
 * of the task's and each of the task's is one of its. */
#include "model/weights_labels.h"

#include <stdlib.h>
#include <string.h>

#include "model/weights_impl.h"

enum { SHORTEST_BEGINNING = 3, LIST_BYTES = 120 };

/* ---- names ---- */

static char folded(char c)
{
    if (c >= 'A' && c <= 'Z') return (char)(c - 'A' + 'a');
    return c == '-' || c == ' ' ? '_' : c;
}

/* Bytes that two names have in common from the first on. */
static size_t common(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] && folded(a[n]) == folded(b[n])) n++;
    return n;
}

static bool same_name(const char *a, const char *b)
{
    const size_t n = common(a, b);
    return !a[n] && !b[n];
}

/* "neg" and "NEGATIVE": one is the beginning of the other. */
static bool begins(const char *a, const char *b)
{
    const size_t n = common(a, b);
    return n >= SHORTEST_BEGINNING && (!a[n] || !b[n]);
}

/* LABEL_3 or 3 for class 3: what transformers writes when it was told no names. */
static bool is_generic(const char *name, int32_t i)
{
    static const char stem[] = "label_";
    const size_t n = common(name, stem);
    int64_t x;

    if (n == sizeof stem - 1) name += n;
    return gr_sv_int(&x, gr_sv_from(name), NULL) == GR_OK && x == i;
}

static bool all_generic(const char *const *model, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        if (!is_generic(model[i], i)) return false;
    return true;
}

static bool is_taken(const int32_t *place, int32_t n, int32_t j)
{
    for (int32_t i = 0; i < n; i++)
        if (place[i] == j) return true;
    return false;
}

/* Same names; where the model has one twice, the one at the task's place goes first. */
static void match_same(int32_t *place, const char *const *model, const char *const *task, int32_t n)
{
    for (int32_t i = 0; i < n; i++) place[i] = same_name(model[i], task[i]) ? i : -1;
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < n && place[i] < 0; j++)
            if (same_name(model[j], task[i]) && !is_taken(place, n, j)) place[i] = j;
}

/* The only left-over name of `names` that goes with `name`; n: none or several. left[j] tells which are left over. */
static int32_t only_beginning(const char *name, const char *const *names, const bool *left, int32_t n)
{
    int32_t found = n;

    for (int32_t j = 0; j < n; j++) {
        if (!left[j] || !begins(names[j], name)) continue;
        if (found < n) return n;
        found = j;
    }
    return found;
}

static void match_beginnings(int32_t *place, const char *const *model, const char *const *task, bool *left_model, bool *left_task, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        left_task[i] = place[i] < 0;
        left_model[i] = !is_taken(place, n, i);
    }
    for (int32_t i = 0; i < n; i++) {
        const int32_t j = left_task[i] ? only_beginning(task[i], model, left_model, n) : n;
        if (j < n && only_beginning(model[j], task, left_task, n) == i) place[i] = j;
    }
}

/* A name that found no partner is one of the task's all the same: the model has it twice. */
static bool has_twin(const int32_t *place, const char *const *model, const char *const *task, int32_t n)
{
    for (int32_t j = 0; j < n; j++)
        for (int32_t i = 0; i < n; i++)
            if (same_name(model[j], task[i]) && place[i] != j) return true;
    return false;
}

gr_labels_fit gr_labels_compare(int32_t *place, const char *const *model, const char *const *task, int32_t n)
{
    bool *left = calloc((size_t)(n > 0 ? n : 1), 2 * sizeof *left);
    int32_t matched = 0, moved = 0;

    match_same(place, model, task, n);
    if (left) match_beginnings(place, model, task, left, left + n, n); /* without memory, names that differ stay apart */
    free(left);
    for (int32_t i = 0; i < n; i++) {
        matched += place[i] >= 0;
        moved += place[i] >= 0 && place[i] != i;
    }
    if (matched == n) return moved ? GR_LABELS_PERMUTED : GR_LABELS_SAME;
    if (all_generic(model, n)) {
        for (int32_t i = 0; i < n; i++) place[i] = i;
        return GR_LABELS_GENERIC;
    }
    return moved || has_twin(place, model, task, n) ? GR_LABELS_MIXED : GR_LABELS_OTHER;
}

/* ---- the head ---- */

/* Row i of tensor p becomes what row place[i] was. */
static gr_status move_rows(gr_model *m, int32_t index, const int32_t *place, gr_err *err)
{
    const gr_param *p = index >= 0 ? &m->params.p[index] : NULL;
    const size_t row = p ? (size_t)(p->cols ? p->cols : 1) * (size_t)m->elem : 0;
    char *at, *copy;

    if (!p || p->rows != m->head.n_out) return GR_OK;
    copy = malloc(row * (size_t)p->rows);
    if (!copy) return gr_fail_nomem(err, "the head");
    at = (char *)m->weights + p->offset * (size_t)m->elem;
    memcpy(copy, at, row * (size_t)p->rows);
    for (int32_t i = 0; i < p->rows; i++) memcpy(at + (size_t)i * row, copy + (size_t)place[i] * row, row);
    free(copy);
    return GR_OK;
}

/* "a, b, c", or as many of them as a line has room for. */
static void list_names(gr_buf *out, const char *const *names, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        if (out->n + strlen(names[i]) > LIST_BYTES) {
            gr_buf_addf(out, "%s... (%d names)", i ? ", " : "", (int)n);
            return;
        }
        gr_buf_addf(out, "%s%s", i ? ", " : "", names[i]);
    }
}

static gr_status announce(gr_model *m, gr_labels_fit fit, gr_err *err)
{
    gr_buf have = { 0 }, want = { 0 };
    gr_status s = GR_OK;

    list_names(&have, m->config.labels, m->head.n_out);
    list_names(&want, m->labels, m->head.n_out);
    if (have.oom || want.oom) s = gr_fail_nomem(err, "the labels");
    else if (fit == GR_LABELS_PERMUTED)
        s = gr_model_warn(m, err, "the head's labels stand in the order %s: its outputs were put by name into the task's order %s", have.p, want.p);
    else
        s = gr_model_warn(m, err, "the head was trained for the labels %s: its outputs are taken, in that order, for the task's %s", have.p, want.p);
    gr_buf_free(&have);
    gr_buf_free(&want);
    return s;
}

gr_status gr_labels_align(gr_labels_fit *fit, gr_model *m, gr_err *err)
{
    const int32_t n = m->head.n_out;
    const bool named = (m->head.kind == GR_HEAD_CLASS || m->head.kind == GR_HEAD_TOKEN) && m->labels && m->config.labels && m->config.n_labels == n;
    gr_labels_fit found = GR_LABELS_SAME;
    int32_t *place;
    gr_status s = GR_OK;

    if (fit) *fit = found;
    if (!named || m->head_is_new) return GR_OK;
    if (m->tensor) return gr_fail(err, GR_E_INTERNAL, "the head of a mapped model cannot be put into another order");
    place = calloc((size_t)n, sizeof *place);
    if (!place) return gr_fail_nomem(err, "the labels");
    found = gr_labels_compare(place, m->config.labels, m->labels, n);
    if (found == GR_LABELS_PERMUTED) {
        s = move_rows(m, m->params.head_w, place, err);
        if (s == GR_OK) s = move_rows(m, m->params.head_b, place, err);
    }
    if (s == GR_OK && found != GR_LABELS_SAME && found != GR_LABELS_GENERIC) s = announce(m, found, err);
    free(place);
    if (fit) *fit = found;
    return s;
}
