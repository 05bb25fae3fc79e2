/* compare.h - is a new suite better, worse or the same as a base suite? Joined by task, seed and example. */
#ifndef GR_RESULTS_COMPARE_H
#define GR_RESULTS_COMPARE_H
#include "base/str.h"
#include "results/store.h"
#include "results/table.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_verdict { GR_VERDICT_SAME, GR_VERDICT_IMPROVED, GR_VERDICT_REGRESSED, GR_VERDICT_UNDECIDED, GR_VERDICT_MISSING } gr_verdict;
const char *gr_verdict_name(gr_verdict v);

typedef struct gr_comparison {
    char       task[64], metric[64], split[40];
    char       name[120];          /* of its row: the task, and the split when it is not the task's main one */
    int        n_seeds;
    double     base, value, delta; /* means over the joined seeds            */
    double     p;                  /* McNemar exact, or of the paired bootstrap; NaN when not computable */
    double     lo, hi;             /* 95 % interval of delta                 */
    double     tolerance;          /* from the baseline file, 0 without      */
    char       test[32];           /* "mcnemar", "bootstrap", "values only"  */
    char       why[200];           /* the tolerance's written reason         */
    gr_verdict verdict;
    char       note[200];
} gr_comparison;

typedef struct gr_comparisons { gr_comparison *c; size_t n; } gr_comparisons;

/* base: RUNS (store.h), or a folder or file of ci/baselines, which has tolerances with reasons. Of several runs of one task and seed on a
 * side the last counts, with a warning where they differ. The bootstrap makes 10,000 draws from a fixed seed. Statuses of gr_store_load;
 * GR_E_FORMAT for a broken baseline; GR_E_NOMEM. */
gr_status gr_compare(gr_comparisons *out, const char *base, const char *next, gr_err *err) GR_MUST_USE;
void      gr_comparisons_free(gr_comparisons *c);
/* CSV and JSON have columns of their own (docs/regression-tracking.md), with six digits. */
gr_status gr_compare_table(gr_buf *out, const gr_comparisons *c, gr_table_format f, gr_err *err) GR_MUST_USE;
gr_status gr_compare_junit(const char *path, const gr_comparisons *c, gr_err *err) GR_MUST_USE;
/* 0 same or improved; 1 regressed or missing; 5 undecided. */
int       gr_compare_exit_code(const gr_comparisons *c);

#ifdef __cplusplus
}
#endif
#endif
