/* safetensors.c - reading .safetensors files, and what tensors of all files have in common; see safetensors.h.
 *
 *   u64 little-endian   length N of the header
 *   N bytes             {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {...}}
 *   the rest            tensor bytes; offsets count from here
 *
 * Rules kept: the tensors must cover the rest of the file exactly, without overlap or hole; every size is a checked
 * product; the header is capped; names are unique within a file and over the shards of a folder. */
#include "model/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "base/sha256.h"
#include "model/safetensors_impl.h"
#include "model/safetensors_types.h"

enum { SHARDS_MAX = 4096 };
static const double LARGEST_EXACT = 9007199254740992.0; /* 2^53: whole numbers up to here are exact in a double */

/* ---- one tensor's entry ---- */

static gr_status read_shape(gr_st_tensor *t, const gr_json *shape, gr_err *err)
{
    t->ndim = 0;
    t->count = 1;
    if (!gr_json_is_array(shape)) return gr_fail(err, GR_E_FORMAT, "tensor '%s' has no shape", t->name);
    for (const gr_json *d = gr_json_first(shape); d; d = gr_json_next(d)) {
        const double x = gr_json_num(d, 0.5);

        if (t->ndim == GR_ST_MAX_DIMS)
            return gr_fail(err, GR_E_FORMAT, "tensor '%s' has more than %d dimensions", t->name, GR_ST_MAX_DIMS);
        if (x < 0.0) return gr_fail(err, GR_E_FORMAT, "tensor '%s' has a negative dimension", t->name);
        if (x > LARGEST_EXACT) return gr_fail(err, GR_E_FORMAT, "tensor '%s': size overflows", t->name);
        if (x != (double)(int64_t)x) return gr_fail(err, GR_E_FORMAT, "tensor '%s': dimension is not an integer", t->name);
        t->shape[t->ndim] = (int64_t)x;
        if (!gr_mul_size(&t->count, t->count, (size_t)t->shape[t->ndim]))
            return gr_fail(err, GR_E_FORMAT, "tensor '%s': size overflows", t->name);
        t->ndim++;
    }
    return GR_OK;
}

static gr_status read_offsets(size_t at[2], const gr_st_tensor *t, const gr_json *offsets, size_t room, gr_err *err)
{
    if (!gr_json_is_array(offsets)) return gr_fail(err, GR_E_FORMAT, "tensor '%s' has no data_offsets", t->name);
    if (gr_json_len(offsets) != 2) return gr_fail(err, GR_E_FORMAT, "tensor '%s': two offsets expected", t->name);
    for (size_t i = 0; i < 2; i++) {
        const double x = gr_json_num(gr_json_at(offsets, i), 0.5);

        if (x < 0.0) return gr_fail(err, GR_E_FORMAT, "tensor '%s' has a negative offset", t->name);
        if (x > LARGEST_EXACT) return gr_fail(err, GR_E_FORMAT, "tensor '%s' ends past the end of the file", t->name);
        if (x != (double)(int64_t)x) return gr_fail(err, GR_E_FORMAT, "tensor '%s': offset is not an integer", t->name);
        at[i] = (size_t)x;
    }
    if (at[1] < at[0]) return gr_fail(err, GR_E_FORMAT, "tensor '%s' ends before it begins", t->name);
    if (at[1] > room) return gr_fail(err, GR_E_FORMAT, "tensor '%s' ends past the end of the file", t->name);
    return GR_OK;
}

