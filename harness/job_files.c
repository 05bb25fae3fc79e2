/* job_files.c - see job_files.h. Names inside the model's folder are run_glue.py's. */
#include "harness/job_files.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "harness/job_record.h"

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

static void add_eval(gr_json *j, const gr_record *r, const gr_eval_result *e, bool with_epoch)
{
    char key[96];

    if (with_epoch) gr_json_add_num(j, "epoch", r->epochs);
    for (size_t i = 0; i < e->n_metrics; i++) {
        (void)snprintf(key, sizeof key, "eval_%s", e->metrics[i].name);
        gr_json_add_num(j, key, e->metrics[i].value);
    }
    gr_json_add_num(j, "eval_loss", e->loss);
    gr_json_add_num(j, "eval_runtime", e->seconds);
    gr_json_add_int(j, "eval_samples", (int64_t)e->examples);
    gr_json_add_num(j, "eval_samples_per_second", e->seconds > 0 ? (double)e->examples / e->seconds : NAN);
}

static gr_status result_files(const gr_record *r, const gr_workroom *w, const char *dir, const gr_eval_result *results, gr_err *err)
{
    gr_json *train = gr_json_new_object(), *eval = gr_json_new_object(), *all = gr_json_new_object();
    gr_status s, s2;

    add_train(train, r);
    add_train(all, r);
    if (w->data.n_eval) {
        add_eval(eval, r, &results[1], true);
        add_eval(all, r, &results[1], false);
    }
    s = write_json_and_free(train, dir, "train_results.json", err);
    s2 = write_json_and_free(eval, dir, "eval_results.json", s == GR_OK ? err : NULL);
    if (s == GR_OK) s = s2;
    s2 = write_json_and_free(all, dir, "all_results.json", s == GR_OK ? err : NULL);
    return s == GR_OK ? s2 : s;
}

/* The test split where it is there, else the last evaluated one. */
static int rows_to_predict(const gr_task_data *d)
{
    for (int i = 1; i < d->n_splits; i++)
        if (strcmp(d->split[i].name, "test") == 0) return i;
    return d->n_splits - 1;
}

static gr_status save_model(const gr_record *r, const gr_workroom *w, const gr_task *task, gr_model *m, gr_session *s, const char *stem,
                            const gr_eval_result *results, const gr_predictions *predictions, gr_err *err)
{
    const int last = rows_to_predict(&w->data);
    char dir[GR_PATH_MAX], path[GR_PATH_MAX];

    if (!gr_fs_join(dir, sizeof dir, w->suite_dir, stem)) return gr_fail(err, GR_E_ARG, "--output-dir: the path is too long");
    GR_TRY(gr_fs_mkdirs(dir, err));
    GR_TRY(gr_session_pull(s, err));
    GR_TRY(gr_model_save(m, dir, err));
    GR_TRY(result_files(r, w, dir, results, err));
    if (last < 1) return GR_OK;
    (void)snprintf(path, sizeof path, "%.3900s/predict_results_%.64s.txt", dir, r->task);
    return gr_predictions_write_tsv(path, &predictions[last], &w->data.split[last].encoded, &w->data.split[last].examples, task, err);
}

gr_status gr_job_write_files(gr_record *r, const gr_workroom *w, const gr_task *task, gr_model *m, gr_session *s,
                             const gr_eval_result *results, const gr_predictions *predictions, gr_err *err)
{
    char stem[200], path[GR_PATH_MAX];

    gr_job_file_stem(stem, sizeof stem, r);
    if (w->data.n_eval) {
        (void)snprintf(path, sizeof path, "%.3800s/%s.predictions.jsonl", w->suite_dir, stem);
        GR_TRY(gr_predictions_write(path, &predictions[1], &w->data.split[1].encoded, &w->data.split[1].examples, task, err));
        (void)snprintf(r->predictions, sizeof r->predictions, "%.130s.predictions.jsonl", stem);
    }
    return w->o->save_model && !(task->flags & GR_TASK_DIAGNOSTIC) ? save_model(r, w, task, m, s, stem, results, predictions, err) : GR_OK;
}

gr_status gr_job_write_record(gr_record *r, const gr_workroom *w, gr_err *err)
{
    char stem[200], path[GR_PATH_MAX];

    gr_job_file_stem(stem, sizeof stem, r);
    (void)snprintf(path, sizeof path, "%.3800s/%s.json", w->suite_dir, stem);
    return gr_record_write(r, path, err);
}
