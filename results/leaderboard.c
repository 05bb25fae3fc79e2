/* leaderboard.c - one row a model (with its device, precision, data and recipe), one column a task.
 *
 * Score rule "glue" (Wang et al. 2019): a task's value is the mean of its headline metrics, the score the mean over
 * tasks; tasks marked out of the mean (WNLI, AX) have a column and no share. Seeds are averaged per task first.
 *
 * CSV and JSON have every column, for programs; the other formats have those of GLUE's own leaderboard, so that a row fits a line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/sha256.h"
#include "results/apart.h"
#include "results/grid.h"
#include "results/group.h"
#include "results/table.h"

enum { MAX_SEEDS_SCORED = 64 };

typedef struct entry {
    const gr_record *lead;
    char             recipe[GR_SHA256_HEX];
    gr_buf           apart; /* in what it differs from the model's other entries; empty: in nothing */
    const gr_group **task; /* [the board's n_tasks] by column; NULL: not run */
    double           score, std, train_seconds, samples, memory;
    int              n_scored, n_seeds;
} entry;

/* What makes two runs the same recipe: every option's value but those that a task sets itself. */
static gr_status recipe_digest(char out[GR_SHA256_HEX], const gr_record *r, gr_err *err)
{
    gr_buf text = { 0 };
    bool oom;

    gr_record_recipe_text(&text, r, false);
    oom = text.oom;
    gr_sha256_of(out, text.p ? text.p : "", text.n);
    gr_buf_free(&text);
    return oom ? gr_fail_nomem(err, "the leaderboard") : GR_OK;
}

static bool same_entry(const entry *e, const gr_record *r, const char *recipe)
{
    const gr_record *l = e->lead;

    return strcmp(l->model, r->model) == 0 && strcmp(l->model_sha256, r->model_sha256) == 0 && strcmp(l->device, r->device) == 0 &&
           strcmp(l->precision, r->precision) == 0 && strcmp(l->data, r->data) == 0 && strcmp(e->recipe, recipe) == 0;
}

static double group_value(const gr_group *g)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < g->n; i++) {
        if (g->r[i]->status != GR_RUN_OK) continue;
        sum += gr_record_value(g->r[i]);
        n++;
    }
    return n ? sum / (double)n : NAN;
}

static double value_of_seed(const gr_group *g, uint64_t seed)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->r[i]->seed == seed && g->r[i]->status == GR_RUN_OK) return gr_record_value(g->r[i]);
    return NAN;
}

/* ---- collecting ---- */

typedef struct board {
    entry      *e;
    size_t      n;
    const char **task;
    size_t      n_tasks;
} board;

/* Not what had no data, nor what failed before it had a model, nor what was predicted only, for a scorer elsewhere. */
static bool ranked(const gr_record *r)
{
    return r->model[0] && r->status != GR_RUN_NO_DATA && !(r->status == GR_RUN_OK && !r->n_metrics);
}

/* Column of a task; n_tasks: it has none. */
static size_t column_of(const board *b, const char *task)
{
    size_t t = 0;

    while (t < b->n_tasks && strcmp(b->task[t], task) != 0) t++;
    return t;
}

static gr_status list_tasks(board *b, const gr_groups *gs, gr_err *err)
{
    b->task = calloc(gs->n + 1, sizeof *b->task);
    if (!b->task) return gr_fail_nomem(err, "the leaderboard");
    for (size_t i = 0; i < gs->n; i++) {
        const gr_record *r = gr_group_lead(&gs->g[i]);
        if (ranked(r) && column_of(b, r->task) == b->n_tasks) b->task[b->n_tasks++] = r->task;
    }
    return GR_OK;
}

static gr_status add_entry(board *b, const gr_record *lead, const char *recipe, gr_err *err)
{
    entry *grown = realloc(b->e, (b->n + 1) * sizeof *grown), *e;

    if (!grown) return gr_fail_nomem(err, "the leaderboard");
    b->e = grown;
    e = &b->e[b->n];
    *e = (entry){ .lead = lead, .task = calloc(b->n_tasks + 1, sizeof *e->task) };
    if (!e->task) return gr_fail_nomem(err, "the leaderboard");
    memcpy(e->recipe, recipe, sizeof e->recipe);
    b->n++;
    return GR_OK;
}

