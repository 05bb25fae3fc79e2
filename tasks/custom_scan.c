/* custom_scan.c - what a user's data file holds; see custom_scan.h. Files are read through the data layer, so that a fault is reported
 * as it would be when the rows are loaded. */
#include "tasks/custom_scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/json.h"
#include "data/dataset.h"
#include "data/lines.h"
#include "data/reader.h"
#include "data/sources.h"

enum { LABELS_MAX = 10000 };

/* ---- format ---- */

typedef struct ending {
    const char    *text;
    gr_reader_kind reader;
} ending;

static const ending endings[] = {
    { ".csv", GR_READ_CSV },     { ".tsv", GR_READ_TSV },  { ".jsonl", GR_READ_JSONL }, { ".ndjson", GR_READ_JSONL }, { ".json", GR_READ_JSONL },
    { ".conll", GR_READ_CONLL }, { ".iob", GR_READ_CONLL }, { ".iob2", GR_READ_CONLL },  { ".bio", GR_READ_CONLL },
    { ".txt", GR_READ_CONLL },
};

/* Upper or lower case alike: REVIEWS.CSV is one too. */
static bool ends(gr_sv name, const char *suffix)
{
    const size_t n = strlen(suffix);

    return name.n >= n && strncasecmp(name.p + name.n - n, suffix, n) == 0;
}

gr_status gr_scan_reader(gr_reader_kind *out, const char *path, gr_err *err)
{
    gr_sv name = gr_sv_from(gr_fs_basename(path));

    if (gr_sv_ends(name, ".gz")) name.n -= 3;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ends(name, endings[i].text)) {
            *out = endings[i].reader;
            return GR_OK;
        }
    return gr_fail(err, GR_E_ARG, "%s: unknown kind of file; known are .csv, .tsv, .jsonl (or .json) and .conll (or .iob2, .bio, .txt: a token "
                   "a line), each also with .gz", path);
}

/* ---- columns ---- */

static gr_status read_text(gr_sv *out, const char *path, gr_arena *a, gr_err *err)
{
    const char *const archives[] = { path, NULL };
    const gr_source   src = { .archives = archives, .reader = GR_READ_LINES };
    gr_found          f = { .src = &src };
    gr_status         s = gr_sources_read(&f, 1, "", a, err);

    if (s == GR_OK) *out = f.n > 0 ? f.pieces[0].text : gr_sv_from("");
    gr_found_free(&f, 1);
    return s;
}

gr_status gr_scan_tags(gr_source *src, const char *path, gr_arena *a, gr_err *err)
{
    gr_sv rest, line;

    GR_TRY(read_text(&rest, path, a, err));
    do line = gr_text_strip(gr_sv_split(&rest, '\n')); while (rest.n > 0 && (line.n == 0 || gr_sv_starts(line, "-DOCSTART-")));
    if (line.n > 0 && !memchr(line.p, ' ', line.n) && !memchr(line.p, '\t', line.n)) src->tag_column = -1;
    return GR_OK;
}

static gr_status table_columns(gr_scanned **out, gr_reader *r, gr_arena *a, gr_err *err)
{
    size_t line = 1;
    bool   more = false;

    GR_TRY(r->src->reader == GR_READ_CSV ? gr_csv_record(r, &line, &more, err) : gr_tsv_record(r, &line, &more, err));
    if (!more) return gr_fail(err, GR_E_FORMAT, "line 1: empty file: no header");
    *out = gr_arena_calloc(a, r->n_field + 1, sizeof **out);
    for (size_t i = 0; *out != NULL && i < r->n_field; i++)
        if (((*out)[i].name = gr_arena_strndup(a, r->field[i].p, r->field[i].n)) == NULL) *out = NULL;
    return *out != NULL ? GR_OK : gr_fail_nomem(err, "column names");
}

