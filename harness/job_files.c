/* job_files.c - see job_files.h. Names inside the model's folder are run_glue.py's. */
#include "harness/job_files.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "harness/job_record.h"

/* The task's table of a loaded split. */
static const gr_split *table_of(const gr_task_data *d, int i)
{
    return gr_split_find(d->task->splits, d->split[i].name);
}

static gr_status write_json_and_free(gr_json *j, const char *dir, const char *name, gr_err *err)
{
    char path[GR_PATH_MAX];
    gr_status s = j ? GR_OK : gr_fail_nomem(err, "results");

    if (s == GR_OK && !gr_fs_join(path, sizeof path, dir, name)) s = gr_fail(err, GR_E_ARG, "%s: the path is too long", dir);
    if (s == GR_OK) s = gr_json_write(path, j, err);
    gr_json_free(j);
    return s;
}

static void add_train(gr_json *j, const gr_record *r)
{
    gr_json_add_num(j, "epoch", r->epochs);
    gr_json_add_num(j, "total_flos", r->total_flops);
    gr_json_add_num(j, "train_loss", r->train_loss);
    gr_json_add_num(j, "train_runtime", r->train_seconds);
    gr_json_add_int(j, "train_samples", r->n_train);
    gr_json_add_num(j, "train_samples_per_second", r->samples_per_second);
    gr_json_add_num(j, "train_steps_per_second", r->steps_per_second);
}

static void add_number(gr_json *j, const char *name, const char *suffix, double v)
{
    char key[128];

    (void)snprintf(key, sizeof key, "eval_%s%s%s", name, suffix ? "_" : "", suffix ? suffix : "");
    gr_json_add_num(j, key, v);
}

/* Steps are Trainer's: batches of --eval-batch-size rows. */
static void add_eval(gr_json *j, const gr_eval_result *e, int64_t batch_size, const char *suffix)
{
    const double steps = ceil((double)e->examples / (double)batch_size);

    for (size_t i = 0; i < e->n_metrics; i++) add_number(j, e->metrics[i].name, suffix, e->metrics[i].value);
    add_number(j, "loss", suffix, e->loss);
    add_number(j, "runtime", suffix, e->seconds);
    add_number(j, "samples", suffix, (double)e->examples);
    add_number(j, "samples_per_second", suffix, e->seconds > 0 ? (double)e->examples / e->seconds : NAN);
    add_number(j, "steps_per_second", suffix, e->seconds > 0 ? steps / e->seconds : NAN);
}

/* Which evaluated split has the plain names: the task's main one, else the first that has no suffix; 0: none. */
static int plain_split(const gr_task_data *d)
{
    int found = 0;

    for (int i = d->n_eval; i > 0; i--) {
        if (strcmp(d->split[i].name, gr_task_main_split(d->task)) == 0) return i;
        if (!table_of(d, i)->suffix) found = i;
    }
    return found;
}

/* One plain split, and those that the reference tells by a suffix (eval_accuracy_mm), in whatever order they were asked for. */
static void add_evals(gr_json *j, const gr_workroom *w, const gr_eval_result *results)
{
    const gr_task_data *d = &w->data;
    const int plain = plain_split(d);

    for (int i = 1; i <= d->n_eval; i++)
        if (i == plain || table_of(d, i)->suffix) add_eval(j, &results[i], w->o->eval_batch_size, table_of(d, i)->suffix);
}

static gr_status result_files(const gr_record *r, const gr_workroom *w, const char *dir, const gr_eval_result *results, gr_err *err)
{
    gr_json *train = gr_json_new_object(), *eval = gr_json_new_object(), *all = gr_json_new_object();
    gr_status s, s2;

    add_train(train, r);
    add_train(all, r);
    if (w->data.n_eval) gr_json_add_num(eval, "epoch", r->epochs);
    add_evals(eval, w, results);
    add_evals(all, w, results);
    s = write_json_and_free(train, dir, "train_results.json", err);
    s2 = write_json_and_free(eval, dir, "eval_results.json", s == GR_OK ? err : NULL);
    if (s == GR_OK) s = s2;
    s2 = write_json_and_free(all, dir, "all_results.json", s == GR_OK ? err : NULL);
    return s == GR_OK ? s2 : s;
}

/* ---- predictions ---- */

static bool is_test(const gr_task_data *d, int i)
{
    return strncmp(d->split[i].name, "test", 4) == 0;
}

/* run_glue's files: the test splits where they are there, else the last evaluated one. */
static gr_status predict_results(const gr_record *r, const gr_task_data *d, const char *dir, const gr_predictions *predictions, gr_err *err)
{
    char path[GR_PATH_MAX];
    bool test = false;

    for (int i = 1; i < d->n_splits; i++) test = test || is_test(d, i);
    for (int i = 1; i < d->n_splits; i++) {
        const char *suffix = table_of(d, i)->suffix;
        if (test ? !is_test(d, i) : i < d->n_splits - 1) continue;
        (void)snprintf(path, sizeof path, "%.3900s/predict_results_%.64s%s%.16s.txt", dir, r->task, suffix ? "-" : "", suffix ? suffix : "");
        GR_TRY(gr_predictions_write_tsv(path, &predictions[i], &d->split[i].encoded, &d->split[i].examples, d->task, err));
    }
    return GR_OK;
}

