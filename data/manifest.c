/* manifest.c - reading manifests and holding files against them; see manifest.h. */
#include "data/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/sha256.h"
#include "data/archive.h"
#include "data/sources.h"

enum { MANIFEST_MAX = 1 << 20, ITEMS_MAX = 1000 };

/* ---- reading ---- */

static gr_status keep(const char **out, gr_manifest *m, const char *s, gr_err *err)
{
    *out = s != NULL ? gr_arena_strndup(&m->arena, s, strlen(s)) : NULL;
    return s == NULL || *out != NULL ? GR_OK : gr_fail_nomem(err, "a manifest");
}

/* Names and words go to terminals, tables and paths as they are. */
static gr_status check_text(const char *s, const char *key, gr_err *err)
{
    for (const char *p = s; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f) return gr_fail(err, GR_E_FORMAT, "'%s' holds a control character", key);
    return GR_OK;
}

static gr_status need(const char **out, gr_manifest *m, const gr_json *obj, const char *key, gr_err *err)
{
    const char *s;

    GR_TRY(gr_json_need_str(&s, obj, key, err));
    if (s[0] == '\0') return gr_fail(err, GR_E_FORMAT, "'%s' is empty", key);
    GR_TRY(check_text(s, key, err));
    return keep(out, m, s, err);
}

/* A string, or NULL when absent or null. */
static gr_status may(const char **out, gr_manifest *m, const gr_json *obj, const char *key, gr_err *err)
{
    const gr_json *const v = gr_json_get(obj, key);

    *out = NULL;
    if (v == NULL || gr_json_is_null(v)) return GR_OK;
    return need(out, m, obj, key, err);
}

/* A count, or -1 when absent or null. */
static gr_status may_count(int64_t *out, const gr_json *obj, const char *key, gr_err *err)
{
    const gr_json *const v = gr_json_get(obj, key);

    *out = -1;
    if (v == NULL || gr_json_is_null(v)) return GR_OK;
    return gr_json_need_int(out, obj, key, 0, INT64_C(1) << 50, err);
}

static gr_status may_digest(const char **out, gr_manifest *m, const gr_json *obj, gr_err *err)
{
    GR_TRY(may(out, m, obj, "sha256", err));
    if (*out != NULL && (strlen(*out) != 64 || strspn(*out, "0123456789abcdef") != 64))
        return gr_fail(err, GR_E_FORMAT, "'sha256' is not 64 lower-case hexadecimal digits");
    return GR_OK;
}

/* Names of files below the data folder obey the rules of member names. */
static gr_status need_name(const char **out, gr_manifest *m, const gr_json *obj, const char *key, gr_err *err)
{
    GR_TRY(need(out, m, obj, key, err));
    return gr_archive_check_name(*out, err);
}

static gr_status read_also(gr_container *c, gr_manifest *m, const gr_json *list, gr_err *err)
{
    const size_t n = gr_json_len(list);
    const char **names;
    size_t       i = 0;

    if (list != NULL && (!gr_json_is_array(list) || n > ITEMS_MAX)) return gr_fail(err, GR_E_FORMAT, "'also' is not a list");
    names = gr_arena_calloc(&m->arena, n + 1, sizeof *names);
    if (names == NULL) return gr_fail_nomem(err, "a manifest");
    for (const gr_json *v = gr_json_first(list); v != NULL; v = gr_json_next(v)) {
        const char *const s = gr_json_str(v, NULL);

        if (s == NULL) return gr_fail(err, GR_E_FORMAT, "'also' holds something that is no name");
        GR_TRY(gr_archive_check_name(s, err));
        GR_TRY(check_text(s, "also", err));
        GR_TRY(keep(&names[i++], m, s, err));
    }
    c->also = names;
    return GR_OK;
}

static const gr_container *find_container(const gr_manifest *m, const char *file)
{
    for (size_t i = 0; i < m->n_containers; i++)
        if (m->containers[i].file != NULL && strcmp(m->containers[i].file, file) == 0) return &m->containers[i];
    return NULL;
}

