/* dataset.c - one split from files to examples; see dataset.h.
 *
 * Every row of the sources becomes an example before the rule picks, so that a fault in any row of a file is found
 * whichever split is asked for. Texts stay where they were read: an example's views point into the arena. */
#include "data/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/reader.h"
#include "data/rule.h"
#include "data/sources.h"

enum { ARENA_BLOCK = 1 << 20, RULES_MAX = 8 };

typedef struct loader {
    const gr_dataset_spec *spec;
    const gr_split        *split;
    gr_arena              *arena;
    gr_found              *found;   /* the split's sources, then the id files of the rule and of what it is within */
    size_t                 n_found;
    gr_key_set             sets[RULES_MAX];
    size_t                 set_of[RULES_MAX]; /* found[] of the id file at that depth of the rule; 0: none */
    bool                   keyed;
    gr_example            *e;       /* of all rows */
    gr_sv                 *keys;    /* of all rows, when keyed */
    size_t                 n, cap;
    gr_selection           sel;
    gr_ragged              ragged;  /* of the split's sources */
} loader;

const gr_split *gr_split_find(const gr_split *splits, const char *name)
{
    for (; splits->name != NULL; splits++)
        if (strcmp(splits->name, name) == 0) return splits;
    return NULL;
}

/* ---- rows to examples ---- */

static gr_status room(loader *ld, gr_err *err)
{
    const size_t cap = ld->cap ? ld->cap * 2 : 1024;
    gr_example  *e;
    gr_sv       *k;

    if (ld->n < ld->cap) return GR_OK;
    if (cap > GR_ORDER_MAX) return gr_fail(err, GR_E_FORMAT, "more than %zu rows", GR_ORDER_MAX);
    if ((e = realloc(ld->e, cap * sizeof *e)) == NULL) return gr_fail_nomem(err, "the examples");
    ld->e = e;
    if (ld->keyed) {
        if ((k = realloc(ld->keys, cap * sizeof *k)) == NULL) return gr_fail_nomem(err, "the keys");
        ld->keys = k;
    }
    ld->cap = cap;
    return GR_OK;
}

/* The key columns of a row, one after the other with a separator that no text column of a table holds. */
static gr_status row_key(gr_sv *out, const gr_row *row, gr_arena *a, gr_err *err)
{
    gr_buf b = { NULL, 0, 0, false };

    for (size_t i = 0; row->columns != NULL && i < row->n_col; i++) {
        if (row->columns[i].role != GR_COL_KEY) continue;
        if (b.n > 0) gr_buf_addc(&b, '\n');
        gr_buf_add(&b, row->col[i].p, row->col[i].n);
    }
    out->n = b.n;
    out->p = b.oom ? NULL : gr_arena_strndup(a, b.n ? b.p : "", b.n);
    gr_buf_free(&b);
    return out->p != NULL ? GR_OK : gr_fail_nomem(err, "a key");
}

static gr_status add_example(void *user, const gr_row *row, gr_err *err)
{
    loader *const ld = user;
    gr_example   *e;
    gr_status     s;

    GR_TRY(room(ld, err));
    e = &ld->e[ld->n];
    memset(e, 0, sizeof *e);
    e->label = -1;
    e->id = -1;
    e->value = NAN;
    s = ld->spec->parse != NULL ? ld->spec->parse(ld->spec->user, row, ld->split, e, ld->arena, err)
                                : gr_example_from_row(&ld->spec->labels, row, e, ld->arena, err);
    /* a sentence's fault names the line of its word, where the parse knows it */
    if (s != GR_OK) return err != NULL && strncmp(err->msg, "line ", 5) == 0 ? s : gr_wrap(err, s, "line %zu", row->line);
    if (ld->keyed) GR_TRY(row_key(&ld->keys[ld->n], row, ld->arena, err));
    ld->n++;
    return GR_OK;
}

typedef gr_status (*row_fn)(void *user, const gr_row *row, gr_err *err);

static void add_ragged(gr_ragged *sum, const gr_ragged *of, const char *file)
{
    if (sum->n_left_out == 0) {
        sum->left_out_line = of->left_out_line;
        sum->left_out_file = file;
    }
    if (sum->n_long == 0) {
        sum->long_line = of->long_line;
        sum->long_file = file;
    }
    sum->n_left_out += of->n_left_out;
    sum->n_long += of->n_long;
}

/* All rows of one source. */
static gr_status each_row(const gr_found *f, gr_arena *a, row_fn fn, void *user, gr_ragged *ragged, gr_err *err)
{
    for (size_t i = 0; i < f->n; i++) {
        gr_reader r;
        gr_row    row;
        bool      more = true;
        gr_status s = gr_reader_open(&r, f->src, f->pieces[i].name, f->pieces[i].text, a, err);

        while (s == GR_OK && more) {
            s = gr_reader_next(&r, &row, &more, err);
            if (s == GR_OK && more) s = fn(user, &row, err);
        }
        add_ragged(ragged, &r.ragged, f->pieces[i].name);
        gr_reader_close(&r);
        if (s != GR_OK) return gr_wrap(err, s, "%.200s", f->pieces[i].name);
    }
    return GR_OK;
}

