/* safetensors_fuzz.c - a file of any bytes through the reader; what it accepts must be safe to ask and to convert. The reader maps
 * files, so the bytes go through one. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/safetensors.h"
#include "tests/fuzz/fuzz.h"

enum { MOST = 1 << 16 }; /* elements converted of one tensor */

static void convert(const gr_st_tensor *t)
{
    double *d;
    float *f;
    int64_t *i;

    if (t->count > MOST) return;
    d = malloc((t->count + 1) * sizeof *d);
    f = malloc((t->count + 1) * sizeof *f);
    i = malloc((t->count + 1) * sizeof *i);
    if (d && f && i) {
        if (gr_st_to_f64(d, t, NULL) != GR_OK) d[0] = 0;
        if (gr_st_to_f32(f, t, NULL) != GR_OK) f[0] = 0;
        if (gr_st_to_i64(i, t, NULL) != GR_OK) i[0] = 0;
    }
    free(d);
    free(f);
    free(i);
}

/* Plain writing: gr_fs_write would wait for the disk at every input. */
static int write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    int ok;

    if (!f) return 0;
    ok = size == 0 || fwrite(data, 1, size, f) == size;
    return fclose(f) == 0 && ok;
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    const char *dir = getenv("TMPDIR");
    char path[512];
    gr_err err = GR_ERR_INIT;
    gr_st *st = NULL;
    int bad = 0;

    (void)snprintf(path, sizeof path, "%s/glue-run-fuzz-%ld.safetensors", dir && *dir ? dir : P_tmpdir, (long)getpid());
    if (!write_file(path, data, size)) return 0;
    if (gr_st_open(&st, path, &err) == GR_OK) {
        for (size_t i = 0; i < gr_st_count(st); i++) {
            const gr_st_tensor *t = gr_st_at(st, i);

            bad |= gr_st_find(st, t->name) != t;
            convert(t);
        }
        (void)gr_st_metadata(st, "format");
    } else {
        bad |= err.msg[0] == '\0';
    }
    gr_st_close(st);
    (void)remove(path);
    return bad;
}
