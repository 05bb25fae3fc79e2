/* score.h - the metrics of `glue-run score`: from names and two files to named values. */
#ifndef GR_HARNESS_SCORE_H
#define GR_HARNESS_SCORE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"
#include "base/str.h"

/* As the command line gives them; strings are borrowed, NULL where an option was not given. */
typedef struct gr_score_options {
    const char *pred, *ref;
    const char *average, *pos_label, *labels, *zero_division; /* of class scores */
    const char *mode, *scheme;                                /* of tags */
    const char *task;                                         /* of glue */
    const char *format;
    int64_t     digits; /* of the text reports */
    bool        suffix, json, help;
} gr_score_options;

/* Names of the metrics with a line of help each; NULL past the end. */
const char *gr_score_name(size_t i);
const char *gr_score_about(size_t i);

/* Compute the named metrics. Values go to *json as members of one object (NaN as null) and to *text as
 * one line each; reports keep their own form. GR_E_ARG: unknown metric (with the nearest name), or
 * options that do not fit it or the labels; statuses of gr_score_read; GR_E_FORMAT for data that a
 * metric is not defined for. */
gr_status gr_score_run(gr_json *json, gr_buf *text, const char *const *names, size_t n, const gr_score_options *o,
                       gr_err *err) GR_MUST_USE;

#endif
