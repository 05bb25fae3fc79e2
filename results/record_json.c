/* record_json.c - a record as JSON and back: record -> JSON -> record is the identity. docs/file-formats.md shows it.
 *
 * The plain fields stand in three tables that both directions read; a missing key is an error, so that a
 * record of another program is not taken for one of ours. Numbers that are not known are null. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "results/record.h"

#define TEXTS(X)                                                                                               \
    X(message) X(key) X(created) X(task) X(title) X(suite) X(head) X(data) X(model) X(model_family)            \
    X(model_sha256) X(model_note) X(device) X(precision) X(version) X(git_revision) X(compiler) X(blas) X(cpu) \
    X(predictions)
#define REALS(X)                                                                                                 \
    X(epochs) X(train_loss) X(total_flops) X(train_seconds) X(eval_seconds) X(total_seconds) X(steps_per_second) \
    X(samples_per_second) X(tokens_per_second) X(peak_memory_mb)
#define INTS(X) X(n_train, int64_t) X(n_eval, int64_t) X(model_params, int64_t) X(steps, int64_t) X(threads, int) X(seed, uint64_t)
#define BOOLS(X) X(deterministic) X(out_of_mean)

/* ---- to JSON ---- */

static void put_strings(gr_json *j, const char *key, char *const *list, size_t n)
{
    gr_json *a = gr_json_add_array(j, key);

    for (size_t i = 0; i < n; i++) gr_json_add_str(a, NULL, list[i]);
}

static const char *const forms[] = { "", "names", "numbers", "values" };

static void put_submission(gr_json *split, const gr_rec_split *s)
{
    gr_json *o;

    if (s->form == GR_SUBMIT_NONE) return;
    o = gr_json_add_object(split, "submission");
    gr_json_add_str(o, "file", s->submission);
    gr_json_add_str(o, "predictions", forms[s->form]);
    if (s->form != GR_SUBMIT_VALUES) return;
    gr_json_add_num(o, "lo", s->lo);
    gr_json_add_num(o, "hi", s->hi);
}

static void put_splits(gr_json *j, const gr_record *r)
{
    gr_json *a = gr_json_add_array(j, "splits");

    for (int i = 0; i < r->n_splits; i++) {
        gr_json *o = gr_json_add_object(a, NULL);
        gr_json_add_str(o, "name", r->splits[i].name);
        gr_json_add_int(o, "examples", r->splits[i].examples);
        gr_json_add_str(o, "sha256", r->splits[i].sha256);
        put_submission(o, &r->splits[i]);
    }
}

static void put_metrics(gr_json *j, const gr_record *r)
{
    gr_json *a = gr_json_add_array(j, "metrics");

    for (size_t i = 0; i < r->n_metrics; i++) {
        const gr_rec_metric *m = &r->metrics[i];
        gr_json *o = gr_json_add_object(a, NULL);
        gr_json_add_str(o, "split", m->split);
        gr_json_add_str(o, "name", m->name);
        gr_json_add_bool(o, "headline", m->headline);
        gr_json_add_bool(o, "higher_is_better", m->higher_is_better);
        gr_json_add_num(o, "baseline", m->baseline);
        gr_json_add_num(o, "finetuned", m->value);
    }
}

static void put_history(gr_json *j, const gr_record *r)
{
    gr_json *a = gr_json_add_array(j, "history");

    for (size_t i = 0; i < r->n_history; i++) {
        const gr_rec_point *p = &r->history[i];
        gr_json *o = gr_json_add_object(a, NULL), *m;
        gr_json_add_num(o, "epoch", p->epoch);
        gr_json_add_int(o, "step", p->step);
        gr_json_add_num(o, "train_loss", p->train_loss);
        gr_json_add_num(o, "grad_norm", p->grad_norm);
        gr_json_add_num(o, "learning_rate", p->learning_rate);
        gr_json_add_num(o, "eval_loss", p->eval_loss);
        m = gr_json_add_object(o, "metrics");
        for (int k = 0; k < p->n_metrics; k++) gr_json_add_num(m, p->metric[k].name, p->metric[k].value);
    }
}

