/* cmd_fetch.c - `glue-run fetch NAME...`: data sets and models from their publishers into the folders that `run` looks in. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/options.h"
#include "harness/build_info.h"
#include "harness/cmd.h"
#include "harness/fetch_job.h"
#include "harness/fetch_sets.h"
#include "harness/interrupt.h"
#include "harness/locate.h"
#include "results/grid.h"
#include "tasks/task.h"

typedef struct fetch_opts {
    const char *data, *models, *manifest;
    double timeout;
    int64_t retries;
    bool list, dry_run, force, json, quiet, no_progress, help;
} fetch_opts;

#define AT(field) offsetof(fetch_opts, field)
static const gr_opt options[] = {
    { .name = "data", .aliases = "data-dir", .type = GR_OPT_STR, .offset = AT(data), .value = "DIR", .help = "data sets go there; also GLUE_RUN_DATA (default: datasets)" },
    { .name = "models", .aliases = "models-dir", .type = GR_OPT_STR, .offset = AT(models), .fallback = "models", .value = "DIR", .help = "models go there, each in a folder of its name" },
    { .name = "manifest", .type = GR_OPT_STR, .offset = AT(manifest), .value = "FILE", .help = "a manifest of yours (docs/file-formats.md), before the project's; without a NAME it is fetched" },
    { .name = "list", .type = GR_OPT_FLAG, .offset = AT(list), .help = "show what can be fetched" },
    { .name = "dry-run", .type = GR_OPT_FLAG, .offset = AT(dry_run), .help = "show what would be fetched, from where to where" },
    { .name = "force", .type = GR_OPT_FLAG, .offset = AT(force), .help = "replace files that are there and not as they should be" },
    { .name = "timeout", .type = GR_OPT_REAL, .offset = AT(timeout), .fallback = "30", .lo = 1, .hi = 86400, .value = "S", .help = "seconds without a byte before a file is given up" },
    { .name = "retries", .type = GR_OPT_INT, .offset = AT(retries), .fallback = "2", .lo = 0, .hi = 100, .value = "N", .help = "further tries when a connection breaks or a server is busy" },
    { .name = "json", .type = GR_OPT_FLAG, .offset = AT(json), .help = "JSON in place of a table" },
    { .name = "quiet", .type = GR_OPT_FLAG, .offset = AT(quiet), .help = "no progress and no notes" },
    { .name = "no-progress", .type = GR_OPT_FLAG, .offset = AT(no_progress), .help = "no bar on a terminal" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = AT(help), .help = "this text" },
    { .name = NULL },
};

/* What one call does. */
typedef struct call {
    const fetch_opts  *o;
    gr_fetch_opts      job;
    gr_fetch_sets      sets;
    const gr_manifest **chosen;
    size_t             n_chosen;
    gr_fetch_file     *files;
    size_t             n_files;
} call;

/* ---- tables ---- */

/* Those behind `licence` are for JSON alone, which has no width. */
enum { NAME, FILE_NAME, BYTES, STATE, LICENCE, KIND, PATH, ADDRESS, SHA256, TRIED, PROBLEM, N_COLUMNS, N_SHOWN = LICENCE + 1 };
static const char *const columns[N_COLUMNS] = { "name", "file", "bytes", "state", "licence", "kind", "path", "address", "sha256", "address_tried", "problem" };
/* A dry run is about where from and where to. */
enum { N_DRY = 6 };
static const char *const dry_columns[N_DRY] = { "name", "bytes", "state", "path", "address", "licence" };

static double bytes_of(const gr_fetch_file *f)
{
    return f->size >= 0 ? (double)f->size : NAN;
}

static void add_file(gr_grid *g, const gr_fetch_file *f, bool all)
{
    gr_grid_row(g);
    gr_grid_text(g, NAME, "%s", f->m->name);
    if (f->c) gr_grid_text(g, FILE_NAME, "%s", f->c->file);
    gr_grid_number(g, BYTES, "%.0f", bytes_of(f));
    gr_grid_text(g, STATE, "%s%s", gr_fetch_state_name(f->state), f->unchecked ? ", unchecked" : "");
    gr_grid_text(g, LICENCE, "%s", f->m->licence);
    if (!all) return;
    gr_grid_text(g, KIND, "%s", f->m->model ? "model" : "data");
    gr_grid_text(g, PATH, "%s", f->path);
    gr_grid_text(g, ADDRESS, "%s", f->url);
    gr_grid_text(g, SHA256, "%s", f->c && f->c->sha256 ? f->c->sha256 : "");
    gr_grid_text(g, TRIED, "%s", f->m->verified ? "yes" : "no");
    gr_grid_text(g, PROBLEM, "%s", f->state == GR_FETCH_FAILED ? f->err.msg : "");
}

