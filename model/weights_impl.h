/* weights_impl.h - what the files weights*.c share; no other file includes it. */
#ifndef GR_MODEL_WEIGHTS_IMPL_H
#define GR_MODEL_WEIGHTS_IMPL_H
#include "base/arena.h"
#include "model/safetensors.h"
#include "model/weights.h"

/* A model with configuration, table and a zeroed slab; the configuration is taken over from *config (which is emptied).
 * `dir` is where tokenizer files are and what the model is named after. */
gr_status gr_model_new(gr_model **out, gr_config *config, const char *dir, const gr_model_opts *o, gr_err *err) GR_MUST_USE;

/* Keep a warning with the model and write it to the log. */
gr_status gr_model_warn(gr_model *m, gr_err *err, const char *fmt, ...) GR_PRINTF(3, 4);

/* GR_E_NUMERIC with the name given when tensor i holds a NaN or an infinity. */
gr_status gr_model_check_tensor(const gr_model *m, size_t i, const char *name, gr_err *err) GR_MUST_USE;

/* The names of a file's tensors as the parameter table spells them: without the wrappers of training programs
 * ("module.", "0.auto_model."), LayerNorm.gamma and beta as weight and bias. */
typedef struct gr_weight_name {
    const char         *name;
    const gr_st_tensor *tensor;
} gr_weight_name;

typedef struct gr_weight_names {
    const char    **of;     /* [n] of tensor i of the file */
    gr_weight_name *sorted; /* [n] by name                 */
    size_t          n;
    gr_arena        arena;
} gr_weight_names;

/* GR_E_FORMAT when two tensors come to the same name. Free it in every case. */
gr_status           gr_weight_names_build(gr_weight_names *out, const gr_st *st, gr_err *err) GR_MUST_USE;
const gr_st_tensor *gr_weight_names_find(const gr_weight_names *w, const char *name); /* NULL when absent */
void                gr_weight_names_free(gr_weight_names *w);

/* Fill tensor i by its initialiser: Philox keyed by (seed, name), so that no tensor's values depend on the others. */
void gr_model_init_tensor(gr_model *m, size_t i, uint64_t seed);

#endif
