/* reader_test.c - headers and columns by name, LINES and FOLDER. */
#include "tests/unit/data/rows.h"

static const gr_column cols[] = { { "b", GR_COL_PAIR }, { "a", GR_COL_TEXT }, { NULL, GR_COL_OTHER } };
static const gr_source header = { .reader = GR_READ_TSV, .has_header = true, .columns = cols };
static const gr_source csv = { .reader = GR_READ_CSV, .has_header = true, .columns = cols, .strip = true };
static const gr_source open_columns = { .reader = GR_READ_CSV };

static void by_name(void **state)
{
    (void)state;
    assert_rows(&header, "a\tx\tb\n1\t2\t3\n", "2:3~1|");
    assert_rows(&csv, "a,x,\"b\"\n 1 ,2,\" 3\"\n", "2:3~1|");
    assert_rows(&open_columns, "1,2,3\n4,5,6\n", "1:1~2~3|2:4~5~6|");
    assert_rows(&open_columns, "1,2,3\n4,5\n", "line 2: 2 columns where 3 are expected");
    assert_rows(&header, "a\tb\n", "");
}

/* Want a b, in a file of b x a: rows of csv.DictReader that have both; too long is no fault. */
static void ragged(void **state)
{
    static const gr_column labelled[] = { { "a", GR_COL_TEXT }, { "n", GR_COL_CLASS_ID }, { NULL, GR_COL_OTHER } };
    static const gr_source rows = { .reader = GR_READ_TSV, .has_header = true, .ragged = true, .columns = cols };
    static const gr_column nth[] = { { "a", GR_COL_TEXT }, { "n", GR_COL_CLASS_NTH }, { NULL, GR_COL_OTHER } };
    static const gr_source counted = { .reader = GR_READ_TSV, .has_header = true, .ragged = true, .columns = nth };
    static const gr_source marked = { .reader = GR_READ_TSV, .has_header = true, .ragged = true, .columns = labelled };
    gr_err                 err = GR_ERR_INIT;
    gr_arena               a;
    gr_reader              r;
    gr_row                 row;
    bool                   more = true;

    (void)state;
    assert_rows(&rows, "b\tx\ta\n1\t2\t3\n1\t2\n\n\t\t\n1\t2\t3\t4\n1\n", "2:1~3|5:~|6:1~3|");
    assert_rows(&rows, "a\tb\tx\n1\t2\n", "2:2~1|"); /* a column that nobody wants may be absent */
    assert_rows(&rows, "a\tb\n1\n", "");
    assert_rows(&marked, "n\ta\n1\tx\n\ty\n0\t\n", "2:x~1|4:~0|"); /* an empty label is none, an empty text is one */
    assert_rows(&counted, "n\ta\n1\tx\n\ty\n", "2:x~1|");
    gr_arena_init(&a, 0);
    assert_ok(gr_reader_open(&r, &rows, "f", gr_sv_from("b\ta\n1\t2\t3\n1\n1\n1\t2\n1\t2\t3\n"), &a, &err), &err);
    while (more) assert_ok(gr_reader_next(&r, &row, &more, &err), &err);
    assert_true(r.ragged.n_left_out == 2 && r.ragged.left_out_line == 3 && r.ragged.n_long == 2 && r.ragged.long_line == 2);
    gr_reader_close(&r);
    gr_arena_free(&a);
}

