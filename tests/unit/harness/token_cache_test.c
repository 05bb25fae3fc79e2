/* token_cache_test.c - the same tokens with and without the cache, whatever became of its files. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/token_cache.h"
#include "tests/unit/harness/stage.h"

enum { ROWS = 40, VOCAB = 30000 };

/* What a test of the cache stands on. */
typedef struct room {
    stage          s;
    gr_token_cache c;
    gr_texts       texts; /* rows of r.s, cut at 12 */
    gr_tokens      plain; /* without the cache */
    char           key[GR_SHA256_HEX];
    char           path[GR_PATH_MAX + 128];
} room;

static void open_room(room *r, const char *folder)
{
    gr_err err = GR_ERR_INIT;

    memset(r, 0, sizeof *r);
    STAGE(&r->s, "x");
    stage_task(&r->s, stage_csv("cached.csv", ROWS), stage_csv("cached2.csv", 9));
    stage_data(&r->s, 12);
    r->texts = (gr_texts){ .rows = r->s.data.split[0].examples.e, .n = ROWS, .max_length = 12 };
    r->c = (gr_token_cache){ .tokenizer = "tokenizer", .program = "program", .least = 1, .most = 1 << 20 };
    assert_true(gr_fs_join(r->c.dir, sizeof r->c.dir, gr_test_tmpdir(), folder));
    gr_token_cache_key(r->key, &r->c, &r->texts);
    (void)snprintf(r->path, sizeof r->path, "%s/%s.tokens", r->c.dir, r->key);
    assert_ok(gr_tokens_make(&r->plain, r->s.tok, &r->texts, r->s.pool, &err), &err);
}

static void close_room(room *r)
{
    gr_tokens_free(&r->plain);
    stage_close(&r->s);
}

static bool same(const gr_tokens *a, const gr_tokens *b)
{
    const size_t n = a->start[a->n];

    return a->n == b->n && memcmp(a->start, b->start, (a->n + 1) * sizeof *a->start) == 0 && memcmp(a->ids, b->ids, n * sizeof *a->ids) == 0 &&
           memcmp(a->types, b->types, n * sizeof *a->types) == 0 && !a->words == !b->words && (!a->words || memcmp(a->words, b->words, n * sizeof *a->words) == 0);
}

/* Through the cache: always the same tokens. */
static void make(const room *r)
{
    gr_tokens t;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_token_cache_make(&t, &r->c, r->s.tok, &r->texts, r->s.pool, &err), &err);
    assert_true(same(&t, &r->plain));
    gr_tokens_free(&t);
}

static gr_status read_it(const room *r, gr_err *err)
{
    gr_tokens t;
    const gr_status s = gr_token_cache_read(&t, &r->c, r->key, &r->texts, VOCAB, err);

    if (s == GR_OK) assert_true(same(&t, &r->plain));
    if (s == GR_OK) gr_tokens_free(&t);
    return s;
}

static void written_then_read(void **state)
{
    room r;
    gr_err err = GR_ERR_INIT;
    struct stat before, after;

    (void)state;
    open_room(&r, "fresh");
    assert_status(read_it(&r, &err), GR_E_NOTFOUND, &err, ".tokens");
    make(&r);
    assert_ok(read_it(&r, &err), &err);
    assert_int_equal(stat(r.path, &before), 0);
    make(&r);
    assert_int_equal(stat(r.path, &after), 0);
    assert_true(before.st_ino == after.st_ino); /* read, not written again */
    close_room(&r);
}

