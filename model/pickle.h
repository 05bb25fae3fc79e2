/* pickle.h - the tensors that the pickle of a torch.save names. A pickle is a program; this reader runs the few of its
 * instructions that build dictionaries, tuples and texts, knows the few callables of torch that stand for a tensor, and
 * refuses every other by name. Nothing is imported, called or executed. */
#ifndef GR_MODEL_PICKLE_H
#define GR_MODEL_PICKLE_H
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "model/safetensors.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where a tensor's elements lie in a storage that the pickle only names: element (i, j, ...) is number
 * offset + i * stride[0] + j * stride[1] + ... */
typedef struct gr_pickle_tensor {
    const char *name;    /* its key in the dictionary: UTF-8, unique                             */
    const char *storage; /* the storage's key: "12" for the record data/12                       */
    gr_dtype    dtype;   /* GR_DT_OTHER for types that are known and not converted               */
    size_t      size;    /* bytes of an element                                                  */
    size_t      numel;   /* elements of the storage                                              */
    size_t      offset;
    size_t      count;   /* elements of the tensor: at most numel, all of them inside the storage */
    int         ndim;
    int64_t     shape[GR_ST_MAX_DIMS], stride[GR_ST_MAX_DIMS]; /* none is negative               */
} gr_pickle_tensor;

typedef struct gr_pickle {
    gr_pickle_tensor *t; /* in the order of the file */
    size_t            n;
    gr_arena          arena;
} gr_pickle;

/* Read protocols 2 to 5 as torch.save writes them: one dictionary of tensors by name. GR_E_FORMAT says what is wrong and
 * at which byte, or names what is not a tensor. Time and memory are bounded by a small multiple of n. */
gr_status gr_pickle_read(gr_pickle *out, const unsigned char *p, size_t n, gr_err *err) GR_MUST_USE;
void      gr_pickle_free(gr_pickle *k);

#ifdef __cplusplus
}
#endif
#endif