gr_status gr_record_to_json(gr_json **out, const gr_record *r, gr_err *err)
{
    gr_json *j = gr_json_new_object();

    *out = j;
    gr_json_add_int(j, "schema", GR_RECORD_SCHEMA);
    gr_json_add_str(j, "status", gr_run_status_name(r->status));
#define PUT(f) gr_json_add_str(j, #f, r->f);
    TEXTS(PUT)
#undef PUT
    gr_json_add_str(j, "main_split", r->main_split);
#define PUT(f, type) gr_json_add_int(j, #f, (int64_t)r->f);
    INTS(PUT)
#undef PUT
#define PUT(f) gr_json_add_bool(j, #f, r->f);
    BOOLS(PUT)
#undef PUT
#define PUT(f) gr_json_add_num(j, #f, r->f);
    REALS(PUT)
#undef PUT
    put_strings(j, "labels", r->labels, r->n_labels);
    put_strings(j, "warnings", r->warnings, r->n_warnings);
    put_splits(j, r);
    gr_json_add_copy(j, "recipe", r->recipe);
    put_metrics(j, r);
    put_history(j, r);
    return j ? GR_OK : gr_fail_nomem(err, "a record");
}

/* ---- from JSON ---- */

static gr_status get_text(char *out, size_t cap, const gr_json *j, const char *key, gr_err *err)
{
    const char *s;

    GR_TRY(gr_json_need_str(&s, j, key, err));
    if (strlen(s) >= cap) return gr_fail(err, GR_E_FORMAT, "'%s' is longer than %zu bytes", key, cap - 1);
    memcpy(out, s, strlen(s) + 1);
    return GR_OK;
}

static gr_status get_real(double *out, const gr_json *j, const char *key, gr_err *err)
{
    const gr_json *v = gr_json_get(j, key);

    if (!v || (!gr_json_is_number(v) && !gr_json_is_null(v))) return gr_fail(err, GR_E_FORMAT, "'%s' is missing or not a number", key);
    *out = gr_json_num(v, NAN);
    return GR_OK;
}

static gr_status get_bool(bool *out, const gr_json *j, const char *key, gr_err *err)
{
    const gr_json *v = gr_json_get(j, key);

    if (!gr_json_is_bool(v)) return gr_fail(err, GR_E_FORMAT, "'%s' is missing or neither true nor false", key);
    *out = gr_json_bool(v, false);
    return GR_OK;
}

static gr_status get_strings(char ***out, size_t *n, const gr_json *j, const char *key, gr_err *err)
{
    const gr_json *a = gr_json_get(j, key);
    const size_t count = gr_json_len(a);

    if (!gr_json_is_array(a)) return gr_fail(err, GR_E_FORMAT, "'%s' is missing or not a list", key);
    if (!count) return GR_OK;
    *out = calloc(count, sizeof **out);
    if (!*out) return gr_fail_nomem(err, key);
    for (const gr_json *v = gr_json_first(a); v; v = gr_json_next(v)) {
        if (!gr_json_is_string(v)) return gr_fail(err, GR_E_FORMAT, "'%s' holds something that is not a string", key);
        (*out)[*n] = strdup(gr_json_str(v, ""));
        if (!(*out)[*n]) return gr_fail_nomem(err, key);
        (*n)++;
    }
    return GR_OK;
}

