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

static void bad_headers(void **state)
{
    (void)state;
    assert_rows(&header, "", "line 1: empty file: no header");
    assert_rows(&header, "\n\n", "line 1: empty file: no header");
    assert_rows(&header, "one\ttwo\n", "line 1: header is missing: the first line is data");
    assert_rows(&header, "a\tc\n", "line 1: column 'b' is not in the header");
    assert_rows(&header, "a\tb\ta\n", "line 1: column 'a' appears twice in the header");
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
    assert_rows(&whole, "a\n\xff", "line 2: invalid UTF-8: broken sequence FF at byte 3");
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
    static const struct CMUnitTest tests[] = { cmocka_unit_test(by_name), cmocka_unit_test(bad_headers),
                                               cmocka_unit_test(lines_and_files), cmocka_unit_test(fixed_label) };

    return gr_test_main(tests);
}
