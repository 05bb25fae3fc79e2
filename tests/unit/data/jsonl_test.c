/* jsonl_test.c - one object a line: keys, kinds of values, faults with the file's line. */
#include "tests/unit/data/rows.h"

static const gr_column cols[] = { { "text", GR_COL_TEXT }, { "label", GR_COL_CLASS_ID }, { NULL, GR_COL_OTHER } };
static const gr_column other[] = { { "x", GR_COL_OTHER }, { NULL, GR_COL_OTHER } };
static const gr_source plain = { .reader = GR_READ_JSONL, .columns = cols };
static const gr_source loose = { .reader = GR_READ_JSONL, .columns = other };
static const gr_source strip = { .reader = GR_READ_JSONL, .columns = cols, .strip = true };

static void values(void **state)
{
    (void)state;
    assert_rows(&plain, "{\"label\": 1, \"more\": [2], \"text\": \"a\\u00e9\\n\"}\n", "1:a\xc3\xa9\n~1|");
    assert_rows(&plain, "{\"text\": \"a\", \"label\": \"0\"}\n\n  \n{\"text\": \"\", \"label\": true}", "1:a~0|4:~1|");
    assert_rows(&loose, "{\"x\": 2.5}\n{\"x\": null}\n{\"x\": false}\n{\"x\": 12345678901}", "1:2.5|2:|3:false|4:12345678901|");
    assert_rows(&strip, "{\"text\": \" a \", \"label\": 0}", "1:a~0|");
    assert_rows(&loose, "{\"x\": \"\\\\u0000\"}", "1:\\u0000|"); /* an escaped backslash, no escape */
}

static void faults(void **state)
{
    gr_buf b = { NULL, 0, 0, false };

    (void)state;
    assert_rows(&plain, "{\"text\": \"a\", \"label\": 0}\n{\"text\": \"a\"}", "line 2: key 'label' is missing");
    assert_rows(&plain, "{\"text\": 5, \"label\": 0}", "line 1: 'text' is not a string");
    assert_rows(&plain, "{\"text\": \"a\", \"label\": [0]}", "line 1: 'label' is neither a string nor a number");
    assert_rows(&plain, "\n[1]", "line 2: not an object");
    assert_rows(&plain, "{\"text\": \"a\\u0000b\", \"label\": 0}", "line 1: a string holds U+0000");
    assert_non_null(strstr(rows_of(&b, &plain, gr_sv_from("\n\n{\"text\": \"half")), "line 3: broken JSON: "));
    assert_non_null(strstr(rows_of(&b, &plain, gr_sv_from("{\"text\": \"a\", \"text\": \"b\"}")), "line 1: broken JSON: "));
    gr_buf_free(&b);
}

static const gr_column sentence[] = { { "tokens", GR_COL_WORDS }, { "ner_tags", GR_COL_TAGS }, { NULL, GR_COL_OTHER } };
static const gr_column bare[] = { { "tokens", GR_COL_WORDS }, { NULL, GR_COL_OTHER } };
static const gr_source tagged = { .reader = GR_READ_JSONL, .columns = sentence };
static const gr_source words = { .reader = GR_READ_JSONL, .columns = bare };

/* A row is a sentence: its words, then their tags, as of a CoNLL file. */
static void sentences(void **state)
{
    gr_err    err = GR_ERR_INIT;
    gr_arena  a;
    gr_reader r;
    gr_row    row;
    bool      more = false;

    (void)state;
    assert_rows(&tagged, "{\"id\": 3, \"tokens\": [\"New York\", \"sang\"], \"ner_tags\": [\"B-LOC\", \"O\"]}\n\n{\"ner_tags\": [\"O\"], \"tokens\": [\"a\"]}\n",
                "1:New York~sang~B-LOC~O|3:a~O|");
    assert_rows(&words, "{\"tokens\": [\"a\", \"b\"]}", "1:a~b|");
    gr_arena_init(&a, 0);
    assert_ok(gr_reader_open(&r, &tagged, "f", gr_sv_from("\n{\"tokens\": [\"a\", \"b\"], \"ner_tags\": [\"O\", \"O\"]}"), &a, &err), &err);
    assert_ok(gr_reader_next(&r, &row, &more, &err), &err);
    assert_true(more);
    assert_int_equal(row.n_words, 2);
    assert_int_equal(row.n_col, 4);
    assert_int_equal(row.word_line[1], 2);
    assert_null(row.columns);
    gr_reader_close(&r);
    gr_arena_free(&a);
}

static void sentence_faults(void **state)
{
    (void)state;
    assert_rows(&tagged, "{\"tokens\": [\"a\", \"b\"], \"ner_tags\": [\"O\"]}", "line 1: 2 words in 'tokens' and 1 tag in 'ner_tags'");
    assert_rows(&tagged, "{\"tokens\": \"a b\", \"ner_tags\": [\"O\"]}", "line 1: 'tokens' is not a list of words");
    assert_rows(&tagged, "{\"tokens\": [\"a\", 5], \"ner_tags\": [\"O\", \"O\"]}", "line 1: 'tokens' holds what is no string");
    assert_rows(&tagged, "{\"tokens\": [\"a\"], \"ner_tags\": [3]}", "line 1: 'ner_tags' holds a number: give the tag's name, such as B-PER");
    assert_rows(&tagged, "{\"tokens\": [\"a\", \"\"], \"ner_tags\": [\"O\", \"O\"]}", "line 1: 'tokens' holds an empty word");
    assert_rows(&tagged, "{\"tokens\": [], \"ner_tags\": []}", "line 1: 'tokens' holds no word");
    assert_rows(&tagged, "{\"tokens\": [\"a\"]}", "line 1: key 'ner_tags' is missing");
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(values), cmocka_unit_test(faults), cmocka_unit_test(sentences), cmocka_unit_test(sentence_faults) };

    return gr_test_main(tests);
}