/* A test split's table beside a record: `record` is its path without ".json". False: this split has none. */
static bool table_path(char out[GR_PATH_MAX], const char *record, const gr_task_data *d, int i)
{
    const gr_split *split = is_test(d, i) ? table_of(d, i) : NULL;

    if (!split) return false;
    if (split->submission) (void)snprintf(out, GR_PATH_MAX, "%.3900s.%.64s", record, split->submission);
    else (void)snprintf(out, GR_PATH_MAX, "%.3900s.%.64s.tsv", record, split->name);
    return true;
}

static gr_status test_tables(const gr_workroom *w, const gr_task *task, const char *record, const gr_predictions *predictions, gr_err *err)
{
    const gr_task_data *d = &w->data;
    char path[GR_PATH_MAX];

    for (int i = 1; i < d->n_splits; i++) {
        const gr_task_split *s = &d->split[i];
        if (!table_path(path, record, d, i)) continue;
        if (predictions[i].n < s->examples.n) {
            gr_warn("%s: %s is not written: --max-eval-samples left %zu of %zu rows", task->name, gr_fs_basename(path), predictions[i].n, s->examples.n);
            continue;
        }
        if (table_of(d, i)->submission) GR_TRY(gr_predictions_write_submission(path, &predictions[i], &s->examples, task, err));
        else GR_TRY(gr_predictions_write_tsv(path, &predictions[i], &s->encoded, &s->examples, task, err));
    }
    return GR_OK;
}

bool gr_job_has_predictions(const gr_record *old, const gr_workroom *w)
{
    const size_t n = strlen(old->path), ending = sizeof ".json" - 1;
    char record[GR_PATH_MAX], path[GR_PATH_MAX];

    if (n <= ending) return false;
    (void)snprintf(record, sizeof record, "%.*s", (int)(n - ending), old->path);
    for (int i = 1; i < w->data.n_splits; i++) {
        const bool cut = w->o->max_eval_samples > 0 && (size_t)w->o->max_eval_samples < w->data.split[i].examples.n; /* leaves no table */
        if (!cut && table_path(path, record, &w->data, i) && !gr_fs_is_file(path)) return false;
    }
    return true;
}

/* ---- the whole ---- */

static gr_status save_model(const gr_record *r, const gr_workroom *w, gr_model *m, gr_session *s, const char *stem,
                            const gr_eval_result *results, const gr_predictions *predictions, gr_err *err)
{
    char dir[GR_PATH_MAX];

    if (!gr_fs_join(dir, sizeof dir, w->suite_dir, stem)) return gr_fail(err, GR_E_ARG, "--output-dir: the path is too long");
    GR_TRY(gr_fs_mkdirs(dir, err));
    GR_TRY(gr_session_pull(s, err));
    GR_TRY(gr_model_save(m, dir, err));
    GR_TRY(result_files(r, w, dir, results, err));
    return predict_results(r, &w->data, dir, predictions, err);
}

gr_status gr_job_write_files(gr_record *r, const gr_workroom *w, const gr_task *task, gr_model *m, gr_session *s,
                             const gr_eval_result *results, const gr_predictions *predictions, gr_err *err)
{
    const bool asked = w->o->save_model || w->o->predict_test;
    const gr_task_data *d = &w->data;
    char stem[200], path[GR_PATH_MAX];

    GR_TRY(gr_fs_mkdirs(w->suite_dir, err)); /* somebody may have removed it while this run trained for hours */
    gr_job_file_stem(stem, sizeof stem, r);
    (void)snprintf(path, sizeof path, "%.3800s/%s", w->suite_dir, stem);
    if (asked || !d->n_eval) GR_TRY(test_tables(w, task, path, predictions, err));
    if (d->n_splits - d->n_extra > 1) (void)snprintf(r->predictions, sizeof r->predictions, "%.130s.predictions.jsonl", stem);
    for (int i = 1; i < d->n_splits - d->n_extra; i++) {
        char name[sizeof r->predictions + sizeof d->split->name];
        gr_record_predictions_of(name, sizeof name, r, d->split[i].name);
        (void)snprintf(path, sizeof path, "%.3700s/%s", w->suite_dir, name);
        GR_TRY(gr_predictions_write(path, &predictions[i], &d->split[i].encoded, &d->split[i].examples, task, err));
    }
    return w->o->save_model && !(task->flags & GR_TASK_DIAGNOSTIC) ? save_model(r, w, m, s, stem, results, predictions, err) : GR_OK;
}

gr_status gr_job_write_record(gr_record *r, const gr_workroom *w, gr_err *err)
{
    char stem[200], path[GR_PATH_MAX];

    gr_job_file_stem(stem, sizeof stem, r);
    (void)snprintf(path, sizeof path, "%.3800s/%s.json", w->suite_dir, stem);
    return gr_record_write(r, path, err);
}
