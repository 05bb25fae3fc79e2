/* fetch_test.c - `glue-run fetch` as a user has it: from a server of our own into folders that `run` and `list` then find, and every bad end with
 * one clear line, its exit code, and nothing on the disk that could be taken for the file. */
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/zip_write.h"
#include "data/fetch.h"
#include "data/part.h"
#include "tests/e2e/program.h"
#include "tests/support/http.h"

static const volatile gr_http_seen *seen;

/* ---- calls ---- */

static const char *const bare[] = { "GLUE_RUN_DATA", "GLUE_RUN_HOME=/nonexistent", "HF_HOME=/nonexistent", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN=secret", "HF_HUB_OFFLINE",
                                    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", NULL, NULL };

/* In the folder "room", with a variable more. */
static int call_in_room(const char *variable, const gr_process_opts *more, const char *const *words)
{
    const char *env[sizeof bare / sizeof *bare];
    gr_process_opts o = more ? *more : (gr_process_opts){ 0 };
    gr_err err = GR_ERR_INIT;

    memcpy(env, bare, sizeof env);
    env[sizeof bare / sizeof *bare - 2] = variable;
    o.env = env;
    if (!o.cwd) o.cwd = at("room");
    assert_ok(gr_fs_mkdirs(at("room"), &err), &err);
    return call_with(NULL, &o, words);
}
#define FETCH(...) call_in_room(NULL, NULL, (const char *const[]){ "fetch", __VA_ARGS__, NULL })
#define FETCH_WITH(variable, ...) call_in_room(variable, NULL, (const char *const[]){ "fetch", __VA_ARGS__, NULL })

/* It ended with this code, and one line on stderr says it with these words. */
static void ends(int got, int want, const char *a, const char *b)
{
    const char *line = last.err;
    const bool one = (strncmp(line, "error: ", 7) == 0 || strncmp(line, "glue-run: ", 10) == 0) && strchr(line, '\n') == line + strlen(line) - 1;

    if (got != want || !one || !strstr(line, a) || !strstr(line, b)) fail_msg("exit %d (want %d), '%s' and '%s' in one line of:\n%s\n%s", got, want, a, b, last.err, last.out);
}

static void prints(const char *words)
{
    if (!strstr(last.out, words)) fail_msg("no '%s' in:\n%s\n%s", words, last.out, last.err);
}

static void has(const char *name, int64_t size)
{
    if (gr_fs_size(at(name)) != size) fail_msg("%s has %lld bytes, not %lld\n%s", name, (long long)gr_fs_size(at(name)), (long long)size, last.err);
}

/* ---- manifests ---- */

static void begin(gr_buf *b, const char *name, const char *kind, bool plain)
{
    gr_buf_reset(b);
    gr_buf_addf(b, "{\"name\": \"%s\", \"kind\": \"%s\", \"title\": \"T\", \"publisher\": \"P\", \"licence\": \"free as air\", \"citation\": \"C\", \"verified\": false,%s"
                   " \"containers\": [", name, kind, plain ? " \"plain_addresses\": true," : "");
}

/* A file at this address; like: the file of ours whose size and digest it shall have, NULL: not known. */
static void file(gr_buf *b, const char *name, const char *url, const char *like)
{
    char hex[GR_SHA256_HEX];
    gr_err err = GR_ERR_INIT;

    gr_buf_addf(b, "%s{\"file\": \"%s\", \"url\": \"%s\"", b->p[b->n - 1] == '[' ? "" : ", ", name, url);
    if (like) {
        assert_ok(gr_sha256_file(hex, at(like), &err), &err);
        gr_buf_addf(b, ", \"size\": %lld, \"sha256\": \"%s\"", (long long)gr_fs_size(at(like)), hex);
    }
    gr_buf_addc(b, '}');
}

/* members: the text of that list, NULL for the container as it is. Gives the name `to`, below the room. */
static const char *end(gr_buf *b, const char *to, const char *container, const char *members)
{
    char path[64];

    gr_buf_addf(b, "]%s", container ? ", \"members\": [" : "");
    if (container && members) gr_buf_adds(b, members);
    else if (container) gr_buf_addf(b, "{\"container\": \"%s\", \"path\": null}", container);
    gr_buf_adds(b, container ? "]}" : "}");
    assert_false(b->oom);
    (void)snprintf(path, sizeof path, "room/%s", to);
    (void)put(path, b->p);
    return to;
}

/* A data set "mine" of one file, f, at this address and like www/f. */
static const char *mine(const char *url)
{
    static gr_buf b;

    begin(&b, "mine", "data", true);
    file(&b, "f", url, "www/f");
    return end(&b, "mine.json", "f", NULL);
}

static int start(void **state)
{
    static char text[200000];
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fs_mkdirs(at("www"), &err), &err);
    assert_ok(gr_fs_mkdirs(at("room"), &err), &err);
    for (size_t i = 0; i < sizeof text - 1; i++) text[i] = (char)('a' + (i * i + i / 7) % 23);
    (void)put("www/f", text);
    shell("cp", tiny_model(), at("www/tiny"));
    seen = gr_http_start(at("www"));
    return 0;
}

