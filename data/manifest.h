/* manifest.h - where a data set or a model comes from and what its files are: data/manifests/NAME.json, model/manifests/NAME.json.
 *
 *   { "name": "rte", "title": "...", "publisher": "...", "licence": "...", "citation": "...", "verified": false,
 *     "containers": [ { "file": "RTE.zip", "url": "https://...", "also": ["RTE"], "sha256": null, "size": null } ],
 *     "members":    [ { "container": "RTE.zip", "path": "RTE/train.tsv", "split": "train", "size": 846226,
 *                       "sha256": "...", "rows": 2490, "files": 1 } ] }
 *
 * A member's path may hold one '*' in its last part: then size and sha256 are over all matching files, end to end in
 * the order of their numbers (data/row.h, GR_READ_FOLDER), and "files" is their count. A null size, sha256 or rows
 * is not known. The path null is the container itself. "verified" says whether a fetch has seen the address and the
 * licence.
 *
 * A model has "kind": "model"; its containers are its files, named below a folder of the model's name, and members are not needed. "id" is
 * the name its publisher gives it. "plain_addresses": true lets addresses begin with http:// or file:// too, for mirrors. */
#ifndef GR_DATA_MANIFEST_H
#define GR_DATA_MANIFEST_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_container {
    const char        *file;   /* name below the data folder, as published                  */
    const char        *url;    /* NULL: not to be fetched from one address                  */
    const char *const *also;   /* other names it is found under, NULL-terminated            */
    const char        *sha256; /* of the container; NULL: not known                         */
    int64_t            size;   /* -1: not known                                             */
} gr_container;

typedef struct gr_member {
    const char *container; /* a gr_container's file                                         */
    const char *path;      /* NULL: the container itself                                    */
    const char *split;     /* NULL: no split of its own (id files, parts of several splits) */
    const char *sha256;    /* 64 lower-case digits; NULL: not known                         */
    int64_t     size;      /* -1: not known                                                 */
    int64_t     rows;      /* -1: not known                                                 */
    int64_t     files;
} gr_member;

typedef struct gr_manifest {
    const char         *name, *title, *publisher, *licence, *citation;
    const char         *id;       /* NULL: none but the name */
    bool                verified, model, plain;
    const gr_container *containers;
    size_t              n_containers;
    const gr_member    *members;
    size_t              n_members;
    gr_arena            arena;
} gr_manifest;

/* GR_E_FORMAT names the key at fault. Unknown keys are ignored. Free with gr_manifest_free; *out is zeroed on
 * failure. */
gr_status gr_manifest_parse(gr_manifest *out, const char *p, size_t n, gr_err *err) GR_MUST_USE;
gr_status gr_manifest_read(gr_manifest *out, const char *path, gr_err *err) GR_MUST_USE;
void      gr_manifest_free(gr_manifest *m);

/* Compare every member whose size or digest is known with the files in the data folder. Members whose container is
 * absent are passed over; *checked counts the others (NULL: do not tell). GR_E_CHECKSUM names the member and what
 * differs, GR_E_NOTFOUND a member that its container lacks while the manifest gives its digest, or as
 * gr_archive_scan. */
gr_status gr_manifest_check(const gr_manifest *m, const char *data_dir, size_t *checked, gr_err *err) GR_MUST_USE;
/* The same for the members of one of its containers. */
gr_status gr_manifest_check_container(const gr_manifest *m, const gr_container *c, const char *data_dir, size_t *checked, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
