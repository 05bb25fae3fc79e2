/* http.c - see http.h. */
#include "tests/support/http.h"

#include <arpa/inet.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUEST_MAX = 8192, STALL_MS = 60000 };

static struct {
    gr_http_seen *seen;
    pid_t pid;
    int port;
} server;

/* ---- in the server's process ---- */

/* The request's head; false when the other side hangs up or sends too much. */
static bool read_head(int c, char head[REQUEST_MAX])
{
    size_t n = 0;

    for (;;) {
        const ssize_t got = read(c, head + n, REQUEST_MAX - 1 - n);
        if (got <= 0) return false;
        n += (size_t)got;
        head[n] = '\0';
        if (strstr(head, "\r\n\r\n")) return true;
        if (head[0] != 'G' || n >= REQUEST_MAX - 1) return false; /* a greeting of TLS is none of ours */
    }
}

static void header(char *out, size_t cap, const char *head, const char *name)
{
    const size_t n = strlen(name);

    out[0] = '\0';
    for (const char *p = strstr(head, "\r\n"); p; p = strstr(p + 2, "\r\n"))
        if (strncasecmp(p + 2, name, n) == 0 && p[2 + n] == ':') {
            (void)snprintf(out, cap, "%.*s", (int)strcspn(p + 3 + n + (p[3 + n] == ' '), "\r"), p + 3 + n + (p[3 + n] == ' '));
            return;
        }
}

