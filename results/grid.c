/* grid.c - see grid.h. One writer a format; cells come formatted, writers only quote and align. */
#include "results/grid.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "results/markup.h"

enum { CELL_BYTES = 1024 }; /* longer ones are cut */
static const double WIDE = 1e12; /* from here on a number is written with its exponent */

void gr_grid_open(gr_grid *g, const char *const *columns, size_t n_columns)
{
    memset(g, 0, sizeof *g);
    g->columns = columns;
    g->n_columns = n_columns;
    gr_arena_init(&g->arena, 0);
}

void gr_grid_close(gr_grid *g)
{
    free(g->cells);
    gr_arena_free(&g->arena);
    gr_buf_free(&g->notes);
}

void gr_grid_row(gr_grid *g)
{
    if (g->n_rows == g->capacity) {
        const size_t cap = g->capacity ? 2 * g->capacity : 16;
        gr_cell *grown = realloc(g->cells, cap * g->n_columns * sizeof *grown);
        if (!grown) {
            g->oom = true;
            return;
        }
        g->cells = grown;
        g->capacity = cap;
    }
    for (size_t c = 0; c < g->n_columns; c++) g->cells[g->n_rows * g->n_columns + c] = (gr_cell){ "", false };
    g->n_rows++;
}

static void set(gr_grid *g, size_t column, const char *text, bool number)
{
    const char *copy = gr_arena_strndup(&g->arena, text, strlen(text));

    if (!copy || !g->n_rows || g->oom) g->oom = true;
    else g->cells[(g->n_rows - 1) * g->n_columns + column] = (gr_cell){ copy, number };
}

void gr_grid_text(gr_grid *g, size_t column, const char *fmt, ...)
{
    char text[CELL_BYTES];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    gr_utf8_drop_cut(text);
    set(g, column, text, false);
}

/* The formats are this folder's own constants: "%.4f", "%+.4f", "<%.4f", "%.6g", "%.0f", "%.1f". */
void gr_grid_number(gr_grid *g, size_t column, const char *fmt, double v)
{
    char text[64];

    if (isnan(v)) return;
    if (fabs(v) >= WIDE && isfinite(v) && strcmp(fmt, "%.6g") != 0) (void)snprintf(text, sizeof text, strcmp(fmt, "%+.4f") == 0 ? "%+.4e" : "%.4e", v);
    else if (strcmp(fmt, "%.4f") == 0) (void)snprintf(text, sizeof text, "%.4f", v);
    else if (strcmp(fmt, "%+.4f") == 0) (void)snprintf(text, sizeof text, "%+.4f", v);
    else if (strcmp(fmt, "<%.4f") == 0) (void)snprintf(text, sizeof text, "<%.4f", v);
    else if (strcmp(fmt, "%.0f") == 0) (void)snprintf(text, sizeof text, "%.0f", v);
    else if (strcmp(fmt, "%.1f") == 0) (void)snprintf(text, sizeof text, "%.1f", v);
    else (void)snprintf(text, sizeof text, "%.6g", v);
    set(g, column, text, !isinf(v));
}

static const gr_cell *cell(const gr_grid *g, size_t r, size_t c)
{
    return &g->cells[r * g->n_columns + c];
}

/* ---- text and Markdown: columns as wide as their widest cell ---- */

/* Names come from files: escape codes in them stay off the terminal, and what ends a line out of rows that are one. CSV, HTML and JSON have
 * rules of their own for these. */
static const char *shown(char text[CELL_BYTES], const char *s)
{
    (void)snprintf(text, CELL_BYTES, "%s", s);
    gr_utf8_one_line(text);
    return text;
}

static size_t width_of(const char *s)
{
    char text[CELL_BYTES];

    return gr_utf8_columns(gr_sv_from(shown(text, s)));
}

static void widths(size_t *w, bool *right, const gr_grid *g)
{
    for (size_t c = 0; c < g->n_columns; c++) {
        w[c] = width_of(g->columns[c]);
        right[c] = false;
        for (size_t r = 0; r < g->n_rows; r++) {
            const size_t n = width_of(cell(g, r, c)->text);
            if (n > w[c]) w[c] = n;
            if (cell(g, r, c)->number) right[c] = true;
        }
    }
}

