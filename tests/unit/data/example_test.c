/* example_test.c - the default parse by roles, and the digest's form. */
#include "tests/support/test.h"

#include <math.h>

#include "data/dataset.h"

static const char *const   tag_names[] = { "O", "B-PER", NULL };
static const gr_label_spec tags = { tag_names, 2, 0, 0 };

static void blank(gr_example *e)
{
    memset(e, 0, sizeof *e);
    e->label = -1;
    e->value = NAN;
    e->id = -1;
}

static void sentence(void **state)
{
    const gr_sv         col[] = { { "Jo", 2 }, { "ran", 3 }, { "B-PER", 5 }, { "O", 1 } };
    const gr_sv         bad[] = { { "Jo", 2 }, { "ran", 3 }, { "B-PER", 5 }, { "X", 1 } };
    const size_t        line[] = { 7, 8 };
    gr_row              row = { .col = col, .n_col = 4, .n_words = 2, .word_line = line, .line = 7 };
    const gr_label_spec none = { NULL, 0, 0, 0 };
    gr_err              err = GR_ERR_INIT;
    gr_arena            a;
    gr_example          e;

    (void)state;
    gr_arena_init(&a, 0);
    blank(&e);
    assert_ok(gr_example_from_row(&tags, &row, &e, &a, &err), &err);
    assert_int_equal(e.n_words, 2);
    assert_true(gr_sv_is(e.words[1], "ran"));
    assert_string_equal(e.tags[0], "B-PER");
    assert_int_equal(e.tag_ids[0], 1);
    assert_true(e.labelled);
    blank(&e);
    assert_ok(gr_example_from_row(&none, &row, &e, &a, &err), &err); /* without names: the tags as they stand */
    assert_string_equal(e.tags[1], "O");
    assert_null(e.tag_ids);
    blank(&e);
    row.n_col = 2;
    assert_ok(gr_example_from_row(&tags, &row, &e, &a, &err), &err); /* no tags in the file */
    assert_true(e.tags == NULL && !e.labelled);
    blank(&e);
    row.n_col = 4;
    row.col = bad;
    assert_status(gr_example_from_row(&tags, &row, &e, &a, &err), GR_E_FORMAT, &err, "line 8: unknown tag 'X'");
    gr_arena_free(&a);
}

static void columns_and_fixed_label(void **state)
{
    static const char *const   names[] = { "neg", "pos", NULL };
    static const gr_column     cols[] = { { "s", GR_COL_SCORE }, { "b", GR_COL_PAIR }, { "a", GR_COL_TEXT }, { "x", GR_COL_OTHER }, { NULL, GR_COL_OTHER } };
    const gr_label_spec        classes = { names, 2, 0, 0 }, scores = { NULL, 0, 0, 5 };
    const gr_sv                col[] = { { "2.5", 3 }, { "B", 1 }, { "A", 1 }, { "?", 1 } };
    gr_row                     row = { .col = col, .n_col = 4, .columns = cols };
    gr_err                     err = GR_ERR_INIT;
    gr_arena                   a;
    gr_example                 e;

    (void)state;
    gr_arena_init(&a, 0);
    blank(&e);
    assert_ok(gr_example_from_row(&scores, &row, &e, &a, &err), &err);
    assert_true(e.value == 2.5 && e.label == -1 && gr_sv_is(e.text_a, "A") && gr_sv_is(e.text_b, "B"));
    blank(&e);
    row = (gr_row){ .col = col + 2, .n_col = 1, .label = "pos" };
    assert_ok(gr_example_from_row(&classes, &row, &e, &a, &err), &err);
    assert_true(e.label == 1 && gr_sv_is(e.text_a, "A") && e.text_b.p == NULL);
    blank(&e);
    row.label = "meh";
    assert_status(gr_example_from_row(&classes, &row, &e, &a, &err), GR_E_FORMAT, &err, "unknown label 'meh'");
    gr_arena_free(&a);
}

/* Title and text in two columns, classes counted from 1: as in the CSVs of Zhang et al. */
static void several_texts(void **state)
{
    static const char *const names[] = { "world", "sports", NULL };
    static const gr_column   cols[] = { { "class", GR_COL_CLASS_NTH }, { "title", GR_COL_TEXT }, { "text", GR_COL_TEXT }, { "more", GR_COL_TEXT }, { NULL, GR_COL_OTHER } };
    const gr_label_spec      classes = { names, 2, 0, 0 };
    const gr_sv              full[] = { { "2", 1 }, { "A", 1 }, { "b c", 3 }, { "d", 1 } }, gaps[] = { { "1", 1 }, { "", 0 }, { "b", 1 }, { "", 0 } };
    gr_row                   row = { .col = full, .n_col = 4, .columns = cols };
    gr_err                   err = GR_ERR_INIT;
    gr_arena                 a;
    gr_example               e;

    (void)state;
    gr_arena_init(&a, 0);
    blank(&e);
    assert_ok(gr_example_from_row(&classes, &row, &e, &a, &err), &err);
    assert_true(e.label == 1 && e.labelled && gr_sv_is(e.text_a, "A b c d") && e.text_b.p == NULL);
    blank(&e);
    row.col = gaps;
    assert_ok(gr_example_from_row(&classes, &row, &e, &a, &err), &err);
    assert_true(e.label == 0 && gr_sv_is(e.text_a, " b ")); /* nothing is trimmed */
    gr_arena_free(&a);
}

/* Each expected text is what the digest must be over. */
static void digest_of(const gr_example *e, size_t n, bool regression, const char *text)
{
    char   got[GR_SHA256_HEX], want[GR_SHA256_HEX];
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_examples_digest(got, e, n, regression, &err), &err);
    gr_sha256_of(want, text, strlen(text));
    assert_string_equal(got, want);
}

static void digests(void **state)
{
    const gr_sv             words[] = { { "Jo", 2 }, { "ran", 3 } };
    static const char *const t[] = { "B-PER", "O" };
    gr_example              e[2];

    (void)state;
    blank(&e[0]);
    blank(&e[1]);
    e[0].text_a = gr_sv_from("a");
    e[0].text_b = gr_sv_from("b");
    e[0].label = 3;
    digest_of(e, 2, false, "a\tb\t3\n\t\t-1\n");
    e[0].value = 5;
    digest_of(e, 2, true, "a\tb\t5.0\n\t\t-1.0\n");
    e[0].value = 3.8;
    digest_of(e, 1, true, "a\tb\t3.8\n");
    e[1].words = words;
    e[1].n_words = 2;
    digest_of(&e[1], 1, false, "Jo ran\t\n");
    e[1].tags = t;
    digest_of(&e[1], 1, false, "Jo ran\tB-PER O\n");
    digest_of(e, 0, false, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(sentence), cmocka_unit_test(columns_and_fixed_label),
                                               cmocka_unit_test(several_texts), cmocka_unit_test(digests) };

    return gr_test_main(tests);
}
