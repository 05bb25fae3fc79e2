/* csv_test.c - RFC 4180 records and their physical lines. */
#include "tests/unit/data/rows.h"

static const gr_column cols[] = { { "a", GR_COL_OTHER }, { "b", GR_COL_OTHER }, { NULL, GR_COL_OTHER } };
static const gr_source plain = { .reader = GR_READ_CSV, .columns = cols };

static void fields(void **state)
{
    (void)state;
    assert_rows(&plain, "1,2\n3,4", "1:1~2|2:3~4|");
    assert_rows(&plain, ",\n", "1:~|");
    assert_rows(&plain, "\"\",\"\"\n", "1:~|");
    assert_rows(&plain, "\"a,b\",\"say \"\"hi\"\"\"\n", "1:a,b~say \"hi\"|");
    assert_rows(&plain, "\"\"\"\",x\n", "1:\"~x|");
    assert_rows(&plain, "5\" disk,x\n", "1:5\" disk~x|"); /* a quote inside a bare field is text */
    assert_rows(&plain, "\xef\xbb\xbf\"a\",b\n", "1:a~b|");
    assert_rows(&plain, " 1 , 2 \n", "1: 1 ~ 2 |"); /* blanks belong to the field */
}

static void physical_lines(void **state)
{
    (void)state;
    assert_rows(&plain, "\"a\nb\r\nc\rd\",1\nx,2\n", "1:a\nb\r\nc\rd~1|5:x~2|");
    assert_rows(&plain, "\n\r\n1,2\n\n\n3,4\n\n", "3:1~2|6:3~4|"); /* blank lines are no records */
    assert_rows(&plain, "1,2\r3,4\r\n5,6", "1:1~2|2:3~4|3:5~6|");
}

static void faults(void **state)
{
    (void)state;
    assert_rows(&plain, "1,2\n3,\"open\nand on\n", "line 2: quoted field is not closed before the end of the file");
    assert_rows(&plain, "\"a\nb\",\"open\n", "line 2: quoted field is not closed before the end of the file"); /* where the field begins */
    assert_rows(&plain, "1,2\n\"a\" b,2\n", "line 2: text after a closing quote: the field opened on line 2, and a quote within it is written twice");
    assert_rows(&plain, "\"a\n\"b,2\n", "line 2: text after a closing quote: the field opened on line 1, and a quote within it is written twice");
    assert_rows(&plain, "1,2\n1,2,3\n", "line 2: 3 columns where 2 are expected: a text with a comma in it stands between quotes");
    assert_rows(&plain, "1,2\n\"a\n\xff\",2\n", "line 3: invalid UTF-8: broken sequence FF at byte 4: save the file as UTF-8");
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(fields), cmocka_unit_test(physical_lines), cmocka_unit_test(faults) };

    return gr_test_main(tests);
}
