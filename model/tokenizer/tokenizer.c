/* tokenizer.c - opening, closing, and what follows from the parts; see tokenizer.h and tok_impl.h. */
#include "model/tokenizer/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "model/tokenizer/tok_impl.h"
#include "model/tokenizer/unicode.h"

gr_tok *gr_tok_new(void)
{
    gr_tok *t = calloc(1, sizeof *t);

    if (!t) return NULL;
    gr_arena_init(&t->arena, 256 * 1024);
    t->pad_id = t->cls_id = t->sep_id = t->mask_id = -1;
    return t;
}

void gr_tok_close(gr_tok *t)
{
    if (!t) return;
    gr_arena_free(&t->arena);
    free(t);
}

/* ---- what follows from the parts ---- */

gr_scan gr_tok_classify(const gr_tok *t, uint32_t cp)
{
    const unsigned prop = gr_uni_prop(cp);
    const bool bert = t->norm.kind == GR_NORM_BERT;

    if (bert && t->norm.clean) {
        if (prop & GR_UNI_REMOVED) return GR_SCAN_WORD; /* dropped, and parts nothing */
        if (prop & GR_UNI_SPACE) return GR_SCAN_SPACE;
    }
    if (prop & GR_UNI_WHITE) return GR_SCAN_SPACE;
    if (bert && t->norm.cjk && prop & GR_UNI_CJK) return GR_SCAN_ALONE;
    return prop & GR_UNI_PUNCT ? GR_SCAN_ALONE : GR_SCAN_WORD;
}

/* The first of the names (ends at NULL) that is a token, else -1. */
static int32_t first_of(const gr_tok *t, const char *const *names)
{
    for (; *names; names++) {
        const int32_t id = gr_tok_id(t, gr_sv_from(*names));
        if (id >= 0) return id;
    }
    return -1;
}

static void find_special(gr_tok *t)
{
    static const char *const pad[] = { "[PAD]", "<pad>", NULL }, *const mask[] = { "[MASK]", "<mask>", NULL };
    static const char *const cls[] = { "[CLS]", "<s>", NULL }, *const sep[] = { "[SEP]", "</s>", NULL };
    const gr_post_template *single = &t->post.single;
    int32_t first = -1, last = -1; /* special tokens of the template */

    for (size_t i = 0; i < single->n; i++) {
        if (single->item[i].id < 0) continue;
        if (first < 0) first = single->item[i].id;
        last = single->item[i].id;
    }
    if (t->cls_id < 0) t->cls_id = first;
    if (t->sep_id < 0) t->sep_id = last;
    if (t->pad_id < 0) t->pad_id = first_of(t, pad);
    if (t->mask_id < 0) t->mask_id = first_of(t, mask);
    if (t->cls_id < 0) t->cls_id = first_of(t, cls);
    if (t->sep_id < 0) t->sep_id = first_of(t, sep);
}

static void classify_bytes(gr_tok *t)
{
    for (uint32_t c = 0; c < 256; c++) {
        const char sign = (char)c;
        int32_t id;

        t->byte_class[c] = (uint8_t)(c < 128 ? gr_tok_classify(t, c) : GR_SCAN_WIDE);
        if (c >= 128) continue;
        id = gr_trie_find(&t->model.vocab.trie, (gr_sv){ &sign, 1 });
        t->alone_id[c] = id >= 0 && t->model.max_chars > 0 ? id : t->model.unk_id;
    }
}

/* The byte-level step, which is the last if there is one; else NULL. */
static const gr_pretok *byte_level_of(const gr_pretok *p)
{
    const gr_pretok *last = p->kind == GR_PRETOK_STEPS ? &p->step[p->n_steps - 1] : p;

    return last->kind == GR_PRETOK_BYTE_LEVEL ? last : NULL;
}

/* Other pre-tokenizers may share the steps of p, so it gets its own. */
static gr_status set_prefix(gr_pretok *p, gr_arena *arena, gr_prefix prefix, gr_err *err)
{
    gr_pretok *copy;

    if (p->kind == GR_PRETOK_BYTE_LEVEL) p->prefix = prefix;
    if (p->kind != GR_PRETOK_STEPS) return GR_OK;
    copy = gr_arena_calloc(arena, p->n_steps, sizeof *copy);
    if (!copy) return gr_fail_nomem(err, "a tokenizer");
    memcpy(copy, p->step, p->n_steps * sizeof *copy);
    copy[p->n_steps - 1].prefix = prefix;
    p->step = copy;
    return GR_OK;
}

static void set_trims(gr_post *p, bool prefix_space)
{
    for (size_t i = 0; i < p->n_trims; i++) p->prefix_space[i] = prefix_space;
}

