/* apart.c - see apart.h. */
#include "results/apart.h"

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

/* A task's own choice sets no runs of two tasks apart. */
static bool by_task(const gr_record *a, const gr_record *b, const char *option)
{
    const char *own = gr_opt_origin_name(GR_ORIGIN_TASK);

    return strcmp(a->task, b->task) != 0 && (strcmp(gr_json_str(gr_json_get(gr_json_get(a->recipe, option), "from"), ""), own) == 0 ||
                                             strcmp(gr_json_str(gr_json_get(gr_json_get(b->recipe, option), "from"), ""), own) == 0);
}

static const gr_json *value_of(const gr_record *r, const char *option)
{
    return gr_json_get(gr_json_get(r->recipe, option), "value");
}

static bool same_value(const gr_json *a, const gr_json *b)
{
    if (!a || !b) return a == b;
    if (gr_json_is_string(a) && gr_json_is_string(b)) return gr_sv_eq(gr_json_sv(a), gr_json_sv(b));
    if (gr_json_is_number(a) && gr_json_is_number(b)) return gr_json_num(a, 0) == gr_json_num(b, 0);
    if (gr_json_is_bool(a) && gr_json_is_bool(b)) return gr_json_bool(a, false) == gr_json_bool(b, false);
    return gr_json_is_null(a) && gr_json_is_null(b);
}

static bool option_differs(const beside *b, const char *option)
{
    for (size_t i = 0; i < b->gs->n; i++) {
        const gr_record *x = gr_group_lead(&b->gs->g[i]);
        if (alike(b, &b->gs->g[i]) && !by_task(x, b->r, option) && !same_value(value_of(b->r, option), value_of(x, option))) return true;
    }
    return false;
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

/* What nobody chose is not spelt out: rows of a folder with many recipes would name every option. */
static bool by_default(const gr_json *option)
{
    return strcmp(gr_json_str(gr_json_get(option, "from"), ""), gr_opt_origin_name(GR_ORIGIN_DEFAULT)) == 0;
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

void gr_apart(gr_buf *out, const gr_groups *gs, const gr_record *r, bool any_task)
{
    const beside b = { gs, r, any_task };
    const size_t begun = out->n;
    bool plain = false;
#define COMMA (out->n > begun ? ", " : "")

    if (r->status == GR_RUN_NO_DATA) return;
    for (const gr_json *v = gr_json_first(r->recipe); v; v = gr_json_next(v)) {
        if (!gr_json_get(v, "value") || !option_differs(&b, gr_json_key(v))) continue;
        if (by_default(v)) {
            plain = true;
            continue;
        }
        gr_buf_adds(out, COMMA);
        add_option(out, gr_json_key(v), gr_json_get(v, "value"));
    }
    if (text_differs(&b, precision_of)) gr_buf_addf(out, "%s%s", COMMA, r->precision);
    if (text_differs(&b, device_of)) gr_buf_addf(out, "%s%s", COMMA, r->device);
    if (text_differs(&b, weights_of)) gr_buf_addf(out, "%sweights %.8s", COMMA, r->model_sha256);
#undef COMMA
    if (plain && out->n == begun) gr_buf_adds(out, "defaults");
}
