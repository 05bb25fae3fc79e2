/* infer.c - see infer.h. A batch is filled up to a token budget; the arrays hold one row more, so that a row is never
 * split from its batch and never refused. */
#include "harness/infer.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fs.h"
#include "harness/fit.h"
#include "harness/interrupt.h"
#include "harness/locate.h"
#include "harness/sentence.h"

enum { BUDGET = 2048, MAX_ROWS = 64 };

/* ---- opening ---- */

static gr_status open_model(gr_infer *f, const gr_infer_opts *o, const char *dir, const gr_device_info *device, gr_err *err)
{
    gr_model_opts m = { .dir = dir, .head = { GR_HEAD_EMBED, 0 }, .elem = device->elem, .dropout = -1.0, .require_head = !o->embed, .skip_sha256 = true, .map = true };
    gr_config c;
    gr_status s;

    if (!o->embed) {
        GR_TRY(gr_config_read(&c, dir, err));
        s = gr_model_head_of(&m.head, &c, err);
        gr_config_free(&c);
        if (s != GR_OK) return gr_wrap(err, s, "%s", dir);
    }
    GR_TRY(gr_model_open(&f->model, &m, err));
    f->width = o->embed ? f->model->config.hidden : m.head.n_out;
    return GR_OK;
}

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

static gr_status set_length(gr_infer *f, const gr_infer_opts *o, const char *dir, gr_err *err)
{
    int32_t own = 0; /* what a folder of sentence-transformers says; where it is silent it asks the tokenizer too */

    if (o->embed) GR_TRY(gr_sentence_read(&own, dir, f->model->config.hidden, err));
    if (!o->may_shorten) GR_TRY(gr_fit_length(&f->model->config, o->max_length, dir, err));
    own = own > 0 ? smaller(own, gr_fit_positions(&f->model->config)) : gr_fit_most(&f->model->config, f->tok);
    f->max_length = own;
    if (o->max_length > 0 && !(o->may_shorten && o->max_length > own)) f->max_length = (int32_t)o->max_length;
    return gr_fit_room(f->tok, f->max_length, false, err);
}

static gr_status take_memory(gr_infer *f, gr_err *err)
{
    const bool tokens = f->model->head.kind == GR_HEAD_TOKEN;
    const size_t cap = (size_t)(BUDGET + f->max_length);

    f->cap_tokens = (int32_t)cap;
    f->ids = calloc(cap, sizeof *f->ids);
    f->types = calloc(cap, sizeof *f->types);
    f->word_ids = calloc(cap, sizeof *f->word_ids);
    f->offsets = calloc(cap, sizeof *f->offsets);
    f->byte_offsets = calloc(cap, sizeof *f->byte_offsets);
    f->cu = calloc(MAX_ROWS + 1, sizeof *f->cu);
    f->slots = calloc(MAX_ROWS, sizeof *f->slots);
    f->rows = calloc(MAX_ROWS, sizeof *f->rows);
    f->out = calloc((tokens ? cap : (size_t)MAX_ROWS) * (size_t)f->width, sizeof *f->out);
    if (!f->ids || !f->types || !f->word_ids || !f->offsets || !f->byte_offsets || !f->cu || !f->slots || !f->rows || !f->out)
        return gr_fail_nomem(err, "a batch");
    f->batch = (gr_batch){ .ids = f->ids, .type_ids = f->types, .cu_seqlens = f->cu, .slots = f->slots };
    return GR_OK;
}

/* What opening reads from the folder: two halves that know nothing of each other, side by side. */
enum { READ_MODEL, READ_TOKENIZER, N_READS };

typedef struct reading {
    gr_infer             *f;
    const gr_infer_opts  *o;
    const char           *dir;
    const gr_device_info *device;
    gr_status             status[N_READS];
    gr_err                err[N_READS];
} reading;

static void read_half(void *arg, size_t which, int thread)
{
    reading *r = arg;

    (void)thread;
    if (which == READ_MODEL) {
        r->status[which] = open_model(r->f, r->o, r->dir, r->device, &r->err[which]);
        return;
    }
    r->status[which] = gr_tok_open(&r->f->tok, r->dir, NULL, &r->err[which]);
    if (r->status[which] == GR_OK) r->status[which] = gr_tok_work_open(&r->f->work, r->f->tok, &r->err[which]);
}

static gr_status read_folder(gr_infer *f, const gr_infer_opts *o, const char *dir, const gr_device_info *device, gr_err *err)
{
    reading r = { .f = f, .o = o, .dir = dir, .device = device, .err = { GR_ERR_INIT, GR_ERR_INIT } };

    gr_pool_run(f->pool, N_READS, read_half, &r);
    for (int i = 0; i < N_READS; i++) {
        if (r.status[i] == GR_OK) continue;
        if (err) *err = r.err[i];
        return r.status[i];
    }
    return GR_OK;
}

