/* token_cache.c - see token_cache.h. A file is a safetensors file (docs/file-formats.md):
 *
 *   key      U8 [64]           the file's name again
 *   sha256   U8 [64]           over key, lengths, ids, types, words as they lie here
 *   lengths  I32 [rows]        tokens of each row
 *   ids      I16 or I32 [tokens]   I16 where every id fits
 *   types    U8 [tokens]
 *   words    I32 [tokens]      only where rows are words */
#include "harness/token_cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "model/safetensors.h"

/* Tokenising takes about 25 ms a MB of text on a core, a file of its tokens 2 ms: below a few MB neither is felt. */
enum { LEAST = 4 << 20, MOST = 1 << 30, DIGEST = GR_SHA256_HEX - 1, STALE_SECONDS = 3600 };

static const char format[] = "glue-run tokens 1\n", suffix[] = ".tokens";

void gr_token_cache_init(gr_token_cache *c, const char *home, const char *tokenizer_sha256)
{
    const char *word = getenv("GLUE_RUN_CACHE");

    *c = (gr_token_cache){ .least = LEAST, .most = MOST };
    if (word && (strcmp(word, "off") == 0 || strcmp(word, "0") == 0)) return;
    if (gr_sha256_file(c->program, "/proc/self/exe", NULL) != GR_OK) return;
    (void)snprintf(c->tokenizer, sizeof c->tokenizer, "%s", tokenizer_sha256);
    if (!gr_fs_join(c->dir, sizeof c->dir - DIGEST - sizeof suffix - 40, home, "tokens")) c->dir[0] = '\0';
}

/* ---- key ---- */

static size_t text_bytes(const gr_example *x)
{
    size_t n = x->text_a.n + x->text_b.n;

    for (size_t w = 0; w < x->n_words; w++) n += x->words[w].n;
    return n;
}

bool gr_token_cache_wants(const gr_token_cache *c, const gr_texts *texts)
{
    size_t bytes = 0;

    if (!c || !c->dir[0]) return false;
    for (size_t i = 0; i < texts->n && bytes < c->least; i++) bytes += text_bytes(&texts->rows[i]);
    return texts->n > 0 && bytes >= c->least;
}

/* Length first, so that no two lists of texts look alike; an absent text is not an empty one. */
static void add_text(gr_sha256 *h, gr_sv text)
{
    const uint64_t n = text.p ? text.n : UINT64_MAX;

    gr_sha256_add(h, &n, sizeof n);
    if (text.p) gr_sha256_add(h, text.p, text.n);
}

void gr_token_cache_key(char out[GR_SHA256_HEX], const gr_token_cache *c, const gr_texts *texts)
{
    const uint64_t facts[] = { texts->n, texts->words, texts->max_length };
    gr_sha256 h;

    gr_sha256_init(&h);
    gr_sha256_add(&h, format, sizeof format);
    gr_sha256_add(&h, c->program, sizeof c->program);
    gr_sha256_add(&h, c->tokenizer, sizeof c->tokenizer);
    gr_sha256_add(&h, facts, sizeof facts);
    for (size_t i = 0; i < texts->n; i++) {
        const gr_example *x = &texts->rows[i];
        const uint64_t n_words = x->n_words;
        if (!texts->words) {
            add_text(&h, x->text_a);
            add_text(&h, x->text_b);
            continue;
        }
        gr_sha256_add(&h, &n_words, sizeof n_words);
        for (size_t w = 0; w < x->n_words; w++) add_text(&h, x->words[w]);
    }
    gr_sha256_hex(&h, out);
}

static void path_of(char out[GR_PATH_MAX], const gr_token_cache *c, const char *key)
{
    (void)snprintf(out, GR_PATH_MAX, "%.3900s/%.64s%s", c->dir, key, suffix);
}

/* ---- a file's own digest ---- */

enum { LENGTHS, IDS, TYPES, WORDS, PARTS };
static const char *const part_name[PARTS] = { "lengths", "ids", "types", "words" };

