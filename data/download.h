/* download.h - a file from an address to its place on the disk: resumed where an earlier call stopped (data/part.h), tried again where
 * that may help, held against its size and digest while it comes, and there under its name only when it is right. */
#ifndef GR_DATA_DOWNLOAD_H
#define GR_DATA_DOWNLOAD_H
#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"
#include "data/fetch.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GR_DOWNLOAD_WAIT_S = 300 /* the longest that a server may ask us to wait before the next try: beyond it we give up and say so */ };

#define GR_DOWNLOAD_MOST ((int64_t)1 << 34) /* bytes of a file of unknown size: seven times the largest checkpoint of the catalogue */

typedef struct gr_download {
    const char *url;
    const char *path;    /* where it shall be; its folders are made             */
    const char *sha256;  /* NULL: not known                                     */
    int64_t     size;    /* -1: not known                                       */
    int64_t     most;    /* where size is not known; 0: GR_DOWNLOAD_MOST        */
    bool        plain;   /* as of gr_fetch_request                              */
    const char *token;
    double      stall_s;
    int         retries; /* further tries where that may help                   */
    bool        anew;    /* nobody knows what it should be: what an earlier call left may be of another file, and is not gone on with */
    /* Of a file without a digest: is what lies at `whole` (not yet its own name) what it should be? NULL: taken as it is. */
    gr_status (*check)(void *user, const char *whole, gr_err *err);
    void      (*progress)(void *user, int64_t done, int64_t total); /* total -1: not known; NULL: not told */
    bool      (*stop)(void *user);
    void       *user;
} gr_download;

typedef struct gr_downloaded {
    int64_t size, resumed; /* bytes of the file, or, set in a failure too, of the part that is kept; bytes of it that an earlier call had fetched */
    char    sha256[GR_SHA256_HEX];
    bool    denied; /* as of gr_fetch_answer */
} gr_downloaded;

/* GR_E_CHECKSUM (nothing is left), GR_E_IO, GR_E_CANCELLED and GR_E_NETWORK (what came is kept for the next call), or as gr_fetch_get.
 * Messages name the file or the address. */
gr_status gr_download_run(gr_downloaded *out, gr_fetch *f, const gr_download *d, gr_err *err) GR_MUST_USE;

/* Is the file that lies at `path` of this size and digest, as far as they are known? GR_E_CHECKSUM says what differs; GR_E_NOTFOUND, GR_E_IO. */
gr_status gr_download_verify(const char *path, const char *sha256, int64_t size, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
