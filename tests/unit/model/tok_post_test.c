/* Truncation by the library's rule, and trimming of offsets. */
#include "model/tokenizer/tok_impl.h"
#include "tests/support/test.h"

static void truncated(size_t a, size_t b, bool pair, size_t room, size_t want_a, size_t want_b)
{
    size_t n[2] = { a, b };

    gr_post_truncate(n, pair, room);
    assert_int_equal(n[0], want_a);
    assert_int_equal(n[1], want_b);
}

static void test_single(void **state)
{
    (void)state;
    truncated(5, 0, false, 5, 5, 0);
    truncated(6, 0, false, 5, 5, 0);
    truncated(6, 0, false, 0, 0, 0);
    truncated(6, 0, false, SIZE_MAX, 6, 0);
}

static void test_pair(void **state)
{
    (void)state;
    truncated(3, 4, true, 7, 3, 4);
    truncated(3, 9, true, 8, 3, 5);  /* only the longer one */
    truncated(9, 3, true, 8, 5, 3);
    truncated(9, 9, true, 7, 3, 4);  /* both: the odd token goes to the longer, at a tie to the second */
    truncated(10, 9, true, 7, 4, 3);
    truncated(9, 10, true, 7, 3, 4);
    truncated(0, 9, true, 7, 0, 7);
    truncated(9, 9, true, 0, 0, 0);
    truncated(1, 1, true, 1, 0, 1);
    truncated(4, 4, true, 6, 3, 3);
    truncated(3, 4, true, 6, 3, 3);
}

static void test_trim(void **state)
{
    const gr_sv text = { "\xC2\xA0 ab \xC2\xA0", 8 }; /* two blanks, ab, two blanks */
    const gr_post plain = { .n_trims = 1 }, prefix = { .n_trims = 1, .prefix_space = { true } };
    gr_tok_piece p = { 0, 0, 0, 6, 0, 8, true };

    (void)state;
    gr_post_trim(&plain, &p, text, 2, 2, true);
    assert_int_equal(p.c0, 2);
    assert_int_equal(p.c1, 4);
    assert_int_equal(p.b0, 3);
    assert_int_equal(p.b1, 5);
    p = (gr_tok_piece){ 0, 0, 0, 4, 0, 5, true };
    gr_post_trim(&prefix, &p, text, 1, 0, true);
    assert_int_equal(p.c0, 0);
    gr_post_trim(&prefix, &p, text, 2, 0, true);
    assert_int_equal(p.c0, 2);
    p = (gr_tok_piece){ 0, 0, 1, 4, 2, 5, true };
    gr_post_trim(&prefix, &p, text, 1, 0, false);
    assert_int_equal(p.c0, 2);
    p = (gr_tok_piece){ 0, 0, 0, 2, 0, 3, true };
    gr_post_trim(&plain, &p, text, 5, 5, false); /* never past the other end */
    assert_int_equal(p.c0, 2);
    assert_int_equal(p.c1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_single), cmocka_unit_test(test_pair), cmocka_unit_test(test_trim) };
    return gr_test_main(tests);
}
