/* group.c - see group.h. */
#include "results/group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/options.h"

/* ---- one record ---- */

void gr_record_recipe_text(gr_buf *out, const gr_record *r, bool per_task)
{
    for (const gr_json *v = gr_json_first(r->recipe); v; v = gr_json_next(v)) {
        char *text = NULL;
        if (!per_task && strcmp(gr_json_str(gr_json_get(v, "from"), ""), gr_opt_origin_name(GR_ORIGIN_TASK)) == 0) continue;
        if (!gr_json_get(v, "value")) continue;
        if (gr_json_print(&text, gr_json_get(v, "value"), false, NULL) != GR_OK) {
            out->oom = true;
            return;
        }
        gr_buf_addf(out, "%s=%s\n", gr_json_key(v), text);
        free(text);
    }
}

int64_t gr_record_rows(const gr_record *r, const char *split)
{
    const double cut = gr_json_num(gr_json_get(gr_json_get(r->recipe, "max-eval-samples"), "value"), 0);

    if (r->n_metrics && strcmp(r->metrics[0].split, split) == 0 && r->n_eval > 0) return r->n_eval;
    for (int i = r->n_splits - 1; i >= 0; i--)
        if (strcmp(r->splits[i].name, split) == 0)
            return cut > 0 && cut < (double)r->splits[i].examples ? (int64_t)cut : r->splits[i].examples;
    return -1;
}

const char *gr_record_scored_split(const gr_record *r)
{
    for (size_t i = 0; i < r->n_metrics; i++)
        if (strcmp(r->metrics[i].split, gr_record_main_split(r)) == 0) return r->metrics[i].split;
    return r->n_metrics ? r->metrics[0].split : "";
}

double gr_record_value(const gr_record *r)
{
    const char *split = gr_record_scored_split(r);
    double sum = 0;
    int n = 0;

    for (size_t i = 0; i < r->n_metrics; i++) {
        if (!r->metrics[i].headline || strcmp(r->metrics[i].split, split) != 0) continue;
        sum += r->metrics[i].value;
        n++;
    }
    return n ? sum / n : NAN;
}

/* ---- groups ---- */

static bool same_labels(const gr_record *a, const gr_record *b)
{
    if (strcmp(a->head, b->head) != 0 || a->n_labels != b->n_labels) return false;
    for (size_t i = 0; i < a->n_labels; i++)
        if (strcmp(a->labels[i], b->labels[i]) != 0) return false;
    return true;
}

/* Is record b, of that recipe, one of the group? */
static bool together(const gr_group *g, const gr_record *b, gr_sv recipe)
{
    const gr_record *a = g->r[0];

    if (strcmp(a->task, b->task) != 0 || strcmp(a->data, b->data) != 0) return false;
    if (a->status == GR_RUN_NO_DATA || b->status == GR_RUN_NO_DATA) return a->status == b->status;
    return strcmp(a->model, b->model) == 0 && strcmp(a->model_sha256, b->model_sha256) == 0 && strcmp(a->device, b->device) == 0 &&
           strcmp(a->precision, b->precision) == 0 && same_labels(a, b) && gr_sv_eq(gr_buf_sv(&g->recipe), recipe);
}

static gr_status add(gr_group *g, const gr_record *r, gr_err *err)
{
    const gr_record **grown;

    for (size_t i = 0; i < g->n; i++)
        if (r->key[0] && strcmp(g->r[i]->key, r->key) == 0) {
            g->r[i] = r; /* run again: the later one counts */
            return GR_OK;
        }
    grown = realloc(g->r, (g->n + 1) * sizeof *grown);
    if (!grown) return gr_fail_nomem(err, "a table");
    g->r = grown;
    g->r[g->n++] = r;
    return GR_OK;
}

static gr_group *add_group(gr_groups *gs, gr_buf *recipe)
{
    gr_group *grown = recipe->oom ? NULL : realloc(gs->g, (gs->n + 1) * sizeof *grown);

    if (!grown) return NULL;
    gs->g = grown;
    memset(&gs->g[gs->n], 0, sizeof *gs->g);
    gs->g[gs->n].recipe = *recipe;
    memset(recipe, 0, sizeof *recipe);
    return &gs->g[gs->n++];
}