/* entry: one member of the header. data, room: the bytes behind the header. */
static gr_status read_entry(gr_st_tensor *t, const gr_json *entry, const unsigned char *data, size_t room, gr_err *err)
{
    const char *type;
    size_t at[2], bits, want;

    memset(t, 0, sizeof *t);
    t->name = gr_json_key(entry);
    if (strlen(t->name) == 0) return gr_fail(err, GR_E_FORMAT, "a tensor has no name");
    if (!gr_json_is_object(entry)) return gr_fail(err, GR_E_FORMAT, "tensor '%s' is not described by an object", t->name);
    type = gr_json_str(gr_json_get(entry, "dtype"), NULL);
    if (!type) return gr_fail(err, GR_E_FORMAT, "tensor '%s' has no dtype", t->name);
    bits = gr_st_type_bits(&t->dtype, type);
    if (bits == 0) return gr_fail(err, GR_E_FORMAT, "tensor '%s' has the unknown type '%s'", t->name, type);
    GR_TRY(read_shape(t, gr_json_get(entry, "shape"), err));
    GR_TRY(read_offsets(at, t, gr_json_get(entry, "data_offsets"), room, err));
    if (!gr_mul_size(&want, t->count, bits)) return gr_fail(err, GR_E_FORMAT, "tensor '%s': size overflows", t->name);
    if (want % 8 != 0) return gr_fail(err, GR_E_FORMAT, "tensor '%s': its shape does not fill whole bytes", t->name);
    t->bytes = at[1] - at[0];
    if (t->bytes != want / 8)
        return gr_fail(err, GR_E_FORMAT, "tensor '%s': %zu bytes where its shape needs %zu", t->name, t->bytes, want / 8);
    t->data = data + at[0];
    return GR_OK;
}

/* ---- one file ---- */

static int by_place(const void *a, const void *b)
{
    const gr_st_tensor *x = a, *y = b;

    if (x->data != y->data) return x->data < y->data ? -1 : 1;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? -1 : 1; /* empty tensors before the one that begins there */
    return strcmp(x->name, y->name);
}

static gr_status check_cover(const gr_st_tensor *t, size_t n, const unsigned char *data, size_t room, gr_err *err)
{
    size_t end = 0;

    for (size_t i = 0; i < n; i++) {
        const size_t begin = (size_t)(t[i].data - data);

        if (begin < end) return gr_fail(err, GR_E_FORMAT, "tensor '%s' overlaps tensor '%s'", t[i].name, t[i - 1].name);
        if (begin > end) return gr_fail(err, GR_E_FORMAT, "bytes %zu..%zu belong to no tensor", end, begin);
        end = begin + t[i].bytes;
    }
    if (end != room) return gr_fail(err, GR_E_FORMAT, "bytes after the last tensor: %zu", room - end);
    return GR_OK;
}

static gr_status grow(gr_st *s, size_t more, gr_err *err)
{
    size_t n, bytes;
    gr_st_tensor *p;

    if (!gr_add_size(&n, s->n, more) || !gr_mul_size(&bytes, n + 1, sizeof *p)) return gr_fail_nomem(err, "the list of tensors");
    p = realloc(s->tensors, bytes);
    if (!p) return gr_fail_nomem(err, "the list of tensors");
    s->tensors = p;
    s->cap = n;
    return GR_OK;
}

static gr_status parse_header(gr_st_shard *f, size_t *header_bytes, gr_err *err)
{
    uint64_t len = 0;
    gr_status s;

    if (gr_is_lfs_pointer(f->map.p, f->map.n))
        return gr_fail(err, GR_E_FORMAT, "a Git LFS pointer in the place of the weights; fetch them with: git lfs pull");
    if (f->map.n < 8) return gr_fail(err, GR_E_FORMAT, "file is shorter than the 8-byte header length");
    for (int i = 7; i >= 0; i--) len = len << 8 | f->map.p[i];
    if (len > GR_ST_HEADER_MAX) return gr_fail(err, GR_E_FORMAT, "header length is beyond the limit of %d bytes", GR_ST_HEADER_MAX);
    if (len > f->map.n - 8) return gr_fail(err, GR_E_FORMAT, "header length runs past the end of the file");
    *header_bytes = (size_t)len;
    if (len >= 3 && memcmp(f->map.p + 8, "\xEF\xBB\xBF", 3) == 0) /* a text file may have one */
        return gr_fail(err, GR_E_FORMAT, "header is not valid JSON: it begins with a byte order mark");
    s = gr_json_parse(&f->header, (const char *)f->map.p + 8, (size_t)len, err);
    if (s == GR_E_FORMAT) return gr_wrap(err, s, "header is not valid JSON");
    if (s != GR_OK) return s;
    if (!gr_json_is_object(f->header)) return gr_fail(err, GR_E_FORMAT, "header is not an object");
    return GR_OK;
}

