/* zip_map.c - the central directory of a zip archive (PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.6 to 4.5.3), ZIP64
 * included; see zip_map.h.
 *
 *   local header, data, local header, data, ...     30 bytes, name, extra field; sizes there may be 0 and are not read
 *   central directory                               46 bytes, name, extra field, comment for each entry
 *   [ZIP64 end record (56 bytes), its locator (20)]
 *   end record                                      22 bytes and a comment
 *
 * Rules kept: every offset and length is checked against the bytes before it is used; an archive that is split,
 * encrypted or compressed is refused. */
#include "model/zip_map.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum {
    END_BYTES = 22, END64_BYTES = 56, LOCATOR_BYTES = 20, CENTRAL_BYTES = 46, LOCAL_BYTES = 30, COMMENT_MAX = 65535,
    EXTRA_ZIP64 = 1, ENTRIES_MAX = 1 << 20
};

static const uint32_t SIG_END = 0x06054b50, SIG_END64 = 0x06064b50, SIG_LOCATOR = 0x07064b50, SIG_CENTRAL = 0x02014b50, SIG_LOCAL = 0x04034b50;

static uint64_t number(const unsigned char *p, size_t bytes)
{
    uint64_t x = 0;

    for (size_t i = bytes; i-- > 0;) x = x << 8 | p[i];
    return x;
}

static bool is(const unsigned char *p, uint32_t signature)
{
    return number(p, 4) == signature;
}

/* ---- the end record ---- */

typedef struct directory {
    uint64_t at, bytes, entries;
} directory;

static const unsigned char *find_end(const unsigned char *p, size_t n)
{
    if (n < END_BYTES) return NULL;
    for (size_t at = n - END_BYTES, stop = at > COMMENT_MAX ? at - COMMENT_MAX : 0;; at--) {
        if (is(p + at, SIG_END) && number(p + at + 20, 2) <= n - at - END_BYTES) return p + at;
        if (at == stop) return NULL;
    }
}

static gr_status read_end64(directory *d, const unsigned char *p, size_t n, const unsigned char *locator, gr_err *err)
{
    const uint64_t at = number(locator + 8, 8);

    if (number(locator + 16, 4) > 1) return gr_fail(err, GR_E_UNSUPPORTED, "the zip archive has several parts");
    if (n < END64_BYTES || at > n - END64_BYTES || !is(p + at, SIG_END64)) return gr_fail(err, GR_E_FORMAT, "the zip archive's end record is damaged");
    d->entries = number(p + at + 32, 8);
    d->bytes = number(p + at + 40, 8);
    d->at = number(p + at + 48, 8);
    return GR_OK;
}

static gr_status read_end(directory *d, const unsigned char *p, size_t n, gr_err *err)
{
    const unsigned char *end = find_end(p, n);

    if (!end) return gr_fail(err, GR_E_FORMAT, "the zip archive has no end: the file is cut off or not a zip archive");
    d->entries = number(end + 10, 2);
    d->bytes = number(end + 12, 4);
    d->at = number(end + 16, 4);
    if (end - p >= LOCATOR_BYTES && is(end - LOCATOR_BYTES, SIG_LOCATOR)) GR_TRY(read_end64(d, p, n, end - LOCATOR_BYTES, err));
    else if (number(end + 4, 2) || number(end + 6, 2)) return gr_fail(err, GR_E_UNSUPPORTED, "the zip archive has several parts");
    if (d->at > n || d->bytes > n - d->at) return gr_fail(err, GR_E_FORMAT, "the zip archive's directory runs past the end of the file");
    if (d->entries > ENTRIES_MAX || d->entries > d->bytes / CENTRAL_BYTES)
        return gr_fail(err, GR_E_FORMAT, "the zip archive's directory has no room for %llu entries", (unsigned long long)d->entries);
    return GR_OK;
}

/* ---- entries ---- */

/* Sizes and place of 0xffffffff stand in the ZIP64 extra field, in this order. */
static bool read_extra(uint64_t *const value[3], const unsigned char *p, size_t n)
{
    bool any = false;

    for (int i = 0; i < 3; i++) any = any || *value[i] == 0xffffffffu;
    if (!any) return true;
    while (n >= 4) {
        const size_t id = (size_t)number(p, 2), len = (size_t)number(p + 2, 2);
        size_t at = 4;

        if (len > n - 4) return false;
        if (id == EXTRA_ZIP64) {
            for (int i = 0; i < 3; i++) {
                if (*value[i] != 0xffffffffu) continue;
                if (at + 8 > 4 + len) return false;
                *value[i] = number(p + at, 8);
                at += 8;
            }
            return true;
        }
        p += 4 + len;
        n -= 4 + len;
    }
    return false;
}

