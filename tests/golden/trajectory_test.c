/* trajectory_test.c - the golden training runs again, from the raw data on: files, split rules, tokens, batches, training and
 * evaluation by the very code that `glue-run run --order torch` takes (harness/job.h), nothing fed in from features.json.
 *
 * Held against the logs: the rows of every batch in order, loss, grad_norm and learning rate of every step; eval_loss and
 * metrics of every epoch. ref64 against the double log, 1e-8 relative; cpu against the float log, 2e-5 relative on losses and
 * 1e-4 on norms (the README of the runs), 1e-4 on metrics.
 *
 * The shared runs are made from published files in GR_SHARED_DIR/data; the sources of our own set are written by its
 * make_source.py, and skipped by name where no Python is. */
#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "harness/job.h"
#include "harness/run_options.h"
#include "tests/support/process.h"
#include "tests/support/test.h"

typedef struct tolerance { double loss, norm, lr, metric; } tolerance;
static const tolerance DOUBLE_TOL = { 1e-8, 1e-8, 1e-12, 1e-8 };
static const tolerance FLOAT_TOL = { 2e-5, 1e-4, 1e-12, 1e-4 };

enum { MAX_LINES = 100000 };

typedef struct audit {
    char        name[200], dir[GR_PATH_MAX];
    const char *device;
    tolerance   tol;
    gr_json    *run;
    gr_json   **line; /* of the log, steps and evaluations apart */
    gr_json   **eval;
    size_t      n_lines, n_evals, at; /* at: the next step */
    int64_t     first;                /* row number that training row 0 has in the log */
    size_t      bad;
} audit;

static void near_rel(audit *a, const char *what, int64_t at, double got, double want, double tol)
{
    if (fabs(got - want) <= tol * fabs(want)) return;
    if (a->bad++ < 3) gr_case_fail(a->name, "%s at %lld: got %.12g, want %.12g", what, (long long)at, got, want);
}

static double num(const gr_json *o, const char *key)
{
    return gr_json_num(gr_json_get(o, key), NAN);
}

/* ---- the log ---- */

static void read_log(audit *a, const char *file)
{
    char   path[GR_PATH_MAX], *text = NULL;
    size_t n;
    gr_sv  rest;
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, a->dir, file));
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    a->line = calloc(MAX_LINES, sizeof(gr_json *));
    a->eval = calloc(MAX_LINES, sizeof(gr_json *));
    assert_true(a->line && a->eval);
    for (rest = (gr_sv){ text, n }; rest.n;) {
        const gr_sv one = gr_sv_trim(gr_sv_split(&rest, '\n'));
        gr_json    *j = NULL;
        if (!one.n) continue;
        assert_ok(gr_json_parse(&j, one.p, one.n, &err), &err);
        assert_true(a->n_lines < MAX_LINES && a->n_evals < MAX_LINES);
        if (gr_json_get(j, "rows")) a->line[a->n_lines++] = j;
        else a->eval[a->n_evals++] = j;
    }
    free(text);
}

static void on_step(void *user, const gr_step_info *info)
{
    audit         *a = user;
    const gr_json *want = a->at < a->n_lines ? a->line[a->at] : NULL, *row = gr_json_first(gr_json_get(want, "rows"));
    size_t         i = 0;

    a->at++;
    if (!want) return; /* the count is compared at the end */
    for (; row && i < info->n_rows; row = gr_json_next(row), i++)
        if ((int64_t)gr_json_num(row, -1) != (int64_t)info->rows[i] + a->first) break;
    if ((row || i < info->n_rows) && a->bad++ < 3) gr_case_fail(a->name, "rows of step %lld differ at place %zu", (long long)info->step, i);
    near_rel(a, "step", info->step, (double)info->step, num(want, "step"), 0);
    near_rel(a, "loss", info->step, info->loss, num(want, "loss"), a->tol.loss);
    near_rel(a, "grad_norm", info->step, info->grad_norm, num(want, "grad_norm"), a->tol.norm);
    near_rel(a, "learning rate", info->step, info->lr, num(want, "lr"), a->tol.lr);
}

static double metric_of(const gr_rec_point *p, const char *name)
{
    for (int i = 0; i < p->n_metrics; i++)
        if (strcmp(p->metric[i].name, name) == 0) return p->metric[i].value;
    return NAN;
}

/* The log's eval_f1 of a token task is our overall_f1, and its spearman what `evaluate` calls spearmanr. */
static void check_eval(audit *a, const gr_json *want, const gr_rec_point *got, bool tokens)
{
    near_rel(a, "eval step", got->step, (double)got->step, num(want, "step"), 0);
    near_rel(a, "eval epoch", got->step, got->epoch, num(want, "epoch"), 1e-12);
    for (const gr_json *v = gr_json_first(want); v; v = gr_json_next(v)) {
        const char *key = gr_json_key(v);
        char        name[64];
        double      mine;
        if (strncmp(key, "eval_", 5) != 0) continue;
        if (strcmp(key, "eval_loss") == 0) {
            near_rel(a, key, got->step, got->eval_loss, gr_json_num(v, NAN), a->tol.loss);
            continue;
        }
        (void)snprintf(name, sizeof name, "%s%s", tokens ? "overall_" : "", strcmp(key, "eval_spearman") == 0 ? "spearmanr" : key + 5);
        mine = metric_of(got, name);
        if (!(fabs(mine - gr_json_num(v, NAN)) <= a->tol.metric) && a->bad++ < 3)
            gr_case_fail(a->name, "%s at step %lld: got %.12g, want %.12g", name, (long long)got->step, mine, gr_json_num(v, NAN));
    }
}

