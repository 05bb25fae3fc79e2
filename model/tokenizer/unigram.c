/* unigram.c - the Unigram model: of all ways to cut a word into tokens, the one with the best sum of
 * scores, by Viterbi's algorithm from left to right.
 *
 * A character that is no token by itself may be unknown, at a price below every score. Among equals the
 * way found first stays: scores are added as doubles, in this order. Unknown characters in a row are
 * one token (or, with byte fallback, the tokens of their bytes). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/checked.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"

static const double UNK_PENALTY = 10.0;
static const uint32_t NOWHERE = UINT32_MAX;

/* The best way to a place between two characters. */
typedef struct best {
    double   score;
    int32_t  id;   /* the last token ...         */
    uint32_t from; /* ... and where it begins    */
} best;

static void offer(best *b, double score, int32_t id, size_t from)
{
    if (b->from != NOWHERE && !(score > b->score)) return;
    *b = (best){ score, id, (uint32_t)from };
}

/* All tokens that begin at g[at]. */
static void step(const gr_tok_model *m, best *b, const gr_glyph *g, size_t n, size_t at)
{
    const gr_trie *t = &m->vocab.trie;
    const double here = b[at].score;
    uint32_t node = GR_TRIE_ROOT;
    bool single = false;

    for (size_t i = at; i < n && node != GR_TRIE_NONE; i++) {
        char utf8[4];
        const size_t len = gr_utf8_put(utf8, g[i].cp);
        int32_t id;

        for (size_t k = 0; k < len && node != GR_TRIE_NONE; k++) node = gr_trie_child(t, node, (uint8_t)utf8[k]);
        id = node == GR_TRIE_NONE ? GR_TRIE_NO_VALUE : t->node[node].value;
        if (id < 0) continue;
        offer(&b[i + 1], m->unigram.score[id] + here, id, at);
        single = single || i == at;
    }
    if (!single) offer(&b[at + 1], m->unigram.unk_score + here, m->unk_id, at);
}

/* The token that g[0..n) spells, or -1. */
static int32_t find(const gr_trie *t, const gr_glyph *g, size_t n)
{
    uint32_t node = GR_TRIE_ROOT;

    for (size_t i = 0; i < n; i++) {
        char utf8[4];
        const size_t len = gr_utf8_put(utf8, g[i].cp);

        for (size_t k = 0; k < len; k++) {
            node = gr_trie_child(t, node, (uint8_t)utf8[k]);
            if (node == GR_TRIE_NONE) return -1;
        }
    }
    return t->node[node].value;
}

/* Are all bytes of g[0..n) tokens? */
static bool has_bytes(const gr_unigram *u, const gr_glyph *g, size_t n)
{
    for (size_t i = 0; i < n && !u->all_bytes; i++) {
        char utf8[4];
        const size_t len = gr_utf8_put(utf8, g[i].cp);

        for (size_t k = 0; k < len; k++)
            if (u->byte_id[(unsigned char)utf8[k]] < 0) return false;
    }
    return true;
}

/* Unknown characters g[from..to): a token after all, their bytes, or the unknown token. */
static gr_status push_unknown(const gr_tok_model *m, gr_tok_pieces *out, const gr_glyph *g, size_t from, size_t to,
                              int32_t word, gr_err *err)
{
    const gr_unigram *u = &m->unigram;
    const int32_t id = find(&m->vocab.trie, g + from, to - from);
    size_t room;

    if (id >= 0 || !u->byte_fallback || !has_bytes(u, g + from, to - from)) {
        GR_TRY(gr_tok_pieces_reserve(out, 1, err));
        out->v[out->n++] = gr_tok_piece_at(id >= 0 ? id : m->unk_id, from, to, word);
        return GR_OK;
    }
    if (!gr_mul_size(&room, to - from, 4)) return gr_fail_nomem(err, "the tokens of a text");
    GR_TRY(gr_tok_pieces_reserve(out, room, err));
    for (size_t i = from; i < to; i++) {
        char utf8[4];
        const size_t len = gr_utf8_put(utf8, g[i].cp);

        for (size_t k = 0; k < len; k++)
            out->v[out->n++] = gr_tok_piece_at(u->byte_id[(unsigned char)utf8[k]], from, to, word);
    }
    return GR_OK;
}

/* The best way, whose ends were linked from right to left, turned round: b[place].from then says where
 * the token that begins there ends. */
static void turn_round(best *b, size_t n)
{
    uint32_t next = NOWHERE;
    int32_t id = -1;

    for (size_t at = n;;) {
        const uint32_t from = b[at].from;
        const int32_t last = b[at].id;

        b[at].from = next;
        b[at].id = id;
        if (at == 0) return;
        next = (uint32_t)at;
        id = last;
        at = from;
    }
}

