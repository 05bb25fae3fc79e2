/* fetch_job.c - see fetch_job.h. A container without a digest of its own is judged by its members: as soon as its bytes are here it gets
 * a second name in a folder apart, where the data loader's own code reads it and nobody else looks. */
#include "harness/fetch_job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/progress.h"
#include "data/download.h"
#include "harness/interrupt.h"

#define HUB "https://huggingface.co/"
#define APART ".fetch-check"

const char *gr_fetch_state_name(gr_fetch_state s)
{
    static const char *const names[] = { "wanted", "have", "fetched", "resumed", "failed", "held back" };

    return names[s];
}

/* ---- which files ---- */

static const char *root_of(const gr_manifest *m, const gr_fetch_opts *o)
{
    return m->model ? o->models : o->data;
}

/* "https://user:password@host/..."? */
static bool has_login(const char *address)
{
    const char *host = strstr(address, "://");

    host = host ? host + 3 : address;
    return memchr(host, '@', strcspn(host, "/?#")) != NULL;
}

/* The mirror that HF_ENDPOINT names, as the Hugging Face libraries take it. */
static gr_status set_address(gr_fetch_file *f, gr_err *err)
{
    const char *endpoint = getenv("HF_ENDPOINT"), *rest = f->c->url;
    const char *slash;

    if (!endpoint || !*endpoint || strncmp(rest, HUB, strlen(HUB)) != 0) {
        if ((size_t)snprintf(f->url, sizeof f->url, "%s", rest) < sizeof f->url) return GR_OK;
        return gr_fail(err, GR_E_ARG, "%.100s: its address is too long", f->c->file);
    }
    if (has_login(endpoint)) return gr_fail(err, GR_E_ARG, "HF_ENDPOINT has a user name in it, which would be printed with every address: leave it out and use HF_TOKEN");
    if (strncmp(endpoint, "https://", 8) != 0 && !f->m->plain) return gr_fail(err, GR_E_ARG, "HF_ENDPOINT is '%.100s', not an address that begins with https://", endpoint);
    rest += strlen(HUB);
    slash = endpoint[strlen(endpoint) - 1] == '/' ? "" : "/";
    if ((size_t)snprintf(f->url, sizeof f->url, "%s%s%s", endpoint, slash, rest) < sizeof f->url) return GR_OK;
    return gr_fail(err, GR_E_ARG, "HF_ENDPOINT is too long");
}

static gr_status set_file(gr_fetch_file *f, const gr_manifest *m, const gr_container *c, const gr_fetch_opts *o, gr_err *err)
{
    const char *below = m->model ? m->name : "", *slash = m->model ? "/" : "";
    const char *root = root_of(m, o);
    const size_t n = strlen(root);

    *f = (gr_fetch_file){ .m = m, .c = c, .size = c ? c->size : -1, .err = GR_ERR_INIT };
    if (!c) return GR_OK;
    if ((size_t)snprintf(f->path, sizeof f->path, "%s%s%s%s%s", root, n && root[n - 1] == '/' ? "" : "/", below, slash, c->file) >= sizeof f->path)
        return gr_fail(err, GR_E_ARG, "%.100s: its path is too long", c->file);
    return set_address(f, err);
}

/* A model is there when its config.json is: that comes when all the others have. */
static bool comes_last(const gr_manifest *m, const gr_container *c)
{
    return m->model && strcmp(c->file, "config.json") == 0;
}

/* Two files for one place would take it from each other, but for those that are one and the same. */
static gr_status check_places(const gr_fetch_file *f, size_t n, gr_err *err)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; f[i].c && k < i; k++) {
            if (!f[k].c || strcmp(f[i].path, f[k].path) != 0) continue;
            if (f[i].c->sha256 && f[k].c->sha256 && strcmp(f[i].c->sha256, f[k].c->sha256) == 0) continue;
            return gr_fail(err, GR_E_ARG, "fetch: %.100s and %.100s each have a file for %.200s: fetch them into two folders, one by one", f[k].m->name, f[i].m->name,
                           f[i].path);
        }
    return GR_OK;
}

/* Those of a manifest that have an address, or one that says that none has. */
static gr_status add_files(gr_fetch_file *out, size_t *n, const gr_manifest *m, const gr_fetch_opts *o, gr_err *err)
{
    const size_t first = *n;

    for (int last = 0; last < 2; last++)
        for (size_t k = 0; k < m->n_containers; k++)
            if (m->containers[k].url && comes_last(m, &m->containers[k]) == (last == 1)) GR_TRY(set_file(&out[(*n)++], m, &m->containers[k], o, err));
    return *n > first ? GR_OK : set_file(&out[(*n)++], m, NULL, o, err);
}

gr_status gr_fetch_files(gr_fetch_file **out, size_t *n, const gr_manifest *const *m, size_t n_m, const gr_fetch_opts *o, gr_err *err)
{
    size_t most = n_m;
    gr_status s = GR_OK;

    *n = 0;
    for (size_t i = 0; i < n_m; i++) most += m[i]->n_containers;
    *out = calloc(most + 1, sizeof **out);
    if (!*out) return gr_fail_nomem(err, "the files to fetch");
    for (size_t i = 0; s == GR_OK && i < n_m; i++) s = add_files(*out, n, m[i], o, err);
    return s == GR_OK ? check_places(*out, *n, err) : s;
}

