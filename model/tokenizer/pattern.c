/* pattern.c - see pattern.h. Each matcher says which expression it is; alternatives are tried in the
 * order of the expression, as a backtracking engine does. */
#include "model/tokenizer/pattern.h"

#include "model/tokenizer/classes.h"

static bool is_space(uint32_t cp)
{
    return gr_uni_prop(cp) & GR_UNI_WHITE;
}

static bool is_newline(uint32_t cp)
{
    return cp == '\r' || cp == '\n';
}

/* What the byte-level expressions part: letters, numbers, blanks, the rest. */
typedef enum kind { LETTER, NUMBER, SPACE, OTHER } kind;

static kind kind_of(uint32_t cp)
{
    unsigned c;

    if (cp < 0x80 && cp >= 'A') return (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z' ? LETTER : OTHER;
    c = gr_uni_class_of(cp);
    if (c & GR_CLASS_LETTER) return LETTER;
    if (c & GR_CLASS_NUMBER) return NUMBER;
    return is_space(cp) ? SPACE : OTHER;
}

/* End of the run of this kind from `at` on, no further than `limit`. */
static size_t run_of(kind k, const gr_glyph *g, size_t limit, size_t at)
{
    while (at < limit && kind_of(g[at].cp) == k) at++;
    return at;
}

/* \s+(?!\S)|\s+ at a blank: all blanks, but for the last one when something follows. */
static size_t match_blanks(const gr_glyph *g, size_t n, size_t at)
{
    const size_t end = run_of(SPACE, g, n, at);

    return end == n || end - at == 1 ? end - at : end - at - 1;
}

/* 's|'t|'re|'ve|'m|'ll|'d; `fold` for either case (then U+017F is an s). */
static size_t match_contraction(const gr_glyph *g, size_t n, size_t at, bool fold)
{
    uint32_t a, b;

    if (g[at].cp != '\'' || at + 1 >= n) return 0;
    a = g[at + 1].cp;
    b = at + 2 < n ? g[at + 2].cp : 0;
    if (fold) {
        a = a >= 'A' && a <= 'Z' ? a | 0x20 : a == 0x17F ? 's' : a;
        b = b >= 'A' && b <= 'Z' ? b | 0x20 : b;
    }
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
    return (b == 'e' && (a == 'r' || a == 'v')) || (b == 'l' && a == 'l') ? 3 : 0;
}

/* 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
size_t gr_pattern_gpt2(const gr_glyph *g, size_t n, size_t at)
{
    const size_t word = at + (g[at].cp == ' '), contraction = match_contraction(g, n, at, false);
    kind k;

    if (contraction) return contraction;
    if (word == n) return 1;
    k = kind_of(g[word].cp);
    return k == SPACE ? match_blanks(g, n, at) : run_of(k, g, n, word) - at;
}

/* \s*[\r\n]+ at a blank: up to the last line end among the blanks. */
static size_t match_lines(const gr_glyph *g, size_t n, size_t at)
{
    size_t end = run_of(SPACE, g, n, at);

    while (end > at && !is_newline(g[end - 1].cp)) end--;
    return end - at;
}

/* (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,DIGITS}| ?[^\s\p{L}\p{N}]+[\r\n]*|
 * \s*[\r\n]+|\s+(?!\S)|\s+ */
static size_t match_cl100k(const gr_glyph *g, size_t n, size_t at, size_t digits)
{
    const kind k = kind_of(g[at].cp);
    size_t len = match_contraction(g, n, at, true), end;

    if (len) return len;
    if (k == LETTER) return run_of(LETTER, g, n, at) - at;
    if (k != NUMBER && !is_newline(g[at].cp) && at + 1 < n && kind_of(g[at + 1].cp) == LETTER)
        return run_of(LETTER, g, n, at + 1) - at;
    if (k == NUMBER) return run_of(NUMBER, g, n - at < digits ? n : at + digits, at) - at;
    end = at + (g[at].cp == ' ');
    if (end < n && kind_of(g[end].cp) == OTHER) {
        end = run_of(OTHER, g, n, end);
        while (end < n && is_newline(g[end].cp)) end++;
        return end - at;
    }
    len = match_lines(g, n, at);
    return len ? len : match_blanks(g, n, at);
}

static size_t match_llama3(const gr_glyph *g, size_t n, size_t at)
{
    return match_cl100k(g, n, at, 3);
}

static size_t match_qwen2(const gr_glyph *g, size_t n, size_t at)
{
    return match_cl100k(g, n, at, 1);
}

static size_t match_two_spaces(const gr_glyph *g, size_t n, size_t at)
{
    size_t i = at;

    while (i < n && g[i].cp == ' ') i++;
    return i - at >= 2 ? i - at : 0;
}

/* \s{2,}|[\n\r\t] */
static size_t match_two_blanks(const gr_glyph *g, size_t n, size_t at)
{
    const size_t len = run_of(SPACE, g, n, at) - at;

    return len >= 2 || is_newline(g[at].cp) || g[at].cp == '\t' ? len : 0;
}

static size_t match_spaces(const gr_glyph *g, size_t n, size_t at)
{
    return run_of(SPACE, g, n, at) - at;
}

static size_t match_number(const gr_glyph *g, size_t n, size_t at)
{
    (void)n;
    return kind_of(g[at].cp) == NUMBER;
}

static size_t match_three_numbers(const gr_glyph *g, size_t n, size_t at)
{
    return run_of(NUMBER, g, n - at < 3 ? n : at + 3, at) - at;
}

static size_t match_newline(const gr_glyph *g, size_t n, size_t at)
{
    (void)n;
    return g[at].cp == '\n';
}

#define CONTRACTIONS "'s|'t|'re|'ve|'m|'ll|'d"
#define CL100K_END "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
static const struct {
    const char      *regex;
    gr_pattern_match match;
} known[] = {
    { CONTRACTIONS "| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", gr_pattern_gpt2 },
    { "(?i:" CONTRACTIONS ")|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" CL100K_END, match_llama3 },
    { "(?i:" CONTRACTIONS ")|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" CL100K_END, match_qwen2 },
    { " {2,}", match_two_spaces },
    { "\\s+", match_spaces },
    { "\\s{2,}|[\\n\\r\\t]", match_two_blanks },
    { "\\p{N}", match_number },
    { "\\p{N}{1,3}", match_three_numbers },
    { "\\n", match_newline },
    { "\n", match_newline },
};
#undef CONTRACTIONS
#undef CL100K_END

size_t gr_pattern_count(void)
{
    return sizeof known / sizeof *known;
}

gr_pattern_match gr_pattern_find(gr_sv regex)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (gr_sv_is(regex, known[i].regex)) return known[i].match;
    return NULL;
}

static size_t match_text(const gr_pattern *p, const gr_glyph *g, size_t n, size_t at)
{
    if (n - at < p->n_text) return 0;
    for (size_t i = 0; i < p->n_text; i++)
        if (g[at + i].cp != p->text[i]) return 0;
    return p->n_text;
}

bool gr_pattern_next(const gr_pattern *p, const gr_glyph *g, size_t n, size_t at, size_t *from, size_t *to)
{
    for (; at < n; at++) {
        const size_t len = p->match ? p->match(g, n, at) : match_text(p, g, n, at);

        if (len == 0) continue;
        *from = at;
        *to = at + len;
        return true;
    }
    return false;
}
