/* job.c - from a task and a seed to a record. See job.h.
 *
 * The order of events: model, data, baseline, training, final evaluation, files. */
#include "harness/job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/log.h"
#include "harness/checkpoint.h"
#include "harness/fit.h"
#include "harness/job_files.h"
#include "harness/job_record.h"
#include "harness/label_evidence.h"
#include "harness/train_log.h"
#include "model/session.h"
#include "model/weights_labels.h"
#include "results/store.h"

enum { EVAL_TOKENS = 1024, EVAL_ROWS = 256 };

typedef struct job {
    gr_workroom   *room;
    const gr_task *task;
    uint64_t       seed;
    gr_record     *r;
    gr_model      *model;
    gr_labels_fit  labels;    /* of the head that the model came with */
    gr_session    *session;
    uint32_t      *rows;
    size_t         n_rows;
    gr_eval_opts   eval;
    gr_eval_result result[GR_MAX_SPLITS];      /* of the evaluated splits, after training */
    gr_predictions predictions[GR_MAX_SPLITS];
    gr_train_result train;
    int            held;      /* the right to this run's checkpoints, see checkpoint.h; -1: not had */
    char           checkpoints[GR_PATH_MAX], log_path[GR_PATH_MAX], board_dir[GR_PATH_MAX];
} job;

static size_t max_length(const gr_run_opts *o, const gr_task *t)
{
    return o->max_length > 0 ? (size_t)o->max_length : (size_t)t->max_len;
}

/* A diagnostic task has no training rows: it evaluates the head that the model brings, which another task trained. */
static bool is_diagnostic(const job *j)
{
    return (j->task->flags & GR_TASK_DIAGNOSTIC) != 0;
}

static bool trains(const job *j)
{
    return gr_task_trains(j->task, j->room->o);
}

/* ---- before training ---- */

/* Tokens of a row: what the task or --max-length says, within the model's positions and, as in run_glue, the tokenizer's model_max_length. */
static size_t row_length(const job *j)
{
    const size_t asked = max_length(j->room->o, j->task), most = (size_t)gr_fit_most(&j->model->config, j->room->tok);

    if (asked <= most) return asked;
    gr_warn("%s: rows are cut at %zu tokens, the %s (asked for: %zu)", j->task->name, most,
            most < (size_t)gr_fit_positions(&j->model->config) ? "tokenizer's model_max_length" : "model's positions", asked);
    return most;
}

static gr_status load_data(job *j, gr_err *err)
{
    gr_workroom *w = j->room;
    gr_task_data_opts from = { .dir = w->data_dir, .any_rows = strcmp(w->data_kind, "demo") == 0, .tok = w->tok, .cache = &w->tokens,
                               .pool = w->pool, .tasks = w->tasks, .n_tasks = w->n_tasks };

    if (w->data.task != j->task) {
        gr_task_data_close(&w->data);
        from.max_length = row_length(j);
        GR_TRY(gr_task_data_open(&w->data, j->task, &from, w->o, err));
    }
    GR_TRY(gr_task_eval_check(&w->data, w->o, err));
    return trains(j) ? gr_task_train_rows(&j->rows, &j->n_rows, &w->data, w->o, j->seed, err) : GR_OK;
}

/* The place of a name in the list, upper and lower case alike; n when it is not there. */
static int32_t place_of(const char *name, const char *const *list, int32_t n)
{
    int32_t i = 0;

    while (i < n && strcasecmp(list[i], name) != 0) i++;
    return i;
}

/* Is the head that the model brings one for this task? Classes with the task's names were put into the task's order already
 * (gr_labels_align), and classes with other names are taken as they stand. Neither would be right where some names are the
 * task's, at other places, and some are not. */
static gr_status check_head(const job *j, gr_err *err)
{
    const gr_config *c = &j->model->config;
    const gr_head_spec want = j->task->head;
    gr_head_spec have;

    GR_TRY(gr_model_head_of(&have, c, err));
    if (have.kind != want.kind || have.n_out != want.n_out)
        return gr_fail(err, GR_E_FORMAT, "the head of '%s' with %d outputs is another's", c->architecture, have.n_out);
    for (int32_t i = 0; j->labels == GR_LABELS_MIXED && i < want.n_out; i++) {
        const int32_t at = place_of(j->task->labels[i], c->labels, c->n_labels);
        if (at != i && at < c->n_labels)
            return gr_fail(err, GR_E_FORMAT, "class '%s' is number %d in the model, %d in the task, and not all names of id2label are the task's", j->task->labels[i], at, i);
    }
    if (j->labels == GR_LABELS_MIXED)
        return gr_fail(err, GR_E_FORMAT, "some of the task's classes have another place in id2label of config.json, and some are not there");
    return GR_OK;
}

