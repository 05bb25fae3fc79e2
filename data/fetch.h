/* fetch.h - bytes from an address, handed out as they come. The only door to libcurl, and to any network: a build without it has
 * fetch_none.c in place of fetch.c, where opening says how to get it.
 *
 * gr_fetch_open -> gr_fetch_get* -> gr_fetch_close; connections are kept in between. Only https is spoken, also behind a redirect,
 * unless a request is `plain`. Proxies are those of the environment (https_proxy, no_proxy, ...), certificates those of the system. */
#ifndef GR_DATA_FETCH_H
#define GR_DATA_FETCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_fetch gr_fetch;

typedef struct gr_fetch_request {
    const char *url;
    int64_t     from;     /* so many bytes are here already: those behind them are asked for      */
    bool        plain;    /* http: and file: too; a redirect never leads to file:                 */
    const char *token;    /* for the server of `url` alone, not for those it leads to, which then must speak https; NULL: none */
    double      stall_s;  /* give up when nothing came for so long                                */
} gr_fetch_request;

/* What is done with the bytes. A failure of begin or bytes ends the transfer and is what gr_fetch_get returns. */
typedef struct gr_fetch_sink {
    /* Once, before any bytes: they are those behind `from`, which is 0 when the server sends the whole although a part was asked for.
     * total: bytes of the whole; -1 when the server does not say. */
    gr_status (*begin)(void *user, int64_t from, int64_t total, gr_err *err);
    gr_status (*bytes)(void *user, const void *p, size_t n, gr_err *err);
    bool (*stop)(void *user); /* asked about once a second: shall it end? */
    void *user;
} gr_fetch_sink;

typedef struct gr_fetch_answer {
    bool again;    /* failed in a way that may pass: cut off, stalled, a server that is busy     */
    bool past_end; /* failed because there is nothing behind `from`                              */
    bool denied;   /* the server wants to know who asks, or does not give it to them (HTTP 401, 403) */
    int64_t wait_s; /* so long the server asks us to wait before the next try (Retry-After); 0: it does not say */
} gr_fetch_answer;

/* "libcurl/7.88.1 OpenSSL/3.0.15 ..."; NULL in a build without it. */
const char *gr_fetch_library(void);

/* agent: how we call ourselves to servers. GR_E_UNSUPPORTED in a build without libcurl, GR_E_NOMEM. */
gr_status gr_fetch_open(gr_fetch **out, const char *agent, gr_err *err) GR_MUST_USE;

/* GR_E_NETWORK (host, connection, TLS, server, stalled, cut off), GR_E_NOTFOUND (the server has no such file, or does not give it to us),
 * GR_E_ARG (an address that is not spoken), GR_E_CANCELLED (stop), GR_E_NOMEM, or what the sink returned. Messages start with the address. */
gr_status gr_fetch_get(gr_fetch *f, const gr_fetch_request *r, const gr_fetch_sink *sink, gr_fetch_answer *answer, gr_err *err) GR_MUST_USE;

void gr_fetch_close(gr_fetch *f); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
