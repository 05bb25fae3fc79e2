/* fetch_test.c - the n-th allocation fails, for all n, from the manifests to a file that is fetched, checked and named: GR_E_NOMEM, nothing
 * lost, and the file is there whole or not at all. */
#include <unistd.h>

#include "base/fs.h"
#include "harness/fetch_job.h"
#include "harness/fetch_sets.h"
#include "tests/support/test.h"
#include "tests/torture/fault.h"

enum { ROUNDS_MAX = 20000, FILE_SIZE = 100000 };

static char manifest[GR_PATH_MAX], out[GR_PATH_MAX], target[GR_PATH_MAX];

/* One file of a manifest of the user's. */
static gr_status fetch_one(gr_fetch_sets *s, gr_err *err)
{
    const gr_fetch_opts o = { .data = out, .models = out, .timeout_s = 20 };
    const char *const words[] = { "mine" };
    const gr_manifest *m[64];
    gr_fetch_file *f = NULL;
    gr_fetch *net = NULL;
    size_t n = 0;
    gr_status st = gr_fetch_sets_choose(m, &n, s, words, 1, err);

    if (st == GR_OK) st = gr_fetch_files(&f, &n, m, n, &o, err);
    if (st == GR_OK) {
        gr_fetch_look(f, &o);
        st = f->err.status;
        if (st == GR_OK) assert_int_equal(f->state, GR_FETCH_WANTED);
        if (st == GR_OK && gr_fetch_library()) {
            st = gr_fetch_open(&net, "torture/1", err);
            if (st == GR_OK) gr_fetch_bring(f, f, 0, net, &o);
            if (st == GR_OK && f->state != GR_FETCH_FETCHED) {
                st = f->err.status;
                *err = f->err;
            }
        }
    }
    gr_fetch_close(net);
    free(f);
    return st;
}

static gr_status round_of(gr_err *err)
{
    gr_fetch_sets s;
    gr_status st = gr_fetch_sets_open(&s, manifest, err);

    if (st == GR_OK) st = fetch_one(&s, err);
    gr_fetch_sets_close(&s);
    return st;
}

static void prepare(const char *check)
{
    static char bytes[FILE_SIZE];
    char path[GR_PATH_MAX], text[3 * GR_PATH_MAX], hex[GR_SHA256_HEX];
    gr_err err = GR_ERR_INIT;

    memset(bytes, 'b', sizeof bytes);
    gr_sha256_of(hex, bytes, sizeof bytes);
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "source") && gr_fs_join(out, sizeof out, gr_test_tmpdir(), "out"));
    assert_true(gr_fs_join(target, sizeof target, out, "f") && gr_fs_join(manifest, sizeof manifest, gr_test_tmpdir(), "mine.json"));
    assert_ok(gr_fs_write(path, bytes, sizeof bytes, &err), &err);
    (void)snprintf(text, sizeof text,
                   "{\"name\": \"mine\", \"title\": \"T\", \"publisher\": \"P\", \"licence\": \"L\", \"citation\": \"C\", \"verified\": false, \"plain_addresses\": true, "
                   "\"containers\": [{\"file\": \"f\", \"url\": \"file://%s\"%s%s%s}], \"members\": [{\"container\": \"f\", \"path\": null, \"sha256\": \"%s\"}]}",
                   path, *check ? ", \"sha256\": \"" : "", *check ? hex : "", *check ? "\"" : "", hex);
    assert_ok(gr_fs_write(manifest, text, strlen(text), &err), &err);
}

static void torture(const char *name)
{
    size_t n = 1;

    for (; n < ROUNDS_MAX; n++) {
        gr_err err = GR_ERR_INIT;
        gr_status st;
        bool fired;

        (void)unlink(target);
        fault_arm(n);
        st = round_of(&err);
        fired = fault_disarm();
        if (gr_fs_size(target) >= 0) assert_int_equal(gr_fs_size(target), FILE_SIZE);
        if (!fired) assert_ok(st, &err);
        else if (st != GR_OK) assert_status(st, GR_E_NOMEM, &err, "out of memory");
        if (!fired) break;
    }
    printf("%s: %zu failures survived\n", name, n - 1);
    assert_true(n - 1 >= 50 && n < ROUNDS_MAX);
    if (gr_fetch_library()) assert_int_equal(gr_fs_size(target), FILE_SIZE);
    if (gr_fetch_library()) return;
    gr_case_skip(name, "this build has no libcurl: the manifests alone were tortured");
    gr_cases_done(name, 0);
}

static void by_digest(void **state)
{
    (void)state;
    prepare("sha256");
    torture("by digest");
}

static void by_members(void **state)
{
    (void)state;
    prepare("");
    torture("by members");
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(by_digest), cmocka_unit_test(by_members) };

    return gr_test_main(tests);
}
