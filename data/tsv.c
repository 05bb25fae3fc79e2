/* tsv.c - records of tab-separated files; see reader.h. There is no quoting: a quote is a character, as in every
 * GLUE file. */
#include "data/reader.h"

gr_status gr_tsv_record(gr_reader *r, size_t *line, bool *more, gr_err *err)
{
    gr_sv rest, field;
    bool  last;

    GR_TRY(gr_lines_next(&r->in, &rest, more, err));
    if (!*more) return GR_OK;
    *line = r->in.line;
    if (rest.n == 0 && gr_lines_only_blank(&r->in)) {
        *more = false;
        return GR_OK;
    }
    do { /* a line without tabs is one column, a tab at its end makes an empty last one */
        const size_t before = rest.n;

        field = gr_sv_split(&rest, '\t');
        last = field.n == before;
        GR_TRY(gr_reader_push(r, field, err));
    } while (!last);
    return GR_OK;
}