/* ---- what goes well ---- */

static const char *tiny_manifest(const char *name, const char *weights)
{
    static const char *const files[] = { "model.safetensors", "vocab.txt", "tokenizer_config.json", "config.json" };
    static gr_buf b;
    char path[64], like[64];

    begin(&b, name, "model", true);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s/tiny/%s", i ? "/plain" : weights, files[i]);
        (void)snprintf(like, sizeof like, "www/tiny/%s", files[i]);
        file(&b, files[i], gr_http_url(path), like);
    }
    return end(&b, "tiny.json", NULL, NULL);
}

static void model(void **state)
{
    const char *m = tiny_manifest("tiny", "/plain");

    (void)state;
    expect(FETCH("--manifest", m), 0);
    assert_string_equal(last.err, ""); /* no word where nobody looks on */
    prints("fetched  free as air");
    prints("use: glue-run run TASK --data DIR --model tiny\n");
    prints("not tried before, as their manifests say: tiny");
    expect(call_in_room(NULL, NULL, (const char *const[]){ "tokenize", "--model", "tiny", NULL }), 0);
    gr_http_forget();
    expect(FETCH("tiny", "--manifest", m), 0);
    prints("have");
    assert_null(strstr(last.out, "fetched"));
    assert_null(strstr(last.out, "not tried"));
    assert_int_equal(seen->requests, 0);
    (void)put("room/models/tiny/vocab.txt", "[PAD]\n");
    ends(FETCH("tiny", "--manifest", m), 3, "models/tiny/vocab.txt: 6 bytes where the manifest has", "--force fetches it anew");
    expect(FETCH("tiny", "--manifest", m, "--force"), 0);
    has("room/models/tiny/vocab.txt", gr_fs_size(at("www/tiny/vocab.txt")));
    assert_int_equal(seen->requests, 1); /* the right ones stayed */
    expect(FETCH("--manifest", m, "--models", at("elsewhere")), 0);
    prints("elsewhere/tiny\n");
    ends(FETCH("--manifest", tiny_manifest("half", "/cut/9"), "--retries", "0"), 3, "half: ", "ended before the file did");
    prints("held back"); /* a folder without config.json is no model */
    has("room/models/half/vocab.txt", gr_fs_size(at("www/tiny/vocab.txt")));
    has("room/models/half/config.json", -1);
    expect(FETCH("--manifest", tiny_manifest("half", "/plain")), 0);
    prints("resumed");
    expect(call_in_room(NULL, NULL, (const char *const[]){ "tokenize", "--model", "half", NULL }), 0);
}

/* A manifest of the user's may name config.json first: it comes last all the same. */
static void model_in_another_order(void **state)
{
    static gr_buf b;

    (void)state;
    begin(&b, "turned", "model", true);
    file(&b, "config.json", gr_http_url("/plain/tiny/config.json"), "www/tiny/config.json");
    file(&b, "vocab.txt", gr_http_url("/code/404/vocab.txt"), "www/tiny/vocab.txt");
    ends(FETCH("--manifest", end(&b, "turned.json", NULL, NULL)), 3, "turned: ", "HTTP 404");
    prints("held back");
    has("room/models/turned/config.json", -1);
    gr_buf_free(&b);
}