static bool say(int c, const char *p, size_t n)
{
    while (n) {
        const ssize_t got = send(c, p, n, MSG_NOSIGNAL);
        if (got <= 0) return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

static bool say_text(int c, const char *text)
{
    return say(c, text, strlen(text));
}

/* wait: seconds that the other side is asked to wait; -1: not asked */
static void say_status(int c, int code, long wait)
{
    char text[160], later[48] = "";

    if (wait >= 0) (void)snprintf(later, sizeof later, "Retry-After: %ld\r\n", wait);
    (void)snprintf(text, sizeof text, "HTTP/1.1 %d Said So\r\n%sContent-Length: 4\r\nConnection: close\r\n\r\nno.\n", code, later);
    (void)say_text(c, text);
}

/* Until the other side hangs up, or for a minute. */
static void stall(int c)
{
    struct pollfd p = { .fd = c, .events = POLLIN };
    char byte;

    if (poll(&p, 1, STALL_MS) > 0) (void)!read(c, &byte, 1);
}

/* The file with a byte of room behind it; NULL when it is not there. */
static char *load(const char *folder, const char *name, size_t *n)
{
    char path[4096], *p = NULL;
    FILE *f;
    long size;

    (void)snprintf(path, sizeof path, "%.3000s/%.1000s", folder, name);
    f = fopen(path, "rb");
    if (!f) return NULL;
    if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0 && (p = malloc((size_t)size + 1))) {
        *n = fread(p, 1, (size_t)size, f);
        p[*n] = '+';
    }
    (void)fclose(f);
    return p;
}

/* How an answer departs from the plain one. */
typedef struct manners {
    bool ranges, length; /* honours ranges; says the length            */
    long extra;          /* bytes more (1) or less (-1) than the file  */
    long cut, stall;     /* bytes of the body, then hang up, or wait   */
    bool other, wrong;   /* another range; another first byte          */
    bool vast, endless;  /* says the largest length; never stops       */
    bool bare;           /* of a range says the place, not the length  */
} manners;

static void answer(int c, const char *folder, const char *name, const char *range, manners m)
{
    size_t n = 0, from = 0, send_n;
    char *p = load(folder, name, &n), head[256];
    const bool part = m.ranges && sscanf(range, "bytes=%zu-", &from) == 1;
    bool ok;

    if (!p || (part && from >= n)) {
        say_status(c, p ? 416 : 404, -1);
        free(p);
        return;
    }
    if (m.wrong && n) p[0] = (char)(p[0] + 1);
    send_n = (size_t)((long)n + m.extra) - from;
    if (part && m.vast)
        (void)snprintf(head, sizeof head, "HTTP/1.1 206 Part\r\nContent-Length: %lld\r\nContent-Range: bytes %zu-/*\r\nConnection: close\r\n\r\n", LLONG_MAX, from);
    else if (part && m.bare)
        (void)snprintf(head, sizeof head, "HTTP/1.1 206 Part\r\nContent-Range: bytes %zu-%zu/%zu\r\nConnection: close\r\n\r\n", from, n - 1, n);
    else if (part)
        (void)snprintf(head, sizeof head, "HTTP/1.1 206 Part\r\nContent-Length: %zu\r\nContent-Range: bytes %zu-%zu/%zu\r\nConnection: close\r\n\r\n", send_n,
                       m.other ? from - 1 : from, n - 1, n);
    else if (m.length) (void)snprintf(head, sizeof head, "HTTP/1.1 200 Yes\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", send_n);
    else (void)snprintf(head, sizeof head, "HTTP/1.1 200 Yes\r\nConnection: close\r\n\r\n");
    ok = say_text(c, head);
    if (m.cut >= 0 && (size_t)m.cut < send_n) send_n = (size_t)m.cut;
    if (m.stall >= 0 && (size_t)m.stall < send_n) send_n = (size_t)m.stall;
    do
        ok = ok && say(c, p + from, send_n);
    while (ok && m.endless);
    if (ok && m.stall >= 0) stall(c);
    free(p);
}

/* target: "/manner/..." */
static void obey(int c, const char *folder, const char *target, const char *range, bool first)
{
    manners m = { .ranges = true, .length = true, .cut = -1, .stall = -1 };
    const char *rest = strchr(target + 1, '/');
    const size_t n = rest ? (size_t)(rest - target - 1) : strlen(target + 1);
    char word[16] = "", text[700];
    char *end = NULL;
    long number = -1;

    (void)snprintf(word, sizeof word, "%.*s", (int)n, target + 1);
    rest = rest ? rest + 1 : "";
    number = strtol(rest, &end, 10);
    if (strcmp(word, "cut") == 0 || strcmp(word, "once") == 0 || strcmp(word, "stall") == 0 || strcmp(word, "code") == 0 || strcmp(word, "later") == 0) rest = *end == '/' ? end + 1 : end;
    if (strcmp(word, "mute") == 0) return;
    if (strcmp(word, "code") == 0 || (strcmp(word, "busy") == 0 && first)) {
        say_status(c, strcmp(word, "busy") == 0 ? 503 : (int)number, -1);
        return;
    }
    if (strcmp(word, "later") == 0 && first) {
        say_status(c, 503, number);
        return;
    }
    if (strcmp(word, "to") == 0 || strcmp(word, "loop") == 0) {
        (void)snprintf(text, sizeof text, "HTTP/1.1 302 There\r\nLocation: %.600s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", *word == 'l' ? "/loop" : rest);
        (void)say_text(c, text);
        return;
    }
    if (strcmp(word, "cut") == 0 || (strcmp(word, "once") == 0 && first)) m.cut = number;
    if (strcmp(word, "stall") == 0) m.stall = number;
    m.other = strcmp(word, "other") == 0;
    m.wrong = strcmp(word, "wrong") == 0;
    m.vast = strcmp(word, "vast") == 0;
    m.endless = strcmp(word, "endless") == 0;
    m.bare = strcmp(word, "bare") == 0;
    if (strcmp(word, "longer") == 0 || strcmp(word, "more") == 0) m.extra = 1;
    if (strcmp(word, "fewer") == 0) m.extra = -1;
    m.length = !m.endless && strcmp(word, "open") != 0 && strcmp(word, "more") != 0 && strcmp(word, "fewer") != 0;
    if (!m.length || m.extra || strcmp(word, "whole") == 0) m.ranges = false;
    answer(c, folder, rest, range, m);
}

static void handle(int c, const char *folder)
{
    gr_http_seen *s = server.seen;
    char head[REQUEST_MAX], *target, *end;
    char keep[512];

    if (!read_head(c, head) || !(target = strchr(head, ' ')) || !(end = strchr(target + 1, ' '))) return;
    (void)snprintf(keep, sizeof keep, "%.*s", (int)(end - target - 1), target + 1);
    memcpy(s->target, keep, sizeof keep);
    header(s->range, sizeof s->range, head, "Range");
    header(s->auth, sizeof s->auth, head, "Authorization");
    header(s->agent, sizeof s->agent, head, "User-Agent");
    target = keep;
    if (strncmp(target, "http://", 7) == 0 && !(target = strchr(target + 7, '/'))) return; /* asked as a proxy */
    s->requests++;
    obey(c, folder, target, s->range, s->requests == 1);
}

static void serve(int listening, const char *folder)
{
    for (;;) {
        const int c = accept(listening, NULL, NULL);

        if (c < 0) continue;
        handle(c, folder);
        (void)shutdown(c, SHUT_WR);
        (void)close(c);
    }
}

/* ---- in the test's ---- */

static void stop(void)
{
    if (server.pid <= 0) return;
    (void)kill(server.pid, SIGKILL);
    (void)waitpid(server.pid, NULL, 0);
    server.pid = 0;
}

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

const volatile gr_http_seen *gr_http_start(const char *folder)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof a;
    int s;

    if (server.pid > 0) return server.seen;
    server.seen = mmap(NULL, sizeof *server.seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server.seen == MAP_FAILED || s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) != 0 || listen(s, 16) != 0 ||
        getsockname(s, (struct sockaddr *)&a, &size) != 0)
        give_up("the test's server");
    server.port = ntohs(a.sin_port);
    (void)fflush(NULL);
    server.pid = fork();
    if (server.pid < 0) give_up("the test's server");
    if (server.pid == 0) serve(s, folder);
    (void)close(s);
    (void)atexit(stop);
    return server.seen;
}

void gr_http_forget(void)
{
    memset(server.seen, 0, sizeof *server.seen);
}

int gr_http_port(void)
{
    return server.port;
}

const char *gr_http_url(const char *path)
{
    static char url[16][1024];
    static size_t turn;
    char *u = url[turn++ % 16];

    (void)snprintf(u, sizeof url[0], "http://127.0.0.1:%d%s", server.port, path);
    return u;
}
