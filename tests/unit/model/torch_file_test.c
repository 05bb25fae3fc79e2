/* Files of torch.save: the archive around the pickle, storages and their records, tensors that do not lie row by row, and the
 * files of other kinds that must be refused with the remedy. */
#include <math.h>

#include "base/fs.h"
#include "base/str.h"
#include "model/torch_file.h"
#include "model/zip_map.h"
#include "tests/support/test.h"

#define BYTES(s) (s), sizeof(s) - 1
#define STORAGE(type, numel) "(X\7\0\0\0storagectorch\n" type "Storage\nX\1\0\0\0" "0X\3\0\0\0cpuK" numel "tQ"
#define TENSOR(type, numel, rest) "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE(type, numel) rest "\x89" "ccollections\nOrderedDict\n)RtR"
/* {"x": a vector of two floats} */
#define PLAIN "\x80\2}X\1\0\0\0x" TENSOR("Float", "\2", "K\0K\2\x85K\1\x85") "s."

/* ---- a zip archive by hand ---- */

enum { ENTRIES_MAX = 8 };
typedef struct entry {
    const char *name, *p;
    size_t      n;
    int         method, flags;
} entry;

static void put(gr_buf *b, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++) gr_buf_addc(b, (char)(i < 8 ? x >> (8 * i) : 0));
}

static void put_central(gr_buf *b, const entry *e, size_t at)
{
    put(b, 0x02014b50, 4);
    put(b, 20, 2);
    put(b, 20, 2);
    put(b, (uint64_t)e->flags, 2);
    put(b, (uint64_t)e->method, 2);
    put(b, 0, 8); /* time, date, checksum */
    put(b, e->n, 4);
    put(b, e->n, 4);
    put(b, strlen(e->name), 2);
    put(b, 0, 12); /* extra field, comment, part, attributes */
    put(b, at, 4);
    gr_buf_adds(b, e->name);
}

static gr_buf zip(const entry *e, size_t n)
{
    gr_buf b = { 0 };
    size_t at[ENTRIES_MAX], from;

    assert_true(n <= ENTRIES_MAX);
    for (size_t i = 0; i < n; i++) {
        at[i] = b.n;
        put(&b, 0x04034b50, 4);
        put(&b, 0, 22); /* sizes and the rest are the directory's */
        put(&b, strlen(e[i].name), 2);
        put(&b, 5, 2);
        gr_buf_adds(&b, e[i].name);
        put(&b, 0, 5);
        gr_buf_add(&b, e[i].p, e[i].n);
    }
    from = b.n;
    for (size_t i = 0; i < n; i++) put_central(&b, &e[i], at[i]);
    put(&b, 0x06054b50, 4);
    put(&b, 0, 4);
    put(&b, n, 2);
    put(&b, n, 2);
    put(&b, b.n - 12 - from, 4);
    put(&b, from, 4);
    put(&b, 0, 2);
    assert_false(b.oom);
    return b;
}

static gr_status read_zip(gr_torch_file *f, gr_buf *b, const entry *e, size_t n, gr_err *err)
{
    *b = zip(e, n);
    return gr_torch_file_read(f, (const unsigned char *)b->p, b->n, err);
}

static void refuse_zip(const entry *e, size_t n, gr_status want, const char *part)
{
    gr_err err = GR_ERR_INIT;
    gr_torch_file f;
    gr_buf b;

    assert_status(read_zip(&f, &b, e, n, &err), want, &err, part);
    assert_null(f.t);
    gr_buf_free(&b);
}

static void refuse(const char *p, size_t n, gr_status want, const char *part)
{
    gr_err err = GR_ERR_INIT;
    gr_torch_file f;

    assert_status(gr_torch_file_read(&f, (const unsigned char *)p, n, &err), want, &err, part);
    assert_null(f.t);
}

/* ---- what is read ---- */

static const float four[4] = { 1, 2, 3, 4 };

static void test_mapped(void **state)
{
    const entry e[] = { { "m/data.pkl", BYTES(PLAIN), 0, 0 }, { "m/byteorder", "little", 6, 0, 0 }, { "m/data/0", (const char *)four, 8, 0, 0x808 } };
    gr_err err = GR_ERR_INIT;
    gr_torch_file f;
    gr_buf b;
    float x[2];

    (void)state;
    assert_ok(read_zip(&f, &b, e, 3, &err), &err);
    assert_int_equal(f.n, 1);
    assert_string_equal(f.t[0].name, "x");
    assert_int_equal(f.t[0].ndim, 1);
    assert_int_equal(f.t[0].bytes, 8);
    assert_true((const char *)f.t[0].data > b.p && (const char *)f.t[0].data < b.p + b.n); /* not copied */
    assert_ok(gr_st_to_f32(x, &f.t[0], &err), &err);
    assert_memory_equal(x, four, sizeof x);
    gr_torch_file_free(&f);
    gr_torch_file_free(&f);
    gr_buf_free(&b);
}

