/* cmd_predict.c - `glue-run predict`: classes with probabilities, a value, or entities, from a fine-tuned model.
 *
 * One text from --text (and --pair), lines of --file (text, or text TAB pair), or the columns of a table that --file names. Of words (CoNLL
 * columns, lists in JSON lines) each gets its tag, behind the file's own: what `score` reads. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/options.h"
#include "harness/cmd.h"
#include "harness/entities.h"
#include "harness/infer.h"
#include "harness/interrupt.h"
#include "harness/softmax.h"
#include "tasks/custom.h"

typedef struct options {
    const char *model, *device, *text, *pair, *file, *text_column, *pair_column;
    int64_t     top_k, max_length, threads;
    bool        json, logits, help;
} options;

#define AT(field) offsetof(options, field)
static const gr_opt table[] = {
    { .name = "model", .aliases = "model-name-or-path", .type = GR_OPT_STR, .offset = AT(model), .value = "DIR", .help = "folder of a fine-tuned model" },
    { .name = "text", .type = GR_OPT_STR, .offset = AT(text), .value = "T", .help = "the text" },
    { .name = "pair", .type = GR_OPT_STR, .offset = AT(pair), .value = "P", .help = "its second text, for models of pairs" },
    { .name = "file", .type = GR_OPT_STR, .offset = AT(file), .value = "F", .help = "a line is text or text TAB pair, - is standard input; of a .csv or .jsonl its columns; of a .conll its words" },
    { .name = "text-column", .type = GR_OPT_STR, .offset = AT(text_column), .value = "NAME", .help = "of a table: the column of the text (default: by its usual names); makes a .tsv a table" },
    { .name = "pair-column", .type = GR_OPT_STR, .offset = AT(pair_column), .value = "NAME", .help = "of a table: the column of the second text" },
    { .name = "top-k", .type = GR_OPT_INT, .offset = AT(top_k), .fallback = "0", .hi = 1 << 24, .value = "N",
      .help = "so many labels, most probable first; 0 = all for --text, one a line for --file" },
    { .name = "json", .type = GR_OPT_FLAG, .offset = AT(json), .help = "one JSON object a text" },
    { .name = "logits", .type = GR_OPT_FLAG, .offset = AT(logits), .help = "with --json: token ids, segments and the model's outputs too" },
    { .name = "max-length", .aliases = "max-seq-length", .type = GR_OPT_INT, .offset = AT(max_length), .fallback = "0", .hi = 1 << 24, .value = "N",
      .help = "cut texts at N tokens; 0 = the tokenizer's model_max_length, or as many as the model has positions" },
    { .name = "device", .type = GR_OPT_STR, .offset = AT(device), .fallback = "cpu", .value = "D", .help = "cpu, ref, ref64" },
    { .name = "threads", .type = GR_OPT_INT, .offset = AT(threads), .fallback = "0", .hi = 4096, .value = "N", .help = "0 = all cores" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = AT(help), .help = "show this" },
    { .name = NULL },
};

typedef struct job {
    const options *o;
    gr_infer      *f;
    size_t         top;    /* labels shown */
    double        *p;      /* [width] probabilities */
    size_t        *order;  /* [width] labels, most probable first */
    gr_buf         out;
    const gr_example *sentence; /* of the batch's first row; NULL: rows are texts */
    size_t         untagged; /* words without a token */
} job;

/* ---- classes and values ---- */

/* Insertion sort by falling probability; equal ones in label order. */
static void rank(job *j, const double *logits)
{
    const size_t n = (size_t)j->f->width;

    gr_softmax(j->p, logits, n);
    for (size_t i = 0; i < n; i++) {
        size_t k = i;

        for (; k > 0 && j->p[j->order[k - 1]] < j->p[i]; k--) j->order[k] = j->order[k - 1];
        j->order[k] = i;
    }
}

static void class_json(job *j, const double *logits)
{
    const char *const *labels = j->f->model->labels;

    rank(j, logits);
    gr_buf_adds(&j->out, ",\"label\":");
    gr_json_quote(&j->out, gr_sv_from(labels[j->order[0]]));
    gr_buf_adds(&j->out, ",\"probability\":");
    gr_json_number(&j->out, j->p[j->order[0]]);
    gr_buf_adds(&j->out, ",\"scores\":[");
    for (size_t i = 0; i < j->top; i++) {
        gr_buf_adds(&j->out, i ? ",{\"label\":" : "{\"label\":");
        gr_json_quote(&j->out, gr_sv_from(labels[j->order[i]]));
        gr_buf_adds(&j->out, ",\"probability\":");
        gr_json_number(&j->out, j->p[j->order[i]]);
        gr_buf_addc(&j->out, '}');
    }
    gr_buf_addc(&j->out, ']');
}

