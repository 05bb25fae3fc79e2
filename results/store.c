/* store.c - see store.h. */
#include "results/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"

enum { MAX_SUITE_BYTES = 16 << 20 };

/* ---- a growing list ---- */

static gr_status push(gr_records *list, gr_record *r, gr_err *err)
{
    gr_record *grown = realloc(list->r, (list->n + 1) * sizeof *grown);

    if (!grown) {
        gr_record_free(r);
        return gr_fail_nomem(err, "records");
    }
    list->r = grown;
    list->r[list->n++] = *r;
    return GR_OK;
}

void gr_records_free(gr_records *r)
{
    for (size_t i = 0; i < r->n; i++) gr_record_free(&r->r[i]);
    free(r->r);
    r->r = NULL;
    r->n = 0;
}

/* A reused run is listed by the suite that ran it and by the one that found it: one file, one record. */
static bool is_there(const gr_records *list, const char *path)
{
    char *real = realpath(path, NULL);
    bool found = false;

    for (size_t i = 0; real && i < list->n && !found; i++) {
        char *other = strcmp(gr_fs_basename(path), gr_fs_basename(list->r[i].path)) == 0 ? realpath(list->r[i].path, NULL) : NULL;
        found = other && strcmp(real, other) == 0;
        free(other);
    }
    free(real);
    return found;
}

static gr_status load_file(gr_records *out, const char *path, gr_err *err)
{
    gr_record r;

    if (is_there(out, path)) return GR_OK;
    GR_TRY(gr_record_read(&r, path, err));
    return push(out, &r, err);
}

/* ---- a suite folder ---- */

static bool is_record_name(const char *name)
{
    const gr_sv s = gr_sv_from(name);

    return gr_sv_ends(s, ".json") && strcmp(name, "suite.json") != 0 && strcmp(name, "baseline.json") != 0;
}

/* suite.json lists its jobs; one that failed before it had a record, or had no data, stands there whole. */
static gr_status load_listed(gr_records *out, const char *dir, const gr_json *suite, gr_err *err)
{
    for (const gr_json *v = gr_json_first(gr_json_get(suite, "jobs")); v; v = gr_json_next(v)) {
        const char *file = gr_json_str(gr_json_get(v, "record"), "");
        char path[GR_PATH_MAX];
        gr_record r;
        int64_t seed;
        if (*file) {
            if (!gr_fs_join(path, sizeof path, dir, file)) return gr_fail(err, GR_E_FORMAT, "%s: a path is too long", dir);
            GR_TRY(load_file(out, path, err));
            continue;
        }
        gr_record_init(&r);
        if (!gr_run_status_find(&r.status, gr_json_str(gr_json_get(v, "status"), ""))) r.status = GR_RUN_NO_DATA;
        if (gr_json_int(&seed, gr_json_get(v, "seed")) && seed >= 0) r.seed = (uint64_t)seed;
        (void)snprintf(r.message, sizeof r.message, "%s", gr_json_str(gr_json_get(v, "message"), ""));
        (void)snprintf(r.model, sizeof r.model, "%s", gr_json_str(gr_json_get(v, "model"), ""));
        (void)snprintf(r.task, sizeof r.task, "%s", gr_json_str(gr_json_get(v, "task"), ""));
        (void)snprintf(r.title, sizeof r.title, "%s", gr_json_str(gr_json_get(v, "title"), ""));
        (void)snprintf(r.suite, sizeof r.suite, "%s", gr_json_str(gr_json_get(v, "suite"), ""));
        (void)snprintf(r.data, sizeof r.data, "%s", gr_json_str(gr_json_get(v, "data"), ""));
        GR_TRY(push(out, &r, err));
    }
    return GR_OK;
}

/* "...-0123abcd.json": what a run calls its record. */
static bool is_own_name(const char *name)
{
    const gr_sv s = gr_sv_from(name);
    const size_t tail = sizeof "-0123abcd.json" - 1;

    return s.n > tail && s.p[s.n - tail] == '-' && strspn(s.p + s.n - tail + 1, "0123456789abcdef") == 8;
}

/* A folder may hold other people's JSON: what cannot be read is a fault only under the name of a record. */
static gr_status load_named(gr_records *out, const char *path, gr_err *err)
{
    gr_err why = GR_ERR_INIT;
    const gr_status s = load_file(out, path, &why);

    if (s == GR_E_FORMAT && !is_own_name(gr_fs_basename(path))) {
        gr_warn("%s: passed over", why.msg);
        return GR_OK;
    }
    if (s != GR_OK && err) *err = why;
    return s;
}