static gr_status check_address(const char *url, bool plain, gr_err *err)
{
    const gr_sv address = gr_sv_from(url);

    if (strchr(url, ' ') != NULL) return gr_fail(err, GR_E_FORMAT, "'url' holds a blank");
    if (gr_sv_starts(address, "https://") || (plain && (gr_sv_starts(address, "http://") || gr_sv_starts(address, "file:///")))) return GR_OK;
    if (plain) return gr_fail(err, GR_E_FORMAT, "'url' begins with none of https://, http://, file:///");
    return gr_fail(err, GR_E_FORMAT, "'url' does not begin with https://");
}

/* A container's file has one spelling, so that no two are one file; what ends in .part is a file on its way. */
static gr_status check_file(const gr_manifest *m, const char *file, gr_err *err)
{
    gr_sv rest = gr_sv_from(file);

    if (gr_sv_ends(rest, ".part") || gr_sv_ends(rest, "/")) return gr_fail(err, GR_E_FORMAT, "'file' is '%.200s': a name that ends in '.part' or '/'", file);
    while (rest.n > 0) {
        const gr_sv part = gr_sv_split(&rest, '/');

        if (part.n == 0 || gr_sv_is(part, ".")) return gr_fail(err, GR_E_FORMAT, "'file' is '%.200s': with '.' or nothing for a folder", file);
    }
    return find_container(m, file) != NULL ? gr_fail(err, GR_E_FORMAT, "'file' is '%.200s', as of a container before it", file) : GR_OK;
}

static gr_status read_container(gr_container *c, gr_manifest *m, const gr_json *obj, gr_err *err)
{
    const char *file;

    GR_TRY(need_name(&file, m, obj, "file", err));
    GR_TRY(check_file(m, file, err));
    c->file = file;
    GR_TRY(may(&c->url, m, obj, "url", err));
    if (c->url != NULL) GR_TRY(check_address(c->url, m->plain, err));
    GR_TRY(may_digest(&c->sha256, m, obj, err));
    GR_TRY(may_count(&c->size, obj, "size", err));
    return read_also(c, m, gr_json_get(obj, "also"), err);
}

static gr_status read_member(gr_member *x, gr_manifest *m, const gr_json *obj, gr_err *err)
{
    GR_TRY(need(&x->container, m, obj, "container", err));
    if (find_container(m, x->container) == NULL)
        return gr_fail(err, GR_E_FORMAT, "container '%.200s' is not in the list of containers", x->container);
    GR_TRY(may(&x->path, m, obj, "path", err));
    if (x->path != NULL) GR_TRY(gr_archive_check_name(x->path, err));
    GR_TRY(may(&x->split, m, obj, "split", err));
    GR_TRY(may_digest(&x->sha256, m, obj, err));
    GR_TRY(may_count(&x->size, obj, "size", err));
    GR_TRY(may_count(&x->rows, obj, "rows", err));
    GR_TRY(may_count(&x->files, obj, "files", err));
    if (x->files < 0) x->files = 1;
    return GR_OK;
}

/* The array under `key`, which must be there and not be empty. */
static gr_status need_list(const gr_json **out, const gr_json *root, const char *key, gr_err *err)
{
    const gr_json *const list = gr_json_get(root, key);

    if (!gr_json_is_array(list) || gr_json_len(list) == 0 || gr_json_len(list) > ITEMS_MAX)
        return gr_fail(err, GR_E_FORMAT, "'%s' is not a list of 1 to %d entries", key, ITEMS_MAX);
    *out = list;
    return GR_OK;
}