/* ---- the task, cut to the run's rows ---- */

typedef struct cut_task { gr_task task; gr_split splits[3]; gr_slice slice[2]; } cut_task;

static void cut(cut_task *c, const gr_task *from, const gr_json *run)
{
    static const char *const names[] = { "train", "validation" }, *const keys[] = { "train", "dev" };

    memset(c, 0, sizeof *c);
    c->task = *from;
    c->task.splits = c->splits;
    for (size_t i = 0; i < 2; i++) {
        const gr_split *s = gr_split_find(from->splits, names[i]);
        const gr_json  *range = gr_json_get(run, keys[i]);
        assert_non_null(s);
        c->splits[i] = *s;
        c->slice[i] = (gr_slice){ (int64_t)gr_json_num(gr_json_at(range, 0), -1), (int64_t)gr_json_num(gr_json_at(range, 1), -1) };
        assert_true(c->slice[i].from >= 0 && c->slice[i].to > c->slice[i].from);
        c->splits[i].rows = 0;
        c->splits[i].rule = (gr_split_rule){ .kind = GR_RULE_SLICES, .within = &s->rule, .slices = &c->slice[i], .n_slices = 1 };
    }
}

/* ---- one run ---- */

static void add_option(char **argv, int *n, const char *name, const char *fmt, double v)
{
    char text[64];

    if (strcmp(fmt, "%.0f") == 0) (void)snprintf(text, sizeof text, "%.0f", v);
    else (void)snprintf(text, sizeof text, "%.17g", v);
    argv[(*n)++] = strdup(name);
    argv[(*n)++] = strdup(text);
}

/* The settings of run.json as a command line; returns how many words. */
static int command_line(char **argv, const audit *a)
{
    int n = 0;

    add_option(argv, &n, "--max_seq_length", "%.0f", num(a->run, "max_length"));
    add_option(argv, &n, "--seed", "%.0f", num(a->run, "seed"));
    add_option(argv, &n, "--per_device_train_batch_size", "%.0f", num(a->run, "batch"));
    add_option(argv, &n, "--per_device_eval_batch_size", "%.0f", num(a->run, "eval_batch"));
    add_option(argv, &n, "--learning_rate", "", num(a->run, "lr"));
    add_option(argv, &n, "--num_train_epochs", "", num(a->run, "epochs"));
    add_option(argv, &n, "--warmup_steps", "%.0f", num(a->run, "warmup"));
    add_option(argv, &n, "--weight_decay", "", num(a->run, "weight_decay"));
    add_option(argv, &n, "--max_grad_norm", "", num(a->run, "max_grad_norm"));
    argv[n++] = strdup("--lr_scheduler_type");
    argv[n++] = strdup(gr_json_str(gr_json_get(a->run, "schedule"), ""));
    argv[n++] = strdup("--order=torch");
    argv[n++] = strdup("--no-baseline");
    argv[n++] = strdup("--device");
    argv[n++] = strdup(a->device);
    return n;
}

typedef struct stage {
    gr_workroom   room;
    gr_run_opts   o;
    gr_opt_origin origins[GR_RUN_OPTIONS_MAX];
    gr_pool      *pool;
    gr_tok       *tok;
    char         *argv[64];
    int           argc;
} stage;

static stage *set_up(audit *a, const char *data)
{
    stage      *s = calloc(1, sizeof *s);
    const char *pos[64];
    char        out[GR_PATH_MAX];
    int         n_pos = 0;
    gr_err      err = GR_ERR_INIT;

    assert_non_null(s);
    s->argc = command_line(s->argv, a);
    assert_ok(gr_opt_defaults(&s->o, s->origins, gr_run_options, &err), &err);
    assert_ok(gr_opt_parse(&s->o, s->origins, gr_run_options, s->argc, s->argv, pos, &n_pos, &err), &err);
    assert_ok(gr_run_opts_check(&s->o, &err), &err);
    assert_true(gr_fs_join(out, sizeof out, gr_test_tmpdir(), "runs"));
    assert_ok(gr_fs_mkdirs(out, &err), &err);
    s->o.output_dir = strdup(out);
    s->o.force = true;
    assert_ok(gr_tok_open(&s->tok, a->dir, NULL, &err), &err);
    assert_ok(gr_pool_open(&s->pool, 2, &err), &err);
    s->room = (gr_workroom){ .o = &s->o, .origins = s->origins, .pool = s->pool, .tok = s->tok, .data_kind = "published",
                             .progress = GR_PROGRESS_OFF, .on_step = on_step, .user = a };
    (void)snprintf(s->room.model_dir, sizeof s->room.model_dir, "%s", a->dir);
    (void)snprintf(s->room.data_dir, sizeof s->room.data_dir, "%s", data);
    (void)snprintf(s->room.suite_dir, sizeof s->room.suite_dir, "%s", out);
    return s;
}

