/* download_test.c - downloads from a server of our own (tests/support/http.h) with good and bad manners: what arrives is the file or an error,
 * and what is left on the disk is the file, or a part that the next call goes on with, or nothing. */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/progress.h"
#include "data/download.h"
#include "tests/support/http.h"

enum { FILE_SIZE = 300000 };

/* The published file, its digest, and where the server has it. */
static char                         bytes[FILE_SIZE + 1], digest[GR_SHA256_HEX];
static const volatile gr_http_seen *seen;
static gr_fetch                    *net;

static const char *at(const char *name)
{
    static char path[16][GR_PATH_MAX];
    static size_t turn;
    char *p = path[turn++ % 16];

    assert_true(gr_fs_join(p, GR_PATH_MAX, gr_test_tmpdir(), name));
    return p;
}

static void put(const char *name, const char *p, size_t n)
{
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_fs_write(at(name), p, n, &err), &err);
}

static int start(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < FILE_SIZE; i++) bytes[i] = (char)(i * 131 + (i >> 8) * 7 + (i >> 16));
    gr_sha256_of(digest, bytes, FILE_SIZE);
    assert_ok(gr_fs_mkdirs(at("www"), &err), &err);
    put("www/f", bytes, FILE_SIZE);
    put("www/empty", "", 0);
    seen = gr_http_start(at("www"));
    assert_ok(gr_fetch_open(&net, "test/1", &err), &err);
    return 0;
}

static int end(void **state)
{
    (void)state;
    gr_fetch_close(net);
    return 0;
}

/* ---- one download ---- */

static bool never(void *user)
{
    (void)user;
    return false;
}

static int64_t told;     /* by the last progress                                        */
static bool    too_much; /* progress beyond the whole (a failing check cannot leave libcurl) */

static void progress(void *user, int64_t done, int64_t total)
{
    (void)user;
    too_much = too_much || (total >= 0 && done > total);
    told = done;
}

static gr_download plain(const char *url)
{
    static char       path[GR_PATH_MAX];
    const gr_download d = { .url = url, .path = memcpy(path, at("out/f"), sizeof path), .sha256 = digest, .size = FILE_SIZE, .plain = true, .stall_s = 20, .progress = progress, .stop = never };

    return d;
}

/* As if no earlier call had been, but for a part of these bytes. */
static void with_part(const char *p, size_t n)
{
    (void)remove(at("out/f"));
    (void)remove(at("out/f.part"));
    if (p) {
        gr_err err = GR_ERR_INIT;
        assert_ok(gr_fs_mkdirs(at("out"), &err), &err);
        put("out/f.part", p, n);
    }
    gr_http_forget();
    told = 0;
}

static gr_status run(gr_downloaded *got, const gr_download *d, gr_err *err)
{
    *err = (gr_err)GR_ERR_INIT;
    return gr_download_run(got, net, d, err);
}

static void arrives(const gr_download *d, int64_t resumed, int requests)
{
    gr_err        err;
    gr_downloaded got;
    char         *p = NULL;
    size_t        n;

    assert_ok(run(&got, d, &err), &err);
    assert_int_equal(got.size, FILE_SIZE);
    assert_int_equal(got.resumed, resumed);
    assert_string_equal(got.sha256, digest);
    assert_int_equal(seen->requests, requests);
    assert_ok(gr_fs_read(&p, &n, d->path, 0, &err), &err);
    assert_int_equal(n, FILE_SIZE);
    assert_memory_equal(p, bytes, FILE_SIZE);
    free(p);
    assert_false(too_much);
    assert_int_equal(gr_fs_size(at("out/f.part")), -1);
}

/* It fails so, the file is not there, and of its part so many bytes are (-1: it is not there). */
static void fails(const gr_download *d, gr_status want, const char *words, int64_t left)
{
    gr_err        err;
    gr_downloaded got;

    assert_status(run(&got, d, &err), want, &err, words);
    assert_int_equal(gr_fs_size(at("out/f")), -1);
    assert_int_equal(gr_fs_size(at("out/f.part")), left);
}

/* ---- from the first byte ---- */

