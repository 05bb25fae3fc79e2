/* encode.c - a text through the whole pipeline; see tokenizer.h and tok_impl.h.
 *
 * A text is cut at its added tokens. Each part between them goes through the scanner (scan.c) when it
 * may, or through the plain way: normalise the part, find the added tokens that are looked for in
 * normalised text, split into words, ask the model. Both give the same tokens. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/utf8.h"
#include "model/tokenizer/tok_work.h"

/* ---- the work ---- */

gr_status gr_tok_work_open(gr_tok_work **out, const gr_tok *t, gr_err *err)
{
    gr_tok_work *w = calloc(1, sizeof *w);

    if (!w) return gr_fail_nomem(err, "a tokenizer's scratch memory");
    w->t = t;
    w->cache = calloc(GR_CACHE_SLOTS, sizeof *w->cache);
    if (!w->cache) {
        gr_tok_work_close(w);
        return gr_fail_nomem(err, "a tokenizer's scratch memory");
    }
    *out = w;
    return GR_OK;
}

void gr_tok_work_close(gr_tok_work *w)
{
    if (!w) return;
    for (int i = 0; i < 2; i++) {
        gr_glyphs_free(&w->glyphs[i]);
        gr_glyphs_free(&w->parts[i]);
        gr_spans_free(&w->spans[i]);
        free(w->seq[i].v);
    }
    gr_buf_free(&w->text);
    free(w->scratch.p);
    free(w->cache);
    free(w->block);
    free(w);
}

/* ---- one text ---- */

static bool is_ascii(gr_sv s)
{
    size_t i = 0;
    uint64_t high = 0;

    for (; i + 8 <= s.n; i += 8) {
        uint64_t v;
        memcpy(&v, s.p + i, 8);
        high |= v;
    }
    for (; i < s.n; i++) high |= (uint64_t)(unsigned char)s.p[i];
    return !(high & 0x8080808080808080u);
}

static gr_status check_text(gr_sv s, const char *what, gr_err *err)
{
    gr_status st;

    if (s.n > GR_TOK_TEXT_MAX) return gr_fail(err, GR_E_ARG, "%s: %zu bytes are too many for a tokenizer", what, s.n);
    if (is_ascii(s)) return GR_OK;
    st = gr_utf8_check(s, NULL, err);
    return st == GR_OK ? GR_OK : gr_wrap(err, st, "%s", what);
}

static gr_status push_added(gr_tok_run *r, gr_tok_piece p, size_t lead, size_t trail, gr_err *err)
{
    GR_TRY(gr_tok_pieces_reserve(r->out, 1, err));
    p.word = r->word;
    p.added = true;
    gr_post_trim(r->post, &p, r->text, lead, trail, r->out->n == 0);
    r->out->v[r->out->n++] = p;
    r->word += r->word_step;
    return GR_OK;
}

/* Blank glyphs at both ends of g[0..n). */
static void count_ends(const gr_glyph *g, size_t n, size_t *lead, size_t *trail)
{
    *lead = *trail = 0;
    while (*lead < n && gr_post_is_blank(g[*lead].cp)) ++*lead;
    while (*trail < n && gr_post_is_blank(g[n - 1 - *trail].cp)) ++*trail;
}

static gr_status push_added_glyphs(gr_tok_run *r, const gr_added *a, const gr_glyph *g, size_t n, gr_err *err)
{
    const gr_tok_piece p = { a->id, 0, g[0].src, g[n - 1].src + 1, g[0].b0, g[n - 1].b1, true };
    size_t lead, trail;

    count_ends(g, n, &lead, &trail);
    return push_added(r, p, lead, trail, err);
}

/* Glyphs from place i on that fill text bytes [at, to). */
static size_t glyphs_to(const gr_glyph *g, size_t i, size_t at, size_t to)
{
    char utf8[4];

    while (at < to) at += gr_utf8_put(utf8, g[i++].cp);
    return i;
}

