/* torch_file.c - a zip archive of torch.save as a list of tensors; see torch_file.h.
 *
 *   <name>/data.pkl     the pickle: tensors by name, each a view of a storage
 *   <name>/byteorder    "little" or "big"; older files have none and are little-endian
 *   <name>/data/<key>   the bytes of one storage
 *
 * Rules kept: a tensor lies inside its storage and a storage inside its record; what must be copied is bounded by the
 * file's size. */
#include "model/torch_file.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "model/zip_map.h"

enum { PREFIX_MAX = 256, COPIES_MAX = 4 }; /* of the file's size, for tensors whose elements must be moved */

typedef struct reader {
    gr_torch_file *out;
    gr_zip_map     zip;
    gr_sv          prefix; /* "pytorch_model/" */
    size_t         budget; /* bytes that may still be copied */
    gr_err        *err;
} reader;

/* ---- files of other kinds ---- */

static bool begins(const unsigned char *p, size_t n, const char *with, size_t len)
{
    return n >= len && memcmp(p, with, len) == 0;
}

bool gr_is_lfs_pointer(const unsigned char *p, size_t n)
{
    static const char first[] = "version https://git-lfs";
    return begins(p, n, first, sizeof first - 1);
}

static gr_status check_kind(const unsigned char *p, size_t n, gr_err *err)
{
    static const char legacy[] = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.";

    if (begins(p, n, "PK\003\004", 4)) return GR_OK;
    if (gr_is_lfs_pointer(p, n)) return gr_fail(err, GR_E_FORMAT, "a Git LFS pointer in the place of the weights; fetch them with: git lfs pull");
    if (begins(p, n, legacy, sizeof legacy - 1))
        return gr_fail(err, GR_E_UNSUPPORTED, "saved by torch before 1.6, without a zip archive; save it again: "
                       "python -c \"import torch; f = 'pytorch_model.bin'; torch.save(torch.load(f, weights_only=True), f)\"");
    if (n >= 262 && memcmp(p + 257, "ustar", 5) == 0)
        return gr_fail(err, GR_E_UNSUPPORTED, "a tar archive of torch before 0.2; load it with torch, if you trust its source, and save it again");
    if (n && p[0] == 0x80) return gr_fail(err, GR_E_FORMAT, "a bare pickle, not a file of torch.save; nothing was executed");
    return gr_fail(err, GR_E_FORMAT, "not a zip archive of torch.save");
}

/* ---- records ---- */

static const gr_zip_entry *record(const reader *r, const char *folder, const char *name)
{
    char path[PREFIX_MAX + 128];
    const int n = snprintf(path, sizeof path, "%.*s%s%s", (int)r->prefix.n, r->prefix.p, folder, name);

    return n > 0 && (size_t)n < sizeof path ? gr_zip_map_find(&r->zip, (gr_sv){ path, (size_t)n }) : NULL;
}

/* The folder that holds the pickle; what lies beside it belongs to it. */
static gr_status find_prefix(reader *r)
{
    static const char tail[] = "data.pkl";
    bool found = false;

    for (size_t i = 0; i < r->zip.n; i++) {
        const gr_sv name = r->zip.e[i].name;
        const size_t stem = name.n - (gr_sv_ends(name, tail) ? sizeof tail - 1 : 0);

        if (stem == name.n || stem > PREFIX_MAX || (stem && name.p[stem - 1] != '/') || memchr(name.p, '\0', stem)) continue;
        if (found) return gr_fail(r->err, GR_E_FORMAT, "two pickles in one archive");
        found = true;
        r->prefix = (gr_sv){ name.p, stem };
    }
    return found ? GR_OK : gr_fail(r->err, GR_E_FORMAT, "a zip archive without data.pkl: not a file of torch.save");
}

static gr_status check_order(const reader *r)
{
    const gr_zip_entry *e = record(r, "byteorder", "");

    if (!e || (e->n == 6 && memcmp(e->p, "little", 6) == 0)) return GR_OK;
    if (e->n == 3 && memcmp(e->p, "big", 3) == 0)
        return gr_fail(r->err, GR_E_UNSUPPORTED, "written on a big-endian machine; load it with torch and save it as model.safetensors");
    return gr_fail(r->err, GR_E_FORMAT, "its byte order is neither little nor big");
}

