/* host.c - see host.h. Every allocation carries its size in a header of 64 bytes, so that the memory held is known, and what
 * a caller forgot is released with the context.
 *
 * alloc does not write zeros: they are the system's, which provides a page of a large block when it is first touched. So the
 * moments of words that never occur take no memory, and room for batches that never come takes next to none. */
#include "model/backend/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"

enum { ALIGN = 64, BESIDES = 2 * ALIGN - 1 /* header, alignment */, ZERO_PART = 1 << 20 /* bytes a task clears */ };

struct gr_host_block {
    gr_host_block *next, **link;
    void          *raw; /* as gr_pages_alloc gave it: the block begins at its first whole line */
    size_t         bytes;
};

gr_status gr_host_open(gr_ctx **out, const gr_ctx_opts *o, gr_err *err)
{
    gr_ctx *c = calloc(1, sizeof *c);

    *out = NULL;
    if (!c) return gr_fail(err, GR_E_NOMEM, "out of memory for a device context");
    c->pool = o ? o->pool : NULL;
    c->threads = gr_pool_threads(c->pool);
    c->deterministic = o && o->deterministic;
    c->bf16 = o && o->precision == GR_PRECISION_BF16;
    *out = c;
    return GR_OK;
}

void gr_host_close(gr_ctx *c)
{
    if (!c) return;
    while (c->blocks) gr_host_release(c, (char *)c->blocks + ALIGN);
    free(c);
}

void *gr_host_alloc(gr_ctx *c, size_t bytes)
{
    gr_host_block *b;
    char *raw = NULL;

    if (bytes <= SIZE_MAX / 2) raw = gr_pages_alloc(bytes + BESIDES);
    if (!raw) {
        gr_host_fail(c, GR_E_NOMEM, "out of memory for %zu bytes", bytes);
        return NULL;
    }
    b = (gr_host_block *)(void *)(raw + (ALIGN - 1) - ((uintptr_t)raw + (ALIGN - 1)) % ALIGN);
    b->raw = raw;
    b->bytes = bytes;
    b->next = c->blocks;
    b->link = &c->blocks;
    if (b->next) b->next->link = &b->next;
    c->blocks = b;
    c->bytes += bytes;
    return (char *)b + ALIGN;
}

void gr_host_release(gr_ctx *c, void *p)
{
    gr_host_block *b;

    if (!p) return;
    b = (gr_host_block *)(void *)((char *)p - ALIGN);
    *b->link = b->next;
    if (b->next) b->next->link = b->link;
    c->bytes -= b->bytes;
    gr_pages_free(b->raw, b->bytes + BESIDES);
}

void gr_host_copy(gr_ctx *c, void *dst, const void *src, size_t bytes)
{
    (void)c;
    if (bytes) memmove(dst, src, bytes);
}

typedef struct zero_job {
    char  *dst;
    size_t bytes;
} zero_job;

static void zero_task(void *arg, size_t task, int thread)
{
    const zero_job *z = arg;
    const size_t at = task * ZERO_PART, left = z->bytes - at;

    (void)thread;
    memset(z->dst + at, 0, left < ZERO_PART ? left : ZERO_PART);
}

void gr_host_zero(gr_ctx *c, void *dst, size_t bytes)
{
    zero_job z = { dst, bytes };

    gr_pool_run(c->pool, (bytes + ZERO_PART - 1) / ZERO_PART, zero_task, &z);
}

gr_status gr_host_sync(gr_ctx *c, gr_err *err)
{
    const gr_status s = c->first.status;

    if (s == GR_OK) return GR_OK;
    if (err) *err = c->first;
    c->first.status = GR_OK;
    return s;
}

size_t gr_host_memory(const gr_ctx *c)
{
    return c->bytes;
}

void gr_host_keep_weights(gr_ctx *c, bool keep)
{
    (void)c;
    (void)keep;
}

static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

void gr_host_widen(gr_ctx *out, const gr_ctx *c, const gr_capacity *more)
{
    const gr_capacity *had = &c->most;

    *out = *c;
    out->most = (gr_capacity){
        .tokens = larger(had->tokens, more->tokens), .rows = larger(had->rows, more->rows), .max_len = larger(had->max_len, more->max_len),
        .width = larger(had->width, more->width), .hidden = larger(had->hidden, more->hidden), .heads = larger(had->heads, more->heads),
        .bias = more->bias > had->bias ? more->bias : had->bias, .rel_rows = larger(had->rel_rows, more->rel_rows) };
    out->head_dim = larger(c->head_dim, more->heads > 0 ? (more->hidden + more->heads - 1) / more->heads : 0);
    out->scratch = NULL;
}

void gr_host_scratch(gr_ctx *c, size_t bytes, const gr_ctx *want)
{
    if (bytes > c->scratch_bytes) {
        gr_host_release(c, c->scratch);
        c->scratch_bytes = 0;
        c->scratch = gr_host_alloc(c, bytes);
        if (!c->scratch) return;
        c->scratch_bytes = bytes;
        gr_pages_large(c->scratch, bytes); /* every product packs there, in training and in inference */
    }
    c->most = want->most;
    c->head_dim = want->head_dim;
}

void gr_host_fail(gr_ctx *c, gr_status status, const char *fmt, ...)
{
    char msg[256];
    va_list ap;

    if (c->first.status != GR_OK) return;
    va_start(ap, fmt);
    (void)vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    (void)gr_fail(&c->first, status, "%s", msg);
}
