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
    refused("{\"name\": \"\\u001b[31mx\"}", "'name' holds a control character");
    refused("{" HEAD "\"containers\": [{\"file\": \"x\", \"also\": [\"a\\nb\"]}], " MEMBER("") "}", "'also' holds a control character");
    refused("{" HEAD "\"containers\": [{\"file\": \"../x\"}], " MEMBER("") "}", "container 1: member '../x' leaves");
    refused("{" HEAD "\"containers\": [{\"file\": \"x.txt\", \"url\": \"ftp://x\"}], " MEMBER("") "}", "https://");
    refused("{" HEAD "\"containers\": [{\"file\": \"x.txt\"}, {\"file\": \"x.txt\"}], " MEMBER("") "}", "container 2: 'file' is 'x.txt', as of a container before");
    refused("{" HEAD "\"containers\": [{\"file\": \"./x\"}], " MEMBER("") "}", "'./x': with '.' or nothing");
    refused("{" HEAD "\"containers\": [{\"file\": \"a//x\"}], " MEMBER("") "}", "'a//x': with '.' or nothing");
    refused("{" HEAD "\"containers\": [{\"file\": \".\"}], " MEMBER("") "}", "'.': with");
    refused("{" HEAD "\"containers\": [{\"file\": \"x/\"}], " MEMBER("") "}", "ends in");
    refused("{" HEAD "\"containers\": [{\"file\": \"x.part\"}], " MEMBER("") "}", "ends in '.part'");
    refused("{" HEAD BOX "\"members\": [{\"container\": \"z\"}]}", "container 'z' is not in the list");
    refused("{" HEAD BOX MEMBER(", \"sha256\": \"ABC\"") "}", "member 1: 'sha256' is not 64");
    refused("{" HEAD BOX MEMBER(", \"size\": -4") "}", "size");
    refused("{" HEAD BOX MEMBER(", \"size\": 4.5") "}", "size");
}

#define FILES "\"containers\": [{\"file\": \"1_Pooling/config.json\", \"url\": \"https://example.org/c\"}]"

static void models(void **state)
{
    static const char text[] = "{" HEAD "\"kind\": \"model\", \"id\": \"p/x\", " FILES "}";
    gr_err            err = GR_ERR_INIT;
    gr_manifest       m;
    size_t            checked = 7;

    (void)state;
    assert_ok(gr_manifest_parse(&m, text, sizeof text - 1, &err), &err);
    assert_true(m.model && !m.plain && m.n_containers == 1 && m.n_members == 0);
    assert_string_equal(m.id, "p/x");
    assert_ok(gr_manifest_check(&m, gr_test_tmpdir(), &checked, &err), &err);
    assert_int_equal(checked, 0);
    gr_manifest_free(&m);
    refused("{" HEAD FILES "}", "'members' is not a list");
    refused("{" HEAD "\"kind\": \"modle\", " FILES "}", "'kind' is 'modle', not data or model");
    refused("{" HEAD "\"kind\": \"model\", \"members\": [], " FILES "}", "'members' is not a list");
    refused("{\"name\": \"a/x\", \"kind\": \"model\"}", "'name' holds a '/'");
    refused("{\"name\": \"..\", \"kind\": \"model\"}", "'..' leaves");
}

#define AT(url) "{" HEAD "\"plain_addresses\": true, \"containers\": [{\"file\": \"x.txt\", \"url\": \"" url "\"}], " MEMBER("") "}"

static void plain_addresses(void **state)
{
    static const char *const good[] = { AT("http://127.0.0.1:8000/x"), AT("file:///x"), AT("https://example.org/x") };
    gr_err                   err = GR_ERR_INIT;
    gr_manifest              m;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_ok(gr_manifest_parse(&m, good[i], strlen(good[i]), &err), &err);
        assert_true(m.plain && !m.model && m.id == NULL);
        gr_manifest_free(&m);
    }
    refused(AT("file://host/x"), "none of https://, http://, file:///");
    refused(AT("ftp://example.org/x"), "none of https://");
    refused(AT("http://example.org/a b"), "blank");
    refused("{" HEAD "\"plain_addresses\": 1}", "'plain_addresses' is not true or false");
}

