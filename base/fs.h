/* fs.h - files: read whole, map, write atomically. Paths are C strings in the system's encoding. */
#ifndef GR_BASE_FS_H
#define GR_BASE_FS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read a whole file; *out is malloc'd, NUL-terminated behind *n bytes, the caller frees it.
 * GR_E_NOTFOUND when absent, GR_E_IO, GR_E_FORMAT when larger than max (0: no cap), GR_E_NOMEM.
 * Every message starts with the path; an empty path is GR_E_ARG, here and below, and said to be empty. */
gr_status gr_fs_read(char **out, size_t *n, const char *path, size_t max, gr_err *err) GR_MUST_USE;

/* A read-only mapping of a regular file. An empty file gives p = "" and n = 0. */
typedef struct gr_map {
    const unsigned char *p;
    size_t               n;
} gr_map;
gr_status gr_fs_map(gr_map *out, const char *path, gr_err *err) GR_MUST_USE;
void      gr_fs_unmap(gr_map *m); /* accepts a zeroed map */

/* Write path.tmp-PID, fsync, rename: readers see the old file or the whole new one. GR_E_IO. */
gr_status gr_fs_write(const char *path, const void *p, size_t n, gr_err *err) GR_MUST_USE;

/* The same for content that comes in pieces. open -> write* -> commit (renames) ; close always,
 * it removes the temporary file when commit did not happen. */
typedef struct gr_fs_out gr_fs_out;
gr_status gr_fs_out_open(gr_fs_out **out, const char *path, gr_err *err) GR_MUST_USE;
gr_status gr_fs_out_write(gr_fs_out *o, const void *p, size_t n, gr_err *err) GR_MUST_USE;
gr_status gr_fs_out_commit(gr_fs_out *o, gr_err *err) GR_MUST_USE;
void      gr_fs_out_close(gr_fs_out *o); /* NULL is fine */

/* mkdir -p. GR_E_IO names the component that failed. */
gr_status gr_fs_mkdirs(const char *path, gr_err *err) GR_MUST_USE;
bool      gr_fs_is_file(const char *path);
bool      gr_fs_is_dir(const char *path);
int64_t   gr_fs_size(const char *path); /* -1 when absent */

/* Names in a folder, sorted bytewise, "." and ".." left out. */
typedef struct gr_fs_list { char **names; size_t n; } gr_fs_list;
gr_status gr_fs_list_dir(gr_fs_list *out, const char *path, gr_err *err) GR_MUST_USE;
void      gr_fs_list_free(gr_fs_list *l);

/* out = dir "/" name (dir alone when name is ""). False when it does not fit in cap. */
bool        gr_fs_join(char *out, size_t cap, const char *dir, const char *name);
const char *gr_fs_basename(const char *path);
#define GR_PATH_MAX 4096

#ifdef __cplusplus
}
#endif
#endif
