/* crash.c - a test that dies: must come out red, whatever cmocka makes of the signal. */
#include <signal.h>

#include "tests/support/test.h"

static void dies(void **state)
{
    (void)state;
    (void)raise(SIGSEGV);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(dies) };
    return gr_test_main(tests);
}
