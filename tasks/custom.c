/* custom.c - a task from the user's files; see custom.h. All that the table points to lies in one arena that lives with it. */
#include "tasks/custom.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "data/dataset.h"
#include "data/reader.h"
#include "tasks/custom_check.h"
#include "tasks/custom_scan.h"

enum { TEST = 2, FILES = 3, PARTS = 3, NAME_MAX_CHARS = 48, MAX_LEN = 128 };

/* The table comes first: gr_task_custom_free is given its address. */
typedef struct custom {
    gr_task   task;
    gr_arena  arena;
    gr_source source[FILES]; /* train, validation, test; archives NULL: not given */
    bool      labelled[FILES];
    bool      texts_only; /* labels are passed over */
    gr_split  split[PARTS + 1];
} custom;

static const char DEFAULT_CUT[] = "80/20";
static const char *const split_names[PARTS] = { "train", "validation", "test" };

static const char *given(const char *s)
{
    return s != NULL && s[0] != '\0' ? s : NULL;
}

/* ---- columns ---- */

/* Pairs as GLUE's and other sets have them in transformers' examples. */
static const struct { const char *text, *pair; } pairs[] = {
    { "sentence1", "sentence2" }, { "premise", "hypothesis" }, { "question", "sentence" }, { "question1", "question2" },
};

static const char *const word_names[] = { "tokens", "words", NULL };
static const char *const tag_names[] = { "ner_tags", "tags", "labels", "pos_tags", "chunk_tags", NULL };
static const char *const text_names[] = { "text", "sentence", "sentence1", "review", "premise", "question", NULL };
static const char *const pair_names[] = { "pair", "text_pair", "sentence2", "hypothesis", NULL };
static const char *const label_names[] = { "label", "labels", "score", "category", "class", "target", "sentiment", NULL };

static const gr_scanned *find_column(const gr_scanned *there, const char *wanted)
{
    for (; there->name != NULL; there++)
        if (strcmp(there->name, wanted) == 0) return there;
    return NULL;
}

static const char *find(const gr_scanned *there, const char *wanted)
{
    const gr_scanned *const c = find_column(there, wanted);

    return c != NULL ? c->name : NULL;
}

/* The column that the option names, else the first of the usual names, if its values are lists. */
static const char *find_list(const gr_scanned *there, const char *wanted, const char *const *usual)
{
    const gr_scanned *c = wanted != NULL ? find_column(there, wanted) : NULL;

    for (; wanted == NULL && (c == NULL || !c->list) && *usual != NULL; usual++) c = find_column(there, *usual);
    return c != NULL && c->list ? c->name : NULL;
}

/* What parts the columns, where a header of one column says that it is not what the file's ending says; NULL: nothing to be seen. */
static const char *other_separator(const gr_scanned *names)
{
    static const struct { char c; const char *advice; } seps[] = {
        { ';', "semicolons: write it with commas" }, { '\t', "TABs: call it .tsv" }, { '|', "bars: write it with commas" }, { ',', "commas: call it .csv" },
    };

    if (names[0].name == NULL || names[1].name != NULL) return NULL;
    for (size_t i = 0; i < sizeof seps / sizeof *seps; i++)
        if (strchr(names[0].name, seps[i].c) != NULL) return seps[i].advice;
    return NULL;
}

/* A column that would be one of the wanted names (one, or a list that ends at NULL) but for upper case or blanks around it; NULL: none. */
static const char *nearly(const gr_scanned *there, const char *wanted, const char *const *usual)
{
    const char *const one[] = { wanted, NULL };

    for (const char *const *name = wanted != NULL ? one : usual; *name != NULL; name++)
        for (const gr_scanned *c = there; c->name != NULL; c++) {
            const gr_sv bare = gr_sv_trim(gr_sv_from(c->name));
            if (bare.n == strlen(*name) && strncasecmp(bare.p, *name, bare.n) == 0) return c->name;
        }
    return NULL;
}