/* Four values as 2 x 2, as its transpose, as every second one, and two tensors that share a storage. */
static void test_views(void **state)
{
    static const struct { const char *p; size_t n; double want[4]; size_t count; } cases[] = {
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Float", "\4", "K\0K\2K\2\x86K\2K\1\x86") "s."), { 1, 2, 3, 4 }, 4 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Float", "\4", "K\0K\2K\2\x86K\1K\2\x86") "s."), { 1, 3, 2, 4 }, 4 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Float", "\4", "K\1K\2\x85K\2\x85") "s."), { 2, 4 }, 2 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Float", "\4", "K\2))") "s."), { 3 }, 1 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Float", "\4", "K\0K\1K\4\x86K\7K\1\x86") "s."), { 1, 2, 3, 4 }, 4 }, /* a stride that is not used */
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Float", "\4", "K\0K\2K\2K\1\x87K\1K\2K\7\x87") "s."), { 1, 3, 2, 4 }, 4 },
        { BYTES("\x80\2}X\1\0\0\0y" TENSOR("Float", "\4", "K\0K\4\x85K\1\x85") "sX\1\0\0\0x" TENSOR("Float", "\4", "K\3K\1\x85K\1\x85") "s."), { 4 }, 1 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Float", "\4", "K\0K\0K\4\x86K\4K\1\x86") "s."), { 0 }, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const entry e[] = { { "data.pkl", cases[i].p, cases[i].n, 0, 0 }, { "data/0", (const char *)four, sizeof four, 0, 0 } };
        gr_err err = GR_ERR_INIT;
        gr_torch_file f;
        gr_buf b;
        double x[4];

        assert_ok(read_zip(&f, &b, e, 2, &err), &err);
        assert_int_equal(f.t[f.n - 1].count, cases[i].count);
        assert_ok(gr_st_to_f64(x, &f.t[f.n - 1], &err), &err);
        for (size_t k = 0; k < cases[i].count; k++) assert_near(x[k], cases[i].want[k], 0, "case %zu, element %zu", i, k);
        gr_torch_file_free(&f);
        gr_buf_free(&b);
    }
}

static void test_types(void **state)
{
    static const struct { const char *p; size_t n; const char *data; size_t bytes; double want; } cases[] = {
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Half", "\1", "K\0))") "s."), "\x00\xC0", 2, -2 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("BFloat16", "\1", "K\0))") "s."), "\x49\xC0", 2, -3.140625 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Double", "\1", "K\0))") "s."), "\0\0\0\0\0\0\xf0\x3f", 8, 1 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Long", "\1", "K\0))") "s."), "\xfe\xff\xff\xff\xff\xff\xff\xff", 8, -2 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Int", "\1", "K\0))") "s."), "\7\0\0\0", 4, 7 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Short", "\1", "K\0))") "s."), "\xff\xff", 2, -1 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Char", "\1", "K\0))") "s."), "\x80", 1, -128 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Byte", "\1", "K\0))") "s."), "\x80", 1, 128 },
        { BYTES("\x80\2}X\1\0\0\0x" TENSOR("Bool", "\1", "K\0))") "s."), "\1", 1, 1 },
        /* bytes without a type, which the third form of a tensor gives */
        { BYTES("\x80\2}X\1\0\0\0xctorch._utils\n_rebuild_tensor_v3\n((X\7\0\0\0storagectorch.storage\nUntypedStorage\nX\1\0\0\0" "0X\3\0\0\0cpuK\2tQK\0))"
                "\x89N" "ctorch\nfloat16\n}tRs."), "\x00\x3C", 2, 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const entry e[] = { { "data.pkl", cases[i].p, cases[i].n, 0, 0 }, { "data/0", cases[i].data, cases[i].bytes, 0, 0 } };
        gr_err err = GR_ERR_INIT;
        gr_torch_file f;
        gr_buf b;
        double x;

        assert_ok(read_zip(&f, &b, e, 2, &err), &err);
        assert_ok(gr_st_to_f64(&x, &f.t[0], &err), &err);
        assert_near(x, cases[i].want, 0, "case %zu", i);
        gr_torch_file_free(&f);
        gr_buf_free(&b);
    }
}

/* ---- what is refused ---- */

