/* token_cache_fuzz.c - a file of any bytes as one of the token cache. What it accepts must be tokens of the rows that were asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/token_cache.h"
#include "tests/fuzz/fuzz.h"

enum { VOCAB = 100 };
static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/* Plain writing: gr_fs_write would wait for the disk at every input. */
static int write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    int ok;

    if (!f) return 0;
    ok = size == 0 || fwrite(data, 1, size, f) == size;
    return fclose(f) == 0 && ok;
}

static int possible(const gr_tokens *t, const gr_example *rows, size_t n)
{
    if (t->n != n || t->start[0] != 0) return 0;
    for (size_t i = 0; i < n; i++) {
        if (t->start[i + 1] < t->start[i]) return 0;
        for (size_t k = t->start[i]; k < t->start[i + 1]; k++) {
            if (t->ids[k] < 0 || t->ids[k] >= VOCAB || t->types[k] < 0) return 0;
            if (t->words && (t->words[k] < -1 || t->words[k] >= (int32_t)rows[i].n_words)) return 0;
        }
    }
    return 1;
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    static const gr_sv words[] = { { "a", 1 }, { "b", 1 } };
    static const gr_example rows[] = { { .text_a = { "a b", 3 }, .words = words, .n_words = 2 }, { .text_a = { "b", 1 }, .words = words + 1, .n_words = 1 } };
    const char *dir = getenv("TMPDIR");
    gr_token_cache c = { .most = 1 << 20 };
    char path[GR_PATH_MAX + 128];
    gr_err err = GR_ERR_INIT;
    int bad = 0;

    (void)snprintf(c.dir, sizeof c.dir, "%.2000s/glue-run-fuzz-%ld", dir && *dir ? dir : P_tmpdir, (long)getpid());
    (void)snprintf(path, sizeof path, "%s/%s.tokens", c.dir, key);
    if (gr_fs_mkdirs(c.dir, &err) != GR_OK || !write_file(path, data, size)) return 0;
    for (int with_words = 0; with_words < 2; with_words++) {
        gr_tokens t;
        if (gr_token_cache_read(&t, &c, key, &(gr_texts){ .rows = rows, .n = 2, .words = with_words != 0 }, VOCAB, &err) == GR_OK) {
            bad |= !possible(&t, rows, 2);
            gr_tokens_free(&t);
        } else {
            bad |= err.msg[0] == '\0';
        }
    }
    (void)remove(path);
    (void)rmdir(c.dir);
    return bad;
}