static gr_status load_by_name(gr_records *out, const char *dir, gr_err *err)
{
    gr_fs_list l = { 0 };
    char path[GR_PATH_MAX];
    gr_status s = gr_fs_list_dir(&l, dir, err);

    for (size_t i = 0; s == GR_OK && i < l.n; i++)
        if (is_record_name(l.names[i]) && gr_fs_join(path, sizeof path, dir, l.names[i]) && gr_fs_is_file(path)) s = load_named(out, path, err);
    gr_fs_list_free(&l);
    return s;
}

static gr_status load_suite(gr_records *out, const char *dir, gr_err *err)
{
    char path[GR_PATH_MAX];
    gr_json *suite = NULL;
    gr_status s;

    if (!gr_fs_join(path, sizeof path, dir, "suite.json")) return gr_fail(err, GR_E_ARG, "%s: the path is too long", dir);
    if (!gr_fs_is_file(path)) return load_by_name(out, dir, err);
    GR_TRY(gr_json_read(&suite, path, MAX_SUITE_BYTES, err));
    s = load_listed(out, dir, suite, err);
    gr_json_free(suite);
    return s;
}

/* ---- RUNS ---- */

static gr_status is_suite_dir(bool *found, const char *dir, gr_err *err)
{
    gr_fs_list l = { 0 };
    char path[GR_PATH_MAX];

    *found = false;
    GR_TRY(gr_fs_list_dir(&l, dir, err));
    for (size_t i = 0; i < l.n && !*found; i++)
        *found = gr_sv_ends(gr_sv_from(l.names[i]), ".json") && gr_fs_join(path, sizeof path, dir, l.names[i]) && gr_fs_is_file(path);
    gr_fs_list_free(&l);
    return GR_OK;
}

static gr_status load_output_dir(gr_records *out, const char *dir, gr_err *err)
{
    gr_fs_list l = { 0 };
    char path[GR_PATH_MAX];
    gr_status s = gr_fs_list_dir(&l, dir, err);

    for (size_t i = 0; s == GR_OK && i < l.n; i++) {
        bool suite = false;
        if (!gr_fs_join(path, sizeof path, dir, l.names[i]) || !gr_fs_is_dir(path)) continue;
        s = is_suite_dir(&suite, path, err);
        if (s == GR_OK && suite) s = load_suite(out, path, err);
    }
    gr_fs_list_free(&l);
    return s;
}

gr_status gr_store_load(gr_records *out, const char *path, gr_err *err)
{
    bool suite = false;
    gr_status s;

    out->r = NULL;
    out->n = 0;
    if (!path[0]) s = gr_fail(err, GR_E_ARG, "RUNS: a name is empty: a variable that is not set?");
    else if (gr_fs_is_file(path)) s = load_file(out, path, err);
    else if (!gr_fs_is_dir(path)) s = gr_fail(err, GR_E_NOTFOUND, "%s: there is no such file or folder", path);
    else if ((s = is_suite_dir(&suite, path, err)) == GR_OK) s = suite ? load_suite(out, path, err) : load_output_dir(out, path, err);
    if (s == GR_OK && suite && out->n == 0) s = load_output_dir(out, path, err); /* its JSON files are none of ours */
    if (s == GR_OK && out->n == 0) s = gr_fail(err, GR_E_NOTFOUND, "%s: no record of a run is there", path);
    if (s != GR_OK) gr_records_free(out);
    return gr_input_status(s, err);
}

gr_status gr_store_load_all(gr_records *out, const char *const *paths, size_t n, gr_err *err)
{
    gr_status s = GR_OK;

    out->r = NULL;
    out->n = 0;
    for (size_t i = 0; s == GR_OK && i < n; i++) {
        gr_records one = { 0 };
        s = gr_store_load(&one, paths[i], err);
        for (size_t k = 0; s == GR_OK && k < one.n; k++) {
            if (one.r[k].path[0] && is_there(out, one.r[k].path)) continue;
            s = push(out, &one.r[k], err);
            gr_record_init(&one.r[k]); /* moved */
        }
        gr_records_free(&one);
    }
    if (s != GR_OK) gr_records_free(out);
    return s;
}

/* ---- finished runs ---- */

static bool same_run(const gr_record *r, const char *key)
{
    return (r->status == GR_RUN_OK || r->status == GR_RUN_COLLAPSED) && strcmp(r->key, key) == 0;
}

