/* apart.c - see apart.h. */
#include "results/apart.h"

#include <stdlib.h>
#include <string.h>

#include "base/options.h"

/* Whom a record is set against. */
typedef struct beside {
    const gr_groups *gs;
    const gr_record *r;
    bool             any_task;
} beside;

/* Would the group's row look like the record's? */
static bool alike(const beside *b, const gr_group *g)
{
    const gr_record *x = gr_group_lead(g), *r = b->r;

    return x->status != GR_RUN_NO_DATA && (b->any_task || strcmp(x->task, r->task) == 0) && strcmp(x->model, r->model) == 0 && strcmp(x->data, r->data) == 0;
}

static bool has_origin(const gr_json *option, gr_opt_origin origin)
{
    return strcmp(gr_json_str(gr_json_get(option, "from"), ""), gr_opt_origin_name(origin)) == 0;
}

static bool same_value(const gr_json *a, const gr_json *b)
{
    if (!a || !b) return a == b;
    if (gr_json_is_string(a) && gr_json_is_string(b)) return gr_sv_eq(gr_json_sv(a), gr_json_sv(b));
    if (gr_json_is_number(a) && gr_json_is_number(b)) return gr_json_num(a, 0) == gr_json_num(b, 0);
    if (gr_json_is_bool(a) && gr_json_is_bool(b)) return gr_json_bool(a, false) == gr_json_bool(b, false);
    return gr_json_is_null(a) && gr_json_is_null(b);
}

/* Mark the options of b's record that x has otherwise, by their places. A task's own choice sets no runs of two tasks apart. */
static void mark(bool *differs, const beside *b, const gr_record *x)
{
    const bool other_task = strcmp(x->task, b->r->task) != 0;
    const gr_json *next = gr_json_first(x->recipe); /* options mostly stand in one order: the one that is wanted next */
    size_t i = 0;

    for (const gr_json *v = gr_json_first(b->r->recipe); v; v = gr_json_next(v), i++) {
        const gr_json *w = next && strcmp(gr_json_key(next), gr_json_key(v)) == 0 ? next : gr_json_get(x->recipe, gr_json_key(v));
        if (w) next = gr_json_next(w);
        if (differs[i] || (other_task && (has_origin(v, GR_ORIGIN_TASK) || has_origin(w, GR_ORIGIN_TASK)))) continue;
        differs[i] = !same_value(gr_json_get(v, "value"), gr_json_get(w, "value"));
    }
}

typedef const char *(*text_of)(const gr_record *r);

static const char *precision_of(const gr_record *r) { return r->precision; }
static const char *device_of(const gr_record *r) { return r->device; }
static const char *weights_of(const gr_record *r) { return r->model_sha256; }

static bool text_differs(const beside *b, text_of of)
{
    for (size_t i = 0; i < b->gs->n; i++) {
        const gr_record *x = gr_group_lead(&b->gs->g[i]);
        if (alike(b, &b->gs->g[i]) && *of(x) && strcmp(of(x), of(b->r)) != 0) return *of(b->r) != '\0';
    }
    return false;
}

/* The options' own words for "not given" (null, -1, and 0 rows for all of them) would read as values. */
static void add_option(gr_buf *out, const char *option, const gr_json *v)
{
    const bool rows = strstr(option, "sample") != NULL && gr_json_num(v, 1) == 0;

    if (gr_json_is_bool(v)) gr_buf_addf(out, "%s%s", gr_json_bool(v, false) ? "" : "no ", option);
    else if (rows) gr_buf_addf(out, "%s all", option);
    else if (gr_json_is_null(v) || gr_json_num(v, 0) < 0) gr_buf_addf(out, "%s default", option);
    else {
        gr_buf_addf(out, "%s ", option);
        if (gr_json_is_number(v)) gr_json_number(out, gr_json_num(v, 0));
        else gr_buf_add(out, gr_json_sv(v).p, gr_json_sv(v).n);
    }
}

#define COMMA(b, begun) ((b)->n > (begun) ? ", " : "")

/* What nobody chose is not spelt out: rows of a folder with many recipes would name every option. True when there was such an option. */
static bool add_options(gr_buf *out, const beside *b, const bool *differs)
{
    const size_t begun = out->n;
    bool plain = false;
    size_t i = 0;

    for (const gr_json *v = gr_json_first(b->r->recipe); v; v = gr_json_next(v), i++) {
        if (!differs[i] || !gr_json_get(v, "value")) continue;
        if (has_origin(v, GR_ORIGIN_DEFAULT)) {
            plain = true;
            continue;
        }
        gr_buf_adds(out, COMMA(out, begun));
        add_option(out, gr_json_key(v), gr_json_get(v, "value"));
    }
    return plain;
}

void gr_apart(gr_buf *out, const gr_groups *gs, const gr_record *r, bool any_task)
{
    const beside b = { gs, r, any_task };
    const size_t begun = out->n;
    bool *differs, plain;

    if (r->status == GR_RUN_NO_DATA) return;
    differs = calloc(gr_json_len(r->recipe) + 1, sizeof *differs);
    if (!differs) {
        out->oom = true;
        return;
    }
    for (size_t i = 0; i < gs->n; i++)
        if (alike(&b, &gs->g[i])) mark(differs, &b, gr_group_lead(&gs->g[i]));
    plain = add_options(out, &b, differs);
    free(differs);
    if (text_differs(&b, precision_of)) gr_buf_addf(out, "%s%s", COMMA(out, begun), r->precision);
    if (text_differs(&b, device_of)) gr_buf_addf(out, "%s%s", COMMA(out, begun), r->device);
    if (text_differs(&b, weights_of)) gr_buf_addf(out, "%sweights %.8s", COMMA(out, begun), r->model_sha256);
    if (plain && out->n == begun) gr_buf_adds(out, "defaults");
}
