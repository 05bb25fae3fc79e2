/* reader.c - what all readers share: arrays, the header, columns by name, LINES and FOLDER; see reader.h. */
#include "data/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

/* ---- growing arrays ---- */

/* Room for n elements of `size` bytes in *p, which holds *cap. */
static gr_status grow(void **p, size_t *cap, size_t n, size_t size, gr_err *err)
{
    size_t want = *cap ? *cap : 16, bytes;
    void  *q;

    if (n <= *cap) return GR_OK;
    while (want < n)
        if (!gr_mul_size(&want, want, 2)) return gr_fail_nomem(err, "a row");
    if (!gr_mul_size(&bytes, want, size) || (q = realloc(*p, bytes)) == NULL) return gr_fail_nomem(err, "a row");
    *p = q;
    *cap = want;
    return GR_OK;
}

gr_status gr_reader_push(gr_reader *r, gr_sv field, gr_err *err)
{
    void *p = r->field;

    if (r->src->reader != GR_READ_CONLL && r->n_field >= GR_COLUMNS_MAX)
        return gr_fail(err, GR_E_FORMAT, "line %zu: more than %d columns", r->in.line, GR_COLUMNS_MAX);
    if (r->n_field == r->cap_field) {
        GR_TRY(grow(&p, &r->cap_field, r->n_field + 1, sizeof *r->field, err));
        r->field = p;
    }
    r->field[r->n_field++] = field;
    return GR_OK;
}

gr_status gr_reader_need_cols(gr_reader *r, size_t n, gr_err *err)
{
    void *p = r->col;

    GR_TRY(grow(&p, &r->cap_col, n, sizeof *r->col, err));
    r->col = p;
    return GR_OK;
}

gr_status gr_reader_note_line(gr_reader *r, size_t i, gr_err *err)
{
    void *p = r->word_line;

    GR_TRY(grow(&p, &r->cap_line, i + 1, sizeof *r->word_line, err));
    r->word_line = p;
    r->word_line[i] = r->in.line;
    return GR_OK;
}

/* ---- columns ---- */

static gr_status record(gr_reader *r, size_t *line, bool *more, gr_err *err)
{
    r->n_field = 0;
    return r->src->reader == GR_READ_CSV ? gr_csv_record(r, line, more, err) : gr_tsv_record(r, line, more, err);
}

static size_t header_find(const gr_reader *r, gr_sv name, size_t from)
{
    while (from < r->n_field && !gr_sv_eq(r->field[from], name)) from++;
    return from;
}

static gr_status check_twice(const gr_reader *r, size_t line, gr_err *err)
{
    for (size_t i = 0; i < r->n_field; i++)
        if (r->field[i].n && header_find(r, r->field[i], i + 1) < r->n_field)
            return gr_fail(err, GR_E_FORMAT, "line %zu: column '%.*s' appears twice in the header", line, GR_SV_FMT(r->field[i]));
    return GR_OK;
}

/* Find the wanted columns by name. A line that holds none of them is no header. */
static gr_status read_header(gr_reader *r, gr_err *err)
{
    size_t found = 0, missing = 0, line = 1;
    bool   more;

    GR_TRY(record(r, &line, &more, err));
    if (!more) return gr_fail(err, GR_E_FORMAT, "line 1: empty file: no header");
    r->n_file = r->n_field;
    for (size_t i = r->n_want; i-- > 0;) {
        r->pick[i] = header_find(r, gr_sv_from(r->src->columns[i].name), 0);
        if (r->pick[i] < r->n_field) found++;
        else missing = i;
    }
    if (found == 0 && r->n_want > 0)
        return gr_fail(err, GR_E_FORMAT, "line %zu: header is missing: the first line is data", line);
    GR_TRY(check_twice(r, line, err));
    if (found < r->n_want)
        return gr_fail(err, GR_E_FORMAT, "line %zu: column '%s' is not in the header", line, r->src->columns[missing].name);
    return GR_OK;
}

bool gr_source_has_sentences(const gr_source *src)
{
    const bool columns = src->columns != NULL && src->columns[0].name != NULL;

    return src->reader == GR_READ_CONLL || (columns && src->columns[0].role == GR_COL_WORDS);
}

gr_status gr_reader_open(gr_reader *r, const gr_source *src, const char *file, gr_sv text, gr_arena *arena, gr_err *err)
{
    const bool table = src->reader == GR_READ_TSV || src->reader == GR_READ_CSV;

    memset(r, 0, sizeof *r);
    r->src = src;
    r->file = file;
    r->arena = arena;
    GR_TRY(gr_lines_open(&r->in, text, err));
    while (src->columns != NULL && src->columns[r->n_want].name != NULL) r->n_want++;
    if (!table) return GR_OK;
    if (src->has_header) {
        r->pick = malloc((r->n_want + 1) * sizeof *r->pick);
        return r->pick != NULL ? read_header(r, err) : gr_fail_nomem(err, "a header");
    }
    r->n_file = r->n_want;
    return GR_OK;
}

void gr_reader_close(gr_reader *r)
{
    free(r->pick);
    free(r->field);
    free(r->col);
    free(r->word_line);
    memset(r, 0, sizeof *r);
}

