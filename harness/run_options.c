/* run_options.c - the table behind `run`. Spellings and defaults: docs/cli.md; the second names are
 * those of transformers' run_glue.py, run_ner.py and TrainingArguments (release 5). */
#include "harness/run_options.h"

#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "model/schedule.h"

#define AT(field) offsetof(gr_run_opts, field)

const gr_opt gr_run_options[] = {
    { .name = "all", .type = GR_OPT_FLAG, .offset = AT(all), .help = "all tasks of the default suite", .group = "What to run" },
    { .name = "suite", .type = GR_OPT_STR, .offset = AT(suite), .value = "NAME", .help = "all tasks of a suite (glue-run list suites)" },
    { .name = "task-name", .aliases = "task|dataset-name", .type = GR_OPT_STR, .offset = AT(task), .value = "NAME",
      .help = "a task, as if named on the command line" },
    { .name = "dataset-config-name", .type = GR_OPT_REFUSED, .help = "a task has one name: --task-name mrpc" },
    { .name = "model", .aliases = "model-name-or-path", .type = GR_OPT_STR, .offset = AT(model), .value = "NAME|DIR",
      .help = "encoder: a name of `list models` or a folder with config.json, weights and tokenizer files (default demo)" },
    { .name = "tokenizer-name", .aliases = "config-name", .type = GR_OPT_REFUSED, .help = "configuration and tokenizer are those of the model's folder: --model DIR" },
    { .name = "cache-dir", .aliases = "token|use-auth-token|model-revision|trust-remote-code", .type = GR_OPT_REFUSED, .help = "nothing is downloaded: --model DIR and --data DIR" },
    { .name = "ignore-mismatched-sizes", .type = GR_OPT_REFUSED, .help = "a head of another shape is made afresh, with a warning: leave it out" },
    { .name = "data", .aliases = "data-dir", .type = GR_OPT_STR, .offset = AT(data), .value = "DIR",
      .help = "folder with the published archives or files; also GLUE_RUN_DATA (default: the demo data)" },
    { .name = "output-dir", .type = GR_OPT_STR, .offset = AT(output_dir), .fallback = "runs", .value = "DIR",
      .help = "where records and models go" },
    { .name = "recipe", .type = GR_OPT_STR, .offset = AT(recipe), .value = "NAME|FILE",
      .help = "a stored set of these options (trainer, demo) or a JSON file of them" },
    { .name = "force", .aliases = "overwrite-output-dir", .type = GR_OPT_FLAG, .offset = AT(force),
      .help = "run again what is already finished with the same content key" },
    { .name = "require-all", .type = GR_OPT_FLAG, .offset = AT(require_all), .help = "a task without data is an error under --all" },

    { .name = "train-file", .type = GR_OPT_STR, .offset = AT(train_file), .value = "FILE", .group = "Data",
      .help = "a csv, tsv, jsonl or conll file of your own" },
    { .name = "validation-file", .type = GR_OPT_STR, .offset = AT(validation_file), .value = "FILE", .help = "its validation rows" },
    { .name = "test-file", .type = GR_OPT_STR, .offset = AT(test_file), .value = "FILE", .help = "its test rows" },
    { .name = "text-column", .aliases = "text-column-name|text-column-names", .type = GR_OPT_STR, .offset = AT(text_column), .value = "NAME",
      .help = "column of the text (or of the words)" },
    { .name = "pair-column", .type = GR_OPT_STR, .offset = AT(pair_column), .value = "NAME", .help = "column of the second text" },
    { .name = "label-column", .aliases = "label-column-name", .type = GR_OPT_STR, .offset = AT(label_column), .value = "NAME",
      .help = "column of the label; numbers with a decimal point mean regression" },
    { .name = "labels", .type = GR_OPT_STR, .offset = AT(labels), .value = "A,B,C", .help = "label names in id order (default: sorted)" },
    { .name = "regression", .aliases = "do-regression", .type = GR_OPT_FLAG, .offset = AT(regression), .help = "of your own file: whole numbers are values, not classes" },
    { .name = "split", .type = GR_OPT_STR, .offset = AT(split), .value = "50/25/25", .help = "cut one file into train/validation/test" },
    { .name = "split-seed", .type = GR_OPT_INT, .offset = AT(split_seed), .fallback = "42", .value = "N", .hi = 4294967295.0,
      .help = "of that cut" },
    { .name = "max-train-samples", .type = GR_OPT_INT, .offset = AT(max_train_samples), .value = "N", .lo = 1, .hi = 1e12, .help = "first N training rows" },
    { .name = "max-eval-samples", .type = GR_OPT_INT, .offset = AT(max_eval_samples), .value = "N", .lo = 1, .hi = 1e12, .help = "first N evaluation rows" },
    { .name = "max-predict-samples", .type = GR_OPT_REFUSED, .help = "a submission has every test row: leave it out" },
    { .name = "sample", .type = GR_OPT_INT, .offset = AT(sample), .value = "N", .lo = 1, .hi = 1e12, .help = "N training rows, seeded and stratified" },
    { .name = "max-length", .aliases = "max-seq-length", .type = GR_OPT_INT, .offset = AT(max_length), .value = "N", .lo = 1, .hi = 1e6,
      .help = "tokens of a row, special ones included; truncation longest_first (default: the task's)" },
    { .name = "pad-to-max-length", .type = GR_OPT_REFUSED, .help = "batches are packed, nothing is padded: leave it out" },
    { .name = "overwrite-cache", .type = GR_OPT_REFUSED, .help = "kept tokens are found by content: leave it out" },
    { .name = "preprocessing-num-workers", .type = GR_OPT_REFUSED, .help = "--threads N is for all of the work" },
    { .name = "dataloader-num-workers", .type = GR_OPT_REFUSED, .help = "--threads N is for all of the work" },
    { .name = "label-all-tokens", .type = GR_OPT_FLAG, .offset = AT(label_all_tokens), .help = "NER: sub-tokens after the first get the I- label" },

    { .name = "do-train", .type = GR_OPT_FLAG, .offset = AT(do_train), .fallback = "true", .help = "run_glue's word; --do-eval or --do-predict without it trains nothing, as --epochs 0 does",
      .group = "Training" },
    { .name = "seed", .type = GR_OPT_INT, .offset = AT(seed), .fallback = "42", .value = "N", .hi = GR_SEED_MAX, .help = "of order, dropout and new heads" },
    { .name = "seeds", .type = GR_OPT_STR, .offset = AT(seeds), .value = "N|a,b,c", .help = "several runs: N seeds from --seed on, or these" },
    { .name = "epochs", .aliases = "num-train-epochs", .type = GR_OPT_REAL, .offset = AT(epochs), .fallback = "3", .value = "X", .lo = 0, .hi = 1e6,
      .help = "passes over the training rows; 0 only evaluates" },
    { .name = "optim", .type = GR_OPT_CHOICE, .offset = AT(optim), .fallback = "adamw", .value = "NAME", .choices = "adamw|adamw_torch|adamw_torch_fused",
      .help = "the optimiser is AdamW under each of these names" },
    { .name = "max-steps", .type = GR_OPT_INT, .offset = AT(max_steps), .fallback = "-1", .value = "N", .lo = -1, .hi = 1e12, .help = "optimiser steps; wins over --epochs (default: off)" },
    { .name = "batch-size", .aliases = "per-device-train-batch-size|per-gpu-train-batch-size", .type = GR_OPT_INT, .offset = AT(batch_size), .fallback = "8", .value = "N", .lo = 1,
      .hi = 65536, .help = "rows of a micro-batch" },
    { .name = "eval-batch-size", .aliases = "per-device-eval-batch-size|per-gpu-eval-batch-size", .type = GR_OPT_INT, .offset = AT(eval_batch_size), .fallback = "8", .value = "N", .lo = 1,
      .hi = 65536, .help = "group of rows that eval_loss averages over" },
    { .name = "grad-accum", .aliases = "gradient-accumulation-steps", .type = GR_OPT_INT, .offset = AT(grad_accum), .fallback = "1", .value = "N", .lo = 1,
      .hi = 65536, .help = "micro-batches of an optimiser step" },
    { .name = "learning-rate", .aliases = "lr", .type = GR_OPT_REAL, .offset = AT(learning_rate), .fallback = "5e-5", .value = "X", .hi = 100, .help = "peak learning rate" },
    { .name = "weight-decay", .type = GR_OPT_REAL, .offset = AT(weight_decay), .fallback = "0", .value = "X", .hi = 100, .help = "decoupled; none on biases and norms" },
    { .name = "adam-beta1", .type = GR_OPT_REAL, .offset = AT(adam_beta1), .fallback = "0.9", .value = "X", .hi = 0.99999999, .help = "of AdamW" },
    { .name = "adam-beta2", .type = GR_OPT_REAL, .offset = AT(adam_beta2), .fallback = "0.999", .value = "X", .hi = 0.99999999, .help = "of AdamW" },
    { .name = "adam-epsilon", .type = GR_OPT_REAL, .offset = AT(adam_epsilon), .fallback = "1e-8", .value = "X", .hi = 1, .help = "of AdamW" },
    { .name = "max-grad-norm", .type = GR_OPT_REAL, .offset = AT(max_grad_norm), .fallback = "1.0", .value = "X", .hi = 1e30, .help = "clip the gradient's norm; 0 = off" },
    { .name = "scheduler", .aliases = "lr-scheduler-type", .type = GR_OPT_CHOICE, .offset = AT(scheduler), .fallback = "linear", .value = "NAME",
      .choices = "linear|cosine|cosine_with_restarts|polynomial|constant|constant_with_warmup|inverse_sqrt", .help = "of the learning rate" },
    { .name = "scheduler-kwargs", .aliases = "lr-scheduler-kwargs", .type = GR_OPT_STR, .offset = AT(scheduler_kwargs), .value = "JSON",
      .help = "its arguments: num_cycles (cosine, restarts), power, lr_end (polynomial), timescale (inverse_sqrt)" },
    { .name = "warmup-steps", .aliases = "num-warmup-steps", .type = GR_OPT_REAL, .offset = AT(warmup_steps), .fallback = "0", .value = "N", .hi = 1e12, .help = "below 1: a share of all steps" },
    { .name = "warmup-ratio", .type = GR_OPT_REAL, .offset = AT(warmup_ratio), .fallback = "0", .value = "X", .hi = 1, .help = "the same, as a share" },
    { .name = "dropout", .type = GR_OPT_REAL, .offset = AT(dropout), .fallback = "-1", .value = "P", .hi = 0.99, .help = "replaces all dropouts of the model's config (default: those)" },
    { .name = "label-smoothing", .aliases = "label-smoothing-factor", .type = GR_OPT_REAL, .offset = AT(label_smoothing), .fallback = "0", .value = "X", .hi = 0.999, .help = "share spread over all classes" },
    { .name = "gradient-checkpointing", .type = GR_OPT_FLAG, .offset = AT(gradient_checkpointing), .help = "recompute layers in the backward pass: less memory" },
    { .name = "ignore-unused", .type = GR_OPT_FLAG, .offset = AT(ignore_unused), .help = "accept checkpoint tensors that the model does not use" },
    { .name = "freeze", .type = GR_OPT_STR, .offset = AT(freeze), .value = "PATTERN", .help = "not trained: embeddings, layer.0-8, encoder, or a name's start" },
    { .name = "order", .type = GR_OPT_CHOICE, .offset = AT(order), .fallback = "glue-run", .value = "NAME", .choices = "glue-run|torch",
      .help = "torch: Trainer's data order for this seed" },
    { .name = "data-seed", .type = GR_OPT_INT, .offset = AT(data_seed), .fallback = "-1", .value = "N", .lo = -1, .hi = GR_SEED_MAX, .help = "of the order alone (default: --seed)" },
    { .name = "group-by-length", .type = GR_OPT_REFUSED, .help = "batches are packed, no row is padded to another's length: leave it out" },
    { .name = "dataloader-drop-last", .type = GR_OPT_REFUSED, .help = "the last batch of an epoch has the rows that are left: leave it out" },

    { .name = "eval-strategy", .aliases = "evaluation-strategy", .type = GR_OPT_CHOICE, .offset = AT(eval_strategy), .fallback = "epoch", .value = "WHEN", .choices = "no|epoch|steps",
      .help = "evaluate during training", .group = "Evaluation and saving" },
    { .name = "do-eval", .type = GR_OPT_FLAG, .offset = AT(do_eval), .fallback = "true", .help = "run_glue's word; without --do-train nothing is trained" },
    { .name = "eval-steps", .type = GR_OPT_INT, .offset = AT(eval_steps), .fallback = "500", .value = "N", .lo = 1, .hi = 1e12, .help = "for --eval-strategy steps" },
    { .name = "eval-splits", .type = GR_OPT_STR, .offset = AT(eval_splits), .fallback = "validation", .value = "A,B", .help = "train and test too, where they have labels" },
    { .name = "baseline", .aliases = "eval-on-start", .type = GR_OPT_FLAG, .offset = AT(baseline), .fallback = "true", .help = "evaluate before training, for the comparison" },
    { .name = "load-best", .aliases = "load-best-model-at-end", .type = GR_OPT_FLAG, .offset = AT(load_best), .help = "end with the best evaluated weights" },
    { .name = "metric-for-best", .aliases = "metric-for-best-model", .type = GR_OPT_STR, .offset = AT(metric_for_best), .fallback = "loss", .value = "NAME", .help = "what is best" },
    { .name = "greater-is-better", .type = GR_OPT_REFUSED, .help = "each metric knows whether more is better: leave it out" },
    { .name = "early-stopping", .aliases = "early-stopping-patience", .type = GR_OPT_INT, .offset = AT(early_stopping), .fallback = "0", .value = "N", .hi = 1e6, .help = "stop after N evaluations without improvement" },
    { .name = "save-strategy", .type = GR_OPT_CHOICE, .offset = AT(save_strategy), .fallback = "no", .value = "WHEN", .choices = "no|epoch|steps", .help = "checkpoints that the same command resumes from" },
    { .name = "save-steps", .type = GR_OPT_INT, .offset = AT(save_steps), .fallback = "500", .value = "N", .lo = 1, .hi = 1e12, .help = "for --save-strategy steps" },
    { .name = "save-total-limit", .type = GR_OPT_INT, .offset = AT(save_total_limit), .fallback = "1", .value = "N", .lo = 1, .hi = 1000, .help = "checkpoints kept of a run" },
    { .name = "resume-from-checkpoint", .type = GR_OPT_REFUSED, .help = "with --save-strategy the same command goes on by itself from its newest checkpoint: leave it out" },
    { .name = "save-model", .type = GR_OPT_FLAG, .offset = AT(save_model), .help = "the fine-tuned model as a folder that transformers loads" },
    { .name = "do-predict", .type = GR_OPT_FLAG, .offset = AT(do_predict), .help = "run_glue's word for --predict-test; without --do-train nothing is trained" },
    { .name = "predict-test", .type = GR_OPT_FLAG, .offset = AT(predict_test), .help = "predict the test rows too: a GLUE submission's files, beside the record" },
    { .name = "log-steps", .aliases = "logging-steps", .type = GR_OPT_INT, .offset = AT(log_steps), .fallback = "500", .value = "N", .lo = 1, .hi = 1e12, .help = "steps between lines of the run's log" },
    { .name = "logging-dir", .type = GR_OPT_REFUSED, .help = "the log lies beside the record (--report-to tensorboard: below it)" },
    { .name = "logging-strategy", .aliases = "logging-first-step", .type = GR_OPT_REFUSED, .help = "the log has a line each --log-steps N and one an evaluation: leave it out" },
    { .name = "push-to-hub", .aliases = "hub-model-id|hub-token|hub-strategy|hub-private-repo", .type = GR_OPT_REFUSED, .help = "nothing is uploaded: --save-model leaves a folder that the Hub's own tool uploads" },
    { .name = "report-to", .type = GR_OPT_CHOICE, .offset = AT(report_to), .fallback = "none", .value = "NAME", .choices = "none|tensorboard", .help = "the log as a TensorBoard event file too" },

    { .name = "device", .type = GR_OPT_STR, .offset = AT(device), .fallback = "cpu", .value = "NAME", .help = "cpu, ref (plain float), ref64 (plain double)", .group = "Machine and output" },
    { .name = "run-name", .type = GR_OPT_REFUSED, .help = "a record is named by task, model, seed and recipe: leave it out" },
    { .name = "remove-unused-columns", .type = GR_OPT_REFUSED, .help = "it steers PyTorch and changes nothing here: leave it out",
      .aliases = "torch-compile|tf32|use-fast-tokenizer|dataloader-pin-memory|dataloader-persistent-workers|dataloader-prefetch-factor|eval-accumulation-steps|"
                 "auto-find-batch-size|gradient-checkpointing-kwargs|skip-memory-metrics|include-inputs-for-metrics|use-legacy-prediction-loop|save-safetensors" },
    { .name = "deepspeed", .aliases = "fsdp|ddp-backend|ddp-find-unused-parameters|local-rank", .type = GR_OPT_REFUSED, .help = "a run is one process on one machine: leave it out" },
    { .name = "use-cpu", .aliases = "no-cuda", .type = GR_OPT_REFUSED, .help = "use --device cpu" },
    { .name = "precision", .type = GR_OPT_CHOICE, .offset = AT(precision), .fallback = "f32", .value = "NAME", .choices = "f32|bf16", .help = "operands of the matrix products; sums, weights and the rest are f32" },
    { .name = "fp16", .type = GR_OPT_REFUSED, .help = "use --precision bf16 (half floats need loss scaling)" },
    { .name = "bf16", .type = GR_OPT_FLAG, .offset = AT(bf16), .help = "the same as --precision bf16" },
    { .name = "threads", .type = GR_OPT_INT, .offset = AT(threads), .value = "N", .hi = 1024, .help = "wins over OMP_NUM_THREADS (default: all cores)" },
    { .name = "deterministic", .aliases = "full-determinism", .type = GR_OPT_FLAG, .offset = AT(deterministic), .help = "bits do not depend on the CPU model either" },
    { .name = "json", .type = GR_OPT_FLAG, .offset = AT(json), .help = "print the records as one JSON array in place of the table" },
    { .name = "quiet", .type = GR_OPT_FLAG, .offset = AT(quiet), .help = "no progress and no notes" },
    { .name = "no-progress", .aliases = "disable-tqdm", .type = GR_OPT_FLAG, .offset = AT(no_progress), .help = "no progress lines" },
    { .name = "verbose", .type = GR_OPT_FLAG, .offset = AT(verbose), .help = "more notes, and the source place of errors" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = AT(help), .help = "this text" },
    { .name = NULL },
};

