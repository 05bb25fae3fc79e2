/* confusion.c - see confusion.h. */
#include "results/confusion.h"

#include <string.h>

#include "results/compare_join.h"
#include "results/markup.h"

static gr_status add(gr_confusion *c, const gr_record *r, const char *split, gr_err *err)
{
    gr_joined j;
    const gr_status s = gr_join(&j, r, r, split, err);

    if (s == GR_E_NOTFOUND) return GR_OK; /* records may be moved without their predictions */
    if (s != GR_OK) return s == GR_E_NOMEM ? s : gr_wrap(err, s, "%s", r->predictions);
    for (size_t i = 0; i < j.n; i++) c->count[(size_t)j.ref[i] * r->n_labels + (size_t)j.base_class[i]]++;
    c->rows += j.n;
    c->runs += j.n > 0;
    gr_joined_free(&j);
    return GR_OK;
}

gr_status gr_confusion_of(gr_confusion *c, const gr_group *g, gr_err *err)
{
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < g->n; i++) {
        const gr_record *r = g->r[i];
        if (r->status != (g->n_ok ? GR_RUN_OK : GR_RUN_COLLAPSED)) continue;
        if (strcmp(r->head, "classification") != 0 || r->n_labels > GR_CONFUSION_CLASSES || !*gr_record_scored_split(r)) return GR_OK;
        GR_TRY(add(c, r, gr_record_scored_split(r), err));
    }
    return GR_OK;
}

/* ---- as a table ---- */

static void share(gr_buf *out, uint64_t part, uint64_t of)
{
    if (of) gr_buf_addf(out, "<td class=\"n\">%.4f</td>", (double)part / (double)of);
    else gr_buf_adds(out, "<td></td>");
}

/* The fuller a cell's share of its label, the stronger its colour. */
static void cell(gr_buf *out, uint64_t n, uint64_t of, bool right)
{
    const double percent = of ? 70.0 * (double)n / (double)of : 0;

    if (n) gr_buf_addf(out, "<td class=\"n\" style=\"background:color-mix(in srgb,var(--c%d) %.0f%%,transparent)\">%llu</td>", !right, percent, (unsigned long long)n);
    else gr_buf_adds(out, "<td class=\"n\">0</td>");
}

/* r: any record of the group, for the labels */
static void table(gr_buf *out, const uint64_t *count, const gr_record *r)
{
    const size_t k = r->n_labels;
    uint64_t sum, predicted;

    gr_buf_adds(out, "<div class=\"scroll\">\n<table>\n<thead><tr><th>label \\ predicted</th>");
    for (size_t c = 0; c < k; c++) {
        gr_buf_adds(out, "<th class=\"n\">");
        gr_markup_text(out, r->labels[c]);
        gr_buf_adds(out, "</th>");
    }
    gr_buf_adds(out, "<th class=\"n\">recall</th><th class=\"n\">f1</th></tr></thead>\n<tbody>\n");
    for (size_t l = 0; l < k; l++) {
        sum = predicted = 0;
        for (size_t c = 0; c < k; c++) {
            sum += count[l * k + c];
            predicted += count[c * k + l];
        }
        gr_buf_adds(out, "<tr><td>");
        gr_markup_text(out, r->labels[l]);
        gr_buf_adds(out, "</td>");
        for (size_t c = 0; c < k; c++) cell(out, count[l * k + c], sum, c == l);
        share(out, count[l * k + l], sum);
        share(out, 2 * count[l * k + l], sum + predicted);
        gr_buf_adds(out, "</tr>\n");
    }
    gr_buf_adds(out, "<tr><td>precision</td>");
    for (size_t c = 0; c < k; c++) {
        sum = 0;
        for (size_t l = 0; l < k; l++) sum += count[l * k + c];
        share(out, count[c * k + c], sum);
    }
    gr_buf_adds(out, "<td></td><td></td></tr>\n</tbody>\n</table>\n</div>\n");
}

gr_status gr_confusion_html(gr_buf *out, const gr_group *g, gr_err *err)
{
    gr_confusion c;
    gr_err why = GR_ERR_INIT;
    const gr_status s = gr_confusion_of(&c, g, &why);

    if (s == GR_E_NOMEM) {
        if (err) *err = why;
        return s;
    }
    if (s != GR_OK) {
        gr_buf_adds(out, "<p class=\"bad\">no table of predictions: ");
        gr_markup_text(out, why.msg);
        gr_buf_adds(out, "</p>\n");
    } else if (c.rows) {
        table(out, c.count, gr_group_lead(g));
        if (g->n > 1) gr_buf_addf(out, "<p>%llu predictions of %zu of %zu runs</p>\n", (unsigned long long)c.rows, c.runs, g->n);
    }
    return GR_OK;
}
