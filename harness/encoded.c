/* encoded.c - tokenising a split, and cutting packed batches from it. See encoded.h.
 *
 * Rows are tokenised in chunks by the pool, each chunk into buffers of its own; the chunks are then laid
 * end to end, so the result is the same for any number of threads. */
#include "harness/encoded.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
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
    memcpy(v->p + v->n, p, n * sizeof *p);
    v->n += n;
    return true;
}

typedef struct chunk {
    ints      ids, types, classes, words;
    gr_status status;
    gr_err    err;
} chunk;

typedef struct job {
    const gr_tok         *tok;
    const gr_examples    *ex;
    const gr_task        *task;
    const gr_encode_opts *o;
    gr_tok_work         **work; /* [threads] */
    size_t               *len;  /* [n] tokens of each row */
    const int32_t        *inside; /* [n_out] I- form of each tag */
    chunk                *chunks;
} job;

/* Token heads: labels of a row's tokens and the first piece of each word. */
static bool label_tokens(const job *j, const gr_example *x, const gr_encoding *e, chunk *c)
{
    const size_t at_word = c->words.n;
    const int32_t none = -1, ignore = GR_LABEL_IGNORE;
    int32_t last = -1;

    for (size_t w = 0; w < x->n_words; w++)
        if (!ints_add(&c->words, &none, 1)) return false;
    for (size_t t = 0; t < e->n; t++) {
        const int32_t w = e->word_ids[t];
        int32_t label = ignore;
        if (w >= 0 && w != last) {
            c->words.p[at_word + (size_t)w] = (int32_t)t;
            if (x->tag_ids) label = x->tag_ids[w];
        } else if (w >= 0 && j->o->label_all_tokens && x->tag_ids) {
            label = j->inside[x->tag_ids[w]];
        }
        last = w;
        if (!ints_add(&c->classes, &label, 1)) return false;
    }
    return true;
}

static gr_status encode_row(const job *j, gr_tok_work *w, size_t row, chunk *c)
{
    const gr_example *x = &j->ex->e[row];
    const bool tokens = j->task->head.kind == GR_HEAD_TOKEN;
    gr_encoding e;

    if (tokens) GR_TRY(gr_tok_encode_words(w, &e, x->words, x->n_words, j->o->max_length, false, &c->err));
    else GR_TRY(gr_tok_encode(w, &e, x->text_a, x->text_b, j->o->max_length, false, &c->err));
    if (e.n > INT32_MAX / 2) return gr_fail(&c->err, GR_E_FORMAT, "a row of %zu tokens", e.n);
    j->len[row] = e.n;
    if (!ints_add(&c->ids, e.ids, e.n) || !ints_add(&c->types, e.type_ids, e.n) || (tokens && !label_tokens(j, x, &e, c)))
        return gr_fail_nomem(&c->err, "token ids");
    return GR_OK;
}