static void add_dry(gr_grid *g, const gr_fetch_file *f)
{
    gr_grid_row(g);
    gr_grid_text(g, 0, "%s", f->m->name);
    gr_grid_number(g, 1, "%.0f", bytes_of(f));
    gr_grid_text(g, 2, "%s", gr_fetch_state_name(f->state));
    gr_grid_text(g, 3, "%s", f->path);
    gr_grid_text(g, 4, "%s", f->url);
    gr_grid_text(g, 5, "%s", f->m->licence);
}

static gr_status print_grid(gr_grid *g, bool json, gr_err *err)
{
    gr_buf b = { 0 };
    const gr_status s = gr_grid_write(&b, g, json ? GR_TABLE_JSON : GR_TABLE_TEXT, err);

    if (s == GR_OK && b.p) fputs(b.p, stdout);
    gr_grid_close(g);
    gr_buf_free(&b);
    return s;
}

/* ---- what stands below the table ---- */

/* Are all files of this manifest here? */
static bool whole(const call *c, const gr_manifest *m)
{
    for (size_t i = 0; i < c->n_files; i++)
        if (c->files[i].m == m && (c->files[i].state == GR_FETCH_WANTED || c->files[i].state == GR_FETCH_FAILED || c->files[i].state == GR_FETCH_HELD_BACK)) return false;
    return true;
}

/* What --model takes for it: its name where that finds this folder, else the folder. */
static void add_model_word(gr_buf *b, const call *c, const gr_manifest *m)
{
    char dir[GR_PATH_MAX], found[GR_PATH_MAX];

    if (!gr_fs_join(dir, sizeof dir, c->job.models, m->name)) return;
    gr_buf_adds(b, gr_locate_found(found, m->name) && strcmp(found, dir) == 0 ? m->name : dir);
}

static const gr_manifest *first_model(const call *c)
{
    for (size_t i = 0; i < c->n_chosen; i++)
        if (c->chosen[i]->model && whole(c, c->chosen[i])) return c->chosen[i];
    return NULL;
}

/* The command that uses what is here now. Published data want a model: a small one that can be fetched, when none was. */
#define SMALL_MODEL "all-MiniLM-L6-v2"
static void add_use(gr_buf *b, const call *c)
{
    const gr_manifest *model = first_model(c);
    char found[GR_PATH_MAX];
    size_t n = 0;

    for (size_t i = 0; i < c->n_chosen; i++) {
        const gr_task *t = c->chosen[i]->model ? NULL : gr_task_find(c->chosen[i]->name);
        if (!t || (t->flags & GR_TASK_DIAGNOSTIC) || !whole(c, c->chosen[i])) continue;
        gr_buf_addf(b, "%s%s", n++ ? " " : "use: glue-run run ", t->name);
    }
    if (!n && !model) return;
    if (!n) gr_buf_adds(b, "use: glue-run run TASK");
    gr_buf_addf(b, " --data %s --model ", n ? c->job.data : "DIR");
    if (model) add_model_word(b, c, model);
    else gr_buf_adds(b, SMALL_MODEL);
    gr_buf_adds(b, model || gr_locate_found(found, SMALL_MODEL) ? "\n" : "\nthat model is not here yet: glue-run fetch " SMALL_MODEL "\n");
}

/* Does a file of it come from its address, now or in a run that is not dry? */
static bool uses_address(const call *c, const gr_manifest *m)
{
    for (size_t i = 0; i < c->n_files; i++)
        if (c->files[i].m == m && c->files[i].c && c->files[i].state != GR_FETCH_HAVE) return true;
    return false;
}

static void add_untried(gr_buf *b, const call *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n_chosen; i++)
        if (!c->chosen[i]->verified && uses_address(c, c->chosen[i])) gr_buf_addf(b, "%s%s", n++ ? ", " : "addresses not tried before, as their manifests say: ", c->chosen[i]->name);
    if (n) gr_buf_addc(b, '\n');
}

