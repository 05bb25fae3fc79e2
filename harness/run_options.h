/* run_options.h - the options of `run`, one table for parsing, aliases, --help and the record. */
#ifndef GR_HARNESS_RUN_OPTIONS_H
#define GR_HARNESS_RUN_OPTIONS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "model/precision.h"

typedef struct gr_run_opts {
    /* what */
    bool        all;
    const char *suite, *task, *model, *data, *output_dir, *recipe;
    bool        force, require_all;
    /* data */
    const char *train_file, *validation_file, *test_file, *text_column, *pair_column, *label_column, *labels, *split;
    int64_t     split_seed, max_train_samples, max_eval_samples, sample, max_length;
    bool        label_all_tokens, regression;
    /* training */
    int64_t     seed;
    const char *seeds;
    double      epochs;
    int64_t     max_steps, batch_size, eval_batch_size, grad_accum;
    double      learning_rate, weight_decay, adam_beta1, adam_beta2, adam_epsilon, max_grad_norm;
    const char *scheduler, *scheduler_kwargs;
    double      warmup_steps, warmup_ratio, dropout, label_smoothing;
    bool        gradient_checkpointing, ignore_unused, do_train, do_eval, do_predict;
    const char *optim; /* a name of AdamW */
    const char *freeze, *order;
    int64_t     data_seed; /* -1: the run's */
    /* evaluation and saving */
    const char *eval_strategy;
    int64_t     eval_steps;
    const char *eval_splits;
    bool        baseline, load_best;
    const char *metric_for_best;
    int64_t     early_stopping;
    const char *save_strategy;
    int64_t     save_steps, save_total_limit;
    bool        save_model, predict_test;
    int64_t     log_steps;
    const char *report_to;
    /* machine and output */
    const char *device, *precision;
    int64_t     threads;
    bool        bf16, deterministic, json, quiet, no_progress, verbose, help;
} gr_run_opts;

extern const gr_opt gr_run_options[]; /* ends at name NULL */
enum { GR_RUN_OPTIONS_MAX = 112 };     /* at least the table's length: size of origin arrays */

/* Does this option change the numbers of a run, so that it belongs to the record's recipe and the content
 * key? Output, threads and the choice of tasks do not. */
bool gr_run_option_in_recipe(const gr_opt *opt);

/* run_glue's --do_train, --do_eval and --do_predict as the options that they stand for: the last two without the first are --epochs 0, --do_eval
 * false is --eval-splits "", --do_predict is --predict-test. After parsing, before the recipe and the checks. */
gr_status gr_run_opts_settle(gr_run_opts *o, gr_opt_origin *origins, gr_err *err) GR_MUST_USE;

/* run_ner and run_classification name the columns of a set of the hub; a task knows its own. Beside a task such names, of the command line
 * or of a recipe, are put aside with a warning, as if they were not given, so that the record does not say that they were used. */
void gr_run_opts_drop_columns(gr_run_opts *o, gr_opt_origin *origins);

/* Checks across options, after parsing. GR_E_ARG. */
gr_status gr_run_opts_check(const gr_run_opts *o, gr_err *err) GR_MUST_USE;
gr_precision gr_run_precision(const gr_run_opts *o); /* --precision, or --bf16 */

#define GR_SEED_MAX 9007199254740991.0 /* the largest seed: 2^53 - 1, which a record holds exactly */

/* --seeds: "5" = seed..seed+4, "1,7,9" = those; without it the one seed. At most 64. */
enum { GR_MAX_SEEDS = 64 };
gr_status gr_run_seeds(uint64_t out[GR_MAX_SEEDS], int *n, const gr_run_opts *o, gr_err *err) GR_MUST_USE;

/* --recipe: a stored name ("trainer", "demo") or a JSON file of option: value. Values already set on the command line stay. The text
 * that options point to lives in `a`. GR_E_NOTFOUND lists the stored names. */
gr_status gr_recipe_apply(gr_run_opts *o, gr_opt_origin *origins, const char *name, gr_arena *a, gr_err *err) GR_MUST_USE;

#endif
