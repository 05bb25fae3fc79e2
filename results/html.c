/* html.c - see html.h. The page is written from its top to its end; charts are chart.c's, tables those of table.c. */
#include "results/html.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "results/apart.h"
#include "results/chart.h"
#include "results/confusion.h"
#include "results/grid.h"
#include "results/group.h"
#include "results/markup.h"

static const char page_style[] =
    ":root{color-scheme:light dark;--page:#fcfcfb;--text:#1d1d1b;--soft:#6d6c68;--line:#e3e2de;--c0:#2a6fcf;--c1:#c2570c;--c2:#1a7f5a;--c3:#8446b8}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#191918;--text:#ecebe8;--soft:#a3a29d;--line:#3a3937;--c0:#6aa6f2;--c1:#f0975a;--c2:#52bd93;--c3:#c193ea}}\n"
    "body{margin:2rem auto;padding:0 1.2rem;max-width:62rem;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2.6rem 0 .6rem;border-top:1px solid var(--line);padding-top:1rem}h2 small{font-weight:400;color:var(--soft)}\n"
    "p{color:var(--soft);margin:.4rem 0}p.bad{color:var(--c1)}.scroll{overflow-x:auto;margin:.8rem 0}.charts{display:flex;flex-wrap:wrap;gap:1.2rem}\n"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}th,td{padding:.2rem .7rem;text-align:left;white-space:nowrap}.n{text-align:right}\n"
    "th{color:var(--soft);font-weight:500;border-bottom:1px solid var(--line)}tbody tr:hover{background:color-mix(in srgb,var(--line) 45%,transparent)}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;font-size:.9rem;margin:.8rem 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}\n";

enum { SCORES_MOST = 4 }; /* headline metrics in one chart: its colours */

static void tagged(gr_buf *out, const char *open, const char *s, const char *close)
{
    gr_buf_adds(out, open);
    gr_markup_text(out, s);
    gr_buf_adds(out, close);
}

/* ---- head of the page ---- */

/* A run that got as far as its model: one without data, or that failed before, knows little of itself. */
static bool began(const gr_record *r) { return r->status != GR_RUN_NO_DATA && r->model_sha256[0] && r->version[0]; }

typedef const char *(*text_of)(const gr_record *r);

/* What all runs that began have in common; "" where they differ or do not know. */
static const char *common(const gr_records *r, text_of of)
{
    const char *text = NULL;

    for (size_t i = 0; i < r->n; i++) {
        if (!began(&r->r[i])) continue;
        if (text && strcmp(text, of(&r->r[i])) != 0) return "";
        text = of(&r->r[i]);
    }
    return text ? text : "";
}

static const char *model_of(const gr_record *r) { return r->model; }
static const char *data_of(const gr_record *r) { return r->data; }
static const char *device_of(const gr_record *r) { return r->device; }
static const char *precision_of(const gr_record *r) { return r->precision; }
static const char *cpu_of(const gr_record *r) { return r->cpu; }
static const char *version_of(const gr_record *r) { return r->version; }
static const char *revision_of(const gr_record *r) { return r->git_revision; }

/* Does this run's model count? Not that of a diagnostic task, which another task fine-tuned. */
static bool counts(const gr_record *r) { return began(r) && !r->out_of_mean; }

static bool same_model(const gr_record *a, const gr_record *b)
{
    return strcmp(a->model, b->model) == 0 && strcmp(a->model_sha256, b->model_sha256) == 0;
}

/* How many different models, by name and weights, the records have. */
static size_t models_of(const gr_records *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        bool seen = false;
        if (!counts(&r->r[i])) continue;
        for (size_t k = 0; k < i && !seen; k++) seen = counts(&r->r[k]) && same_model(&r->r[k], &r->r[i]);
        n += !seen;
    }
    return n;
}

