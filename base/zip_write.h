/* zip_write.h - deflate and zip archives for output (submission zips). The only file with zlib.
 * Entries have a fixed time stamp, so equal content makes equal bytes. */
#ifndef GR_BASE_ZIP_WRITE_H
#define GR_BASE_ZIP_WRITE_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_zip_out gr_zip_out;
gr_status gr_zip_open(gr_zip_out **out, const char *path, gr_err *err) GR_MUST_USE;
gr_status gr_zip_add(gr_zip_out *z, const char *name, const void *p, size_t n, gr_err *err) GR_MUST_USE;
gr_status gr_zip_commit(gr_zip_out *z, gr_err *err) GR_MUST_USE; /* writes the directory, renames into place */
void      gr_zip_close(gr_zip_out *z);                           /* always; NULL is fine */
uint32_t  gr_crc32(uint32_t crc, const void *p, size_t n);

#ifdef __cplusplus
}
#endif
#endif