static gr_status fail_column(const char *path, const char *option, const char *wanted, const char *const *usual, const gr_scanned *names, gr_err *err)
{
    const char *const near = nearly(names, wanted, usual);
    gr_buf    b = { NULL, 0, 0, false };
    gr_status s;

    if (other_separator(names) != NULL)
        return gr_fail(err, GR_E_FORMAT, "%s: line 1: the columns are parted by %s", path, other_separator(names));
    for (size_t i = 0; names[i].name != NULL; i++) gr_buf_addf(&b, "%s%s", i ? ", " : "", names[i].name);
    if (near != NULL && wanted != NULL)
        s = gr_fail(err, GR_E_NOTFOUND, "%s: no column '%s': did you mean %s '%.60s'? There are: %.200s", path, wanted, option, near, b.p != NULL ? b.p : "");
    else if (near != NULL)
        s = gr_fail(err, GR_E_NOTFOUND, "%s: which column? Say %s '%.60s', if it is that; there are: %.200s", path, option, near, b.p != NULL ? b.p : "");
    else if (wanted != NULL)
        s = gr_fail(err, GR_E_NOTFOUND, "%s: no column '%s' (%s); there are: %.200s", path, wanted, option, b.p != NULL ? b.p : "");
    else
        s = gr_fail(err, GR_E_NOTFOUND, "%s: which column? Say %s; there are: %.200s", path, option, b.p != NULL ? b.p : "");
    gr_buf_free(&b);
    return s;
}

/* The column that the option names, else the first of the usual names. *out NULL: neither, and it is optional. */
static gr_status choose(const char **out, const char *path, const gr_scanned *there, const char *wanted, const char *option,
                        const char *const *usual, bool optional, gr_err *err)
{
    *out = NULL;
    if (wanted != NULL) *out = find(there, wanted);
    for (const char *const *name = usual; wanted == NULL && *out == NULL && *name != NULL; name++) *out = find(there, *name);
    if (*out != NULL) return GR_OK;
    if (!optional || wanted != NULL) return fail_column(path, option, wanted, usual, there, err);
    return GR_OK;
}

/* Warn of a column that is called nearly as one that is optional and was not found; a and b (may be NULL) are those that are read. */
static void warn_of_unread(const char *path, const char *near, const char *option, const char *a, const char *b)
{
    if (near == NULL || (a != NULL && strcmp(near, a) == 0) || (b != NULL && strcmp(near, b) == 0)) return;
    gr_warn("%s: column '%s' is not read: %s takes it", path, near, option);
}

/* Both columns of a pair that is known by its names; options come first. */
static void known_pair(const char **text, const char **pair, const gr_scanned *there, const gr_custom_opts *o)
{
    *text = given(o->text_column);
    *pair = given(o->pair_column);
    for (size_t i = 0; *text == NULL && *pair == NULL && i < sizeof pairs / sizeof *pairs; i++) {
        if (find(there, "text") != NULL || find(there, pairs[i].text) == NULL || find(there, pairs[i].pair) == NULL) continue;
        *text = pairs[i].text;
        *pair = pairs[i].pair;
    }
}

/* Lists of words and of their tags, as run_ner.py reads them. */
static gr_status sentence_source(custom *c, size_t i, const char *path, const gr_scanned *there, const char *words, const gr_custom_opts *o, gr_err *err)
{
    const char *const wanted = given(o->label_column), *const tags = find_list(there, wanted, tag_names);
    gr_column *const  col = gr_arena_calloc(&c->arena, 3, sizeof *col);

    if (col == NULL) return gr_fail_nomem(err, "columns");
    if (tags == NULL && i != TEST && !c->texts_only) return fail_column(path, "--label-column", wanted != NULL && find(there, wanted) == NULL ? wanted : NULL, tag_names, there, err);
    col[0] = (gr_column){ words, GR_COL_WORDS };
    if (tags != NULL) col[1] = (gr_column){ tags, GR_COL_TAGS };
    c->source[i].columns = col;
    c->labelled[i] = tags != NULL;
    return GR_OK;
}

