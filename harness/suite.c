/* suite.c - see suite.h. */
#include "harness/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/log.h"
#include "harness/interrupt.h"
#include "results/html.h"
#include "results/table.h"
#include "tasks/load.h"

/* ---- plan ---- */

/* By its name, in capitals too: run_glue takes MRPC for mrpc. */
static const gr_task *find_task(const char *name)
{
    for (size_t i = 0; gr_task_at(i); i++)
        if (strcasecmp(gr_task_at(i)->name, name) == 0) return gr_task_at(i);
    return NULL;
}

static gr_status unknown_task(const char *name, gr_err *err)
{
    const char *names[GR_MAX_TASKS + 1];
    const char *near;
    size_t n = 0;

    for (const gr_task *t; n < GR_MAX_TASKS && (t = gr_task_at(n)); n++) names[n] = t->name;
    names[n] = NULL;
    if (gr_suite_find(name)) return gr_fail(err, GR_E_ARG, "no task is called '%s', but a suite: --suite %s", name, name);
    near = gr_opt_suggest(name, names);
    if (near) return gr_fail(err, GR_E_ARG, "no task is called '%s': did you mean '%s'? (glue-run list tasks)", name, near);
    return gr_fail(err, GR_E_ARG, "no task is called '%s' (see glue-run list tasks)", name);
}

/* Are the files there that this run needs of a task? *why: what is missing, and how to do without it, where that is possible. */
static gr_status find_data(const gr_suite_run *s, const gr_task *t, bool *present, gr_err *why)
{
    const bool trains = gr_task_trains(t, s->room.o);
    gr_err missing = GR_ERR_INIT;

    GR_TRY(gr_task_find_data(t, s->room.data_dir, present, why));
    if (*present || !gr_split_find(t->splits, "train")) return GR_OK;
    for (const gr_split *sp = t->splits; sp->name; sp++) { /* all but the training rows? */
        bool there = true;
        if (!sp->labelled || strcmp(sp->name, "train") == 0) continue;
        GR_TRY(gr_task_find_split(t, sp->name, s->room.data_dir, &there, &missing));
        if (there) continue;
        if (!trains) *why = missing;
        return GR_OK;
    }
    *present = !trains;
    missing = *why;
    if (trains) (void)gr_fail(why, GR_E_NOTFOUND, "no training rows: %.330s; --epochs 0 evaluates without them", missing.msg);
    return GR_OK;
}

/* The same for the test rows that --predict-test wants; called when the rest is there. */
static gr_status find_tests(const gr_suite_run *s, const gr_task *t, bool *present, gr_err *why)
{
    gr_err missing;

    for (const gr_split *sp = t->splits; s->room.o->predict_test && sp->name; sp++) {
        if (sp->labelled || strncmp(sp->name, "test", 4) != 0) continue;
        GR_TRY(gr_task_find_split(t, sp->name, s->room.data_dir, present, why));
        if (*present) continue;
        missing = *why;
        (void)gr_fail(why, GR_E_NOTFOUND, "no test rows: %.330s; without --predict-test the task runs", missing.msg);
        return GR_OK;
    }
    return GR_OK;
}

static bool planned(const gr_suite_run *s, const gr_task *t)
{
    for (int i = 0; i < s->n_tasks; i++)
        if (s->tasks[i] == t) return true;
    return false;
}

/* Named, and its files are not there. covered: those of its labelled rows are. */
static gr_status fail_no_data(const gr_suite_run *s, const gr_task *t, bool covered, const gr_err *why, gr_err *err)
{
    if (!covered && strcmp(s->room.data_kind, "demo") == 0)
        return gr_fail(err, GR_E_NOTFOUND, "%s: not among the demo data: `glue-run fetch %s` gets it into datasets/ or says from where, then --data datasets --model NAME",
                       t->name, t->name);
    return gr_fail(err, GR_E_NOTFOUND, "%s: %s (`glue-run fetch %s --data DIR` gets it or says from where)", t->name, why->msg, t->name);
}

