/* report.c - see report.h. Column widths are those of scikit-learn 1.x and seqeval 1.2: a name column,
 * then four right-aligned columns of nine. */
#include "metrics/report.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

static void add_blanks(gr_buf *out, size_t n)
{
    while (n--) gr_buf_addc(out, ' ');
}

/* printf shows the sign of a NaN; the reports do not. */
static void add_value(gr_buf *out, double x, int digits)
{
    if (isnan(x)) gr_buf_addf(out, " %9s", "nan");
    else gr_buf_addf(out, " %9.*f", digits, x);
}

size_t gr_report_widen(size_t width, const char *name)
{
    const size_t n = gr_utf8_count(gr_sv_from(name));

    return n > width ? n : width;
}

size_t gr_report_width(int digits)
{
    const size_t longest = strlen("weighted avg"), d = digits > 0 ? (size_t)digits : 0;

    return d > longest ? d : longest;
}

void gr_report_head(gr_buf *out, size_t width)
{
    add_blanks(out, width + 1);
    gr_buf_addf(out, " %9s %9s %9s %9s\n\n", "precision", "recall", "f1-score", "support");
}

void gr_report_row(gr_buf *out, size_t width, int digits, const char *name, const gr_prf *v, bool blank_pr,
                   bool real_support)
{
    const size_t used = gr_utf8_count(gr_sv_from(name));

    add_blanks(out, used < width ? width - used : 0);
    gr_buf_adds(out, name);
    gr_buf_addc(out, ' ');
    if (blank_pr) {
        add_blanks(out, 20);
    } else {
        add_value(out, v->precision, digits);
        add_value(out, v->recall, digits);
    }
    add_value(out, v->f1, digits);
    add_value(out, v->support, real_support ? 1 : 0);
    gr_buf_addc(out, '\n');
}
