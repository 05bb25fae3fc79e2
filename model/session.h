/* session.h - a model at work on a device: forward, backward, optimiser step. The harness drives it.
 *
 *   gr_session_open -> gr_session_eval* / (gr_session_accumulate+ gr_session_step)* -> gr_session_close
 *
 * A session owns its device memory: parameters, gradients, moments and activations. All of it is taken when the
 * session opens, and nothing allocates inside a step. (A session that only evaluates takes more once, before its
 * second batch: gr_backend.keep_weights.) One thread drives a session at a time. */
#ifndef GR_MODEL_SESSION_H
#define GR_MODEL_SESSION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "base/status.h"
#include "model/batch.h"
#include "model/precision.h"
#include "model/weights.h"

/* Goes up with every change, of the engine or of what an option means, that changes a bit of a result. It is part of a run's content key, so
 * that runs of an older arithmetic are not taken for finished ones. */
#define GR_ARITHMETIC 4

#ifdef __cplusplus
extern "C" {
#endif

/* A device by name: "cpu", "ref", "ref64". elem: bytes of a number, which gr_model_opts.elem must equal. */
typedef struct gr_device_info { const char *name; int elem; const char *about; } gr_device_info;
size_t                gr_device_count(void);
const gr_device_info *gr_device_at(size_t i);
const gr_device_info *gr_device_find(const char *name); /* NULL when unknown */

typedef struct gr_session_opts {
    const char *device;
    gr_pool    *pool;           /* borrowed; NULL: one thread                                      */
    bool        train;          /* reserve gradients and moments                                   */
    int32_t     max_tokens;     /* most tokens in one batch                                        */
    int32_t     max_rows;       /* most rows in one batch                                          */
    int32_t     max_length;     /* longest sequence                                                */
    uint64_t    seed;           /* of dropout                                                      */
    double      beta1, beta2, epsilon, weight_decay, max_grad_norm; /* max_grad_norm 0: no clipping */
    double      label_smoothing;
    bool        recompute;      /* gradient checkpointing: keep one sum a layer, compute the rest again in backward */
    gr_precision precision;     /* of the linear layers' products                                  */
    bool        deterministic;  /* bits do not depend on the CPU model                             */
    bool        tap_hidden;     /* keep every hidden state for gr_session_tap (tests)               */
    bool        dense_table;    /* update every row of the word table in every step (for tests of the sparse update) */
    bool        in_place;       /* where the device's memory is the host's, use the model's own weights and make no copy. Then
                                   model->weights changes with every step and is complete only after a pull, and the caller must
                                   push after writing there */
} gr_session_opts;

typedef struct gr_session gr_session;

/* Copies the model's weights to the device, unless in_place. `model` must outlive the session. A mapped model (weights.h) can
 * only be evaluated. GR_E_ARG names the option that does not fit; GR_E_NOMEM says how many bytes were wanted. */
gr_status gr_session_open(gr_session **out, gr_model *model, const gr_session_opts *o, gr_err *err) GR_MUST_USE;
void      gr_session_close(gr_session *s);

/* Forward without dropout. logits (may be NULL): [B, n_out] row-major, or [T, n_out] for token heads, or
 * [B, hidden] unit-length sentence vectors for GR_HEAD_EMBED. loss (may be NULL; needs labels): mean over the rows
 * (token heads: over labels that are not ignored; 0 labels: NaN), without label smoothing. */
gr_status gr_session_eval(gr_session *s, const gr_batch *b, double *logits, double *loss, gr_err *err) GR_MUST_USE;

/* Forward and backward with dropout; gradients are added. The micro-batch's loss is its SUM over rows
 * (or labelled tokens) divided by `normaliser`, the count of the whole optimiser step, so that accumulation equals the
 * big batch. *loss receives this share (may be NULL: then no host synchronisation happens). */
gr_status gr_session_accumulate(gr_session *s, const gr_batch *b, double normaliser, double *loss, gr_err *err) GR_MUST_USE;

typedef struct gr_step_result {
    double loss;      /* sum of the shares since the last step */
    double grad_norm; /* L2 over all trainable tensors, before clipping */
} gr_step_result;

/* Clip, AdamW (decoupled decay, bias-corrected: torch.optim.AdamW), zero the gradients, count the step.
 * A non-finite loss or norm leaves the weights alone and is GR_E_NUMERIC: "step 37: loss is nan; first
 * non-finite values in layer 2 (attention output)". */
gr_status gr_session_step(gr_session *s, double lr, gr_step_result *out, gr_err *err) GR_MUST_USE;
int64_t   gr_session_steps(const gr_session *s);

/* Copy the weights from the device to model->weights, and the other way. In place there is nothing to copy: a pull then does
 * what a step may have put off (session_rows.c), and a push says that the caller has replaced all weights. */
gr_status gr_session_pull(gr_session *s, gr_err *err) GR_MUST_USE;
gr_status gr_session_push(gr_session *s, gr_err *err) GR_MUST_USE;

/* The optimiser's state for checkpoints: the first moments m, then the second ones v, 2 * params.total elements of `elem` bytes, and the
 * number of steps taken. read gives bytes [at, at + n) of m followed by v, so that no copy of the whole is needed; load sets m, v and the
 * number of steps. GR_E_ARG: a session that does not train, bytes beyond the state, a negative step, a batch that waits for its step. */
size_t    gr_session_state_bytes(const gr_session *s);
gr_status gr_session_state_read(gr_session *s, void *out, size_t at, size_t n, gr_err *err) GR_MUST_USE;
gr_status gr_session_state_load(gr_session *s, const void *m, const void *v, int64_t step, gr_err *err) GR_MUST_USE;

/* Gradients as accumulated since the last step, params.total elements (tests). */
gr_status gr_session_grads(gr_session *s, void *out, gr_err *err) GR_MUST_USE;
/* Hidden state i (0 = embeddings) of the last eval as doubles, [T, hidden]; needs tap_hidden. i = layers + 1: the
 * pooled vector [B, hidden] that the last linear layer reads. */
gr_status gr_session_tap(gr_session *s, int32_t i, double *out, gr_err *err) GR_MUST_USE;

/* Floating-point operations of all matrix products for a batch of this shape: 2 m n k each, and twice as many in backward
 * where it passes (docs/engine.md). */
double gr_session_flops(const gr_session *s, const gr_batch *b, bool train);
size_t gr_session_memory(const gr_session *s); /* bytes of device memory held */

#ifdef __cplusplus
}
#endif
#endif
