/* spm.c - see spm.h.
 *
 * A message is a row of fields: a key (number << 3 | kind) and a value. The kinds are a number of 7 bits a
 * byte (0), 8 bytes (1), a length with as many bytes (2), and 4 bytes (5). Of the model these matter:
 *
 *   1 piece       { 1 text, 2 score (4 bytes), 3 type }        once for each token
 *   2 trainer     { 3 model_type, 35 byte_fallback }
 *   3 normalizer  { 2 precompiled_charsmap } */
#include "model/tokenizer/spm.h"

#include <string.h>

#include "base/utf8.h"

enum { VARINT = 0, BYTES8 = 1, LENGTH = 2, BYTES4 = 5, PIECES_MAX = 1 << 22 };

/* What is left of a message. */
typedef struct reader {
    gr_sv  rest;
    size_t at; /* of rest, in the file */
} reader;

typedef struct field {
    uint64_t number;
    unsigned kind;
    uint64_t value; /* VARINT; BYTES4 as its bits */
    reader   body;  /* LENGTH */
} field;

static void skip(reader *r, size_t n)
{
    r->rest.p += n;
    r->rest.n -= n;
    r->at += n;
}

static gr_status read_varint(uint64_t *out, reader *r, gr_err *err)
{
    uint64_t v = 0;

    for (size_t i = 0; i < r->rest.n && i < 10; i++) {
        const unsigned char c = (unsigned char)r->rest.p[i];

        if (i == 9 && c > 1) break;
        v |= (uint64_t)(c & 0x7F) << (7 * i);
        if (c & 0x80) continue;
        *out = v;
        skip(r, i + 1);
        return GR_OK;
    }
    return gr_fail(err, GR_E_FORMAT, "byte %zu: broken number", r->at);
}

static gr_status read_field(field *out, reader *r, gr_err *err)
{
    const size_t start = r->at;
    uint64_t key = 0, n = 0;

    GR_TRY(read_varint(&key, r, err));
    *out = (field){ key >> 3, (unsigned)(key & 7), 0, { { NULL, 0 }, 0 } };
    if (out->number == 0) return gr_fail(err, GR_E_FORMAT, "byte %zu: a field of number 0", start);
    switch (out->kind) {
    case VARINT: return read_varint(&out->value, r, err);
    case LENGTH: GR_TRY(read_varint(&n, r, err)); break;
    case BYTES8: n = 8; break;
    case BYTES4: n = 4; break;
    default: return gr_fail(err, GR_E_FORMAT, "byte %zu: a field of kind %u", start, out->kind);
    }
    if (n > r->rest.n) return gr_fail(err, GR_E_FORMAT, "byte %zu: the field is cut off", start);
    out->body = (reader){ { r->rest.p, (size_t)n }, r->at };
    if (out->kind == BYTES4)
        for (int i = 0; i < 4; i++) out->value |= (uint64_t)(unsigned char)r->rest.p[i] << (8 * i);
    skip(r, (size_t)n);
    return GR_OK;
}

/* ---- the messages ---- */

static gr_status read_text(gr_sv *out, gr_arena *arena, const reader *r, gr_err *err)
{
    const gr_status s = gr_utf8_check(r->rest, NULL, err);

    if (s != GR_OK) return gr_wrap(err, s, "byte %zu", r->at);
    if (r->rest.n && memchr(r->rest.p, '\0', r->rest.n)) return gr_fail(err, GR_E_FORMAT, "byte %zu: NUL in a token", r->at);
    *out = (gr_sv){ gr_arena_strndup(arena, r->rest.p, r->rest.n), r->rest.n };
    return out->p ? GR_OK : gr_fail_nomem(err, "a vocabulary");
}

static gr_status read_piece(gr_spm_piece *out, gr_arena *arena, reader r, gr_err *err)
{
    const size_t start = r.at;
    gr_spm_piece p = { { NULL, 0 }, 0, GR_SPM_NORMAL };

    while (r.rest.n > 0) {
        uint32_t bits;
        field f;

        GR_TRY(read_field(&f, &r, err));
        if (f.number == 1 && f.kind == LENGTH) GR_TRY(read_text(&p.text, arena, &f.body, err));
        if (f.number == 2 && f.kind == BYTES4) {
            bits = (uint32_t)f.value;
            memcpy(&p.score, &bits, sizeof bits);
        }
        if (f.number != 3 || f.kind != VARINT) continue;
        if (f.value < GR_SPM_NORMAL || f.value > GR_SPM_BYTE)
            return gr_fail(err, GR_E_FORMAT, "byte %zu: a token of type %llu", start, (unsigned long long)f.value);
        p.type = (gr_spm_type)f.value;
    }
    if (p.text.n == 0) return gr_fail(err, GR_E_FORMAT, "byte %zu: a token without text", start);
    *out = p;
    return GR_OK;
}

static gr_status read_trainer(gr_spm *out, reader r, gr_err *err)
{
    while (r.rest.n > 0) {
        field f;

        GR_TRY(read_field(&f, &r, err));
        if (f.kind != VARINT) continue;
        if (f.number == 3) out->model_type = f.value;
        if (f.number == 35) out->byte_fallback = f.value != 0;
    }
    return GR_OK;
}

static gr_status read_normalizer(gr_spm *out, reader r, gr_err *err)
{
    while (r.rest.n > 0) {
        field f;

        GR_TRY(read_field(&f, &r, err));
        if (f.number == 2 && f.kind == LENGTH) out->charsmap = f.body.rest;
    }
    return GR_OK;
}

/* All fields of the model are sound; how many of them are pieces. */
static gr_status count_pieces(size_t *out, reader r, gr_err *err)
{
    size_t n = 0;

    while (r.rest.n > 0) {
        field f;

        GR_TRY(read_field(&f, &r, err));
        n += f.number == 1 && f.kind == LENGTH;
    }
    if (n == 0) return gr_fail(err, GR_E_FORMAT, "no SentencePiece model: it holds no token");
    if (n > PIECES_MAX) return gr_fail(err, GR_E_FORMAT, "%zu tokens are too many for a vocabulary", n);
    *out = n;
    return GR_OK;
}

gr_status gr_spm_read(gr_spm *out, gr_arena *arena, gr_sv bytes, gr_err *err)
{
    gr_spm m = { NULL, 0, GR_SPM_UNIGRAM, false, { NULL, 0 } };
    reader r = { bytes, 0 };
    size_t n = 0;

    GR_TRY(count_pieces(&n, r, err));
    m.piece = gr_arena_calloc(arena, n, sizeof *m.piece);
    if (!m.piece) return gr_fail_nomem(err, "a vocabulary");
    while (r.rest.n > 0) {
        field f;

        GR_TRY(read_field(&f, &r, err));
        if (f.kind != LENGTH) continue;
        if (f.number == 1) GR_TRY(read_piece(&m.piece[m.n++], arena, f.body, err));
        if (f.number == 2) GR_TRY(read_trainer(&m, f.body, err));
        if (f.number == 3) GR_TRY(read_normalizer(&m, f.body, err));
    }
    *out = m;
    return GR_OK;
}
