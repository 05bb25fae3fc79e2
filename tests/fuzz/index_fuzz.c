/* index_fuzz.c - any bytes as the index of a sharded checkpoint, in a folder with two shards of one tensor each. */
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tensors.h"

/* A file of one tensor: the length of its header, the header, and its value. */
static bool write_shard(const char *dir, const char *file, char name)
{
    static const char header[] = "{\"?\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}           ";
    uint8_t bytes[8 + sizeof header - 1 + 4] = { sizeof header - 1 };
    char path[640];

    memcpy(bytes + 8, header, sizeof header - 1);
    bytes[8 + 2] = (uint8_t)name;
    (void)snprintf(path, sizeof path, "%s/%s", dir, file);
    return fuzz_write(path, bytes, sizeof bytes);
}

static char dir[512];

static void clean_up(void)
{
    static const char *const files[] = { "m-1.safetensors", "m-2.safetensors", "model.safetensors.index.json" };
    char path[640];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        (void)remove(path);
    }
    (void)remove(dir);
}

/* The folder is made once: only the index differs. */
static bool make_folder(void)
{
    if (dir[0]) return true;
    fuzz_path(dir, sizeof dir, ".index");
    (void)mkdir(dir, 0700);
    return atexit(clean_up) == 0 && write_shard(dir, "m-1.safetensors", 'a') && write_shard(dir, "m-2.safetensors", 'b');
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    char path[640];
    gr_err err = GR_ERR_INIT;
    gr_st *st = NULL;
    int bad;

    if (!make_folder()) return 1;
    (void)snprintf(path, sizeof path, "%s/model.safetensors.index.json", dir);
    if (!fuzz_write(path, data, size)) return 1;
    bad = gr_st_open_dir(&st, dir, &err) == GR_OK ? fuzz_tensors(st) : err.msg[0] == '\0' || st;
    gr_st_close(st);
    return bad;
}