/* Words in lists, unless there is a text with a label of its own. */
static const char *words_of(const gr_scanned *there, const gr_custom_opts *o)
{
    const char *const words = find_list(there, given(o->text_column), word_names);

    if (words == NULL || given(o->text_column) != NULL || given(o->label_column) != NULL) return words;
    for (size_t i = 0; label_names[i] != NULL && find(there, "text") != NULL; i++)
        if (find(there, label_names[i]) != NULL && !find_column(there, label_names[i])->list) return NULL;
    return words;
}

static gr_status table_source(custom *c, size_t i, const char *path, const gr_custom_opts *o, gr_err *err)
{
    gr_source *const  src = &c->source[i];
    const gr_scanned *there = NULL;
    const char *const wanted = given(o->label_column);
    const char       *text, *pair, *label = NULL, *words;
    gr_column        *col;
    size_t            n = 0;

    GR_TRY(gr_scan_columns(&there, path, src->reader, &c->arena, err));
    words = words_of(there, o);
    if (words != NULL) return sentence_source(c, i, path, there, words, o, err);
    known_pair(&text, &pair, there, o);
    GR_TRY(choose(&text, path, there, text, "--text-column", text_names, false, err));
    GR_TRY(choose(&pair, path, there, pair, "--pair-column", pair_names, true, err));
    if (pair != NULL && strcmp(pair, text) == 0) return gr_fail(err, GR_E_ARG, "column '%s' cannot be text and pair at once", text);
    /* a test file may come without labels */
    if (c->texts_only) label = NULL;
    else if (i == TEST && wanted != NULL && find(there, wanted) == NULL) label = NULL;
    else GR_TRY(choose(&label, path, there, wanted, "--label-column", label_names, i == TEST, err));
    if (label != NULL && (strcmp(label, text) == 0 || (pair != NULL && strcmp(label, pair) == 0)))
        return gr_fail(err, GR_E_ARG, "column '%s' cannot be text and label at once", label);
    if (pair == NULL) warn_of_unread(path, nearly(there, NULL, pair_names), "--pair-column", text, label);
    if (label == NULL && wanted == NULL && !c->texts_only) warn_of_unread(path, nearly(there, NULL, label_names), "--label-column", text, pair);
    if ((col = gr_arena_calloc(&c->arena, 4, sizeof *col)) == NULL) return gr_fail_nomem(err, "columns");
    col[n++] = (gr_column){ text, GR_COL_TEXT };
    if (pair != NULL) col[n++] = (gr_column){ pair, GR_COL_PAIR };
    if (label != NULL) col[n++] = (gr_column){ label, GR_COL_OTHER }; /* its role is known once the labels are */
    src->columns = col;
    src->has_header = src->reader != GR_READ_JSONL;
    c->labelled[i] = label != NULL;
    return GR_OK;
}

/* ---- files ---- */

static gr_status add_file(custom *c, size_t i, const char *path, const gr_custom_opts *o, gr_err *err)
{
    gr_source *const src = &c->source[i];
    const char     **archives;

    if (gr_fs_is_dir(path)) return gr_fail(err, GR_E_NOTFOUND, "%s: a folder, not a file", path);
    if (access(path, F_OK) == 0 && !gr_fs_is_file(path)) return gr_fail(err, GR_E_NOTFOUND, "%s: a pipe or device: files are read more than once", path);
    if (!gr_fs_is_file(path)) return gr_fail(err, GR_E_NOTFOUND, "%s: no such file", path);
    GR_TRY(gr_scan_reader(&src->reader, path, err));
    archives = gr_arena_calloc(&c->arena, 2, sizeof *archives);
    if (archives == NULL || (archives[0] = gr_arena_strndup(&c->arena, path, strlen(path))) == NULL)
        return gr_fail_nomem(err, "a file name");
    src->archives = archives;
    c->labelled[i] = true;
    if (src->reader != GR_READ_CONLL) GR_TRY(table_source(c, i, path, o, err));
    if (i == 0 || gr_source_has_sentences(src) == gr_source_has_sentences(&c->source[0])) return GR_OK;
    return gr_fail(err, GR_E_ARG, "%s holds %s, the training file does not", path, gr_source_has_sentences(src) ? "tagged tokens" : "whole texts");
}

