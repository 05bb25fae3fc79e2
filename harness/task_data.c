/* task_data.c - see task_data.h. */
#include "harness/task_data.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/rng.h"
#include "harness/aside.h"
#include "harness/fit.h"
#include "harness/interrupt.h"
#include "tasks/load.h"

/* ---- which splits ---- */

/* Does a word of --eval-splits mean this split: "validation", also for "validation_matched"? */
static bool goes_by(const gr_split *s, const char *word)
{
    const size_t n = strlen(word);

    return strncmp(s->name, word, n) == 0 && (s->name[n] == '\0' || s->name[n] == '_');
}

static bool has_labels(const gr_task *t)
{
    for (const gr_split *s = t->splits; s->name; s++)
        if (s->labelled) return true;
    return false;
}

bool gr_task_trains(const gr_task *task, const gr_run_opts *o)
{
    return !(task->flags & GR_TASK_DIAGNOSTIC) && (o->max_steps > 0 || o->epochs > 0);
}

const char *gr_task_main_split(const gr_task *task)
{
    const gr_split *other = NULL;

    for (const gr_split *s = task->splits; s->name; s++) {
        if (!s->labelled || strcmp(s->name, "train") == 0) continue;
        if (goes_by(s, "validation")) return s->name;
        if (!other) other = s;
    }
    return other ? other->name : "";
}

/* ---- what to load ---- */

/* Is a split of this name planned, at place `first` or behind it? */
static bool has_split(const gr_task_data *d, int first, const char *name)
{
    for (int i = first; i < d->n_splits; i++)
        if (strcmp(d->split[i].name, name) == 0) return true;
    return false;
}

static gr_status plan_split(gr_task_data *d, const char *name, gr_err *err)
{
    if (d->n_splits == GR_MAX_SPLITS) return gr_fail(err, GR_E_ARG, "--eval-splits: at most %d splits", GR_MAX_SPLITS - 2);
    (void)snprintf(d->split[d->n_splits++].name, sizeof d->split->name, "%s", name);
    return GR_OK;
}

static gr_status plan_evaluated(gr_task_data *d, const gr_split *split, gr_err *err)
{
    if (!split->labelled) return gr_fail(err, GR_E_ARG, "%s: the labels of split '%s' are not public", d->task->name, split->name);
    if (has_split(d, 1, split->name)) return GR_OK;
    d->n_eval++;
    return plan_split(d, split->name, err);
}

/* A word of --eval-splits that means no split of this task. A diagnostic task passes over it when another task of the command has
 * such a split. */
static gr_status not_here(const gr_task *t, const char *word, const gr_task_data_opts *from, gr_err *err)
{
    for (int i = 0; (t->flags & GR_TASK_DIAGNOSTIC) && i < from->n_tasks; i++)
        for (const gr_split *s = from->tasks[i]->splits; s->name; s++)
            if (from->tasks[i] != t && goes_by(s, word)) return GR_OK;
    return gr_fail(err, GR_E_ARG, "%s has no split '%s'", t->name, word);
}

static gr_status plan_word(gr_task_data *d, gr_sv word, const gr_task_data_opts *from, gr_err *err)
{
    const gr_task *t = d->task;
    char name[40];
    bool any = false;

    if (!word.n || word.n >= sizeof name) return gr_fail(err, GR_E_ARG, "--eval-splits: '%.*s' is not a split", GR_SV_FMT(word));
    memcpy(name, word.p, word.n);
    name[word.n] = '\0';
    if (gr_split_find(t->splits, name)) return plan_evaluated(d, gr_split_find(t->splits, name), err);
    for (const gr_split *s = t->splits; s->name; s++) {
        if (!goes_by(s, name)) continue;
        GR_TRY(plan_evaluated(d, s, err));
        any = true;
    }
    if (any) return GR_OK;
    if (strcmp(name, "validation") != 0) return not_here(t, name, from, err);
    for (const gr_split *s = t->splits; s->name; s++)
        if (s->labelled && strcmp(s->name, "train") != 0) return plan_evaluated(d, s, err);
    return has_labels(t) ? not_here(t, name, from, err) : GR_OK;
}

