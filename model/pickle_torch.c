/* pickle_torch.c - what the names in a pickle of torch.save stand for: the one table of callables and types that are
 * known, and the description of a tensor that their arguments give. See pickle.h.
 *
 * Sources of the arguments: torch/_utils.py (_rebuild_tensor, _rebuild_tensor_v2, _rebuild_tensor_v3, _rebuild_parameter)
 * and torch/serialization.py (persistent_id). */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/utf8.h"
#include "model/pickle_impl.h"

enum { NAME_MAX_BYTES = 1024, KEY_MAX = 64 }; /* each use of a name is copied: what is used often must be short */

/* ---- names ---- */

static const pk_global known[] = {
    { "collections", "OrderedDict", PK_ORDERED_DICT, GR_DT_OTHER, 0 },
    { "torch._utils", "_rebuild_tensor", PK_TENSOR_V1, GR_DT_OTHER, 0 },
    { "torch._utils", "_rebuild_tensor_v2", PK_TENSOR_V2, GR_DT_OTHER, 0 },
    { "torch._utils", "_rebuild_tensor_v3", PK_TENSOR_V3, GR_DT_OTHER, 0 },
    { "torch._utils", "_rebuild_parameter", PK_PARAMETER, GR_DT_OTHER, 0 },
    { "torch", "DoubleStorage", PK_STORAGE_TYPE, GR_DT_F64, 8 },
    { "torch", "FloatStorage", PK_STORAGE_TYPE, GR_DT_F32, 4 },
    { "torch", "HalfStorage", PK_STORAGE_TYPE, GR_DT_F16, 2 },
    { "torch", "BFloat16Storage", PK_STORAGE_TYPE, GR_DT_BF16, 2 },
    { "torch", "LongStorage", PK_STORAGE_TYPE, GR_DT_I64, 8 },
    { "torch", "IntStorage", PK_STORAGE_TYPE, GR_DT_I32, 4 },
    { "torch", "ShortStorage", PK_STORAGE_TYPE, GR_DT_I16, 2 },
    { "torch", "CharStorage", PK_STORAGE_TYPE, GR_DT_I8, 1 },
    { "torch", "ByteStorage", PK_STORAGE_TYPE, GR_DT_U8, 1 },
    { "torch", "BoolStorage", PK_STORAGE_TYPE, GR_DT_BOOL, 1 },
    { "torch", "UntypedStorage", PK_STORAGE_TYPE, GR_DT_OTHER, 0 },
    { "torch.storage", "UntypedStorage", PK_STORAGE_TYPE, GR_DT_OTHER, 0 },
    { "torch", "float64", PK_ELEMENT_TYPE, GR_DT_F64, 8 },
    { "torch", "float32", PK_ELEMENT_TYPE, GR_DT_F32, 4 },
    { "torch", "float16", PK_ELEMENT_TYPE, GR_DT_F16, 2 },
    { "torch", "bfloat16", PK_ELEMENT_TYPE, GR_DT_BF16, 2 },
    { "torch", "int64", PK_ELEMENT_TYPE, GR_DT_I64, 8 },
    { "torch", "int32", PK_ELEMENT_TYPE, GR_DT_I32, 4 },
    { "torch", "int16", PK_ELEMENT_TYPE, GR_DT_I16, 2 },
    { "torch", "int8", PK_ELEMENT_TYPE, GR_DT_I8, 1 },
    { "torch", "uint8", PK_ELEMENT_TYPE, GR_DT_U8, 1 },
    { "torch", "bool", PK_ELEMENT_TYPE, GR_DT_BOOL, 1 },
    { "torch", "uint16", PK_ELEMENT_TYPE, GR_DT_OTHER, 2 },
    { "torch", "uint32", PK_ELEMENT_TYPE, GR_DT_OTHER, 4 },
    { "torch", "uint64", PK_ELEMENT_TYPE, GR_DT_OTHER, 8 },
};

gr_status gr_pk_global(pk_value *out, gr_sv module, gr_sv name, gr_err *err)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!gr_sv_is(module, known[i].module) || !gr_sv_is(name, known[i].name)) continue;
        *out = (pk_value){ .kind = PK_GLOBAL, .as.global = &known[i] };
        return GR_OK;
    }
    if (gr_utf8_check(module, NULL, NULL) != GR_OK || gr_utf8_check(name, NULL, NULL) != GR_OK)
        return gr_fail(err, GR_E_FORMAT, "an object whose class is not a name; nothing was executed");
    return gr_fail(err, GR_E_FORMAT, "'%.*s.%.*s' is not a tensor; nothing was executed", GR_SV_FMT(module), GR_SV_FMT(name));
}

/* ---- arguments ---- */

static const pk_value *arg(const pk_value *args, size_t i, pk_kind kind)
{
    if (args->kind != PK_TUPLE || i >= args->as.tuple->n || args->as.tuple->v[i].kind != kind) return NULL;
    return &args->as.tuple->v[i];
}

