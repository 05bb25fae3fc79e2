/* replay.c - runs a fuzz harness over a corpus without a fuzzer: every file as it is, cut at many places, and with
 * seeded damage (bytes flipped, pieces doubled or dropped). What a fuzzer found is kept by adding its input to the corpus.
 *
 *   fuzz.<name> CORPUS [ROUNDS]       fails when the corpus is empty
 *   fuzz.<name> CORPUS SECONDSs       for example 60s: with other damage each time, until the time is over */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/rng.h"
#include "tests/fuzz/fuzz.h"

enum { ROUNDS = 400, CUTS = 64, LARGEST = 1 << 20 };

/* The harness gets memory of exactly n bytes, so that a sanitizer sees a read past the end. */
static int feed(const char *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    int rc;

    if (!copy) return 1;
    if (n) memcpy(copy, p, n);
    rc = gr_fuzz_one(copy, n);
    free(copy);
    return rc;
}

static int replay_cuts(const char *p, size_t n)
{
    const size_t step = n > CUTS ? n / CUTS : 1;
    int bad = 0;

    for (size_t cut = 0; cut < n; cut += step) bad |= feed(p, cut);
    return bad;
}

static const char interesting[] = { 0, 1, '"', '{', '}', '[', ']', ',', ':', '-', '0', '9', '.', 'e', '\\', 'u', '\n', '\r', '\t', ' ', (char)0x7f, (char)0x80, (char)0xc0, (char)0xff };

static void damage_once(char *p, size_t *n, size_t cap, gr_rng *r)
{
    const size_t at = *n ? (size_t)gr_rng_below(r, *n) : 0;
    size_t len = 1 + (size_t)gr_rng_below(r, 16);

    if (len > *n - at) len = *n - at;
    switch (gr_rng_below(r, 5)) {
    case 0: if (*n) p[at] = (char)(p[at] ^ (1 << gr_rng_below(r, 8))); return;
    case 1: if (*n) p[at] = interesting[gr_rng_below(r, sizeof interesting)]; return;
    case 2: /* drop a piece */
        memmove(p + at, p + at + len, *n - at - len);
        *n -= len;
        return;
    case 3: /* double a piece */
        if (*n + len > cap) return;
        memmove(p + at + len, p + at, *n - at);
        *n += len;
        return;
    default: if (*n) p[at] = (char)gr_rng_u32(r); return;
    }
}

static int replay_damage(const char *p, size_t n, const char *name, int rounds, uint64_t seed)
{
    char *work = malloc(n + 512);
    gr_rng r;
    int bad = 0;

    if (!work) return 1;
    gr_rng_init(&r, seed, GR_RNG_SAMPLE, gr_rng_hash(name));
    for (int i = 0; i < rounds; i++) {
        const size_t times = 1 + (size_t)gr_rng_below(&r, 4);
        size_t len = n;

        if (n) memcpy(work, p, n);
        for (size_t k = 0; k < times; k++) damage_once(work, &len, n + 512, &r);
        bad |= feed(work, len);
    }
    free(work);
    return bad;
}

static int replay_file(const char *dir, const char *name, int rounds, uint64_t seed)
{
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    char *p = NULL;
    size_t n = 0;
    int bad;

    if (!gr_fs_join(path, sizeof path, dir, name) || gr_fs_is_dir(path)) return 0;
    if (gr_fs_read(&p, &n, path, LARGEST, &err) != GR_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    bad = (seed == 1 ? feed(p, n) | replay_cuts(p, n) : 0) | replay_damage(p, n, name, rounds, seed);
    if (bad) fprintf(stderr, "%s: the harness objected\n", path);
    free(p);
    return bad;
}

/* All files of the corpus; once, or with other seeds until `seconds` are over. */
static int replay_all(const char *dir, const gr_fs_list *files, int rounds, long seconds)
{
    const time_t end = time(NULL) + (time_t)seconds;
    uint64_t seed = 1;
    int bad = 0;

    do {
        for (size_t i = 0; i < files->n; i++) bad |= replay_file(dir, files->names[i], rounds, seed);
        seed++;
    } while (!bad && time(NULL) < end);
    printf("%zu inputs replayed, %d rounds of damage each, %llu times\n", files->n, rounds, (unsigned long long)(seed - 1));
    return bad;
}

int main(int argc, char **argv)
{
    gr_err err = GR_ERR_INIT;
    gr_fs_list files = { 0 };
    int bad, rounds = ROUNDS;
    long seconds = 0;
    char *end = NULL;

    if (argc < 2) {
        fprintf(stderr, "usage: %s CORPUS [ROUNDS | SECONDSs]\n", argv[0]);
        return 2;
    }
    gr_log_set_level(GR_LOG_QUIET);
    if (argc > 2) {
        seconds = strtol(argv[2], &end, 10);
        if (*end != 's') {
            rounds = (int)seconds;
            seconds = 0;
        }
    }
    if (gr_fs_list_dir(&files, argv[1], &err) != GR_OK || files.n == 0) {
        fprintf(stderr, "%s: no corpus: %s\n", argv[1], err.msg);
        return 1;
    }
    bad = replay_all(argv[1], &files, rounds, seconds);
    gr_fs_list_free(&files);
    return bad ? 1 : 0;
}