/* Options that choose work or shape output, but change no number of a run. */
static const char *const outside_recipe[] = {
    "all", "suite", "task-name", "model", "data", "output-dir", "recipe", "force", "require-all", "train-file", "validation-file",
    "test-file", "seed", "seeds", "save-strategy", "save-steps", "save-total-limit", "save-model", "predict-test", "log-steps", "report-to", "device", "precision", "threads",
    "json", "quiet", "no-progress", "verbose", "help", "bf16",
    "do-train", "do-eval", "do-predict", "optim", "regression", NULL, /* what the first three say is said by epochs, eval-splits and predict-test; the last by the head */
};

bool gr_run_option_in_recipe(const gr_opt *opt)
{
    if (opt->type == GR_OPT_REFUSED) return false; /* it has no value */
    for (size_t i = 0; outside_recipe[i]; i++)
        if (strcmp(opt->name, outside_recipe[i]) == 0) return false;
    return true;
}

/* An option as if it stood on the command line. */
static gr_status put(gr_run_opts *o, gr_opt_origin *origins, const char *option, const char *value, gr_err *err)
{
    return gr_opt_set(o, origins, gr_run_options, option, value, GR_ORIGIN_COMMAND_LINE, err);
}

static void pass_over(const char **column, gr_opt_origin *origins, const char *option)
{
    if (!*column) return;
    if (**column) gr_warn("--%s is for a --train-file: a task knows its columns", option);
    *column = NULL;
    origins[gr_opt_index(gr_run_options, option)] = GR_ORIGIN_DEFAULT;
}

