/* fs.c - files; see fs.h. Every failure names the path first, and what the system said last; a path of more
 * than 300 bytes is cut, so that the reason still fits. */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"

/* As a script has it whose variable is not set: the system calls it a file that is not there, of no name. */
static gr_status fail_no_name(gr_err *err)
{
    return gr_fail(err, GR_E_ARG, "a name is empty: a variable that is not set?");
}

static gr_status fail_errno(gr_err *err, const char *path, int e)
{
    const gr_status s = e == ENOENT || e == ENOTDIR ? GR_E_NOTFOUND : e == ENOMEM ? GR_E_NOMEM : GR_E_IO;

    if (!path[0]) return fail_no_name(err);
    return gr_fail(err, s, "%.300s: %s", path, strerror(e));
}

/* Output that cannot be made is always IO, also where a folder on the way is missing. */
static gr_status fail_write(gr_err *err, const char *path, int e)
{
    if (!path[0]) return fail_no_name(err);
    return gr_fail(err, GR_E_IO, "%.300s: %s", path, strerror(e));
}

static gr_status fail_too_large(gr_err *err, const char *path, size_t max)
{
    return gr_fail(err, GR_E_FORMAT, "%.300s: larger than the %zu bytes allowed", path, max);
}

/* ---- reading ---- */

static int open_read(const char *path)
{
    int fd;

    do fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* Read to the end into a growing block. The size that stat gave is a first guess only: pipes and
 * /proc say 0, and a file may grow while it is read. */
static gr_status read_all(char **out, size_t *n, int fd, size_t guess, const char *path, size_t max, gr_err *err)
{
    size_t cap = guess + 1, len = 0;
    char *p = malloc(cap);

    if (!p) return gr_fail(err, GR_E_NOMEM, "%.300s: out of memory for %zu bytes", path, cap);
    for (;;) {
        ssize_t got;

        if (len + 1 >= cap) {
            size_t want;
            char *q = gr_mul_size(&want, cap, 2) ? realloc(p, want) : NULL;
            if (!q) {
                free(p);
                return gr_fail(err, GR_E_NOMEM, "%.300s: out of memory behind %zu bytes", path, len);
            }
            p = q;
            cap = want;
        }
        got = read(fd, p + len, cap - 1 - len);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            const int e = errno;
            free(p);
            return fail_errno(err, path, e);
        }
        if (got == 0) break;
        len += (size_t)got;
        if (max && len > max) {
            free(p);
            return fail_too_large(err, path, max);
        }
    }
    p[len] = '\0';
    *out = p;
    *n = len;
    return GR_OK;
}

gr_status gr_fs_read(char **out, size_t *n, const char *path, size_t max, gr_err *err)
{
    enum { SMALL = 4096 };
    const int fd = open_read(path);
    struct stat st;
    size_t guess = SMALL;
    gr_status s;

    if (fd < 0) return fail_errno(err, path, errno);
    if (fstat(fd, &st) != 0) {
        s = fail_errno(err, path, errno);
    } else if (max && st.st_size > 0 && (uintmax_t)st.st_size > max) {
        s = fail_too_large(err, path, max);
    } else {
        if (S_ISREG(st.st_mode) && st.st_size > 0) guess = (size_t)st.st_size + 1;
        s = read_all(out, n, fd, guess, path, max, err);
    }
    (void)close(fd);
    return s;
}

gr_status gr_fs_map(gr_map *out, const char *path, gr_err *err)
{
    const int fd = open_read(path);
    gr_status s = GR_OK;
    struct stat st;
    void *p;

    if (fd < 0) return fail_errno(err, path, errno);
    if (fstat(fd, &st) != 0) {
        s = fail_errno(err, path, errno);
    } else if (!S_ISREG(st.st_mode)) {
        s = gr_fail(err, GR_E_IO, "%.300s: not a regular file", path);
    } else if (st.st_size == 0) {
        out->p = (const unsigned char *)"";
        out->n = 0;
    } else {
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            s = fail_errno(err, path, errno);
        } else {
            out->p = p;
            out->n = (size_t)st.st_size;
        }
    }
    (void)close(fd);
    return s;
}

void gr_fs_unmap(gr_map *m)
{
    if (m->n) (void)munmap((void *)(uintptr_t)m->p, m->n);
    m->p = NULL;
    m->n = 0;
}

/* ---- writing ---- */

enum { OUT_BUFFER = 64 * 1024 };

struct gr_fs_out {
    char  *path; /* where the content shall be                                  */
    char  *tmp;  /* where it is until commit; NULL when written straight there  */
    int    fd;
    bool   committed;
    size_t held; /* bytes of buffer in use */
    char   buffer[OUT_BUFFER];
};

/* What `path` leads to: links are followed, so that a linked file is replaced and not its link. */
static char *target_of(const char *path, struct stat *st, bool *exists)
{
    *exists = stat(path, st) == 0;
    return *exists && S_ISREG(st->st_mode) ? realpath(path, NULL) : strdup(path);
}

static char *temporary_name(const char *path)
{
    const size_t n = strlen(path) + 32;
    char *t = malloc(n);

    if (t) (void)snprintf(t, n, "%s.tmp-%ld", path, (long)getpid());
    return t;
}

