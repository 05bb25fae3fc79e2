/* fetch.c - fetch.h over libcurl. A part of a file is asked for by a Range header of our own, since libcurl's resume option takes an
 * answer with the whole file for an error, where we begin anew.
 *
 * The library is loaded when it is first wanted. Linked to the program, it and the thirty behind it cost every start of it 10 ms. */
#include "data/fetch.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

enum { CONNECT_S = 30, REDIRECTS_MAX = 10 };

/* What is called of it, under the names of curl.h without their first word. */
#define FUNCTIONS(X) \
    X(global_init) X(global_cleanup) X(easy_init) X(easy_cleanup) X(easy_setopt) X(easy_getinfo) X(easy_perform) X(easy_strerror) X(version)
#define MEMBER(name) __typeof__(&curl_##name) name;
typedef struct library {
    FUNCTIONS(MEMBER)
} library;
#undef MEMBER

struct gr_fetch {
    library lib;
    CURL *curl;
    char  said[CURL_ERROR_SIZE]; /* libcurl's own words about the last failure */
};

/* One call of gr_fetch_get. */
typedef struct transfer {
    gr_fetch            *f;
    const gr_fetch_sink *sink;
    int64_t              asked;            /* the request's `from`                              */
    int64_t              part_from, whole; /* of Content-Range; -1: not said                    */
    bool                 begun, stopped;
    gr_status            failed;           /* of the sink, with its message in *err             */
    gr_err              *err;
} transfer;

/* What the address may begin with, and what those that it leads to may. libcurl 7.85 names protocols by text and calls the older masks deprecated. */
#if LIBCURL_VERSION_NUM >= 0x075500
static CURLcode speak_only(gr_fetch *f, bool plain, bool plain_behind)
{
    const CURLcode e = f->lib.easy_setopt(f->curl, CURLOPT_PROTOCOLS_STR, plain ? "https,http,file" : "https");

    return e != CURLE_OK ? e : f->lib.easy_setopt(f->curl, CURLOPT_REDIR_PROTOCOLS_STR, plain_behind ? "https,http" : "https");
}
#else
static CURLcode speak_only(gr_fetch *f, bool plain, bool plain_behind)
{
    const long     https = CURLPROTO_HTTPS, web = CURLPROTO_HTTPS | CURLPROTO_HTTP;
    const CURLcode e = f->lib.easy_setopt(f->curl, CURLOPT_PROTOCOLS, plain ? web | CURLPROTO_FILE : https);

    return e != CURLE_OK ? e : f->lib.easy_setopt(f->curl, CURLOPT_REDIR_PROTOCOLS, plain_behind ? web : https);
}
#endif

/* It stays for good: taken out again, what it has set up to run at the program's end would be gone. */
static bool load(library *lib)
{
    static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4" }; /* one interface, three libraries for TLS */
    void *file = NULL, *at;

    for (size_t i = 0; !file && i < sizeof names / sizeof *names; i++) file = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!file) return false;
