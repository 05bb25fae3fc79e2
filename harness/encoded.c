/* encoded.c - labels beside a split's tokens, and packed batches cut from both. See encoded.h. */
#include "harness/encoded.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* ---- labels ---- */

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

/* Token heads: labels of a row's tokens and the first piece of each word. words: of the row's tokens. inside NULL: only first
 * pieces are labelled. */
static void label_tokens(gr_encoded *out, size_t row, const gr_example *x, const int32_t *words, const int32_t *inside)
{
    int32_t *first = out->word_token + out->word_start[row], *classes = out->classes + out->start[row];
    const size_t n = out->start[row + 1] - out->start[row];
    int32_t last = -1;

    for (size_t w = 0; w < x->n_words; w++) first[w] = -1;
    for (size_t t = 0; t < n; t++) {
        const int32_t w = words[t];
        classes[t] = GR_LABEL_IGNORE;
        if (w >= 0 && w != last) {
            first[w] = (int32_t)t;
            if (x->tag_ids) classes[t] = x->tag_ids[w];
        } else if (w >= 0 && inside && x->tag_ids) {
            classes[t] = inside[x->tag_ids[w]];
        }
        last = w;
    }
}

static gr_status token_labels(gr_encoded *out, const gr_tokens *t, const gr_examples *ex, const gr_task *task, bool all, gr_err *err)
{
    int32_t *inside = all ? inside_tags(task) : NULL;
    size_t words = 0;

    for (size_t i = 0; i < ex->n; i++) words += ex->e[i].n_words;
    out->classes = malloc((t->start[t->n] + 1) * sizeof *out->classes);
    out->word_token = malloc((words + 1) * sizeof *out->word_token);
    out->word_start = malloc((out->n + 1) * sizeof *out->word_start);
    if (!out->classes || !out->word_token || !out->word_start || (all && !inside)) {
        free(inside);
        return gr_fail_nomem(err, "labels");
    }
    out->word_start[0] = 0;
    for (size_t i = 0; i < out->n; i++) {
        out->word_start[i + 1] = out->word_start[i] + ex->e[i].n_words;
        label_tokens(out, i, &ex->e[i], t->words + t->start[i], inside);
    }
    free(inside);
    return GR_OK;
}

static gr_status row_labels(gr_encoded *out, const gr_examples *ex, gr_head_kind kind, gr_err *err)
{
    if (kind == GR_HEAD_CLASS && !(out->classes = malloc((out->n + 1) * sizeof *out->classes))) return gr_fail_nomem(err, "labels");
    if (kind == GR_HEAD_REGRESSION && !(out->values = malloc((out->n + 1) * sizeof *out->values))) return gr_fail_nomem(err, "labels");
    out->labelled = true;
    for (size_t i = 0; i < out->n; i++) {
        const gr_example *x = &ex->e[i];
        const size_t len = out->start[i + 1] - out->start[i];
        if (len > out->max_len) out->max_len = len;
        if (kind == GR_HEAD_CLASS) out->classes[i] = x->label;
        if (kind == GR_HEAD_REGRESSION) out->values[i] = (double)(float)x->value; /* a collator's tensor of targets is float32 */
        out->labelled = out->labelled && x->labelled;
    }
    return GR_OK;
}

gr_status gr_encoded_of(gr_encoded *out, gr_tokens *t, const gr_examples *ex, const gr_task *task, bool label_all_tokens, gr_err *err)
{
    gr_status s;

    memset(out, 0, sizeof *out);
    out->n = t->n;
    out->start = t->start;
    out->ids = t->ids;
    out->types = t->types;
    s = row_labels(out, ex, task->head.kind, err);
    if (s == GR_OK && task->head.kind == GR_HEAD_TOKEN) s = token_labels(out, t, ex, task, label_all_tokens, err);
    free(t->words);
    *t = (gr_tokens){ 0 };
    if (s != GR_OK) gr_encoded_free(out);
    return s;
}

gr_status gr_encoded_make(gr_encoded *out, const gr_tok *tok, const gr_examples *ex, const gr_task *task,
                          const gr_encode_opts *o, gr_pool *pool, gr_err *err)
{
    const gr_texts texts = { .rows = ex->e, .n = ex->n, .words = task->head.kind == GR_HEAD_TOKEN, .max_length = o->max_length };
    gr_tokens t;

    memset(out, 0, sizeof *out);
    GR_TRY(gr_tokens_make(&t, tok, &texts, pool, err));
    return gr_encoded_of(out, &t, ex, task, o->label_all_tokens, err);
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
