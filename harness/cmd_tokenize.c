/* cmd_tokenize.c - `glue-run tokenize`: lines of text in, one JSON object a line out.
 *
 * A line ends at LF; what is before it is the text, blanks and CR included. With --pair the first TAB
 * parts text and pair; with --words the line is words between blanks, as NER sees them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/options.h"
#include "harness/cmd.h"
#include "harness/locate.h"
#include "model/tokenizer/tokenizer.h"

typedef struct options {
    const char *model, *lowercase;
    bool        pair, words, help;
    int64_t     max_length;
} options;

#define AT(field) offsetof(options, field)
static const gr_opt table[] = {
    { .name = "model", .aliases = "model-name-or-path|tokenizer-name", .type = GR_OPT_STR, .offset = AT(model), .fallback = "demo",
      .value = "DIR", .help = "folder with tokenizer.json or vocab.txt, or a model's name" },
    { .name = "pair", .type = GR_OPT_FLAG, .offset = AT(pair), .help = "a line is text TAB pair" },
    { .name = "words", .type = GR_OPT_FLAG, .offset = AT(words), .help = "a line is words between blanks; offsets count within the word" },
    { .name = "max-length", .aliases = "max-seq-length", .type = GR_OPT_INT, .offset = AT(max_length), .fallback = "0", .hi = 1 << 24,
      .value = "N", .help = "truncate to N tokens, longest first; 0 = no truncation" },
    { .name = "lowercase", .aliases = "do-lower-case", .type = GR_OPT_CHOICE, .offset = AT(lowercase), .fallback = "auto",
      .choices = "auto|true|false", .help = "for a vocab.txt that stands alone; auto = as tokenizer_config.json says, else true" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = AT(help), .help = "show this" },
    { .name = NULL },
};

/* ---- one line ---- */

static void put_numbers(gr_buf *out, const char *key, const int32_t *x, size_t n)
{
    gr_buf_addf(out, "\"%s\":[", key);
    for (size_t i = 0; i < n; i++) gr_buf_addf(out, i ? ",%d" : "%d", (int)x[i]);
    gr_buf_adds(out, "],");
}

static void put_pairs(gr_buf *out, const char *key, int32_t (*x)[2], size_t n)
{
    gr_buf_addf(out, "\"%s\":[", key);
    for (size_t i = 0; i < n; i++) gr_buf_addf(out, i ? ",[%d,%d]" : "[%d,%d]", (int)x[i][0], (int)x[i][1]);
    gr_buf_adds(out, "],");
}

