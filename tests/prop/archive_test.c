/* archive_test.c - damaged archives: cut anywhere they are refused, with any byte changed they are read or refused,
 * never worse. */
#include "tests/support/test.h"

#include "base/fs.h"
#include "base/rng.h"
#include "data/archive.h"

enum { CUTS = 60, FLIPS = 150 };

/* Archives of the own set; all are sound. */
static const char *const sound[] = { "sets/RTE.zip", "sets/STS-B.zip", "sets/conll2003.zip", "sets/aclImdb_v1.tar.gz",
                                     "malformed/tar-good.tar.gz", "malformed/zip-good.zip" };

static const char *extension(const char *name)
{
    return gr_sv_ends(gr_sv_from(name), ".zip") ? "damaged.zip" : "damaged.tar.gz";
}

static gr_status scan_bytes(const char *name, const void *p, size_t n, gr_err *err)
{
    char path[GR_PATH_MAX];

    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), extension(name)));
    assert_ok(gr_fs_write(path, p, n, err), err);
    return gr_archive_scan(path, NULL, 0, NULL, NULL, err);
}

static char *read_sound(const char *name, size_t *n)
{
    char   path[GR_PATH_MAX], dir[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    char  *p = NULL;

    assert_true(gr_fs_join(dir, sizeof dir, gr_own_golden_dir(), "data") && gr_fs_join(path, sizeof path, dir, name));
    assert_ok(gr_fs_read(&p, n, path, 0, &err), &err);
    assert_ok(scan_bytes(name, p, *n, &err), &err);
    return p;
}

static void cut_anywhere(void **state)
{
    gr_rng r;

    (void)state;
    gr_rng_init(&r, 1, 1, 0);
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        size_t      n;
        char *const p = read_sound(sound[i], &n);

        for (size_t k = 0; k < CUTS; k++) {
            const size_t at = (size_t)gr_rng_below(&r, n);
            gr_err       err = GR_ERR_INIT;
            const gr_status s = scan_bytes(sound[i], p, at, &err);

            if (s == GR_E_FORMAT && err.msg[0] != '\0') gr_case_pass(sound[i]);
            else gr_case_fail(sound[i], "cut at %zu of %zu: %s %s", at, n, gr_status_name(s), err.msg);
        }
        free(p);
    }
    gr_cases_done("cut archives", CUTS);
}

static void change_a_byte(void **state)
{
    gr_rng r;

    (void)state;
    gr_rng_init(&r, 2, 1, 0);
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        size_t      n;
        char *const p = read_sound(sound[i], &n);

        for (size_t k = 0; k < FLIPS; k++) {
            const size_t at = (size_t)gr_rng_below(&r, n);
            const char   old = p[at];
            gr_err       err = GR_ERR_INIT;
            gr_status    s;

            p[at] = (char)(old ^ (1 << gr_rng_below(&r, 8)));
            s = scan_bytes(sound[i], p, n, &err);
            p[at] = old;
            if (s == GR_OK || s == GR_E_FORMAT) gr_case_pass(sound[i]);
            else gr_case_fail(sound[i], "byte %zu changed: %s %s", at, gr_status_name(s), err.msg);
        }
        free(p);
    }
    gr_cases_done("changed archives", FLIPS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(cut_anywhere), cmocka_unit_test(change_a_byte) };

    return gr_test_main(tests);
}