#define FIND(name)                                       \
    if (!(at = dlsym(file, "curl_" #name))) return false; \
    memcpy(&lib->name, &at, sizeof at);
    FUNCTIONS(FIND)
#undef FIND
    return true;
}

const char *gr_fetch_library(void)
{
    library lib;

    return load(&lib) ? lib.version() : NULL;
}

gr_status gr_fetch_open(gr_fetch **out, const char *agent, gr_err *err)
{
    gr_fetch *f = calloc(1, sizeof *f);

    *out = NULL;
    if (f == NULL) return gr_fail_nomem(err, "a download");
    if (!load(&f->lib) || f->lib.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(f);
        return gr_fail(err, GR_E_UNSUPPORTED, "libcurl is not installed, or not whole: install libcurl4, or download by hand what `glue-run fetch --dry-run` lists");
    }
    f->curl = f->lib.easy_init();
    if (f->curl == NULL || f->lib.easy_setopt(f->curl, CURLOPT_USERAGENT, agent) != CURLE_OK) {
        gr_fetch_close(f);
        return gr_fail_nomem(err, "a download");
    }
    *out = f;
    return GR_OK;
}

void gr_fetch_close(gr_fetch *f)
{
    if (f == NULL) return;
    if (f->curl != NULL) f->lib.easy_cleanup(f->curl);
    f->lib.global_cleanup();
    free(f);
}

/* ---- what comes ---- */

/* "bytes 100-199/200" or "bytes 100-199/" and a star: anything else is as if it were not said. */
static void read_range(transfer *t, gr_sv value)
{
    gr_sv   rest = gr_sv_trim(value), from;
    int64_t n;

    if (!gr_sv_starts(rest, "bytes ")) return;
    (void)gr_sv_split(&rest, ' ');
    from = gr_sv_split(&rest, '-');
    if (gr_sv_int(&n, from, NULL) == GR_OK) t->part_from = n;
    (void)gr_sv_split(&rest, '/');
    if (gr_sv_int(&n, rest, NULL) == GR_OK) t->whole = n;
}

static bool same_word(gr_sv a, const char *word)
{
    bool same = a.n == strlen(word);

    for (size_t i = 0; same && i < a.n; i++) same = (a.p[i] >= 'A' && a.p[i] <= 'Z' ? a.p[i] + ('a' - 'A') : a.p[i]) == word[i];
    return same;
}

static size_t on_header(char *p, size_t size, size_t n, void *user)
{
    transfer *const t = user;
    gr_sv           rest = { p, size * n }, name;

    if (gr_sv_starts(rest, "HTTP/")) t->part_from = t->whole = -1; /* each answer of a chain of redirects anew */
    name = gr_sv_split(&rest, ':');
    if (same_word(name, "content-range")) read_range(t, rest);
    return size * n;
}

/* What the answer's first bytes stand for. */
static gr_status begin(transfer *t)
{
    long       code = 0;
    curl_off_t length = -1;
    int64_t    from = 0, total = -1;

    (void)t->f->lib.easy_getinfo(t->f->curl, CURLINFO_RESPONSE_CODE, &code);
    (void)t->f->lib.easy_getinfo(t->f->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    t->begun = true;
    if (code >= 300) return gr_fail(t->err, GR_E_NETWORK, "the server answers with HTTP %ld, and not with the file", code); /* a redirect to nowhere */
    if (code == 0) from = t->asked; /* file: */
    else if (code == 206) from = t->part_from;
    if (code == 206 && from != t->asked)
        return gr_fail(t->err, GR_E_NETWORK, "the server sends the bytes from %lld, asked for were those from %lld", (long long)from, (long long)t->asked);
    if (from > 0 && t->whole >= 0) total = t->whole;
    else if (length >= 0 && length <= INT64_MAX - from) total = from + length;
    return t->sink->begin(t->sink->user, from, total, t->err);
}

static size_t on_bytes(char *p, size_t size, size_t n, void *user)
{
    transfer *const t = user;

    if (t->failed == GR_OK && !t->begun) t->failed = begin(t);
    if (t->failed == GR_OK) t->failed = t->sink->bytes(t->sink->user, p, size * n, t->err);
    return t->failed == GR_OK ? size * n : 0;
}

static int on_wait(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    transfer *const t = user;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    t->stopped = t->stopped || t->sink->stop(t->sink->user);
    return t->stopped;
}

/* ---- what went wrong ---- */

static long stall_seconds(const gr_fetch_request *r)
{
    return r->stall_s < 1 ? 1 : (long)r->stall_s;
}

static long connect_seconds(const gr_fetch_request *r)
{
    const long stall = stall_seconds(r);

    return stall < CONNECT_S ? stall : (long)CONNECT_S;
}

typedef struct meaning {
    CURLcode    code;
    gr_status   status;
    bool        again;
    const char *words; /* NULL: libcurl's own */
} meaning;

static const meaning meanings[] = {
    { CURLE_COULDNT_RESOLVE_HOST, GR_E_NETWORK, false, "no such host, or no network" },
    { CURLE_COULDNT_RESOLVE_PROXY, GR_E_NETWORK, false, "the proxy's host is not found" },
    { CURLE_COULDNT_CONNECT, GR_E_NETWORK, false, "cannot connect" },
    { CURLE_UNSUPPORTED_PROTOCOL, GR_E_ARG, false, "only https is spoken (http and file where a manifest given with --manifest allows them), also behind a redirect" },
    { CURLE_URL_MALFORMAT, GR_E_ARG, false, "not an address" },
    { CURLE_FILE_COULDNT_READ_FILE, GR_E_NOTFOUND, false, "no such file" },
    { CURLE_TOO_MANY_REDIRECTS, GR_E_NETWORK, false, "redirected too often" },
    { CURLE_PARTIAL_FILE, GR_E_NETWORK, true, "the connection ended before the file did" },
    { CURLE_GOT_NOTHING, GR_E_NETWORK, true, "the server closed the connection without an answer" },
    { CURLE_RECV_ERROR, GR_E_NETWORK, true, "the connection broke" },
    { CURLE_SEND_ERROR, GR_E_NETWORK, true, "the connection broke" },
    { CURLE_HTTP2, GR_E_NETWORK, true, NULL },
    { CURLE_HTTP2_STREAM, GR_E_NETWORK, true, NULL },
    { CURLE_OUT_OF_MEMORY, GR_E_NOMEM, false, "out of memory" },
};

static const meaning *meaning_of(CURLcode e)
{
    static const meaning other = { CURLE_OK, GR_E_NETWORK, false, NULL }; /* TLS above all: libcurl says it best */

    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].code == e) return &meanings[i];
    return &other;
}

static gr_status refused(const gr_fetch *f, const char *url, long code, gr_fetch_answer *answer, gr_err *err)
{
    curl_off_t wait = 0;

    (void)f->lib.easy_getinfo(f->curl, CURLINFO_RETRY_AFTER, &wait);
    answer->past_end = code == 416;
    answer->again = code >= 500 || code == 408 || code == 429;
    answer->denied = code == 401 || code == 403;
    answer->wait_s = wait > 0 ? wait : 0;
    if (answer->denied) return gr_fail(err, GR_E_NOTFOUND, "%.200s: the server does not give it to us (HTTP %ld)", url, code);
    if (code == 404 || code == 410) return gr_fail(err, GR_E_NOTFOUND, "%.200s: not there (HTTP %ld)", url, code);
    return gr_fail(err, GR_E_NETWORK, "%.200s: the server answers with HTTP %ld%s", url, code, answer->again ? ": try again later" : "");
}

static gr_status explain(const gr_fetch *f, const gr_fetch_request *r, const transfer *t, CURLcode e, gr_fetch_answer *answer, gr_err *err)
{
    const meaning *const m = meaning_of(e);
    const bool           stalled = e == CURLE_OPERATION_TIMEDOUT;
    double               connected = 0;
    long                 code = 0;

    if (t->failed != GR_OK) return gr_wrap(err, t->failed, "%.200s", r->url);
    if (t->stopped) return gr_fail(err, GR_E_CANCELLED, "%.200s: interrupted", r->url);
    (void)f->lib.easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &code);
    if (e == CURLE_HTTP_RETURNED_ERROR) return refused(f, r->url, code, answer, err);
    answer->again = m->again || stalled;
    answer->past_end = e == CURLE_BAD_DOWNLOAD_RESUME;
    (void)f->lib.easy_getinfo(f->curl, CURLINFO_PRETRANSFER_TIME, &connected);
    if (stalled && connected <= 0) return gr_fail(err, GR_E_NETWORK, "%.200s: no connection within %ld s", r->url, connect_seconds(r));
    if (stalled) return gr_fail(err, GR_E_NETWORK, "%.200s: nothing came for %ld s", r->url, stall_seconds(r));
    if (m->words == NULL) return gr_fail(err, m->status, "%.200s: %.200s", r->url, f->said[0] != '\0' ? f->said : f->lib.easy_strerror(e));
    if (m->status != GR_E_NETWORK || f->said[0] == '\0') return gr_fail(err, m->status, "%.200s: %s", r->url, m->words);
    return gr_fail(err, m->status, "%.200s: %s (%.120s)", r->url, m->words, f->said); /* which host and port: it may be a proxy's */
}

