/* pickle_impl.h - what the machine (pickle.c) and the meaning of torch's callables (pickle_torch.c) share; no other file
 * includes it. */
#ifndef GR_MODEL_PICKLE_IMPL_H
#define GR_MODEL_PICKLE_IMPL_H
#include "base/str.h"
#include "model/pickle.h"

typedef enum pk_kind {
    PK_UNSET, /* an empty place of the memo */
    PK_NONE, PK_BOOL, PK_INT, PK_TEXT,
    PK_OPAQUE, /* lists, floats and byte strings: of no tensor, their content is not kept */
    PK_TUPLE, PK_DICT, PK_GLOBAL, PK_STORAGE, PK_TENSOR
} pk_kind;

typedef struct pk_value {
    pk_kind kind;
    union {
        int64_t                    i; /* BOOL, INT */
        const gr_sv               *text;
        const struct pk_tuple     *tuple;
        struct pk_dict            *dict;
        const struct pk_global    *global;
        const struct pk_storage   *storage;
        const gr_pickle_tensor    *tensor; /* without its name */
    } as;
} pk_value;

typedef struct pk_tuple {
    size_t          n;
    const pk_value *v;
} pk_tuple;

/* Keys and values in turn. A dictionary is never searched: what the outermost one holds is listed at the end. */
typedef struct pk_dict {
    pk_value *v;
    size_t    n, cap; /* in values: two for each entry */
} pk_dict;

typedef struct pk_storage {
    const char *key;
    gr_dtype    dtype;
    size_t      size, numel; /* size 0: bytes without a type, numel counts bytes */
} pk_storage;

typedef enum pk_role {
    PK_ORDERED_DICT, PK_TENSOR_V1, PK_TENSOR_V2, PK_TENSOR_V3, PK_PARAMETER,
    PK_STORAGE_TYPE, /* torch.FloatStorage: an argument of a storage's name */
    PK_ELEMENT_TYPE  /* torch.float32: an argument of _rebuild_tensor_v3    */
} pk_role;

typedef struct pk_global {
    const char *module, *name;
    pk_role     role;
    gr_dtype    dtype;
    size_t      size;
} pk_global;

/* The callable or type of that name; GR_E_FORMAT names one that stands for no tensor. */
gr_status gr_pk_global(pk_value *out, gr_sv module, gr_sv name, gr_err *err) GR_MUST_USE;

/* What `callable(*args)` would give, for the callables of the table. */
gr_status gr_pk_reduce(pk_value *out, gr_arena *a, const pk_value *callable, const pk_value *args, gr_err *err) GR_MUST_USE;

/* A persistent id: ("storage", type, key, device, elements). */
gr_status gr_pk_storage(pk_value *out, gr_arena *a, const pk_value *id, gr_err *err) GR_MUST_USE;

/* The list of the outermost dictionary's tensors. */
gr_status gr_pk_list(gr_pickle *out, const pk_value *result, gr_err *err) GR_MUST_USE;

#endif
