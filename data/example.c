/* example.c - the default parse of a row, and the digest of examples; see dataset.h. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/dataset.h"

/* ---- a row by its roles ---- */

/* The first text column, or what stands so far, a blank and this one: an empty column leaves its blank, as Python's " ".join does. */
static gr_status add_text(gr_sv *text, gr_sv v, gr_arena *a, gr_err *err)
{
    char *joined;

    if (text->p == NULL) {
        *text = v;
        return GR_OK;
    }
    if ((joined = gr_arena_alloc(a, text->n + 1 + v.n)) == NULL) return gr_fail_nomem(err, "a text");
    if (text->n > 0) memcpy(joined, text->p, text->n);
    joined[text->n] = ' ';
    if (v.n > 0) memcpy(joined + text->n + 1, v.p, v.n);
    text->p = joined;
    text->n += 1 + v.n;
    return GR_OK;
}

static gr_status take_column(const gr_label_spec *labels, const gr_column *c, gr_sv v, gr_example *out, gr_arena *a, gr_err *err)
{
    switch (c->role) {
    case GR_COL_TEXT: return add_text(&out->text_a, v, a, err);
    case GR_COL_PAIR: out->text_b = v; return GR_OK;
    case GR_COL_LABEL: out->labelled = true; return gr_label_name(&out->label, v, labels, err);
    case GR_COL_CLASS_ID: out->labelled = true; return gr_label_number(&out->label, v, labels, err);
    case GR_COL_CLASS_NTH: out->labelled = true; return gr_label_nth(&out->label, v, labels, err);
    case GR_COL_SCORE: out->labelled = true; return gr_label_score(&out->value, v, labels, err);
    case GR_COL_ID: {
        const gr_status s = gr_sv_int(&out->id, v, err);
        return s == GR_OK ? GR_OK : gr_wrap(err, s, "column '%s'", c->name);
    }
    default: return GR_OK;
    }
}

static gr_status take_tags(const gr_label_spec *labels, const gr_row *row, gr_example *out, gr_arena *a, gr_err *err)
{
    const size_t n = row->n_words;
    const char **tags = gr_arena_calloc(a, n, sizeof *tags);
    int32_t     *ids = labels->names != NULL ? gr_arena_calloc(a, n, sizeof *ids) : NULL;

    if (tags == NULL || (labels->names != NULL && ids == NULL)) return gr_fail_nomem(err, "tags");
    for (size_t i = 0; i < n; i++) {
        const gr_sv t = row->col[n + i];

        if (ids == NULL) tags[i] = gr_arena_strndup(a, t.p, t.n);
        else {
            const gr_status s = gr_label_tag(&ids[i], t, labels, err);
            if (s != GR_OK) return gr_wrap(err, s, "line %zu", row->word_line[i]);
            tags[i] = labels->names[ids[i]];
        }
        if (tags[i] == NULL) return gr_fail_nomem(err, "a tag");
    }
    out->tags = tags;
    out->tag_ids = ids;
    out->labelled = true;
    return GR_OK;
}

static gr_status take_words(const gr_label_spec *labels, const gr_row *row, gr_example *out, gr_arena *a, gr_err *err)
{
    gr_sv *const words = gr_arena_calloc(a, row->n_words, sizeof *words);

    if (words == NULL) return gr_fail_nomem(err, "words");
    memcpy(words, row->col, row->n_words * sizeof *words);
    out->words = words;
    out->n_words = row->n_words;
    return row->n_col > row->n_words ? take_tags(labels, row, out, a, err) : GR_OK;
}

gr_status gr_example_from_row(const gr_label_spec *labels, const gr_row *row, gr_example *out, gr_arena *a, gr_err *err)
{
    if (row->n_words > 0) return take_words(labels, row, out, a, err);
    if (row->columns == NULL && row->n_col > 0) out->text_a = row->col[0];
    for (size_t i = 0; row->columns != NULL && i < row->n_col; i++)
        GR_TRY(take_column(labels, &row->columns[i], row->col[i], out, a, err));
    if (row->label == NULL) return GR_OK;
    out->labelled = true;
    return gr_label_name(&out->label, gr_sv_from(row->label), labels, err);
}

/* ---- digest ---- */

static void add_sv(gr_sha256 *h, gr_sv s)
{
    if (s.n > 0) gr_sha256_add(h, s.p, s.n);
}

/* The shortest decimal that reads back, with a point: as Python's repr in the range of any score. */
static void add_score(gr_sha256 *h, gr_buf *b, double x)
{
    gr_buf_reset(b);
    gr_json_number(b, isnan(x) ? -1.0 : x);
    if (b->p != NULL && strpbrk(b->p, ".eE") == NULL) gr_buf_adds(b, ".0");
    add_sv(h, gr_buf_sv(b));
}

static void add_tagged(gr_sha256 *h, const gr_example *e)
{
    for (size_t i = 0; i < e->n_words; i++) {
        if (i > 0) gr_sha256_add(h, " ", 1);
        add_sv(h, e->words[i]);
    }
    gr_sha256_add(h, "\t", 1);
    for (size_t i = 0; e->tags != NULL && i < e->n_words; i++) {
        if (i > 0) gr_sha256_add(h, " ", 1);
        gr_sha256_add(h, e->tags[i], strlen(e->tags[i]));
    }
}

static void add_class(gr_sha256 *h, gr_buf *b, int32_t label)
{
    gr_buf_reset(b);
    gr_buf_addf(b, "%d", (int)label);
    add_sv(h, gr_buf_sv(b));
}

gr_status gr_examples_digest(char out[GR_SHA256_HEX], const gr_example *e, size_t n, bool regression, gr_err *err)
{
    gr_buf    b = { NULL, 0, 0, false };
    gr_sha256 h;
    bool      oom;

    gr_sha256_init(&h);
    for (size_t i = 0; i < n; i++) {
        if (e[i].n_words > 0) add_tagged(&h, &e[i]);
        else {
            add_sv(&h, e[i].text_a);
            gr_sha256_add(&h, "\t", 1);
            add_sv(&h, e[i].text_b);
            gr_sha256_add(&h, "\t", 1);
            if (regression) add_score(&h, &b, e[i].value);
            else add_class(&h, &b, e[i].label);
        }
        gr_sha256_add(&h, "\n", 1);
    }
    gr_sha256_hex(&h, out);
    oom = b.oom;
    gr_buf_free(&b);
    return oom ? gr_fail_nomem(err, "a digest") : GR_OK;
}