/* ---- what is here ---- */

static void failed(gr_fetch_file *f)
{
    f->state = GR_FETCH_FAILED;
}

/* Say more behind the message; what there is no room for is cut. */
static void append(gr_err *err, gr_status s, const char *more)
{
    const size_t n = strlen(err->msg);

    err->status = s;
    (void)snprintf(err->msg + n, sizeof err->msg - n, "%s", more);
}

/* Under one of its other names, with every member known and right? */
static bool under_another_name(const gr_fetch_file *f, const char *root)
{
    size_t known = 0, checked = 0;

    for (size_t i = 0; i < f->m->n_members; i++) {
        const gr_member *x = &f->m->members[i];
        if (strcmp(x->container, f->c->file) != 0) continue;
        if (!x->sha256) return false; /* what is there may be a part of it */
        known++;
    }
    return known && gr_manifest_check_container(f->m, f->c, root, &checked, NULL) == GR_OK && checked == known;
}

static gr_status verify(const gr_fetch_file *f, const char *root, gr_err *err)
{
    size_t checked = 0;

    GR_TRY(gr_download_verify(f->path, f->c->sha256, f->c->size, err));
    return f->c->sha256 ? GR_OK : gr_manifest_check_container(f->m, f->c, root, &checked, err);
}

void gr_fetch_look(gr_fetch_file *f, const gr_fetch_opts *o)
{
    gr_status s;

    if (!f->c) {
        (void)gr_fail(&f->err, GR_E_NOTFOUND, "%s: no address is known: get %.100s from its publisher (%.120s) and put it below %.100s", f->m->name,
                      f->m->containers[0].file, f->m->publisher, root_of(f->m, o));
        failed(f);
        return;
    }
    if (access(f->path, F_OK) != 0) {
        f->state = under_another_name(f, root_of(f->m, o)) ? GR_FETCH_HAVE : GR_FETCH_WANTED;
        return;
    }
    s = gr_fs_is_file(f->path) ? verify(f, root_of(f->m, o), &f->err) : gr_fail(&f->err, GR_E_IO, "%.300s: not a regular file", f->path);
    if (s == GR_OK) {
        f->state = GR_FETCH_HAVE;
        f->size = gr_fs_size(f->path);
    } else if (o->force && gr_fs_is_file(f->path)) {
        f->state = GR_FETCH_WANTED;
    } else {
        if (s != GR_E_IO && gr_fs_is_file(f->path)) append(&f->err, GR_E_CHECKSUM, ": --force fetches it anew");
        failed(f);
    }
}

/* ---- fetching ---- */

typedef struct bringing {
    gr_fetch_file *f;
    const char    *root;
    gr_progress   *bar;
    double         started;
    int64_t        had; /* bytes when the transfer began; -1: not begun */
} bringing;

static bool stop(void *user)
{
    (void)user;
    return gr_interrupted();
}

static void progress(void *user, int64_t done, int64_t total)
{
    bringing *b = user;
    const double spent = gr_clock_seconds() - b->started;
    char speed[48] = "";

    (void)total;
    if (b->had < 0) b->had = done;
    if (spent > 0.5) (void)snprintf(speed, sizeof speed, "%.1f MB/s", (double)(done - b->had) / 1e6 / spent);
    gr_progress_update(b->bar, done / 1000, speed);
}

/* A second name for the part, which so keeps its place and its lock; where the file system knows none, it is moved. Another process may take the
 * empty folder away meanwhile: it is made again. */
static gr_status put_apart(bool *moved, const char *whole, const char *dir, const char *path, gr_err *err)
{
    int e = ENOENT;

    for (int tries = 0; tries < 3 && e == ENOENT; tries++) {
        GR_TRY(gr_fs_mkdirs(dir, err));
        (void)unlink(path); /* of a call that was killed */
        *moved = link(whole, path) != 0;
        if (!*moved || rename(whole, path) == 0) return GR_OK;
        e = errno;
    }
    return gr_fail(err, GR_E_IO, "%.300s: %s", path, strerror(e));
}

/* The container under its own name in a folder apart, held against its members, and that name gone again. */
static gr_status check_apart(void *user, const char *whole, gr_err *err)
{
    const bringing *b = user;
    char apart[GR_PATH_MAX], dir[GR_PATH_MAX], path[GR_PATH_MAX];
    size_t checked = 0;
    bool moved = false;
    gr_status s;

    if (!gr_fs_join(apart, sizeof apart, b->root, APART) || !gr_fs_join(path, sizeof path, apart, b->f->c->file))
        return gr_fail(err, GR_E_ARG, "%.100s: its path is too long", b->f->c->file);
    (void)snprintf(dir, sizeof dir, "%.*s", (int)(gr_fs_basename(path) - path - 1), path);
    GR_TRY(put_apart(&moved, whole, dir, path, err));
    s = gr_manifest_check_container(b->f->m, b->f->c, apart, &checked, err);
    b->f->unchecked = s == GR_OK && checked == 0;
    if ((moved ? rename(path, whole) : unlink(path)) != 0 && s == GR_OK) s = gr_fail(err, GR_E_IO, "%.300s: %s", whole, strerror(errno));
    for (size_t n = strlen(dir); n >= strlen(apart); n--) { /* the folders made above, innermost first */
        if (dir[n] != '\0' && dir[n] != '/') continue;
        dir[n] = '\0';
        (void)rmdir(dir);
    }
    return s;
}