gr_status gr_fs_out_open(gr_fs_out **out, const char *path, gr_err *err)
{
    gr_fs_out *o = calloc(1, sizeof *o);
    gr_status s = GR_OK;
    struct stat st;
    bool exists, straight;

    if (!o) return gr_fail(err, GR_E_NOMEM, "%.300s: out of memory", path);
    o->fd = -1;
    o->path = target_of(path, &st, &exists);
    straight = exists && !S_ISREG(st.st_mode); /* a device or pipe cannot be replaced by a rename */
    if (o->path && !straight) o->tmp = temporary_name(o->path);
    if (!o->path || (!straight && !o->tmp)) {
        s = gr_fail(err, GR_E_NOMEM, "%.300s: out of memory", path);
        goto out;
    }
    o->fd = open(straight ? o->path : o->tmp, O_WRONLY | O_CLOEXEC | (straight ? 0 : O_CREAT | O_TRUNC), 0666);
    if (o->fd < 0) {
        s = fail_write(err, path, errno);
        goto out;
    }
    if (exists && !straight) (void)fchmod(o->fd, st.st_mode & 0777); /* best effort: keep the old file's rights */
    *out = o;
    o = NULL;
out:
    if (o) {
        free(o->path);
        free(o->tmp);
        free(o);
    }
    return s;
}

static gr_status write_all(gr_fs_out *o, const char *p, size_t n, gr_err *err)
{
    while (n) {
        const ssize_t got = write(o->fd, p, n);

        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_write(err, o->path, errno);
        p += got;
        n -= (size_t)got;
    }
    return GR_OK;
}

static gr_status flush(gr_fs_out *o, gr_err *err)
{
    const size_t n = o->held;

    o->held = 0;
    return write_all(o, o->buffer, n, err);
}

gr_status gr_fs_out_write(gr_fs_out *o, const void *p, size_t n, gr_err *err)
{
    if (n > OUT_BUFFER - o->held) GR_TRY(flush(o, err));
    if (n >= OUT_BUFFER) return write_all(o, p, n, err);
    if (n) memcpy(o->buffer + o->held, p, n);
    o->held += n;
    return GR_OK;
}

gr_status gr_fs_out_commit(gr_fs_out *o, gr_err *err)
{
    GR_TRY(flush(o, err));
    if (o->tmp && fsync(o->fd) != 0) return fail_write(err, o->path, errno);
    if (close(o->fd) != 0) {
        o->fd = -1;
        return fail_write(err, o->path, errno);
    }
    o->fd = -1;
    if (o->tmp && rename(o->tmp, o->path) != 0) return fail_write(err, o->path, errno);
    o->committed = true;
    return GR_OK;
}

void gr_fs_out_close(gr_fs_out *o)
{
    if (!o) return;
    if (o->fd >= 0) (void)close(o->fd);
    if (!o->committed && o->tmp) (void)unlink(o->tmp);
    free(o->path);
    free(o->tmp);
    free(o);
}

gr_status gr_fs_write(const char *path, const void *p, size_t n, gr_err *err)
{
    gr_fs_out *o = NULL;
    gr_status s;

    if ((s = gr_fs_out_open(&o, path, err)) != GR_OK) return s;
    s = gr_fs_out_write(o, p, n, err);
    if (s == GR_OK) s = gr_fs_out_commit(o, err);
    gr_fs_out_close(o);
    return s;
}

/* ---- folders and names ---- */

static gr_status make_one(const char *path, gr_err *err)
{
    int e;

    if (mkdir(path, 0777) == 0) return GR_OK;
    e = errno;
    if (gr_fs_is_dir(path)) return GR_OK;
    return fail_write(err, path, e == EEXIST ? ENOTDIR : e);
}

gr_status gr_fs_mkdirs(const char *path, gr_err *err)
{
    char part[GR_PATH_MAX];
    const size_t n = strlen(path);

    if (n == 0) return gr_fail(err, GR_E_IO, "a folder without a name cannot be made");
    if (n >= sizeof part) return fail_write(err, path, ENAMETOOLONG);
    for (size_t i = 0; i <= n; i++) {
        if (i > 0 && (path[i] == '/' || path[i] == '\0') && path[i - 1] != '/') {
            part[i] = '\0';
            GR_TRY(make_one(part, err));
        }
        part[i] = path[i];
    }
    return GR_OK;
}

bool gr_fs_is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool gr_fs_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int64_t gr_fs_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool list_push(gr_fs_list *l, size_t *cap, const char *name)
{
    char *copy = strdup(name);

    if (copy && l->n == *cap) {
        const size_t want = *cap ? *cap * 2 : 16;
        char **more = realloc(l->names, want * sizeof *more);

        if (!more) {
            free(copy);
            return false;
        }
        l->names = more;
        *cap = want;
    }
    if (copy) l->names[l->n++] = copy;
    return copy != NULL;
}

gr_status gr_fs_list_dir(gr_fs_list *out, const char *path, gr_err *err)
{
    DIR *d = opendir(path);
    gr_fs_list l = { NULL, 0 };
    gr_status s = GR_OK;
    size_t cap = 0;
    struct dirent *e;

    if (!d) return fail_errno(err, path, errno);
    while (errno = 0, (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (!list_push(&l, &cap, e->d_name)) {
            s = gr_fail(err, GR_E_NOMEM, "%.300s: out of memory for its names", path);
            goto out;
        }
    }
    if (errno) {
        s = fail_errno(err, path, errno);
        goto out;
    }
    if (l.n) qsort(l.names, l.n, sizeof *l.names, by_bytes);
    *out = l;
    l.names = NULL;
    l.n = 0;
out:
    gr_fs_list_free(&l);
    (void)closedir(d);
    return s;
}

void gr_fs_list_free(gr_fs_list *l)
{
    for (size_t i = 0; i < l->n; i++) free(l->names[i]);
    free(l->names);
    l->names = NULL;
    l->n = 0;
}

bool gr_fs_join(char *out, size_t cap, const char *dir, const char *name)
{
    const size_t nd = strlen(dir);
    const char *sep = nd && name[0] && dir[nd - 1] != '/' ? "/" : "";
    const int n = snprintf(out, cap, "%s%s%s", dir, sep, name);

    return n >= 0 && (size_t)n < cap;
}

const char *gr_fs_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
