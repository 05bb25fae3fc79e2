/* read_spm.c - a SentencePiece model with the pipeline that its family builds around it.
 *
 * What a family adds is a row of a table: which pieces come before and behind those of the file, which
 * tokens are special, the steps before the charsmap, how words are cut. User-defined pieces stay plain
 * tokens, as SentencePiece itself treats them. */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "model/tokenizer/tok_impl.h"

enum { MODEL_MAX = 256 << 20, CONFIG_MAX = 16 << 20, EXTRA_MAX = 6, STEPS_MAX = 8 };

static const uint32_t META = 0x2581, QUOTE = '"', BLANK = ' ';
static const uint32_t backquotes[2] = { '`', '`' }, quotes[2] = { '\'', '\'' };

typedef struct extra {
    const char *text; /* NULL: the end of the list, for which there is always room */
    double      score;
} extra;

typedef struct family {
    const char *class_name, *model_type, *file;
    bool  albert;           /* quotes, accents, lower case; else DeBERTa's stripping where `strip` is set */
    bool  strip;
    bool  whitespace_split;
    bool  roberta;          /* <s> A </s></s> B </s>, types 0 */
    extra head[EXTRA_MAX];  /* ids from 0; the first `skip` pieces of the file are not taken */
    size_t skip;
    const char *tail;       /* a last token; NULL: none */
    bool  tail_anyway;      /* also when the file has such a piece, whose id is then nobody's; else that piece is the token */
    const char *cls, *sep, *pad, *unk, *mask;
    bool  mask_lstrip;
} family;

static const family families[] = {
    { .class_name = "Albert", .model_type = "albert", .file = "spiece.model", .albert = true, .whitespace_split = true,
      .cls = "[CLS]", .sep = "[SEP]", .pad = "<pad>", .unk = "<unk>", .mask = "[MASK]" },
    { .class_name = "DebertaV2", .model_type = "deberta-v2", .file = "spm.model", .strip = true, .tail = "[MASK]",
      .cls = "[CLS]", .sep = "[SEP]", .pad = "[PAD]", .unk = "[UNK]", .mask = "[MASK]" },
    { .class_name = "XLMRoberta", .model_type = "xlm-roberta", .file = "sentencepiece.bpe.model", .whitespace_split = true, .roberta = true,
      .head = { { "<s>", 0 }, { "<pad>", 0 }, { "</s>", 0 }, { "<unk>", 0 } }, .skip = 3, .tail = "<mask>", .tail_anyway = true,
      .cls = "<s>", .sep = "</s>", .pad = "<pad>", .unk = "<unk>", .mask = "<mask>", .mask_lstrip = true },
    { .class_name = "Camembert", .model_type = "camembert", .file = "sentencepiece.bpe.model", .whitespace_split = true, .roberta = true,
      .head = { { "<s>NOTUSED", 0 }, { "<pad>", 0 }, { "</s>NOTUSED", 0 }, { "<unk>", 0 }, { "<unk>NOTUSED", -100 } }, .skip = 1, .tail = "<mask>", .tail_anyway = true,
      .cls = "<s>", .sep = "</s>", .pad = "<pad>", .unk = "<unk>", .mask = "<mask>", .mask_lstrip = true },
};

/* ---- the vocabulary ---- */

/* Tokens as they are collected. */
typedef struct list {
    gr_sv   *token;
    int32_t *id;
    double  *score; /* by id; in the arena */
    size_t   n, next; /* tokens; the next id */
} list;

static void push(list *l, gr_sv token, double score)
{
    l->token[l->n] = token;
    l->id[l->n++] = (int32_t)l->next;
    l->score[l->next++] = score;
}

static bool has_piece(const gr_spm *m, const char *text)
{
    for (size_t i = 0; i < m->n; i++)
        if (gr_sv_is(m->piece[i].text, text)) return true;
    return false;
}

static void collect(list *l, const family *f, const gr_spm *m)
{
    for (const extra *x = f->head; x->text; x++) push(l, gr_sv_from(x->text), x->score);
    for (size_t i = f->skip; i < m->n; i++) {
        if (f->tail_anyway && gr_sv_is(m->piece[i].text, f->tail)) l->next++;
        else push(l, m->piece[i].text, m->piece[i].score);
    }
    if (f->tail && (f->tail_anyway || !has_piece(m, f->tail))) push(l, gr_sv_from(f->tail), 0);
}

