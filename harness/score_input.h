/* score_input.h - what `glue-run score` reads: predictions and references from files of several forms,
 * brought into one: units (a row, or a sentence) of items (its value, or its tags), each with its line. */
#ifndef GR_HARNESS_SCORE_INPUT_H
#define GR_HARNESS_SCORE_INPUT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

typedef enum gr_score_kind {
    GR_SCORE_VALUES, /* a label or a number a row                                        */
    GR_SCORE_RANKS,  /* the same, but of predictions in JSON the score of the second class */
    GR_SCORE_TAGS    /* a sentence of tags                                               */
} gr_score_kind;

typedef enum gr_score_format {
    GR_SCORE_AUTO,  /* by the file's content: see gr_score_read                                     */
    GR_SCORE_LINES, /* one value a line; below the header "index<TAB>prediction" the row's index and its value */
    GR_SCORE_SENT,  /* tags: one sentence a line, tags between blanks                               */
    GR_SCORE_CONLL, /* tags: one token a line, its tag in the last column, blank lines between sentences */
    GR_SCORE_JSONL  /* one JSON document a line: of the predictions format, or a bare value or array */
} gr_score_format;

typedef struct gr_score_item {
    const char *text;
    size_t      line; /* from 1 */
} gr_score_item;

typedef struct gr_score_unit {
    size_t      first, n; /* its items */
    size_t      line;
    const char *id; /* of a JSON row; NULL when it has none */
    uint64_t    words; /* of CoNLL lines: a digest of the first columns; 0 where a line is a tag alone */
} gr_score_unit;

typedef struct gr_score_side {
    const char    *path;
    gr_score_item *item; /* (n) */
    size_t         n, cap;
    gr_score_unit *unit; /* (n_unit) */
    size_t         n_unit, cap_unit;
} gr_score_side;

typedef struct gr_score_spec {
    gr_score_kind   kind;
    gr_score_format format;
    bool            suffix; /* tags end in their letter */
} gr_score_spec;

/* Read both sides; texts live in mem, arrays in the sides (gr_score_side_free, also after a failure).
 * ref_path NULL: the references stand beside the predictions, as "label" or "labels" of JSON rows or
 * in the column before the last of CoNLL lines. Automatic form: JSON when the first character is '{';
 * tags are one sentence a line when every word of the file is a tag (and it is not one tag a line with
 * blank lines between), else CoNLL columns. The sides must have equally many units, and tags equally many
 * items in each; a tag that is predicted null (a word that was cut off) is left out of both sides.
 * GR_E_FORMAT with file and line; GR_E_NOTFOUND; GR_E_ARG when references are missing; GR_E_NOMEM. A file
 * that cannot be read is GR_E_FORMAT too, since it is the user's data. */
gr_status gr_score_read(gr_arena *mem, gr_score_side *pred, gr_score_side *ref, const char *pred_path,
                        const char *ref_path, const gr_score_spec *spec, gr_err *err) GR_MUST_USE;
void      gr_score_side_free(gr_score_side *s); /* accepts a zeroed side */

#endif