static gr_status freeze(job *j, gr_err *err)
{
    const gr_params *t = &j->model->params;

    GR_TRY(gr_params_freeze(&j->model->params, j->room->o->freeze, err));
    for (size_t i = 0; i < t->n; i++)
        if (t->p[i].trainable) return GR_OK;
    if (!trains(j)) return GR_OK;
    return gr_fail(err, GR_E_ARG, "--freeze %s: nothing is left to train; --epochs 0 only evaluates", j->room->o->freeze);
}

static gr_status open_model(job *j, gr_err *err)
{
    const gr_run_opts *o = j->room->o;
    const gr_device_info *device = gr_device_find(o->device);
    const gr_model_opts mo = { .dir = j->room->model_dir, .head = j->task->head, .labels = j->task->labels, .seed = j->seed,
                               .elem = device ? device->elem : 4, .ignore_unused = o->ignore_unused, .require_head = is_diagnostic(j), .dropout = o->dropout };
    gr_status s;

    if (!device) return gr_fail(err, GR_E_ARG, "--device '%s': not one of `glue-run list devices`", o->device);
    s = gr_input_status(gr_model_open(&j->model, &mo, err), err);
    if (s == GR_OK) s = gr_labels_align(&j->labels, j->model, err);
    if (s == GR_OK && is_diagnostic(j) && (s = check_head(j, err)) != GR_OK) s = gr_wrap(err, s, "%s", j->room->model_dir);
    if (s == GR_E_FORMAT && is_diagnostic(j))
        return gr_wrap(err, s, "%s wants a model fine-tuned on %s, as `run %s --save-model` leaves one", j->task->name, j->task->weights_of, j->task->weights_of);
    if (s != GR_OK) return s;
    GR_TRY(gr_fit_tokenizer(&j->model->config, j->room->tok, j->room->model_dir, err));
    return o->freeze ? freeze(j, err) : GR_OK;
}

static int32_t longest(const gr_task_data *d)
{
    size_t n = 1;

    for (int i = 0; i < d->n_splits; i++)
        if (d->split[i].encoded.max_len > n) n = d->split[i].encoded.max_len;
    return (int32_t)n;
}

static gr_status open_session(job *j, gr_err *err)
{
    const gr_run_opts *o = j->room->o;
    const gr_task_data *d = &j->room->data;
    const int32_t len = longest(d), train_tokens = gr_train_max_tokens(&d->split[0].encoded, j->rows, j->n_rows, o->batch_size);
    gr_session_opts so = { .device = o->device, .pool = j->room->pool, .train = trains(j), .max_length = len, .seed = j->seed,
                           .beta1 = o->adam_beta1, .beta2 = o->adam_beta2, .epsilon = o->adam_epsilon, .weight_decay = o->weight_decay,
                           .max_grad_norm = o->max_grad_norm, .label_smoothing = o->label_smoothing, .recompute = o->gradient_checkpointing,
                           .deterministic = o->deterministic, .precision = gr_run_precision(o), .in_place = true };

    so.max_tokens = train_tokens > EVAL_TOKENS ? train_tokens : EVAL_TOKENS;
    if (so.max_tokens < len) so.max_tokens = len;
    so.max_rows = o->batch_size > EVAL_ROWS ? (int32_t)o->batch_size : EVAL_ROWS;
    j->eval = (gr_eval_opts){ .batch_size = (size_t)o->eval_batch_size, .label_smoothing = o->label_smoothing, .max_tokens = so.max_tokens,
                              .max_rows = so.max_rows, .max_samples = o->max_eval_samples > 0 ? (size_t)o->max_eval_samples : 0 };
    return gr_session_open(&j->session, j->model, &so, err);
}

/* ---- evaluation ---- */

static gr_status evaluate_split(job *j, int i, gr_eval_result *out, gr_predictions *p, gr_err *err)
{
    const gr_task_split *s = &j->room->data.split[i];
    const gr_status st = gr_evaluate(out, p, j->session, &s->encoded, &s->examples, j->task, &j->eval, err);

    return st == GR_OK ? GR_OK : gr_wrap(err, st, "%s: %s", j->task->name, s->name);
}

