/* checkpoint.c - writing and reading the state of a run. See checkpoint.h. */
#include "harness/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "model/safetensors.h"

static const char prefix[] = "step-", suffix[] = ".safetensors";

/* ---- the loop's state as JSON: one table for both directions ---- */

#define STATE_REALS(X) X(loss_sum) X(point_sum) X(log_sum) X(best) X(tokens) X(samples) X(flops) X(seconds)
#define STATE_INTS(X) X(step) X(point_steps) X(log_steps) X(best_step) X(stale)
#define POINT_REALS(X) X(epoch) X(train_loss) X(grad_norm) X(learning_rate) X(eval_loss)

static void put_history(gr_json *root, const gr_record *r)
{
    gr_json *list = gr_json_add_array(root, "history");

    for (size_t i = 0; i < r->n_history; i++) {
        const gr_rec_point *p = &r->history[i];
        gr_json *o = gr_json_add_object(list, NULL), *m;
        gr_json_add_int(o, "step", p->step);
#define PUT(f) gr_json_add_num(o, #f, p->f);
        POINT_REALS(PUT)
#undef PUT
        m = gr_json_add_object(o, "metrics");
        for (int k = 0; k < p->n_metrics; k++) gr_json_add_num(m, p->metric[k].name, p->metric[k].value);
    }
}

static gr_status state_text(char **out, const gr_train_job *job, const gr_train_state *st, const gr_record *r, gr_err *err)
{
    gr_json *root = gr_json_new_object();
    gr_status s;

    gr_json_add_str(root, "key", job->key);
#define PUT(f) gr_json_add_num(root, #f, st->f);
    STATE_REALS(PUT)
#undef PUT
#define PUT(f) gr_json_add_int(root, #f, st->f);
    STATE_INTS(PUT)
#undef PUT
    put_history(root, r);
    s = gr_json_print(out, root, false, err);
    gr_json_free(root);
    return s;
}

/* 0 when it is absent or no whole number: a file's 1e300 has no place in an integer. */
static int64_t whole(const gr_json *v)
{
    int64_t n;

    return gr_json_int(&n, v) ? n : 0;
}

static gr_status get_history(gr_record *r, const gr_json *list, gr_err *err)
{
    for (const gr_json *o = gr_json_first(list); o; o = gr_json_next(o)) {
        gr_rec_point *p = gr_record_point(r);
        if (!p) return gr_fail_nomem(err, "the history");
        p->step = whole(gr_json_get(o, "step"));
#define GET(f) p->f = gr_json_num(gr_json_get(o, #f), NAN);
        POINT_REALS(GET)
#undef GET
        for (const gr_json *m = gr_json_first(gr_json_get(o, "metrics")); m; m = gr_json_next(m)) {
            if (p->n_metrics == (int)(sizeof p->metric / sizeof *p->metric)) break;
            (void)snprintf(p->metric[p->n_metrics].name, sizeof p->metric->name, "%s", gr_json_key(m));
            p->metric[p->n_metrics++].value = gr_json_num(m, NAN);
        }
    }
    return GR_OK;
}

static void get_state(gr_train_state *st, const gr_json *root)
{
#define GET(f) st->f = gr_json_num(gr_json_get(root, #f), NAN);
    STATE_REALS(GET)
#undef GET
#define GET(f) st->f = whole(gr_json_get(root, #f));
    STATE_INTS(GET)
#undef GET
}

/* ---- files ---- */

static int64_t step_of(const char *name)
{
    const size_t n = strlen(name);
    int64_t step;
    gr_sv digits;

    if (n <= sizeof prefix - 1 + sizeof suffix - 1 || strncmp(name, prefix, sizeof prefix - 1) != 0) return -1;
    if (strcmp(name + n - (sizeof suffix - 1), suffix) != 0) return -1;
    digits = (gr_sv){ name + sizeof prefix - 1, n - (sizeof prefix - 1) - (sizeof suffix - 1) };
    return gr_sv_int(&step, digits, NULL) == GR_OK ? step : -1;
}