static gr_status read_lists(gr_manifest *m, const gr_json *root, gr_err *err)
{
    const gr_json *cs, *ms, *v;
    gr_container  *c;
    gr_member     *x;
    gr_status      s;

    GR_TRY(need_list(&cs, root, "containers", err));
    ms = gr_json_get(root, "members");
    if (!m->model || ms != NULL) GR_TRY(need_list(&ms, root, "members", err));
    c = gr_arena_calloc(&m->arena, gr_json_len(cs), sizeof *c);
    x = gr_arena_calloc(&m->arena, gr_json_len(ms) + 1, sizeof *x);
    if (c == NULL || x == NULL) return gr_fail_nomem(err, "a manifest");
    m->containers = c;
    m->members = x;
    for (v = gr_json_first(cs); v != NULL; v = gr_json_next(v), m->n_containers++)
        if ((s = read_container(&c[m->n_containers], m, v, err)) != GR_OK) return gr_wrap(err, s, "container %zu", m->n_containers + 1);
    for (v = gr_json_first(ms); v != NULL; v = gr_json_next(v), m->n_members++)
        if ((s = read_member(&x[m->n_members], m, v, err)) != GR_OK) return gr_wrap(err, s, "member %zu", m->n_members + 1);
    return GR_OK;
}

/* True or false; absent is false. */
static gr_status may_flag(bool *out, const gr_json *root, const char *key, gr_err *err)
{
    const gr_json *const v = gr_json_get(root, key);

    if (v != NULL && !gr_json_is_bool(v)) return gr_fail(err, GR_E_FORMAT, "'%s' is not true or false", key);
    *out = gr_json_bool(v, false);
    return GR_OK;
}

/* A model's name is that of its folder. */
static gr_status read_kind(gr_manifest *m, const gr_json *root, gr_err *err)
{
    const char *kind = NULL;

    GR_TRY(may(&kind, m, root, "kind", err));
    m->model = kind != NULL && strcmp(kind, "model") == 0;
    if (kind != NULL && !m->model && strcmp(kind, "data") != 0) return gr_fail(err, GR_E_FORMAT, "'kind' is '%.40s', not data or model", kind);
    if (m->model) GR_TRY(gr_archive_check_name(m->name, err));
    return m->model && strchr(m->name, '/') != NULL ? gr_fail(err, GR_E_FORMAT, "'name' holds a '/'") : GR_OK;
}

static gr_status read_root(gr_manifest *m, const gr_json *root, gr_err *err)
{
    if (!gr_json_is_object(root)) return gr_fail(err, GR_E_FORMAT, "not an object");
    GR_TRY(need(&m->name, m, root, "name", err));
    GR_TRY(read_kind(m, root, err));
    GR_TRY(may(&m->id, m, root, "id", err));
    GR_TRY(may_flag(&m->plain, root, "plain_addresses", err));
    GR_TRY(need(&m->title, m, root, "title", err));
    GR_TRY(need(&m->publisher, m, root, "publisher", err));
    GR_TRY(need(&m->licence, m, root, "licence", err));
    GR_TRY(need(&m->citation, m, root, "citation", err));
    if (!gr_json_is_bool(gr_json_get(root, "verified"))) return gr_fail(err, GR_E_FORMAT, "'verified' is not true or false");
    m->verified = gr_json_bool(gr_json_get(root, "verified"), false);
    return read_lists(m, root, err);
}

gr_status gr_manifest_parse(gr_manifest *out, const char *p, size_t n, gr_err *err)
{
    gr_json  *root = NULL;
    gr_status s;

    memset(out, 0, sizeof *out);
    if (n > MANIFEST_MAX) return gr_fail(err, GR_E_FORMAT, "a manifest of more than %d bytes", MANIFEST_MAX);
    GR_TRY(gr_json_parse(&root, p, n, err));
    gr_arena_init(&out->arena, 1 << 12);
    s = read_root(out, root, err);
    gr_json_free(root);
    if (s != GR_OK) gr_manifest_free(out);
    return s;
}

gr_status gr_manifest_read(gr_manifest *out, const char *path, gr_err *err)
{
    char     *p = NULL;
    size_t    n;
    gr_status s;

    memset(out, 0, sizeof *out);
    GR_TRY(gr_fs_read(&p, &n, path, MANIFEST_MAX, err));
    s = gr_manifest_parse(out, p, n, err);
    free(p);
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", path);
}