static void pad(gr_buf *out, const char *s, size_t width, bool right)
{
    const size_t n = width_of(s), blanks = n < width ? width - n : 0;
    char text[CELL_BYTES];

    for (size_t i = 0; right && i < blanks; i++) gr_buf_addc(out, ' ');
    gr_buf_adds(out, shown(text, s));
    for (size_t i = 0; !right && i < blanks; i++) gr_buf_addc(out, ' ');
}

static void trim_line(gr_buf *out)
{
    while (out->n && out->p[out->n - 1] == ' ') out->p[--out->n] = '\0';
    gr_buf_addc(out, '\n');
}

static void text_line(gr_buf *out, const gr_grid *g, const size_t *w, const bool *right, size_t row, bool head)
{
    for (size_t c = 0; c < g->n_columns; c++) {
        if (c) gr_buf_adds(out, "  ");
        pad(out, head ? g->columns[c] : cell(g, row, c)->text, w[c], right[c]);
    }
    trim_line(out);
}

static void write_text(gr_buf *out, const gr_grid *g, const size_t *w, const bool *right)
{
    text_line(out, g, w, right, 0, true);
    for (size_t r = 0; r < g->n_rows; r++) text_line(out, g, w, right, r, false);
    if (g->notes.n) gr_buf_addc(out, '\n');
    gr_buf_add(out, g->notes.p, g->notes.n);
}

static void escape(gr_buf *out, const char *s, const char *special, const char *const *with)
{
    for (; *s; s++) {
        const char *at = strchr(special, *s);
        if (at) gr_buf_adds(out, with[at - special]);
        else gr_buf_addc(out, *s);
    }
}

static void write_md(gr_buf *out, const gr_grid *g, const bool *right)
{
    static const char *const bar[] = { "\\|" };
    char text[CELL_BYTES];

    gr_buf_addc(out, '|');
    for (size_t c = 0; c < g->n_columns; c++) gr_buf_addf(out, " %s |", g->columns[c]);
    gr_buf_adds(out, "\n|");
    for (size_t c = 0; c < g->n_columns; c++) gr_buf_adds(out, right[c] ? "---:|" : "---|");
    gr_buf_addc(out, '\n');
    for (size_t r = 0; r < g->n_rows; r++) {
        gr_buf_addc(out, '|');
        for (size_t c = 0; c < g->n_columns; c++) {
            gr_buf_addc(out, ' ');
            escape(out, shown(text, cell(g, r, c)->text), "|", bar);
            gr_buf_adds(out, " |");
        }
        gr_buf_addc(out, '\n');
    }
    if (g->notes.n) gr_buf_addc(out, '\n');
    gr_buf_add(out, g->notes.p, g->notes.n);
}

/* ---- CSV (RFC 4180, LF), LaTeX, HTML, JSON ---- */

static void csv_cell(gr_buf *out, const char *s)
{
    static const char *const quote[] = { "\"\"" };

    if (!strpbrk(s, ",\"\r\n")) {
        gr_buf_adds(out, s);
        return;
    }
    gr_buf_addc(out, '"');
    escape(out, s, "\"", quote);
    gr_buf_addc(out, '"');
}

static void write_csv(gr_buf *out, const gr_grid *g)
{
    for (size_t c = 0; c < g->n_columns; c++) {
        if (c) gr_buf_addc(out, ',');
        csv_cell(out, g->columns[c]);
    }
    gr_buf_addc(out, '\n');
    for (size_t r = 0; r < g->n_rows; r++) {
        for (size_t c = 0; c < g->n_columns; c++) {
            if (c) gr_buf_addc(out, ',');
            csv_cell(out, cell(g, r, c)->text);
        }
        gr_buf_addc(out, '\n');
    }
}

