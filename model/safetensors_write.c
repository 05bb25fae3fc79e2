/* safetensors_write.c - writing .safetensors files; see safetensors.h for the format. Tensors are written in the
 * order given; the header is padded with blanks so that the data begin at a multiple of 8 bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "base/fs.h"
#include "base/json.h"
#include "model/safetensors.h"
#include "model/safetensors_types.h"

static gr_status check_tensor(const gr_st_tensor *t, gr_err *err)
{
    const size_t size = gr_dtype_size(t->dtype);
    size_t count = 1, bytes;

    if (!t->name || !*t->name || strcmp(t->name, "__metadata__") == 0) return gr_fail(err, GR_E_ARG, "a tensor needs a name");
    if (size == 0) return gr_fail(err, GR_E_UNSUPPORTED, "tensor '%s': its type cannot be written", t->name);
    if (t->ndim < 0 || t->ndim > GR_ST_MAX_DIMS) return gr_fail(err, GR_E_ARG, "tensor '%s': %d dimensions", t->name, t->ndim);
    for (int i = 0; i < t->ndim; i++)
        if (t->shape[i] < 0 || !gr_mul_size(&count, count, (size_t)t->shape[i]))
            return gr_fail(err, GR_E_ARG, "tensor '%s': bad shape", t->name);
    if (count != t->count || !gr_mul_size(&bytes, count, size) || bytes != t->bytes)
        return gr_fail(err, GR_E_ARG, "tensor '%s': count and bytes do not fit its shape", t->name);
    return GR_OK;
}

static gr_status make_header(gr_buf *h, const gr_st_tensor *t, size_t n, gr_err *err)
{
    size_t at = 0;

    gr_buf_adds(h, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (size_t i = 0; i < n; i++) {
        size_t end;

        GR_TRY(check_tensor(&t[i], err));
        if (!gr_add_size(&end, at, t[i].bytes)) return gr_fail(err, GR_E_ARG, "tensor '%s': the file would be too large", t[i].name);
        gr_buf_addc(h, ',');
        gr_json_quote(h, gr_sv_from(t[i].name));
        gr_buf_addf(h, ":{\"dtype\":\"%s\",\"shape\":[", gr_st_type_name(t[i].dtype));
        for (int d = 0; d < t[i].ndim; d++) gr_buf_addf(h, "%s%lld", d ? "," : "", (long long)t[i].shape[d]);
        gr_buf_addf(h, "],\"data_offsets\":[%zu,%zu]}", at, end);
        at = end;
    }
    gr_buf_addc(h, '}');
    while (h->n % 8 != 0 && !h->oom) gr_buf_addc(h, ' ');
    return h->oom ? gr_fail_nomem(err, "the header") : GR_OK;
}

enum { PIECE = 1 << 20 }; /* bytes */

static gr_status write_pieces(gr_fs_out *o, const gr_st_tensor *t, size_t i, void *piece, gr_st_read_fn read, void *user, gr_err *err)
{
    for (size_t at = 0, n; at < t->bytes; at += n) {
        n = t->bytes - at < PIECE ? t->bytes - at : PIECE;
        GR_TRY(read(user, i, at, piece, n, err));
        GR_TRY(gr_fs_out_write(o, piece, n, err));
    }
    return GR_OK;
}

static gr_status write_data(gr_fs_out *o, const gr_st_tensor *t, size_t n, gr_st_read_fn read, void *user, gr_err *err)
{
    void *piece = read ? malloc(PIECE) : NULL;
    gr_status s = GR_OK;

    if (read && !piece) return gr_fail_nomem(err, "a piece of a tensor");
    for (size_t i = 0; i < n && s == GR_OK; i++) {
        if (t[i].bytes == 0) continue;
        if (t[i].data) s = gr_fs_out_write(o, t[i].data, t[i].bytes, err);
        else s = read ? write_pieces(o, &t[i], i, piece, read, user, err) : gr_fail(err, GR_E_ARG, "tensor '%s' has no data", t[i].name);
    }
    free(piece);
    return s;
}

gr_status gr_st_write(const char *path, const gr_st_tensor *tensors, size_t n, gr_err *err)
{
    return gr_st_write_from(path, tensors, n, NULL, NULL, err);
}

gr_status gr_st_write_from(const char *path, const gr_st_tensor *tensors, size_t n, gr_st_read_fn read, void *user, gr_err *err)
{
    gr_buf header = { 0 };
    gr_fs_out *o = NULL;
    unsigned char len[8];
    gr_status s;

    if (!gr_st_native()) return gr_fail(err, GR_E_UNSUPPORTED, "%s: writing needs a little-endian machine", path);
    if ((s = make_header(&header, tensors, n, err)) != GR_OK) {
        (void)gr_wrap(err, s, "%s", path);
        goto out;
    }
    for (int i = 0; i < 8; i++) len[i] = (unsigned char)((uint64_t)header.n >> (8 * i));
    if ((s = gr_fs_out_open(&o, path, err)) != GR_OK) goto out;
    if ((s = gr_fs_out_write(o, len, sizeof len, err)) != GR_OK) goto out;
    if ((s = gr_fs_out_write(o, header.p, header.n, err)) != GR_OK) goto out;
    if ((s = write_data(o, tensors, n, read, user, err)) != GR_OK) goto out;
    s = gr_fs_out_commit(o, err);
out:
    gr_fs_out_close(o);
    gr_buf_free(&header);
    return s;
}
