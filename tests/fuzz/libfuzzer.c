/* libfuzzer.c - a harness under libFuzzer, which takes no notice of what a harness returns: an objection ends the program. */
#include <stdlib.h>

#include "base/log.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    gr_log_set_level(GR_LOG_QUIET);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (gr_fuzz_one(data, size) != 0) abort();
    return 0;
}
