/* archive.c - reading packed files; see archive.h. The only file that includes libarchive.
 *
 * Rules kept: sizes in headers are claims, memory grows with the bytes that really come, up to the caps; a warning of
 * libarchive is a failure; zip is read through its central directory only (no guessing from a damaged file).
 *
 * libarchive does not verify the trailer of a gzip stream, and stops at the end mark of a tar. Therefore a gzip file
 * is inflated through a stream of our own that counts and sums what passes and compares with the trailer at the very
 * end of the file; a tar reads from that stream, which is drained after its end mark. What lies behind a gzip stream
 * makes that comparison fail. */
#include "data/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/zip_write.h"

enum { BLOCK = 1 << 16, NAME_MAX_BYTES = 1024 };

typedef enum kind { KIND_FOLDER, KIND_ZIP, KIND_TAR, KIND_TAR_GZ, KIND_GZ, KIND_PLAIN } kind;

static bool ends(const char *s, const char *suffix)
{
    return gr_sv_ends(gr_sv_from(s), suffix);
}

static kind kind_of(const char *path)
{
    if (gr_fs_is_dir(path)) return KIND_FOLDER;
    if (ends(path, ".zip")) return KIND_ZIP;
    if (ends(path, ".tar.gz") || ends(path, ".tgz")) return KIND_TAR_GZ;
    if (ends(path, ".tar")) return KIND_TAR;
    return ends(path, ".gz") ? KIND_GZ : KIND_PLAIN;
}

/* ---- names ---- */

gr_status gr_archive_check_name(const char *name, gr_err *err)
{
    const gr_sv all = gr_sv_from(name);
    gr_sv       rest = all;

    if (all.n == 0) return gr_fail(err, GR_E_FORMAT, "a member has no name");
    if (all.n > NAME_MAX_BYTES) return gr_fail(err, GR_E_FORMAT, "a member's name has %zu bytes", all.n);
    if (name[0] == '/' || (all.n > 1 && name[1] == ':'))
        return gr_fail(err, GR_E_FORMAT, "member '%.*s' has an absolute path", GR_SV_FMT(all));
    while (rest.n) {
        const gr_sv part = gr_sv_split(&rest, '/');
        if (gr_sv_is(part, "..") || memchr(part.p, '\\', part.n) != NULL)
            return gr_fail(err, GR_E_FORMAT, "member '%.*s' leaves the target folder", GR_SV_FMT(all));
    }
    return GR_OK;
}

bool gr_archive_match(const char *pattern, const char *name)
{
    const char *star = strchr(pattern, '*');
    const char *slash;
    size_t      head, tail, n;

    while (name[0] == '.' && name[1] == '/') name += 2;
    if (star == NULL) return strcmp(pattern, name) == 0;
    head = (size_t)(star - pattern);
    tail = strlen(star + 1);
    n = strlen(name);
    if (n < head + tail || memcmp(name, pattern, head) != 0 || memcmp(name + n - tail, star + 1, tail) != 0) return false;
    slash = memchr(name + head, '/', n - head - tail);
    return slash == NULL; /* the star stays inside its folder */
}

/* ---- a scan in progress ---- */

typedef struct scan {
    const char *const *patterns;
    size_t             n_patterns;
    gr_archive_fn      fn;
    void              *user;
    gr_buf             bytes; /* of the current member, reused */
    uint64_t           total;
    size_t             count;
} scan;

static bool wanted(const scan *sc, const char *name)
{
    for (size_t i = 0; i < sc->n_patterns; i++)
        if (sc->patterns[i] != NULL && gr_archive_match(sc->patterns[i], name)) return true;
    return sc->n_patterns == 0;
}

/* name NULL: the file itself, known to the callee as `shown`. */
static gr_status hand_out(scan *sc, const char *name, const char *shown, gr_err *err)
{
    const gr_sv bytes = { sc->bytes.p != NULL ? sc->bytes.p : "", sc->bytes.n };

    if (sc->fn == NULL) return GR_OK;
    if (sc->n_patterns == 0) return sc->fn(sc->user, 0, shown, bytes, err);
    for (size_t i = 0; i < sc->n_patterns; i++) {
        const char *const pat = sc->patterns[i];
        const bool        hit = name == NULL ? pat == NULL : pat != NULL && gr_archive_match(pat, name);
        gr_status         s;

        if (hit && (s = sc->fn(sc->user, i, shown, bytes, err)) != GR_OK) return s;
    }
    return GR_OK;
}

