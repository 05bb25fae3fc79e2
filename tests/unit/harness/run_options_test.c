/* run_options_test.c - the command line of `run`: defaults of docs/cli.md, every name of run_glue and TrainingArguments, refusals. */
#include "base/log.h"
#include "harness/run_options.h"
#include "tests/support/test.h"

static gr_run_opts   o;
static gr_opt_origin origins[GR_RUN_OPTIONS_MAX];
static const char   *names[64];
static int           n_names;

static gr_status parse(const char *const *words, gr_err *err)
{
    char *argv[64];
    int   argc = 0;

    for (; words[argc]; argc++) argv[argc] = (char *)words[argc];
    memset(&o, 0, sizeof o);
    GR_TRY(gr_opt_defaults(&o, origins, gr_run_options, err));
    GR_TRY(gr_opt_parse(&o, origins, gr_run_options, argc, argv, names, &n_names, err));
    GR_TRY(gr_run_opts_settle(&o, origins, err));
    return gr_run_opts_check(&o, err);
}

static void good(const char *const *words)
{
    gr_err err = GR_ERR_INIT;

    assert_ok(parse(words, &err), &err);
}
#define GOOD(...) good((const char *const[]){ __VA_ARGS__, NULL })

static void bad(const char *part, const char *const *words)
{
    gr_err err = GR_ERR_INIT;

    assert_status(parse(words, &err), GR_E_ARG, &err, part);
}
#define BAD(part, ...) bad((part), (const char *const[]){ __VA_ARGS__, NULL })

static void table_is_whole(void **state)
{
    int n = 0;

    (void)state;
    for (; gr_run_options[n].name; n++) {
        const gr_opt *x = &gr_run_options[n];
        assert_true(x->help && x->help[0]);
        assert_int_equal(gr_opt_index(gr_run_options, x->name), n); /* no name stands twice */
        for (gr_sv rest = gr_sv_from(x->aliases); rest.n;) {
            char alias[64];
            const gr_sv one = gr_sv_split(&rest, '|');
            assert_true(one.n > 0 && one.n < sizeof alias);
            memcpy(alias, one.p, one.n);
            alias[one.n] = '\0';
            assert_int_equal(gr_opt_index(gr_run_options, alias), n);
        }
    }
    assert_true(n <= GR_RUN_OPTIONS_MAX);
}

/* The table of docs/cli.md. */
static void defaults(void **state)
{
    (void)state;
    GOOD("mrpc");
    assert_true(n_names == 1 && strcmp(names[0], "mrpc") == 0);
    assert_true(!o.model && !o.data && strcmp(o.output_dir, "runs") == 0 && o.seed == 42 && !o.seeds);
    assert_true(o.epochs == 3 && o.max_steps == -1 && o.batch_size == 8 && o.eval_batch_size == 8 && o.grad_accum == 1);
    assert_true(o.learning_rate == 5e-5 && o.weight_decay == 0 && o.adam_beta1 == 0.9 && o.adam_beta2 == 0.999 && o.adam_epsilon == 1e-8);
    assert_true(o.max_grad_norm == 1 && strcmp(o.scheduler, "linear") == 0 && o.warmup_steps == 0 && o.warmup_ratio == 0);
    assert_true(o.max_length == 0 && o.dropout < 0 && o.label_smoothing == 0 && !o.gradient_checkpointing && !o.ignore_unused && !o.freeze);
    assert_true(strcmp(o.eval_strategy, "epoch") == 0 && strcmp(o.eval_splits, "validation") == 0 && o.baseline && !o.load_best);
    assert_true(strcmp(o.metric_for_best, "loss") == 0 && o.early_stopping == 0 && strcmp(o.save_strategy, "no") == 0 && o.save_steps == 500);
    assert_true(!o.save_model && o.log_steps == 500 && strcmp(o.order, "glue-run") == 0 && strcmp(o.precision, "f32") == 0);
    assert_true(o.threads == 0 && !o.deterministic && !o.force && !o.require_all && !o.json && !o.quiet && !o.no_progress);
    assert_true(o.sample == 0 && o.max_train_samples == 0 && o.max_eval_samples == 0 && !o.label_all_tokens && !o.recipe);
}

