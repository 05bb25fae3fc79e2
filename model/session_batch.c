/* session_batch.c - a batch from the harness to the device: checked, completed, sent in one upload.
 *
 * To complete a batch is to add what the ops need besides the ids: positions, the sequence of each token and its place
 * in it (the keys of dropout), the first token of each sequence, and by_id, the tokens sorted by (id, number). The word
 * table's gradient is summed in that order, which depends on the batch alone. */
#include "model/session_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

enum { ALIGN = 64 };

/* How a batch lies in the store's memory: each array begins at a multiple of ALIGN bytes behind the one before. */
static bool place(size_t *at, size_t *end, size_t count, size_t size)
{
    size_t n;

    *at = *end;
    return gr_mul_size(&n, count, size) && gr_add_size(&n, n, ALIGN - 1) && gr_add_size(end, *end, n / ALIGN * ALIGN);
}

/* Rows of the table that offsets up to `reach` each way use, counted from row 0. */
static int32_t rows_used(const int32_t *rel_row, int32_t reach)
{
    int32_t used = 0;

    for (int32_t i = 0; i <= 2 * reach; i++)
        if (rel_row[i] >= used) used = rel_row[i] + 1;
    return used;
}

gr_status gr_batch_store_offsets(gr_batch_store *st, const gr_session_opts *o, const gr_config *c, gr_err *err)
{
    const int32_t reach = o->max_length - 1;
    size_t        n;

    if (c->relative != GR_RELATIVE_BUCKETS && c->relative != GR_RELATIVE_DISENTANGLED) return GR_OK;
    if (!gr_mul_size(&n, 2 * (size_t)reach + 1, sizeof *st->rel_row) || !(st->rel_row = malloc(n))) return gr_fail_nomem(err, "relative positions");
    for (int32_t i = -reach; i <= reach; i++) st->rel_row[reach + i] = gr_config_rel_row(c, i);
    st->rel_zero = reach;
    if (c->relative == GR_RELATIVE_BUCKETS) st->rel_used = rows_used(st->rel_row, reach);
    else st->rel_rows = st->rel_row[0] - st->rel_row[2 * reach] + 1; /* rows fall as offsets grow */
    return GR_OK;
}

