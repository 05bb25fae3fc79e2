/* session_rows.c - the word table, of which one step sees only a few rows.
 *
 * A row becomes live when a batch of this session has its word. (A batch of evaluation counts too, but only while rows at
 * rest have decay to catch up with.) Before that its gradient and moments are zero, and all that AdamW does to it is
 * weight decay. The host sees the words of every batch anyway, so it keeps two bitmaps, the live rows and those touched
 * since the last step, and sends them with the batch; no op waits for anything.
 *
 *   sumsq    visits the rows touched, and gives the bits that all rows would give;
 *   adamw    visits the live rows, and gives the bits that all rows would give;
 *   decay    A row at rest owes one factor, 1 - lr decay, for each step it sat out. The factors are applied one by one,
 *            each product rounded as adamw rounds it, when a batch reads the row, when the list of factors is full, and
 *            when the weights are pulled: again the same bits.
 *
 * So a run has the bits of the dense update, whatever is evaluated, saved or resumed in between. A checkpoint begins with
 * a pull, so it needs to hold nothing more than weights and moments: rows are live again where the moments are not zero. */
#include "model/session_internal.h"

#include <string.h>

/* The bitmap at this offset of the batch's memory, on the host and on the device; and its length in 32-bit words. */
static uint32_t *bits(const gr_session *s, size_t at) { return (uint32_t *)(void *)(s->batch.host + at); }
static const uint32_t *dev_bits(const gr_session *s, size_t at) { return (const uint32_t *)(const void *)((const char *)s->batch.dev + at); }
static size_t words(const gr_session *s) { return (s->batch.rows + 31) / 32; }

/* Not with an epsilon of 0: there the dense update of a zero gradient is 0 / 0, and rows at rest would hide that NaN. */
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

/* Bring the rows of `fresh` up to date. */
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

/* Is the factor 1 in the device's numbers? Then adamw leaves the weights of a row without gradient alone. */
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

/* Is one of these bytes not zero? */
static bool any(const unsigned char *p, size_t n)
{
    unsigned char seen = 0;

    for (size_t i = 0; i < n; i++) seen |= p[i];
    return seen != 0;
}

/* A slab of moments, but of the table only these rows. The others are zero on both sides, and writing zeros would make the
 * system provide memory for pages that were never touched. */
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
