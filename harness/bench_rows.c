/* bench_rows.c - the rows that bench measures on: synthetic ids, or the lines of a file through the tokenizer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "harness/bench.h"
#include "harness/fit.h"

enum { SYNTHETIC_ROWS = 512 };

/* --max-length, or as many tokens as the model has positions for. */
static int64_t row_length(const gr_bench *b)
{
    const int64_t most = gr_fit_positions(&b->model->config);
    return b->o.max_length < most ? b->o.max_length : most;
}

/* Lengths drawn once and for all between 24 and 88 tokens, mean about 54: the shape of MRPC under a BERT vocabulary; or --length. */
static gr_status synthetic_rows(gr_bench *b, gr_err *err)
{
    gr_encoded *e = &b->rows;
    const int64_t cap = row_length(b);
    gr_rng r;
    size_t total = 0;

    if (b->o.length > gr_fit_positions(&b->model->config))
        return gr_fail(err, GR_E_ARG, "--length %lld: the model has positions for %d tokens", (long long)b->o.length, (int)gr_fit_positions(&b->model->config));
    e->n = SYNTHETIC_ROWS;
    e->start = calloc(e->n + 1, sizeof *e->start);
    e->classes = calloc(e->n, sizeof *e->classes);
    if (!e->start || !e->classes) return gr_fail_nomem(err, "rows");
    gr_rng_init(&r, 1, GR_RNG_SAMPLE, 1);
    for (size_t i = 0; i < e->n; i++) {
        const size_t drawn = (size_t)(24 + gr_rng_below(&r, 33) + gr_rng_below(&r, 33)), cut = drawn < (size_t)cap ? drawn : (size_t)cap;
        const size_t len = b->o.length > 0 ? (size_t)b->o.length : cut;
        total += len;
        e->start[i + 1] = total;
        e->classes[i] = (int32_t)(i % 2);
        if (len > e->max_len) e->max_len = len;
    }
    e->ids = calloc(total, sizeof *e->ids);
    e->types = calloc(total, sizeof *e->types);
    if (!e->ids || !e->types) return gr_fail_nomem(err, "rows");
    for (size_t t = 0; t < total; t++) e->ids[t] = (int32_t)gr_rng_below(&r, (uint64_t)b->model->config.vocab_size);
    e->labelled = true;
    return GR_OK;
}

static gr_status file_rows(gr_bench *b, gr_err *err)
{
    static const char *const labels[] = { "0", "1", NULL };
    const gr_task task = { .name = "bench", .head = { GR_HEAD_CLASS, 2 }, .labels = labels };
    const gr_encode_opts eo = { (size_t)row_length(b), false };
    gr_examples ex = { 0 };
    char *text = NULL;
    size_t n = 0, cap = 0;
    gr_sv rest;
    gr_status s;

    GR_TRY(gr_input_status(gr_fs_read(&text, &n, b->o.rows, (size_t)1 << 30, err), err));
    rest = (gr_sv){ text, n };
    s = GR_OK;
    while (rest.n && s == GR_OK) {
        gr_sv line = gr_sv_split(&rest, '\n'), first;
        if (line.n && line.p[line.n - 1] == '\r') line.n--;
        if (ex.n == cap) {
            gr_example *grown = realloc(ex.e, (cap = cap ? 2 * cap : 256) * sizeof *grown);
            if (!grown) {
                s = gr_fail_nomem(err, "rows");
                break;
            }
            ex.e = grown;
        }
        first = memchr(line.p, '\t', line.n) ? gr_sv_split(&line, '\t') : line;
        ex.e[ex.n] = (gr_example){ .text_a = first, .label = (int32_t)(ex.n % 2), .value = NAN, .labelled = true };
        if (first.p != line.p) ex.e[ex.n].text_b = line;
        ex.n++;
    }
    if (s == GR_OK && !ex.n) s = gr_fail(err, GR_E_FORMAT, "%s: no rows", b->o.rows);
    if (s == GR_OK) s = gr_encoded_make(&b->rows, b->tok, &ex, &task, &eo, b->pool, err);
    free(ex.e);
    free(text);
    return s;
}

gr_status gr_bench_rows(gr_bench *b, gr_err *err)
{
    if (!b->o.rows) return synthetic_rows(b, err);
    if (b->o.length > 0) return gr_fail(err, GR_E_ARG, "--length is for synthetic rows, --rows brings its own");
    GR_TRY(gr_tok_open(&b->tok, b->dir, NULL, err));
    GR_TRY(gr_fit_tokenizer(&b->model->config, b->tok, b->dir, err));
    return file_rows(b, err);
}