static gr_status print_encoding(gr_buf *out, const gr_tok *t, const gr_encoding *e, gr_err *err)
{
    gr_buf_reset(out);
    gr_buf_addc(out, '{');
    put_numbers(out, "ids", e->ids, e->n);
    put_numbers(out, "type_ids", e->type_ids, e->n);
    gr_buf_adds(out, "\"tokens\":[");
    for (size_t i = 0; i < e->n; i++) {
        if (i) gr_buf_addc(out, ',');
        gr_json_quote(out, gr_sv_from(gr_tok_token(t, e->ids[i])));
    }
    gr_buf_adds(out, "],");
    put_pairs(out, "offsets", e->offsets, e->n);
    put_pairs(out, "byte_offsets", e->byte_offsets, e->n);
    put_numbers(out, "word_ids", e->word_ids, e->n);
    put_numbers(out, "sequence_ids", e->sequence_ids, e->n);
    out->n -= out->n > 0; /* the comma behind the last array */
    gr_buf_adds(out, "}\n");
    if (out->oom) return gr_fail_nomem(err, "a line");
    if (fwrite(out->p, 1, out->n, stdout) != out->n) return gr_fail(err, GR_E_IO, "standard output: cannot write");
    return GR_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The words of a line into *list, which grows. */
static gr_status split_words(gr_sv **list, size_t *cap, size_t *n, gr_sv line, gr_err *err)
{
    *n = 0;
    for (size_t i = 0; i < line.n;) {
        size_t end = i;

        while (end < line.n && !is_blank(line.p[end])) end++;
        if (end > i) {
            if (*n == *cap) {
                gr_sv *p = realloc(*list, (2 * *cap + 16) * sizeof *p);
                if (!p) return gr_fail_nomem(err, "the words of a line");
                *list = p;
                *cap = 2 * *cap + 16;
            }
            (*list)[(*n)++] = (gr_sv){ line.p + i, end - i };
        }
        i = end + 1;
    }
    return GR_OK;
}

typedef struct job {
    const options *o;
    const gr_tok  *t;
    gr_tok_work   *w;
    gr_buf         out;
    gr_sv         *words;
    size_t         cap;
} job;

static gr_status do_line(job *j, gr_sv line, gr_err *err)
{
    const size_t limit = (size_t)j->o->max_length;
    gr_sv pair = { NULL, 0 };
    gr_encoding e;
    size_t n;

    if (j->o->words) {
        GR_TRY(split_words(&j->words, &j->cap, &n, line, err));
        GR_TRY(gr_tok_encode_words(j->w, &e, j->words, n, limit, true, err));
        return print_encoding(&j->out, j->t, &e, err);
    }
    if (j->o->pair) {
        const gr_sv all = line;

        pair = line;
        line = gr_sv_split(&pair, '\t');
        if (line.n == all.n) return gr_fail(err, GR_E_FORMAT, "no TAB between text and pair");
    }
    GR_TRY(gr_tok_encode(j->w, &e, line, pair, limit, true, err));
    return print_encoding(&j->out, j->t, &e, err);
}

/* ---- all lines ---- */

static gr_status do_lines(job *j, FILE *in, gr_err *err)
{
    char *line = NULL;
    size_t cap = 0, number = 1;
    ssize_t got;
    gr_status s = GR_OK;

    for (; s == GR_OK && (got = getline(&line, &cap, in)) >= 0; number++) {
        const size_t n = (size_t)got - (got > 0 && line[got - 1] == '\n');

        s = do_line(j, (gr_sv){ line, n }, err);
        if (s == GR_E_FORMAT) (void)gr_wrap(err, s, "line %zu", number);
    }
    if (s == GR_OK && ferror(in)) s = gr_fail(err, GR_E_FORMAT, "standard input: cannot read line %zu", number);
    free(line);
    return s;
}

static gr_status tokenize(const options *o, gr_err *err)
{
    char dir[GR_PATH_MAX];
    gr_tok_opts opts = GR_TOK_OPTS_DEFAULT;
    gr_tok *t = NULL;
    job j = { o, NULL, NULL, { NULL, 0, 0, false }, NULL, 0 };
    gr_status s;

    if (o->pair && o->words) return gr_fail(err, GR_E_ARG, "tokenize: --pair and --words exclude each other");
    if (gr_fs_is_dir(o->model)) (void)snprintf(dir, sizeof dir, "%.4000s", o->model);
    else GR_TRY(gr_locate_model(dir, o->model, err));
    if (strcmp(o->lowercase, "auto") != 0) opts.lowercase = strcmp(o->lowercase, "true") == 0;
    GR_TRY(gr_input_status(gr_tok_open(&t, dir, &opts, err), err));
    s = gr_tok_work_open(&j.w, t, err);
    j.t = t;
    if (s == GR_OK) s = do_lines(&j, stdin, err);
    gr_tok_work_close(j.w);
    gr_tok_close(t);
    gr_buf_free(&j.out);
    free(j.words);
    return s;
}

int gr_cmd_tokenize(int argc, char **argv)
{
    static const gr_cmd_spec spec = {
        "glue-run tokenize --model DIR [options] < lines\n\nOne JSON object a line: ids, type_ids, tokens, offsets (code points), byte_offsets, "
        "word_ids,\nsequence_ids; -1 for tokens that the template adds.\n",
        table, "text comes on standard input",
    };
    gr_cmd_words w;
    options o = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_status s = gr_cmd_begin(&w, &o, NULL, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help) s = tokenize(&o, &err);
    return gr_cmd_end(&w, s, &err);
}
