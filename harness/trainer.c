/* trainer.c - the training loop. See trainer.h.
 *
 * Rules kept: step numbers, learning rates and batch order are functions of (seed, step), so a resumed run repeats
 * them; the micro-batch's share of the loss is its sum over the labels of the WHOLE step, so accumulation equals
 * the big batch; one host synchronisation a step (gr_session_step). */
#include "harness/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/rng.h"
#include "data/order.h"
#include "harness/checkpoint.h"
#include "harness/interrupt.h"
#include "harness/train_log.h"

enum { TOKENS_CAP = 8192 };

_Static_assert(sizeof ((gr_rec_point *)0)->metric / sizeof *((gr_rec_point *)0)->metric >= GR_TASK_METRICS_MAX, "a point of the history has room for every metric of a task");

typedef struct loop {
    const gr_train_job *job;
    gr_train_result    *out;
    gr_record          *record;
    gr_schedule         schedule;
    gr_batcher          batcher;
    uint32_t           *order;      /* [n_train_rows] of the current epoch */
    int64_t             epoch;      /* that `order` is of; -1: none        */
    size_t              rows_a_step;
    void               *best;       /* host copy of the best weights, or NULL */
    gr_train_log        log;
    double              last_norm, last_lr, t0;
} loop;

/* ---- counting ---- */

static int64_t micro_batches(const gr_run_opts *o, size_t n_rows)
{
    return ((int64_t)n_rows + o->batch_size - 1) / o->batch_size;
}

void gr_train_steps(int64_t *per_epoch, int64_t *total, const gr_run_opts *o, size_t n_rows)
{
    const int64_t steps = (micro_batches(o, n_rows) + o->grad_accum - 1) / o->grad_accum;

    *per_epoch = steps > 0 ? steps : 1;
    *total = o->max_steps > 0 ? o->max_steps : (int64_t)ceil(o->epochs * (double)*per_epoch);
}

/* Epochs behind the loop, counted in micro-batches as Trainer does (Trainer._run_epoch): the last step of an epoch may have fewer. */
static double epochs_done(const loop *l)
{
    const gr_run_opts *o = l->job->o;
    const int64_t step = l->out->state.step, whole = step / l->out->steps_per_epoch, more = step % l->out->steps_per_epoch;

    return more ? (double)whole + (double)(more * o->grad_accum) / (double)micro_batches(o, l->job->n_train_rows) : (double)whole;
}

