/* charsmap.c - see charsmap.h.
 *
 * The format: 4 bytes with the size of the trie in bytes, the trie, the replacements; numbers are
 * little-endian. A unit of the trie holds a label (8 bits and the top bit), a mark that a key ends here
 * (bit 8), and the distance to its children, in units or, with bit 9 set, in 256 units. */
#include "model/tokenizer/charsmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static uint32_t read_u32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;

    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

gr_status gr_charsmap_read(gr_charsmap *out, gr_arena *arena, gr_sv bytes, gr_err *err)
{
    gr_charsmap m = { NULL, 0, { NULL, 0 } };
    uint32_t size, *unit;
    gr_status s;

    *out = m;
    if (bytes.n == 0) return GR_OK;
    size = bytes.n < 4 ? 0 : read_u32(bytes.p);
    if (size == 0 || size % 4 != 0 || size > bytes.n - 4)
        return gr_fail(err, GR_E_FORMAT, "charsmap: %zu bytes cannot hold a trie of %u", bytes.n, (unsigned)size);
    m.n_units = size / 4;
    unit = gr_arena_calloc(arena, m.n_units, sizeof *unit);
    if (!unit) return gr_fail_nomem(err, "a charsmap");
    for (size_t i = 0; i < m.n_units; i++) unit[i] = read_u32(bytes.p + 4 + 4 * i);
    m.unit = unit;
    m.text.n = bytes.n - 4 - size;
    m.text.p = gr_arena_strndup(arena, bytes.p + 4 + size, m.text.n);
    if (!m.text.p) return gr_fail_nomem(err, "a charsmap");
    s = gr_utf8_check(m.text, NULL, err);
    if (s != GR_OK) return gr_wrap(err, s, "charsmap");
    *out = m;
    return GR_OK;
}

/* ---- Base64 ---- */

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Into out, which has room for 3/4 of the text; false when it is not Base64. */
static bool decode_base64(char *out, size_t *n, gr_sv text)
{
    uint32_t bits = 0;
    size_t n_bits = 0, at = 0;

    while (text.n > 0 && text.p[text.n - 1] == '=') text.n--;
    for (size_t i = 0; i < text.n; i++) {
        const int v = sextet(text.p[i]);

        if (v < 0) return false;
        bits = bits << 6 | (uint32_t)v;
        n_bits += 6;
        if (n_bits < 8) continue;
        n_bits -= 8;
        out[at++] = (char)(unsigned char)(bits >> n_bits & 0xFF);
    }
    *n = at;
    return n_bits < 6;
}

gr_status gr_charsmap_read_base64(gr_charsmap *out, gr_arena *arena, gr_sv text, gr_err *err)
{
    char *bytes = malloc(text.n + 1);
    size_t n = 0;
    gr_status s;

    if (!bytes) return gr_fail_nomem(err, "a charsmap");
    if (decode_base64(bytes, &n, text)) s = gr_charsmap_read(out, arena, (gr_sv){ bytes, n }, err);
    else s = gr_fail(err, GR_E_FORMAT, "charsmap: not Base64");
    free(bytes);
    return s;
}

/* ---- finding ---- */

static size_t distance(uint32_t unit)
{
    return (size_t)(unit >> 10) << (unit >> 6 & 8);
}

bool gr_charsmap_find(const gr_charsmap *m, gr_sv *out, gr_sv s)
{
    size_t at = m->unit ? distance(m->unit[0]) : 0;

    if (!m->unit) return false;
    for (size_t i = 0; i < s.n && s.p[i] != '\0'; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        uint32_t unit;

        at ^= c;
        if (at >= m->n_units) return false;
        unit = m->unit[at];
        if ((unit & 0x800000FFu) != c) return false;
        at ^= distance(unit);
        if (!(unit >> 8 & 1)) continue;
        if (at >= m->n_units) return false;
        at = m->unit[at] & 0x7FFFFFFFu;
        if (at > m->text.n) return false;
        *out = (gr_sv){ m->text.p + at, strlen(m->text.p + at) };
        return at == m->text.n || ((unsigned char)m->text.p[at] & 0xC0) != 0x80;
    }
    return false;
}
