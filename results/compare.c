/* compare.c - verdicts. See compare.h; docs/regression-tracking.md tells the rule to people.
 *
 * Per task and headline metric, over the seeds that both suites have: delta = mean(new) - mean(base), turned so that more is
 * better. McNemar's exact test on the pooled discordant examples where the metric is accuracy, a paired bootstrap over
 * examples (the same draw for both sides and all seeds) otherwise; the 95 % interval is the bootstrap's in both cases.
 *   regressed  delta < -tolerance and p < 0.05        improved  delta > tolerance and p < 0.05
 *   undecided  delta < -tolerance and p >= 0.05 (or no test is possible), or the sides have other examples          same  otherwise
 * Without a baseline file the tolerance is DEFAULT_TOLERANCE. */
#include "results/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/rng.h"
#include "metrics/stats.h"
#include "results/compare_join.h"
#include "results/grid.h"

enum { DRAWS = 10000, MAX_JOINED = 64 };
static const double DEFAULT_TOLERANCE = 0.005, LEVEL = 0.05;

const char *gr_verdict_name(gr_verdict v)
{
    static const char *const names[] = { "same", "improved", "regressed", "undecided", "missing" };
    return names[v];
}

void gr_comparisons_free(gr_comparisons *c)
{
    free(c->c);
    c->c = NULL;
    c->n = 0;
}

static gr_comparison *append(gr_comparisons *list, const gr_record *r, const gr_rec_metric *m)
{
    gr_comparison *grown = realloc(list->c, (list->n + 1) * sizeof *grown);

    if (!grown) return NULL;
    list->c = grown;
    grown = &list->c[list->n++];
    memset(grown, 0, sizeof *grown);
    grown->base = grown->value = grown->delta = grown->p = grown->lo = grown->hi = NAN;
    (void)snprintf(grown->task, sizeof grown->task, "%s", r->task);
    (void)snprintf(grown->metric, sizeof grown->metric, "%s", m->name);
    (void)snprintf(grown->split, sizeof grown->split, "%s", m->split);
    gr_record_row_name(grown->name, sizeof grown->name, r, m->split);
    (void)snprintf(grown->test, sizeof grown->test, "values only");
    return grown;
}

/* ---- the tolerance that a person wrote down ---- */

/* A tolerance that is not one would be the default, or turn the gate round. */
static gr_status check_baseline(const gr_json *baseline, const char *path, gr_err *err)
{
    const gr_json *const list = gr_json_get(baseline, "entries");
    size_t n = 0;

    if (!list || !gr_json_is_array(list)) return gr_fail(err, GR_E_FORMAT, "%s: 'entries' is missing or not a list", path);
    for (const gr_json *e = gr_json_first(list); e; e = gr_json_next(e), n++) {
        const gr_json *const t = gr_json_get(e, "tolerance");
        if (!t || !gr_json_is_number(t) || !(gr_json_num(t, -1) >= 0))
            return gr_fail(err, GR_E_FORMAT, "%s: entry %zu (%.60s %.60s): 'tolerance' is not a number from 0 up", path, n + 1,
                           gr_json_str(gr_json_get(e, "task"), "?"), gr_json_str(gr_json_get(e, "metric"), "?"));
    }
    return GR_OK;
}

static gr_status read_baseline(gr_json **out, const char *base, gr_err *err)
{
    char path[GR_PATH_MAX];

    *out = NULL;
    if (!gr_fs_is_dir(base) || !gr_fs_join(path, sizeof path, base, "baseline.json") || !gr_fs_is_file(path)) return GR_OK;
    GR_TRY(gr_json_read(out, path, 16 << 20, err));
    return check_baseline(*out, path, err);
}

static bool is_entry_of(const gr_json *e, const gr_comparison *c)
{
    return strcmp(gr_json_str(gr_json_get(e, "task"), ""), c->task) == 0 && strcmp(gr_json_str(gr_json_get(e, "metric"), ""), c->metric) == 0 &&
           strcmp(gr_json_str(gr_json_get(e, "split"), c->split), c->split) == 0;
}