/* RTE.zip from the fixture's files, and what a manifest says of its members; the last one is `spoilt`. */
static const char *rte_manifest(const char *url, bool spoilt)
{
    static const char *const members[] = { "RTE/train.tsv", "RTE/dev.tsv", "RTE/test.tsv" };
    static gr_buf b, list;
    gr_zip_out *z = NULL;
    gr_err err = GR_ERR_INIT;

    gr_buf_reset(&list);
    assert_ok(gr_zip_open(&z, at("www/RTE.zip"), &err), &err);
    for (size_t i = 0; i < 3; i++) {
        char path[GR_PATH_MAX], hex[GR_SHA256_HEX], *p = NULL;
        size_t n;
        (void)snprintf(path, sizeof path, "%s/tests/fixtures/rte/%s", GR_SOURCE_DIR, members[i]);
        assert_ok(gr_fs_read(&p, &n, path, 0, &err), &err);
        gr_sha256_of(hex, p, n);
        assert_ok(gr_zip_add(z, members[i], p, n, &err), &err);
        gr_buf_addf(&list, "%s{\"container\": \"RTE.zip\", \"path\": \"%s\", \"size\": %zu, \"sha256\": \"%s\"}", i ? ", " : "", members[i],
                    n + (size_t)(spoilt && i == 2), hex);
        free(p);
    }
    assert_ok(gr_zip_commit(z, &err), &err);
    gr_zip_close(z);
    begin(&b, "rte", "data", true);
    gr_buf_addf(&b, "{\"file\": \"RTE.zip\", \"url\": \"%s\", \"also\": [\"RTE\"]}", url);
    return end(&b, "rte.json", "RTE.zip", list.p);
}

static void judged_by_members(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    ends(FETCH("rte", "--manifest", rte_manifest(gr_http_url("/plain/RTE.zip"), true)), 3, "RTE/test.tsv: ", "nothing of it is kept");
    ends(FETCH("rte", "--manifest", rte_manifest(gr_http_url("/plain/f"), false)), 3, "RTE.zip: ", "nothing of it is kept");
    assert_null(strstr(last.out, "use: ")); /* there is nothing to use */
    has("room/datasets/RTE.zip", -1);
    has("room/datasets/RTE.zip.part", -1);
    expect(FETCH("rte", "--manifest", rte_manifest(gr_http_url("/plain/RTE.zip"), false)), 0);
    has("room/datasets/RTE.zip", gr_fs_size(at("www/RTE.zip")));
    assert_int_equal(access(at("room/datasets/.fetch-check"), F_OK), -1);
    (void)unlink(at("room/datasets/RTE.zip"));
    assert_ok(gr_fs_mkdirs(at("room/datasets/.fetch-check"), &err), &err); /* a call that was killed while it looked */
    (void)put("room/datasets/.fetch-check/RTE.zip", "PK");
    expect(FETCH("rte", "--manifest", "rte.json"), 0);
    has("room/datasets/RTE.zip", gr_fs_size(at("www/RTE.zip")));
    assert_int_equal(access(at("room/datasets/.fetch-check"), F_OK), -1);
    prints("use: glue-run run rte --data datasets --model all-MiniLM-L6-v2\nthat model is not here yet: glue-run fetch all-MiniLM-L6-v2\n");
    expect(call_in_room(NULL, NULL, (const char *const[]){ "list", "data", "--data", "datasets", "--json", NULL }), 0);
    prints("{\"task\": \"rte\", \"files\": \"there\"");
    (void)put("room/datasets/RTE.zip", "PK");
    ends(FETCH("rte", "--manifest", "rte.json"), 3, "RTE.zip", "--force");
    (void)unlink(at("room/datasets/RTE.zip"));
    assert_ok(gr_fs_mkdirs(at("room/unpacked/RTE"), &err), &err); /* as others unpack it: whole and right is as good */
    shell("cp", GR_SOURCE_DIR "/tests/fixtures/rte/.", at("room/unpacked"));
    gr_http_forget();
    expect(FETCH("rte", "--manifest", "rte.json", "--data", "unpacked"), 0);
    prints("have");
    assert_int_equal(seen->requests, 0);
    (void)put("room/unpacked/RTE/dev.tsv", "index\n"); /* and else not */
    expect(FETCH("rte", "--manifest", "rte.json", "--data", "unpacked"), 0);
    prints("fetched");
}

