/* tensors.h - what the harnesses of weight files share: whatever a reader accepted must be safe to ask and to convert. */
#ifndef GR_TESTS_FUZZ_TENSORS_H
#define GR_TESTS_FUZZ_TENSORS_H
#include <stdlib.h>
#include <string.h>

#include "model/safetensors.h"

enum { FUZZ_ELEMENTS_MAX = 1 << 16 }; /* converted of one tensor */

/* Every byte is read, whatever the type. 1 when a law is broken. */
static inline int fuzz_tensor(const gr_st_tensor *t)
{
    size_t count = 1;
    double *d;
    float *f;
    int64_t *i;

    for (int k = 0; k < t->ndim; k++) count *= (size_t)t->shape[k];
    if (t->ndim < 0 || t->ndim > GR_ST_MAX_DIMS || count != t->count || strlen(t->name) == 0) return 1;
    if (t->count > FUZZ_ELEMENTS_MAX) return 0;
    d = malloc((t->count + 1) * sizeof *d);
    f = malloc((t->count + 1) * sizeof *f);
    i = malloc((t->count + 1) * sizeof *i);
    if (d && f && i) {
        if (gr_st_to_f64(d, t, NULL) != GR_OK) d[0] = 0;
        if (gr_st_to_f32(f, t, NULL) != GR_OK) f[0] = 0;
        if (gr_st_to_i64(i, t, NULL) != GR_OK) i[0] = 0;
    }
    free(d);
    free(f);
    free(i);
    return 0;
}

static inline int fuzz_tensors(const gr_st *st)
{
    int bad = 0;

    for (size_t i = 0; i < gr_st_count(st); i++) {
        bad |= gr_st_find(st, gr_st_at(st, i)->name) != gr_st_at(st, i);
        bad |= fuzz_tensor(gr_st_at(st, i));
    }
    (void)gr_st_metadata(st, "format");
    return bad;
}
#endif