static void page_head(gr_buf *out, const gr_records *r)
{
    static const struct { const char *before; text_of of; } facts[] = {
        { ", model ", model_of }, { ", data ", data_of }, { ", ", device_of }, { ", ", precision_of }, { ", ", cpu_of }, { ", glue-run ", version_of },
        { ", revision ", revision_of },
    };
    size_t runs = 0;
    const char *first = "", *last = "";

    for (size_t i = 0; i < r->n; i++) {
        const char *made = r->r[i].created;
        runs += r->r[i].status != GR_RUN_NO_DATA;
        if (*made && (!*first || strcmp(made, first) < 0)) first = made;
        if (strcmp(made, last) > 0) last = made;
    }
    gr_buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
                     "<title>glue-run report</title>\n<style>\n");
    gr_buf_adds(out, page_style);
    gr_buf_adds(out, gr_chart_style);
    gr_buf_adds(out, "</style>\n</head>\n<body>\n<h1>glue-run report</h1>\n");
    gr_buf_addf(out, "<p>%zu run%s", runs, runs == 1 ? "" : "s");
    if (models_of(r) > 1) gr_buf_addf(out, " of %zu models", models_of(r));
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (*common(r, facts[i].of)) tagged(out, facts[i].before, common(r, facts[i].of), "");
    if (*first) tagged(out, ", ", first, "");
    if (strcmp(first, last) != 0) tagged(out, " to ", last, "");
    gr_buf_adds(out, "</p>\n");
}

/* ---- what a group is called ---- */

/* Does another group of the same task differ in this? */
static bool differs(const gr_groups *gs, size_t g, text_of of)
{
    const gr_record *r = gr_group_lead(&gs->g[g]);

    for (size_t k = 0; k < gs->n; k++) {
        const gr_record *x = gr_group_lead(&gs->g[k]);
        if (x->status != GR_RUN_NO_DATA && strcmp(x->task, r->task) == 0 && strcmp(of(x), of(r)) != 0) return true;
    }
    return false;
}

enum { APART_MOST = 48 }; /* longer words would push a chart's bars off the page: the table has them */

/* The how-manieth it is of the groups that go by the same names. */
static size_t number_of(const gr_groups *gs, size_t g)
{
    const gr_record *r = gr_group_lead(&gs->g[g]);
    size_t n = 1;

    for (size_t k = 0; k < g; k++) {
        const gr_record *x = gr_group_lead(&gs->g[k]);
        n += strcmp(x->task, r->task) == 0 && strcmp(x->model, r->model) == 0 && strcmp(x->data, r->data) == 0;
    }
    return n;
}

/* Behind the task's name: the model where a page has several, the data where other groups of the task have others, and in what the recipe differs from
 * that of groups with the same names. */
static gr_status distinction(char *out, size_t cap, const gr_records *rs, const gr_groups *gs, size_t g, gr_err *err)
{
    const gr_record *r = gr_group_lead(&gs->g[g]);
    gr_buf apart = { 0 }, all = { 0 };
    bool oom;

    if (*r->model && (differs(gs, g, model_of) || models_of(rs) > 1)) gr_buf_addf(&all, " %s", r->model);
    if (*r->data && differs(gs, g, data_of)) gr_buf_addf(&all, " %s", r->data);
    gr_apart(&apart, gs, r, false);
    if (apart.n > APART_MOST) gr_buf_addf(&all, " recipe %zu", number_of(gs, g));
    else if (apart.n) gr_buf_addf(&all, " %s", apart.p);
    (void)snprintf(out, cap, "%s", all.p ? all.p : "");
    oom = apart.oom || all.oom;
    gr_buf_free(&apart);
    gr_buf_free(&all);
    return oom ? gr_fail_nomem(err, "a report") : GR_OK;
}

/* ---- baseline against fine-tuned ---- */

/* Is this a headline metric of the split that scores the run? */
static bool scores(const gr_record *r, const gr_rec_metric *m)
{
    return m->headline && strcmp(m->split, gr_record_scored_split(r)) == 0;
}

/* Can the chart show it? Its axis runs from -1 to 1. */
static bool drawable(double v) { return v >= -1 && v <= 1; }

typedef struct spans { gr_span *row; size_t n, left; } spans; /* left: rows that the chart cannot show */

