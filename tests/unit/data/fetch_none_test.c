/* fetch_none_test.c - the build without libcurl, tested in every build: this program is linked with fetch_none.c in place of fetch.c. */
#include "tests/support/test.h"

#include "base/fs.h"
#include "data/download.h"

static bool never(void *user)
{
    (void)user;
    return false;
}

static void says_how(void **state)
{
    gr_err    err = GR_ERR_INIT;
    gr_fetch *f = (gr_fetch *)&err;

    (void)state;
    assert_null(gr_fetch_library());
    assert_status(gr_fetch_open(&f, "test/1", &err), GR_E_UNSUPPORTED, &err, "install libcurl4-openssl-dev and configure again with -DGR_FETCH=ON");
    assert_null(f);
    gr_fetch_close(f);
}

static void leaves_nothing(void **state)
{
    char              path[GR_PATH_MAX];
    const gr_download d = { .url = "https://example.org/f", .path = path, .size = -1, .stop = never };
    gr_downloaded     got;
    gr_err            err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "f"));
    assert_status(gr_download_run(&got, NULL, &d, &err), GR_E_INTERNAL, &err, "without libcurl");
    assert_int_equal(gr_fs_size(path), -1);
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "f.part"));
    assert_int_equal(gr_fs_size(path), -1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(says_how), cmocka_unit_test(leaves_nothing) };

    return gr_test_main(tests);
}