gr_status gr_run_opts_settle(gr_run_opts *o, gr_opt_origin *origins, gr_err *err)
{
    const bool told_train = origins[gr_opt_index(gr_run_options, "do-train")] == GR_ORIGIN_COMMAND_LINE;
    const bool told_eval = origins[gr_opt_index(gr_run_options, "do-eval")] == GR_ORIGIN_COMMAND_LINE && o->do_eval;

    if (!o->do_train || (!told_train && (told_eval || o->do_predict))) {
        gr_info("nothing is trained: %s", !o->do_train ? "--do-train is false" : told_eval ? "--do-eval stands without --do-train" : "--do-predict stands without --do-train");
        GR_TRY(put(o, origins, "epochs", "0", err));
        GR_TRY(put(o, origins, "max-steps", "-1", err));
    }
    if (o->do_predict) GR_TRY(put(o, origins, "predict-test", "true", err));
    return o->do_eval ? GR_OK : put(o, origins, "eval-splits", "", err);
}

void gr_run_opts_drop_columns(gr_run_opts *o, gr_opt_origin *origins)
{
    if (o->train_file) return;
    pass_over(&o->text_column, origins, "text-column");
    pass_over(&o->pair_column, origins, "pair-column");
    pass_over(&o->label_column, origins, "label-column");
}

