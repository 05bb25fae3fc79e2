/* read_bpe.c - BPE from the entry "model" of tokenizer.json, or from vocab.json and merges.txt with the
 * pipeline that the Python libraries build around these two for RoBERTa. */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"

enum { FILE_MAX = 256 << 20 };

/* ---- merges ---- */

/* "left right" with one blank; false when it has not two parts that are not empty. */
static bool split_merge(gr_sv part[2], gr_sv line)
{
    const char *blank = line.n ? memchr(line.p, ' ', line.n) : NULL;

    if (!blank) return false;
    part[0] = (gr_sv){ line.p, (size_t)(blank - line.p) };
    part[1] = (gr_sv){ blank + 1, line.n - part[0].n - 1 };
    return part[0].n > 0 && part[1].n > 0 && !memchr(part[1].p, ' ', part[1].n);
}

/* A merge of tokenizer.json: a text or, in newer files, a pair. */
static bool json_merge(gr_sv part[2], const gr_json *v)
{
    if (gr_json_is_string(v)) return split_merge(part, gr_json_sv(v));
    part[0] = gr_json_sv(gr_json_at(v, 0));
    part[1] = gr_json_sv(gr_json_at(v, 1));
    return gr_json_is_array(v) && gr_json_len(v) == 2 && part[0].p && part[1].p;
}

static gr_status add_json_merges(gr_tok_model *m, const gr_json *list, gr_err *err)
{
    uint32_t rank = 0;

    for (const gr_json *v = gr_json_first(list); v; v = gr_json_next(v)) {
        gr_sv part[2];
        gr_status s;

        if (gr_json_is_string(v) && gr_sv_starts(gr_json_sv(v), "#version")) continue;
        if (!json_merge(part, v)) return gr_fail(err, GR_E_FORMAT, "merge %u does not have two parts", (unsigned)rank + 1);
        s = gr_bpe_add_merge(m, part[0], part[1], rank, err);
        if (s != GR_OK) return gr_wrap(err, s, "merge %u", (unsigned)rank + 1);
        rank++;
    }
    return GR_OK;
}

/* ---- tokenizer.json ---- */

/* An affix in the arena; absent, null and empty are the same. */
static gr_status read_affix(gr_sv *out, gr_arena *arena, const gr_json *v, const char *key, gr_err *err)
{
    gr_sv s;

    GR_TRY(gr_tok_read_text(&s, v, key, NULL, err));
    *out = (gr_sv){ NULL, 0 };
    if (s.n == 0) return GR_OK;
    *out = (gr_sv){ gr_arena_strndup(arena, s.p, s.n), s.n };
    return out->p ? GR_OK : gr_fail_nomem(err, "a tokenizer");
}

gr_status gr_tok_read_bpe(gr_tok *t, const gr_json *v, gr_err *err)
{
    const gr_json *merges = gr_json_get(v, "merges"), *dropout = gr_json_get(v, "dropout");
    gr_bpe *b = &t->model.bpe;
    gr_sv unk;

    if (dropout && !gr_json_is_null(dropout) && gr_json_num(dropout, 1) != 0)
        return gr_fail(err, GR_E_UNSUPPORTED, "'dropout' makes tokens random");
    if (!gr_json_is_array(merges)) return gr_fail(err, GR_E_FORMAT, "'merges' is missing or not an array");
    GR_TRY(gr_tok_read_flag(&b->byte_fallback, v, "byte_fallback", err));
    GR_TRY(gr_tok_read_flag(&b->ignore_merges, v, "ignore_merges", err));
    GR_TRY(gr_tok_read_flag(&b->fuse_unk, v, "fuse_unk", err));
    GR_TRY(read_affix(&b->prefix, &t->arena, v, "continuing_subword_prefix", err));
    GR_TRY(read_affix(&b->suffix, &t->arena, v, "end_of_word_suffix", err));
    GR_TRY(gr_tok_read_text(&unk, v, "unk_token", NULL, err));
    GR_TRY(gr_tok_read_ids(&t->model.vocab, &t->arena, gr_json_get(v, "vocab"), err));
    GR_TRY(gr_bpe_init(&t->model, &t->arena, unk, gr_json_len(merges), err));
    return add_json_merges(&t->model, merges, err);
}

/* ---- vocab.json and merges.txt ---- */

static size_t count_lines(gr_sv text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) n += text.p[i] == '\n';
    return n + 1;
}

