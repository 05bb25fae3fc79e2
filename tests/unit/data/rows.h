/* rows.h - rows of a text as one line, for the tests of the readers: columns joined by '~', rows by '|', each row
 * led by its line. */
#ifndef GR_TESTS_UNIT_DATA_ROWS_H
#define GR_TESTS_UNIT_DATA_ROWS_H
#include "tests/support/test.h"

#include "data/reader.h"

/* "2:a~b|3:c~d|" or the message of the failure. Valid until the buffer changes. */
static const char *rows_of(gr_buf *b, const gr_source *src, gr_sv text)
{
    gr_err    err = GR_ERR_INIT;
    gr_arena  a;
    gr_reader r;
    gr_row    row;
    bool      more = true;
    gr_status s;

    gr_arena_init(&a, 0);
    gr_buf_reset(b);
    gr_buf_adds(b, "");
    s = gr_reader_open(&r, src, "dir/file", text, &a, &err);
    while (s == GR_OK && (s = gr_reader_next(&r, &row, &more, &err)) == GR_OK && more) {
        gr_buf_addf(b, "%zu:", row.line);
        for (size_t i = 0; i < row.n_col; i++) {
            if (i > 0) gr_buf_addc(b, '~');
            gr_buf_add(b, row.col[i].p, row.col[i].n);
        }
        gr_buf_addc(b, '|');
    }
    if (s != GR_OK) {
        assert_int_equal(s, GR_E_FORMAT);
        gr_buf_reset(b);
        gr_buf_adds(b, err.msg);
    }
    gr_reader_close(&r);
    gr_arena_free(&a);
    assert_false(b->oom);
    return b->p;
}

#define assert_rows(src, text, want)                                              \
    do {                                                                          \
        gr_buf rows_b_ = { NULL, 0, 0, false };                                   \
        assert_string_equal(rows_of(&rows_b_, (src), gr_sv_from(text)), (want));  \
        gr_buf_free(&rows_b_);                                                    \
    } while (0)
#endif
