/* html.h - report.html: records as one page that needs nothing beside it, neither network nor script. */
#ifndef GR_RESULTS_HTML_H
#define GR_RESULTS_HTML_H
#include "base/str.h"
#include "results/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The comparison as a chart and a table; with several models the leaderboard; then for each task, model and recipe: losses and scores over
 * the epochs, a line for each seed; confusions and entity types; and what the runs were made of. The same records make the same bytes.
 * GR_E_NOMEM. */
gr_status gr_html_report(gr_buf *out, const gr_records *r, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