/* A label and its probability a line; TABs between them when a text has one line. */
static void class_text(job *j, const double *logits)
{
    rank(j, logits);
    for (size_t i = 0; i < j->top; i++)
        gr_buf_addf(&j->out, "%s%s\t%.4f", i == 0 ? "" : j->o->file ? "\t" : "\n", j->f->model->labels[j->order[i]], j->p[j->order[i]]);
    gr_buf_addc(&j->out, '\n');
}

/* ---- entities ---- */

static gr_status find_entities(job *j, gr_entity **list, size_t *n, size_t row, gr_err *err)
{
    const size_t first = (size_t)j->f->cu[row], width = (size_t)j->f->width;
    const gr_tagged t = {
        .n = (size_t)j->f->cu[row + 1] - first, .n_out = width, .word_ids = j->f->word_ids + first,
        .offsets = (const int32_t (*)[2])(j->f->offsets + first), .byte_offsets = (const int32_t (*)[2])(j->f->byte_offsets + first),
        .logits = j->f->out + first * width, .labels = j->f->model->labels,
    };

    return gr_entities_find(list, n, &t, err);
}

static gr_status put_entities(job *j, size_t row, gr_err *err)
{
    const gr_sv text = gr_infer_text(j->f, row);
    gr_entity *list = NULL;
    size_t n = 0;

    GR_TRY(find_entities(j, &list, &n, row, err));
    if (j->o->json) gr_buf_adds(&j->out, ",\"entities\":[");
    for (size_t i = 0; i < n; i++) {
        const gr_entity *e = &list[i];
        const gr_sv span = { text.p + e->start_byte, (size_t)(e->end_byte - e->start_byte) };

        if (j->o->json) {
            gr_buf_adds(&j->out, i ? ",{\"label\":" : "{\"label\":");
            gr_json_quote(&j->out, gr_sv_from(e->type));
            gr_buf_adds(&j->out, ",\"text\":");
            gr_json_quote(&j->out, span);
            gr_buf_addf(&j->out, ",\"start\":%d,\"end\":%d,\"probability\":", (int)e->start, (int)e->end);
            gr_json_number(&j->out, e->score);
            gr_buf_addc(&j->out, '}');
        } else {
            gr_buf_addf(&j->out, "%s%s\t%.4f\t%d\t%d\t", i && j->o->file ? "\t" : "", e->type, e->score, (int)e->start, (int)e->end);
            gr_buf_add(&j->out, span.p, span.n);
            if (!j->o->file) gr_buf_addc(&j->out, '\n');
        }
    }
    if (j->o->json) gr_buf_addc(&j->out, ']');
    else if (j->o->file) gr_buf_addc(&j->out, '\n');
    free(list);
    return GR_OK;
}

/* ---- tags of words ---- */

/* The label of each word's first token, as it was trained; NULL where the word has none: it was cut off, or holds nothing that the tokenizer keeps. */
static gr_status find_tags(job *j, const char ***out, size_t row, size_t n_words, gr_err *err)
{
    const size_t width = (size_t)j->f->width;
    const char **tags = calloc(n_words + 1, sizeof *tags);

    if (!tags) return gr_fail_nomem(err, "the tags");
    for (int32_t t = j->f->cu[row]; t < j->f->cu[row + 1]; t++) {
        const int32_t w = j->f->word_ids[t];
        if (w < 0 || tags[w]) continue;
        rank(j, j->f->out + (size_t)t * width);
        tags[w] = j->f->model->labels[j->order[0]];
    }
    for (size_t w = 0; w < n_words; w++) j->untagged += !tags[w];
    *out = tags;
    return GR_OK;
}

static void put_tags_json(job *j, const char *key, const char *const *tags, size_t n)
{
    gr_buf_addf(&j->out, ",\"%s\":[", key);
    for (size_t w = 0; w < n; w++) {
        if (w) gr_buf_addc(&j->out, ',');
        if (tags[w]) gr_json_quote(&j->out, gr_sv_from(tags[w]));
        else gr_buf_adds(&j->out, "null");
    }
    gr_buf_addc(&j->out, ']');
}

