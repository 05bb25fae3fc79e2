/* cmd_submit.c - `glue-run submit RUNS --out FILE.zip`: the files of a GLUE submission that runs left, chosen, validated, zipped. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/options.h"
#include "data/dataset.h"
#include "harness/cmd.h"
#include "harness/job_record.h"
#include "harness/run_options.h"
#include "results/submission.h"
#include "tasks/task.h"

typedef struct submit_opts { const char *out, *model; int64_t seed; bool require_all, json, help; } submit_opts;

static const gr_opt options[] = {
    { .name = "out", .type = GR_OPT_STR, .offset = offsetof(submit_opts, out), .value = "FILE.zip", .help = "write there; needed" },
    { .name = "model", .type = GR_OPT_STR, .offset = offsetof(submit_opts, model), .value = "NAME", .help = "only runs of this model, as tables name it, and runs with what they saved" },
    { .name = "seed", .type = GR_OPT_INT, .offset = offsetof(submit_opts, seed), .value = "N", .hi = GR_SEED_MAX, .help = "only runs of this seed" },
    { .name = "require-all", .type = GR_OPT_FLAG, .offset = offsetof(submit_opts, require_all), .help = "a file that is missing is an error" },
    { .name = "json", .type = GR_OPT_FLAG, .offset = offsetof(submit_opts, json), .help = "JSON in place of a table" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = offsetof(submit_opts, help), .help = "this text" },
    { .name = NULL },
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* ---- what the tasks say ---- */

/* Records of before the field say nothing of submissions: their tasks do. */
static void fill_older(gr_records *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const gr_task *t = strcmp(r->r[i].data, "custom") == 0 ? NULL : gr_task_find(r->r[i].task);
        for (int k = 0; t && k < r->r[i].n_splits; k++) {
            gr_rec_split *s = &r->r[i].splits[k];
            if (s->form == GR_SUBMIT_NONE) gr_job_record_submission(s, t, gr_split_find(t->splits, s->name));
        }
    }
}

static const gr_submit_file *file_of(const gr_submission *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->f[i].split->submission, name) == 0) return &s->f[i];
    return NULL;
}

static void add(gr_buf *b, const char *before, const char *word)
{
    if (b->n) gr_buf_adds(b, before);
    gr_buf_adds(b, word);
}

/* The files that no run has: those of tasks that are trained, with the tasks, or those of diagnostic ones. */
static void missing_files(gr_buf *files, gr_buf *tasks, const gr_submission *s, bool diagnostic)
{
    for (size_t i = 0; gr_task_at(i); i++) {
        const gr_task *t = gr_task_at(i);
        bool any = false;
        if (((t->flags & GR_TASK_DIAGNOSTIC) != 0) != diagnostic) continue;
        for (const gr_split *sp = t->splits; sp->name; sp++) {
            if (!sp->submission || file_of(s, sp->submission)) continue;
            add(files, ", ", sp->submission);
            if (!any) add(tasks, " ", t->name);
            any = true;
        }
    }
}

/* A warning, or with --require-all the error, that names what is missing and the command that makes it. */
static gr_status tell_missing(const gr_submission *s, const submit_opts *o, gr_err *err)
{
    gr_status st = GR_OK;

    for (int diagnostic = 0; st == GR_OK && diagnostic < 2; diagnostic++) {
        const char *how = diagnostic ? "--model DIR --data DIR` makes it, with a model that --save-model kept" : "--predict-test` with their --model and --data makes them";
        gr_buf files = { 0 }, tasks = { 0 };
        missing_files(&files, &tasks, s, diagnostic);
        if (files.oom || tasks.oom) st = gr_fail_nomem(err, "a submission");
        else if (files.n && o->require_all)
            st = gr_fail(err, GR_E_NOTFOUND, "submit: no run has %s, and --require-all wants every file: `glue-run run %s %s", files.p, tasks.p, how);
        else if (files.n) gr_warn("the submission lacks %s, and GLUE's server wants every file: `glue-run run %s %s", files.p, tasks.p, how);
        gr_buf_free(&files);
        gr_buf_free(&tasks);
    }
    return st;
}