static void whole(void **state)
{
    gr_download   d = plain(gr_http_url("/plain/f"));
    gr_downloaded got;
    gr_err        err;

    (void)state;
    with_part(NULL, 0);
    arrives(&d, 0, 1);
    assert_int_equal(told, FILE_SIZE);
    assert_string_equal((const char *)seen->range, "");
    assert_string_equal((const char *)seen->auth, "");
    assert_string_equal((const char *)seen->agent, "test/1");
    with_part(NULL, 0);
    d.url = gr_http_url("/open/f"); /* no length is said */
    arrives(&d, 0, 1);
    with_part(NULL, 0);
    d.size = -1;
    arrives(&d, 0, 1);
    with_part(NULL, 0);
    d = plain(gr_http_url("/plain/empty"));
    d.sha256 = NULL;
    d.size = 0;
    assert_ok(run(&got, &d, &err), &err);
    d.size = -1;
    (void)remove(at("out/f"));
    assert_ok(run(&got, &d, &err), &err);
    assert_int_equal(seen->requests, 1); /* of an empty file nothing is missing: it was asked for only where its size was not known */
    assert_int_equal(gr_fs_size(at("out/f")), 0);
    with_part(bytes, 100); /* an empty file where a part of another lies; known to be empty, it is not asked for */
    d.size = 0;
    assert_ok(run(&got, &d, &err), &err);
    assert_int_equal(seen->requests, 0);
    assert_int_equal(gr_fs_size(at("out/f")), 0);
    with_part(bytes, 100);
    d.size = -1;
    d.url = gr_http_url("/whole/empty");
    assert_ok(run(&got, &d, &err), &err);
    assert_int_equal(gr_fs_size(at("out/f")), 0);
}

static void from_files(void **state)
{
    char        url[GR_PATH_MAX + 16] = "";
    gr_download d = plain(url);

    (void)state;
    (void)snprintf(url, sizeof url, "file://%s", at("www/f"));
    with_part(NULL, 0);
    arrives(&d, 0, 0);
    with_part(bytes, 1000);
    arrives(&d, 1000, 0);
    with_part(NULL, 0);
    (void)snprintf(url, sizeof url, "file://%s", at("www/none"));
    fails(&d, GR_E_NOTFOUND, "no such file", -1);
    with_part(NULL, 0);
    (void)snprintf(url, sizeof url, "file://%s", at("www/f"));
    d.plain = false;
    fails(&d, GR_E_ARG, "only https", -1);
}

static void redirected(void **state)
{
    gr_download d = plain(gr_http_url("/to//plain/f"));
    char        url[2 * GR_PATH_MAX] = "";

    (void)state;
    with_part(NULL, 0);
    arrives(&d, 0, 2);
    with_part(bytes, 5000);
    arrives(&d, 5000, 2);
    with_part(NULL, 0);
    (void)snprintf(url, sizeof url, "%s/to/file://%s", gr_http_url(""), at("www/f"));
    d.url = url; /* never to a file of this machine */
    fails(&d, GR_E_ARG, "only https", -1);
    d.url = gr_http_url("/loop");
    fails(&d, GR_E_NETWORK, "redirected too often", -1);
    d.url = gr_http_url("/to//plain/f");
    d.token = "secret"; /* who has one to lose is not led to plain addresses */
    fails(&d, GR_E_ARG, "only https", -1);
    d.token = NULL;
    d.url = gr_http_url("/plain/f");
    d.plain = false;
    fails(&d, GR_E_ARG, "only https", -1);
}

/* ---- resumed ---- */

static void resumed(void **state)
{
    gr_download d = plain(gr_http_url("/plain/f"));

    (void)state;
    with_part(bytes, 1000);
    arrives(&d, 1000, 1);
    assert_string_equal((const char *)seen->range, "bytes=1000-");
    with_part(bytes, 1000);
    d.url = gr_http_url("/whole/f"); /* the server knows no ranges */
    arrives(&d, 0, 1);
    with_part(bytes, 1000);
    d.url = gr_http_url("/other/f");
    fails(&d, GR_E_NETWORK, "sends the bytes from 999", 1000);
    with_part(bytes, FILE_SIZE); /* it was only not yet named */
    d.url = gr_http_url("/plain/f");
    arrives(&d, FILE_SIZE, 0);
    with_part(bytes, FILE_SIZE); /* the same when only the server knows the size */
    d.size = -1;
    arrives(&d, FILE_SIZE, 1);
    with_part(bytes, 10);
    d.url = gr_http_url("/vast/f"); /* with the part it would be more than there are numbers for */
    fails(&d, GR_E_NETWORK, "ended before the file did", FILE_SIZE);
    with_part(bytes, 10);
    d.size = FILE_SIZE; /* its Content-Range does not say of how many bytes the range is one */
    fails(&d, GR_E_NETWORK, "ended before the file did", FILE_SIZE);
    with_part(bytes, 10);
    d.url = gr_http_url("/bare/f"); /* only its Content-Range does */
    arrives(&d, 10, 1);
    with_part(bytes, 10);
    d.size = FILE_SIZE - 1;
    fails(&d, GR_E_CHECKSUM, "the server has 300000 bytes where the manifest has 299999", -1);
    assert_int_equal(told, 0); /* before a byte was taken */
}

