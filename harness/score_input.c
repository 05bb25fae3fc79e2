/* score_input.c - see score_input.h. Files are read whole; every message starts with the path and
 * names the line. */
#include "harness/score_input.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"

/* ---- sides ----------------------------------------------------------------------------------- */

static gr_status add_unit(gr_score_side *s, size_t line, const char *id, gr_err *err)
{
    if (s->n_unit == s->cap_unit) {
        const size_t cap = s->cap_unit ? 2 * s->cap_unit : 256;
        gr_score_unit *p = realloc(s->unit, cap * sizeof *p);
        if (!p) return gr_fail_nomem(err, "the rows to score");
        s->unit = p;
        s->cap_unit = cap;
    }
    s->unit[s->n_unit++] = (gr_score_unit){ .first = s->n, .line = line, .id = id };
    return GR_OK;
}

/* One more item of the last unit. */
static gr_status put_item(gr_score_side *s, const char *text, size_t line, gr_err *err)
{
    if (s->n == s->cap) {
        const size_t cap = s->cap ? 2 * s->cap : 256;
        gr_score_item *p = realloc(s->item, cap * sizeof *p);
        if (!p) return gr_fail_nomem(err, "the rows to score");
        s->item = p;
        s->cap = cap;
    }
    s->item[s->n++] = (gr_score_item){ text, line };
    s->unit[s->n_unit - 1].n++;
    return GR_OK;
}

static gr_status add_item(gr_score_side *s, gr_arena *mem, gr_sv text, size_t line, gr_err *err)
{
    char *copy = gr_arena_strndup(mem, text.p, text.n);

    if (!copy) return gr_fail_nomem(err, "the rows to score");
    if (memchr(text.p, '\0', text.n)) return gr_fail(err, GR_E_FORMAT, "%s: line %zu: a NUL byte", s->path, line);
    return put_item(s, copy, line, err);
}

void gr_score_side_free(gr_score_side *s)
{
    free(s->item);
    free(s->unit);
    *s = (gr_score_side){ 0 };
}

/* ---- lines and words ------------------------------------------------------------------------- */

/* The lines of a file: LF or CRLF; the part behind the last LF counts when it is not empty. */
typedef struct lines {
    gr_sv  rest;
    size_t number;
} lines;