static gr_status add_task(gr_suite_run *s, const gr_task *t, bool named, gr_err *err)
{
    gr_err why = GR_ERR_INIT;
    bool present = false, covered;
    gr_status st;

    if (planned(s, t)) return GR_OK;
    if (s->n_tasks == GR_MAX_TASKS) return gr_fail(err, GR_E_ARG, "%s: a run has %d tasks at most: run the others by themselves", t->name, GR_MAX_TASKS);
    st = find_data(s, t, &present, &why);
    covered = present;
    if (st == GR_OK && present) st = find_tests(s, t, &present, &why);
    if (st == GR_E_NOMEM) return gr_fail(err, st, "%s", why.msg);
    if (st != GR_OK) present = true; /* files that are broken fail their own job, with this message */
    if (!present && (named || s->room.o->require_all)) return fail_no_data(s, t, covered, &why, err);
    if (!present && !covered && strcmp(s->room.data_kind, "demo") == 0) return GR_OK; /* the demo covers part of the tasks */
    s->tasks[s->n_tasks] = t;
    s->has_data[s->n_tasks++] = present;
    return GR_OK;
}

/* Does this run fine-tune a model of that task? */
static bool trained_here(const gr_suite_run *s, const char *task)
{
    for (int i = 0; i < s->n_tasks; i++)
        if (strcmp(s->tasks[i]->name, task) == 0) return s->has_data[i] && gr_task_trains(s->tasks[i], s->room.o);
    return false;
}

/* Move a task to the end of the list, so that the model that it borrows is made before. */
static void move_behind(gr_suite_run *s, const gr_task *t)
{
    bool has_data = false;
    int n = 0;

    for (int i = 0; i < s->n_tasks; i++) {
        if (s->tasks[i] == t) {
            has_data = s->has_data[i];
            continue;
        }
        s->tasks[n] = s->tasks[i];
        s->has_data[n] = s->has_data[i];
        s->borrows[n++] = s->borrows[i];
    }
    s->tasks[n] = t;
    s->has_data[n] = has_data;
    s->borrows[n] = has_data;
}

/* Say that a diagnostic task of the suite is left out because this run has no model for it; nothing when its rows are not there
 * either. */
static void left_out(const gr_suite_run *s, const gr_task *t, bool trained)
{
    gr_err why = GR_ERR_INIT;
    bool present = false;

    if (gr_task_find_data(t, s->room.data_dir, &present, &why) != GR_OK || !present) return;
    if (trained) gr_info("%s is left out: it wants a model fine-tuned on %s; with --save-model that of this run is kept and taken", t->name, t->weights_of);
    else gr_info("%s is left out: it wants a model fine-tuned on %s, and this run trains none; `run %s --model DIR` takes one", t->name, t->weights_of, t->name);
}

/* Add a suite's diagnostic tasks. They are evaluated with models that this very run fine-tunes, so it must keep them (--save-model). A
 * diagnostic task that was named is run in any case, with the run's --model when there is no such model. */
static gr_status add_diagnostics(gr_suite_run *s, const char *suite, gr_err *err)
{
    for (size_t i = 0; gr_task_at(i); i++) {
        const gr_task *t = gr_task_at(i);
        bool trained;
        if (!(t->flags & GR_TASK_DIAGNOSTIC) || strcmp(t->suite, suite) != 0) continue;
        trained = trained_here(s, t->weights_of);
        if (trained && s->room.o->save_model) {
            GR_TRY(add_task(s, t, false, err));
            if (planned(s, t)) move_behind(s, t);
        } else if (!planned(s, t)) {
            left_out(s, t, trained);
        }
    }
    return GR_OK;
}

static gr_status add_suite(gr_suite_run *s, const char *suite, gr_err *err)
{
    bool found = false;

    if (suite && !gr_suite_find(suite))
        return gr_fail(err, GR_E_ARG, "no suite is called '%s' (see glue-run list suites)", suite);
    for (size_t i = 0; gr_task_at(i); i++) {
        const gr_task *t = gr_task_at(i);
        if ((t->flags & GR_TASK_DIAGNOSTIC) || (suite ? strcmp(t->suite, suite) != 0 : (t->flags & GR_TASK_NOT_DEFAULT) != 0)) continue;
        GR_TRY(add_task(s, t, false, err));
        for (int k = 0; k < s->n_tasks; k++) found = found || (s->tasks[k] == t && s->has_data[k]); /* named ones stand there already */
    }
    if (suite) GR_TRY(add_diagnostics(s, suite, err));
    if (!found)
        return gr_fail(err, GR_E_NOTFOUND, "%s has data for no task of the suite '%s'", s->room.data_dir, suite ? suite : "default");
    return GR_OK;
}

