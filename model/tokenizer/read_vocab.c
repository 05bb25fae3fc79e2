/* read_vocab.c - vocab.txt: one token a line, its id is the line's number from 0.
 *
 * Lines end at LF alone (published vocabularies hold U+2028 and other signs that some readers break
 * lines at); a CR before it is dropped. Around the vocabulary stands the pipeline that the Python
 * libraries build for such a file. */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"

enum { VOCAB_MAX = 256 << 20, MAX_CHARS = 100 };

/* ---- lines ---- */

static size_t count_lines(gr_sv text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) n += text.p[i] == '\n';
    return n + (text.n > 0 && text.p[text.n - 1] != '\n');
}

static gr_status check_line(gr_sv line, size_t number, gr_err *err)
{
    const gr_status s = gr_utf8_check(line, NULL, err);

    if (s != GR_OK) return gr_wrap(err, s, "line %zu", number);
    if (line.n && memchr(line.p, '\0', line.n)) return gr_fail(err, GR_E_FORMAT, "line %zu: NUL in a token", number);
    return GR_OK;
}

static gr_status split_lines(gr_sv *tokens, int32_t *ids, gr_arena *arena, gr_sv text, gr_err *err)
{
    gr_sv rest = text;

    for (size_t i = 0; rest.n > 0; i++) {
        gr_sv line = gr_sv_split(&rest, '\n');

        if (line.n && line.p[line.n - 1] == '\r') line.n--;
        GR_TRY(check_line(line, i + 1, err));
        tokens[i].p = gr_arena_strndup(arena, line.p, line.n);
        tokens[i].n = line.n;
        ids[i] = (int32_t)i;
        if (!tokens[i].p) return gr_fail_nomem(err, "a vocabulary");
    }
    return GR_OK;
}

static gr_status read_lines(gr_vocab *out, gr_arena *arena, gr_sv text, gr_err *err)
{
    const size_t n = count_lines(text);
    gr_sv *tokens;
    int32_t *ids;
    size_t dup[2] = { 0, 0 };
    gr_status s;

    if (n == 0) return gr_fail(err, GR_E_FORMAT, "empty file");
    if (n > GR_TOK_ID_MAX) return gr_fail(err, GR_E_FORMAT, "%zu lines are too many for a vocabulary", n);
    tokens = calloc(n, sizeof *tokens);
    ids = calloc(n, sizeof *ids);
    s = tokens && ids ? split_lines(tokens, ids, arena, text, err) : gr_fail_nomem(err, "a vocabulary");
    if (s == GR_OK) {
        s = gr_vocab_build(out, arena, tokens, ids, n, dup, err);
        if (s == GR_E_FORMAT)
            s = gr_fail(err, s, "line %zu: '%.*s' is already on line %zu", dup[1] + 1, GR_SV_FMT(tokens[dup[1]]), dup[0] + 1);
    }
    free(tokens);
    free(ids);
    return s;
}

/* ---- the pipeline around it ---- */

static int flag(int opt, int config, int fallback)
{
    return opt >= 0 ? opt : config >= 0 ? config : fallback;
}

static gr_status need(int32_t *out, const gr_tok *t, gr_sv name, gr_err *err)
{
    *out = gr_trie_find(&t->model.vocab.trie, name);
    if (*out < 0) return gr_fail(err, GR_E_FORMAT, "special token '%.*s' is not in the vocabulary", GR_SV_FMT(name));
    return GR_OK;
}

/* The special tokens are found in the text; those that the vocabulary lacks are none. */
static gr_status add_special(gr_tok *t, const gr_sv names[], size_t n, size_t mask, gr_err *err)
{
    gr_added a[8];
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        const int32_t id = gr_trie_find(&t->model.vocab.trie, names[i]);
        const gr_added x = { .name = names[i], .content = names[i], .id = id, .special = true, .lstrip = i == mask };

        if (id >= 0) a[used++] = x;
    }
    return gr_added_init(t, a, used, err);
}

static gr_status build(gr_tok *t, gr_sv text, const gr_tok_opts *opts, const gr_tok_config *c, gr_err *err)
{
    enum { UNK, CLS, SEP, PAD, MASK, N };
    const bool mp = c->mpnet;
    const gr_sv names[N] = { gr_tok_name_or(c->unk, "[UNK]"), gr_tok_name_or(c->cls, mp ? "<s>" : "[CLS]"),
                             gr_tok_name_or(c->sep, mp ? "</s>" : "[SEP]"), gr_tok_name_or(c->pad, mp ? "<pad>" : "[PAD]"),
                             gr_tok_name_or(c->mask, mp ? "<mask>" : "[MASK]") };
    int32_t cls = -1, sep = -1;

    GR_TRY(read_lines(&t->model.vocab, &t->arena, text, err));
    GR_TRY(gr_wordpiece_init(&t->model, names[UNK], gr_sv_from("##"), MAX_CHARS, err));
    t->norm.kind = GR_NORM_BERT;
    t->norm.clean = true;
    t->norm.lower = flag(opts->lowercase, c->lowercase, 1);
    t->norm.strip = flag(opts->strip_accents, c->strip_accents, t->norm.lower);
    t->norm.cjk = flag(opts->chinese_chars, c->chinese_chars, 1);
    t->pretok = (gr_pretok){ .kind = GR_PRETOK_BERT };
    GR_TRY(need(&cls, t, names[CLS], err));
    GR_TRY(need(&sep, t, names[SEP], err));
    if (mp) GR_TRY(gr_post_roberta(&t->post, &t->arena, cls, sep, err));
    else GR_TRY(gr_post_bert(&t->post, &t->arena, cls, sep, err));
    if (mp) GR_TRY(gr_post_add_trim(&t->post, false, err));
    GR_TRY(add_special(t, names, N, mp ? MASK : N, err));
    gr_tok_config_apply(t, c);
    return GR_OK;
}

gr_status gr_tok_read_vocab_text(gr_tok *t, gr_sv text, const gr_tok_opts *opts, const gr_tok_config *c, gr_err *err)
{
    if (gr_sv_starts(text, "\xEF\xBB\xBF")) {
        text.p += 3;
        text.n -= 3;
    }
    return build(t, text, opts, c, err);
}

gr_status gr_tok_read_vocab(gr_tok *t, const char *path, const gr_tok_opts *opts, const gr_tok_config *c, gr_err *err)
{
    char *bytes = NULL;
    size_t n = 0;
    gr_status s;

    GR_TRY(gr_fs_read(&bytes, &n, path, VOCAB_MAX, err));
    s = gr_tok_read_vocab_text(t, (gr_sv){ bytes, n }, opts, c, err);
    free(bytes);
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", path);
}