gr_status gr_batch_store_plan(gr_batch_store *st, const gr_session_opts *o, size_t rows, gr_err *err)
{
    const size_t words = (rows + 31) / 32, T = (size_t)o->max_tokens, B = (size_t)o->max_rows, i32 = sizeof(int32_t);
    const size_t offsets = st->rel_row ? 2 * (size_t)o->max_length - 1 : 0, R = (size_t)st->rel_rows;
    const struct { size_t *at, count, size; } arrays[] = {
        { &st->ids, T, i32 },        { &st->types, T, i32 },   { &st->positions, T, i32 }, { &st->row_of, T, i32 },
        { &st->pos_in, T, i32 },     { &st->by_id, T, i32 },   { &st->labels, T > B ? T : B, i32 },
        { &st->cu, B + 1, i32 },     { &st->slots, B, i32 },   { &st->first, B, i32 },
        { &st->numbers, B, i32 },    { &st->zeros, B, i32 },   { &st->values, B, sizeof(double) },
        { &st->rel_of, offsets, i32 }, { &st->rel_pos, R, i32 }, { &st->rel_zeros, R, i32 },
        { &st->touched, words, i32 }, { &st->live, words, i32 }, { &st->fresh, words, i32 },
    };

    st->bytes = 0;
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        if (!place(arrays[i].at, &st->bytes, arrays[i].count, arrays[i].size))
            return gr_fail(err, GR_E_NOMEM, "a batch of %d tokens does not fit in memory", (int)o->max_tokens);
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
        if (n < 1) /* also finds a row that ends behind the batch: the last row ends with it, so a later one goes back */
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

/* Are the labels of this head real values? Else they are classes. */
static bool takes_values(gr_head_kind kind) { return kind == GR_HEAD_REGRESSION || kind == GR_HEAD_EMBED; }

/* How many labels a batch has: one for each token, pair or row. */
static int32_t label_count(const gr_batch *b, gr_head_kind kind)
{
    if (gr_head_per_token(kind)) return b->n_tokens;
    return kind == GR_HEAD_EMBED ? b->n_rows / 2 : b->n_rows;
}

static gr_status check_classes(const gr_batch *b, gr_head_spec h, gr_err *err)
{
    const int32_t n = label_count(b, h.kind);

    if (!b->classes) return gr_fail(err, GR_E_ARG, "a loss is asked for and the batch has no classes");
    if (gr_head_per_token(h.kind)) return check_range("the label of token", b->classes, n, h.n_out, true, err);
    return check_range("the label of row", b->classes, n, h.n_out, false, err);
}

static gr_status check_values(const gr_batch *b, gr_head_spec h, gr_err *err)
{
    if (!b->values) return gr_fail(err, GR_E_ARG, "a loss is asked for and the batch has no values");
    if (h.kind == GR_HEAD_EMBED && b->n_rows % 2)
        return gr_fail(err, GR_E_ARG, "pairs of sentences in a batch of %d rows", (int)b->n_rows);
    for (int32_t i = 0; i < label_count(b, h.kind); i++)
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
    if (!labels) return GR_OK;
    return takes_values(s->model->head.kind) ? check_values(b, s->model->head, err) : check_classes(b, s->model->head, err);
}

/* ---- completion ----------------------------------------------------------------------------------- */

/* A stable counting sort of the tokens by id. */
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

/* Where positions begin behind the pad id (position_offset > 0), they count the tokens that are not padding, and a pad
 * inside a sequence has position pad_id (modeling_roberta.py, create_position_ids_from_input_ids). */
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

/* The rows of relative positions by offset. DeBERTa computes only the rows that the batch's longest sequence reaches, so its
 * rows are counted from the first of them. */
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

/* The first token of each sequence, and the keys of dropout for a batch of those alone: row r is sequence r, position 0 (the
 * store's memory came zeroed). */
static void fill_firsts(const gr_batch_store *st, const gr_batch *b)
{
    int32_t *numbers = host32(st, st->numbers);

    memcpy(host32(st, st->first), b->cu_seqlens, (size_t)b->n_rows * sizeof(int32_t));
    for (int32_t r = 0; r < b->n_rows; r++) numbers[r] = r;
}

/* Returns how many of the rows, tokens or pairs have a label that counts. */
static int64_t fill_labels(const gr_batch_store *st, const gr_batch *b, gr_head_kind kind)
{
    const size_t n = (size_t)label_count(b, kind);
    int64_t      labelled = (int64_t)n;

    if (takes_values(kind)) {
        memcpy(host64(st, st->values), b->values, n * sizeof(double));
        return labelled;
    }
    memcpy(host32(st, st->labels), b->classes, n * sizeof(int32_t));
    for (size_t i = 0; i < n; i++) labelled -= b->classes[i] == GR_LABEL_IGNORE;
    return labelled;
}

/* n numbers of 32 bits; NULL stands for zeros. */
static void copy_or_zero(int32_t *dst, const void *src, size_t n)
{
    if (src) memcpy(dst, src, n * sizeof *dst);
    else memset(dst, 0, n * sizeof *dst);
}

/* The whole batch into the store's host memory, but for labels and the bitmaps of rows. */
static void fill(const gr_session *s, const gr_batch *b, bool train)
{
    const gr_batch_store *st = &s->batch;
    const gr_config      *c = &s->model->config;
    const size_t          T = (size_t)b->n_tokens, B = (size_t)b->n_rows;

    copy_or_zero(host32(st, st->ids), b->ids, T);
    copy_or_zero(host32(st, st->types), b->type_ids, T);
    copy_or_zero(host32(st, st->cu), b->cu_seqlens, B + 1);
    copy_or_zero(host32(st, st->slots), b->slots, B);
    fill_firsts(st, b);
    fill_tokens(st, b, c);
    if (train && s->enc.plan.lowest == GR_STAGE_TABLES) sort_by_id(st, b, c->vocab_size);
}

/* ---- the batch as ops see it ---------------------------------------------------------------------- */

static const void *dev(const gr_batch_store *st, size_t at) { return (const char *)st->dev + at; }

static gr_dev_batch describe(const gr_batch_store *st, const gr_batch *b, int32_t longest, bool types)
{
    return (gr_dev_batch){ .n_tokens = b->n_tokens, .n_rows = b->n_rows, .max_len = longest, .ids = dev(st, st->ids),
                           .types = types ? dev(st, st->types) : NULL, .positions = dev(st, st->positions), .cu_seqlens = dev(st, st->cu),
                           .row_of = dev(st, st->row_of), .pos_in = dev(st, st->pos_in), .slots = dev(st, st->slots),
                           .by_id = dev(st, st->by_id) };
}

/* The first tokens alone, for ops that work row by row. */
static gr_dev_batch describe_firsts(const gr_batch_store *st, const gr_batch *b)
{
    return (gr_dev_batch){ .n_tokens = b->n_rows, .n_rows = b->n_rows, .max_len = 1, .row_of = dev(st, st->numbers),
                           .pos_in = dev(st, st->zeros), .slots = dev(st, st->slots) };
}

/* The rows of relative positions within reach, for the same ops: dropout's keys are those of slot 0. */
static gr_dev_batch describe_rel(const gr_batch_store *st, int32_t rows)
{
    return (gr_dev_batch){ .n_tokens = rows, .n_rows = 1, .max_len = 1, .row_of = dev(st, st->rel_zeros), .pos_in = dev(st, st->rel_pos),
                           .slots = dev(st, st->rel_zeros) };
}

gr_status gr_session_load(gr_session *s, const gr_batch *b, bool train, bool labels, gr_pass *out, int64_t *labelled, gr_err *err)
{
    const gr_batch_store *st = &s->batch;
    const gr_config      *c = &s->model->config;
    int32_t               longest = 0;
    gr_pass               p = { .train = train, .seed = s->o.seed, .step = (uint64_t)s->steps };
    bool                  wake;

    GR_TRY(check(s, b, train, labels, &longest, err));
    s->last_valid = false;
    fill(s, b, train);
    fill_offsets(st, c, longest, &p);
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