/* A row for each headline metric of group g. */
static gr_status add_spans(spans *s, gr_arena *a, const gr_records *rs, const gr_groups *gs, size_t g, gr_err *err)
{
    const gr_record *r = gr_group_lead(&gs->g[g]);
    char other[200], label[sizeof other + sizeof r->task + sizeof r->metrics[0].name];

    GR_TRY(distinction(other, sizeof other, rs, gs, g, err));
    for (size_t k = 0; k < r->n_metrics; k++) {
        const gr_rec_metric *m = &r->metrics[k];
        const gr_pooled p = gr_group_metric(&gs->g[g], m->split, m->name);
        if (!scores(r, m) || isnan(p.value)) continue;
        if (!drawable(p.value) || !(isnan(p.baseline) || drawable(p.baseline))) {
            s->left++;
            continue;
        }
        (void)snprintf(label, sizeof label, "%s %s%s", r->task, m->name, other);
        s->row[s->n] = (gr_span){ gr_arena_strndup(a, label, strlen(label)), p.baseline, p.value, p.std };
        if (!s->row[s->n++].label) return gr_fail_nomem(err, "a report");
    }
    return GR_OK;
}

static gr_status overview(gr_buf *out, gr_arena *a, const gr_records *rs, const gr_groups *gs, gr_err *err)
{
    spans s = { NULL, 0, 0 };
    size_t most = 0;

    for (size_t i = 0; i < gs->n; i++) most += gr_group_lead(&gs->g[i])->n_metrics;
    s.row = gr_arena_calloc(a, most + 1, sizeof *s.row);
    if (!s.row) return gr_fail_nomem(err, "a report");
    for (size_t i = 0; i < gs->n; i++) GR_TRY(add_spans(&s, a, rs, gs, i, err));
    gr_chart_spans(out, &(gr_spans){ "Headline metrics", "baseline", "fine-tuned", s.row, s.n });
    if (s.left) gr_buf_addf(out, "<p>Not in the chart: %zu with values outside of -1..1; the table has them.</p>\n", s.left);
    return GR_OK;
}

static gr_status table(gr_buf *out, const char *title, gr_status (*make)(gr_buf *, const gr_records *, gr_table_format, gr_err *),
                       const gr_records *r, gr_err *err)
{
    gr_status s;

    if (title) tagged(out, "<h2>", title, "</h2>\n");
    gr_buf_adds(out, "<div class=\"scroll\">\n");
    s = make(out, r, GR_TABLE_HTML, err);
    gr_buf_adds(out, "</div>\n");
    return s;
}

/* ---- over the epochs ---- */

/* What a chart's line shows of an evaluation. */
typedef double (*reading)(const gr_rec_point *p, const char *name);

static double train_loss(const gr_rec_point *p, const char *name)
{
    (void)name;
    return p->train_loss;
}

static double eval_loss(const gr_rec_point *p, const char *name)
{
    (void)name;
    return p->eval_loss;
}

static double score_of(const gr_rec_point *p, const char *name)
{
    for (int i = 0; i < p->n_metrics; i++)
        if (strcmp(p->metric[i].name, name) == 0) return p->metric[i].value;
    return NAN;
}

/* The value before any step: the baseline of the first split, which the history is of. */
static double at_start(const gr_record *r, const char *metric)
{
    for (size_t i = 0; i < r->n_metrics; i++)
        if (strcmp(r->metrics[i].split, r->metrics[0].split) == 0 && strcmp(r->metrics[i].name, metric) == 0) return r->metrics[i].baseline;
    return NAN;
}

typedef struct chart { gr_arena *a; gr_series *s; size_t n; bool oom; } chart; /* s: room for SCORES_MOST lines a run */

/* The seed, where a line is one of several. */
static const char *run_of(gr_arena *a, const gr_record *r)
{
    char text[32];

    (void)snprintf(text, sizeof text, "seed %llu", (unsigned long long)r->seed);
    return gr_arena_strndup(a, text, strlen(text));
}