static int by_length_desc(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

int32_t gr_train_max_tokens(const gr_encoded *e, const uint32_t *rows, size_t n, int64_t batch_size)
{
    size_t *len = malloc((n + 1) * sizeof *len), sum = 0, longest = 1;

    if (!len) return TOKENS_CAP;
    for (size_t i = 0; i < n; i++) len[i] = e->start[rows[i] + 1] - e->start[rows[i]];
    qsort(len, n, sizeof *len, by_length_desc);
    if (n) longest = len[0];
    for (size_t i = 0; i < n && i < (size_t)batch_size && sum < TOKENS_CAP; i++) sum += len[i];
    free(len);
    if (sum > TOKENS_CAP) sum = TOKENS_CAP;
    return (int32_t)(sum > longest ? sum : longest);
}

/* Warm-up as TrainingArguments.get_warmup_steps: a value below 1 is a share of all steps. */
static int64_t warmup_steps(const gr_run_opts *o, int64_t total)
{
    if (o->warmup_steps >= 1) return (int64_t)o->warmup_steps;
    return (int64_t)ceil((double)total * (o->warmup_steps > 0 ? o->warmup_steps : o->warmup_ratio));
}

/* ---- order ---- */

static gr_status set_epoch(loop *l, int64_t epoch, gr_err *err)
{
    const gr_train_job *j = l->job;
    const uint64_t seed = j->o->data_seed >= 0 ? (uint64_t)j->o->data_seed : j->seed;
    const size_t n = j->n_train_rows;

    if (l->epoch == epoch) return GR_OK;
    if (strcmp(j->o->order, "torch") == 0) {
        GR_TRY(gr_order_trainer(l->order, n, seed, epoch, err));
    } else {
        gr_rng r;
        for (size_t i = 0; i < n; i++) l->order[i] = (uint32_t)i;
        gr_rng_init(&r, seed, GR_RNG_SHUFFLE, (uint32_t)epoch);
        gr_rng_shuffle(&r, l->order, n);
    }
    for (size_t i = 0; i < n; i++) l->order[i] = j->train_rows[l->order[i]];
    l->epoch = epoch;
    return GR_OK;
}

/* ---- one step ---- */

/* The optimiser's step; numbers that ran away mostly had too long steps to do so. */
static gr_status optimise(gr_step_result *result, gr_session *session, double lr, gr_err *err)
{
    const gr_status s = gr_session_step(session, lr, result, err);
    gr_err why;

    if (s != GR_E_NUMERIC || !err) return s;
    why = *err;
    return gr_fail(err, s, "%.380s: a lower --learning-rate or a --warmup-ratio may help", why.msg);
}

static gr_status step_once(loop *l, gr_step_info *info, gr_err *err)
{
    const gr_train_job *j = l->job;
    gr_train_state *st = &l->out->state;
    const bool tokens = j->task->head.kind == GR_HEAD_TOKEN;
    const size_t first = (size_t)(st->step % l->out->steps_per_epoch) * l->rows_a_step;
    const size_t n = first + l->rows_a_step < j->n_train_rows ? l->rows_a_step : j->n_train_rows - first;
    const uint32_t *rows = l->order + first;
    const size_t labels = gr_encoded_labels(j->train, rows, n, tokens);
    gr_step_result result;
    gr_batch b;

    for (size_t i = 0, k; i < n; i += k) {
        size_t micro = (size_t)j->o->batch_size - i % (size_t)j->o->batch_size;
        if (micro > n - i) micro = n - i;
        k = gr_batcher_take(&l->batcher, rows + i, micro);
        GR_TRY(gr_batcher_fill(&l->batcher, &b, rows + i, k, (uint32_t)i, err));
        GR_TRY(gr_session_accumulate(j->session, &b, labels ? (double)labels : 1.0, NULL, err));
        st->tokens += b.n_tokens;
        st->flops += gr_session_flops(j->session, &b, true);
    }
    *info = (gr_step_info){ .lr = gr_schedule_lr(&l->schedule, st->step), .rows = rows, .n_rows = n };
    GR_TRY(optimise(&result, j->session, info->lr, err));
    st->step++;
    st->samples += (double)n;
    info->step = st->step;
    info->epoch = epochs_done(l);
    info->loss = result.loss;
    info->grad_norm = result.grad_norm;
    return GR_OK;
}

/* ---- what is kept and said of a step ---- */

static void note_step(loop *l, const gr_step_info *info)
{
    gr_train_state *st = &l->out->state;
    char note[128];

    st->loss_sum += info->loss;
    st->point_sum += info->loss;
    st->point_steps++;
    st->log_sum += info->loss;
    st->log_steps++;
    l->last_norm = info->grad_norm;
    l->last_lr = info->lr;
    if (l->job->on_step) l->job->on_step(l->job->user, info);
    if (l->job->progress) {
        const double s = st->seconds + gr_clock_seconds() - l->t0, rate = s > 0 ? st->samples / s : 0;
        (void)snprintf(note, sizeof note, "loss %.4f  lr %.2e  %.*f examples/s", info->loss, info->lr, rate < 10 ? 1 : 0, rate);
        gr_progress_update(l->job->progress, st->step, note);
    }
    if (st->step % l->job->o->log_steps == 0) {
        gr_train_log_step(&l->log, st->step, info->epoch, st->log_sum / (double)st->log_steps, info->grad_norm, info->lr);
        st->log_sum = 0;
        st->log_steps = 0;
    }
}

/* ---- evaluation inside training ---- */

static gr_status add_point(loop *l, const gr_eval_result *e, gr_err *err)
{
    gr_train_state *st = &l->out->state;
    gr_rec_point *p = gr_record_point(l->record);

    if (!p) return gr_fail_nomem(err, "the history");
    p->epoch = epochs_done(l);
    p->step = st->step;
    p->train_loss = st->point_steps ? st->point_sum / (double)st->point_steps : NAN;
    p->grad_norm = l->last_norm;
    p->learning_rate = l->last_lr;
    p->eval_loss = e->loss;
    for (size_t i = 0; i < e->n_metrics; i++) {
        memcpy(p->metric[i].name, e->metrics[i].name, sizeof p->metric[i].name);
        p->metric[i].value = e->metrics[i].value;
        p->n_metrics = (int)i + 1;
    }
    st->point_sum = 0;
    st->point_steps = 0;
    gr_train_log_eval(&l->log, p);
    return GR_OK;
}

static bool higher_is_better(const gr_task *t, const char *name)
{
    const gr_metric *m = gr_eval_metric_find(t, name);
    return m && m->higher_is_better;
}

static gr_status keep_best(loop *l, gr_err *err)
{
    gr_model *m = l->job->model;
    const size_t bytes = m->params.total * (size_t)m->elem;

    if (!l->best && !(l->best = malloc(bytes))) return gr_fail_nomem(err, "the best weights");
    GR_TRY(gr_session_pull(l->job->session, err));
    memcpy(l->best, m->weights, bytes);
    return GR_OK;
}

/* Trainer._determine_best_metric and EarlyStoppingCallback: an improvement is strict, and the first evaluation has none to miss, even
 * if its metric has no value (a correlation of equal predictions). */
static gr_status judge(loop *l, const gr_eval_result *e, gr_err *err)
{
    const gr_run_opts *o = l->job->o;
    gr_train_state *st = &l->out->state;
    const double v = gr_eval_metric(e, o->metric_for_best);
    const bool up = higher_is_better(l->job->task, o->metric_for_best);

    if (!o->load_best && !o->early_stopping) return GR_OK;
    if (!isnan(v) && (!st->best_step || (up ? v > st->best : v < st->best))) {
        st->best = v;
        st->best_step = st->step;
        st->stale = 0;
        return o->load_best ? keep_best(l, err) : GR_OK;
    }
    if (l->record->n_history > 1) st->stale++;
    if (o->early_stopping && st->stale >= o->early_stopping) l->out->stopped_early = true;
    return GR_OK;
}

static gr_status evaluate_now(loop *l, gr_err *err)
{
    const gr_train_job *j = l->job;
    gr_train_result *out = l->out;

    gr_eval_result_free(&out->last_eval);
    gr_predictions_free(&out->last_predictions);
    out->has_eval = false;
    GR_TRY(gr_evaluate(&out->last_eval, &out->last_predictions, j->session, j->eval, j->eval_examples, j->task, &j->eval_opts, err));
    out->has_eval = true;
    GR_TRY(add_point(l, &out->last_eval, err));
    return judge(l, &out->last_eval, err);
}

/* The last step is due by either strategy, so that its weights can be the best (DefaultFlowCallback of transformers 5). */
static bool due(const char *strategy, int64_t every, const gr_train_result *r)
{
    const int64_t step = r->state.step;

    if (strcmp(strategy, "epoch") == 0) every = r->steps_per_epoch;
    else if (strcmp(strategy, "steps") != 0) return false;
    return step % every == 0 || step == r->total_steps;
}

/* ---- the loop ---- */

static gr_status run_steps(loop *l, gr_err *err)
{
    const gr_train_job *j = l->job;
    gr_train_result *out = l->out;
    gr_step_info info;

    l->t0 = gr_clock_seconds();
    while (out->state.step < out->total_steps && !out->stopped_early) {
        if (gr_interrupted()) return gr_fail(err, GR_E_CANCELLED, "stopped at step %lld of %lld", (long long)out->state.step, (long long)out->total_steps);
        GR_TRY(set_epoch(l, out->state.step / out->steps_per_epoch, err));
        GR_TRY(step_once(l, &info, err));
        out->has_eval = false;
        note_step(l, &info);
        if (j->eval && due(j->o->eval_strategy, j->o->eval_steps, out)) {
            out->state.seconds += gr_clock_seconds() - l->t0; /* evaluation is not training time */
            GR_TRY(evaluate_now(l, err));
            l->t0 = gr_clock_seconds();
        }
        if (j->checkpoint_dir && due(j->o->save_strategy, j->o->save_steps, out)) {
            out->state.seconds += gr_clock_seconds() - l->t0;
            gr_train_log_settle(&l->log);
            GR_TRY(gr_checkpoint_save(j->checkpoint_dir, j, &out->state, l->record, l->best, j->o->save_total_limit, err));
            l->t0 = gr_clock_seconds();
        }
    }
    out->state.seconds += gr_clock_seconds() - l->t0;
    return GR_OK;
}

static gr_status restore_best(loop *l, gr_err *err)
{
    gr_model *m = l->job->model;
    gr_train_result *out = l->out;

    if (!l->best || !out->state.best_step || out->state.best_step == out->state.step) return GR_OK;
    memcpy(m->weights, l->best, m->params.total * (size_t)m->elem);
    GR_TRY(gr_session_push(l->job->session, err));
    out->restored_best = true;
    out->has_eval = false;
    return GR_OK;
}

static gr_status open_loop(loop *l, gr_err *err)
{
    const gr_train_job *j = l->job;
    const int32_t max_tokens = gr_train_max_tokens(j->train, j->train_rows, j->n_train_rows, j->o->batch_size);
    bool found = false;

    gr_train_steps(&l->out->steps_per_epoch, &l->out->total_steps, j->o, j->n_train_rows);
    l->rows_a_step = (size_t)(j->o->batch_size * j->o->grad_accum);
    l->order = malloc((j->n_train_rows + 1) * sizeof *l->order);
    if (!l->order) return gr_fail_nomem(err, "the row order");
    GR_TRY(gr_batcher_open(&l->batcher, j->train, j->task->head.kind == GR_HEAD_TOKEN, max_tokens, (int32_t)j->o->batch_size, err));
    GR_TRY(gr_schedule_init(&l->schedule, j->o->scheduler, warmup_steps(j->o, l->out->total_steps), l->out->total_steps, j->o->learning_rate, err));
    if (j->o->scheduler_kwargs && j->o->scheduler_kwargs[0]) GR_TRY(gr_schedule_set(&l->schedule, j->o->scheduler_kwargs, err));
    if (j->checkpoint_dir) GR_TRY(gr_checkpoint_load(j->checkpoint_dir, j, &l->out->state, l->record, &l->best, &found, err));
    l->out->stopped_early = found && j->o->early_stopping > 0 && l->out->state.stale >= j->o->early_stopping;
    if (found) gr_info("resumed at step %lld of %lld", (long long)l->out->state.step, (long long)l->out->total_steps);
    return gr_train_log_open(&l->log, &(gr_train_log_paths){ .log = j->log_path, .checkpoints = j->checkpoint_dir, .board = j->board_dir }, found, l->out->state.step, err);
}

gr_status gr_train(gr_train_result *out, const gr_train_job *job, gr_record *record, gr_err *err)
{
    loop l = { .job = job, .out = out, .record = record, .epoch = -1, .last_norm = NAN, .last_lr = NAN };
    gr_status s, closed;

    memset(out, 0, sizeof *out);
    s = open_loop(&l, err);
    if (s == GR_OK) s = run_steps(&l, err);
    if (s == GR_OK) s = restore_best(&l, err);
    record->steps = out->state.step;
    record->epochs = out->steps_per_epoch ? epochs_done(&l) : 0;
    record->train_loss = out->state.step ? out->state.loss_sum / (double)out->state.step : NAN;
    closed = gr_train_log_close(&l.log, s == GR_OK ? err : NULL);
    if (s == GR_OK) s = closed;
    gr_batcher_close(&l.batcher);
    free(l.order);
    free(l.best);
    if (s != GR_OK) gr_train_result_free(out);
    return s;
}

void gr_train_result_free(gr_train_result *r)
{
    gr_eval_result_free(&r->last_eval);
    gr_predictions_free(&r->last_predictions);
    r->has_eval = false;
}
