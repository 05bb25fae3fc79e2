/* report.h - the fixed-width table that scikit-learn's and seqeval's reports share. Internal to metrics/. */
#ifndef GR_METRICS_REPORT_H
#define GR_METRICS_REPORT_H
#include "base/str.h"
#include "metrics/classification.h"

#define GR_REPORT_DIGITS_MAX 17

/* Width of the name column so far: the widest of `width` and the name, in characters (not bytes). */
size_t gr_report_widen(size_t width, const char *name);
/* Starting width: the longest average's name, or the digits. */
size_t gr_report_width(int digits);

void gr_report_head(gr_buf *out, size_t width);
/* One row. blank_pr leaves precision and recall empty (scikit-learn's accuracy row); real_support
 * writes 2.0 for 2. */
void gr_report_row(gr_buf *out, size_t width, int digits, const char *name, const gr_prf *v, bool blank_pr,
                   bool real_support);
#endif
