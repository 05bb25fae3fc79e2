/* archive_test.c - names, patterns, and every kind of container; archives are made here (zip) or come from the own
 * golden set. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/zip_write.h"
#include "data/archive.h"

/* What a scan handed out: "want name=bytes;" each. */
static gr_status note(void *user, size_t want, const char *name, gr_sv bytes, gr_err *err)
{
    gr_buf *const b = user;

    (void)err;
    gr_buf_addf(b, "%zu %s=", want, name);
    gr_buf_add(b, bytes.p, bytes.n);
    gr_buf_addc(b, ';');
    return GR_OK;
}

static const char *tmp(char out[GR_PATH_MAX], const char *name)
{
    assert_true(gr_fs_join(out, GR_PATH_MAX, gr_test_tmpdir(), name));
    return out;
}

static void own(char out[GR_PATH_MAX], const char *name)
{
    char dir[GR_PATH_MAX];

    assert_true(gr_fs_join(dir, sizeof dir, gr_own_golden_dir(), "data") && gr_fs_join(out, GR_PATH_MAX, dir, name));
}

#define assert_scan(path, patterns, n, want)                                             \
    do {                                                                                 \
        gr_buf scan_b_ = { NULL, 0, 0, false };                                          \
        gr_err scan_e_ = GR_ERR_INIT;                                                    \
        gr_buf_adds(&scan_b_, "");                                                       \
        assert_ok(gr_archive_scan((path), (patterns), (n), note, &scan_b_, &scan_e_), &scan_e_); \
        assert_string_equal(scan_b_.p, (want));                                          \
        gr_buf_free(&scan_b_);                                                           \
    } while (0)

static void names(void **state)
{
    gr_err err = GR_ERR_INIT;
    char   longer[1100];

    (void)state;
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_ok(gr_archive_check_name("./a/b..c/...", &err), &err);
    assert_ok(gr_archive_check_name("a (1).txt", &err), &err);
    assert_status(gr_archive_check_name("../x", &err), GR_E_FORMAT, &err, "member '../x' leaves the target folder");
    assert_status(gr_archive_check_name("a/../../x", &err), GR_E_FORMAT, &err, "leaves the target folder");
    assert_status(gr_archive_check_name("a/..", &err), GR_E_FORMAT, &err, "leaves the target folder");
    assert_status(gr_archive_check_name("a\\..\\x", &err), GR_E_FORMAT, &err, "leaves the target folder");
    assert_status(gr_archive_check_name("/x", &err), GR_E_FORMAT, &err, "has an absolute path");
    assert_status(gr_archive_check_name("C:/x", &err), GR_E_FORMAT, &err, "has an absolute path");
    assert_status(gr_archive_check_name("C:", &err), GR_E_FORMAT, &err, "has an absolute path");
    assert_status(gr_archive_check_name("", &err), GR_E_FORMAT, &err, "no name");
    assert_status(gr_archive_check_name(longer, &err), GR_E_FORMAT, &err, "1099 bytes");
}

static void patterns(void **state)
{
    (void)state;
    assert_true(gr_archive_match("a/b.txt", "a/b.txt"));
    assert_true(gr_archive_match("a/b.txt", "././a/b.txt"));
    assert_false(gr_archive_match("a/b.txt", "A/b.txt"));
    assert_true(gr_archive_match("a/*.txt", "a/1_2.txt"));
    assert_true(gr_archive_match("a/*.txt", "a/.txt"));
    assert_false(gr_archive_match("a/*.txt", "a/c/1.txt"));
    assert_false(gr_archive_match("a/*.txt", "a/1.txt.gz"));
    assert_false(gr_archive_match("a/x*x", "a/x")); /* head and tail do not overlap */
}