/* Could the head's classes stand in another order than the task's, without names that say so? Only before any step of this run, and
 * for a head that came with the model. */
static bool order_is_doubtful(const job *j)
{
    const bool unnamed = j->labels == GR_LABELS_GENERIC || j->labels == GR_LABELS_OTHER || j->labels == GR_LABELS_MIXED;

    return unnamed && !j->model->head_is_new && j->task->head.kind == GR_HEAD_CLASS && j->room->data.split[1].encoded.classes;
}

/* Warn when the predictions p of the first evaluated split say that the classes stand in another order. */
static gr_status check_order(const job *j, const gr_predictions *p, gr_err *err)
{
    const int32_t k = j->task->head.n_out;
    char line[400];
    gr_evidence found;
    int n;

    if (!order_is_doubtful(j)) return GR_OK;
    if (!gr_evidence_find(&found, p->classes, j->room->data.split[1].encoded.classes, p->n, k)) return GR_OK;
    n = snprintf(line, sizeof line, "the head seems to have its classes in another order: mean recall is %.2f as it stands, %.2f with", found.now, found.then);
    for (int32_t i = 0; i < k; i++) n += snprintf(line + n, sizeof line - (size_t)n, "%s output %d as %.24s", i ? "," : "", (int)found.place[i], j->task->labels[i]);
    (void)snprintf(line + n, sizeof line - (size_t)n, "; name them so in id2label of its config.json");
    gr_warn("%s: %s", j->task->name, line);
    return gr_record_warn(j->r, line, err);
}

static gr_status baseline(job *j, gr_err *err)
{
    for (int i = 1; i <= j->room->data.n_eval; i++) {
        gr_predictions p = { 0 };
        gr_eval_result e;
        gr_status s;
        GR_TRY(evaluate_split(j, i, &e, i == 1 ? &p : NULL, err));
        s = gr_job_record_metrics(j->r, j->room->data.split[i].name, j->task, &e, true, err);
        if (s == GR_OK && i == 1) s = check_order(j, &p, err);
        j->r->eval_seconds += e.seconds;
        gr_eval_result_free(&e);
        gr_predictions_free(&p);
        if (s != GR_OK) return s;
    }
    return GR_OK;
}

static gr_status final_evaluation(job *j, gr_err *err)
{
    const gr_task_data *d = &j->room->data;

    if (j->train.has_eval && d->n_eval) { /* training ended with an evaluation of these very weights */
        j->result[1] = j->train.last_eval;
        j->predictions[1] = j->train.last_predictions;
        memset(&j->train.last_eval, 0, sizeof j->train.last_eval);
        memset(&j->train.last_predictions, 0, sizeof j->train.last_predictions);
    }
    for (int i = 1; i < d->n_splits; i++) {
        if (!j->result[i].metrics && !j->predictions[i].classes)
            GR_TRY(evaluate_split(j, i, &j->result[i], &j->predictions[i], err));
        j->r->eval_seconds += j->result[i].seconds;
        if (i <= d->n_eval) GR_TRY(gr_job_record_metrics(j->r, d->split[i].name, j->task, &j->result[i], false, err));
    }
    return GR_OK;
}

/* ---- training ---- */

/* Where this run's checkpoints go; none where another process trains the same run, which has them. */
static gr_status hold_checkpoints(job *j, const char **dir, gr_err *err)
{
    *dir = NULL;
    if (strcmp(j->room->o->save_strategy, "no") == 0) return GR_OK;
    GR_TRY(gr_checkpoint_hold(&j->held, j->checkpoints, err));
    if (j->held >= 0) *dir = j->checkpoints;
    else gr_warn("%s: another process trains this very run and has its checkpoints: here are none", j->task->name);
    return GR_OK;
}

/* A finished run needs them no more; those of another process that is at it stay. */
static void remove_checkpoints(job *j)
{
    if (!gr_fs_is_dir(j->checkpoints)) return;
    if (j->held < 0 && gr_checkpoint_hold(&j->held, j->checkpoints, NULL) != GR_OK) return;
    if (j->held >= 0) gr_checkpoint_remove(j->checkpoints);
}

