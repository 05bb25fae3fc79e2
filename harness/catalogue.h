/* catalogue.h - published checkpoints that people know by name, for `list models` and for messages. Facts alone: nothing here
 * changes how a folder is read. What is supported is decided by the families of model/family.h. */
#ifndef GR_HARNESS_CATALOGUE_H
#define GR_HARNESS_CATALOGUE_H
#include <stddef.h>
#include <stdint.h>

typedef struct gr_published {
    const char *name;       /* as it is published: "roberta-base", "microsoft/mpnet-base"                    */
    const char *model_type; /* of config.json                                                               */
    int32_t     layers, hidden, heads, vocab_size;
    int64_t     params;     /* of the bare encoder, with the pooler where it has one (transformers' AutoModel) */
} gr_published;

const gr_published *gr_published_at(size_t i); /* NULL behind the last */
/* By its name, or by the part behind '/'; upper and lower case alike. NULL when unknown. */
const gr_published *gr_published_find(const char *name);

/* What stands behind the last '/' of a name. */
const char *gr_published_base(const char *name);

#endif
