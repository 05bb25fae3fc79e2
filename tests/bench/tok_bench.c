/* tok_bench.c - how fast the tokenizer is: encodes all rows of a file once and prints the seconds.
 *
 *   tok_bench MODEL_DIR ROWS_FILE [THREADS [OFFSETS]]
 *
 * A row is a text or text TAB pair. Reading files and opening the tokenizer are not timed; the word
 * caches start empty. Prints one JSON object: rows, tokens, threads, seconds. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/pool.h"
#include "base/progress.h"
#include "model/tokenizer/tokenizer.h"

enum { CHUNK = 256, THREADS_MAX = 64 };

typedef struct bench {
    gr_sv       *text, *pair;
    size_t       n;
    bool         offsets;
    gr_tok_work *work[THREADS_MAX];
    size_t      *tokens; /* by chunk */
} bench;

static void encode_chunk(void *arg, size_t chunk, int thread)
{
    bench *b = arg;
    const size_t end = (chunk + 1) * CHUNK < b->n ? (chunk + 1) * CHUNK : b->n;

    for (size_t i = chunk * CHUNK; i < end; i++) {
        gr_encoding e;
        if (gr_tok_encode(b->work[thread], &e, b->text[i], b->pair[i], 0, b->offsets, NULL) == GR_OK) b->tokens[chunk] += e.n;
    }
}

static bool split_rows(bench *b, gr_sv all)
{
    size_t cap = 1;

    for (size_t i = 0; i < all.n; i++) cap += all.p[i] == '\n';
    b->text = calloc(cap, sizeof *b->text);
    b->pair = calloc(cap, sizeof *b->pair);
    b->tokens = calloc(cap, sizeof *b->tokens);
    if (!b->text || !b->pair || !b->tokens) return false;
    while (all.n) {
        gr_sv line = gr_sv_split(&all, '\n'), rest = line;
        const gr_sv text = gr_sv_split(&rest, '\t');

        b->text[b->n] = text;
        if (text.n < line.n) b->pair[b->n] = rest;
        b->n++;
    }
    return true;
}

static gr_status run(bench *b, const char *dir, const char *rows, int threads, gr_err *err)
{
    gr_tok *t = NULL;
    gr_pool *pool = NULL;
    char *bytes = NULL;
    size_t n = 0, tokens = 0;
    double seconds;
    gr_status s = gr_tok_open(&t, dir, NULL, err);

    if (s == GR_OK) s = gr_fs_read(&bytes, &n, rows, 0, err);
    if (s == GR_OK && !split_rows(b, (gr_sv){ bytes, n })) s = gr_fail_at(err, GR_E_NOMEM, __FILE__, __LINE__, "out of memory");
    if (s == GR_OK) s = gr_pool_open(&pool, threads, err);
    for (int i = 0; s == GR_OK && i < threads; i++) s = gr_tok_work_open(&b->work[i], t, err);
    if (s == GR_OK) {
        const size_t chunks = (b->n + CHUNK - 1) / CHUNK;

        seconds = gr_clock_seconds();
        gr_pool_run(pool, chunks, encode_chunk, b);
        seconds = gr_clock_seconds() - seconds;
        for (size_t i = 0; i < chunks; i++) tokens += b->tokens[i];
        printf("{\"rows\":%zu,\"tokens\":%zu,\"threads\":%d,\"seconds\":%.6f}\n", b->n, tokens, threads, seconds);
    }
    for (int i = 0; i < threads; i++) gr_tok_work_close(b->work[i]);
    gr_pool_close(pool);
    gr_tok_close(t);
    free(bytes);
    return s;
}

int main(int argc, char **argv)
{
    bench b = { 0 };
    gr_err err = GR_ERR_INIT;
    int threads = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 1;
    gr_status s;

    if (argc < 3 || threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: %s MODEL_DIR ROWS_FILE [THREADS [OFFSETS]]\n", argv[0]);
        return 2;
    }
    b.offsets = argc > 4 ? strtol(argv[4], NULL, 10) != 0 : true;
    s = run(&b, argv[1], argv[2], threads, &err);
    if (s != GR_OK) fprintf(stderr, "%s\n", err.msg);
    free(b.text);
    free(b.pair);
    free(b.tokens);
    return s == GR_OK ? 0 : 1;
}
