/* session_batch.c - a batch from the harness to the device: checked, completed, sent in one upload.
 *
 * Completed means: positions, the sequence of each token and its place in it (dropout's keys), the first
 * token of each sequence, and by_id, the tokens sorted by (id, number): the order in which the
 * word table's gradient is summed, which depends on the batch alone. */
#include "model/session_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

enum { ALIGN = 64 };

static bool place(size_t *at, size_t *end, size_t count, size_t size)
{
    size_t n;

    *at = *end;
    return gr_mul_size(&n, count, size) && gr_add_size(&n, n, ALIGN - 1) && gr_add_size(end, *end, n / ALIGN * ALIGN);
}

gr_status gr_batch_store_offsets(gr_batch_store *st, const gr_session_opts *o, const gr_config *c, gr_err *err)
{
    const int32_t reach = o->max_length - 1;
    size_t        n;

    if (c->relative != GR_RELATIVE_BUCKETS && c->relative != GR_RELATIVE_DISENTANGLED) return GR_OK;
    if (!gr_mul_size(&n, 2 * (size_t)reach + 1, sizeof *st->rel_row) || !(st->rel_row = malloc(n))) return gr_fail_nomem(err, "relative positions");
    for (int32_t i = -reach; i <= reach; i++) st->rel_row[reach + i] = gr_config_rel_row(c, i);
    st->rel_zero = reach;
    if (c->relative == GR_RELATIVE_DISENTANGLED) st->rel_rows = st->rel_row[0] - st->rel_row[2 * reach] + 1;
    else
        for (int32_t i = 0; i <= 2 * reach; i++)
            if (st->rel_row[i] >= st->rel_used) st->rel_used = st->rel_row[i] + 1;
    return GR_OK;
}

gr_status gr_batch_store_plan(gr_batch_store *st, const gr_session_opts *o, size_t rows, gr_err *err)
{
    const size_t words = (rows + 31) / 32, T = (size_t)o->max_tokens, B = (size_t)o->max_rows, i32 = sizeof(int32_t);
    const size_t offsets = st->rel_row ? 2 * (size_t)o->max_length - 1 : 0, R = (size_t)st->rel_rows;
    size_t       end = 0;
    const bool   ok = place(&st->ids, &end, T, i32) && place(&st->types, &end, T, i32) && place(&st->positions, &end, T, i32) &&
                    place(&st->row_of, &end, T, i32) && place(&st->pos_in, &end, T, i32) && place(&st->by_id, &end, T, i32) &&
                    place(&st->labels, &end, T > B ? T : B, i32) && place(&st->cu, &end, B + 1, i32) &&
                    place(&st->slots, &end, B, i32) && place(&st->first, &end, B, i32) &&
                    place(&st->numbers, &end, B, i32) && place(&st->zeros, &end, B, i32) && place(&st->values, &end, B, sizeof(double)) &&
                    place(&st->rel_of, &end, offsets, i32) && place(&st->rel_pos, &end, R, i32) && place(&st->rel_zeros, &end, R, i32) &&
                    place(&st->touched, &end, words, i32) && place(&st->live, &end, words, i32) && place(&st->fresh, &end, words, i32);

    if (!ok) return gr_fail(err, GR_E_NOMEM, "a batch of %d tokens does not fit in memory", (int)o->max_tokens);
    st->bytes = end;
    st->rows = rows;
    return GR_OK;
}

static int32_t *host32(const gr_batch_store *st, size_t at) { return (int32_t *)(void *)(st->host + at); }
static double  *host64(const gr_batch_store *st, size_t at) { return (double *)(void *)(st->host + at); }

/* ---- checks --------------------------------------------------------------------------------------- */

static gr_status check_shape(const gr_session *s, const gr_batch *b, int32_t *longest, gr_err *err)
{
    const int32_t room = s->model->config.max_positions - s->model->config.position_offset;

    if (b->n_rows < 1 || b->n_tokens < 1) return gr_fail(err, GR_E_ARG, "an empty batch");
    if (b->n_rows > s->o.max_rows || b->n_tokens > s->o.max_tokens)
        return gr_fail(err, GR_E_ARG, "a batch of %d rows and %d tokens, the session was opened for %d and %d", (int)b->n_rows,
                       (int)b->n_tokens, (int)s->o.max_rows, (int)s->o.max_tokens);
    if (!b->ids || !b->cu_seqlens) return gr_fail(err, GR_E_ARG, "a batch without ids or cu_seqlens");
    if (b->cu_seqlens[0] != 0 || b->cu_seqlens[b->n_rows] != b->n_tokens)
        return gr_fail(err, GR_E_ARG, "cu_seqlens runs from %d to %d, the batch has %d tokens", (int)b->cu_seqlens[0],
                       (int)b->cu_seqlens[b->n_rows], (int)b->n_tokens);
    *longest = 0;
    for (int32_t r = 0; r < b->n_rows; r++) {
        const int64_t n = (int64_t)b->cu_seqlens[r + 1] - b->cu_seqlens[r];
        if (n < 1) /* one that ends behind the batch has one that goes back behind it */
            return gr_fail(err, GR_E_ARG, "row %d of the batch has %lld tokens", (int)r, (long long)n);
        if (n > s->o.max_length || n > room)
            return gr_fail(err, GR_E_ARG, "row %d of the batch has %lld tokens, at most %d fit", (int)r, (long long)n,
                           (int)(s->o.max_length < room ? s->o.max_length : room));
        if (n > *longest) *longest = (int32_t)n;
    }
    return GR_OK;
}

