/* bench.h - what the files of `glue-run bench` share. */
#ifndef GR_HARNESS_BENCH_H
#define GR_HARNESS_BENCH_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/fs.h"
#include "base/pool.h"
#include "harness/encoded.h"
#include "model/backend/timed/timed.h"
#include "model/weights.h"

typedef struct gr_bench_opts {
    const char *model, *shape, *mode, *batch_size, *rows, *device, *precision;
    int64_t     steps, repeats, warmup, threads, length, max_length;
    bool        gradient_checkpointing, deterministic, roofline, json, help;
} gr_bench_opts;

static inline gr_precision gr_bench_precision(const gr_bench_opts *o)
{
    return strcmp(o->precision, "bf16") == 0 ? GR_PRECISION_BF16 : GR_PRECISION_F32;
}

typedef struct gr_bench {
    gr_bench_opts o;
    gr_pool      *pool;
    gr_tok       *tok;
    gr_model     *model;
    gr_encoded    rows;
    gr_peak       peak; /* with roofline */
    char          dir[GR_PATH_MAX];
} gr_bench;

/* What --roofline measured. One round is `steps` batches on the plain device, the same on the timed one, and then their matrix
 * products alone, back to back. */
typedef struct gr_roofline {
    double   step_gflops;    /* median over the rounds: operations of all products / wall time of the steps   */
    double   product_gflops; /* the same / time of the products alone                                         */
    double   fraction;       /* median over the rounds of the first / the second                              */
    double   fraction_best;  /* best round of the steps / best round of the products                          */
    double   seconds;        /* of the timed steps in all rounds, which `books` are of                        */
    int64_t  steps;          /* how many those are                                                            */
    double   slowdown;       /* medians: timed steps / plain ones, which is what measuring costs              */
    gr_timed *books;         /* malloc'd; NULL: not measured                                                  */
} gr_roofline;

typedef struct gr_bench_case {
    const char *mode;
    int64_t     batch_size, steps;
    double      tokens, tokens_per_second, examples_per_second, gflops, median, spread, peak_memory_mb, flops;
    gr_roofline roof;
} gr_bench_case;

/* bench_rows.c: make rows of one length, of a fixed mix of lengths, or from a file. */
gr_status gr_bench_rows(gr_bench *b, gr_err *err) GR_MUST_USE;
/* bench_run.c: fill the case's measured fields. */
gr_status gr_bench_run(const gr_bench *b, gr_bench_case *c, gr_err *err) GR_MUST_USE;

#endif