/* As a column: blanks and ends of lines within a word of a list ("New York", "\n") would make columns and sentences of their own. */
static void put_word(gr_buf *out, gr_sv word)
{
    for (size_t i = 0; i < word.n; i++) gr_buf_addc(out, (unsigned char)word.p[i] > ' ' ? word.p[i] : '_');
}

static void put_lines(job *j, const gr_example *x, const char *const *tags)
{
    for (size_t w = 0; w < x->n_words; w++) {
        put_word(&j->out, x->words[w]);
        if (x->tags) gr_buf_addf(&j->out, "\t%s", x->tags[w]);
        gr_buf_addf(&j->out, "\t%s\n", tags[w] ? tags[w] : "O");
    }
    gr_buf_addc(&j->out, '\n');
}

static void put_lists(job *j, const gr_example *x, const char *const *tags)
{
    gr_buf_adds(&j->out, "{\"words\":[");
    for (size_t w = 0; w < x->n_words; w++) {
        if (w) gr_buf_addc(&j->out, ',');
        gr_json_quote(&j->out, x->words[w]);
    }
    gr_buf_addc(&j->out, ']');
    if (x->tags) put_tags_json(j, "labels", x->tags, x->n_words);
    put_tags_json(j, "predicted", tags, x->n_words);
}

static gr_status put_tags(job *j, size_t row, gr_err *err)
{
    const gr_example *x = &j->sentence[row];
    const char **tags;

    GR_TRY(find_tags(j, &tags, row, x->n_words, err));
    if (j->o->json) put_lists(j, x, tags);
    else put_lines(j, x, tags);
    free(tags);
    return GR_OK;
}

/* ---- a row ---- */

static void put_ids(job *j, const char *key, const int32_t *x, size_t row)
{
    gr_buf_addf(&j->out, ",\"%s\":[", key);
    for (int32_t i = j->f->cu[row]; i < j->f->cu[row + 1]; i++) gr_buf_addf(&j->out, i > j->f->cu[row] ? ",%d" : "%d", (int)x[i]);
    gr_buf_addc(&j->out, ']');
}

static void put_raw(job *j, size_t row)
{
    const bool tokens = j->f->model->head.kind == GR_HEAD_TOKEN;
    const size_t width = (size_t)j->f->width;
    size_t first = row, end = row + 1; /* rows of logits */

    if (tokens) {
        first = (size_t)j->f->cu[row];
        end = (size_t)j->f->cu[row + 1];
    }
    put_ids(j, "ids", j->f->ids, row);
    put_ids(j, "type_ids", j->f->types, row);
    gr_buf_adds(&j->out, ",\"logits\":[");
    for (size_t r = first; r < end; r++) {
        if (tokens) gr_buf_adds(&j->out, r > first ? ",[" : "[");
        for (size_t i = 0; i < width; i++) {
            if (i) gr_buf_addc(&j->out, ',');
            gr_json_number(&j->out, j->f->out[r * width + i]);
        }
        if (tokens) gr_buf_addc(&j->out, ']');
    }
    gr_buf_addc(&j->out, ']');
}

static void put_text(job *j, size_t row)
{
    const gr_sv pair = gr_infer_pair(j->f, row);

    gr_buf_adds(&j->out, "{\"text\":");
    gr_json_quote(&j->out, gr_infer_text(j->f, row));
    if (!pair.p) return;
    gr_buf_adds(&j->out, ",\"pair\":");
    gr_json_quote(&j->out, pair);
}

static gr_status put_row(job *j, size_t row, gr_err *err)
{
    const gr_head_kind kind = j->f->model->head.kind;
    const double *logits = kind == GR_HEAD_TOKEN ? NULL : j->f->out + row * (size_t)j->f->width;

    if (j->o->json && !j->sentence) put_text(j, row);
    if (j->sentence) GR_TRY(put_tags(j, row, err));
    else if (kind == GR_HEAD_TOKEN) GR_TRY(put_entities(j, row, err));
    else if (kind == GR_HEAD_CLASS && j->o->json) class_json(j, logits);
    else if (kind == GR_HEAD_CLASS) class_text(j, logits);
    else if (j->o->json) {
        gr_buf_adds(&j->out, ",\"value\":");
        gr_json_number(&j->out, logits[0]);
    } else {
        gr_buf_addf(&j->out, "%.6g\n", logits[0]);
    }
    if (j->o->json && j->o->logits) put_raw(j, row);
    if (j->o->json) gr_buf_adds(&j->out, "}\n");
    return GR_OK;
}