static gr_status object_keys(gr_scanned **out, gr_sv text, gr_arena *a, gr_err *err)
{
    gr_sv    rest = text, line;
    gr_json *obj = NULL;
    size_t   n = 0;

    do line = gr_sv_trim(gr_sv_split(&rest, '\n')); while (line.n == 0 && rest.n > 0);
    if (line.n == 0) return gr_fail(err, GR_E_FORMAT, "line 1: empty file: no object");
    if (*line.p == '[') return gr_fail(err, GR_E_FORMAT, "line 1: a list: one object a line is read (jq -c '.[]' writes a list so)");
    if (gr_sv_is(line, "{")) return gr_fail(err, GR_E_FORMAT, "line 1: an object over several lines: one object a line is read (jq -c . writes it so)");
    GR_TRY(gr_json_parse(&obj, line.p, line.n, err));
    *out = gr_arena_calloc(a, gr_json_len(obj) + 1, sizeof **out);
    for (const gr_json *v = gr_json_first(obj); *out != NULL && v != NULL; v = gr_json_next(v)) {
        const char *const key = gr_json_is_object(obj) ? gr_json_key(v) : "";
        (*out)[n].list = gr_json_is_array(v);
        if (((*out)[n++].name = gr_arena_strndup(a, key, strlen(key))) == NULL) *out = NULL;
    }
    gr_json_free(obj);
    return *out != NULL ? GR_OK : gr_fail_nomem(err, "column names");
}

gr_status gr_scan_columns(const gr_scanned **out, const char *path, gr_reader_kind reader, gr_arena *a, gr_err *err)
{
    const gr_source src = { .reader = reader };
    gr_scanned     *names = NULL;
    gr_reader       r;
    gr_sv           text;
    gr_status       s;

    GR_TRY(read_text(&text, path, a, err));
    if (reader == GR_READ_JSONL) {
        s = object_keys(&names, text, a, err);
        *out = names;
        return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", path);
    }
    s = gr_reader_open(&r, &src, path, text, a, err);
    if (s == GR_OK) s = table_columns(&names, &r, a, err);
    gr_reader_close(&r);
    *out = names;
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", path);
}

/* ---- labels ---- */

void gr_label_set_free(gr_label_set *s)
{
    free(s->names);
    free(s->places);
    memset(s, 0, sizeof *s);
}

/* Where in the table a label stands, or would stand: FNV-1a, the next place when one is taken. n_places is a power of 2. */
static uint32_t *place_of(const gr_label_set *s, gr_sv label)
{
    uint32_t hash = 2166136261u;
    size_t   at;

    for (size_t i = 0; i < label.n; i++) hash = (hash ^ (unsigned char)label.p[i]) * 16777619u;
    for (at = hash & (s->n_places - 1); s->places[at] != 0; at = (at + 1) & (s->n_places - 1))
        if (gr_sv_is(label, s->names[s->places[at] - 1])) break;
    return &s->places[at];
}

/* Room for one more; the table is half full at most. */
static gr_status grow(gr_label_set *s, gr_err *err)
{
    const size_t cap = s->cap ? 2 * s->cap : 16;
    const char **names;
    uint32_t    *places;

    if (s->n < s->cap) return GR_OK;
    if ((names = realloc(s->names, cap * sizeof *names)) == NULL) return gr_fail_nomem(err, "labels");
    s->names = names;
    if ((places = calloc(2 * cap, sizeof *places)) == NULL) return gr_fail_nomem(err, "labels");
    free(s->places);
    s->places = places;
    s->n_places = 2 * cap;
    s->cap = cap;
    for (size_t i = 0; i < s->n; i++) *place_of(s, gr_sv_from(names[i])) = (uint32_t)i + 1;
    return GR_OK;
}

