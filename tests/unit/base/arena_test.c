/* arena_test.c - alignment, growth, reset, and requests that cannot be met; and the checked sizes. */
#include "base/arena.h"

#include "base/checked.h"
#include "tests/support/test.h"

static void aligned_and_apart(void **state)
{
    gr_arena a;
    unsigned char *last = NULL;

    (void)state;
    gr_arena_init(&a, 1024);
    for (size_t n = 0; n < 3000; n += 37) {
        unsigned char *p = gr_arena_alloc(&a, n);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, (int)(n & 0xFF), n);
        if (last && n > 37) assert_int_equal(last[0], (n - 37) & 0xFF); /* the one before is untouched */
        last = p;
    }
    assert_int_equal((uintptr_t)gr_arena_alloc(&a, 4096) % 64, 0);
    assert_int_equal((uintptr_t)gr_arena_alloc(&a, 100000) % 64, 0);
    gr_arena_free(&a);
    assert_non_null(gr_arena_alloc(&a, 8)); /* ready for use again */
    gr_arena_free(&a);
}

static void zeroes_and_copies(void **state)
{
    gr_arena a;
    const unsigned char *z;
    char *s;

    (void)state;
    gr_arena_init(&a, 0);
    z = gr_arena_calloc(&a, 100, 7);
    for (int i = 0; i < 700; i++) assert_int_equal(z[i], 0);
    s = gr_arena_strndup(&a, "glue\0run", 8);
    assert_memory_equal(s, "glue\0run", 9);
    assert_string_equal(gr_arena_strndup(&a, NULL, 0), "");
    assert_int_equal(a.used, 700 + 9 + 1);
    gr_arena_free(&a);
    assert_int_equal(a.used, 0);
}

static void large_request_leaves_the_block(void **state)
{
    gr_arena a;
    char *first, *second;

    (void)state;
    gr_arena_init(&a, 4096);
    first = gr_arena_alloc(&a, 16);
    assert_non_null(gr_arena_alloc(&a, 1 << 20));
    second = gr_arena_alloc(&a, 16);
    assert_ptr_equal(second, first + 16); /* still the same block */
    gr_arena_free(&a);
}

static void refuses_what_does_not_fit(void **state)
{
    gr_arena a;

    (void)state;
    gr_arena_init(&a, 0);
    assert_null(gr_arena_alloc(&a, SIZE_MAX));
    assert_null(gr_arena_alloc(&a, SIZE_MAX - 64));
    assert_null(gr_arena_calloc(&a, SIZE_MAX / 2, 3));
    assert_null(gr_arena_strndup(&a, "x", SIZE_MAX));
    gr_arena_free(&a);
}

static void zeroed_arena_is_fine(void **state)
{
    gr_arena a = { NULL, 0, 0 };

    (void)state;
    gr_arena_free(&a);
    assert_non_null(gr_arena_alloc(&a, 10));
    gr_arena_free(&a);
}

static void checked_sizes(void **state)
{
    size_t r = 7;

    (void)state;
    assert_true(gr_mul_size(&r, 6, 7));
    assert_int_equal(r, 42);
    assert_false(gr_mul_size(&r, SIZE_MAX, 2));
    assert_false(gr_add_size(&r, SIZE_MAX, 1));
    assert_int_equal(r, 42);
    assert_true(gr_add_size(&r, SIZE_MAX - 1, 1));
    assert_true(r == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(aligned_and_apart), cmocka_unit_test(zeroes_and_copies),
                                        cmocka_unit_test(large_request_leaves_the_block),
                                        cmocka_unit_test(refuses_what_does_not_fit), cmocka_unit_test(zeroed_arena_is_fine),
                                        cmocka_unit_test(checked_sizes) };
    return gr_test_main(tests);
}