static gr_status add_files(custom *c, const gr_custom_opts *o, gr_err *err)
{
    const char *const paths[FILES] = { given(o->train_file), given(o->validation_file), given(o->test_file) };

    if (paths[0] == NULL) return gr_fail(err, GR_E_ARG, "a task from your own files needs --train-file");
    if (given(o->split) != NULL && (paths[1] != NULL || paths[2] != NULL))
        return gr_fail(err, GR_E_ARG, "--split cuts the training file and does not go with --validation-file or --test-file");
    for (size_t i = 0; i < FILES; i++)
        if (paths[i] != NULL) GR_TRY(add_file(c, i, paths[i], o, err));
    return GR_OK;
}

/* ---- labels ---- */

static gr_status listed_labels(gr_label_set *set, const char *list, custom *c, gr_err *err)
{
    gr_sv rest = gr_sv_from(list);

    while (rest.n > 0) {
        const gr_sv  one = gr_sv_trim(gr_sv_split(&rest, ','));
        const char **p = realloc(set->names, (set->n + 1) * sizeof *p);

        if (p == NULL) return gr_fail_nomem(err, "labels");
        set->names = p;
        if (one.n == 0) return gr_fail(err, GR_E_ARG, "--labels holds an empty name");
        if ((p[set->n++] = gr_arena_strndup(&c->arena, one.p, one.n)) == NULL) return gr_fail_nomem(err, "labels");
        for (size_t i = 0; i + 1 < set->n; i++)
            if (strcmp(p[i], p[set->n - 1]) == 0) return gr_fail(err, GR_E_ARG, "--labels names '%s' twice", p[i]);
    }
    return GR_OK;
}

static const char *label_column(const gr_source *src)
{
    for (const gr_column *col = src->columns; col != NULL && col->name != NULL; col++)
        if (col->role == GR_COL_OTHER) return col->name;
    return NULL;
}

/* GLUE's files on the hub have -1 in each row of a test set whose labels are not public: unless that is one of the known labels, the column is
 * as good as absent. Says whether it was so, and is gone. */
static bool hide_labels(custom *c, const gr_label_set *own, const gr_label_set *known)
{
    gr_column *col = (gr_column *)c->source[TEST].columns;

    if (gr_source_has_sentences(&c->source[TEST]) || own->n != 1 || gr_label_set_holds(known, own->names[0])) return false;
    if (strcmp(own->names[0], "-1") != 0 && strcmp(own->names[0], "-1.0") != 0) return false;
    while (col->role != GR_COL_OTHER) col++;
    *col = (gr_column){ 0 }; /* it is the last one */
    c->labelled[TEST] = false;
    return true;
}

/* The same where --labels lists the known ones, and no file is looked through for them. */
static gr_status hide_unlisted(custom *c, const gr_label_set *listed, gr_err *err)
{
    gr_label_set own = { .values = true }; /* of any number */
    gr_status    s = GR_OK;

    if (c->source[TEST].archives == NULL || !c->labelled[TEST]) return GR_OK;
    s = gr_scan_labels(&own, &c->source[TEST], &c->arena, err);
    if (s == GR_OK) (void)hide_labels(c, &own, listed);
    gr_label_set_free(&own);
    return s;
}

