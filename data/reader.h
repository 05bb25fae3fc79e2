/* reader.h - rows of one file in memory, whatever its reader: open, next until the end, close.
 *
 * A failure's message begins with "line N: ", N the 1-based physical line. A row's views point into the text or into
 * the arena given at open; its arrays are the reader's and are overwritten by the next row. */
#ifndef GR_DATA_READER_H
#define GR_DATA_READER_H
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "data/lines.h"
#include "data/row.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GR_COLUMNS_MAX 4096

/* Rows left out, of a ragged file or for want of a label, and rows of a ragged file that are longer than its header, counted; the lines
 * are those of the first ones, in the files beside them (of one reader's count NULL: its own). */
typedef struct gr_ragged {
    size_t      n_left_out, left_out_line;
    const char *left_out_file;
    size_t      n_long, long_line;
    const char *long_file;
} gr_ragged;

typedef struct gr_reader {
    const gr_source *src;
    const char      *file;
    gr_arena        *arena;
    gr_lines         in;
    bool             done;
    gr_ragged        ragged;   /* so far */
    /* columns (TSV, CSV, JSONL) */
    size_t           n_want;   /* of src->columns                                          */
    size_t          *pick;     /* with a header: the file's column of each wanted one      */
    size_t           n_file;   /* columns every record must have; 0: not known yet (CONLL) */
    /* growing arrays of the current row */
    gr_sv           *field;    /* as the record has them                                   */
    gr_sv           *col;      /* as the row presents them                                 */
    size_t          *word_line;
    size_t           n_field, cap_field, cap_col, cap_line;
} gr_reader;

/* Is a row of it a sentence, words with or without tags? */
bool gr_source_has_sentences(const gr_source *src);

/* `text` is the file's bytes, already UTF-8; it, the source and the arena outlive the rows. Reads the header where
 * there is one. GR_E_FORMAT, GR_E_NOMEM. Close also after a failure. */
gr_status gr_reader_open(gr_reader *r, const gr_source *src, const char *file, gr_sv text, gr_arena *arena,
                         gr_err *err) GR_MUST_USE;
gr_status gr_reader_next(gr_reader *r, gr_row *row, bool *more, gr_err *err) GR_MUST_USE;
void      gr_reader_close(gr_reader *r); /* accepts a zeroed one */

/* ---- between reader.c and the files of the single formats ---- */

/* Append to r->field; GR_E_NOMEM, GR_E_FORMAT beyond GR_COLUMNS_MAX (not for words). */
gr_status gr_reader_push(gr_reader *r, gr_sv field, gr_err *err) GR_MUST_USE;
gr_status gr_reader_need_cols(gr_reader *r, size_t n, gr_err *err) GR_MUST_USE; /* room in r->col */

/* The line of word i of a sentence; words come in order. */
gr_status gr_reader_note_line(gr_reader *r, size_t i, gr_err *err) GR_MUST_USE;

/* The fields of the next record into r->field; *line its first line, *more false at the end. Blank lines at the end of
 * the file are no records. */
gr_status gr_tsv_record(gr_reader *r, size_t *line, bool *more, gr_err *err) GR_MUST_USE;
gr_status gr_csv_record(gr_reader *r, size_t *line, bool *more, gr_err *err) GR_MUST_USE;

/* A row straight away. */
gr_status gr_jsonl_next(gr_reader *r, gr_row *row, bool *more, gr_err *err) GR_MUST_USE;
gr_status gr_conll_next(gr_reader *r, gr_row *row, bool *more, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