/* ---- id files ---- */

typedef struct key_list {
    gr_key_set *set;
    size_t      cap;
    gr_arena   *arena;
} key_list;

static gr_status add_key(void *user, const gr_row *row, gr_err *err)
{
    key_list *const k = user;

    if (k->set->n == k->cap) {
        const size_t cap = k->cap ? k->cap * 2 : 1024;
        gr_sv *const p = realloc(k->set->keys, cap * sizeof *p);
        if (p == NULL) return gr_fail_nomem(err, "the ids");
        k->set->keys = p;
        k->cap = cap;
    }
    GR_TRY(row_key(&k->set->keys[k->set->n], row, k->arena, err));
    k->set->n++;
    return GR_OK;
}

static gr_status read_ids(loader *ld, gr_err *err)
{
    for (size_t d = 0; d < RULES_MAX; d++) {
        key_list  k = { .set = &ld->sets[d], .arena = ld->arena };
        gr_ragged ids = { 0 };

        if (ld->set_of[d] == 0) continue;
        GR_TRY(each_row(&ld->found[ld->set_of[d]], ld->arena, add_key, &k, &ids, err));
        gr_key_set_sort(&ld->sets[d]);
    }
    return GR_OK;
}

/* ---- the split ---- */

/* The sources to read: f is NULL to count them. */
static gr_status list_sources(loader *ld, gr_err *err)
{
    const gr_split_rule *r = &ld->split->rule;
    size_t               n = ld->split->n_sources, d = 0;

    if (n == 0) return gr_fail(err, GR_E_INTERNAL, "a split without sources");
    ld->found = calloc(n + RULES_MAX, sizeof *ld->found);
    if (ld->found == NULL) return gr_fail_nomem(err, "the sources");
    for (size_t i = 0; i < n; i++) ld->found[i].src = &ld->split->sources[i];
    for (; r != NULL; r = r->within, d++) {
        if (d == RULES_MAX) return gr_fail(err, GR_E_INTERNAL, "a split rule within more than %d others", RULES_MAX - 1);
        if (r->kind != GR_RULE_IDS) continue;
        if (r->ids == NULL) return gr_fail(err, GR_E_INTERNAL, "a rule by ids without an id file");
        ld->keyed = true;
        ld->set_of[d] = n;
        ld->found[n++].src = r->ids;
    }
    ld->n_found = n;
    return GR_OK;
}

static gr_status pick(loader *ld, gr_err *err)
{
    ld->sel.n = ld->n;
    ld->sel.row = malloc((ld->n + 1) * sizeof *ld->sel.row);
    if (ld->sel.row == NULL) return gr_fail_nomem(err, "the rows of a split");
    for (size_t i = 0; i < ld->n; i++) ld->sel.row[i] = (uint32_t)i;
    return gr_rule_apply(&ld->sel, &ld->split->rule, ld->keys, ld->sets, err);
}

/* ---- the result ---- */

static gr_status warn(gr_examples *out, const char *line, gr_err *err)
{
    const char **const w = gr_arena_calloc(&out->arena, out->n_warnings + 1, sizeof *w);
    char *const        copy = gr_arena_strndup(&out->arena, line, strlen(line));

    if (w == NULL || copy == NULL) return gr_fail_nomem(err, "a warning");
    if (out->n_warnings > 0) memcpy(w, out->warnings, out->n_warnings * sizeof *w);
    w[out->n_warnings++] = copy;
    out->warnings = w;
    return GR_OK;
}

/* Rows left out are worth a warning unless they are those that the publisher's count leaves out too. */
static gr_status tell_left_out(gr_examples *out, size_t published, const gr_ragged *g, gr_err *err)
{
    char line[360];

    if (g->n_left_out == 0) return GR_OK;
    (void)snprintf(line, sizeof line, "%zu row%s left out for want of a column or of a label, the first at line %zu of %.200s", g->n_left_out,
                   g->n_left_out == 1 ? "" : "s", g->left_out_line, g->left_out_file);
    if (published == 0 || published != out->n) return warn(out, line, err);
    out->left_out = gr_arena_strndup(&out->arena, line, strlen(line));
    return out->left_out != NULL ? GR_OK : gr_fail_nomem(err, "a note");
}

/* Rows that differ from a ragged file's header: what was done with them, and where the first of them stands. */
static gr_status warn_ragged(gr_examples *out, size_t published, const gr_ragged *g, gr_err *err)
{
    char line[360];

    GR_TRY(tell_left_out(out, published, g, err));
    if (g->n_long == 0) return GR_OK;
    (void)snprintf(line, sizeof line, "%zu row%s with more columns than the header, the first at line %zu of %.200s: what is beyond them is not read",
                   g->n_long, g->n_long == 1 ? "" : "s", g->long_line, g->long_file);
    return warn(out, line, err);
}

