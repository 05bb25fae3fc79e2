/* part.h - a file that is made in several goes. What came so far lies in PATH.part beside PATH, also when the process ends; the next
 * gr_part_open goes on from there. PATH itself appears by a rename, whole.
 *
 * open -> (restart | add)* -> commit or drop ; close always. One process at a time: the part is locked while it is open. */
#ifndef GR_DATA_PART_H
#define GR_DATA_PART_H
#include <stddef.h>
#include <stdint.h>

#include "base/fs.h"
#include "base/sha256.h"
#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_part {
    char      path[GR_PATH_MAX], name[GR_PATH_MAX]; /* the file that shall be; its part */
    int       fd;                                   /* -1: not open                     */
    int64_t   size;                                 /* bytes so far                     */
    gr_sha256 sha;                                  /* over them                        */
} gr_part;

/* Makes the folders on the way. GR_E_IO, also when another process has it open. */
gr_status gr_part_open(gr_part *p, const char *path, gr_err *err) GR_MUST_USE;
gr_status gr_part_add(gr_part *p, const void *bytes, size_t n, gr_err *err) GR_MUST_USE; /* GR_E_IO; what came stays */
gr_status gr_part_restart(gr_part *p, gr_err *err) GR_MUST_USE;                           /* from nothing            */
void      gr_part_sha256(const gr_part *p, char out[GR_SHA256_HEX]);
gr_status gr_part_commit(gr_part *p, gr_err *err) GR_MUST_USE;                            /* on the disk, under its own name */
void      gr_part_drop(gr_part *p);                                                       /* nothing is left of it   */
void      gr_part_close(gr_part *p); /* accepts one that is closed; an empty part is not left behind */

#ifdef __cplusplus
}
#endif
#endif
