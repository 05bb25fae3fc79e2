/* failing_check.c - a wrong number: must come out red. */
#include "tests/support/test.h"

static void wrong(void **state)
{
    (void)state;
    assert_near(1.0, 2.0, 0.5, "one and two");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(wrong) };
    return gr_test_main(tests);
}