static bool whole(size_t *out, const pk_value *v)
{
    if (!v || v->kind != PK_INT || v->as.i < 0) return false;
    *out = (size_t)v->as.i;
    return true;
}

gr_status gr_pk_storage(pk_value *out, gr_arena *a, const pk_value *id, gr_err *err)
{
    const pk_value *what = arg(id, 0, PK_TEXT), *type = arg(id, 1, PK_GLOBAL), *key = arg(id, 2, PK_TEXT);
    pk_storage *s;
    size_t numel, bytes;

    if (!what || !gr_sv_is(*what->as.text, "storage") || id->as.tuple->n != 5 || !key || !type || type->as.global->role != PK_STORAGE_TYPE)
        return gr_fail(err, GR_E_FORMAT, "a persistent id that names no storage");
    if (key->as.text->n > KEY_MAX) return gr_fail(err, GR_E_FORMAT, "a storage's key of %zu bytes", key->as.text->n);
    if (!whole(&numel, arg(id, 4, PK_INT)) || !gr_mul_size(&bytes, numel, type->as.global->size ? type->as.global->size : 1))
        return gr_fail(err, GR_E_FORMAT, "storage '%.*s': its size is no size", GR_SV_FMT(*key->as.text));
    s = gr_arena_alloc(a, sizeof *s);
    if (!s) return gr_fail_nomem(err, "a storage");
    *s = (pk_storage){ .dtype = type->as.global->dtype, .size = type->as.global->size, .numel = numel };
    s->key = gr_arena_strndup(a, key->as.text->p, key->as.text->n);
    if (!s->key) return gr_fail_nomem(err, "a storage");
    *out = (pk_value){ .kind = PK_STORAGE, .as.storage = s };
    return GR_OK;
}

/* ---- tensors ---- */

/* Type and length of the storage, which a typed storage knows and an untyped one is told. */
static gr_status take_type(gr_pickle_tensor *t, const pk_storage *s, const pk_value *type, gr_err *err)
{
    t->storage = s->key;
    t->dtype = s->dtype;
    t->size = s->size;
    t->numel = s->numel;
    if (!type && t->size) return GR_OK;
    if (!type || type->as.global->role != PK_ELEMENT_TYPE || (t->size && t->size != type->as.global->size))
        return gr_fail(err, GR_E_FORMAT, "storage '%.100s' has no element type", s->key);
    if (!t->size) t->numel = s->numel / type->as.global->size;
    t->dtype = type->as.global->dtype;
    t->size = type->as.global->size;
    return GR_OK;
}

/* Shape and strides: the last element must lie inside the storage, and there are no more elements than it has (a
 * tensor that repeats its elements by strides of 0 would make much of little). */
static gr_status take_shape(gr_pickle_tensor *t, const pk_tuple *shape, const pk_tuple *stride, gr_err *err)
{
    size_t last = t->offset;

    if (shape->n != stride->n || shape->n > GR_ST_MAX_DIMS)
        return gr_fail(err, GR_E_FORMAT, "a tensor of %zu dimensions and %zu strides; at most %d are read", shape->n, stride->n, GR_ST_MAX_DIMS);
    t->count = 1;
    t->ndim = (int)shape->n;
    for (size_t i = 0; i < shape->n; i++) {
        size_t n, step, way;

        if (!whole(&n, &shape->v[i]) || !whole(&step, &stride->v[i])) return gr_fail(err, GR_E_FORMAT, "a tensor whose shape or stride is no size");
        if (!gr_mul_size(&t->count, t->count, n)) return gr_fail(err, GR_E_FORMAT, "a tensor's size overflows");
        if (n && (!gr_mul_size(&way, n - 1, step) || !gr_add_size(&last, last, way))) return gr_fail(err, GR_E_FORMAT, "a tensor's size overflows");
        t->shape[i] = (int64_t)n;
        t->stride[i] = (int64_t)step;
    }
    if (t->count == 0) return GR_OK;
    if (last >= t->numel) return gr_fail(err, GR_E_FORMAT, "a tensor ends past the end of its storage '%.100s' of %zu elements", t->storage, t->numel);
    if (t->count > t->numel)
        return gr_fail(err, GR_E_FORMAT, "a tensor has %zu elements and its storage '%.100s' %zu; save it after .contiguous()", t->count, t->storage, t->numel);
    return GR_OK;
}

