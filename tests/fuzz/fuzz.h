/* fuzz.h - the entry point of every fuzz harness: libFuzzer calls it with its own inputs, replay.c with the files of a corpus. */
#ifndef GR_TESTS_FUZZ_FUZZ_H
#define GR_TESTS_FUZZ_FUZZ_H
#include <stddef.h>
#include <stdint.h>

/* Must not crash, hang or leak, whatever the bytes. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