static gr_status encode(const gr_tok_model *m, gr_tok_scratch *s, gr_tok_pieces *out, const gr_glyph *g, size_t n,
                        int32_t word, gr_err *err)
{
    size_t bytes;
    best *b;

    if (!gr_mul_size(&bytes, n + 1, sizeof *b) || n >= NOWHERE) return gr_fail_nomem(err, "a word");
    GR_TRY(gr_tok_scratch_reserve(s, bytes, err));
    b = s->p;
    for (size_t i = 0; i <= n; i++) b[i] = (best){ 0.0, -1, NOWHERE };
    for (size_t i = 0; i < n; i++) step(m, b, g, n, i);
    turn_round(b, n);
    for (size_t at = 0; at < n;) {
        size_t end = b[at].from;

        if (b[at].id != m->unk_id) {
            GR_TRY(gr_tok_pieces_reserve(out, 1, err));
            out->v[out->n++] = gr_tok_piece_at(b[at].id, at, end, word);
        } else {
            while (end < n && b[end].id == m->unk_id) end = b[end].from;
            GR_TRY(push_unknown(m, out, g, at, end, word, err));
        }
        at = end;
    }
    return GR_OK;
}

/* ---- scores ---- */

/* 10^n, 0 <= n <= 308, to the nearest double. */
static double power_of_ten(int n)
{
    char text[16];
    double out = 1;

    if (n <= 22) { /* exact all the way */
        for (int i = 0; i < n; i++) out *= 10;
        return out;
    }
    (void)snprintf(text, sizeof text, "1e%d", n);
    return gr_sv_double(&out, gr_sv_from(text), NULL) == GR_OK ? out : 1;
}

/* m * 10^e as the library's JSON reader computes it: rounded once for m and once for each power, so that the last bit
 * may be off. */
static double scaled(uint64_t m, int e)
{
    double f = (double)m;

    for (; e < -308; e += 308) f /= power_of_ten(308);
    if (e > 308) return f * HUGE_VAL;
    return e < 0 ? f / power_of_ten(-e) : f * power_of_ten(e);
}

/* The digits of a printed number without its point and leading zeros, and the power of ten that they stand for. False
 * when they do not fit 64 bits for sure; the shortest decimals of a double are at most 17. */
static bool read_digits(uint64_t *m, int *exponent, const char *p)
{
    int behind = 0, digits = 0, sign = 1, e = 0;

    *m = 0;
    *exponent = 0;
    for (; *p && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            behind = 1;
            continue;
        }
        *m = 10 * *m + (uint64_t)(*p - '0');
        digits += *m > 0;
        *exponent -= behind;
        if (digits > 19) return false;
    }
    if (!*p) return true;
    p++;
    sign = *p == '-' ? -1 : 1;
    for (p += *p == '-' || *p == '+'; *p; p++) e = 10 * e + (*p - '0');
    *exponent += sign * e;
    return true;
}

double gr_unigram_score(gr_buf *text, double x)
{
    uint64_t m = 0;
    int exponent = 0;

    if (x == 0 || !isfinite(x)) return x;
    gr_buf_reset(text);
    gr_json_number(text, x < 0 ? -x : x);
    if (text->oom || !read_digits(&m, &exponent, text->p)) return x;
    if (m < (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22) return x; /* both factors are exact: one rounding, as here */
    return x < 0 ? -scaled(m, exponent) : scaled(m, exponent);
}

gr_status gr_unigram_init(gr_tok_model *m, double *score, int64_t unk, bool byte_fallback, gr_err *err)
{
    double least = INFINITY;
    gr_buf text = { NULL, 0, 0, false };

    if (unk < 0 || (uint64_t)unk >= m->vocab.n || !m->vocab.token[unk].p)
        return gr_fail(err, GR_E_FORMAT, "the unknown token's id %lld is not in the vocabulary", (long long)unk);
    for (size_t i = 0; i < m->vocab.n; i++) {
        if (!isfinite(score[i])) {
            gr_buf_free(&text);
            return gr_fail(err, GR_E_FORMAT, "the score of token %zu is not a finite number", i);
        }
        score[i] = gr_unigram_score(&text, score[i]);
        if (score[i] < least) least = score[i];
    }
    gr_buf_free(&text);
    m->encode = encode;
    m->unk_id = (int32_t)unk;
    m->unigram.score = score;
    m->unigram.unk_score = least - UNK_PENALTY;
    m->unigram.byte_fallback = byte_fallback;
    m->unigram.all_bytes = gr_tok_byte_tokens(m->unigram.byte_id, &m->vocab);
    return GR_OK;
}