void gr_manifest_free(gr_manifest *m)
{
    gr_arena_free(&m->arena);
    memset(m, 0, sizeof *m);
}

/* ---- holding files against it ---- */

/* The member as a source: FOLDER gives the files of a pattern in the order that the digest is over, and takes bytes
 * as they are. */
static gr_status measure(const gr_member *x, const gr_container *c, const char *data_dir, gr_found *f, gr_arena *a, gr_err *err)
{
    const char *names[ITEMS_MAX + 2];
    gr_source   src = { .archives = names, .member = x->path, .reader = GR_READ_FOLDER };
    size_t      n = 1;
    gr_status   s;

    names[0] = c->file;
    for (size_t i = 0; c->also[i] != NULL; i++) names[n++] = c->also[i];
    names[n] = NULL;
    f->src = &src;
    s = gr_sources_read(f, 1, data_dir, a, err);
    f->src = NULL; /* it does not outlive this call */
    return s;
}

static gr_status compare(const gr_member *x, const gr_found *f, gr_err *err)
{
    const char *const shown = x->path != NULL ? x->path : x->container;
    char              hex[GR_SHA256_HEX];
    gr_sha256         h;
    int64_t           size = 0;

    gr_sha256_init(&h);
    for (size_t i = 0; i < f->n; i++) {
        size += (int64_t)f->pieces[i].text.n;
        gr_sha256_add(&h, f->pieces[i].text.p, f->pieces[i].text.n);
    }
    gr_sha256_hex(&h, hex);
    if ((int64_t)f->n != x->files)
        return gr_fail(err, GR_E_CHECKSUM, "%.200s: %zu files where the manifest has %lld", shown, f->n, (long long)x->files);
    if (x->size >= 0 && size != x->size)
        return gr_fail(err, GR_E_CHECKSUM, "%.200s: %lld bytes where the manifest has %lld", shown, (long long)size, (long long)x->size);
    if (x->sha256 != NULL && strcmp(hex, x->sha256) != 0)
        return gr_fail(err, GR_E_CHECKSUM, "%.200s: sha256 %s where the manifest has %s", shown, hex, x->sha256);
    return GR_OK;
}

static bool container_there(const gr_container *c, const char *data_dir)
{
    char path[GR_PATH_MAX];
    bool there = gr_fs_join(path, sizeof path, data_dir, c->file) && (gr_fs_is_file(path) || gr_fs_is_dir(path));

    for (size_t i = 0; !there && c->also[i] != NULL; i++)
        there = gr_fs_join(path, sizeof path, data_dir, c->also[i]) && (gr_fs_is_file(path) || gr_fs_is_dir(path));
    return there;
}

gr_status gr_manifest_check_container(const gr_manifest *m, const gr_container *c, const char *data_dir, size_t *checked, gr_err *err)
{
    gr_status s = GR_OK;
    size_t    n = 0;

    for (size_t i = 0; s == GR_OK && i < m->n_members; i++) {
        const gr_member *const x = &m->members[i];
        gr_found               f = { .n = 0 };
        gr_arena               a;

        if ((x->sha256 == NULL && x->size < 0) || find_container(m, x->container) != c || !container_there(c, data_dir)) continue;
        gr_arena_init(&a, 1 << 20);
        s = measure(x, c, data_dir, &f, &a, err);
        if (s == GR_OK) s = compare(x, &f, err);
        gr_found_free(&f, 1);
        gr_arena_free(&a);
        n++;
    }
    if (checked != NULL) *checked = n;
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", m->name);
}

gr_status gr_manifest_check(const gr_manifest *m, const char *data_dir, size_t *checked, gr_err *err)
{
    size_t n, sum = 0;

    for (size_t i = 0; i < m->n_containers; i++) {
        GR_TRY(gr_manifest_check_container(m, &m->containers[i], data_dir, &n, err));
        sum += n;
    }
    if (checked != NULL) *checked = sum;
    return GR_OK;
}
