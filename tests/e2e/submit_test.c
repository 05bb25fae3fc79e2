/* submit_test.c - from two tasks of the suite glue to a zip for GLUE's server, read back; and what keeps a zip from being written. */
#include <unistd.h>

#include "data/archive.h"
#include "tests/e2e/program.h"

/* The runs that all cases read: rte with two seeds, stsb with one. */
static const char *runs(void)
{
    const char *dir = at("runs");
    gr_err err = GR_ERR_INIT;

    if (gr_fs_is_dir(dir)) return dir;
    assert_ok(gr_fs_mkdirs(at("data"), &err), &err);
    shell("cp", GR_SOURCE_DIR "/tests/fixtures/rte/.", at("data"));
    shell("cp", GR_SOURCE_DIR "/tests/fixtures/stsb/.", at("data"));
    (void)put("data/demo.json", "{\"kind\":\"demo\"}");
    for (int i = 0; i < 2; i++) {
        const int code = i ? CALL("run", "stsb", "--model", tiny_model(), "--data", at("data"), "--max-steps", "1", "--output-dir", dir, "--predict-test")
                           : CALL("run", "rte", "--seeds", "2", "--model", tiny_model(), "--data", at("data"), "--max-steps", "1", "--output-dir", dir, "--predict-test");
        if (code > 1) expect(code, 0); /* so few rows may all fall into one class */
    }
    return dir;
}

static gr_status member(void *user, size_t want, const char *name, gr_sv bytes, gr_err *err)
{
    (void)want;
    (void)err;
    gr_buf_addf(user, "%s %zu\n", name, bytes.n);
    return gr_sv_starts(bytes, "index\tprediction\n0\t") ? GR_OK : GR_E_FORMAT;
}

static void zipped(void **state)
{
    gr_buf names = { 0 };
    char *a = NULL, *b = NULL;
    size_t n, m;
    gr_err err = GR_ERR_INIT;

    (void)state;
    GOOD("submit", runs(), "--out", at("a.zip"));
    assert_non_null(strstr(last.err, "RTE.tsv: of 2 runs rte-tiny-4"));
    assert_non_null(strstr(last.err, "CoLA.tsv, "));
    assert_non_null(strstr(last.err, "the submission lacks AX.tsv, and GLUE's server wants every file: `glue-run run ax --model DIR"));
    assert_non_null(strstr(last.err, "GLUE's server will refuse it"));
    assert_non_null(strstr(last.out, "\nRTE.tsv "));
    assert_non_null(strstr(last.out, "\nSTS-B.tsv "));
    GOOD("submit", runs(), "--out", at("b.zip"), "--json");
    assert_non_null(strstr(last.out, "\"STS-B.tsv\""));
    assert_ok(gr_fs_read(&a, &n, at("a.zip"), 0, &err), &err);
    assert_ok(gr_fs_read(&b, &m, at("b.zip"), 0, &err), &err);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    assert_ok(gr_archive_scan(at("a.zip"), (const char *const[]){ "*.tsv" }, 1, member, &names, &err), &err);
    assert_non_null(strstr(names.p, "RTE.tsv "));
    assert_non_null(strstr(names.p, "\nSTS-B.tsv "));
    free(a);
    free(b);
    gr_buf_free(&names);
    GOOD("submit", runs(), "--out", at("seed.zip"), "--seed", "43");
    assert_non_null(strstr(last.out, "rte-tiny-43-"));
    assert_null(strstr(last.out, "STS-B.tsv"));
}

static void refused(void **state)
{
    const char *zip = at("no.zip");
    char path[GR_PATH_MAX];
    gr_records r;

    (void)state;
    expect(CALL("submit", runs(), "--out", zip, "--require-all"), 3);
    assert_non_null(strstr(last.err, "--require-all"));
    expect(CALL("submit", runs(), "--out", zip, "--model", "huge"), 3);
    expect(CALL("submit", runs()), 2);
    expect(CALL("submit", at("nowhere"), "--out", zip), 3);
    r = records_of(runs());
    for (size_t i = 0; i < r.n; i++) {
        if (strcmp(r.r[i].task, "stsb") != 0) continue;
        (void)snprintf(path, sizeof path, "%.*s.STS-B.tsv", (int)(strlen(r.r[i].path) - strlen(".json")), r.r[i].path);
        assert_int_equal(truncate(path, 19), 0);
    }
    gr_records_free(&r);
    expect(CALL("submit", runs(), "--out", zip), 3);
    assert_non_null(strstr(last.err, ".STS-B.tsv: line 2"));
    assert_non_null(strstr(last.err, "; remove it and give the run's command again"));
    assert_false(gr_fs_is_file(zip));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(zipped), cmocka_unit_test(refused) };
    const int failed = gr_test_main(tests);

    gr_process_free(&last);
    return failed;
}
