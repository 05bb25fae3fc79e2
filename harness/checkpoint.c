/* checkpoint.c - writing and reading the state of a run. See checkpoint.h. */
#include "harness/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sha256.h"
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

/* ---- one process at a time ---- */

static const char lock_name[] = "lock";

/* Is the open file the one of that name? Not where it was removed, or moved away with its folder, and another may have been made. (A count of
 * its names would not tell: NFS keeps one for whoever has a removed file open.) */
static bool is_named(int fd, const char *path)
{
    struct stat mine, there;

    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

/* One try: *held, or -1. *gone: the folder was removed meanwhile, by whoever had it or the "checkpoints" above it. */
static gr_status try_to_hold(int *held, bool *gone, const char *dir, const char *path, gr_err *err)
{
    int fd, e;

    *held = -1;
    *gone = true;
    GR_TRY(gr_fs_mkdirs(dir, err));
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    e = errno;
    *gone = fd < 0 && e == ENOENT;
    if (fd < 0) return gr_fail(err, GR_E_IO, "%.300s: %s", path, strerror(e));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) { /* other failures: a file system without locks */
        (void)close(fd);
        return GR_OK;
    }
    *gone = !is_named(fd, path);
    if (*gone) (void)close(fd);
    else *held = fd;
    return *gone ? gr_fail(err, GR_E_IO, "%.300s: is removed again and again", path) : GR_OK;
}

gr_status gr_checkpoint_hold(int *held, const char *dir, gr_err *err)
{
    enum { TRIES = 100 };
    char path[GR_PATH_MAX];
    gr_status s = GR_OK;
    bool gone = true;

    *held = -1;
    if (!gr_fs_join(path, sizeof path, dir, lock_name)) return gr_fail(err, GR_E_ARG, "--output-dir: the path is too long");
    for (int i = 0; i < TRIES && gone; i++) s = try_to_hold(held, &gone, dir, path, err);
    return s;
}

void gr_checkpoint_release(int held, const char *dir)
{
    char path[GR_PATH_MAX];
    int64_t step;

    if (held < 0) return;
    if (gr_fs_join(path, sizeof path, dir, lock_name) && is_named(held, path) && list_steps(&step, 1, dir) == 0) gr_checkpoint_remove(dir);
    (void)close(held);
}

void gr_checkpoint_remove(const char *dir)
{
    char parent[GR_PATH_MAX], *slash;

    prune(dir, 0);
    remove_unfinished(dir);
    if (gr_fs_join(parent, sizeof parent, dir, "log.jsonl")) (void)unlink(parent); /* the run's log by its second name (train_log.h) */
    if (gr_fs_join(parent, sizeof parent, dir, "log.jsonl.new")) (void)unlink(parent);
    if (gr_fs_join(parent, sizeof parent, dir, lock_name)) (void)unlink(parent);
    if (rmdir(dir) != 0) return;
    (void)snprintf(parent, sizeof parent, "%s", dir);
    slash = strrchr(parent, '/');
    if (slash && strcmp(slash, "/") != 0) *slash = '\0';
    if (strcmp(gr_fs_basename(parent), "checkpoints") == 0) (void)rmdir(parent); /* only when no other run has some there */
}

/* ---- the digest: whatever a disk or a hand changed in the numbers, the run must not go on with it ---- */

static void digest_begin(gr_sha256 *h, const char *name, size_t bytes)
{
    char head[64];
    const int n = snprintf(head, sizeof head, "%s %zu\n", name, bytes);

    gr_sha256_add(h, head, (size_t)n);
}

/* ---- save: moments go from the session to the file piece by piece ---- */

enum { MAX_PARTS = 6 };

/* The file's tensors in order, and where their bytes are: `from`, or of the two that have none the session. The last one is the digest. */
typedef struct parts {
    gr_session          *session;
    gr_st_tensor         t[MAX_PARTS];
    const unsigned char *from[MAX_PARTS];
    size_t               n;
    gr_sha256            hash;
    char                 hex[GR_SHA256_HEX];
} parts;

static void add_part(parts *p, gr_st_tensor t, const void *from)
{
    p->from[p->n] = from;
    p->t[p->n++] = t;
}