/* A folder of which nobody knows whether it is whole does not stand in for the archive. */
static void folder_in_part(void **state)
{
    static gr_buf b;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fs_mkdirs(at("room/in-part/BOX"), &err), &err);
    (void)put("room/in-part/BOX/a.tsv", "x");
    begin(&b, "mine", "data", true);
    file(&b, "f", gr_http_url("/plain/f"), "www/f");
    b.n--; /* the closing brace */
    gr_buf_adds(&b, ", \"also\": [\"BOX\"]}");
    expect(FETCH("--manifest", end(&b, "box.json", "f", "{\"container\": \"f\", \"path\": \"BOX/a.tsv\", \"size\": 1}"), "--data", "in-part"), 0);
    prints("fetched");
    gr_buf_free(&b);
}

/* A manifest of the user's with a file that one of ours has too. */
static void two_for_one_place(void **state)
{
    static gr_buf b;
    const char *m;

    (void)state;
    begin(&b, "mine", "data", true);
    file(&b, "RTE.zip", gr_http_url("/plain/f"), "www/f");
    m = end(&b, "two.json", "RTE.zip", NULL);
    ends(FETCH("mine", "rte", "--manifest", m, "--data", at("place"), "--force"), 2, "mine and rte", "RTE.zip");
    expect(FETCH("mine", "--manifest", m, "--data", at("place")), 0);
    ends(FETCH("rte", "--data", at("place")), 3, "RTE.zip", "--force"); /* nor is it lost later, unless that is asked for */
    gr_buf_free(&b);
}

static void unknown_checksum(void **state)
{
    static gr_buf b;
    gr_err err = GR_ERR_INIT;

    (void)state;
    begin(&b, "mine", "data", true);
    file(&b, "sub/f", gr_http_url("/plain/f"), NULL);
    assert_ok(gr_fs_mkdirs(at("any/sub"), &err), &err);
    (void)put("any/sub/f.part", "of another file"); /* with which this one would be whole, and nobody could tell */
    expect(FETCH("--manifest", end(&b, "any.json", "sub/f", NULL), "--data", at("any")), 0);
    prints("fetched, unchecked");
    has("any/sub/f", gr_fs_size(at("www/f")));
    assert_string_equal((const char *)seen->range, "");
    gr_buf_free(&b);
}

static void resumed(void **state)
{
    (void)state;
    ends(FETCH("--manifest", mine(gr_http_url("/cut/5000/f")), "--data", at("res"), "--retries", "0"), 3, "ended before the file did", "what came is kept, the same command goes on from there");
    has("res/f.part", 5000);
    has("res/f", -1);
    gr_http_forget();
    expect(FETCH("--manifest", mine(gr_http_url("/plain/f")), "--data", at("res")), 0);
    prints("resumed");
    assert_string_equal((const char *)seen->range, "bytes=5000-");
    assert_non_null(strstr((const char *)seen->agent, "glue-run/"));
    has("res/f.part", -1);
    has("res/f", gr_fs_size(at("www/f")));
}

/* ---- what goes wrong ---- */

static void by_another_process(void **state)
{
    gr_part p;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_part_open(&p, at("both/f"), &err), &err);
    assert_ok(gr_part_add(&p, "half", 4, &err), &err);
    ends(FETCH("--manifest", mine(gr_http_url("/plain/f")), "--data", at("both")), 4, "both/f: ", "another process is fetching it\n"); /* what it has is not ours */
    has("both/f.part", 4);
    gr_part_drop(&p);
}

