/* rows.h - what the fuzz harnesses of the readers share: read all rows of any bytes and hold the reader to its contract. */
#ifndef GR_TESTS_FUZZ_ROWS_H
#define GR_TESTS_FUZZ_ROWS_H
#include <string.h>

#include "base/utf8.h"
#include "data/reader.h"
#include "tests/fuzz/fuzz.h"

/* 1 when a law is broken: views are valid UTF-8 without NUL, lines rise, a refusal names its line. */
static int fuzz_rows(const gr_source *src, const uint8_t *data, size_t size)
{
    gr_err    err = GR_ERR_INIT;
    gr_arena  a;
    gr_reader r;
    gr_row    row;
    gr_sv     text = { (const char *)data, size };
    size_t    last = 0;
    bool      more = true;
    int       bad = 0;
    gr_status s;

    gr_arena_init(&a, 0);
    s = gr_reader_open(&r, src, "fuzz", text, &a, &err);
    while (s == GR_OK && more && !bad) {
        s = gr_reader_next(&r, &row, &more, &err);
        if (s != GR_OK || !more) break;
        bad |= row.line <= last || row.line > size + 1;
        last = row.line;
        for (size_t i = 0; i < row.n_col; i++) {
            bad |= gr_utf8_check(row.col[i], NULL, NULL) != GR_OK;
            bad |= row.col[i].n > 0 && memchr(row.col[i].p, '\0', row.col[i].n) != NULL;
        }
        for (size_t i = 0; i < row.n_words; i++) bad |= row.col[i].n == 0 || row.word_line[i] < row.line;
    }
    bad |= s != GR_OK && (s != GR_E_FORMAT || strncmp(err.msg, "line ", 5) != 0);
    gr_reader_close(&r);
    gr_arena_free(&a);
    return bad;
}
#endif
