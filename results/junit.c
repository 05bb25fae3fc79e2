/* junit.c - verdicts as JUnit XML, which CI servers show: a test case a metric, of the class "glue-run.TASK", for splits other than
 * the task's main one "glue-run.TASK (SPLIT)"; regressed and missing are failures, undecided is skipped. */
#include <math.h>
#include <string.h>

#include "base/fs.h"
#include "results/compare.h"
#include "results/markup.h"

static void number(gr_buf *b, const char *name, double v)
{
    gr_buf_addf(b, "%s ", name);
    if (isnan(v)) gr_buf_adds(b, "- ");
    else gr_buf_addf(b, "%.6g ", v);
}

static void test_case(gr_buf *b, const gr_comparison *c)
{
    const char *tag = NULL;

    gr_buf_adds(b, "  <testcase classname=\"glue-run.");
    gr_markup_text(b, c->name);
    gr_buf_adds(b, "\" name=\"");
    gr_markup_text(b, c->metric);
    gr_buf_adds(b, "\">\n");
    if (c->verdict == GR_VERDICT_REGRESSED || c->verdict == GR_VERDICT_MISSING) tag = "failure";
    if (c->verdict == GR_VERDICT_UNDECIDED) tag = "skipped";
    if (tag) {
        gr_buf_addf(b, "    <%s message=\"%s:", tag, gr_verdict_name(c->verdict));
        if (!isnan(c->delta)) gr_buf_addf(b, " %.4f to %.4f, delta %+.4f, tolerance %.4f", c->base, c->value, c->delta, c->tolerance);
        if (c->note[0]) gr_buf_addc(b, ' ');
        gr_markup_text(b, c->note);
        gr_buf_adds(b, "\"/>\n");
    }
    gr_buf_adds(b, "    <system-out>");
    number(b, "base", c->base);
    number(b, "new", c->value);
    number(b, "delta", c->delta);
    number(b, "p", c->p);
    gr_buf_addf(b, "verdict %s</system-out>\n  </testcase>\n", gr_verdict_name(c->verdict));
}

gr_status gr_compare_junit(const char *path, const gr_comparisons *c, gr_err *err)
{
    size_t failures = 0, skipped = 0;
    gr_buf b = { 0 };
    gr_status s;

    for (size_t i = 0; i < c->n; i++) {
        failures += c->c[i].verdict == GR_VERDICT_REGRESSED || c->c[i].verdict == GR_VERDICT_MISSING;
        skipped += c->c[i].verdict == GR_VERDICT_UNDECIDED;
    }
    gr_buf_addf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"glue-run compare\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n",
                c->n, failures, skipped);
    for (size_t i = 0; i < c->n; i++) test_case(&b, &c->c[i]);
    gr_buf_adds(&b, "</testsuite>\n");
    s = b.oom ? gr_fail(err, GR_E_NOMEM, "out of memory for JUnit XML") : gr_fs_write(path, b.p, b.n, err);
    gr_buf_free(&b);
    return s;
}
