/* weights.h - a model's configuration, parameter table and host weights: loaded strictly, saved in
 * the layout that transformers reads. Weights are float (elem 4) or double (elem 8, for ref64). */
#ifndef GR_MODEL_WEIGHTS_H
#define GR_MODEL_WEIGHTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fs.h"
#include "base/sha256.h"
#include "model/config.h"
#include "model/head_spec.h"
#include "model/params.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_model_opts {
    const char        *dir;           /* folder with config.json and weights                        */
    gr_head_spec       head;          /* kind and number of outputs that the task wants             */
    const char *const *labels;        /* head.n_out names or NULL; they replace the file's id2label  */
    uint64_t           seed;          /* of new tensors' initialisation (GR_RNG_INIT, by name)       */
    int                elem;          /* 4 or 8                                                     */
    bool               ignore_unused; /* accept tensors that the model does not use                 */
    bool               require_head;  /* prediction: a missing head is GR_E_FORMAT, not a warning    */
    bool               skip_sha256;   /* leave gr_model.sha256 empty: no record is made              */
    bool               map;           /* tensors stay in the mapped file where its bytes allow: a model that is only read.
                                         They are not searched for NaN; gr_model_check does that           */
    double             dropout;       /* replaces all dropouts of the config; negative: keep them   */
} gr_model_opts;

typedef struct gr_model {
    gr_config    config;
    gr_params    params;
    gr_head_spec head;
    const char *const *labels;     /* of the head in use; in the config's arena; NULL for regression/embed */
    int          elem;
    void        *weights;          /* params.total elements, 64-byte aligned; of a mapped model only what could not stay in the file */
    const void **tensor;           /* NULL, or [params.n] of a mapped model: where each tensor lies; query, key and value end to end */
    char         name[64];         /* slug for tables and file names, from the folder's name     */
    char         dir[GR_PATH_MAX];
    char         sha256[GR_SHA256_HEX]; /* of the weight file(s), in name order                  */
    bool         head_is_new;      /* the head's last layer was initialised afresh               */
    char       **warnings;         /* new head, missing pooler, unused heads, ignored buffers    */
    size_t       n_warnings;
    void        *block;            /* memory of the slab                                         */
    size_t       block_bytes;
    struct gr_st *file;            /* a mapped model's                                           */
} gr_model;

/* First element of tensor i, wherever it lies. */
static inline const void *gr_model_tensor(const gr_model *m, size_t i)
{
    return m->tensor ? m->tensor[i] : (const char *)m->weights + m->params.p[i].offset * (size_t)m->elem;
}

/* The head that a checkpoint's configuration declares, for prediction: token tags, classes, or a value when
 * problem_type is regression or there is one label. GR_E_FORMAT when it declares none. */
gr_status gr_model_head_of(gr_head_spec *out, const gr_config *c, gr_err *err) GR_MUST_USE;

/* Strict: an encoder tensor that is missing or misshapen is GR_E_FORMAT with its name. Warned of, in the log and in
 * `warnings`: layers of the head that are missing, or whose shapes differ from what the task wants (replaced, both shapes
 * named); a missing pooler (initialised); a head of another kind; other heads (cls.*); buffers of a written list
 * (*.position_ids, *.token_type_ids, *.inv_freq); a stored copy of a tied tensor that differs from it. Any other unused
 * tensor is GR_E_FORMAT unless ignore_unused. Names may carry the family's prefix or none, and those of wrappers
 * ("module.", "0.auto_model."); LayerNorm gamma/beta are read as weight/bias. Non-finite weights are GR_E_NUMERIC and
 * name the tensor; weights of whole numbers (a quantised model) GR_E_UNSUPPORTED. The weights: safetensors.h, gr_st_open_dir. */
gr_status gr_model_open(gr_model **out, const gr_model_opts *o, gr_err *err) GR_MUST_USE;
/* GR_E_NUMERIC names the first tensor with a NaN or an infinity. */
gr_status gr_model_check(const gr_model *m, gr_err *err) GR_MUST_USE;
/* A fresh model from a config alone (all tensors initialised), for tests, benches and the demo. */
gr_status gr_model_create(gr_model **out, const char *config_path, const gr_model_opts *o, gr_err *err) GR_MUST_USE;
/* The same from the text of a config.json; `name` takes the place of the folder. */
gr_status gr_model_create_from(gr_model **out, const char *config_json, const char *name, const gr_model_opts *o, gr_err *err) GR_MUST_USE;
void      gr_model_close(gr_model *m);

/* config.json (architectures, id2label, label2id, problem_type, dtype), model.safetensors (F32), and
 * the tokenizer's files copied from the folder the model came from. Loads in transformers. */
gr_status gr_model_save(const gr_model *m, const char *dir, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