static gr_status build_vocab(gr_tok *t, const family *f, const gr_spm *m, gr_err *err)
{
    const size_t room = m->n + EXTRA_MAX + 1;
    list l = { calloc(room, sizeof *l.token), calloc(room, sizeof *l.id), gr_arena_calloc(&t->arena, room, sizeof *l.score), 0, 0 };
    gr_status s = l.token && l.id && l.score ? GR_OK : gr_fail_nomem(err, "a vocabulary");
    size_t dup[2] = { 0, 0 };

    if (s == GR_OK) collect(&l, f, m);
    if (s == GR_OK) {
        s = gr_vocab_build(&t->model.vocab, &t->arena, l.token, l.id, l.n, dup, err);
        if (dup[1]) s = gr_fail(err, GR_E_FORMAT, "token %zu: '%.*s' occurs twice, as token %zu before", dup[1], GR_SV_FMT(l.token[dup[1]]), dup[0]);
    }
    free(l.token);
    free(l.id);
    if (s != GR_OK) return s;
    return gr_unigram_init(&t->model, l.score, gr_trie_find(&t->model.vocab.trie, gr_sv_from(f->unk)), m->byte_fallback, err);
}

/* ---- the pipeline ---- */

static void set_text(gr_norm *step, const uint32_t *from, size_t n, const uint32_t *to)
{
    *step = (gr_norm){ .kind = GR_NORM_REPLACE, .pattern = { NULL, from, n }, .text = to, .n_text = 1 };
}

static gr_status build_norm(gr_tok *t, const family *f, const gr_spm *m, const gr_tok_config *c, gr_err *err)
{
    gr_norm *step = gr_arena_calloc(&t->arena, STEPS_MAX, sizeof *step);
    size_t n = 0;

    if (!step) return gr_fail_nomem(err, "a tokenizer");
    if (f->albert) {
        set_text(&step[n++], backquotes, 2, &QUOTE);
        set_text(&step[n++], quotes, 2, &QUOTE);
        if (c->keep_accents != 1) {
            step[n++].kind = GR_NORM_NFKD;
            step[n++].kind = GR_NORM_STRIP_ACCENTS;
        }
    }
    if (f->albert ? c->lowercase != 0 : f->strip && c->lowercase == 1) step[n++].kind = GR_NORM_LOWER;
    if (f->strip) step[n++] = (gr_norm){ .kind = GR_NORM_STRIP, .left = true, .right = true };
    if (m->charsmap.n) {
        step[n].kind = GR_NORM_CHARSMAP;
        GR_TRY(gr_charsmap_read(&step[n++].map, &t->arena, m->charsmap, err));
    }
    if (f->strip) {
        set_text(&step[n], NULL, 0, &BLANK);
        step[n++].pattern.match = gr_pattern_find(gr_sv_from(" {2,}"));
    }
    t->norm = (gr_norm){ .kind = GR_NORM_STEPS, .step = step, .n_steps = n };
    return GR_OK;
}

static gr_status build_pretok(gr_tok *t, const family *f, const gr_tok_config *c, gr_err *err)
{
    gr_pretok *step = gr_arena_calloc(&t->arena, STEPS_MAX, sizeof *step);
    size_t n = 0;

    if (!step) return gr_fail_nomem(err, "a tokenizer");
    if (f->whitespace_split) step[n++].kind = GR_PRETOK_WHITESPACE_SPLIT;
    if (c->split_by_punct == 1) step[n++] = (gr_pretok){ .kind = GR_PRETOK_PUNCTUATION, .cut = GR_CUT_ISOLATED };
    step[n++] = (gr_pretok){ .kind = GR_PRETOK_METASPACE, .split = true, .prefix = GR_PREFIX_ALWAYS, .sign = META };
    t->pretok = (gr_pretok){ .kind = GR_PRETOK_STEPS, .step = step, .n_steps = n };
    return GR_OK;
}

/* Control pieces and the family's own special tokens are found in the text, as they stand there. */
static gr_status build_added(gr_tok *t, const family *f, const gr_spm *m, const gr_sv names[5], gr_err *err)
{
    gr_added *a = calloc(m->n + 5, sizeof *a);
    size_t n = 0;
    gr_status s;

    if (!a) return gr_fail_nomem(err, "the added tokens");
    for (size_t i = 0; i < m->n + 5; i++) {
        const gr_sv name = i < 5 ? names[i] : m->piece[i - 5].text;
        const int32_t id = gr_trie_find(&t->model.vocab.trie, name);

        if (id < 0 || (i >= 5 && m->piece[i - 5].type != GR_SPM_CONTROL)) continue;
        a[n] = (gr_added){ .name = name, .content = name, .id = id, .special = true };
        a[n++].lstrip = i == 4 && f->mask_lstrip;
    }
    s = gr_added_init(t, a, n, err);
    free(a);
    return s;
}