gr_status gr_tok_finish(gr_tok *t, gr_err *err)
{
    size_t n = t->model.vocab.n;
    const gr_added_set *const sets[] = { &t->added_raw, &t->added_norm };

    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sets[k]->n; i++)
            if ((size_t)sets[k]->token[i].id >= n) n = (size_t)sets[k]->token[i].id + 1;
    if (n > t->vocab_size) t->vocab_size = n;
    t->scan = t->pretok.kind == GR_PRETOK_BERT && t->norm.kind <= GR_NORM_BERT && t->model.max_chars > 0;
    classify_bytes(t);
    find_special(t);
    GR_TRY(gr_post_blanks(t, err));
    t->word_pretok = t->pretok;
    t->word_post = t->post;
    if (!t->post.roberta || !byte_level_of(&t->pretok)) return GR_OK;
    set_trims(&t->word_post, true);
    return set_prefix(&t->word_pretok, &t->arena, GR_PREFIX_ALWAYS, err);
}

gr_status gr_tok_set_prefix_space(gr_tok *t, int on, gr_err *err)
{
    if (on < 0) return GR_OK;
    set_trims(&t->post, on != 0);
    if (!byte_level_of(&t->pretok)) return GR_OK;
    return set_prefix(&t->pretok, &t->arena, on ? GR_PREFIX_ALWAYS : GR_PREFIX_NEVER, err);
}

/* ---- oddities ---- */

size_t gr_tok_holes(const gr_tok *t, int32_t *first)
{
    const gr_added_set *const sets[] = { &t->added_raw, &t->added_norm };
    bool *has = calloc(t->vocab_size + 1, sizeof *has);
    size_t n = 0;

    *first = -1;
    if (!has) return 0; /* no more than a warning depends on it */
    for (size_t i = 0; i < t->model.vocab.n; i++) has[i] = t->model.vocab.token[i].p != NULL;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sets[k]->n; i++) has[sets[k]->token[i].id] = true;
    for (size_t i = t->vocab_size; i-- > 0;)
        if (!has[i]) {
            *first = (int32_t)i;
            n++;
        }
    free(has);
    return n;
}

static void warn_holes(const gr_tok *t, const char *path)
{
    int32_t first = -1;
    const size_t n = gr_tok_holes(t, &first);

    if (n) gr_warn("%s: %zu of the ids below %zu belong to no token, the first is %d", path, n, t->vocab_size, (int)first);
}

/* ---- opening ---- */

static gr_status finish_open(gr_tok **out, gr_tok *t, gr_status s, gr_err *err)
{
    if (s == GR_OK) s = gr_tok_finish(t, err);
    if (s != GR_OK) {
        gr_tok_close(t);
        return s;
    }
    *out = t;
    return GR_OK;
}

gr_status gr_tok_open_json(gr_tok **out, const char *path, gr_err *err)
{
    gr_tok *t = gr_tok_new();

    if (!t) return gr_fail_nomem(err, "a tokenizer");
    return finish_open(out, t, gr_tok_read_json(t, path, err), err);
}

gr_status gr_tok_parse_json(gr_tok **out, const char *p, size_t n, gr_err *err)
{
    gr_tok *t = gr_tok_new();

    if (!t) return gr_fail_nomem(err, "a tokenizer");
    return finish_open(out, t, gr_tok_read_json_text(t, (gr_sv){ p, n }, err), err);
}

/* Nothing said. */
static const gr_tok_opts   no_opts = GR_TOK_OPTS_DEFAULT;
static const gr_tok_config no_config = GR_TOK_CONFIG_NONE;

gr_status gr_tok_parse_vocab(gr_tok **out, const char *p, size_t n, const gr_tok_opts *opts, gr_err *err)
{
    gr_tok *t = gr_tok_new();

    if (!t) return gr_fail_nomem(err, "a tokenizer");
    return finish_open(out, t, gr_tok_read_vocab_text(t, (gr_sv){ p, n }, opts ? opts : &no_opts, &no_config, err), err);
}

/* config_path NULL: none. */
static gr_status open_vocab(gr_tok **out, const char *path, const char *config_path, const gr_tok_opts *opts, gr_err *err)
{
    gr_tok_config c = no_config;
    gr_tok *t = gr_tok_new();
    gr_status s = GR_OK;

    if (!t) return gr_fail_nomem(err, "a tokenizer");
    if (config_path) s = gr_tok_config_read(&c, &t->arena, config_path, err);
    if (s == GR_OK) s = gr_tok_read_vocab(t, path, opts ? opts : &no_opts, &c, err);
    return finish_open(out, t, s, err);
}

gr_status gr_tok_open_vocab(gr_tok **out, const char *path, const gr_tok_opts *opts, gr_err *err)
{
    return open_vocab(out, path, NULL, opts, err);
}

static gr_status open_json_in(gr_tok **out, const char *path, const char *config_path, const gr_tok_opts *opts, gr_err *err)
{
    gr_tok_config c;
    gr_tok *t = gr_tok_new();
    gr_status s;

    if (!t) return gr_fail_nomem(err, "a tokenizer");
    s = gr_tok_read_json(t, path, err);
    if (s == GR_OK) s = gr_tok_config_read(&c, &t->arena, config_path, err);
    if (s == GR_OK) gr_tok_config_apply(t, &c);
    if (s == GR_OK) s = gr_tok_config_override(t, &c, err);
    if (s == GR_OK && opts) s = gr_tok_set_prefix_space(t, opts->prefix_space, err);
    s = finish_open(out, t, s, err);
    if (s == GR_OK) warn_holes(*out, path);
    return s;
}

