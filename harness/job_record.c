/* job_record.c - see job_record.h. The content key is a digest over everything that can change a number of the run: data, weights,
 * recipe, seed, precision, device kind. Threads, output and progress are left out. */
#include "harness/job_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/sha256.h"
#include "harness/build_info.h"
#include "harness/machine.h"
#include "model/session.h"

#define COPY(dst, src) (void)snprintf((dst), sizeof(dst), "%s", (src))

const char *gr_job_head_name(gr_head_kind k)
{
    switch (k) {
    case GR_HEAD_CLASS: return "classification";
    case GR_HEAD_REGRESSION: return "regression";
    case GR_HEAD_TOKEN: return "token";
    case GR_HEAD_MLM: return "masked-lm";
    case GR_HEAD_EMBED: break;
    }
    return "embedding";
}

void gr_job_record_facts(gr_record *r, const gr_workroom *w, const gr_task *task, uint64_t seed)
{
    const time_t now = time(NULL);
    struct tm utc;

    if (gmtime_r(&now, &utc)) (void)strftime(r->created, sizeof r->created, "%Y-%m-%dT%H:%M:%SZ", &utc);
    COPY(r->task, task->name);
    COPY(r->title, task->title);
    COPY(r->suite, task->suite);
    COPY(r->head, gr_job_head_name(task->head.kind));
    COPY(r->data, w->data_kind);
    COPY(r->main_split, gr_task_main_split(task));
    r->out_of_mean = (task->flags & GR_TASK_OUT_OF_MEAN) != 0;
    r->seed = seed;
    COPY(r->device, w->o->device);
    COPY(r->precision, strcmp(w->o->device, "ref64") == 0 ? "f64" : gr_precision_name(gr_run_precision(w->o)));
    r->threads = gr_pool_threads(w->pool);
    r->deterministic = w->o->deterministic;
    COPY(r->version, gr_build_version());
    COPY(r->git_revision, gr_build_revision());
    COPY(r->compiler, gr_build_compiler());
    gr_machine_cpu(r->cpu, sizeof r->cpu);
    gr_machine_blas(r->blas, sizeof r->blas);
}

/* ---- recipe ---- */

static void add_value(gr_json *into, const gr_run_opts *o, const gr_opt *opt)
{
    const char *at = (const char *)o + opt->offset;
    const char *text;

    switch (opt->type) {
    case GR_OPT_FLAG: gr_json_add_bool(into, "value", *(const bool *)at); return;
    case GR_OPT_INT: gr_json_add_int(into, "value", *(const int64_t *)at); return;
    case GR_OPT_REAL: gr_json_add_num(into, "value", *(const double *)at); return;
    case GR_OPT_STR:
    case GR_OPT_CHOICE:
        memcpy(&text, at, sizeof text);
        gr_json_add_str(into, "value", text);
        return;
    case GR_OPT_REFUSED: break;
    }
}

/* What the task decides: its length where none is asked for, and that a diagnostic task takes no step. */
static bool task_sets(int64_t *value, const gr_opt *opt, const gr_run_opts *o, const gr_task *task)
{
    const bool diagnostic = (task->flags & GR_TASK_DIAGNOSTIC) != 0, length = strcmp(opt->name, "max-length") == 0 && o->max_length <= 0;

    *value = length ? task->max_len : 0;
    return length || (diagnostic && (strcmp(opt->name, "epochs") == 0 || strcmp(opt->name, "max-steps") == 0));
}

static gr_status set_recipe(gr_record *r, const gr_workroom *w, const gr_task *task, gr_err *err)
{
    r->recipe = gr_json_new_object();
    for (int i = 0; gr_run_options[i].name; i++) {
        const gr_opt *opt = &gr_run_options[i];
        gr_json *o;
        int64_t value;
        if (!gr_run_option_in_recipe(opt)) continue;
        o = gr_json_add_object(r->recipe, opt->name);
        if (task_sets(&value, opt, w->o, task)) {
            gr_json_add_int(o, "value", value);
            gr_json_add_str(o, "from", gr_opt_origin_name(GR_ORIGIN_TASK));
            continue;
        }
        add_value(o, w->o, opt);
        gr_json_add_str(o, "from", gr_opt_origin_name(w->origins[i]));
    }
    return r->recipe ? GR_OK : gr_fail_nomem(err, "the recipe");
}

