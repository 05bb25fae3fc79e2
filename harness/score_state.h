/* score_state.h - what score.c and score_classes.c share: one run of `glue-run score`. Internal.
 *
 * Labels that are whole numbers keep their value as class; any other labels are numbered in sorted
 * order, as scikit-learn orders classes. */
#ifndef GR_HARNESS_SCORE_STATE_H
#define GR_HARNESS_SCORE_STATE_H
#include "harness/score.h"
#include "harness/score_input.h"
#include "metrics/classification.h"
#include "metrics/sequence.h"

enum { GR_SCORE_KINDS = 3 };

typedef struct gr_score {
    const gr_score_options *o;
    gr_arena                mem; /* texts, classes, values: all that lives until the end */
    gr_score_side           pred[GR_SCORE_KINDS], ref[GR_SCORE_KINDS]; /* by gr_score_kind */
    bool                    read[GR_SCORE_KINDS];
    bool                    coded;                  /* the five below are set */
    bool                    whole;                  /* every label is a whole number */
    int64_t                *pred_class, *ref_class; /* (n) */
    size_t                  n;
    const char            **name; /* (n_name) sorted; none when the labels are whole numbers */
    size_t                  n_name;
    gr_tally                tally;
    gr_seqeval             *tags;
    gr_json                *json; /* output */
    gr_buf                 *text; /* output */
} gr_score;

typedef gr_status (*gr_score_pair_fn)(double *, const double *, size_t, const double *, size_t, gr_err *);

typedef struct gr_score_entry {
    const char *name, *alias, *about;
    gr_status (*run)(gr_score *s, const struct gr_score_entry *e, gr_err *err);
    const char      *average; /* of class scores; NULL: the option's */
    char             part;    /* p, r, f or a: which of several numbers */
    gr_score_pair_fn pair;    /* of two rows of values */
} gr_score_entry;

/* Zeroed memory that lives as long as the run; NULL when exhausted. */
void *gr_score_take(gr_score *s, size_t n, size_t size);
/* Read the files in the form that a kind of metric needs, once. Statuses of gr_score_read. */
gr_status gr_score_need(gr_score *s, gr_score_kind kind, gr_err *err) GR_MUST_USE;
/* "3", "-1" and also "3.0", as a float column writes whole labels. */
bool gr_score_whole_number(int64_t *out, const char *text);

void gr_score_emit(gr_score *s, const char *name, double v);
void gr_score_add_prf(gr_json *o, const char *name, double p, double r, double f, const char *f_name, double support,
                      const char *n_name);

gr_status gr_score_accuracy(gr_score *s, const gr_score_entry *e, gr_err *err) GR_MUST_USE;
gr_status gr_score_matthews(gr_score *s, const gr_score_entry *e, gr_err *err) GR_MUST_USE;
gr_status gr_score_prf(gr_score *s, const gr_score_entry *e, gr_err *err) GR_MUST_USE;
gr_status gr_score_confusion(gr_score *s, const gr_score_entry *e, gr_err *err) GR_MUST_USE;
gr_status gr_score_report(gr_score *s, const gr_score_entry *e, gr_err *err) GR_MUST_USE;

#endif