/* File names end in the key's first 8 digits, so only likely ones are read. */
static gr_status find_in(gr_record *out, bool *found, const char *dir, const char *key, gr_err *err)
{
    gr_fs_list l = { 0 };
    char path[GR_PATH_MAX], tail[32];
    gr_status s = GR_OK;

    (void)snprintf(tail, sizeof tail, "-%.8s.json", key);
    s = gr_fs_list_dir(&l, dir, err);
    if (s != GR_OK) return s == GR_E_NOMEM ? s : GR_OK; /* a folder that cannot be read holds nothing for us */
    for (size_t i = l.n; i-- > 0 && !*found && s == GR_OK;) {
        gr_err why = GR_ERR_INIT;
        if (!gr_sv_ends(gr_sv_from(l.names[i]), tail) || !gr_fs_join(path, sizeof path, dir, l.names[i])) continue;
        s = gr_record_read(out, path, &why);
        if (s == GR_E_NOMEM) {
            if (err) *err = why;
        } else if (s != GR_OK) {
            gr_warn("%s is passed over", why.msg);
            s = GR_OK;
        } else if (same_run(out, key)) *found = true;
        else gr_record_free(out);
    }
    gr_fs_list_free(&l);
    return s;
}

gr_status gr_store_find(gr_record *out, bool *found, const char *output_dir, const char *key, gr_err *err)
{
    gr_fs_list l = { 0 };
    char path[GR_PATH_MAX];
    gr_status s = GR_OK;

    *found = false;
    if (!gr_fs_is_dir(output_dir)) return GR_OK;
    GR_TRY(gr_fs_list_dir(&l, output_dir, err));
    for (size_t i = l.n; i-- > 0 && !*found && s == GR_OK;) /* newest suite first */
        if (gr_fs_join(path, sizeof path, output_dir, l.names[i]) && gr_fs_is_dir(path)) s = find_in(out, found, path, key, err);
    gr_fs_list_free(&l);
    return s;
}

/* ---- suite.json ---- */

void gr_store_suite_id(char out[32])
{
    struct timeval now = { 0 };
    struct tm utc;
    char stamp[20] = "";

    (void)gettimeofday(&now, NULL);
    if (gmtime_r(&now.tv_sec, &utc)) (void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &utc);
    (void)snprintf(out, 32, "%s-%04x", stamp, (unsigned)(now.tv_usec / 16) & 0xffffu);
}

/* A record of another suite (a reused run) is named by a path from this one. */
static void add_job(gr_json *jobs, const char *suite_dir, const gr_record *r)
{
    gr_json *o = gr_json_add_object(jobs, NULL);
    const size_t n = strlen(suite_dir);
    const char *rest = r->path, *slash;
    char up[GR_PATH_MAX];

    gr_json_add_str(o, "task", r->task);
    gr_json_add_str(o, "title", r->title);
    gr_json_add_str(o, "suite", r->suite);
    gr_json_add_str(o, "data", r->data);
    gr_json_add_str(o, "model", r->model);
    gr_json_add_int(o, "seed", (int64_t)r->seed);
    gr_json_add_str(o, "status", gr_run_status_name(r->status));
    gr_json_add_str(o, "message", r->message);
    if (strncmp(r->path, suite_dir, n) == 0 && r->path[n] == '/') {
        rest = r->path + n + 1;
    } else if (r->path[0] && (slash = strrchr(r->path, '/')) != NULL) {
        while (slash > r->path && slash[-1] != '/') slash--; /* <suite-id>/<file> beside this suite's folder */
        (void)snprintf(up, sizeof up, "../%.4000s", slash);
        rest = up;
    }
    gr_json_add_str(o, "record", rest);
}

gr_status gr_store_write_suite(const char *suite_dir, const char *id, int argc, char **argv,
                               const gr_records *records, gr_err *err)
{
    gr_json *j = gr_json_new_object(), *words, *jobs;
    char path[GR_PATH_MAX];
    gr_status s = GR_OK;

    gr_json_add_int(j, "schema", GR_RECORD_SCHEMA);
    gr_json_add_str(j, "id", id);
    words = gr_json_add_array(j, "command_line");
    for (int i = 0; i < argc; i++) gr_json_add_str(words, NULL, argv[i]);
    jobs = gr_json_add_array(j, "jobs");
    for (size_t i = 0; i < records->n; i++) add_job(jobs, suite_dir, &records->r[i]);
    if (!j) s = gr_fail_nomem(err, "suite.json");
    if (s == GR_OK && !gr_fs_join(path, sizeof path, suite_dir, "suite.json")) s = gr_fail(err, GR_E_ARG, "%s: the path is too long", suite_dir);
    if (s == GR_OK) s = gr_json_write(path, j, err);
    gr_json_free(j);
    return s;
}