static void bad_ends(void **state)
{
    const gr_process_opts full = { .max_file = 4096 };
    const char *m = mine(gr_http_url("/plain/f"));

    (void)state;
    ends(FETCH("mrcp"), 2, "'mrcp'", "'mrpc'");
    ends(FETCH("nothing_like_it"), 2, "nothing_like_it", "--list");
    ends(call_in_room(NULL, NULL, (const char *const[]){ "fetch", NULL }), 2, "fetch: name", "--list");
    ends(FETCH("rte", "--data", GR_SOURCE_DIR "/data/demo"), 2, "data/demo", "demo.json");
    expect(FETCH("roberta-base", "--data", GR_SOURCE_DIR "/data/demo", "--models", "", "--dry-run"), 0); /* a model does not go there, nor into the root */
    prints(" models/roberta-base/config.json");
    ends(FETCH("ttc3600"), 3, "TTC-3600.tar.gz", "no address is known");
    ends(FETCH("--manifest", "none.json"), 3, "none.json", "No such file");
    ends(FETCH("--manifest", mine(gr_http_url("/code/404/f")), "--data", at("b")), 3, "mine: http://127.0.0.1:", "HTTP 404");
    ends(FETCH("--manifest", mine(gr_http_url("/code/500/f")), "--data", at("b"), "--retries", "0"), 3, "HTTP 500", "try again later");
    ends(FETCH("--manifest", mine("http://127.0.0.1:1/f"), "--data", at("b")), 3, "http://127.0.0.1:1/f", "cannot connect");
    ends(FETCH("--manifest", mine(gr_http_url("/wrong/f")), "--data", at("b")), 3, "its sha256 is", "nothing of it is kept");
    ends(FETCH("--manifest", mine(gr_http_url("/stall/10/f")), "--data", at("b"), "--timeout", "1", "--retries", "0"), 3, "nothing came for 1 s", "mine");
    has("b/f", -1);
    m = mine(gr_http_url("/plain/f"));
    ends(FETCH("--manifest", m, "--data", put("a_file", "x")), 4, "a_file", "Not a directory");
    assert_null(strstr(last.err, "what came"));
    ends(call_in_room(NULL, &full, (const char *const[]){ "fetch", "--manifest", m, "--data", at("full"), NULL }), 4, "f.part: File too large", "goes on from there");
    has("full/f.part", 4096);
    has("full/f", -1);
    expect(FETCH("--manifest", m, "--data", at("full")), 0);
    expect(FETCH("mine", "ttc3600", "--manifest", m, "--data", at("two")), 1); /* one of two */
    assert_non_null(strstr(last.err, "ttc3600"));
    has("two/f", gr_fs_size(at("www/f")));
    expect(FETCH("mine", "--manifest", mine(gr_http_url("/plain/f")), "--data", at("two"), "--quiet"), 0);
}

static void manifests_refused(void **state)
{
    static gr_buf b;

    (void)state;
    begin(&b, "mine", "data", false);
    file(&b, "f", gr_http_url("/plain/f"), NULL);
    ends(FETCH("--manifest", end(&b, "m.json", "f", NULL)), 3, "m.json", "'url' does not begin with https://");
    begin(&b, "mine", "data", true);
    file(&b, "../f", gr_http_url("/plain/f"), NULL);
    ends(FETCH("--manifest", end(&b, "m.json", "../f", NULL)), 3, "m.json", "'../f' leaves");
    begin(&b, "../mine", "model", true);
    file(&b, "f", gr_http_url("/plain/f"), NULL);
    ends(FETCH("--manifest", end(&b, "m.json", NULL, NULL)), 3, "m.json", "'../mine' leaves");
    begin(&b, "mine", "data", true);
    file(&b, "f", "ftp://127.0.0.1/f", NULL);
    ends(FETCH("--manifest", end(&b, "m.json", "f", NULL)), 3, "m.json", "none of https://");
    begin(&b, "mine", "data", true);
    file(&b, "f", "http://127.0.0.1/f\\r\\nX: y", NULL);
    ends(FETCH("--manifest", end(&b, "m.json", "f", NULL)), 3, "m.json", "control character");
    gr_buf_free(&b);
}

