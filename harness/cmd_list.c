/* cmd_list.c - `glue-run list`: what is there to run, from the very tables that run it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/options.h"
#include "data/manifest.h"
#include "harness/cmd.h"
#include "harness/job_record.h"
#include "harness/list_models.h"
#include "harness/locate.h"
#include "metrics/metric.h"
#include "model/session.h"
#include "results/grid.h"
#include "tasks/load.h"
#include "tasks/task.h"

typedef struct list_opts { const char *data; bool json, check, help; } list_opts;

static const gr_opt options[] = {
    { .name = "data", .aliases = "data-dir", .type = GR_OPT_STR, .offset = offsetof(list_opts, data), .value = "DIR", .help = "where `data` looks; also GLUE_RUN_DATA (default: the demo data)" },
    { .name = "json", .type = GR_OPT_FLAG, .offset = offsetof(list_opts, json), .help = "JSON in place of a table" },
    { .name = "check", .type = GR_OPT_FLAG, .offset = offsetof(list_opts, check), .help = "validate every entry; 70 when one is broken" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = offsetof(list_opts, help), .help = "this text" },
    { .name = NULL },
};

static void join_metrics(char *out, size_t cap, const gr_task *t)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; t->metrics[i].metric && at < cap; i++)
        at += (size_t)snprintf(out + at, cap - at, "%s%s%s", i ? " " : "", t->metrics[i].metric->name, t->metrics[i].headline ? "*" : "");
}

static void list_tasks(gr_grid *g)
{
    static const char *const columns[] = { "task", "suite", "title", "head", "labels", "max length", "metrics", "about" };
    char metrics[256];

    gr_grid_open(g, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; gr_task_at(i); i++) {
        const gr_task *t = gr_task_at(i);
        gr_grid_row(g);
        gr_grid_text(g, 0, "%s", t->name);
        gr_grid_text(g, 1, "%s", t->suite);
        gr_grid_text(g, 2, "%s", t->title);
        gr_grid_text(g, 3, "%s", gr_job_head_name(t->head.kind));
        gr_grid_number(g, 4, "%.0f", t->head.n_out);
        gr_grid_number(g, 5, "%.0f", t->max_len);
        join_metrics(metrics, sizeof metrics, t);
        gr_grid_text(g, 6, "%s", metrics);
        gr_grid_text(g, 7, "%s", t->about ? t->about : t->title);
    }
    gr_buf_adds(&g->notes, "* headline metrics: their mean is the task's value in a leaderboard\n");
}

static void list_suites(gr_grid *g)
{
    static const char *const columns[] = { "suite", "title", "tasks", "about" };
    char tasks[1024];

    gr_grid_open(g, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; gr_suite_at(i); i++) {
        size_t at = 0;
        tasks[0] = '\0';
        for (size_t k = 0; gr_task_at(k) && at < sizeof tasks; k++)
            if (strcmp(gr_task_at(k)->suite, gr_suite_at(i)->name) == 0)
                at += (size_t)snprintf(tasks + at, sizeof tasks - at, "%s%s", at ? " " : "", gr_task_at(k)->name);
        gr_grid_row(g);
        gr_grid_text(g, 0, "%s", gr_suite_at(i)->name);
        gr_grid_text(g, 1, "%s", gr_suite_at(i)->title);
        gr_grid_text(g, 2, "%s", tasks);
        gr_grid_text(g, 3, "%s", gr_suite_at(i)->about);
    }
}

static void list_metrics(gr_grid *g)
{
    static const char *const inputs[] = { "classes", "values", "tags" };
    static const char *const columns[] = { "metric", "title", "of", "better", "range" };

    gr_grid_open(g, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; gr_metric_at(i); i++) {
        const gr_metric *m = gr_metric_at(i);
        gr_grid_row(g);
        gr_grid_text(g, 0, "%s", m->name);
        gr_grid_text(g, 1, "%s", m->title);
        gr_grid_text(g, 2, "%s", inputs[m->input]);
        gr_grid_text(g, 3, "%s", m->higher_is_better ? "higher" : "lower");
        gr_grid_text(g, 4, "%g to %g", m->lo, m->hi);
    }
}

static void list_devices(gr_grid *g)
{
    static const char *const columns[] = { "device", "about" };

    gr_grid_open(g, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < gr_device_count(); i++) {
        gr_grid_row(g);
        gr_grid_text(g, 0, "%s", gr_device_at(i)->name);
        gr_grid_text(g, 1, "%s", gr_device_at(i)->about);
    }
}

static void list_data(gr_grid *g, const char *dir)
{
    static const char *const columns[] = { "task", "files", "missing" };

    gr_grid_open(g, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; gr_task_at(i); i++) {
        gr_err why = GR_ERR_INIT;
        bool present = false;
        gr_grid_row(g);
        gr_grid_text(g, 0, "%s", gr_task_at(i)->name);
        if (gr_task_find_data(gr_task_at(i), dir, &present, &why) == GR_OK && present) gr_grid_text(g, 1, "there");
        else {
            gr_grid_text(g, 1, "absent");
            gr_grid_text(g, 2, "%s", why.msg);
        }
    }
    gr_buf_addf(&g->notes, "looked in %s\n`glue-run fetch TASK` gets data sets from their publishers (glue-run fetch --list)\n", dir);
}

/* ---- the command ---- */

