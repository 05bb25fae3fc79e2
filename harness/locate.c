/* locate.c - see locate.h. */
#include "harness/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "harness/build_info.h"

/* Folder of the running program; "." when it cannot be told. */
static void exe_dir(char out[GR_PATH_MAX])
{
    const ssize_t n = readlink("/proc/self/exe", out, GR_PATH_MAX - 1);
    char *slash;

    out[n > 0 ? n : 0] = '\0';
    slash = strrchr(out, '/');
    if (slash) *slash = '\0';
    else (void)snprintf(out, GR_PATH_MAX, ".");
}

static bool is_there(char out[GR_PATH_MAX], const char *base, const char *middle, const char *rest)
{
    (void)snprintf(out, GR_PATH_MAX, "%.2000s%.200s%.200s", base, middle, rest);
    return gr_fs_is_dir(out);
}

static gr_status embedded(char out[GR_PATH_MAX], const char *rest, gr_err *err)
{
    char exe[GR_PATH_MAX];

    exe_dir(exe);
    if (is_there(out, exe, "/../", rest) || is_there(out, gr_build_source_dir(), "/", rest) || is_there(out, exe, "/../share/glue-run/", rest))
        return GR_OK;
    return gr_fail(err, GR_E_NOTFOUND, "the embedded %s is neither in %.100s/.. nor in %.100s/../share/glue-run", rest, exe, exe);
}

gr_status gr_locate_demo_data(char out[GR_PATH_MAX], gr_err *err)
{
    return embedded(out, "data/demo", err);
}

gr_status gr_locate_demo_model(char out[GR_PATH_MAX], gr_err *err)
{
    return embedded(out, "model/demo", err);
}

gr_status gr_locate_manifests(char out[GR_PATH_MAX], gr_err *err)
{
    return embedded(out, "data/manifests", err);
}

gr_status gr_locate_data_kind(const char **kind, const char *dir, gr_err *err)
{
    char path[GR_PATH_MAX];
    const char *word = NULL;
    gr_json *marker = NULL;
    gr_status s;

    *kind = "published";
    if (!gr_fs_join(path, sizeof path, dir, "demo.json") || !gr_fs_is_file(path)) return GR_OK;
    if ((s = gr_json_read(&marker, path, 1 << 16, err)) != GR_OK) return s;
    s = gr_json_need_str(&word, marker, "kind", err);
    if (s == GR_OK && strcmp(word, "demo") != 0) s = gr_fail(err, GR_E_FORMAT, "%s: kind is '%.40s', not demo", path, word);
    if (s == GR_OK) *kind = "demo";
    gr_json_free(marker);
    return s;
}

void gr_locate_home(char out[GR_PATH_MAX])
{
    const char *home = getenv("GLUE_RUN_HOME"), *cache = getenv("XDG_CACHE_HOME"), *user = getenv("HOME");

    if (home && *home) (void)snprintf(out, GR_PATH_MAX, "%.4000s", home);
    else if (cache && *cache) (void)snprintf(out, GR_PATH_MAX, "%.4000s/glue-run", cache);
    else (void)snprintf(out, GR_PATH_MAX, "%.4000s/.cache/glue-run", user && *user ? user : ".");
}

static bool has_config(char out[GR_PATH_MAX], const char *dir)
{
    char path[GR_PATH_MAX];

    if (!gr_fs_is_dir(dir) || !gr_fs_join(path, sizeof path, dir, "config.json") || !gr_fs_is_file(path)) return false;
    (void)snprintf(out, GR_PATH_MAX, "%s", dir);
    return true;
}

gr_status gr_locate_model(char out[GR_PATH_MAX], const char *name, gr_err *err)
{
    char dir[GR_PATH_MAX], home[GR_PATH_MAX];

    if (!name || strcmp(name, "demo") == 0) return gr_locate_demo_model(out, err);
    if (strlen(name) > 2000) return gr_fail(err, GR_E_ARG, "--model: the path is too long");
    if (has_config(out, name)) return GR_OK;
    if (gr_fs_is_dir(name)) return gr_fail(err, GR_E_NOTFOUND, "--model %s: the folder has no config.json", name);
    if (strchr(name, '/')) return gr_fail(err, GR_E_NOTFOUND, "--model %s: there is no such folder", name);
    (void)snprintf(dir, sizeof dir, "models/%s", name);
    if (has_config(out, dir)) return GR_OK;
    gr_locate_home(home);
    (void)snprintf(dir, sizeof dir, "%.2000s/models/%.2000s", home, name);
    if (has_config(out, dir)) return GR_OK;
    return gr_fail(err, GR_E_NOTFOUND, "--model %s: neither a folder here nor a model below models/ or %.200s/models (see glue-run list models)", name, home);
}
