/* safetensors_types.h - the element types by name, for the reader and the writer of safetensors files. */
#ifndef GR_MODEL_SAFETENSORS_TYPES_H
#define GR_MODEL_SAFETENSORS_TYPES_H
#include "model/safetensors.h"

/* Bits an element takes, with its type in *out (GR_DT_OTHER for those that are known and not converted);
 * 0 for a name that the format does not have. */
size_t gr_st_type_bits(gr_dtype *out, const char *name);

/* "F32"; NULL for GR_DT_OTHER. */
const char *gr_st_type_name(gr_dtype t);

#endif