static gr_status build(gr_tok *t, const family *f, const gr_spm *m, const gr_tok_config *c, gr_err *err)
{
    const gr_sv names[5] = { gr_tok_name_or(c->cls, f->cls), gr_tok_name_or(c->sep, f->sep), gr_tok_name_or(c->pad, f->pad),
                             gr_tok_name_or(c->unk, f->unk), gr_tok_name_or(c->mask, f->mask) };
    int32_t ends[2];

    if (m->model_type != GR_SPM_UNIGRAM)
        return gr_fail(err, GR_E_UNSUPPORTED, "a SentencePiece model of type %llu; only Unigram (1) is read. Put the tokenizer.json that the "
                       "Python library saves for this tokenizer beside it", (unsigned long long)m->model_type);
    if (m->n < f->skip) return gr_fail(err, GR_E_FORMAT, "%zu tokens are too few", m->n);
    GR_TRY(build_vocab(t, f, m, err));
    GR_TRY(build_norm(t, f, m, c, err));
    GR_TRY(build_pretok(t, f, c, err));
    for (size_t i = 0; i < 2; i++) {
        ends[i] = gr_trie_find(&t->model.vocab.trie, names[i]);
        if (ends[i] < 0) return gr_fail(err, GR_E_FORMAT, "special token '%.*s' is not in the vocabulary", GR_SV_FMT(names[i]));
    }
    if (f->roberta) GR_TRY(gr_post_roberta(&t->post, &t->arena, ends[0], ends[1], err));
    else GR_TRY(gr_post_bert(&t->post, &t->arena, ends[0], ends[1], err));
    GR_TRY(build_added(t, f, m, names, err));
    gr_tok_config_apply(t, c);
    return GR_OK;
}

/* ---- which family ---- */

/* By tokenizer_class, else by model_type; by the name of the file only when neither is given: a family that is named and not known
 * must not be read as another. */
static const family *find_family(const char *class_name, const char *model_type, const char *file)
{
    const size_t n = sizeof families / sizeof *families;

    for (size_t i = 0; i < n; i++)
        if (strncmp(class_name, families[i].class_name, strlen(families[i].class_name)) == 0) return &families[i];
    for (size_t i = 0; i < n; i++)
        if (strcmp(model_type, families[i].model_type) == 0) return &families[i];
    for (size_t i = 0; i < n && !class_name[0] && !model_type[0]; i++)
        if (strcmp(file, families[i].file) == 0) return &families[i];
    return NULL;
}

gr_status gr_tok_read_spm_text(gr_tok *t, gr_sv bytes, const char *model_type, const char *file, const gr_tok_config *c, gr_err *err)
{
    const family *f = find_family(c->class_name.p ? c->class_name.p : "", model_type, file);
    gr_spm m;

    if (!f) return gr_fail(err, GR_E_UNSUPPORTED, "a SentencePiece model of no known family (tokenizer_class or model_type: albert, deberta-v2, xlm-roberta, camembert)");
    GR_TRY(gr_spm_read(&m, &t->arena, bytes, err));
    return build(t, f, &m, c, err);
}

gr_status gr_tok_read_spm(gr_tok *t, const char *dir, const char *file, const gr_tok_config *c, gr_err *err)
{
    char path[GR_PATH_MAX], config[GR_PATH_MAX];
    gr_json *root = NULL;
    char *bytes = NULL;
    size_t n = 0;
    gr_status s = GR_OK;

    if (!gr_fs_join(path, sizeof path, dir, file) || !gr_fs_join(config, sizeof config, dir, "config.json"))
        return gr_fail(err, GR_E_ARG, "the path of the tokenizer is too long");
    if (gr_fs_is_file(config)) s = gr_json_read(&root, config, CONFIG_MAX, err);
    if (s == GR_OK) s = gr_fs_read(&bytes, &n, path, MODEL_MAX, err);
    if (s == GR_OK) {
        s = gr_tok_read_spm_text(t, (gr_sv){ bytes, n }, gr_json_str(gr_json_get(root, "model_type"), ""), file, c, err);
        if (s != GR_OK) (void)gr_wrap(err, s, "%s", path);
    }
    gr_json_free(root);
    free(bytes);
    return s;
}
