/* failing_status.c - the right status with the wrong message: must come out red. */
#include "tests/support/test.h"

static void wrong(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_status(gr_fail(&err, GR_E_FORMAT, "line 37"), GR_E_FORMAT, &err, "line 38");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(wrong) };
    return gr_test_main(tests);
}
