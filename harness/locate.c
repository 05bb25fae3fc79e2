/* locate.c - see locate.h. */
#include "harness/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "harness/build_info.h"
#include "harness/catalogue.h"
#include "harness/hub.h"

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

gr_status gr_locate_model_manifests(char out[GR_PATH_MAX], gr_err *err)
{
    return embedded(out, "model/manifests", err);
}

const char *gr_locate_data_variable(void)
{
    const char *dir = getenv("GLUE_RUN_DATA");

    return dir && *dir ? dir : NULL;
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

/* <base>/<name>, and for a name of the catalogue with an owner before it also what stands behind the owner. */
static bool is_below(char out[GR_PATH_MAX], const char *base, const char *name)
{
    char dir[GR_PATH_MAX];

    if (gr_fs_join(dir, sizeof dir, base, name) && has_config(out, dir)) return true;
    return gr_published_find(name) && gr_fs_join(dir, sizeof dir, base, gr_published_base(name)) && has_config(out, dir);
}

void gr_locate_models_home(char out[GR_PATH_MAX])
{
    char home[GR_PATH_MAX];

    gr_locate_home(home);
    (void)snprintf(out, GR_PATH_MAX, "%.4000s/models", home);
}

bool gr_locate_found(char out[GR_PATH_MAX], const char *name)
{
    char dir[GR_PATH_MAX];

    if (!*name || strlen(name) > 2000) return false;
    if (has_config(out, name) || is_below(out, "models", name)) return true;
    gr_locate_models_home(dir);
    return is_below(out, dir, name) || (gr_hub_find(dir, name) && has_config(out, dir));
}

bool gr_locate_fetchable(const gr_published *known)
{
    char dir[GR_PATH_MAX], path[GR_PATH_MAX];

    if (gr_locate_model_manifests(dir, NULL) != GR_OK) return false;
    (void)snprintf(path, sizeof path, "%.3800s/%.200s.json", dir, gr_published_base(known->name));
    return gr_fs_is_file(path);
}

gr_status gr_locate_model(char out[GR_PATH_MAX], const char *name, gr_err *err)
{
    const gr_published *known = name ? gr_published_find(name) : NULL;
    char home[GR_PATH_MAX];

    if (!name || strcmp(name, "demo") == 0) return gr_locate_demo_model(out, err);
    if (!*name) return gr_fail(err, GR_E_ARG, "--model is empty: a variable that is not set?");
    if (strlen(name) > 2000) return gr_fail(err, GR_E_ARG, "--model: the path is too long");
    if (gr_locate_found(out, name)) return GR_OK;
    if (gr_fs_is_dir(name)) return gr_fail(err, GR_E_NOTFOUND, "--model %s: the folder has no config.json", name);
    if (known && gr_locate_fetchable(known))
        return gr_fail(err, GR_E_NOTFOUND, "--model %s: not here yet: `glue-run fetch %s` gets it into models/; a folder of it that lies elsewhere is given with "
                                           "--model DIR (see glue-run list models)", name, gr_published_base(known->name));
    if (known)
        return gr_fail(err, GR_E_NOTFOUND, "--model %s: not here; download its folder from its publisher (config.json, weights, tokenizer files) and give that "
                                           "with --model DIR (see glue-run list models)", name);
    if (strchr(name, '/')) return gr_fail(err, GR_E_NOTFOUND, "--model %s: there is no such folder", name);
    gr_locate_models_home(home);
    return gr_fail(err, GR_E_NOTFOUND, "--model %s: neither a folder here nor a model below models/ or %.200s (see glue-run list models)", name, home);
}