/* One more piece of the current member. */
static gr_status take(scan *sc, const void *p, size_t n, gr_err *err)
{
    if (n > GR_ARCHIVE_MEMBER_MAX - sc->bytes.n)
        return gr_fail(err, GR_E_FORMAT, "more than %zu bytes unpacked", GR_ARCHIVE_MEMBER_MAX);
    sc->total += n;
    if (sc->total > GR_ARCHIVE_TOTAL_MAX)
        return gr_fail(err, GR_E_FORMAT, "the archive unpacks to more than %llu bytes", (unsigned long long)GR_ARCHIVE_TOTAL_MAX);
    gr_buf_add(&sc->bytes, p, n);
    return sc->bytes.oom ? gr_fail_nomem(err, "a member") : GR_OK;
}

/* ---- the stream under a tar or gz: bytes of a file, inflated when it is gzip, with the trailer checked ---- */

typedef struct stream {
    struct archive *raw;   /* format "raw": one member, the inflated bytes */
    bool            gzip, open, ended;
    uint32_t        crc, want_crc, want_size;
    uint64_t        size;
    gr_err          err;   /* why reading stopped, for a tar above it */
    gr_status       s;
    char            block[BLOCK];
} stream;

static gr_status lib_fail(struct archive *a, const char *what, gr_err *err)
{
    const char *const why = archive_error_string(a);
    const int         e = archive_errno(a);
    const bool        io = e == EACCES || e == EPERM || e == EIO || e == EMFILE || e == ENFILE;

    if (e == ENOMEM) return gr_fail_nomem(err, "libarchive");
    if (io && e != EIO) return gr_fail(err, GR_E_IO, "%s", strerror(e)); /* what it may be if not an archive is not known then */
    return gr_fail(err, io ? GR_E_IO : GR_E_FORMAT, "%s: %s", what, why != NULL ? why : "no reason given");
}

static uint32_t le32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* First bytes and the trailer: crc32 and size modulo 2^32 (RFC 1952). */
static gr_status gzip_ends(stream *st, const char *path, gr_err *err)
{
    FILE *const   f = fopen(path, "rb");
    unsigned char head[2] = { 0, 0 }, tail[8];
    gr_status     s = GR_OK;

    if (f == NULL) return gr_fail(err, errno == ENOENT ? GR_E_NOTFOUND : GR_E_IO, "%s", strerror(errno));
    if (fread(head, 1, 2, f) != 2 || head[0] != 0x1f || head[1] != 0x8b) s = gr_fail(err, GR_E_FORMAT, "not a gzip file");
    else if (fseek(f, -8, SEEK_END) != 0 || ftell(f) < 10 || fread(tail, 1, 8, f) != 8)
        s = gr_fail(err, GR_E_FORMAT, "truncated gzip stream");
    else {
        st->want_crc = le32(tail);
        st->want_size = le32(tail + 4);
    }
    (void)fclose(f);
    return s;
}

static gr_status stream_fail(const stream *st, gr_err *err)
{
    return lib_fail(st->raw, st->gzip ? "truncated or damaged gzip stream" : "cannot read", err);
}

static gr_status stream_open(stream *st, const char *path, bool gzip, gr_err *err)
{
    struct archive_entry *entry;
    int                   r;

    st->gzip = gzip;
    if (gzip) GR_TRY(gzip_ends(st, path, err));
    st->raw = archive_read_new();
    if (st->raw == NULL) return gr_fail_nomem(err, "libarchive");
    if (archive_read_support_format_raw(st->raw) != ARCHIVE_OK || archive_read_support_format_empty(st->raw) != ARCHIVE_OK ||
        (gzip && archive_read_support_filter_gzip(st->raw) != ARCHIVE_OK))
        return lib_fail(st->raw, "libarchive", err);
    if (archive_read_open_filename(st->raw, path, BLOCK) != ARCHIVE_OK) return stream_fail(st, err);
    r = archive_read_next_header(st->raw, &entry);
    if (r == ARCHIVE_EOF) {
        st->ended = true;
        return GR_OK;
    }
    return r == ARCHIVE_OK ? GR_OK : stream_fail(st, err);
}