/* An installation whose own manifests were tampered with. */
static void own_manifest_refused(void **state)
{
    const char *const words[] = { "fetch", "--list", NULL };
    char program[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)snprintf(program, sizeof program, "%s", installed());
    assert_ok(gr_fs_mkdirs(at("inst/data/manifests"), &err), &err);
    assert_ok(gr_fs_mkdirs(at("inst/model/manifests"), &err), &err);
    expect(call_with(program, NULL, words), 0);
    (void)mine(gr_http_url("/plain/f"));
    shell("cp", at("room/mine.json"), at("inst/data/manifests/mine.json"));
    ends(call_with(program, NULL, words), 3, "inst/bin/../data/manifests/mine.json", "for a manifest that is given with --manifest");
}

/* Interrupted as soon as something has come. */
static int press(void *user, const char *err)
{
    bool *pressed = user;

    (void)err;
    if (*pressed || gr_fs_size(at("int/f.part")) <= 0) return 0;
    *pressed = true;
    return SIGINT;
}

static void interrupted(void **state)
{
    bool pressed = false;
    const gr_process_opts o = { .poll = press, .user = &pressed, .timeout_s = 60 };

    (void)state;
    ends(call_in_room(NULL, &o, (const char *const[]){ "fetch", "--manifest", mine(gr_http_url("/stall/3000/f")), "--data", at("int"), NULL }), 130, "interrupted",
         "goes on from here");
    has("int/f.part", 3000);
    has("int/f", -1);
    expect(FETCH("--manifest", mine(gr_http_url("/plain/f")), "--data", at("int")), 0);
    prints("resumed");
}

static void environment(void **state)
{
    static gr_buf b;
    char endpoint[128];
    const char *m;

    (void)state;
    begin(&b, "mirrored", "data", true);
    file(&b, "f", "https://huggingface.co/f", "www/f");
    m = end(&b, "mirrored.json", "f", NULL);
    (void)snprintf(endpoint, sizeof endpoint, "HF_ENDPOINT=%s", gr_http_url("/plain"));
    expect(FETCH_WITH(endpoint, "--manifest", m, "--data", at("mir")), 0);
    has("mir/f", gr_fs_size(at("www/f")));
    assert_string_equal((const char *)seen->auth, ""); /* HF_TOKEN, which others could read in http */
    ends(FETCH_WITH(endpoint, "roberta-base"), 2, "HF_ENDPOINT", "https://"); /* ours are not for plain mirrors */
    (void)snprintf(endpoint, sizeof endpoint, "HF_ENDPOINT=%s", gr_http_url("/code/401"));
    ends(FETCH_WITH(endpoint, "--manifest", m, "--data", at("den")), 3, "(HTTP 401)", "HF_TOKEN is only sent to");
    gr_http_forget();
    expect(FETCH("--manifest", mine(gr_http_url("/later/3/f")), "--data", at("lat")), 0);
    assert_string_equal(last.err, "warning: f: the server asks us to wait 3 s\n");
    ends(FETCH_WITH("HF_HUB_OFFLINE=1", "rte", "--data", at("off")), 3, "HF_HUB_OFFLINE", "rte");
    expect(FETCH_WITH("GLUE_RUN_DATA=given", "rte", "--dry-run"), 0);
    prints("given/RTE.zip");
    gr_buf_free(&b);
}

/* ---- what needs no network ---- */