/* A test split that is predicted besides. With --save-model alone it may be absent; with --predict-test it must be there. */
static gr_status plan_extra(gr_task_data *d, const gr_split *split, const gr_task_data_opts *from, const gr_run_opts *o, gr_err *err)
{
    gr_err why = GR_ERR_INIT;
    bool present = true;
    const gr_status s = o->predict_test ? GR_OK : gr_task_find_split(d->task, split->name, from->dir, &present, &why);

    if (s != GR_OK) return gr_fail(err, s, "%s", why.msg);
    if (!present) {
        gr_warn("%s: %s is not predicted: %s", d->task->name, split->name, why.msg);
        return GR_OK;
    }
    d->n_extra++;
    return plan_split(d, split->name, err);
}

/* Put the names of all splits that are wanted in their places. */
static gr_status plan(gr_task_data *d, const gr_task_data_opts *from, const gr_run_opts *o, gr_err *err)
{
    const bool labels = has_labels(d->task);
    gr_sv rest = gr_sv_from(o->eval_splits);

    d->n_splits = 0;
    GR_TRY(plan_split(d, gr_task_trains(d->task, o) ? "train" : "", err));
    while (rest.n) GR_TRY(plan_word(d, gr_sv_trim(gr_sv_split(&rest, ',')), from, err));
    for (const gr_split *s = d->task->splits; s->name; s++) {
        if ((labels && !o->save_model && !o->predict_test) || !goes_by(s, "test") || has_split(d, 1, s->name)) continue;
        if (labels) GR_TRY(plan_extra(d, s, from, o, err));
        else GR_TRY(plan_split(d, s->name, err));
    }
    return GR_OK;
}

/* ---- reading, beside tokenising ---- */

typedef struct reader {
    gr_task_data            *d;
    const gr_task_data_opts *from;
    pthread_mutex_t          lock;
    pthread_cond_t           more;
    int                      n_read;      /* splits that are read; when one fails it is the last of them */
    bool                     stop;
    gr_status                status;
    gr_err                   err;
} reader;

static gr_status read_split(reader *r, gr_task_split *s)
{
    const gr_load_opts load = { .any_rows = r->from->any_rows };

    if (gr_interrupted()) return gr_fail(&r->err, GR_E_CANCELLED, "stopped while reading");
    if (!s->name[0]) return GR_OK;
    GR_TRY(gr_task_load_with(&s->examples, r->d->task, s->name, r->from->dir, &load, &r->err));
    if (s->examples.n == 0) return gr_fail(&r->err, GR_E_FORMAT, "%s: split '%s' has no rows", r->d->task->name, s->name);
    return GR_OK;
}

static void read_splits(void *arg)
{
    reader *r = arg;
    bool go = true;

    for (int i = 0; i < r->d->n_splits && go; i++) {
        const gr_status s = read_split(r, &r->d->split[i]);
        (void)pthread_mutex_lock(&r->lock);
        r->status = s;
        r->n_read = i + 1;
        go = s == GR_OK && !r->stop;
        (void)pthread_cond_signal(&r->more);
        (void)pthread_mutex_unlock(&r->lock);
    }
}

/* Wait for split i. */
static gr_status await(reader *r, int i, gr_err *err)
{
    gr_status s;

    (void)pthread_mutex_lock(&r->lock);
    while (r->n_read <= i) (void)pthread_cond_wait(&r->more, &r->lock);
    s = r->n_read == i + 1 ? r->status : GR_OK; /* a later one's failure is for later */
    (void)pthread_mutex_unlock(&r->lock);
    if (s != GR_OK && err) *err = r->err;
    return s;
}

/* A length may do for texts and not for pairs; which of them rows are is known now. */
static gr_status check_room(const gr_examples *ex, const gr_task_data_opts *from, gr_err *err)
{
    for (size_t i = 0; i < ex->n; i++)
        if (ex->e[i].text_b.p) return gr_fit_room(from->tok, (int64_t)from->max_length, true, err);
    return GR_OK;
}