static void path_of(char out[GR_PATH_MAX], const char *dir, int64_t step)
{
    (void)snprintf(out, GR_PATH_MAX, "%.4000s/%s%lld%s", dir, prefix, (long long)step, suffix);
}

/* Steps of the checkpoints in a folder, newest first; at most cap. */
static size_t list_steps(int64_t *out, size_t cap, const char *dir)
{
    gr_fs_list l = { 0 };
    size_t n = 0;

    if (!gr_fs_is_dir(dir) || gr_fs_list_dir(&l, dir, NULL) != GR_OK) return 0;
    for (size_t i = 0; i < l.n && n < cap; i++) {
        const int64_t step = step_of(l.names[i]);
        size_t k = n;
        if (step < 0) continue;
        for (; k > 0 && out[k - 1] < step; k--) out[k] = out[k - 1];
        out[k] = step;
        n++;
    }
    gr_fs_list_free(&l);
    return n;
}

enum { MAX_LISTED = 1024 };

static void prune(const char *dir, int64_t keep)
{
    int64_t steps[MAX_LISTED];
    char path[GR_PATH_MAX];
    const size_t n = list_steps(steps, MAX_LISTED, dir);

    for (size_t i = (size_t)keep; i < n; i++) {
        path_of(path, dir, steps[i]);
        (void)unlink(path);
    }
}

/* Remove what a killed writer left: step-N.safetensors.tmp-PID. */
static void remove_unfinished(const char *dir)
{
    char path[GR_PATH_MAX];
    gr_fs_list l = { 0 };

    if (!gr_fs_is_dir(dir) || gr_fs_list_dir(&l, dir, NULL) != GR_OK) return;
    for (size_t i = 0; i < l.n; i++)
        if (strncmp(l.names[i], prefix, sizeof prefix - 1) == 0 && strstr(l.names[i], ".tmp-") && gr_fs_join(path, sizeof path, dir, l.names[i])) (void)unlink(path);
    gr_fs_list_free(&l);
}

void gr_checkpoint_remove(const char *dir)
{
    char parent[GR_PATH_MAX], *slash;

    prune(dir, 0);
    remove_unfinished(dir);
    if (gr_fs_join(parent, sizeof parent, dir, "log.jsonl")) (void)unlink(parent); /* the run's log by its second name (train_log.h) */
    if (rmdir(dir) != 0) return;
    (void)snprintf(parent, sizeof parent, "%s", dir);
    slash = strrchr(parent, '/');
    if (slash && strcmp(slash, "/") != 0) *slash = '\0';
    if (strcmp(gr_fs_basename(parent), "checkpoints") == 0) (void)rmdir(parent); /* only when no other run has some there */
}

/* ---- save: moments go from the session to the file piece by piece ---- */

typedef struct moments {
    gr_session *session;
    size_t      v_at; /* number of the tensor of second moments */
} moments;

static gr_status read_moments(void *user, size_t i, size_t at, void *out, size_t n, gr_err *err)
{
    const moments *x = user;

    return gr_session_state_read(x->session, out, at + (i == x->v_at ? gr_session_state_bytes(x->session) / 2 : 0), n, err);
}

static gr_st_tensor slab(const char *name, const gr_model *m, const void *data)
{
    const size_t bytes = m->params.total * (size_t)m->elem;
    return (gr_st_tensor){ .name = name, .dtype = m->elem == 8 ? GR_DT_F64 : GR_DT_F32, .ndim = 1,
                           .shape = { (int64_t)m->params.total }, .count = m->params.total, .data = data, .bytes = bytes };
}

