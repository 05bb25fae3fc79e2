/* zip_write_test.c - archives byte by byte for the small case, by their own headers for the others. */
#include "base/zip_write.h"

#include "base/fs.h"
#include "tests/support/test.h"

static char path[GR_PATH_MAX];
static gr_err err;

static unsigned at16(const char *p)
{
    return (unsigned)(unsigned char)p[0] | (unsigned)(unsigned char)p[1] << 8;
}

static uint32_t at32(const char *p)
{
    return at16(p) | (uint32_t)at16(p + 2) << 16;
}

static gr_zip_out *opened(void)
{
    gr_zip_out *z = NULL;

    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "x.zip"));
    assert_ok(gr_zip_open(&z, path, &err), &err);
    return z;
}

static void crc_known_answer(void **state)
{
    (void)state;
    assert_int_equal(gr_crc32(0, "123456789", 9), 0xCBF43926); /* the check value of CRC-32 */
    assert_int_equal(gr_crc32(gr_crc32(0, "1234", 4), "56789", 5), 0xCBF43926);
    assert_int_equal(gr_crc32(0, NULL, 0), 0);
}

/* One stored entry "a" = "hi": 30 + 1 + 2 bytes, then 46 + 1 of directory, then 22. */
static void small_archive_bytes(void **state)
{
    static const unsigned char want[] = {
        'P', 'K', 3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0xAC, 0x2A, 0x93, 0xD8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 'a', 'h', 'i',
        'P', 'K', 1, 2, 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0xAC, 0x2A, 0x93, 0xD8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0xA4, 0x81, 0, 0, 0, 0, 'a',
        'P', 'K', 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 47, 0, 0, 0, 33, 0, 0, 0, 0, 0
    };
    gr_zip_out *z = opened();
    char *bytes = NULL;
    size_t n = 0;

    (void)state;
    assert_ok(gr_zip_add(z, "a", "hi", 2, &err), &err);
    assert_false(gr_fs_is_file(path)); /* not before commit */
    assert_ok(gr_zip_commit(z, &err), &err);
    gr_zip_close(z);
    assert_ok(gr_fs_read(&bytes, &n, path, 0, &err), &err);
    assert_int_equal(n, sizeof want);
    assert_memory_equal(bytes, want, n);
    free(bytes);
}

static void compresses_and_lists(void **state)
{
    char *text = malloc(100000), *bytes = NULL;
    gr_zip_out *z = opened();
    size_t n = 0, directory, entry;

    (void)state;
    for (int i = 0; i < 100000; i++) text[i] = "label\t0\n"[i % 8];
    assert_ok(gr_zip_add(z, "sub/MRPC.tsv", text, 100000, &err), &err);
    assert_ok(gr_zip_add(z, "empty", NULL, 0, &err), &err);
    assert_ok(gr_zip_add(z, "caf\xC3\xA9", "x", 1, &err), &err);
    assert_ok(gr_zip_commit(z, &err), &err);
    gr_zip_close(z);
    assert_ok(gr_fs_read(&bytes, &n, path, 0, &err), &err);
    assert_true(n < 2000);
    assert_int_equal(at32(bytes + n - 22), 0x06054b50);
    assert_int_equal(at16(bytes + n - 12), 3);
    directory = at32(bytes + n - 6);
    assert_int_equal(directory + at32(bytes + n - 10), n - 22);
    entry = directory;
    assert_int_equal(at16(bytes + entry + 10), 8); /* deflated */
    assert_int_equal(at32(bytes + entry + 24), 100000);
    assert_int_equal(at32(bytes + entry + 16), gr_crc32(0, text, 100000));
    entry += 46 + 12;
    assert_int_equal(at16(bytes + entry + 10), 0); /* stored */
    assert_int_equal(at32(bytes + entry + 24), 0);
    entry += 46 + 5;
    assert_int_equal(at16(bytes + entry + 8), 1 << 11); /* name in UTF-8 */
    assert_int_equal(at32(bytes + at32(bytes + entry + 42)), 0x04034b50);
    free(bytes);
    free(text);
}

static void refuses(void **state)
{
    static const char *const bad[] = { "", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a\\b" };
    gr_zip_out *z = opened();

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_status(gr_zip_add(z, bad[i], "x", 1, &err), GR_E_ARG, &err, NULL);
    assert_ok(gr_zip_add(z, "a", "x", 1, &err), &err);
    assert_status(gr_zip_add(z, "a", "y", 1, &err), GR_E_ARG, &err, "'a' stands twice");
    assert_status(gr_zip_add(z, "big", "", UINT32_MAX, &err), GR_E_UNSUPPORTED, &err, "4 GiB");
    gr_zip_close(z);
    gr_zip_close(NULL);
    assert_status(gr_zip_open(&z, "/nonexistent/x.zip", &err), GR_E_IO, &err, "/nonexistent/x.zip");
}

/* A full disk: small entries fail when the archive is finished, large ones at once; and then for good. */
static void disk_full(void **state)
{
    gr_zip_out *z = NULL;
    char *noise;
    uint32_t x = 1;

    (void)state;
    if (!gr_fs_is_file("/dev/full") && gr_fs_size("/dev/full") < 0) skip();
    assert_ok(gr_zip_open(&z, "/dev/full", &err), &err);
    assert_ok(gr_zip_add(z, "a", "x", 1, &err), &err);
    assert_status(gr_zip_commit(z, &err), GR_E_IO, &err, "No space left");
    gr_zip_close(z);

    noise = malloc(300000);
    for (int i = 0; i < 300000; i++) noise[i] = (char)((x = x * 1664525u + 1013904223u) >> 24);
    assert_ok(gr_zip_open(&z, "/dev/full", &err), &err);
    assert_status(gr_zip_add(z, "a", noise, 300000, &err), GR_E_IO, &err, "No space left");
    assert_status(gr_zip_add(z, "b", "x", 1, &err), GR_E_IO, &err, "incomplete");
    assert_status(gr_zip_commit(z, &err), GR_E_IO, &err, "incomplete");
    gr_zip_close(z);
    free(noise);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(crc_known_answer), cmocka_unit_test(small_archive_bytes),
                                        cmocka_unit_test(compresses_and_lists), cmocka_unit_test(refuses),
                                        cmocka_unit_test(disk_full) };
    return gr_test_main(tests);
}