static gr_status open_merges(gr_tok **out, const char *vocab, const char *merges, const char *config_path,
                             const gr_tok_opts *opts, gr_err *err)
{
    gr_tok_config c = no_config;
    gr_tok *t = gr_tok_new();
    gr_status s;

    if (!t) return gr_fail_nomem(err, "a tokenizer");
    s = gr_tok_config_read(&c, &t->arena, config_path, err);
    if (s == GR_OK) s = gr_tok_read_merges(t, vocab, merges, &c, err);
    if (s == GR_OK && opts) s = gr_tok_set_prefix_space(t, opts->prefix_space, err);
    s = finish_open(out, t, s, err);
    if (s == GR_OK) warn_holes(*out, vocab);
    return s;
}

static gr_status open_spm(gr_tok **out, const char *dir, const char *file, const char *config_path, gr_err *err)
{
    gr_tok_config c = no_config;
    gr_tok *t = gr_tok_new();
    gr_status s;

    if (!t) return gr_fail_nomem(err, "a tokenizer");
    s = gr_tok_config_read(&c, &t->arena, config_path, err);
    if (s == GR_OK) s = gr_tok_read_spm(t, dir, file, &c, err);
    return finish_open(out, t, s, err);
}

/* Path of a file in the folder, true when it is there. */
static bool has_file(char path[GR_PATH_MAX], const char *dir, const char *name)
{
    return gr_fs_join(path, GR_PATH_MAX, dir, name) && gr_fs_is_file(path);
}

gr_status gr_tok_open(gr_tok **out, const char *dir, const gr_tok_opts *opts, gr_err *err)
{
    static const char *const spm[] = { "spiece.model", "spm.model", "sentencepiece.bpe.model" };
    char path[GR_PATH_MAX], merges[GR_PATH_MAX], config[GR_PATH_MAX];

    if (!gr_fs_join(config, sizeof config, dir, "tokenizer_config.json"))
        return gr_fail(err, GR_E_ARG, "the path of the tokenizer is too long");
    if (has_file(path, dir, "tokenizer.json")) return open_json_in(out, path, config, opts, err);
    if (has_file(path, dir, "vocab.txt")) return open_vocab(out, path, config, opts, err);
    if (has_file(path, dir, "vocab.json") && has_file(merges, dir, "merges.txt"))
        return open_merges(out, path, merges, config, opts, err);
    for (size_t i = 0; i < sizeof spm / sizeof *spm; i++)
        if (has_file(path, dir, spm[i])) return open_spm(out, dir, spm[i], config, err);
    if (!gr_fs_is_dir(dir)) return gr_fail(err, GR_E_NOTFOUND, "%s: no such folder", dir);
    return gr_fail(err, GR_E_NOTFOUND, "%s: none of tokenizer.json, vocab.txt, vocab.json with merges.txt, and spiece.model is there", dir);
}

/* ---- asking ---- */

static const gr_added *added_by_id(const gr_added_set *set, int32_t id)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->token[i].id == id) return &set->token[i];
    return NULL;
}

int32_t gr_tok_max_length(const gr_tok *t)
{
    return t->max_length;
}

size_t gr_tok_vocab_size(const gr_tok *t)
{
    return t->vocab_size;
}

const char *gr_tok_token(const gr_tok *t, int32_t id)
{
    const gr_added *a = added_by_id(&t->added_norm, id);

    if (id < 0) return NULL;
    if (a) return a->content.p;
    if ((size_t)id < t->model.vocab.n && t->model.vocab.token[id].p) return t->model.vocab.token[id].p;
    a = added_by_id(&t->added_raw, id);
    return a ? a->name.p : NULL;
}

int32_t gr_tok_id(const gr_tok *t, gr_sv token)
{
    const gr_added_set *const sets[] = { &t->added_raw, &t->added_norm };
    const int32_t id = gr_trie_find(&t->model.vocab.trie, token);

    if (id >= 0) return id;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sets[k]->n; i++)
            if (gr_sv_eq(sets[k]->token[i].name, token)) return sets[k]->token[i].id;
    return -1;
}

int32_t gr_tok_pad_id(const gr_tok *t) { return t->pad_id; }
int32_t gr_tok_unk_id(const gr_tok *t) { return t->model.unk_id; }
int32_t gr_tok_cls_id(const gr_tok *t) { return t->cls_id; }
int32_t gr_tok_sep_id(const gr_tok *t) { return t->sep_id; }
int32_t gr_tok_mask_id(const gr_tok *t) { return t->mask_id; }

size_t gr_tok_n_special(const gr_tok *t, bool pair)
{
    return pair ? t->post.pair.n_special : t->post.single.n_special;
}
