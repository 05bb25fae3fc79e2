/* sources_test.c - candidates and the order of files; reading itself is dataset_test.c's. */
#include "tests/support/test.h"

#include "base/zip_write.h"
#include "data/sources.h"

static void put(const char *dir, const char *name, const char *text)
{
    char   path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, name));
    assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
}

static const char *folder(char out[GR_PATH_MAX], const char *name)
{
    assert_true(gr_fs_join(out, GR_PATH_MAX, gr_test_tmpdir(), name));
    return out;
}

static void order_of_files(void **state)
{
    static const char *const files[] = { "set", NULL };
    static const char *const want[] = { "set/c (2).txt", "set/a_10.txt", "set/b_10.txt", "set/a_19.txt", "set/0x99999999999999999999.txt", "set/none.txt" };
    const gr_source          src = { .archives = files, .member = "set/*.txt", .reader = GR_READ_FOLDER };
    gr_found                 f = { .src = &src };
    gr_err                   err = GR_ERR_INIT;
    gr_arena                 a;
    char                     root[GR_PATH_MAX], dir[GR_PATH_MAX];

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, folder(root, "order"), "set"));
    put(dir, "b_10.txt", "1");
    put(dir, "a_10.txt", "2");
    put(dir, "a_19.txt", "2");
    put(dir, "c (2).txt", "3");
    put(dir, "none.txt", "4");
    put(dir, "0x99999999999999999999.txt", "5"); /* its first number is 0 */
    put(dir, "7.md", "6");
    gr_arena_init(&a, 0);
    assert_ok(gr_sources_read(&f, 1, root, &a, &err), &err);
    assert_int_equal(f.n, 6);
    assert_string_equal(f.pieces[0].name, want[4]);
    for (size_t i = 0; i < 4; i++) assert_string_equal(f.pieces[i + 1].name, want[i]);
    assert_string_equal(f.pieces[5].name, want[5]); /* without a number: last */
    gr_found_free(&f, 1);
    gr_arena_free(&a);
}

static void where_members_lie(void **state)
{
    static const char *const files[] = { "set", NULL }, *const dot[] = { ".", NULL };
    gr_source                src = { .archives = files, .member = "set/a.tsv", .reader = GR_READ_TSV };
    gr_err                   err = GR_ERR_INIT;
    bool                     present;
    char                     root[GR_PATH_MAX], dir[GR_PATH_MAX], deep[GR_PATH_MAX];

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, folder(root, "beside"), "set"));
    put(dir, "a.tsv", "x");
    assert_ok(gr_source_present(&src, root, &present, &err), &err);
    assert_true(present); /* F/../M: unpacked beside */
    assert_true(gr_fs_join(dir, sizeof dir, folder(root, "inside"), "set") && gr_fs_join(deep, sizeof deep, dir, "set"));
    put(deep, "a.tsv", "x");
    assert_ok(gr_source_present(&src, root, &present, &err), &err);
    assert_true(present); /* F/M: unpacked inside */
    src.member = "sett/a.tsv";
    assert_ok(gr_source_present(&src, root, &present, &err), &err);
    assert_false(present);
    assert_non_null(strstr(err.msg, "set with sett/a.tsv: not found in "));
    src.archives = dot;
    src.member = "set/set/a.tsv";
    assert_ok(gr_source_present(&src, root, &present, &err), &err);
    assert_true(present);
}

/* An archive that is there but lacks the member is named, and with it the published one. */
static void archive_without_member(void **state)
{
    static const char *const files[] = { "whole.zip", "part.zip", "set", NULL };
    const gr_source          src = { .archives = files, .member = "set/train.tsv", .reader = GR_READ_TSV };
    gr_found                 f = { .src = &src };
    gr_zip_out              *z = NULL;
    gr_err                   err = GR_ERR_INIT;
    gr_arena                 a;
    bool                     present = true;
    static const char        want[] = "part.zip: no member 'set/train.tsv' (whole.zip has it)";
    char                     root[GR_PATH_MAX], path[GR_PATH_MAX];

    (void)state;
    assert_ok(gr_fs_mkdirs(folder(root, "part"), &err), &err);
    assert_true(gr_fs_join(path, sizeof path, root, "part.zip"));
    assert_ok(gr_zip_open(&z, path, &err), &err);
    assert_ok(gr_zip_add(z, "set/dev.tsv", "x\n", 2, &err), &err);
    assert_ok(gr_zip_commit(z, &err), &err);
    gr_zip_close(z);
    assert_ok(gr_source_present(&src, root, &present, &err), &err);
    assert_false(present);
    assert_non_null(strstr(err.msg, want));
    gr_arena_init(&a, 0);
    assert_status(gr_sources_read(&f, 1, root, &a, &err), GR_E_NOTFOUND, &err, want);
    gr_found_free(&f, 1);
    gr_arena_free(&a);
}

