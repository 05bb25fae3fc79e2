/* gr_locate_data_kind: the marker of the demo data, folders without it, and markers that are none. gr_locate_model: a name in each of the
 * places where a model may lie, the first before the others; what is said of a model that is nowhere. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "harness/hub.h"
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

/* ---- models ---- */

/* A file below the test's folder, with the folders on its way. */
static void put(const char *name, const char *text)
{
    char path[GR_PATH_MAX], dir[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), name));
    (void)snprintf(dir, sizeof dir, "%.*s", (int)(gr_fs_basename(path) - path), path);
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
}

/* The model of this name lies at this place below the test's folder. */
static void found_at(const char *name, const char *place)
{
    char got[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_locate_model(got, name, &err), &err);
    assert_true(gr_sv_ends(gr_sv_from(got), place));
}

static void models_by_name(void **state)
{
    char here[GR_PATH_MAX], home[GR_PATH_MAX], hf[GR_PATH_MAX], got[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    assert_true(gr_fs_join(home, sizeof home, gr_test_tmpdir(), "home") && gr_fs_join(hf, sizeof hf, gr_test_tmpdir(), "hf"));
    assert_int_equal(setenv("GLUE_RUN_HOME", home, 1) | setenv("HF_HOME", hf, 1) | unsetenv("HF_HUB_CACHE"), 0);
    put("home/models/one/config.json", "{}");
    put("home/models/all-mpnet-base-v2/config.json", "{}");
    put("home/models/mine/config.json", "{}");
    put("hf/hub/models--roberta-base/refs/main", "abc123\n");
    put("hf/hub/models--roberta-base/snapshots/abc123/config.json", "{}");
    put("hf/hub/models--microsoft--mpnet-base/refs/main", "def");
    put("hf/hub/models--microsoft--mpnet-base/snapshots/def/config.json", "{}");
    put("hf/hub/models--one/refs/main", "abc");
    put("hf/hub/models--one/snapshots/abc/config.json", "{}");
    put("hf/hub/models--sly/refs/main", "../../..");
    put("hf/hub/models--half/refs/main", "abc");
    found_at("one", "home/models/one"); /* not the other one */
    found_at("roberta-base", "models--roberta-base/snapshots/abc123");
    found_at("microsoft/mpnet-base", "models--microsoft--mpnet-base/snapshots/def");
    found_at("sentence-transformers/all-mpnet-base-v2", "home/models/all-mpnet-base-v2");
    assert_status(gr_locate_model(got, "sly", &err), GR_E_NOTFOUND, &err, "list models");
    assert_status(gr_locate_model(got, "half", &err), GR_E_NOTFOUND, &err, "list models");
    assert_status(gr_locate_model(got, "someone/mine", &err), GR_E_NOTFOUND, &err, "no such folder"); /* another's model is not taken for it */
    assert_status(gr_locate_model(got, "all-MiniLM-L6-v2", &err), GR_E_NOTFOUND, &err, "`glue-run fetch all-MiniLM-L6-v2`");
    assert_status(gr_locate_model(got, "albert-base-v2", &err), GR_E_NOTFOUND, &err, "publisher");
    assert_int_equal(chdir(gr_test_tmpdir()), 0);
    put("models/one/config.json", "{}");
    found_at("one", "models/one");
    put("one/config.json", "{}");
    found_at("one", "one");
    assert_int_equal(chdir(here), 0);
}

static void names_in_the_hub(void **state)
{
    char name[16];

    (void)state;
    assert_true(gr_hub_name(name, sizeof name, "models--a--b-c"));
    assert_string_equal(name, "a/b-c");
    assert_true(gr_hub_name(name, sizeof name, "models--gpt2"));
    assert_string_equal(name, "gpt2");
    assert_false(gr_hub_name(name, sizeof name, "datasets--glue"));
    assert_false(gr_hub_name(name, sizeof name, "models--"));
    assert_false(gr_hub_name(name, sizeof name, "models--a-name-that-is-too-long"));
    assert_false(gr_hub_find((char[GR_PATH_MAX]){ 0 }, "/a"));
    assert_false(gr_hub_find((char[GR_PATH_MAX]){ 0 }, "a/b/c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_demo_from_published),
        cmocka_unit_test(refuses_other_markers),
        cmocka_unit_test(models_by_name),
        cmocka_unit_test(names_in_the_hub),
    };

    return gr_test_main(tests);
}
