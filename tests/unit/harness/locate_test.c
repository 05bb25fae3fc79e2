/* gr_locate_data_kind: the marker of the demo data, folders without it, and markers that are none. */
#include <stdio.h>

#include "base/fs.h"
#include "harness/locate.h"
#include "tests/support/test.h"

static const char *folder_with(const char *name, const char *marker)
{
    static char dir[GR_PATH_MAX];
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), name));
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "demo.json"));
    if (marker) assert_ok(gr_fs_write(path, marker, strlen(marker), &err), &err);
    return dir;
}

static void tells_demo_from_published(void **state)
{
    gr_err err = GR_ERR_INIT;
    const char *kind = NULL;

    (void)state;
    assert_ok(gr_locate_data_kind(&kind, folder_with("bare", NULL), &err), &err);
    assert_string_equal(kind, "published");
    assert_ok(gr_locate_data_kind(&kind, folder_with("demo", "{\"kind\": \"demo\", \"seed\": 1}"), &err), &err);
    assert_string_equal(kind, "demo");
    assert_ok(gr_locate_data_kind(&kind, GR_SOURCE_DIR "/data/demo", &err), &err);
    assert_string_equal(kind, "demo");
}

static void refuses_other_markers(void **state)
{
    gr_err err = GR_ERR_INIT;
    const char *kind = NULL;

    (void)state;
    assert_status(gr_locate_data_kind(&kind, folder_with("other", "{\"kind\": \"sample\"}"), &err), GR_E_FORMAT, &err, "sample");
    assert_status(gr_locate_data_kind(&kind, folder_with("none", "{\"seed\": 1}"), &err), GR_E_FORMAT, &err, "kind");
    assert_status(gr_locate_data_kind(&kind, folder_with("torn", "{\"kind\""), &err), GR_E_FORMAT, &err, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_demo_from_published),
        cmocka_unit_test(refuses_other_markers),
    };

    return gr_test_main(tests);
}