static gr_status check_range(const char *what, const int32_t *x, int32_t n, int32_t limit, bool ignorable, gr_err *err)
{
    for (int32_t i = 0; i < n; i++) {
        if (ignorable && x[i] == GR_LABEL_IGNORE) continue;
        if (x[i] < 0 || x[i] >= limit)
            return gr_fail(err, GR_E_ARG, "%s %d of the batch is %d, not in 0..%d", what, (int)i, (int)x[i], (int)limit - 1);
    }
    return GR_OK;
}

static gr_status check_labels(const gr_session *s, const gr_batch *b, gr_err *err)
{
    const gr_head_spec h = s->model->head;

    if (h.kind == GR_HEAD_CLASS || gr_head_per_token(h.kind)) {
        const bool token = gr_head_per_token(h.kind);
        if (!b->classes) return gr_fail(err, GR_E_ARG, "a loss is asked for and the batch has no classes");
        return check_range(token ? "the label of token" : "the label of row", b->classes, token ? b->n_tokens : b->n_rows, h.n_out, token, err);
    }
    if (!b->values) return gr_fail(err, GR_E_ARG, "a loss is asked for and the batch has no values");
    if (h.kind == GR_HEAD_EMBED && b->n_rows % 2)
        return gr_fail(err, GR_E_ARG, "pairs of sentences in a batch of %d rows", (int)b->n_rows);
    for (int32_t i = 0; i < (h.kind == GR_HEAD_EMBED ? b->n_rows / 2 : b->n_rows); i++)
        if (!isfinite(b->values[i])) return gr_fail(err, GR_E_ARG, "value %d of the batch is not a finite number", (int)i);
    return GR_OK;
}

static gr_status check(const gr_session *s, const gr_batch *b, bool train, bool labels, int32_t *longest, gr_err *err)
{
    const gr_config *c = &s->model->config;

    GR_TRY(check_shape(s, b, longest, err));
    GR_TRY(check_range("token", b->ids, b->n_tokens, c->vocab_size, false, err));
    if (b->type_ids && c->type_vocab > 0) GR_TRY(check_range("the segment of token", b->type_ids, b->n_tokens, c->type_vocab, false, err));
    if (train && !b->slots) return gr_fail(err, GR_E_ARG, "a training batch without slots");
    return labels ? check_labels(s, b, err) : GR_OK;
}

/* ---- completion ----------------------------------------------------------------------------------- */

static void sort_by_id(const gr_batch_store *st, const gr_batch *b, int32_t vocab)
{
    int32_t *order = host32(st, st->by_id);
    size_t   before = 0;

    memset(st->count, 0, (size_t)vocab * sizeof *st->count);
    for (int32_t t = 0; t < b->n_tokens; t++) st->count[b->ids[t]]++;
    for (int32_t v = 0; v < vocab; v++) {
        const size_t n = st->count[v];
        st->count[v] = before;
        before += n;
    }
    for (int32_t t = 0; t < b->n_tokens; t++) order[st->count[b->ids[t]]++] = t;
}

/* Positions that begin behind the pad id count tokens that are not padding; a pad inside a sequence has position pad_id
 * (modeling_roberta.py, create_position_ids_from_input_ids). */
static void fill_tokens(const gr_batch_store *st, const gr_batch *b, const gr_config *c)
{
    int32_t *positions = host32(st, st->positions), *row_of = host32(st, st->row_of), *pos_in = host32(st, st->pos_in);

    for (int32_t r = 0; r < b->n_rows; r++)
        for (int32_t t = b->cu_seqlens[r], i = 0, next = c->position_offset; t < b->cu_seqlens[r + 1]; t++, i++) {
            positions[t] = c->position_offset > 0 && b->ids[t] == c->pad_id ? c->pad_id : next++;
            row_of[t] = r;
            pos_in[t] = i;
        }
}

/* Rows of relative positions by offset; of DeBERTa's only those that the longest sequence reaches are computed, counted from the first of them. */
static void fill_offsets(const gr_batch_store *st, const gr_config *c, int32_t longest, gr_pass *out)
{
    const int32_t reach = longest - 1, zero = st->rel_zero;
    int32_t      *rel_of = host32(st, st->rel_of), *rel_pos = host32(st, st->rel_pos);

    if (!st->rel_row) return;
    out->rel_zero = zero;
    out->rel_rows = st->rel_used;
    if (c->relative == GR_RELATIVE_DISENTANGLED) {
        out->rel_from = st->rel_row[zero + reach];
        out->rel_rows = st->rel_row[zero - reach] - out->rel_from + 1;
        for (int32_t i = 0; i < out->rel_rows; i++) rel_pos[i] = out->rel_from + i;
    }
    for (int32_t i = -zero; i <= zero; i++) rel_of[zero + i] = i < -reach || i > reach ? 0 : st->rel_row[zero + i] - out->rel_from;
}