static bool next_line(lines *l, gr_sv *out)
{
    if (l->rest.n == 0) return false;
    *out = gr_sv_split(&l->rest, '\n');
    if (out->n && out->p[out->n - 1] == '\r') out->n--;
    l->number++;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts the next word off *line; false at its end. */
static bool next_word(gr_sv *line, gr_sv *out)
{
    size_t a = 0, b;

    while (a < line->n && is_blank(line->p[a])) a++;
    for (b = a; b < line->n && !is_blank(line->p[b]); b++) { }
    *out = (gr_sv){ line->p + a, b - a };
    *line = (gr_sv){ line->p + b, line->n - b };
    return out->n > 0;
}

static bool looks_like_tag(gr_sv w, bool suffix)
{
    const char letter = suffix ? w.p[w.n - 1] : w.p[0];

    if (w.n > 1 && (suffix ? w.p[w.n - 2] : w.p[1]) != '-') return false;
    return strchr("OBIESUL", letter) != NULL;
}

static gr_score_format tag_format(gr_sv text, bool suffix)
{
    lines l = { text, 0 };
    bool single = true, gap = false, gap_inside = false;
    gr_sv line, word;

    while (next_line(&l, &line)) {
        size_t n = 0;
        while (next_word(&line, &word)) {
            if (!looks_like_tag(word, suffix)) return GR_SCORE_CONLL;
            n++;
        }
        gap_inside = gap_inside || (gap && n > 0);
        gap = gap || n == 0;
        single = single && n <= 1;
    }
    return single && gap_inside ? GR_SCORE_CONLL : GR_SCORE_SENT;
}

static gr_score_format format_of(gr_sv text, const gr_score_spec *spec)
{
    gr_sv t = text;

    if (spec->format != GR_SCORE_AUTO) return spec->format;
    while (t.n && (is_blank(*t.p) || *t.p == '\r' || *t.p == '\n')) t = (gr_sv){ t.p + 1, t.n - 1 };
    if (t.n && *t.p == '{') return GR_SCORE_JSONL;
    return spec->kind == GR_SCORE_TAGS ? tag_format(text, spec->suffix) : GR_SCORE_LINES;
}

/* ---- the forms ------------------------------------------------------------------------------- */

/* A line of run_glue's predict_results_<task>.txt, and of a GLUE submission: the row's index, a TAB, its prediction. The index is the row's id. */
static gr_status add_indexed(gr_score_side *s, gr_arena *mem, gr_sv line, size_t number, gr_err *err)
{
    gr_sv rest = line;
    const gr_sv index = gr_sv_split(&rest, '\t');
    const char *id = gr_arena_strndup(mem, index.p, index.n);

    if (!id) return gr_fail_nomem(err, "the rows to score");
    if (index.n == 0 || rest.n == 0 || memchr(rest.p, '\t', rest.n))
        return gr_fail(err, GR_E_FORMAT, "%s: line %zu: an index, a TAB and a prediction are expected, as the header says", s->path, number);
    GR_TRY(add_unit(s, number, id, err));
    return add_item(s, mem, rest, number, err);
}

/* A TAB parts columns: a table that is read as values would be scored wrong in silence. */
static gr_status read_lines(gr_score_side *s, gr_arena *mem, gr_sv text, gr_err *err)
{
    lines l = { text, 0 };
    bool indexed = false;
    gr_sv line;

    while (next_line(&l, &line)) {
        line = gr_sv_trim(line);
        if (line.n == 0) return gr_fail(err, GR_E_FORMAT, "%s: line %zu is empty: one value a line is expected", s->path, l.number);
        if (l.number == 1 && (indexed = gr_sv_is(line, "index\tprediction"))) continue;
        if (indexed) {
            GR_TRY(add_indexed(s, mem, line, l.number, err));
            continue;
        }
        if (memchr(line.p, '\t', line.n))
            return gr_fail(err, GR_E_FORMAT, "%s: line %zu has several columns: one value a line is expected, or the header index<TAB>prediction", s->path, l.number);
        GR_TRY(add_unit(s, l.number, NULL, err));
        GR_TRY(add_item(s, mem, line, l.number, err));
    }
    return GR_OK;
}

/* An empty line is a sentence without a tag: the other file has one there too. */
static gr_status read_sentences(gr_score_side *s, gr_arena *mem, gr_sv text, gr_err *err)
{
    lines l = { text, 0 };
    gr_sv line, word;

    while (next_line(&l, &line)) {
        GR_TRY(add_unit(s, l.number, NULL, err));
        while (next_word(&line, &word)) GR_TRY(add_item(s, mem, word, l.number, err));
    }
    return GR_OK;
}

/* The hash of the words of a sentence, each with its end. */
static uint64_t add_word(uint64_t digest, gr_sv word)
{
    return gr_sv_hash(gr_sv_hash(digest ? digest : GR_SV_HASH, word), (gr_sv){ "\n", 1 });
}

/* column 1 is the last, 2 the one before it. -DOCSTART- lines part sentences, as in CoNLL-2003. */
static gr_status read_conll(gr_score_side *s, gr_arena *mem, gr_sv text, size_t column, gr_err *err)
{
    lines l = { text, 0 };
    bool open = false;
    gr_sv line;

    while (next_line(&l, &line)) {
        gr_sv last = { NULL, 0 }, before = last, first = last, word;
        size_t n = 0;
        const bool mark = gr_sv_starts(line, "-DOCSTART-");

        for (; !mark && next_word(&line, &word); n++) {
            before = last;
            last = word;
            if (n == 0) first = word;
        }
        if (n == 0) {
            open = false;
            continue;
        }
        if (n < column) return gr_fail(err, GR_E_FORMAT, "%s: line %zu: %zu column, but true and predicted tag need two", s->path, l.number, n);
        if (!open) GR_TRY(add_unit(s, l.number, NULL, err));
        open = true;
        if (n > column) s->unit[s->n_unit - 1].words = add_word(s->unit[s->n_unit - 1].words, first);
        GR_TRY(add_item(s, mem, column == 1 ? last : before, l.number, err));
    }
    return GR_OK;
}

/* ---- JSON rows ------------------------------------------------------------------------------- */

typedef enum part { PREDICTED, TRUE_ONES } part;

/* A JSON value as text: what a line of a plain file would hold. */
static gr_status add_json(gr_score_side *s, gr_arena *mem, const gr_json *v, const char *what, size_t line, gr_err *err)
{
    gr_buf b = { 0 };
    gr_status st;

    if (gr_json_is_string(v)) return add_item(s, mem, gr_json_sv(v), line, err);
    if (!gr_json_is_number(v) && !gr_json_is_bool(v))
        return gr_fail(err, GR_E_FORMAT, "%s: line %zu: %s is neither a string nor a number", s->path, line, what);
    if (gr_json_is_number(v)) gr_json_number(&b, gr_json_num(v, 0.0));
    else gr_buf_adds(&b, gr_json_bool(v, false) ? "true" : "false");
    st = b.oom ? gr_fail_nomem(err, "the rows to score") : add_item(s, mem, gr_buf_sv(&b), line, err);
    gr_buf_free(&b);
    return st;
}

/* The tags of a row. A word that truncation cut off has null as its prediction: an item without text. */
static gr_status add_json_tags(gr_score_side *s, gr_arena *mem, const gr_json *list, const char *what, part p, size_t line,
                               gr_err *err)
{
    if (!gr_json_is_array(list)) return gr_fail(err, GR_E_FORMAT, "%s: line %zu: %s is not a list of tags", s->path, line, what);
    for (const gr_json *v = gr_json_first(list); v; v = gr_json_next(v)) {
        if (p == PREDICTED && gr_json_is_null(v)) GR_TRY(put_item(s, NULL, line, err));
        else GR_TRY(add_json(s, mem, v, "a tag", line, err));
    }
    return GR_OK;
}

/* The score that ranks a row: of two scores the margin of the second, which orders rows as its
 * probability does; a single one as it is. */
static gr_status add_rank(gr_score_side *s, gr_arena *mem, const gr_json *list, size_t line, gr_err *err)
{
    const gr_json *a = gr_json_first(list), *b = gr_json_next(a);
    gr_buf text = { 0 };
    gr_status st;

    if (!gr_json_is_array(list) || gr_json_len(list) < 1 || gr_json_len(list) > 2 || !gr_json_is_number(a) || (b && !gr_json_is_number(b)))
        return gr_fail(err, GR_E_FORMAT, "%s: line %zu: 'scores' is not a list of one or two numbers", s->path, line);
    gr_json_number(&text, b ? gr_json_num(b, 0.0) - gr_json_num(a, 0.0) : gr_json_num(a, 0.0));
    st = text.oom ? gr_fail_nomem(err, "the rows to score") : add_item(s, mem, gr_buf_sv(&text), line, err);
    gr_buf_free(&text);
    return st;
}

/* The member of a JSON row that holds predictions or references. */
static const char *member(gr_score_kind kind, part p)
{
    if (kind == GR_SCORE_TAGS) return p == PREDICTED ? "predicted" : "labels";
    return p == PREDICTED ? "prediction" : "label";
}

static gr_status add_row(gr_score_side *s, gr_arena *mem, const gr_json *row, gr_score_kind kind, part p, size_t line, gr_err *err)
{
    const bool object = gr_json_is_object(row), tags = kind == GR_SCORE_TAGS;
    const char *key = member(kind, p);
    const gr_json *v = object ? gr_json_get(row, key) : row, *id = object ? gr_json_get(row, "id") : NULL;
    gr_buf b = { 0 };
    char *name = NULL;

    if (gr_json_is_number(id)) gr_json_number(&b, gr_json_num(id, 0.0));
    else if (gr_json_is_string(id)) gr_buf_add(&b, gr_json_sv(id).p, gr_json_sv(id).n);
    if (memchr(b.p ? b.p : "", '\0', b.n)) {
        gr_buf_free(&b);
        return gr_fail(err, GR_E_FORMAT, "%s: line %zu: a NUL byte in its id", s->path, line);
    }
    if (b.n) name = gr_arena_strndup(mem, b.p, b.n);
    gr_buf_free(&b);
    GR_TRY(add_unit(s, line, name, err));
    if (kind == GR_SCORE_RANKS && p == PREDICTED && object) return add_rank(s, mem, gr_json_get(row, "scores"), line, err);
    if (!v || gr_json_is_null(v)) return gr_fail(err, GR_E_FORMAT, "%s: line %zu: '%s' is missing", s->path, line, key);
    return tags ? add_json_tags(s, mem, v, key, p, line, err) : add_json(s, mem, v, key, line, err);
}

static gr_status read_jsonl(gr_score_side *s, gr_arena *mem, gr_sv text, gr_score_kind kind, part p, gr_err *err)
{
    lines l = { text, 0 };
    gr_sv line;

    while (next_line(&l, &line)) {
        gr_json *row = NULL;
        gr_status st;

        line = gr_sv_trim(line);
        if (line.n == 0) continue;
        st = gr_json_parse_line(&row, line, l.number, err);
        if (st != GR_OK) return gr_wrap(err, st, "%s", s->path);
        st = add_row(s, mem, row, kind, p, l.number, err);
        gr_json_free(row);
        GR_TRY(st);
    }
    return GR_OK;
}

/* ---- both sides ------------------------------------------------------------------------------ */

static gr_status read_side(gr_score_side *s, gr_arena *mem, gr_sv text, const gr_score_spec *spec, part p, bool together, gr_err *err)
{
    const gr_score_format f = format_of(text, spec);

    switch (f) {
    case GR_SCORE_JSONL: return read_jsonl(s, mem, text, spec->kind, p, err);
    case GR_SCORE_CONLL: return read_conll(s, mem, text, together && p == TRUE_ONES ? 2 : 1, err);
    default: break;
    }
    if (together) return gr_fail(err, GR_E_ARG, "%s holds predictions alone: --ref names the references", s->path);
    return f == GR_SCORE_SENT ? read_sentences(s, mem, text, err) : read_lines(s, mem, text, err);
}

static gr_status read_file(gr_score_side *s, gr_arena *mem, const gr_score_spec *spec, part p, bool together, gr_err *err)
{
    char *bytes = NULL;
    size_t n = 0;
    gr_sv text;
    gr_status st = gr_input_status(gr_fs_read(&bytes, &n, s->path, 0, err), err);

    if (st != GR_OK) return st;
    text = (gr_sv){ bytes, n };
    if (gr_sv_starts(text, "\xEF\xBB\xBF")) text = (gr_sv){ text.p + 3, text.n - 3 };
    st = read_side(s, mem, text, spec, p, together, err);
    free(bytes);
    return st;
}

/* As many tags, but of other sentences: files in another order score near nothing. Words may be masked on one side, so it is no fault. */
static void warn_of_words(const gr_score_side *p, const gr_score_side *r)
{
    for (size_t i = 0; i < p->n_unit; i++) {
        const gr_score_unit *a = &p->unit[i], *b = &r->unit[i];
        if (!a->words || !b->words || a->words == b->words) continue;
        gr_warn("%s: line %zu: other words than in %s: line %zu: are these the same sentences in the same order?", p->path, a->line, r->path, b->line);
        return;
    }
}

static bool has_ids(const gr_score_side *s)
{
    for (size_t i = 0; i < s->n_unit; i++)
        if (s->unit[i].id) return true;
    return false;
}

/* Only one side names its rows: they are joined by their order. That is right where its numbers rise by one, may be right where they rise (rows that both
 * files lack) or are no numbers, and is wrong where they fall. */
static gr_status check_order(const gr_score_side *with, const gr_score_side *without, gr_err *err)
{
    const gr_score_unit *odd = NULL;
    int64_t last = -1;

    for (size_t i = 0; i < with->n_unit; i++) {
        const gr_score_unit *u = &with->unit[i];
        int64_t x = 0;
        const bool number = u->id && gr_sv_int(&x, gr_sv_from(u->id), NULL) == GR_OK && x >= 0;

        if (number && x <= last)
            return gr_fail(err, GR_E_FORMAT, "%s: line %zu: row %" PRId64 " comes after row %" PRId64 ", and %s does not number its rows: sort by number, or number both", with->path,
                           u->line, x, last, without->path);
        if (!odd && (!number || (i && x != last + 1))) odd = u;
        if (number) last = x;
    }
    if (odd)
        gr_warn("%s: line %zu: row '%.60s' stands in place %zu: rows are joined by their order, since %s does not number its own", with->path, odd->line,
                odd->id ? odd->id : "(no number)", (size_t)(odd - with->unit) + 1, without->path);
    return GR_OK;
}

static gr_status check_pair(const gr_score_side *p, const gr_score_side *r, bool tags, gr_err *err)
{
    if (p->n_unit != r->n_unit)
        return gr_fail(err, GR_E_FORMAT, "%s has %zu %s, %s has %zu", p->path, p->n_unit, tags ? "sentences" : "rows", r->path, r->n_unit);
    if (p->n_unit == 0) return gr_fail(err, GR_E_FORMAT, "%s: nothing to score", p->path);
    for (size_t i = 0; i < p->n_unit; i++) {
        const gr_score_unit *a = &p->unit[i], *b = &r->unit[i];
        if (a->n != b->n)
            return gr_fail(err, GR_E_FORMAT, "%s: line %zu: %zu tags, but %s: line %zu: %zu tags", p->path, a->line, a->n, r->path, b->line, b->n);
        if (a->id && b->id && strcmp(a->id, b->id) != 0)
            return gr_fail(err, GR_E_FORMAT, "%s: line %zu: id '%.60s', but %s: line %zu: id '%.60s'", p->path, a->line, a->id, r->path, b->line, b->id);
    }
    warn_of_words(p, r);
    if (has_ids(p) == has_ids(r)) return GR_OK;
    return has_ids(p) ? check_order(p, r, err) : check_order(r, p, err);
}

/* A word without a prediction is on neither side, as in the score of the run that wrote the file. */
static void drop_unseen(gr_score_side *p, gr_score_side *r)
{
    size_t kept = 0;

    for (size_t u = 0; u < p->n_unit; u++) {
        const size_t from_p = p->unit[u].first, from_r = r->unit[u].first, n = p->unit[u].n, first = kept;
        for (size_t i = 0; i < n; i++) {
            if (!p->item[from_p + i].text) continue;
            p->item[kept] = p->item[from_p + i];
            r->item[kept++] = r->item[from_r + i];
        }
        p->unit[u].first = r->unit[u].first = first;
        p->unit[u].n = r->unit[u].n = kept - first;
    }
    p->n = r->n = kept;
}

gr_status gr_score_read(gr_arena *mem, gr_score_side *pred, gr_score_side *ref, const char *pred_path, const char *ref_path,
                        const gr_score_spec *spec, gr_err *err)
{
    const bool together = ref_path == NULL;

    *pred = (gr_score_side){ .path = pred_path };
    *ref = (gr_score_side){ .path = together ? pred_path : ref_path };
    GR_TRY(read_file(pred, mem, spec, PREDICTED, together, err));
    GR_TRY(read_file(ref, mem, spec, TRUE_ONES, together, err));
    GR_TRY(check_pair(pred, ref, spec->kind == GR_SCORE_TAGS, err));
    if (spec->kind == GR_SCORE_TAGS) drop_unseen(pred, ref);
    return GR_OK;
}