/* A task's data have a manifest of its name, and one that can be read. */
static gr_status check_manifest(const char *dir, const gr_task *t, gr_err *err)
{
    char path[GR_PATH_MAX];
    gr_manifest m;
    gr_status s;

    (void)snprintf(path, sizeof path, "%.3900s/%.100s.json", dir, t->name);
    s = gr_manifest_read(&m, path, err);
    if (s == GR_OK && strcmp(m.name, t->name) != 0) s = gr_fail(err, GR_E_FORMAT, "%s: its name is '%.40s'", path, m.name);
    gr_manifest_free(&m);
    return s == GR_OK ? GR_OK : gr_wrap(err, GR_E_INTERNAL, "task %s", t->name);
}

static gr_status check_all(gr_err *err)
{
    char manifests[GR_PATH_MAX];

    GR_TRY(gr_locate_manifests(manifests, err));
    for (size_t i = 0; gr_task_at(i); i++) {
        const gr_task *t = gr_task_at(i);
        GR_TRY(gr_task_validate(t, err));
        if (gr_task_find(t->name) != t) return gr_fail(err, GR_E_INTERNAL, "task %s: the name stands twice in the registry", t->name);
        GR_TRY(check_manifest(manifests, t, err));
        if (!gr_suite_find(t->suite)) return gr_fail(err, GR_E_INTERNAL, "task %s: its suite '%s' is not in the list", t->name, t->suite);
    }
    return GR_OK;
}

static gr_status fill(gr_grid *g, const char *what, const list_opts *o, gr_err *err)
{
    static const char *const kinds[] = { "tasks", "models", "metrics", "data", "suites", "devices", NULL };
    const char *data = o->data ? o->data : gr_locate_data_variable();
    char dir[GR_PATH_MAX];
    const char *near;

    if (strcmp(what, "tasks") == 0) list_tasks(g);
    else if (strcmp(what, "models") == 0) gr_list_models(g);
    else if (strcmp(what, "metrics") == 0) list_metrics(g);
    else if (strcmp(what, "suites") == 0) list_suites(g);
    else if (strcmp(what, "devices") == 0) list_devices(g);
    else if (strcmp(what, "data") == 0) {
        if (!data || !*data) {
            GR_TRY(gr_locate_demo_data(dir, err));
            data = dir;
        }
        if (!gr_fs_is_dir(data)) return gr_fail(err, GR_E_NOTFOUND, "--data %s: there is no such folder", data);
        list_data(g, data);
    } else {
        near = gr_opt_suggest(what, kinds);
        return gr_fail(err, GR_E_ARG, "list '%s': tasks, models, metrics, data, suites or devices%s%s%s", what, near ? " (did you mean '" : "",
                       near ? near : "", near ? "'?)" : "");
    }
    return GR_OK;
}

static gr_status list(const list_opts *o, const char *what, gr_err *err)
{
    gr_grid g = { 0 };
    gr_buf b = { 0 };
    gr_status s;

    if (o->check) {
        GR_TRY(check_all(err));
        printf("all entries are whole\n");
        return GR_OK;
    }
    s = fill(&g, what, o, err);
    if (s == GR_OK) s = gr_grid_write(&b, &g, o->json ? GR_TABLE_JSON : GR_TABLE_TEXT, err);
    if (s == GR_OK && b.p) fputs(b.p, stdout);
    if (g.columns) gr_grid_close(&g);
    gr_buf_free(&b);
    return s;
}

int gr_cmd_list(int argc, char **argv)
{
    static const gr_cmd_spec spec = { "glue-run list [tasks|models|metrics|data|suites|devices] [options]\n", options, NULL };
    gr_cmd_words w;
    list_opts o = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_status s = gr_cmd_begin(&w, &o, NULL, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help && w.n > 1) s = gr_fail(&err, GR_E_ARG, "list: one of tasks, models, metrics, data, suites, devices");
    if (s == GR_OK && !w.help) s = list(&o, w.n ? w.word[0] : "tasks", &err);
    return gr_cmd_end(&w, s, &err);
}