static gr_status place(board *b, const gr_group *g, gr_err *err)
{
    const gr_record *r = gr_group_lead(g);
    char recipe[GR_SHA256_HEX];
    size_t i = 0;

    GR_TRY(recipe_digest(recipe, r, err));
    while (i < b->n && !same_entry(&b->e[i], r, recipe)) i++;
    if (i == b->n) GR_TRY(add_entry(b, r, recipe, err));
    b->e[i].task[column_of(b, r->task)] = g;
    return GR_OK;
}

static void free_entry(entry *e)
{
    gr_buf_free(&e->apart);
    free(e->task);
}

/* Has it a task that counts, or would count had it not failed? */
static bool in_the_mean(const entry *e, const board *b)
{
    for (size_t t = 0; t < b->n_tasks; t++)
        if (e->task[t] && !gr_group_lead(e->task[t])->out_of_mean) return true;
    return false;
}

static void drop_task(board *b, size_t t)
{
    const size_t behind = b->n_tasks - t - 1;

    memmove(&b->task[t], &b->task[t + 1], behind * sizeof *b->task);
    for (size_t i = 0; i < b->n; i++) memmove(&b->e[i].task[t], &b->e[i].task[t + 1], behind * sizeof *b->e[i].task);
    b->n_tasks--;
}

/* Entries with nothing but tasks out of the mean (each seed's own model of a diagnostic task) stand only where there is no other; then
 * columns that no entry has left. */
static void drop_unscored(board *b)
{
    size_t kept = 0;

    for (size_t i = 0; i < b->n; i++) kept += in_the_mean(&b->e[i], b);
    if (!kept || kept == b->n) return;
    kept = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (in_the_mean(&b->e[i], b)) b->e[kept++] = b->e[i];
        else free_entry(&b->e[i]);
    }
    b->n = kept;
    for (size_t t = b->n_tasks; t-- > 0;) {
        bool used = false;
        for (size_t i = 0; i < b->n; i++) used = used || b->e[i].task[t];
        if (!used) drop_task(b, t);
    }
}

/* Has the task a share in the score? */
static bool counts(const gr_group *g)
{
    return g && g->n_ok && !gr_group_lead(g)->out_of_mean;
}

/* seeds: those that have a value for every task of the score. */
static void score_seeds(entry *e, const board *b)
{
    const gr_group *first = NULL;
    double score[MAX_SEEDS_SCORED], mean = 0, square = 0;
    int n = 0;

    for (size_t t = 0; t < b->n_tasks && !first; t++)
        if (counts(e->task[t])) first = e->task[t];
    for (size_t s = 0; first && s < first->n && n < MAX_SEEDS_SCORED; s++) {
        double sum = 0;
        int tasks = 0;
        for (size_t t = 0; t < b->n_tasks; t++) {
            if (!counts(e->task[t])) continue;
            sum += value_of_seed(e->task[t], first->r[s]->seed);
            tasks++;
        }
        if (tasks && !isnan(sum)) score[n++] = sum / tasks;
    }
    for (int i = 0; i < n; i++) mean += score[i] / n;
    for (int i = 0; i < n; i++) square += (score[i] - mean) * (score[i] - mean);
    e->n_seeds = n;
    e->std = n > 1 ? sqrt(square / (n - 1)) : NAN;
}

static void score(entry *e, const board *b)
{
    double sum = 0;

    for (size_t t = 0; t < b->n_tasks; t++) {
        const double v = counts(e->task[t]) ? group_value(e->task[t]) : NAN;
        for (size_t i = 0; e->task[t] && i < e->task[t]->n; i++) {
            const gr_record *r = e->task[t]->r[i];
            if (r->status != GR_RUN_OK && r->status != GR_RUN_COLLAPSED) continue;
            if (!isnan(r->train_seconds)) e->train_seconds += r->train_seconds;
            if (!isnan(r->samples_per_second)) e->samples += r->samples_per_second * r->train_seconds;
            if (r->peak_memory_mb > e->memory) e->memory = r->peak_memory_mb;
        }
        if (isnan(v)) continue;
        sum += v;
        e->n_scored++;
    }
    e->score = e->n_scored ? sum / e->n_scored : NAN;
    score_seeds(e, b);
}

/* A model whose hardest task failed must not rise by it: fewer scored tasks stand behind more, then the score counts. */
static int by_score(const void *a, const void *b)
{
    const entry *x = a, *y = b;

    if (isnan(x->score) || isnan(y->score)) return isnan(x->score) - isnan(y->score);
    if (x->n_scored != y->n_scored) return x->n_scored < y->n_scored ? 1 : -1;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return strcmp(x->lead->model, y->lead->model);
}

