/* file.h - for harnesses whose reader takes a path: any bytes into a file of this process. */
#ifndef GR_TESTS_FUZZ_FILE_H
#define GR_TESTS_FUZZ_FILE_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* "<TMPDIR>/glue-run-fuzz-<pid><tail>" */
static inline void fuzz_path(char *out, size_t cap, const char *tail)
{
    const char *dir = getenv("TMPDIR");

    (void)snprintf(out, cap, "%s/glue-run-fuzz-%ld%s", dir && *dir ? dir : P_tmpdir, (long)getpid(), tail);
}

/* Plain writing of a new file: gr_fs_write would wait for the disk at every input, and so does a file system when a file is
 * written over. */
static inline bool fuzz_write(const char *path, const uint8_t *data, size_t size)
{
    FILE *f;
    bool ok;

    (void)remove(path);
    f = fopen(path, "wb");
    if (!f) return false;
    ok = size == 0 || fwrite(data, 1, size, f) == size;
    return fclose(f) == 0 && ok;
}
#endif