static gr_status flush_batch(job *j, gr_err *err)
{
    GR_TRY(gr_infer_run(j->f, err));
    gr_buf_reset(&j->out);
    for (size_t r = 0; r < (size_t)j->f->batch.n_rows; r++) GR_TRY(put_row(j, r, err));
    gr_infer_clear(j->f);
    if (j->out.oom) return gr_fail(err, GR_E_NOMEM, "out of memory for the output");
    if (fwrite(j->out.p ? j->out.p : "", 1, j->out.n, stdout) != j->out.n) return gr_fail(err, GR_E_IO, "standard output: cannot write");
    return GR_OK;
}

/* ---- the command ---- */

static gr_status take_line(void *user, gr_sv line, gr_err *err)
{
    job *j = user;
    gr_sv pair = line;
    const gr_sv text = gr_sv_split(&pair, '\t');

    if (text.n == line.n) pair = (gr_sv){ NULL, 0 };
    if (j->f->model->head.kind == GR_HEAD_TOKEN) GR_TRY(gr_infer_add(j->f, line, (gr_sv){ NULL, 0 }, err));
    else GR_TRY(gr_infer_add(j->f, text, pair, err));
    return gr_infer_full(j->f) ? flush_batch(j, err) : GR_OK;
}

static gr_status take_file(job *j, gr_err *err)
{
    const bool standard = strcmp(j->o->file, "-") == 0;
    FILE *in = standard ? stdin : fopen(j->o->file, "rb");
    gr_status s;

    if (!j->o->file[0]) return gr_fail(err, GR_E_ARG, "--file is empty: a variable that is not set?");
    if (!standard && gr_fs_is_dir(j->o->file)) {
        if (in) (void)fclose(in);
        return gr_fail(err, GR_E_NOTFOUND, "%s: a folder, not a file", j->o->file);
    }
    if (!in) return gr_fail(err, GR_E_NOTFOUND, "%s: %s", j->o->file, strerror(errno));
    s = gr_infer_lines(in, standard ? "standard input" : j->o->file, take_line, j, err);
    if (!standard) (void)fclose(in);
    return s;
}

static const char *const tables[] = { ".csv", ".jsonl", ".ndjson", ".json", NULL };
static const char *const tokens[] = { ".conll", ".iob", ".iob2", ".bio", NULL };

static bool ends_in(const char *file, const char *const *endings)
{
    size_t n = strlen(file);

    if (n >= 3 && strcasecmp(file + n - 3, ".gz") == 0) n -= 3;
    for (; *endings; endings++)
        if (n >= strlen(*endings) && strncasecmp(file + n - strlen(*endings), *endings, strlen(*endings)) == 0) return true;
    return false;
}

/* A .tsv of text TAB pair has no header and is read by lines, unless a column is named; a .txt is lines of text, where `run` would see a token a line. */
static bool is_table(const options *o)
{
    return ends_in(o->file, tables) || ends_in(o->file, tokens) || o->text_column || o->pair_column;
}

static gr_status take_rows(job *j, const gr_examples *ex, gr_err *err)
{
    const bool tags = j->f->model->head.kind == GR_HEAD_TOKEN, sentences = ex->n && ex->e[0].n_words;
    const gr_sv none = { NULL, 0 };

    if (sentences && !tags) return gr_fail(err, GR_E_ARG, "%s holds words to be tagged: the model has no tags", j->o->file);
    for (size_t i = 0; i < ex->n; i++) {
        const gr_example *x = &ex->e[i];
        gr_status s;

        if (sentences && j->f->batch.n_rows == 0) j->sentence = x;
        s = sentences ? gr_infer_add_words(j->f, x->words, x->n_words, err) : gr_infer_add(j->f, x->text_a, tags ? none : x->text_b, err);
        if (s != GR_OK) return gr_wrap(err, s, "%s: row %zu", j->o->file, i + 1);
        if (gr_infer_full(j->f)) GR_TRY(flush_batch(j, err));
        if (gr_interrupted()) return gr_fail(err, GR_E_CANCELLED, "interrupted");
    }
    return flush_batch(j, err);
}