static void words_of_rows(void **state)
{
    const char *text = "Qwxzyvgh B-PER\nSmith I-PER\nsang O\n\nthe O\nTom B-PER\nran O\n\n";
    const gr_token_cache *none = NULL;
    room r;
    stage s;
    gr_tokens a, b;
    gr_err err = GR_ERR_INIT;

    (void)state;
    open_room(&r, "words");
    STAGE(&s, "x");
    stage_task(&s, stage_file("cw.conll", text), stage_file("cw2.conll", text));
    stage_data(&s, 0);
    for (size_t max_length = 0; max_length < 6; max_length += 5) {
        const gr_example *e = s.data.split[0].examples.e;
        assert_ok(gr_token_cache_make(&a, none, s.tok, &(gr_texts){ e, 2, true, max_length }, s.pool, &err), &err);
        for (int i = 0; i < 2; i++) {
            assert_ok(gr_token_cache_make(&b, &r.c, s.tok, &(gr_texts){ e, 2, true, max_length }, s.pool, &err), &err);
            assert_true(b.words && same(&a, &b));
            gr_tokens_free(&b);
        }
        gr_tokens_free(&a);
    }
    stage_close(&s);
    close_room(&r);
}

/* ---- the key ---- */

static gr_sv sv(const char *s) { return (gr_sv){ s, s ? strlen(s) : 0 }; }

static void what_the_key_holds(void **state)
{
    static const char *const pairs[][2] = { { "ab", "c" }, { "a", "bc" }, { "abc", "" }, { "abc", NULL }, { "", "abc" }, { "ab\tc", NULL }, { "ab", "C" } };
    enum { PAIRS = sizeof pairs / sizeof *pairs, KEYS = PAIRS + 6 };
    gr_token_cache c = { .tokenizer = "t", .program = "p" }, other = c;
    const gr_sv three[] = { { "a", 1 }, { "b", 1 }, { "c", 1 } }, two[] = { { "ab", 2 }, { "c", 1 } };
    char key[KEYS][GR_SHA256_HEX], again[GR_SHA256_HEX];
    gr_example x = { 0 }, xs[2] = { { .text_a = { "ab", 2 } }, { .text_a = { "c", 1 } } };
    size_t n = 0;

    (void)state;
    for (; n < PAIRS; n++) {
        x.text_a = sv(pairs[n][0]);
        x.text_b = sv(pairs[n][1]);
        gr_token_cache_key(key[n], &c, &(gr_texts){ &x, 1, false, 8 });
    }
    gr_token_cache_key(key[n++], &c, &(gr_texts){ xs, 2, false, 8 });
    gr_token_cache_key(key[n++], &c, &(gr_texts){ &x, 1, false, 9 });
    (void)snprintf(other.tokenizer, sizeof other.tokenizer, "another");
    gr_token_cache_key(key[n++], &other, &(gr_texts){ &x, 1, false, 8 });
    other = c;
    (void)snprintf(other.program, sizeof other.program, "another");
    gr_token_cache_key(key[n++], &other, &(gr_texts){ &x, 1, false, 8 });
    x = (gr_example){ .words = three, .n_words = 3 };
    gr_token_cache_key(key[n++], &c, &(gr_texts){ &x, 1, true, 8 });
    x = (gr_example){ .words = two, .n_words = 2 };
    gr_token_cache_key(key[n++], &c, &(gr_texts){ &x, 1, true, 8 });
    assert_int_equal(n, KEYS);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) assert_string_not_equal(key[i], key[k]);
    x.label = 1; /* of no account */
    gr_token_cache_key(again, &c, &(gr_texts){ &x, 1, true, 8 });
    assert_string_equal(again, key[n - 1]);
}

/* ---- damage ---- */

typedef struct heard { int n; char line[512]; } heard;

static void hear(void *user, gr_log_level level, const char *line)
{
    heard *h = user;

    if (level != GR_LOG_WARN) return;
    h->n++;
    (void)snprintf(h->line, sizeof h->line, "%s", line);
}