static gr_status open_all(gr_infer *f, const gr_infer_opts *o, gr_err *err)
{
    const gr_device_info *device = gr_device_find(o->device);
    gr_session_opts so = { .device = o->device, .max_rows = MAX_ROWS, .in_place = true };
    char dir[GR_PATH_MAX];

    if (!device) return gr_fail(err, GR_E_ARG, "--device: no device is called '%s' (glue-run list devices)", o->device);
    GR_TRY(gr_locate_model(dir, o->model, err));
    GR_TRY(gr_pool_open(&f->pool, o->threads > 0 ? o->threads : gr_pool_default_threads(), err));
    GR_TRY(read_folder(f, o, dir, device, err));
    GR_TRY(gr_fit_tokenizer(&f->model->config, f->tok, dir, err));
    GR_TRY(set_length(f, o, dir, err));
    GR_TRY(take_memory(f, err));
    so.pool = f->pool;
    so.max_tokens = f->cap_tokens;
    so.max_length = f->max_length;
    return gr_session_open(&f->session, f->model, &so, err);
}

gr_status gr_infer_open(gr_infer **out, const gr_infer_opts *o, gr_err *err)
{
    gr_infer *f = calloc(1, sizeof *f);
    gr_status s;

    *out = NULL;
    if (!f) return gr_fail_nomem(err, "the model");
    s = gr_input_status(open_all(f, o, err), err);
    if (s != GR_OK) {
        gr_infer_close(f);
        return s;
    }
    *out = f;
    return GR_OK;
}

void gr_infer_close(gr_infer *f)
{
    if (!f) return;
    gr_session_close(f->session);
    gr_pool_close(f->pool);
    gr_tok_work_close(f->work);
    gr_tok_close(f->tok);
    gr_model_close(f->model);
    free(f->ids);
    free(f->types);
    free(f->word_ids);
    free(f->offsets);
    free(f->byte_offsets);
    free(f->cu);
    free(f->slots);
    free(f->rows);
    free(f->out);
    gr_buf_free(&f->texts);
    free(f);
}

/* ---- a batch ---- */

static gr_status keep_text(gr_infer *f, gr_sv text, gr_sv pair, gr_err *err)
{
    gr_infer_row *r = &f->rows[f->batch.n_rows];

    *r = (gr_infer_row){ .text = f->texts.n, .text_n = text.n, .pair = f->texts.n + text.n, .pair_n = pair.n, .has_pair = pair.p != NULL };
    gr_buf_add(&f->texts, text.p, text.n);
    if (pair.p) gr_buf_add(&f->texts, pair.p, pair.n);
    return f->texts.oom ? gr_fail_nomem(err, "a text") : GR_OK;
}

static gr_status append(gr_infer *f, const gr_encoding *e, gr_sv text, gr_sv pair, gr_err *err)
{
    const int32_t at = f->batch.n_tokens, row = f->batch.n_rows;

    if (row >= MAX_ROWS || e->n > (size_t)(f->cap_tokens - at)) return gr_fail(err, GR_E_INTERNAL, "a row of %zu tokens does not fit the batch", e->n);
    GR_TRY(keep_text(f, text, pair, err));
    memcpy(f->ids + at, e->ids, e->n * sizeof *f->ids);
    memcpy(f->types + at, e->type_ids, e->n * sizeof *f->types);
    memcpy(f->word_ids + at, e->word_ids, e->n * sizeof *f->word_ids);
    memcpy(f->offsets + at, e->offsets, e->n * sizeof *f->offsets);
    memcpy(f->byte_offsets + at, e->byte_offsets, e->n * sizeof *f->byte_offsets);
    f->slots[row] = (uint32_t)row;
    f->batch.n_rows++;
    f->batch.n_tokens += (int32_t)e->n;
    f->cu[f->batch.n_rows] = f->batch.n_tokens;
    return GR_OK;
}

gr_status gr_infer_add(gr_infer *f, gr_sv text, gr_sv pair, gr_err *err)
{
    gr_encoding e;

    if (pair.p) GR_TRY(gr_fit_room(f->tok, f->max_length, true, err));
    GR_TRY(gr_tok_encode(f->work, &e, text, pair, (size_t)f->max_length, true, err));
    return append(f, &e, text, pair, err);
}

gr_status gr_infer_add_words(gr_infer *f, const gr_sv *words, size_t n, gr_err *err)
{
    const gr_sv none = { NULL, 0 };
    gr_encoding e;

    GR_TRY(gr_tok_encode_words(f->work, &e, words, n, (size_t)f->max_length, true, err));
    return append(f, &e, none, none, err);
}

