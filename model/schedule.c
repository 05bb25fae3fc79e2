/* schedule.c - learning-rate factors; see schedule.h. The formulas are those of transformers/optimization.py. */
#include "model/schedule.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

static const double PI = 3.14159265358979323846, LR_END = 1e-7; /* the library's end of a polynomial */

static const struct {
    const char      *name;
    gr_schedule_kind kind;
} kinds[] = {
    { "linear", GR_SCHED_LINEAR },
    { "cosine", GR_SCHED_COSINE },
    { "cosine_with_restarts", GR_SCHED_COSINE_RESTARTS },
    { "polynomial", GR_SCHED_POLYNOMIAL },
    { "constant", GR_SCHED_CONSTANT },
    { "constant_with_warmup", GR_SCHED_CONSTANT_WARMUP },
    { "inverse_sqrt", GR_SCHED_INVERSE_SQRT },
};

gr_status gr_schedule_init(gr_schedule *out, const char *name, int64_t warmup, int64_t total, double base_lr, gr_err *err)
{
    memset(out, 0, sizeof *out);
    if (warmup < 0 || total < 0) return gr_fail(err, GR_E_ARG, "a schedule of %lld steps with %lld warm-up steps", (long long)total, (long long)warmup);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) != 0) continue;
        if (kinds[i].kind == GR_SCHED_POLYNOMIAL && !(base_lr > LR_END)) /* refused there too */
            return gr_fail(err, GR_E_ARG, "a polynomial schedule ends at %g and cannot begin at %g", LR_END, base_lr);
        *out = (gr_schedule){ .kind = kinds[i].kind, .warmup = warmup, .total = total, .base_lr = base_lr,
                              .num_cycles = kinds[i].kind == GR_SCHED_COSINE ? 0.5 : 1.0, .power = 1.0, .lr_end = LR_END };
        return GR_OK;
    }
    return gr_fail(err, GR_E_ARG, "no schedule '%s'; known: linear, cosine, cosine_with_restarts, polynomial, constant, "
                   "constant_with_warmup, inverse_sqrt", name);
}

/* ---- keyword arguments ---- */

static const struct {
    const char *name;
    unsigned    kinds; /* bits of gr_schedule_kind */
    double      least;
    bool        whole;
} keywords[] = {
    { "num_cycles", 1u << GR_SCHED_COSINE, 0.0, false },
    { "num_cycles", 1u << GR_SCHED_COSINE_RESTARTS, 1.0, true },
    { "power", 1u << GR_SCHED_POLYNOMIAL, 0.0, false },
    { "lr_end", 1u << GR_SCHED_POLYNOMIAL, 0.0, false },
    { "timescale", 1u << GR_SCHED_INVERSE_SQRT, 1.0, true },
};

static void take(gr_schedule *s, const char *name, double x)
{
    if (strcmp(name, "num_cycles") == 0) s->num_cycles = x;
    else if (strcmp(name, "power") == 0) s->power = x;
    else if (strcmp(name, "lr_end") == 0) s->lr_end = x;
    else s->timescale = (int64_t)x;
}

static gr_status set_one(gr_schedule *s, const gr_json *v, gr_err *err)
{
    const char *key = gr_json_key(v);

    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        const double x = gr_json_num(v, NAN);

        if (strcmp(keywords[i].name, key) != 0 || !(keywords[i].kinds & 1u << s->kind)) continue;
        if (!(x >= keywords[i].least && x <= 1e9) || (keywords[i].whole && x != floor(x)))
            return gr_fail(err, GR_E_ARG, "'%s' is not a%s number from %g to 1e9", key, keywords[i].whole ? " whole" : "", keywords[i].least);
        take(s, key, x);
        return GR_OK;
    }
    return gr_fail(err, GR_E_ARG, "'%s' is no argument of this schedule (cosine, cosine_with_restarts: num_cycles; polynomial: power, lr_end; inverse_sqrt: timescale)", key);
}

gr_status gr_schedule_set(gr_schedule *s, const char *json, gr_err *err)
{
    gr_json *doc = NULL;
    gr_status st = gr_json_parse(&doc, json, strlen(json), err);

    if (st != GR_OK || !gr_json_is_object(doc)) st = gr_fail(err, GR_E_ARG, "'%.100s' is no JSON object such as {\"num_cycles\": 2}", json);
    for (const gr_json *v = gr_json_first(doc); v && st == GR_OK; v = gr_json_next(v)) st = set_one(s, v, err);
    if (st == GR_OK && s->kind == GR_SCHED_POLYNOMIAL && !(s->base_lr > s->lr_end))
        st = gr_fail(err, GR_E_ARG, "a polynomial schedule ends at %g and cannot begin at %g", s->lr_end, s->base_lr);
    gr_json_free(doc);
    return st;
}

/* ---- factors ---- */

/* Share of the decay that lies behind step (>= warmup); above 1 past the end. */
static double progress(const gr_schedule *s, int64_t step)
{
    const int64_t decay = s->total - s->warmup;
    return (double)(step - s->warmup) / (double)(decay > 1 ? decay : 1);
}

static double linear(const gr_schedule *s, int64_t step)
{
    const double x = 1.0 - progress(s, step);

    if (step >= s->total) return 0.0;
    return x > 0.0 ? x : 0.0;
}

static double cosine(const gr_schedule *s, int64_t step)
{
    const double x = 0.5 * (1.0 + cos(PI * s->num_cycles * 2.0 * progress(s, step)));
    return x > 0.0 ? x : 0.0;
}

static double restarts(const gr_schedule *s, int64_t step)
{
    const double p = progress(s, step);
    double x;

    if (p >= 1.0) return 0.0;
    x = 0.5 * (1.0 + cos(PI * fmod(s->num_cycles * p, 1.0)));
    return x > 0.0 ? x : 0.0;
}

/* The last step of a schedule that is all warm-up (warmup = total) is 0/0 in the library; here the decay is over: lr_end. */
static double polynomial(const gr_schedule *s, int64_t step)
{
    const double end = s->lr_end / s->base_lr;

    if (step > s->total || s->total <= s->warmup) return end;
    return ((s->base_lr - s->lr_end) * pow(1.0 - progress(s, step), s->power) + s->lr_end) / s->base_lr;
}

static double inverse_sqrt(const gr_schedule *s, int64_t step)
{
    const int64_t steps = s->warmup > 0 ? s->warmup : 10000; /* the default of optimization.py, get_inverse_sqrt_schedule */
    const double  scale = (double)(s->timescale > 0 ? s->timescale : steps);

    return 1.0 / sqrt(((double)(step - s->warmup) + scale) / scale);
}

static double factor(const gr_schedule *s, int64_t step)
{
    if (s->kind == GR_SCHED_CONSTANT) return 1.0;
    if (step < s->warmup) return (double)step / (double)s->warmup;
    switch (s->kind) {
    case GR_SCHED_LINEAR: return linear(s, step);
    case GR_SCHED_COSINE: return cosine(s, step);
    case GR_SCHED_COSINE_RESTARTS: return restarts(s, step);
    case GR_SCHED_POLYNOMIAL: return polynomial(s, step);
    case GR_SCHED_INVERSE_SQRT: return inverse_sqrt(s, step);
    case GR_SCHED_CONSTANT:
    case GR_SCHED_CONSTANT_WARMUP: break;
    }
    return 1.0;
}

double gr_schedule_lr(const gr_schedule *s, int64_t step)
{
    return s->base_lr * factor(s, step);
}