static void add_series(chart *c, const gr_group *g, size_t i, const char *name, int color, reading of, const char *metric)
{
    const gr_record *r = g->r[i];
    const size_t n = r->n_history + 1;
    const char *run = NULL;
    double *xy;

    if (!r->n_history) return;
    xy = gr_arena_calloc(c->a, 2 * n, sizeof *xy);
    if (g->n > 1) run = run_of(c->a, r);
    if (!xy || (g->n > 1 && !run)) {
        c->oom = true;
        return;
    }
    xy[n] = metric ? at_start(r, metric) : NAN;
    for (size_t k = 1; k < n; k++) {
        xy[k] = r->history[k - 1].epoch;
        xy[n + k] = of(&r->history[k - 1], metric);
    }
    c->s[c->n++] = (gr_series){ .name = name, .color = color, .x = xy, .y = xy + n, .n = n, .run = run };
}

static gr_status draw(gr_buf *out, chart *c, const char *title, bool from_zero, gr_err *err)
{
    if (c->oom) return gr_fail_nomem(err, "a report");
    gr_chart_lines(out, &(gr_lines){ title, "epoch", c->s, c->n, from_zero });
    c->n = 0;
    return GR_OK;
}

static gr_status charts(gr_buf *out, gr_arena *a, const gr_group *g, gr_err *err)
{
    const gr_record *lead = gr_group_lead(g);
    chart c = { .a = a };
    char title[sizeof lead->metrics[0].split + 24] = "";
    size_t left = 0;
    gr_status s;
    int color = 0;

    c.s = gr_arena_calloc(a, g->n * SCORES_MOST, sizeof *c.s);
    if (!c.s) return gr_fail_nomem(err, "a report");
    gr_buf_adds(out, "<div class=\"charts\">\n");
    for (size_t i = 0; i < g->n; i++) {
        add_series(&c, g, i, "training", 0, train_loss, NULL);
        add_series(&c, g, i, "evaluation", 1, eval_loss, "loss");
    }
    s = draw(out, &c, "Loss", true, err);
    for (size_t k = 0; k < lead->n_metrics; k++) {
        const char *name = lead->metrics[k].name;
        if (!scores(lead, &lead->metrics[k])) continue;
        if (color == SCORES_MOST) left++;
        for (size_t i = 0; color < SCORES_MOST && i < g->n; i++) add_series(&c, g, i, name, color, score_of, name);
        color += color < SCORES_MOST;
    }
    if (color) (void)snprintf(title, sizeof title, "Headline metrics, %s", lead->metrics[0].split); /* whose evaluations the history has */
    if (s == GR_OK) s = draw(out, &c, title, false, err);
    gr_buf_adds(out, "</div>\n");
    if (left && lead->n_history) gr_buf_addf(out, "<p>Not in the chart: %zu more headline metrics.</p>\n", left);
    return s;
}

/* ---- what runs were made of ---- */

static void fact(gr_buf *out, const char *name, const char *value)
{
    if (!*value) return;
    tagged(out, "<dt>", name, "</dt>");
    tagged(out, "<dd>", value, "</dd>\n");
}

/* The options that were not left at the program's defaults, with the place their value comes from. */
static void recipe_fact(gr_buf *out, const gr_record *r)
{
    gr_buf all = { 0 };

    for (const gr_json *v = gr_json_first(r->recipe); v; v = gr_json_next(v)) {
        const char *from = gr_json_str(gr_json_get(v, "from"), "");
        char *value = NULL;
        if (strcmp(from, "default") == 0 || !gr_json_get(v, "value")) continue;
        if (gr_json_print(&value, gr_json_get(v, "value"), false, NULL) != GR_OK) all.oom = true;
        gr_buf_addf(&all, "%s%s %s (%s)", all.n ? ", " : "", gr_json_key(v), value ? value : "", from);
        free(value);
    }
    if (all.n) fact(out, "recipe, beside the defaults", all.p);
    out->oom = out->oom || all.oom;
    gr_buf_free(&all);
}

static double seconds_of(const gr_record *r) { return r->train_seconds; }
static double examples_of(const gr_record *r) { return r->samples_per_second; }
static double tokens_of(const gr_record *r) { return r->tokens_per_second; }
static double memory_of(const gr_record *r) { return r->peak_memory_mb; }

static void number_fact(gr_buf *out, const char *name, const char *unit, double v)
{
    if (isfinite(v)) gr_buf_addf(out, "<dt>%s</dt><dd>%.*f %s</dd>\n", name, v < 100, v, unit);
}

