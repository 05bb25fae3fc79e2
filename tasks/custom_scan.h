/* custom_scan.h - what a user's data file holds: its format, its columns, its labels. Used by custom.c alone. */
#ifndef GR_TASKS_CUSTOM_SCAN_H
#define GR_TASKS_CUSTOM_SCAN_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "data/row.h"

/* Distinct labels in the order met, as many as classes can be: of scores the first so many stand for all. Their names lie in the arena
 * given to gr_scan_labels. */
typedef struct gr_label_set {
    const char **names;  /* malloc'd array */
    uint32_t    *places; /* [n_places] malloc'd hash table: one more than the number of a name; 0 is empty */
    size_t       n, cap, n_places;
    size_t       rows;    /* read by gr_scan_labels */
    bool         values;  /* the caller's: the labels are scores whatever they look like */
    const char  *no_word; /* the caller's: why a label that is no number is GR_E_FORMAT, said behind it; NULL: it is none */
    bool         numbers; /* every one is a number          */
    bool         points;  /* one at least has a point or an exponent */
} gr_label_set;

void gr_label_set_free(gr_label_set *s);
bool gr_label_set_holds(const gr_label_set *s, const char *name);
void gr_label_set_sort(gr_label_set *s); /* bytewise; by value when all are numbers */

/* Reader by the name's ending. GR_E_ARG names the endings that are known. */
gr_status gr_scan_reader(gr_reader_kind *out, const char *path, gr_err *err) GR_MUST_USE;

/* A column of a CSV, TSV (header) or JSONL file (key of its first object). */
typedef struct gr_scanned { const char *name; bool list; /* JSONL: its value there is a list */ } gr_scanned;

/* The columns, up to one without a name, in the arena. */
gr_status gr_scan_columns(const gr_scanned **out, const char *path, gr_reader_kind reader, gr_arena *a, gr_err *err) GR_MUST_USE;

/* Token columns: whether there are tags, by the first token: src->tag_column. */
gr_status gr_scan_tags(gr_source *src, const char *path, gr_arena *a, gr_err *err) GR_MUST_USE;

/* Add those of another set: GR_E_FORMAT when they are too many for classes. */
gr_status gr_label_set_merge(gr_label_set *s, const gr_label_set *more, gr_arena *a, gr_err *err) GR_MUST_USE;

/* Add the labels of a source: of its only GR_COL_OTHER column, or the tags of its words. */
gr_status gr_scan_labels(gr_label_set *set, const gr_source *src, gr_arena *a, gr_err *err) GR_MUST_USE;
#endif