/* *n = 0 at the end, after the trailer was found right. */
static gr_status stream_read(stream *st, size_t *n, gr_err *err)
{
    la_ssize_t got = 0;

    *n = 0;
    if (!st->ended) {
        got = archive_read_data(st->raw, st->block, BLOCK);
        if (got < 0) return stream_fail(st, err);
    }
    if (got > 0) {
        *n = (size_t)got;
        st->size += *n;
        if (st->gzip) st->crc = gr_crc32(st->crc, st->block, *n);
        return GR_OK;
    }
    st->ended = true;
    if (st->gzip && (st->crc != st->want_crc || (uint32_t)st->size != st->want_size))
        return gr_fail(err, GR_E_FORMAT, "gzip checksum does not match, or bytes follow the end of the gzip stream");
    return GR_OK;
}

static void stream_close(stream *st)
{
    if (st->raw != NULL) archive_read_free(st->raw);
}

/* The tar reader's source. libarchive's own type of callback; -1 stops it. */
static la_ssize_t tar_source(struct archive *a, void *user, const void **block)
{
    stream *const st = user;
    size_t        n;

    st->s = stream_read(st, &n, &st->err);
    if (st->s != GR_OK) {
        archive_set_error(a, EIO, "%s", st->err.msg);
        return -1;
    }
    *block = st->block;
    return (la_ssize_t)n;
}

/* ---- zip and tar ---- */

static gr_status check_entry(struct archive_entry *entry, const char **name, gr_err *err)
{
    const unsigned type = archive_entry_filetype(entry);

    *name = archive_entry_pathname(entry);
    if (*name == NULL) *name = archive_entry_pathname_utf8(entry); /* no such characters in the locale */
    if (*name == NULL) return gr_fail(err, GR_E_FORMAT, "a member's name cannot be read");
    GR_TRY(gr_archive_check_name(*name, err));
    if (archive_entry_hardlink(entry) != NULL || archive_entry_symlink(entry) != NULL || type == AE_IFLNK)
        return gr_fail(err, GR_E_FORMAT, "link '%.200s' leaves the target folder: links are not followed", *name);
    if (type != AE_IFREG && type != AE_IFDIR && type != 0)
        return gr_fail(err, GR_E_FORMAT, "member '%.200s' is neither a file nor a folder", *name);
    return GR_OK;
}

static gr_status read_member(scan *sc, struct archive *a, struct archive_entry *entry, const char *name, gr_err *err)
{
    const void *block;
    size_t      n;
    la_int64_t  at;
    gr_status   s;
    int         r;

    gr_buf_reset(&sc->bytes);
    while ((r = archive_read_data_block(a, &block, &n, &at)) == ARCHIVE_OK) {
        if ((uint64_t)at != sc->bytes.n) return gr_fail(err, GR_E_FORMAT, "'%.200s' has holes", name);
        if ((s = take(sc, block, n, err)) != GR_OK) return gr_wrap(err, s, "%.200s", name);
    }
    if (r != ARCHIVE_EOF) {
        s = lib_fail(a, "damaged, cut off, or of another checksum or size than stated", err);
        return gr_wrap(err, s, "%.200s", name);
    }
    if (archive_entry_size_is_set(entry) && archive_entry_size(entry) != (la_int64_t)sc->bytes.n)
        return gr_fail(err, GR_E_FORMAT, "size of '%.200s' does not match: %lld stated, %zu found", name,
                       (long long)archive_entry_size(entry), sc->bytes.n);
    return hand_out(sc, name, name, err);
}

static gr_status each_entry(scan *sc, struct archive *a, const char *what, gr_err *err)
{
    struct archive_entry *entry;
    const char           *name;
    int                   r;

    while ((r = archive_read_next_header(a, &entry)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
        GR_TRY(check_entry(entry, &name, err));
        if (r == ARCHIVE_WARN) return lib_fail(a, name, err);
        if (++sc->count > GR_ARCHIVE_COUNT_MAX)
            return gr_fail(err, GR_E_FORMAT, "more than %zu members", GR_ARCHIVE_COUNT_MAX);
        if (archive_entry_filetype(entry) == AE_IFDIR || !wanted(sc, name)) continue;
        GR_TRY(read_member(sc, a, entry, name, err));
    }
    return r == ARCHIVE_EOF ? GR_OK : lib_fail(a, what, err);
}

static gr_status scan_zip(scan *sc, const char *path, gr_err *err)
{
    struct archive *const a = archive_read_new();
    gr_status             s;

    if (a == NULL) return gr_fail_nomem(err, "libarchive");
    if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK) s = lib_fail(a, "libarchive", err);
    else if (archive_read_open_filename(a, path, BLOCK) != ARCHIVE_OK)
        s = lib_fail(a, "not a zip file, or cut off (no end of central directory)", err);
    else s = each_entry(sc, a, "not a zip file, or damaged", err);
    archive_read_free(a);
    return s;
}