/* Rows whose label is the word for none are left out and counted, whatever the reader; the word is none in other columns. */
static void without_label(void **state)
{
    static const gr_column pair[] = { { "a", GR_COL_TEXT }, { "l", GR_COL_LABEL }, { NULL, GR_COL_OTHER } };
    static const gr_source tsv = { .reader = GR_READ_TSV, .has_header = true, .columns = pair, .no_label = "-" };
    static const gr_source bare = { .reader = GR_READ_CSV, .columns = pair, .no_label = "-" };
    static const gr_source json = { .reader = GR_READ_JSONL, .columns = pair, .no_label = "-" };
    gr_err                 err = GR_ERR_INIT;
    gr_arena               a;
    gr_reader              r;
    gr_row                 row;
    bool                   more = true;

    (void)state;
    assert_rows(&tsv, "l\ta\nyes\t-\n-\tx\n--\ty\n-\tz\n", "2:-~yes|4:y~--|");
    assert_rows(&tsv, "l\ta\n-\tx\n", "");
    assert_rows(&bare, "x,-\n\"-\",no\n", "2:-~no|");
    assert_rows(&json, "{\"a\": \"x\", \"l\": \"-\"}\n{\"a\": \"-\", \"l\": 1}\n", "2:-~1|");
    assert_rows(&tsv, "l\ta\n-\tx\ty\n", "line 2: 3 columns where 2 are expected"); /* what is left out is looked at all the same */
    gr_arena_init(&a, 0);
    assert_ok(gr_reader_open(&r, &tsv, "f", gr_sv_from("l\ta\nno\tx\n-\ty\n-\tz\n"), &a, &err), &err);
    while (more) assert_ok(gr_reader_next(&r, &row, &more, &err), &err);
    assert_true(r.ragged.n_left_out == 2 && r.ragged.left_out_line == 3 && r.ragged.n_long == 0);
    gr_reader_close(&r);
    gr_arena_free(&a);
}

static void bad_headers(void **state)
{
    (void)state;
    assert_rows(&header, "", "line 1: empty file: no header");
    assert_rows(&header, "\n\n", "line 1: empty file: no header");
    assert_rows(&header, "one\ttwo\n", "line 1: header is missing: the first line is data");
    assert_rows(&header, "a\tc\n", "line 1: column 'b' is not in the header");
    assert_rows(&header, "a\tb\ta\n", "line 1: column 'a' appears twice in the header");
    assert_rows(&header, "a\ta\tb\n", "line 1: column 'a' appears twice in the header");
    assert_rows(&header, "\t\ta\tb\n1\t2\t3\t4\n", "2:4~3|"); /* unnamed columns may repeat */
    assert_rows(&csv, "\n\nx,y\n", "line 3: header is missing: the first line is data");
}

static void lines_and_files(void **state)
{
    static const gr_source lines = { .reader = GR_READ_LINES };
    static const gr_source strip = { .reader = GR_READ_LINES, .strip = true };
    static const gr_source whole = { .reader = GR_READ_FOLDER };

    (void)state;
    assert_rows(&lines, "a\tb \n\nc", "1:a\tb |2:|3:c|");
    assert_rows(&strip, " a \n", "1:a|");
    assert_rows(&whole, "\xef\xbb\xbf" "a\r\nb\n", "1:a\r\nb\n~file|");
    assert_rows(&whole, "", "1:~file|");
    assert_rows(&whole, "a\n\xff", "line 2: invalid UTF-8: broken sequence FF at byte 3: save the file as UTF-8");
}

static void fixed_label(void **state)
{
    const gr_source src = { .reader = GR_READ_LINES, .label = "pos" };
    gr_err          err = GR_ERR_INIT;
    gr_arena        a;
    gr_reader       r;
    gr_row          row;
    bool            more;

    (void)state;
    gr_arena_init(&a, 0);
    assert_ok(gr_reader_open(&r, &src, "f", gr_sv_from("x"), &a, &err), &err);
    assert_ok(gr_reader_next(&r, &row, &more, &err), &err);
    assert_string_equal(row.label, "pos");
    assert_string_equal(row.file, "f");
    gr_reader_close(&r);
    gr_reader_close(&r); /* a zeroed one is fine */
    gr_arena_free(&a);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(by_name), cmocka_unit_test(ragged), cmocka_unit_test(without_label), cmocka_unit_test(bad_headers),
                                               cmocka_unit_test(lines_and_files), cmocka_unit_test(fixed_label) };

    return gr_test_main(tests);
}