static gr_status check_rows(gr_examples *out, const gr_split *split, const gr_ragged *g, const gr_load_opts *opts, gr_err *err)
{
    char line[400], left_out[280] = "";

    if (split->rows == 0 || split->rows == out->n) return GR_OK;
    if (g->n_left_out > 0)
        (void)snprintf(left_out, sizeof left_out, " (%zu left out, the first at line %zu of %.200s)", g->n_left_out, g->left_out_line, g->left_out_file);
    (void)snprintf(line, sizeof line, "%zu rows where %zu are published%s", out->n, split->rows, left_out);
    return opts != NULL && opts->any_rows ? warn(out, line, err) : gr_fail(err, GR_E_FORMAT, "%s", line);
}

static gr_status warn_empty(gr_examples *out, gr_err *err)
{
    size_t n = 0;
    char   line[80];

    for (size_t i = 0; i < out->n; i++) n += out->e[i].n_words == 0 && gr_text_strip(out->e[i].text_a).n == 0;
    if (n == 0) return GR_OK;
    (void)snprintf(line, sizeof line, "%zu of %zu texts are empty", n, out->n);
    return warn(out, line, err);
}

static gr_status finish(gr_examples *out, loader *ld, const gr_load_opts *opts, gr_err *err)
{
    out->n = ld->sel.n;
    out->e = gr_arena_calloc(&out->arena, out->n + 1, sizeof *out->e);
    if (out->e == NULL) return gr_fail_nomem(err, "the examples");
    for (size_t i = 0; i < out->n; i++) {
        out->e[i] = ld->e[ld->sel.row[i]];
        if (out->e[i].id < 0) out->e[i].id = (int64_t)i;
    }
    GR_TRY(warn_ragged(out, ld->split->rows, &ld->ragged, err));
    GR_TRY(check_rows(out, ld->split, &ld->ragged, opts, err));
    GR_TRY(warn_empty(out, err));
    return gr_examples_digest(out->sha256, out->e, out->n, ld->spec->regression, err);
}

static gr_status load(gr_examples *out, loader *ld, const char *data_dir, const gr_load_opts *opts, gr_err *err)
{
    GR_TRY(list_sources(ld, err));
    GR_TRY(gr_sources_read(ld->found, ld->n_found, data_dir, ld->arena, err));
    for (size_t i = 0; i < ld->split->n_sources; i++)
        GR_TRY(each_row(&ld->found[i], ld->arena, add_example, ld, &ld->ragged, err));
    GR_TRY(read_ids(ld, err));
    GR_TRY(pick(ld, err));
    return finish(out, ld, opts, err);
}

gr_status gr_dataset_load(gr_examples *out, const gr_dataset_spec *spec, const char *split, const char *data_dir,
                          const gr_load_opts *opts, gr_err *err)
{
    loader    ld = { .spec = spec, .split = gr_split_find(spec->splits, split) };
    gr_status s;

    memset(out, 0, sizeof *out);
    if (ld.split == NULL) return gr_fail(err, GR_E_ARG, "no split '%s'", split);
    gr_arena_init(&out->arena, ARENA_BLOCK);
    ld.arena = &out->arena;
    s = load(out, &ld, data_dir, opts, err);
    if (ld.found != NULL) gr_found_free(ld.found, ld.n_found);
    for (size_t d = 0; d < RULES_MAX; d++) free(ld.sets[d].keys);
    free(ld.found);
    free(ld.e);
    free(ld.keys);
    free(ld.sel.row);
    if (s == GR_OK) return GR_OK;
    gr_examples_free(out);
    return *split ? gr_wrap(err, s, "%s", split) : s;
}

void gr_examples_free(gr_examples *ex)
{
    gr_arena_free(&ex->arena);
    memset(ex, 0, sizeof *ex);
}

/* ---- presence ---- */

static gr_status find_split(const gr_split *split, const char *data_dir, bool *present, gr_err *err)
{
    *present = true;
    for (size_t i = 0; *present && i < split->n_sources; i++)
        GR_TRY(gr_source_present(&split->sources[i], data_dir, present, err));
    for (const gr_split_rule *r = &split->rule; *present && r != NULL; r = r->within)
        if (r->kind == GR_RULE_IDS && r->ids != NULL) GR_TRY(gr_source_present(r->ids, data_dir, present, err));
    return GR_OK;
}

gr_status gr_dataset_find(const gr_dataset_spec *spec, const char *split, const char *data_dir, bool *present, gr_err *err)
{
    bool labelled = false;

    *present = true;
    if (split != NULL) {
        const gr_split *const one = gr_split_find(spec->splits, split);
        return one != NULL ? find_split(one, data_dir, present, err) : gr_fail(err, GR_E_ARG, "no split '%s'", split);
    }
    for (const gr_split *sp = spec->splits; sp->name != NULL; sp++) labelled |= sp->labelled;
    for (const gr_split *sp = spec->splits; *present && sp->name != NULL; sp++)
        if (sp->labelled == labelled) GR_TRY(find_split(sp, data_dir, present, err));
    return GR_OK;
}