/* null is no metadata, as the library has it. */
static gr_status check_metadata(const gr_json *meta, gr_err *err)
{
    if (gr_json_is_null(meta)) return GR_OK;
    if (!gr_json_is_object(meta)) return gr_fail(err, GR_E_FORMAT, "'__metadata__' is not an object");
    for (const gr_json *v = gr_json_first(meta); v; v = gr_json_next(v))
        if (!gr_json_is_string(v)) return gr_fail(err, GR_E_FORMAT, "'__metadata__': '%s' is not a string", gr_json_key(v));
    return GR_OK;
}

static gr_status read_safetensors(gr_st *s, gr_st_shard *f, gr_err *err)
{
    const size_t first = s->n;
    const unsigned char *data;
    size_t header_bytes = 0, room;

    GR_TRY(parse_header(f, &header_bytes, err));
    data = f->map.p + 8 + header_bytes;
    room = f->map.n - 8 - header_bytes;
    GR_TRY(grow(s, gr_json_len(f->header), err));
    for (const gr_json *e = gr_json_first(f->header); e; e = gr_json_next(e)) {
        if (strcmp(gr_json_key(e), "__metadata__") == 0) {
            GR_TRY(check_metadata(e, err));
            continue;
        }
        GR_TRY(read_entry(&s->tensors[s->n], e, data, room, err));
        s->n++;
    }
    if (s->n > first) qsort(s->tensors + first, s->n - first, sizeof *s->tensors, by_place);
    return check_cover(s->tensors + first, s->n - first, data, room, err);
}

/* Tensors of torch files may share bytes and leave some unused. */
static gr_status read_torch(gr_st *s, gr_st_shard *f, gr_err *err)
{
    GR_TRY(gr_torch_file_read(&f->torch, f->map.p, f->map.n, err));
    GR_TRY(grow(s, f->torch.n, err));
    if (f->torch.n) memcpy(s->tensors + s->n, f->torch.t, f->torch.n * sizeof *s->tensors);
    s->n += f->torch.n;
    return GR_OK;
}

gr_status gr_st_read_shard(gr_st *s, gr_st_shard *f, gr_st_form form, gr_err *err)
{
    f->first = s->n;
    GR_TRY(gr_fs_map(&f->map, f->path, err));
    GR_TRY(form == GR_ST_TORCH ? read_torch(s, f, err) : read_safetensors(s, f, err));
    f->n = s->n - f->first;
    return GR_OK;
}

/* ---- names ---- */

/* Merge sort of tensor numbers by name: qsort has no context argument in C11. */
static void sort_names(size_t *at, size_t n, size_t *scratch, const gr_st_tensor *t)
{
    const size_t half = n / 2;
    size_t i = 0, j = half, k = 0;

    if (n < 2) return;
    sort_names(at, half, scratch, t);
    sort_names(at + half, n - half, scratch, t);
    while (i < half && j < n) scratch[k++] = strcmp(t[at[i]].name, t[at[j]].name) <= 0 ? at[i++] : at[j++];
    while (i < half) scratch[k++] = at[i++];
    while (j < n) scratch[k++] = at[j++];
    memcpy(at, scratch, n * sizeof *at);
}

gr_status gr_st_index_names(gr_st *s, gr_err *err)
{
    size_t *scratch = malloc((s->n + 1) * sizeof *scratch);

    s->by_name = malloc((s->n + 1) * sizeof *s->by_name);
    if (!scratch || !s->by_name) {
        free(scratch);
        return gr_fail_nomem(err, "the list of tensors");
    }
    for (size_t i = 0; i < s->n; i++) s->by_name[i] = i;
    sort_names(s->by_name, s->n, scratch, s->tensors);
    free(scratch);
    for (size_t i = 1; i < s->n; i++)
        if (strcmp(s->tensors[s->by_name[i - 1]].name, s->tensors[s->by_name[i]].name) == 0)
            return gr_fail(err, GR_E_FORMAT, "tensor '%s' appears twice", s->tensors[s->by_name[i]].name);
    return GR_OK;
}

