/* csv_fuzz.c - any bytes as a comma-separated file, with a header and without one. */
#include "tests/fuzz/rows.h"

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    static const gr_column columns[] = { { "label", GR_COL_CLASS_ID }, { "review", GR_COL_TEXT }, { NULL, GR_COL_OTHER } };
    static const gr_source header = { .reader = GR_READ_CSV, .has_header = true, .columns = columns };
    static const gr_source plain = { .reader = GR_READ_CSV };

    return fuzz_rows(&header, data, size) || fuzz_rows(&plain, data, size);
}