static void tear_down(stage *s)
{
    gr_task_data_close(&s->room.data);
    gr_tok_close(s->tok);
    gr_pool_close(s->pool);
    for (int i = 0; i < s->argc; i++) free(s->argv[i]);
    free((char *)s->o.output_dir);
    free(s);
}

static void audit_run(const char *root, const char *folder, const char *data, const char *device)
{
    const bool     wide = gr_device_find(device)->elem == 8;
    const gr_task *task = gr_task_find(strcmp(folder, "conll") == 0 ? "conll2003" : folder);
    audit          a = { .device = device, .tol = wide ? DOUBLE_TOL : FLOAT_TOL };
    char           path[GR_PATH_MAX];
    cut_task       c;
    gr_record      r;
    bool           reused;
    stage         *s;
    gr_err         err = GR_ERR_INIT;

    (void)snprintf(a.name, sizeof a.name, "%.100s on %s", folder, device);
    if (!task) {
        gr_case_skip(a.name, "no task of that name here");
        return;
    }
    assert_true(gr_fs_join(a.dir, sizeof a.dir, root, folder) && gr_fs_join(path, sizeof path, a.dir, "run.json"));
    assert_ok(gr_json_read(&a.run, path, 1 << 20, &err), &err);
    read_log(&a, wide ? "log64.jsonl" : "log.jsonl");
    cut(&c, task, a.run);
    a.first = c.slice[0].from;
    s = set_up(&a, data);
    gr_record_init(&r);
    assert_ok(gr_job_run(&s->room, &c.task, (uint64_t)s->o.seed, &r, &reused, &err), &err);
    if (a.at != a.n_lines) gr_case_fail(a.name, "%zu steps, the log has %zu", a.at, a.n_lines);
    if (r.n_history != a.n_evals) gr_case_fail(a.name, "%zu evaluations, the log has %zu", r.n_history, a.n_evals);
    else if (a.at == a.n_lines) {
        for (size_t i = 0; i < a.n_evals; i++) check_eval(&a, a.eval[i], &r.history[i], task->head.kind == GR_HEAD_TOKEN);
        if (!a.bad) gr_case_pass(a.name);
    }
    gr_record_free(&r);
    tear_down(s);
    for (size_t i = 0; i < a.n_lines; i++) gr_json_free(a.line[i]);
    for (size_t i = 0; i < a.n_evals; i++) gr_json_free(a.eval[i]);
    free(a.line);
    free(a.eval);
    gr_json_free(a.run);
}

/* ---- the sets ---- */

static void run_set(const char *set, const char *data, const char *what)
{
    static const char *const devices[] = { "ref64", "cpu" };
    char       root[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_fs_list l;
    size_t     runs = 0;
    gr_err     err = GR_ERR_INIT;

    gr_log_set_level(GR_LOG_ERROR); /* collapsed runs and so on are of no interest here */
    assert_true(gr_fs_join(root, sizeof root, set, "training"));
    assert_ok(gr_fs_list_dir(&l, root, &err), &err);
    for (size_t i = 0; i < l.n; i++) {
        if (snprintf(path, sizeof path, "%s/%s/run.json", root, l.names[i]) >= (int)sizeof path || !gr_fs_is_file(path)) continue;
        for (size_t d = 0; d < sizeof devices / sizeof *devices; d++) audit_run(root, l.names[i], data, devices[d]);
        runs++;
    }
    gr_fs_list_free(&l);
    gr_cases_done(what, runs ? 1 : 0);
}

static void own_runs(void **state)
{
    char       script[GR_PATH_MAX], data[GR_PATH_MAX];
    gr_process p;

    (void)state;
    assert_true(gr_fs_join(script, sizeof script, gr_own_golden_dir(), "training/make_source.py"));
    assert_true(gr_fs_join(data, sizeof data, gr_test_tmpdir(), "source"));
    if (!gr_process_run(&p, NULL, (const char *const[]){ "python3", "-B", script, data, NULL }) || p.code == 127) {
        gr_case_skip("own training runs", "no python3 to write their sources");
        gr_cases_done("own runs", 0);
    } else {
        if (p.code != 0) fail_msg("make_source.py: exit %d: %s", p.code, p.err);
        run_set(gr_own_golden_dir(), data, "own runs");
    }
    gr_process_free(&p);
}

static void shared_runs(void **state)
{
    char data[GR_PATH_MAX];

    (void)state;
    if (!gr_golden_dir() || !gr_shared_dir()) {
        gr_case_skip("shared golden folder or data", "absent");
        gr_cases_done("shared runs", 0);
        return;
    }
    assert_true(gr_fs_join(data, sizeof data, gr_shared_dir(), "data"));
    run_set(gr_golden_dir(), data, "shared runs");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(own_runs), cmocka_unit_test(shared_runs) };
    return gr_test_main(tests);
}