/* ---- rows ---- */

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static gr_status check_count(gr_reader *r, size_t line, gr_err *err)
{
    const size_t extra = r->src->has_header || r->src->extra_columns < 0 ? 0 : (size_t)r->src->extra_columns;

    if (r->n_file == 0) r->n_file = r->n_field; /* no header, no columns named: the first record says */
    if (r->n_field >= r->n_file && r->n_field - r->n_file <= extra) return GR_OK;
    return gr_fail(err, GR_E_FORMAT, "line %zu: %zu column%s where %zu are expected%s", line, r->n_field, plural(r->n_field), r->n_file,
                   r->src->reader == GR_READ_CSV && r->n_field > r->n_file ? ": a text with a comma in it stands between quotes" : "");
}

static void strip_texts(gr_reader *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const gr_role role = r->src->columns != NULL && i < r->n_want ? r->src->columns[i].role : GR_COL_TEXT;
        if (role == GR_COL_TEXT || role == GR_COL_PAIR) r->col[i] = gr_text_strip(r->col[i]);
    }
}

static bool is_label(gr_role role)
{
    return role == GR_COL_LABEL || role == GR_COL_CLASS_ID || role == GR_COL_CLASS_NTH || role == GR_COL_SCORE;
}

/* Has the record every wanted column, and something in that of the label? */
static bool is_whole(const gr_reader *r)
{
    for (size_t i = 0; i < r->n_want; i++) {
        if (r->pick[i] >= r->n_field) return false;
        if (is_label(r->src->columns[i].role) && r->field[r->pick[i]].n == 0) return false;
    }
    return true;
}

static void count_one(size_t *n, size_t *first, size_t line)
{
    if ((*n)++ == 0) *first = line;
}

/* The next record that is whole. */
static gr_status ragged_record(gr_reader *r, size_t *line, bool *more, gr_err *err)
{
    GR_TRY(record(r, line, more, err));
    while (*more && !is_whole(r)) {
        count_one(&r->ragged.n_left_out, &r->ragged.left_out_line, *line);
        GR_TRY(record(r, line, more, err));
    }
    if (*more && r->n_field > r->n_file) count_one(&r->ragged.n_long, &r->ragged.long_line, *line);
    return GR_OK;
}

static gr_status table_next(gr_reader *r, gr_row *row, bool *more, gr_err *err)
{
    const bool ragged = r->src->ragged && r->src->has_header;
    size_t     n;

    GR_TRY(ragged ? ragged_record(r, &row->line, more, err) : record(r, &row->line, more, err));
    if (!*more) return GR_OK;
    if (!ragged) GR_TRY(check_count(r, row->line, err));
    n = r->n_want > 0 ? r->n_want : r->n_file;
    GR_TRY(gr_reader_need_cols(r, n, err));
    for (size_t i = 0; i < n; i++) r->col[i] = r->field[r->src->has_header && r->n_want > 0 ? r->pick[i] : i];
    if (r->src->strip) strip_texts(r, n);
    row->n_col = n;
    row->columns = r->n_want > 0 ? r->src->columns : NULL;
    return GR_OK;
}

static gr_status lines_next(gr_reader *r, gr_row *row, bool *more, gr_err *err)
{
    GR_TRY(gr_reader_need_cols(r, 1, err));
    GR_TRY(gr_lines_next(&r->in, &r->col[0], more, err));
    if (r->src->strip) r->col[0] = gr_text_strip(r->col[0]);
    row->n_col = 1;
    row->line = r->in.line;
    return GR_OK;
}

/* The whole file is one text, its own line ends kept. */
static gr_status whole_next(gr_reader *r, gr_row *row, bool *more, gr_err *err)
{
    const char *const slash = strrchr(r->file, '/');

    *more = !r->done;
    if (r->done) return GR_OK;
    r->done = true;
    GR_TRY(gr_reader_need_cols(r, 2, err));
    r->col[0].p = r->in.p;
    r->col[0].n = (size_t)(r->in.end - r->in.p);
    r->col[1] = gr_sv_from(slash != NULL ? slash + 1 : r->file);
    GR_TRY(gr_text_check(r->col[0], 1, err));
    if (r->src->strip) r->col[0] = gr_text_strip(r->col[0]);
    row->n_col = 2;
    row->line = 1;
    return GR_OK;
}

static gr_status any_next(gr_reader *r, gr_row *row, bool *more, gr_err *err)
{
    gr_status s;

    memset(row, 0, sizeof *row);
    row->file = r->file;
    row->label = r->src->label;
    switch (r->src->reader) {
    case GR_READ_TSV:
    case GR_READ_CSV: s = table_next(r, row, more, err); break;
    case GR_READ_JSONL: s = gr_jsonl_next(r, row, more, err); break;
    case GR_READ_CONLL: s = gr_conll_next(r, row, more, err); break;
    case GR_READ_LINES: s = lines_next(r, row, more, err); break;
    case GR_READ_FOLDER: s = whole_next(r, row, more, err); break;
    default: s = gr_fail(err, GR_E_INTERNAL, "unknown reader %d", (int)r->src->reader);
    }
    row->col = r->col;
    return s;
}

/* Does the label's column hold what stands for none? */
static bool says_no_label(const gr_reader *r, const gr_row *row)
{
    if (r->src->no_label == NULL || row->columns == NULL) return false;
    for (size_t i = 0; i < row->n_col; i++)
        if (is_label(row->columns[i].role) && gr_sv_is(row->col[i], r->src->no_label)) return true;
    return false;
}

gr_status gr_reader_next(gr_reader *r, gr_row *row, bool *more, gr_err *err)
{
    GR_TRY(any_next(r, row, more, err));
    while (*more && says_no_label(r, row)) {
        count_one(&r->ragged.n_left_out, &r->ragged.left_out_line, row->line);
        GR_TRY(any_next(r, row, more, err));
    }
    return GR_OK;
}