/* Cut normalised glyphs at the added tokens that stand in them; the rest is words. */
static gr_status cut_normalised(gr_tok_run *r, const gr_glyph *g, size_t n, gr_err *err)
{
    gr_buf *buf = &r->w->text;
    gr_added_hit hit;
    size_t at = 0, done = 0, i = 0;

    gr_buf_reset(buf);
    for (size_t k = 0; k < n; k++) {
        char utf8[4];
        gr_buf_add(buf, utf8, gr_utf8_put(utf8, g[k].cp));
    }
    if (buf->oom) return gr_fail_nomem(err, "a text");
    while (gr_added_next(&hit, &r->t->added_norm, gr_buf_sv(buf), at, done)) {
        const size_t from = glyphs_to(g, i, done, hit.from), to = glyphs_to(g, from, hit.from, hit.to);

        GR_TRY(gr_tok_any_words(r, g + i, from - i, err));
        GR_TRY(push_added_glyphs(r, hit.token, g + from, to - from, err));
        i = to;
        done = hit.to;
        at = hit.next > done ? hit.next : done;
    }
    return gr_tok_any_words(r, g + i, n - i, err);
}

/* text[from..to), free of raw added tokens. *chars as in gr_tok_scan. */
static gr_status encode_part(gr_tok_run *r, size_t from, size_t to, uint32_t *chars, gr_err *err)
{
    const gr_sv part = { r->text.p + from, to - from };
    const bool added = gr_added_possible(&r->t->added_norm, part, is_ascii(part));
    gr_glyphs *g = r->w->glyphs;

    if (r->t->scan && !added) return gr_tok_scan(r, from, to, chars, err);
    GR_TRY(gr_norm_run(&r->t->norm, g, part, *chars, (uint32_t)from, err));
    *chars += (uint32_t)gr_utf8_count(part);
    return added ? cut_normalised(r, g[0].v, g[0].n, err) : gr_tok_any_words(r, g[0].v, g[0].n, err);
}

/* Take the blanks of vocabulary tokens out of the offsets of the tokens from `start` on. */
static void trim_tokens(gr_tok_run *r, size_t start)
{
    const gr_post *post = r->post;

    if (!post->blanks) return;
    for (size_t i = start; i < r->out->n; i++) {
        gr_tok_piece *p = &r->out->v[i];
        const uint8_t *b = p->added ? NULL : post->blanks[p->id];
        if (b && (b[0] || b[1])) gr_post_trim(post, p, r->text, b[0], b[1], i == 0);
    }
}

static gr_status encode_text(gr_tok_run *r, gr_err *err)
{
    const size_t start = r->out->n;
    size_t at = 0, done = 0;
    uint32_t chars = 0;
    gr_added_hit hit;

    while (r->out->n < r->limit && gr_added_next(&hit, &r->t->added_raw, r->text, at, done)) {
        const gr_sv token = { r->text.p + hit.from, hit.to - hit.from };
        gr_glyphs *g = r->w->glyphs;
        const gr_norm as_is = { .kind = GR_NORM_NONE };

        if (hit.from > done) GR_TRY(encode_part(r, done, hit.from, &chars, err));
        GR_TRY(gr_norm_run(&as_is, g, token, chars, (uint32_t)hit.from, err));
        if (r->out->n < r->limit) GR_TRY(push_added_glyphs(r, hit.token, g[0].v, g[0].n, err));
        chars += (uint32_t)g[0].n;
        done = hit.to;
        at = hit.next > done ? hit.next : done;
    }
    if (done < r->text.n && r->out->n < r->limit) GR_TRY(encode_part(r, done, r->text.n, &chars, err));
    trim_tokens(r, start);
    return GR_OK;
}

/* ---- the encoding ---- */

static gr_status reserve_block(gr_tok_work *w, size_t n, gr_err *err)
{
    size_t bytes;
    int32_t *p;

    if (w->block && n <= w->cap) return GR_OK;
    n += n / 2 + 64;
    if (!gr_mul_size(&bytes, n, 8 * sizeof *p)) return gr_fail_nomem(err, "the tokens of a text");
    p = realloc(w->block, bytes);
    if (!p) return gr_fail_nomem(err, "the tokens of a text");
    w->block = p;
    w->cap = n;
    return GR_OK;
}