/* What a run that is not dry would fetch. */
static void add_total(gr_buf *b, const call *c)
{
    double bytes = 0;
    size_t n = 0, unknown = 0;

    for (size_t i = 0; i < c->n_files; i++) {
        if (c->files[i].state != GR_FETCH_WANTED) continue;
        n++;
        if (c->files[i].size < 0) unknown++;
        else bytes += (double)c->files[i].size;
    }
    gr_buf_addf(b, "to fetch: %zu file%s, %.1f MB", n, n == 1 ? "" : "s", bytes / 1e6);
    if (unknown) gr_buf_addf(b, " and %zu of unknown size", unknown);
    gr_buf_addc(b, '\n');
}

static gr_status print_files(const call *c, gr_err *err)
{
    const bool dry = c->o->dry_run && !c->o->json;
    gr_grid g = { 0 };

    if (dry) gr_grid_open(&g, dry_columns, N_DRY);
    else gr_grid_open(&g, columns, c->o->json ? N_COLUMNS : N_SHOWN);
    for (size_t i = 0; i < c->n_files; i++) {
        if (dry) add_dry(&g, &c->files[i]);
        else add_file(&g, &c->files[i], c->o->json);
    }
    gr_buf_adds(&g.notes, "licences are as the publishers state them\n");
    add_untried(&g.notes, c);
    if (c->o->dry_run) add_total(&g.notes, c);
    else add_use(&g.notes, c);
    return print_grid(&g, c->o->json, err);
}

/* ---- --list ---- */

static void add_set(gr_grid *g, const gr_manifest *m, const gr_fetch_opts *o)
{
    int64_t bytes = 0;
    size_t n = 0, here = 0;
    char path[GR_PATH_MAX], dir[GR_PATH_MAX];
    bool known = false;

    (void)snprintf(dir, sizeof dir, "%.3000s%s%.900s", m->model ? o->models : o->data, m->model ? "/" : "", m->model ? m->name : "");
    for (size_t i = 0; i < m->n_containers; i++) {
        const gr_container *c = &m->containers[i];
        if (!c->url) continue;
        n++;
        known = known || c->size >= 0;
        bytes += c->size >= 0 ? c->size : 0;
        here += gr_fs_join(path, sizeof path, dir, c->file) && gr_fs_is_file(path);
    }
    gr_grid_row(g);
    gr_grid_text(g, 0, "%s", m->name);
    gr_grid_text(g, 1, "%s", m->model ? "model" : "data");
    gr_grid_number(g, 2, "%.0f", (double)n);
    gr_grid_number(g, 3, "%.0f", known ? (double)bytes : NAN);
    gr_grid_text(g, 4, "%s", !n ? "no address" : here == n ? "yes" : here ? "in part" : "no");
    gr_grid_text(g, 5, "%s", m->licence);
    gr_grid_text(g, 6, "%s", m->publisher);
}

static gr_status list(const call *c, gr_err *err)
{
    static const char *const heads[] = { "name", "kind", "files", "bytes", "here", "licence", "publisher" };
    gr_grid g = { 0 };

    gr_grid_open(&g, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < c->sets.n; i++) add_set(&g, &c->sets.m[i], &c->job);
    gr_buf_addf(&g.notes, "looked in %.900s and %.900s; bytes are of the files whose size is known; licences are as the publishers state them; a suite's name (glue) stands for all its data\n", c->job.data, c->job.models);
    if (!gr_fetch_library()) gr_buf_adds(&g.notes, "there is no libcurl here: nothing can be fetched, only listed\n");
    return print_grid(&g, c->o->json, err);
}

/* ---- the command ---- */

/* Each file in turn; every failure has its line as it comes. */
static gr_status bring_all(call *c, gr_err *err)
{
    char agent[64];
    gr_fetch *net = NULL;
    gr_status s = GR_OK;

    (void)snprintf(agent, sizeof agent, "glue-run/%.40s", gr_build_version());
    for (size_t i = 0, first = 0; s == GR_OK && i < c->n_files; i++) {
        gr_fetch_file *f = &c->files[i];
        if (f->m != c->files[first].m) first = i;
        gr_fetch_look(f, &c->job);
        if (f->state == GR_FETCH_WANTED && !c->o->dry_run) {
            if (!net) s = gr_fetch_open(&net, agent, err);
            if (s == GR_OK) gr_fetch_bring(f, &c->files[first], i - first, net, &c->job);
        }
        if (f->state == GR_FETCH_FAILED && f->err.status == GR_E_CANCELLED) s = gr_fail(err, GR_E_CANCELLED, "interrupted: the same command goes on from here");
        else if (f->state == GR_FETCH_FAILED) gr_log(GR_LOG_ERROR, "%s", f->err.msg);
        else if (gr_interrupted()) s = gr_fail(err, GR_E_CANCELLED, "interrupted: the same command goes on from here");
    }
    gr_fetch_close(net);
    return s;
}