static void zip_files(void **state)
{
    static const char *const want[] = { "d/two.txt", "d/*.txt", "none" };
    char                     path[GR_PATH_MAX];
    gr_err                   err = GR_ERR_INIT;
    gr_zip_out              *z;
    bool                     has;

    (void)state;
    assert_ok(gr_zip_open(&z, tmp(path, "a.zip"), &err), &err);
    assert_ok(gr_zip_add(z, "d/one.txt", "1", 1, &err), &err);
    assert_ok(gr_zip_add(z, "d/two.txt", "", 0, &err), &err);
    assert_ok(gr_zip_commit(z, &err), &err);
    gr_zip_close(z);
    assert_scan(path, want, 3, "1 d/one.txt=1;0 d/two.txt=;1 d/two.txt=;");
    assert_scan(path, NULL, 0, "0 d/one.txt=1;0 d/two.txt=;");
    assert_ok(gr_archive_has(path, "d/one.txt", &has, &err), &err);
    assert_true(has);
    assert_ok(gr_archive_has(path, "d/three.txt", &has, &err), &err);
    assert_false(has);
    assert_ok(gr_archive_has(tmp(path, "absent.zip"), "x", &has, &err), &err);
    assert_false(has);
}

static void tar_files(void **state)
{
    static const char *const want[] = { "data/pos/*.txt" };
    char                     path[GR_PATH_MAX];
    gr_err                   err = GR_ERR_INIT;
    bool                     has;

    (void)state;
    own(path, "malformed/tar-good.tar.gz");
    assert_scan(path, want, 1, "0 data/pos/0_9.txt=A warm and funny story.;");
    assert_ok(gr_archive_has(path, "whatever", &has, &err), &err); /* not looked inside */
    assert_true(has);
}

