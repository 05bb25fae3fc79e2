/* skipped.c - all cases skipped: neither green nor red, but exit code 77, which ctest counts apart. */
#include "tests/support/test.h"

static void cases(void **state)
{
    (void)state;
    gr_case_skip("a case", "its file is not here");
    gr_cases_done("skipped cases", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(cases) };
    return gr_test_main(tests);
}
