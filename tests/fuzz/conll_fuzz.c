/* conll_fuzz.c - any bytes as token columns: with tags, without them, with columns of its own choice. */
#include "tests/fuzz/rows.h"

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    static const gr_source usual = { .reader = GR_READ_CONLL };
    static const gr_source words = { .reader = GR_READ_CONLL, .tag_column = -1 };
    static const gr_source chosen = { .reader = GR_READ_CONLL, .word_column = 2, .tag_column = 1 };

    return fuzz_rows(&usual, data, size) || fuzz_rows(&words, data, size) || fuzz_rows(&chosen, data, size);
}
