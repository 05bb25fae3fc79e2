/* train_log.c - see train_log.h. */
#include "harness/train_log.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"

/* ---- a line ---- */

static void number(gr_buf *b, const char *name, double v)
{
    gr_buf_addf(b, ",\"%s\":", name);
    gr_json_number(b, v);
}

static void begin(gr_buf *b, int64_t step, double epoch)
{
    gr_buf_reset(b);
    gr_buf_addf(b, "{\"step\":%lld", (long long)step);
    number(b, "epoch", epoch);
}

/* `line` ends in a newline. */
static void write_line(gr_train_log *l, gr_sv line)
{
    if (l->f) l->failed = l->failed || fwrite(line.p, 1, line.n, l->f) != line.n;
    gr_tensorboard_add(l->board, line);
}

static void end(gr_train_log *l)
{
    gr_buf_adds(&l->line, "}\n");
    l->failed = l->failed || l->line.oom;
    if (!l->line.oom) write_line(l, gr_buf_sv(&l->line));
}

void gr_train_log_step(gr_train_log *l, int64_t step, double epoch, double loss, double grad_norm, double learning_rate)
{
    begin(&l->line, step, epoch);
    number(&l->line, "loss", loss);
    number(&l->line, "grad_norm", grad_norm);
    number(&l->line, "learning_rate", learning_rate);
    end(l);
}

void gr_train_log_eval(gr_train_log *l, const gr_rec_point *p)
{
    char name[80];

    begin(&l->line, p->step, p->epoch);
    number(&l->line, "eval_loss", p->eval_loss);
    for (int i = 0; i < p->n_metrics; i++) {
        (void)snprintf(name, sizeof name, "eval_%s", p->metric[i].name);
        if (!isnan(p->metric[i].value)) number(&l->line, name, p->metric[i].value);
    }
    end(l);
    if (l->f) l->failed = l->failed || fflush(l->f) != 0;
}

/* ---- the second name ---- */

static bool second_name(char out[GR_PATH_MAX], const gr_train_log *l)
{
    return l->at.checkpoints && l->at.log && gr_fs_join(out, GR_PATH_MAX, l->at.checkpoints, "log.jsonl");
}

/* Lines up to the checkpoint's step, from the killed run's log. */
static void copy_lines(gr_train_log *l, const char *from, int64_t step)
{
    char *text = NULL;
    size_t n = 0;
    gr_sv rest;

    if (!gr_fs_is_file(from) || gr_fs_read(&text, &n, from, 0, NULL) != GR_OK) return;
    rest = (gr_sv){ text, n };
    while (rest.n) {
        const gr_sv line = gr_sv_split(&rest, '\n');
        gr_json *j = NULL;
        const bool whole = rest.p > line.p + line.n && gr_json_parse(&j, line.p, line.n, NULL) == GR_OK;
        if (whole && gr_json_num(gr_json_get(j, "step"), INFINITY) <= (double)step) write_line(l, (gr_sv){ line.p, line.n + 1 });
        gr_json_free(j);
    }
    free(text);
}

static void give_second_name(gr_train_log *l)
{
    char second[GR_PATH_MAX], fresh[GR_PATH_MAX];

    if (l->linked || !second_name(second, l) || !gr_fs_join(fresh, sizeof fresh, l->at.checkpoints, "log.jsonl.new")) return;
    l->linked = true;
    (void)unlink(fresh); /* a killed run's */
    if (gr_fs_mkdirs(l->at.checkpoints, NULL) == GR_OK && link(l->at.log, fresh) == 0 && rename(fresh, second) == 0) return; /* the older log has its name until now */
    (void)unlink(fresh);
    gr_log(GR_LOG_DEBUG, "%s: no second name for the log", second);
}

static gr_status board_failed(gr_status s, const gr_err *why, gr_err *err)
{
    if (s == GR_E_NOMEM) return gr_fail_nomem(err, "an event file");
    if (s != GR_OK) gr_warn("%s; the log has the same lines", why->msg);
    return GR_OK;
}

static gr_status open_board(gr_train_log *l, gr_err *err)
{
    gr_err why = GR_ERR_INIT;

    return board_failed(gr_tensorboard_open(&l->board, l->at.board, &why), &why, err);
}

gr_status gr_train_log_open(gr_train_log *l, const gr_train_log_paths *at, bool resumed, int64_t step, gr_err *err)
{
    char second[GR_PATH_MAX];

    *l = (gr_train_log){ .at = *at };
    if (at->log && !(l->f = fopen(at->log, "wb"))) return gr_fail(err, GR_E_IO, "%.300s: %s", at->log, strerror(errno));
    if (at->board) GR_TRY(open_board(l, err));
    if (!resumed || !second_name(second, l)) return GR_OK;
    copy_lines(l, second, step);
    if (fflush(l->f) == 0) give_second_name(l); /* the old name stays until all it holds is in the new file */
    return GR_OK;
}

gr_status gr_train_log_replay(const char *log, const char *board, gr_err *err)
{
    gr_train_log l = { .at = { .board = board } };
    gr_status s = open_board(&l, err), end;

    if (s == GR_OK && l.board) copy_lines(&l, log, INT64_MAX);
    end = gr_train_log_close(&l, err);
    return s == GR_OK ? end : s;
}

void gr_train_log_settle(gr_train_log *l)
{
    if (l->f) l->failed = l->failed || fflush(l->f) != 0;
    if (l->f) give_second_name(l);
}

gr_status gr_train_log_close(gr_train_log *l, gr_err *err)
{
    const bool ok = (!l->f || fclose(l->f) == 0) && !l->failed, oom = l->line.oom;
    gr_err why = GR_ERR_INIT;
    gr_status board = gr_tensorboard_close(l->board, &why);

    board = board_failed(board, &why, err);
    gr_buf_free(&l->line);
    l->f = NULL;
    l->board = NULL;
    if (oom) return gr_fail_nomem(err, "the log");
    return ok ? board : gr_fail(err, GR_E_IO, "%s: cannot be written", l->at.log);
}