bool gr_infer_full(const gr_infer *f)
{
    return f->batch.n_rows == MAX_ROWS || f->batch.n_tokens >= BUDGET;
}

static bool all_finite(const double *x, size_t n)
{
    while (n > 0 && isfinite(x[n - 1])) n--;
    return n == 0;
}

gr_status gr_infer_run(gr_infer *f, gr_err *err)
{
    const bool tokens = f->model->head.kind == GR_HEAD_TOKEN;
    const size_t n = (size_t)(tokens ? f->batch.n_tokens : f->batch.n_rows) * (size_t)f->width;

    if (f->batch.n_rows == 0) return GR_OK;
    if (gr_interrupted()) return gr_fail(err, GR_E_CANCELLED, "interrupted");
    GR_TRY(gr_session_eval(f->session, &f->batch, f->out, NULL, err));
    if (all_finite(f->out, n)) return GR_OK;
    if (gr_model_check(f->model, err) == GR_OK) return gr_fail(err, GR_E_NUMERIC, "%s: the model's output is not finite", f->model->dir);
    return gr_wrap(err, GR_E_NUMERIC, "%s", f->model->dir); /* a mapped model is not searched when it is opened */
}

void gr_infer_clear(gr_infer *f)
{
    f->batch.n_rows = f->batch.n_tokens = 0;
    gr_buf_reset(&f->texts);
}

gr_sv gr_infer_text(const gr_infer *f, size_t row)
{
    return (gr_sv){ f->texts.p ? f->texts.p + f->rows[row].text : "", f->rows[row].text_n };
}

gr_sv gr_infer_pair(const gr_infer *f, size_t row)
{
    if (!f->rows[row].has_pair) return (gr_sv){ NULL, 0 };
    return (gr_sv){ f->texts.p ? f->texts.p + f->rows[row].pair : "", f->rows[row].pair_n };
}

/* ---- lines ---- */

enum { CHUNK = 1 << 16, WAIT_MS = 250 };

typedef struct lines {
    int         fd;
    const char *source;
    gr_buf      b;      /* what was read; [at, b.n) is not handed on yet */
    size_t      at, number;
    bool        ended;
} lines;

/* More bytes behind those that are there. The stream is asked before it is read: a read that waits would not notice an interrupt. */
static gr_status read_more(lines *l, gr_err *err)
{
    char chunk[CHUNK];
    struct pollfd ask = { .fd = l->fd, .events = POLLIN };
    ssize_t n;
    int there;

    do {
        if (gr_interrupted()) return gr_fail(err, GR_E_CANCELLED, "interrupted");
        there = poll(&ask, 1, WAIT_MS);
    } while (there == 0 || (there < 0 && errno == EINTR));
    n = read(l->fd, chunk, sizeof chunk);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return GR_OK;
    if (n < 0) return gr_fail(err, GR_E_FORMAT, "%s: cannot read line %zu", l->source, l->number);
    l->ended = n == 0;
    gr_buf_add(&l->b, chunk, (size_t)n);
    return l->b.oom ? gr_fail_nomem(err, "a line") : GR_OK;
}

static gr_status hand_on(lines *l, size_t end, gr_line_fn take, void *user, gr_err *err)
{
    size_t n = end - l->at;
    gr_status s;

    if (n && l->b.p[end - 1] == '\r') n--;
    s = take(user, (gr_sv){ l->b.p + l->at, n }, err);
    if (s == GR_E_FORMAT) (void)gr_wrap(err, s, "%s: line %zu", l->source, l->number);
    l->number++;
    return s;
}

/* All lines that end in what was read; what is left of the last one moves to the front. */
static gr_status hand_on_all(lines *l, size_t from, gr_line_fn take, void *user, gr_err *err)
{
    const char *end;

    while (from < l->b.n && (end = memchr(l->b.p + from, '\n', l->b.n - from)) != NULL) {
        GR_TRY(hand_on(l, (size_t)(end - l->b.p), take, user, err));
        l->at = from = (size_t)(end - l->b.p) + 1;
    }
    if (l->at) memmove(l->b.p, l->b.p + l->at, l->b.n - l->at);
    l->b.n -= l->at;
    l->at = 0;
    return GR_OK;
}

gr_status gr_infer_lines(FILE *in, const char *source, gr_line_fn take, void *user, gr_err *err)
{
    lines l = { .fd = fileno(in), .source = source, .number = 1 };
    gr_status s = GR_OK;

    while (s == GR_OK && !l.ended) {
        const size_t before = l.b.n; /* no line ends there */
        s = read_more(&l, err);
        if (s == GR_OK) s = hand_on_all(&l, before, take, user, err);
    }
    if (s == GR_OK && l.b.n) s = hand_on(&l, l.b.n, take, user, err); /* a last line without its end */
    gr_buf_free(&l.b);
    return s;
}