/* A manifest whose only container has n other names: n1, n2, ... */
static void write_names(gr_buf *b, int n)
{
    gr_buf_reset(b);
    gr_buf_adds(b, "{" HEAD "\"containers\": [{\"file\": \"n\", \"also\": [");
    for (int i = 1; i <= n; i++) gr_buf_addf(b, "%s\"n%d\"", i > 1 ? ", " : "", i);
    gr_buf_adds(b, "]}], \"members\": [{\"container\": \"n\", \"path\": null, \"size\": 5}]}");
    assert_false(b->oom);
}

/* As many as a container may have, of which the last is there, and one more. */
static void many_names(void **state)
{
    gr_buf      b = { NULL, 0, 0, false };
    gr_err      err = GR_ERR_INIT;
    gr_manifest m;
    size_t      checked = 0;
    char        path[GR_PATH_MAX];

    (void)state;
    write_names(&b, 1000);
    assert_ok(gr_manifest_parse(&m, b.p, b.n, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "n1000"));
    assert_ok(gr_fs_write(path, "hello", 5, &err), &err);
    assert_ok(gr_manifest_check(&m, gr_test_tmpdir(), &checked, &err), &err);
    assert_int_equal(checked, 1);
    gr_manifest_free(&m);
    write_names(&b, 1001);
    refused(b.p, "'also' is not a list");
    gr_buf_free(&b);
}

/* One container of two is looked at. */
static void one_container(void **state)
{
    char        path[GR_PATH_MAX], hex[GR_SHA256_HEX], text[1024];
    gr_err      err = GR_ERR_INIT;
    gr_manifest m;
    size_t      checked = 0;

    (void)state;
    gr_sha256_of(hex, "hello", 5);
    (void)snprintf(text, sizeof text, "{" HEAD "\"containers\": [{\"file\": \"a\"}, {\"file\": \"b\"}], \"members\": [{\"container\": \"a\", \"path\": null, \"sha256\": "
                                      "\"%s\"}, {\"container\": \"b\", \"path\": null, \"sha256\": \"%s\"}]}", hex, hex);
    assert_ok(gr_manifest_parse(&m, text, strlen(text), &err), &err);
    for (size_t i = 0; i < 2; i++) {
        assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), i ? "b" : "a"));
        assert_ok(gr_fs_write(path, i ? "jello" : "hello", 5, &err), &err);
    }
    assert_ok(gr_manifest_check_container(&m, &m.containers[0], gr_test_tmpdir(), &checked, &err), &err);
    assert_int_equal(checked, 1);
    assert_status(gr_manifest_check_container(&m, &m.containers[1], gr_test_tmpdir(), &checked, &err), GR_E_CHECKSUM, &err, "b: sha256");
    assert_status(gr_manifest_check(&m, gr_test_tmpdir(), &checked, &err), GR_E_CHECKSUM, &err, "b: sha256");
    gr_manifest_free(&m);
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
    (void)snprintf(text, sizeof text, "{" HEAD BOX MEMBER(", \"size\": 0") "}"); /* a size of 0 is one that is known */
    assert_ok(gr_manifest_parse(&m, text, strlen(text), &err), &err);
    assert_status(gr_manifest_check(&m, gr_test_tmpdir(), &checked, &err), GR_E_CHECKSUM, &err, "4 bytes where the manifest has 0");
    gr_manifest_free(&m);
    assert_status(gr_manifest_read(&m, "absent.json", &err), GR_E_NOTFOUND, &err, "absent.json");
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(whole), cmocka_unit_test(faults), cmocka_unit_test(models), cmocka_unit_test(plain_addresses), cmocka_unit_test(many_names), cmocka_unit_test(one_container),
                                               cmocka_unit_test(checking) };

    return gr_test_main(tests);
}
