/* list_models.h - the rows of `glue-run list models`: what is here, what is published, and what is supported. */
#ifndef GR_HARNESS_LIST_MODELS_H
#define GR_HARNESS_LIST_MODELS_H
#include "results/grid.h"

/* Opens the grid. First every folder that --model finds by a name, the embedded one before the others; then the published checkpoints of
 * the supported families that are not here. The families themselves come from model/family.h and stand in the notes. */
void gr_list_models(gr_grid *g);

#endif
