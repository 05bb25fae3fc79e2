/* list_models.h - the rows of `glue-run list models`: what is here, what is published, and what is supported. */
#ifndef GR_HARNESS_LIST_MODELS_H
#define GR_HARNESS_LIST_MODELS_H
#include "results/grid.h"

/* Open the grid and fill it: first every folder that --model finds by a name, beginning with the embedded one; then the published
 * checkpoints of supported families that are not here. The notes list the families (model/family.h). */
void gr_list_models(gr_grid *g);

#endif