static bool offline(void)
{
    static const char *const yes[] = { "1", "on", "yes", "true" };
    const char *v = getenv("HF_HUB_OFFLINE");

    for (size_t i = 0; v && i < sizeof yes / sizeof *yes; i++)
        if (strcasecmp(v, yes[i]) == 0) return true;
    return false;
}

static bool hold_back(const gr_fetch_file *f, const gr_fetch_file *before, size_t n)
{
    if (!comes_last(f->m, f->c)) return false;
    for (size_t i = 0; i < n; i++)
        if (before[i].state == GR_FETCH_FAILED) return true;
    return false;
}

static bool of_hub(const gr_fetch_file *f)
{
    return strncmp(f->c->url, HUB, strlen(HUB)) == 0;
}

/* For the hub or its mirror, and never where others on the way could read it. NULL: none. */
static const char *token_for(const gr_fetch_file *f)
{
    const char *token = of_hub(f) && strncmp(f->url, "https://", 8) == 0 ? getenv("HF_TOKEN") : NULL;

    return token && *token ? token : NULL;
}

/* Is there a digest that would tell it from two files' halves? */
static bool can_be_judged(const gr_fetch_file *f)
{
    if (f->c->sha256) return true;
    for (size_t i = 0; i < f->m->n_members; i++)
        if (f->m->members[i].sha256 && strcmp(f->m->members[i].container, f->c->file) == 0) return true;
    return false;
}

/* What helps where the hub refuses a file. */
static const char *token_advice(const gr_fetch_file *f)
{
    const char *token = getenv("HF_TOKEN");

    if (token_for(f)) return ": HF_TOKEN does not open it: is its licence accepted on the model's page?";
    if (token && *token) return ": HF_TOKEN is only sent to huggingface.co or a mirror of it, over https";
    return ": if it is gated or private, set HF_TOKEN to a token that may read it";
}

/* kept: bytes that a failure leaves for the next call. */
static gr_status bring(bringing *b, gr_fetch *net, const gr_fetch_opts *o, bool *resumed, int64_t *kept)
{
    gr_fetch_file *f = b->f;
    const gr_download d = {
        .url = f->url, .path = f->path, .sha256 = f->c->sha256, .size = f->c->size, .plain = f->m->plain, .token = token_for(f),
        .stall_s = o->timeout_s, .retries = (int)o->retries, .anew = !can_be_judged(f), .check = check_apart, .progress = progress, .stop = stop, .user = b,
    };
    gr_downloaded got;
    const gr_status s = gr_download_run(&got, net, &d, &f->err);

    *kept = got.size;
    if (got.denied && of_hub(f)) append(&f->err, s, token_advice(f));
    if (s != GR_OK) return s;
    f->size = got.size;
    *resumed = got.resumed > 0;
    return GR_OK;
}

void gr_fetch_bring(gr_fetch_file *f, const gr_fetch_file *before, size_t n_before, gr_fetch *net, const gr_fetch_opts *o)
{
    bringing b = { .f = f, .root = root_of(f->m, o), .started = gr_clock_seconds(), .had = -1 };
    char title[64];
    bool resumed = false;
    int64_t kept = 0;
    gr_status s;

    if (hold_back(f, before, n_before)) {
        f->state = GR_FETCH_HELD_BACK;
        return;
    }
    if (offline()) {
        (void)gr_fail(&f->err, GR_E_NETWORK, "%s: %.100s: HF_HUB_OFFLINE is set: nothing is fetched", f->m->name, f->c->file);
        failed(f);
        return;
    }
    (void)snprintf(title, sizeof title, "%.50s (kB)", f->c->file);
    b.bar = gr_progress_start(o->bar ? GR_PROGRESS_AUTO : GR_PROGRESS_OFF, title, f->c->size > 0 ? f->c->size / 1000 : 0, 5);
    s = bring(&b, net, o, &resumed, &kept);
    gr_progress_finish(b.bar, NULL);
    f->state = s != GR_OK ? GR_FETCH_FAILED : resumed ? GR_FETCH_RESUMED : GR_FETCH_FETCHED;
    if (s == GR_E_CHECKSUM) append(&f->err, s, ": nothing of it is kept; try again, or give a manifest of yours with --manifest");
    if ((s == GR_E_IO || s == GR_E_NETWORK) && kept > 0) append(&f->err, s, ": what came is kept, the same command goes on from there");
    if (s != GR_OK) (void)gr_wrap(&f->err, s, "%s", f->m->name);
}
