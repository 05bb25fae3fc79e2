/* submission.c - which runs' files make a GLUE submission, and the zip of them; see submission.h. */
#include "results/submission.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/zip_write.h"
#include "results/grid.h"
#include "results/group.h"

enum { MAX_FILE_BYTES = 256 << 20 };

/* ---- one run ---- */

/* The record's path without ".json": what the names of the files beside it begin with. 0: it has no such path. */
static size_t stem_of(const gr_record *r)
{
    return gr_sv_ends(gr_sv_from(r->path), ".json") ? strlen(r->path) - strlen(".json") : 0;
}

static bool path_of(char out[GR_PATH_MAX], const gr_record *r, const gr_rec_split *split)
{
    const size_t n = stem_of(r);

    return n && snprintf(out, GR_PATH_MAX, "%.*s.%s", (int)n, r->path, split->submission) < GR_PATH_MAX;
}

static bool finished(const gr_record *r)
{
    return r->status == GR_RUN_OK || r->status == GR_RUN_COLLAPSED;
}

/* Was r run with the model that `of` saved? That folder has the record's name, and a model the folder's, cut where it is long. */
static bool model_is_of(const gr_record *r, const gr_record *of)
{
    const char *base = gr_fs_basename(of->path);
    const size_t gone = (size_t)(base - of->path), n = stem_of(of) > gone ? stem_of(of) - gone : 0, m = strlen(r->model);

    return n && m && (m == n || (m < n && m + 1 == sizeof r->model)) && strncmp(base, r->model, m) == 0;
}

static bool wanted(const gr_record *r, const gr_submit_filter *f, const gr_records *all)
{
    if (f->seed && r->seed != *f->seed) return false;
    if (!f->model || strcmp(r->model, f->model) == 0) return true;
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->r[i].model, f->model) == 0 && model_is_of(r, &all->r[i])) return true;
    return false;
}

/* ---- choosing ---- */

static bool follows(const gr_submission *s, const gr_record *r)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->f[i].record->n_metrics && model_is_of(r, s->f[i].record)) return true;
    return false;
}

/* The rule of gr_submission_choose; of equals b, the later in the list. */
static bool better(const gr_submit_file *b, const gr_submit_file *a)
{
    if (a->record->status != b->record->status) return b->record->status == GR_RUN_OK;
    if (isnan(a->value) != isnan(b->value)) return isnan(a->value);
    if (!isnan(a->value) && a->value != b->value) return b->value > a->value;
    if (a->follows != b->follows) return b->follows;
    return strcmp(b->record->created, a->record->created) >= 0;
}

static gr_status offer(gr_submission *s, const gr_submit_file *f, gr_err *err)
{
    gr_submit_file *grown;
    size_t i = 0;

    while (i < s->n && strcmp(s->f[i].split->submission, f->split->submission) < 0) i++;
    if (i < s->n && strcmp(s->f[i].split->submission, f->split->submission) == 0) {
        const size_t n = s->f[i].n_runs + 1;
        if (better(f, &s->f[i])) s->f[i] = *f;
        s->f[i].n_runs = n;
        return GR_OK;
    }
    grown = realloc(s->f, (s->n + 1) * sizeof *grown);
    if (!grown) return gr_fail_nomem(err, "a submission");
    s->f = grown;
    memmove(&s->f[i + 1], &s->f[i], (s->n - i) * sizeof *s->f);
    s->f[i] = *f;
    s->n++;
    return GR_OK;
}

static gr_status offer_run(gr_submission *s, const gr_record *r, gr_err *err)
{
    gr_submit_file f = { .record = r, .value = gr_record_value(r), .follows = r->n_metrics == 0 && follows(s, r), .n_runs = 1 };
    char path[GR_PATH_MAX];

    for (int i = 0; i < r->n_splits; i++) {
        f.split = &r->splits[i];
        if (f.split->form != GR_SUBMIT_NONE && path_of(path, r, f.split) && gr_fs_is_file(path)) GR_TRY(offer(s, &f, err));
    }
    return GR_OK;
}

gr_status gr_submission_choose(gr_submission *out, const gr_records *r, const gr_submit_filter *filter, gr_err *err)
{
    gr_status s = GR_OK;

    *out = (gr_submission){ NULL, 0 };
    for (int scored = 1; scored >= 0; scored--) /* what follows a chosen run is looked for when those are chosen */
        for (size_t i = 0; s == GR_OK && i < r->n; i++)
            if ((r->r[i].n_metrics > 0) == (scored == 1) && finished(&r->r[i]) && wanted(&r->r[i], filter, r)) s = offer_run(out, &r->r[i], err);
    if (s != GR_OK) gr_submission_free(out);
    return s;
}

void gr_submission_free(gr_submission *s)
{
    for (size_t i = 0; i < s->n; i++) free(s->f[i].text);
    free(s->f);
    *s = (gr_submission){ NULL, 0 };
}

/* ---- reading, writing ---- */

gr_status gr_submission_read(gr_submission *s, gr_err *err)
{
    for (size_t i = 0; i < s->n; i++) {
        gr_submit_file *f = &s->f[i];
        gr_err why = GR_ERR_INIT;
        char path[GR_PATH_MAX];
        gr_status st;
        if (!path_of(path, f->record, f->split)) return gr_fail(err, GR_E_ARG, "%s: the path is too long", f->split->submission);
        GR_TRY(gr_fs_read(&f->text, &f->n, path, MAX_FILE_BYTES, err));
        st = gr_submission_check((gr_sv){ f->text, f->n }, f->record, f->split, &why);
        if (st == GR_E_FORMAT) return gr_fail(err, st, "%.220s: %.170s; remove it and give the run's command again: it is written anew", path, why.msg);
        if (st != GR_OK) return gr_fail(err, st, "%.220s: %.170s", path, why.msg);
    }
    return GR_OK;
}

gr_status gr_submission_write(const gr_submission *s, const char *path, gr_err *err)
{
    gr_zip_out *z = NULL;
    gr_status st = gr_zip_open(&z, path, err);

    for (size_t i = 0; st == GR_OK && i < s->n; i++) st = gr_zip_add(z, s->f[i].split->submission, s->f[i].text, s->f[i].n, err);
    if (st == GR_OK) st = gr_zip_commit(z, err);
    gr_zip_close(z);
    return st;
}

/* ---- showing ---- */

gr_status gr_submission_table(gr_buf *out, const gr_submission *s, gr_table_format f, gr_err *err)
{
    enum { FILE_NAME, TASK, MODEL, SEED, VALUE, ROWS, RECORD, N };
    static const char *const columns[N] = { "file", "task", "model", "seed", "validation", "rows", "record" };
    gr_grid g;
    gr_status st;

    gr_grid_open(&g, columns, N);
    for (size_t i = 0; i < s->n; i++) {
        const gr_record *r = s->f[i].record;
        gr_grid_row(&g);
        gr_grid_text(&g, FILE_NAME, "%s", s->f[i].split->submission);
        gr_grid_text(&g, TASK, "%s", r->task);
        gr_grid_text(&g, MODEL, "%s", r->model);
        gr_grid_number(&g, SEED, "%.0f", (double)r->seed);
        gr_grid_number(&g, VALUE, f == GR_TABLE_TEXT ? "%.4f" : "%.6g", s->f[i].value);
        gr_grid_number(&g, ROWS, "%.0f", (double)s->f[i].split->examples);
        gr_grid_text(&g, RECORD, "%s", gr_fs_basename(r->path));
    }
    st = gr_grid_write(out, &g, f, err);
    gr_grid_close(&g);
    return st;
}