static void shown(void **state)
{
    gr_json *j = NULL;
    gr_err err = GR_ERR_INIT;
    size_t n = 0;

    (void)state;
    expect(FETCH("glue", "all-minilm-l6-v2", "sentence-transformers/all-mpnet-base-v2", "mrpc", "--dry-run", "--json", "--data", "new", "--models", "newer"), 0);
    assert_ok(gr_json_parse(&j, last.out, strlen(last.out), &err), &err);
    for (const gr_json *r = gr_json_first(j); r; r = gr_json_next(r), n++) {
        assert_string_equal(gr_json_str(gr_json_get(r, "state"), ""), "wanted");
        assert_int_equal(strncmp(gr_json_str(gr_json_get(r, "address"), ""), "https://", 8), 0);
        assert_int_equal(strlen(gr_json_str(gr_json_get(r, "sha256"), "")), 64);
        assert_string_equal(gr_json_str(gr_json_get(r, "address_tried"), ""), "no");
    }
    assert_int_equal(n, 12 + 10 + 10); /* GLUE's ten sets, MRPC in three files, once; two models of ten files */
    gr_json_free(j);
    assert_int_equal(access(at("room/new"), F_OK), -1);
    assert_int_equal(access(at("room/newer"), F_OK), -1);
    expect(FETCH("mrpc", "--dry-run"), 0);
    prints("https://dl.fbaipublicfiles.com/glue/data/mrpc_dev_ids.tsv");
    prints("datasets/dev_ids.tsv");
    prints("to fetch: 3 files, 1.5 MB\n");
    expect(FETCH("--list"), 0);
    prints("Microsoft Research, research use");
    prints("no address");
    prints("all-mpnet-base-v2");
    expect(FETCH("--help"), 0);
    prints("--timeout S");
}

/* What the program is linked to, as the loader tells it: libcurl and the thirty libraries behind it would cost every start of it. */
static void linked_to_little(void **state)
{
    (void)state;
    expect(FETCH_WITH("LD_TRACE_LOADED_OBJECTS=1", "--list"), 0);
    prints("libarchive");
    if (strstr(last.out, "libcurl")) fail_msg("libcurl is loaded at every start:\n%s", last.out);
}

/* The program with every name of libcurl's file changed to one that is not there. */
static void not_installed(void **state)
{
    static const char name[] = ".so.4", prefix[] = "libcurl";
    gr_err err = GR_ERR_INIT;
    char *bytes = NULL;
    size_t n = 0, changed = 0;
    char program[GR_PATH_MAX];

    (void)state;
    assert_ok(gr_fs_read(&bytes, &n, GR_PROGRAM, INT32_MAX, &err), &err);
    for (size_t i = 0; i + sizeof prefix + sizeof name < n; i++) {
        const char *dot = memcmp(bytes + i, prefix, sizeof prefix - 1) == 0 ? memchr(bytes + i, '.', 16) : NULL;

        if (!dot || memcmp(dot, name, sizeof name) != 0) continue;
        bytes[dot - bytes + 4] = '9';
        changed++;
    }
    assert_true(changed >= 3);
    (void)snprintf(program, sizeof program, "%s", at("without-libcurl"));
    assert_ok(gr_fs_write(program, bytes, n, &err), &err);
    free(bytes);
    assert_int_equal(chmod(program, 0700), 0);
    ends(call_with(program, &(gr_process_opts){ .cwd = at("room") }, (const char *const[]){ "fetch", "mrpc", NULL }), 3, "libcurl is not installed", "--dry-run");
}

static void not_built_in(void **state)
{
    (void)state;
    ends(FETCH("rte"), 3, "libcurl4-openssl-dev", "--dry-run");
    assert_int_equal(access(at("room/datasets"), F_OK), -1);
    gr_case_skip("fetching", "this build has no libcurl");
    gr_cases_done("fetching", 0);
}

int main(void)
{
    const struct CMUnitTest with[] = {
        cmocka_unit_test(shown), cmocka_unit_test_setup_teardown(model, start, NULL), cmocka_unit_test(model_in_another_order), cmocka_unit_test(judged_by_members), cmocka_unit_test(folder_in_part), cmocka_unit_test(two_for_one_place), cmocka_unit_test(unknown_checksum),
        cmocka_unit_test(resumed), cmocka_unit_test(by_another_process), cmocka_unit_test(bad_ends), cmocka_unit_test(manifests_refused), cmocka_unit_test(own_manifest_refused), cmocka_unit_test(interrupted), cmocka_unit_test(environment),
        cmocka_unit_test(linked_to_little), cmocka_unit_test(not_installed),
    };
    const struct CMUnitTest without[] = { cmocka_unit_test(shown), cmocka_unit_test(not_built_in) };
    const int failed = gr_fetch_library() ? gr_test_main(with) : gr_test_main(without);

    gr_process_free(&last);
    return failed;
}
