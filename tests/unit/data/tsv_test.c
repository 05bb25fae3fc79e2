/* tsv_test.c - tab-separated records: nothing is quoted, blank lines at the end are none. */
#include "tests/unit/data/rows.h"

static const gr_column cols[] = { { "a", GR_COL_OTHER }, { "b", GR_COL_OTHER }, { NULL, GR_COL_OTHER } };
static const gr_source plain = { .reader = GR_READ_TSV, .columns = cols };
static const gr_source extra = { .reader = GR_READ_TSV, .columns = cols, .extra_columns = 2 };

static void fields(void **state)
{
    (void)state;
    assert_rows(&plain, "1\t2\n3\t4", "1:1~2|2:3~4|");
    assert_rows(&plain, "\t\n\tx\n", "1:~|2:~x|");
    assert_rows(&plain, "\"a\tb\"\n'\t\"\n", "1:\"a~b\"|2:'~\"|");
    assert_rows(&plain, "", "");
    assert_rows(&plain, "1\t2\n\n\r\n", "1:1~2|");
}

static void counts(void **state)
{
    (void)state;
    assert_rows(&plain, "1\t2\n3\n", "line 2: 1 column where 2 are expected");
    assert_rows(&plain, "1\t2\t3\n", "line 1: 3 columns where 2 are expected");
    assert_rows(&plain, "1\t2\n\n3\t4\n", "line 2: 1 column where 2 are expected"); /* a blank line inside */
    assert_rows(&extra, "1\t2\t3\t4\n5\t6\n", "1:1~2|2:5~6|");
    assert_rows(&extra, "1\t2\t3\t4\t5\n", "line 1: 5 columns where 2 are expected");
}

static void too_many(void **state)
{
    gr_buf text = { NULL, 0, 0, false };

    (void)state;
    for (int i = 0; i <= GR_COLUMNS_MAX; i++) gr_buf_addc(&text, '\t');
    assert_rows(&plain, text.p, "line 1: more than 4096 columns");
    gr_buf_free(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(fields), cmocka_unit_test(counts), cmocka_unit_test(too_many) };

    return gr_test_main(tests);
}
