/* submission_check.c - is a file what GLUE's server takes? See submission.h. Bytes from outside: nothing is assumed of them. */
#include <stdio.h>
#include <string.h>

#include "results/submission.h"

#define HEADER "index\tprediction"

/* A cell for a message: short, and without bytes that a terminal would act on. */
typedef struct shown { char text[48]; } shown;

static shown show(gr_sv s)
{
    enum { MOST = 40 };
    shown out = { "" };
    const size_t n = s.n > MOST ? MOST : s.n;

    for (size_t i = 0; i < n; i++) out.text[i] = s.p[i] >= 0x20 && s.p[i] < 0x7f ? s.p[i] : '?';
    if (s.n > MOST) memcpy(out.text + MOST, "...", 4);
    return out;
}

static gr_status check_index(gr_sv cell, size_t want, size_t line, gr_err *err)
{
    char text[24];
    int64_t v;

    if (cell.n == 0) return gr_fail(err, GR_E_FORMAT, "line %zu, column 1 (index): empty, expected %zu", line, want);
    (void)snprintf(text, sizeof text, "%zu", want);
    if (gr_sv_is(cell, text)) return GR_OK;
    if (gr_sv_int(&v, cell, NULL) != GR_OK || v < 0 || (size_t)v == want)
        return gr_fail(err, GR_E_FORMAT, "line %zu, column 1 (index): '%s', expected %zu", line, show(cell).text, want);
    if ((size_t)v < want)
        return gr_fail(err, GR_E_FORMAT, "line %zu, column 1 (index): %s stood before, expected %zu", line, show(cell).text, want);
    return gr_fail(err, GR_E_FORMAT, "line %zu, column 1 (index): %s, but %zu is missing", line, show(cell).text, want);
}

/* "yes, no", as many as there is room for. */
static void list_labels(char *out, size_t cap, const gr_record *r)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < r->n_labels && at + 1 < cap; i++) at += (size_t)snprintf(out + at, cap - at, "%s%s", i ? ", " : "", r->labels[i]);
}

static gr_status check_name(gr_sv cell, const gr_record *r, size_t line, gr_err *err)
{
    char labels[80];

    for (size_t i = 0; i < r->n_labels; i++)
        if (gr_sv_is(cell, r->labels[i])) return GR_OK;
    list_labels(labels, sizeof labels, r);
    return gr_fail(err, GR_E_FORMAT, "line %zu, column 2 (prediction): '%s' is no label of %.40s (%s)", line, show(cell).text, r->task, labels);
}

static gr_status check_number(gr_sv cell, const gr_record *r, size_t line, gr_err *err)
{
    char text[24];
    int64_t v;

    if (gr_sv_int(&v, cell, NULL) == GR_OK && v >= 0 && (uint64_t)v < r->n_labels) {
        (void)snprintf(text, sizeof text, "%d", (int)v);
        if (gr_sv_is(cell, text)) return GR_OK;
    }
    return gr_fail(err, GR_E_FORMAT, "line %zu, column 2 (prediction): '%s' is no class number of %.40s (0 to %lld)", line, show(cell).text, r->task,
                   (long long)r->n_labels - 1);
}

static gr_status check_value(gr_sv cell, const gr_rec_split *split, size_t line, gr_err *err)
{
    double v;
    const gr_status s = gr_sv_double(&v, cell, NULL);

    if (s == GR_E_NOMEM) return gr_fail(err, s, "line %zu: out of memory for a number", line);
    if (s != GR_OK) return gr_fail(err, GR_E_FORMAT, "line %zu, column 2 (prediction): '%s' is not a finite number", line, show(cell).text);
    if (v >= split->lo && v <= split->hi) return GR_OK;
    return gr_fail(err, GR_E_FORMAT, "line %zu, column 2 (prediction): '%s' is outside %g to %g", line, show(cell).text, split->lo, split->hi);
}

static gr_status check_row(gr_sv row, size_t index, const gr_record *r, const gr_rec_split *split, gr_err *err)
{
    const size_t line = index + 2;
    gr_sv cell = row;
    const gr_sv first = gr_sv_split(&cell, '\t');
    size_t columns = 1;

    for (size_t i = 0; i < row.n; i++) columns += row.p[i] == '\t';
    if (columns != 2) return gr_fail(err, GR_E_FORMAT, "line %zu: expected 2 columns, found %zu", line, columns);
    GR_TRY(check_index(first, index, line, err));
    if (cell.n == 0) return gr_fail(err, GR_E_FORMAT, "line %zu, column 2 (prediction): empty", line);
    if (split->form == GR_SUBMIT_NAMES) return check_name(cell, r, line, err);
    return split->form == GR_SUBMIT_NUMBERS ? check_number(cell, r, line, err) : check_value(cell, split, line, err);
}

gr_status gr_submission_check(gr_sv text, const gr_record *r, const gr_rec_split *split, gr_err *err)
{
    const size_t rows = (size_t)split->examples;
    gr_sv rest = text, line = gr_sv_split(&rest, '\n');
    size_t n = 0;

    if (text.n == 0) return gr_fail(err, GR_E_FORMAT, "line 1: the file is empty");
    if (!gr_sv_is(line, HEADER)) return gr_fail(err, GR_E_FORMAT, "line 1: the header is '%s', not index<TAB>prediction", show(line).text);
    for (; rest.n; n++) {
        line = gr_sv_split(&rest, '\n');
        if (n == rows) return gr_fail(err, GR_E_FORMAT, "line %zu: a row too many, the test set has %zu", n + 2, rows);
        GR_TRY(check_row(line, n, r, split, err));
    }
    if (n < rows) return gr_fail(err, GR_E_FORMAT, "line %zu: the file ends after %zu rows, the test set has %zu", n + 1, n, rows);
    if (text.p[text.n - 1] != '\n') return gr_fail(err, GR_E_FORMAT, "line %zu: the line is not ended: the file was cut off", n + 1);
    return GR_OK;
}
