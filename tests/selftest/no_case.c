/* no_case.c - a golden driver that met no case: must come out red. */
#include "tests/support/test.h"

static void cases(void **state)
{
    (void)state;
    gr_cases_done("an empty folder", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(cases) };
    return gr_test_main(tests);
}
