/* conll.c - a token a line in columns, a sentence a row; see reader.h.
 *
 * Columns are parted by runs of blanks and tabs. A line of white space alone, of whatever kind, ends a sentence, -DOCSTART-
 * lines too, and they are no tokens. Every token of a file has as many columns as its first. Tags are handed on as they stand,
 * or from IOB1 as IOB2. */
#include <stdlib.h>
#include <string.h>

#include "data/reader.h"

static bool is_gap(char c)
{
    return c == ' ' || c == '\t';
}

typedef struct token {
    gr_sv  word, tag;
    size_t n_col;
} token;

/* Number of the column, 1-based, that the source wants; 0: none. */
static size_t want(int given, size_t fallback)
{
    return given > 0 ? (size_t)given : given < 0 ? 0 : fallback;
}

static token split(gr_sv line, const gr_source *src)
{
    token        t = { { "", 0 }, { "", 0 }, 0 };
    const size_t word = want(src->word_column, 1), tag = want(src->tag_column, 0);
    size_t       i = 0;

    for (;;) {
        gr_sv f;

        while (i < line.n && is_gap(line.p[i])) i++;
        if (i == line.n) return t;
        f.p = line.p + i;
        while (i < line.n && !is_gap(line.p[i])) i++;
        f.n = (size_t)(line.p + i - f.p);
        t.n_col++;
        if (t.n_col == word) t.word = f;
        if (t.n_col == tag || (src->tag_column == 0)) t.tag = f; /* 0: the last one stays */
    }
}

static gr_status check(gr_reader *r, const token *t, gr_err *err)
{
    const int    wc = r->src->word_column, tc = r->src->tag_column;
    const size_t word = want(wc, 1), tag = want(tc, word + 1);
    const size_t least = word > tag ? word : tag;

    if (t->n_col < least)
        return gr_fail(err, GR_E_FORMAT, "line %zu: %zu column%s where %s%zu are expected", r->in.line, t->n_col,
                       t->n_col == 1 ? "" : "s", r->n_file ? "" : "at least ", r->n_file ? r->n_file : least);
    if (r->n_file == 0) r->n_file = t->n_col;
    if (t->n_col != r->n_file)
        return gr_fail(err, GR_E_FORMAT, "line %zu: %zu column%s where %zu are expected", r->in.line, t->n_col,
                       t->n_col == 1 ? "" : "s", r->n_file);
    return GR_OK;
}

/* Tokens of the next sentence, word and tag by turns, into r->field. */
static gr_status sentence(gr_reader *r, size_t *n_words, gr_err *err)
{
    gr_sv line;
    bool  more;

    for (*n_words = 0;;) {
        token t;

        GR_TRY(gr_lines_next(&r->in, &line, &more, err));
        if (!more) return GR_OK;
        if (gr_text_strip(line).n == 0 || gr_sv_starts(line, "-DOCSTART-")) {
            if (*n_words > 0) return GR_OK;
            continue;
        }
        t = split(line, r->src);
        GR_TRY(check(r, &t, err));
        GR_TRY(gr_reader_note_line(r, *n_words, err));
        GR_TRY(gr_reader_push(r, t.word, err));
        GR_TRY(gr_reader_push(r, t.tag, err));
        (*n_words)++;
    }
}

static bool same_type(gr_sv a, gr_sv b)
{
    return a.n == b.n && a.n > 2 && memcmp(a.p + 2, b.p + 2, a.n - 2) == 0;
}

/* IOB1 writes I- on the first word of an entity too, unless it follows another of its type. */
static gr_status to_iob2(gr_reader *r, gr_sv *tag, size_t n, gr_err *err)
{
    gr_sv before = { "O", 1 };

    for (size_t i = 0; i < n; i++) {
        const gr_sv t = tag[i];

        if (gr_sv_starts(t, "I-") && !same_type(before, t)) {
            char *const p = gr_arena_strndup(r->arena, t.p, t.n);
            if (p == NULL) return gr_fail_nomem(err, "a tag");
            p[0] = 'B';
            tag[i].p = p;
        }
        before = t;
    }
    return GR_OK;
}

gr_status gr_conll_next(gr_reader *r, gr_row *row, bool *more, gr_err *err)
{
    size_t n;

    r->n_field = 0;
    GR_TRY(sentence(r, &n, err));
    *more = n > 0;
    if (n == 0) return GR_OK;
    GR_TRY(gr_reader_need_cols(r, 2 * n, err));
    for (size_t i = 0; i < n; i++) {
        r->col[i] = r->field[2 * i];
        r->col[n + i] = r->field[2 * i + 1];
    }
    if (r->src->iob1) GR_TRY(to_iob2(r, r->col + n, n, err));
    row->n_words = n;
    row->n_col = r->src->tag_column < 0 ? n : 2 * n;
    row->word_line = r->word_line;
    row->line = r->word_line[0];
    return GR_OK;
}
