/* fs_test.c - reading, mapping, atomic writing, folders; and what happens when the system refuses. */
#include "base/fs.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

static char path[GR_PATH_MAX];

static const char *at(const char *name)
{
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), name));
    return path;
}

static size_t entries(const char *dir)
{
    gr_fs_list l;
    gr_err err = GR_ERR_INIT;
    size_t n;

    assert_ok(gr_fs_list_dir(&l, dir, &err), &err);
    n = l.n;
    gr_fs_list_free(&l);
    return n;
}

static void write_and_read(void **state)
{
    gr_err err = GR_ERR_INIT;
    char *text = NULL;
    size_t n = 0;

    (void)state;
    assert_ok(gr_fs_write(at("f"), "a\0b\n", 4, &err), &err);
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    assert_int_equal(n, 4);
    assert_memory_equal(text, "a\0b\n", 5);
    free(text);
    assert_ok(gr_fs_read(&text, &n, path, 4, &err), &err); /* the cap itself is allowed */
    free(text);
    assert_status(gr_fs_read(&text, &n, path, 3, &err), GR_E_FORMAT, &err, "f: larger than the 3 bytes allowed");
    assert_true(gr_fs_is_file(path) && !gr_fs_is_dir(path) && gr_fs_size(path) == 4);
    assert_ok(gr_fs_write(path, "", 0, &err), &err);
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    assert_true(n == 0 && text[0] == '\0');
    free(text);
}

static void read_without_a_size(void **state)
{
    gr_err err = GR_ERR_INIT;
    char *text = NULL;
    size_t n = 0;

    (void)state;
    assert_ok(gr_fs_read(&text, &n, "/proc/self/status", 0, &err), &err); /* stat says 0 bytes */
    assert_true(n > 10 && memcmp(text, "Name:", 5) == 0);
    free(text);
    assert_status(gr_fs_read(&text, &n, "/dev/zero", 100000, &err), GR_E_FORMAT, &err, "/dev/zero: larger");
}

static void read_refused(void **state)
{
    gr_err err = GR_ERR_INIT;
    char *text = NULL;
    size_t n = 0;
    gr_map m = { NULL, 0 };

    (void)state;
    assert_status(gr_fs_read(&text, &n, at("absent"), 0, &err), GR_E_NOTFOUND, &err, path);
    assert_status(gr_fs_map(&m, path, &err), GR_E_NOTFOUND, &err, path);
    assert_status(gr_fs_read(&text, &n, gr_test_tmpdir(), 0, &err), GR_E_IO, &err, "directory");
    assert_status(gr_fs_map(&m, gr_test_tmpdir(), &err), GR_E_IO, &err, "not a regular file");
    assert_true(gr_fs_size(path) == -1 && !gr_fs_is_file(path));
    assert_null(text);
    gr_fs_unmap(&m);
    assert_status(gr_fs_read(&text, &n, "", 0, &err), GR_E_ARG, &err, "a name is empty: a variable that is not set?");
    assert_status(gr_fs_write("", "x", 1, &err), GR_E_ARG, &err, "a name is empty: a variable that is not set?");
    if (geteuid() == 0) return; /* root may read everything */
    assert_ok(gr_fs_write(at("secret"), "x", 1, &err), &err);
    assert_int_equal(chmod(path, 0), 0);
    assert_status(gr_fs_read(&text, &n, path, 0, &err), GR_E_IO, &err, "ermission denied");
}

static void maps(void **state)
{
    gr_err err = GR_ERR_INIT;
    gr_map m;

    (void)state;
    assert_ok(gr_fs_write(at("m"), "mapped", 6, &err), &err);
    assert_ok(gr_fs_map(&m, path, &err), &err);
    assert_int_equal(m.n, 6);
    assert_memory_equal(m.p, "mapped", 6);
    gr_fs_unmap(&m);
    assert_true(m.p == NULL && m.n == 0);
    assert_ok(gr_fs_write(path, "", 0, &err), &err);
    m.n = 7; /* what it held before is no matter */
    assert_ok(gr_fs_map(&m, path, &err), &err);
    assert_true(m.n == 0 && m.p != NULL);
    gr_fs_unmap(&m);
}

/* Until commit the old content stands; a closed, uncommitted output leaves nothing behind. */
static void old_file_or_new(void **state)
{
    char dir[GR_PATH_MAX], file[GR_PATH_MAX], big[200000];
    gr_err err = GR_ERR_INIT;
    gr_fs_out *o = NULL;
    char *text = NULL;
    size_t n = 0;

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), "atomic"));
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_true(gr_fs_join(file, sizeof file, dir, "record.json"));
    assert_ok(gr_fs_write(file, "old", 3, &err), &err);
    assert_int_equal(chmod(file, 0640), 0);
    memset(big, 'x', sizeof big);

    assert_ok(gr_fs_out_open(&o, file, &err), &err);
    assert_ok(gr_fs_out_write(o, big, sizeof big, &err), &err);
    assert_int_equal(entries(dir), 2);
    assert_ok(gr_fs_read(&text, &n, file, 0, &err), &err);
    assert_string_equal(text, "old");
    free(text);
    gr_fs_out_close(o);
    assert_int_equal(entries(dir), 1);
    assert_int_equal(gr_fs_size(file), 3);

    assert_ok(gr_fs_out_open(&o, file, &err), &err);
    for (int i = 0; i < 100000; i++) assert_ok(gr_fs_out_write(o, "ab", 2, &err), &err);
    assert_ok(gr_fs_out_write(o, big, sizeof big, &err), &err);
    assert_ok(gr_fs_out_commit(o, &err), &err);
    gr_fs_out_close(o);
    assert_int_equal(gr_fs_size(file), 400000);
    assert_int_equal(entries(dir), 1);
    {
        struct stat st;
        assert_int_equal(stat(file, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0640); /* the old file's rights */
    }
    gr_fs_out_close(NULL);
}