/* A file of scores in which a label is no number is refused with its line, which takes a second look. */
static gr_status refuse_words(custom *c, size_t i, const gr_label_set *own, bool values, gr_err *err)
{
    gr_label_set again = { .values = true };
    gr_status    s;

    if (own->numbers || gr_source_has_sentences(&c->source[i]) || !(values || gr_check_nearly_values(own))) return GR_OK;
    again.no_word = values ? "and --regression takes numbers" : "as nearly all labels are: give the row one, or take the row out (--labels makes classes of them)";
    s = gr_scan_labels(&again, &c->source[i], &c->arena, err);
    gr_label_set_free(&again);
    return s;
}

/* Labels of one file more; `set` holds those of the training file at least, or is empty. */
static gr_status labels_of_file(gr_label_set *set, const gr_label_set *train, custom *c, size_t i, bool values, gr_err *err)
{
    const char *const path = c->source[i].archives[0];
    gr_label_set      own = { .values = values };
    gr_status         s = gr_scan_labels(&own, &c->source[i], &c->arena, err);

    if (s == GR_OK && own.rows == 0) s = gr_fail(err, GR_E_FORMAT, "%s: no rows", path);
    if (s == GR_OK && i == TEST && hide_labels(c, &own, train)) {
        gr_label_set_free(&own);
        return GR_OK;
    }
    if (s == GR_OK) s = refuse_words(c, i, &own, values, err);
    if (s == GR_OK && i > 0) s = gr_check_further_labels(&own, path, train, c->source[0].archives[0], values, err);
    if (s == GR_OK) s = gr_label_set_merge(set, &own, &c->arena, err);
    gr_label_set_free(&own);
    return s;
}

static gr_status found_labels(gr_label_set *set, custom *c, bool values, gr_err *err)
{
    gr_label_set train = { 0 };
    gr_status    s = GR_OK;

    set->values = values;
    for (size_t i = 0; i < FILES && s == GR_OK; i++) {
        if (c->source[i].archives == NULL || !c->labelled[i]) continue;
        s = labels_of_file(set, &train, c, i, values, err);
        if (s == GR_OK && i == 0) s = gr_label_set_merge(&train, set, &c->arena, err);
    }
    gr_label_set_free(&train);
    if (s != GR_OK) return s;
    gr_check_labels(set, c->source[0].archives[0], label_column(&c->source[0]), values);
    gr_label_set_sort(set);
    return GR_OK;
}

/* The label columns get their meaning; the table gets its head. */
static gr_status set_labels(custom *c, const gr_label_set *set, bool regression, gr_err *err)
{
    const bool   tokens = gr_source_has_sentences(&c->source[0]), values = !tokens && set->numbers && (set->points || regression);
    const char **names = gr_arena_calloc(&c->arena, set->n + 1, sizeof *names);

    if (names == NULL) return gr_fail_nomem(err, "labels");
    for (size_t i = 0; i < FILES; i++)
        for (gr_column *col = (gr_column *)c->source[i].columns; col != NULL && col->name != NULL; col++)
            if (col->role == GR_COL_OTHER) col->role = values ? GR_COL_SCORE : GR_COL_LABEL;
    if (set->n < 2)
        return gr_fail(err, GR_E_FORMAT, "%s: every row has the %s '%s': a task needs two at least", c->source[0].archives[0], values ? "value" : "label",
                       set->names[0]);
    if (values) {
        c->task.head = (gr_head_spec){ GR_HEAD_REGRESSION, 1 };
        return GR_OK;
    }
    memcpy(names, set->names, set->n * sizeof *names);
    c->task.labels = names;
    c->task.head = (gr_head_spec){ tokens ? GR_HEAD_TOKEN : GR_HEAD_CLASS, (int32_t)set->n };
    return GR_OK;
}

