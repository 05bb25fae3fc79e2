/* hub.h - the cache that the Hugging Face libraries keep, read only: a model that they fetched once is found by its name. */
#ifndef GR_HARNESS_HUB_H
#define GR_HARNESS_HUB_H
#include <stdbool.h>
#include <stddef.h>

#include "base/fs.h"

/* $HF_HUB_CACHE, else $HF_HOME/hub, else $XDG_CACHE_HOME/huggingface/hub, else $HOME/.cache/huggingface/hub: their own order. */
void gr_hub_root(char out[GR_PATH_MAX]);

/* The folder of the revision that a model's "main" stood at when it was fetched; false when it is not there. `name` is
 * "roberta-base" or "microsoft/mpnet-base". */
bool gr_hub_find(char out[GR_PATH_MAX], const char *name);

/* The name of a model from that of its folder in the cache ("models--microsoft--mpnet-base"); false for any other folder. */
bool gr_hub_name(char *out, size_t cap, const char *folder);

#endif