static void plain_files_and_folders(void **state)
{
    static const char *const whole[] = { NULL }, *const inside[] = { "sub/*.txt", "top.txt", "absent.txt", "no/*.x" };
    static const char *const slip[] = { "../top.txt" };
    char                     dir[GR_PATH_MAX], sub[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_err                   err = GR_ERR_INIT;
    bool                     has;

    (void)state;
    tmp(dir, "folder");
    assert_true(gr_fs_join(sub, sizeof sub, dir, "sub"));
    assert_ok(gr_fs_mkdirs(sub, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, sub, "b.txt"));
    assert_ok(gr_fs_write(path, "B", 1, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, sub, "a.txt"));
    assert_ok(gr_fs_write(path, "A", 1, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "top.txt"));
    assert_ok(gr_fs_write(path, "T", 1, &err), &err);
    assert_scan(path, whole, 1, "0 top.txt=T;");
    assert_scan(dir, inside, 4, "0 sub/a.txt=A;0 sub/b.txt=B;1 top.txt=T;");
    assert_ok(gr_archive_has(dir, "sub/*.txt", &has, &err), &err);
    assert_true(has);
    assert_ok(gr_archive_has(dir, "sub/c.txt", &has, &err), &err);
    assert_false(has);
    assert_status(gr_archive_scan(sub, slip, 1, note, NULL, &err), GR_E_FORMAT, &err, "leaves the target folder");
    assert_status(gr_archive_scan(tmp(path, "absent.tsv"), whole, 1, note, NULL, &err), GR_E_NOTFOUND, &err, "absent.tsv");
}

/* A file that is not read is handed to nobody. */
static void too_large(void **state)
{
    static const char *const glob[] = { "*.tsv" };
    char                     dir[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_err                   err = GR_ERR_INIT;
    gr_buf                   got = { NULL, 0, 0, false };

    (void)state;
    assert_ok(gr_fs_mkdirs(tmp(dir, "large"), &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "x.tsv"));
    assert_ok(gr_fs_write(path, "", 0, &err), &err);
    assert_int_equal(truncate(path, (off_t)GR_ARCHIVE_MEMBER_MAX + 1), 0); /* a hole: it takes no room */
    assert_status(gr_archive_scan(path, NULL, 0, note, &got, &err), GR_E_FORMAT, &err, "larger than the 1073741824 bytes");
    assert_status(gr_archive_scan(dir, glob, 1, note, &got, &err), GR_E_FORMAT, &err, "larger than the 1073741824 bytes");
    assert_int_equal(got.n, 0);
    gr_buf_free(&got);
    assert_int_equal(unlink(path), 0);
}

/* A file whose path is too long to be opened is not passed over: its rows would be missing. */
static void too_long(void **state)
{
    static const char *const glob[] = { "*.tsv" };
    const int                home = open(".", O_RDONLY | O_DIRECTORY);
    char                     dir[GR_PATH_MAX], name[208];
    gr_err                   err = GR_ERR_INIT;
    gr_buf                   got = { NULL, 0, 0, false };

    (void)state;
    memset(name, 'd', sizeof name);
    (void)snprintf(name + 200, sizeof name - 200, ".tsv");
    tmp(dir, "deep");
    for (size_t n = strlen(dir); n + 202 < sizeof dir; n += 201) (void)snprintf(dir + n, sizeof dir - n, "/%.200s", name);
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_true(home >= 0 && chdir(dir) == 0);
    assert_ok(gr_fs_write(name, "x", 1, &err), &err); /* by its own name it can be written */
    assert_int_equal(fchdir(home), 0);
    assert_status(gr_archive_scan(dir, glob, 1, note, &got, &err), GR_E_IO, &err, "is too long");
    assert_int_equal(got.n, 0);
    gr_buf_free(&got);
    assert_true(chdir(dir) == 0 && unlink(name) == 0 && fchdir(home) == 0);
    (void)close(home);
}

static void refusals(void **state)
{
    static const struct { const char *file, *why; } bad[] = {
        { "zip-truncated.zip", "not a zip file, or cut off" },   { "zip-not-a-zip.zip", "not a zip file" },
        { "zip-slip.zip", "'../outside.tsv' leaves" },           { "zip-absolute.zip", "has an absolute path" },
        { "zip-bad-crc.zip", "SST-2/train.tsv" },                { "zip-wrong-size.zip", "SST-2/train.tsv" },
        { "gz-truncated.tsv.gz", "gzip stream" },                { "gz-bad-crc.tsv.gz", "gzip checksum does not match" },
        { "gz-trailing.tsv.gz", "bytes follow the end" },        { "tar-truncated.tar.gz", "gzip stream" },
        { "tar-slip.tar.gz", "'../outside.txt' leaves" },        { "tar-symlink.tar.gz", "link 'data/link'" },
    };
    char   path[GR_PATH_MAX], name[128];
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(name, sizeof name, "malformed/%s", bad[i].file);
        own(path, name);
        assert_status(gr_archive_scan(path, NULL, 0, NULL, NULL, &err), GR_E_FORMAT, &err, bad[i].why);
        assert_true(strncmp(err.msg, bad[i].file, strlen(bad[i].file)) == 0); /* the archive's name leads */
    }
    assert_ok(gr_fs_write(tmp(path, "x.gz"), "plain", 5, &err), &err);
    assert_status(gr_archive_scan(path, NULL, 0, NULL, NULL, &err), GR_E_FORMAT, &err, "not a gzip file");
    assert_ok(gr_fs_write(tmp(path, "x.tar"), "plain", 5, &err), &err);
    assert_status(gr_archive_scan(path, NULL, 0, NULL, NULL, &err), GR_E_FORMAT, &err, "not a tar file");
}

static gr_status stop_at_once(void *user, size_t want, const char *name, gr_sv bytes, gr_err *err)
{
    (void)user;
    (void)want;
    (void)bytes;
    return gr_fail(err, GR_E_CANCELLED, "at %s", name);
}

static void the_callee_may_stop(void **state)
{
    char   path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)state;
    own(path, "malformed/tar-good.tar.gz");
    assert_status(gr_archive_scan(path, NULL, 0, stop_at_once, NULL, &err), GR_E_CANCELLED, &err, "tar-good.tar.gz: at data/pos/0_9.txt");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),     cmocka_unit_test(patterns),
        cmocka_unit_test(zip_files), cmocka_unit_test(tar_files),
        cmocka_unit_test(plain_files_and_folders), cmocka_unit_test(too_large), cmocka_unit_test(too_long), cmocka_unit_test(refusals),
        cmocka_unit_test(the_callee_may_stop),
    };

    return gr_test_main(tests);
}
