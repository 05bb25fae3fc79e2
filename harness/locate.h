/* locate.h - where the embedded data and models lie, and what a --model name means. */
#ifndef GR_HARNESS_LOCATE_H
#define GR_HARNESS_LOCATE_H
#include <stdbool.h>

#include "base/fs.h"
#include "base/status.h"
#include "harness/catalogue.h"

/* The demo data and the demo encoder: beside the program (<exe>/../data/demo of a build in the clone), below the source
 * tree it was built from, or in <exe>/../share/glue-run (installed). GR_E_NOTFOUND says where it looked. */
gr_status gr_locate_demo_data(char out[GR_PATH_MAX], gr_err *err) GR_MUST_USE;
gr_status gr_locate_demo_model(char out[GR_PATH_MAX], gr_err *err) GR_MUST_USE;

/* The manifests of the data sets and of the models, in the same places. */
gr_status gr_locate_manifests(char out[GR_PATH_MAX], gr_err *err) GR_MUST_USE;
gr_status gr_locate_model_manifests(char out[GR_PATH_MAX], gr_err *err) GR_MUST_USE;

/* GLUE_RUN_DATA; NULL where it is not set or empty. */
const char *gr_locate_data_variable(void);

/* What the data of a folder are: "demo" where its demo.json says so (then row counts are its own), else "published".
 * GR_E_FORMAT where demo.json is no such marker. */
gr_status gr_locate_data_kind(const char **kind, const char *dir, gr_err *err) GR_MUST_USE;

/* The folder that --model means: "demo", a folder with a config.json, or a name below models/, below $GLUE_RUN_HOME/models, or in
 * the cache of the Hugging Face libraries (hub.h). GR_E_NOTFOUND says how to get a model that the catalogue knows. */
gr_status gr_locate_model(char out[GR_PATH_MAX], const char *name, gr_err *err) GR_MUST_USE;
/* The same without "demo" and without an error: is it there? */
bool gr_locate_found(char out[GR_PATH_MAX], const char *name);
/* Is there a manifest for this model of the catalogue, so that `glue-run fetch` can bring it? It has the name without the owner's. */
bool gr_locate_fetchable(const gr_published *known);
/* $GLUE_RUN_HOME/models */
void gr_locate_models_home(char out[GR_PATH_MAX]);

/* $GLUE_RUN_HOME, else $XDG_CACHE_HOME/glue-run, else $HOME/.cache/glue-run. */
void gr_locate_home(char out[GR_PATH_MAX]);

#endif