gr_status gr_suite_plan(gr_suite_run *s, const char *const *names, int n_names, gr_err *err)
{
    const gr_run_opts *o = s->room.o;

    GR_TRY(gr_run_seeds(s->seeds, &s->n_seeds, o, err));
    for (int i = 0; i < n_names; i++) {
        const gr_task *t = find_task(names[i]);
        if (!t) return unknown_task(names[i], err);
        GR_TRY(add_task(s, t, true, err));
    }
    if (o->suite) return add_suite(s, o->suite, err);
    return o->all ? add_suite(s, NULL, err) : GR_OK;
}

/* ---- execute ---- */

static gr_record *new_record(gr_suite_run *s, gr_err *err)
{
    gr_record *r;

    if (s->records.n == s->capacity) {
        const size_t cap = s->capacity ? 2 * s->capacity : 16;
        gr_record *grown = realloc(s->records.r, cap * sizeof *grown);
        if (!grown) {
            (void)gr_fail_nomem(err, "records");
            return NULL;
        }
        s->records.r = grown;
        s->capacity = cap;
    }
    r = &s->records.r[s->records.n++];
    gr_record_init(r);
    return r;
}

/* One line a job, as it ends: "mrpc seed 42: accuracy 0.6838 -> 0.8480, 41.2 s". */
static void report(const gr_record *r, bool reused)
{
    char line[256];
    int n = snprintf(line, sizeof line, "%s seed %llu:", r->task, (unsigned long long)r->seed);

    if (r->status == GR_RUN_FAILED || r->status == GR_RUN_INTERRUPTED) {
        gr_log(GR_LOG_ERROR, "%s %s: %s", line, gr_run_status_name(r->status), r->message);
        return;
    }
    for (size_t i = 0; i < r->n_metrics && n > 0 && (size_t)n < sizeof line - 60; i++) {
        const gr_rec_metric *m = &r->metrics[i];
        if (!m->headline || strcmp(m->split, r->metrics[0].split) != 0) continue;
        if (isnan(m->baseline)) n += snprintf(line + n, sizeof line - (size_t)n, " %.24s %.4f,", m->name, m->value);
        else n += snprintf(line + n, sizeof line - (size_t)n, " %.24s %.4f -> %.4f,", m->name, m->baseline, m->value);
    }
    if (r->status == GR_RUN_COLLAPSED) gr_warn("%s collapsed: %s: a lower --learning-rate, a warm-up (--warmup-ratio 0.1) or another --seed may help", line, r->message);
    else if (reused) gr_info("%s finished before", line);
    else gr_info("%s %.1f s", line, r->total_seconds);
}

/* The record of a task for which no job is run. */
static gr_record *bare_record(gr_suite_run *s, const gr_task *t, gr_run_status status, gr_err *err)
{
    gr_record *r = new_record(s, err);

    if (!r) return NULL;
    r->status = status;
    (void)snprintf(r->task, sizeof r->task, "%s", t->name);
    (void)snprintf(r->title, sizeof r->title, "%s", t->title);
    (void)snprintf(r->suite, sizeof r->suite, "%s", t->suite);
    (void)snprintf(r->data, sizeof r->data, "%s", s->room.data_kind);
    return r;
}

static gr_status no_data(gr_suite_run *s, const gr_task *t, gr_err *err)
{
    gr_record *r = bare_record(s, t, GR_RUN_NO_DATA, err);
    gr_err why = GR_ERR_INIT;
    bool present;

    if (!r) return GR_E_NOMEM;
    if (find_data(s, t, &present, &why) == GR_OK && present) (void)find_tests(s, t, &present, &why);
    (void)snprintf(r->message, sizeof r->message, "%s", why.msg);
    return GR_OK;
}

static gr_status run_one(gr_suite_run *s, const gr_task *t, uint64_t seed, gr_err *err)
{
    gr_record *r = new_record(s, err);
    gr_err why = GR_ERR_INIT;
    bool reused = false;
    gr_status st;

    if (!r) return GR_E_NOMEM;
    st = gr_job_run(&s->room, t, seed, r, &reused, &why);
    report(r, reused);
    if (st != GR_OK) gr_log_place(&why);
    if (st == GR_E_CANCELLED) s->interrupted = true;
    else if (r->status != GR_RUN_OK || st != GR_OK) s->n_failed++;
    s->single = st;
    if (st != GR_OK && err) *err = why;
    return GR_OK;
}