/* ---- content key ---- */

static void key_of(gr_record *r, const gr_workroom *w)
{
    gr_buf text = { 0 };
    char hex[GR_SHA256_HEX];

    gr_buf_addf(&text, "schema %d\narithmetic %d\n", GR_RECORD_SCHEMA, GR_ARITHMETIC);
    gr_buf_addf(&text, "task %s\nmodel %s %s\nseed %llu\ndevice %s\nprecision %s\ndeterministic %d\nrows %lld\n", r->task, r->model_family,
                r->model_sha256, (unsigned long long)r->seed, r->device, r->precision, r->deterministic, (long long)r->n_train);
    /* a test split that is only predicted (--save-model, --predict-test) changes no number */
    for (int i = 0; i < r->n_splits - w->data.n_extra; i++) gr_buf_addf(&text, "split %s %s\n", r->splits[i].name, r->splits[i].sha256);
    for (const gr_json *v = gr_json_first(r->recipe); v; v = gr_json_next(v)) {
        const gr_opt *opt = &gr_run_options[gr_opt_index(gr_run_options, gr_json_key(v))];
        gr_buf_addf(&text, "%s ", opt->name);
        if (opt->type == GR_OPT_STR || opt->type == GR_OPT_CHOICE) gr_buf_adds(&text, gr_json_str(gr_json_get(v, "value"), ""));
        else if (opt->type == GR_OPT_FLAG) gr_buf_adds(&text, gr_json_bool(gr_json_get(v, "value"), false) ? "true" : "false");
        else gr_json_number(&text, gr_json_num(gr_json_get(v, "value"), 0));
        gr_buf_addc(&text, '\n');
    }
    for (size_t i = 0; i < r->n_labels; i++) gr_buf_addf(&text, "label %s\n", r->labels[i]); /* the rows' digests hold class numbers */
    gr_buf_addf(&text, "tokenizer %s\n", w->tok_sha256);
    gr_sha256_of(hex, text.p, text.n);
    (void)snprintf(r->key, sizeof r->key, "%.16s", hex);
    gr_buf_free(&text);
}

static gr_status copy_labels(gr_record *r, const gr_task *task, gr_err *err)
{
    if (!task->labels) return GR_OK;
    r->labels = calloc((size_t)task->head.n_out, sizeof *r->labels);
    if (!r->labels) return gr_fail_nomem(err, "label names");
    for (int32_t i = 0; i < task->head.n_out; i++) {
        r->labels[i] = strdup(task->labels[i]);
        if (!r->labels[i]) return gr_fail_nomem(err, "label names");
        r->n_labels = (size_t)i + 1;
    }
    return GR_OK;
}

static gr_status note_diagnostic(gr_record *r, const gr_task *task, gr_err *err)
{
    char line[160];

    (void)snprintf(line, sizeof line, "evaluated only, with a head that was trained on %.64s", task->weights_of);
    return gr_record_warn(r, line, err);
}

static gr_submit_form submission_form(const gr_task *task)
{
    if (task->head.kind == GR_HEAD_REGRESSION) return GR_SUBMIT_VALUES;
    return task->flags & GR_TASK_SUBMIT_NAMES ? GR_SUBMIT_NAMES : GR_SUBMIT_NUMBERS;
}

void gr_job_record_submission(gr_rec_split *out, const gr_task *task, const gr_split *split)
{
    if (!split || !split->submission) return;
    COPY(out->submission, split->submission);
    out->form = submission_form(task);
    out->lo = task->lo;
    out->hi = task->hi;
}