/* ---- a request ---- */

#define SET(option, value) \
    if ((e = f->lib.easy_setopt(f->curl, option, value)) != CURLE_OK) return e

/* Every option of every request is set here: a handle keeps those of the request before. CURLOPT_NOSIGNAL is not: with it libcurl does not hold
 * back the SIGPIPE of a TLS connection that the server closed, which would end the program without a word. */
static CURLcode prepare(gr_fetch *f, const gr_fetch_request *r, transfer *t)
{
    char       range[32];
    CURLcode   e;

    (void)snprintf(range, sizeof range, "%lld-", (long long)r->from);
    SET(CURLOPT_URL, r->url);
    SET(CURLOPT_RANGE, r->from > 0 ? range : NULL);
    if ((e = speak_only(f, r->plain, r->plain && r->token == NULL)) != CURLE_OK) return e;
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    SET(CURLOPT_FAILONERROR, 1L);
    SET(CURLOPT_HTTPAUTH, r->token != NULL ? (long)CURLAUTH_BEARER : (long)CURLAUTH_BASIC);
    SET(CURLOPT_XOAUTH2_BEARER, r->token);
    SET(CURLOPT_CONNECTTIMEOUT, connect_seconds(r));
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, stall_seconds(r));
    SET(CURLOPT_ERRORBUFFER, f->said);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_bytes);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_XFERINFOFUNCTION, on_wait);
    SET(CURLOPT_XFERINFODATA, t);
    SET(CURLOPT_NOPROGRESS, 0L);
    return CURLE_OK;
}

gr_status gr_fetch_get(gr_fetch *f, const gr_fetch_request *r, const gr_fetch_sink *sink, gr_fetch_answer *answer, gr_err *err)
{
    transfer t = { .f = f, .sink = sink, .asked = r->from, .part_from = -1, .whole = -1, .err = err };
    CURLcode e;

    *answer = (gr_fetch_answer){ 0 };
    f->said[0] = '\0';
    e = prepare(f, r, &t);
    if (e == CURLE_OK) e = f->lib.easy_perform(f->curl);
    if (e == CURLE_OK && !t.begun) t.failed = begin(&t); /* an empty file */
    return e == CURLE_OK && t.failed == GR_OK ? GR_OK : explain(f, r, &t, e, answer, err);
}