static gr_status take_table(job *j, gr_err *err)
{
    gr_examples ex;
    gr_status s;

    if (j->f->model->head.kind == GR_HEAD_TOKEN && j->o->pair_column) return gr_fail(err, GR_E_ARG, "predict: a model of word tags takes no --pair-column");
    if (j->o->text_column && ends_in(j->o->file, tokens)) return gr_fail(err, GR_E_ARG, "%s: columns of tokens have no names: leave out --text-column", j->o->file);
    GR_TRY(gr_custom_texts(&ex, j->o->file, j->o->text_column, j->o->pair_column, err));
    s = ex.n ? take_rows(j, &ex, err) : gr_fail(err, GR_E_FORMAT, "%s: no row to predict", j->o->file);
    gr_examples_free(&ex);
    if (s == GR_OK && j->untagged)
        gr_warn("%s: %zu word%s no prediction (%s), being cut off at %d tokens or without a token", j->o->file, j->untagged, j->untagged == 1 ? " has" : "s have",
                j->o->json ? "null" : "O", (int)j->f->max_length);
    return s;
}

static gr_status run(job *j, gr_err *err)
{
    const size_t width = (size_t)j->f->width;

    j->top = j->o->top_k > 0 ? (size_t)j->o->top_k : j->o->file ? 1 : width;
    if (j->top > width) j->top = width;
    j->p = calloc(width, sizeof *j->p);
    j->order = calloc(width, sizeof *j->order);
    if (!j->p || !j->order) return gr_fail(err, GR_E_NOMEM, "out of memory for the labels");
    if (j->o->file && is_table(j->o)) return take_table(j, err);
    if (j->o->file) {
        GR_TRY(take_file(j, err));
    } else {
        if (j->o->pair && j->f->model->head.kind == GR_HEAD_TOKEN) return gr_fail(err, GR_E_ARG, "predict: a model of word tags takes no --pair");
        GR_TRY(gr_infer_add(j->f, gr_sv_from(j->o->text), gr_sv_from(j->o->pair), err));
    }
    return flush_batch(j, err);
}

static gr_status check_options(const options *o, gr_err *err)
{
    if (!o->model) return gr_fail(err, GR_E_ARG, "predict: --model is needed: the folder of a fine-tuned model");
    if (!o->text && !o->file) return gr_fail(err, GR_E_ARG, "predict: one of --text and --file is needed");
    if (o->text && o->file) return gr_fail(err, GR_E_ARG, "predict: --text and --file are both given: keep one");
    if (!o->file && (o->text_column || o->pair_column)) return gr_fail(err, GR_E_ARG, "predict: --text-column and --pair-column go with --file");
    if (o->file && strcmp(o->file, "-") == 0 && (o->text_column || o->pair_column)) return gr_fail(err, GR_E_ARG, "predict: standard input has lines, no columns: give --file FILE");
    if (o->pair && !o->text) return gr_fail(err, GR_E_ARG, "predict: --pair goes with --text");
    if (o->logits && !o->json) return gr_fail(err, GR_E_ARG, "predict: --logits goes with --json");
    return GR_OK;
}

static gr_status predict(const options *o, gr_err *err)
{
    const gr_infer_opts io = { .model = o->model, .device = o->device, .threads = (int)o->threads, .max_length = o->max_length };
    job j = { .o = o };
    gr_status s;

    GR_TRY(check_options(o, err));
    gr_interrupt_install();
    GR_TRY(gr_infer_open(&j.f, &io, err));
    s = run(&j, err);
    free(j.p);
    free(j.order);
    gr_buf_free(&j.out);
    gr_infer_close(j.f);
    return s;
}

int gr_cmd_predict(int argc, char **argv)
{
    static const gr_cmd_spec spec = {
        "glue-run predict --model DIR [--text T [--pair P]] [--file F] [--top-k N] [--json]\n\nLabels with probabilities, a value for a regression "
        "model, or entities with their place\nin code points.\n",
        table, "give the text with --text",
    };
    gr_cmd_words w;
    options o = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_status s = gr_cmd_begin(&w, &o, NULL, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help) s = predict(&o, &err);
    return gr_cmd_end(&w, s, &err);
}
