/* pages_test.c - large blocks are zeros on a large page's boundary that take no memory before they are touched; what shall lie in large pages is told so
 * to the system, and nothing else. */
#include "base/pages.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/large_pages.h"
#include "tests/support/test.h"

enum { SIZE = 9 * GR_PAGES_LARGE + 12345 };

static bool zeros(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0) return false;
    return true;
}

static void zeros_of_any_size(void **state)
{
    const size_t size[] = { 0, 1, 4095, GR_PAGES_LARGE - 1, GR_PAGES_LARGE, GR_PAGES_LARGE + 1, SIZE };

    (void)state;
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        char *p = gr_pages_alloc(size[i]);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(zeros(p, size[i]));
        memset(p, 1, size[i]);
        gr_pages_large(p, size[i]);
        assert_true(size[i] == 0 || (p[0] == 1 && p[size[i] - 1] == 1));
        gr_pages_free(p, size[i]);
    }
    gr_pages_free(NULL, SIZE);
}

static void what_does_not_fit(void **state)
{
    (void)state;
    assert_null(gr_pages_alloc(SIZE_MAX));
    assert_null(gr_pages_alloc(SIZE_MAX - GR_PAGES_LARGE));
    assert_null(gr_pages_alloc(SIZE_MAX / 2));
}

static size_t resident(char *p, size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    static unsigned char in[SIZE / 4096 + 2];
    size_t n = 0;

    assert_int_equal(mincore(p, bytes, in), 0);
    for (size_t i = 0; i < (bytes + page - 1) / page; i++) n += in[i] & 1;
    return n;
}

static void untouched_takes_nothing(void **state)
{
    char *p;
    size_t taken;

    (void)state;
    if (!GR_PAGES_MAPPED) skip();
    p = gr_pages_alloc(SIZE);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % GR_PAGES_LARGE, 0);
    assert_int_equal(resident(p, SIZE), 0);
    p[5 * GR_PAGES_LARGE] = 1;
    taken = resident(p, SIZE);
    assert_true(taken >= 1 && taken <= GR_PAGES_LARGE / 4096);
    gr_pages_free(p, SIZE);
    assert_int_not_equal(mincore(p, SIZE, (unsigned char[SIZE / 4096 + 2]){ 0 }), 0); /* gone */
}

/* Bytes of the process's address space */
static size_t mapped_here(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu", &pages), 1);
    (void)fclose(f);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void what_is_beside_goes_back(void **state)
{
    enum { BYTES = GR_PAGES_LARGE + 1 };
    size_t before;
    void *p;

    (void)state;
    if (!GR_PAGES_MAPPED || access("/proc/self/statm", R_OK) != 0) skip();
    (void)mapped_here(); /* takes what it needs */
    before = mapped_here();
    p = gr_pages_alloc(BYTES);
    assert_int_equal(mapped_here() - before, 2 * GR_PAGES_LARGE);
    gr_pages_free(p, BYTES);
    assert_int_equal(mapped_here(), before);
}

static void large_where_asked(void **state)
{
    char *p;

    (void)state;
    if (!gr_test_sees_large_pages()) skip();
    p = gr_pages_alloc(SIZE);
    assert_non_null(p);
    gr_pages_large(p + 6 * GR_PAGES_LARGE, GR_PAGES_LARGE - 1); /* too little */
    assert_false(gr_test_in_large_pages(p + 6 * GR_PAGES_LARGE));
    gr_pages_large(p + 2 * GR_PAGES_LARGE + 100, GR_PAGES_LARGE);
    assert_false(gr_test_in_large_pages(p + 2 * GR_PAGES_LARGE - 1));
    assert_true(gr_test_in_large_pages(p + 2 * GR_PAGES_LARGE));
    assert_true(gr_test_in_large_pages(p + 4 * GR_PAGES_LARGE - 1));
    assert_false(gr_test_in_large_pages(p + 4 * GR_PAGES_LARGE));
    gr_pages_large(p + 7 * GR_PAGES_LARGE, SIZE - 7 * GR_PAGES_LARGE);
    assert_true(gr_test_in_large_pages(p + SIZE - 1));
    gr_pages_free(p, SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(zeros_of_any_size), cmocka_unit_test(what_does_not_fit),
                                        cmocka_unit_test(untouched_takes_nothing), cmocka_unit_test(what_is_beside_goes_back),
                                        cmocka_unit_test(large_where_asked) };

    return gr_test_main(tests);
}