static gr_status train(job *j, gr_err *err)
{
    gr_workroom *w = j->room;
    const gr_task_data *d = &w->data;
    gr_train_job tj = { .o = w->o, .task = j->task, .model = j->model, .session = j->session, .train = &d->split[0].encoded,
                        .train_rows = j->rows, .n_train_rows = j->n_rows, .eval_opts = j->eval, .seed = j->seed, .key = j->r->key,
                        .log_path = j->log_path, .on_step = w->on_step, .user = w->user };
    int64_t per_epoch, total;
    char title[128];
    gr_status s;

    if (strcmp(w->o->report_to, "tensorboard") == 0) tj.board_dir = j->board_dir;
    if (d->n_eval) {
        tj.eval = &d->split[1].encoded;
        tj.eval_examples = &d->split[1].examples;
    }
    GR_TRY(hold_checkpoints(j, &tj.checkpoint_dir, err));
    GR_TRY(gr_fs_mkdirs(w->suite_dir, err)); /* somebody may have removed it since the last job */
    gr_train_steps(&per_epoch, &total, w->o, j->n_rows);
    (void)snprintf(title, sizeof title, "%s seed %llu", j->task->name, (unsigned long long)j->seed);
    tj.progress = gr_progress_start(w->progress, title, total, 10.0);
    s = gr_train(&j->train, &tj, j->r, err);
    gr_progress_finish(tj.progress, NULL);
    if (s != GR_OK) return gr_wrap(err, s, "%s", j->task->name);
    gr_job_record_speed(j->r, &j->train.state);
    return GR_OK;
}

/* A run whose predictions are all the same is marked, so that nobody averages it. */
static void judge(job *j)
{
    const gr_predictions *p = &j->predictions[1];
    gr_record *r = j->r;

    if (!j->room->data.n_eval || !j->result[1].constant) return;
    r->status = GR_RUN_COLLAPSED;
    switch (j->task->head.kind) {
    case GR_HEAD_CLASS:
        (void)snprintf(r->message, sizeof r->message, "every prediction is the same class, '%s'", j->task->labels[p->classes[0]]);
        break;
    case GR_HEAD_TOKEN:
        (void)snprintf(r->message, sizeof r->message, "no entity was predicted");
        break;
    default:
        (void)snprintf(r->message, sizeof r->message, "every prediction is the same value, %.4g", p->values[0]);
        break;
    }
}

/* --metric-for-best must be one that this task measures, or the best would never be found. */
static gr_status check_best(const job *j, gr_err *err)
{
    const gr_run_opts *o = j->room->o;
    gr_buf names = { 0 };
    gr_status s;

    if ((!o->load_best && !o->early_stopping) || gr_eval_metric_known(j->task, o->metric_for_best)) return GR_OK;
    for (size_t i = 0; j->task->metrics[i].metric; i++) gr_buf_addf(&names, ", %s", j->task->metrics[i].metric->name);
    s = gr_fail(err, GR_E_ARG, "--metric-for-best '%s': %s measures loss%s", o->metric_for_best, j->task->name, names.p ? names.p : "");
    gr_buf_free(&names);
    return s;
}

/* Mark the record as failed or interrupted. Its row names the task already, so the message need not. */
static void set_message(gr_record *r, gr_status s, const gr_err *e)
{
    const size_t n = strlen(r->task);
    const bool named = strncmp(e->msg, r->task, n) == 0 && strncmp(e->msg + n, ": ", 2) == 0;

    r->status = s == GR_E_CANCELLED ? GR_RUN_INTERRUPTED : GR_RUN_FAILED;
    (void)snprintf(r->message, sizeof r->message, "%s", e->msg + (named ? n + 2 : 0));
}

/* Was the model of a finished run saved beside its record? */
static bool has_model(const gr_record *r)
{
    const size_t n = strlen(r->path), ending = sizeof ".json" - 1;
    char path[GR_PATH_MAX];

    if (n <= ending || n > sizeof path - 40) return false;
    (void)snprintf(path, sizeof path, "%.*s/model.safetensors", (int)(n - ending), r->path);
    return gr_fs_is_file(path);
}

static void set_paths(job *j)
{
    const gr_workroom *w = j->room;
    char name[200];

    gr_job_file_stem(name, sizeof name, j->r);
    (void)snprintf(j->checkpoints, sizeof j->checkpoints, "%.3000s/checkpoints/%s", w->o->output_dir, name);
    (void)snprintf(j->log_path, sizeof j->log_path, "%.3000s/%s.log.jsonl", w->suite_dir, name);
    (void)snprintf(j->board_dir, sizeof j->board_dir, "%.3000s/tensorboard/%s", w->suite_dir, name);
}

/* Did a finished run leave all that this one is asked for? */
static bool is_complete(const job *j, const gr_record *old)
{
    const gr_run_opts *o = j->room->o;

    if (o->save_model && !is_diagnostic(j) && !has_model(old)) return false;
    return !o->predict_test || gr_job_has_predictions(old, j->room);
}

