/* table.c - comparison, seeds and history tables. See table.h. */
#include "results/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "results/apart.h"
#include "results/grid.h"
#include "results/group.h"

gr_status gr_table_format_find(gr_table_format *out, const char *name, gr_err *err)
{
    static const struct { const char *name; gr_table_format f; } all[] = {
        { "text", GR_TABLE_TEXT }, { "md", GR_TABLE_MD }, { "csv", GR_TABLE_CSV },
        { "latex", GR_TABLE_LATEX }, { "html", GR_TABLE_HTML }, { "json", GR_TABLE_JSON },
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].name, name) != 0) continue;
        *out = all[i].f;
        return GR_OK;
    }
    return gr_fail(err, GR_E_ARG, "--format '%s': md, csv, latex, html, json or text", name);
}

static double train_seconds(const gr_record *r)
{
    return r->train_seconds;
}

/* A reader's table leaves out the loss and the values of single classes or entity types. */
static bool shown(const gr_rec_metric *m)
{
    return strcmp(m->name, "loss") != 0 && !strchr(m->name, '.');
}

static void recipe_cell(gr_grid *t, size_t column, const gr_groups *gs, const gr_record *r)
{
    gr_buf b = { 0 };

    gr_apart(&b, gs, r, false);
    if (b.n) gr_grid_text(t, column, "%s", b.p);
    t->oom = t->oom || b.oom;
    gr_buf_free(&b);
}

/* The same in all rows from `first` on, which are one record's: it is worked out once. */
static void recipe_cells(gr_grid *t, size_t first, size_t column, const gr_groups *gs, const gr_record *r)
{
    const size_t last = t->n_rows - 1;

    if (t->n_rows == first) return;
    recipe_cell(t, column, gs, r);
    for (size_t i = first; i < last; i++) t->cells[i * t->n_columns + column] = t->cells[last * t->n_columns + column];
}

/* ---- comparison for people ---- */

enum { C_TASK, C_METRIC, C_BASE, C_FINE, C_DELTA, C_STD, C_N, C_TRAIN, C_MODEL, C_DATA, C_RECIPE, C_STATUS, C_COUNT };

static const char *const people[C_COUNT] = { "task", "metric", "baseline", "fine-tuned", "delta", "std", "n eval",
                                             "train", "model", "data", "recipe", "status" };

/* The split that a run without metrics was about; "" when it only trained, whatever it predicted besides. */
static const char *predicted_split(const gr_record *r)
{
    return r->n_splits && strcmp(r->splits[0].name, "train") != 0 ? r->splits[0].name : "";
}

static void lead_cells(gr_grid *t, const gr_groups *gs, const gr_group *g, const char *split)
{
    const gr_record *r = gr_group_lead(g);
    char status[600], name[sizeof r->task + sizeof r->main_split + 4];

    gr_group_status(status, sizeof status, g);
    gr_record_row_name(name, sizeof name, r, split);
    gr_grid_text(t, C_TASK, "%s", name);
    if (gr_record_rows(r, split) >= 0) gr_grid_number(t, C_N, "%.0f", (double)gr_record_rows(r, split));
    if (!isnan(gr_group_mean(g, train_seconds))) gr_grid_text(t, C_TRAIN, "%.1f s", gr_group_mean(g, train_seconds));
    gr_grid_text(t, C_MODEL, "%s", r->model);
    gr_grid_text(t, C_DATA, "%s", r->data);
    recipe_cell(t, C_RECIPE, gs, r);
    if (strcmp(status, "ok") == 0 && !r->n_metrics) gr_grid_text(t, C_STATUS, "%s", *predicted_split(r) ? "predicted only" : "not evaluated");
    else if (strcmp(status, "ok") == 0 && g->n > 1) gr_grid_text(t, C_STATUS, "%zu seeds", g->n);
    else if (strcmp(status, "ok") != 0) gr_grid_text(t, C_STATUS, "%s", status);
}

