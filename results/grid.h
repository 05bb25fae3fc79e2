/* grid.h - cells in rows and columns, written as aligned text, Markdown, CSV, LaTeX, HTML or JSON. */
#ifndef GR_RESULTS_GRID_H
#define GR_RESULTS_GRID_H
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"
#include "results/table.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_cell {
    const char *text;   /* "" = no value */
    bool        number; /* JSON writes it bare; text aligns it right */
} gr_cell;

typedef struct gr_grid {
    const char *const *columns;
    size_t    n_columns, n_rows, capacity;
    gr_cell  *cells;    /* [n_rows, n_columns] */
    gr_arena  arena;
    gr_buf    notes;    /* lines below a text, Markdown or HTML table */
    bool      oom;
} gr_grid;

void gr_grid_open(gr_grid *g, const char *const *columns, size_t n_columns);
void gr_grid_close(gr_grid *g);
void gr_grid_row(gr_grid *g);                                  /* a new row of empty cells */
void gr_grid_text(gr_grid *g, size_t column, const char *fmt, ...) GR_PRINTF(3, 4);
void gr_grid_number(gr_grid *g, size_t column, const char *fmt, double v); /* NaN: empty */
gr_status gr_grid_write(gr_buf *out, const gr_grid *g, gr_table_format f, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