static gr_status tokenise(const gr_task_data *d, gr_task_split *s, const gr_task_data_opts *from, bool label_all_tokens, gr_err *err)
{
    const gr_texts texts = { .rows = s->examples.e, .n = s->examples.n, .words = d->task->head.kind == GR_HEAD_TOKEN, .max_length = from->max_length };
    gr_tokens t;
    gr_status st;

    if (!s->name[0]) return GR_OK;
    for (size_t i = 0; i < s->examples.n_warnings; i++) /* of the demo, only that its row counts are its own */
        gr_log(from->any_rows ? GR_LOG_DEBUG : GR_LOG_WARN, "%s: %s: %s", d->task->name, s->name, s->examples.warnings[i]);
    if (s->examples.left_out) gr_info("%s: %s: %s, as published", d->task->name, s->name, s->examples.left_out);
    st = check_room(&s->examples, from, err);
    if (st == GR_OK) st = gr_token_cache_make(&t, from->cache, from->tok, &texts, from->pool, err);
    if (st == GR_OK) st = gr_encoded_of(&s->encoded, &t, &s->examples, d->task, label_all_tokens, err);
    return st == GR_OK ? GR_OK : gr_wrap(err, st, "%s: %s", d->task->name, s->name);
}

static gr_status load(gr_task_data *d, const gr_task_data_opts *from, bool label_all_tokens, gr_err *err)
{
    reader r = { .d = d, .from = from, .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER, .err = GR_ERR_INIT };
    gr_aside thread;
    gr_status s = GR_OK;

    gr_aside_start(&thread, read_splits, &r, gr_pool_threads(from->pool) == 1 || d->n_splits == 1);
    for (int i = 0; i < d->n_splits && s == GR_OK; i++) {
        s = await(&r, i, err);
        if (s == GR_OK) s = tokenise(d, &d->split[i], from, label_all_tokens, err);
    }
    (void)pthread_mutex_lock(&r.lock);
    r.stop = true;
    (void)pthread_mutex_unlock(&r.lock);
    gr_aside_join(&thread);
    (void)pthread_cond_destroy(&r.more);
    (void)pthread_mutex_destroy(&r.lock);
    return s;
}

gr_status gr_task_data_open(gr_task_data *out, const gr_task *task, const gr_task_data_opts *from, const gr_run_opts *o, gr_err *err)
{
    gr_err local = GR_ERR_INIT;
    gr_status s;

    memset(out, 0, sizeof *out);
    out->task = task;
    s = plan(out, from, o, err ? err : &local);
    if (s == GR_OK) s = load(out, from, o->label_all_tokens, err ? err : &local);
    if (s != GR_OK) gr_task_data_close(out);
    return s;
}

void gr_task_data_close(gr_task_data *d)
{
    for (int i = 0; i < GR_MAX_SPLITS; i++) {
        gr_encoded_free(&d->split[i].encoded);
        gr_examples_free(&d->split[i].examples);
    }
    memset(d, 0, sizeof *d);
}

/* ---- which training rows ---- */

static size_t classes_seen(const gr_encoded *e, const uint32_t *rows, size_t n, int32_t n_out)
{
    size_t seen = 0;

    for (int32_t c = 0; c < n_out; c++)
        for (size_t i = 0; i < n; i++)
            if (e->classes[rows[i]] == c) {
                seen++;
                break;
            }
    return seen;
}

gr_status gr_task_eval_check(const gr_task_data *d, const gr_run_opts *o, gr_err *err)
{
    for (int i = 1; i <= d->n_eval && d->task->head.kind == GR_HEAD_CLASS; i++) {
        const gr_encoded *e = &d->split[i].encoded;
        size_t k = 1;
        if (o->max_eval_samples <= 0 || (size_t)o->max_eval_samples >= e->n) continue;
        while (k < (size_t)o->max_eval_samples && e->classes[k] == e->classes[0]) k++;
        if (k == (size_t)o->max_eval_samples)
            return gr_fail(err, GR_E_ARG, "%s: the first %zu rows of %s are all of one class: --max-eval-samples must reach further (--sample cuts training rows alone)",
                           d->task->name, k, d->split[i].name);
    }
    return GR_OK;
}