gr_status gr_st_push_shard(gr_st *s, const char *path, gr_err *err)
{
    gr_st_shard *p;

    if (s->n_shards == SHARDS_MAX) return gr_fail(err, GR_E_FORMAT, "more than %d shards", SHARDS_MAX);
    if (strlen(path) >= sizeof p->path) return gr_fail(err, GR_E_ARG, "path too long");
    p = realloc(s->shards, (s->n_shards + 1) * sizeof *p);
    if (!p) return gr_fail_nomem(err, "the shards");
    s->shards = p;
    memset(&p[s->n_shards], 0, sizeof *p);
    memcpy(p[s->n_shards].path, path, strlen(path) + 1);
    s->n_shards++;
    return GR_OK;
}

gr_status gr_st_open_form(gr_st **out, const char *path, gr_st_form form, gr_err *err)
{
    gr_st *s = calloc(1, sizeof *s);
    gr_status st;

    *out = NULL;
    if (!s) return gr_fail_nomem(err, path);
    st = gr_st_push_shard(s, path, err);
    if (st == GR_OK) st = gr_st_read_shard(s, &s->shards[0], form, err);
    if (st == GR_OK) st = gr_st_index_names(s, err);
    if (st != GR_OK) {
        gr_st_close(s);
        return st == GR_E_FORMAT || st == GR_E_UNSUPPORTED ? gr_wrap(err, st, "%s", path) : st;
    }
    *out = s;
    return GR_OK;
}

gr_status gr_st_open(gr_st **out, const char *path, gr_err *err)
{
    return gr_st_open_form(out, path, GR_ST_SAFETENSORS, err);
}

void gr_st_close(gr_st *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->n_shards; i++) {
        gr_fs_unmap(&s->shards[i].map);
        gr_json_free(s->shards[i].header);
        gr_torch_file_free(&s->shards[i].torch);
    }
    free(s->shards);
    free(s->tensors);
    free(s->by_name);
    free(s);
}

/* ---- asking ---- */

size_t gr_st_count(const gr_st *s)
{
    return s->n;
}

const gr_st_tensor *gr_st_at(const gr_st *s, size_t i)
{
    return i < s->n ? &s->tensors[i] : NULL;
}

const gr_st_tensor *gr_st_find(const gr_st *s, const char *name)
{
    size_t lo = 0, hi = s->n;

    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        const gr_st_tensor *t = &s->tensors[s->by_name[mid]];
        const int c = strcmp(name, t->name);

        if (c == 0) return t;
        if (c < 0) hi = mid;
        else lo = mid + 1;
    }
    return NULL;
}

/* Its shard is the last one that begins at or before it. */
const char *gr_st_file_of(const gr_st *s, const gr_st_tensor *t)
{
    const size_t at = (size_t)(t - s->tensors);
    size_t lo = 0, hi = s->n_shards;

    while (hi - lo > 1) {
        const size_t mid = lo + (hi - lo) / 2;

        if (s->shards[mid].first <= at) lo = mid;
        else hi = mid;
    }
    return gr_fs_basename(s->shards[lo].path);
}

const char *gr_st_metadata(const gr_st *s, const char *key)
{
    return s->n_shards ? gr_json_str(gr_json_get(gr_json_get(s->shards[0].header, "__metadata__"), key), NULL) : NULL;
}

void gr_st_sha256(const gr_st *s, char out[GR_SHA256_HEX])
{
    gr_sha256 h;

    gr_sha256_init(&h);
    for (size_t i = 0; i < s->n_shards; i++) gr_sha256_add(&h, s->shards[i].map.p, s->shards[i].map.n);
    gr_sha256_hex(&h, out);
}