static void write_latex(gr_buf *out, const gr_grid *g, const bool *right)
{
    static const char special[] = "&%$#_{}~^\\<>"; /* < and > are other signs in TeX's old encoding */
    static const char *const with[] = { "\\&", "\\%", "\\$", "\\#", "\\_", "\\{", "\\}", "\\textasciitilde{}", "\\textasciicircum{}", "\\textbackslash{}", "\\textless{}", "\\textgreater{}" };
    char text[CELL_BYTES];

    gr_buf_adds(out, "\\begin{tabular}{");
    for (size_t c = 0; c < g->n_columns; c++) gr_buf_addc(out, right[c] ? 'r' : 'l');
    gr_buf_adds(out, "}\n\\hline\n");
    for (size_t c = 0; c < g->n_columns; c++) {
        if (c) gr_buf_adds(out, " & ");
        escape(out, g->columns[c], special, with);
    }
    gr_buf_adds(out, " \\\\\n\\hline\n");
    for (size_t r = 0; r < g->n_rows; r++) {
        for (size_t c = 0; c < g->n_columns; c++) {
            if (c) gr_buf_adds(out, " & ");
            escape(out, shown(text, cell(g, r, c)->text), special, with);
        }
        gr_buf_adds(out, " \\\\\n");
    }
    gr_buf_adds(out, "\\hline\n\\end{tabular}\n");
}

static void write_html(gr_buf *out, const gr_grid *g, const bool *right)
{
    gr_sv notes = gr_buf_sv(&g->notes);

    gr_buf_adds(out, "<table>\n<thead><tr>");
    for (size_t c = 0; c < g->n_columns; c++) {
        gr_buf_adds(out, right[c] ? "<th style=\"text-align:right\">" : "<th>");
        gr_markup_text(out, g->columns[c]);
        gr_buf_adds(out, "</th>");
    }
    gr_buf_adds(out, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < g->n_rows; r++) {
        gr_buf_adds(out, "<tr>");
        for (size_t c = 0; c < g->n_columns; c++) {
            gr_buf_adds(out, right[c] ? "<td style=\"text-align:right\">" : "<td>");
            gr_markup_text(out, cell(g, r, c)->text);
            gr_buf_adds(out, "</td>");
        }
        gr_buf_adds(out, "</tr>\n");
    }
    gr_buf_adds(out, "</tbody>\n</table>\n");
    while (notes.n) {
        gr_buf_adds(out, "<p>");
        gr_markup_sv(out, gr_sv_split(&notes, '\n'));
        gr_buf_adds(out, "</p>\n");
    }
}

static void write_json(gr_buf *out, const gr_grid *g)
{
    gr_buf_adds(out, "[");
    for (size_t r = 0; r < g->n_rows; r++) {
        gr_buf_adds(out, r ? ",\n {" : "\n {");
        for (size_t c = 0; c < g->n_columns; c++) {
            const gr_cell *x = cell(g, r, c);
            if (c) gr_buf_adds(out, ", ");
            gr_json_quote(out, gr_sv_from(g->columns[c]));
            gr_buf_adds(out, ": ");
            if (!*x->text) gr_buf_adds(out, "null");
            else if (x->number) gr_buf_adds(out, x->text[0] == '+' ? x->text + 1 : x->text);
            else gr_json_quote(out, gr_sv_from(x->text));
        }
        gr_buf_addc(out, '}');
    }
    gr_buf_adds(out, "\n]\n");
}

gr_status gr_grid_write(gr_buf *out, const gr_grid *g, gr_table_format f, gr_err *err)
{
    size_t *w = calloc(g->n_columns + 1, sizeof *w);
    bool *right = calloc(g->n_columns + 1, sizeof *right);

    if (w && right && !g->oom && !g->notes.oom) {
        widths(w, right, g);
        switch (f) {
        case GR_TABLE_TEXT: write_text(out, g, w, right); break;
        case GR_TABLE_MD: write_md(out, g, right); break;
        case GR_TABLE_CSV: write_csv(out, g); break;
        case GR_TABLE_LATEX: write_latex(out, g, right); break;
        case GR_TABLE_HTML: write_html(out, g, right); break;
        case GR_TABLE_JSON: write_json(out, g); break;
        }
    } else out->oom = true;
    free(w);
    free(right);
    return out->oom ? gr_fail_nomem(err, "a table") : GR_OK;
}