/* The event file of a finished run that was made without one: beside its record, so that the next call finds it there. */
static gr_status write_events(const job *j, const gr_record *old, gr_err *err)
{
    const int stem = (int)(strlen(old->path) - strlen(".json")), dir = (int)(gr_fs_basename(old->path) - old->path);
    char log[GR_PATH_MAX], board[GR_PATH_MAX];

    if (strcmp(j->room->o->report_to, "tensorboard") != 0 || !trains(j) || stem <= dir || stem > 3000) return GR_OK;
    (void)snprintf(log, sizeof log, "%.*s.log.jsonl", stem, old->path);
    (void)snprintf(board, sizeof board, "%.*stensorboard/%.*s", dir, old->path, stem - dir, old->path + dir);
    return gr_fs_is_dir(board) || !gr_fs_is_file(log) ? GR_OK : gr_train_log_replay(log, board, err);
}

/* Take the record of a finished run with the same content key, if there is one. */
static gr_status reuse_finished(job *j, bool *reused, gr_err *err)
{
    gr_record old;
    bool found = false;

    GR_TRY(gr_store_find(&old, &found, j->room->o->output_dir, j->r->key, err));
    if (!found) return GR_OK;
    if (!is_complete(j, &old)) {
        gr_record_free(&old);
        return GR_OK;
    }
    gr_record_free(j->r);
    *j->r = old;
    *reused = true;
    return write_events(j, j->r, err);
}

static gr_status run_phases(job *j, bool *reused, gr_err *err)
{
    gr_workroom *w = j->room;

    GR_TRY(check_best(j, err));
    GR_TRY(open_model(j, err));
    (void)snprintf(j->r->model, sizeof j->r->model, "%s", j->model->name); /* a run that fails from here on has it in its row */
    GR_TRY(load_data(j, err));
    GR_TRY(gr_job_record_begin(j->r, w, j->task, j->model, j->n_rows, err));
    set_paths(j);
    if (!w->o->force) GR_TRY(reuse_finished(j, reused, err));
    if (*reused) return GR_OK;
    GR_TRY(open_session(j, err));
    if (w->o->baseline && trains(j)) GR_TRY(baseline(j, err));
    if (trains(j)) GR_TRY(train(j, err));
    GR_TRY(final_evaluation(j, err));
    if (!trains(j) && j->room->data.n_eval) GR_TRY(check_order(j, &j->predictions[1], err));
    judge(j);
    return gr_job_write_files(j->r, w, j->task, j->model, j->session, j->result, j->predictions, err);
}

/* Complete the record of a run that ended with status s and write it, unless the run was interrupted. Returns s, or why the record
 * could not be written. */
static gr_status finish_record(const job *j, gr_status s, double t0, gr_err *err)
{
    gr_record *r = j->r;
    gr_status written = GR_OK;

    r->total_seconds = gr_clock_seconds() - t0;
    gr_job_record_memory(r);
    if (s != GR_OK) set_message(r, s, err);
    if (s != GR_E_CANCELLED) written = gr_job_write_record(r, j->room, s == GR_OK ? err : NULL);
    if (s != GR_OK || written == GR_OK) return s;
    set_message(r, written, err);
    return written;
}

static void close_job(job *j)
{
    for (int i = 0; i < GR_MAX_SPLITS; i++) {
        gr_eval_result_free(&j->result[i]);
        gr_predictions_free(&j->predictions[i]);
    }
    gr_train_result_free(&j->train);
    gr_session_close(j->session);
    gr_model_close(j->model);
    gr_checkpoint_release(j->held, j->checkpoints);
    free(j->rows);
}

gr_status gr_job_run(gr_workroom *room, const gr_task *task, uint64_t seed, gr_record *r, bool *reused, gr_err *err)
{
    job j = { .room = room, .task = task, .seed = seed, .r = r, .held = -1 };
    gr_err local = GR_ERR_INIT;
    gr_err *e = err ? err : &local;
    const double t0 = gr_clock_seconds();
    gr_status s;

    *reused = false;
    gr_job_record_facts(r, room, task, seed);
    s = run_phases(&j, reused, e);
    if (!*reused) s = finish_record(&j, s, t0, e);
    if (s == GR_OK && j.checkpoints[0]) remove_checkpoints(&j); /* also what a kill behind the record has left */
    close_job(&j);
    return s;
}
