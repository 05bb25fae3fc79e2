/* pickle_fuzz.c - any bytes as the pickle of a torch.save; what is accepted must describe tensors inside their storages. */
#include <string.h>

#include "model/pickle.h"
#include "tests/fuzz/fuzz.h"

/* The last element that the shape reaches lies inside, and no element has a place of its own less. */
static int check_tensor(const gr_pickle_tensor *t)
{
    size_t last = t->offset, count = 1;

    if (!t->name || strlen(t->name) == 0 || !t->storage || t->size == 0 || t->ndim < 0 || t->ndim > GR_ST_MAX_DIMS) return 1;
    for (int i = 0; i < t->ndim; i++) {
        if (t->shape[i] < 0 || t->stride[i] < 0) return 1;
        count *= (size_t)t->shape[i];
        if (t->shape[i]) last += (size_t)(t->shape[i] - 1) * (size_t)t->stride[i];
    }
    return count != t->count || (count > 0 && (last >= t->numel || count > t->numel));
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    gr_err err = GR_ERR_INIT;
    gr_pickle k;
    int bad = 0;

    if (gr_pickle_read(&k, data, size, &err) == GR_OK) {
        for (size_t i = 0; i < k.n; i++) bad |= check_tensor(&k.t[i]);
        gr_pickle_free(&k);
    } else {
        bad |= err.msg[0] == '\0' || k.t != NULL || k.n != 0;
    }
    return bad;
}
