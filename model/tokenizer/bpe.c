/* bpe.c - byte-pair encoding: a word is its characters, and of all neighbours that may be merged those
 * of the lowest rank are, the leftmost first, until none is left.
 *
 * A word is laid out as the library sees it: a string whose characters are those of the word, or, at
 * byte level, the signs that stand for its bytes. Tokens have lengths in that string, and an array says
 * which glyph each of its bytes belongs to: so an unknown character that is dropped (no unknown token)
 * moves what follows to the left in the offsets, as it does there.
 *
 * Merging: a heap of the pairs that can be merged, by rank and place. A pair whose parts have changed
 * meanwhile is stale; it is known by what it would become. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/utf8.h"
#include "model/tokenizer/byte_level.h"
#include "model/tokenizer/tok_impl.h"

enum { AFFIX_MAX = 64 }; /* bytes of a prefix or suffix */

typedef struct symbol {
    int32_t  id;
    uint32_t len; /* bytes; 0: merged away */
    int32_t  prev, next;
} symbol;

typedef struct candidate {
    uint64_t key; /* rank << 32 | place of the left symbol */
    int32_t  id;
} candidate;

/* One word being encoded; the arrays lie in the scratch memory. */
typedef struct word_run {
    const gr_bpe *bpe;
    symbol    *sym;
    size_t     n_sym;
    candidate *heap;
    size_t     n_heap;
    uint32_t  *glyph_of; /* by byte */
    size_t     n_bytes;
} word_run;

/* ---- merges ---- */

static uint64_t slot_of(const gr_bpe *b, uint64_t pair)
{
    uint64_t h = (pair ^ b->key[0]) * b->key[1];

    h = (h ^ h >> 32) * b->key[1];
    return h >> 32 & b->mask;
}

