/* session_rows.c - the word table, of which a step sees few rows.
 *
 * A row is live when a batch of this session had its word (of evaluation batches only those that had decay to make up for): before that its gradient and moments are zero, and AdamW on
 * it is no more than weight decay. The rows that are live and those touched since the last step are bitmaps that the host keeps
 * (it looks at the words of every batch anyway) and sends with the batch, so that no op waits for anything:
 *
 *   sumsq sees the rows touched, adamw the live ones, both with the bits that all rows would give;
 *   a row at rest owes the factors 1 - lr decay of the steps it sat out. They are applied one by one, each rounded as adamw
 *   rounds, when a batch reads the row, when the list is full and when the weights are pulled: again the same bits.
 *
 * So a run has the bits of the dense update, whatever is evaluated, saved or resumed in between, and a checkpoint, which begins
 * with a pull, holds nothing more than weights and moments: rows are live again where these are not zero. */
#include "model/session_internal.h"

#include <string.h>

static uint32_t *bits(const gr_session *s, size_t at) { return (uint32_t *)(void *)(s->batch.host + at); }
static const uint32_t *dev_bits(const gr_session *s, size_t at) { return (const uint32_t *)(const void *)((const char *)s->batch.dev + at); }
static size_t words(const gr_session *s) { return (s->batch.rows + 31) / 32; }

/* With an epsilon of 0 an update of zeros is 0 / 0, which a row at rest would not show. */
void gr_rows_begin(gr_session *s)
{
    if (!s->o.train || s->o.dense_table || !(s->o.epsilon > 0.0)) return;
    for (size_t i = 0; i < s->n_seg; i++)
        if (s->seg[i].width) s->rows.table = &s->seg[i];
}

bool gr_rows_mark(gr_session *s, const gr_batch *b, bool train)
{
    uint32_t *touched, *live, *fresh;
    bool      wake = false;

    if (!s->rows.table || (!train && s->rows.n_keep == 0)) return false;
    touched = bits(s, s->batch.touched);
    live = bits(s, s->batch.live);
    fresh = bits(s, s->batch.fresh);
    memset(fresh, 0, words(s) * sizeof *fresh);
    for (int32_t t = 0; t < b->n_tokens; t++) {
        const uint32_t word = (uint32_t)b->ids[t] / 32, bit = 1u << (uint32_t)b->ids[t] % 32;

        if (train) touched[word] |= bit;
        if (live[word] & bit) continue;
        live[word] |= bit;
        fresh[word] |= bit;
        wake = true;
    }
    return wake && s->rows.n_keep > 0;
}

/* The rows of `fresh`, as the device has it. */
void gr_rows_wake(gr_session *s)
{
    s->rows.table->rows = dev_bits(s, s->batch.fresh);
    s->enc.op->decay_rows(s->enc.ctx, &(gr_decay_args){ .param = s->enc.weights, .table = s->rows.table, .keep = s->rows.keep, .n = s->rows.n_keep });
}

void gr_rows_norm(gr_session *s)
{
    if (s->rows.table) s->rows.table->rows = dev_bits(s, s->batch.touched);
}

void gr_rows_update(gr_session *s)
{
    if (s->rows.table) s->rows.table->rows = dev_bits(s, s->batch.live);
}

/* No decay at all in the device's numbers, where adamw leaves idle rows alone too */
static bool rests(const gr_session *s, double keep) { return gr_session_elem(s) == sizeof(float) ? (float)keep == 1.0f : keep == 1.0; }

void gr_rows_done(gr_session *s, double lr)
{
    const double keep = 1.0 - lr * s->o.weight_decay;

    if (!s->rows.table) return;
    memset(bits(s, s->batch.touched), 0, words(s) * sizeof(uint32_t));
    if (!s->rows.table->decay || rests(s, keep)) return;
    s->enc.op->upload(s->enc.ctx, s->rows.keep + s->rows.n_keep++, &keep, sizeof keep);
    if (s->rows.n_keep == GR_KEEPS) gr_rows_settle(s);
}

void gr_rows_settle(gr_session *s)
{
    const uint32_t *live;
    uint32_t       *fresh;

    if (!s->rows.table || s->rows.n_keep == 0) return;
    live = bits(s, s->batch.live);
    fresh = bits(s, s->batch.fresh);
    for (size_t i = 0; i < words(s); i++) fresh[i] = ~live[i];
    s->enc.op->upload(s->enc.ctx, (char *)s->batch.dev + s->batch.fresh, fresh, words(s) * sizeof *fresh);
    gr_rows_wake(s);
    s->rows.n_keep = 0;
}

void gr_rows_forget(gr_session *s)
{
    s->rows.n_keep = 0;
}

/* ---- moments from a checkpoint ---- */

static bool any(const unsigned char *p, size_t n)
{
    unsigned char seen = 0;

    for (size_t i = 0; i < n; i++) seen |= p[i];
    return seen != 0;
}

/* Rows that are zero here and there are left out: their memory has perhaps never been touched. */
static void upload_moments(gr_session *s, void *dst, const void *src, const uint32_t *rows)
{
    const size_t      elem = gr_session_elem(s), first = s->rows.table->offset * elem, width = (size_t)s->rows.table->width * elem;
    const size_t      end = first + s->rows.table->count * elem;
    const gr_backend *op = s->enc.op;

    if (first) op->upload(s->enc.ctx, dst, src, first);
    for (size_t r = 0, to; r < s->batch.rows; r = to + 1) {
        for (to = r; to < s->batch.rows && (rows[to / 32] >> to % 32 & 1u);) to++;
        if (to > r) op->upload(s->enc.ctx, (char *)dst + first + r * width, (const char *)src + first + r * width, (to - r) * width);
    }
    op->upload(s->enc.ctx, (char *)dst + end, (const char *)src + end, gr_session_slab(s) - end);
}

void gr_rows_restore(gr_session *s, const void *m, const void *v)
{
    const gr_segment *t = s->rows.table;
    const size_t      elem = gr_session_elem(s), width = t ? (size_t)t->width * elem : 0;
    uint32_t         *live, *fresh;

    if (!t) {
        s->enc.op->upload(s->enc.ctx, s->m, m, gr_session_slab(s));
        s->enc.op->upload(s->enc.ctx, s->v, v, gr_session_slab(s));
        return;
    }
    gr_rows_settle(s);
    live = bits(s, s->batch.live);
    fresh = bits(s, s->batch.fresh); /* here: rows that differ from zero in the old moments or in the new ones */
    memcpy(fresh, live, words(s) * sizeof *fresh);
    memset(live, 0, words(s) * sizeof *live);
    for (size_t r = 0; r < s->batch.rows; r++) {
        const size_t at = t->offset * elem + r * width;

        if (any((const unsigned char *)m + at, width) || any((const unsigned char *)v + at, width)) live[r / 32] |= 1u << r % 32;
    }
    for (size_t i = 0; i < words(s); i++) fresh[i] |= live[i];
    upload_moments(s, s->m, m, fresh);
    upload_moments(s, s->v, v, fresh);
}
