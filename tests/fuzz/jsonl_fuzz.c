/* jsonl_fuzz.c - any bytes as a file of JSON objects. */
#include "tests/fuzz/rows.h"

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    static const gr_column columns[] = { { "text", GR_COL_TEXT }, { "label", GR_COL_CLASS_ID }, { NULL, GR_COL_OTHER } };
    static const gr_column any[] = { { "label", GR_COL_OTHER }, { NULL, GR_COL_OTHER } };
    static const gr_column sentence[] = { { "text", GR_COL_WORDS }, { "label", GR_COL_TAGS }, { NULL, GR_COL_OTHER } };
    static const gr_source words = { .reader = GR_READ_JSONL, .columns = sentence };
    static const gr_source strict = { .reader = GR_READ_JSONL, .columns = columns };
    static const gr_source loose = { .reader = GR_READ_JSONL, .columns = any };

    return fuzz_rows(&strict, data, size) || fuzz_rows(&loose, data, size) || fuzz_rows(&words, data, size);
}