static void facts(gr_buf *out, const gr_group *g)
{
    const gr_record *r = gr_group_lead(g);
    bool same_threads = true, same_cpu = true;
    char text[640];

    gr_buf_adds(out, "<dl>\n");
    (void)snprintf(text, sizeof text, "%s (%s, %lld parameters with the head, weights %.12s)", r->model, r->model_family, (long long)r->model_params, r->model_sha256);
    fact(out, "model", r->model_params > 0 ? text : r->model);
    (void)snprintf(text, sizeof text, "%s, %lld rows to train on, %lld to evaluate", r->data, (long long)r->n_train, (long long)r->n_eval);
    fact(out, "data", r->n_splits > 0 ? text : r->data);
    (void)snprintf(text, sizeof text, "%s, %s", r->device, r->precision);
    if (began(r)) fact(out, "computed", text);
    for (size_t i = 0; i < g->n; i++) same_threads = same_threads && g->r[i]->threads == r->threads;
    (void)snprintf(text, sizeof text, "%d", r->threads);
    if (began(r) && same_threads) fact(out, "threads", text);
    for (size_t i = 0; i < g->n; i++) same_cpu = same_cpu && strcmp(g->r[i]->cpu, r->cpu) == 0;
    if (same_cpu) fact(out, "processor", r->cpu);
    gr_group_seeds(text, sizeof text, g);
    fact(out, g->n == 1 ? "seed" : "seeds", text);
    (void)snprintf(text, sizeof text, "%lld step%s, %.4g epoch%s", (long long)r->steps, r->steps == 1 ? "" : "s", r->epochs, r->epochs == 1 ? "" : "s");
    if (isfinite(r->epochs)) fact(out, "length", text);
    recipe_fact(out, r);
    number_fact(out, "training", "s", gr_group_mean(g, seconds_of));
    number_fact(out, "examples", "a second", gr_group_mean(g, examples_of));
    number_fact(out, "tokens", "a second", gr_group_mean(g, tokens_of));
    number_fact(out, "peak memory", "MB", gr_group_mean(g, memory_of));
    for (size_t i = 0; i < g->n; i++) fact(out, i ? "" : "records", gr_fs_basename(g->r[i]->path));
    gr_buf_adds(out, "</dl>\n");
}

/* ---- values of single entity types: PER.f1 stands in the row PER, column f1 ---- */

enum { ENTITY_COLUMNS = 9 };

typedef struct entity_columns { const char *name[ENTITY_COLUMNS]; size_t n; } entity_columns;

/* The column of a metric's name behind its dot, made where it is new; 0, the types' own, where there is no room. */
static size_t column_of(entity_columns *c, const char *name)
{
    for (size_t i = 1; i < c->n; i++)
        if (strcmp(c->name[i], name) == 0) return i;
    if (c->n == ENTITY_COLUMNS) return 0;
    c->name[c->n] = name;
    return c->n++;
}

/* NULL: not of the split that scores the run, or not of a single type. */
static const char *entity_dot(const gr_record *r, const gr_rec_metric *m)
{
    return strcmp(m->split, gr_record_scored_split(r)) == 0 ? strrchr(m->name, '.') : NULL;
}

static void entity_rows(gr_grid *t, entity_columns *c, const gr_group *g)
{
    const gr_record *r = gr_group_lead(g);
    const char *type = "";
    size_t n_type = 0;

    for (size_t i = 0; i < r->n_metrics; i++) {
        const gr_rec_metric *m = &r->metrics[i];
        const char *dot = entity_dot(r, m);
        const size_t column = dot ? column_of(c, dot + 1) : 0;
        if (!column) continue;
        if ((size_t)(dot - m->name) != n_type || strncmp(type, m->name, n_type) != 0) {
            type = m->name;
            n_type = (size_t)(dot - m->name);
            gr_grid_row(t);
            gr_grid_text(t, 0, "%.*s", (int)n_type, type);
        }
        gr_grid_number(t, column, strcmp(dot + 1, "support") == 0 ? "%.0f" : "%.4f", gr_group_metric(g, m->split, m->name).value);
    }
}

