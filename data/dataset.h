/* dataset.h - a split of a data set as examples: find the files, read the rows, pick by the rule, make examples.
 *
 * gr_dataset_load(&ex, &spec, "train", dir, NULL, &err) ... gr_examples_free(&ex). Each archive is read once a load,
 * front to back, for all members wanted of it; nothing is unpacked to disk. */
#ifndef GR_DATA_DATASET_H
#define GR_DATA_DATASET_H
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/sha256.h"
#include "data/label.h"
#include "data/row.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The examples of one split. Everything in it belongs to its arena. */
typedef struct gr_examples {
    gr_example        *e;
    size_t             n;
    char               sha256[GR_SHA256_HEX]; /* over every row in order: "text_a TAB text_b TAB label LF"; tagged sets
                                               * "words joined by blanks TAB tags joined by blanks LF". The label is the class
                                               * id, -1 unlabelled; a score is its shortest decimal with a point ("5.0"),
                                               * -1.0 unlabelled. Without tags the part behind the tab is empty. */
    const char *const *warnings;              /* n_warnings lines worth a person's eye */
    size_t             n_warnings;
    const char        *left_out;              /* such a line of no concern: rows left out, and as many remain as are published; or NULL */
    gr_arena           arena;
} gr_examples;

/* One row to one example; `out` comes zeroed but for label -1, value NaN and id -1 (left so, it becomes the row's
 * index in the split). Memory that outlives the call is taken from `a`. The loader puts file and line before the
 * message. */
typedef gr_status (*gr_parse_fn)(void *user, const gr_row *row, const gr_split *split, gr_example *out, gr_arena *a,
                                 gr_err *err);

typedef struct gr_dataset_spec {
    const gr_split *splits; /* ends at .name == NULL */
    gr_label_spec   labels;
    gr_parse_fn     parse;  /* NULL: gr_example_from_row */
    void           *user;
    bool            regression; /* the digest writes scores, not classes */
} gr_dataset_spec;

typedef struct gr_load_opts {
    bool any_rows; /* a row count other than the published one is a warning, not GR_E_FORMAT: demo and cut-down data */
} gr_load_opts;

/* Load one split; the name of one is before every message, and a split without a name ("") is a file read for itself. opts NULL: all off. GR_E_ARG (no such split), GR_E_NOTFOUND (file or member, named with where it was
 * looked for), GR_E_FORMAT ("train.tsv: line 37: ..."), GR_E_IO, GR_E_NOMEM. *out is zeroed on failure. */
gr_status gr_dataset_load(gr_examples *out, const gr_dataset_spec *spec, const char *split, const char *data_dir,
                          const gr_load_opts *opts, gr_err *err) GR_MUST_USE;
void      gr_examples_free(gr_examples *ex); /* accepts a zeroed one */

/* Are the files of a split there? split NULL: of all labelled splits (a hidden test set may be absent), or of all
 * where none is labelled. Members are
 * looked up in folders and zip directories, not inside tar.gz. *present false comes with GR_OK and *err holding what
 * is missing and where it was looked for (status GR_E_NOTFOUND). GR_E_ARG (no such split), GR_E_FORMAT (a zip that
 * is none). */
gr_status gr_dataset_find(const gr_dataset_spec *spec, const char *split, const char *data_dir, bool *present,
                          gr_err *err) GR_MUST_USE;

/* The default parse: the roles of the columns; words and tags for CONLL; a source's fixed label. GR_E_FORMAT. */
gr_status gr_example_from_row(const gr_label_spec *labels, const gr_row *row, gr_example *out, gr_arena *a,
                              gr_err *err) GR_MUST_USE;

/* The digest described above, over any examples. GR_E_NOMEM. */
gr_status gr_examples_digest(char out[GR_SHA256_HEX], const gr_example *e, size_t n, bool regression, gr_err *err) GR_MUST_USE;

const gr_split *gr_split_find(const gr_split *splits, const char *name); /* NULL when unknown */

#ifdef __cplusplus
}
#endif
#endif
