/* safetensors_dir.c - a folder's weights, whichever form they have: one file, or an index and its shards.
 *
 * Rules kept: shards are plain names inside the folder; every tensor of the index is in the shard it names, and the
 * shards hold no others. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/safetensors_impl.h"

/* ---- index and shards ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gr_status add_shard(gr_st *s, const char *dir, const char *name, gr_err *err)
{
    char path[GR_PATH_MAX];

    if (!*name || name[0] == '.' || strchr(name, '/') || strchr(name, '\\'))
        return gr_fail(err, GR_E_FORMAT, "shard '%s' is not a plain file name", name);
    if (!gr_fs_join(path, sizeof path, dir, name)) return gr_fail(err, GR_E_ARG, "path too long: %s", dir);
    return gr_st_push_shard(s, path, err);
}

/* The files that the index names, each once and in the order of their names. They are sorted before they are counted: an
 * index names one for every tensor. */
static gr_status add_shards(gr_st *s, const char *dir, const gr_json *map, gr_err *err)
{
    const char **name = calloc(gr_json_len(map) + 1, sizeof *name);
    gr_status st = GR_OK;
    size_t n = 0;

    if (!name) return gr_fail_nomem(err, "the shards");
    for (const gr_json *e = gr_json_first(map); e && st == GR_OK; e = gr_json_next(e)) {
        name[n] = gr_json_str(e, NULL);
        if (!name[n++]) st = gr_fail(err, GR_E_FORMAT, "weight_map: the file of '%s' is not a string", gr_json_key(e));
    }
    if (st == GR_OK) qsort(name, n, sizeof *name, by_text);
    for (size_t i = 0; i < n && st == GR_OK; i++)
        if (i == 0 || strcmp(name[i - 1], name[i]) != 0) st = add_shard(s, dir, name[i], err);
    free(name);
    return st;
}

/* Every tensor of the index is in the file it names; listed[i] tells that tensor i is one of them. */
static gr_status check_listed(bool *listed, const gr_st *s, const gr_json *map, gr_err *err)
{
    for (const gr_json *e = gr_json_first(map); e; e = gr_json_next(e)) {
        const gr_st_tensor *t = gr_st_find(s, gr_json_key(e));
        const char *file = gr_json_str(e, "");

        if (!t) return gr_fail(err, GR_E_FORMAT, "tensor '%s' is not in '%s', where the index has it", gr_json_key(e), file);
        if (strcmp(gr_st_file_of(s, t), file) != 0)
            return gr_fail(err, GR_E_FORMAT, "tensor '%s' is not in '%s' but in '%s'", gr_json_key(e), file, gr_st_file_of(s, t));
        listed[t - s->tensors] = true;
    }
    return GR_OK;
}

/* The index lists exactly the tensors that the files hold. */
static gr_status check_index(const gr_st *s, const gr_json *map, gr_err *err)
{
    bool *listed = calloc(s->n + 1, sizeof *listed);
    gr_status st;

    if (!listed) return gr_fail_nomem(err, "the list of tensors");
    st = check_listed(listed, s, map, err);
    for (size_t i = 0; i < s->n && st == GR_OK; i++)
        if (!listed[i]) st = gr_fail(err, GR_E_FORMAT, "tensor '%s' is in '%s' but not in the index", s->tensors[i].name, gr_st_file_of(s, &s->tensors[i]));
    free(listed);
    return st;
}

static gr_status open_sharded(gr_st *s, const char *dir, const gr_json *map, gr_st_form form, gr_err *err)
{
    GR_TRY(add_shards(s, dir, map, err));
    for (size_t i = 0; i < s->n_shards; i++) {
        const char *file = gr_fs_basename(s->shards[i].path);
        gr_status st;

        if (!gr_fs_is_file(s->shards[i].path)) return gr_fail(err, GR_E_NOTFOUND, "shard '%s' is missing (of %zu that the index names)", file, s->n_shards);
        st = gr_st_read_shard(s, &s->shards[i], form, err);
        if (st != GR_OK) return st == GR_E_FORMAT || st == GR_E_UNSUPPORTED ? gr_wrap(err, st, "%s", file) : st;
    }
    GR_TRY(gr_st_index_names(s, err));
    return check_index(s, map, err);
}

static gr_status open_index(gr_st **out, const char *dir, const char *path, gr_st_form form, gr_err *err)
{
    gr_json *index = NULL;
    const gr_json *map;
    gr_st *s = NULL;
    gr_status st;

    GR_TRY(gr_json_read(&index, path, GR_ST_HEADER_MAX, err));
    map = gr_json_get(index, "weight_map");
    if (!gr_json_is_object(map) || gr_json_len(map) == 0) {
        st = gr_fail(err, GR_E_FORMAT, "'weight_map' is missing or empty");
    } else if (!(s = calloc(1, sizeof *s))) {
        st = gr_fail_nomem(err, "the shards");
    } else {
        st = open_sharded(s, dir, map, form, err);
    }
    gr_json_free(index);
    if (st != GR_OK) {
        gr_st_close(s);
        return st == GR_E_FORMAT || st == GR_E_UNSUPPORTED || st == GR_E_NOTFOUND ? gr_wrap(err, st, "%s", path) : st;
    }
    *out = s;
    return GR_OK;
}

/* ---- a folder ---- */

/* What a folder's weights may be, in the order in which transformers looks. */
static const struct {
    const char *file, *index;
    gr_st_form  form;
} forms[] = {
    { "model.safetensors", "model.safetensors.index.json", GR_ST_SAFETENSORS },
    { "pytorch_model.bin", "pytorch_model.bin.index.json", GR_ST_TORCH },
};

/* Weights that other programs left. */
static const struct {
    const char *file, *remedy;
} foreign[] = {
    { "adapter_model.safetensors", "an adapter is not a model; merge it into its model and save that" },
    { "adapter_model.bin", "an adapter is not a model; merge it into its model and save that" },
    { "tf_model.h5", "weights of TensorFlow are not read; load them with transformers and save the model as model.safetensors" },
    { "model.ckpt.index", "weights of TensorFlow are not read; load them with transformers and save the model as model.safetensors" },
    { "flax_model.msgpack", "weights of Flax are not read; load them with transformers and save the model as model.safetensors" },
};

/* The path of a file that the folder holds; *there says whether it does. */
static gr_status look(char path[GR_PATH_MAX], bool *there, const char *dir, const char *name, gr_err *err)
{
    if (!gr_fs_join(path, GR_PATH_MAX, dir, name)) return gr_fail(err, GR_E_ARG, "path too long: %s", dir);
    *there = gr_fs_is_file(path);
    return GR_OK;
}

gr_status gr_st_open_dir(gr_st **out, const char *dir, gr_err *err)
{
    char path[GR_PATH_MAX];
    bool there;

    *out = NULL;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        GR_TRY(look(path, &there, dir, forms[i].file, err));
        if (there) return gr_st_open_form(out, path, forms[i].form, err);
        GR_TRY(look(path, &there, dir, forms[i].index, err));
        if (there) return open_index(out, dir, path, forms[i].form, err);
    }
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        GR_TRY(look(path, &there, dir, foreign[i].file, err));
        if (there) return gr_fail(err, GR_E_UNSUPPORTED, "%s: %s", path, foreign[i].remedy);
    }
    return gr_fail(err, GR_E_NOTFOUND, "%s: no model.safetensors and no pytorch_model.bin", dir);
}