/* A name with a slip of the pen: its tolerance would be the default without a word. */
static void warn_of_unused(const gr_json *baseline, const gr_comparisons *c, const char *base)
{
    for (const gr_json *e = gr_json_first(gr_json_get(baseline, "entries")); e; e = gr_json_next(e)) {
        bool used = false;
        for (size_t i = 0; i < c->n && !used; i++) used = is_entry_of(e, &c->c[i]);
        if (!used) gr_warn("%s/baseline.json: the tolerance of %.60s %.60s is of no use: no run there has this headline metric", base,
                           gr_json_str(gr_json_get(e, "task"), "?"), gr_json_str(gr_json_get(e, "metric"), "?"));
    }
}

static void tolerance(gr_comparison *c, const gr_json *baseline)
{
    c->tolerance = DEFAULT_TOLERANCE;
    (void)snprintf(c->why, sizeof c->why, "no baseline file: the default");
    for (const gr_json *e = gr_json_first(gr_json_get(baseline, "entries")); e; e = gr_json_next(e)) {
        if (!is_entry_of(e, c)) continue;
        c->tolerance = gr_json_num(gr_json_get(e, "tolerance"), DEFAULT_TOLERANCE);
        (void)snprintf(c->why, sizeof c->why, "%.190s", gr_json_str(gr_json_get(e, "why"), ""));
    }
}

/* ---- statistics ---- */

typedef struct paired {
    gr_joined   j[MAX_JOINED]; /* one a seed, of the same examples */
    int         n;
    const char *metric;
    double      sign;
    bool       *oom;           /* set when a draw ran out of memory */
} paired;

static double difference(const void *user, const size_t *idx, size_t n)
{
    const paired *p = user;
    double sum = 0;

    for (int i = 0; i < p->n; i++)
        sum += gr_joined_metric(&p->j[i], p->metric, 1, idx, n, p->oom) - gr_joined_metric(&p->j[i], p->metric, 0, idx, n, p->oom);
    return p->sign * sum / p->n;
}

static gr_status mcnemar(double *out, const paired *p, gr_err *err)
{
    uint64_t b = 0, c = 0;
    gr_mcnemar_result m;

    for (int i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->j[i].n; k++) {
            const bool base = p->j[i].base_class[k] == p->j[i].ref[k], next = p->j[i].new_class[k] == p->j[i].ref[k];
            b += base && !next;
            c += next && !base;
        }
    GR_TRY(gr_mcnemar(&m, b, c, err));
    *out = m.exact_p;
    return GR_OK;
}

static gr_status test(gr_comparison *c, const paired *p, gr_err *err)
{
    gr_bootstrap_result b;
    gr_rng rng;

    gr_rng_init(&rng, 42, GR_RNG_BOOTSTRAP, gr_rng_hash(c->task));
    GR_TRY(gr_bootstrap(&b, difference, p, p->j[0].n, DRAWS, 0.95, &rng, err));
    if (*p->oom) return gr_fail_nomem(err, "a comparison");
    if (isnan(b.value)) return GR_OK; /* a metric that examples do not give */
    c->lo = b.range.low;
    c->hi = b.range.high;
    c->p = b.p;
    (void)snprintf(c->test, sizeof c->test, "bootstrap");
    if (strcmp(c->metric, "accuracy") != 0 || !p->j[0].ref) return GR_OK;
    (void)snprintf(c->test, sizeof c->test, "mcnemar");
    return mcnemar(&c->p, p, err);
}

/* ---- one task and metric ---- */

static const gr_record *partner(const gr_records *rs, const gr_record *r)
{
    const gr_record *found = NULL;

    for (size_t i = 0; i < rs->n; i++)
        if (strcmp(rs->r[i].task, r->task) == 0 && rs->r[i].seed == r->seed && rs->r[i].status != GR_RUN_NO_DATA) found = &rs->r[i];
    return found;
}

