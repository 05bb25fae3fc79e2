/* zip_write.c - zip archives (APPNOTE 6.3); see zip_write.h. The only file that includes zlib.
 *
 * An entry is compressed in memory, written with its local header, and remembered for the directory at
 * the end. No ZIP64: more than 65535 entries or 4 GiB are refused. */
#include "base/zip_write.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/str.h"

enum {
    METHOD_STORED = 0,
    METHOD_DEFLATED = 8,
    FLAG_UTF8 = 1 << 11,
    VERSION = 20,             /* deflate and folders */
    MADE_BY = 3 << 8 | VERSION, /* 3: Unix, for the file mode */
    DOS_DATE = 0x21,          /* 1980-01-01, the earliest there is */
    ENTRIES_MAX = 65535
};
#define FILE_MODE (UINT32_C(0100644) << 16)
#define SIZE_LIMIT UINT32_MAX

struct gr_zip_out {
    gr_fs_out *file;
    gr_buf     directory; /* central headers so far */
    gr_buf     names;     /* each with a NUL behind it */
    uint64_t   offset;
    unsigned   entries;
    bool       broken;    /* an entry is half written: no commit */
};

uint32_t gr_crc32(uint32_t crc, const void *p, size_t n)
{
    const unsigned char *u = p;
    uLong c = crc;

    while (n) {
        const uInt piece = n > UINT_MAX ? UINT_MAX : (uInt)n;

        c = crc32(c, u, piece);
        u += piece;
        n -= piece;
    }
    return (uint32_t)c;
}

gr_status gr_zip_open(gr_zip_out **out, const char *path, gr_err *err)
{
    gr_zip_out *z = calloc(1, sizeof *z);
    gr_status s;

    if (!z) return gr_fail_nomem(err, "a zip archive");
    s = gr_fs_out_open(&z->file, path, err);
    if (s == GR_OK) *out = z;
    else free(z);
    return s;
}

static void put16(gr_buf *b, unsigned x)
{
    const unsigned char u[2] = { (unsigned char)x, (unsigned char)(x >> 8) };
    gr_buf_add(b, u, sizeof u);
}

static void put32(gr_buf *b, uint32_t x)
{
    put16(b, x & 0xFFFF);
    put16(b, x >> 16);
}

/* Relative, within the archive, and not there yet: what every unpacker takes. */
static gr_status check_name(const gr_zip_out *z, const char *name, gr_err *err)
{
    gr_sv rest = gr_sv_from(name), part;

    if (rest.n == 0 || rest.n > 0xFFFF) return gr_fail(err, GR_E_ARG, "a zip entry needs a name of 1 to 65535 bytes");
    if (name[0] == '/' || strchr(name, '\\')) return gr_fail(err, GR_E_ARG, "zip entry '%s' is not a relative name", name);
    while (rest.n) {
        part = gr_sv_split(&rest, '/');
        if (part.n == 0 || gr_sv_is(part, ".") || gr_sv_is(part, ".."))
            return gr_fail(err, GR_E_ARG, "zip entry '%s' is not a plain path", name);
    }
    for (size_t i = 0; i < z->names.n; i += strlen(z->names.p + i) + 1)
        if (strcmp(z->names.p + i, name) == 0) return gr_fail(err, GR_E_ARG, "zip entry '%s' stands twice", name);
    return GR_OK;
}