/* The same file may be missing in each suite of a folder: it is said once. */
static void note_once(gr_grid *t, const char *line)
{
    const size_t n = strlen(line);

    for (const char *at = t->notes.p; at; at = strchr(at, '\n'), at += at != NULL)
        if (strncmp(at, line, n) == 0) return;
    gr_buf_adds(&t->notes, line);
}

/* Why a run is not ok, below the table: in its row the words would make every row wide. */
static void reasons(gr_grid *t, const gr_group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        const gr_record *r = g->r[i];
        if (r->status == GR_RUN_OK || !r->message[0]) continue;
        if (r->status == GR_RUN_NO_DATA) {
            char line[sizeof r->task + sizeof r->message + 20];
            (void)snprintf(line, sizeof line, "%s: no data: %s\n", r->task, r->message);
            note_once(t, line);
            continue;
        }
        gr_buf_addf(&t->notes, "%s seed %llu %s: %s\n", r->task, (unsigned long long)r->seed, gr_run_status_name(r->status), r->message);
    }
}

static void comparison_group(gr_grid *t, const gr_groups *gs, const gr_group *g)
{
    const gr_record *r = gr_group_lead(g);
    const char *split = NULL;

    if (r->status == GR_RUN_FAILED || r->status == GR_RUN_INTERRUPTED || r->status == GR_RUN_NO_DATA || !r->n_metrics) {
        gr_grid_row(t);
        lead_cells(t, gs, g, "");
        if (r->status == GR_RUN_OK && *predicted_split(r)) gr_grid_number(t, C_N, "%.0f", (double)gr_record_rows(r, predicted_split(r)));
        return;
    }
    for (size_t i = 0; i < r->n_metrics; i++) {
        const gr_rec_metric *m = &r->metrics[i];
        const gr_pooled p = gr_group_metric(g, m->split, m->name);
        if (!shown(m)) continue;
        gr_grid_row(t);
        if (!split || strcmp(split, m->split) != 0) lead_cells(t, gs, g, m->split);
        split = m->split;
        gr_grid_text(t, C_METRIC, "%s", m->name);
        gr_grid_number(t, C_BASE, "%.4f", p.baseline);
        gr_grid_number(t, C_FINE, "%.4f", p.value);
        gr_grid_number(t, C_DELTA, "%+.4f", p.value - p.baseline);
        gr_grid_number(t, C_STD, "%.4f", p.std);
    }
}

enum { COLUMNS_MOST = 16 };

#define COLUMN(c) (1u << (c))

/* Columns of `optional` (bits) that are empty in every row only make the table wide. */
static gr_status without_empty(gr_buf *out, const gr_grid *t, unsigned optional, gr_table_format f, gr_err *err)
{
    const char *columns[COLUMNS_MOST];
    size_t from[COLUMNS_MOST], n = 0;
    gr_grid u;
    gr_status s;

    for (size_t c = 0; c < t->n_columns; c++) {
        bool any = !(optional & COLUMN(c));
        for (size_t r = 0; r < t->n_rows; r++) any = any || t->cells[r * t->n_columns + c].text[0];
        if (!any) continue;
        columns[n] = t->columns[c];
        from[n++] = c;
    }
    gr_grid_open(&u, columns, n);
    u.oom = t->oom || t->notes.oom;
    gr_buf_add(&u.notes, t->notes.p, t->notes.n);
    for (size_t r = 0; r < t->n_rows && !u.oom; r++) {
        gr_grid_row(&u);
        for (size_t c = 0; c < n && !u.oom; c++) u.cells[(u.n_rows - 1) * n + c] = t->cells[r * t->n_columns + from[c]];
    }
    s = gr_grid_write(out, &u, f, err);
    gr_grid_close(&u);
    return s;
}

/* Programs find every column at its place. */
static gr_status for_readers(gr_buf *out, const gr_grid *t, unsigned optional, gr_table_format f, gr_err *err)
{
    return without_empty(out, t, f == GR_TABLE_CSV || f == GR_TABLE_JSON ? 0 : optional, f, err);
}

