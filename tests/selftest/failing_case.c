/* failing_case.c - one bad golden case among good ones: must come out red. */
#include "tests/support/test.h"

static void cases(void **state)
{
    (void)state;
    gr_case_pass("good");
    gr_case_fail("bad", "off by %d", 1);
    gr_case_pass("good too");
    gr_cases_done("three cases", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(cases) };
    return gr_test_main(tests);
}