static gr_status add_labels(custom *c, const gr_custom_opts *o, gr_err *err)
{
    gr_label_set set = { 0 };
    gr_status    s;

    if (o->regression && given(o->labels) != NULL) return gr_fail(err, GR_E_ARG, "--regression and --labels are both given: keep one");
    if (o->regression && gr_source_has_sentences(&c->source[0])) return gr_fail(err, GR_E_ARG, "--regression: words have tags, not values");
    if (given(o->labels) != NULL) {
        s = listed_labels(&set, o->labels, c, err);
        if (s == GR_OK && set.n == 1) s = gr_fail(err, GR_E_ARG, "--labels names one class, '%.60s': a task needs two at least", set.names[0]);
        if (s == GR_OK) s = hide_unlisted(c, &set, err);
    } else {
        s = found_labels(&set, c, o->regression, err);
    }
    if (s == GR_OK) s = set_labels(c, &set, o->regression, err);
    gr_label_set_free(&set);
    return s;
}

/* ---- splits ---- */

static gr_status read_percents(double part[PARTS], size_t *n, const char *text, gr_err *err)
{
    gr_sv  rest = gr_sv_from(text);
    double sum = 0.0;

    for (*n = 0; rest.n > 0; sum += part[(*n)++]) {
        if (*n == PARTS || gr_sv_double(&part[*n], gr_sv_split(&rest, '/'), NULL) != GR_OK || !(part[*n] > 0.0))
            return gr_fail(err, GR_E_ARG, "--split '%s' is not two or three percentages such as 80/20 or 50/25/25", text);
    }
    if (*n < 2 || sum < 100.0 - 1e-9 || sum > 100.0 + 1e-9)
        return gr_fail(err, GR_E_ARG, "--split '%s': the parts must be two or three and sum to 100", text);
    return GR_OK;
}

static gr_status cut_file(custom *c, const gr_custom_opts *o, gr_err *err)
{
    double part[PARTS] = { 0 }, from = 0.0;
    size_t n = 0;

    GR_TRY(read_percents(part, &n, given(o->split) != NULL ? o->split : DEFAULT_CUT, err));
    for (size_t i = 0; i < n; i++) {
        const double to = i + 1 == n ? 1.0 : from + part[i] / 100.0;
        c->split[i] = (gr_split){ .name = split_names[i], .sources = &c->source[0], .n_sources = 1, .labelled = true,
                                  .rule = { .kind = GR_RULE_PART, .order = GR_ORDER_PHILOX, .seed = o->split_seed,
                                            .from = from, .to = to } };
        from = to;
    }
    return GR_OK;
}

static gr_status add_splits(custom *c, const gr_custom_opts *o, gr_err *err)
{
    size_t n = 0;

    c->task.splits = c->split;
    if (c->source[1].archives == NULL && c->source[2].archives == NULL) return cut_file(c, o, err);
    if (c->source[1].archives == NULL && !c->labelled[TEST])
        return gr_fail(err, GR_E_ARG, "%s has no labels to score on: give a --validation-file too", c->source[TEST].archives[0]);
    for (size_t i = 0; i < FILES; i++)
        if (c->source[i].archives != NULL)
            c->split[n++] = (gr_split){ .name = split_names[i], .sources = &c->source[i], .n_sources = 1,
                                        .labelled = c->labelled[i] };
    return GR_OK;
}

/* ---- name, metrics ---- */

static gr_status add_name(custom *c, const char *path, gr_err *err)
{
    const char *const base = gr_fs_basename(path);
    char              slug[NAME_MAX_CHARS + 1];
    gr_buf            b = { NULL, 0, 0, false };
    size_t            n = 0;

    for (size_t i = 0; base[i] != '\0' && base[i] != '.' && n < NAME_MAX_CHARS; i++) {
        const unsigned char ch = (unsigned char)base[i];
        slug[n++] = ch < 128 && isalnum(ch) ? (char)tolower(ch) : '_';
    }
    slug[n] = '\0';
    if (n == 0 || gr_task_find(slug) != NULL) gr_buf_adds(&b, "custom_");
    gr_buf_adds(&b, n ? slug : "task");
    c->task.name = b.oom ? NULL : gr_arena_strndup(&c->arena, b.p, b.n);
    gr_buf_free(&b);
    c->task.title = c->task.name;
    c->task.about = "from your own files";
    return c->task.name != NULL ? GR_OK : gr_fail_nomem(err, "a task's name");
}