/* The tar's end mark is not the end of the file: what follows is read too, so that the gzip trailer is checked. */
static gr_status drain(stream *st, gr_err *err)
{
    size_t n;

    do GR_TRY(stream_read(st, &n, err));
    while (n > 0);
    return GR_OK;
}

static gr_status scan_tar(scan *sc, const char *path, bool gzip, gr_err *err)
{
    stream *const   st = calloc(1, sizeof *st);
    struct archive *a = NULL;
    gr_status       s;

    if (st == NULL) return gr_fail_nomem(err, "a tar reader");
    if ((s = stream_open(st, path, gzip, err)) != GR_OK) goto out;
    a = archive_read_new();
    if (a == NULL) {
        s = gr_fail_nomem(err, "libarchive");
        goto out;
    }
    if (archive_read_support_format_tar(a) != ARCHIVE_OK) s = lib_fail(a, "libarchive", err);
    else if (archive_read_open(a, st, NULL, tar_source, NULL) != ARCHIVE_OK) s = lib_fail(a, "not a tar file", err);
    else s = each_entry(sc, a, "not a tar file, or damaged", err);
    if (s == GR_OK) s = drain(st, err);
    else if (st->s != GR_OK) { /* the stream below knows better */
        s = st->s;
        if (err != NULL) *err = st->err;
    }
out:
    if (a != NULL) archive_read_free(a);
    stream_close(st);
    free(st);
    return s;
}

/* ---- single files and folders ---- */

static gr_status scan_gz(scan *sc, const char *path, gr_err *err)
{
    stream *const st = calloc(1, sizeof *st);
    char          shown[NAME_MAX_BYTES];
    gr_status     s;
    size_t        n;

    if (st == NULL) return gr_fail_nomem(err, "a gzip reader");
    (void)snprintf(shown, sizeof shown, "%s", gr_fs_basename(path));
    if (ends(shown, ".gz")) shown[strlen(shown) - 3] = '\0';
    gr_buf_reset(&sc->bytes);
    if ((s = stream_open(st, path, true, err)) != GR_OK) goto out;
    for (;;) {
        if ((s = stream_read(st, &n, err)) != GR_OK) goto out;
        if (n == 0) break;
        if ((s = take(sc, st->block, n, err)) != GR_OK) goto out;
    }
    s = hand_out(sc, NULL, shown, err);
out:
    stream_close(st);
    free(st);
    return s;
}

/* A file on disk; `name` NULL: as the whole file. */
static gr_status read_plain(scan *sc, const char *path, const char *name, size_t want, gr_err *err)
{
    char     *p = NULL;
    gr_status s;
    gr_sv     v;
    size_t    n = 0;

    s = gr_fs_read(&p, &n, path, GR_ARCHIVE_MEMBER_MAX, err);
    v.p = p;
    v.n = n;
    if (s == GR_OK && sc->fn != NULL) s = sc->fn(sc->user, want, name, v, err);
    free(p);
    return s;
}

static gr_status scan_plain(scan *sc, const char *path, gr_err *err)
{
    for (size_t i = 0; i < sc->n_patterns; i++)
        if (sc->patterns[i] == NULL) GR_TRY(read_plain(sc, path, gr_fs_basename(path), i, err));
    return sc->n_patterns > 0 ? GR_OK : read_plain(sc, path, gr_fs_basename(path), 0, err);
}

static gr_status scan_glob(scan *sc, const char *folder, size_t want, gr_err *err)
{
    const char *const pattern = sc->patterns[want];
    const char *const slash = strrchr(pattern, '/');
    const int         dir_n = slash != NULL ? (int)(slash - pattern) : 0;
    char              dir[GR_PATH_MAX], sub[GR_PATH_MAX], path[GR_PATH_MAX], name[GR_PATH_MAX];
    gr_fs_list        list = { NULL, 0 };
    gr_status         s = GR_OK;

    (void)snprintf(sub, sizeof sub, "%.*s", dir_n, pattern);
    if (!gr_fs_join(dir, sizeof dir, folder, sub) || !gr_fs_is_dir(dir)) return GR_OK;
    GR_TRY(gr_fs_list_dir(&list, dir, err));
    for (size_t i = 0; s == GR_OK && i < list.n; i++) {
        if (!gr_fs_join(path, sizeof path, dir, list.names[i]) ||
            (size_t)snprintf(name, sizeof name, "%.*s%s%s", dir_n, pattern, slash != NULL ? "/" : "", list.names[i]) >= sizeof name)
            s = gr_fail(err, GR_E_IO, "a path below %.200s is too long", dir);
        else if (gr_archive_match(pattern, name) && gr_fs_is_file(path)) s = read_plain(sc, path, name, want, err);
    }
    gr_fs_list_free(&list);
    return s;
}