/* Every name that run_glue.py, run_ner.py and TrainingArguments have for an option that is here, with the option it stands for. */
static void names_of_others(void **state)
{
    static const struct { const char *theirs, *ours; } same[] = {
        { "model_name_or_path", "model" }, { "task_name", "task-name" }, { "num_train_epochs", "epochs" }, { "max_steps", "max-steps" },
        { "per_device_train_batch_size", "batch-size" }, { "per_device_eval_batch_size", "eval-batch-size" },
        { "gradient_accumulation_steps", "grad-accum" }, { "learning_rate", "learning-rate" }, { "weight_decay", "weight-decay" },
        { "adam_beta1", "adam-beta1" }, { "adam_beta2", "adam-beta2" }, { "adam_epsilon", "adam-epsilon" }, { "max_grad_norm", "max-grad-norm" },
        { "lr_scheduler_type", "scheduler" }, { "warmup_steps", "warmup-steps" }, { "warmup_ratio", "warmup-ratio" }, { "max_seq_length", "max-length" },
        { "label_smoothing_factor", "label-smoothing" }, { "gradient_checkpointing", "gradient-checkpointing" }, { "eval_strategy", "eval-strategy" },
        { "evaluation_strategy", "eval-strategy" }, { "eval_steps", "eval-steps" }, { "load_best_model_at_end", "load-best" },
        { "metric_for_best_model", "metric-for-best" }, { "early_stopping_patience", "early-stopping" }, { "save_strategy", "save-strategy" },
        { "save_steps", "save-steps" }, { "save_total_limit", "save-total-limit" }, { "logging_steps", "log-steps" }, { "seed", "seed" },
        { "output_dir", "output-dir" }, { "overwrite_output_dir", "force" }, { "max_train_samples", "max-train-samples" },
        { "max_eval_samples", "max-eval-samples" }, { "train_file", "train-file" }, { "validation_file", "validation-file" },
        { "test_file", "test-file" }, { "text_column_name", "text-column" }, { "label_column_name", "label-column" },
        { "label_all_tokens", "label-all-tokens" }, { "disable_tqdm", "no-progress" }, { "full_determinism", "deterministic" }, { "fp16", "fp16" },
        { "bf16", "bf16" }, { "dataset_name", "task-name" }, { "data_dir", "data" }, { "do_regression", "regression" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char dashes[64];
        const int want = gr_opt_index(gr_run_options, same[i].ours);
        (void)snprintf(dashes, sizeof dashes, "%s", same[i].theirs);
        for (char *c = dashes; *c; c++)
            if (*c == '_') *c = '-';
        if (want < 0 || gr_opt_index(gr_run_options, same[i].theirs) != want || gr_opt_index(gr_run_options, dashes) != want)
            fail_msg("--%s is not --%s", same[i].theirs, same[i].ours);
    }
}

static void a_run_glue_line(void **state)
{
    (void)state;
    GOOD("--model_name_or_path", "m", "--task_name", "mrpc", "--max_seq_length=64", "--per_device_train_batch_size", "32", "--learning_rate", "2e-5",
         "--num_train_epochs", "4", "--output_dir", "x", "--load_best_model_at_end", "True", "--lr_scheduler_type", "cosine");
    assert_true(strcmp(o.model, "m") == 0 && strcmp(o.task, "mrpc") == 0 && o.max_length == 64 && o.batch_size == 32 && o.learning_rate == 2e-5);
    assert_true(o.epochs == 4 && strcmp(o.output_dir, "x") == 0 && o.load_best && strcmp(o.scheduler, "cosine") == 0);
    assert_true(origins[gr_opt_index(gr_run_options, "epochs")] == GR_ORIGIN_COMMAND_LINE);
    assert_true(origins[gr_opt_index(gr_run_options, "dropout")] == GR_ORIGIN_DEFAULT);
}

/* The README of run_glue, and the words that the course's notebooks add. */
static void what_to_do(void **state)
{
    (void)state;
    GOOD("--task_name", "mrpc", "--do_train", "--do_eval", "--max_seq_length", "128", "--num_train_epochs", "2", "--optim", "adamw_torch", "--fp16", "False", "--push_to_hub=false");
    assert_true(o.epochs == 2 && strcmp(o.eval_splits, "validation") == 0 && n_names == 0);
    GOOD("mrpc", "--do_train", "--num_train_epochs", "2");
    assert_true(o.epochs == 2 && strcmp(o.eval_splits, "validation") == 0);
    GOOD("mrpc", "--do_eval", "--num_train_epochs", "2", "--max_steps", "9");
    assert_true(o.epochs == 0 && o.max_steps == -1 && strcmp(o.eval_splits, "validation") == 0);
    assert_true(origins[gr_opt_index(gr_run_options, "epochs")] == GR_ORIGIN_COMMAND_LINE);
    GOOD("mrpc", "--do_train", "False", "--do_eval", "True");
    assert_true(o.epochs == 0 && !o.predict_test);
    GOOD("mrpc", "--do_predict");
    assert_true(o.epochs == 0 && o.predict_test);
    GOOD("mrpc", "--do_train", "--do_predict");
    assert_true(o.epochs == 3 && o.predict_test);
    GOOD("mrpc", "--predict-test", "--do_predict", "False");
    assert_true(o.epochs == 3 && o.predict_test);
    GOOD("mrpc", "--do_train", "--no-do-eval");
    assert_true(o.epochs == 3 && !o.eval_splits[0]);
    GOOD("mrpc", "--do_eval", "False");
    assert_true(o.epochs == 3 && !o.eval_splits[0]);
    BAD("--save-model leaves a folder", "mrpc", "--push_to_hub");
    BAD("--save-model leaves a folder", "mrpc", "--push_to_hub", "True");
    BAD("leave it out", "mrpc", "--greater_is_better", "True");
    BAD("--log-steps", "mrpc", "--logging_strategy", "epoch");
    BAD("--task-name", "--dataset_name", "glue", "--dataset_config_name", "mrpc");
    BAD("packed", "mrpc", "--pad_to_max_length");
    BAD("packed", "mrpc", "--group_by_length", "True");
    GOOD("mrpc", "--group_by_length", "False", "--dataloader_drop_last", "False", "--remove_unused_columns", "False", "--local_rank", "0");
    BAD("rows that are left", "mrpc", "--dataloader_drop_last");
    BAD("steers PyTorch", "mrpc", "--torch_compile");
    BAD("one process", "mrpc", "--deepspeed", "zero.json");
    BAD("nothing is uploaded", "mrpc", "--hub_model_id", "me/model");
    GOOD("mrpc", "--lr_scheduler_type", "cosine_with_restarts", "--lr_scheduler_kwargs", "{\"num_cycles\": 3}");
    assert_string_equal(o.scheduler_kwargs, "{\"num_cycles\": 3}");
    GOOD("mrpc", "--scheduler-kwargs", "");
    BAD("--scheduler-kwargs with --scheduler linear: 'num_cycles' is no argument", "mrpc", "--scheduler-kwargs", "{\"num_cycles\": 3}");
    BAD("goes on by itself", "mrpc", "--resume_from_checkpoint", "runs/checkpoint-500");
    BAD("goes on by itself", "mrpc", "--resume_from_checkpoint", "True");
    BAD("made afresh", "mrpc", "--ignore_mismatched_sizes");
    BAD("--model DIR", "mrpc", "--tokenizer_name", "bert-base-cased");
    BAD("--model DIR", "mrpc", "--cache_dir", "/tmp");
    BAD("--threads", "mrpc", "--preprocessing_num_workers", "4");
    BAD("--threads", "mrpc", "--dataloader_num_workers", "4");
    BAD("--report-to tensorboard", "mrpc", "--logging_dir", "logs");
    BAD("--device cpu", "mrpc", "--use_cpu");
    BAD("every test row", "mrpc", "--max_predict_samples", "50");
    BAD("leave it out", "mrpc", "--overwrite_cache");
    GOOD("mrpc", "--ignore_mismatched_sizes", "False", "--num_warmup_steps", "10", "--overwrite_cache=false"); /* the middle one is run_glue_no_trainer's */
    assert_true(o.warmup_steps == 10);
    BAD("adamw", "mrpc", "--optim", "sgd");
    BAD("unknown option -y; --help lists them, and a name that begins with a dash stands behind --", "-y");
}

static void keep(void *user, gr_log_level level, const char *line)
{
    (void)level;
    gr_buf_addf(user, "%s\n", line);
}

static void drop_columns(gr_buf *said)
{
    gr_buf_reset(said);
    gr_log_set_sink(keep, said);
    gr_run_opts_drop_columns(&o, origins);
    gr_log_set_sink(NULL, NULL);
}

/* run_ner's and run_classification's line for a set of the hub: a task knows its columns, and what is not used is not in the record. */
static void columns_of_a_task(void **state)
{
    gr_buf said = { 0 };

    (void)state;
    GOOD("conll2003", "--text_column_name", "tokens", "--label_column_name", "ner_tags");
    drop_columns(&said);
    assert_true(!o.text_column && !o.label_column);
    assert_true(origins[gr_opt_index(gr_run_options, "text-column")] == GR_ORIGIN_DEFAULT);
    assert_non_null(strstr(said.p, "--text-column is for a --train-file"));
    assert_non_null(strstr(said.p, "--label-column is for a --train-file"));
    GOOD("conll2003", "--text_column_name", "");
    drop_columns(&said);
    assert_int_equal(said.n, 0);
    GOOD("--train-file", "a.csv", "--text-column", "t");
    drop_columns(&said);
    assert_int_equal(said.n, 0);
    assert_string_equal(o.text_column, "t");
    gr_buf_free(&said);
}

static void refusals(void **state)
{
    (void)state;
    BAD("--precision bf16", "mrpc", "--fp16");
    BAD("f32", "mrpc", "--precision", "f16");
    BAD("ref64", "mrpc", "--bf16", "--device", "ref64");
    BAD("--epochs", "mrpc", "--epoch", "3"); /* the nearest name */
    BAD("learning-rate", "mrpc", "--learning-rte", "3");
    BAD("lists them", "mrpc", "--zzzzzz", "3");
    BAD("linear", "mrpc", "--scheduler", "linar");
    BAD("--epochs", "mrpc", "--epochs", "-1");
    BAD("--batch-size", "mrpc", "--batch-size", "0");
    BAD("--batch-size", "mrpc", "--batch-size", "8.5");
    BAD("--seed", "mrpc", "--seed", "-1");
    BAD("--learning-rate", "mrpc", "--learning-rate", "nan");
    BAD("--dropout takes a number from 0 to 0.99, not '-0.5'", "mrpc", "--dropout", "-0.5");
    BAD("--dropout", "mrpc", "--dropout", "1");
    GOOD("mrpc", "--dropout", "-1"); /* the default may be said aloud */
    BAD("--sample takes a whole number from 1 to 1000000000000, not '0': leave the option out", "mrpc", "--sample", "0"); /* 0 was all */
    BAD("not '0': leave the option out", "mrpc", "--max-train-samples", "0");
    BAD("not '0': leave the option out", "mrpc", "--max-eval-samples", "0");
    BAD("not '0': leave the option out", "mrpc", "--max-length", "0");
    BAD("from 1 to 1000000, not '-1'", "mrpc", "--max-length", "-1");
    BAD("--threads", "mrpc", "--threads", "-1");
    BAD("--model", "mrpc", "--data", "x");
    BAD("keep one", "mrpc", "--warmup-steps", "5", "--warmup-ratio", "0.1");
    BAD("--eval-strategy", "mrpc", "--early-stopping", "2", "--eval-strategy", "no");
    BAD("--eval-splits", "mrpc", "--load-best", "--eval-splits", "");
    BAD("--eval-strategy", "mrpc", "--load-best", "--eval-strategy", "no");
    BAD("keep one", "mrpc", "--sample", "5", "--max-train-samples", "5");
    BAD("--train-file", "mrpc", "--test-file", "x.csv");
    BAD("--train-file", "stsb", "--do_regression");
    BAD("--labels is for a --train-file", "mrpc", "--labels", "a,b");
    BAD("--split is for a --train-file", "mrpc", "--split", "50/50");
    GOOD("mrpc", "--labels", "", "--split", ""); /* not given, as beside a --train-file */
    BAD("--seed takes a whole number from 0 to 9007199254740991, not", "mrpc", "--seed", "1e3");
    BAD("--output-dir is empty", "mrpc", "--output-dir", "");
    BAD("--validation-file is empty: a variable that is not set?", "--train-file", "a.csv", "--validation-file", ""); /* the training file would be cut */
    BAD("--train-file is empty", "--train-file", "");
    BAD("--data is empty", "mrpc", "--model", "demo", "--data", "");
    BAD("--model is empty", "mrpc", "--model", "");
    BAD("needs a value", "mrpc", "--model");
}

static void no_forms(void **state)
{
    (void)state;
    GOOD("mrpc", "--no-baseline", "--no-progress");
    assert_true(!o.baseline && o.no_progress);
    GOOD("mrpc", "--baseline", "false");
    assert_true(!o.baseline);
}

static void seeds_are(const char *text, const char *want)
{
    uint64_t s[GR_MAX_SEEDS];
    int      n = 0;
    gr_buf   b = { 0 };
    gr_err   err = GR_ERR_INIT;

    GOOD("mrpc");
    o.seeds = text;
    if (!want) {
        assert_status(gr_run_seeds(s, &n, &o, &err), GR_E_ARG, &err, "--seeds");
        return;
    }
    assert_ok(gr_run_seeds(s, &n, &o, &err), &err);
    for (int i = 0; i < n; i++) gr_buf_addf(&b, "%s%llu", i ? " " : "", (unsigned long long)s[i]);
    assert_string_equal(b.p, want);
    gr_buf_free(&b);
}

static void seeds(void **state)
{
    uint64_t s[GR_MAX_SEEDS];
    int n = 0;
    gr_err err = GR_ERR_INIT;

    (void)state;
    seeds_are(NULL, "42");
    seeds_are("1", "42");
    seeds_are("5", "42 43 44 45 46");
    seeds_are("1,7,9", "1 7 9");
    seeds_are("9, 7", "9 7");
    seeds_are("3,", "3");
    seeds_are("0", NULL);
    seeds_are("65", NULL);
    seeds_are("-3", NULL);
    seeds_are("1,1", NULL);
    seeds_are("1,,2", NULL);
    seeds_are("1,x", NULL);
    seeds_are(",", NULL);
    seeds_are("", NULL);
    seeds_are("1.5", NULL);
    seeds_are("1,9007199254740992", NULL); /* a record's numbers are doubles */
    GOOD("mrpc", "--seed", "9007199254740990", "--seeds", "2");
    assert_ok(gr_run_seeds(s, &n, &o, &err), &err);
    GOOD("mrpc", "--seed", "9007199254740990", "--seeds", "3");
    assert_status(gr_run_seeds(s, &n, &o, &err), GR_E_ARG, &err, "--seed 9007199254740990 with --seeds 3");
}

/* What changes a number is in the recipe, and so in the content key; what names work or shapes output is not. */
static void recipe_members(void **state)
{
    static const char *const out[] = { "all", "suite", "task-name", "model", "data", "output-dir", "recipe", "force", "require-all", "seed", "seeds",
                                       "save-strategy", "save-steps", "save-total-limit", "save-model", "predict-test", "log-steps", "device", "precision", "threads",
                                       "json", "quiet", "no-progress", "verbose", "help", "do-train", "do-eval", "optim", "regression", "train-file", "validation-file", "test-file" };
    static const char *const in[] = { "epochs", "max-steps", "batch-size", "eval-batch-size", "grad-accum", "learning-rate", "weight-decay", "adam-beta1",
                                      "adam-beta2", "adam-epsilon", "max-grad-norm", "scheduler", "warmup-steps", "warmup-ratio", "max-length", "dropout",
                                      "label-smoothing", "gradient-checkpointing", "freeze", "eval-strategy", "eval-steps", "eval-splits", "load-best",
                                      "metric-for-best", "early-stopping", "order", "baseline", "max-train-samples", "max-eval-samples", "sample",
                                      "label-all-tokens", "split", "split-seed", "deterministic" };

    (void)state;
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) assert_false(gr_run_option_in_recipe(&gr_run_options[gr_opt_index(gr_run_options, out[i])]));
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) assert_true(gr_run_option_in_recipe(&gr_run_options[gr_opt_index(gr_run_options, in[i])]));
    for (const gr_opt *opt = gr_run_options; opt->name; opt++) /* a new word that is refused must not change the key of finished runs */
        if (opt->type == GR_OPT_REFUSED) assert_false(gr_run_option_in_recipe(opt));
}

static void help_says_it_all(void **state)
{
    gr_buf b = { 0 };

    (void)state;
    gr_opt_help(&b, gr_run_options);
    for (int i = 0; gr_run_options[i].name; i++) {
        if (gr_run_options[i].type == GR_OPT_REFUSED) continue;
        if (!strstr(b.p, gr_run_options[i].name)) fail_msg("--help lacks --%s", gr_run_options[i].name);
    }
    assert_non_null(strstr(b.p, "num-train-epochs"));
    gr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(table_is_whole), cmocka_unit_test(defaults), cmocka_unit_test(names_of_others),
                                        cmocka_unit_test(a_run_glue_line), cmocka_unit_test(what_to_do), cmocka_unit_test(columns_of_a_task), cmocka_unit_test(refusals), cmocka_unit_test(no_forms),
                                        cmocka_unit_test(seeds), cmocka_unit_test(recipe_members), cmocka_unit_test(help_says_it_all) };
    return gr_test_main(tests);
}
