/* tsv_fuzz.c - any bytes as a tab-separated file: with a header that rows keep to or not, without one, and as lines to be stripped. */
#include "tests/fuzz/rows.h"

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    static const gr_column columns[] = { { "sentence1", GR_COL_TEXT }, { "sentence2", GR_COL_PAIR }, { "label", GR_COL_LABEL }, { NULL, GR_COL_OTHER } };
    static const gr_source header = { .reader = GR_READ_TSV, .has_header = true, .columns = columns, .strip = true };
    static const gr_source ragged = { .reader = GR_READ_TSV, .has_header = true, .ragged = true, .columns = columns, .no_label = "-" };
    static const gr_source plain = { .reader = GR_READ_TSV, .columns = columns, .extra_columns = 1 };
    static const gr_source lines = { .reader = GR_READ_LINES, .strip = true };
    static const gr_source whole = { .reader = GR_READ_FOLDER, .strip = true };

    return fuzz_rows(&header, data, size) || fuzz_rows(&ragged, data, size) || fuzz_rows(&plain, data, size) ||
           fuzz_rows(&lines, data, size) || fuzz_rows(&whole, data, size);
}