static gr_status entities(gr_buf *out, const gr_group *g, gr_err *err)
{
    const gr_record *r = gr_group_lead(g);
    entity_columns c = { { "type" }, 1 };
    gr_status s;
    gr_grid t;

    for (size_t i = 0; i < r->n_metrics; i++)
        if (entity_dot(r, &r->metrics[i])) (void)column_of(&c, entity_dot(r, &r->metrics[i]) + 1);
    if (c.n == 1) return GR_OK;
    gr_grid_open(&t, c.name, c.n);
    entity_rows(&t, &c, g);
    gr_buf_adds(out, "<div class=\"scroll\">\n");
    s = gr_grid_write(out, &t, GR_TABLE_HTML, err);
    gr_buf_adds(out, "</div>\n");
    gr_grid_close(&t);
    return s;
}

/* ---- the page ---- */

static bool has_warning(const gr_record *r, size_t n, const char *line)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(r->warnings[i], line) == 0) return true;
    return false;
}

/* Was warning k of run i said before, by an earlier run or by this one? */
static bool was_said(const gr_group *g, size_t i, size_t k)
{
    const char *line = g->r[i]->warnings[k];

    for (size_t j = 0; j < i; j++)
        if (has_warning(g->r[j], g->r[j]->n_warnings, line)) return true;
    return has_warning(g->r[i], k, line);
}

/* The warnings of all seeds, each line once. */
static void warnings(gr_buf *out, const gr_group *g)
{
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < g->r[i]->n_warnings; k++)
            if (!was_said(g, i, k)) tagged(out, "<p>warning: ", g->r[i]->warnings[k], "</p>\n");
}

static gr_status section(gr_buf *out, gr_arena *a, const gr_records *rs, const gr_groups *gs, size_t i, gr_err *err)
{
    const gr_group *g = &gs->g[i];
    const gr_record *r = gr_group_lead(g);
    char other[200];

    if (r->status == GR_RUN_NO_DATA) return GR_OK; /* the table says what is missing */
    GR_TRY(distinction(other, sizeof other, rs, gs, i, err));
    tagged(out, "<h2>", r->task, "");
    if (other[0]) tagged(out, "<small>", other, "</small>");
    if (strcmp(r->title, r->task) != 0) tagged(out, " <small>", r->title, "</small>");
    gr_buf_adds(out, "</h2>\n");
    for (size_t k = 0; k < g->n; k++) {
        if (g->r[k]->status == GR_RUN_OK) continue;
        gr_buf_addf(out, "<p class=\"bad\">seed %llu %s: ", (unsigned long long)g->r[k]->seed, gr_run_status_name(g->r[k]->status));
        tagged(out, "", g->r[k]->message, "</p>\n");
    }
    GR_TRY(charts(out, a, g, err));
    GR_TRY(entities(out, g, err));
    GR_TRY(gr_confusion_html(out, g, err));
    facts(out, g);
    warnings(out, g);
    return GR_OK;
}

gr_status gr_html_report(gr_buf *out, const gr_records *r, gr_err *err)
{
    const bool models = models_of(r) > 1;
    bool seeds = false;
    gr_groups gs;
    gr_arena a;
    gr_status s;

    GR_TRY(gr_groups_make(&gs, r, err));
    gr_arena_init(&a, 0);
    for (size_t i = 0; i < gs.n; i++) seeds = seeds || gs.g[i].n > 1;
    page_head(out, r);
    s = overview(out, &a, r, &gs, err);
    if (s == GR_OK) s = table(out, NULL, gr_table_comparison, r, err);
    if (s == GR_OK && models) s = table(out, "Leaderboard", gr_table_leaderboard, r, err);
    for (size_t i = 0; s == GR_OK && i < gs.n; i++) s = section(out, &a, r, &gs, i, err);
    if (s == GR_OK && seeds) s = table(out, "Seeds", gr_table_seeds, r, err);
    gr_buf_adds(out, "</body>\n</html>\n");
    if (s == GR_OK && out->oom) s = gr_fail_nomem(err, "a report");
    gr_arena_free(&a);
    gr_groups_free(&gs);
    return s;
}
