/* schedule.h - learning-rate factors by step, as transformers/optimization.py defines them. */
#ifndef GR_MODEL_SCHEDULE_H
#define GR_MODEL_SCHEDULE_H
#include <stdint.h>

#include "base/status.h"

typedef enum gr_schedule_kind {
    GR_SCHED_LINEAR, GR_SCHED_COSINE, GR_SCHED_COSINE_RESTARTS, GR_SCHED_POLYNOMIAL,
    GR_SCHED_CONSTANT, GR_SCHED_CONSTANT_WARMUP, GR_SCHED_INVERSE_SQRT
} gr_schedule_kind;

typedef struct gr_schedule {
    gr_schedule_kind kind;
    int64_t          warmup, total; /* optimiser steps */
    double           base_lr;
    double           num_cycles;    /* cosine 0.5; restarts 1 */
    double           power, lr_end; /* polynomial: 1, 1e-7 */
    int64_t          timescale;     /* inverse_sqrt: 0 = warmup or 10000 */
} gr_schedule;

/* Defaults of the kind; "linear", "cosine", "cosine_with_restarts", "polynomial", "constant",
 * "constant_with_warmup", "inverse_sqrt". GR_E_ARG for another name, and for a polynomial whose base_lr is not above its end. */
gr_status gr_schedule_init(gr_schedule *out, const char *name, int64_t warmup, int64_t total, double base_lr, gr_err *err) GR_MUST_USE;
/* What Trainer's lr_scheduler_kwargs sets, as the text of a JSON object: num_cycles of both cosines, power and lr_end of polynomial, timescale of
 * inverse_sqrt. Behind gr_schedule_init. GR_E_ARG: no object, a key that the kind does not take, a value that it cannot have. */
gr_status gr_schedule_set(gr_schedule *s, const char *json, gr_err *err) GR_MUST_USE;
double    gr_schedule_lr(const gr_schedule *s, int64_t step); /* base_lr * factor for step counted from 0 */

#endif