/* ---- writing ---- */

static const char *const before[] = { "rank", "model", "params", "suite", "score", "score_rule", "n_tasks" };
static const char *const after[] = { "seeds", "score_std", "train_seconds", "examples_per_second", "peak_memory_mb", "device", "precision",
                                     "data", "date", "git_revision", "record" };
enum { N_BEFORE = sizeof before / sizeof *before, N_AFTER = sizeof after / sizeof *after };

static const char *suite_of(const entry *e, const board *b)
{
    const char *suite = NULL;

    for (size_t t = 0; t < b->n_tasks; t++) {
        if (!e->task[t]) continue;
        if (suite && strcmp(suite, gr_group_lead(e->task[t])->suite) != 0) return "default";
        suite = gr_group_lead(e->task[t])->suite;
    }
    return suite ? suite : "";
}

static void write_entry(gr_grid *g, const entry *e, const board *b, size_t rank)
{
    const size_t a = N_BEFORE + b->n_tasks;

    gr_grid_row(g);
    if (!isnan(e->score)) gr_grid_number(g, 0, "%.0f", (double)rank);
    gr_grid_text(g, 1, "%s", e->lead->model);
    if (e->lead->model_params) gr_grid_number(g, 2, "%.0f", (double)e->lead->model_params);
    gr_grid_text(g, 3, "%s", suite_of(e, b));
    gr_grid_number(g, 4, "%.6g", e->score);
    gr_grid_text(g, 5, "glue");
    gr_grid_number(g, 6, "%.0f", e->n_scored);
    for (size_t t = 0; t < b->n_tasks; t++)
        if (e->task[t]) gr_grid_number(g, N_BEFORE + t, "%.6g", group_value(e->task[t]));
    gr_grid_number(g, a, "%.0f", e->n_seeds);
    gr_grid_number(g, a + 1, "%.6g", e->std);
    if (e->train_seconds > 0) gr_grid_number(g, a + 2, "%.6g", e->train_seconds);
    if (e->train_seconds > 0 && e->samples > 0) gr_grid_number(g, a + 3, "%.6g", e->samples / e->train_seconds);
    if (e->memory > 0) gr_grid_number(g, a + 4, "%.6g", e->memory);
    gr_grid_text(g, a + 5, "%s", e->lead->device);
    gr_grid_text(g, a + 6, "%s", e->lead->precision);
    gr_grid_text(g, a + 7, "%s", e->lead->data);
    gr_grid_text(g, a + 8, "%s", e->lead->created);
    gr_grid_text(g, a + 9, "%s", e->lead->git_revision);
    gr_grid_text(g, a + 10, "%s", gr_fs_basename(e->lead->path));
}

static gr_status tell_apart(board *b, const gr_groups *gs, gr_err *err)
{
    for (size_t i = 0; i < b->n; i++) {
        gr_apart(&b->e[i].apart, gs, b->e[i].lead, true);
        if (b->e[i].apart.oom) return gr_fail_nomem(err, "the leaderboard");
    }
    return GR_OK;
}

/* What of a row a reader needs only where rows differ in it. */
typedef struct extras { bool seeds, data, recipe; } extras;

static extras extras_of(const board *b)
{
    extras x = { 0 };

    for (size_t i = 0; i < b->n; i++) {
        x.seeds = x.seeds || b->e[i].n_seeds > 1;
        x.data = x.data || strcmp(b->e[i].lead->data, "published") != 0;
        x.recipe = x.recipe || b->e[i].apart.n;
    }
    return x;
}

static size_t columns_for_people(const char **columns, const board *b, const extras *x)
{
    size_t n = 0;

    columns[n++] = "rank";
    columns[n++] = "model";
    columns[n++] = "params";
    columns[n++] = "score";
    if (x->seeds) columns[n++] = "std";
    if (x->seeds) columns[n++] = "seeds";
    for (size_t t = 0; t < b->n_tasks; t++) columns[n++] = b->task[t];
    if (x->data) columns[n++] = "data";
    if (x->recipe) columns[n++] = "recipe";
    return n;
}

