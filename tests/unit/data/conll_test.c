/* conll_test.c - token columns: sentences, separators, column choice, lines. */
#include "tests/unit/data/rows.h"

static const gr_source usual = { .reader = GR_READ_CONLL };
static const gr_source words = { .reader = GR_READ_CONLL, .tag_column = -1 };
static const gr_source chosen = { .reader = GR_READ_CONLL, .word_column = 2, .tag_column = 3 };

static void sentences(void **state)
{
    (void)state;
    assert_rows(&usual, "a X O\nb Y B-PER\n\nc Z O\n", "1:a~b~O~B-PER|4:c~O|");
    assert_rows(&usual, "a\tO\n \t \nb  \t O\n\n\n\n", "1:a~O|3:b~O|"); /* white space alone parts; runs are one */
    assert_rows(&usual, "a O\n\xC2\xA0\nb O\n\xE3\x80\x80 \nc O\n\xC2\x85\nd O\n\f\ne O\n", "1:a~O|3:b~O|5:c~O|7:d~O|9:e~O|"); /* of any kind */
    assert_rows(&usual, "-DOCSTART- -X- O\n\na X O", "3:a~O|");
    assert_rows(&usual, "a O\n-DOCSTART- O\nb O\n", "1:a~O|3:b~O|");
    assert_rows(&usual, "-DOCSTART- -X- O\n\n", "");
    assert_rows(&usual, "", "");
    assert_rows(&usual, "\xc2\xa0 O\n", "1:\xc2\xa0~O|"); /* a no-break space is a token */
}

static void columns(void **state)
{
    (void)state;
    assert_rows(&words, "a\nb\n\nc\n", "1:a~b|4:c|");
    assert_rows(&chosen, "1 a O x\n2 b B y\n", "1:a~b~O~B|");
}

static void iob1_to_iob2(void **state)
{
    static const gr_source iob1 = { .reader = GR_READ_CONLL, .iob1 = true };

    (void)state;
    /* I after O and after another type begins; B and I after their own type stay */
    assert_rows(&iob1, "a I-X\nb I-X\nc I-Y\nd B-Y\ne I-Y\nf O\ng I-Y\n", "1:a~b~c~d~e~f~g~B-X~I-X~B-Y~B-Y~I-Y~O~B-Y|");
    assert_rows(&iob1, "a I-X\n\nb I-X\n", "1:a~B-X|3:b~B-X|"); /* a sentence begins anew */
}

static void faults(void **state)
{
    (void)state;
    assert_rows(&usual, "a X O\nb\n", "line 2: 1 column where 3 are expected");
    assert_rows(&usual, "a O\n\nb X O\n", "line 3: 3 columns where 2 are expected");
    assert_rows(&usual, "a\n", "line 1: 1 column where at least 2 are expected");
    assert_rows(&chosen, "1 a\n", "line 1: 2 columns where at least 3 are expected");
}

static void lines_of_words(void **state)
{
    const gr_sv text = gr_sv_from("\na O\nb O\n");
    gr_err      err = GR_ERR_INIT;
    gr_arena    a;
    gr_reader   r;
    gr_row      row;
    bool        more;

    (void)state;
    gr_arena_init(&a, 0);
    assert_ok(gr_reader_open(&r, &usual, "f", text, &a, &err), &err);
    assert_ok(gr_reader_next(&r, &row, &more, &err), &err);
    assert_true(more);
    assert_int_equal(row.n_words, 2);
    assert_int_equal(row.word_line[0], 2);
    assert_int_equal(row.word_line[1], 3);
    gr_reader_close(&r);
    gr_arena_free(&a);
}

/* A sentence may have more words than a table has columns: a file without blank lines is one. */
static void a_long_sentence(void **state)
{
    enum { WORDS = GR_COLUMNS_MAX + 1 };
    gr_buf    text = { NULL, 0, 0, false };
    gr_err    err = GR_ERR_INIT;
    gr_arena  a;
    gr_reader r;
    gr_row    row;
    bool      more;

    (void)state;
    for (int i = 0; i < WORDS; i++) gr_buf_addf(&text, "w%d T%d\n", i, i);
    assert_false(text.oom);
    gr_arena_init(&a, 0);
    assert_ok(gr_reader_open(&r, &usual, "f", gr_buf_sv(&text), &a, &err), &err);
    assert_ok(gr_reader_next(&r, &row, &more, &err), &err);
    assert_true(more);
    assert_int_equal(row.n_words, WORDS);
    assert_int_equal(row.word_line[WORDS - 1], WORDS);
    assert_true(gr_sv_is(row.col[WORDS - 1], "w4096") && gr_sv_is(row.col[2 * WORDS - 1], "T4096"));
    assert_ok(gr_reader_next(&r, &row, &more, &err), &err);
    assert_false(more);
    gr_reader_close(&r);
    gr_arena_free(&a);
    gr_buf_free(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(sentences), cmocka_unit_test(columns), cmocka_unit_test(iob1_to_iob2),
                                               cmocka_unit_test(faults), cmocka_unit_test(lines_of_words), cmocka_unit_test(a_long_sentence) };

    return gr_test_main(tests);
}
