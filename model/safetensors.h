/* safetensors.h - tensors by name: read and write .safetensors files (format: 8-byte little-endian header length,
 * JSON header, tensor bytes), read files of torch.save. Reading maps the file; nothing in it is trusted. */
#ifndef GR_MODEL_SAFETENSORS_H
#define GR_MODEL_SAFETENSORS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_dtype { GR_DT_F64, GR_DT_F32, GR_DT_F16, GR_DT_BF16, GR_DT_I64, GR_DT_I32, GR_DT_I16, GR_DT_I8, GR_DT_U8, GR_DT_BOOL, GR_DT_OTHER } gr_dtype;
size_t gr_dtype_size(gr_dtype t); /* 0 for OTHER */

enum { GR_ST_MAX_DIMS = 8 };

typedef struct gr_st_tensor {
    const char          *name;
    gr_dtype             dtype;
    int                  ndim;
    int64_t              shape[GR_ST_MAX_DIMS];
    size_t               count; /* elements */
    const unsigned char *data;  /* in the mapping (of torch.save also a copy), not aligned */
    size_t               bytes;
} gr_st_tensor;

typedef struct gr_st gr_st;

/* Open one file. GR_E_FORMAT says what is wrong and where. */
gr_status gr_st_open(gr_st **out, const char *path, gr_err *err) GR_MUST_USE;
/* Open a checkpoint folder: model.safetensors, or model.safetensors.index.json and its shards, else pytorch_model.bin, or
 * pytorch_model.bin.index.json and its shards. GR_E_NOTFOUND when it has none of them or a shard is missing;
 * GR_E_UNSUPPORTED, with the remedy, when its weights are in another format. */
gr_status gr_st_open_dir(gr_st **out, const char *dir, gr_err *err) GR_MUST_USE;
void      gr_st_close(gr_st *s);

size_t              gr_st_count(const gr_st *s);
const gr_st_tensor *gr_st_at(const gr_st *s, size_t i);
const gr_st_tensor *gr_st_find(const gr_st *s, const char *name); /* NULL when absent */
/* The name, without its folder, of the file that a tensor of at or find was read from. */
const char         *gr_st_file_of(const gr_st *s, const gr_st_tensor *t);
const char         *gr_st_metadata(const gr_st *s, const char *key); /* of the first file; NULL when absent */
/* SHA-256 of the file, or of the shards laid end to end in name order. */
void                gr_st_sha256(const gr_st *s, char out[GR_SHA256_HEX]);

/* Is this machine little-endian, so that the file's bytes are values as they stand? */
bool gr_st_native(void);

/* Widen or round `count` elements to double / float. Integer types convert too. GR_E_UNSUPPORTED. */
gr_status gr_st_to_f64(double *out, const gr_st_tensor *t, gr_err *err) GR_MUST_USE;
gr_status gr_st_to_f32(float *out, const gr_st_tensor *t, gr_err *err) GR_MUST_USE;
gr_status gr_st_to_i64(int64_t *out, const gr_st_tensor *t, gr_err *err) GR_MUST_USE;

/* Write tensors (data in native byte order, name order as given) with metadata {"format":"pt"}; atomic. */
gr_status gr_st_write(const char *path, const gr_st_tensor *tensors, size_t n, gr_err *err) GR_MUST_USE;
/* The same for values that are not in memory as they shall be written: of a tensor whose data is NULL `read` is asked for
 * bytes [at, at + n), piece by piece and in order; i is its number. Pieces are whole elements of up to 8 bytes. */
typedef gr_status (*gr_st_read_fn)(void *user, size_t i, size_t at, void *out, size_t n, gr_err *err);
gr_status gr_st_write_from(const char *path, const gr_st_tensor *tensors, size_t n, gr_st_read_fn read, void *user, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
