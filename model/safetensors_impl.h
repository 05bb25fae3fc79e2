/* safetensors_impl.h - what the files that read checkpoints share (one file, a folder); no other file includes it. */
#ifndef GR_MODEL_SAFETENSORS_IMPL_H
#define GR_MODEL_SAFETENSORS_IMPL_H
#include "base/fs.h"
#include "base/json.h"
#include "model/safetensors.h"
#include "model/torch_file.h"

/* Bytes of a header or an index. */
enum { GR_ST_HEADER_MAX = 100 * 1000 * 1000 };

/* How a file of weights is laid out. */
typedef enum gr_st_form { GR_ST_SAFETENSORS, GR_ST_TORCH } gr_st_form;

typedef struct gr_st_shard {
    char          path[GR_PATH_MAX];
    gr_map        map;
    gr_json      *header; /* of safetensors: owns the names */
    gr_torch_file torch;  /* of torch.save: owns the names and what was copied */
    size_t        first, n; /* its tensors: numbers first .. first + n */
} gr_st_shard;

struct gr_st {
    gr_st_shard  *shards;
    size_t        n_shards;
    gr_st_tensor *tensors; /* by shard, then by place in the file */
    size_t        n, cap;
    size_t       *by_name; /* [n] numbers of tensors, sorted by name */
};

/* One more file, not read yet. */
gr_status gr_st_push_shard(gr_st *s, const char *path, gr_err *err) GR_MUST_USE;
/* Map it and add its tensors. What is wrong with its content is said without its path. */
gr_status gr_st_read_shard(gr_st *s, gr_st_shard *f, gr_st_form form, gr_err *err) GR_MUST_USE;
/* Sort the names when all files are read; they must differ. */
gr_status gr_st_index_names(gr_st *s, gr_err *err) GR_MUST_USE;
/* One file of that form. */
gr_status gr_st_open_form(gr_st **out, const char *path, gr_st_form form, gr_err *err) GR_MUST_USE;

#endif