static gr_status read_part(void *user, size_t i, size_t at, void *out, size_t n, gr_err *err)
{
    parts *p = user;
    const gr_st_tensor *t = &p->t[i];
    const bool v = strcmp(t->name, "v") == 0;

    if (i + 1 == p->n && at == 0) gr_sha256_hex(&p->hash, p->hex);
    if (p->from[i]) memcpy(out, p->from[i] + at, n);
    else GR_TRY(gr_session_state_read(p->session, out, at + (v ? gr_session_state_bytes(p->session) / 2 : 0), n, err));
    if (i + 1 == p->n) return GR_OK;
    if (at == 0) digest_begin(&p->hash, t->name, t->bytes);
    gr_sha256_add(&p->hash, out, n);
    return GR_OK;
}

static gr_st_tensor slab(const char *name, const gr_model *m)
{
    const size_t bytes = m->params.total * (size_t)m->elem;
    return (gr_st_tensor){ .name = name, .dtype = m->elem == 8 ? GR_DT_F64 : GR_DT_F32, .ndim = 1,
                           .shape = { (int64_t)m->params.total }, .count = m->params.total, .bytes = bytes };
}

static gr_st_tensor text_of(const char *name, size_t n)
{
    return (gr_st_tensor){ .name = name, .dtype = GR_DT_U8, .ndim = 1, .shape = { (int64_t)n }, .count = n, .bytes = n };
}

gr_status gr_checkpoint_save(const char *dir, const gr_train_job *job, const gr_train_state *st, const gr_record *record,
                             const void *best, int64_t keep, gr_err *err)
{
    gr_model *m = job->model;
    parts p = { .session = job->session };
    char *text = NULL, path[GR_PATH_MAX];
    gr_status s;

    if ((s = gr_session_pull(job->session, err)) != GR_OK) goto out;
    if ((s = state_text(&text, job, st, record, err)) != GR_OK) goto out;
    add_part(&p, slab("weights", m), m->weights);
    add_part(&p, slab("m", m), NULL);
    add_part(&p, slab("v", m), NULL);
    if (best) add_part(&p, slab("best", m), best);
    add_part(&p, text_of("state", strlen(text)), text);
    add_part(&p, text_of("sha256", GR_SHA256_HEX - 1), p.hex);
    gr_sha256_init(&p.hash);
    if ((s = gr_fs_mkdirs(dir, err)) != GR_OK) goto out;
    path_of(path, dir, st->step);
    if ((s = gr_st_write_from(path, p.t, p.n, read_part, &p, err)) != GR_OK) goto out;
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

/* Are these the bytes that were written? Tensors in the order of gr_checkpoint_save; an absent one is NULL. */
static bool is_undamaged(const gr_st_tensor *const *all, size_t n, const gr_st_tensor *digest)
{
    char hex[GR_SHA256_HEX];
    gr_sha256 h;

    gr_sha256_init(&h);
    for (size_t i = 0; i < n; i++) {
        if (!all[i]) continue;
        digest_begin(&h, all[i]->name, all[i]->bytes);
        gr_sha256_add(&h, all[i]->data, all[i]->bytes);
    }
    gr_sha256_hex(&h, hex);
    return digest->bytes == sizeof hex - 1 && memcmp(digest->data, hex, sizeof hex - 1) == 0;
}

/* From an open checkpoint to the session, the loop's state, the history and *best. GR_E_NOTFOUND: it is another run's. */
static gr_status take(const gr_st *f, const gr_train_job *job, gr_train_state *st, gr_record *record, void **best, gr_err *err)
{
    gr_model *m = job->model;
    const size_t bytes = m->params.total * (size_t)m->elem;
    const gr_st_tensor *w = need(f, "weights", m), *m1 = need(f, "m", m), *v = need(f, "v", m), *b = need(f, "best", m);
    const gr_st_tensor *text = gr_st_find(f, "state"), *digest = gr_st_find(f, "sha256"), *const all[] = { w, m1, v, b, text };
    gr_json *root = NULL;
    gr_status s;

    if (!w || !m1 || !v || !text || !digest) return gr_fail(err, GR_E_FORMAT, "not a checkpoint of this model");
    if (!is_undamaged(all, sizeof all / sizeof *all, digest)) return gr_fail(err, GR_E_CHECKSUM, "it is damaged: its digest is another");
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