static void put_params(gr_grid *g, size_t c, double n)
{
    if (n >= 1e9) gr_grid_text(g, c, "%.1fB", n / 1e9);
    else if (n >= 1e6) gr_grid_text(g, c, "%.1fM", n / 1e6);
    else if (n > 0) gr_grid_text(g, c, "%.0f", n);
}

static void write_entry_for_people(gr_grid *g, const entry *e, const board *b, const extras *x, size_t rank)
{
    size_t c = 4;

    gr_grid_row(g);
    if (!isnan(e->score)) gr_grid_number(g, 0, "%.0f", (double)rank);
    gr_grid_text(g, 1, "%s", e->lead->model);
    put_params(g, 2, (double)e->lead->model_params);
    gr_grid_number(g, 3, "%.1f", 100 * e->score);
    if (x->seeds) gr_grid_number(g, c++, "%.1f", 100 * e->std);
    if (x->seeds) gr_grid_number(g, c++, "%.0f", e->n_seeds);
    for (size_t t = 0; t < b->n_tasks; t++, c++)
        if (e->task[t]) gr_grid_number(g, c, "%.1f", 100 * group_value(e->task[t]));
    if (x->data) gr_grid_text(g, c++, "%s", e->lead->data);
    if (x->recipe && e->apart.n) gr_grid_text(g, c, "%s", e->apart.p);
}

static bool out_of_mean(const board *b, size_t t)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->e[i].task[t]) return gr_group_lead(b->e[i].task[t])->out_of_mean;
    return false;
}

static void note_rule(gr_grid *g, const board *b)
{
    size_t out = 0;

    if (!b->n) return;
    gr_buf_adds(&g->notes, "In percent. The score is the mean over tasks");
    for (size_t t = 0; t < b->n_tasks; t++)
        if (out_of_mean(b, t)) gr_buf_addf(&g->notes, "%s%s", out++ ? ", " : " but ", b->task[t]);
    gr_buf_adds(&g->notes, "; a task with several headline metrics counts with their mean.\n");
}

static size_t columns_for_programs(const char **columns, const board *b)
{
    memcpy(columns, before, sizeof before);
    for (size_t t = 0; t < b->n_tasks; t++) columns[N_BEFORE + t] = b->task[t];
    memcpy(columns + N_BEFORE + b->n_tasks, after, sizeof after);
    return N_BEFORE + b->n_tasks + N_AFTER;
}

static gr_status write_board(gr_buf *out, const board *b, gr_table_format f, gr_err *err)
{
    const char **columns = calloc(N_BEFORE + b->n_tasks + N_AFTER, sizeof *columns); /* more than people see */
    const bool programs = f == GR_TABLE_CSV || f == GR_TABLE_JSON;
    const extras x = extras_of(b);
    gr_grid g;
    gr_status s;

    if (!columns) return gr_fail_nomem(err, "the leaderboard");
    gr_grid_open(&g, columns, programs ? columns_for_programs(columns, b) : columns_for_people(columns, b, &x));
    for (size_t i = 0; i < b->n; i++) {
        if (programs) write_entry(&g, &b->e[i], b, i + 1);
        else write_entry_for_people(&g, &b->e[i], b, &x, i + 1);
    }
    if (!programs) note_rule(&g, b);
    s = gr_grid_write(out, &g, f, err);
    gr_grid_close(&g);
    free(columns);
    return s;
}

static gr_status fill_board(board *b, const gr_groups *gs, gr_err *err)
{
    GR_TRY(list_tasks(b, gs, err));
    for (size_t i = 0; i < gs->n; i++)
        if (ranked(gr_group_lead(&gs->g[i]))) GR_TRY(place(b, &gs->g[i], err));
    drop_unscored(b);
    GR_TRY(tell_apart(b, gs, err));
    for (size_t i = 0; i < b->n; i++) score(&b->e[i], b);
    if (b->n) qsort(b->e, b->n, sizeof *b->e, by_score);
    return GR_OK;
}

gr_status gr_table_leaderboard(gr_buf *out, const gr_records *r, gr_table_format f, gr_err *err)
{
    board b = { 0 };
    gr_groups gs = { 0 };
    gr_status s = gr_groups_make(&gs, r, err);

    if (s == GR_OK) s = fill_board(&b, &gs, err);
    if (s == GR_OK) s = write_board(out, &b, f, err);
    gr_groups_free(&gs);
    for (size_t i = 0; i < b.n; i++) free_entry(&b.e[i]);
    free(b.e);
    free(b.task);
    return s;
}
