/* fetch_sets.c - see fetch_sets.h. */
#include "harness/fetch_sets.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/options.h"
#include "harness/catalogue.h"
#include "harness/locate.h"
#include "tasks/task.h"

/* ---- the manifests ---- */

static gr_status add(gr_fetch_sets *s, const char *path, gr_err *err)
{
    gr_manifest *more = realloc(s->m, (s->n + 1) * sizeof *more);

    if (!more) return gr_fail_nomem(err, "the manifests");
    s->m = more;
    GR_TRY(gr_manifest_read(&s->m[s->n], path, err));
    s->n++;
    return GR_OK;
}

static gr_status add_own(gr_fetch_sets *s, const char *path, gr_err *err)
{
    GR_TRY(add(s, path, err));
    return s->m[s->n - 1].plain ? gr_fail(err, GR_E_FORMAT, "%.300s: plain addresses are for a manifest that is given with --manifest", path) : GR_OK;
}

static gr_status add_folder(gr_fetch_sets *s, const char *dir, gr_err *err)
{
    gr_fs_list l = { 0 };
    gr_status st = gr_fs_list_dir(&l, dir, err);
    char path[GR_PATH_MAX];

    for (size_t i = 0; st == GR_OK && i < l.n; i++)
        if (gr_sv_ends(gr_sv_from(l.names[i]), ".json") && gr_fs_join(path, sizeof path, dir, l.names[i])) st = add_own(s, path, err);
    gr_fs_list_free(&l);
    return st;
}

gr_status gr_fetch_sets_open(gr_fetch_sets *s, const char *extra, gr_err *err)
{
    char dir[GR_PATH_MAX];

    *s = (gr_fetch_sets){ 0 };
    if (extra) GR_TRY(add(s, extra, err));
    GR_TRY(gr_locate_manifests(dir, err));
    GR_TRY(add_folder(s, dir, err));
    GR_TRY(gr_locate_model_manifests(dir, err));
    return add_folder(s, dir, err);
}

void gr_fetch_sets_close(gr_fetch_sets *s)
{
    for (size_t i = 0; i < s->n; i++) gr_manifest_free(&s->m[i]);
    free(s->m);
    *s = (gr_fetch_sets){ 0 };
}

/* ---- words ---- */

static const gr_manifest *find(const gr_fetch_sets *s, const char *word)
{
    const gr_published *known = gr_published_find(word);

    for (size_t i = 0; i < s->n; i++) {
        const gr_manifest *m = &s->m[i];
        if (strcasecmp(m->name, word) == 0 || (m->id && strcasecmp(m->id, word) == 0)) return m;
        if (m->model && known && strcasecmp(m->name, gr_published_base(known->name)) == 0) return m;
    }
    return NULL;
}

static void choose_one(const gr_manifest **chosen, size_t *n, const gr_manifest *m)
{
    for (size_t i = 0; i < *n; i++)
        if (chosen[i] == m) return;
    chosen[(*n)++] = m;
}

/* "fetch 'mrcp': ..., did you mean 'mrpc'?" */
static gr_status fail_word(const gr_fetch_sets *s, const char *word, gr_err *err)
{
    const char **names = calloc(s->n + 1, sizeof *names), *near = NULL;

    if (!names) return gr_fail_nomem(err, "the manifests");
    for (size_t i = 0; i < s->n; i++) names[i] = s->m[i].name;
    near = gr_opt_suggest(word, names);
    free((void *)names);
    if (near) return gr_fail(err, GR_E_ARG, "fetch '%.100s': did you mean '%s'? (glue-run fetch --list shows what can be fetched)", word, near);
    return gr_fail(err, GR_E_ARG, "fetch '%.100s': no data set, model or suite is called so (glue-run fetch --list shows what can be fetched)", word);
}

gr_status gr_fetch_sets_choose(const gr_manifest **chosen, size_t *n_chosen, const gr_fetch_sets *s, const char *const *words, size_t n_words,
                               gr_err *err)
{
    *n_chosen = 0;
    for (size_t w = 0; w < n_words; w++) {
        const gr_manifest *m = find(s, words[w]);
        if (m) choose_one(chosen, n_chosen, m);
        else if (!gr_suite_find(words[w])) return fail_word(s, words[w], err);
        for (size_t i = 0; !m && gr_task_at(i); i++) {
            const gr_manifest *of = strcmp(gr_task_at(i)->suite, words[w]) == 0 ? find(s, gr_task_at(i)->name) : NULL;
            if (of) choose_one(chosen, n_chosen, of);
        }
    }
    return GR_OK;
}
