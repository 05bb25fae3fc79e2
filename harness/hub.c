/* hub.c - see hub.h. Layout: models--<owner>--<name>/refs/main holds a revision, snapshots/<revision>/ its files. */
#include "harness/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { REVISION_MAX = 100, NAME_MAX_BYTES = 200 };

static const char stem[] = "models--";

void gr_hub_root(char out[GR_PATH_MAX])
{
    const char *hub = getenv("HF_HUB_CACHE"), *hf = getenv("HF_HOME"), *cache = getenv("XDG_CACHE_HOME"), *user = getenv("HOME");

    if (hub && *hub) (void)snprintf(out, GR_PATH_MAX, "%.3000s", hub);
    else if (hf && *hf) (void)snprintf(out, GR_PATH_MAX, "%.3000s/hub", hf);
    else if (cache && *cache) (void)snprintf(out, GR_PATH_MAX, "%.3000s/huggingface/hub", cache);
    else (void)snprintf(out, GR_PATH_MAX, "%.3000s/.cache/huggingface/hub", user && *user ? user : ".");
}

/* A revision names one folder: no way out of it. */
static bool read_revision(char out[REVISION_MAX + 1], const char *model)
{
    char path[GR_PATH_MAX], *text = NULL;
    size_t n = 0;
    gr_sv v;
    bool ok;

    if (!gr_fs_join(path, sizeof path, model, "refs/main") || !gr_fs_is_file(path) || gr_fs_read(&text, &n, path, REVISION_MAX, NULL) != GR_OK) return false;
    v = gr_sv_trim((gr_sv){ text, n });
    ok = v.n > 0 && v.n <= REVISION_MAX && v.p[0] != '.' && !memchr(v.p, '/', v.n) && !memchr(v.p, '\0', v.n);
    if (ok) (void)snprintf(out, REVISION_MAX + 1, "%.*s", (int)v.n, v.p);
    free(text);
    return ok;
}

bool gr_hub_find(char out[GR_PATH_MAX], const char *name)
{
    char root[GR_PATH_MAX], model[GR_PATH_MAX], revision[REVISION_MAX + 1];
    const char *slash = strchr(name, '/');
    const int owner = slash ? (int)(slash - name) : 0;
    int n;

    if (strlen(name) > NAME_MAX_BYTES || (slash && (owner == 0 || strchr(slash + 1, '/')))) return false;
    gr_hub_root(root);
    n = snprintf(model, sizeof model, "%.3000s/%s%.*s%s%s", root, stem, owner, name, slash ? "--" : "", slash ? slash + 1 : name);
    if (n < 0 || (size_t)n >= sizeof model || !read_revision(revision, model)) return false;
    n = snprintf(out, GR_PATH_MAX, "%.3900s/snapshots/%s", model, revision);
    return n > 0 && n < GR_PATH_MAX && gr_fs_is_dir(out);
}

bool gr_hub_name(char *out, size_t cap, const char *folder)
{
    const char *rest = folder + sizeof stem - 1, *owner_end;

    if (strncmp(folder, stem, sizeof stem - 1) != 0 || !*rest || strlen(rest) >= cap) return false;
    owner_end = strstr(rest, "--");
    if (!owner_end) (void)snprintf(out, cap, "%s", rest);
    else (void)snprintf(out, cap, "%.*s/%s", (int)(owner_end - rest), rest, owner_end + 2);
    return true;
}