/* The published rows of a test set; 0: not known. */
static size_t published_rows(const gr_submit_file *f)
{
    const gr_task *t = gr_task_find(f->record->task);
    const gr_split *sp = t ? gr_split_find(t->splits, f->split->name) : NULL;

    return sp ? sp->rows : 0;
}

/* Which run each file is of, where there was a choice; and what the server will not like. */
static void tell_chosen(const gr_submission *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const gr_submit_file *f = &s->f[i];
        const char *name = f->split->submission, *record = gr_fs_basename(f->record->path);
        const size_t rows = published_rows(f);
        if (f->n_runs > 1 && !isnan(f->value)) gr_info("%s: of %zu runs %s, the best on its validation rows (%.4f)", name, f->n_runs, record, f->value);
        else if (f->n_runs > 1) gr_info("%s: of %zu runs %s, %s", name, f->n_runs, record, f->follows ? "whose model another chosen run saved" : "the newest");
        if (f->record->status == GR_RUN_COLLAPSED) gr_warn("%s: %s is marked collapsed: %s", name, record, f->record->message);
        if (rows && (size_t)f->split->examples != rows)
            gr_warn("%s: %lld rows, but the published test set has %zu: GLUE's server will refuse it", name, (long long)f->split->examples, rows);
    }
}

/* ---- the command ---- */

static gr_status choose(gr_submission *s, const gr_records *r, const submit_opts *o, bool seed_given, gr_err *err)
{
    const uint64_t seed = (uint64_t)o->seed;
    const gr_submit_filter filter = { .model = o->model, .seed = seed_given ? &seed : NULL };

    GR_TRY(gr_submission_choose(s, r, &filter, err));
    if (s->n) return GR_OK;
    return gr_fail(err, GR_E_NOTFOUND, "submit: none of %zu runs %shas a file of a GLUE submission: `glue-run run --suite glue --predict-test` with --model and --data makes them",
                   r->n, o->model || seed_given ? "of that --model and --seed " : "");
}

/* Everything is checked before the zip is begun. */
static gr_status make(gr_submission *s, const gr_records *r, const submit_opts *o, bool seed_given, gr_err *err)
{
    gr_buf b = { 0 };
    gr_status st = choose(s, r, o, seed_given, err);

    if (st != GR_OK) return st;
    tell_chosen(s);
    st = gr_submission_read(s, err);
    if (st == GR_OK) st = tell_missing(s, o, err);
    if (st == GR_OK) st = gr_submission_write(s, o->out, err);
    if (st == GR_OK) st = gr_submission_table(&b, s, o->json ? GR_TABLE_JSON : GR_TABLE_TEXT, err);
    if (st == GR_OK && b.p) fputs(b.p, stdout);
    gr_buf_free(&b);
    return st;
}

static gr_status submit(const submit_opts *o, gr_cmd_words *w, bool seed_given, gr_err *err)
{
    gr_submission s = { 0 };
    gr_records r = { 0 };
    gr_status st;

    if (!o->out) return gr_fail(err, GR_E_ARG, "submit: --out FILE.zip is missing");
    if (!w->n) w->word[w->n++] = "runs";
    st = gr_store_load_all(&r, w->word, (size_t)w->n, err);
    if (st != GR_OK) return st;
    fill_older(&r);
    st = make(&s, &r, o, seed_given, err);
    gr_submission_free(&s);
    gr_records_free(&r);
    return st;
}

int gr_cmd_submit(int argc, char **argv)
{
    static const gr_cmd_spec spec = {
        "glue-run submit [RUNS...] --out FILE.zip [options]\n\nRUNS: records, suite folders or output folders (default runs/) of runs with --predict-test.\n"
        "Of several runs of a test set the best on its validation rows is taken.\n",
        options, NULL,
    };
    gr_opt_origin origins[N_OPTIONS] = { GR_ORIGIN_DEFAULT };
    gr_cmd_words w;
    submit_opts o = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_status s = gr_cmd_begin(&w, &o, origins, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help) s = submit(&o, &w, origins[gr_opt_index(options, "seed")] == GR_ORIGIN_COMMAND_LINE, &err);
    return gr_cmd_end(&w, s, &err);
}
