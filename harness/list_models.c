/* list_models.c - see list_models.h. What a folder holds is read from its config.json by the very code that opens it. */
#include "harness/list_models.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "harness/catalogue.h"
#include "harness/hub.h"
#include "harness/locate.h"
#include "model/family.h"

enum { MODEL, FAMILY, LAYERS, HIDDEN, HEADS, VOCABULARY, PARAMS, FROM, FOLDER, PROBLEM };
static const char *const columns[] = { "model", "family", "layers", "hidden", "heads", "vocabulary", "params", "from", "folder", "problem" };

/* Parameters of the bare encoder. */
static double count_params(const gr_config *c)
{
    gr_params p;
    double n;

    if (gr_params_build(&p, c, (gr_head_spec){ GR_HEAD_EMBED, 0 }, NULL) != GR_OK) return NAN;
    n = (double)p.n_weights;
    gr_params_free(&p);
    return n;
}

static void add_folder(gr_grid *g, const char *name, const char *from, const char *dir)
{
    gr_config c;
    gr_err err = GR_ERR_INIT;

    gr_grid_row(g);
    gr_grid_text(g, MODEL, "%s", name);
    gr_grid_text(g, FROM, "%s", from);
    gr_grid_text(g, FOLDER, "%.900s", dir);
    if (gr_config_read(&c, dir, &err) != GR_OK) {
        gr_grid_text(g, PROBLEM, "%s", err.msg);
        return;
    }
    gr_grid_text(g, FAMILY, "%s", gr_family_name(c.family));
    gr_grid_number(g, LAYERS, "%.0f", c.layers);
    gr_grid_number(g, HIDDEN, "%.0f", c.hidden);
    gr_grid_number(g, HEADS, "%.0f", c.heads);
    gr_grid_number(g, VOCABULARY, "%.0f", c.vocab_size);
    gr_grid_number(g, PARAMS, "%.0f", count_params(&c));
    gr_config_free(&c);
}

/* ---- what is here ---- */

/* A folder found under a name; one that --model would not take, because another of that name comes first, is left out. */
static void add_found(gr_grid *g, const char *name, const char *dir, const char *from)
{
    char taken[GR_PATH_MAX];

    if (!gr_locate_found(taken, name) || strcmp(taken, dir) != 0) return;
    add_folder(g, name, from, dir);
}

static void add_below(gr_grid *g, const char *parent)
{
    gr_fs_list l = { 0 };
    char dir[GR_PATH_MAX];

    if (!gr_fs_is_dir(parent) || gr_fs_list_dir(&l, parent, NULL) != GR_OK) return;
    for (size_t i = 0; i < l.n; i++)
        if (gr_fs_join(dir, sizeof dir, parent, l.names[i])) add_found(g, l.names[i], dir, "folder");
    gr_fs_list_free(&l);
}

static void add_hub(gr_grid *g)
{
    gr_fs_list l = { 0 };
    char root[GR_PATH_MAX], dir[GR_PATH_MAX], name[256];

    gr_hub_root(root);
    if (!gr_fs_is_dir(root) || gr_fs_list_dir(&l, root, NULL) != GR_OK) return;
    for (size_t i = 0; i < l.n; i++)
        if (gr_hub_name(name, sizeof name, l.names[i]) && gr_hub_find(dir, name)) add_found(g, name, dir, "Hugging Face cache");
    gr_fs_list_free(&l);
}

/* ---- what is published ---- */

static void add_published(gr_grid *g, const gr_published *p)
{
    const char *base = gr_published_base(p->name);
    const bool fetchable = gr_locate_fetchable(p);
    char dir[GR_PATH_MAX];
    gr_family family;

    if (!gr_family_find(&family, p->model_type)) return;
    if (gr_locate_found(dir, p->name) || gr_locate_found(dir, base)) return; /* has its row */
    gr_grid_row(g);
    gr_grid_text(g, MODEL, "%s", fetchable ? base : p->name); /* fetch names the folder after the model alone */
    gr_grid_text(g, FAMILY, "%s", p->model_type);
    gr_grid_number(g, LAYERS, "%.0f", p->layers);
    gr_grid_number(g, HIDDEN, "%.0f", p->hidden);
    gr_grid_number(g, HEADS, "%.0f", p->heads);
    gr_grid_number(g, VOCABULARY, "%.0f", p->vocab_size);
    gr_grid_number(g, PARAMS, "%.0f", (double)p->params);
    gr_grid_text(g, FROM, "%s", fetchable ? "glue-run fetch" : "publisher");
}

void gr_list_models(gr_grid *g)
{
    char dir[GR_PATH_MAX], hub[GR_PATH_MAX];

    gr_grid_open(g, columns, sizeof columns / sizeof *columns);
    if (gr_locate_demo_model(dir, NULL) == GR_OK) add_folder(g, "demo", "embedded", dir);
    add_below(g, "models");
    gr_locate_models_home(dir);
    add_below(g, dir);
    add_hub(g);
    for (size_t i = 0; gr_published_at(i); i++) add_published(g, gr_published_at(i));
    gr_hub_root(hub);
    gr_buf_adds(&g->notes, "families: ");
    for (int f = 0; f < GR_FAMILY_COUNT; f++) gr_buf_addf(&g->notes, "%s%s", f ? ", " : "", gr_family_name((gr_family)f));
    gr_buf_addf(&g->notes, "\nlooked in models/, %.900s and %.900s\n", dir, hub);
    gr_buf_adds(&g->notes, "glue-run fetch: `glue-run fetch MODEL` gets it into models/, checksums verified\n"
                           "publisher: download the model's folder (config.json, weights, tokenizer files) and give it with --model DIR\n");
}