/* The folder of the model that this run fine-tuned on a task with a seed; false when there is none. */
static bool model_of(char out[GR_PATH_MAX], const gr_suite_run *s, const char *task, uint64_t seed)
{
    const size_t ending = sizeof ".json" - 1;

    for (size_t i = 0; i < s->records.n; i++) {
        const gr_record *r = &s->records.r[i];
        const size_t n = strlen(r->path);
        if (strcmp(r->task, task) != 0 || r->seed != seed || n <= ending) continue;
        (void)snprintf(out, GR_PATH_MAX, "%.*s", (int)(n - ending), r->path);
        if (gr_fs_is_dir(out)) return true;
    }
    return false;
}

/* A diagnostic task with the model that this run made for it. */
static gr_status run_borrowed(gr_suite_run *s, const gr_task *t, uint64_t seed, gr_err *err)
{
    char own[sizeof s->room.model_dir], dir[GR_PATH_MAX];
    gr_record *r;
    gr_status st;

    if (!model_of(dir, s, t->weights_of, seed)) {
        r = bare_record(s, t, GR_RUN_FAILED, err);
        if (!r) return GR_E_NOMEM;
        (void)snprintf(r->message, sizeof r->message, "there is no model of %s with this seed", t->weights_of);
        r->seed = seed;
        s->n_failed++;
        report(r, false);
        return GR_OK;
    }
    memcpy(own, s->room.model_dir, sizeof own);
    (void)snprintf(s->room.model_dir, sizeof s->room.model_dir, "%s", dir);
    st = run_one(s, t, seed, err);
    memcpy(s->room.model_dir, own, sizeof own);
    return st;
}

static gr_status write_table(const gr_suite_run *s, const char *name, gr_table_format f,
                             gr_status (*make)(gr_buf *, const gr_records *, gr_table_format, gr_err *), gr_err *err)
{
    char path[GR_PATH_MAX];
    gr_buf b = { 0 };
    gr_status st = make(&b, &s->records, f, err);

    if (st == GR_OK && !gr_fs_join(path, sizeof path, s->room.suite_dir, name)) st = gr_fail(err, GR_E_ARG, "--output-dir: the path is too long");
    if (st == GR_OK) st = b.oom ? gr_fail_nomem(err, name) : gr_fs_write(path, b.p ? b.p : "", b.n, err);
    gr_buf_free(&b);
    return st;
}

static gr_status report_page(gr_buf *out, const gr_records *r, gr_table_format f, gr_err *err)
{
    (void)f;
    return gr_html_report(out, r, err);
}

/* A failure is only warned of: all that the report shows is in the records. */
static void write_report(const gr_suite_run *s)
{
    gr_err why = GR_ERR_INIT;

    if (write_table(s, "report.html", GR_TABLE_HTML, report_page, &why) == GR_OK) return;
    gr_warn("%s (glue-run table %s --kind report makes it)", why.msg, s->room.suite_dir);
}

static gr_status write_suite(const gr_suite_run *s, int argc, char **argv, gr_err *err)
{
    GR_TRY(gr_fs_mkdirs(s->room.suite_dir, err)); /* somebody may have removed it */
    GR_TRY(gr_store_write_suite(s->room.suite_dir, s->id, argc, argv, &s->records, err));
    GR_TRY(write_table(s, "comparison.md", GR_TABLE_MD, gr_table_comparison, err));
    GR_TRY(write_table(s, "comparison.csv", GR_TABLE_CSV, gr_table_comparison, err));
    GR_TRY(write_table(s, "leaderboard.csv", GR_TABLE_CSV, gr_table_leaderboard, err));
    write_report(s);
    return GR_OK;
}

gr_status gr_suite_execute(gr_suite_run *s, int argc, char **argv, gr_err *err)
{
    GR_TRY(gr_fs_mkdirs(s->room.suite_dir, err));
    s->room.tasks = s->tasks;
    s->room.n_tasks = s->n_tasks;
    for (int t = 0; t < s->n_tasks && !s->interrupted; t++) {
        if (!s->has_data[t]) {
            GR_TRY(no_data(s, s->tasks[t], err));
            continue;
        }
        for (int i = 0; i < s->n_seeds && !s->interrupted; i++)
            GR_TRY(s->borrows[t] ? run_borrowed(s, s->tasks[t], s->seeds[i], err) : run_one(s, s->tasks[t], s->seeds[i], err));
        s->interrupted = s->interrupted || gr_interrupted();
    }
    return write_suite(s, argc, argv, err);
}

void gr_suite_close(gr_suite_run *s)
{
    gr_task_data_close(&s->room.data);
    gr_records_free(&s->records);
}
