/* store.h - where records lie: <output-dir>/<suite-id>/<task>-<model>-<seed>-<key8>.json. */
#ifndef GR_RESULTS_STORE_H
#define GR_RESULTS_STORE_H
#include <stdbool.h>
#include <stddef.h>

#include "results/record.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_records { gr_record *r; size_t n; } gr_records;

/* RUNS of the command line: a record, a suite folder (in the order of its suite.json, else by name), or an output
 * folder (all suites in it, oldest first). In folders without suite.json, JSON files that are not called as records are and are none are
 * passed over with a warning. GR_E_NOTFOUND when there is no record. */
gr_status gr_store_load(gr_records *out, const char *path, gr_err *err) GR_MUST_USE;
/* Several RUNS joined. */
gr_status gr_store_load_all(gr_records *out, const char *const *paths, size_t n, gr_err *err) GR_MUST_USE;
void      gr_records_free(gr_records *r);

/* A finished (ok or collapsed) record with this key anywhere under output_dir: *found says whether. */
gr_status gr_store_find(gr_record *out, bool *found, const char *output_dir, const char *key, gr_err *err) GR_MUST_USE;

/* "20261122T041703-3fa9": UTC time and 4 hex digits, the place within the second: by name is by time. */
void gr_store_suite_id(char out[32]);

/* suite.json: id, created, version, the command line, and the records' file names in order with their status. */
gr_status gr_store_write_suite(const char *suite_dir, const char *id, int argc, char **argv,
                               const gr_records *records, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
