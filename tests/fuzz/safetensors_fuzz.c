/* safetensors_fuzz.c - a file of any bytes through the reader, which maps files: the bytes go through one. */
#include "tests/fuzz/file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tensors.h"

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    char path[512];
    gr_err err = GR_ERR_INIT;
    gr_st *st = NULL;
    int bad;

    fuzz_path(path, sizeof path, ".safetensors");
    if (!fuzz_write(path, data, size)) return 0;
    bad = gr_st_open(&st, path, &err) == GR_OK ? fuzz_tensors(st) : err.msg[0] == '\0' || st;
    gr_st_close(st);
    (void)remove(path);
    return bad;
}
