/* part_test.c - a file in several goes: what stays, what goes, and what nobody may see too early. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "data/part.h"

static const char *at(const char *name)
{
    static char path[8][GR_PATH_MAX];
    static size_t turn;
    char *p = path[turn++ % 8];

    assert_true(gr_fs_join(p, GR_PATH_MAX, gr_test_tmpdir(), name));
    return p;
}

static void add(gr_part *p, const char *text)
{
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_part_add(p, text, strlen(text), &err), &err);
}

static void digest_is(const gr_part *p, const char *of)
{
    char got[GR_SHA256_HEX], want[GR_SHA256_HEX];

    gr_part_sha256(p, got);
    gr_sha256_of(want, of, strlen(of));
    assert_string_equal(got, want);
    assert_int_equal(p->size, strlen(of));
}

static void in_two_goes(void **state)
{
    gr_err  err = GR_ERR_INIT;
    gr_part p;

    (void)state;
    assert_ok(gr_part_open(&p, at("a/b/file"), &err), &err); /* its folders are made */
    add(&p, "one ");
    gr_part_close(&p);
    assert_false(gr_fs_is_file(at("a/b/file")));
    assert_file(at("a/b/file.part"), "one ");
    assert_ok(gr_part_open(&p, at("a/b/file"), &err), &err);
    digest_is(&p, "one ");
    add(&p, "two");
    digest_is(&p, "one two");
    digest_is(&p, "one two"); /* asking changes nothing */
    assert_ok(gr_part_commit(&p, &err), &err);
    gr_part_close(&p);
    gr_part_close(&p);
    assert_file(at("a/b/file"), "one two");
    assert_false(gr_fs_is_file(at("a/b/file.part")));
}

static void anew(void **state)
{
    gr_err  err = GR_ERR_INIT;
    gr_part p;

    (void)state;
    assert_ok(gr_part_open(&p, at("anew"), &err), &err);
    add(&p, "a long beginning");
    assert_ok(gr_part_restart(&p, &err), &err);
    digest_is(&p, "");
    add(&p, "short");
    digest_is(&p, "short");
    assert_ok(gr_part_commit(&p, &err), &err);
    assert_file(at("anew"), "short");
}

static void nothing_left(void **state)
{
    gr_err  err = GR_ERR_INIT;
    gr_part p;

    (void)state;
    assert_ok(gr_part_open(&p, at("empty"), &err), &err);
    gr_part_close(&p);
    assert_int_equal(access(at("empty.part"), F_OK), -1);
    assert_ok(gr_part_open(&p, at("dropped"), &err), &err);
    add(&p, "text");
    gr_part_drop(&p);
    gr_part_close(&p);
    assert_int_equal(access(at("dropped.part"), F_OK), -1);
}

/* Where a program was started without standard input, the part is the file of number 0. */
static void of_number_0(void **state)
{
    const int input = dup(STDIN_FILENO);
    gr_err    err = GR_ERR_INIT;
    gr_part   p;

    (void)state;
    (void)close(STDIN_FILENO);
    assert_ok(gr_part_open(&p, at("zero"), &err), &err);
    assert_int_equal(p.fd, 0);
    gr_part_close(&p);
    assert_int_equal(fcntl(0, F_GETFD), -1);
    assert_int_equal(access(at("zero.part"), F_OK), -1);
    if (input >= 0) assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
    if (input >= 0) (void)close(input);
}

static void one_at_a_time(void **state)
{
    gr_err  err = GR_ERR_INIT;
    gr_part p;
    int     status = 0;
    pid_t   other;

    (void)state;
    assert_ok(gr_part_open(&p, at("locked"), &err), &err);
    add(&p, "mine");
    (void)fflush(NULL);
    other = fork();
    if (other == 0) {
        gr_part q;

        gr_part_close(&p); /* the lock is the parent's too */
        _exit(gr_part_open(&q, at("locked"), &err) == GR_E_IO && strstr(err.msg, "another process") ? 0 : 1);
    }
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(status, 0);
    gr_part_close(&p);
    assert_file(at("locked.part"), "mine");
    assert_ok(gr_part_open(&p, at("locked"), &err), &err); /* free again */
    gr_part_drop(&p);
}

static void refused(void **state)
{
    gr_err  err = GR_ERR_INIT;
    gr_part p;
    char    path[GR_PATH_MAX];

    (void)state;
    assert_ok(gr_fs_write(at("plain"), "x", 1, &err), &err);
    assert_status(gr_part_open(&p, at("plain/file"), &err), GR_E_IO, &err, "plain");
    assert_int_equal(symlink("plain", at("link.part")), 0); /* nobody leads us elsewhere */
    assert_status(gr_part_open(&p, at("link"), &err), GR_E_IO, &err, "link.part");
    assert_file(at("plain"), "x");
    assert_ok(gr_fs_mkdirs(at("folder.part"), &err), &err);
    assert_status(gr_part_open(&p, at("folder"), &err), GR_E_IO, &err, "folder.part");
    memset(path, 'a', sizeof path);
    path[sizeof path - 3] = '\0';
    assert_status(gr_part_open(&p, path, &err), GR_E_IO, &err, "too long");
    gr_part_close(&p);
    assert_ok(gr_fs_mkdirs(at("taken"), &err), &err); /* the last step fails: what came stays */
    assert_ok(gr_part_open(&p, at("taken"), &err), &err);
    add(&p, "text");
    assert_status(gr_part_commit(&p, &err), GR_E_IO, &err, "taken");
    gr_part_close(&p);
    assert_file(at("taken.part"), "text");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_two_goes), cmocka_unit_test(anew), cmocka_unit_test(nothing_left), cmocka_unit_test(of_number_0), cmocka_unit_test(one_at_a_time), cmocka_unit_test(refused),
    };

    return gr_test_main(tests);
}