/* An empty name is a script's variable that is not set; taken for "not given" it would change what is run. */
static gr_status check_names(const gr_run_opts *o, gr_err *err)
{
    const struct { const char *option, *name; } v[] = {
        { "model", o->model },           { "data", o->data },
        { "train-file", o->train_file }, { "validation-file", o->validation_file },
        { "test-file", o->test_file },
    };

    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        if (v[i].name && !v[i].name[0]) return gr_fail(err, GR_E_ARG, "--%s is empty: a variable that is not set?", v[i].option);
    return GR_OK;
}

/* An empty list is none, as beside a --train-file. */
static bool is_given(const char *list)
{
    return list && list[0];
}

static gr_status check_schedule(const gr_run_opts *o, gr_err *err)
{
    gr_schedule schedule;
    gr_status s;

    if (!is_given(o->scheduler_kwargs)) return GR_OK;
    GR_TRY(gr_schedule_init(&schedule, o->scheduler, 0, 1, o->learning_rate, err));
    s = gr_schedule_set(&schedule, o->scheduler_kwargs, err);
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "--scheduler-kwargs with --scheduler %s", o->scheduler);
}

gr_status gr_run_opts_check(const gr_run_opts *o, gr_err *err)
{
    GR_TRY(check_names(o, err));
    if (!o->output_dir[0]) return gr_fail(err, GR_E_ARG, "--output-dir is empty: a variable that is not set? '.' is this folder");
    if (o->data && !o->model)
        return gr_fail(err, GR_E_ARG, "--data (or GLUE_RUN_DATA) is given without --model: name the encoder with --model DIR (or --model demo, to insist)");
    if (o->warmup_ratio > 0 && o->warmup_steps > 0)
        return gr_fail(err, GR_E_ARG, "--warmup-steps and --warmup-ratio are both given: keep one");
    GR_TRY(check_schedule(o, err));
    if (o->early_stopping > 0 && strcmp(o->eval_strategy, "no") == 0)
        return gr_fail(err, GR_E_ARG, "--early-stopping needs evaluations: --eval-strategy epoch or steps");
    if (o->load_best && strcmp(o->eval_strategy, "no") == 0)
        return gr_fail(err, GR_E_ARG, "--load-best needs evaluations: --eval-strategy epoch or steps");
    if ((o->early_stopping > 0 || o->load_best) && !o->eval_splits[0])
        return gr_fail(err, GR_E_ARG, "--load-best and --early-stopping need a split to evaluate: --eval-splits validation");
    if (o->sample > 0 && o->max_train_samples > 0)
        return gr_fail(err, GR_E_ARG, "--sample and --max-train-samples are both given: keep one");
    if (o->regression && !o->train_file) return gr_fail(err, GR_E_ARG, "--regression is for a --train-file: a task knows what it is");
    if ((is_given(o->labels) || is_given(o->split)) && !o->train_file)
        return gr_fail(err, GR_E_ARG, "--%s is for a --train-file: a task has its own", is_given(o->labels) ? "labels" : "split");
    if ((o->validation_file || o->test_file) && !o->train_file)
        return gr_fail(err, GR_E_ARG, "--validation-file and --test-file need --train-file");
    if (gr_run_precision(o) != GR_PRECISION_F32 && strncmp(o->device, "ref", 3) == 0)
        return gr_fail(err, GR_E_ARG, "--precision bf16 with --device %s: the plain devices compute in their own numbers", o->device);
    return GR_OK;
}

