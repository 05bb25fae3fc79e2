/* head_spec.h - what a task asks of a model: the one header of model/ that tasks see. Plain data. */
#ifndef GR_MODEL_HEAD_SPEC_H
#define GR_MODEL_HEAD_SPEC_H
#include <stdint.h>

typedef enum gr_head_kind {
    GR_HEAD_CLASS,      /* n_out logits a sequence, one class each */
    GR_HEAD_REGRESSION, /* one real value a sequence (n_out 1)     */
    GR_HEAD_TOKEN,      /* n_out logits a word, one tag each       */
    GR_HEAD_EMBED       /* a sentence embedding, no trained output (n_out 0) */
} gr_head_kind;

typedef struct gr_head_spec {
    gr_head_kind kind;
    int32_t      n_out;
} gr_head_spec;
#endif