static void part_of_another_file(void **state)
{
    static char other[FILE_SIZE + 1];
    gr_download d = plain(gr_http_url("/plain/f"));

    (void)state;
    memset(other, 'x', sizeof other);
    with_part(other, 1000);
    arrives(&d, 0, 2);
    with_part(other, FILE_SIZE);
    arrives(&d, 0, 1);
    with_part(other, FILE_SIZE + 1);
    arrives(&d, 0, 1);
    d.size = -1;
    with_part(other, FILE_SIZE + 1);
    arrives(&d, 0, 2);
    d.sha256 = NULL; /* nobody can tell: the server's end decides */
    with_part(other, FILE_SIZE + 1);
    arrives(&d, 0, 2);
}

/* Where nothing could tell a file from the halves of two, what an earlier call left is not used. */
static void begun_anew(void **state)
{
    gr_download d = plain(gr_http_url("/plain/f"));

    (void)state;
    d.sha256 = NULL;
    d.size = -1;
    d.anew = true;
    with_part("another file", 12);
    arrives(&d, 0, 1);
    assert_string_equal((const char *)seen->range, "");
    with_part(NULL, 0);
    d.url = gr_http_url("/once/1000/f"); /* within one call it goes on */
    d.retries = 1;
    arrives(&d, 0, 2);
    assert_string_equal((const char *)seen->range, "bytes=1000-");
}

/* A server that does not stop, and one that says that it will not. */
static void of_no_known_size(void **state)
{
    gr_download d = plain(gr_http_url("/endless/f"));

    (void)state;
    d.size = -1;
    d.most = FILE_SIZE;
    with_part(NULL, 0);
    fails(&d, GR_E_CHECKSUM, "more than 300000 bytes, and its manifest does not say", -1);
    d.url = gr_http_url("/plain/f");
    arrives(&d, 0, 2);
    with_part(NULL, 0);
    d.most = FILE_SIZE - 1;
    fails(&d, GR_E_CHECKSUM, "more than 299999 bytes", -1);
    assert_int_equal(told, 0); /* its length was enough */
}

static void cut_off(void **state)
{
    gr_download d = plain(gr_http_url("/cut/1000/f"));

    (void)state;
    with_part(NULL, 0);
    fails(&d, GR_E_NETWORK, "ended before the file did", 1000);
    fails(&d, GR_E_NETWORK, "ended before the file did", 2000); /* a call goes on where the last one stopped */
    assert_string_equal((const char *)seen->range, "bytes=1000-");
    d.url = gr_http_url("/plain/f");
    arrives(&d, 2000, 3);
    with_part(NULL, 0);
    d.url = gr_http_url("/once/1000/f");
    d.retries = 1;
    arrives(&d, 0, 2); /* all in one call: nothing was left by an earlier one */
    assert_string_equal((const char *)seen->range, "bytes=1000-");
    with_part(NULL, 0);
    d.url = gr_http_url("/cut/1000/f");
    fails(&d, GR_E_NETWORK, "ended before the file did", 2000);
    with_part(NULL, 0);
    d.retries = 0;
    d.url = gr_http_url("/mute/f");
    fails(&d, GR_E_NETWORK, "without an answer", -1);
}

/* ---- what is wrong ---- */

static void refused(void **state)
{
    static const struct { const char *path; gr_status s; const char *words; } cases[] = {
        { "/plain/none", GR_E_NOTFOUND, "not there (HTTP 404)" }, { "/code/410/f", GR_E_NOTFOUND, "not there" },
        { "/code/401/f", GR_E_NOTFOUND, "does not give it to us (HTTP 401)" }, { "/code/403/f", GR_E_NOTFOUND, "HTTP 403" },
        { "/code/500/f", GR_E_NETWORK, "HTTP 500: try again later" }, { "/code/429/f", GR_E_NETWORK, "try again later" },
        { "/code/418/f", GR_E_NETWORK, "HTTP 418" }, { "/code/300/f", GR_E_NETWORK, "HTTP 300, and not with the file" },
    };
    gr_download d = plain(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        with_part(NULL, 0);
        d.url = gr_http_url(cases[i].path);
        fails(&d, cases[i].s, cases[i].words, -1);
        with_part(bytes, 77); /* a part of before is not lost by it */
        fails(&d, cases[i].s, cases[i].words, 77);
    }
    with_part(NULL, 0);
    d.url = gr_http_url("/busy/f");
    fails(&d, GR_E_NETWORK, "HTTP 503", -1);
    with_part(NULL, 0);
    d.retries = 1;
    arrives(&d, 0, 2);
    with_part(NULL, 0);
    d.url = gr_http_url("/plain/none"); /* not a matter of patience */
    fails(&d, GR_E_NOTFOUND, "404", -1);
    assert_int_equal(seen->requests, 1);
}

