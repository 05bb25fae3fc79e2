/* fuzz.h - the entry point of every fuzz harness: replay.c calls it with the files of a corpus, libfuzzer.c with inputs
 * that libFuzzer makes up. */
#ifndef GR_TESTS_FUZZ_FUZZ_H
#define GR_TESTS_FUZZ_FUZZ_H
#include <stddef.h>
#include <stdint.h>

/* Must not crash, hang or leak, whatever the bytes. Anything but 0 says that what must hold does not. */
int gr_fuzz_one(const uint8_t *data, size_t size);

#endif