static const gr_metric_use two_classes[] = { { &gr_metric_accuracy, true }, { &gr_metric_f1, false }, { NULL, false } };
static const gr_metric_use classes[] = {
    { &gr_metric_accuracy, true },  { &gr_metric_macro_precision, false }, { &gr_metric_macro_recall, false },
    { &gr_metric_macro_f1, false }, { NULL, false },
};
static const gr_metric_use values[] = {
    { &gr_metric_pearson, true }, { &gr_metric_spearman, true }, { &gr_metric_mse, false },
    { &gr_metric_rmse, false },   { &gr_metric_mae, false },     { NULL, false },
};
static const gr_metric_use tags[] = {
    { &gr_metric_seqeval_f1, true },        { &gr_metric_seqeval_precision, false }, { &gr_metric_seqeval_recall, false },
    { &gr_metric_seqeval_accuracy, false }, { NULL, false },
};

static const gr_metric_use *metrics_of(gr_head_spec head)
{
    switch (head.kind) {
    case GR_HEAD_REGRESSION: return values;
    case GR_HEAD_TOKEN: return tags;
    default: return head.n_out == 2 ? two_classes : classes;
    }
}

static gr_status build(custom *c, const gr_custom_opts *o, gr_err *err)
{
    gr_status s;

    GR_TRY(add_files(c, o, err));
    GR_TRY(add_labels(c, o, err));
    GR_TRY(add_splits(c, o, err));
    GR_TRY(add_name(c, o->train_file, err));
    c->task.abi = GR_TASK_ABI;
    c->task.suite = "custom";
    c->task.flags = GR_TASK_NOT_DEFAULT;
    c->task.metrics = metrics_of(c->task.head);
    c->task.max_len = MAX_LEN;
    s = gr_task_validate(&c->task, err);
    if (s == GR_OK) gr_say_understood(&c->task, &c->source[0], c->split[0].rule.kind == GR_RULE_PART ? given(o->split) ? o->split : DEFAULT_CUT : NULL);
    return s == GR_E_INTERNAL ? gr_wrap(err, GR_E_FORMAT, "%s", c->source[0].archives[0]) : s; /* the user's file, not ours */
}

gr_status gr_task_custom(gr_task **out, const gr_custom_opts *opts, gr_err *err)
{
    custom *const c = calloc(1, sizeof *c);
    gr_status     s;

    *out = NULL;
    if (c == NULL) return gr_fail_nomem(err, "a task");
    gr_arena_init(&c->arena, 0);
    s = gr_input_status(build(c, opts, err), err);
    if (s == GR_OK) *out = &c->task;
    else gr_task_custom_free(&c->task);
    return s;
}

void gr_task_custom_free(gr_task *t)
{
    custom *const c = (custom *)t;

    if (c == NULL) return;
    gr_arena_free(&c->arena);
    free(c);
}

/* ---- texts alone ---- */

gr_status gr_custom_texts(gr_examples *out, const char *path, const char *text_column, const char *pair_column, gr_err *err)
{
    const gr_custom_opts o = { .text_column = text_column, .pair_column = pair_column };
    custom *const        c = calloc(1, sizeof *c);
    gr_status            s;

    memset(out, 0, sizeof *out);
    if (c == NULL) return gr_fail_nomem(err, "a table");
    gr_arena_init(&c->arena, 0);
    c->texts_only = true;
    s = add_file(c, 0, path, &o, err);
    if (s == GR_OK && c->source[0].reader == GR_READ_CONLL) s = gr_scan_tags(&c->source[0], path, &c->arena, err);
    if (s == GR_OK) {
        const gr_split        splits[] = { { .name = "", .sources = c->source, .n_sources = 1 }, { .name = NULL } };
        const gr_dataset_spec spec = { .splits = splits };
        s = gr_dataset_load(out, &spec, "", "", NULL, err);
    }
    gr_task_custom_free(&c->task);
    return gr_input_status(s, err);
}