static gr_status add_label(gr_label_set *s, gr_sv label, gr_arena *a, gr_err *err)
{
    const bool scores = s->numbers && (s->points || s->values);
    double     x;

    if (s->n > 0 && *place_of(s, label) != 0) return GR_OK;
    s->numbers = (s->n == 0 || s->numbers) && gr_sv_double(&x, label, NULL) == GR_OK;
    for (size_t i = 0; i < label.n; i++) s->points |= strchr(".eE", label.p[i]) != NULL;
    if (s->n == LABELS_MAX) {
        if (s->numbers && (s->points || s->values)) return GR_OK;
        if (scores) return gr_fail(err, GR_E_FORMAT, "label '%.*s' is not a number, as those before it are", GR_SV_FMT(label));
        return gr_fail(err, GR_E_FORMAT, "more than %d different labels: is this the label column?", LABELS_MAX);
    }
    GR_TRY(grow(s, err));
    if ((s->names[s->n] = gr_arena_strndup(a, label.p, label.n)) == NULL) return gr_fail_nomem(err, "a label");
    *place_of(s, label) = (uint32_t)++s->n;
    return GR_OK;
}

gr_status gr_label_set_merge(gr_label_set *s, const gr_label_set *more, gr_arena *a, gr_err *err)
{
    s->points |= more->points; /* that of a label beyond those that are kept too */
    for (size_t i = 0; i < more->n; i++) GR_TRY(add_label(s, gr_sv_from(more->names[i]), a, err));
    s->rows += more->rows;
    return GR_OK;
}

typedef struct collector {
    gr_label_set *set;
    gr_arena     *arena;
} collector;

static gr_status add_column_label(const collector *c, const char *column, gr_sv label, gr_err *err)
{
    double x;

    if (label.n == 0)
        return gr_fail(err, GR_E_FORMAT, "column '%s': empty label: give the row one, or take the row out (a file to predict has no such column at all)", column);
    if (c->set->no_word != NULL && gr_sv_double(&x, label, NULL) != GR_OK)
        return gr_fail(err, GR_E_FORMAT, "column '%s': '%.*s' is not a number, %s", column, GR_SV_FMT(label), c->set->no_word);
    return add_label(c->set, label, c->arena, err);
}

static gr_status collect(void *user, const gr_row *row, const gr_split *split, gr_example *out, gr_arena *a, gr_err *err)
{
    const collector *const c = user;

    (void)split;
    (void)out;
    (void)a;
    for (size_t i = row->n_words; i < row->n_col && row->n_words > 0; i++) GR_TRY(add_label(c->set, row->col[i], c->arena, err));
    for (size_t i = 0; i < row->n_col && row->columns != NULL; i++)
        if (row->columns[i].role == GR_COL_OTHER) GR_TRY(add_column_label(c, row->columns[i].name, row->col[i], err));
    return GR_OK;
}

gr_status gr_scan_labels(gr_label_set *set, const gr_source *src, gr_arena *a, gr_err *err)
{
    collector             c = { set, a };
    const gr_split        splits[] = { { .name = "", .sources = src, .n_sources = 1 }, { .name = NULL } };
    const gr_dataset_spec spec = { .splits = splits, .parse = collect, .user = &c };
    gr_examples           ex;
    const gr_status       s = gr_dataset_load(&ex, &spec, "", "", NULL, err);

    set->rows += s == GR_OK ? ex.n : 0;
    gr_examples_free(&ex);
    return s;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_value(const void *a, const void *b)
{
    double x = 0, y = 0;

    if (gr_sv_double(&x, gr_sv_from(*(const char *const *)a), NULL) != GR_OK) x = 0;
    if (gr_sv_double(&y, gr_sv_from(*(const char *const *)b), NULL) != GR_OK) y = 0;
    return x < y ? -1 : x > y ? 1 : by_name(a, b);
}

bool gr_label_set_holds(const gr_label_set *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->names[i], name) == 0) return true;
    return false;
}

void gr_label_set_sort(gr_label_set *s)
{
    if (s->n > 1) qsort(s->names, s->n, sizeof *s->names, s->numbers ? by_value : by_name);
}