static void digest_of(char out[GR_SHA256_HEX], const char *key, const gr_st_tensor *const part[PARTS])
{
    gr_sha256 h;

    gr_sha256_init(&h);
    gr_sha256_add(&h, key, DIGEST);
    for (int i = 0; i < PARTS; i++) {
        const uint64_t facts[] = { part[i] != NULL, part[i] ? (uint64_t)part[i]->dtype : 0, part[i] ? part[i]->bytes : 0 };
        gr_sha256_add(&h, facts, sizeof facts);
        if (part[i]) gr_sha256_add(&h, part[i]->data, part[i]->bytes);
    }
    gr_sha256_hex(&h, out);
}

/* ---- reading ---- */

static int32_t int_at(const gr_st_tensor *t, size_t i)
{
    int32_t wide;
    int16_t narrow;

    if (t->dtype == GR_DT_U8) return t->data[i];
    if (t->dtype == GR_DT_I16) {
        memcpy(&narrow, t->data + i * sizeof narrow, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, t->data + i * sizeof wide, sizeof wide);
    return wide;
}

static bool is_text(const gr_st_tensor *t, const char *want)
{
    return t && t->dtype == GR_DT_U8 && t->bytes == DIGEST && memcmp(t->data, want, DIGEST) == 0;
}

static gr_status find_parts(const gr_st_tensor *part[PARTS], const gr_st *f, const char *key, const gr_texts *texts, gr_err *err)
{
    char digest[GR_SHA256_HEX];

    for (int i = 0; i < PARTS; i++) part[i] = gr_st_find(f, part_name[i]);
    if (!is_text(gr_st_find(f, "key"), key)) return gr_fail(err, GR_E_FORMAT, "it has another key");
    if (!part[LENGTHS] || !part[IDS] || !part[TYPES] || !part[WORDS] != !texts->words) return gr_fail(err, GR_E_FORMAT, "parts are missing");
    if (part[LENGTHS]->dtype != GR_DT_I32 || part[LENGTHS]->count != texts->n || part[TYPES]->dtype != GR_DT_U8 ||
        (part[IDS]->dtype != GR_DT_I16 && part[IDS]->dtype != GR_DT_I32) || part[TYPES]->count != part[IDS]->count ||
        (texts->words && (part[WORDS]->dtype != GR_DT_I32 || part[WORDS]->count != part[IDS]->count)))
        return gr_fail(err, GR_E_FORMAT, "its parts do not fit each other");
    digest_of(digest, key, part);
    return is_text(gr_st_find(f, "sha256"), digest) ? GR_OK : gr_fail(err, GR_E_CHECKSUM, "its digest does not hold");
}

static gr_status take_lengths(gr_tokens *out, const gr_st_tensor *lengths, size_t total, gr_err *err)
{
    out->start[0] = 0;
    for (size_t i = 0; i < out->n; i++) {
        const int32_t len = int_at(lengths, i);
        if (len < 0 || (size_t)len > total - out->start[i]) return gr_fail(err, GR_E_FORMAT, "row %zu has %d tokens", i + 1, (int)len);
        out->start[i + 1] = out->start[i] + (size_t)len;
    }
    return out->start[out->n] == total ? GR_OK : gr_fail(err, GR_E_FORMAT, "tokens of no row");
}

/* Values of a part, each in lo..hi. */
static gr_status take_ints(int32_t *out, const gr_st_tensor *t, int32_t lo, int64_t hi, gr_err *err)
{
    bool ok = true;

    for (size_t i = 0; i < t->count; i++) {
        out[i] = int_at(t, i);
        ok = ok && out[i] >= lo && out[i] <= hi;
    }
    return ok ? GR_OK : gr_fail(err, GR_E_FORMAT, "a number of %s cannot be", t->name);
}

static gr_status check_words(const gr_tokens *t, const gr_example *rows, gr_err *err)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = t->start[i]; k < t->start[i + 1]; k++)
            if (t->words[k] >= 0 && (size_t)t->words[k] >= rows[i].n_words) return gr_fail(err, GR_E_FORMAT, "row %zu has no word %d", i + 1, (int)t->words[k]);
    return GR_OK;
}