static void put(const char *path, const char *p, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Bytes of a file turned, all of its header and some of the rest, and many lengths cut: refused, or the very same tokens. */
static void damaged_is_never_believed(void **state)
{
    room r;
    gr_err err = GR_ERR_INIT;
    char *p = NULL;
    size_t n = 0, tried = 0, refused = 0;

    (void)state;
    open_room(&r, "damaged");
    make(&r);
    assert_ok(gr_fs_read(&p, &n, r.path, 0, &err), &err);
    for (size_t i = 0; i < n; i += i < 768 ? 1 : 7, tried++) {
        p[i] = (char)(p[i] ^ (1 << i % 8));
        put(r.path, p, n);
        refused += read_it(&r, &err) != GR_OK;
        p[i] = (char)(p[i] ^ (1 << i % 8));
    }
    assert_true(tried > 768 && refused + 200 > tried); /* but for names and blanks in the header */
    for (size_t cut = 0; cut < n; cut += 1 + cut / 64) {
        put(r.path, p, cut);
        assert_true(read_it(&r, &err) != GR_OK);
    }
    free(p);
    close_room(&r);
}

static void damaged_is_made_anew(void **state)
{
    heard h = { 0 };
    room r;
    gr_err err = GR_ERR_INIT;
    char *p = NULL;
    size_t n = 0;

    (void)state;
    open_room(&r, "anew");
    make(&r);
    assert_ok(gr_fs_read(&p, &n, r.path, 0, &err), &err);
    p[n - 1] ^= 1;
    put(r.path, p, n);
    free(p);
    gr_log_set_level(GR_LOG_WARN);
    gr_log_set_sink(hear, &h);
    make(&r);
    gr_log_set_sink(NULL, NULL);
    gr_log_set_level(GR_LOG_ERROR);
    assert_int_equal(h.n, 1);
    assert_non_null(strstr(h.line, "its digest does not hold"));
    assert_ok(read_it(&r, &err), &err);
    close_room(&r);
}

/* Numbers that cannot be, under a digest that holds. */
static void impossible_numbers(void **state)
{
    size_t start[ROWS + 1];
    room r;
    gr_tokens t, broken;
    gr_err err = GR_ERR_INIT;

    (void)state;
    open_room(&r, "impossible");
    memcpy(start, r.plain.start, sizeof start);
    t = r.plain;
    t.start = start;
#define REFUSED(say) \
    do { \
        assert_ok(gr_token_cache_write(&r.c, r.key, &t, &err), &err); \
        assert_status(gr_token_cache_read(&broken, &r.c, r.key, &r.texts, 1000, &err), GR_E_FORMAT, &err, say); \
    } while (0)
    t.ids[3] = 1000;
    REFUSED("a number of ids");
    t.ids[3] = 1 << 20;
    REFUSED("a number of ids");
    t.ids[3] = -1;
    REFUSED("a number of ids");
    t.ids[3] = 5;
    start[1] = start[2] + 1; /* row 2 has -1 tokens */
    REFUSED("row 2 has");
    start[1] = r.plain.start[1];
    t.n = ROWS - 1;
    REFUSED("do not fit each other");
    t.n = ROWS;
    t.words = t.ids;
    REFUSED("parts are missing");
    t.words = NULL;
    t.types[0] = 256;
    assert_status(gr_token_cache_write(&r.c, r.key, &t, &err), GR_E_UNSUPPORTED, &err, "segment");
    t.types[0] = 0;
    close_room(&r);
#undef REFUSED
}

/* ---- the folder ---- */

static void a_small_split_is_not_kept(void **state)
{
    room r;

    (void)state;
    open_room(&r, "small");
    r.c.least = 1 << 20;
    make(&r);
    assert_false(gr_fs_is_dir(r.c.dir));
    assert_false(gr_token_cache_wants(NULL, &r.texts));
    close_room(&r);
}

static void a_folder_that_cannot_be(void **state)
{
    room r;

    (void)state;
    open_room(&r, "file/tokens");
    (void)stage_file("file", "not a folder");
    make(&r);
    make(&r);
    close_room(&r);
}

/* Files used longest ago make room; a finished one is never half there. */
static void bounded(void **state)
{
    const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } }, older[2] = { { 500, 0 }, { 500, 0 } };
    char first[GR_PATH_MAX], second[GR_PATH_MAX], left[GR_PATH_MAX], name[128];
    room r;
    gr_err err = GR_ERR_INIT;
    int64_t bytes;

    (void)state;
    open_room(&r, "bounded");
    make(&r);
    bytes = gr_fs_size(r.path);
    r.c.most = (size_t)bytes + 4096 + 5000; /* one more fits beside 5000 bytes, a third does not */
    (void)memset(name, 'a', 64);
    (void)snprintf(name + 64, sizeof name - 64, ".tokens");
    assert_true(gr_fs_join(first, sizeof first, r.c.dir, name));
    memset(name, 'b', 64);
    assert_true(gr_fs_join(second, sizeof second, r.c.dir, name));
    (void)snprintf(name + 64, sizeof name - 64, ".tokens.tmp-1");
    assert_true(gr_fs_join(left, sizeof left, r.c.dir, name));
    assert_ok(gr_fs_write(first, r.path, 4000, &err), &err);
    assert_ok(gr_fs_write(second, r.path, 4000, &err), &err);
    assert_ok(gr_fs_write(left, r.path, 10, &err), &err);
    assert_int_equal(utimensat(AT_FDCWD, first, old, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, second, older, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, left, older, 0), 0);
    assert_int_equal(unlink(r.path), 0);
    make(&r);
    assert_true(gr_fs_is_file(r.path) && gr_fs_is_file(first) && !gr_fs_is_file(second) && !gr_fs_is_file(left));
    r.c.most = (size_t)bytes - 1;
    assert_int_equal(unlink(r.path), 0);
    make(&r); /* it alone is more than may be there */
    assert_false(gr_fs_is_file(r.path));
    close_room(&r);
}