/* Where the data begins: behind the local header and its own name and extra field. */
static gr_status find_data(gr_zip_entry *e, const unsigned char *p, size_t n, uint64_t at, uint64_t bytes, gr_err *err)
{
    size_t skip;

    if (n < LOCAL_BYTES || at > n - LOCAL_BYTES || !is(p + at, SIG_LOCAL))
        return gr_fail(err, GR_E_FORMAT, "zip entry '%.*s' does not begin where the directory says", GR_SV_FMT(e->name));
    skip = LOCAL_BYTES + (size_t)number(p + at + 26, 2) + (size_t)number(p + at + 28, 2);
    if (skip > n - at || bytes > n - at - skip)
        return gr_fail(err, GR_E_FORMAT, "zip entry '%.*s' runs past the end of the file", GR_SV_FMT(e->name));
    e->p = p + at + skip;
    e->n = (size_t)bytes;
    return GR_OK;
}

/* One entry of the directory, *c of it is moved behind it; `left` are the bytes from there to the directory's end. */
static gr_status read_entry(gr_zip_entry *e, const unsigned char *p, size_t n, const unsigned char **c, size_t *left, gr_err *err)
{
    const unsigned char *h = *c;
    uint64_t packed, bytes, at;
    size_t name, extra, comment;

    if (*left < CENTRAL_BYTES || !is(h, SIG_CENTRAL)) return gr_fail(err, GR_E_FORMAT, "the zip archive's directory is damaged");
    name = (size_t)number(h + 28, 2);
    extra = (size_t)number(h + 30, 2);
    comment = (size_t)number(h + 32, 2);
    if (name + extra + comment > *left - CENTRAL_BYTES) return gr_fail(err, GR_E_FORMAT, "the zip archive's directory is damaged");
    e->name = (gr_sv){ (const char *)h + CENTRAL_BYTES, name };
    if (number(h + 8, 2) & 1) return gr_fail(err, GR_E_UNSUPPORTED, "zip entry '%.*s' is encrypted", GR_SV_FMT(e->name));
    packed = number(h + 20, 4);
    bytes = number(h + 24, 4);
    at = number(h + 42, 4);
    if (!read_extra((uint64_t *const[3]){ &bytes, &packed, &at }, h + CENTRAL_BYTES + name, extra))
        return gr_fail(err, GR_E_FORMAT, "zip entry '%.*s': its sizes are missing", GR_SV_FMT(e->name));
    if (number(h + 10, 2) != 0)
        return gr_fail(err, GR_E_UNSUPPORTED, "zip entry '%.*s' is compressed, which torch.save never does; load the file and save it again", GR_SV_FMT(e->name));
    if (packed != bytes) return gr_fail(err, GR_E_FORMAT, "zip entry '%.*s' is stored and has two sizes", GR_SV_FMT(e->name));
    GR_TRY(find_data(e, p, n, at, bytes, err));
    *c += CENTRAL_BYTES + name + extra + comment;
    *left -= CENTRAL_BYTES + name + extra + comment;
    return GR_OK;
}

static int by_name(const void *a, const void *b)
{
    return gr_sv_cmp(((const gr_zip_entry *)a)->name, ((const gr_zip_entry *)b)->name);
}

static gr_status read_all(gr_zip_map *z, const directory *d, const unsigned char *p, size_t n, gr_err *err)
{
    const unsigned char *c = p + d->at;
    size_t left = (size_t)d->bytes;

    for (; z->n < d->entries; z->n++) GR_TRY(read_entry(&z->e[z->n], p, n, &c, &left, err));
    if (z->n) qsort(z->e, z->n, sizeof *z->e, by_name);
    for (size_t i = 1; i < z->n; i++)
        if (gr_sv_eq(z->e[i - 1].name, z->e[i].name)) return gr_fail(err, GR_E_FORMAT, "zip entry '%.*s' appears twice", GR_SV_FMT(z->e[i].name));
    return GR_OK;
}

gr_status gr_zip_map_open(gr_zip_map *out, const unsigned char *p, size_t n, gr_err *err)
{
    directory d = { 0 };
    gr_status s;

    memset(out, 0, sizeof *out);
    GR_TRY(read_end(&d, p, n, err));
    out->e = calloc((size_t)d.entries + 1, sizeof *out->e);
    if (!out->e) return gr_fail_nomem(err, "the zip archive's directory");
    s = read_all(out, &d, p, n, err);
    if (s != GR_OK) gr_zip_map_free(out);
    return s;
}

const gr_zip_entry *gr_zip_map_find(const gr_zip_map *z, gr_sv name)
{
    size_t lo = 0, hi = z->n;

    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        const int c = gr_sv_cmp(name, z->e[mid].name);

        if (c == 0) return &z->e[mid];
        if (c < 0) hi = mid;
        else lo = mid + 1;
    }
    return NULL;
}

void gr_zip_map_free(gr_zip_map *z)
{
    free(z->e);
    memset(z, 0, sizeof *z);
}
