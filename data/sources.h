/* sources.h - the bytes of a split's sources: where they lie below a data folder, read once an archive. */
#ifndef GR_DATA_SOURCES_H
#define GR_DATA_SOURCES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fs.h"
#include "data/row.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One member that a source named. */
typedef struct gr_piece {
    const char *name;
    gr_sv       text;   /* UTF-8 by decree of the source's encoding; not yet checked       */
    uint64_t    number; /* the first number in the base name, saturated; UINT64_MAX: none  */
} gr_piece;

typedef struct gr_found {
    const gr_source *src;
    gr_piece        *pieces; /* malloc'd; in the order the rows go */
    size_t           n, cap;
    size_t           next;   /* candidate to try next */
    char             path[GR_PATH_MAX];
} gr_found;

/* Fill in pieces for each of f[0..n), whose src is set and the rest zeroed. Texts and names are taken from `a`.
 * GR_E_NOTFOUND names what was looked for and where. Free with gr_found_free in any case. */
gr_status gr_sources_read(gr_found *f, size_t n, const char *data_dir, gr_arena *a, gr_err *err) GR_MUST_USE;
void      gr_found_free(gr_found *f, size_t n);

/* Is the source there (data/dataset.h, gr_dataset_find)? *present false comes with GR_OK and *err holding what is
 * missing. */
gr_status gr_source_present(const gr_source *src, const char *data_dir, bool *present, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