static gr_status scan_folder(scan *sc, const char *folder, gr_err *err)
{
    char path[GR_PATH_MAX];

    for (size_t i = 0; i < sc->n_patterns; i++) {
        const char *const pattern = sc->patterns[i];

        if (pattern == NULL) continue;
        GR_TRY(gr_archive_check_name(pattern, err));
        if (strchr(pattern, '*') != NULL) GR_TRY(scan_glob(sc, folder, i, err));
        else if (gr_fs_join(path, sizeof path, folder, pattern) && gr_fs_is_file(path))
            GR_TRY(read_plain(sc, path, pattern, i, err));
    }
    return GR_OK;
}

/* ---- public ---- */

static gr_status scan_any(scan *sc, const char *path, gr_err *err)
{
    switch (kind_of(path)) {
    case KIND_FOLDER: return scan_folder(sc, path, err);
    case KIND_ZIP: return scan_zip(sc, path, err);
    case KIND_TAR: return scan_tar(sc, path, false, err);
    case KIND_TAR_GZ: return scan_tar(sc, path, true, err);
    case KIND_GZ: return scan_gz(sc, path, err);
    default: return scan_plain(sc, path, err);
    }
}

gr_status gr_archive_scan(const char *path, const char *const *patterns, size_t n_patterns, gr_archive_fn fn, void *user,
                          gr_err *err)
{
    scan      sc = { .patterns = patterns, .n_patterns = n_patterns, .fn = fn, .user = user };
    gr_status s;

    if (!gr_fs_is_dir(path) && !gr_fs_is_file(path)) return gr_fail(err, GR_E_NOTFOUND, "%s: no such file or folder", path);
    s = scan_any(&sc, path, err);
    gr_buf_free(&sc.bytes);
    if (s != GR_OK && err && strncmp(err->msg, path, strlen(path)) == 0) return s; /* a plain file's reader has named it */
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", gr_fs_basename(path));
}

/* ---- looking without reading ---- */

static gr_status zip_has(const char *path, const char *pattern, bool *has, gr_err *err)
{
    struct archive *const a = archive_read_new();
    struct archive_entry *entry;
    const char           *name;
    gr_status             s = GR_OK;
    int                   r = ARCHIVE_EOF;

    if (a == NULL) return gr_fail_nomem(err, "libarchive");
    if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK || archive_read_open_filename(a, path, BLOCK) != ARCHIVE_OK)
        s = lib_fail(a, "not a zip file, or cut off (no end of central directory)", err);
    while (s == GR_OK && !*has && (r = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
        s = check_entry(entry, &name, err);
        if (s == GR_OK) *has = gr_archive_match(pattern, name);
    }
    if (s == GR_OK && !*has && r != ARCHIVE_EOF) s = lib_fail(a, "not a zip file, or damaged", err);
    archive_read_free(a);
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", gr_fs_basename(path));
}

static bool folder_has(const char *folder, const char *pattern)
{
    const char *const star = strchr(pattern, '*');
    const char *const slash = strrchr(pattern, '/');
    char              sub[GR_PATH_MAX], path[GR_PATH_MAX];

    if (star == NULL) return gr_fs_join(path, sizeof path, folder, pattern) && gr_fs_is_file(path);
    (void)snprintf(sub, sizeof sub, "%.*s", slash != NULL ? (int)(slash - pattern) : 0, pattern);
    return gr_fs_join(path, sizeof path, folder, sub) && gr_fs_is_dir(path);
}

gr_status gr_archive_has(const char *path, const char *pattern, bool *has, gr_err *err)
{
    *has = false;
    switch (kind_of(path)) {
    case KIND_FOLDER:
        *has = pattern != NULL && folder_has(path, pattern);
        return GR_OK;
    case KIND_ZIP:
        if (pattern != NULL && gr_fs_is_file(path)) return zip_has(path, pattern, has, err);
        return GR_OK;
    default:
        *has = gr_fs_is_file(path);
        return GR_OK;
    }
}
