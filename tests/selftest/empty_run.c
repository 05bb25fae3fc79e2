/* empty_run.c - a program without tests: must come out red. */
#include "tests/support/test.h"

int main(void)
{
    return gr_test_run("nothing", NULL, 0);
}
