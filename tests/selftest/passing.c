/* passing.c - the counterpart: the scripts that expect red must see green here. */
#include "tests/support/test.h"

static void right(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_near(1.0, 1.25, 0.25, "within");
    assert_ok(GR_OK, &err);
    gr_case_pass("one");
    gr_cases_done("one case", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(right) };
    return gr_test_main(tests);
}
