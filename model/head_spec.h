/* head_spec.h - what a task asks of a model: the one header of model/ that tasks see. Plain data. */
#ifndef GR_MODEL_HEAD_SPEC_H
#define GR_MODEL_HEAD_SPEC_H
#include <stdbool.h>
#include <stdint.h>

typedef enum gr_head_kind {
    GR_HEAD_CLASS,      /* n_out logits a sequence, one class each */
    GR_HEAD_REGRESSION, /* one real value a sequence (n_out 1)     */
    GR_HEAD_TOKEN,      /* n_out logits a word, one tag each       */
    GR_HEAD_EMBED,      /* a sentence embedding, no trained output (n_out 0) */
    GR_HEAD_MLM         /* n_out logits a word, one each word of the vocabulary (n_out 0: as many as the model has) */
} gr_head_kind;

typedef struct gr_head_spec {
    gr_head_kind kind;
    int32_t      n_out;
} gr_head_spec;

/* Is there one row of class logits, or one value, for each sequence? */
static inline bool gr_head_is_sequence(gr_head_kind k) { return k == GR_HEAD_CLASS || k == GR_HEAD_REGRESSION; }

/* Is there a row of logits for each token? */
static inline bool gr_head_per_token(gr_head_kind k) { return k == GR_HEAD_TOKEN || k == GR_HEAD_MLM; }
#endif