static void encode_chunk(void *arg, size_t task, int thread)
{
    job *j = arg;
    chunk *c = &j->chunks[task];
    const size_t first = task * CHUNK_ROWS, end = first + CHUNK_ROWS < j->ex->n ? first + CHUNK_ROWS : j->ex->n;

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

static gr_status join(gr_encoded *out, const job *j, size_t n_chunks, gr_err *err)
{
    const bool tokens = j->task->head.kind == GR_HEAD_TOKEN;
    size_t total = 0, words = 0, at = 0, at_word = 0;

    for (size_t i = 0; i < n_chunks; i++) {
        total += j->chunks[i].ids.n;
        words += j->chunks[i].words.n;
    }
    out->ids = malloc((total + 1) * sizeof *out->ids);
    out->types = malloc((total + 1) * sizeof *out->types);
    if (tokens) {
        out->classes = malloc((total + 1) * sizeof *out->classes);
        out->word_token = malloc((words + 1) * sizeof *out->word_token);
        out->word_start = malloc((out->n + 1) * sizeof *out->word_start);
    }
    if (!out->ids || !out->types || (tokens && (!out->classes || !out->word_token || !out->word_start)))
        return gr_fail_nomem(err, "token ids");
    for (size_t i = 0; i < n_chunks; i++) {
        const chunk *c = &j->chunks[i];
        if (c->ids.n) memcpy(out->ids + at, c->ids.p, c->ids.n * sizeof *out->ids);
        if (c->types.n) memcpy(out->types + at, c->types.p, c->types.n * sizeof *out->types);
        if (c->classes.n) memcpy(out->classes + at, c->classes.p, c->classes.n * sizeof *out->classes);
        if (c->words.n) memcpy(out->word_token + at_word, c->words.p, c->words.n * sizeof *out->word_token);
        at += c->ids.n;
        at_word += c->words.n;
    }
    return GR_OK;
}

static gr_status rows_and_labels(gr_encoded *out, const job *j, gr_err *err)
{
    const gr_head_kind kind = j->task->head.kind;

    if (kind == GR_HEAD_CLASS && !(out->classes = malloc((out->n + 1) * sizeof *out->classes))) return gr_fail_nomem(err, "labels");
    if (kind == GR_HEAD_REGRESSION && !(out->values = malloc((out->n + 1) * sizeof *out->values))) return gr_fail_nomem(err, "labels");
    out->labelled = true;
    out->start[0] = 0;
    if (out->word_start) out->word_start[0] = 0;
    for (size_t i = 0; i < out->n; i++) {
        const gr_example *x = &j->ex->e[i];
        out->start[i + 1] = out->start[i] + j->len[i];
        if (j->len[i] > out->max_len) out->max_len = j->len[i];
        if (kind == GR_HEAD_CLASS) out->classes[i] = x->label;
        if (kind == GR_HEAD_REGRESSION) out->values[i] = (double)(float)x->value; /* a collator's tensor of targets is float32 */
        if (out->word_start) out->word_start[i + 1] = out->word_start[i] + x->n_words;
        out->labelled = out->labelled && x->labelled;
    }
    return GR_OK;
}

/* inside[tag] = the I- form of a B- tag, where the task has it. */
static int32_t *inside_tags(const gr_task *t)
{
    int32_t *inside = malloc(((size_t)t->head.n_out + 1) * sizeof *inside);

    for (int32_t i = 0; inside && i < t->head.n_out; i++) {
        inside[i] = i;
        for (int32_t k = 0; strncmp(t->labels[i], "B-", 2) == 0 && k < t->head.n_out; k++)
            if (strncmp(t->labels[k], "I-", 2) == 0 && strcmp(t->labels[k] + 2, t->labels[i] + 2) == 0) inside[i] = k;
    }
    return inside;
}

gr_status gr_encoded_make(gr_encoded *out, const gr_tok *tok, const gr_examples *ex, const gr_task *task,
                          const gr_encode_opts *o, gr_pool *pool, gr_err *err)
{
    const size_t n_chunks = (ex->n + CHUNK_ROWS - 1) / CHUNK_ROWS;
    const int threads = gr_pool_threads(pool);
    job j = { .tok = tok, .ex = ex, .task = task, .o = o };
    int32_t *inside = NULL;
    gr_status s = GR_OK;

    memset(out, 0, sizeof *out);
    out->n = ex->n;
    j.work = calloc((size_t)threads, sizeof *j.work);
    j.len = calloc(ex->n + 1, sizeof *j.len);
    j.chunks = calloc(n_chunks + 1, sizeof *j.chunks);
    out->start = calloc(ex->n + 1, sizeof *out->start);
    if (task->head.kind == GR_HEAD_TOKEN) inside = inside_tags(task);
    if (!j.work || !j.len || !j.chunks || !out->start || (task->head.kind == GR_HEAD_TOKEN && !inside)) {
        s = gr_fail_nomem(err, "tokenising");
        goto out;
    }
    j.inside = inside;
    for (int i = 0; i < threads; i++)
        if ((s = gr_tok_work_open(&j.work[i], tok, err)) != GR_OK) goto out;
    gr_pool_run(pool, n_chunks, encode_chunk, &j);
    for (size_t i = 0; i < n_chunks && s == GR_OK; i++)
        if ((s = j.chunks[i].status) != GR_OK && err) *err = j.chunks[i].err;
    if (s == GR_OK) s = join(out, &j, n_chunks, err);
    if (s == GR_OK) s = rows_and_labels(out, &j, err);
out:
    for (size_t i = 0; j.chunks && i < n_chunks; i++) {
        free(j.chunks[i].ids.p);
        free(j.chunks[i].types.p);
        free(j.chunks[i].classes.p);
        free(j.chunks[i].words.p);
    }
    for (int i = 0; j.work && i < threads; i++) gr_tok_work_close(j.work[i]);
    free(j.work);
    free(j.len);
    free(j.chunks);
    free(inside);
    if (s != GR_OK) gr_encoded_free(out);
    return s;
}

void gr_encoded_free(gr_encoded *e)
{
    free(e->start);
    free(e->ids);
    free(e->types);
    free(e->classes);
    free(e->values);
    free(e->word_start);
    free(e->word_token);
    memset(e, 0, sizeof *e);
}

/* ---- batches ---- */

gr_status gr_batcher_open(gr_batcher *out, const gr_encoded *e, bool token_labels, int32_t max_tokens, int32_t max_rows, gr_err *err)
{
    const size_t t = (size_t)max_tokens, r = (size_t)max_rows;

    *out = (gr_batcher){ .from = e, .max_tokens = max_tokens, .max_rows = max_rows, .token_labels = token_labels };
    out->ids = malloc((t + 1) * sizeof *out->ids);
    out->types = malloc((t + 1) * sizeof *out->types);
    out->cu = malloc((r + 1) * sizeof *out->cu);
    out->slots = malloc((r + 1) * sizeof *out->slots);
    out->classes = malloc(((token_labels ? t : r) + 1) * sizeof *out->classes);
    out->values = malloc((r + 1) * sizeof *out->values);
    if (out->ids && out->types && out->cu && out->slots && out->classes && out->values) return GR_OK;
    gr_batcher_close(out);
    return gr_fail_nomem(err, "a batch");
}

void gr_batcher_close(gr_batcher *b)
{
    free(b->ids);
    free(b->types);
    free(b->cu);
    free(b->slots);
    free(b->classes);
    free(b->values);
    memset(b, 0, sizeof *b);
}

size_t gr_batcher_take(const gr_batcher *b, const uint32_t *rows, size_t n)
{
    const size_t *start = b->from->start;
    size_t tokens = 0, k = 0;

    while (k < n && k < (size_t)b->max_rows) {
        const size_t len = start[rows[k] + 1] - start[rows[k]];
        if (k && tokens + len > (size_t)b->max_tokens) break;
        tokens += len;
        k++;
    }
    return k;
}

gr_status gr_batcher_fill(gr_batcher *b, gr_batch *out, const uint32_t *rows, size_t n, uint32_t slot0, gr_err *err)
{
    const gr_encoded *e = b->from;
    size_t at = 0;

    if (n > (size_t)b->max_rows) return gr_fail(err, GR_E_INTERNAL, "a batch of %zu rows where %d fit", n, b->max_rows);
    b->cu[0] = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t from = e->start[rows[k]], len = e->start[rows[k] + 1] - from;
        if (at + len > (size_t)b->max_tokens) return gr_fail(err, GR_E_INTERNAL, "a batch of over %d tokens", b->max_tokens);
        memcpy(b->ids + at, e->ids + from, len * sizeof *b->ids);
        memcpy(b->types + at, e->types + from, len * sizeof *b->types);
        if (b->token_labels) memcpy(b->classes + at, e->classes + from, len * sizeof *b->classes);
        else if (e->classes) b->classes[k] = e->classes[rows[k]];
        if (e->values) b->values[k] = e->values[rows[k]];
        at += len;
        b->cu[k + 1] = (int32_t)at;
        b->slots[k] = slot0 + (uint32_t)k;
    }
    *out = (gr_batch){ .n_tokens = (int32_t)at, .n_rows = (int32_t)n, .ids = b->ids, .type_ids = b->types, .cu_seqlens = b->cu,
                       .slots = b->slots, .classes = e->classes ? b->classes : NULL, .values = e->values ? b->values : NULL };
    return GR_OK;
}

size_t gr_encoded_labels(const gr_encoded *e, const uint32_t *rows, size_t n, bool token_labels)
{
    size_t count = 0;

    if (!token_labels) return n;
    for (size_t k = 0; k < n; k++)
        for (size_t t = e->start[rows[k]]; t < e->start[rows[k] + 1]; t++) count += e->classes[t] >= 0;
    return count;
}