/* (storage, offset, shape, stride[, requires_grad, hooks[, type]]) */
static gr_status make_tensor(pk_value *out, gr_arena *a, pk_role role, const pk_value *args, gr_err *err)
{
    const pk_value *storage = arg(args, 0, PK_STORAGE), *shape = arg(args, 2, PK_TUPLE), *stride = arg(args, 3, PK_TUPLE);
    const pk_value *type = role == PK_TENSOR_V3 ? arg(args, 6, PK_GLOBAL) : NULL;
    gr_pickle_tensor *t = gr_arena_calloc(a, 1, sizeof *t);

    if (!t) return gr_fail_nomem(err, "a tensor");
    if (!storage || !shape || !stride || !whole(&t->offset, arg(args, 1, PK_INT)) || (role == PK_TENSOR_V3 && !type))
        return gr_fail(err, GR_E_FORMAT, "a tensor that is not made of a storage, an offset, a shape and strides");
    GR_TRY(take_type(t, storage->as.storage, type, err));
    GR_TRY(take_shape(t, shape->as.tuple, stride->as.tuple, err));
    *out = (pk_value){ .kind = PK_TENSOR, .as.tensor = t };
    return GR_OK;
}

gr_status gr_pk_reduce(pk_value *out, gr_arena *a, const pk_value *callable, const pk_value *args, gr_err *err)
{
    const pk_global *g = callable->kind == PK_GLOBAL ? callable->as.global : NULL;

    if (!g || args->kind != PK_TUPLE) return gr_fail(err, GR_E_FORMAT, "a call of something that is no callable; nothing was executed");
    switch (g->role) {
    case PK_ORDERED_DICT:
        if (args->as.tuple->n) return gr_fail(err, GR_E_FORMAT, "an OrderedDict with arguments is not read");
        *out = (pk_value){ .kind = PK_DICT, .as.dict = gr_arena_calloc(a, 1, sizeof(pk_dict)) };
        return out->as.dict ? GR_OK : gr_fail_nomem(err, "a dictionary");
    case PK_TENSOR_V1:
    case PK_TENSOR_V2:
    case PK_TENSOR_V3: return make_tensor(out, a, g->role, args, err);
    case PK_PARAMETER:
        if (!arg(args, 0, PK_TENSOR)) return gr_fail(err, GR_E_FORMAT, "a parameter that holds no tensor");
        *out = *arg(args, 0, PK_TENSOR);
        return GR_OK;
    case PK_STORAGE_TYPE:
    case PK_ELEMENT_TYPE: break;
    }
    return gr_fail(err, GR_E_FORMAT, "a call of '%s.%s' is not a tensor; nothing was executed", g->module, g->name);
}

/* ---- the outermost dictionary ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gr_status check_unique(const gr_pickle *k, gr_err *err)
{
    const char **names = calloc(k->n + 1, sizeof *names);
    gr_status s = GR_OK;

    if (!names) return gr_fail_nomem(err, "the names of tensors");
    for (size_t i = 0; i < k->n; i++) names[i] = k->t[i].name;
    qsort(names, k->n, sizeof *names, by_name);
    for (size_t i = 1; i < k->n && s == GR_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0) s = gr_fail(err, GR_E_FORMAT, "tensor '%.200s' appears twice", names[i]);
    free(names);
    return s;
}

static gr_status take_entry(gr_pickle *out, const pk_value *key, const pk_value *value, gr_err *err)
{
    gr_sv name = { "", 0 };
    gr_pickle_tensor *t = &out->t[out->n];

    if (key->kind == PK_TEXT) name = *key->as.text;
    if (name.n == 0 || memchr(name.p, '\0', name.n)) return gr_fail(err, GR_E_FORMAT, "a tensor's name is empty or no text");
    if (name.n > NAME_MAX_BYTES) return gr_fail(err, GR_E_FORMAT, "a tensor's name of %zu bytes", name.n);
    if (value->kind == PK_DICT)
        return gr_fail(err, GR_E_FORMAT, "'%.*s' is a dictionary: tensors by name alone are read, as torch.save(model.state_dict(), ...) writes them", GR_SV_FMT(name));
    if (value->kind != PK_TENSOR) return gr_fail(err, GR_E_FORMAT, "'%.*s' is not a tensor", GR_SV_FMT(name));
    *t = *value->as.tensor;
    t->name = gr_arena_strndup(&out->arena, name.p, name.n);
    if (!t->name) return gr_fail_nomem(err, "the names of tensors");
    out->n++;
    return GR_OK;
}

gr_status gr_pk_list(gr_pickle *out, const pk_value *result, gr_err *err)
{
    const pk_dict *d = result->as.dict;

    if (result->kind != PK_DICT) return gr_fail(err, GR_E_FORMAT, "the file holds no dictionary of tensors");
    out->t = gr_arena_calloc(&out->arena, d->n / 2 + 1, sizeof *out->t);
    if (!out->t) return gr_fail_nomem(err, "the list of tensors");
    for (size_t i = 0; i + 1 < d->n; i += 2) GR_TRY(take_entry(out, &d->v[i], &d->v[i + 1], err));
    return check_unique(out, err);
}