/* 0, or with one name what its first failure means, else 1. */
static int exit_code(const call *c)
{
    for (size_t i = 0; i < c->n_files; i++)
        if (c->files[i].state == GR_FETCH_FAILED) return c->n_chosen == 1 ? gr_cmd_exit_code(c->files[i].err.status) : GR_EXIT_JOB;
    return GR_EXIT_OK;
}

static gr_status choose(call *c, gr_cmd_words *w, gr_err *err)
{
    if (!w->n && c->o->manifest) w->word[w->n++] = c->sets.m[0].name;
    if (!w->n) return gr_fail(err, GR_E_ARG, "fetch: name data sets, models or a suite (glue-run fetch --list shows what can be fetched)");
    c->chosen = calloc(c->sets.n + 1, sizeof *c->chosen);
    if (!c->chosen) return gr_fail_nomem(err, "the manifests");
    return gr_fetch_sets_choose(c->chosen, &c->n_chosen, &c->sets, w->word, (size_t)w->n, err);
}

/* Row counts of a folder that is marked as the demo's are its own: published files do not belong there. */
static gr_status check_folder(const call *c, gr_err *err)
{
    const char *kind = "published";
    bool data = false;

    for (size_t i = 0; i < c->n_chosen; i++) data = data || !c->chosen[i]->model;
    if (data && gr_fs_is_dir(c->job.data)) GR_TRY(gr_locate_data_kind(&kind, c->job.data, err));
    return strcmp(kind, "demo") == 0 ? gr_fail(err, GR_E_ARG, "fetch: %.300s holds demo data (demo.json): name another folder with --data", c->job.data) : GR_OK;
}

static gr_status fetch(call *c, gr_cmd_words *w, int *code, gr_err *err)
{
    gr_status s, printed;
    gr_err ignored = GR_ERR_INIT;

    GR_TRY(gr_fetch_sets_open(&c->sets, c->o->manifest, err));
    if (c->o->list) return list(c, err);
    GR_TRY(choose(c, w, err));
    GR_TRY(check_folder(c, err));
    GR_TRY(gr_fetch_files(&c->files, &c->n_files, c->chosen, c->n_chosen, &c->job, err));
    gr_interrupt_install();
    s = bring_all(c, err);
    if (s != GR_OK && s != GR_E_CANCELLED) return s;
    printed = print_files(c, s == GR_OK ? err : &ignored);
    *code = exit_code(c);
    return s == GR_OK ? printed : s;
}

int gr_cmd_fetch(int argc, char **argv)
{
    static const gr_cmd_spec spec = {
        "glue-run fetch NAME... [options]\n\nNAME: a data set or task (mrpc), a model (all-MiniLM-L6-v2), a suite for all its data (glue).\n"
        "Files that are here and right are kept, others are checked while they come; what was interrupted\ngoes on with the same command.\n",
        options, NULL,
    };
    gr_cmd_words w;
    fetch_opts o = { 0 };
    call c = { .o = &o };
    gr_err err = GR_ERR_INIT;
    gr_status s = gr_cmd_begin(&w, &o, NULL, &spec, argc, argv, &err);
    const char *data = o.data ? o.data : gr_locate_data_variable();
    int code = GR_EXIT_OK, ended;

    if (o.quiet) gr_log_set_level(GR_LOG_ERROR);
    c.job = (gr_fetch_opts){ .data = data && *data ? data : "datasets", .models = o.models && *o.models ? o.models : "models", .force = o.force,
                             .bar = !o.quiet && !o.no_progress && isatty(STDERR_FILENO), .timeout_s = o.timeout, .retries = o.retries };
    if (s == GR_OK && !w.help) s = fetch(&c, &w, &code, &err);
    gr_fetch_sets_close(&c.sets);
    free((void *)c.chosen);
    free(c.files);
    ended = gr_cmd_end(&w, s, &err);
    return s == GR_OK ? code : ended;
}
