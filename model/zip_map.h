/* zip_map.h - the entries of a zip archive that lies in memory, where each is stored as it is: torch.save writes such
 * archives so that tensors can be mapped. Nothing is copied but the list, and nothing in the archive is trusted. */
#ifndef GR_MODEL_ZIP_MAP_H
#define GR_MODEL_ZIP_MAP_H
#include <stddef.h>

#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_zip_entry {
    gr_sv                name; /* in the archive's bytes */
    const unsigned char *p;
    size_t               n;
} gr_zip_entry;

typedef struct gr_zip_map {
    gr_zip_entry *e; /* sorted by name, names unique */
    size_t        n;
} gr_zip_map;

/* List the entries of the archive p[0 .. n). GR_E_FORMAT when it is damaged, GR_E_UNSUPPORTED when an entry is
 * compressed or encrypted or the archive has several parts. Checksums are not looked at: torch may leave them out. */
gr_status           gr_zip_map_open(gr_zip_map *out, const unsigned char *p, size_t n, gr_err *err) GR_MUST_USE;
const gr_zip_entry *gr_zip_map_find(const gr_zip_map *z, gr_sv name); /* NULL when absent */
void                gr_zip_map_free(gr_zip_map *z);

#ifdef __cplusplus
}
#endif
#endif