static void model_note(gr_grid *t, const gr_records *rs)
{
    for (size_t i = 0; i < rs->n; i++) {
        char line[300];
        if (!rs->r[i].model_note[0]) continue;
        (void)snprintf(line, sizeof line, "model %s: %s\n", rs->r[i].model, rs->r[i].model_note);
        if (!t->notes.p || !strstr(t->notes.p, line)) gr_buf_adds(&t->notes, line);
    }
    for (size_t i = 0; i < rs->n; i++)
        if (strcmp(rs->r[i].data, "demo") == 0) {
            gr_buf_adds(&t->notes, "data demo: small sets written by this project in the published formats; not comparable with published scores\n");
            return;
        }
}

/* ---- comparison.csv ---- */

enum { V_TASK, V_METRIC, V_HEADLINE, V_BASE, V_FINE, V_DELTA, V_N, V_SPLIT, V_MODEL, V_DATA, V_SEEDS, V_STD, V_STATUS, V_RECORD, V_COUNT };

static const char *const machine[V_COUNT] = { "task", "metric", "headline", "baseline", "finetuned", "delta", "n_eval", "split", "model",
                                              "data", "seeds", "std", "status", "record" };

static void machine_row(gr_grid *t, const gr_group *g, const gr_rec_metric *m)
{
    const gr_record *r = gr_group_lead(g);
    char text[600];

    gr_grid_row(t);
    gr_grid_text(t, V_TASK, "%s", r->task);
    gr_grid_text(t, V_MODEL, "%s", r->model);
    gr_grid_text(t, V_DATA, "%s", r->data);
    gr_group_seeds(text, sizeof text, g);
    gr_grid_text(t, V_SEEDS, "%s", text);
    gr_group_status(text, sizeof text, g);
    gr_grid_text(t, V_STATUS, "%s", text);
    gr_grid_text(t, V_RECORD, "%s", gr_fs_basename(r->path));
    if (!m) return;
    gr_grid_text(t, V_METRIC, "%s", m->name);
    gr_grid_number(t, V_HEADLINE, "%.0f", m->headline ? 1 : 0);
    gr_grid_text(t, V_SPLIT, "%s", m->split);
    if (gr_record_rows(r, m->split) >= 0) gr_grid_number(t, V_N, "%.0f", (double)gr_record_rows(r, m->split));
    gr_grid_number(t, V_BASE, "%.6g", gr_group_metric(g, m->split, m->name).baseline);
    gr_grid_number(t, V_FINE, "%.6g", gr_group_metric(g, m->split, m->name).value);
    gr_grid_number(t, V_DELTA, "%.6g", gr_group_metric(g, m->split, m->name).value - gr_group_metric(g, m->split, m->name).baseline);
    gr_grid_number(t, V_STD, "%.6g", gr_group_metric(g, m->split, m->name).std);
}

gr_status gr_table_comparison(gr_buf *out, const gr_records *r, gr_table_format f, gr_err *err)
{
    const bool for_machines = f == GR_TABLE_CSV || f == GR_TABLE_JSON;
    gr_groups gs;
    gr_grid t;
    gr_status s;

    GR_TRY(gr_groups_make(&gs, r, err));
    gr_grid_open(&t, for_machines ? machine : people, for_machines ? V_COUNT : C_COUNT);
    for (size_t i = 0; i < gs.n; i++) {
        const gr_record *lead = gr_group_lead(&gs.g[i]);
        if (!for_machines) comparison_group(&t, &gs, &gs.g[i]);
        if (!for_machines) reasons(&t, &gs.g[i]);
        else if (!lead->n_metrics) machine_row(&t, &gs.g[i], NULL);
        for (size_t m = 0; for_machines && m < lead->n_metrics; m++) machine_row(&t, &gs.g[i], &lead->metrics[m]);
    }
    if (!for_machines) model_note(&t, r);
    s = for_machines ? gr_grid_write(out, &t, f, err)
                     : without_empty(out, &t, COLUMN(C_STD) | COLUMN(C_STATUS) | COLUMN(C_BASE) | COLUMN(C_DELTA) | COLUMN(C_RECIPE), f, err);
    gr_grid_close(&t);
    gr_groups_free(&gs);
    return s;
}

