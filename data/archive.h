/* archive.h - files as their publishers packed them: zip, tar, tar.gz, gz, a folder or a plain file, behind one scan.
 * The only door to libarchive. Nothing is written to disk; a member is bytes in memory, whole and checked, or an error.
 *
 * The kind is told by the name: .zip, .tar.gz/.tgz, .tar, .gz; a folder; anything else is a plain file. Member names
 * are hostile: absolute paths, "..", backslashes, links and devices are refused before any bytes are looked at. */
#ifndef GR_DATA_ARCHIVE_H
#define GR_DATA_ARCHIVE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GR_ARCHIVE_MEMBER_MAX ((size_t)1 << 30)   /* bytes of one member                    */
#define GR_ARCHIVE_TOTAL_MAX  ((uint64_t)1 << 33) /* bytes of all members read in one scan  */
#define GR_ARCHIVE_COUNT_MAX  ((size_t)4000000)   /* members                                */

/* A wanted member was found: patterns[want] matched `name`; the bytes are the callee's to copy before it returns. */
typedef gr_status (*gr_archive_fn)(void *user, size_t want, const char *name, gr_sv bytes, gr_err *err);

/* Read `path` once, front to back, and hand out the members that match. A pattern is a member's path, or one with a
 * single '*' in its last part (as "neg/" followed by "*.txt"); NULL, only for .gz and plain files, is the file
 * itself, whose name is its base name without .gz. In a folder the patterns are looked up directly. A member may
 * match several patterns. n_patterns 0 reads and checks every member (fn may be NULL; want is 0).
 * A pattern that matches nothing is no error here. GR_E_NOTFOUND (no such file), GR_E_FORMAT (not such an archive,
 * cut off, wrong checksum or size, refused name, beyond a cap), GR_E_IO, GR_E_NOMEM, or what fn returned. Messages
 * start with the base name of the archive, then the member. */
gr_status gr_archive_scan(const char *path, const char *const *patterns, size_t n_patterns, gr_archive_fn fn, void *user,
                          gr_err *err) GR_MUST_USE;

/* Is there a member that matches? Zip directories and folders only; for the other kinds *has is true when the file
 * exists. */
gr_status gr_archive_has(const char *path, const char *pattern, bool *has, gr_err *err) GR_MUST_USE;

/* GR_E_FORMAT "member '../x' leaves the target folder" / "has an absolute path" / "is empty" / "is too long". */
gr_status gr_archive_check_name(const char *name, gr_err *err) GR_MUST_USE;

/* Does the pattern match the member's path? A leading "./" of the name is skipped. */
bool gr_archive_match(const char *pattern, const char *name);

#ifdef __cplusplus
}
#endif
#endif