gr_precision gr_run_precision(const gr_run_opts *o)
{
    return o->bf16 || strcmp(o->precision, "bf16") == 0 ? GR_PRECISION_BF16 : GR_PRECISION_F32;
}

gr_status gr_run_seeds(uint64_t out[GR_MAX_SEEDS], int *n, const gr_run_opts *o, gr_err *err)
{
    gr_sv rest = gr_sv_from(o->seeds);
    int64_t v;

    *n = 0;
    if (!o->seeds) {
        out[(*n)++] = (uint64_t)o->seed;
        return GR_OK;
    }
    if (!memchr(rest.p, ',', rest.n)) {
        if (gr_sv_int(&v, rest, NULL) != GR_OK || v < 1 || v > GR_MAX_SEEDS)
            return gr_fail(err, GR_E_ARG, "--seeds '%s': a count from 1 to %d, or seeds such as 42,43,44", o->seeds, GR_MAX_SEEDS);
        if ((double)o->seed + (double)(v - 1) > GR_SEED_MAX)
            return gr_fail(err, GR_E_ARG, "--seed %lld with --seeds %lld: beyond the largest seed, %.0f", (long long)o->seed, (long long)v, GR_SEED_MAX);
        for (int64_t i = 0; i < v; i++) out[(*n)++] = (uint64_t)(o->seed + i);
        return GR_OK;
    }
    while (rest.n) {
        const gr_sv one = gr_sv_trim(gr_sv_split(&rest, ','));
        if (*n == GR_MAX_SEEDS || gr_sv_int(&v, one, NULL) != GR_OK || v < 0 || (double)v > GR_SEED_MAX)
            return gr_fail(err, GR_E_ARG, "--seeds '%s': '%.*s' is not a seed (at most %d of them)", o->seeds, GR_SV_FMT(one), GR_MAX_SEEDS);
        for (int i = 0; i < *n; i++)
            if (out[i] == (uint64_t)v) return gr_fail(err, GR_E_ARG, "--seeds '%s': %lld stands there twice", o->seeds, (long long)v);
        out[(*n)++] = (uint64_t)v;
    }
    return GR_OK;
}