static void test_other_files(void **state)
{
    char tar[512] = { 0 };

    (void)state;
    memcpy(tar + 257, "ustar", 5);
    refuse(BYTES(""), GR_E_FORMAT, "not a zip archive of torch.save");
    refuse(BYTES("PK"), GR_E_FORMAT, "not a zip archive of torch.save");
    refuse(BYTES("PK\3\4 and no more"), GR_E_FORMAT, "has no end");
    refuse(BYTES("\x80\2\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\2M\xe9\3."), GR_E_UNSUPPORTED, "torch.save(torch.load(f, weights_only=True), f)");
    refuse(tar, sizeof tar, GR_E_UNSUPPORTED, "tar archive");
    refuse(BYTES("\x80\4}."), GR_E_FORMAT, "a bare pickle");
    refuse(BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n"), GR_E_FORMAT, "git lfs pull");
}

static void test_archive(void **state)
{
    const entry data = { "m/data/0", (const char *)four, 8, 0, 0 }, pkl = { "m/data.pkl", BYTES(PLAIN), 0, 0 };
    const entry squeezed = { "m/data/0", "12345678", 8, 8, 0 }, secret = { "m/data/0", "12345678", 8, 0, 1 };
    const entry small = { "m/data/0", "1234567", 7, 0, 0 }, big = { "m/byteorder", "big", 3, 0, 0 }, odd = { "m/byteorder", "middle", 6, 0, 0 };
    const entry other = { "n/data.pkl", BYTES(PLAIN), 0, 0 }, elsewhere = { "n/data/0", (const char *)four, 8, 0, 0 }, note = { "m/mydata.pkl", "x", 1, 0, 0 };
    const entry evil = { "m/data.pkl", BYTES("\x80\2cposix\nsystem\nX\4\0\0\0true\x85R."), 0, 0 };

    (void)state;
    refuse_zip((const entry[]){ pkl, squeezed }, 2, GR_E_UNSUPPORTED, "'m/data/0' is compressed");
    refuse_zip((const entry[]){ pkl, secret }, 2, GR_E_UNSUPPORTED, "'m/data/0' is encrypted");
    refuse_zip((const entry[]){ pkl, data, data }, 3, GR_E_FORMAT, "'m/data/0' appears twice");
    refuse_zip((const entry[]){ pkl, data, big }, 3, GR_E_UNSUPPORTED, "big-endian");
    refuse_zip((const entry[]){ pkl, data, odd }, 3, GR_E_FORMAT, "byte order");
    refuse_zip((const entry[]){ pkl, data, other }, 3, GR_E_FORMAT, "two pickles");
    refuse_zip((const entry[]){ data, note }, 2, GR_E_FORMAT, "without data.pkl");
    refuse_zip(&pkl, 1, GR_E_FORMAT, "its storage '0' is not in the archive");
    refuse_zip((const entry[]){ pkl, elsewhere }, 2, GR_E_FORMAT, "its storage '0' is not in the archive");
    refuse_zip((const entry[]){ pkl, small }, 2, GR_E_FORMAT, "its storage '0' has 7 bytes");
    refuse_zip((const entry[]){ evil, data }, 2, GR_E_FORMAT, "'posix.system' is not a tensor; nothing was executed");
}

/* Every number of the directory and the end record, wrong by a lot: refused or read, never past the bytes. */
static void test_damaged_directory(void **state)
{
    const entry e[] = { { "m/data.pkl", BYTES(PLAIN), 0, 0 }, { "m/data/0", (const char *)four, 8, 0, 0 } };
    gr_buf b = zip(e, 2);
    size_t refused = 0;

    (void)state;
    for (size_t at = 0; at < b.n; at++) {
        for (int to = 0; to < 2; to++) {
            unsigned char *copy = malloc(b.n); /* of exactly that size, for the sanitizer */
            gr_err err = GR_ERR_INIT;
            gr_torch_file f;

            assert_non_null(copy);
            memcpy(copy, b.p, b.n);
            copy[at] = to ? 0xff : (unsigned char)~copy[at];
            if (gr_torch_file_read(&f, copy, b.n, &err) == GR_OK) gr_torch_file_free(&f);
            else refused++;
            free(copy);
        }
    }
    assert_true(refused > b.n / 2);
    gr_buf_free(&b);
}

/* An archive of which only the end is wrong. */
static void test_end_record(void **state)
{
    const entry e[] = { { "m/data.pkl", BYTES(PLAIN), 0, 0 }, { "m/data/0", (const char *)four, 8, 0, 0 } };
    static const struct { size_t back; const char *bytes; size_t n; gr_status want; const char *part; } cases[] = {
        { 22, "X", 1, GR_E_FORMAT, "has no end" },
        { 18, "\1", 1, GR_E_UNSUPPORTED, "several parts" },
        { 12, "\xff\xff", 2, GR_E_FORMAT, "no room" },
        { 10, "\xff\xff\xff\x7f", 4, GR_E_FORMAT, "past the end" },
        { 6, "\xff\xff\xff\x7f", 4, GR_E_FORMAT, "past the end" },
        { 6, "\0\0\0\0", 4, GR_E_FORMAT, "directory is damaged" },
        { 2, "\1", 1, GR_E_FORMAT, "has no end" }, /* a comment that is not there */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gr_buf b = zip(e, 2);
        gr_err err = GR_ERR_INIT;
        gr_zip_map z;

        memcpy(b.p + b.n - cases[i].back, cases[i].bytes, cases[i].n);
        assert_status(gr_zip_map_open(&z, (const unsigned char *)b.p, b.n, &err), cases[i].want, &err, cases[i].part);
        assert_null(z.e);
        gr_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mapped), cmocka_unit_test(test_views), cmocka_unit_test(test_types), cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_archive), cmocka_unit_test(test_damaged_directory), cmocka_unit_test(test_end_record),
    };
    return gr_test_main(tests);
}