static void whole_files_and_encodings(void **state)
{
    static const char *const files[] = { "x.txt", NULL };
    const gr_source          src = { .archives = files, .reader = GR_READ_LINES, .encoding = GR_CP1252 };
    gr_found                 f = { .src = &src };
    gr_err                   err = GR_ERR_INIT;
    gr_arena                 a;
    char                     root[GR_PATH_MAX];

    (void)state;
    put(folder(root, "plain"), "x.txt", "caf\xe9 \x96");
    gr_arena_init(&a, 0);
    assert_ok(gr_sources_read(&f, 1, root, &a, &err), &err);
    assert_true(gr_sv_is(f.pieces[0].text, "caf\xc3\xa9 \xe2\x80\x93"));
    gr_found_free(&f, 1);
    f = (gr_found){ .src = &src };
    assert_status(gr_sources_read(&f, 1, gr_test_tmpdir(), &a, &err), GR_E_NOTFOUND, &err, "x.txt: not found in ");
    gr_found_free(&f, 1);
    gr_arena_free(&a);
}

/* A gzip file whose deflate stream is one stored block (RFC 1951, 1952). */
static void put_gz(const char *dir, const char *name, const char *text)
{
    const size_t   n = strlen(text);
    const uint32_t crc = gr_crc32(0, text, n);
    char           path[GR_PATH_MAX], b[64] = "\x1f\x8b\x08\0\0\0\0\0\0\xff\x01";
    gr_err         err = GR_ERR_INIT;

    assert_true(n < 32);
    b[11] = (char)n;
    b[13] = (char)~n;
    b[14] = (char)0xff;
    memcpy(b + 15, text, n);
    for (int i = 0; i < 4; i++) b[15 + n + (size_t)i] = (char)(crc >> (8 * i) & 0xff);
    b[19 + n] = (char)n;
    assert_true(gr_fs_join(path, sizeof path, dir, name));
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_ok(gr_fs_write(path, b, 23 + n, &err), &err);
}

/* A file may lie there packed; an archive may not be packed once more. */
static void packed_file(void **state)
{
    static const char *const files[] = { "x.txt", NULL };
    const gr_source          plain = { .archives = files, .reader = GR_READ_LINES }, inside = { .archives = files, .member = "a.txt", .reader = GR_READ_LINES };
    gr_found                 f = { .src = &plain };
    gr_err                   err = GR_ERR_INIT;
    gr_arena                 a;
    bool                     present = false;
    char                     root[GR_PATH_MAX];

    (void)state;
    put_gz(folder(root, "packed"), "x.txt.gz", "one\ntwo\n");
    gr_arena_init(&a, 0);
    assert_ok(gr_source_present(&plain, root, &present, &err), &err);
    assert_true(present);
    assert_ok(gr_sources_read(&f, 1, root, &a, &err), &err);
    assert_true(gr_sv_is(f.pieces[0].text, "one\ntwo\n"));
    assert_string_equal(f.pieces[0].name, "x.txt");
    gr_found_free(&f, 1);
    assert_ok(gr_source_present(&inside, root, &present, &err), &err);
    assert_false(present);
    put(root, "x.txt", "open\n"); /* what lies there open comes first */
    f = (gr_found){ .src = &plain };
    assert_ok(gr_sources_read(&f, 1, root, &a, &err), &err);
    assert_true(gr_sv_is(f.pieces[0].text, "open\n"));
    gr_found_free(&f, 1);
    gr_arena_free(&a);
}

static void want_text(const gr_source *src, const char *root, const char *want)
{
    gr_found f = { .src = src };
    gr_err   err = GR_ERR_INIT;
    gr_arena a;

    gr_arena_init(&a, 0);
    assert_ok(gr_sources_read(&f, 1, root, &a, &err), &err);
    if (!gr_sv_is(f.pieces[0].text, want)) fail_msg("got '%.*s', want '%s'", GR_SV_FMT(f.pieces[0].text), want);
    gr_found_free(&f, 1);
    gr_arena_free(&a);
}

/* Of a broken file: some bytes are blanks, before the encoding is looked at; the others stay. */
static void bytes_as_blanks(void **state)
{
    static const char *const files[] = { "x.txt", NULL };
    gr_source                src = { .archives = files, .reader = GR_READ_LINES, .as_blank = "\xf0\x96" };
    char                     root[GR_PATH_MAX];

    (void)state;
    put(folder(root, "blanks"), "x.txt", "\xf0sister\xf0\x96" "city caf\xc3\xa9\xf0");
    want_text(&src, root, " sister  city caf\xc3\xa9 ");
    src.encoding = GR_CP1252;
    want_text(&src, root, " sister  city caf\xc3\x83\xc2\xa9 ");
    put(root, "x.txt", "");
    want_text(&src, root, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(order_of_files), cmocka_unit_test(where_members_lie), cmocka_unit_test(archive_without_member),
                                               cmocka_unit_test(whole_files_and_encodings), cmocka_unit_test(bytes_as_blanks),
                                               cmocka_unit_test(packed_file) };

    return gr_test_main(tests);
}