/* Is there a later ok run of the same task and seed? The last one counts. */
static bool again_later(const gr_records *rs, size_t i)
{
    for (size_t k = i + 1; k < rs->n; k++)
        if (strcmp(rs->r[k].task, rs->r[i].task) == 0 && rs->r[k].seed == rs->r[i].seed && rs->r[k].status == GR_RUN_OK) return true;
    return false;
}

static const gr_rec_metric *metric_of(const gr_record *r, const gr_rec_metric *like)
{
    for (size_t i = 0; i < r->n_metrics; i++)
        if (strcmp(r->metrics[i].split, like->split) == 0 && strcmp(r->metrics[i].name, like->name) == 0) return &r->metrics[i];
    return NULL;
}

static void decide(gr_comparison *c)
{
    if (c->verdict != GR_VERDICT_SAME) return; /* found while the seeds were gathered */
    if (isnan(c->delta)) c->verdict = GR_VERDICT_UNDECIDED;
    else if (c->delta < -c->tolerance) c->verdict = c->p < LEVEL ? GR_VERDICT_REGRESSED : GR_VERDICT_UNDECIDED;
    else if (c->delta > c->tolerance && c->p < LEVEL) c->verdict = GR_VERDICT_IMPROVED;
    else c->verdict = GR_VERDICT_SAME;
}

/* Why there is nothing in the partner (NULL: none) to set beside a seed of base. A seed or a split that was not run is missing, a run
 * that failed or collapsed a regression. */
static gr_verdict without(char note[200], const gr_comparison *c, uint64_t seed, const gr_record *x, const gr_rec_metric *mx)
{
    const unsigned long long k = (unsigned long long)seed;

    if (!x) (void)snprintf(note, 200, "seed %llu was not run", k);
    else if (x->status == GR_RUN_OK && !mx) (void)snprintf(note, 200, "seed %llu: split %s was not evaluated", k, c->split);
    else if (x->status == GR_RUN_OK) (void)snprintf(note, 200, "seed %llu: %s is not a number", k, c->metric);
    else (void)snprintf(note, 200, "seed %llu %s: %.120s", k, gr_run_status_name(x->status), x->message);
    return !x || (x->status == GR_RUN_OK && !mx) ? GR_VERDICT_MISSING : GR_VERDICT_REGRESSED;
}

static const char *digest_of(const gr_record *r, const char *split)
{
    for (int i = 0; i < r->n_splits; i++)
        if (strcmp(r->splits[i].name, split) == 0) return r->splits[i].sha256;
    return "";
}

/* Join a seed of both sides. Values of other rows say nothing about each other, however near they are: such a seed leaves the verdict undecided.
 * Rows whose file is not there are judged by the values alone. GR_E_NOMEM. */
static gr_status join_seed(gr_comparison *c, paired *p, const gr_record *base, const gr_record *next, gr_err *err)
{
    const char *const x = digest_of(base, c->split), *const y = digest_of(next, c->split);
    gr_err why = GR_ERR_INIT;
    gr_status s;

    if (x[0] && y[0] && strcmp(x, y) != 0) s = gr_fail(&why, GR_E_FORMAT, "seed %llu: split %s has other rows than in BASE", (unsigned long long)base->seed, c->split);
    else s = gr_join(&p->j[p->n], base, next, c->split, &why);
    if (s == GR_E_NOMEM) return gr_fail(err, s, "%s", why.msg);
    if (s == GR_OK && p->n && p->j[p->n].n != p->j[0].n) gr_joined_free(&p->j[p->n]);
    else if (s == GR_OK) p->n++;
    else (void)snprintf(c->note, sizeof c->note, "%.190s", why.msg);
    if (s == GR_E_FORMAT && c->verdict == GR_VERDICT_SAME) c->verdict = GR_VERDICT_UNDECIDED;
    return GR_OK;
}