/* ---- tensors ---- */

static bool row_by_row(const gr_pickle_tensor *t)
{
    size_t step = 1;

    for (int i = t->ndim; i-- > 0;) {
        if (t->shape[i] != 1 && (size_t)t->stride[i] != step) return false;
        step *= (size_t)t->shape[i]; /* at most t->count */
    }
    return true;
}

/* The elements in the order of the shape; the index counts up like an odometer. */
static void gather(unsigned char *to, const unsigned char *from, const gr_pickle_tensor *t)
{
    int64_t index[GR_ST_MAX_DIMS] = { 0 };
    size_t at = t->offset;

    for (size_t k = 0; k < t->count; k++) {
        memcpy(to + k * t->size, from + at * t->size, t->size);
        for (int i = t->ndim; i-- > 0;) {
            at += (size_t)t->stride[i];
            if (++index[i] < t->shape[i]) break;
            at -= (size_t)t->stride[i] * (size_t)t->shape[i];
            index[i] = 0;
        }
    }
}

static gr_status place(reader *r, gr_st_tensor *out, const gr_pickle_tensor *t)
{
    const gr_zip_entry *e = record(r, "data/", t->storage);
    unsigned char *copy;
    size_t want;

    if (!e) return gr_fail(r->err, GR_E_FORMAT, "tensor '%.200s': its storage '%s' is not in the archive", t->name, t->storage);
    if (!gr_mul_size(&want, t->numel, t->size) || e->n < want)
        return gr_fail(r->err, GR_E_FORMAT, "tensor '%.200s': its storage '%s' has %zu bytes, not %zu elements of %zu", t->name, t->storage, e->n, t->numel, t->size);
    *out = (gr_st_tensor){ .name = t->name, .dtype = t->dtype, .ndim = t->ndim, .count = t->count, .bytes = t->count * t->size };
    memcpy(out->shape, t->shape, sizeof out->shape);
    out->data = t->count ? e->p + t->offset * t->size : e->p;
    if (t->count == 0 || row_by_row(t)) return GR_OK;
    if (out->bytes > r->budget)
        return gr_fail(r->err, GR_E_FORMAT, "tensor '%.200s': too much of the file does not lie row by row; save the tensors after .contiguous()", t->name);
    r->budget -= out->bytes;
    copy = gr_arena_alloc(&r->out->pickle.arena, out->bytes);
    if (!copy) return gr_fail_nomem(r->err, t->name);
    gather(copy, e->p, t);
    out->data = copy;
    return GR_OK;
}

static gr_status read_archive(reader *r, const unsigned char *p, size_t n)
{
    const gr_zip_entry *pickle;
    gr_torch_file *f = r->out;

    GR_TRY(check_kind(p, n, r->err));
    GR_TRY(gr_zip_map_open(&r->zip, p, n, r->err));
    GR_TRY(find_prefix(r));
    GR_TRY(check_order(r));
    pickle = record(r, "data.pkl", "");
    if (!pickle) return gr_fail(r->err, GR_E_INTERNAL, "data.pkl was found and is gone");
    GR_TRY(gr_pickle_read(&f->pickle, pickle->p, pickle->n, r->err));
    f->t = gr_arena_calloc(&f->pickle.arena, f->pickle.n + 1, sizeof *f->t);
    if (!f->t) return gr_fail_nomem(r->err, "the list of tensors");
    for (; f->n < f->pickle.n; f->n++) GR_TRY(place(r, &f->t[f->n], &f->pickle.t[f->n]));
    return GR_OK;
}

gr_status gr_torch_file_read(gr_torch_file *out, const unsigned char *p, size_t n, gr_err *err)
{
    reader r = { .out = out, .err = err };
    gr_status s;

    memset(out, 0, sizeof *out);
    if (!gr_mul_size(&r.budget, n, COPIES_MAX)) r.budget = n;
    s = read_archive(&r, p, n);
    gr_zip_map_free(&r.zip);
    if (s != GR_OK) gr_torch_file_free(out);
    return s;
}

void gr_torch_file_free(gr_torch_file *f)
{
    gr_pickle_free(&f->pickle);
    memset(f, 0, sizeof *f);
}
