/* sources.c - finding and reading the files of a split; see sources.h.
 *
 * A source names candidates; the first that exists and holds the member wins. Sources that live in the same archive
 * are read in one scan. */
#include "data/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "data/archive.h"

/* ---- where ---- */

/* The folder that `member` is relative to: F, or the folder above F when the member's first part is F's own name and F
 * does not hold it. */
static bool folder_root(char out[GR_PATH_MAX], const char *folder, const char *member)
{
    const char *const base = gr_fs_basename(folder);
    const size_t      n = strlen(base), all = strlen(folder);
    gr_err            ignored = GR_ERR_INIT;
    bool              has = false;

    (void)snprintf(out, GR_PATH_MAX, "%s", folder);
    if (member == NULL) return false;
    if (gr_archive_has(folder, member, &has, &ignored) == GR_OK && has) return true;
    if (n == 0 || strcmp(base, ".") == 0 || strncmp(member, base, n) != 0 || member[n] != '/') return false;
    (void)snprintf(out, GR_PATH_MAX, "%.*s", (int)(all - n), folder);
    return gr_archive_has(out, member, &has, &ignored) == GR_OK && has;
}

/* Does candidate k exist in the data folder? Then *path is what to scan. */
static bool candidate(char path[GR_PATH_MAX], const gr_source *src, size_t k, const char *data_dir)
{
    char full[GR_PATH_MAX], gz[GR_PATH_MAX];

    if (!gr_fs_join(full, sizeof full, data_dir, src->archives[k])) return false;
    if (gr_fs_is_dir(full)) return folder_root(path, full, src->member);
    (void)snprintf(path, GR_PATH_MAX, "%s", full);
    if (gr_fs_is_file(full)) return true;
    if (src->member != NULL || (size_t)snprintf(gz, sizeof gz, "%s.gz", full) >= sizeof gz) return false;
    (void)snprintf(path, GR_PATH_MAX, "%s", gz);
    return gr_fs_is_file(gz);
}

static bool next_candidate(gr_found *f, const char *data_dir)
{
    char path[GR_PATH_MAX];

    while (f->src->archives[f->next] != NULL)
        if (candidate(path, f->src, f->next++, data_dir)) {
            memcpy(f->path, path, sizeof path);
            return true;
        }
    return false; /* f->path stays that of the last one found */
}

/* "DIR/QNLI-dev-test-only.zip: no member 'QNLI/train.tsv' (QNLIv2.zip has it)". `path` is the candidate that was found. */
static gr_status fail_without(const gr_source *src, const char *path, gr_err *err)
{
    const char *const published = src->archives[0];

    if (strcmp(gr_fs_basename(path), published) == 0 || gr_fs_is_dir(path))
        return gr_fail(err, GR_E_NOTFOUND, "%.200s: no member '%.150s'", path, src->member);
    return gr_fail(err, GR_E_NOTFOUND, "%.200s: no member '%.150s' (%.60s has it)", path, src->member, published);
}

/* "RTE.zip or RTE with RTE/train.tsv: not found in DIR" */
static gr_status fail_absent(const gr_source *src, const char *data_dir, gr_err *err)
{
    gr_buf    b = { NULL, 0, 0, false };
    gr_status s;

    for (size_t i = 0; src->archives[i] != NULL; i++) {
        if (i > 0) gr_buf_adds(&b, src->archives[i + 1] != NULL ? ", " : " or ");
        gr_buf_adds(&b, src->archives[i]);
    }
    if (src->member != NULL) gr_buf_addf(&b, " with %s", src->member);
    s = gr_fail(err, GR_E_NOTFOUND, "%.300s: not found in %.120s", b.p != NULL && !b.oom ? b.p : "its files", data_dir);
    gr_buf_free(&b);
    return s;
}

gr_status gr_source_present(const gr_source *src, const char *data_dir, bool *present, gr_err *err)
{
    gr_found f = { .src = src };
    char     archive[GR_PATH_MAX] = ""; /* that lacks the member; a folder may be any folder */

    *present = false;
    while (next_candidate(&f, data_dir)) {
        if (src->member == NULL) *present = true;
        else GR_TRY(gr_archive_has(f.path, src->member, present, err));
        if (*present) return GR_OK;
        if (!gr_fs_is_dir(f.path) && archive[0] == '\0') (void)snprintf(archive, sizeof archive, "%s", f.path);
    }
    if (archive[0] != '\0') (void)fail_without(src, archive, err);
    else (void)fail_absent(src, data_dir, err);
    return GR_OK;
}

/* ---- reading ---- */

/* The sources that one scan serves. */
typedef struct group {
    gr_found   **f;
    size_t       n;
    const char **patterns;
    gr_arena    *arena;
} group;

static uint64_t first_number(const char *name)
{
    const char *const slash = strrchr(name, '/');
    const char       *p = slash != NULL ? slash + 1 : name;
    uint64_t          x = 0;

    p += strcspn(p, "0123456789");
    if (*p == '\0') return UINT64_MAX;
    for (; *p >= '0' && *p <= '9'; p++) x = x > (UINT64_MAX - 9) / 10 ? UINT64_MAX - 1 : x * 10 + (uint64_t)(*p - '0');
    return x;
}