/* Retry-After, RFC 9110 section 10.2.3 */
static void asked_to_wait(void **state)
{
    gr_download  d = plain(gr_http_url("/later/3/f"));
    const double started = gr_clock_seconds();

    (void)state;
    d.retries = 1;
    with_part(NULL, 0);
    arrives(&d, 0, 2);
    assert_true(gr_clock_seconds() - started >= 3.0); /* without being asked it is one second */
    with_part(NULL, 0);
    d.url = gr_http_url("/later/3600/f");
    fails(&d, GR_E_NETWORK, "to be tried in 3600 s", -1);
    assert_int_equal(seen->requests, 1);
}

static void wrong_file(void **state)
{
    gr_download d = plain(gr_http_url("/wrong/f"));
    char        got[GR_SHA256_HEX];
    gr_err      err;
    gr_downloaded out;

    (void)state;
    with_part(NULL, 0);
    bytes[0] = (char)(bytes[0] + 1);
    gr_sha256_of(got, bytes, FILE_SIZE);
    bytes[0] = (char)(bytes[0] - 1);
    fails(&d, GR_E_CHECKSUM, got, -1);
    assert_status(run(&out, &d, &err), GR_E_CHECKSUM, &err, digest); /* both are said */
    assert_non_null(strstr(err.msg, "f: "));
    with_part(NULL, 0);
    d.url = gr_http_url("/longer/f");
    fails(&d, GR_E_CHECKSUM, "the server has 300001 bytes where the manifest has 300000", -1);
    d.url = gr_http_url("/more/f");
    fails(&d, GR_E_CHECKSUM, "more than the 300000 bytes", -1);
    d.url = gr_http_url("/fewer/f");
    fails(&d, GR_E_CHECKSUM, "299999 bytes came", -1);
    with_part(bytes, 10);
    fails(&d, GR_E_CHECKSUM, "299999 bytes came", -1);
}

static void stalled(void **state)
{
    gr_download d = plain(gr_http_url("/stall/1234/f"));

    (void)state;
    with_part(NULL, 0);
    d.stall_s = 3; /* and not less: the server must have come to speak meanwhile, on a busy machine too */
    fails(&d, GR_E_NETWORK, "nothing came for 3 s", 1234);
    d.url = gr_http_url("/plain/f");
    arrives(&d, 1234, 2);
}

static void no_way(void **state)
{
    gr_download d = plain("http://127.0.0.1:1/f"); /* nobody listens there */
    char        url[64] = "";

    (void)state;
    with_part(NULL, 0);
    fails(&d, GR_E_NETWORK, "cannot connect (", -1);
    assert_int_equal(setenv("http_proxy", "http://127.0.0.2:2", 1), 0);
    fails(&d, GR_E_NETWORK, "127.0.0.2", -1); /* it is the proxy that is not there */
    assert_int_equal(unsetenv("http_proxy"), 0);
    d.url = url;
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d/plain/f", gr_http_port()); /* it speaks no TLS */
    fails(&d, GR_E_NETWORK, url, -1);
    assert_int_equal(seen->requests, 0);
    d.url = "https://";
    fails(&d, GR_E_ARG, "not an address", -1);
}

/* Somebody listens and never says a word. */
static void no_greeting(void **state)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const int          s = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t          size = sizeof a;
    char               url[64] = "";
    gr_download        d = plain(url);

    (void)state;
    assert_true(s >= 0 && bind(s, (struct sockaddr *)&a, sizeof a) == 0 && listen(s, 4) == 0 && getsockname(s, (struct sockaddr *)&a, &size) == 0);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d/f", ntohs(a.sin_port));
    with_part(NULL, 0);
    d.stall_s = 1;
    fails(&d, GR_E_NETWORK, "no connection within 1 s", -1);
    (void)close(s);
}