static gr_status take(gr_tokens *out, const gr_st_tensor *const part[PARTS], const gr_example *rows, size_t vocab_size, gr_err *err)
{
    const size_t total = part[IDS]->count;

    out->start = malloc((out->n + 1) * sizeof *out->start);
    out->ids = malloc((total + 1) * sizeof *out->ids);
    out->types = malloc((total + 1) * sizeof *out->types);
    out->words = part[WORDS] ? malloc((total + 1) * sizeof *out->words) : NULL;
    if (!out->start || !out->ids || !out->types || (part[WORDS] && !out->words)) return gr_fail_nomem(err, "token ids");
    GR_TRY(take_lengths(out, part[LENGTHS], total, err));
    GR_TRY(take_ints(out->ids, part[IDS], 0, (int64_t)vocab_size - 1, err));
    GR_TRY(take_ints(out->types, part[TYPES], 0, UINT8_MAX, err));
    if (!part[WORDS]) return GR_OK;
    GR_TRY(take_ints(out->words, part[WORDS], -1, INT32_MAX, err));
    return check_words(out, rows, err);
}

gr_status gr_token_cache_read(gr_tokens *out, const gr_token_cache *c, const char *key, const gr_texts *texts, size_t vocab_size, gr_err *err)
{
    const gr_st_tensor *part[PARTS];
    char path[GR_PATH_MAX];
    gr_st *f = NULL;
    gr_status s;

    *out = (gr_tokens){ .n = texts->n };
    path_of(path, c, key);
    if (!gr_fs_is_file(path)) return gr_fail(err, GR_E_NOTFOUND, "%s: there is no such file", path);
    GR_TRY(gr_st_open(&f, path, err));
    s = find_parts(part, f, key, texts, err);
    if (s == GR_OK) s = take(out, part, texts->rows, vocab_size, err);
    gr_st_close(f);
    if (s == GR_OK) {
        (void)utimensat(AT_FDCWD, path, NULL, 0); /* used now: the last to go */
        return GR_OK;
    }
    gr_tokens_free(out);
    return gr_wrap(err, s, "%s", path);
}

/* ---- the folder's bound ---- */

typedef struct entry { char name[DIGEST + sizeof suffix]; off_t bytes; struct timespec used; } entry;