/* Put a blank for each byte of s[0..n) that stands in `bytes`. */
static void blank_out(char *s, size_t n, const char *bytes)
{
    for (; *bytes != '\0'; bytes++)
        for (char *p = s; (p = memchr(p, *bytes, (size_t)(s + n - p))) != NULL; p++) *p = ' ';
}

static gr_status keep_text(gr_sv *out, gr_sv bytes, const gr_source *src, gr_arena *a, gr_err *err)
{
    char *const own = gr_arena_strndup(a, bytes.n ? bytes.p : "", bytes.n);
    gr_buf      b = { NULL, 0, 0, false };

    if (own == NULL) return gr_fail_nomem(err, "a member");
    if (src->as_blank != NULL) blank_out(own, bytes.n, src->as_blank);
    out->p = own;
    out->n = bytes.n;
    if (src->encoding != GR_CP1252) return GR_OK;
    gr_utf8_from_cp1252(&b, *out);
    out->n = b.n;
    out->p = b.oom ? NULL : gr_arena_strndup(a, b.n ? b.p : "", b.n);
    gr_buf_free(&b);
    return out->p != NULL ? GR_OK : gr_fail_nomem(err, "a member");
}

static gr_status add_piece(gr_found *f, const char *name, gr_sv bytes, gr_arena *a, gr_err *err)
{
    gr_piece *p;

    if (f->n > 0 && f->src->reader != GR_READ_FOLDER)
        return gr_fail(err, GR_E_FORMAT, "member '%.200s' appears twice", name);
    if (f->n == f->cap) {
        const size_t cap = f->cap ? f->cap * 2 : f->src->reader == GR_READ_FOLDER ? 1024 : 1;
        p = realloc(f->pieces, cap * sizeof *p);
        if (p == NULL) return gr_fail_nomem(err, "the members");
        f->pieces = p;
        f->cap = cap;
    }
    p = &f->pieces[f->n];
    p->name = gr_arena_strndup(a, name, strlen(name));
    if (p->name == NULL) return gr_fail_nomem(err, "a member's name");
    p->number = first_number(name);
    GR_TRY(keep_text(&p->text, bytes, f->src, a, err));
    f->n++;
    return GR_OK;
}

static gr_status on_member(void *user, size_t want, const char *name, gr_sv bytes, gr_err *err)
{
    group *const g = user;

    return add_piece(g->f[want], name, bytes, g->arena, err);
}

/* Scan the archive of f[first] for all sources that wait for it. */
static gr_status scan_group(gr_found *f, size_t n, size_t first, gr_arena *a, gr_err *err)
{
    group     g = { .arena = a };
    gr_status s;

    g.f = malloc(n * sizeof *g.f);
    g.patterns = malloc(n * sizeof *g.patterns);
    if (g.f == NULL || g.patterns == NULL) {
        s = gr_fail_nomem(err, "the sources");
        goto out;
    }
    for (size_t i = first; i < n; i++) {
        if (f[i].n > 0 || strcmp(f[i].path, f[first].path) != 0) continue;
        g.f[g.n] = &f[i];
        g.patterns[g.n++] = f[i].src->member;
    }
    s = gr_archive_scan(f[first].path, g.patterns, g.n, on_member, &g, err);
out:
    free(g.f);
    free(g.patterns);
    return s;
}

static int by_number(const void *a, const void *b)
{
    const gr_piece *const x = a, *const y = b;

    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Does the archive that holds a source exist but lack the member? Says so, which helps more than "not found". */
static gr_status fail_member(const gr_found *f, const char *data_dir, gr_err *err)
{
    if (f->path[0] == '\0' || f->src->member == NULL) return fail_absent(f->src, data_dir, err);
    return fail_without(f->src, f->path, err);
}

gr_status gr_sources_read(gr_found *f, size_t n, const char *data_dir, gr_arena *a, gr_err *err)
{
    bool again = true;

    for (size_t i = 0; i < n; i++)
        if (!next_candidate(&f[i], data_dir)) return fail_absent(f[i].src, data_dir, err);
    while (again) { /* a source whose member was not there goes on to its next candidate */
        again = false;
        for (size_t i = 0; i < n; i++) {
            if (f[i].n > 0) continue;
            GR_TRY(scan_group(f, n, i, a, err));
            if (f[i].n > 0) continue;
            if (!next_candidate(&f[i], data_dir)) return fail_member(&f[i], data_dir, err);
            again = true;
        }
    }
    for (size_t i = 0; i < n; i++)
        if (f[i].src->reader == GR_READ_FOLDER) qsort(f[i].pieces, f[i].n, sizeof *f[i].pieces, by_number);
    return GR_OK;
}

void gr_found_free(gr_found *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(f[i].pieces);
        f[i].pieces = NULL;
        f[i].n = f[i].cap = 0;
    }
}
