/* torch_file_fuzz.c - any bytes as a file of torch.save; what is accepted must lie inside them, or be a copy. */
#include "model/torch_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tensors.h"

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    gr_err err = GR_ERR_INIT;
    gr_torch_file f;
    int bad = 0;

    if (gr_torch_file_read(&f, data, size, &err) == GR_OK) {
        for (size_t i = 0; i < f.n; i++) bad |= fuzz_tensor(&f.t[i]);
        gr_torch_file_free(&f);
    } else {
        bad |= err.msg[0] == '\0' || f.t != NULL || f.n != 0;
    }
    return bad;
}