/* The zeros beside them are those of the store's calloc. */
static void fill_firsts(const gr_batch_store *st, const gr_batch *b)
{
    int32_t *numbers = host32(st, st->numbers);

    memcpy(host32(st, st->first), b->cu_seqlens, (size_t)b->n_rows * sizeof(int32_t));
    for (int32_t r = 0; r < b->n_rows; r++) numbers[r] = r;
}

static int64_t fill_labels(const gr_batch_store *st, const gr_batch *b, gr_head_kind kind)
{
    const size_t n = (size_t)(gr_head_per_token(kind) ? b->n_tokens : kind == GR_HEAD_EMBED ? b->n_rows / 2 : b->n_rows);
    int64_t      labelled = (int64_t)n;

    if (kind == GR_HEAD_REGRESSION || kind == GR_HEAD_EMBED) {
        memcpy(host64(st, st->values), b->values, n * sizeof(double));
        return labelled;
    }
    memcpy(host32(st, st->labels), b->classes, n * sizeof(int32_t));
    for (size_t i = 0; i < n; i++) labelled -= b->classes[i] == GR_LABEL_IGNORE;
    return labelled;
}

static const void *dev(const gr_batch_store *st, size_t at) { return (const char *)st->dev + at; }

static gr_dev_batch describe(const gr_batch_store *st, const gr_batch *b, int32_t longest, bool types)
{
    return (gr_dev_batch){ .n_tokens = b->n_tokens, .n_rows = b->n_rows, .max_len = longest, .ids = dev(st, st->ids),
                           .types = types ? dev(st, st->types) : NULL, .positions = dev(st, st->positions), .cu_seqlens = dev(st, st->cu),
                           .row_of = dev(st, st->row_of), .pos_in = dev(st, st->pos_in), .slots = dev(st, st->slots),
                           .by_id = dev(st, st->by_id) };
}

/* The first token of each sequence, as ops see it that work on rows alone. */
static gr_dev_batch describe_firsts(const gr_batch_store *st, const gr_batch *b)
{
    return (gr_dev_batch){ .n_tokens = b->n_rows, .n_rows = b->n_rows, .max_len = 1, .row_of = dev(st, st->numbers),
                           .pos_in = dev(st, st->zeros), .slots = dev(st, st->slots) };
}

/* The rows of relative positions within reach, likewise. */
static gr_dev_batch describe_rel(const gr_batch_store *st, int32_t rows)
{
    return (gr_dev_batch){ .n_tokens = rows, .n_rows = 1, .max_len = 1, .row_of = dev(st, st->rel_zeros), .pos_in = dev(st, st->rel_pos),
                           .slots = dev(st, st->rel_zeros) };
}

gr_status gr_session_load(gr_session *s, const gr_batch *b, bool train, bool labels, gr_pass *out, int64_t *labelled, gr_err *err)
{
    const gr_batch_store *st = &s->batch;
    const gr_config      *c = &s->model->config;
    const size_t          T = (size_t)(b->n_tokens > 0 ? b->n_tokens : 0), B = (size_t)(b->n_rows > 0 ? b->n_rows : 0);
    int32_t               longest = 0;
    gr_pass               p = { .train = train, .seed = s->o.seed, .step = (uint64_t)s->steps };
    bool                  wake;

    GR_TRY(check(s, b, train, labels, &longest, err));
    s->last_valid = false;
    memcpy(host32(st, st->ids), b->ids, T * sizeof(int32_t));
    if (b->type_ids) memcpy(host32(st, st->types), b->type_ids, T * sizeof(int32_t));
    else memset(host32(st, st->types), 0, T * sizeof(int32_t));
    memcpy(host32(st, st->cu), b->cu_seqlens, (B + 1) * sizeof(int32_t));
    fill_firsts(st, b);
    if (b->slots) memcpy(host32(st, st->slots), b->slots, B * sizeof(uint32_t));
    else memset(host32(st, st->slots), 0, B * sizeof(uint32_t));
    fill_tokens(st, b, c);
    fill_offsets(st, c, longest, &p);
    if (train && s->enc.plan.lowest == GR_STAGE_TABLES) sort_by_id(st, b, c->vocab_size);
    *labelled = labels ? fill_labels(st, b, s->model->head.kind) : 0;
    wake = gr_rows_mark(s, b, train);
    s->enc.op->upload(s->enc.ctx, st->dev, st->host, st->bytes);
    if (wake) gr_rows_wake(s);
    p.b = describe(st, b, longest, c->type_vocab > 0);
    p.firsts = describe_firsts(st, b);
    p.rel = describe_rel(st, c->relative == GR_RELATIVE_DISENTANGLED ? p.rel_rows : 0);
    p.rel_of = st->rel_row ? dev(st, st->rel_of) : NULL;
    p.first = dev(st, st->first);
    p.labels = dev(st, st->labels);
    p.values = dev(st, st->values);
    *out = p;
    return GR_OK;
}