/* Gathers the seeds of base's task. */
static gr_status gather(gr_comparison *c, paired *p, const gr_records *base, const gr_records *next, const gr_rec_metric *like, gr_err *err)
{
    double sum_base = 0, sum_next = 0;

    for (size_t i = 0; i < base->n && p->n < MAX_JOINED; i++) {
        const gr_record *b = &base->r[i], *x;
        const gr_rec_metric *mb, *mx;
        if (strcmp(b->task, c->task) != 0 || b->status != GR_RUN_OK || again_later(base, i)) continue;
        x = partner(next, b);
        mb = metric_of(b, like);
        mx = x ? metric_of(x, like) : NULL;
        if (!x || x->status != GR_RUN_OK || !mx || isnan(mx->value)) {
            c->verdict = without(c->note, c, b->seed, x, mx);
            continue;
        }
        sum_base += mb ? mb->value : NAN;
        sum_next += mx->value;
        c->n_seeds++;
        GR_TRY(join_seed(c, p, b, x, err));
    }
    if (!c->n_seeds) return GR_OK;
    c->base = sum_base / c->n_seeds;
    c->value = sum_next / c->n_seeds;
    c->delta = p->sign * (c->value - c->base);
    return GR_OK;
}

static gr_status compare_metric(gr_comparisons *out, const gr_record *lead, const gr_rec_metric *m, const gr_records *base,
                                const gr_records *next, const gr_json *baseline, gr_err *err)
{
    paired *p = calloc(1, sizeof *p);
    gr_comparison *c = p ? append(out, lead, m) : NULL;
    bool oom = false;
    gr_status s;

    if (!c) {
        free(p);
        return gr_fail_nomem(err, "a comparison");
    }
    p->metric = m->name;
    p->oom = &oom;
    p->sign = m->higher_is_better ? 1 : -1;
    tolerance(c, baseline);
    s = gather(c, p, base, next, m, err);
    if (s == GR_OK && p->n && p->n == c->n_seeds && p->j[0].n) s = test(c, p, err);
    if (s == GR_OK) decide(c);
    for (int i = 0; i < p->n; i++) gr_joined_free(&p->j[i]);
    free(p);
    return s;
}

static bool seen_before(const gr_records *rs, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(rs->r[k].task, rs->r[i].task) == 0 && rs->r[k].status == GR_RUN_OK) return true;
    return false;
}

/* A folder of several models or recipes: which of their runs was compared would not be seen. */
static void warn_of_rivals(const gr_records *rs, const char *path)
{
    for (size_t i = 0; i < rs->n; i++) {
        const gr_record *r = &rs->r[i];
        size_t others = 0;
        bool later = false;
        for (size_t k = 0; k < rs->n; k++) {
            const gr_record *x = &rs->r[k];
            if (k == i || x->status != GR_RUN_OK || strcmp(x->task, r->task) != 0 || x->seed != r->seed) continue;
            others += strcmp(x->key, r->key) != 0;
            later = later || k > i;
        }
        if (r->status == GR_RUN_OK && others && !later)
            gr_warn("%s: %zu runs of %s seed %llu are there: the last one counts, %s", path, others + 1, r->task, (unsigned long long)r->seed, gr_fs_basename(r->path));
    }
}

gr_status gr_compare(gr_comparisons *out, const char *base, const char *next, gr_err *err)
{
    gr_records b = { 0 }, n = { 0 };
    gr_json *baseline = NULL;
    gr_status s;

    out->c = NULL;
    out->n = 0;
    s = gr_store_load(&b, base, err);
    if (s == GR_OK) s = gr_store_load(&n, next, err);
    if (s == GR_OK) s = read_baseline(&baseline, base, err);
    if (s == GR_OK) warn_of_rivals(&b, base);
    if (s == GR_OK && strcmp(base, next) != 0) warn_of_rivals(&n, next);
    for (size_t i = 0; s == GR_OK && i < b.n; i++) {
        if (b.r[i].status != GR_RUN_OK || seen_before(&b, i)) continue;
        for (size_t m = 0; s == GR_OK && m < b.r[i].n_metrics; m++)
            if (b.r[i].metrics[m].headline) s = compare_metric(out, &b.r[i], &b.r[i].metrics[m], &b, &n, baseline, err);
    }
    if (s == GR_OK && !out->n) s = gr_fail(err, GR_E_NOTFOUND, "%s holds no finished run with a headline metric to compare with", base);
    if (s == GR_OK) warn_of_unused(baseline, out, base);
    gr_json_free(baseline);
    gr_records_free(&b);
    gr_records_free(&n);
    if (s != GR_OK) gr_comparisons_free(out);
    return s;
}