gr_status gr_checkpoint_save(const char *dir, const gr_train_job *job, const gr_train_state *st, const gr_record *record,
                             const void *best, int64_t keep, gr_err *err)
{
    gr_model *m = job->model;
    moments from = { job->session, 2 };
    char *text = NULL, path[GR_PATH_MAX];
    gr_st_tensor t[5];
    size_t n = 0;
    gr_status s;

    if ((s = gr_session_pull(job->session, err)) != GR_OK) goto out;
    if ((s = state_text(&text, job, st, record, err)) != GR_OK) goto out;
    t[n++] = slab("weights", m, m->weights);
    t[n++] = slab("m", m, NULL);
    t[from.v_at] = slab("v", m, NULL);
    n++;
    if (best) t[n++] = slab("best", m, best);
    t[n++] = (gr_st_tensor){ .name = "state", .dtype = GR_DT_U8, .ndim = 1, .shape = { (int64_t)strlen(text) }, .count = strlen(text),
                             .data = (const unsigned char *)text, .bytes = strlen(text) };
    if ((s = gr_fs_mkdirs(dir, err)) != GR_OK) goto out;
    path_of(path, dir, st->step);
    if ((s = gr_st_write_from(path, t, n, read_moments, &from, err)) != GR_OK) goto out;
    prune(dir, keep);
out:
    free(text);
    return s;
}

/* ---- load ---- */

/* A slab of the checkpoint; NULL when it is not there, or not one of this model. */
static const gr_st_tensor *need(const gr_st *f, const char *name, const gr_model *m)
{
    const gr_st_tensor *t = gr_st_find(f, name);
    return t && t->count == m->params.total && t->dtype == (m->elem == 8 ? GR_DT_F64 : GR_DT_F32) ? t : NULL;
}

/* From an open checkpoint to the session, the loop's state, the history and *best. GR_E_NOTFOUND: it is another run's. */
static gr_status take(const gr_st *f, const gr_train_job *job, gr_train_state *st, gr_record *record, void **best, gr_err *err)
{
    gr_model *m = job->model;
    const size_t bytes = m->params.total * (size_t)m->elem;
    const gr_st_tensor *w = need(f, "weights", m), *m1 = need(f, "m", m), *v = need(f, "v", m), *b = need(f, "best", m);
    const gr_st_tensor *text = gr_st_find(f, "state");
    gr_json *root = NULL;
    gr_status s;

    if (!w || !m1 || !v || !text) return gr_fail(err, GR_E_FORMAT, "not a checkpoint of this model");
    if ((s = gr_json_parse(&root, (const char *)text->data, text->bytes, err)) != GR_OK) goto out;
    if (strcmp(gr_json_str(gr_json_get(root, "key"), ""), job->key) != 0) {
        s = gr_fail(err, GR_E_NOTFOUND, "a checkpoint of another run");
        goto out;
    }
    if (b && !(*best = malloc(bytes))) {
        s = gr_fail_nomem(err, "a checkpoint");
        goto out;
    }
    get_state(st, root);
    if (st->step < 1) { /* before the model's memory is written to */
        s = gr_fail(err, GR_E_FORMAT, "a checkpoint of step %lld", (long long)st->step);
        goto out;
    }
    if ((s = get_history(record, gr_json_get(root, "history"), err)) != GR_OK) goto out;
    memcpy(m->weights, w->data, bytes);
    if (b) memcpy(*best, b->data, bytes);
    if ((s = gr_session_push(job->session, err)) != GR_OK) goto out;
    s = gr_session_state_load(job->session, m1->data, v->data, st->step, err);
out:
    gr_json_free(root);
    return s;
}

gr_status gr_checkpoint_load(const char *dir, const gr_train_job *job, gr_train_state *st, gr_record *record, void **best,
                             bool *found, gr_err *err)
{
    int64_t steps[MAX_LISTED];
    const size_t n = list_steps(steps, MAX_LISTED, dir);
    char path[GR_PATH_MAX];
    gr_err why = GR_ERR_INIT;

    *found = false;
    for (size_t i = 0; i < n && !*found; i++) {
        gr_st *f = NULL;
        gr_status s;
        path_of(path, dir, steps[i]);
        s = gr_st_open(&f, path, &why);
        if (s == GR_OK) s = take(f, job, st, record, best, &why);
        gr_st_close(f);
        if (s != GR_OK) {
            free(*best);
            *best = NULL;
            record->n_history = 0;
            memset(st, 0, sizeof *st);
        }
        *found = s == GR_OK;
        if (s == GR_E_NOMEM || s == GR_E_DEVICE) {
            if (err) *err = why;
            return s;
        }
        if (s != GR_OK) gr_warn("%s is passed over: %s", path, why.msg);
    }
    return GR_OK;
}