static int by_age(const void *a, const void *b)
{
    const entry *x = a, *y = b;

    if (x->used.tv_sec != y->used.tv_sec) return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
    if (x->used.tv_nsec != y->used.tv_nsec) return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void remove_from(const gr_token_cache *c, const char *name)
{
    char path[GR_PATH_MAX];

    if (gr_fs_join(path, sizeof path, c->dir, name)) (void)unlink(path);
}

/* One of the folder's files: a finished one goes on the list, what a killed writer left goes away. */
static bool take_entry(entry *e, const gr_token_cache *c, const char *name)
{
    const size_t n = strlen(name);
    char path[GR_PATH_MAX];
    struct stat st;

    if (n < DIGEST + sizeof suffix - 1 || strncmp(name + DIGEST, suffix, sizeof suffix - 1) != 0) return false;
    if (!gr_fs_join(path, sizeof path, c->dir, name) || stat(path, &st) != 0 || !S_ISREG(st.st_mode)) return false;
    if (n > DIGEST + sizeof suffix - 1) {
        if (time(NULL) - st.st_mtime > STALE_SECONDS) remove_from(c, name);
        return false;
    }
    memcpy(e->name, name, n + 1);
    e->bytes = st.st_size;
    e->used = st.st_mtim;
    return true;
}

/* Room for `coming` more bytes. Another process may do the same: a file that is gone already is as good. */
static void make_room(const gr_token_cache *c, size_t coming)
{
    gr_fs_list l = { 0 };
    entry *e = NULL;
    size_t n = 0, total = coming;

    if (gr_fs_list_dir(&l, c->dir, NULL) != GR_OK) return;
    e = malloc((l.n + 1) * sizeof *e);
    for (size_t i = 0; e && i < l.n; i++)
        if (take_entry(&e[n], c, l.names[i])) total += (size_t)e[n++].bytes;
    if (e) qsort(e, n, sizeof *e, by_age);
    for (size_t i = 0; i < n && total > c->most; i++) {
        remove_from(c, e[i].name);
        total -= (size_t)e[i].bytes;
    }
    free(e);
    gr_fs_list_free(&l);
}

/* ---- writing ---- */

/* The arrays of a file that are not those of gr_tokens. */
typedef struct packed {
    int32_t       *lengths;
    int16_t       *narrow;  /* NULL: an id is too large for it */
    unsigned char *types;
} packed;

static gr_status pack(packed *p, const gr_tokens *t, gr_err *err)
{
    const size_t total = t->start[t->n];
    bool narrow = true;

    p->lengths = malloc((t->n + 1) * sizeof *p->lengths);
    p->types = malloc(total + 1);
    for (size_t i = 0; i < total; i++) narrow = narrow && t->ids[i] <= INT16_MAX;
    p->narrow = narrow ? malloc((total + 1) * sizeof *p->narrow) : NULL;
    if (!p->lengths || !p->types || (narrow && !p->narrow)) return gr_fail_nomem(err, "token ids");
    for (size_t i = 0; i < t->n; i++) p->lengths[i] = (int32_t)(t->start[i + 1] - t->start[i]);
    for (size_t i = 0; i < total; i++) {
        if (t->types[i] < 0 || t->types[i] > UINT8_MAX) return gr_fail(err, GR_E_UNSUPPORTED, "a segment of number %d", (int)t->types[i]);
        p->types[i] = (unsigned char)t->types[i];
        if (narrow) p->narrow[i] = (int16_t)t->ids[i];
    }
    return GR_OK;
}

static gr_st_tensor tensor(const char *name, gr_dtype type, size_t n, const void *data)
{
    return (gr_st_tensor){ .name = name, .dtype = type, .ndim = 1, .shape = { (int64_t)n }, .count = n, .data = data, .bytes = n * gr_dtype_size(type) };
}

gr_status gr_token_cache_write(const gr_token_cache *c, const char *key, const gr_tokens *t, gr_err *err)
{
    const size_t total = t->start[t->n];
    const gr_st_tensor *part[PARTS] = { NULL };
    char path[GR_PATH_MAX], digest[GR_SHA256_HEX];
    gr_st_tensor file[PARTS + 2];
    size_t bytes = 4096, n = 2;
    packed p = { 0 };
    gr_status s;

    path_of(path, c, key);
    if ((s = pack(&p, t, err)) != GR_OK) goto out;
    file[n++] = tensor(part_name[LENGTHS], GR_DT_I32, t->n, p.lengths);
    file[n++] = p.narrow ? tensor(part_name[IDS], GR_DT_I16, total, p.narrow) : tensor(part_name[IDS], GR_DT_I32, total, t->ids);
    file[n++] = tensor(part_name[TYPES], GR_DT_U8, total, p.types);
    if (t->words) file[n++] = tensor(part_name[WORDS], GR_DT_I32, total, t->words);
    for (size_t i = 2; i < n; i++) {
        part[i - 2] = &file[i];
        bytes += file[i].bytes;
    }
    if (bytes > c->most) {
        s = gr_fail(err, GR_E_UNSUPPORTED, "%zu bytes of tokens, the cache holds %zu", bytes, c->most);
        goto out;
    }
    digest_of(digest, key, part);
    file[0] = tensor("key", GR_DT_U8, DIGEST, key);
    file[1] = tensor("sha256", GR_DT_U8, DIGEST, digest);
    if ((s = gr_fs_mkdirs(c->dir, err)) != GR_OK) goto out;
    make_room(c, bytes);
    s = gr_st_write(path, file, n, err);
out:
    free(p.lengths);
    free(p.narrow);
    free(p.types);
    return s;
}

/* ---- both ---- */

gr_status gr_token_cache_make(gr_tokens *out, const gr_token_cache *c, const gr_tok *tok, const gr_texts *texts, gr_pool *pool, gr_err *err)
{
    char key[GR_SHA256_HEX];
    gr_err why = GR_ERR_INIT;
    gr_status s;

    if (!gr_token_cache_wants(c, texts)) return gr_tokens_make(out, tok, texts, pool, err);
    gr_token_cache_key(key, c, texts);
    s = gr_token_cache_read(out, c, key, texts, gr_tok_vocab_size(tok), &why);
    if (s == GR_OK || s == GR_E_NOMEM) {
        if (s != GR_OK && err) *err = why;
        return s;
    }
    if (s == GR_E_FORMAT || s == GR_E_CHECKSUM) gr_warn("%s: the file of the cache is damaged and is made anew", why.msg);
    GR_TRY(gr_tokens_make(out, tok, texts, pool, err));
    s = gr_token_cache_write(c, key, out, &why);
    if (s != GR_OK) gr_log(GR_LOG_DEBUG, "tokens are not kept: %s", why.msg);
    return GR_OK;
}