/* The keys of the hash from all that a file can choose: whoever changes a token to move a pair moves every pair. */
static void set_keys(gr_bpe *b, const gr_vocab *v, size_t n_merges)
{
    uint64_t h = 0xCBF29CE484222325u ^ n_merges;

    for (size_t i = 0; i < v->n; i++) {
        for (size_t k = 0; k < v->token[i].n; k++) h = (h ^ (unsigned char)v->token[i].p[k]) * 0x100000001B3u;
        h = (h ^ (v->token[i].p != NULL)) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    b->key[0] = (h ^ h >> 31) * 0xBF58476D1CE4E5B9u;
    b->key[1] = ((b->key[0] ^ b->key[0] >> 30) * 0x94D049BB133111EBu) | 1;
}

/* The merge of the pair, or the empty slot where it would stand. */
static gr_merge *find_merge(const gr_bpe *b, int32_t left, int32_t right)
{
    const uint64_t pair = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    uint64_t at = slot_of(b, pair);

    while (b->merge[at].pair != pair && b->merge[at].pair != UINT64_MAX) at = (at + 1) & b->mask;
    return &b->merge[at];
}

gr_status gr_bpe_add_merge(gr_tok_model *m, gr_sv left, gr_sv right, uint32_t rank, gr_err *err)
{
    const gr_trie *t = &m->vocab.trie;
    const int32_t a = gr_trie_find(t, left), b = gr_trie_find(t, right);
    const gr_sv prefix = m->bpe.prefix;
    gr_buf whole = { NULL, 0, 0, false };
    gr_merge *slot;
    int32_t id;
    gr_status s = GR_OK;

    if (a < 0) return gr_fail(err, GR_E_FORMAT, "'%.*s' is not in the vocabulary", GR_SV_FMT(left));
    if (b < 0) return gr_fail(err, GR_E_FORMAT, "'%.*s' is not in the vocabulary", GR_SV_FMT(right));
    if (prefix.n && right.n < prefix.n) return gr_fail(err, GR_E_FORMAT, "'%.*s' is shorter than the prefix", GR_SV_FMT(right));
    gr_buf_add(&whole, left.p, left.n);
    gr_buf_add(&whole, right.p + prefix.n, right.n - prefix.n);
    id = whole.oom ? -1 : gr_trie_find(t, gr_buf_sv(&whole));
    slot = find_merge(&m->bpe, a, b);
    if (whole.oom) s = gr_fail_nomem(err, "the merges");
    else if (id < 0) s = gr_fail(err, GR_E_FORMAT, "'%.*s' is not in the vocabulary", GR_SV_FMT(gr_buf_sv(&whole)));
    else if (slot->pair != UINT64_MAX) s = gr_fail(err, GR_E_FORMAT, "the same as merge %u", (unsigned)slot->rank + 1);
    else *slot = (gr_merge){ (uint64_t)(uint32_t)a << 32 | (uint32_t)b, rank, id };
    gr_buf_free(&whole);
    return s;
}

/* ---- the heap ---- */

static void heap_push(word_run *w, candidate c)
{
    size_t at = w->n_heap++;

    while (at > 0 && w->heap[(at - 1) / 2].key > c.key) {
        w->heap[at] = w->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    w->heap[at] = c;
}

static candidate heap_pop(word_run *w)
{
    const candidate top = w->heap[0], last = w->heap[--w->n_heap];
    size_t at = 0, child = 1;

    for (; child < w->n_heap; child = 2 * at + 1) {
        if (child + 1 < w->n_heap && w->heap[child + 1].key < w->heap[child].key) child++;
        if (w->heap[child].key >= last.key) break;
        w->heap[at] = w->heap[child];
        at = child;
    }
    w->heap[at] = last;
    return top;
}

/* Note that symbol `left` and the one behind it can be merged, if they can. */
static void consider(word_run *w, int32_t left)
{
    const int32_t right = left < 0 ? -1 : w->sym[left].next;
    const gr_merge *m;

    if (right < 0) return;
    m = find_merge(w->bpe, w->sym[left].id, w->sym[right].id);
    if (m->pair != UINT64_MAX) heap_push(w, (candidate){ (uint64_t)m->rank << 32 | (uint32_t)left, m->id });
}

static void merge_all(word_run *w)
{
    for (size_t i = 0; i + 1 < w->n_sym; i++) consider(w, (int32_t)i);
    while (w->n_heap > 0) {
        const candidate c = heap_pop(w);
        symbol *left = &w->sym[(uint32_t)c.key], *right;
        const gr_merge *m;

        if (left->len == 0 || left->next < 0) continue;
        right = &w->sym[left->next];
        m = find_merge(w->bpe, left->id, right->id);
        if (m->pair == UINT64_MAX || m->id != c.id) continue;
        left->id = c.id;
        left->len += right->len;
        right->len = 0;
        left->next = right->next;
        if (right->next >= 0) w->sym[right->next].prev = (int32_t)(left - w->sym);
        consider(w, left->prev);
        consider(w, (int32_t)(left - w->sym));
    }
}

/* ---- characters ---- */

static void push_symbol(word_run *w, int32_t id, uint32_t len)
{
    const int32_t at = (int32_t)w->n_sym;

    w->sym[w->n_sym++] = (symbol){ id, len, at - 1, at + 1 };
}

static void note_bytes(word_run *w, size_t glyph, size_t len)
{
    for (size_t k = 0; k < len; k++) w->glyph_of[w->n_bytes++] = (uint32_t)glyph;
}

/* Unknown characters that wait to become a token. */
typedef struct unknown {
    int32_t  id; /* -1: there is no unknown token, they are dropped */
    uint32_t len;
} unknown;

static void push_unknown(word_run *w, unknown *u, uint32_t len)
{
    if (u->id < 0) return;
    if (u->len && !w->bpe->fuse_unk) {
        push_symbol(w, u->id, u->len);
        u->len = 0;
    }
    u->len += len;
}

static void flush_unknown(word_run *w, unknown *u)
{
    if (u->len) push_symbol(w, u->id, u->len);
    u->len = 0;
}

/* A character with the affixes that it has in the vocabulary. */
static int32_t find_char(const gr_tok_model *m, gr_sv utf8, bool first, bool last)
{
    const gr_sv prefix = m->bpe.prefix, suffix = m->bpe.suffix;
    uint32_t at = GR_TRIE_ROOT;
    const gr_sv parts[3] = { first ? (gr_sv){ NULL, 0 } : prefix, utf8, last ? suffix : (gr_sv){ NULL, 0 } };

    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < parts[k].n && at != GR_TRIE_NONE; i++)
            at = gr_trie_child(&m->vocab.trie, at, (uint8_t)parts[k].p[i]);
    return at == GR_TRIE_NONE ? GR_TRIE_NO_VALUE : m->vocab.trie.node[at].value;
}

/* All bytes of a character as tokens; false when one is missing. */
static bool push_fallback(word_run *w, gr_sv utf8)
{
    for (size_t i = 0; i < utf8.n; i++)
        if (w->bpe->byte_id[(unsigned char)utf8.p[i]] < 0) return false;
    for (size_t i = 0; i < utf8.n; i++) push_symbol(w, w->bpe->byte_id[(unsigned char)utf8.p[i]], 1);
    return true;
}

static void lay_out_chars(word_run *w, const gr_tok_model *m, const gr_glyph *g, size_t n)
{
    unknown u = { m->unk_id, 0 };

    for (size_t i = 0; i < n; i++) {
        char utf8[4];
        const gr_sv c = { utf8, gr_utf8_put(utf8, g[i].cp) };
        const int32_t id = find_char(m, c, i == 0, i + 1 == n);

        note_bytes(w, i, c.n);
        if (id >= 0) {
            flush_unknown(w, &u);
            push_symbol(w, id, (uint32_t)c.n);
        } else if (!w->bpe->byte_fallback || !push_fallback(w, c)) {
            push_unknown(w, &u, (uint32_t)c.n);
        }
    }
    flush_unknown(w, &u);
}

static void lay_out_bytes(word_run *w, const gr_tok_model *m, const gr_glyph *g, size_t n)
{
    unknown u = { m->unk_id, 0 };

    for (size_t i = 0; i < n; i++) {
        char utf8[4];
        const size_t len = gr_utf8_put(utf8, g[i].cp);

        for (size_t k = 0; k < len; k++) {
            const unsigned b = (unsigned char)utf8[k];
            const uint32_t sign_len = gr_byte_sign(b) < 0x80 ? 1 : 2;

            note_bytes(w, i, sign_len);
            if (w->bpe->byte_id[b] >= 0) {
                flush_unknown(w, &u);
                push_symbol(w, w->bpe->byte_id[b], sign_len);
            } else {
                push_unknown(w, &u, sign_len);
            }
        }
    }
    flush_unknown(w, &u);
}

/* ---- encoding ---- */

/* The token that the whole word is, or -1. */
static int32_t find_whole(const gr_tok_model *m, const gr_glyph *g, size_t n)
{
    const gr_trie *t = &m->vocab.trie;
    uint32_t at = GR_TRIE_ROOT;

    for (size_t i = 0; i < n; i++) {
        char utf8[4], sign[4];
        const size_t len = gr_utf8_put(utf8, g[i].cp);

        for (size_t k = 0; k < len; k++) {
            const size_t sign_len = m->bpe.byte_level ? gr_utf8_put(sign, gr_byte_sign((unsigned char)utf8[k])) : 1;

            if (!m->bpe.byte_level) sign[0] = utf8[k];
            for (size_t j = 0; j < sign_len; j++) {
                at = gr_trie_child(t, at, (uint8_t)sign[j]);
                if (at == GR_TRIE_NONE) return -1;
            }
        }
    }
    return t->node[at].value;
}

/* Lay the arrays of a word of n_bytes out in the scratch memory. */
static gr_status prepare(word_run *w, gr_tok_scratch *s, const gr_glyph *g, size_t n, gr_err *err)
{
    size_t bytes = 0, total;

    for (size_t i = 0; i < n; i++) bytes += gr_utf8_length(g[i].cp);
    if (!gr_mul_size(&total, bytes, 2 * sizeof *w->heap + sizeof *w->sym + 2 * sizeof *w->glyph_of) || bytes > INT32_MAX / 2)
        return gr_fail_nomem(err, "a word");
    GR_TRY(gr_tok_scratch_reserve(s, total, err));
    w->heap = s->p;
    w->sym = (symbol *)(w->heap + 2 * bytes);
    w->glyph_of = (uint32_t *)(w->sym + bytes);
    w->n_heap = w->n_sym = w->n_bytes = 0;
    return GR_OK;
}

static gr_status encode(const gr_tok_model *m, gr_tok_scratch *s, gr_tok_pieces *out, const gr_glyph *g, size_t n,
                        int32_t word, gr_err *err)
{
    word_run w = { .bpe = &m->bpe };
    const int32_t whole = m->bpe.ignore_merges ? find_whole(m, g, n) : -1;
    size_t at = 0;

    if (whole >= 0) {
        GR_TRY(gr_tok_pieces_reserve(out, 1, err));
        out->v[out->n++] = gr_tok_piece_at(whole, 0, n, word);
        return GR_OK;
    }
    GR_TRY(prepare(&w, s, g, n, err));
    if (m->bpe.byte_level) lay_out_bytes(&w, m, g, n);
    else lay_out_chars(&w, m, g, n);
    if (w.n_sym == 0) return GR_OK;
    w.sym[w.n_sym - 1].next = -1;
    merge_all(&w);
    GR_TRY(gr_tok_pieces_reserve(out, w.n_sym, err));
    for (int32_t i = 0; i >= 0; i = w.sym[i].next) {
        const symbol *x = &w.sym[i];

        out->v[out->n++] = gr_tok_piece_at(x->id, w.glyph_of[at], (size_t)w.glyph_of[at + x->len - 1] + 1, word);
        at += x->len;
    }
    return GR_OK;
}

/* ---- building ---- */

bool gr_tok_byte_tokens(int32_t out[256], const gr_vocab *v)
{
    static const char digit[] = "0123456789ABCDEF";
    bool all = true;

    for (unsigned b = 0; b < 256; b++) {
        const char name[6] = { '<', '0', 'x', digit[b >> 4], digit[b & 15], '>' };

        out[b] = gr_trie_find(&v->trie, (gr_sv){ name, sizeof name });
        all = all && out[b] >= 0;
    }
    return all;
}

void gr_bpe_set_byte_level(gr_tok_model *m)
{
    m->bpe.byte_level = true;
    for (unsigned b = 0; b < 256; b++) {
        char utf8[4];

        m->bpe.byte_id[b] = gr_trie_find(&m->vocab.trie, (gr_sv){ utf8, gr_utf8_put(utf8, gr_byte_sign(b)) });
    }
}

gr_status gr_bpe_init(gr_tok_model *m, gr_arena *arena, gr_sv unk, size_t n_merges, gr_err *err)
{
    size_t n = 16;

    m->encode = encode;
    m->unk_id = unk.p ? gr_trie_find(&m->vocab.trie, unk) : -1;
    if (unk.p && m->unk_id < 0)
        return gr_fail(err, GR_E_FORMAT, "unknown token '%.*s' is not in the vocabulary", GR_SV_FMT(unk));
    if (m->bpe.prefix.n > AFFIX_MAX || m->bpe.suffix.n > AFFIX_MAX)
        return gr_fail(err, GR_E_UNSUPPORTED, "a prefix or suffix of more than %d bytes", (int)AFFIX_MAX);
    if (m->bpe.byte_fallback && (m->bpe.prefix.n || m->bpe.suffix.n))
        return gr_fail(err, GR_E_UNSUPPORTED, "byte fallback together with a prefix or suffix");
    if (n_merges > GR_TOK_ID_MAX) return gr_fail(err, GR_E_FORMAT, "%zu merges are too many", n_merges);
    (void)gr_tok_byte_tokens(m->bpe.byte_id, &m->vocab);
    while (n < 2 * n_merges) n *= 2;
    m->bpe.merge = gr_arena_calloc(arena, n, sizeof *m->bpe.merge);
    if (!m->bpe.merge) return gr_fail_nomem(err, "the merges");
    for (size_t i = 0; i < n; i++) m->bpe.merge[i].pair = UINT64_MAX;
    m->bpe.mask = n - 1;
    set_keys(&m->bpe, &m->vocab, n_merges);
    return GR_OK;
}
