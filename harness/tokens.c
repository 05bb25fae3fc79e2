/* tokens.c - tokenising a split. See tokens.h.
 *
 * Rows are tokenised in chunks by the pool, each chunk into buffers of its own; the chunks are then laid
 * end to end, so the result is the same for any number of threads. */
#include "harness/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "harness/interrupt.h"

enum { CHUNK_ROWS = 256 };

/* ---- one chunk ---- */

typedef struct ints { int32_t *p; size_t n, cap; } ints;

static bool ints_add(ints *v, const int32_t *p, size_t n)
{
    if (v->cap - v->n < n) {
        size_t cap = v->cap ? v->cap : 4096;
        int32_t *grown;
        while (cap - v->n < n) cap *= 2;
        grown = realloc(v->p, cap * sizeof *grown);
        if (!grown) return false;
        v->p = grown;
        v->cap = cap;
    }
    if (n > 0) memcpy(v->p + v->n, p, n * sizeof *p);
    v->n += n;
    return true;
}

typedef struct chunk {
    ints      ids, types, words;
    gr_status status;
    gr_err    err;
} chunk;

typedef struct job {
    const gr_texts *texts;
    gr_tok_work   **work; /* [threads] */
    size_t         *len;  /* [n] tokens of each row */
    chunk          *chunks;
} job;

static gr_status encode_row(const job *j, gr_tok_work *w, size_t row, chunk *c)
{
    const gr_texts *t = j->texts;
    const gr_example *x = &t->rows[row];
    gr_encoding e;

    if (t->words) GR_TRY(gr_tok_encode_words(w, &e, x->words, x->n_words, t->max_length, false, &c->err));
    else GR_TRY(gr_tok_encode(w, &e, x->text_a, x->text_b, t->max_length, false, &c->err));
    if (e.n > INT32_MAX / 2) return gr_fail(&c->err, GR_E_FORMAT, "a row of %zu tokens", e.n);
    j->len[row] = e.n;
    if (!ints_add(&c->ids, e.ids, e.n) || !ints_add(&c->types, e.type_ids, e.n) || (t->words && !ints_add(&c->words, e.word_ids, e.n)))
        return gr_fail_nomem(&c->err, "token ids");
    return GR_OK;
}

static void encode_chunk(void *arg, size_t task, int thread)
{
    job *j = arg;
    chunk *c = &j->chunks[task];
    const size_t first = task * CHUNK_ROWS, end = first + CHUNK_ROWS < j->texts->n ? first + CHUNK_ROWS : j->texts->n;

    for (size_t row = first; row < end && c->status == GR_OK; row++) {
        if (gr_interrupted()) {
            c->status = gr_fail(&c->err, GR_E_CANCELLED, "stopped while tokenising");
            return;
        }
        c->status = encode_row(j, j->work[thread], row, c);
        if (c->status != GR_OK) (void)gr_wrap(&c->err, c->status, "row %zu", row + 1);
    }
}

/* ---- the whole split ---- */

static void lay(int32_t *to, const ints *from)
{
    if (from->n) memcpy(to, from->p, from->n * sizeof *to);
}

static gr_status join(gr_tokens *out, const job *j, size_t n_chunks, gr_err *err)
{
    size_t total = 0, at = 0;

    for (size_t i = 0; i < n_chunks; i++) total += j->chunks[i].ids.n;
    out->ids = malloc((total + 1) * sizeof *out->ids);
    out->types = malloc((total + 1) * sizeof *out->types);
    if (j->texts->words) out->words = malloc((total + 1) * sizeof *out->words);
    if (!out->ids || !out->types || (j->texts->words && !out->words)) return gr_fail_nomem(err, "token ids");
    for (size_t i = 0; i < n_chunks; i++) {
        const chunk *c = &j->chunks[i];
        lay(out->ids + at, &c->ids);
        lay(out->types + at, &c->types);
        if (j->texts->words) lay(out->words + at, &c->words);
        at += c->ids.n;
    }
    out->start[0] = 0;
    for (size_t i = 0; i < out->n; i++) out->start[i + 1] = out->start[i] + j->len[i];
    return GR_OK;
}

static gr_status run_chunks(job *j, const gr_tok *tok, size_t n_chunks, gr_pool *pool, gr_err *err)
{
    const int threads = gr_pool_threads(pool);
    gr_status s = GR_OK;

    for (int i = 0; i < threads; i++) GR_TRY(gr_tok_work_open(&j->work[i], tok, err));
    gr_pool_run(pool, n_chunks, encode_chunk, j);
    for (size_t i = 0; i < n_chunks && s == GR_OK; i++)
        if ((s = j->chunks[i].status) != GR_OK && err) *err = j->chunks[i].err;
    return s;
}

gr_status gr_tokens_make(gr_tokens *out, const gr_tok *tok, const gr_texts *texts, gr_pool *pool, gr_err *err)
{
    const size_t n = texts->n, n_chunks = (n + CHUNK_ROWS - 1) / CHUNK_ROWS;
    const int threads = gr_pool_threads(pool);
    job j = { .texts = texts };
    gr_status s;

    *out = (gr_tokens){ .n = n };
    j.work = calloc((size_t)threads, sizeof *j.work);
    j.len = calloc(n + 1, sizeof *j.len);
    j.chunks = calloc(n_chunks + 1, sizeof *j.chunks);
    out->start = calloc(n + 1, sizeof *out->start);
    if (!j.work || !j.len || !j.chunks || !out->start) s = gr_fail_nomem(err, "tokenising");
    else s = run_chunks(&j, tok, n_chunks, pool, err);
    if (s == GR_OK) s = join(out, &j, n_chunks, err);
    for (size_t i = 0; j.chunks && i < n_chunks; i++) {
        free(j.chunks[i].ids.p);
        free(j.chunks[i].types.p);
        free(j.chunks[i].words.p);
    }
    for (int i = 0; j.work && i < threads; i++) gr_tok_work_close(j.work[i]);
    free(j.work);
    free(j.len);
    free(j.chunks);
    if (s != GR_OK) gr_tokens_free(out);
    return s;
}

void gr_tokens_free(gr_tokens *t)
{
    free(t->start);
    free(t->ids);
    free(t->types);
    free(t->words);
    *t = (gr_tokens){ 0 };
}