/* Place i of the encoding: a token of sequence seq, or (p NULL) a special token. */
static void put(gr_encoding *e, size_t i, const gr_tok_piece *p, const gr_post_item *item)
{
    static const gr_tok_piece none = { -1, -1, 0, 0, 0, 0, false };
    const gr_tok_piece *x = p ? p : &none;

    e->ids[i] = p ? x->id : item->id;
    e->type_ids[i] = item->type;
    e->word_ids[i] = x->word;
    e->sequence_ids[i] = p ? item->seq : -1;
    if (!e->offsets) return;
    e->offsets[i][0] = (int32_t)x->c0;
    e->offsets[i][1] = (int32_t)x->c1;
    e->byte_offsets[i][0] = (int32_t)x->b0;
    e->byte_offsets[i][1] = (int32_t)x->b1;
}

/* Truncate both sequences to `room` tokens (SIZE_MAX: not at all) and lay them out by the template. */
static gr_status assemble(gr_tok_work *w, gr_encoding *out, bool pair, size_t room, bool want_offsets, gr_err *err)
{
    const gr_post_template *tm = pair ? &w->t->post.pair : &w->t->post.single;
    size_t n[2] = { w->seq[0].n, pair ? w->seq[1].n : 0 }, at = 0, total;
    gr_encoding e;

    gr_post_truncate(n, pair, room);
    total = n[0] + n[1] + tm->n_special;
    GR_TRY(reserve_block(w, total, err));
    e.n = total;
    e.ids = w->block;
    e.type_ids = w->block + total;
    e.word_ids = w->block + 2 * total;
    e.sequence_ids = w->block + 3 * total;
    e.offsets = want_offsets ? (int32_t (*)[2])(w->block + 4 * total) : NULL;
    e.byte_offsets = want_offsets ? (int32_t (*)[2])(w->block + 6 * total) : NULL;
    for (size_t k = 0; k < tm->n; k++) {
        const gr_post_item *item = &tm->item[k];

        if (item->id >= 0) put(&e, at++, NULL, item);
        else
            for (size_t i = 0, cut = w->t->cut_left ? w->seq[item->seq].n - n[item->seq] : 0; i < n[item->seq]; i++)
                put(&e, at++, &w->seq[item->seq].v[cut + i], item);
    }
    *out = e;
    return GR_OK;
}

/* Tokens that max_length leaves for the text. A limit below the special tokens is none at all: the
 * library subtracts without a sign, and published numbers rest on it. */
static size_t room_for(const gr_tok *t, bool pair, size_t max_length)
{
    const size_t special = gr_tok_n_special(t, pair);

    return max_length == 0 || max_length < special ? SIZE_MAX : max_length - special;
}

gr_status gr_tok_encode(gr_tok_work *w, gr_encoding *out, gr_sv text, gr_sv pair, size_t max_length,
                        bool want_offsets, gr_err *err)
{
    const bool has_pair = pair.p != NULL;
    const size_t room = room_for(w->t, has_pair, max_length);
    const gr_sv texts[2] = { text.p ? text : (gr_sv){ "", 0 }, pair };

    for (int i = 0; i < (has_pair ? 2 : 1); i++) {
        /* Which of two long texts is the longer must be known, so only a single one that keeps its beginning may stop early. */
        gr_tok_run r = { w, w->t, &w->seq[i], texts[i], &w->t->post, &w->t->pretok, 0, 1, 0, has_pair || w->t->cut_left ? SIZE_MAX : room };

        w->seq[i].n = 0;
        GR_TRY(check_text(texts[i], i ? "pair" : "text", err));
        GR_TRY(encode_text(&r, err));
    }
    return assemble(w, out, has_pair, room, want_offsets, err);
}

gr_status gr_tok_encode_words(gr_tok_work *w, gr_encoding *out, const gr_sv *words, size_t n_words, size_t max_length,
                              bool want_offsets, gr_err *err)
{
    const size_t room = room_for(w->t, false, max_length);

    if (n_words > GR_TOK_TEXT_MAX) return gr_fail(err, GR_E_ARG, "%zu words are too many for a tokenizer", n_words);
    w->seq[0].n = 0;
    for (size_t i = 0; i < n_words; i++) {
        const gr_sv text = words[i].p ? words[i] : (gr_sv){ "", 0 };
        gr_tok_run r = { w, w->t, &w->seq[0], text, &w->t->word_post, &w->t->word_pretok, (int32_t)i, 0, 0, w->t->cut_left ? SIZE_MAX : room };

        GR_TRY(check_text(words[i], "word", err));
        GR_TRY(encode_text(&r, err));
    }
    return assemble(w, out, false, room, want_offsets, err);
}