int gr_compare_exit_code(const gr_comparisons *c)
{
    int code = 0;

    for (size_t i = 0; i < c->n; i++) {
        if (c->c[i].verdict == GR_VERDICT_REGRESSED || c->c[i].verdict == GR_VERDICT_MISSING) return 1;
        if (c->c[i].verdict == GR_VERDICT_UNDECIDED) code = 5;
    }
    return code;
}

/* ---- as a table ---- */

/* Four decimals would call it 0. */
static void p_cell(gr_grid *g, double p)
{
    if (p < 0.00005) gr_grid_number(g, 6, "<%.4f", 0.0001);
    else gr_grid_number(g, 6, "%.4f", p);
}

/* Of what is missing nothing was tested. */
static const char *test_of(const gr_comparison *x) { return x->n_seeds ? x->test : ""; }

static void for_people(gr_grid *g, const gr_comparison *x)
{
    gr_grid_row(g);
    gr_grid_text(g, 0, "%s", x->name);
    gr_grid_text(g, 1, "%s", x->metric);
    gr_grid_number(g, 2, "%.4f", x->base);
    gr_grid_number(g, 3, "%.4f", x->value);
    gr_grid_number(g, 4, "%+.4f", x->delta);
    if (!isnan(x->lo)) gr_grid_text(g, 5, "%+.4f to %+.4f", x->lo, x->hi);
    p_cell(g, x->p);
    gr_grid_text(g, 7, "%s", test_of(x));
    gr_grid_number(g, 8, "%.4f", x->tolerance);
    gr_grid_number(g, 9, "%.0f", x->n_seeds);
    gr_grid_text(g, 10, "%s", gr_verdict_name(x->verdict));
    gr_grid_text(g, 11, "%s%s", x->note, x->verdict == GR_VERDICT_IMPROVED && !x->note[0] ? "accept it as the new baseline" : "");
}

static void for_programs(gr_grid *g, const gr_comparison *x)
{
    const double value[] = { x->base, x->value, x->delta, x->lo, x->hi, x->p };

    gr_grid_row(g);
    gr_grid_text(g, 0, "%s", x->task);
    gr_grid_text(g, 1, "%s", x->metric);
    gr_grid_text(g, 2, "%s", x->split);
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) gr_grid_number(g, 3 + i, "%.6g", value[i]);
    gr_grid_text(g, 9, "%s", test_of(x));
    gr_grid_number(g, 10, "%.6g", x->tolerance);
    gr_grid_number(g, 11, "%.0f", x->n_seeds);
    gr_grid_text(g, 12, "%s", gr_verdict_name(x->verdict));
    gr_grid_text(g, 13, "%s", x->note);
}

gr_status gr_compare_table(gr_buf *out, const gr_comparisons *c, gr_table_format f, gr_err *err)
{
    static const char *const people[] = { "task", "metric", "base", "new", "delta", "95 % interval", "p", "test", "tolerance", "seeds", "verdict", "note" };
    static const char *const programs[] = { "task", "metric", "split", "base", "new", "delta", "low", "high", "p", "test", "tolerance", "seeds", "verdict", "note" };
    const bool machine = f == GR_TABLE_CSV || f == GR_TABLE_JSON;
    gr_grid g;
    gr_status s;

    gr_grid_open(&g, machine ? programs : people, machine ? sizeof programs / sizeof *programs : sizeof people / sizeof *people);
    for (size_t i = 0; i < c->n; i++) {
        if (machine) for_programs(&g, &c->c[i]);
        else for_people(&g, &c->c[i]);
    }
    s = gr_grid_write(out, &g, f, err);
    gr_grid_close(&g);
    return s;
}