/* NULL: no memory. */
static gr_group *group_of(gr_groups *gs, const gr_record *r, gr_err *err)
{
    gr_group *g = NULL;
    gr_buf recipe = { 0 };

    gr_record_recipe_text(&recipe, r, true);
    for (size_t i = 0; i < gs->n && !recipe.oom && !g; i++)
        if (gs->g[i].n && together(&gs->g[i], r, gr_buf_sv(&recipe))) g = &gs->g[i];
    if (!g) g = add_group(gs, &recipe);
    if (!g) (void)gr_fail_nomem(err, "a table");
    gr_buf_free(&recipe);
    return g;
}

gr_status gr_groups_make(gr_groups *out, const gr_records *r, gr_err *err)
{
    gr_status s = GR_OK;

    out->g = NULL;
    out->n = 0;
    for (size_t i = 0; s == GR_OK && i < r->n; i++) {
        gr_group *g = group_of(out, &r->r[i], err);
        s = g ? add(g, &r->r[i], err) : GR_E_NOMEM;
    }
    for (size_t i = 0; i < out->n; i++) {
        gr_group *g = &out->g[i];
        for (size_t k = 0; k < g->n; k++) {
            g->n_ok += g->r[k]->status == GR_RUN_OK;
            g->n_collapsed += g->r[k]->status == GR_RUN_COLLAPSED;
            g->n_failed += g->r[k]->status == GR_RUN_FAILED || g->r[k]->status == GR_RUN_INTERRUPTED;
        }
    }
    if (s != GR_OK) gr_groups_free(out);
    return s;
}

void gr_groups_free(gr_groups *g)
{
    for (size_t i = 0; i < g->n; i++) {
        free(g->g[i].r);
        gr_buf_free(&g->g[i].recipe);
    }
    free(g->g);
    g->g = NULL;
    g->n = 0;
}

static const gr_rec_metric *metric_of(const gr_record *r, const char *split, const char *name)
{
    for (size_t i = 0; i < r->n_metrics; i++)
        if (strcmp(r->metrics[i].split, split) == 0 && strcmp(r->metrics[i].name, name) == 0) return &r->metrics[i];
    return NULL;
}

gr_pooled gr_group_metric(const gr_group *g, const char *split, const char *name)
{
    const gr_run_status wanted = g->n_ok ? GR_RUN_OK : GR_RUN_COLLAPSED;
    gr_pooled p = { 0, 0, 0, 0 };
    double square = 0;
    size_t n_base = 0;

    for (size_t i = 0; i < g->n; i++) {
        const gr_rec_metric *m = g->r[i]->status == wanted ? metric_of(g->r[i], split, name) : NULL;
        if (m && !isnan(m->baseline)) {
            p.baseline += m->baseline;
            n_base++;
        }
        if (m && !isnan(m->value)) {
            p.value += m->value;
            p.n++;
        }
    }
    p.baseline = n_base ? p.baseline / (double)n_base : NAN;
    p.value = p.n ? p.value / (double)p.n : NAN;
    for (size_t i = 0; i < g->n; i++) {
        const gr_rec_metric *m = g->r[i]->status == wanted ? metric_of(g->r[i], split, name) : NULL;
        if (m && !isnan(m->value)) square += (m->value - p.value) * (m->value - p.value);
    }
    p.std = p.n > 1 ? sqrt(square / (double)(p.n - 1)) : NAN;
    return p;
}

void gr_group_status(char *out, size_t cap, const gr_group *g)
{
    const size_t bad = g->n_failed + g->n_collapsed;

    if (!bad || bad == g->n) (void)snprintf(out, cap, "%s", g->n_failed && g->n_collapsed ? "failed" : gr_run_status_name(g->r[0]->status));
    else if (g->n_failed) (void)snprintf(out, cap, "%zu of %zu failed", bad, g->n);
    else (void)snprintf(out, cap, "%zu of %zu collapsed", bad, g->n);
}

const gr_record *gr_group_lead(const gr_group *g)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->r[i]->status == GR_RUN_OK) return g->r[i];
    return g->r[0];
}

void gr_group_seeds(char *out, size_t cap, const gr_group *g)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < g->n && at + 24 < cap; i++) {
        if (g->r[i]->status == GR_RUN_NO_DATA) continue;
        at += (size_t)snprintf(out + at, cap - at, "%s%llu", at ? " " : "", (unsigned long long)g->r[i]->seed);
    }
}

double gr_group_mean(const gr_group *g, double (*field)(const gr_record *))
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < g->n; i++) {
        const double v = field(g->r[i]);
        if (isnan(v) || g->r[i]->status == GR_RUN_FAILED || g->r[i]->status == GR_RUN_NO_DATA) continue;
        sum += v;
        n++;
    }
    return n ? sum / (double)n : NAN;
}
