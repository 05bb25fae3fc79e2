/* part.c - see part.h. */
#include "data/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_TRIES = 100 };

static gr_status fail(gr_err *err, const char *path, int e)
{
    return gr_fail(err, GR_E_IO, "%.300s: %s", path, strerror(e));
}

static gr_status make_parent(const char *path, gr_err *err)
{
    char dir[GR_PATH_MAX];

    (void)snprintf(dir, sizeof dir, "%.*s", (int)(gr_fs_basename(path) - path), path);
    return dir[0] != '\0' ? gr_fs_mkdirs(dir, err) : GR_OK;
}

/* Open and lock. Between the two another process may have given the part its own name: then it is opened anew, but not for ever: there are
 * file systems whose files have another number each time they are asked. */
static gr_status open_locked(gr_part *p, gr_err *err)
{
    struct stat here, there;

    for (int tries = 0; tries < OPEN_TRIES; tries++) {
        p->fd = open(p->name, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (p->fd < 0) return fail(err, p->name, errno);
        if (flock(p->fd, LOCK_EX | LOCK_NB) != 0)
            return errno == EWOULDBLOCK ? gr_fail(err, GR_E_IO, "%.300s: another process is fetching it", p->path) : fail(err, p->name, errno);
        if (fstat(p->fd, &here) != 0) return fail(err, p->name, errno);
        if (!S_ISREG(here.st_mode)) return gr_fail(err, GR_E_IO, "%.300s: not a regular file", p->name);
        if (stat(p->name, &there) == 0 && here.st_ino == there.st_ino && here.st_dev == there.st_dev) return GR_OK;
        (void)close(p->fd);
        p->fd = -1;
    }
    return gr_fail(err, GR_E_IO, "%.300s: another file each time it is opened: name another folder", p->name);
}

/* Size and digest of what an earlier call left. */
static gr_status read_left(gr_part *p, gr_err *err)
{
    char block[1 << 16];

    for (;;) {
        const ssize_t n = pread(p->fd, block, sizeof block, (off_t)p->size);

        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(err, p->name, errno);
        if (n == 0) return GR_OK;
        gr_sha256_add(&p->sha, block, (size_t)n);
        p->size += n;
    }
}

gr_status gr_part_open(gr_part *p, const char *path, gr_err *err)
{
    gr_status s;

    memset(p, 0, sizeof *p);
    p->fd = -1;
    gr_sha256_init(&p->sha);
    (void)snprintf(p->path, sizeof p->path, "%s", path);
    if ((size_t)snprintf(p->name, sizeof p->name, "%s.part", path) >= sizeof p->name) return fail(err, path, ENAMETOOLONG);
    GR_TRY(make_parent(path, err));
    s = open_locked(p, err);
    if (s == GR_OK) s = read_left(p, err);
    if (s != GR_OK && p->fd >= 0) {
        (void)close(p->fd);
        p->fd = -1;
    }
    return s;
}

gr_status gr_part_add(gr_part *p, const void *bytes, size_t n, gr_err *err)
{
    const char *at = bytes;

    while (n > 0) {
        const ssize_t got = write(p->fd, at, n);

        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(err, p->name, errno);
        gr_sha256_add(&p->sha, at, (size_t)got);
        p->size += got;
        at += got;
        n -= (size_t)got;
    }
    return GR_OK;
}

gr_status gr_part_restart(gr_part *p, gr_err *err)
{
    if (ftruncate(p->fd, 0) != 0) return fail(err, p->name, errno);
    p->size = 0;
    gr_sha256_init(&p->sha);
    return GR_OK;
}

void gr_part_sha256(const gr_part *p, char out[GR_SHA256_HEX])
{
    gr_sha256 copy = p->sha;

    gr_sha256_hex(&copy, out);
}

gr_status gr_part_commit(gr_part *p, gr_err *err)
{
    if (fsync(p->fd) != 0) return fail(err, p->name, errno);
    if (rename(p->name, p->path) != 0) return fail(err, p->path, errno);
    (void)close(p->fd);
    p->fd = -1;
    return GR_OK;
}

void gr_part_drop(gr_part *p)
{
    if (p->fd < 0) return;
    (void)unlink(p->name);
    (void)close(p->fd);
    p->fd = -1;
}

void gr_part_close(gr_part *p)
{
    if (p->fd >= 0 && p->size == 0) gr_part_drop(p);
    if (p->fd >= 0) (void)close(p->fd);
    p->fd = -1;
}