/* Several processes with one folder: each has its tokens, and what stays behind is whole. */
static void at_once(void **state)
{
    enum { PROCESSES = 4, TIMES = 8 };
    pid_t child[PROCESSES];
    room r;
    gr_err err = GR_ERR_INIT;

    (void)state;
    open_room(&r, "at_once");
    for (int i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i]) continue;
        for (int k = 0; k < TIMES; k++) {
            gr_tokens t;
            if (gr_token_cache_make(&t, &r.c, r.s.tok, &r.texts, NULL, &err) != GR_OK || !same(&t, &r.plain)) _exit(1);
            gr_tokens_free(&t);
            if (k % 2) (void)unlink(r.path);
        }
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    make(&r);
    assert_ok(read_it(&r, &err), &err);
    close_room(&r);
}

/* ---- the switch ---- */

static void switched_off(void **state)
{
    static const struct { const char *word, *dir; } v[] = { { "off", "" }, { "0", "" }, { "on", "place/tokens" }, { "", "place/tokens" } };
    gr_token_cache c;

    (void)state;
    gr_token_cache_init(&c, "place", "t");
    assert_string_equal(c.dir, "place/tokens");
    assert_int_equal(strlen(c.program), 64);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        assert_int_equal(setenv("GLUE_RUN_CACHE", v[i].word, 1), 0);
        gr_token_cache_init(&c, "place", "t");
        assert_string_equal(c.dir, v[i].dir);
    }
    assert_int_equal(unsetenv("GLUE_RUN_CACHE"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(written_then_read), cmocka_unit_test(words_of_rows), cmocka_unit_test(what_the_key_holds),
                                        cmocka_unit_test(damaged_is_never_believed), cmocka_unit_test(damaged_is_made_anew), cmocka_unit_test(impossible_numbers),
                                        cmocka_unit_test(a_small_split_is_not_kept), cmocka_unit_test(a_folder_that_cannot_be), cmocka_unit_test(bounded),
                                        cmocka_unit_test(at_once), cmocka_unit_test(switched_off) };
    return gr_test_main(tests);
}