/* Older records have none. The name makes a path, so it is a plain one. */
static gr_status get_submission(gr_rec_split *s, const gr_json *split, gr_err *err)
{
    const gr_json *o = gr_json_get(split, "submission");
    const char *form;

    if (!o) return GR_OK;
    GR_TRY(get_text(s->submission, sizeof s->submission, o, "file", err));
    if (!s->submission[0] || strspn(s->submission, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != strlen(s->submission))
        return gr_fail(err, GR_E_FORMAT, "'file' of a submission is not a plain name");
    GR_TRY(gr_json_need_str(&form, o, "predictions", err));
    for (int f = GR_SUBMIT_NAMES; f <= GR_SUBMIT_VALUES; f++)
        if (strcmp(form, forms[f]) == 0) s->form = (gr_submit_form)f;
    if (s->form == GR_SUBMIT_NONE) return gr_fail(err, GR_E_FORMAT, "'predictions' of a submission is '%.40s'", form);
    if (s->form != GR_SUBMIT_VALUES) return GR_OK;
    GR_TRY(get_real(&s->lo, o, "lo", err));
    return get_real(&s->hi, o, "hi", err);
}

static gr_status get_splits(gr_record *r, const gr_json *j, gr_err *err)
{
    const gr_json *a = gr_json_get(j, "splits");

    if (!gr_json_is_array(a) || gr_json_len(a) > sizeof r->splits / sizeof *r->splits)
        return gr_fail(err, GR_E_FORMAT, "'splits' is missing or too long");
    for (const gr_json *o = gr_json_first(a); o; o = gr_json_next(o)) {
        gr_rec_split *s = &r->splits[r->n_splits++];
        GR_TRY(get_text(s->name, sizeof s->name, o, "name", err));
        GR_TRY(get_text(s->sha256, sizeof s->sha256, o, "sha256", err));
        GR_TRY(gr_json_need_int(&s->examples, o, "examples", 0, INT64_MAX / 2, err));
        GR_TRY(get_submission(s, o, err));
    }
    return GR_OK;
}

static gr_status get_metrics(gr_record *r, const gr_json *j, gr_err *err)
{
    const gr_json *a = gr_json_get(j, "metrics");
    char split[sizeof r->metrics->split], name[sizeof r->metrics->name];

    if (!gr_json_is_array(a)) return gr_fail(err, GR_E_FORMAT, "'metrics' is missing or not a list");
    for (const gr_json *o = gr_json_first(a); o; o = gr_json_next(o)) {
        gr_rec_metric *m;
        GR_TRY(get_text(split, sizeof split, o, "split", err));
        GR_TRY(get_text(name, sizeof name, o, "name", err));
        if (!(m = gr_record_metric(r, split, name))) return gr_fail_nomem(err, "metrics");
        GR_TRY(get_bool(&m->headline, o, "headline", err));
        GR_TRY(get_bool(&m->higher_is_better, o, "higher_is_better", err));
        GR_TRY(get_real(&m->baseline, o, "baseline", err));
        GR_TRY(get_real(&m->value, o, "finetuned", err));
    }
    return GR_OK;
}

static gr_status get_point(gr_rec_point *p, const gr_json *o, gr_err *err)
{
    GR_TRY(get_real(&p->epoch, o, "epoch", err));
    GR_TRY(gr_json_need_int(&p->step, o, "step", 0, INT64_MAX / 2, err));
    GR_TRY(get_real(&p->train_loss, o, "train_loss", err));
    GR_TRY(get_real(&p->grad_norm, o, "grad_norm", err));
    GR_TRY(get_real(&p->learning_rate, o, "learning_rate", err));
    GR_TRY(get_real(&p->eval_loss, o, "eval_loss", err));
    for (const gr_json *m = gr_json_first(gr_json_get(o, "metrics")); m; m = gr_json_next(m)) {
        if (p->n_metrics == (int)(sizeof p->metric / sizeof *p->metric)) return gr_fail(err, GR_E_FORMAT, "'history' has too many metrics");
        (void)snprintf(p->metric[p->n_metrics].name, sizeof p->metric->name, "%s", gr_json_key(m));
        p->metric[p->n_metrics++].value = gr_json_num(m, NAN);
    }
    return GR_OK;
}

static gr_status get_history(gr_record *r, const gr_json *j, gr_err *err)
{
    const gr_json *a = gr_json_get(j, "history");

    if (!gr_json_is_array(a)) return gr_fail(err, GR_E_FORMAT, "'history' is missing or not a list");
    for (const gr_json *o = gr_json_first(a); o; o = gr_json_next(o)) {
        gr_rec_point *p = gr_record_point(r);
        if (!p) return gr_fail_nomem(err, "the history");
        GR_TRY(get_point(p, o, err));
    }
    return GR_OK;
}

static gr_status get_status(gr_record *r, const gr_json *j, gr_err *err)
{
    const char *word;

    GR_TRY(gr_json_need_str(&word, j, "status", err));
    if (gr_run_status_find(&r->status, word)) return GR_OK;
    return gr_fail(err, GR_E_FORMAT, "'status' is '%.40s'", word);
}

static gr_status get_plain(gr_record *r, const gr_json *j, gr_err *err)
{
    int64_t v;

    GR_TRY(gr_json_need_int(&v, j, "schema", 1, 1 << 20, err));
    if (v != GR_RECORD_SCHEMA)
        return gr_fail(err, GR_E_UNSUPPORTED, "record schema %lld, this build reads %d", (long long)v, GR_RECORD_SCHEMA);
    GR_TRY(get_status(r, j, err));
#define GET(f) GR_TRY(get_text(r->f, sizeof r->f, j, #f, err));
    TEXTS(GET)
#undef GET
    if (gr_json_get(j, "main_split")) GR_TRY(get_text(r->main_split, sizeof r->main_split, j, "main_split", err)); /* older records have none */
#define GET(f, type)                                            \
    GR_TRY(gr_json_need_int(&v, j, #f, 0, INT64_MAX / 2, err)); \
    r->f = (type)v;
    INTS(GET)
#undef GET
#define GET(f) GR_TRY(get_bool(&r->f, j, #f, err));
    BOOLS(GET)
#undef GET
#define GET(f) GR_TRY(get_real(&r->f, j, #f, err));
    REALS(GET)
#undef GET
    return GR_OK;
}

gr_status gr_record_from_json(gr_record *out, const gr_json *j, gr_err *err)
{
    const gr_json *recipe = gr_json_get(j, "recipe");
    gr_json *holder = NULL;
    gr_status s;

    gr_record_init(out);
    s = gr_json_is_object(j) ? get_plain(out, j, err) : gr_fail(err, GR_E_FORMAT, "not a record: the document is no object");
    if (s == GR_OK) s = get_strings(&out->labels, &out->n_labels, j, "labels", err);
    if (s == GR_OK) s = get_strings(&out->warnings, &out->n_warnings, j, "warnings", err);
    if (s == GR_OK) s = get_splits(out, j, err);
    if (s == GR_OK) s = get_metrics(out, j, err);
    if (s == GR_OK) s = get_history(out, j, err);
    if (s == GR_OK && gr_json_is_object(recipe)) {
        char *text = NULL;
        s = gr_json_print(&text, recipe, false, err);
        if (s == GR_OK) s = gr_json_parse(&holder, text, strlen(text), err);
        out->recipe = holder;
        free(text);
    }
    if (s != GR_OK) gr_record_free(out);
    return s;
}

/* ---- files ---- */

enum { MAX_RECORD_BYTES = 64 << 20 };

gr_status gr_record_write(gr_record *r, const char *path, gr_err *err)
{
    gr_json *j = NULL;
    gr_status s = gr_record_to_json(&j, r, err);

    if (s == GR_OK) s = gr_json_write(path, j, err);
    gr_json_free(j);
    if (s == GR_OK) (void)snprintf(r->path, sizeof r->path, "%s", path);
    return s;
}

gr_status gr_record_read(gr_record *out, const char *path, gr_err *err)
{
    gr_json *j = NULL;
    gr_status s;

    gr_record_init(out);
    GR_TRY(gr_json_read(&j, path, MAX_RECORD_BYTES, err));
    s = gr_record_from_json(out, j, err);
    gr_json_free(j);
    if (s != GR_OK) return gr_wrap(err, s, "%s", path);
    (void)snprintf(out->path, sizeof out->path, "%s", path);
    return GR_OK;
}