static void write_refused(void **state)
{
    char target[GR_PATH_MAX], link[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_status(gr_fs_write(at("no/such/dir/f"), "x", 1, &err), GR_E_IO, &err, path);
    assert_status(gr_fs_write(gr_test_tmpdir(), "x", 1, &err), GR_E_IO, &err, gr_test_tmpdir()); /* a folder */
    if (access("/dev/full", W_OK) == 0) /* a disk that is full: known at commit, and the device is not replaced */
        assert_status(gr_fs_write("/dev/full", "x", 1, &err), GR_E_IO, &err, "/dev/full: No space left");
    assert_ok(gr_fs_write("/dev/null", "x", 1, &err), &err);
    assert_false(gr_fs_is_file("/dev/null"));

    assert_true(gr_fs_join(target, sizeof target, gr_test_tmpdir(), "target"));
    assert_true(gr_fs_join(link, sizeof link, gr_test_tmpdir(), "link"));
    assert_ok(gr_fs_write(target, "1", 1, &err), &err);
    assert_int_equal(symlink("target", link), 0);
    assert_ok(gr_fs_write(link, "22", 2, &err), &err); /* goes through the link */
    assert_int_equal(gr_fs_size(target), 2);

    if (geteuid() == 0) return; /* root may write everywhere */
    assert_ok(gr_fs_mkdirs(at("sealed"), &err), &err);
    assert_ok(gr_fs_write(at("sealed/f"), "old", 3, &err), &err);
    assert_int_equal(chmod(at("sealed"), 0555), 0);
    assert_status(gr_fs_write(at("sealed/f"), "new", 3, &err), GR_E_IO, &err, "ermission denied");
    assert_int_equal(gr_fs_size(path), 3);
    assert_int_equal(chmod(at("sealed"), 0755), 0);
}

static void folders(void **state)
{
    char root[GR_PATH_MAX], long_path[GR_PATH_MAX + 10];
    gr_err err = GR_ERR_INIT;
    gr_fs_list l;

    (void)state;
    assert_ok(gr_fs_mkdirs(at("d//e/f/"), &err), &err);
    assert_ok(gr_fs_mkdirs(path, &err), &err); /* again */
    assert_true(gr_fs_is_dir(at("d/e/f")));
    assert_ok(gr_fs_mkdirs("/", &err), &err);
    assert_ok(gr_fs_write(at("d/file"), "", 0, &err), &err);
    assert_status(gr_fs_mkdirs(at("d/file/below"), &err), GR_E_IO, &err, "d/file: Not a directory");
    assert_status(gr_fs_mkdirs("", &err), GR_E_IO, &err, NULL);
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_status(gr_fs_mkdirs(long_path, &err), GR_E_IO, &err, "too long");

    assert_ok(gr_fs_write(at("d/B"), "", 0, &err), &err);
    assert_ok(gr_fs_write(at("d/a"), "", 0, &err), &err);
    assert_true(gr_fs_join(root, sizeof root, gr_test_tmpdir(), "d"));
    assert_ok(gr_fs_list_dir(&l, root, &err), &err);
    assert_int_equal(l.n, 4);
    assert_string_equal(l.names[0], "B"); /* bytewise: capitals first */
    assert_string_equal(l.names[1], "a");
    assert_string_equal(l.names[2], "e");
    assert_string_equal(l.names[3], "file");
    gr_fs_list_free(&l);
    assert_ok(gr_fs_list_dir(&l, at("d/e/f"), &err), &err);
    assert_int_equal(l.n, 0);
    gr_fs_list_free(&l);
    assert_status(gr_fs_list_dir(&l, at("d/absent"), &err), GR_E_NOTFOUND, &err, "d/absent: ");
    assert_status(gr_fs_list_dir(&l, at("d/file"), &err), GR_E_NOTFOUND, &err, "d/file: ");
}

static void names(void **state)
{
    char out[8];

    (void)state;
    assert_true(gr_fs_join(out, sizeof out, "a", "b"));
    assert_string_equal(out, "a/b");
    assert_true(gr_fs_join(out, sizeof out, "a/", "b"));
    assert_string_equal(out, "a/b");
    assert_true(gr_fs_join(out, sizeof out, "a", ""));
    assert_string_equal(out, "a");
    assert_true(gr_fs_join(out, sizeof out, "", "b"));
    assert_string_equal(out, "b");
    assert_true(gr_fs_join(out, sizeof out, "abc", "def"));
    assert_false(gr_fs_join(out, sizeof out, "abcd", "def")); /* 8 and the NUL */
    assert_string_equal(gr_fs_basename("a/b.txt"), "b.txt");
    assert_string_equal(gr_fs_basename("b.txt"), "b.txt");
    assert_string_equal(gr_fs_basename("a/"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(write_and_read), cmocka_unit_test(read_without_a_size),
                                        cmocka_unit_test(read_refused),   cmocka_unit_test(maps),
                                        cmocka_unit_test(old_file_or_new), cmocka_unit_test(write_refused),
                                        cmocka_unit_test(folders),        cmocka_unit_test(names) };
    return gr_test_main(tests);
}
