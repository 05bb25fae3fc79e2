/* fetch_job.h - the files of chosen manifests, brought to their folders one after the other: what is there and right is kept, what is
 * missing is fetched and checked, and one that fails does not stop the others. */
#ifndef GR_HARNESS_FETCH_JOB_H
#define GR_HARNESS_FETCH_JOB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fs.h"
#include "base/sha256.h"
#include "data/fetch.h"
#include "data/manifest.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_fetch_opts {
    const char *data, *models; /* folders                                                  */
    bool        force;         /* replace files that are there and not what they should be */
    bool        bar;           /* show how far it is, on a terminal                        */
    double      timeout_s;     /* give up when nothing came for so long                    */
    int64_t     retries;
} gr_fetch_opts;

typedef enum gr_fetch_state {
    GR_FETCH_WANTED,   /* not here                                          */
    GR_FETCH_HAVE,     /* was here, and right                               */
    GR_FETCH_FETCHED,
    GR_FETCH_RESUMED,  /* fetched; an earlier call had begun                */
    GR_FETCH_FAILED,
    GR_FETCH_HELD_BACK /* a model's config.json, while other files are missing: a folder without it is no model */
} gr_fetch_state;

const char *gr_fetch_state_name(gr_fetch_state s); /* "wanted", "have", ... */

typedef struct gr_fetch_file {
    const gr_manifest  *m;
    const gr_container *c;               /* NULL: no address is known for this set, which is its error */
    char                path[GR_PATH_MAX], url[1024]; /* where it goes, where it is                     */
    gr_fetch_state      state;
    int64_t             size;            /* of the file, or as the manifest has it; -1: not known      */
    bool                unchecked;       /* fetched, but nobody knows what it should be                */
    gr_err              err;             /* of FAILED                                                  */
} gr_fetch_file;

/* The files of the manifests, in order, a model's config.json behind its others; malloc'd. GR_E_ARG (HF_ENDPOINT, a path that is too long, two
 * different files for one place), GR_E_NOMEM. */
gr_status gr_fetch_files(gr_fetch_file **out, size_t *n, const gr_manifest *const *m, size_t n_m, const gr_fetch_opts *o, gr_err *err) GR_MUST_USE;

/* Look whether each is here and right: HAVE, WANTED or FAILED. Reads files, no network. */
void gr_fetch_look(gr_fetch_file *f, const gr_fetch_opts *o);

/* Fetch a WANTED one. before: those of the same manifest that stand before it. */
void gr_fetch_bring(gr_fetch_file *f, const gr_fetch_file *before, size_t n_before, gr_fetch *net, const gr_fetch_opts *o);

#ifdef __cplusplus
}
#endif
#endif