/* ---- the caller's part ---- */

static bool after_some(void *user)
{
    (void)user;
    return told >= 1000;
}

static void interrupted(void **state)
{
    gr_download d = plain(gr_http_url("/stall/1000/f"));

    (void)state;
    with_part(NULL, 0);
    d.stop = after_some;
    fails(&d, GR_E_CANCELLED, "interrupted", 1000);
    with_part(NULL, 0);
    d.url = gr_http_url("/cut/1000/f"); /* while it waits to try again */
    d.retries = 100;
    fails(&d, GR_E_CANCELLED, "interrupted", 1000);
}

/* Called outside of libcurl. */
static gr_status judge(void *user, const char *path, gr_err *err)
{
    const gr_status verdict = *(const gr_status *)user;

    assert_int_equal(gr_fs_size(path), FILE_SIZE);
    assert_int_equal(gr_fs_size(at("out/f")), -1); /* nobody sees it under its name yet */
    return verdict == GR_OK ? GR_OK : gr_fail(err, verdict, "judged");
}

static void judged(void **state)
{
    gr_download d = plain(gr_http_url("/plain/f"));
    gr_status   verdict = GR_E_FORMAT;

    (void)state;
    d.sha256 = NULL;
    d.size = -1;
    d.progress = NULL;
    d.check = judge;
    d.user = &verdict;
    with_part(NULL, 0);
    fails(&d, GR_E_CHECKSUM, "not the file of the manifest: judged", -1);
    verdict = GR_E_IO; /* that says nothing of the file */
    fails(&d, GR_E_IO, "judged", FILE_SIZE);
    with_part(NULL, 0);
    verdict = GR_OK;
    arrives(&d, 0, 1);
}

static void told_to_servers(void **state)
{
    gr_download d = plain(gr_http_url("/plain/f"));

    (void)state;
    with_part(NULL, 0);
    d.token = "secret";
    arrives(&d, 0, 1);
    assert_string_equal((const char *)seen->auth, "Bearer secret");
    with_part(NULL, 0);
    d.token = NULL; /* a handle does not keep it */
    arrives(&d, 0, 1);
    assert_string_equal((const char *)seen->auth, "");
    with_part(NULL, 0);
    assert_int_equal(setenv("http_proxy", gr_http_url(""), 1), 0);
    d.url = "http://example.invalid/plain/f";
    arrives(&d, 0, 1);
    assert_string_equal((const char *)seen->target, "http://example.invalid/plain/f");
    assert_int_equal(unsetenv("http_proxy"), 0);
}

static void verified(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_download_verify(at("www/f"), digest, FILE_SIZE, &err), &err);
    assert_ok(gr_download_verify(at("www/f"), NULL, -1, &err), &err);
    assert_status(gr_download_verify(at("www/f"), NULL, 3, &err), GR_E_CHECKSUM, &err, "300000 bytes where the manifest has 3");
    assert_status(gr_download_verify(at("www/empty"), digest, -1, &err), GR_E_CHECKSUM, &err, digest);
    assert_status(gr_download_verify(at("www/none"), digest, -1, &err), GR_E_NOTFOUND, &err, "www/none");
}

static void not_built_in(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_status(gr_fetch_open(&net, "test/1", &err), GR_E_UNSUPPORTED, &err, "libcurl4-openssl-dev");
    assert_null(net);
    gr_case_skip("downloads", "this build has no libcurl");
    gr_cases_done("downloads", 0);
}

int main(void)
{
    static const struct CMUnitTest none[] = { cmocka_unit_test(not_built_in) };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole, start, NULL), cmocka_unit_test(from_files), cmocka_unit_test(redirected), cmocka_unit_test(resumed),
        cmocka_unit_test(part_of_another_file), cmocka_unit_test(begun_anew), cmocka_unit_test(of_no_known_size), cmocka_unit_test(cut_off), cmocka_unit_test(refused), cmocka_unit_test(asked_to_wait),
        cmocka_unit_test(wrong_file), cmocka_unit_test(stalled),
        cmocka_unit_test(no_way), cmocka_unit_test(no_greeting), cmocka_unit_test(interrupted), cmocka_unit_test(judged), cmocka_unit_test(told_to_servers),
        cmocka_unit_test_setup_teardown(verified, NULL, end),
    };
    static const char *const proxies[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY" };

    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++) (void)unsetenv(proxies[i]);
    return gr_fetch_library() ? gr_test_main(tests) : gr_test_main(none);
}