/* Raw deflate; *packed is NULL, with GR_OK, when that would not be shorter. */
static gr_status pack(unsigned char **packed, size_t *n_packed, const void *p, size_t n, gr_err *err)
{
    z_stream zs;
    unsigned char *out;
    uLong bound;
    int r;

    *packed = NULL;
    memset(&zs, 0, sizeof zs);
    if (deflateInit2(&zs, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return gr_fail_nomem(err, "compression");
    bound = deflateBound(&zs, (uLong)n);
    out = malloc(bound);
    if (!out) {
        (void)deflateEnd(&zs);
        return gr_fail_nomem(err, "compression");
    }
    zs.next_in = (z_const Bytef *)(uintptr_t)p;
    zs.avail_in = (uInt)n;
    zs.next_out = out;
    zs.avail_out = bound > UINT_MAX ? UINT_MAX : (uInt)bound;
    r = deflate(&zs, Z_FINISH);
    *n_packed = (size_t)zs.total_out;
    (void)deflateEnd(&zs);
    if (r == Z_STREAM_END && *n_packed < n) *packed = out;
    else free(out);
    return GR_OK;
}

typedef struct entry {
    const char *name;
    unsigned    method;
    uint32_t    crc, n_stored, n;
} entry;

/* The part that the local and the central header share. */
static void put_facts(gr_buf *b, const entry *e)
{
    bool ascii = true;

    for (const char *c = e->name; *c; c++) ascii = ascii && (unsigned char)*c < 0x80;
    put16(b, VERSION);
    put16(b, ascii ? 0 : FLAG_UTF8);
    put16(b, e->method);
    put16(b, 0); /* time */
    put16(b, DOS_DATE);
    put32(b, e->crc);
    put32(b, e->n_stored);
    put32(b, e->n);
    put16(b, (unsigned)strlen(e->name));
    put16(b, 0); /* extra */
}

static void put_central(gr_buf *b, const entry *e, uint64_t offset)
{
    put32(b, 0x02014b50);
    put16(b, MADE_BY);
    put_facts(b, e);
    put16(b, 0); /* comment */
    put16(b, 0); /* disk    */
    put16(b, 0); /* internal attributes */
    put32(b, FILE_MODE);
    put32(b, (uint32_t)offset);
    gr_buf_adds(b, e->name);
}

static gr_status write_entry(gr_zip_out *z, const entry *e, const void *stored, gr_err *err)
{
    gr_buf head = { NULL, 0, 0, false };
    const uint64_t offset = z->offset;
    gr_status s;

    put32(&head, 0x04034b50);
    put_facts(&head, e);
    gr_buf_adds(&head, e->name);
    put_central(&z->directory, e, offset);
    gr_buf_add(&z->names, e->name, strlen(e->name) + 1);
    if (head.oom || z->directory.oom || z->names.oom) {
        s = gr_fail_nomem(err, "a zip archive");
        goto out;
    }
    if ((s = gr_fs_out_write(z->file, head.p, head.n, err)) != GR_OK) goto out;
    if ((s = gr_fs_out_write(z->file, stored, e->n_stored, err)) != GR_OK) goto out;
    z->offset += head.n + e->n_stored;
    z->entries++;
out:
    gr_buf_free(&head);
    return s;
}

gr_status gr_zip_add(gr_zip_out *z, const char *name, const void *p, size_t n, gr_err *err)
{
    unsigned char *packed = NULL;
    size_t n_packed = 0;
    gr_status s;
    entry e;

    if (z->broken) return gr_fail(err, GR_E_IO, "the zip archive is incomplete: an entry could not be written");
    GR_TRY(check_name(z, name, err));
    if (n > SIZE_LIMIT - 0xFFFFF || z->offset + n + 0xFFFFF > SIZE_LIMIT || z->entries == ENTRIES_MAX)
        return gr_fail(err, GR_E_UNSUPPORTED, "zip entry '%s' would make the archive larger than 4 GiB or 65535 entries", name);
    GR_TRY(pack(&packed, &n_packed, p, n, err));
    e.name = name;
    e.method = packed ? METHOD_DEFLATED : METHOD_STORED;
    e.crc = gr_crc32(0, p, n);
    e.n = (uint32_t)n;
    e.n_stored = (uint32_t)(packed ? n_packed : n);
    s = write_entry(z, &e, packed ? packed : p, err);
    z->broken = s != GR_OK;
    free(packed);
    return s;
}

gr_status gr_zip_commit(gr_zip_out *z, gr_err *err)
{
    const size_t n = z->directory.n;

    if (z->broken) return gr_fail(err, GR_E_IO, "the zip archive is incomplete: an entry could not be written");
    if (n > SIZE_LIMIT - z->offset)
        return gr_fail(err, GR_E_UNSUPPORTED, "the zip archive's directory does not fit");
    put32(&z->directory, 0x06054b50);
    put32(&z->directory, 0); /* disks */
    put16(&z->directory, z->entries);
    put16(&z->directory, z->entries);
    put32(&z->directory, (uint32_t)n);
    put32(&z->directory, (uint32_t)z->offset);
    put16(&z->directory, 0); /* comment */
    if (z->directory.oom) return gr_fail_nomem(err, "a zip archive");
    GR_TRY(gr_fs_out_write(z->file, z->directory.p, z->directory.n, err));
    return gr_fs_out_commit(z->file, err);
}

void gr_zip_close(gr_zip_out *z)
{
    if (!z) return;
    gr_fs_out_close(z->file);
    gr_buf_free(&z->directory);
    gr_buf_free(&z->names);
    free(z);
}