gr_status gr_job_record_begin(gr_record *r, const gr_workroom *w, const gr_task *task, const gr_model *m, size_t n_rows,
                              gr_err *err)
{
    const gr_task_data *d = &w->data;

    for (int i = 0; i < d->n_splits && r->n_splits < (int)(sizeof r->splits / sizeof *r->splits); i++) {
        gr_rec_split *split = &r->splits[r->n_splits];
        if (!d->split[i].name[0]) continue; /* no training rows */
        COPY(split->name, d->split[i].name);
        split->examples = (int64_t)d->split[i].examples.n;
        COPY(split->sha256, d->split[i].examples.sha256);
        gr_job_record_submission(split, task, gr_split_find(task->splits, split->name));
        r->n_splits++;
    }
    r->n_train = (int64_t)n_rows;
    if (d->n_eval) {
        const int64_t n = (int64_t)d->split[1].examples.n;
        r->n_eval = w->o->max_eval_samples > 0 && w->o->max_eval_samples < n ? w->o->max_eval_samples : n;
    }
    COPY(r->model, m->name);
    COPY(r->model_family, gr_family_name(m->config.family));
    COPY(r->model_sha256, m->sha256);
    COPY(r->model_note, gr_json_str(gr_json_get(m->config.source, "glue_run_note"), ""));
    r->model_params = (int64_t)m->params.n_weights;
    for (size_t i = 0; i < m->n_warnings; i++) GR_TRY(gr_record_warn(r, m->warnings[i], err));
    if (!gr_task_trains(task, w->o)) r->epochs = 0;
    if (task->flags & GR_TASK_DIAGNOSTIC) GR_TRY(note_diagnostic(r, task, err));
    GR_TRY(copy_labels(r, task, err));
    GR_TRY(set_recipe(r, w, task, err));
    key_of(r, w);
    return GR_OK;
}

/* ---- values ---- */

static gr_status set_value(gr_record *r, const char *split, const char *name, double v, bool headline, bool higher, bool baseline, gr_err *err)
{
    gr_rec_metric *m = gr_record_metric(r, split, name);

    if (!m) return gr_fail_nomem(err, "metrics");
    m->headline = headline;
    m->higher_is_better = higher;
    if (baseline) m->baseline = v;
    else m->value = v;
    return GR_OK;
}

gr_status gr_job_record_metrics(gr_record *r, const char *split, const gr_task *task, const gr_eval_result *e, bool baseline, gr_err *err)
{
    for (size_t i = 0; i < e->n_metrics; i++)
        GR_TRY(set_value(r, split, e->metrics[i].name, e->metrics[i].value, task->metrics[i].headline,
                         task->metrics[i].metric->higher_is_better, baseline, err));
    GR_TRY(set_value(r, split, "loss", e->loss, false, false, baseline, err));
    for (size_t i = 0; task->head.kind == GR_HEAD_TOKEN && i < e->n_detail; i++) /* each entity type */
        GR_TRY(set_value(r, split, e->detail[i].name, e->detail[i].value, false, true, baseline, err));
    return GR_OK;
}

void gr_job_record_speed(gr_record *r, const gr_train_state *st)
{
    r->train_seconds = st->seconds;
    r->total_flops = st->flops;
    if (st->seconds > 0) {
        r->steps_per_second = (double)st->step / st->seconds;
        r->samples_per_second = st->samples / st->seconds;
        r->tokens_per_second = st->tokens / st->seconds;
    }
}

void gr_job_record_memory(gr_record *r)
{
    struct rusage use;

    if (getrusage(RUSAGE_SELF, &use) == 0) r->peak_memory_mb = (double)use.ru_maxrss / 1024.0;
}

void gr_job_file_stem(char *out, size_t cap, const gr_record *r)
{
    (void)snprintf(out, cap, "%.48s-%.48s-%llu-%.8s", r->task, r->model[0] ? r->model : "unknown", (unsigned long long)r->seed,
                   r->key[0] ? r->key : "00000000");
}