/* How many rows of each class: proportional, largest remainders first (ties: lower class). */
static void quotas(size_t *out, const size_t *have, size_t n_classes, size_t want, size_t total)
{
    size_t given = 0;

    for (size_t c = 0; c < n_classes; c++) {
        out[c] = (size_t)((double)want * (double)have[c] / (double)total);
        given += out[c];
    }
    while (given < want) {
        size_t best = n_classes;
        double most = -1;
        for (size_t c = 0; c < n_classes; c++) {
            const double left = (double)want * (double)have[c] / (double)total - (double)out[c];
            if (out[c] < have[c] && left > most) {
                most = left;
                best = c;
            }
        }
        if (best == n_classes) return;
        out[best]++;
        given++;
    }
}

static gr_status stratified(uint32_t *rows, size_t *n, const gr_encoded *e, size_t n_classes, size_t want, uint64_t seed, gr_err *err)
{
    size_t *have = calloc(n_classes, sizeof *have), *quota = calloc(n_classes, sizeof *quota), kept = 0;
    uint32_t *order = malloc(e->n * sizeof *order);
    unsigned char *take = calloc(e->n, 1);
    gr_rng r;
    gr_status s = GR_OK;

    if (!have || !quota || !order || !take) {
        s = gr_fail_nomem(err, "a sample");
        goto out;
    }
    for (size_t i = 0; i < e->n; i++) {
        order[i] = (uint32_t)i;
        have[n_classes > 1 ? (size_t)e->classes[i] : 0]++;
    }
    quotas(quota, have, n_classes, want, e->n);
    gr_rng_init(&r, seed, GR_RNG_SAMPLE, 0);
    gr_rng_shuffle(&r, order, e->n);
    for (size_t i = 0; i < e->n; i++) {
        const size_t c = n_classes > 1 ? (size_t)e->classes[order[i]] : 0;
        if (!quota[c]) continue;
        quota[c]--;
        take[order[i]] = 1;
    }
    for (size_t i = 0; i < e->n; i++)
        if (take[i]) rows[kept++] = (uint32_t)i;
    *n = kept;
out:
    free(have);
    free(quota);
    free(order);
    free(take);
    return s;
}

gr_status gr_task_train_rows(uint32_t **rows, size_t *n, const gr_task_data *d, const gr_run_opts *o, uint64_t seed, gr_err *err)
{
    const gr_encoded *e = &d->split[0].encoded;
    const bool class_head = d->task->head.kind == GR_HEAD_CLASS;
    const size_t n_classes = class_head ? (size_t)d->task->head.n_out : 1;
    gr_status s = GR_OK;

    *rows = NULL;
    *n = e->n;
    if (!e->labelled) return gr_fail(err, GR_E_FORMAT, "%s: training rows without labels", d->task->name);
    *rows = malloc((e->n + 1) * sizeof **rows);
    if (!*rows) return gr_fail_nomem(err, "the training rows");
    for (size_t i = 0; i < e->n; i++) (*rows)[i] = (uint32_t)i;
    if (o->sample > 0 && (size_t)o->sample < e->n) {
        s = stratified(*rows, n, e, n_classes, (size_t)o->sample, seed, err);
    } else if (o->max_train_samples > 0 && (size_t)o->max_train_samples < e->n) {
        *n = (size_t)o->max_train_samples;
        if (class_head && classes_seen(e, *rows, *n, d->task->head.n_out) < 2)
            s = gr_fail(err, GR_E_ARG, "%s: the first %zu training rows are all of one class: use --sample %zu", d->task->name, *n, *n);
    }
    if (s != GR_OK) {
        free(*rows);
        *rows = NULL;
    }
    return s;
}