/* Of runs with one content key the groups have the last alone, and so have the tables of single runs. */
static bool counts(const gr_groups *gs, const gr_record *r)
{
    for (size_t i = 0; i < gs->n; i++)
        for (size_t k = 0; k < gs->g[i].n; k++)
            if (gs->g[i].r[k] == r) return true;
    return false;
}

/* ---- seeds: a row a run and metric ---- */

gr_status gr_table_seeds(gr_buf *out, const gr_records *r, gr_table_format f, gr_err *err)
{
    static const char *const columns[] = { "task", "model", "data", "seed", "split", "metric", "baseline", "fine-tuned", "delta", "status", "recipe" };
    gr_groups gs;
    gr_grid t;
    gr_status s;

    GR_TRY(gr_groups_make(&gs, r, err));
    gr_grid_open(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < r->n; i++) {
        const gr_record *x = &r->r[i];
        const size_t first = t.n_rows;
        if (!counts(&gs, x)) continue;
        for (size_t m = 0; m < (x->n_metrics ? x->n_metrics : 1); m++) {
            const gr_rec_metric *v = x->n_metrics ? &x->metrics[m] : NULL;
            if (v && (!shown(v) || !v->headline)) continue;
            gr_grid_row(&t);
            gr_grid_text(&t, 0, "%s", x->task);
            gr_grid_text(&t, 1, "%s", x->model);
            gr_grid_text(&t, 2, "%s", x->data);
            gr_grid_number(&t, 3, "%.0f", (double)x->seed);
            gr_grid_text(&t, 9, "%s", gr_run_status_name(x->status));
            if (!v) continue;
            gr_grid_text(&t, 4, "%s", v->split);
            gr_grid_text(&t, 5, "%s", v->name);
            gr_grid_number(&t, 6, "%.4f", v->baseline);
            gr_grid_number(&t, 7, "%.4f", v->value);
            gr_grid_number(&t, 8, "%+.4f", v->value - v->baseline);
        }
        recipe_cells(&t, first, 10, &gs, x);
    }
    s = for_readers(out, &t, COLUMN(10), f, err);
    gr_grid_close(&t);
    gr_groups_free(&gs);
    return s;
}

/* ---- history: a row an evaluation ---- */

/* A row a metric, and one for an evaluation without any. */
static void point_rows(gr_grid *t, const gr_record *r, const gr_rec_point *p)
{
    for (int m = 0; m < (p->n_metrics ? p->n_metrics : 1); m++) {
        gr_grid_row(t);
        gr_grid_text(t, 0, "%s", r->task);
        gr_grid_text(t, 1, "%s", r->model);
        gr_grid_number(t, 2, "%.0f", (double)r->seed);
        gr_grid_number(t, 3, "%.6g", p->epoch);
        gr_grid_number(t, 4, "%.0f", (double)p->step);
        gr_grid_number(t, 5, "%.4f", p->train_loss);
        gr_grid_number(t, 6, "%.4f", p->eval_loss);
        if (!p->n_metrics) continue;
        gr_grid_text(t, 7, "%s", p->metric[m].name);
        gr_grid_number(t, 8, "%.4f", p->metric[m].value);
    }
}

gr_status gr_table_history(gr_buf *out, const gr_records *r, gr_table_format f, gr_err *err)
{
    static const char *const columns[] = { "task", "model", "seed", "epoch", "step", "train loss", "eval loss", "metric", "value", "recipe" };
    gr_groups gs;
    gr_grid t;
    gr_status s;

    GR_TRY(gr_groups_make(&gs, r, err));
    gr_grid_open(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < r->n; i++) {
        const size_t first = t.n_rows;
        if (!counts(&gs, &r->r[i])) continue;
        for (size_t k = 0; k < r->r[i].n_history; k++) point_rows(&t, &r->r[i], &r->r[i].history[k]);
        recipe_cells(&t, first, 9, &gs, &r->r[i]);
    }
    s = for_readers(out, &t, COLUMN(9), f, err);
    gr_grid_close(&t);
    gr_groups_free(&gs);
    return s;
}
