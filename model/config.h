/* config.h - what a checkpoint's config.json says, reduced to what the engine needs.
 *
 * All families share one encoder; what differs is data in here and in the parameter table. */
#ifndef GR_MODEL_CONFIG_H
#define GR_MODEL_CONFIG_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_family { GR_FAMILY_BERT, GR_FAMILY_COUNT } gr_family;

typedef enum gr_act { GR_ACT_NONE, GR_ACT_GELU, GR_ACT_GELU_TANH, GR_ACT_RELU, GR_ACT_TANH } gr_act;

typedef struct gr_config {
    gr_family   family;
    int32_t     vocab_size, hidden, layers, heads, inter, max_positions;
    int32_t     type_vocab;      /* 0: the family has no segments                           */
    int32_t     pad_id;
    int32_t     position_offset; /* position of the first token (RoBERTa: pad_id + 1)       */
    gr_act      act;             /* of the feed-forward part                                */
    double      ln_eps, init_range;
    double      hidden_dropout, attn_dropout;
    double      classifier_dropout; /* already resolved: hidden_dropout when not given      */
    int32_t     n_labels;        /* 0 when the file names none                              */
    const char *const *labels;   /* id2label in id order, NULL when absent; in the arena    */
    bool        has_head;        /* architectures[0] ends in ForSequence/TokenClassification */
    const char *architecture;    /* architectures[0] or ""                                  */
    gr_json    *source;          /* the whole document, kept for saving                     */
    gr_arena    arena;
} gr_config;

/* Read DIR/config.json (or a parsed document). An unknown model_type is GR_E_UNSUPPORTED and names
 * it and what is supported; a missing or nonsensical value is GR_E_FORMAT and names the key.
 * The caller frees with gr_config_free. */
gr_status gr_config_read(gr_config *out, const char *path, gr_err *err) GR_MUST_USE;
gr_status gr_config_parse(gr_config *out, const char *json, size_t n, gr_err *err) GR_MUST_USE;
void      gr_config_free(gr_config *c);

const char *gr_act_name(gr_act a); /* as config.json spells it: "gelu", "gelu_new", "relu", "tanh" */
const char *gr_family_name(gr_family f); /* "bert" */

#ifdef __cplusplus
}
#endif
#endif
