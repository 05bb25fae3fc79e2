/* chart.h - the charts of the report: SVG inside the page, without scripts. Colours come from the page's style sheet, which has a
 * light and a dark form. */
#ifndef GR_RESULTS_CHART_H
#define GR_RESULTS_CHART_H
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Style rules of all charts: for the page's <style>. */
extern const char gr_chart_style[];

/* The ticks of an axis over lo..hi (lo <= hi, both within 1e30 of 0): `count` multiples of `step` from `first` on. The step is 1, 2
 * or 5 times a power of ten; the ticks enclose lo..hi, and there are three to seven of them. They are at least a thousandth of the
 * largest value apart (where that is above 1e-30), so that no two are written alike. */
typedef struct gr_ticks { double first, step; int count; } gr_ticks;
gr_ticks gr_chart_ticks(double lo, double hi);

/* A line; points with a value that is not finite, or beyond 1e30, are gaps. */
typedef struct gr_series {
    const char   *name;
    int           color; /* 0, 1, 2, ..; series of one name have one colour and one entry in the legend */
    const double *x, *y; /* [n] */
    size_t        n;
    const char   *run;   /* whose line it is among several of one name: "seed 43"; NULL: there is one */
} gr_series;

/* Lines over a common x axis. from_zero: the y axis begins at 0. Nothing is written where there is no point. */
typedef struct gr_lines {
    const char      *title, *x_name;
    const gr_series *series;
    size_t           n;
    bool             from_zero;
} gr_lines;
void gr_chart_lines(gr_buf *out, const gr_lines *c);

/* A row of values between -1 and 1: where it began (NaN: unknown), where it ended, and the deviation of that (NaN: of one run). */
typedef struct gr_span { const char *label; double from, to, std; } gr_span;

/* Rows below one another on one axis, from a hollow dot to a full one. */
typedef struct gr_spans {
    const char    *title, *from_name, *to_name;
    const gr_span *row;
    size_t         n;
} gr_spans;
void gr_chart_spans(gr_buf *out, const gr_spans *c);

#ifdef __cplusplus
}
#endif
#endif
