/* manifest_test.c - what a manifest must hold, and what a check finds. */
#include "tests/support/test.h"

#include "base/fs.h"
#include "base/sha256.h"
#include "data/manifest.h"

#define HEAD "\"name\": \"x\", \"title\": \"X\", \"publisher\": \"P\", \"licence\": \"L\", \"citation\": \"C\", \"verified\": false, "
#define BOX "\"containers\": [{\"file\": \"x.txt\", \"url\": \"https://example.org/x.txt\", \"also\": [\"y.txt\"]}], "
#define MEMBER(extra) "\"members\": [{\"container\": \"x.txt\", \"path\": null" extra "}]"

static void refused(const char *text, const char *why)
{
    gr_err      err = GR_ERR_INIT;
    gr_manifest m;

    assert_status(gr_manifest_parse(&m, text, strlen(text), &err), GR_E_FORMAT, &err, why);
    assert_null(m.name);
}

static void whole(void **state)
{
    static const char text[] = "{" HEAD BOX MEMBER(", \"split\": \"train\", \"rows\": 3") "}";
    gr_err            err = GR_ERR_INIT;
    gr_manifest       m;

    (void)state;
    assert_ok(gr_manifest_parse(&m, text, sizeof text - 1, &err), &err);
    assert_string_equal(m.licence, "L");
    assert_false(m.verified);
    assert_int_equal(m.n_containers, 1);
    assert_string_equal(m.containers[0].also[0], "y.txt");
    assert_null(m.containers[0].also[1]);
    assert_true(m.members[0].path == NULL && m.members[0].sha256 == NULL && m.members[0].size == -1);
    assert_true(m.members[0].rows == 3 && m.members[0].files == 1);
    gr_manifest_free(&m);
    gr_manifest_free(&m); /* a zeroed one is fine */
}

static void faults(void **state)
{
    (void)state;
    refused("[]", "not an object");
    refused("{" HEAD BOX "\"members\": []}", "'members' is not a list");
    refused("{\"name\": \"x\"}", "title");
    refused("{" HEAD "\"containers\": [{\"file\": \"../x\"}], " MEMBER("") "}", "container 1: member '../x' leaves");
    refused("{" HEAD "\"containers\": [{\"file\": \"x.txt\", \"url\": \"ftp://x\"}], " MEMBER("") "}", "https://");
    refused("{" HEAD BOX "\"members\": [{\"container\": \"z\"}]}", "container 'z' is not in the list");
    refused("{" HEAD BOX MEMBER(", \"sha256\": \"ABC\"") "}", "member 1: 'sha256' is not 64");
    refused("{" HEAD BOX MEMBER(", \"size\": -4") "}", "size");
    refused("{" HEAD BOX MEMBER(", \"size\": 4.5") "}", "size");
}

static void checking(void **state)
{
    char        path[GR_PATH_MAX], hex[GR_SHA256_HEX], text[1024];
    gr_err      err = GR_ERR_INIT;
    gr_manifest m;
    size_t      checked;

    (void)state;
    gr_sha256_of(hex, "hello", 5);
    (void)snprintf(text, sizeof text, "{" HEAD BOX MEMBER(", \"size\": 5, \"sha256\": \"%s\"") "}", hex);
    assert_ok(gr_manifest_parse(&m, text, strlen(text), &err), &err);
    assert_ok(gr_manifest_check(&m, gr_test_tmpdir(), &checked, &err), &err);
    assert_int_equal(checked, 0); /* nothing there to check */
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "y.txt"));
    assert_ok(gr_fs_write(path, "hello", 5, &err), &err);
    assert_ok(gr_manifest_check(&m, gr_test_tmpdir(), &checked, &err), &err);
    assert_int_equal(checked, 1);
    assert_ok(gr_fs_write(path, "jello", 5, &err), &err);
    assert_status(gr_manifest_check(&m, gr_test_tmpdir(), NULL, &err), GR_E_CHECKSUM, &err, "x: x.txt: sha256 ");
    assert_ok(gr_fs_write(path, "hell", 4, &err), &err);
    assert_status(gr_manifest_check(&m, gr_test_tmpdir(), NULL, &err), GR_E_CHECKSUM, &err, "4 bytes where the manifest has 5");
    gr_manifest_free(&m);
    assert_status(gr_manifest_read(&m, "absent.json", &err), GR_E_NOTFOUND, &err, "absent.json");
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(whole), cmocka_unit_test(faults), cmocka_unit_test(checking) };

    return gr_test_main(tests);
}
