/* host.h - the context that the backends on the host share (ref, ref64, cpu): memory, one scratch
 * area, the pool, the first failure. Private to model/backend. */
#ifndef GR_MODEL_BACKEND_HOST_H
#define GR_MODEL_BACKEND_HOST_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/backend/backend.h"

typedef struct gr_host_block gr_host_block; /* one allocation, linked */

struct gr_ctx {
    gr_pool       *pool;      /* borrowed, may be NULL                                   */
    int            threads;   /* of the pool                                             */
    bool           deterministic, bf16;
    gr_host_block *blocks;
    size_t         bytes;     /* held in blocks                                          */
    void          *scratch;   /* from reserve; threads read their own slices of it       */
    size_t         scratch_bytes;
    gr_capacity    most;      /* as reserved, the largest of each                        */
    int32_t        head_dim;  /* widest head that was reserved                           */
    gr_err         first;     /* first failure since the last sync; status GR_OK: none   */
    const void    *kernels;   /* cpu: the table of the instruction set in use            */
    const void    *provider;  /* cpu: matrix products from a library; NULL: our own      */
    void          *kept;      /* cpu: weights that are kept packed                       */
};

gr_status gr_host_open(gr_ctx **out, const gr_ctx_opts *o, gr_err *err) GR_MUST_USE;
void      gr_host_close(gr_ctx *c);
void     *gr_host_alloc(gr_ctx *c, size_t bytes);
void      gr_host_release(gr_ctx *c, void *p);
void      gr_host_copy(gr_ctx *c, void *dst, const void *src, size_t bytes); /* upload, download, copy */
void      gr_host_zero(gr_ctx *c, void *dst, size_t bytes);
gr_status gr_host_sync(gr_ctx *c, gr_err *err) GR_MUST_USE;
size_t    gr_host_memory(const gr_ctx *c);
void      gr_host_keep_weights(gr_ctx *c, bool keep); /* for who has no other form of them */

/* Is row r of a table named? */
static inline bool gr_host_row(const gr_segment *s, size_t r)
{
    return !s->rows || (s->rows[r / 32] >> r % 32 & 1u) != 0;
}

/* The reserved shape and `more` in one, as *most and *head_dim of a context that has no scratch yet. */
void gr_host_widen(gr_ctx *out, const gr_ctx *c, const gr_capacity *more);
/* Make the scratch area at least `bytes` and remember the shape that gr_host_widen made. */
void gr_host_scratch(gr_ctx *c, size_t bytes, const gr_ctx *want);

/* Keep a failure, when it is the first. */
void gr_host_fail(gr_ctx *c, gr_status status, const char *fmt, ...) GR_PRINTF(3, 4);

extern const gr_backend gr_backend_ref, gr_backend_ref64, gr_backend_cpu;
extern const gr_backend gr_backend_checked_ref, gr_backend_checked_ref64, gr_backend_checked_cpu;
extern const gr_backend gr_backend_timed_cpu;
#endif