/* Lines that begin with "#version" say nothing. */
static gr_status add_text_merges(gr_tok_model *m, gr_sv text, gr_err *err)
{
    uint32_t rank = 0;

    for (size_t number = 1; text.n > 0; number++) {
        gr_sv line = gr_sv_split(&text, '\n'), part[2];
        gr_status s;

        if (line.n && line.p[line.n - 1] == '\r') line.n--;
        if (gr_sv_starts(line, "#version")) continue;
        s = gr_utf8_check(line, NULL, err);
        if (s == GR_OK && !split_merge(part, line)) s = gr_fail(err, GR_E_FORMAT, "a merge does not have two parts");
        if (s == GR_OK) s = gr_bpe_add_merge(m, part[0], part[1], rank, err);
        if (s != GR_OK) return gr_wrap(err, s, "line %zu", number);
        rank++;
    }
    return GR_OK;
}

/* Byte-level words, <s> A </s></s> B </s>, and the special tokens that the vocabulary has. */
static gr_status build_roberta(gr_tok *t, const gr_tok_config *c, gr_err *err)
{
    enum { CLS, PAD, SEP, UNK, MASK, N };
    const gr_sv names[N] = { gr_tok_name_or(c->cls, "<s>"), gr_tok_name_or(c->pad, "<pad>"), gr_tok_name_or(c->sep, "</s>"),
                             gr_tok_name_or(c->unk, "<unk>"), gr_tok_name_or(c->mask, "<mask>") };
    int32_t ids[N];
    gr_added a[N];
    size_t n = 0;

    for (size_t i = 0; i < N; i++) {
        ids[i] = gr_trie_find(&t->model.vocab.trie, names[i]);
        if (ids[i] < 0 && (i == CLS || i == SEP))
            return gr_fail(err, GR_E_FORMAT, "special token '%.*s' is not in the vocabulary", GR_SV_FMT(names[i]));
        if (ids[i] < 0) continue;
        a[n] = (gr_added){ .name = names[i], .content = names[i], .id = ids[i], .special = true };
        a[n++].lstrip = i == MASK;
    }
    t->norm = (gr_norm){ .kind = GR_NORM_NONE };
    t->pretok = (gr_pretok){ .kind = GR_PRETOK_BYTE_LEVEL, .split = true };
    t->pretok.prefix = c->prefix_space == 1 ? GR_PREFIX_ALWAYS : GR_PREFIX_NEVER;
    gr_bpe_set_byte_level(&t->model);
    t->post.roberta = true;
    GR_TRY(gr_post_add_trim(&t->post, c->prefix_space == 1, err));
    GR_TRY(gr_post_roberta(&t->post, &t->arena, ids[CLS], ids[SEP], err));
    GR_TRY(gr_added_init(t, a, n, err));
    gr_tok_config_apply(t, c);
    return GR_OK;
}

gr_status gr_tok_read_merges_text(gr_tok *t, gr_sv vocab, gr_sv merges, const gr_tok_config *c, gr_err *err)
{
    gr_json *root = NULL;
    gr_status s;

    s = gr_json_parse(&root, vocab.p, vocab.n, err);
    if (s == GR_OK) s = gr_tok_read_ids(&t->model.vocab, &t->arena, root, err);
    gr_json_free(root);
    if (s != GR_OK) return gr_wrap(err, s, "vocab.json");
    GR_TRY(gr_bpe_init(&t->model, &t->arena, (gr_sv){ NULL, 0 }, count_lines(merges), err));
    s = add_text_merges(&t->model, merges, err);
    if (s != GR_OK) return gr_wrap(err, s, "merges.txt");
    s = build_roberta(t, c, err);
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "vocab.json");
}

gr_status gr_tok_read_merges(gr_tok *t, const char *vocab, const char *merges, const gr_tok_config *c, gr_err *err)
{
    char *v = NULL, *m = NULL;
    size_t n_v = 0, n_m = 0;
    const int folder = (int)(gr_fs_basename(vocab) - vocab);
    gr_status s = gr_fs_read(&v, &n_v, vocab, FILE_MAX, err);

    if (s == GR_OK) s = gr_fs_read(&m, &n_m, merges, FILE_MAX, err);
    if (s == GR_OK) {
        s = gr_tok_read_merges_text(t, (gr_sv){ v, n_v }, (gr_sv){ m, n_m }, c, err);
        if (s != GR_OK) (void)gr_wrap(err, s, "%.*s", folder > 1 ? folder - 1 : 1, folder ? vocab : "."); /* the file is named already */
    }
    free(v);
    free(m);
    return s;
}
